"""What the rows of two files are to each other, where both hold the same area and month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis_lib.inputs.describe import FEW, MOST_TRUE_REPEATS, Place, in_blocks, row_keys

#: Two releases of a month differ by few, small combinations; a file cut in two has none in common.
SAME_RELEASE = 0.75
# Labels, and labels with counts, of rows.
Numbers = tuple[np.ndarray, np.ndarray]


class Rows:
    """The rows of a claim as numbers, by area and month; the `first` and `last` of these in the file."""

    def __init__(self, table: pa.Table, level: str) -> None:
        keys = row_keys(table, level)
        self.first, self.last = (keys.places[keys.cells[i]] for i in (0, -1))
        order = np.argsort(keys.cells, kind="stable")
        ends = np.cumsum(np.bincount(keys.cells, minlength=len(keys.places)))[:-1]
        self._labels = dict(zip(keys.places, np.split(keys.labels[order], ends), strict=True))
        self._whole = dict(zip(keys.places, np.split(keys.whole[order], ends), strict=True))

    def at(self, place: Place) -> Numbers:
        """Return labels, and labels with counts, of the rows of an area and month."""
        return self._labels[place], self._whole[place]


def compare(held: Numbers, new: Numbers, level: str) -> str:
    """Say what rows of an area and month are to those that are held: (labels, labels with counts) of each.

    Returns
    -------
    {"parts", "copy", "wider", "release", "unclear"}
        No combination of labels in common; nothing that is not held; all that is held and more; the same
        combinations but for a few; anything else. Rows by ICB, where combinations stand several times, are
        only copies as a whole, and releases where each stands as often.
    """
    (old_labels, old_whole), (labels, whole) = held, new
    if not np.isin(labels, old_labels).any():
        return "parts"
    if level == "icb":
        if np.array_equal(np.sort(whole), np.sort(old_whole)):
            return "copy"
        # Halves of an area look alike by labels; a revised month has most of its counts again.
        alike = len(labels) < 2 * FEW or _n_same(whole, old_whole) >= len(labels) / 2
        common = _n_same(labels, old_labels)
    else:
        if np.isin(whole, old_whole).all():
            return "copy"
        if np.isin(old_whole, whole).all():
            return "wider"
        common, alike = len(np.intersect1d(labels, old_labels)), True
    same = common >= SAME_RELEASE * max(len(labels), len(old_labels))
    return "release" if same and alike else "unclear"


class Meeting(NamedTuple):
    """An area and month of two claims: whether no labels are in both; by ICB, the rows that are, of how many
    of the shorter one, and whether several stand there in the same order."""

    area: str
    apart: bool
    n_same: int
    n_rows: int
    block: bool


def meet(area: str, one: Numbers, other: Numbers, *, by_icb: bool) -> Meeting:
    """Return what two files have in common of an area and month."""
    apart = _are_apart(one[0], other[0])
    if not by_icb:
        return Meeting(area, apart, 0, 0, block=False)
    block = bool(in_blocks(pd.factorize(np.concatenate([one[1], other[1]]))[0]).any())
    return Meeting(area, apart, _n_same(one[1], other[1]), min(len(one[1]), len(other[1])), block)


def are_parts(one: Rows, other: Rows, met: Sequence[Meeting]) -> bool:
    """Return whether two files are parts of one release, by all areas and months that both hold.

    They have no combination of labels in common in most of these. Where combinations stand several times
    (rows by ICB), a file cut in the middle of an area is known by its ends, and by counts that differ: a
    revised month has more of them again than repeat truly.
    """
    if sum(meeting.apart for meeting in met) > len(met) / 2:
        return True
    areas = {meeting.area for meeting in met}
    ends = ({one.last[0], other.first[0]}, {other.last[0], one.first[0]})
    n_rows, n_same = sum(meeting.n_rows for meeting in met), sum(meeting.n_same for meeting in met)
    is_cut = len(areas) == 1 and areas in ends and not any(meeting.block for meeting in met)
    return is_cut and n_rows >= 2 * FEW and n_same < MOST_TRUE_REPEATS * n_rows


def _are_apart(labels: np.ndarray, others: np.ndarray) -> bool:
    # Of two releases the first row will nearly always do.
    return not (others == labels[0]).any() and not np.isin(labels, others).any()


def _n_same(one: np.ndarray, other: np.ndarray) -> int:
    """Return how many values stand in both, each as often as it stands in the one that has it less often."""
    return (Counter(one.tolist()) & Counter(other.tolist())).total()
