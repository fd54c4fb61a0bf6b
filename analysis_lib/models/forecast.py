"""Forecasts of appointments per working day that must beat the same month a year before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis_lib.measures.cells import COUNT, check_columns
from analysis_lib.measures.days import add_day_counts
from analysis_lib.models.forecast_methods import BASELINE, LABELS, METHODS, ORIGINS, RECENT, SEASON

MIN_TRAIN = 2 * SEASON
INNER_TRAIN = SEASON + RECENT  # months that every method can forecast from
CHOSEN = "chosen"  # in scores: whatever was best in the months before
LEVELS = (0.80, 0.95)


class SeriesTooShort(ValueError):
    """Too few or interrupted months for a forecast; the message is fit to be shown on a page."""


@dataclass(frozen=True)
class ForecastChoice:
    """Which forecast may be shown; see `choose_forecast`.

    Attributes
    ----------
    method : str
        The method of the forecast: the one with the least error so far, where choosing so beat the
        baseline in the outer window; else the baseline.
    beats_baseline : bool
        Whether it did.
    message : str
        What the comparison showed, in a sentence.
    scores : DataFrame
        One row a method, and one ("chosen") for choosing anew at each origin, best first; see
        `score_backtest`. The forecast shown is scored by the row "chosen" where choosing beats the baseline,
        else by the baseline's.
    backtest : DataFrame
        Every forecast of the outer window, those of "chosen" too; see `backtest_forecast`.
    forecast : DataFrame
        month, days_working, per_day_working, low80, high80, low95, high95 (appointments a working day), and
        n_appointments, n_low80 ... n_high95 (appointments a month).
    """

    method: str
    beats_baseline: bool
    message: str
    scores: pd.DataFrame
    backtest: pd.DataFrame
    forecast: pd.DataFrame


def backtest_forecast(
    monthly: pd.DataFrame,
    horizon: int = 6,
    methods: Sequence[str] | None = None,
    min_train: int = MIN_TRAIN,
) -> pd.DataFrame:
    """Forecast every month after the first two years from what was known before (rolling origin).

    Parameters
    ----------
    monthly : DataFrame
        month and n_appointments, or month and per_day_working; one row a month without gaps.
    horizon : int
        Furthest step ahead, in months, 1 to 12.
    methods : sequence of str, optional
        Names in forecast_methods.METHODS; all if not given.
    min_train : int
        Months of history before the first forecast, at least 15.

    Returns
    -------
    DataFrame
        method, origin (last month known), step (1 to `horizon`), month, actual, predicted, low80, high80,
        low95, high95, error (relative: predicted / actual - 1). Appointments a working day.

    Raises
    ------
    SeriesTooShort
        If there is no month after `min_train`, or a month is missing in between.
    ValueError
        If `min_train` is under 15 or `horizon` over 12.
    """
    if min_train < INNER_TRAIN or not 1 <= horizon <= SEASON:
        raise ValueError(f"min_train is at least {INNER_TRAIN} months, and horizon 1 to {SEASON}.")
    series = _series(monthly, min_train)
    values = series["per_day_working"].to_numpy(float)
    rows = []
    for end in range(min_train, len(values)):
        steps = min(horizon, len(values) - end)
        for name in methods or METHODS:
            ahead = _intervals(name, values[:end], steps)
            rows.append(
                ahead.assign(
                    method=name,
                    origin=series["month"].iloc[end - 1],
                    step=np.arange(1, steps + 1),
                    month=series["month"].iloc[end : end + steps].to_numpy(),
                    actual=values[end : end + steps],
                )
            )
    table = pd.concat(rows, ignore_index=True)
    table["error"] = table["predicted"] / table["actual"] - 1
    first = ["method", "origin", "step", "month", "actual", "predicted"]
    return table[[*first, *table.columns.drop(first)]]


def score_backtest(backtest: pd.DataFrame) -> pd.DataFrame:
    """Score each method of a backtest.

    Parameters
    ----------
    backtest : DataFrame
        Result of `backtest_forecast`.

    Returns
    -------
    DataFrame
        method, label, n_forecasts, n_months (distinct months forecast), mape (mean absolute error relative to
        the actual value; 0.08 is 8%), bias (mean relative error), coverage80, coverage95 (share of actual
        values within the intervals), coverage_low, coverage_high (what true share that of the 95% intervals
        allows: exact binomial limits of that many months), ratio_to_baseline (of MAPE); best MAPE first. A
        month forecast from several origins counts once, by the mean of its forecasts' scores. Months in a row
        are not independent, so the limits are wide, and still narrow.
    """
    inside = {
        f"coverage{name}": backtest["actual"]
        .between(backtest[f"low{name}"], backtest[f"high{name}"])
        .astype(float)
        for name in ("80", "95")
    }
    marked = backtest.assign(mape=backtest["error"].abs(), bias=backtest["error"], **inside)
    by_month = marked.groupby(["method", "month"], sort=False)[["mape", "bias", *inside]].mean()
    groups = marked.groupby("method", sort=False)
    scores = by_month.groupby("method", sort=False).mean()
    months = groups["month"].nunique()
    held = scores["coverage95"] * months
    scores["coverage_low"], scores["coverage_high"] = proportion_confint(held, months, method="beta")
    scores.insert(0, "n_months", months)
    scores.insert(0, "n_forecasts", groups.size())
    scores.insert(0, "label", [LABELS.get(name, name) for name in scores.index])
    baseline = scores["mape"].get(BASELINE, np.nan)
    scores["ratio_to_baseline"] = scores["mape"] / baseline
    return scores.sort_values("mape", kind="stable").reset_index()


def choose_forecast(
    monthly: pd.DataFrame, horizon: int = 6, methods: Sequence[str] | None = None
) -> ForecastChoice:
    """Choose the forecast to show: what was best so far, if choosing so beats seasonal-naive; else that.

    Parameters
    ----------
    monthly : DataFrame
        month and n_appointments (appointments a month), one row a month without gaps.
    horizon : int
        Months to forecast, and the furthest step of the backtest.
    methods : sequence of str, optional
        Candidates; all in forecast_methods.METHODS if not given. The baseline always takes part.

    Returns
    -------
    ForecastChoice
        `beats_baseline` says whether a model may be shown as one.

    Raises
    ------
    SeriesTooShort
        Under 25 months, or if a month is missing in between.

    Notes
    -----
    The baseline is the same month a year before, per working day (seasonal-naive). Rolling origin: Tashman LJ
    (2000) Int J Forecast 16:437-450. A method that is scored on the months that chose it looks better than
    it is. So there are two windows: at each origin of the outer one (from two years on) the method with the
    least error in the inner one (forecasts from 15 months on, of months known by then) is taken, and its
    forecast is scored. Month totals are rates times the working days of the month to come.

    Intervals are the forecast plus and minus quantiles of t times a robust recent error: 1.4826 times the
    median absolute relative error, by step, of the method's forecasts from the last 24 origins (of which
    there are fewer in a short series: they are the degrees of freedom, and one less). So a shock
    that is over no longer widens them; nor do they allow for another. The backtest makes its intervals by
    the same rule from what was known at each origin, so that their coverage is that of the rule.
    """
    names = list(METHODS) if methods is None else list(dict.fromkeys([BASELINE, *methods]))
    series = _series(monthly, MIN_TRAIN)
    tried = backtest_forecast(series, horizon, names, INNER_TRAIN)
    outer = series["month"].iloc[MIN_TRAIN - 1]  # the first origin of the outer window
    chosen = _choose_anew(tried, sorted(tried.loc[tried["origin"] >= outer, "origin"].unique()))
    backtest = pd.concat([tried[tried["origin"] >= outer], chosen], ignore_index=True)
    scores = score_backtest(backtest)
    rows = scores.set_index("method")
    beats = rows.loc[CHOSEN, "mape"] < rows.loc[BASELINE, "mape"]
    method = _best_so_far(tried, series["month"].iloc[-1]) if beats else BASELINE
    return ForecastChoice(
        method=method,
        beats_baseline=bool(beats),
        message=_message(method, rows, horizon, bool(beats)),
        scores=scores,
        backtest=backtest,
        forecast=forecast_months(monthly, method, horizon),
    )


def _best_so_far(tried: pd.DataFrame, origin: pd.Timestamp) -> str:
    """Return the method with the least error in months known at an origin; the baseline among equals."""
    known = score_backtest(tried[tried["month"] <= origin])
    equal = known.loc[known["mape"] <= known["mape"].min() * (1 + 1e-9), "method"]
    return BASELINE if BASELINE in equal.tolist() else str(equal.iloc[0])


def _choose_anew(tried: pd.DataFrame, origins: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """Return the forecasts of whichever method was best before each origin, as a method "chosen"."""
    parts = [
        tried[(tried["origin"] == origin) & (tried["method"] == _best_so_far(tried, origin))]
        for origin in origins
    ]
    return pd.concat(parts).assign(method=CHOSEN)


def forecast_months(monthly: pd.DataFrame, method: str, horizon: int = 6) -> pd.DataFrame:
    """Forecast the months after the last by one method; the frame is `ForecastChoice.forecast`."""
    series = _series(monthly, MIN_TRAIN)
    start = series["month"].iloc[-1] + pd.DateOffset(months=1)
    months = pd.DataFrame({"month": pd.date_range(start, periods=horizon, freq="MS")})
    months = add_day_counts(months)[["month", "days_working"]]
    ahead = _intervals(method, series["per_day_working"].to_numpy(float), horizon)
    out = pd.concat([months, ahead.rename(columns={"predicted": "per_day_working"})], axis=1)
    totals = {COUNT: out["per_day_working"] * out["days_working"]}
    for name in ahead.columns.drop("predicted"):
        totals[f"n_{name}"] = out[name] * out["days_working"]
    return out.assign(**totals)


def _series(monthly: pd.DataFrame, min_train: int) -> pd.DataFrame:
    """Return month and per_day_working, sorted, checked for length and gaps."""
    check_columns(monthly, ["month"], "A forecast")
    series = monthly.sort_values("month").reset_index(drop=True)
    if "per_day_working" not in series:
        check_columns(monthly, [COUNT], "A forecast")
        series = add_day_counts(series)
        series["per_day_working"] = series[COUNT] / series["days_working"]
    needed = min_train + 1
    if len(series) < needed:
        raise SeriesTooShort(
            f"A forecast needs at least {needed} months, two years to learn from and one to be judged on; "
            f"these files have {len(series)}."
        )
    whole = pd.date_range(series["month"].iloc[0], series["month"].iloc[-1], freq="MS")
    if len(whole) != len(series) or series["month"].duplicated().any():
        raise SeriesTooShort("A forecast needs one value for every month in between; months are missing.")
    if not (series["per_day_working"] > 0).all():
        raise SeriesTooShort("A forecast needs appointments in every month; some months have none.")
    return series[["month", "per_day_working"]]


def _intervals(method: str, values: np.ndarray, steps: int) -> pd.DataFrame:
    if method not in METHODS:
        raise KeyError(f"No forecasting method {method}: choose among {', '.join(METHODS)}.")
    mean, spread = METHODS[method](values, steps)
    freedom = max(min(len(values) - INNER_TRAIN, ORIGINS) - 1, 1)
    out = pd.DataFrame({"predicted": mean})
    for level in LEVELS:
        name, width = f"{level * 100:.0f}", stats.t.ppf(0.5 + level / 2, freedom) * spread
        out[f"low{name}"], out[f"high{name}"] = np.maximum(mean - width, 0), mean + width
    return out


def _message(method: str, scores: pd.DataFrame, horizon: int, beats: bool) -> str:
    shown, baseline = scores.loc[CHOSEN], scores.loc[BASELINE]
    period = f"over {shown['n_months']} months, forecast 1 to {horizon} months ahead"
    if not beats:
        return (
            f"No model beat the {LABELS[BASELINE]}, whose mean absolute error was "
            f"{baseline['mape']:.1%} {period}; that baseline is shown."
        )
    return (
        f"The forecast is by the {LABELS[method]}. Choosing a method by the months before had a mean "
        f"absolute error of {shown['mape']:.1%} against {baseline['mape']:.1%} for the {LABELS[BASELINE]}, "
        f"{period}."
    )
