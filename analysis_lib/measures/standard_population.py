"""The European Standard Population, and the interval of a rate weighted by it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis_lib.measures.intervals import EXACT_BELOW, Pair, poisson_interval

# Eurostat (2013) Revision of the European Standard Population, doi:10.2785/11470: people of 100,000 by
# first year of age of the band; the last is 90 and over.
ESP2013 = {
    0: 5000, 5: 5500, 10: 5500, 15: 5500, 20: 6000, 25: 6000, 30: 6500, 35: 7000, 40: 7000, 45: 7000,
    50: 7000, 55: 6500, 60: 6000, 65: 5500, 70: 5000, 75: 4000, 80: 2500, 85: 1500, 90: 1000,
}  # fmt: skip


def level_key(level: object) -> tuple:
    """Sort key that puts levels in a reader's order: numbers and age bands by their first number."""
    text = str(level)
    first = re.match(r"\d+", text)
    return (0, int(first[0]), text) if first else (1, 0, text)


def sort_levels(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Sort a table by groups, text as `level_key` does; categories and numbers by their own order."""

    def place(column: pd.Series) -> pd.Series:
        if not pd.api.types.is_string_dtype(column):
            return column
        return column.map({name: n for n, name in enumerate(sorted(column.unique(), key=level_key))})

    return table.sort_values(list(by), key=place, ignore_index=True) if by else table


def standard_weights(bands: Sequence[str]) -> pd.Series:
    """European Standard Population 2013 of age bands.

    Parameters
    ----------
    bands : sequence of str
        Such as "0-4", "5-14" or "85+"; they must begin and end where five-year bands do.

    Returns
    -------
    Series
        Share of the standard population by band; sums to 1 over bands that cover all ages.

    Raises
    ------
    ValueError
        If a band cannot be read, or does not consist of whole five-year bands.
    """
    weights = {}
    for band in bands:
        found = re.fullmatch(r"\s*(\d+)\s*(?:[-–]\s*(\d+)|\+)\s*", str(band))
        first = int(found[1]) if found else -1
        end = 200 if not found or found[2] is None else int(found[2]) + 1
        inside = [start for start in ESP2013 if first <= start < end]
        if first not in ESP2013 or not (end in ESP2013 or end == 200):
            raise ValueError(
                f"Age band {band!r} is not made of five-year bands (0-4, 5-9, … 90+): "
                "give weights of your own, or band ages again."
            )
        weights[band] = sum(ESP2013[start] for start in inside) / 100_000
    return pd.Series(weights, dtype=float)


def dobson_limits(rate: ArrayLike, variance: ArrayLike, events: ArrayLike, level: float = 0.95) -> Pair:
    """Dobson's interval of a weighted rate from its variance.

    Parameters
    ----------
    rate, variance, events : array-like
        The weighted rate, its variance, and the events it rests on.
    level : float
        Confidence level.

    Returns
    -------
    low, high : ndarray of float
        Missing under 10 events.

    Notes
    -----
    As `dsr_interval`, with any variance: that of independent events gives the published method, that of
    people's counts allows for several events of one person (the adjustment that OHID's PHEindicatormethods
    makes for events that are not independent; Stukel TA and others (1994) Stat Med 13:1781-1791).
    """
    rate, variance, events = (np.asarray(part, float) for part in (rate, variance, events))
    enough = events >= EXACT_BELOW
    safe = np.where(enough, events, EXACT_BELOW)
    low, high = poisson_interval(safe, level)
    scale = np.sqrt(variance / safe)
    pair = rate + scale * (low - safe), rate + scale * (high - safe)
    return np.where(enough, pair[0], np.nan), np.where(enough, pair[1], np.nan)
