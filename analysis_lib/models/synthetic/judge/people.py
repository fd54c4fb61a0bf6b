"""Parts of the people, and draws of them for intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

DRAWS = 100  # of the bootstrap
LIMITS = (2.5, 97.5)  # percentiles: intervals of 95%


def split_people(people: ArrayLike, rng: np.random.Generator, share: float = 0.5) -> NDArray[np.bool_]:
    """Mark the rows of a random part of the people.

    Parameters
    ----------
    people : array, shape (n,)
        Whose row each is.
    rng : numpy.random.Generator
    share : float
        Of the people, not of the rows.

    Returns
    -------
    ndarray of bool, shape (n,)
        All rows of a person are in the same part.

    Raises
    ------
    ValueError
        If a row is nobody's: it could be of somebody in the other part.
    """
    code, names = code_people(people)
    chosen = np.zeros(len(names), bool)
    chosen[rng.permutation(len(names))[: round(share * len(names))]] = True
    return chosen[code]


def code_people(people: ArrayLike) -> tuple[NDArray[np.int64], pd.Index]:
    """Number the people: return the number of each row, and who they are."""
    code, names = pd.factorize(pd.Series(people).reset_index(drop=True))
    if (code < 0).any():
        raise ValueError(f"{(code < 0).sum():,} rows say of no person whose they are: leave them out.")
    return code, pd.Index(names)


def draw_weights(people: ArrayLike, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw people with replacement, time and again.

    Parameters
    ----------
    people : array, shape (n,)
        Whose row each is.

    Returns
    -------
    ndarray of float32, shape (draws, n)
        How often each row's person was drawn.
    """
    code, names = code_people(people)
    n = len(names)
    drawn = rng.integers(0, max(n, 1), (DRAWS, n)) + np.arange(DRAWS)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=DRAWS * n).reshape(DRAWS, n).astype(np.float32)[:, code]


def limits_of(draws: NDArray[np.floating]) -> tuple[float, float]:
    """Return the percentile limits of a bootstrap; missing where a draw could not be computed."""
    low, high = np.percentile(draws, LIMITS)
    return float(low), float(high)


def auc(score: NDArray, event: NDArray[np.bool_], weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the area under the ROC curve for each row of weights; equal scores count half.

    Parameters
    ----------
    score : ndarray, shape (n,)
    event : ndarray of bool, shape (n,)
    weights : ndarray, shape (draws, n)

    Returns
    -------
    ndarray of float64, shape (draws,)
        Missing where either kind has no weight.
    """
    order = np.flatnonzero(~event)[np.argsort(score[~event])]
    without = weights[:, order]
    below = np.zeros((len(weights), len(order) + 1))
    np.cumsum(without, axis=1, dtype=float, out=below[:, 1:])
    places = [np.searchsorted(score[order], score[event], side) for side in ("left", "right")]
    with_it = weights[:, event].astype(float)
    above = sum(np.einsum("ij,ij->i", with_it, below[:, place]) for place in places) / 2
    with np.errstate(invalid="ignore"):
        return above / (with_it.sum(1) * below[:, -1])


def auc_with_limits(
    score: NDArray, event: NDArray[np.bool_], weights: NDArray[np.floating]
) -> tuple[float, float, float]:
    """Return the area under the ROC curve and its limits over the draws of people."""
    value = float(auc(score, event, np.ones((1, len(score)), np.float32))[0])
    return value, *limits_of(auc(score, event, weights))


def sum_by_level(
    values: NDArray[np.float64], code: NDArray[np.int64], n_levels: int, weights: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sum and the number of known values by level: first of all rows, then of each draw.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Missing ones are NaN.
    code : ndarray of int, shape (n,)
        Level of each row; below 0 of none.
    n_levels : int
    weights : ndarray of float32, shape (draws, n)

    Returns
    -------
    tuple of ndarray of float64, each of shape (1 + draws, n_levels)
    """
    known = ~np.isnan(values) & (code >= 0)
    in_level = np.zeros((len(values), n_levels), np.float32)
    in_level[np.flatnonzero(known), code[known]] = 1
    both = np.hstack([in_level * np.where(known, values, 0)[:, None].astype(np.float32), in_level])
    found = np.vstack([both.sum(0, dtype=float), weights @ both])
    return found[:, :n_levels], found[:, n_levels:]
