"""Boxes of cells around a cell that must be hidden: with all corners hidden, none can be worked out.

In a table with totals, take two labels in each dimension and let the corners of the box between them rise and
fall by turns (a total moves with its part): every sum along a dimension stays as it is. The method of
hypercubes goes back to Repsilber, "Preservation of confidentiality in aggregated data" (1994). Where columns
add up, the same box in a second column takes the movement up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TRIES = 300  # opposite corners looked at: half of them hidden cells, half any
MOST_DIMENSIONS = 8


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the printed cells of a table stand.

    Attributes
    ----------
    codes : int array, rows × dimensions
        Number of each row's label; cell (row, column) is variable ``row * n_columns + column``.
    total : bool array, rows × dimensions
        Which of them are totals.
    n_columns : int
        Number of Count columns.
    together : sequence of tuple of int
        Columns that add up: the sum, then its parts.
    """

    codes: Ints
    total: Bools
    n_columns: int
    together: Sequence[tuple[int, ...]] = ()

    def partners(self, column: int) -> list[tuple[tuple[int, float], ...]]:
        """The column alone, or with each that could take up its movement; and which way each moves."""
        pairs = {
            other: 1.0 if group[0] in (column, other) else -1.0
            for group in self.together
            if column in group
            for other in group
            if other != column
        }
        return [((column, 1.0), pair) for pair in sorted(pairs.items())] or [((column, 1.0),)]


def hide_boxes(grid: Grid, wrong: Ints, hidden: Bools, allowed: Bools, cost: Floats) -> Floats:
    """Hide, for each wrong cell, the corners of the box that costs least (`hidden` is changed in place).

    Parameters
    ----------
    grid : Grid
        Where the cells stand.
    wrong : int array
        Printed cells that can be worked out.
    hidden, allowed, cost : arrays
        By variable: hidden already; may be hidden; what hiding costs.

    Returns
    -------
    float array
        By variable, a movement of the boxes' corners that changes no sum of the table; a wrong cell that
        has no box around it stays at 0.
    """
    moved = np.zeros(len(hidden))
    vary = np.flatnonzero(grid.total.any(axis=0))
    sizes = grid.codes.max(axis=0, initial=0) + 1
    if not 0 < len(vary) <= MOST_DIMENSIONS or np.prod(sizes.astype(float)) > 2**62:
        return moved
    steps = np.concatenate([[1], np.cumprod(sizes[:-1])])
    keys = grid.codes @ steps
    order = np.argsort(keys)
    ordered = keys[order]
    price = np.where(hidden, 0.0, np.where(allowed, cost + 1, np.inf))
    corners = np.array(list(product([0, 1], repeat=len(vary))))
    rng = np.random.default_rng(0)
    for cell in wrong[np.argsort(-cost[wrong], kind="stable")]:
        if moved[cell]:
            continue
        row, column = divmod(int(cell), grid.n_columns)
        far = _opposite(grid, row, column, vary, hidden, rng)
        wanted = keys[row] + ((grid.codes[far] - grid.codes[row])[:, vary] * steps[vary]) @ corners.T
        at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
        whole = (ordered[at] == wanted).all(axis=1)
        rows, far = order[at[whole]], far[whole]
        best, cheapest = None, np.inf
        for columns in grid.partners(column):
            prices = sum(price[rows * grid.n_columns + c].sum(axis=1) for c, _ in columns)
            if len(rows) and prices.min() < cheapest:
                best, cheapest = (int(np.argmin(prices)), columns), prices.min()
        if best is None:
            continue
        chosen, columns = best
        falls = ~(grid.total[row] | grid.total[far[chosen]])[vary]
        sign = np.where(corners @ falls % 2, -1.0, 1.0) * rng.uniform(1, 2)
        for c, way in columns:
            cells = rows[chosen] * grid.n_columns + c
            moved[cells] += sign * way
            hidden[cells] = True
            price[cells] = 0
    return moved


def _opposite(grid: Grid, row: int, column: int, vary: Ints, hidden: Bools, rng: np.random.Generator) -> Ints:
    """Draw rows for opposite corners: other labels in every dimension that has totals."""
    n = len(grid.codes)
    away = np.flatnonzero(hidden[column : n * grid.n_columns : grid.n_columns])
    some = [rng.choice(rows, min(TRIES // 2, len(rows)), replace=False) for rows in (away, np.arange(n))]
    rows = np.concatenate(some)
    return rows[(grid.codes[rows][:, vary] != grid.codes[row, vary]).all(axis=1)]
