"""What the cells of a new table and of earlier tables of the same, or of nested, people say of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.release.gate.cells import Cells, is_small
from analysis_lib.release.profiles import Profile

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
# What follows from a label, as `queries.features_at` has it; any other label (none, a total) stays as it is.
IMPLIED = {
    "imd_decile": ("imd_quintile", {str(decile): str((decile + 1) // 2) for decile in range(1, 11)}),
    "imd_quintile": ("core20", {str(quintile): str(quintile == 1) for quintile in range(1, 6)}),
}


@dataclass(frozen=True, eq=False)
class Linked:
    """A table's cells and the people it counts."""

    cells: Cells
    population: str
    within: str | None


@dataclass(eq=False)
class _Side:
    """One count of a table by the dimensions in common.

    Attributes
    ----------
    ids, key : int arrays
        Positions of the cells among the table's variables, and the key that each belongs to.
    true : float array
        Sum of each key; NaN where the table has none.
    only : int array
        The cell of each key that has a single one, else -1.
    """

    ids: Ints
    key: Ints
    true: Floats
    only: Ints


def link(new: Linked, earlier: Sequence[Linked], profile: Profile) -> None:
    """Add to the new table's variables what ties them to each earlier table (changed in place).

    Tables tell of the same numbers where they have a count column of the same name and the same population;
    their sums over the dimensions that both have are then equal. Sums that differ by a small count, or a
    nested population that leaves a small count, give that count away: it is guarded, and a printed cell of
    the new table that would show it is hidden.
    """
    wider = {e.population: e.within for e in [*earlier, new] if e.within}
    for other in earlier:
        if other.population == new.population:
            sign = 0
        elif other.population in _ancestors(new.population, wider):
            sign = 1
        elif new.population in _ancestors(other.population, wider):
            sign = -1
        else:
            continue
        for count in new.cells.counts:
            if count in other.cells.counts:
                _link_count(new.cells, other.cells, count, sign, profile)


def _ancestors(population: str, wider: Mapping[str, str]) -> set[str]:
    found: set[str] = set()
    while population in wider and wider[population] not in found:
        population = wider[population]
        found.add(population)
    return found


def _link_count(new: Cells, old: Cells, count: str, sign: int, profile: Profile) -> None:
    common = [c for c in _labels(new) if c in _labels(old)]
    coarser = [list(c) for n in range(len(common) - 1, -1, -1) for c in combinations(common, n)]
    for dimensions in [common, *coarser]:
        mine, theirs = _sides(new, old, dimensions, count)
        _hide_differences(new, old, mine, theirs, sign, profile)
        if _tie(new, old, mine, theirs, sign, profile):
            break  # coarser sums follow from these


def _sides(new: Cells, old: Cells, dimensions: list[str], count: str) -> tuple[_Side, _Side]:
    """Sum both tables over all but the common dimensions; keys numbered alike in both."""
    keys = [_keys(cells, dimensions) for cells in (new, old)]
    joined = pd.factorize(np.concatenate(keys))[0]
    n = int(joined.max(initial=-1)) + 1
    mine = _side(new, dimensions, joined[: len(keys[0])], n, count)
    return mine, _side(old, dimensions, joined[len(keys[0]) :], n, count)


def _keys(cells: Cells, dimensions: list[str]) -> NDArray[np.object_]:
    key = np.full(len(cells.labels), "", dtype=object)
    labels = _labels(cells)
    for dimension in dimensions:
        key = key + "\x1f" + labels[dimension].to_numpy(dtype=object)
    return key


def _labels(cells: Cells) -> pd.DataFrame:
    """Return a table's labels, and those that follow: a table by quintile also says something by Core20."""
    labels = cells.labels
    for finer, (coarser, of) in IMPLIED.items():
        if finer in labels and coarser not in labels:
            labels = labels.assign(**{coarser: labels[finer].map(lambda text, of=of: of.get(text, text))})
    return labels


def _side(cells: Cells, dimensions: list[str], key: Ints, n: int, count: str) -> _Side:
    """The printed total of each key where there is one; else the sum of its ordinary rows."""
    column = cells.counts.index(count)
    outside = [d for d, c in enumerate(cells.labels.columns) if c not in dimensions]
    printed = cells.total[:, outside].all(axis=1)
    has = np.zeros(n, bool)
    has[key[printed]] = True
    ordinary = ~cells.total[:, outside].any(axis=1) & ~has[key]
    rows = np.flatnonzero(printed | ordinary)
    own = key[rows]
    there = np.bincount(own, minlength=n)
    true = np.bincount(own, weights=cells.true[rows, column], minlength=n).astype(float)  # whole if empty
    true[there == 0] = np.nan
    only = np.full(n, -1)
    only[own] = cells.ids(rows, column)
    only[there != 1] = -1
    return _Side(cells.ids(rows, column), own, true, only)


def _tie(new: Cells, old: Cells, mine: _Side, theirs: _Side, sign: int, profile: Profile) -> bool:
    """Write down equal sums and small differences; return whether coarser sums can add nothing to them."""
    over = theirs.true - mine.true
    flip = np.where(over < 0, -1.0, 1.0) if sign == 0 else np.full(len(over), float(sign))
    rest = over * flip
    small = is_small(rest, profile)
    tied = (rest == 0) | small
    renumber = np.cumsum(tied) - 1
    left = np.flatnonzero(small)
    at = new.variables.add(rest[left], rest[left], hidden=True, guarded=True, free=False)
    a, b = tied[mine.key], tied[theirs.key]
    terms = [
        (new.variables, renumber[mine.key[a]], mine.ids[a], 1.0),
        (old.variables, renumber[theirs.key[b]], theirs.ids[b], -1.0),
    ]
    for way in (1.0, -1.0):
        here = flip[left] == way
        terms.append((new.variables, renumber[left[here]], at[here], way))
    new.variables.equate(int(tied.sum()), *terms)
    return bool((tied | (rest > 0)).all()) if sign else bool(tied.all())


def _hide_differences(
    new: Cells, old: Cells, mine: _Side, theirs: _Side, sign: int, profile: Profile
) -> None:
    """Hide cells that differ from an earlier table's shown cell by a small count, or seem to."""
    pairs = np.flatnonzero((mine.only >= 0) & (theirs.only >= 0))
    v, w = new.variables, old.variables
    ours, other = mine.only[pairs], theirs.only[pairs]
    wrong = is_small(np.abs(w.value[other] - v.value[ours]), profile)
    if sign:  # of the same people, rounded sums may differ by a step and mean nothing
        wrong |= is_small(np.abs(w.cost[other] - v.cost[ours]), profile)
    at = ours[wrong & ~w.hidden[other] & (v.value[ours] > 0)]
    v.hidden[at] = v.guarded[at] = True
