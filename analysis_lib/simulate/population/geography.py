"""The places of a simulated population: real Leeds areas, with made-up sizes, mixes and effects."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis_lib import project
from analysis_lib.simulate.population import households as h
from analysis_lib.simulate.population import rates
from analysis_lib.simulate.population.codes import ETHNIC_GROUPS, SETTINGS

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
        Log rate ratio; its exponential is 1 on average over people, and unrelated to who lives there.
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


def draw_places(seed: int) -> Places:
    """Draw sizes, mixes and effects for the LSOAs and MSOAs of Leeds.

    Effects of MSOAs are Gaussian, correlated over distance by exp(-d / range), then made orthogonal to the
    areas' deprivation, ethnic mix and shares of young sharers and of older households (weighted by
    people), and scaled to the stated standard deviation. One plus that is the factor on rates. So a model
    that leaves places out still has the planted coefficients as its estimand.
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
    ethnic = _ethnic_mix(decile, _smooth(rng, middle, 4)[msoa_of], households)
    where = point[rng.permutation(np.resize(np.arange(len(rows)), N_PRACTICES))]
    near = np.linalg.norm(point[:, None] - where[None], axis=2).argsort(axis=1, kind="stable")
    return Places(
        lsoa=tuple(row["lsoa11_code"] for row in rows),
        msoa=msoa,
        practice=tuple(f"SIM{n + 1:03d}" for n in range(N_PRACTICES)),
        msoa_of=msoa_of,
        decile_of=decile,
        practices_of=near[:, :NEAR_PRACTICES],
        households=households,
        ethnic=ethnic,
        effect=_effects(rng, middle, msoa_of, decile, households, ethnic),
    )


def _smooth(rng: np.random.Generator, point: np.ndarray, n: int) -> np.ndarray:
    """Return `n` spatially correlated standard normal fields, shape (points, n)."""
    apart = np.linalg.norm(point[:, None] - point[None], axis=2)
    root = np.linalg.cholesky(np.exp(-apart / rates.AREA_RANGE_M) + 1e-9 * np.eye(len(point)))
    return root @ rng.standard_normal((len(point), n))


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
    middle: np.ndarray,
    msoa_of: np.ndarray,
    decile: np.ndarray,
    households: np.ndarray,
    ethnic: np.ndarray,
) -> np.ndarray:
    """Return the log rate ratio of each MSOA and setting, rounded to 6 decimals."""
    people = households * h.mean_members()
    size = people.sum(axis=1)
    weight = np.bincount(msoa_of, size)
    mix = [size * (decile == d) for d in range(1, 11)]
    mix += [size * share for share in ethnic.T[1:]]
    mix += [people[:, h.SHARERS], people[:, h.OLDER].sum(axis=1)]
    design = np.column_stack([np.bincount(msoa_of, part) / weight for part in mix])
    field = _smooth(rng, middle, 1 + len(SETTINGS))
    common = rates.AREA_COMMON_WEIGHT
    raw = common * field[:, :1] + np.sqrt(1 - common**2) * field[:, 1:]
    root = np.sqrt(weight)[:, None]
    slope = np.linalg.lstsq(design * root, raw * root, rcond=None)[0]
    left = raw - design @ slope
    spread = np.sqrt((weight[:, None] * left**2).sum(axis=0) / weight.sum())
    # The factor, not its logarithm, averages 1: it is means that a model of counts compares.
    return np.round(np.log1p(left / spread * np.array(rates.AREA_SD)), 6)
