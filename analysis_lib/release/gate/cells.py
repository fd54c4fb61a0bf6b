"""The counts of a table as cells: rounded, small ones hidden, with the sums that tie them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from analysis_lib.kinds import Count, Dimension, Kind, Share
from analysis_lib.release.gate.boxes import Grid
from analysis_lib.release.gate.protect import Variables
from analysis_lib.release.gate.sums import Sums, find_blocks, find_sums, group_ids, labels_of, sum_by
from analysis_lib.release.lookup import ratios_of_parts
from analysis_lib.release.profiles import Profile

MOST_PARTS = 5

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def rounded(counts: Floats, profile: Profile) -> Floats:
    """Round counts as released: 0 stays, a small one is one step (1 and 7 alike), others the nearest step."""
    step = profile.round_to or 1
    nearest = np.floor((2 * counts + step) / (2 * step)) * step
    return np.where((counts > 0) & (counts < (profile.suppress_below or 0)), step, nearest)


def is_small(counts: Floats, profile: Profile) -> Bools:
    """Which counts are above 0 and below the profile's limit."""
    return (counts > 0) & (counts < (profile.suppress_below or 0))


@dataclass(eq=False)
class Cells:
    """The Count columns of one table.

    Attributes
    ----------
    labels : DataFrame
        The dimensions as text, totals as `TOTAL`; one row per row of the table.
    total : bool array, rows × dimensions
        Which of them are totals.
    counts : tuple of str
        Names of the Count columns; cell (row, column) is variable ``row * len(counts) + column``.
    true, shown : float array, rows × counts
        True and rounded numbers; NaN where missing.
    variables : Variables
        The same as one row, with what is hidden and the equations.
    """

    labels: pd.DataFrame
    total: Bools
    counts: tuple[str, ...]
    true: Floats
    shown: Floats
    variables: Variables
    shares: dict[str, tuple[Ints, Ints, Floats]]

    def ids(self, rows: Ints, column: int) -> Ints:
        """Positions of cells of one column among the variables."""
        return rows * len(self.counts) + column


def make_cells(
    name: str, frame: pd.DataFrame, kinds: Mapping[str, Kind], profile: Profile, total: str
) -> Cells:
    """Read the counts of a table, round them, hide the small ones, and write down what adds up to what.

    Raises
    ------
    ValueError
        If a count is negative or no whole number, a row stands twice, declared parts do not add up, or a
        numerator exceeds the denominator that it is part of.
    """
    counts = tuple(c for c in frame.columns if isinstance(kinds[c], Count))
    true = _whole_numbers(name, frame, counts)
    labels, marked = labels_of(frame, [c for c in frame.columns if isinstance(kinds[c], Dimension)], total)
    sums = find_sums(labels, marked, true)
    if counts and labels.duplicated().any() or (not labels.shape[1] and len(frame) > 1 and counts):
        raise ValueError(
            f"Table {name!r} has rows with the same dimensions: add them up, or declare the column that "
            f"tells them apart a Dimension."
        )
    columns = _column_sums(name, counts, kinds, true)
    shown = rounded(true, profile)
    flat = true.ravel()
    small = is_small(flat, profile).reshape(true.shape)
    for position, column in enumerate(counts):
        if (of := kinds[column].of) is not None:
            small[:, position] |= is_small(true[:, counts.index(of)], profile) & (true[:, position] > 0)
    small = small.ravel()
    known = ~np.isnan(flat)
    often = small.reshape(true.shape).sum(axis=0)
    turn = np.tile(np.argsort(np.lexsort((np.nansum(true, axis=0), -often))), len(true))
    codes = [pd.factorize(labels[c])[0] for c in labels.columns]
    grid = Grid(
        np.column_stack(codes or [np.zeros((len(true), 0), np.int64)]),
        sums.total,
        len(counts),
        [(position, *parts) for position, parts in columns],
    )
    variables = Variables(flat.copy(), shown.ravel().copy(), small, small.copy(), known, turn, grid)
    cells = Cells(labels, sums.total, counts, true, shown, variables, {})
    _equate_rows(cells, sums, columns, profile)
    _equate_columns(cells, columns, profile)
    if sum(len(labels[c].unique()) > 1 for c in labels) == 1:
        _equate_blocks(cells, profile)
    for numerator, denominator in ratios_of_parts(kinds):
        _equate_rest(name, cells, counts.index(numerator), counts.index(denominator), profile)
    for column, kind in kinds.items():
        if isinstance(kind, Share):
            cells.shares[column] = _equate_share(cells, kind, profile)
    return cells


def _whole_numbers(name: str, frame: pd.DataFrame, counts: Sequence[str]) -> Floats:
    values = np.empty((len(frame), len(counts)))
    for position, column in enumerate(counts):
        if len(frame) and (not is_numeric_dtype(frame[column]) or is_bool_dtype(frame[column])):
            raise ValueError(f"Table {name!r}: {column!r} is declared Count but holds no numbers.")
        numbers = frame[column].to_numpy(dtype=float, na_value=np.nan)
        given = numbers[~np.isnan(numbers)]
        if not (np.isfinite(given).all() and (given >= 0).all() and (given == np.floor(given)).all()):
            raise ValueError(
                f"Table {name!r}: {column!r} is declared Count but is not made of whole numbers from 0: give "
                f"the counts themselves, or another kind (Amount, Estimate)."
            )
        values[:, position] = numbers
    return values


def _column_sums(
    name: str, counts: tuple[str, ...], kinds: Mapping[str, Kind], true: Floats
) -> list[tuple[int, tuple[int, ...]]]:
    """Which columns are the sum of which others in every row: those declared, then those found."""
    found: dict[tuple[int, tuple[int, ...]], None] = {}
    for position, column in enumerate(counts):
        parts = tuple(counts.index(p) for p in kinds[column].parts)
        if parts:
            rest = true[:, position] - true[:, parts].sum(axis=1)
            if (rest[~np.isnan(rest)] != 0).any():
                raise ValueError(
                    f"Table {name!r}: {column!r} is not the sum of its parts in every row: correct the parts."
                )
            found[position, parts] = None
    whole = true[~np.isnan(true).any(axis=1)].astype(np.int64)
    weights = np.random.default_rng(0).integers(1, 2**40, len(whole))
    prints = (weights @ whole).tolist()  # equal sums give equal prints, modulo 2**64
    sizes = whole.sum(axis=0)
    for position in range(len(counts)):
        others = [j for j in range(len(counts)) if j != position and 0 < sizes[j] <= sizes[position]]
        for n in range(1, min(MOST_PARTS if len(counts) <= 16 else 3, len(others)) + 1):
            for parts in combinations(others, n):
                if (sum(prints[j] for j in parts) - prints[position]) % 2**64:
                    continue
                if n == 1 and parts[0] > position:
                    continue  # the same equality the other way round
                if (whole[:, parts].sum(axis=1) == whole[:, position]).all():
                    found[position, parts] = None
    return list(found)


def equate(
    cells: Cells,
    whole: Ints,
    parts: Ints,
    owner: Ints,
    profile: Profile,
    *,
    partly: bool = True,
    spare: bool = False,
) -> None:
    """Write down that each whole is the sum of its parts, plus what is left where that is a small count.

    A larger rest is not shown anywhere and so leaves the sum open; a sum above the whole counts people twice.
    """
    v = cells.variables
    known = ~np.isnan(v.value[parts])
    rest = v.value[whole] - np.bincount(owner[known], weights=v.value[parts[known]], minlength=len(whole))
    good = (rest == 0) | is_small(rest, profile)
    if not partly:
        good &= np.bincount(owner[~known], minlength=len(whole)) == 0
    renumber = np.cumsum(good) - 1
    use = good[owner] & known
    small = np.flatnonzero(good & (rest > 0))
    left = v.add(rest[small], rounded(rest[small], profile), hidden=True, guarded=True, free=False)
    v.equate(
        int(good.sum()),
        (v, renumber[good], whole[good], -1),
        (v, renumber[owner[use]], parts[use], 1),
        (v, renumber[small], left, 1),
        spare=spare,
    )


def _equate_rows(
    cells: Cells, sums: Sums, columns: list[tuple[int, tuple[int, ...]]], profile: Profile
) -> None:
    """Write down the total rows. In a whole table, the longest sums follow from the shorter ones, and the
    totals of a column that is a sum of columns from those of its parts."""
    whole = not np.isnan(cells.true).any() and all(
        (cells.true[parents] == sum_by(cells.true[parts], owner, len(parents))).all()
        for parents, parts, owner in sums.found
    )
    seen: set[int] = set()
    composed = {position for position, _ in columns}
    for parents, parts, owner in reversed(sums.found):  # shortest sums first
        again = seen.issuperset(parents.tolist())
        seen.update(parents.tolist())
        for column in range(len(cells.counts)):
            spare = whole and (again or column in composed)
            ids = cells.ids(parents, column), cells.ids(parts, column)
            equate(cells, *ids, owner, profile, spare=spare)


def _equate_blocks(cells: Cells, profile: Profile) -> None:
    ordinary = np.flatnonzero(~cells.total.any(axis=1))
    for whole, parts in find_blocks(cells.true[ordinary]):
        rows = ordinary[list(parts)]
        for column in range(len(cells.counts)):
            ids = cells.ids(ordinary[[whole]], column), cells.ids(rows, column)
            equate(cells, *ids, np.zeros(len(rows), np.int64), profile)


def _equate_columns(cells: Cells, columns: list[tuple[int, tuple[int, ...]]], profile: Profile) -> None:
    rows = np.arange(len(cells.true))
    for position, parts in columns:
        of = np.concatenate([cells.ids(rows, part) for part in parts])
        owner = np.tile(rows, len(parts))
        equate(cells, cells.ids(rows, position), of, owner, profile, partly=False)


def _equate_rest(name: str, cells: Cells, numerator: int, denominator: int, profile: Profile) -> None:
    """Protect what is left of a ratio's denominator: hide the numerator where that is, or looks, small."""
    rest = cells.true[:, denominator] - cells.true[:, numerator]
    if (rest < 0).any():
        raise ValueError(
            f"Table {name!r}: {cells.counts[numerator]!r} exceeds {cells.counts[denominator]!r} in a row: "
            f"declare that Ratio with part=False if it counts something else."
        )
    looks = cells.shown[:, denominator] - cells.shown[:, numerator]
    v = cells.variables
    rows = np.flatnonzero(is_small(rest, profile) | is_small(looks, profile) | (looks < 0))
    above = cells.ids(rows, numerator)
    above = above[v.value[above] > 0]
    v.hidden[above] = v.guarded[above] = True
    whole = np.flatnonzero((rest == 0) | is_small(rest, profile))
    equate(cells, cells.ids(whole, denominator), cells.ids(whole, numerator), np.arange(len(whole)), profile)


def _equate_share(cells: Cells, kind: Share, profile: Profile) -> tuple[Ints, Ints, Floats]:
    """Add the sums that shares give away; return each row's group, and position and sum of each group."""
    column = cells.counts.index(kind.count)
    names = list(cells.labels.columns)
    codes = [pd.factorize(cells.labels[c])[0] for c in kind.within]
    group = group_ids(codes, len(cells.labels))
    n = int(group.max(initial=-1)) + 1
    outside = [d for d, c in enumerate(names) if c not in kind.within]
    parts = np.flatnonzero(~cells.total[:, outside].any(axis=1))
    known = parts[~np.isnan(cells.true[parts, column])]
    whole = np.bincount(group[known], weights=cells.true[known, column], minlength=n)
    shown = rounded(whole, profile)
    v = cells.variables
    at = v.add(whole, shown, hidden=False, guarded=False, free=True)
    v.equate(n, (v, np.arange(n), at, -1), (v, group[known], cells.ids(known, column), 1))
    margin = np.flatnonzero(cells.total[:, outside].all(axis=1)) if outside else np.array([], int)
    margin = margin[cells.true[margin, column] == whole[group[margin]]]
    same = np.arange(len(margin))
    v.equate(len(margin), (v, same, at[group[margin]], -1), (v, same, cells.ids(margin, column), 1))
    return group, at, shown
