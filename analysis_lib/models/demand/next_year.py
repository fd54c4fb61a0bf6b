"""Next year's demand by cohort: a model and plain baselines, with intervals, against what happened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis_lib.measures.cells import as_columns, check_columns
from analysis_lib.measures.standard_population import sort_levels
from analysis_lib.models.attendance import ModelDidNotFit
from analysis_lib.models.demand.fit import DemandFit
from analysis_lib.models.demand.patterns import check_exposure
from analysis_lib.models.demand.rows import rows_of, sum_by_group


def predict_demand(
    fit: DemandFit,
    frame: pd.DataFrame,
    by: str | Sequence[str],
    exposure: str = "years_at_risk",
    change: float = 1.0,
    change_se: float = 0.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Events that a model fitted on an earlier year expects of cohorts, with prediction intervals.

    Parameters
    ----------
    fit : DemandFit
        Fitted on an earlier year.
    frame : DataFrame
        The later year, one row a person: the terms of the model, person-years, and, where known, the counts.
    by : str or sequence of str
        What makes a cohort.
    exposure : str
        Column of person-years.
    change, change_se : float
        Expected change from the fitted year (1 = none) and the standard error of its logarithm, as from
        `year_change` of the two years before.
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        setting, `by`, method ("model"), n_people, person_years, expected, low, high (events), observed (where
        the frame has the setting). People with a level that the model lacks are left out.

    Raises
    ------
    KeyError
        If a column is absent.

    Notes
    -----
    Variance of a cohort's events = sum of (mean + alpha' mean^2) + gradient' cov gradient + (expected x
    change_se)^2, with alpha' the mean of alpha given its own uncertainty (log-normal); limits are those of a
    negative binomial with that mean and variance. They take people as independent given the terms, and do not
    know of a change between years unless they are told.
    """
    by = as_columns(by)
    check_columns(frame, by, "Next year's demand")
    rows = rows_of(fit, frame, exposure)
    group, table = _cohorts(frame.iloc[rows.where], by, rows.exposure)
    n_groups = len(table)
    mean = rows.mean * change
    expected = np.bincount(group, mean, n_groups)
    alpha = fit.alpha * np.exp(fit.alpha_se_log**2 / 2)
    gradient = sum_by_group(fit, rows, group, n_groups, mean)
    spread = expected + alpha * np.bincount(group, mean**2, n_groups)
    spread += np.einsum("ij,jk,ik->i", gradient, fit.cov, gradient) + (expected * change_se) ** 2
    if fit.setting in frame:
        counts = frame[fit.setting].to_numpy(float)[rows.where]
        table["observed"] = np.bincount(group, counts, n_groups).astype("int64")
    return _finish(table, fit.setting, "model", by, expected, spread, level)


def carry_forward(
    before: pd.DataFrame,
    frame: pd.DataFrame,
    setting: str,
    by: str | Sequence[str],
    exposure: str = "years_at_risk",
    change: float = 1.0,
    change_se: float = 0.0,
    method: str = "last year's rate",
    level: float = 0.95,
) -> pd.DataFrame:
    """Plain baseline: last year's rate of each cohort times this year's person-years (and a change).

    Parameters
    ----------
    before, frame : DataFrame
        The earlier and the later year, one row a person.
    setting : str
        Column of counts; `frame` may lack it.
    by, exposure, change, change_se, level
        As for `predict_demand`.
    method : str
        What the result calls it, such as "last year's rate, changed as the year before".

    Returns
    -------
    DataFrame
        As `predict_demand`. Cohorts that had no person-time in the earlier year have no prediction.

    Notes
    -----
    Variance between people is taken from the earlier year, for its rate and for the later events alike.
    """
    by = as_columns(by)
    check_columns(before, [*by, setting, exposure], "A baseline")
    check_columns(frame, [*by, exposure], "A baseline")
    years = check_exposure(before[exposure])
    old_group, old = _cohorts(before, by, years)
    counts = before[setting].to_numpy(float)
    old["rate"] = np.bincount(old_group, counts, len(old)) / old["person_years"]
    left = counts - old["rate"].to_numpy()[old_group] * years
    old["per_year"] = np.bincount(old_group, left**2, len(old)) / old["person_years"]
    group, table = _cohorts(frame, by, check_exposure(frame[exposure]))
    if setting in frame:
        counts = frame[setting].to_numpy(float)
        table["observed"] = np.bincount(group, counts, len(table)).astype("int64")
    both = table.merge(
        old.rename(columns={"person_years": "years_before"}).drop(columns="n_people"), on=by, how="left"
    )
    expected = (both["rate"] * both["person_years"]).to_numpy() * change
    spread = both["per_year"] * both["person_years"] * (1 + both["person_years"] / both["years_before"])
    # A cohort in which nobody, or everybody alike, had events still varies as counts do.
    spread = np.maximum(spread.to_numpy() * change**2, expected) + (expected * change_se) ** 2
    return _finish(table, setting, method, by, expected, spread, level)


def year_change(
    before: pd.DataFrame, frame: pd.DataFrame, setting: str, exposure: str = "years_at_risk"
) -> tuple[float, float]:
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
        counts, years = part[setting].to_numpy(float), check_exposure(part[exposure])
        if not counts.sum() > 0:
            raise ModelDidNotFit(f"{setting} has no events in one of the years: no change can be given.")
        rates.append(counts.sum() / years.sum())
        errors.append(np.sqrt(np.sum((counts - rates[-1] * years) ** 2)) / counts.sum())
    return float(rates[1] / rates[0]), float(np.hypot(*errors))


def score_demand(predictions: pd.DataFrame, fewest: int = 10) -> pd.DataFrame:
    """Compare predictions of cohorts with what happened.

    Parameters
    ----------
    predictions : DataFrame
        Results of `predict_demand` and `carry_forward` together, with observed.
    fewest : int
        Cohorts with fewer observed events are left out: a percentage of them says nothing.

    Returns
    -------
    DataFrame
        setting, method, n_cohorts, observed, expected (events of all cohorts), mape (mean absolute error as a
        share of observed), weighted_error (sum of absolute errors over sum of observed), covered (share of
        cohorts whose interval holds what happened), n_covered.

    Raises
    ------
    KeyError
        If there is nothing observed to compare with.
    """
    check_columns(predictions, ["observed", "expected", "low", "high", "method"], "A comparison")
    kept = predictions[predictions["expected"].notna() & (predictions["observed"] >= fewest)]
    error = (kept["expected"] - kept["observed"]).abs()
    inside = (kept["low"] <= kept["observed"]) & (kept["observed"] <= kept["high"])
    parts = kept.assign(error=error, relative=error / kept["observed"], inside=inside)
    out = (
        parts.groupby(["setting", "method"], sort=False)
        .agg(
            n_cohorts=("observed", "size"),
            observed=("observed", "sum"),
            expected=("expected", "sum"),
            mape=("relative", "mean"),
            error=("error", "sum"),
            covered=("inside", "mean"),
            n_covered=("inside", "sum"),
        )
        .reset_index()
    )
    out.insert(6, "weighted_error", out.pop("error") / out["observed"])
    return out


def _cohorts(
    frame: pd.DataFrame, by: list[str], years: NDArray[np.float64]
) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Return each row's cohort, and a table of cohorts with people and person-years."""
    if frame[by].isna().to_numpy().any():
        raise ValueError("Some people have no cohort: give them a level of their own ('not stated').")
    grouped = frame.groupby(by, observed=True, sort=True)
    group = grouped.ngroup().to_numpy()
    table = grouped.size().rename("n_people").reset_index()
    return group, table.assign(person_years=np.bincount(group, years, len(table)))


def _finish(
    table: pd.DataFrame,
    setting: str,
    method: str,
    by: list[str],
    expected: NDArray[np.float64],
    spread: NDArray[np.float64],
    level: float,
) -> pd.DataFrame:
    # A variance just above the mean is a Poisson count; scipy needs it to be above.
    spread = np.maximum(spread, expected * (1 + 1e-9))
    size = expected**2 / (spread - expected)
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = (stats.nbinom.ppf(tail, size, expected / spread) for tail in tails)
    out = table.assign(setting=setting, method=method, expected=expected, low=low, high=high)
    last = ["observed"] if "observed" in table else []
    columns = ["setting", *by, "method", "n_people", "person_years", "expected", "low", "high", *last]
    return sort_levels(out, by)[columns]
