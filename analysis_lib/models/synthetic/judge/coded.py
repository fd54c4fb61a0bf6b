"""Frames as numbers that the measures share: levels, bins, axes of trees, and exact distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.models.synthetic.schema import Column, Schema

BINS = 10
MOST_LEVELS = 64  # of a label in boosted trees: the frequent ones each, the rest together
EXACT = 2**24  # whole numbers up to here, and sums and products of them, are exact in float32
CHUNK, BLOCK = 128, 2_048  # rows of either side whose distances are in the cache at once
WIDE = 24  # levels from which on looking a label up is faster than multiplying by it


@dataclass(frozen=True)
class _Code:
    """How one column is coded.

    Attributes
    ----------
    values : Index
        Known values, by level; the level after the last is that of a missing one.
    ranks : ndarray of float64, shape (levels,)
        Of labels: the place among the levels by frequency in the training rows, most frequent first.
    edges : ndarray of float64
        Of numbers: the tenths of the training rows.
    """

    column: Column
    values: pd.Index
    ranks: NDArray[np.float64]
    edges: NDArray[np.float64]

    @classmethod
    def of(cls, column: Column, known: list[pd.Series]) -> _Code:
        parts = [_factorize(column, values) for values in known]
        values = pd.Index(pd.unique(np.concatenate([found for _, found in parts])))
        of_train = np.append(values.get_indexer(pd.Index(parts[0][1], dtype=values.dtype)), len(values))
        n_rows = np.bincount(of_train[parts[0][0]], minlength=len(values) + 1)
        ranks = np.argsort(np.argsort(-n_rows, kind="stable")).astype(float)
        edges = np.zeros(1)
        if column.is_number and (parts[0][0] >= 0).any():
            edges = np.unique(np.nanquantile(_numbers(known[0]), np.linspace(0, 1, BINS + 1)))
        return cls(column, values, ranks, edges)

    @property
    def n_levels(self) -> int:
        return len(self.values) + 1

    @property
    def n_bins(self) -> int:
        return len(self.edges) + 1 if self.column.is_number else self.n_levels

    def levels(self, values: pd.Series) -> NDArray[np.int64]:
        """Return the level of each value; one that is not known has a level of its own, after the others."""
        code, found = _factorize(self.column, values)
        level = self.values.get_indexer(pd.Index(found, dtype=self.values.dtype))
        new = level < 0
        level[new] = self.n_levels + np.arange(new.sum())
        return np.append(level, self.n_levels - 1)[code]  # -1, of a missing value, takes the last

    def bins(self, values: pd.Series, levels: NDArray[np.int64]) -> NDArray[np.int64]:
        if not self.column.is_number:
            return levels
        numbers = _numbers(values)
        found = np.searchsorted(self.edges[1:], numbers, side="right")
        return np.where(np.isnan(numbers), len(self.edges), found)

    def axis(self, values: pd.Series, levels: NDArray[np.int64]) -> NDArray[np.float64]:
        if self.column.is_number:
            return _numbers(values)
        ranks = np.append(self.ranks, MOST_LEVELS)  # what is not known is with the rest
        return np.minimum(ranks[np.minimum(levels, self.n_levels)], MOST_LEVELS - 1)

    def places(self, values: pd.Series, size: int) -> NDArray[np.float32]:
        """Return the place in the range, and whether there is none; `size` is the distance of its ends."""
        numbers = _numbers(values)
        missing = np.isnan(numbers)
        span = self.edges[-1] - self.edges[0]
        part = np.clip((numbers - self.edges[0]) / (span or 1.0), 0, 1)
        places = [np.where(missing, size // 2, np.rint(part * size)), missing * float(size)]
        return np.column_stack(places).astype(np.float32)


@dataclass(frozen=True)
class Layout:
    """How the columns of a schema are coded.

    Attributes
    ----------
    codes : dict of str to _Code
        By column.
    size : int
        Distance of the two ends of a range.
    """

    codes: dict[str, _Code]
    size: int

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the schema."""
        return tuple(self.codes)

    @property
    def is_label(self) -> NDArray[np.bool_]:
        """Which columns are labels, shape (columns,)."""
        return np.array([not code.column.is_number for code in self.codes.values()], bool)

    @property
    def n_bins(self) -> NDArray[np.int64]:
        """Bins of known values, shape (columns,); missing is one of them."""
        return np.array([code.n_bins for code in self.codes.values()])

    @property
    def unlike(self) -> float:
        """Squared distance of two different labels, a whole number."""
        return 2 * float(np.rint(self.size / np.sqrt(2))) ** 2

    def code(self, frame: pd.DataFrame) -> Coded:
        """Code a frame. A number beyond the range of the training rows has the place of its end."""
        values = [frame[name] for name in self.codes]
        pairs = list(zip(self.codes.values(), values, strict=True))
        levels = [code.levels(v) for code, v in pairs]
        bins = [code.bins(v, level) for (code, v), level in zip(pairs, levels, strict=True)]
        axes = [code.axis(v, level) for (code, v), level in zip(pairs, levels, strict=True)]
        places = [code.places(v, self.size) for code, v in pairs if code.column.is_number]
        return Coded(
            self,
            np.column_stack(levels),
            np.column_stack(bins),
            np.column_stack(axes),
            np.hstack([np.empty((len(frame), 0), np.float32), *places]),
        )


@dataclass(frozen=True)
class Coded:
    """A frame as numbers.

    Attributes
    ----------
    layout : Layout
    levels : ndarray of int, shape (n, columns)
        Equal where values are, in this frame and those that the layout was made of.
    bins : ndarray of int, shape (n, columns)
        Levels of labels; of numbers, the tenth of the training rows they fall in; missing is a bin.
    axes : ndarray of float64, shape (n, columns)
        For trees: numbers as they are, missing as NaN; labels by frequency, the rare ones together.
    places : ndarray of float32, shape (n, 2 * columns of numbers)
        Whole numbers: the place of a number in the range of the training rows, and whether it is missing.
    """

    layout: Layout
    levels: NDArray[np.int64]
    bins: NDArray[np.int64]
    axes: NDArray[np.float64]
    places: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.levels)

    def take(self, rows: NDArray[np.int64] | slice) -> Coded:
        """Return some of the rows."""
        return Coded(self.layout, self.levels[rows], self.bins[rows], self.axes[rows], self.places[rows])

    def join(self, other: Coded) -> Coded:
        """Return these rows and those of another frame of the layout."""
        parts = ("levels", "bins", "axes", "places")
        return Coded(
            self.layout, *(np.concatenate([getattr(c, part) for c in (self, other)]) for part in parts)
        )

    def hashes(self) -> NDArray[np.uint64]:
        """Return a number for each row, equal where all values are, shape (n,)."""
        return pd.util.hash_pandas_object(pd.DataFrame(self.levels), index=False).to_numpy()


def code_frames(schema: Schema, train: pd.DataFrame, *others: pd.DataFrame) -> tuple[Layout, list[Coded]]:
    """Code frames of one schema.

    Parameters
    ----------
    schema : Schema
    train : DataFrame
        Rows that bins and ranges are those of.
    *others : DataFrame

    Returns
    -------
    Layout
        To code further frames, in which other values may stand.
    list of Coded
        Of the training rows and the others, in this order.
    """
    frames = [train, *others]
    codes = {n: _Code.of(c, [frame[n] for frame in frames]) for n, c in schema.columns.items()}
    layout = Layout(codes, int(np.sqrt(EXACT / (4 * max(len(codes), 1)))))
    return layout, [layout.code(frame) for frame in frames]


def _numbers(values: pd.Series) -> NDArray[np.float64]:
    return values.to_numpy(float, na_value=np.nan)


def _factorize(column: Column, values: pd.Series) -> tuple[NDArray[np.int64], NDArray]:
    """Return the place of each value among the different ones, -1 of a missing one, and these."""
    if column.is_number:
        return pd.factorize(_numbers(values))
    code, found = pd.factorize(values)
    return code, found.astype(object).to_numpy()


def find_nearest(
    rows: Coded, among: Coded, wanted: Sequence[Sequence[int]]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Find the nearest of some rows to each of others, in several sets of columns at once.

    Two rows are apart by the root of their sum of squares: different labels count as much as the two ends of
    a range. Squared distances are whole numbers below 2^24 and exact, so that equal ones are equal: with
    rounding, which of two copies is nearer would be luck.

    Parameters
    ----------
    rows, among : Coded
        n and m rows, coded by the same layout, which knows all values of one of the two.
    wanted : sequence of sequences of int
        Places of the columns of each set.

    Returns
    -------
    ndarray of float32, shape (sets, n)
        Squared distance to the nearest.
    ndarray of int, shape (sets, n)
        Its place among the m; the first of several as near.
    """
    # Columns that are in the same sets are one part, whose distances are taken once
    held = np.array([np.isin(np.arange(len(rows.layout.names)), columns) for columns in wanted])
    kinds, kind = np.unique(held, axis=1, return_inverse=True)
    parts = [_Part(rows.layout, np.flatnonzero(kind == k)) for k in range(kinds.shape[1])]
    lefts = [part.left(rows) for part in parts]
    nearest = np.full((len(wanted), len(rows)), np.inf, np.float32)
    place = np.zeros(nearest.shape, np.int64)
    for start in range(0, len(among), BLOCK):
        block = among.take(slice(start, start + BLOCK))
        rights = [part.right(block) for part in parts]
        room = np.empty((len(parts) + 1, CHUNK, len(block)), np.float32)
        for first in range(0, len(rows), CHUNK):
            chunk = slice(first, min(first + CHUNK, len(rows)))
            free = room[:, : chunk.stop - first]
            apart = [
                part.apart(left, right, chunk, free[k], free[-1])
                for k, (part, left, right) in enumerate(zip(parts, lefts, rights, strict=True))
            ]
            for k, has in enumerate(kinds):
                whole = _sum([a for a, is_in in zip(apart, has, strict=True) if is_in], free[-1])
                at = whole.argmin(1)
                found = whole[np.arange(len(at)), at]
                closer = found < nearest[k, chunk]
                nearest[k, chunk] = np.where(closer, found, nearest[k, chunk])
                place[k, chunk] = np.where(closer, at + start, place[k, chunk])
    return nearest, place


def _sum(arrays: list[NDArray[np.float32]], room: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(arrays) < 2:
        return arrays[0]
    whole = np.add(arrays[0], arrays[1], out=room)
    for array in arrays[2:]:
        whole += array
    return whole


class _Part:
    """Some columns in which squared distances are taken."""

    def __init__(self, layout: Layout, columns: NDArray[np.int64]) -> None:
        codes, is_label = list(layout.codes.values()), layout.is_label
        number = np.cumsum(~is_label) - 1
        self._axes = [axis for i in columns if not is_label[i] for axis in (2 * number[i], 2 * number[i] + 1)]
        labels = [(i, codes[i].n_levels) for i in columns if is_label[i]]
        self._narrow = [(i, n) for i, n in labels if n < WIDE]
        self._wide = [(i, n) for i, n in labels if n >= WIDE]
        self._unlike, self._n_labels = layout.unlike, len(labels)

    def left(self, rows: Coded) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        places = rows.places[:, self._axes]
        ends = np.ones(len(rows), np.float32), (places**2).sum(1)
        return np.column_stack([places, _match(rows.levels, self._narrow), *ends]), rows.levels

    def right(self, among: Coded) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
        # a² + b² - 2ab in one product; labels are apart unless they match
        places = among.places[:, self._axes]
        ends = (places**2).sum(1) + np.float32(self._unlike * self._n_labels), np.ones(len(among), np.float32)
        matches = _match(among.levels, self._narrow) * np.float32(-self._unlike)
        turned = np.column_stack([-2 * places, matches, *ends]).T
        # With a row for a level that no known value has
        wide = [_match(among.levels, [(i, n + 1)]).T * np.float32(-self._unlike) for i, n in self._wide]
        return np.ascontiguousarray(turned), [np.ascontiguousarray(table) for table in wide]

    def apart(
        self, left: tuple, right: tuple, rows: slice, room: NDArray[np.float32], spare: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        found = np.matmul(left[0][rows], right[0], out=room)
        for (i, _), table in zip(self._wide, right[1], strict=True):
            found += np.take(table, left[1][rows, i], axis=0, out=spare, mode="clip")
        return found


def _match(levels: NDArray[np.int64], labels: list[tuple[int, int]]) -> NDArray[np.float32]:
    """Return a column for each level of some labels: 1 where the label has it."""
    found = [levels[:, [i]] == np.arange(n) for i, n in labels]
    return np.hstack([np.empty((len(levels), 0), bool), *found]).astype(np.float32)
