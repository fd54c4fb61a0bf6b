"""A fitted regression of demand applied to rows of people: expected counts and sums of gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import check_columns
from analysis_lib.models.demand.design import term_code
from analysis_lib.models.demand.fit import DemandFit
from analysis_lib.models.demand.patterns import check_exposure, code_rows


@dataclass(frozen=True)
class Rows:
    """Rows of a frame whose levels a fit knows, and what it expects of them."""

    where: NDArray[np.int64]  # places of the rows in the frame
    codes: dict[str, NDArray[np.int64]]
    exposure: NDArray[np.float64]
    mean: NDArray[np.float64]  # expected count


def rows_of(fit: DemandFit, frame: pd.DataFrame, exposure: str = "years_at_risk") -> Rows:
    """Work out what a fit expects of each row, leaving out levels it does not know and rows without exposure.

    Raises
    ------
    KeyError
        If the frame lacks a term.
    ValueError
        If exposure is negative or missing.
    """
    check_columns(frame, [*fit.levels, exposure], "Expected demand")
    years = check_exposure(frame[exposure])
    codes = {term: code_rows(frame[term], levels) for term, levels in fit.levels.items()}
    known = years > 0
    for code in codes.values():
        known &= code >= 0
    where = np.flatnonzero(known)
    codes = {term: code[where] for term, code in codes.items()}
    linear = np.full(len(where), fit.coef[0])
    for effect, code in _effects(fit, codes):
        linear += effect[code]
    return Rows(where, codes, years[where], years[where] * np.exp(linear))


def expected_counts(
    fit: DemandFit, frame: pd.DataFrame, exposure: str = "years_at_risk"
) -> NDArray[np.float64]:
    """Expected count of each row of a frame of people.

    Parameters
    ----------
    fit : DemandFit
    frame : DataFrame
        One row a person, with the terms of the model and person-years.
    exposure : str
        Column of person-years.

    Returns
    -------
    ndarray of float, shape (n_rows,)
        Missing where a level was not in the model (left out there, or new) or exposure is 0.

    Raises
    ------
    KeyError, ValueError
        As for `fit_demand`.
    """
    rows = rows_of(fit, frame, exposure)
    out = np.full(len(frame), np.nan)
    out[rows.where] = rows.mean
    return out


def sum_by_group(
    fit: DemandFit, rows: Rows, group: NDArray[np.int64], n_groups: int, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum values times design row over the rows of each group.

    Returns
    -------
    ndarray of float, shape (n_groups, n_coef)
    """
    parts = [np.bincount(group, values, n_groups)[:, None]]
    for effect, code in _effects(fit, rows.codes):
        flat = np.bincount(group * len(effect) + code, values, n_groups * len(effect))
        parts.append(flat.reshape(n_groups, len(effect))[:, 1:])
    return np.hstack(parts)


def _effects(
    fit: DemandFit, codes: dict[str, NDArray[np.int64]]
) -> list[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Effect of each level of each term (0 for the reference), and the rows' levels."""
    found, start = [], 1
    for term in fit.terms:
        code, n_levels = term_code(term, codes, fit.levels)
        found.append((np.append(0.0, fit.coef[start : start + n_levels - 1]), code))
        start += n_levels - 1
    return found
