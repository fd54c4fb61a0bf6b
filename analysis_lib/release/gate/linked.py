"""What the cells of a new table and of earlier tables of the same, or of nested, people say of each other.

Counts are held against each other by what they count (`kinds.Count.what`), not by their columns' names, and
by every label that both tables have, or that follows from one of theirs (`nesting`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.kinds import Count
from analysis_lib.release.gate.cells import Cells, equate, is_small
from analysis_lib.release.gate.nesting import IMPLIED, Nesting, common_bands, finest, join, learn
from analysis_lib.release.gate.protect import Variables
from analysis_lib.release.gate.sums import TOTAL, group_ids
from analysis_lib.release.profiles import Profile

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Texts = NDArray[np.object_]

#: Columns of long tables: by what people are divided, and the part.
LONG = {"group": "level", "term": "level", "dimension": "value", "aspect": "value"}
#: By these the same people stand in several rows; contacts are of one setting each.
REPEATS = {
    "setting",
    "outcome",
    "model",
    "against",
    "method",
    "policy",
    "threshold",
    "threshold_share",
    "seed",
    "feature",
    "from_setting",
    "to_setting",
    "first",
    "then",
    "seen_by",
    "day",
    "wait",
    "alike_in",
}
#: By these numbers that are alike are so by chance.
TIMES = {"date", "month", "calendar_month", "year", "weekday", "period"}
MOST_WAYS = 24  # sets of common labels by which two counts are compared
LAST = 1e9  # the cost of what is hidden after all else
SURE = 8  # fewer numbers, or smaller ones, may be equal by chance


@dataclass(frozen=True, eq=False)
class View:
    """One count of a table; of a long table, the rows in which one group divides people.

    Attributes
    ----------
    variables : Variables
        Those of its table.
    what : str
        What it counts, or the column's name where that is not said.
    named : bool
        Whether it is said.
    ids : int array
        Positions of its cells among the variables.
    labels : dict of str to object array
        Labels as text, totals as `TOTAL`.
    part : tuple of int and str
        The number of its column, and the group of a long table.
    fixed : set of str
        The labels that all its cells share, though they stand in no column of the table.
    never_summed : set of str
        Labels over which its cells do not add up to everybody, such as one of several conditions.
    """

    variables: Variables
    what: str
    named: bool
    ids: Ints
    labels: dict[str, Texts]
    part: tuple[int, str]
    fixed: frozenset[str] = frozenset()
    never_summed: frozenset[str] = frozenset()

    def take(self, rows: Ints, labels: Mapping[str, Texts], group: str = "") -> View:
        """Return some of its cells under other labels, which are of all of them."""
        chosen = {name: texts[rows] for name, texts in labels.items()}
        part = (self.part[0], group or self.part[1])
        return replace(self, ids=self.ids[rows], labels=chosen, part=part)

    def names(self, nested: Nesting) -> set[str]:
        """Return its labels and those that follow from them."""
        return set(self.labels).union(*(nested.get(name, ()) for name in self.labels))

    def label(self, name: str, nested: Nesting) -> Texts:
        """Return the labels of a name, or those that follow; what none follows from stays as it is."""
        if name in self.labels:
            return self.labels[name]
        finer = next(fine for fine in self.labels if name in nested.get(fine, ()))
        return _translate(self.labels[finer], nested[finer][name])


@dataclass(frozen=True, eq=False)
class Linked:
    """A table's cells, what its counts are of, and the people it counts."""

    cells: Cells
    kinds: Mapping[str, Count]
    population: str
    within: str | None
    views: list[View] = field(default_factory=list)
    nested: Nesting = field(default_factory=dict)


def make_linked(
    cells: Cells, kinds: Mapping[str, Any], profile: Profile, population: str, within: str | None
) -> Linked:
    """Return a table ready to be linked; equal rows of what does not differ by a label are tied at once."""
    plain = cells.labels[[c for c in cells.labels if c not in {*LONG, *LONG.values()}]]
    rows = ~(plain == TOTAL).to_numpy().any(axis=1) if plain.shape[1] else []
    views = [view for column in range(len(cells.counts)) for view in _views(cells, kinds, column, profile)]
    counted = {column: kinds[column] for column in cells.counts}
    return Linked(cells, counted, population, within, views, learn(plain[rows]))


@dataclass(eq=False)
class _Side:
    """One count of a table by the labels in common.

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


def link(
    new: Linked,
    earlier: Sequence[Linked],
    profile: Profile,
    known: Sequence[Nesting] = (),
    *,
    inside: bool = True,
) -> None:
    """Add to the new table's variables what ties them to each other (`inside`) and to each earlier table.

    The sums of two counts of the same over the labels that both have are equal. Sums that differ by a small
    count, or a nested population that leaves a small count, give that count away: it is guarded, and a
    printed cell of the new table that would show it is hidden. Counts of something that is not said are
    tied only where all their sums are equal.

    Parameters
    ----------
    new : Linked
        The table to be released; changed in place.
    earlier : sequence of Linked
        What has left already.
    profile : Profile
        What is small.
    known : sequence of Nesting
        Which labels follow from which, beside what the tables themselves say.
    """
    nested = join([IMPLIED, *known, *(table.nested for table in [*earlier, new])])
    wider = {table.population: table.within for table in [*earlier, new] if table.within}
    others: list[tuple[View, int]] = []
    for table in earlier:
        if table.population == new.population:
            others += [(view, 0) for view in table.views]
        elif table.population in _ancestors(new.population, wider):
            others += [(view, 1) for view in table.views]
        elif new.population in _ancestors(table.population, wider):
            others += [(view, -1) for view in table.views]
    for number, view in enumerate(new.views):
        within = [(v, 0) for v in new.views[:number] if inside and v.part != view.part]
        told = [*others, *within]
        alike = [(other, sign) for other, sign in told if _may_be_same(view, other)]
        # The most alike first: what equals a count in all its cells is tied to all that this is tied to
        alike.sort(key=lambda pair: (pair[1] != 0, pair[0].labels.keys() != view.labels.keys()))
        for other, sign in alike:
            if _link_views(view, other, sign, profile, nested):
                break


def _may_be_same(view: View, other: View) -> bool:
    return view.what == other.what or not (view.named and other.named)


def _ancestors(population: str, wider: Mapping[str, str | None]) -> set[str]:
    found: set[str] = set()
    while population in wider and wider[population] not in found:
        population = wider[population]
        found.add(population)
    return found


def _views(cells: Cells, kinds: Mapping[str, Any], column: int, profile: Profile) -> Iterator[View]:
    kind = kinds[cells.counts[column]]
    rows = np.arange(len(cells.labels))
    labels = {name: cells.labels[name].to_numpy(dtype=object) for name in cells.labels}
    fixed = {name: np.full(len(rows), text, dtype=object) for name, text in kind.where if name not in labels}
    what = kind.what or cells.counts[column]
    whole = View(
        cells.variables,
        what,
        kind.what is not None,
        cells.ids(rows, column),
        labels | fixed,
        (column, ""),
        frozenset(fixed),
    )
    rows = rows[~np.isnan(cells.true[:, column])]
    long = next(((w, p) for w, p in LONG.items() if w in labels and p in labels), None)
    if long is None:
        yield from _without_idle(whole.take(rows, whole.labels))
        return
    by, part = (labels[name] for name in long)
    rest = {name: texts for name, texts in whole.labels.items() if name not in long}
    groups = sorted(set(by[rows]) - {TOTAL, *rest})
    sums = {group: np.nansum(cells.true[by == group, column]) for group in groups}
    n_outer = len(np.unique(group_ids([pd.factorize(texts)[0] for texts in rest.values()], len(by))))
    for group in groups:
        of_group = rest | {group: np.where(by == TOTAL, TOTAL, part)}
        view = whole.take(rows[(by[rows] == group) | (by[rows] == TOTAL)], of_group, group)
        _equate_everybody(cells, view, group, profile)
        everybody = max(sums.values()) - sums[group] < SURE * n_outer  # all, or all but a few
        yield from _without_idle(view if everybody else replace(view, never_summed=frozenset([group])))


def _equate_everybody(cells: Cells, view: View, group: str, profile: Profile) -> None:
    """Write down that the parts of a group add up to the row of everybody, where there is one."""
    key = group_ids([pd.factorize(t)[0] for name, t in view.labels.items() if name != group], len(view.ids))
    total = view.labels[group] == TOTAL
    place = np.full(key.max(initial=-1) + 1, -1)
    place[key[total]] = np.arange(total.sum())
    parts = ~total & (place[key] >= 0)
    equate(cells, view.ids[total], view.ids[parts], place[key[parts]], profile)


def _without_idle(view: View) -> Iterator[View]:
    """Tie rows that differ by a label and in no number, such as people by setting; leave the label out.

    Few numbers may be equal by chance: then only a label of which it is known counts as one.
    """
    true = view.variables.value[view.ids]
    for name in sorted(view.labels.keys() - TIMES):
        others = [pd.factorize(t)[0] for other, t in view.labels.items() if other != name]
        group = group_ids(others, len(true))
        _, first = np.unique(group, return_index=True)
        again = np.setdiff1d(np.arange(len(true)), first)
        same = first[group[again]]
        if not len(again) or (true[again] != true[same]).any() or not (true > 0).any():
            continue
        if name not in REPEATS and (true[again] >= SURE).sum() < SURE:
            continue
        row = np.arange(len(again))
        view.variables.equate(
            len(row), (view.variables, row, view.ids[again], 1), (view.variables, row, view.ids[same], -1)
        )
        rest = {other: t for other, t in view.labels.items() if other != name}
        yield from _without_idle(view.take(first, rest))
        return
    repeated = view.never_summed | (REPEATS - {"setting"}).intersection(view.labels)
    yield replace(view, never_summed=repeated)


def _link_views(view: View, other: View, sign: int, profile: Profile, nested: Nesting) -> bool:
    """Tie two counts by ever fewer labels; return whether the first equals the other in all its cells."""
    a, b = view.labels, other.labels
    if rename := _one_thing(view, other):
        b = {rename.get(name, name): texts for name, texts in b.items()}
        other = replace(other, labels=b)
    common = view.names(nested) & other.names(nested)
    codes: dict[str, Ints] = {}
    for name in common:
        sides = common_bands(view.label(name, nested), other.label(name, nested))
        codes[name] = pd.factorize(np.concatenate(sides))[0]
    sure = view.what == other.what
    start = frozenset(finest(common, nested))
    whole = view.never_summed | other.never_summed
    part_of, parted = view.fixed - common, other.fixed - common
    if not whole <= start or (part_of and parted):
        return False
    if not sign:  # some of those that the other counts: no more than they are
        sign = 2 if part_of else -2 if parted else 0
    ways, todo = {start}, [start]
    for names in todo:
        mine, theirs = _sides(view, other, names, codes)
        if abs(sign) == 1 and sure:
            _hide_differences(view, other, mine, theirs, profile)
        elif not sure and not _surely_equal(mine, theirs):
            continue
        if _tie(view, other, mine, theirs, sign, profile):
            if (
                names == start
                and not sign
                and a.keys() == set(start)
                and not (mine.true != theirs.true)[mine.key].any()
            ):
                return True
            continue  # coarser sums follow from these
        if not names and not sign:
            _tie_whole(view.variables, view, mine, other)
            _tie_whole(view.variables, other, theirs, view)
        for name in sorted(names):
            coarser = [c for c in nested.get(name, ()) if c in common and name not in nested.get(c, ())]
            for instead in ([], *([c] for c in coarser)):
                way = frozenset(finest({*names - {name}, *instead}, nested))
                if whole <= way and way not in ways and len(ways) < MOST_WAYS:
                    ways.add(way)
                    todo.append(way)
    return False


def _one_thing(view: View, other: View) -> dict[str, str]:
    """Return labels of the other count that have the same values under another name."""
    mine = {name: set(texts) for name, texts in view.labels.items() if name not in other.labels}
    found = {}
    for name, texts in other.labels.items():
        same = [
            n
            for n, values in mine.items()
            if len(values - {TOTAL}) > 1 and values - {TOTAL} == set(texts) - {TOTAL}
        ]
        if name not in view.labels and len(same) == 1 and same[0] not in found.values():
            found[name] = same[0]
    return found


def _sides(view: View, other: View, names: frozenset[str], codes: Mapping[str, Ints]) -> tuple[_Side, _Side]:
    """Sum both counts over all but the common labels; keys numbered alike in both."""
    n = len(view.ids)
    key = group_ids([codes[name] for name in sorted(names)], n + len(other.ids))
    n_keys = int(key.max(initial=-1)) + 1
    return _side(view, names, key[:n], n_keys), _side(other, names, key[n:], n_keys)


def _side(view: View, names: frozenset[str], key: Ints, n: int) -> _Side:
    """The printed total of each key where there is one; else the sum of its ordinary rows."""
    outside = [texts == TOTAL for name, texts in view.labels.items() if name not in names]
    totals = np.array(outside).reshape(len(outside), len(key))
    printed = totals.all(axis=0)
    has = np.zeros(n, bool)
    has[key[printed]] = True
    rows = np.flatnonzero(printed | (~totals.any(axis=0) & ~has[key]))
    own, ids = key[rows], view.ids[rows]
    there = np.bincount(own, minlength=n)
    true = np.bincount(own, weights=view.variables.value[ids], minlength=n).astype(float)  # whole if empty
    true[there == 0] = np.nan
    only = np.full(n, -1)
    only[own] = ids
    only[there != 1] = -1
    return _Side(ids, own, true, only)


def _surely_equal(mine: _Side, theirs: _Side) -> bool:
    both = ~np.isnan(mine.true) & ~np.isnan(theirs.true)
    equal = (mine.true == theirs.true)[both].all()
    return bool(equal) and mine.true[both].sum() >= SURE * SURE


def _tie(view: View, other: View, mine: _Side, theirs: _Side, sign: int, profile: Profile) -> bool:
    """Write down equal sums and small differences; return whether coarser sums can add nothing to them."""
    over = theirs.true - mine.true
    flip = np.where(over < 0, -1.0, 1.0) if sign == 0 else np.full(len(over), np.sign(sign))
    rest = over * flip
    small = is_small(rest, profile)
    tied = (rest == 0) | small
    renumber = np.cumsum(tied) - 1
    left = np.flatnonzero(small)
    v = view.variables
    at = v.add(rest[left], rest[left], hidden=True, guarded=True, free=False)
    a, b = tied[mine.key], tied[theirs.key]
    terms = [
        (v, renumber[mine.key[a]], mine.ids[a], 1.0),
        (other.variables, renumber[theirs.key[b]], theirs.ids[b], -1.0),
    ]
    for way in (1.0, -1.0):
        here = flip[left] == way
        terms.append((v, renumber[left[here]], at[here], way))
    v.equate(int(tied.sum()), *terms)
    if other.variables is v and other.part[0] == view.part[0]:
        # Groups of one long table divide the same people: how many they are is known without it
        for side in (mine, theirs):
            _tell_sums(v, side, np.flatnonzero((rest == 0) & ~is_small(mine.true, profile)))
    return bool((tied | (rest > 0)).all()) if sign else bool(tied.all())


def _tie_whole(new: Variables, view: View, whole: _Side, other: View) -> None:
    """Tie the sum of one count to the cell of another that equals it: wards, and the city that they are.

    No label tells which cell that is; a large number that stands there once does.
    """
    if len(whole.true) and whole.true[0] >= SURE * SURE:
        same = other.ids[other.variables.value[other.ids] == whole.true[0]]
        if len(same) == 1:
            one = np.zeros(len(whole.ids), np.int64)
            new.equate(1, (view.variables, one, whole.ids, 1), (other.variables, one[:1], same, -1))


def _tell_sums(v: Variables, side: _Side, keys: Ints) -> None:
    """Take sums as known, though they may not be printed, unless nothing else is left to hide."""
    place = np.full(len(side.true), -1)
    place[keys] = np.arange(len(keys))
    sums = side.true[keys]
    at = v.add(sums, LAST + sums, hidden=False, guarded=False, free=True, turn=int(LAST))
    use = place[side.key] >= 0
    v.equate(len(keys), (v, np.arange(len(keys)), at, -1), (v, place[side.key[use]], side.ids[use], 1))


def _hide_differences(view: View, other: View, mine: _Side, theirs: _Side, profile: Profile) -> None:
    """Hide cells that differ from a shown cell of nested people by a small count, or seem to when rounded.

    Of the same people, rounded sums may differ by a step and mean nothing.
    """
    pairs = np.flatnonzero((mine.only >= 0) & (theirs.only >= 0))
    v, w = view.variables, other.variables
    ours, others = mine.only[pairs], theirs.only[pairs]
    wrong = is_small(np.abs(w.value[others] - v.value[ours]), profile)
    wrong |= is_small(np.abs(w.cost[others] - v.cost[ours]), profile)
    at = ours[wrong & ~w.hidden[others] & (v.value[ours] > 0)]
    v.hidden[at] = v.guarded[at] = True


def _translate(texts: Texts, of: Mapping[str, str]) -> Texts:
    codes, values = pd.factorize(texts)
    return np.array([of.get(text, text) for text in values], dtype=object)[codes]
