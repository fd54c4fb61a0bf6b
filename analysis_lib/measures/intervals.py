"""Intervals for proportions, counts and directly standardised rates."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

Pair: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
EXACT_BELOW = 10  # events; exact Poisson under this, Byar's approximation from here on


def z_value(level: float) -> float:
    """Return the standard normal quantile for a two-sided interval at `level` (0.95 gives 1.96).

    Raises
    ------
    ValueError
        If `level` is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is a proportion such as 0.95, not {level}.")
    return float(stats.norm.ppf(0.5 + level / 2))


def wilson_interval(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> Pair:
    """Wilson score interval for a proportion.

    Parameters
    ----------
    k, n : array-like
        Events and trials (n may be an effective sample size, so not whole); k between 0 and n.
    level : float
        Two-sided confidence level.

    Returns
    -------
    low, high : ndarray of float
        Proportions, 0 to 1; missing where n is 0.

    Raises
    ------
    ValueError
        If k is negative or exceeds n.

    Notes
    -----
    Wilson EB (1927) J Am Stat Assoc 22:209-212, without continuity correction; recommended by
    Newcombe RG (1998) Stat Med 17:857-872 (his method 3).
    """
    k, n = np.broadcast_arrays(np.asarray(k, float), np.asarray(n, float))
    if np.any((k < 0) | (k > n * (1 + 1e-12))):
        raise ValueError(
            "Events must lie between 0 and the number of trials: check numerator and denominator."
        )
    z_value(level)  # refuses a level such as 95
    low, high = proportion_confint(k, np.where(n > 0, n, np.nan), 1 - level, method="wilson")
    # To the last digit, so that limits hold the proportion.
    return np.where((k == 0) & (n > 0), 0.0, low), np.where((k == n) & (n > 0), 1.0, high)


def poisson_interval(k: ArrayLike, level: float = 0.95) -> Pair:
    """Interval for a Poisson count: exact under 10 events, Byar's approximation otherwise.

    Parameters
    ----------
    k : array-like
        Counts of events, not negative.
    level : float
        Two-sided confidence level.

    Returns
    -------
    low, high : ndarray of float
        In events.

    Raises
    ------
    ValueError
        If a count is negative.

    Notes
    -----
    Exact: Garwood F (1936) Biometrika 28:437-442 (chi-square quantiles). Byar: Breslow NE, Day NE (1987)
    Statistical Methods in Cancer Research II, IARC, p. 69, which neither scipy nor statsmodels has.
    """
    k = np.asarray(k, float)
    if np.any(k < 0):
        raise ValueError("A count of events cannot be negative.")
    tail = (1 - level) / 2
    z = z_value(level)
    safe = np.maximum(k, 0.5)  # keeps Byar's formula defined where the exact branch is taken
    byar_low = safe * (1 - 1 / (9 * safe) - z / (3 * np.sqrt(safe))) ** 3
    byar_high = (k + 1) * (1 - 1 / (9 * (k + 1)) + z / (3 * np.sqrt(k + 1))) ** 3
    exact_low = np.where(k > 0, stats.chi2.ppf(tail, 2 * safe) / 2, 0.0)
    exact_high = stats.chi2.ppf(1 - tail, 2 * k + 2) / 2
    small = k < EXACT_BELOW
    return np.where(small, exact_low, byar_low), np.where(small, exact_high, byar_high)


def dsr_interval(
    events: ArrayLike, population: ArrayLike, weights: ArrayLike, level: float = 0.95
) -> tuple[float, float, float]:
    """Directly standardised rate with Dobson's interval.

    Parameters
    ----------
    events, population, weights : array-like, shape (n_strata,)
        Events, population (or person-time) and standard population by stratum. Weights need not sum to 1.
    level : float
        Two-sided confidence level.

    Returns
    -------
    rate, low, high : float
        Events per unit of population. All missing under 10 events, where the method is not used.

    Raises
    ------
    ValueError
        If a stratum with weight has no population (its rate is not defined: merge it with a neighbour).

    Notes
    -----
    Dobson AJ, Kuulasmaa K, Eberle E, Scherer J (1991) Stat Med 10:457-462: the interval of the total count is
    shifted and scaled by the standard error of the weighted sum.
    """
    d, n, w = (np.asarray(part, float) for part in (events, population, weights))
    if np.any((n <= 0) & (w > 0)):
        raise ValueError("A stratum with weight has no population: merge it with a neighbouring stratum.")
    d, n, w = d[w > 0], n[w > 0], w[w > 0] / w.sum()
    total = d.sum()
    if total < EXACT_BELOW:
        return np.nan, np.nan, np.nan
    rate = float(np.sum(w * d / n))
    scale = np.sqrt(np.sum(w**2 * d / n**2) / total)
    low, high = poisson_interval(total, level)
    return rate, float(rate + scale * (low - total)), float(rate + scale * (high - total))
