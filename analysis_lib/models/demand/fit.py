"""What drives demand: Poisson and NB2 regression of contacts by setting, from grouped covariate patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.intervals import EXACT_BELOW
from analysis_lib.models.attendance import ModelDidNotFit
from analysis_lib.models.demand.design import PRODUCT, Levels, design_columns, design_matrix
from analysis_lib.models.demand.patterns import Dropped, Patterns, drop_empty, group_patterns
from analysis_lib.models.demand.solve import (
    CONFOUNDED,
    Grouped,
    fit_coefficients,
    fit_nb2,
    joint_information,
    log_likelihood,
)

FAMILIES = ("nb2", "poisson")


@dataclass(frozen=True)
class DemandFit:
    """A fitted regression of one setting's contacts; see `fit_demand`.

    Attributes
    ----------
    setting : str
        The column of counts.
    family : str
        "nb2" or "poisson".
    terms : tuple of str
        Terms in the model; "a:b" is an interaction.
    levels : dict
        Levels of each term that people in the model have; the first is the reference. A term with one level
        is not among `terms`.
    coef : ndarray, shape (n_coef,)
        Intercept (log rate per person-year at the reference levels), then log rate ratios.
    cov : ndarray, shape (n_coef, n_coef)
        From the observed information, with alpha estimated.
    alpha, alpha_se_log : float
        Dispersion: variance = mean + alpha x mean^2; and the standard error of its logarithm. 0 for Poisson.
    log_likelihood : float
        Of people's counts.
    n_people, n_events, person_years, n_patterns
        What was fitted.
    level_counts : DataFrame
        term, level, n_people, person_years, n_events: what each rate ratio rests on.
    excluded : dict
        People left out, by reason.
    notes : list of str
        What was left out of the model, and why.
    """

    setting: str
    family: str
    terms: tuple[str, ...]
    levels: Levels
    coef: NDArray[np.float64] = field(repr=False)
    cov: NDArray[np.float64] = field(repr=False)
    alpha: float
    alpha_se_log: float
    log_likelihood: float
    n_people: int
    n_events: int
    person_years: float
    n_patterns: int
    level_counts: pd.DataFrame = field(repr=False)
    excluded: dict[str, int]
    notes: list[str]


def fit_demand(
    frame: pd.DataFrame,
    setting: str,
    terms: Sequence[str],
    family: str = "nb2",
    exposure: str = "years_at_risk",
    reference: Mapping[str, Any] | None = None,
    people: str | None = None,
    patterns: Patterns | None = None,
) -> DemandFit:
    """Fit a regression of counts by person, with log person-time as offset.

    Parameters
    ----------
    frame : DataFrame
        One row a person (or a combination of terms, exposure and counts with its number of `people`).
    setting : str
        Column of counts: contacts in the time at risk.
    terms : sequence of str
        Categorical, boolean or whole-number columns, and "a:b" for interactions.
    family : str
        "nb2" (dispersion estimated by maximum likelihood) or "poisson".
    exposure : str
        Column of person-years; rows with none are left out.
    reference : mapping, optional
        Reference level by term; the first level otherwise.
    people : str, optional
        Column with the number of people in a row.
    patterns : Patterns, optional
        `group_patterns` of the same frame, exposure, reference and people, and of these terms or more of
        them: groups once for several settings or models.

    Returns
    -------
    DemandFit
        Left out and noted: people at levels without events (no finite rate ratio), and terms with one level.

    Raises
    ------
    ModelDidNotFit
        If there are fewer than 10 events, nothing varies, or the estimates do not settle.
    ValueError
        If counts are negative, missing or not whole, events have no exposure, or labels are missing.

    Notes
    -----
    NB2: Cameron AC, Trivedi PK (2013) Regression Analysis of Count Data, 2nd ed., section 3.3. Single counts
    enter its likelihood only through gamma functions that do not depend on the mean, so people and events by
    pattern and exposure, with the frequency of each count, give the same estimates and standard errors as
    rows do. Observational: rate ratios say what goes together, not what a change would bring.
    """
    if family not in FAMILIES:
        raise ValueError(f"family is nb2 or poisson, not {family}.")
    check_columns(frame, [setting], "The model of demand")
    if patterns is None:
        patterns = group_patterns(frame, terms, exposure, reference, people)
    patterns = replace(patterns, terms=tuple(terms))
    cells = _Cells.of(patterns, _check_counts(frame[setting], patterns))
    data, dropped = _prepare(cells, patterns)
    coef, cov, alpha, spread, reached = _estimate(data, family)
    notes = list(dropped.notes)
    if family == "nb2" and alpha == 0:
        notes.append("Counts vary no more than a Poisson model says: alpha is 0.")
    return DemandFit(
        setting=setting,
        family=family,
        terms=dropped.terms,
        levels=dropped.levels,
        coef=coef,
        cov=cov,
        alpha=alpha,
        alpha_se_log=spread,
        log_likelihood=reached,
        n_people=int(data.people.sum()),
        n_events=int(data.events.sum()),
        person_years=float(np.sum(data.people * data.exposure)),
        n_patterns=data.design.shape[0],
        level_counts=_level_counts(data, dropped),
        excluded={"no person-time": cells.idle, **dropped.excluded} if cells.idle else dropped.excluded,
        notes=notes,
    )


def _check_counts(column: pd.Series, patterns: Patterns) -> NDArray[np.float64]:
    counts = column.to_numpy(float)
    if len(counts) != len(patterns.cell_of_row):
        raise ValueError("The patterns are of another frame: group this one.")
    bad = int((~np.isfinite(counts) | (counts < 0) | (counts != np.floor(counts))).sum())
    if bad:
        raise ValueError(f"{column.name} is missing, negative or not whole in {bad:,} rows.")
    impossible = int(((patterns.cell_of_row < 0) & (counts > 0)).sum())
    if impossible:
        raise ValueError(
            f"{column.name} counts events of {impossible:,} rows without person-time: check the exposure."
        )
    return counts


@dataclass(frozen=True)
class _Cells:
    """People and events by cell, and how often each count occurs."""

    people: NDArray[np.float64]
    events: NDArray[np.float64]
    sizes: NDArray[np.float64]  # counts that occur
    repeats: NDArray[np.float64]
    idle: int  # people without person-time

    @classmethod
    def of(cls, patterns: Patterns, counts: NDArray[np.float64]) -> _Cells:
        at_risk = patterns.cell_of_row >= 0
        everybody = bool(at_risk.all())
        cell = patterns.cell_of_row if everybody else patterns.cell_of_row[at_risk]
        weight, idle = patterns.weight, 0.0
        if not everybody:
            idle = float((~at_risk).sum() if weight is None else weight[~at_risk].sum())
            counts = counts[at_risk]
            weight = None if weight is None else weight[at_risk]
        n_cells = len(patterns.exposure)
        repeats = np.bincount(counts.astype("int64"), weight).astype(float)
        return cls(
            people=np.bincount(cell, weight, n_cells).astype(float),
            events=np.bincount(cell, counts if weight is None else counts * weight, n_cells),
            sizes=np.flatnonzero(repeats).astype(float),
            repeats=repeats[repeats > 0],
            idle=int(idle),
        )


def _prepare(cells: _Cells, patterns: Patterns) -> tuple[Grouped, Dropped]:
    """Leave out levels without events and terms with one level; build the design."""
    if cells.events.sum() < EXACT_BELOW:
        raise ModelDidNotFit(f"Fewer than {EXACT_BELOW} events: take a larger group or a longer time.")
    dropped = drop_empty(patterns, cells.people, cells.events)
    if not dropped.terms:
        raise ModelDidNotFit("Nothing to fit: no term has two levels with events.")
    new_place = np.cumsum(dropped.keep) - 1
    mine = dropped.keep[patterns.pattern_of_cell] & (cells.people > 0)
    repeats = cells.repeats.copy()
    repeats[cells.sizes == 0] -= cells.people[~mine].sum()  # whoever is left out had no event
    data = Grouped(
        design=design_matrix(dropped.terms, dropped.levels, dropped.codes),
        pattern=new_place[patterns.pattern_of_cell[mine]],
        exposure=patterns.exposure[mine],
        people=cells.people[mine],
        events=cells.events[mine],
        values=cells.sizes,
        repeats=repeats,
    )
    gram = data.cross_product(data.people)
    scale = np.sqrt(np.diag(gram))
    if np.linalg.matrix_rank(gram / np.outer(scale, scale), hermitian=True) < len(gram):
        raise ModelDidNotFit(CONFOUNDED)
    return data, dropped


def _estimate(data: Grouped, family: str) -> tuple[NDArray, NDArray, float, float, float]:
    """Return coefficients, their covariance, alpha, the standard error of its logarithm, log-likelihood."""
    start = np.zeros(data.design.shape[1])
    start[0] = np.log(data.events.sum() / np.sum(data.people * data.exposure))
    coef, alpha = fit_coefficients(data, start, 0.0), 0.0
    if family == "nb2":
        coef, alpha = fit_nb2(data, coef)
    mu, n_coef = data.mean(coef), len(coef)
    try:
        inverse = np.linalg.inv(joint_information(data, mu, alpha))
    except np.linalg.LinAlgError as error:
        raise ModelDidNotFit(CONFOUNDED) from error
    if not np.all(np.diag(inverse) > 0):
        raise ModelDidNotFit(CONFOUNDED)
    spread = float(np.sqrt(inverse[-1, -1]) / alpha) if alpha else 0.0
    return coef, inverse[:n_coef, :n_coef], alpha, spread, log_likelihood(data, mu, alpha)


def _level_counts(data: Grouped, dropped: Dropped) -> pd.DataFrame:
    """Count people, person-years and events at each level, from the cells."""
    sums = np.column_stack(
        [data.to_patterns(part) for part in (data.people, data.people * data.exposure, data.events)]
    )
    at_level = data.design.T @ sums  # intercept first: everybody
    rows, place = [], 1
    for term in dropped.terms:
        names = [level for _, level in design_columns([term], dropped.levels)]
        block = at_level[place : place + len(names)]
        place += len(names)
        if PRODUCT not in term:
            rows.append((term, dropped.levels[term][0], *(at_level[0] - block.sum(axis=0))))
        rows += [(term, name, *counts) for name, counts in zip(names, block, strict=True)]
    table = pd.DataFrame(rows, columns=["term", "level", "n_people", "person_years", "n_events"])
    return table.astype({"level": object, "n_people": "int64", "n_events": "int64"})
