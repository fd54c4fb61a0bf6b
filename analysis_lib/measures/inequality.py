"""Inequality over deprivation deciles: slope and relative index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import TooFewPoints, as_columns, check_columns

FEWEST_GROUPS = 5
COUNTS = ("n_people", "events")  # summed into the result where the table has them


def slope_index(
    table: pd.DataFrame,
    by: str | Sequence[str] = "setting",
    decile: str = "imd_decile",
    value: str = "rate_per_1000",
    se: str = "se",
    population: str = "person_years",
    level: float = 0.95,
    draws: int = 20_000,
    seed: int = 1,
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
    draws, seed : int
        Simulated sets of rates, and the seed.

    Returns
    -------
    DataFrame
        `by`, n_groups, n_people and events (where the table has them), rate_most and rate_least (fitted, at
        the two ends), sii, sii_low, sii_high (in units of the rate), rii, rii_low, rii_high. Missing where
        the rate of any decile is missing, as it is under 10 events.

    Raises
    ------
    ValueError
        With a decile twice, or a population or rate that is not above 0.
    TooFewPoints
        With fewer than five groups in every part; of a single part the values are missing.

    Notes
    -----
    Least squares weighted by population on ridit scores (midpoint of a decile's range in the cumulative
    population): Mackenbach JP, Kunst AE (1997) Soc Sci Med 44:757-771. Limits are quantiles over sets of
    rates drawn from log-normal distributions, as in OHID's PHEindicatormethods (phe_sii), whose slope has
    the other sign (least less most deprived). They say how far chance could move the rates; not how well a
    line fits.
    """
    by = as_columns(by)
    check_columns(table, [*by, decile, value, se, population], "The slope index")
    found = _for_each(table, by, lambda part: _slope(part, decile, value, se, population, level, draws, seed))
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
    part: pd.DataFrame,
    decile: str,
    value: str,
    se: str,
    population: str,
    level: float,
    draws: int,
    seed: int,
) -> dict[str, float]:
    share, ridit, rates, errors = _ranked(part, decile, value, se, population)
    names = ("rate_most", "rate_least", "sii", "sii_low", "sii_high", "rii", "rii_low", "rii_high")
    found = {"n_groups": len(part), **dict.fromkeys(names, np.nan)}
    if np.isnan(rates).any() or len(part) < FEWEST_GROUPS:
        return found
    ends = _fitted_ends(rates, ridit, share)
    most, least = _fitted_ends(_simulate(rates, errors, draws, seed), ridit, share)
    found |= {"rate_most": float(ends[0]), "rate_least": float(ends[1])}
    found["sii"] = float(ends[0] - ends[1])
    found["sii_low"], found["sii_high"] = _quantiles(most - least, level)
    if ends[1] > 0:  # a line that crosses zero has no ratio
        found["rii"] = float(ends[0] / ends[1])
        found["rii_low"], found["rii_high"] = _quantiles(np.where(least > 0, most / least, np.inf), level)
    return found


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
        raise ValueError(f"Every {decile} needs a {value} above 0 (limits are drawn on the log scale).")
    share = weight / weight.sum()
    return share, np.cumsum(share) - share / 2, rates, errors


def _simulate(rates: NDArray, errors: NDArray, draws: int, seed: int) -> NDArray[np.float64]:
    noise = np.random.default_rng(seed).standard_normal((draws, len(rates)))
    return rates * np.exp(noise * errors / rates)


def _fitted_ends(rates: NDArray, ridit: NDArray, share: NDArray) -> tuple[NDArray, NDArray]:
    """Fitted rates at ridit 0 (most deprived) and 1 (least), by weighted least squares."""
    centre = ridit @ share
    slope = rates @ (share * (ridit - centre)) / (share @ (ridit - centre) ** 2)
    most = rates @ share - slope * centre
    return most, most + slope


def _quantiles(values: NDArray, level: float) -> tuple[float, float]:
    with np.errstate(invalid="ignore"):  # between two infinite ratios there is no limit: it is missing
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
