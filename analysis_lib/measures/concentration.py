"""How unevenly cost is spread over people: share held by those with most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.disclosure import at_least, read_thresholds
from analysis_lib.measures.cells import TooFewPoints
from analysis_lib.measures.intervals import z_value

TOP = (0.01, 0.05, 0.10)
#: People in the smallest share, so that no number is a person's own: the data owner's.
FEWEST = read_thresholds()["patient"]["fewest"]


def share_top(
    amount: ArrayLike,
    top: Sequence[float] = TOP,
    level: float = 0.95,
    draws: int = 500,
    seed: int = 1,
) -> pd.DataFrame:
    """Share of a total held by the people with most of it, with bootstrap intervals.

    Parameters
    ----------
    amount : array-like, shape (n_people,)
        One amount a person (cost in GBP, contacts, bed days), not negative. People with none count.
    top : sequence of float
        Shares of people, above 0 and below 1; those that might hold fewer than `FEWEST` people, for all that
        their number as released says (`disclosure.at_least`), are left out.
    level : float
        Confidence level.
    draws, seed : int
        Bootstrap samples of people, and the seed.

    Returns
    -------
    DataFrame
        top, n_people (of all), n_top (people in the share), share, low, high (percentiles of the bootstrap
        distribution).

    Raises
    ------
    ValueError
        If an amount is missing or negative, or a share is not between 0 and 1.
    TooFewPoints
        If all amounts are 0, or every share would hold fewer than `FEWEST` people.

    Notes
    -----
    A part of a person at the edge of the top share counts with that part of the amount. People are drawn by
    the number with each distinct amount, which is the same as drawing rows and faster.
    """
    z_value(level)  # refuses what is no level
    values, people = _distinct(amount)
    n = int(people.sum())
    wanted = np.asarray(top, float)
    if np.any((wanted <= 0) | (wanted >= 1)):
        raise ValueError("Each top share must be between 0 and 1.")
    wanted = wanted[at_least(n) * wanted >= FEWEST]
    if not len(wanted):
        raise TooFewPoints("There are too few people here to say how much of all cost the costliest have.")
    share = _held(values, people, wanted)
    rng = np.random.default_rng(seed)
    drawn = np.array([_held(values, rng.multinomial(n, people / n), wanted) for _ in range(draws)])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return pd.DataFrame(
        {
            "top": wanted,
            "n_people": n,
            "n_top": np.rint(n * wanted).astype("int64"),
            "share": share,
            "low": low,
            "high": high,
        }
    )


def share_curve(amount: ArrayLike, points: int = 100) -> pd.DataFrame:
    """Points of the concentration curve: share held by the people with most, from none of them to all.

    Parameters
    ----------
    amount : array-like, shape (n_people,)
        As for `share_top`.
    points : int
        Number of steps, at most. Each holds at least `FEWEST` people, so that no point is a person's own: of
        fewer people there are fewer steps.

    Returns
    -------
    DataFrame
        share_people, share_amount (0 to 1), n_people (of all: how many a share holds follows from it).

    Raises
    ------
    ValueError, TooFewPoints
        As for `share_top`; the latter if there are not two steps of `FEWEST` people.
    """
    values, people = _distinct(amount)
    n = int(people.sum())
    points = min(points, at_least(n) // FEWEST)
    if points < 2:
        raise TooFewPoints("There are too few people here to say how cost is spread over them.")
    grid = np.linspace(0, 1, points + 1)
    return pd.DataFrame(
        {
            "share_people": grid,
            "share_amount": _held(values, people, grid),
            "n_people": n,
        }
    )


def _distinct(amount: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return distinct amounts, highest first, and how many people have each."""
    amount = np.asarray(amount, float)
    if not np.all(amount >= 0) or not np.isfinite(amount).all():
        raise ValueError("Amounts are missing or negative for some people: give 0 to those without any.")
    if not amount.sum() > 0:
        raise TooFewPoints("No cost is recorded for anybody here, so there is no share of it to show.")
    values, people = np.unique(amount, return_counts=True)
    return values[::-1], people[::-1]


def _held(values: NDArray, people: NDArray, top: NDArray) -> NDArray[np.float64]:
    people_so_far = np.append(0, np.cumsum(people))
    held_so_far = np.append(0, np.cumsum(values * people))
    return np.interp(top * people_so_far[-1], people_so_far, held_so_far) / held_so_far[-1]
