"""Which rows of a table are totals of which others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TOTAL = "\x00total"
_TOTALS = {"all", "total"}
SURE = 8  # smaller sums may be equal by chance
MOST_ROWS = 1_000  # in which subtotals are looked for by their numbers

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def _as_text(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value)


def labels_of(frame: pd.DataFrame, dimensions: list[str], total: str) -> tuple[pd.DataFrame, Bools]:
    """Dimensions as text, so that tables match whatever their dtypes; and which cells say they are totals."""
    labels = pd.DataFrame(index=pd.RangeIndex(len(frame)))
    marked = np.zeros((len(frame), len(dimensions)), bool)
    for position, column in enumerate(dimensions):
        codes, values = pd.factorize(frame[column])
        texts = np.array([_as_text(v) for v in values] + [""], dtype=object)
        says = np.array([t == total or t.casefold() in _TOTALS | {total.casefold()} for t in texts], bool)
        texts[says] = TOTAL
        labels[column] = texts[codes]  # a missing label has code -1: the last text
        marked[:, position] = says[codes]
    return labels, marked


@dataclass(eq=False)
class Sums:
    """For each kind of total: (its rows, rows of the parts, which total each part belongs to)."""

    total: Bools
    found: list[tuple[Ints, Ints, Ints]]


def find_sums(labels: pd.DataFrame, marked: Bools, true: Floats) -> Sums:
    """Find the total rows and their parts.

    A missing label is a total too if a row with it is the sum of the others in every count; otherwise it is
    a group of its own ("not stated"). A total row may also carry labels of its own in other columns (code
    "All", name "England"), or be a total by its numbers alone ("Leeds" among its wards).
    """
    blank = (labels == "").to_numpy(dtype=bool).reshape(marked.shape)
    asked = blank & ~marked.any(axis=0)
    best = _orphans(labels, marked)
    choices = [asked.any(axis=0)] + [
        np.arange(asked.shape[1]) == d for d in np.flatnonzero(asked.any(axis=0))
    ]
    for choice in choices if asked.any() else []:
        trial = _orphans(labels, marked | (asked & choice))
        if _adds_up(trial, asked & choice, true):
            best = trial
            break
    named = _totals_by_another_name(labels, best.total, true)
    if named.any():
        best = _orphans(labels, best.total | named)
    for position, column in enumerate(labels.columns):
        labels[column] = labels[column].mask(best.total[:, position], TOTAL)
    return best


def _totals_by_another_name(labels: pd.DataFrame, marked: Bools, true: Floats) -> Bools:
    """Mark the label, if any, whose rows are the sum of all other rows of their column in every count."""
    found = np.zeros_like(marked)
    for position, column in enumerate(labels.columns if true.shape[1] else ()):
        codes, texts = pd.factorize(labels[column])
        rows = ~marked.any(axis=1) & ~np.isnan(true).any(axis=1)
        sums = sum_by(true, codes, len(texts))
        if (sums > 0).any(axis=1).sum() <= 2 or marked[:, position].any() or not rows.all():
            continue
        halves = np.flatnonzero((2 * sums == sums.sum(axis=0)).all(axis=1) & (sums >= SURE).any(axis=1))
        others = group_ids([pd.factorize(labels[c])[0] for c in labels.columns if c != column], len(true))
        for code in halves:
            total = codes == code
            n = others.max() + 1
            if (sum_by(true[total], others[total], n) == sum_by(true[~total], others[~total], n)).all():
                found[total, position] = True
    return found


def find_blocks(true: Floats) -> list[tuple[int, range]]:
    """Return rows that are, in every count, the sum of rows just above or below: subtotals among their parts.

    A sum that is equal by chance costs a hidden cell more; one that is overlooked would give a cell away.
    """
    if not 2 < len(true) <= MOST_ROWS or not true.shape[1] or np.isnan(true).any():
        return []
    up_to = np.concatenate([np.zeros((1, true.shape[1])), true.cumsum(axis=0)])
    large = np.concatenate([[0], (true.max(axis=1) >= SURE).cumsum()])  # sums of ones alone meet any number
    found = []
    for row in np.flatnonzero(true.max(axis=1) >= SURE):
        above = np.flatnonzero((up_to[row] - up_to[: row - 1] == true[row]).all(axis=1)) if row > 1 else []
        below = np.flatnonzero((up_to[row + 3 :] - up_to[row + 1] == true[row]).all(axis=1))
        parts = [range(int(first), int(row)) for first in above[-1:]]
        parts += [range(int(row) + 1, int(row) + 3 + int(n)) for n in below[:1]]
        found += [(int(row), rows) for rows in parts if large[rows.stop] > large[rows.start]]
    return found


def _adds_up(sums: Sums, blank: Bools, true: Floats) -> bool:
    """Whether there are sums of rows whose totals have a blank label, and all of them are exact."""
    seen = np.zeros(len(true), bool)
    for parents, parts, owner in sums.found:
        rest = true[parents] - sum_by(true[parts], owner, len(parents))
        of_blank = blank[parents].any(axis=1)
        if (rest[of_blank] != 0)[~np.isnan(rest[of_blank])].any():
            return False
        seen[parents] = True
    return bool(true.shape[1]) and bool(seen[blank.any(axis=1)].all())


def _orphans(labels: pd.DataFrame, marked: Bools) -> Sums:
    """Match totals to parts; a total without any takes labels that no ordinary row has as totals too."""
    found = _match(labels, marked)
    alone = marked.any(axis=1)
    for parents, _, _ in found:
        alone[parents] = False
    if not alone.any():
        return Sums(marked, found)
    ordinary = labels[~marked.any(axis=1)]
    more = marked.copy()
    for position, column in enumerate(labels.columns):
        more[:, position] |= alone & ~labels[column].isin(ordinary[column]).to_numpy()
    return Sums(more, _match(labels, more))


def _match(labels: pd.DataFrame, total: Bools) -> list[tuple[Ints, Ints, Ints]]:
    """For each pattern of totals, the patterns with fewest totals fewer, and the one without any."""
    weights = 1 << np.arange(total.shape[1], dtype=np.int64)
    pattern = total @ weights
    there = set(np.unique(pattern).tolist())
    codes = {c: pd.factorize(labels[c])[0] for c in labels.columns}
    found = []
    for top in sorted(there - {0}, key=lambda p: (p.bit_count(), p)):
        below = [p for p in there if p != top and p & top == p]
        close = [p for p in below if not any(p != q and p & q == p for q in below)]
        for part in sorted({*close, *({0} & there)}, key=lambda p: (p.bit_count(), p)):
            parents, parts = np.flatnonzero(pattern == top), np.flatnonzero(pattern == part)
            fixed = [c for d, c in enumerate(labels.columns) if not top >> d & 1]
            key = group_ids(
                [codes[c][np.concatenate([parents, parts])] for c in fixed], len(parents) + len(parts)
            )
            lookup = np.full(key.max() + 1, -1)
            lookup[key[: len(parents)]] = np.arange(len(parents))
            owner = lookup[key[len(parents) :]]
            has = np.unique(owner[owner >= 0])
            renumber = np.full(len(parents), -1)
            renumber[has] = np.arange(len(has))
            if len(has):
                found.append((parents[has], parts[owner >= 0], renumber[owner[owner >= 0]]))
    return found


def group_ids(codes: Sequence[Ints], n: int) -> Ints:
    """Number the combinations of codes from 0."""
    ids = np.zeros(n, np.int64)
    for code in codes:
        ids = pd.factorize(ids * (code.max(initial=0) + 1) + code)[0]
    return ids


def sum_by(values: Floats, owner: Ints, n: int) -> Floats:
    """Sum rows by owner; NaN where any is."""
    return np.column_stack(
        [np.bincount(owner, weights=values[:, j], minlength=n) for j in range(values.shape[1])]
        or [np.zeros((n, 0))]
    )
