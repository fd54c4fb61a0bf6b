"""The places of a simulated population: real Leeds areas, with made-up sizes, mixes and effects."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis_lib import project
from analysis_lib.simulate.population import households as h
from analysis_lib.simulate.population import rates
from analysis_lib.simulate.population.codes import AGE_STARTS, ETHNIC_GROUPS, SETTINGS
from analysis_lib.simulate.scenario import DEFAULT, INDEPENDENT, SCENARIOS, Scenario

N_PRACTICES = 92
NEAR_PRACTICES = 3
CENTRE_M = (430_000, 434_000)  # the city centre, on the British National Grid
FITTING_ROUNDS = 30


@dataclass(frozen=True)
class Places:
    """Areas, and what is stated of each.

    Attributes
    ----------
    lsoa, msoa, practice : tuple of str
        Codes. LSOAs and MSOAs are those of 2011; practices are made up.
    msoa_of, decile_of : ndarray of int, shape (LSOAs,)
        Position of each LSOA's MSOA in `msoa`; decile of the 2019 index (1 = most deprived in England).
    practices_of : ndarray of int, shape (LSOAs, 3)
        Positions of its nearest practices.
    households : ndarray of float, shape (LSOAs, household types)
        Share of all households.
    ethnic : ndarray of float, shape (LSOAs, ethnic groups but "not stated")
        Share of each group among an area's households.
    effect : ndarray of float, shape (MSOAs, settings)
        Log rate ratio; its exponential is 1 on average over contacts, as deprivation and age alone make them.
    along : ndarray of float, shape (MSOAs, settings)
        The part of `effect` that goes with the MSOA's deprivation: the logarithm of the mean of its
        exponential, given deprivation. 0 where effects are orthogonal to it.
    """

    lsoa: tuple[str, ...]
    msoa: tuple[str, ...]
    practice: tuple[str, ...]
    msoa_of: np.ndarray
    decile_of: np.ndarray
    practices_of: np.ndarray
    households: np.ndarray
    ethnic: np.ndarray
    effect: np.ndarray
    along: np.ndarray


def load_lsoas(path: Path | None = None) -> list[dict[str, str]]:
    """Return the rows of analysis_lib/reference/leeds_lsoa.csv: 482 LSOAs, sorted by code.

    Raises
    ------
    FileNotFoundError
        If the reference table is not there.
    """
    path = path or project.REFERENCE / "leeds_lsoa.csv"
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is missing: restore it from the repository.")
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def draw_places(seed: int, scenario: Scenario = SCENARIOS[DEFAULT]) -> Places:
    """Draw sizes, mixes and effects for the LSOAs and MSOAs of Leeds.

    The factor on rates of an MSOA is 1 plus the stated standard deviation times a sum of two parts: its
    deprivation (mean over its people, standardised) times the stated correlation, and a Gaussian part,
    correlated over distance by exp(-d / range) or independent. A model that leaves places out takes the
    first part for deprivation, and errors that take people for independent miss the second. Where the
    scenario states no correlation, the Gaussian part alone, made orthogonal to the areas' deprivation,
    ethnic mix and shares of young sharers and of older households (weighted by people): such a model then
    has the planted coefficients as its estimand.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
    rows = load_lsoas()
    msoa = tuple(sorted({row["msoa11_code"] for row in rows}))
    msoa_of = np.array([msoa.index(row["msoa11_code"]) for row in rows])
    decile = np.array([int(row["imd2019_decile"]) for row in rows])
    point = np.array([[float(row["easting_m"]), float(row["northing_m"])] for row in rows])
    middle = np.array([point[msoa_of == m].mean(axis=0) for m in range(len(msoa))])
    size = np.exp(rng.normal(0, 0.15, len(rows)))
    households = _household_mix(rng, decile, point, size / size.sum())
    field = _smooth(rng, middle, len(ETHNIC_GROUPS) - 2, h.ETHNIC_RANGE_M)
    ethnic = _ethnic_mix(decile, field[msoa_of], households)
    where = point[rng.permutation(np.resize(np.arange(len(rows)), N_PRACTICES))]
    near = np.linalg.norm(point[:, None] - where[None], axis=2).argsort(axis=1, kind="stable")
    effect, along = _effects(rng, scenario, middle, msoa_of, decile, households, ethnic)
    return Places(
        lsoa=tuple(row["lsoa11_code"] for row in rows),
        msoa=msoa,
        practice=tuple(f"SIM{n + 1:03d}" for n in range(N_PRACTICES)),
        msoa_of=msoa_of,
        decile_of=decile,
        practices_of=near[:, :NEAR_PRACTICES],
        households=households,
        ethnic=ethnic,
        effect=effect,
        along=along,
    )


def _smooth(rng: np.random.Generator, point: np.ndarray, n: int, range_m: float) -> np.ndarray:
    """Return `n` standard normal fields, correlated over distance, or independent: shape (points, n)."""
    drawn = rng.standard_normal((len(point), n))
    if range_m == INDEPENDENT:
        return drawn
    apart = np.linalg.norm(point[:, None] - point[None], axis=2)
    return np.linalg.cholesky(np.exp(-apart / range_m) + 1e-9 * np.eye(len(point))) @ drawn


def _household_mix(
    rng: np.random.Generator, decile: np.ndarray, point: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """Return the share of all households by LSOA and type, with the stated city-wide shares."""
    from_centre = np.linalg.norm(point - np.array(CENTRE_M), axis=1) / 1_000
    young = np.exp(-from_centre / 3.0) + rng.normal(0, 0.1, len(point))
    deprived = (5.5 - decile) / 4.5
    tilt = np.exp(np.multiply.outer(deprived, h.DEPRIVED_TILT) + np.multiply.outer(young, h.YOUNG_TILT))
    return _fit(tilt * size[:, None] * np.array(h.SHARE), size, np.array(h.SHARE))


def _fit(table: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Scale a table to both margins by turns (iterative proportional fitting)."""
    for _ in range(FITTING_ROUNDS):
        table = table * (rows / table.sum(axis=1))[:, None]
        table = table * (columns / table.sum(axis=0))
    return table


def _ethnic_mix(decile: np.ndarray, field: np.ndarray, households: np.ndarray) -> np.ndarray:
    """Return the share of each ethnic group in each LSOA, with the stated city-wide shares."""
    size = households.sum(axis=1)
    deprived = (5.5 - decile) / 4.5
    odds = np.ones((len(decile), len(ETHNIC_GROUPS) - 1))
    odds[:, 1:] = np.exp(np.multiply.outer(deprived, h.ETHNIC_DEPRIVED_TILT) + 0.8 * field)
    table = _fit(odds * size[:, None] * np.array(h.ETHNIC_SHARE), size, np.array(h.ETHNIC_SHARE))
    return table / table.sum(axis=1, keepdims=True)


def _effects(
    rng: np.random.Generator,
    scenario: Scenario,
    middle: np.ndarray,
    msoa_of: np.ndarray,
    decile: np.ndarray,
    households: np.ndarray,
    ethnic: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the log rate ratio of each MSOA and setting, and its part along deprivation; to 6 decimals."""
    size = (households * h.mean_members()).sum(axis=1)
    weight = np.bincount(msoa_of, size)
    field = _smooth(rng, middle, 1 + len(SETTINGS), scenario.area_range_m)
    common = rates.AREA_COMMON_WEIGHT
    raw = common * field[:, :1] + np.sqrt(1 - common**2) * field[:, 1:]
    along = np.zeros_like(raw)
    if scenario.area_deprivation is None:
        raw = _orthogonal(raw, weight, _mixes(msoa_of, decile, households, ethnic))
    else:
        shape = np.array(rates.DEPRIVATION_SHAPE)[decile - 1]
        deprived = np.bincount(msoa_of, size * shape) / weight
        deprived = deprived - np.average(deprived, weights=weight)
        deprived = deprived / np.sqrt(np.average(deprived**2, weights=weight))
        along = along + scenario.area_deprivation * deprived[:, None]
        raw = along + np.sqrt(1 - scenario.area_deprivation**2) * raw
    sd = scenario.area_sd * np.array(rates.AREA_SD)
    # Contacts are to be as many as without areas: the deprived and the old have more of them.
    rate = np.exp(np.multiply.outer(np.array(rates.DEPRIVATION_SHAPE)[decile - 1], rates.DEPRIVATION))
    rate *= households * h.mean_members() @ _age_factors()
    contacts = np.array([np.bincount(msoa_of, by_setting) for by_setting in rate.T]).T
    factors = [1 + sd * part for part in (raw, along)]
    # The factor, not its logarithm, averages 1: it is means that a model of counts compares.
    logs = [np.log(factor / np.average(factor, axis=0, weights=contacts)) for factor in factors]
    return np.round(logs[0], 6) + 0.0, np.round(logs[1], 6) + 0.0


def _age_factors() -> np.ndarray:
    """Return the factor of age on the rates of an adult of each household type, shape (types, settings)."""
    adults = [range(ages[2], ages[3]) for ages in h.TYPES.values()]
    bands = [np.searchsorted(AGE_STARTS, ages, side="right") - 1 for ages in adults]
    return np.array([np.exp(np.array(rates.AGE)[band]).mean(axis=0) for band in bands])


def _mixes(msoa_of: np.ndarray, decile: np.ndarray, households: np.ndarray, ethnic: np.ndarray) -> np.ndarray:
    """Return each MSOA's shares of people by decile, ethnic group, and in young and older households."""
    people = households * h.mean_members()
    size = people.sum(axis=1)
    mix = [size * (decile == d) for d in range(1, 11)]
    mix += [size * share for share in ethnic.T[1:]]
    mix += [people[:, h.SHARERS], people[:, h.OLDER].sum(axis=1)]
    return np.column_stack([np.bincount(msoa_of, part) / np.bincount(msoa_of, size) for part in mix])


def _orthogonal(raw: np.ndarray, weight: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Return what a weighted regression on a design leaves, with mean 0 and standard deviation 1."""
    root = np.sqrt(weight)[:, None]
    left = raw - design @ np.linalg.lstsq(design * root, raw * root, rcond=None)[0]
    return left / np.sqrt(np.average(left**2, axis=0, weights=weight))
