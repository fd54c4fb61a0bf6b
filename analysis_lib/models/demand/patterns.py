"""Covariate patterns: people who are alike in every term and in exposure, counted together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.standard_population import level_key
from analysis_lib.models.demand.design import PRODUCT, Levels, term_code


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
        If there is no term, one has missing labels, a reference does not occur, or exposure is missing.
    """
    mains = [term for term in terms if PRODUCT not in term]
    if not mains:
        raise ValueError("A model of demand needs at least one term.")
    for term in terms:
        absent = [part for part in term.split(PRODUCT) if part not in mains]
        if absent:
            raise KeyError(f"The interaction {term} needs its main effect(s) {', '.join(absent)} as terms.")
    check_columns(frame, [*mains, exposure, *([people] if people else [])], "The model of demand")
    years = check_exposure(frame[exposure])
    found = {term: code_column(frame[term], (reference or {}).get(term)) for term in mains}
    levels = {term: names for term, (names, _) in found.items()}
    codes = {term: code for term, (_, code) in found.items()}
    pattern_of_row, first = _number([codes[term] for term in mains], [len(levels[term]) for term in mains])
    cell_of_row, pattern_of_cell, year_of_cell = _split_by_exposure(pattern_of_row, len(first), years)
    return Patterns(
        levels=levels,
        terms=tuple(terms),
        codes={term: codes[term][first] for term in mains},
        pattern_of_cell=pattern_of_cell,
        exposure=year_of_cell,
        cell_of_row=np.where(years > 0, cell_of_row, -1),
        weight=frame[people].to_numpy(float) if people else None,
    )


def find_references(
    frame: pd.DataFrame, terms: Sequence[str], reference: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the reference level of each term: the one asked for, or where nobody has it, the commonest."""
    asked = {term: level for term, level in (reference or {}).items() if term in terms}
    return {
        term: level if (frame[term] == level).any() else frame[term].mode().iloc[0]
        for term, level in asked.items()
    }


def _split_by_exposure(
    pattern: NDArray[np.int64], n_patterns: int, years: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return each row's cell, and each cell's pattern and exposure.

    Nearly all people have the same exposure (a whole year): for them the cell is the pattern.
    """
    code, values = pd.factorize(years)
    usual = int(np.bincount(code).argmax())
    other = np.flatnonzero(code != usual)
    number, example = _number([pattern[other], code[other]], [n_patterns, len(values)])
    cell = pattern.copy()
    cell[other] = n_patterns + number
    return (
        cell,
        np.append(np.arange(n_patterns), pattern[other][example]),
        np.append(np.full(n_patterns, values[usual]), years[other][example]),
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


def code_column(column: pd.Series, reference: Any = None) -> tuple[list, NDArray[np.int64]]:
    """Return the levels of a term that occur, in a reader's order with the reference first, and each row's.

    Raises
    ------
    ValueError
        If labels are missing, or the reference does not occur.
    """
    if column.dtype == bool and reference in (None, False):
        flags = column.to_numpy().view("int8")
        n_true = np.count_nonzero(flags)
        if 0 < n_true < len(flags):
            return [False, True], flags
    place, found = _distinct(column)
    used = np.bincount(place + 1, minlength=len(found) + 1)
    if used[0]:
        raise ValueError(
            f"{column.name} has no label in {used[0]:,} rows: give them a level of their own ('not stated')."
        )
    levels = [name for name, count in zip(found, used[1:], strict=True) if count]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        levels.sort(key=level_key)
    if reference is not None:
        if reference not in levels:
            raise ValueError(f"{column.name} has no level {reference!r} to compare with; it has {levels}.")
        levels = [reference, *(level for level in levels if level != reference)]
    return levels, place if levels == found else pd.Index(levels).get_indexer(found)[place]


def code_rows(column: pd.Series, levels: list) -> NDArray[np.int64]:
    """Return the place of each row's level in `levels`; -1 for a level that is not there."""
    place, found = _distinct(column)
    return place if levels == found else np.append(pd.Index(levels).get_indexer(found), -1)[place]


def _distinct(column: pd.Series) -> tuple[NDArray[np.int64], list]:
    """Return each row's place among distinct labels (-1 for none), and the labels."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), list(column.cat.categories)
    if column.dtype == bool:
        return column.to_numpy().view("int8"), [False, True]
    place, found = pd.factorize(column)
    return place, found.tolist()


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
    for term in (term for term in kept if PRODUCT in term):
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
            have = np.bincount(code, n, len(names))
            for place in np.flatnonzero((have > 0) & (np.bincount(code, y, len(names)) == 0)):
                excluded[f"{term} {names[place]}"] = int(have[place])
                notes.append(f"{term} {names[place]} left out: no events, so no finite rate ratio.")
                keep = keep & (code != place)
                n, y = n * keep, y * keep
    return keep, excluded, notes


def _number(codes: Sequence[NDArray], sizes: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the combinations that occur; return each row's number and a row that has it."""
    key, space = np.zeros(len(codes[0]), dtype="int64"), 1
    for code, size in zip(codes, sizes, strict=True):
        if math.prod((space, size)) >= 2**62:  # too many possible combinations for one whole number
            key, found = pd.factorize(key)
            space = len(found)
        key *= size
        key += code
        space *= size
    number, found = pd.factorize(key)
    example = np.empty(len(found), dtype="int64")
    example[number] = np.arange(len(number))
    return number, example
