"""Kinds of household, and how a household becomes people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# (adults from, adults to, youngest adult, oldest adult, children from, to, youngest child, oldest child);
# ages in whole years at the last day, oldest exclusive. Children may be grown up.
TYPES = {
    "one person under 45": (1, 1, 20, 45, 0, 0, 0, 0),
    "one person 45 to 64": (1, 1, 45, 65, 0, 0, 0, 0),
    "one person 65 to 79": (1, 1, 65, 80, 0, 0, 0, 0),
    "one person 80 and over": (1, 1, 80, 105, 0, 0, 0, 0),
    "couple under 45": (2, 2, 22, 45, 0, 0, 0, 0),
    "couple 45 to 64": (2, 2, 45, 65, 0, 0, 0, 0),
    "couple 65 to 79": (2, 2, 65, 80, 0, 0, 0, 0),
    "couple 80 and over": (2, 2, 80, 105, 0, 0, 0, 0),
    "couple with children": (2, 2, 28, 50, 1, 3, 0, 17),
    "one parent with children": (1, 1, 24, 48, 1, 3, 0, 17),
    "parents with grown-up children": (1, 2, 46, 62, 1, 2, 16, 30),
    "young sharers": (2, 5, 18, 28, 0, 0, 0, 0),
}
# Share of households before anybody dies, found so that the ages of the living come out like those on Leeds
# lists (data/README.md). From 65 on, each year of age has as many people: then the old who die are replaced
# by those who grow old, and each age stays as common from year to year.
SHARE = (0.129, 0.103, 0.050, 0.050, 0.090, 0.090, 0.075, 0.142, 0.121, 0.045, 0.060, 0.045)
ALIVE = (1.0, 0.97, 0.85, 0.29, 1.0, 0.97, 0.85, 0.29, 1.0, 1.0, 0.99, 1.0)  # of their people, by trial
OLDER = (2, 3, 6, 7)
SHARERS = 11
# Log odds against an average area: where deprivation is highest; at the city centre.
DEPRIVED_TILT = (0.25, 0.20, -0.15, -0.20, -0.20, -0.35, -0.45, -0.50, -0.05, 0.75, -0.10, 0.10)
YOUNG_TILT = (1.2, 0.2, -0.6, -0.6, 0.6, -0.6, -0.9, -0.9, -0.5, 0.0, -0.5, 3.5)
# Census 2021, Leeds: White, Mixed, Asian, Black, Other.
ETHNIC_SHARE = (0.790, 0.034, 0.097, 0.056, 0.023)
ETHNIC_DEPRIVED_TILT = (0.25, 0.25, 0.75, 0.40)
ETHNIC_RANGE_M = 4_000.0  # an ethnic mix is like that of neighbours: exp(-distance / range)
OLDER_NOT_WHITE_ODDS = 0.45
OWN_ETHNIC_GROUP = 0.06  # of people, drawn from the area rather than the household
ETHNIC_NOT_STATED = 0.07
SEX_NOT_STATED = 0.001
COUPLE_AGE_SD = 3.0


def mean_members() -> np.ndarray:
    """Return the expected number of living people in a household of each type."""
    table = np.array(list(TYPES.values()))
    return (table[:, 0] + table[:, 1] + table[:, 4] + table[:, 5]) / 2 * np.array(ALIVE)


@dataclass(frozen=True)
class Drawn:
    """People by household: area, ethnic group and age in years at the last day."""

    lsoa: np.ndarray
    ethnic: np.ndarray
    age: np.ndarray


def draw_households(rng: np.random.Generator, n: int, share: np.ndarray, ethnic: np.ndarray) -> Drawn:
    """Draw whole households, as if nobody had died, until there are `n` people; the last may lose members.

    Parameters
    ----------
    rng : Generator
    n : int
        Number of people.
    share : ndarray, shape (LSOAs, types)
        Share of all households; sums to 1.
    ethnic : ndarray, shape (LSOAs, ethnic groups)
        Share of each group in an area.
    """
    table = np.array(list(TYPES.values()))
    # Every household has one member or more, so n of them are enough.
    cell = np.searchsorted(np.cumsum(share.ravel()), rng.random(n) * share.sum() * (1 - 1e-12))
    lsoa, kind = np.divmod(cell, len(TYPES))
    adults = rng.integers(table[kind, 0], table[kind, 1], endpoint=True)
    children = rng.integers(table[kind, 4], table[kind, 5], endpoint=True)
    members = adults + children
    house = np.repeat(np.arange(n), members)[:n]
    place = (np.arange(members.sum()) - np.repeat(np.cumsum(members) - members, members))[:n]
    kind, lsoa, adult = kind[house], lsoa[house], place < adults[house]
    first = rng.random(n)[house]  # position of the first adult in the range of ages
    low = np.where(adult, table[kind, 2], table[kind, 6])
    high = np.where(adult, table[kind, 3], table[kind, 7])
    age = low + (high - low) * np.where(adult & (place == 0), first, rng.random(n))
    partner = adult & (place == 1) & (adults[house] == 2)
    beside = low + (high - low) * first + rng.normal(0, COUPLE_AGE_SD, n)
    age = np.where(partner, np.clip(beside, 17, 104), age)
    group = _draw_groups(rng, house, lsoa, np.isin(kind, OLDER), ethnic)
    return Drawn(lsoa, group, age)


def _draw_groups(
    rng: np.random.Generator, house: np.ndarray, lsoa: np.ndarray, older: np.ndarray, ethnic: np.ndarray
) -> np.ndarray:
    """Return the ethnic group of each person: mostly that of the household."""
    odds = ethnic[lsoa]
    odds[older, 1:] *= OLDER_NOT_WHITE_ODDS
    steps = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    shared = rng.random(len(house))[house]
    own = rng.random(len(house)) < OWN_ETHNIC_GROUP
    return (np.where(own, rng.random(len(house)), shared)[:, None] > steps).sum(axis=1)
