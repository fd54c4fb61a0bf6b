"""The design of a model with categorical terms: which coefficient stands for what, as a sparse matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

PRODUCT = ":"  # "copd:imd_decile" is the interaction of two terms
Levels = dict[str, list]


def design_columns(terms: Sequence[str], levels: Levels) -> list[tuple[str, Any]]:
    """Return term and level of each coefficient after the intercept; a pair of levels for an interaction."""
    columns: list[tuple[str, Any]] = []
    for term in terms:
        parts = [levels[part][1:] for part in term.split(PRODUCT)]
        names = parts[0] if len(parts) == 1 else list(product(*parts))
        columns += [(term, name) for name in names]
    return columns


def term_code(
    term: str, codes: Mapping[str, NDArray[np.int64]], levels: Levels
) -> tuple[NDArray[np.int64], int]:
    """Return the level of each row in a term (0 = reference) and how many levels the term has."""
    parts = term.split(PRODUCT)
    if len(parts) == 1:
        return codes[term], len(levels[term])
    a, b = parts
    width = len(levels[b]) - 1
    both = np.where((codes[a] > 0) & (codes[b] > 0), (codes[a] - 1) * width + codes[b], 0)
    return both, (len(levels[a]) - 1) * width + 1


def design_matrix(
    terms: Sequence[str], levels: Levels, codes: Mapping[str, NDArray[np.int64]]
) -> sparse.csr_array:
    """Return the design: intercept, then 1 where a row has the level; one non-zero a term at most."""
    n_rows = len(next(iter(codes.values())))
    rows, columns, start = [np.arange(n_rows)], [np.zeros(n_rows, dtype="int64")], 1
    for term in terms:
        code, n_levels = term_code(term, codes, levels)
        other = np.flatnonzero(code > 0)
        rows.append(other)
        columns.append(start + code[other] - 1)
        start += n_levels - 1
    row, column = np.concatenate(rows), np.concatenate(columns)
    return sparse.csr_array((np.ones(len(row)), (row, column)), shape=(n_rows, start))
