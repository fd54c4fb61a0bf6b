"""XmR charts with the rules and icons of NHS England's "Making Data Count"."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from statsmodels.regression.quantile_regression import QuantReg

from analysis_lib.dates import as_month
from analysis_lib.measures.cells import TooFewPoints, check_columns

LIMIT_FACTOR = 2.66  # 3 / d2 for moving ranges of two points
SCREEN_FACTOR = 3.267  # upper limit of a moving range, in mean moving ranges
MIN_POINTS = 12
RUN_LENGTH = 7
NEAR_LIMIT = 2 / 3  # of the way from the mean to a limit
NONE = "none"
SEASON = 12
FAR_OUT = 4  # standard deviations: months that say nothing of the season
LEAST_AROUND_STEP = 6  # months before and after a step
STEP_P = 0.01
REMOVED, LEFT_IN = "removed", "left in"


def adjust_season(values: pd.DataFrame) -> pd.DataFrame:
    """Take the season out of a monthly series, and say whether its level changed in one step.

    Parameters
    ----------
    values : DataFrame
        month (datetime) and value (float), one row a month.

    Returns
    -------
    DataFrame
        Sorted by month: month, value (adjusted), as_counted, season ("removed", or "left in" where a
        calendar month has fewer than two values, or all have fewer than 24) and step ("up" or "down" at the
        first month of a new level, else "none"). Units are those of `value`; the mean stays as it was.

    Notes
    -----
    Least squares on twelve calendar months and a straight line; the calendar months' part, less its mean, is
    taken away. Months more than four robust standard deviations from the line of least absolute deviations
    say nothing of the season, while two others are left of their calendar month: a shock would leave a shadow
    in every year. Of series of 30 months of noise round a season, 6.6% of months then signal in `xmr_limits`,
    as 4.4% do where there is no season, and a step of two standard deviations nine months ago is marked in
    90%; of differences from the year before, 2.4% signal and 35% of steps are marked; after STL of
    statsmodels (period 12), 97% of months signal: it follows so short a series. Where a month's chance
    carries on into the next (autocorrelation 0.4), 27% signal, as 19% do without a season. With two
    values of a calendar month, one that stands out still leaves half of itself to the other.

    A step is the month (six from either end at least) that best divides the series with season and line
    fitted beside it, where its t-test has p < 0.01 after Bonferroni's correction for all months tried. It
    was said of 2% of such series without one, of more (up to 16%) where a month's chance carries on into
    the next (autocorrelation 0.4), and found 43% of steps of two standard deviations in 36 months.
    """
    check_columns(values, ["month", "value"], "A seasonal adjustment")
    chart = values[["month", "value"]].sort_values("month").reset_index(drop=True)
    counted = chart["value"].to_numpy(float)
    known = np.isfinite(counted)
    month = pd.DatetimeIndex(chart["month"])
    position = (month.month.to_numpy() - 1, (month.year * SEASON + month.month).to_numpy(float))
    chart = chart.assign(as_counted=counted, season=LEFT_IN, step=NONE)
    each = np.bincount(position[0][known], minlength=SEASON)
    if known.sum() < 2 * SEASON or each.min() < 2:
        return chart
    line = position[1] - position[1][known].mean()
    design = np.column_stack([np.eye(SEASON)[position[0]], line])
    usual = known.copy()
    usual[known] = _not_far_out(design[known], counted[known])
    at, change, coef = _find_step(design[usual], counted[usual])
    factor = coef[:SEASON] - coef[:SEASON].mean()
    adjusted = counted - factor[position[0]]
    adjusted += np.nanmean(counted) - np.nanmean(adjusted)
    if at is not None:
        chart.loc[np.flatnonzero(usual)[at], "step"] = "up" if change > 0 else "down"
    return chart.assign(value=adjusted, season=REMOVED)


def _not_far_out(design: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the values that tell of the season; two at least of each calendar month."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it stopped early: which values are far out is seen long before
        line = QuantReg(values, design).fit(q=0.5, max_iter=500).params
    off = np.abs(values - design @ line)
    # As many as there are coefficients are met exactly, and tell nothing of the spread.
    spread = np.median(np.sort(off)[design.shape[1] :]) / stats.norm.ppf(0.75)
    usual = off <= FAR_OUT * spread + 1e-6 * np.ptp(values)
    months = design[:, :SEASON]
    return usual | (months @ (months.T @ usual) < 2)


def _find_step(
    design: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[int | None, float, NDArray[np.float64]]:
    """Return where a step is (None if nowhere), its size, and the coefficients of the design beside it."""
    n = len(values)
    plain = np.linalg.lstsq(design, values, rcond=None)[0]
    best, t_best = (None, 0.0, plain), 0.0
    places = range(LEAST_AROUND_STEP, n - LEAST_AROUND_STEP + 1)
    # Without the parts that the design explains, a step is a regression on one variable.
    left = values - design @ plain
    freedom = n - design.shape[1] - 1
    for place in places:
        step = (np.arange(n) >= place).astype(float)
        own = step - design @ np.linalg.lstsq(design, step, rcond=None)[0]
        size = own @ own
        if size < 1e-8 * n:  # season and line say the same
            continue
        change = own @ left / size
        spread = np.sqrt(np.sum((left - change * own) ** 2) / freedom / size)
        if abs(change) > max(t_best * spread, 1e-9 * np.abs(values).max()):
            t_best = abs(change) / spread if spread > 0 else np.inf
            best = (place, float(change), np.linalg.lstsq(design, values - change * step, rcond=None)[0])
    p = 2 * stats.t.sf(t_best, freedom) * len(places)
    return best if p < STEP_P else (None, 0.0, plain)


def xmr_limits(values: pd.DataFrame, rebase: str | pd.Timestamp | Sequence | None = None) -> pd.DataFrame:
    """Limits and special-cause signals of an XmR chart.

    Parameters
    ----------
    values : DataFrame
        month (datetime) and value (float), one row a month; or the result of `adjust_season`, whose other
        columns are kept. A month whose value is missing is a gap: it has no moving range, nor has the next.
    rebase : month or sequence of months, optional
        First month of each new set of limits. Only at a stated date, for a known change; else at the step
        that `adjust_season` found, if each side has 12 values.

    Returns
    -------
    DataFrame
        Sorted by month: month, value, moving_range, mean, lower, upper, signal, direction. `signal` is none,
        outside (beyond a limit), run (7 in a row on one side of the mean), trend (7 in a row rising or
        falling) or near_limit (2 of 3 in a row beyond two thirds of the way to the same limit); where several
        apply the first of these. Every point of a run or trend is marked. `direction` is none, high or low
        (of a trend: rising or falling). Units are those of `value`.

    Raises
    ------
    TooFewPoints
        If any set of limits has fewer than 12 values.
    ValueError
        If a month occurs twice, or a rebase month is not in the data.

    Notes
    -----
    Mean +/- 2.66 x mean moving range; moving ranges above 3.267 x their mean are left out of that mean, once.
    A point on the mean ends a run; two equal values end a trend. NHS England, Making Data Count
    (Strengthening your decisions, 2019); Provost LP, Murray SK (2011) The Health Care Data Guide, chapter 5.
    """
    check_columns(values, ["month", "value"], "An XmR chart")
    kept = [name for name in ("month", "value", "as_counted", "season", "step") if name in values]
    chart = values[kept].sort_values("month").reset_index(drop=True)
    if chart["month"].duplicated().any():
        raise ValueError("An XmR chart takes one value a month: sum or average the rows of a month first.")
    segment = _segments(chart["month"], _at_step(chart) if rebase is None else rebase)
    parts = [_one_segment(chart[segment == number]) for number in range(segment.max(initial=0) + 1)]
    return pd.concat(parts, ignore_index=True)


def _at_step(chart: pd.DataFrame) -> pd.Timestamp | None:
    """Return the month of a step with enough values on either side for limits of their own."""
    if "step" not in chart or not (steps := chart.index[chart["step"] != NONE]).any():
        return None
    values = chart["value"].to_numpy(float)
    n_each = [np.isfinite(part).sum() for part in np.split(values, [steps[0]])]
    return chart.loc[steps[0], "month"] if min(n_each) >= MIN_POINTS else None


def _segments(months: pd.Series, rebase: str | pd.Timestamp | Sequence | None) -> NDArray[np.int64]:
    if rebase is None:
        return np.zeros(len(months), dtype="int64")
    given = list(rebase) if isinstance(rebase, Sequence) and not isinstance(rebase, str) else [rebase]
    starts = sorted({as_month(date, "rebase") for date in given})
    for start in starts:
        if not (months == start).any():
            raise ValueError(f"The chart has no month {start:%Y-%m} to rebase at.")
    return np.searchsorted(np.array(starts, dtype="datetime64[ns]"), months.to_numpy(), side="right")


def _one_segment(chart: pd.DataFrame) -> pd.DataFrame:
    values = chart["value"].to_numpy(float)
    n_values = int(np.isfinite(values).sum())
    if n_values < MIN_POINTS:
        raise TooFewPoints(
            f"Usual movement is judged from at least {MIN_POINTS} months, and these files have {n_values}."
        )
    ranges = np.abs(np.diff(values, prepend=np.nan))
    month = pd.DatetimeIndex(chart["month"]).to_period("M").astype("int64")
    ranges[np.diff(month, prepend=month[0]) > 1] = np.nan  # a gap in the months is not a moving range
    if not np.isfinite(ranges).any():
        raise TooFewPoints("An XmR chart needs months that follow each other: none do here.")
    screened = ranges[ranges <= SCREEN_FACTOR * np.nanmean(ranges)]
    mean, half = np.nanmean(values), LIMIT_FACTOR * screened.mean()
    signal, direction = _signals(values, mean, half)
    return chart.assign(
        moving_range=ranges,
        mean=mean,
        lower=mean - half,
        upper=mean + half,
        signal=signal,
        direction=direction,
    )


def _signals(values: NDArray[np.float64], mean: float, half: float) -> tuple[list[str], list[str]]:
    present = np.isfinite(values)
    x = values[present]
    side = np.sign(x - mean)
    step = np.sign(np.diff(x))
    rules = {
        "outside": np.where(np.abs(x - mean) > half, side, 0),
        "run": _in_a_row(side, RUN_LENGTH),
        "trend": _spread_back(_in_a_row(step, RUN_LENGTH - 1)),
        "near_limit": _two_of_three(np.where(np.abs(x - mean) > NEAR_LIMIT * half, side, 0)),
    }
    signal, direction = np.full(len(values), NONE, object), np.full(len(values), NONE, object)
    for name, marks in reversed(rules.items()):  # the first rule is written last, so it wins
        hit = np.flatnonzero(present)[marks != 0]
        signal[hit] = name
        direction[hit] = np.where(marks[marks != 0] > 0, "high", "low")
    return signal.tolist(), direction.tolist()


def _in_a_row(signs: NDArray, length: int) -> NDArray:
    """Mark (+1 or -1) every member of a row of at least `length` equal signs that are not 0."""
    marks = np.zeros(len(signs))
    start = 0
    for end in range(1, len(signs) + 1):
        if end == len(signs) or signs[end] != signs[start]:
            if end - start >= length and signs[start] != 0:
                marks[start:end] = signs[start]
            start = end
    return marks


def _spread_back(marks: NDArray) -> NDArray:
    """Turn marks on steps between points into marks on the points: a step has a point at either end."""
    points = np.zeros(len(marks) + 1)
    points[1:] = marks
    starts = np.flatnonzero((points[1:] != 0) & (points[:-1] == 0))
    points[starts] = points[starts + 1]
    return points


def _two_of_three(near: NDArray) -> NDArray:
    marks = np.zeros(len(near))
    for start in range(len(near) - 2):
        for sign in (1, -1):
            hits = start + np.flatnonzero(near[start : start + 3] == sign)
            if len(hits) >= 2:
                marks[hits] = sign
    return marks


def variation_icon(chart: pd.DataFrame, higher_is_better: bool | None = None) -> str:
    """Name the variation icon of the latest month.

    Parameters
    ----------
    chart : DataFrame
        Result of `xmr_limits`.
    higher_is_better : bool or None
        None where neither direction is better.

    Returns
    -------
    str
        common, special_improvement, special_concern, or special_neutral_high / special_neutral_low.
    """
    latest = chart.dropna(subset=["value"]).iloc[-1]
    if latest["signal"] == NONE:
        return "common"
    high = latest["direction"] == "high"
    if higher_is_better is None:
        return "special_neutral_high" if high else "special_neutral_low"
    return "special_improvement" if high == higher_is_better else "special_concern"


def assurance_icon(chart: pd.DataFrame, target: float | None, higher_is_better: bool = True) -> str:
    """Name the assurance icon: can the process, as it is, be relied on to meet the target?

    Parameters
    ----------
    chart : DataFrame
        Result of `xmr_limits`; the latest limits count.
    target : float or None
        In units of the values.
    higher_is_better : bool
        Whether the target is a minimum (True) or a maximum (False).

    Returns
    -------
    str
        pass (the target is outside the limits on the good side), fail (on the bad side), hit_or_miss (within
        the limits), or no_target.
    """
    if target is None:
        return "no_target"
    latest = chart.iloc[-1]
    if latest["lower"] <= target <= latest["upper"]:
        return "hit_or_miss"
    return "pass" if (target < latest["lower"]) == higher_is_better else "fail"
