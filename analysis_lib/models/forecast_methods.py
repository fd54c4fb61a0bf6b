"""Forecasting methods for a monthly series: each returns means and standard errors ahead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

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


#: Weights of level and trend, and damping, one set a column: the trend's weight is a share of the level's.
#: A level's weight over 0.3 would follow the season that the model lacks, or a shock that is over.
WEIGHTS = np.array(
    [
        (weight, weight * share, damping)
        for weight in np.arange(7) / 20
        for share in np.arange(11) / 10
        for damping in np.arange(80, 100, 2) / 100
        if weight or not share
    ]
).T


def _smoothing(values: NDArray[np.float64], horizon: int) -> Ahead:
    """Exponential smoothing of the log series with a damped trend and no season: ETS(A, Ad, N).

    The weights are those of `WEIGHTS` with the least squared error of one step. An optimiser could look
    between them, but the likelihood of a short series is so flat that where it stops turns on the last digit
    of a logarithm, and that differs between machines.
    Its standard errors grow with the step as the model says, from the robust recent error of one step.
    """
    errors, level, trend = _fit_first_states(np.log(values), *WEIGHTS)
    squares = (errors**2).sum(axis=0)
    best = int(np.argmax(squares <= squares.min() * (1 + 1e-6) + 1e-12))  # the first among equals
    weight, weight_trend, damping = WEIGHTS[:, best]
    damped = np.cumsum(damping ** np.arange(1, horizon + 1))
    mean = np.exp(level[best] + damped * trend[best])
    carried = np.r_[1, weight + weight_trend * damped[:-1]]  # what an error of now adds to each later step
    recent = TO_SD * np.median(np.abs(errors[-ORIGINS:, best]))
    return mean, mean * recent * np.sqrt(np.cumsum(carried**2))


def _fit_first_states(
    logs: NDArray[np.float64],
    weight: NDArray[np.float64],
    weight_trend: NDArray[np.float64],
    damping: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return errors of one step, last level and last trend for each set of weights.

    All are linear in the first level and trend, which are fitted by least squares: the recursion runs for
    the data from zero, then without data from a level of one and from a trend of one.
    """
    level = np.outer([0, 1, 0], np.ones_like(weight))
    trend = np.outer([0, 0, 1], np.ones_like(weight))
    steps = []
    for value in logs:
        expected = level + damping * trend
        error = np.array([[value], [0], [0]]) - expected
        level, trend = expected + weight * error, damping * trend + weight_trend * error
        steps.append(error)
    errors = np.stack(steps, axis=1)
    products = np.einsum("ing,jng->ijg", errors, errors)
    (of_level, cross), of_trend = products[1, 1:], products[2, 2]
    with_level, with_trend = products[0, 1:]
    first = np.stack(
        [
            of_level * of_trend - cross**2,
            cross * with_trend - of_trend * with_level,
            cross * with_level - of_level * with_trend,
        ]
    )
    first /= first[0]
    return np.einsum("ing,ig->ng", errors, first), (level * first).sum(axis=0), (trend * first).sum(axis=0)


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
    "chosen": "method with the least error in the months before",
    BASELINE: "same month a year before",
    "seasonal_naive_growth": "same month a year before, times recent growth",
    "seasonal_naive_damped_growth": "same month a year before, times half of recent growth",
    "recent_level": "mean of the last three months",
    "recent_level_season": "mean of the last three months, times a seasonal factor",
    "damped_smoothing": "exponential smoothing with a damped trend",
}
