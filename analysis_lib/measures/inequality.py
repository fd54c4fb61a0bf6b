"""Inequality over deprivation deciles: slope and relative index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import TooFewPoints, as_columns, check_columns
from analysis_lib.measures.intervals import z_value

FEWEST_GROUPS = 5
LARGEST_ERROR = 0.3  # relative standard error of a fitted end, beyond which a ratio to it says nothing
COUNTS = ("n_people", "events")  # summed into the result where the table has them


def slope_index(
    table: pd.DataFrame,
    by: str | Sequence[str] = "setting",
    decile: str = "imd_decile",
    value: str = "rate_per_1000",
    se: str = "se",
    population: str = "person_years",
    level: float = 0.95,
) -> pd.DataFrame:
    """Slope and relative index of inequality of rates over deprivation deciles.

    Decile 1 is the most deprived. The slope index is positive where the most deprived have the higher rate:
    it is the fitted rate at the most deprived end less that at the least deprived end. The relative index is
    the first divided by the second.

    Parameters
    ----------
    table : DataFrame
        One row a decile (at least five of them) for each of `by`, such as the result of `rate_standardised`.
    by : str or sequence of str
        What is computed apart; may be empty.
    decile, value, se, population : str
        Columns: rank (1 = most deprived), rate, its standard error, and the weight.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        `by`, n_groups, n_people and events (where the table has them), rate_most and rate_least (fitted, at
        the two ends), sii, sii_low, sii_high (in units of the rate), rii, rii_low, rii_high. Missing where
        the rate of any decile is missing, as it is under 10 events. The relative index and its limits alone
        are missing where a fitted end is not above zero, or its standard error is over 30% of it: a ratio to
        almost nothing is any number.

    Raises
    ------
    ValueError
        With a decile twice, or a population or rate that is not above 0.
    TooFewPoints
        With fewer than five groups in every part; of a single part the values are missing.

    Notes
    -----
    Least squares weighted by population on ridit scores (midpoint of a decile's range in the cumulative
    population): Mackenbach JP, Kunst AE (1997) Soc Sci Med 44:757-771. Both ends are sums of the rates with
    known weights, so limits need no draws: those of the slope index are normal, those of the relative index
    Fieller's (Fieller EC (1954) J R Stat Soc B 16:175-185). OHID's PHEindicatormethods (phe_sii) draws them,
    and its slope has the other sign (least less most deprived). They say how far chance could move the
    rates; not how well a line fits. A relative standard error of 30% is where NCHS calls a rate unreliable
    (Parker JD and others (2017) Vital Health Stat 2(175)).
    """
    by = as_columns(by)
    check_columns(table, [*by, decile, value, se, population], "The slope index")
    found = _for_each(table, by, lambda part: _slope(part, decile, value, se, population, level))
    if (most := int(found["n_groups"].max())) < FEWEST_GROUPS:
        raise TooFewPoints(
            f"These people live in {most} of the ten deprivation deciles; an index of inequality needs at "
            f"least {FEWEST_GROUPS}."
        )
    return found


def _for_each(table: pd.DataFrame, by: list[str], compute: object) -> pd.DataFrame:
    parts = table.groupby(by, observed=True, sort=False) if by else [((), table)]
    rows = []
    for key, part in parts:
        counts = {name: int(part[name].sum()) for name in COUNTS if name in part}
        found = compute(part)
        rows.append({**dict(zip(by, key, strict=True)), "n_groups": found.pop("n_groups"), **counts, **found})
    return pd.DataFrame(rows)


def _slope(
    part: pd.DataFrame, decile: str, value: str, se: str, population: str, level: float
) -> dict[str, float]:
    share, ridit, rates, errors = _ranked(part, decile, value, se, population)
    names = ("rate_most", "rate_least", "sii", "sii_low", "sii_high", "rii", "rii_low", "rii_high")
    found = {"n_groups": len(part), **dict.fromkeys(names, np.nan)}
    if np.isnan(rates).any() or len(part) < FEWEST_GROUPS:
        return found
    weights = _weights_of_ends(ridit, share)
    ends, cov = weights @ rates, (weights * errors**2) @ weights.T
    half = z_value(level) * np.sqrt(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1])
    gap = ends[0] - ends[1]
    found |= {"rate_most": ends[0], "rate_least": ends[1]}
    found |= {"sii": gap, "sii_low": gap - half, "sii_high": gap + half}
    if np.all(ends > 0) and np.all(np.sqrt(np.diag(cov)) <= LARGEST_ERROR * ends):
        found["rii"] = ends[0] / ends[1]
        found["rii_low"], found["rii_high"] = _fieller(ends, cov, z_value(level))
    return {name: number if name == "n_groups" else float(number) for name, number in found.items()}


def _ranked(
    part: pd.DataFrame, decile: str, value: str, se: str, population: str
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    part = part.sort_values(decile)
    rates, errors, weight = (part[column].to_numpy(float) for column in (value, se, population))
    if part[decile].duplicated().any():
        raise ValueError(f"A {decile} stands in the table twice: sum it, or name what differs in `by`.")
    if not np.all(weight > 0):
        raise ValueError(f"Every {decile} needs a {population} above 0.")
    if np.any(rates <= 0):
        raise ValueError(f"Every {decile} needs a {value} above 0.")
    share = weight / weight.sum()
    return share, np.cumsum(share) - share / 2, rates, errors


def _weights_of_ends(ridit: NDArray, share: NDArray) -> NDArray[np.float64]:
    """Weights of the rates [2, n] that give the line at ridit 0 (most deprived) and 1 (least)."""
    from_centre = ridit - ridit @ share
    slope = share * from_centre / (share @ from_centre**2)
    most = share - slope * (ridit @ share)
    return np.array([most, most + slope])


def _fieller(ends: NDArray, cov: NDArray, z: float) -> tuple[float, float]:
    """Limits of the ratio of two ends, the second of which is surely above zero."""
    (most, least), (a, b), c = ends, np.diag(cov), cov[0, 1]
    square, cross, rest = least**2 - z**2 * b, most * least - z**2 * c, most**2 - z**2 * a
    root = np.sqrt(max(cross**2 - square * rest, 0.0))
    return (cross - root) / square, (cross + root) / square
