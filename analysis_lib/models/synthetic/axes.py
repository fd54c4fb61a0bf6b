"""Bins of the levels of a column, and where they stand on the axis that a tree cuts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis_lib.models.synthetic.generator import Levels


def bin_levels(code: NDArray[np.int64], levels: Levels, most: int | None) -> NDArray[np.int64]:
    """Return the bin of each level, shape (levels,).

    Parameters
    ----------
    code : ndarray of int, shape (n,)
        The level of each row.
    levels : Levels
    most : int or None
        Most bins of a column of numbers, about equally full; missing has its own. None: a bin for each level.
    """
    n_values = len(levels) - levels.has_missing
    if most is None or n_values <= most:
        return np.arange(len(levels))
    count = np.bincount(code, minlength=len(levels))[:n_values]
    middle = (np.cumsum(count) - count / 2) / max(count.sum(), 1)
    bins = np.unique((middle * most).astype(np.int64).clip(0, most - 1), return_inverse=True)[1]
    return np.append(bins, bins.max() + 1) if levels.has_missing else bins


def rank_numbers(code: NDArray[np.int64], levels: Levels) -> NDArray[np.float64]:
    """Return the rank of each number between 0 and 1, and whether it is missing: shape (n, 1 or 2)."""
    missing = levels.has_missing & (code == len(levels) - 1)
    count = np.bincount(code[~missing], minlength=len(levels))
    rank = ((np.cumsum(count) - count / 2) / max(count.sum(), 1))[code]
    if not levels.has_missing:
        return rank[:, None]
    return np.column_stack([np.where(missing, 0.5, rank), missing])


def order_levels(code: NDArray[np.int64], n_levels: int, outcome: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the place of each level in the order of its first correspondence axis with an outcome.

    Parameters
    ----------
    code : ndarray of int, shape (n,)
        The level of each row; a level that has none stands in the middle.
    n_levels : int
    outcome : ndarray, shape (n, outcomes)
        Shares or ranks, from 0 to 1.

    Returns
    -------
    ndarray of float32, shape (n_levels,)
    """
    count = np.bincount(code, minlength=n_levels)
    mean = np.column_stack([np.bincount(code, weights=y, minlength=n_levels) for y in outcome.T])
    spread = (mean / count.clip(1)[:, None] - outcome.mean(axis=0)) / np.sqrt(
        outcome.mean(axis=0).clip(1e-12)
    )
    spread[count == 0] = 0.0
    first = np.linalg.svd(spread * np.sqrt(count)[:, None], full_matrices=False)[2][0]
    return np.argsort(np.argsort(spread @ first, kind="stable")).astype(np.float32)
