"""How far hidden numbers can move while none of them falls below one: which are as good as shown.

A hidden count is never 0, since zeros are shown. Twelve hidden counts with a total of 12 are therefore all 1,
though a single equation with twelve unknowns has many solutions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ROOM = 3  # the largest possible number less the smallest: four numbers at least are possible
LARGEST = 4_000  # hidden numbers moved at once; of more, single equations are looked at
ROUNDS = 6
SINGLE = 60  # numbers that are moved one by one, once most have been moved together
NEAR = 1e-6


def find_narrow(matrix: sparse.csr_array, above: Floats, wanted: Bools) -> Bools:
    """Return which of the wanted numbers cannot take `ROOM` + 1 values.

    Parameters
    ----------
    matrix : sparse array, equations × numbers
        What is known of the hidden numbers: each row times their changes is zero.
    above : float array
        How far each number is above the smallest that it may be.
    wanted : bool array
        The numbers that must have room.
    """
    narrow = wanted & _in_a_tight_equation(matrix, above)
    wanted = wanted & ~narrow
    n_equations, n = matrix.shape
    joined = connected_components(sparse.block_array([[None, matrix], [matrix.T, None]]), directed=False)[1]
    n_parts = joined.max(initial=-1) + 1
    # Of a single equation all is said: where a hidden total moves with its parts, they have room enough
    several = np.bincount(joined[:n_equations], minlength=n_parts) > 1
    asked = np.bincount(joined[n_equations:], weights=wanted, minlength=n_parts) > 0
    use = (several & asked)[joined]
    at = np.flatnonzero(use[n_equations:])
    if 0 < len(at) <= LARGEST:
        block = matrix[np.flatnonzero(use[:n_equations])][:, at]
        narrow[at] |= _cannot_move(block, above[at], wanted[at])
    return narrow


def _in_a_tight_equation(matrix: sparse.csr_array, above: Floats) -> Bools:
    """Whether a number is in an equation of parts alone that leave it no room together."""
    parts = np.diff(matrix.indptr) > 0
    parts &= (abs(matrix).sum(axis=1) == abs(matrix.sum(axis=1))).ravel()  # nothing moves the other way
    left = abs(matrix) @ above
    tight = parts & (left < ROOM)
    return np.asarray(abs(matrix[np.flatnonzero(tight)]).sum(axis=0)).ravel() > 0


def _cannot_move(matrix: sparse.csr_array, above: Floats, wanted: Bools) -> Bools:
    """Push numbers up and down by turns, together and then alone; return those that did not move enough."""
    low, high = np.zeros(len(above)), np.zeros(len(above))
    rng = np.random.default_rng(0)
    todo = wanted.copy()
    for number in range(ROUNDS):
        if not todo.any():
            return todo
        ways = rng.choice([-1.0, 1.0], len(above)) if number else np.ones(len(above))
        _push(matrix, above, np.where(todo, ways, 0), low, high)
        todo &= high - low < ROOM - NEAR
    alone = np.flatnonzero(todo)
    for at in alone[:SINGLE]:
        if todo[at]:
            for way in (1.0, -1.0):
                _push(matrix, above, way * (np.arange(len(above)) == at), low, high)
            todo &= high - low < ROOM - NEAR
    return todo


def _push(matrix: sparse.csr_array, above: Floats, ways: Floats, low: Floats, high: Floats) -> None:
    """Move numbers as far as `ROOM` the ways wanted; note how low and high each came."""
    bounds = np.column_stack([-above, np.full(len(above), np.inf)])
    pushed = ways != 0
    bounds[pushed] = np.clip(bounds[pushed], -ROOM, ROOM)
    found = linprog(-ways, A_eq=matrix, b_eq=np.zeros(matrix.shape[0]), bounds=bounds, method="highs")
    if found.x is not None:
        np.minimum(low, found.x, out=low)
        np.maximum(high, found.x, out=high)
