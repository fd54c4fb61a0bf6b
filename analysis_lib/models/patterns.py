"""Covariate patterns: people who are alike in every term and in exposure, counted together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.standard_population import level_key

PRODUCT = ":"  # "copd:imd_decile" is the interaction of two terms
Levels = dict[str, list]


@dataclass(frozen=True)
class Patterns:
    """People grouped by covariate pattern and exposure; see `group_patterns`.

    Attributes
    ----------
    levels : dict
        Levels of each term, reference first. An interaction has no entry of its own.
    terms : tuple of str
        Terms as asked for, interactions among them.
    codes : dict of ndarray, shape (n_patterns,)
        Place of each pattern's level in `levels`.
    pattern_of_cell, exposure : ndarray, shape (n_cells,)
        A cell is a pattern with one value of exposure (person-years of one person).
    cell_of_row : ndarray, shape (n_rows,)
        Cell of each row of the frame; -1 for a row without exposure, which tells nothing.
    weight : ndarray or None, shape (n_rows,)
        People in each row of the frame; None for one.
    """

    levels: Levels
    terms: tuple[str, ...]
    codes: dict[str, NDArray[np.int64]] = field(repr=False)
    pattern_of_cell: NDArray[np.int64] = field(repr=False)
    exposure: NDArray[np.float64] = field(repr=False)
    cell_of_row: NDArray[np.int64] = field(repr=False)
    weight: NDArray[np.float64] | None = field(repr=False)

    @property
    def mains(self) -> list[str]:
        """Terms that are no interactions."""
        return [term for term in self.terms if PRODUCT not in term]


@dataclass(frozen=True)
class Dropped:
    """Patterns that a model of one setting keeps; see `drop_empty`."""

    terms: tuple[str, ...]
    levels: Levels
    codes: dict[str, NDArray[np.int64]]
    keep: NDArray[np.bool_]  # of the patterns
    excluded: dict[str, int]  # people left out, by level
    notes: list[str]


def group_patterns(
    frame: pd.DataFrame,
    terms: Sequence[str],
    exposure: str = "years_at_risk",
    reference: Mapping[str, Any] | None = None,
    people: str | None = None,
) -> Patterns:
    """Group people who are alike in every term and in exposure.

    Parameters
    ----------
    frame : DataFrame
        One row a person, or one row a combination of terms, exposure and counts with its number of `people`.
    terms : sequence of str
        Categorical, boolean or whole-number columns, each taken as categories; "a:b" for an interaction of
        two of them (every pair of levels that are not the reference).
    exposure : str
        Column of person-years. Rows with none are left out.
    reference : mapping, optional
        Reference level by term; the first level otherwise.
    people : str, optional
        Column with the number of people in a row.

    Returns
    -------
    Patterns

    Raises
    ------
    KeyError
        If a column is absent, or an interaction lacks its main effects.
    ValueError
        If a term has missing labels, a reference level does not occur, or exposure is negative or missing.
    """
    mains = [term for term in terms if PRODUCT not in term]
    for term in terms:
        absent = [part for part in term.split(PRODUCT) if part not in mains]
        if absent:
            raise KeyError(f"The interaction {term} needs its main effect(s) {', '.join(absent)} as terms.")
    check_columns(frame, [*mains, exposure, *([people] if people else [])], "The model of demand")
    years = check_exposure(frame[exposure])
    levels = {term: find_levels(frame[term], (reference or {}).get(term)) for term in mains}
    codes = {term: code_rows(frame[term], levels[term]) for term in mains}
    pattern_of_row, first = _number([codes[term] for term in mains], [len(levels[term]) for term in mains])
    year_code, year_values = pd.factorize(years)
    cell_of_row, first_of_cell = _number([pattern_of_row, year_code], [len(first), len(year_values)])
    return Patterns(
        levels=levels,
        terms=tuple(terms),
        codes={term: codes[term][first] for term in mains},
        pattern_of_cell=pattern_of_row[first_of_cell],
        exposure=years[first_of_cell],
        cell_of_row=np.where(years > 0, cell_of_row, -1),
        weight=frame[people].to_numpy(float) if people else None,
    )


def check_exposure(column: pd.Series) -> NDArray[np.float64]:
    """Return person-years as floats.

    Raises
    ------
    ValueError
        If any is missing or negative, or none is above 0.
    """
    years = column.to_numpy(float)
    bad = int((~np.isfinite(years) | (years < 0)).sum())
    if bad:
        raise ValueError(f"{column.name} is missing or negative in {bad:,} rows: compute person-years first.")
    if not (years > 0).any():
        raise ValueError(f"{column.name} is 0 in every row: nobody was at risk, so there is no rate.")
    return years


def find_levels(column: pd.Series, reference: Any = None) -> list:
    """Levels of a term that occur, in their order, the reference first.

    Raises
    ------
    ValueError
        If labels are missing, or the reference does not occur.
    """
    missing = int(column.isna().sum())
    if missing:
        raise ValueError(
            f"{column.name} has no label in {missing:,} rows: give them a level of their own ('not stated')."
        )
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = np.bincount(column.cat.codes, minlength=len(column.cat.categories)) > 0
        levels = list(column.cat.categories[used])
    elif column.dtype == bool:
        levels = [flag for flag in (False, True) if (column == flag).any()]
    else:
        levels = sorted(pd.unique(column).tolist(), key=level_key)
    if reference is None:
        return levels
    if reference not in levels:
        raise ValueError(f"{column.name} has no level {reference!r} to compare with; it has {levels}.")
    return [reference, *(level for level in levels if level != reference)]


def code_rows(column: pd.Series, levels: list) -> NDArray[np.int64]:
    """Return the place of each row's level in `levels`; -1 for a level that is not there."""
    known = pd.Index(levels)
    if isinstance(column.dtype, pd.CategoricalDtype):
        places = np.append(known.get_indexer(column.cat.categories), -1)
        return places[column.cat.codes]
    if column.dtype == bool:
        flags = column.to_numpy().view("int8")
        return flags if levels == [False, True] else known.get_indexer([False, True])[flags]
    return known.get_indexer(column)


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


def drop_empty(patterns: Patterns, people: NDArray[np.float64], events: NDArray[np.float64]) -> Dropped:
    """Leave out levels without events, which have no finite rate ratio, and terms with one level.

    Parameters
    ----------
    patterns : Patterns
    people, events : ndarray, shape (n_cells,)
        Of each cell.

    Returns
    -------
    Dropped

    Raises
    ------
    ValueError
        If a combination of levels in an interaction has no event.
    """
    n_patterns = len(next(iter(patterns.codes.values())))
    n = np.bincount(patterns.pattern_of_cell, people, n_patterns)
    y = np.bincount(patterns.pattern_of_cell, events, n_patterns)
    keep, excluded, notes = _with_events(patterns, n, y)
    levels, codes = {}, {}
    for term in patterns.mains:
        code, names = patterns.codes[term][keep], patterns.levels[term]
        used = np.bincount(code, minlength=len(names)) > 0
        if used.sum() < 2:
            notes.append(f"{term} is not in the model: it has one level only.")
        elif not used[0]:
            notes.append(f"{term} is compared with {names[int(np.argmax(used))]}.")
        # A term with one level stays here, so that others are told apart from those in the model.
        levels[term] = [name for name, there in zip(names, used, strict=True) if there]
        codes[term] = (np.cumsum(used) - 1)[code]
    kept = tuple(t for t in patterns.terms if all(len(levels[part]) > 1 for part in t.split(PRODUCT)))
    for term in kept:
        code, size = term_code(term, codes, levels)
        if np.any(np.bincount(code, y[keep], size)[1:] == 0):
            raise ValueError(
                f"{term} has combinations of levels without any event: merge levels, or leave it out."
            )
    return Dropped(kept, levels, codes, keep, excluded, notes)


def _with_events(
    patterns: Patterns, n: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], dict[str, int], list[str]]:
    keep, excluded, notes, before = n > 0, {}, [], -1
    while keep.sum() != before:  # leaving out one level can empty another
        before = keep.sum()
        for term in patterns.mains:
            code, names = patterns.codes[term], patterns.levels[term]
            have = np.bincount(code, n * keep, len(names))
            for place in np.flatnonzero((have > 0) & (np.bincount(code, y * keep, len(names)) == 0)):
                excluded[f"{term} {names[place]}"] = int(have[place])
                notes.append(f"{term} {names[place]} left out: no events, so no finite rate ratio.")
                keep = keep & (code != place)
    return keep, excluded, notes


def _number(codes: Sequence[NDArray], sizes: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the combinations that occur; return each row's number and a row that has it."""
    key, space = np.zeros(len(codes[0]), dtype="int64"), 1
    for code, size in zip(codes, sizes, strict=True):
        if math.prod((space, size)) >= 2**62:  # too many possible combinations for one whole number
            key, found = pd.factorize(key)
            space = len(found)
        key, space = key * size + code, space * size
    number, _ = pd.factorize(key)
    first = np.empty(number.max() + 1, dtype="int64")
    first[number[::-1]] = np.arange(len(number))[::-1]
    return number, first
