"""Ranks with the interval that chance leaves open."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.intervals import z_value

EDGE = 1e-9  # a rate of 0 or 1 has no logit


def rank_interval(
    rates: pd.DataFrame,
    rate: str = "dna_rate_standardised",
    low: str = "std_low",
    high: str = "std_high",
    n_draws: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Rank rates, the highest first, with an interval for each rank by simulation.

    Parameters
    ----------
    rates : DataFrame
        One row an area, with `rate` and the limits of its interval, 0 to 1.
    rate, low, high : str
        Column names.
    n_draws : int
        Simulated sets of rates.
    seed : int
        Of the draws; areas are drawn in the order of their rows.
    level : float
        Level of the limits, and of the interval of the rank.

    Returns
    -------
    DataFrame
        A copy with rank, rank_low and rank_high (Int64; 1 = highest rate, ties share the best rank). An area
        without a rate has none, and is left out of the others' ranks.

    Raises
    ------
    ValueError
        If fewer than 100 sets are drawn.

    Notes
    -----
    Goldstein H, Spiegelhalter DJ (1996) League tables and their limitations, J R Stat Soc A 159:385-443: each
    area's rate is drawn from its own distribution, here normal on the logit scale with the width of its
    interval; each set of draws is ranked; the interval is the middle `level` of an area's ranks. It allows
    for what the intervals of the rates allow for, which is chance, and for nothing else.
    """
    check_columns(rates, [rate, low, high], "A rank with its interval")
    if n_draws < 100:
        raise ValueError("Fewer than 100 draws say nothing of an interval of 95%: draw 10,000.")
    known = rates[rate].notna().to_numpy()
    middle, below, above = (_logit(rates.loc[known, column]) for column in (rate, low, high))
    spread = (above - below) / (2 * z_value(level))
    draws = np.random.default_rng(seed).normal(middle, spread, (n_draws, len(middle)))
    ranks = np.argsort(np.argsort(-draws, axis=1, kind="stable"), axis=1, kind="stable") + 1
    ends = [(1 - level) / 2, (1 + level) / 2]
    limits = np.quantile(ranks, ends, axis=0, method="inverted_cdf") if known.any() else np.empty((2, 0))
    out = rates.assign(rank=rates[rate].rank(ascending=False, method="min").astype("Int64"))
    for name, values in zip(("rank_low", "rank_high"), limits, strict=True):
        out[name] = pd.array([pd.NA] * len(out), dtype="Int64")
        out.loc[known, name] = values.astype("int64")
    return out


def _logit(values: pd.Series) -> NDArray[np.float64]:
    share = values.to_numpy(float).clip(EDGE, 1 - EDGE)
    return np.log(share / (1 - share))
