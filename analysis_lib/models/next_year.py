"""Next year's demand by cohort: a model and a plain baseline, with intervals, against what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, stats

from analysis_lib.measures.cells import as_columns, check_columns
from analysis_lib.measures.standard_population import sort_levels
from analysis_lib.models.demand import (
    PEOPLE,
    YEARS,
    check_exposure,
    count_patterns,
    eligible,
    expected_counts,
    fit_settings,
    keep_recorded,
)
from analysis_lib.models.regression import Fit, ModelDidNotFit

NAIVE = "rate of last year"


def predict_demand(
    fit: Fit,
    frame: pd.DataFrame,
    by: str | Sequence[str],
    change: float = 1.0,
    change_se: float = 0.0,
) -> pd.DataFrame:
    """Events that a model fitted on an earlier year expects of cohorts, with 95% prediction intervals.

    `frame` is the later year, one row a person: the terms of the model, person-years, and, where known, the
    counts; `by` makes cohorts. `change` is that expected from the fitted year (1 = none), with the standard
    error of its logarithm, as from `year_change` of the two years before.

    Returns
    -------
    DataFrame
        setting, `by`, method ("model"), n_people, person_years, expected, low, high (events), observed (where
        the frame has the setting). People with a level that the model lacks are left out.

    Notes
    -----
    Variance of a cohort's events = sum of (mean + alpha' mean^2) + gradient' cov gradient + (expected x
    change_se)^2, with alpha' the mean of alpha given its own uncertainty (log-normal); limits are those of a
    negative binomial with that mean and variance. They take people as independent given the terms, and do not
    know of a change between years unless they are told.
    """
    by, setting = as_columns(by), fit.outcome
    known = [setting] if setting in frame else []
    cells = count_patterns(frame, list(dict.fromkeys([*fit.design.levels, *by])), known)
    mean = expected_counts(fit, cells)
    cells, mean = cells[np.isfinite(mean)], mean[np.isfinite(mean)] * change
    people = cells[PEOPLE].to_numpy(float)
    group, table = _cohorts(cells, by, people)
    expected = np.bincount(group, people * mean)
    alpha = fit.alpha * np.exp(fit.alpha_se_log**2 / 2)
    member = sparse.csr_array((people * mean, (group, np.arange(len(group)))))
    gradient = (member @ fit.design.matrix(fit.design.code(cells))).toarray()
    spread = expected + alpha * np.bincount(group, people * mean**2) + (expected * change_se) ** 2
    spread += np.einsum("ij,jk,ik->i", gradient, fit.covariance()[0], gradient)
    if known:
        table["observed"] = np.bincount(group, cells[setting]).astype("int64")
    return _finish(table, setting, "model", by, expected, spread)


def carry_forward(
    before: pd.DataFrame,
    frame: pd.DataFrame,
    setting: str,
    by: str | Sequence[str],
    change: float = 1.0,
    change_se: float = 0.0,
) -> pd.DataFrame:
    """Plain baseline: last year's rate of each cohort times this year's person-years (and a change).

    Takes the earlier and the later year, one row a person, and returns what `predict_demand` does, with
    method `NAIVE`; cohorts that had no person-time in the earlier year have no prediction. Variance between
    people is taken from the earlier year, for its rate and for the later events alike.
    """
    by = as_columns(by)
    for part, columns in ((before, [*by, setting, YEARS]), (frame, [*by, YEARS])):
        check_columns(part, columns, "A baseline")
        check_exposure(part[YEARS])
    group, old = _cohorts(before, by)
    counts, years = before[setting].to_numpy(float), before[YEARS].to_numpy(float)
    old["rate"] = np.bincount(group, counts) / old["person_years"]
    left = counts - old["rate"].to_numpy()[group] * years
    old["per_year"] = np.bincount(group, left**2) / old["person_years"]
    group, table = _cohorts(frame, by)
    if setting in frame:
        table["observed"] = np.bincount(group, frame[setting]).astype("int64")
    old = old.rename(columns={"person_years": "years_before"}).drop(columns=PEOPLE)
    both = table.merge(old, on=by, how="left")
    expected = (both["rate"] * both["person_years"]).to_numpy() * change
    spread = both["per_year"] * both["person_years"] * (1 + both["person_years"] / both["years_before"])
    # A cohort in which nobody, or everybody alike, had events still varies as counts do.
    spread = np.maximum(spread.to_numpy() * change**2, expected) + (expected * change_se) ** 2
    return _finish(table, setting, NAIVE, by, expected, spread)


def year_change(before: pd.DataFrame, frame: pd.DataFrame, setting: str) -> tuple[float, float]:
    """Ratio of the overall rate between two years, and the standard error of its logarithm.

    The standard error takes the people of the two years as independent; they are largely the same, so it is
    too large rather than too small.

    Raises
    ------
    ModelDidNotFit
        If there are no events in one of the years.
    """
    rates, errors = [], []
    for part in (before, frame):
        counts, years = part[setting].to_numpy(float), check_exposure(part[YEARS])
        if not counts.sum() > 0:
            raise ModelDidNotFit(f"{setting} has no events in one of the years: no change can be given.")
        rates.append(counts.sum() / years.sum())
        errors.append(np.sqrt(np.sum((counts - rates[-1] * years) ** 2)) / counts.sum())
    return float(rates[1] / rates[0]), float(np.hypot(*errors))


def predict_next_year(
    earliest: pd.DataFrame,
    before: pd.DataFrame,
    frame: pd.DataFrame,
    settings: Sequence[str],
    terms: Sequence[str],
    by: str,
    reference: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Predict a year from the one before, by model and by last year's rate, each with the change before that.

    `before` and `frame`, the year to predict, come from `add_interactions`; of `earliest`, the year before
    these, only person-years and counts are needed. Returns what `predict_demand` does, of the people whose
    terms are recorded; the change is that of everybody's rate. Settings without a model, or without contacts
    in one of the years before, have no row.

    Raises
    ------
    ModelDidNotFit
        If no setting has a row.
    """
    fits = fit_settings(before, settings, terms, reference)
    (before, kept), tables = keep_recorded(before, terms), []
    frame = frame.dropna(subset=kept)
    for setting, fit in fits.items():
        try:
            change = year_change(earliest, before, setting)
        except ModelDidNotFit:
            continue
        now, then = eligible(frame, setting), eligible(before, setting)
        tables += [predict_demand(fit, now, by, *change), carry_forward(then, now, setting, by, *change)]
    if not tables:
        raise ModelDidNotFit("There are too few contacts in these years to say what the next would bring.")
    return pd.concat(tables, ignore_index=True)


def score_demand(predictions: pd.DataFrame, fewest: int = 10) -> pd.DataFrame:
    """Compare predictions of cohorts with what happened.

    Cohorts with fewer observed events than `fewest` are left out: a percentage of them says nothing.

    Returns
    -------
    DataFrame
        setting, method, n_cohorts, observed, expected (events of all cohorts), mape (mean absolute error as a
        share of observed), weighted_error (sum of absolute errors over sum of observed), covered (share of
        cohorts whose interval holds what happened), n_covered.
    """
    check_columns(predictions, ["observed", "expected", "low", "high", "method"], "A comparison")
    kept = predictions[predictions["expected"].notna() & (predictions["observed"] >= fewest)]
    error = (kept["expected"] - kept["observed"]).abs()
    inside = kept["observed"].between(kept["low"], kept["high"])
    scored = kept.assign(error=error, mape=error / kept["observed"], inside=inside)
    out = scored.groupby(["setting", "method"], sort=False).agg(
        n_cohorts=("observed", "size"),
        observed=("observed", "sum"),
        expected=("expected", "sum"),
        mape=("mape", "mean"),
        weighted_error=("error", "sum"),
        covered=("inside", "mean"),
        n_covered=("inside", "sum"),
    )
    return out.assign(weighted_error=out["weighted_error"] / out["observed"]).reset_index()


def _cohorts(
    frame: pd.DataFrame, by: list[str], people: NDArray[np.float64] | float = 1.0
) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Return each row's cohort, and a table of cohorts with people and person-years."""
    if frame[by].isna().to_numpy().any():
        raise ValueError("Some people have no cohort: give them a level of their own ('not stated').")
    grouped = (
        frame[by].assign(**{PEOPLE: people, "person_years": frame[YEARS] * people}).groupby(by, observed=True)
    )
    return grouped.ngroup().to_numpy(), grouped.sum().reset_index().astype({PEOPLE: "int64"})


def _finish(
    table: pd.DataFrame,
    setting: str,
    method: str,
    by: list[str],
    expected: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> pd.DataFrame:
    """Add limits: those of a negative binomial with this mean and variance."""
    # A variance just above the mean is a Poisson count; scipy needs it to be above.
    spread = np.maximum(spread, expected * (1 + 1e-9))
    some = expected > 0  # where none is expected, none comes; what is not known stays so
    low, high = 0 * expected, 0 * expected
    mean, spread = expected[some], spread[some]
    for limit, tail in ((low, 0.025), (high, 0.975)):
        limit[some] = stats.nbinom.ppf(tail, mean**2 / (spread - mean), mean / spread)
    out = table.assign(setting=setting, method=method, expected=expected, low=low, high=high)
    last = ["observed"] if "observed" in table else []
    columns = ["setting", *by, "method", PEOPLE, "person_years", "expected", "low", "high", *last]
    return sort_levels(out, by)[columns]
