"""Next year's demand by cohort: a model and a plain baseline, with intervals, against what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, stats

from analysis_lib.measures.cells import as_columns, check_columns
from analysis_lib.measures.standard_population import sort_levels
from analysis_lib.models.demand import (
    ELIGIBLE,
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
#: Standard deviation, on the log scale, of how far a year's rates go from their trend. Stated, since one
#: earlier change cannot tell it: as much as a usual year's growth. A&E attendances in England grew by 2% a
#: year from 2008/09 to 2017/18 (NHS Digital (2018) Hospital Accident and Emergency Activity 2017-18).
PERIOD_SD = 0.02
FEWEST_KNOWN = 0.5  # conditions a person on record in the earliest year, as a part of those a year later


class YearChange(NamedTuple):
    """Change of rates between two years at equal mix of people.

    Attributes
    ----------
    ratio : float
        Later over earlier rates; 1 for none.
    se : float
        Standard error of its logarithm by the people of the earlier year.
    gradient : ndarray or None
        Derivative of its logarithm by the coefficients of the model that it was taken with.
    """

    ratio: float = 1.0
    se: float = 0.0
    gradient: NDArray[np.float64] | None = None


def predict_demand(
    fit: Fit,
    frame: pd.DataFrame,
    by: str | Sequence[str],
    change: YearChange | None = None,
    period_sd: float = 0.0,
) -> pd.DataFrame:
    """Events that a model fitted on an earlier year expects of cohorts, with 95% prediction intervals.

    `frame` is the later year, one row a person, or the `count_patterns` of their terms and `by`: the terms of
    the model, person-years, and, where known, the counts; `by` makes cohorts. `change` is that expected from
    the fitted year, as from `year_change`; none if not given. `period_sd` is the standard deviation of the
    logarithm of what a year does to all rates.

    Returns
    -------
    DataFrame
        setting, `by`, method ("model"), n_people, person_years, expected, low, high (events), observed (where
        the frame has the setting). People with a level that the model lacks are left out.

    Notes
    -----
    Variance of a cohort's events = sum of (mean + alpha' mean^2) + gradient' cov gradient + expected^2 x (se
    of the change^2 + period_sd^2), with alpha' the mean of alpha given its own uncertainty (log-normal), and
    the gradient that of the expected events, the change among them; limits are those of a negative binomial
    with that mean and variance. They take people as independent given the terms.
    """
    change = change or YearChange()
    by, setting = as_columns(by), fit.outcome
    known = [setting] if setting in frame else []
    cells, mean = _expect(fit, frame, by, known)
    mean = mean * change.ratio
    people = cells[PEOPLE].to_numpy(float)
    group, table = _cohorts(cells, by, people)
    expected = np.bincount(group, people * mean)
    alpha = fit.alpha * np.exp(fit.alpha_se_log**2 / 2)
    gradient = _sum_gradient(fit, cells, people * mean, group)
    if change.gradient is not None:
        gradient += expected[:, None] * change.gradient
    spread = expected + alpha * np.bincount(group, people * mean**2)
    spread += expected**2 * (change.se**2 + period_sd**2)
    spread += np.einsum("ij,jk,ik->i", gradient, fit.covariance()[0], gradient)
    if known:
        table["observed"] = np.bincount(group, cells[setting]).astype("int64")
    return _finish(table, setting, "model", by, expected, spread)


def carry_forward(
    before: pd.DataFrame,
    frame: pd.DataFrame,
    setting: str,
    by: str | Sequence[str],
    change: YearChange | None = None,
    period_sd: float = 0.0,
) -> pd.DataFrame:
    """Plain baseline: last year's rate of each cohort times this year's person-years (and a change).

    Takes the earlier and the later year, one row a person, and the rest as `predict_demand`, the change as
    from `cohort_change`. Returns what that does, with method `NAIVE`; cohorts that had no person-time in the
    earlier year have no prediction. Variance between people is taken from the earlier year, for its rate and
    for the later events alike.
    """
    change = change or YearChange()
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
    expected = (both["rate"] * both["person_years"]).to_numpy() * change.ratio
    spread = both["per_year"] * both["person_years"] * (1 + both["person_years"] / both["years_before"])
    # A cohort in which nobody, or everybody alike, had events still varies as counts do.
    spread = np.maximum(spread.to_numpy() * change.ratio**2, expected)
    spread += expected**2 * (change.se**2 + period_sd**2)
    return _finish(table, setting, NAIVE, by, expected, spread)


def year_change(fit: Fit, earliest: pd.DataFrame) -> YearChange:
    """Change of rates from an earlier year to the fitted one, at equal mix of people.

    What the model expects of the earlier year's people (rows as for `predict_demand`), over what they had.
    The people's own age and conditions are in both, so that no change of mix is counted: a prediction for
    other people brings that in itself.

    Raises
    ------
    ModelDidNotFit
        If there were no events in the earlier year, or its people have less than half as many conditions on
        record as the fitted ones: then records begin late, and they would look healthier than they were.
    """
    cells, mean = _expect(fit, earliest, [], [fit.outcome])
    flags = [term for term in fit.terms if term.startswith("has_")]
    known = fit.level_counts[fit.level_counts["term"].isin(flags) & (fit.level_counts["level"] == True)]  # noqa: E712
    held = sum(cells.loc[cells[flag] == True, PEOPLE].sum() for flag in flags)  # noqa: E712
    if flags and held / cells[PEOPLE].sum() < FEWEST_KNOWN * known["trials"].sum() / fit.n_trials:
        raise ModelDidNotFit("Few conditions are on record on the first day of the earliest year.")
    people, events = cells[PEOPLE].to_numpy(float), cells[fit.outcome].to_numpy(float)
    if not events.sum() > 0:
        raise ModelDidNotFit(f"{fit.outcome} has no events in the earlier year: no change can be given.")
    ratio = (people @ mean) / events.sum()
    own = mean / ratio
    se = np.sqrt(people @ (own + fit.alpha * own**2)) / events.sum()
    gradient = _sum_gradient(fit, cells, people * mean, np.zeros(len(cells), "int64"))[0] / (people @ mean)
    return YearChange(float(ratio), float(se), gradient)


def cohort_change(
    earliest: pd.DataFrame, before: pd.DataFrame, setting: str, by: str | Sequence[str]
) -> YearChange:
    """Change of rates between two years at equal mix of cohorts.

    What the later rates of each would have made of the earlier person-time, over the earlier events. The
    standard error takes the people of the two years as independent; they are largely the same, so it is too
    large rather than too small.

    Raises
    ------
    ModelDidNotFit
        If there are no events in one of the years.
    """
    by = as_columns(by)
    parts, left = [], []
    for part in (earliest, before):
        counts, years = part[setting].to_numpy(float), check_exposure(part[YEARS])
        if not counts.sum() > 0:
            raise ModelDidNotFit(f"{setting} has no events in one of the years: no change can be given.")
        group, table = _cohorts(part, by)
        table["events"] = np.bincount(group, counts)
        rate = (table["events"] / table["person_years"]).to_numpy()
        parts.append(table.assign(rate=rate).set_index(by))
        left.append(np.sum((counts - rate[group] * years) ** 2) / counts.sum() ** 2)
    both = parts[0].join(parts[1]["rate"].rename("later"), how="inner")
    ratio = (both["later"] * both["person_years"]).sum() / both["events"].sum()
    return YearChange(float(ratio), float(np.sqrt(sum(left))))


def predict_next_year(
    earliest: pd.DataFrame,
    before: pd.DataFrame,
    frame: pd.DataFrame,
    settings: Sequence[str],
    terms: Sequence[str],
    by: str,
    reference: Mapping[str, Any] | None = None,
    cluster: str | None = None,
    period_sd: float = PERIOD_SD,
) -> pd.DataFrame:
    """Predict a year from the one before, by model and by last year's rate, each with the change before that.

    `earliest`, `before` and `frame`, the year to predict, are three years in a row from `add_interactions`,
    each with what was known of its people on its first day. `cluster` is as for `fit_settings`. Returns what
    `predict_demand` does, of the people whose terms are recorded. Settings without a model, or without
    contacts in one of the years before, have no row.

    Raises
    ------
    KeyError
        If a year lacks a term.
    ModelDidNotFit
        If no setting has a row: where nobody's conditions are known on the first day of all, too.

    Notes
    -----
    The change between the two earlier years is taken at equal mix (`year_change`, `cohort_change`), since the
    mix of the year to predict is in its people. Both this change and the next go from their trend by
    `period_sd`, so a prediction has sqrt(2) of it: rates as a random walk about a trend.
    """
    fits = fit_settings(before, settings, terms, reference, cluster)
    (before, kept), tables = keep_recorded(before, terms), []
    for year in (earliest, frame):
        check_columns(year, [*kept, by, YEARS], "A prediction of next year")
    earliest, frame = earliest.dropna(subset=kept), frame.dropna(subset=kept)
    apart, made = np.sqrt(2) * period_sd, list(fits)
    # Counted once for all settings: those who can use one are told by what stands in the cells.
    alike = dict.fromkeys([*(t for fit in fits.values() for t in fit.design.levels), by])
    alike |= dict.fromkeys(column for setting in made for column in ELIGIBLE.get(setting, {}))
    cells = [count_patterns(year, list(alike), made) for year in (earliest, frame)]
    for setting, fit in fits.items():
        first, then, now = (eligible(year, setting) for year in (earliest, before, frame))
        cells_first, cells_now = (eligible(year, setting) for year in cells)
        try:
            changes = year_change(fit, cells_first), cohort_change(first, then, setting, by)
        except ModelDidNotFit:
            continue
        tables += [
            predict_demand(fit, cells_now, by, changes[0], apart),
            carry_forward(then, now, setting, by, changes[1], apart),
        ]
    if not tables:
        raise ModelDidNotFit(
            "There are too few contacts in these years, or too little is known of the people on the first "
            "day of the earliest, to say what the next would bring."
        )
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


def _expect(
    fit: Fit, frame: pd.DataFrame, by: Sequence[str], counts: Sequence[str]
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return people who are alike in the terms and in `by`, those whom the model knows, and their means."""
    cells = frame
    if PEOPLE not in frame:
        cells = count_patterns(frame, list(dict.fromkeys([*fit.design.levels, *by])), counts)
    mean = expected_counts(fit, cells)
    return cells[np.isfinite(mean)], mean[np.isfinite(mean)]


def _sum_gradient(
    fit: Fit, cells: pd.DataFrame, mean: NDArray[np.float64], group: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the derivative of each group's expected events by the coefficients."""
    member = sparse.csr_array((mean, (group, np.arange(len(group)))))
    return (member @ fit.design.matrix(fit.design.code(cells))).toarray()


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
