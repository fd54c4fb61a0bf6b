"""Large sparse equations between hidden numbers: made smaller, solved, and vectors that they send to zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, lsqr

Floats = NDArray[np.float64]

ACCURACY = 3e-6  # length of what may be left of the equations


def contract(matrix: sparse.csr_array) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Solve the equations with one or two hidden numbers; return the others, and what the new unknowns are.

    Numbers that can only rise and fall together become one unknown; where one would be its own opposite, it
    is zero. Each number is a node that rises and one that falls; equations are edges between them.
    """
    members = sparse.eye_array(matrix.shape[1], format="csr")
    while True:
        matrix.eliminate_zeros()
        length = np.diff(matrix.indptr)
        start = matrix.indptr[:-1]
        one = matrix.indices[start[length == 1]]
        two = start[length == 2]
        x, y = matrix.data[two], matrix.data[two + 1]
        two, opposite = two[np.isclose(np.abs(x), np.abs(y))], (x * y > 0)[np.isclose(np.abs(x), np.abs(y))]
        if not len(one) and not len(two):
            return sparse.csr_array(matrix[length > 0]), members
        n = matrix.shape[1]
        a, b = matrix.indices[two], matrix.indices[two + 1]
        tail = np.concatenate([a, a + n, one])
        head = np.concatenate([np.where(opposite, b + n, b), np.where(opposite, b, b + n), one + n])
        edges = sparse.csr_array((np.ones(len(tail)), (tail, head)), shape=(2 * n, 2 * n))
        rise, fall = np.split(connected_components(edges, directed=False)[1], 2)
        moves = np.flatnonzero(rise != fall)
        unknowns, unknown = np.unique(np.minimum(rise, fall)[moves], return_inverse=True)
        sign = np.where(rise < fall, 1.0, -1.0)[moves]
        merge = sparse.csr_array((sign, (moves, unknown)), shape=(n, len(unknowns)))
        matrix, members = sparse.csr_array(matrix @ merge), members @ merge


def scaled(matrix: sparse.csr_array, by: sparse.csr_array | None = None) -> sparse.csr_array:
    """Leave out empty equations, and give the others one length: fewer steps are needed to solve them."""
    by = matrix if by is None else by
    there = np.diff(by.indptr) > 0
    lengths = np.sqrt(np.asarray((by[there] * by[there]).sum(axis=1)).ravel())
    return sparse.csr_array(sparse.diags_array(1 / lengths) @ matrix[there])


def solve(matrix: sparse.csr_array, right: Floats, accuracy: float, atol: float) -> Floats:
    """Return the shortest vector that solves the equations best, within a relative accuracy."""
    turned = matrix.T.tocsr()
    operator = LinearOperator(
        matrix.shape, matvec=lambda x: matrix @ x, rmatvec=lambda y: turned @ y, dtype=float
    )
    return lsqr(operator, right, atol=atol, btol=accuracy, conlim=0)[0]


def null_part(matrix: sparse.csr_array, vector: Floats) -> Floats:
    """Return the part of a vector that the matrix sends to zero."""
    right = matrix @ vector
    size = float(np.linalg.norm(right))
    return vector - solve(matrix, right, ACCURACY / size, 1e-14) if size > ACCURACY else vector
