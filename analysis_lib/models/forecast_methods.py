"""Forecasting methods for a monthly series: each returns means and standard errors ahead."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

SEASON = 12
RECENT = 3  # months that make up the present level
ORIGINS = 24  # latest forecast origins whose errors set the width of an interval
TO_SD = 1.4826  # median absolute error to standard deviation, for normal errors
Ahead = tuple[NDArray[np.float64], NDArray[np.float64]]
Method = Callable[[NDArray[np.float64], int], Ahead]
PointMethod = Callable[[NDArray[np.float64], int], NDArray[np.float64]]


def _last_year(values: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
    return np.resize(values[-SEASON:], horizon)


def _last_year_times_growth(values: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
    """Same month last year, times the growth of the last three months on the same three a year before."""
    growth = values[-RECENT:].sum() / values[-RECENT - SEASON : -SEASON].sum()
    return _last_year(values, horizon) * growth


def _last_year_half_growth(values: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
    """As above with the growth damped to its square root: a shock is only half carried forward."""
    growth = values[-RECENT:].sum() / values[-RECENT - SEASON : -SEASON].sum()
    return _last_year(values, horizon) * np.sqrt(growth)


def _level(values: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
    """Mean of the last three months: no season at all."""
    return np.full(horizon, values[-RECENT:].mean())


def _level_times_season(values: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
    """Present level times calendar-month factors: ratio to a centred year's mean, averaged over years."""
    kernel = np.r_[0.5, np.ones(SEASON - 1), 0.5] / SEASON
    trend = np.convolve(values, kernel, mode="valid")
    half = SEASON // 2
    position = np.arange(len(values)) % SEASON
    ratio = np.log(values[half:-half] / trend)
    n_each = np.bincount(position[half:-half], minlength=SEASON)
    # Shrunk by one pseudo-year without season, since each factor rests on one or two years.
    factor = np.bincount(position[half:-half], ratio, SEASON) / (n_each + 1)
    factor -= factor.mean()
    level = np.mean(np.log(values[-RECENT:]) - factor[position[-RECENT:]])
    return np.exp(level + factor[(len(values) + np.arange(horizon)) % SEASON])


def _with_residuals(point: PointMethod, first: int) -> Method:
    """Give a point method standard errors from its own past forecasts, by step ahead.

    The standard error is 1.4826 times the median absolute relative error of the forecasts from the last
    `ORIGINS` origins, the standard deviation if errors are normal (Rousseeuw PJ, Croux C (1993) J Am Stat
    Assoc 88:1273-1283). A root mean square would let one shock, once forecast across, widen every interval
    for years; the price is that the interval does not allow for another shock of that size.
    `first` is the shortest history the method works on. Steps ahead with fewer than three past forecasts
    take the error of the longest step that has three.
    """

    def method(values: NDArray[np.float64], horizon: int) -> Ahead:
        past: list[list[float]] = [[] for _ in range(horizon)]
        for end in range(max(first, len(values) - ORIGINS), len(values)):
            steps = min(horizon, len(values) - end)
            relative = values[end : end + steps] / point(values[:end], steps) - 1
            for step, error in enumerate(relative):
                past[step].append(abs(error))
        spread = np.zeros(horizon)
        for step, errors in enumerate(past):
            spread[step] = TO_SD * np.median(errors) if len(errors) >= RECENT else spread[step - 1]
        mean = point(values, horizon)
        return mean, mean * np.maximum.accumulate(spread)

    return method


def _smoothing(values: NDArray[np.float64], horizon: int) -> Ahead:
    """Exponential smoothing of the log series with a damped trend and no season (statsmodels ETS).

    Its standard errors grow with the step as the model says, from the robust recent error of one step.
    """
    model = ETSModel(pd.Series(np.log(values)), error="add", trend="add", damped_trend=True)
    with warnings.catch_warnings():
        # Short series often stop at a bound of the smoothing weights; the backtest judges the outcome.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = model.fit(disp=False)
    ahead = fitted.get_prediction(start=len(values), end=len(values) + horizon - 1)
    mean = np.exp(np.asarray(ahead.predicted_mean))
    # The model's own error is a mean over the whole series; a robust recent one takes its place.
    errors = np.asarray(fitted.resid)
    recent = TO_SD * np.median(np.abs(errors[-ORIGINS:])) / np.sqrt(np.mean(errors**2))
    return mean, mean * np.sqrt(np.asarray(ahead.forecast_variance)) * recent


BASELINE = "seasonal_naive"
METHODS: dict[str, Method] = {
    BASELINE: _with_residuals(_last_year, SEASON),
    "seasonal_naive_growth": _with_residuals(_last_year_times_growth, SEASON + RECENT),
    "seasonal_naive_damped_growth": _with_residuals(_last_year_half_growth, SEASON + RECENT),
    "recent_level": _with_residuals(_level, RECENT),
    "recent_level_season": _with_residuals(_level_times_season, SEASON + RECENT),
    "damped_smoothing": _smoothing,
}
LABELS: dict[str, str] = {
    BASELINE: "same month a year before",
    "seasonal_naive_growth": "same month a year before, times recent growth",
    "seasonal_naive_damped_growth": "same month a year before, times half of recent growth",
    "recent_level": "mean of the last three months",
    "recent_level_season": "mean of the last three months, times a seasonal factor",
    "damped_smoothing": "exponential smoothing with a damped trend",
}
