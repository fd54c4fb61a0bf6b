"""Which further cells must be hidden, so that no hidden one can be worked out from what is shown.

Every cell is an unknown or a known number, and every total, sum of columns, difference and pair of tables
with the same people is a linear equation between cells. A hidden cell can be worked out exactly if, and only
if, every solution of the equations that differs from the true one leaves it unchanged: if every vector of the
null space of the hidden cells' matrix is zero there. Cells that can move, but not without another falling
below one, are found by linear programs (`room`). Complementary suppression on linear constraints goes back
to Cox, "Suppression methodology and statistical disclosure control", JASA 75 (1980) 377-385, and the audit
by linear programs to Fischetti and Salazar, Management Science 47 (2001) 1008-1027; here a heuristic chooses
the cells and the null space checks them, which is fast on large tables, and hides somewhat more than the
fewest cells possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis_lib.release.gate.boxes import Grid, hide_boxes
from analysis_lib.release.gate.room import find_narrow
from analysis_lib.release.gate.solving import contract, null_part, scaled, solve

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SEED = 20_211_101
DENSE = 200  # hidden numbers up to which the null space is worked out whole
PATIENCE = 2  # rounds of hiding single cells before whole sums are hidden
NOTHING = 1e-10  # a squared singular value below this is taken for zero
FEW = 20  # numbers given away; for more, boxes are hidden
ROUGH = 1e-4  # enough to choose a cell by
TRIES = 2
CANNOT = (
    "These numbers are not shown: whatever is hidden of them, a small number of people could be worked out. "
    "Coarser groups, or fewer tables of the same people, could be shown."
)
FREE = 1e-4  # what moves less is not called free, which costs a cell more at worst (see `_audit`)


class NotReleasable(ValueError):
    """A table that gives back a hidden cell whatever is hidden in it."""


@dataclass(eq=False)
class Variables:
    """The numbers of one table: its printed cells first (row by row), then differences and sums behind it.

    Attributes
    ----------
    value : float array
        True numbers; a missing cell is NaN and stands in no equation.
    cost : float array
        Released (rounded) numbers, those of hidden cells included: the smallest is hidden first.
    hidden, guarded, free : bool array
        Not shown; must not be worked out; may still be hidden.
    turn : int array
        Whose turn comes first in an equation across columns: if it is always the same column that is hidden
        beside another, then what moves freely in one column moves freely in both.
    grid : Grid, optional
        Where the printed cells stand, for hiding whole boxes of them.
    terms : list
        Equations that equal zero: (table, equation, variable, coefficient), numbered within this table.
    """

    value: Floats
    cost: Floats
    hidden: Bools
    guarded: Bools
    free: Bools
    turn: Ints
    grid: Grid | None = None
    n_equations: int = 0
    spare: list[Bools] = field(default_factory=list)
    terms: list[tuple[Variables, Ints, Ints, Floats]] = field(default_factory=list)

    @property
    def n_printed(self) -> int:
        """How many of the numbers are printed cells; all, where it is not known where they stand."""
        return len(self.value) if self.grid is None else len(self.grid.codes) * self.grid.n_columns

    def add(
        self, value: Floats, cost: Floats, *, hidden: bool, guarded: bool, free: bool, turn: int = 0
    ) -> Ints:
        """Add numbers that are not printed; return their positions."""
        start, n = len(self.value), len(value)
        self.value = np.concatenate([self.value, value])
        self.cost = np.concatenate([self.cost, cost])
        for name, flag in (("hidden", hidden), ("guarded", guarded), ("free", free)):
            setattr(self, name, np.concatenate([getattr(self, name), np.full(n, flag)]))
        self.turn = np.concatenate([self.turn, np.full(n, turn)])
        return np.arange(start, start + n)

    def equate(self, n: int, *terms: tuple[Variables, Ints, Ints, float], spare: bool = False) -> None:
        """Add `n` equations; each term is (table, equation from 0, variable, coefficient).

        Spare ones follow from others: they show at once what to hide, and need not be solved.
        """
        self.spare.append(np.full(n, spare))
        for table, equation, variable, coefficient in terms:
            coefficients = np.full(len(equation), float(coefficient))
            self.terms.append((table, np.asarray(equation) + self.n_equations, variable, coefficients))
        self.n_equations += n


@dataclass(eq=False)
class _System:
    matrix: sparse.csr_array
    needed: Bools
    value: Floats
    cost: Floats
    hidden: Bools
    guarded: Bools
    turn: Ints
    free: Bools
    open: Bools
    printed: Bools


def protect(new: Sequence[Variables], earlier: Sequence[Variables] = (), *, left: bool = False) -> None:
    """Hide further cells of `new` (changed in place) until no guarded number can be worked out.

    Parameters
    ----------
    new : sequence of Variables
        The table to be released, or several together, their small cells hidden.
    earlier : sequence of Variables
        Tables released before; nothing more can be hidden in them.
    left : bool
        Whether the new ones were protected already, each by itself: nothing is hidden that need not be.

    Raises
    ------
    NotReleasable
        If a guarded number is given away with everything in the new tables hidden.
    """
    if not any(table.n_equations for table in new):
        return
    system = _assemble([*new, *earlier], len(new))
    n = sum(len(table.value) for table in new)
    small = system.hidden.copy()
    moved = np.zeros(len(system.hidden))
    if not left:
        hide_pairs(system)
    for attempt in count():
        moved = _null_vector(system, moved, attempt)
        known = system.hidden & (np.abs(moved) < FREE)
        wrong = np.flatnonzero(known & system.guarded)
        if not len(wrong):
            narrow = _narrow(system, n)
            if not len(narrow):
                break
            _hide_beside(system, narrow)
            hide_pairs(system)
            continue
        if attempt == 0 and len(wrong) > FEW:
            system.hidden &= ~known | small  # what was hidden in vain; boxes need fewer cells
        moved[~system.hidden] = 0
        moved += _hide_more(system, new[0].grid if len(new) == 1 else None, wrong, attempt)
        hide_pairs(system)
    if system.hidden.sum() <= DENSE:  # what can be worked out anyway protects nothing
        system.hidden[:n] &= ~known[:n] | system.guarded[:n] | ~system.free[:n]
    start = 0
    for table in new:
        table.hidden = system.hidden[start : start + len(table.value)]
        start += len(table.value)


def _narrow(system: _System, n_new: int) -> Ints:
    """Return guarded numbers of the new table, or tied to it, that have no room (`room.find_narrow`)."""
    at = np.flatnonzero(system.hidden)
    matrix = system.matrix[system.needed][:, at]
    matrix.eliminate_zeros()
    matrix = sparse.csr_array(matrix[np.diff(matrix.indptr) > 0])
    touched = abs(matrix) @ (at < n_new) > 0
    near = (at < n_new) | (abs(matrix[np.flatnonzero(touched)]).sum(axis=0) > 0)
    least = np.where(system.printed, 1.0, 0.0)[at]  # a hidden cell is never 0; a difference may be
    wanted = system.guarded[at] & near
    return at[find_narrow(matrix, np.maximum(system.value[at] - least, 0), wanted)]


def _hide_beside(system: _System, narrow: Ints) -> None:
    """Hide, for each number without room, the smallest in an equation with it, or in one next to those.

    Any that may still be hidden is at least as large as the smallest count shown, and gives room.
    """
    entries = system.matrix.tocoo()
    left = system.open & ~system.hidden
    if not left.any():
        raise NotReleasable(CANNOT)
    around = np.isin(entries.col, narrow)
    for _ in range(3):
        near = np.isin(entries.row, entries.row[around])
        use = near & left[entries.col]
        if use.any():
            break
        around = np.isin(entries.col, entries.col[near])
    else:
        use = left[entries.col]
    row, column = entries.row[use], entries.col[use]
    order = np.lexsort((column, system.cost[column], row))
    first = np.ones(len(order), bool)
    first[1:] = row[order][1:] != row[order][:-1]
    system.hidden[column[order][first]] = True


def _hide_more(system: _System, grid: Grid | None, wrong: Ints, attempt: int) -> Floats:
    """Hide boxes around printed cells given away, and single cells for the other numbers.

    Returns a vector that moves the corners of the boxes.
    """
    moved = np.zeros(len(system.hidden))
    if grid is not None and (len(wrong) > FEW or attempt >= PATIENCE):
        printed = wrong[wrong < len(grid.codes) * grid.n_columns]
        before = system.hidden.sum()
        moved = hide_boxes(grid, printed, system.hidden, system.open, system.cost)
        if system.hidden.sum() > before:  # else another table's equations hold the boxes fast
            wrong = wrong[moved[wrong] == 0]
    if len(wrong):
        _hide_for(system, wrong, attempt)
    return moved


def _assemble(tables: list[Variables], n_new: int) -> _System:
    """Put the tables' equations on top of each other, without those on tables that are not among them.

    In the first `n_new`, cells may still be hidden.
    """
    first = dict(zip(map(id, tables), np.cumsum([0] + [len(t.value) for t in tables]).tolist(), strict=False))
    rows, columns, coefficients, lost = [], [], [], []
    start = 0
    for table in tables:
        for other, equation, variable, coefficient in table.terms:
            if id(other) not in first:
                lost.append(equation + start)
                continue
            rows.append(equation + start)
            columns.append(variable + first[id(other)])
            coefficients.append(coefficient)
        start += table.n_equations
    row, column, coefficient = (np.concatenate(part) for part in (rows, columns, coefficients))
    keep = np.ones(start, bool)
    if lost:
        keep[np.concatenate(lost)] = False
    used = keep[row]
    joined = {
        name: np.concatenate([getattr(t, name) for t in tables])
        for name in ("value", "cost", "hidden", "guarded", "turn", "free")
    }
    matrix = sparse.csr_array(
        (coefficient[used], (row[used], column[used])), shape=(start, len(joined["value"]))
    )
    matrix.eliminate_zeros()  # a number on both sides of an equation
    new = np.arange(len(joined["value"])) < sum(len(table.value) for table in tables[:n_new])
    printed = [np.arange(len(t.value)) < t.n_printed for t in tables]
    needed = keep & ~np.concatenate([s for t in tables for s in t.spare])
    return _System(
        matrix,
        needed,
        open=new & joined["free"] & (joined["value"] > 0),
        printed=np.concatenate(printed),
        **joined,
    )


def hide_pairs(system: _System) -> None:
    """In each equation with one hidden number, hide a second: the smallest, and best where two need it."""
    entries = system.matrix.tocoo()
    row, column = entries.row, entries.col
    while True:
        alone = np.bincount(row[system.hidden[column]], minlength=system.matrix.shape[0]) == 1
        needy = alone[row]
        helps = np.bincount(column[needy], minlength=len(system.hidden))
        use = np.flatnonzero(needy & (system.open & ~system.hidden)[column])
        if not len(use):
            return
        r, c = row[use], column[use]
        order = np.lexsort((c, system.cost[c], -helps[c], system.turn[c], r))
        first = np.ones(len(order), bool)
        first[1:] = r[order][1:] != r[order][:-1]
        system.hidden[c[order][first]] = True


def _null_vector(system: _System, moved: Floats, attempt: int) -> Floats:
    """Return a vector of the null space, zero where the equations give a hidden number away.

    With few hidden numbers the null space is worked out whole, and the length of each number's row is
    returned. With many, a vector is projected on it: the last one, and random numbers for what is new. A
    number given away by the equations with weights y moves at most by the length of y times that of what the
    solver left of the equations (`solving.ACCURACY`), so that `FREE` finds it unless y is very long.
    """
    at = np.flatnonzero(system.hidden)
    matrix = scaled(system.matrix[system.needed][:, at])
    result = np.zeros(len(system.hidden))
    left, members = contract(matrix)
    scale = sparse.diags_array(1 / np.sqrt(np.asarray(abs(members).sum(axis=0)).ravel()))
    left, members = scaled(left @ scale), members @ scale
    if len(at) <= DENSE:
        squares, axes = np.linalg.eigh((left.T @ left).toarray())
        lengths = np.sqrt(((members @ axes[:, squares < NOTHING]) ** 2).sum(axis=1))
        result[at] = np.where(lengths < FREE, 0, lengths)
        return result
    rng = np.random.default_rng(SEED + attempt)

    def project(vector: Floats) -> Floats:
        return members @ null_part(left, members.T @ vector)

    def still(vector: Floats) -> Bools:
        return system.guarded[at] & (np.abs(vector) < FREE)

    vector = project(moved[at] if attempt else rng.standard_normal(len(at)))
    for _ in range(TRIES):  # given away, or unmoved by chance?
        doubtful = still(vector)
        if not doubtful.any() or (attempt == 0 and doubtful.sum() > FEW):
            break
        more = project(np.where(doubtful, rng.standard_normal(len(at)), 0))
        vector = min((vector + t * more for t in rng.uniform(1, 2, 20)), key=lambda v: still(v).sum())
    result[at] = vector
    return result


def _hide_for(system: _System, wrong: Ints, attempt: int) -> None:
    """Hide one more cell for each number given away, in an equation of its own where there is one.

    A sum of equations gives it away; a cell in that sum breaks it, unless the cell can be worked out too.
    """
    solved = system.matrix[system.needed]
    hidden = solved[:, np.flatnonzero(system.hidden)]
    every, hidden = scaled(solved, hidden), scaled(hidden)
    turned = hidden.T.tocsr()
    rng = np.random.default_rng(SEED)
    target = np.zeros(len(system.hidden))
    target[wrong] = rng.uniform(1, 2, len(wrong))
    proof = every.T @ solve(turned, target[system.hidden], ROUGH, ROUGH)
    noise = rng.standard_normal(hidden.shape[0])
    left = every.T @ (noise - solve(turned, turned @ noise, ROUGH, ROUGH))
    left_open = system.open & ~system.hidden
    if not left_open.any():
        raise NotReleasable(CANNOT)
    breaks = left_open & (np.abs(proof) > 100 * ROUGH)
    candidates = np.flatnonzero(breaks if breaks.any() and attempt < PATIENCE else left_open)
    ranked = candidates[np.lexsort((candidates, system.cost[candidates], np.abs(left[candidates]) > 0.01))]
    rank = np.full(len(system.hidden), len(ranked))
    rank[ranked] = np.arange(len(ranked))
    entries = system.matrix.tocoo()  # spare equations too: they may be the only ones with a cell to hide
    best = np.full(system.matrix.shape[0], len(ranked))
    np.minimum.at(best, entries.row, rank[entries.col])
    around = np.isin(entries.col, wrong)
    if attempt == 0:
        nearest = np.full(len(system.hidden), len(ranked))
        np.minimum.at(nearest, entries.col[around], best[entries.row[around]])
        chosen = np.unique(nearest[wrong])
    elif attempt < PATIENCE:
        chosen = np.unique(best[entries.row[around]])
    else:
        near = np.isin(entries.row, entries.row[around])
        chosen = np.unique(rank[entries.col[near]])
    chosen = chosen[chosen < len(ranked)]
    system.hidden[ranked[chosen if len(chosen) else [0]]] = True
