"""Columns that rest on counts: computed again from the rounded ones, withheld with them, made coarse."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.columns import rests_on
from analysis_lib.kinds import (
    Amount,
    Count,
    Derived,
    Dimension,
    Estimate,
    Kind,
    Limit,
    Plain,
    Proportion,
    Quantile,
    Rank,
    Rate,
    Ratio,
    Score,
    Share,
)
from analysis_lib.release.gate.cells import Cells, rounded
from analysis_lib.release.gate.sums import find_sums
from analysis_lib.release.profiles import Profile

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
DECIMALS = 6
DIGITS = {Rate: 4, Limit: 4}
CLOSE = 1e-6  # of a step: what lies on one but for the arithmetic


class Reasons:
    """How many cells of which column were withheld, and why; never which, nor their values."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, str, Bools, bool]] = []

    def add(self, column: str, reason: str, cells: Bools, *, withheld: bool = True) -> None:
        """Note the cells of a column withheld for a reason (or missing from the start)."""
        self._cells.append((column, reason, cells, withheld))

    def record(self) -> pd.DataFrame:
        """Return ``column, reason, n_cells``, without reasons that hold nowhere."""
        rows = [(c, reason, int(cells.sum())) for c, reason, cells, _ in self._cells if cells.any()]
        return pd.DataFrame(rows, columns=["column", "reason", "n_cells"]).astype({"n_cells": "int64"})

    def mask(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return where cells were withheld, as a frame of the same shape."""
        where = pd.DataFrame(False, index=frame.index, columns=frame.columns)
        for column, _, cells, withheld in self._cells:
            if withheld:
                where[column] |= cells
        return where


def dependent(
    released: pd.DataFrame,
    given: pd.DataFrame,
    cells: Cells,
    kinds: Mapping[str, Kind],
    profile: Profile,
    reasons: Reasons,
) -> pd.DataFrame:
    """Return the frame with every column that is no count or dimension as it may leave.

    Parameters
    ----------
    released : DataFrame
        The table with its counts released; changed in place.
    given : DataFrame
        The table as given.
    """
    hidden = cells.variables.hidden[: cells.true.size].reshape(cells.true.shape)
    for column in _in_order(kinds):
        kind = kinds[column]
        if isinstance(kind, Count | Dimension | Plain):
            continue
        parts = rests_on(kind)
        at = [cells.counts.index(p) for p in parts if p in cells.counts]
        away = hidden[:, at].any(axis=1)
        values = _numbers(given[column])
        scarce = isinstance(kind, Proportion | Rate | Limit | Estimate | Score | Quantile)
        few = (cells.true[:, at] < profile.fewest).any(axis=1) & scarce & ~away
        if isinstance(kind, Ratio):
            values = (
                _divide(_numbers(released[kind.numerator]), _numbers(released[kind.denominator])) * kind.per
            )
        elif isinstance(kind, Share):
            values, away = _share(column, kind, cells, _numbers(released[kind.count]), values, away)
        elif isinstance(kind, Derived):
            arrays = [_array(released[p], kinds[p]) for p in parts]
            away = away | np.any([reasons.mask(released)[p] for p in parts], axis=0)
            values = np.where(np.any([pd.isna(a) for a in arrays], axis=0), np.nan, kind.function(*arrays))
        elif isinstance(kind, Rank):
            away = away | reasons.mask(released)[kind.of].to_numpy()
            values = np.where(np.isnan(values), np.nan, _rank(kind, released))
        elif isinstance(kind, Rate):
            values = _rate(kind, values, given, released, profile)
        elif isinstance(kind, Limit):
            away = away | np.any([reasons.mask(released)[p] for p in parts], axis=0)
            values = _limit(kind, values, given, released)
            if isinstance(kinds.get(kind.centre), Rate):  # no rate is below 0
                values = np.maximum(values, 0)
        elif isinstance(kind, Amount):
            values = _amount(kind, values, given, released, cells, profile)
        elif isinstance(kind, Proportion):
            values = _coarse_rate(values, given[kind.of], released[kind.of], kind.per, profile)
        elif isinstance(kind, Estimate) and kind.of:
            values = _estimate(kind, values, given, released, profile)
        elif isinstance(kind, Score):
            values = _score(kind, values, given, released, profile)
        digits = DIGITS.get(type(kind)) or getattr(kind, "digits", None)
        if digits:
            values = significant(values, digits)
        reasons.add(column, "rests on a hidden count", away)
        reasons.add(column, "rests on too few", few)
        values = np.where(away | few, np.nan, values)
        reasons.add(column, "missing", np.isnan(values) & ~away & ~few, withheld=False)
        values = values if digits or isinstance(kind, Amount) else values.round(DECIMALS)
        released[column] = _as_given(values, given[column])
    return released


def _as_given(values: Floats, given: pd.Series) -> pd.Series:
    """Return True and False, and ranks, as such again, unless one is missing."""
    column = pd.Series(values, index=given.index)
    if column.isna().any() or pd.api.types.is_float_dtype(given):
        return column
    if pd.api.types.is_bool_dtype(given) or (column % 1 == 0).all():
        return column.astype(given.dtype)
    return column


def _in_order(kinds: Mapping[str, Kind]) -> list[str]:
    """Columns after those that they rest on."""
    order: list[str] = []

    def visit(column: str, above: tuple[str, ...]) -> None:
        if column in above:
            raise ValueError(f"{column!r} is derived from itself: correct what its kind rests on.")
        if column not in order:
            for needed in rests_on(kinds[column]):
                visit(needed, (*above, column))
            order.append(column)

    for column in kinds:
        visit(column, ())
    return order


def _numbers(column: pd.Series) -> Floats:
    return column.to_numpy(dtype=float, na_value=np.nan)


def _array(column: pd.Series, kind: Kind) -> NDArray:
    return column.to_numpy() if isinstance(kind, Dimension) else _numbers(column)


def _rank(kind: Rank, released: pd.DataFrame) -> Floats:
    """Return the places of a released column: ties share the best, what is hidden or missing has none."""
    values = pd.Series(_numbers(released[kind.of]), index=released.index)
    within = [released[c].astype(str) for c in kind.within]
    ranked = values.groupby(within) if within else values
    return ranked.rank(method="min", ascending=kind.ascending).to_numpy()


def _divide(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below != 0)


def _share(
    column: str, kind: Share, cells: Cells, counts: Floats, given: Floats, away: Bools
) -> tuple[Floats, Bools]:
    """Counts by the rounded sum of their group; withheld where that sum may not be known."""
    group, at, sums = cells.shares[column]
    sums = sums.copy()
    position = cells.counts.index(kind.count)
    gaps = np.unique(group[np.isnan(cells.true[:, position])])
    for g in gaps:  # a released table released again: its hidden cells still count in its sums
        use = (group == g) & (given > 0) & (counts > 0)
        if use.any():
            best = np.argmax(np.where(use, counts, 0))
            sums[g] = np.rint(counts[best] / given[best] / 5) * 5
    away = away | (cells.variables.hidden[at][group] & (counts > 0))
    return _divide(counts, sums[group]), away


def _rate(kind: Rate, rate: Floats, given: pd.DataFrame, released: pd.DataFrame, profile: Profile) -> Floats:
    """Return a rate of the rounded counts, times what the given rate is of the given counts, made coarse."""
    events, people = _numbers(given[kind.events]), _numbers(given[kind.people])
    step = profile.round_to or 1
    stands_for = _divide(rate * people, kind.per * events) * _numbers(released[kind.events])
    return _divide(np.round(stands_for / step) * step, _numbers(released[kind.people])) * kind.per


def _limit(kind: Limit, values: Floats, given: pd.DataFrame, released: pd.DataFrame) -> Floats:
    """Return a limit that stands from the released rate as far as the released counts say."""
    distances, centres = [], []
    with np.errstate(divide="ignore", invalid="ignore"):
        for frame in (given, released):
            distances.append(kind.distance(*(_numbers(frame[c]) for c in kind.of)))
            centre = np.zeros(len(values)) if kind.centre is None else _numbers(frame[kind.centre])
            centres.append(np.log(centre) if kind.times else centre)
        stands = (np.log(values) if kind.times else values) - centres[0]
    factor = np.maximum(np.round(_divide(stands, distances[0]), 1), 1)
    limit = centres[1] + factor * distances[1]
    limit = np.exp(limit) if kind.times else limit
    return np.where(values >= 0, np.maximum(limit, 0), limit)


def _amount(
    kind: Amount, values: Floats, given: pd.DataFrame, released: pd.DataFrame, cells: Cells, profile: Profile
) -> Floats:
    """Return a sum as the rounded count times the mean of one; a total as the sum of its parts.

    The mean is no finer than the rounded count: where each has the same price, or none, it would else tell
    which of the counts that round alike it was. Where a part is hidden, a total is no finer than the dearest.
    """
    step = profile.round_to or 1
    if kind.stepped:
        return np.where(values > 0, np.maximum(np.round(values / step), 1), 0) * step + 0 * values
    count = _numbers(released[kind.of])
    mean = significant(_divide(values, _numbers(given[kind.of])), 3)
    coarse = even_step(np.abs(mean) * _divide(np.full(len(count), float(step)), count))
    parts = np.maximum(np.round(_divide(np.abs(mean), coarse)), 1)
    mean = np.where(coarse > 0, np.sign(mean) * parts * coarse, mean)
    amount = significant(mean, 3) * count
    total = cells.total.any(axis=1)
    if total.any() and np.isfinite(mean).any():
        dearest = step * np.nanmax(np.abs(mean))
        amount = np.where(total & (dearest > 0), np.round(amount / (dearest or 1)) * dearest, amount)
    for parents, parts, owner in reversed(find_sums(cells.labels.copy(), cells.total, cells.true).found):
        adds_up = np.isclose(np.bincount(owner, values[parts], len(parents)), values[parents])
        added = np.bincount(owner, amount[parts], len(parents))
        amount[parents] = np.where(adds_up & np.isfinite(added), added, amount[parents])
    return amount


def even_step(least: Floats) -> Floats:
    """Return the smallest of 1, 2, 5, 10, 20, … (and 0.1, 0.2, …) that is no less; nought for nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ten = 10.0 ** np.floor(np.log10(least))
        part = least / ten * (1 - 1e-12)
    steps = np.select([part <= 1, part <= 2, part <= 5], [1.0, 2.0, 5.0], 10.0) * ten
    return np.where(np.isfinite(least) & (least > 0), steps, 0.0)


def _counts_of(kind: Estimate | Score, frame: pd.DataFrame) -> list[Floats]:
    return [_numbers(frame[c]) for c in kind.of]


def _step(kind: Estimate | Score, released: pd.DataFrame, profile: Profile) -> Floats:
    """Return what the counts are rounded to as a part of the smallest of them."""
    counts = _counts_of(kind, released)
    if getattr(kind, "part", False):
        counts.append(counts[0] - counts[-1])
    smallest = np.min(counts, axis=0) if counts else np.array([])
    if (by := getattr(kind, "by", None)) is not None:
        smallest = _numbers(released[by])
    step = np.full(len(smallest), np.nan)
    return np.divide(kind.per * (profile.round_to or 1), smallest, out=step, where=smallest > 0)


def _moved(
    kind: Estimate | Score, values: Floats, given: pd.DataFrame, released: pd.DataFrame, *, times: bool
) -> Floats:
    """Return values as they would be with the released counts, if all else stayed."""
    if kind.moves is None:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        after, before = (kind.moves(*_counts_of(kind, frame)) for frame in (released, given))
        moved = values * (after / before) if times else values + (after - before)
    return np.where(np.isfinite(moved), moved, values)


def _to_steps(values: Floats, end: int) -> Floats:
    """Round to whole steps; ends of intervals outwards."""
    if end == 0:
        return np.floor(values + 0.5 + CLOSE)
    return np.floor(values + CLOSE) if end < 0 else np.ceil(values - CLOSE)


def _estimate(
    kind: Estimate, values: Floats, given: pd.DataFrame, released: pd.DataFrame, profile: Profile
) -> Floats:
    """Return a size taken to the released counts, in steps of its own size; below 0 and above alike."""
    values = _moved(kind, values, given, released, times=True)
    step = np.log1p(_step(kind, released, profile))
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = _to_steps(np.log(np.abs(values)) / step, kind.end)
        return np.where(values == 0, 0.0 * step, np.sign(values) * np.exp(steps * step))


def _score(
    kind: Score, values: Floats, given: pd.DataFrame, released: pd.DataFrame, profile: Profile
) -> Floats:
    """Return a score taken to the released counts, in steps that are alike everywhere."""
    values = _moved(kind, values, given, released, times=kind.scale is not None)
    step = _step(kind, released, profile)
    if kind.scale is not None:
        step = step * np.abs(_numbers(released[kind.scale]))
    with np.errstate(divide="ignore", invalid="ignore"):
        return kind.around + _to_steps((values - kind.around) / step, kind.end) * step


def _coarse_rate(
    values: Floats, given: pd.Series, released: pd.Series, per: float, profile: Profile
) -> Floats:
    """Round a rate as the count that it stands for would be; what is left of the count is treated alike."""
    whole, of = _numbers(given), _numbers(released)
    count = np.abs(values) / per * whole
    left = whole - count
    nearest = rounded(count, profile)
    near_all = (left > 0) & (left < (profile.suppress_below or 0))
    nearest = np.where(near_all, of - (profile.round_to or 1), nearest)
    return np.sign(values) * _divide(nearest, of) * per


def significant(values: Floats, digits: int) -> Floats:
    """Round to a number of significant digits."""
    size = np.floor(
        np.log10(np.abs(values), out=np.zeros(len(values)), where=(values != 0) & np.isfinite(values))
    )
    scale = 10.0 ** (digits - 1 - size)
    return np.round(values * scale) / scale
