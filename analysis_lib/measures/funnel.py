"""Funnel plots of proportions: limits widened for how areas vary, as a factor and as a spread of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.intervals import z_value
from analysis_lib.measures.released import of_released

LEVELS = {"95": 0.95, "998": 0.998}
WINSORISE = 0.10  # share of areas pulled in at each end before over-dispersion is estimated


def winsorise(values: ArrayLike, share: float = WINSORISE) -> NDArray[np.float64]:
    """Pull the lowest and highest `share` of values in to that quantile (linear interpolation)."""
    values = np.asarray(values, float)
    low, high = np.nanquantile(values, [share, 1 - share])
    return values.clip(low, high)


def winsorised_variance(share: float = WINSORISE) -> float:
    """Mean square of a standard normal variable of which `share` is pulled in at each end (0.67867 at 0.1).

    With q the quantile at 1 - share: 2 share q^2 + (1 - 2 share) - 2 q density(q).
    """
    if share == 0:
        return 1.0
    q = stats.norm.isf(share)
    return float(2 * share * q**2 + (1 - 2 * share) - 2 * q * stats.norm.pdf(q))


def over_dispersion(z: ArrayLike, share: float = WINSORISE) -> float:
    """Estimate the multiplicative over-dispersion factor phi from z-scores.

    The mean of squared winsorised scores, over what it would be if scores were normal: winsorising alone
    takes a third of it away. Never below 1: areas are not taken to vary less than chance. See
    `funnel_limits` for the source.
    """
    scores = np.asarray(z, float)
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        return 1.0
    return max(1.0, float(np.mean(winsorise(scores, share) ** 2)) / winsorised_variance(share))


def between_area_sd(deviation: ArrayLike, se: ArrayLike, share: float = WINSORISE) -> float:
    """Estimate the additive over-dispersion tau: the standard deviation of areas' true values.

    The tau at which the winsorised scores deviation / sqrt(se^2 + tau^2) are as varied as normal ones; 0 if
    they are without it. Paule RC, Mandel J (1982) J Res Natl Bur Stand 87:377-385, on winsorised scores, so
    that a few areas do not decide it; the moment estimator of DerSimonian and Laird would need scores that
    are alike at every size before they are winsorised.

    Parameters
    ----------
    deviation, se : array_like
        Distance of each area from the target, and its standard error by chance alone.
    share : float
        Share winsorised at each end.
    """
    distance, error = np.asarray(deviation, float), np.asarray(se, float)
    known = np.isfinite(distance) & np.isfinite(error)
    distance, error, wanted = distance[known], error[known], winsorised_variance(share)

    def excess(tau: float) -> float:
        return float(np.mean(winsorise(distance / np.hypot(error, tau), share) ** 2)) - wanted

    if not len(distance) or excess(0.0) <= 0:
        return 0.0
    return float(optimize.brentq(excess, 0.0, 10 * float(np.abs(distance).max()), xtol=1e-12))


def judge_areas(deviation: ArrayLike, se: ArrayLike, share: float = WINSORISE) -> dict[str, object]:
    """Say how far areas vary, and which lie outside limits that are widened for it in two ways.

    Returns
    -------
    dict
        z, phi, z_adjusted = z / sqrt(phi), tau, z_additive = deviation / sqrt(se^2 + tau^2), outlier_phi and
        outlier_tau (none, 95 or 99.8: beyond which limits of each kind), outlier (beyond both kinds) and
        direction (none, high, low; of `outlier`).
    """
    distance, error = np.asarray(deviation, float), np.asarray(se, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = distance / error
    phi, tau = over_dispersion(z, share), between_area_sd(distance, error, share)
    scores = {"phi": z / np.sqrt(phi), "tau": distance / np.hypot(error, tau)}
    least = np.minimum(np.abs(scores["phi"]), np.abs(scores["tau"]))
    outlier = _beyond(least)
    sides = [(outlier != "none") & (z > 0), (outlier != "none") & (z < 0)]
    return {
        "z": z,
        "phi": phi,
        "z_adjusted": scores["phi"],
        "tau": tau,
        "z_additive": scores["tau"],
        **{f"outlier_{kind}": _beyond(np.abs(score)) for kind, score in scores.items()},
        "outlier": outlier,
        "direction": np.select(sides, ["high", "low"], "none"),
    }


def _beyond(size: NDArray[np.float64]) -> NDArray[np.str_]:
    return np.select([size > z_value(0.998), size > z_value(0.95)], ["99.8", "95"], "none")


def spread_between(deviation: ArrayLike, se: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """How far areas' true values differ: their standard deviation tau, and its interval.

    Unlike `between_area_sd` it counts all areas, the outlying too.

    Parameters
    ----------
    deviation, se : array_like
        Distance of each area from any common value, and its standard error by chance alone.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        tau, low, high, in units of the deviations.

    Notes
    -----
    With Q(tau) the weighted sum of squares round the weighted mean, tau has Q = n - 1 (Paule and Mandel), and
    the limits have Q at the quantiles of chi-square on n - 1 degrees of freedom: Viechtbauer W (2007) Stat
    Med 26:37-52 (Q-profile). True values are taken to be normal.
    """
    distance, error = np.asarray(deviation, float), np.asarray(se, float)
    freedom = len(distance) - 1

    def excess(tau: float, wanted: float) -> float:
        weight = 1 / (error**2 + tau**2)
        mean = np.sum(weight * distance) / np.sum(weight)
        return float(np.sum(weight * (distance - mean) ** 2)) - wanted

    most = 100 * float(np.ptp(distance)) + 1e-9
    found = []
    for wanted in (freedom, *stats.chi2.ppf([0.5 + level / 2, 0.5 - level / 2], freedom)):
        below = excess(0.0, wanted) <= 0
        found.append(0.0 if below else float(optimize.brentq(excess, 0.0, most, args=(wanted,), xtol=1e-12)))
    return found[0], found[1], found[2]


def funnel_limits(
    frame: pd.DataFrame, k: str, n: str, target: float | None = None, share: float = WINSORISE
) -> pd.DataFrame:
    """Compare areas with a common target, allowing for over-dispersion in two ways.

    Parameters
    ----------
    frame : DataFrame
        One row an area, with events `k` and trials `n`.
    k, n : str
        Column names, such as n_dna and n_known.
    target : float, optional
        Common rate, 0 to 1; that of all areas together if not given.
    share : float
        Share winsorised at each end.

    Returns
    -------
    DataFrame
        A copy with rate, target, se (binomial, of the target), the columns of `judge_areas` (tau is a rate),
        low95, high95, low998, high998 (multiplicative limits at each area's n, 0 to 1), tau_low95,
        tau_high95, tau_low998 and tau_high998 (additive ones). An area without trials has missing values and
        no verdict.

    Raises
    ------
    ValueError
        If no area has any trials.

    Notes
    -----
    Spiegelhalter DJ (2005) Funnel plots for comparing institutional performance, Stat Med 24:1185-1202,
    section on over-dispersion. Multiplicative: z-scores are winsorised at 10% and 90%, phi is the mean of
    their squares over its value for normal scores (`winsorised_variance`), and the limits are target +/- z x
    se x sqrt(phi). Additive: areas' true rates have a standard deviation tau (`between_area_sd`), and the
    limits are target +/- z x sqrt(se^2 + tau^2). Both are normal approximations, and the data seldom tell
    which holds: only an area outside both stands out (`outlier`). With many thousands of appointments an
    area, phi and tau *are* how areas differ: that no area lies outside does not say that nothing differs.
    """
    check_columns(frame, [k, n], "A funnel plot")
    events, trials = frame[k].to_numpy(float), frame[n].to_numpy(float)
    if not trials.sum() > 0:
        raise ValueError(f"No area has any {n}: there is nothing to compare.")
    target = float(events.sum() / trials.sum()) if target is None else float(target)
    trials = np.where(trials > 0, trials, np.nan)
    se = np.sqrt(target * (1 - target) / trials)
    rate = events / trials
    judged = judge_areas(rate - target, se, share)
    out = frame.assign(rate=rate, target=target, se=se, **judged)
    return out.assign(**_limits(target, trials, judged["phi"], judged["tau"]))


@of_released
def funnel_curve(limits: pd.DataFrame, n: str, points: int = 200) -> pd.DataFrame:
    """Limits over a range of n, to draw the funnel.

    Parameters
    ----------
    limits : DataFrame
        Result of `funnel_limits`.
    n : str
        The column of trials given there.
    points : int
        Number of points, evenly spaced on a log scale from the smallest n to the largest.

    Returns
    -------
    DataFrame
        `n` (float), target, and the limits of both kinds; released if `limits` is.
    """
    trials = limits.loc[limits[n] > 0, n].to_numpy(float)
    grid = np.geomspace(trials.min(), trials.max(), points)
    target, phi, tau = (float(limits[name].iloc[0]) for name in ("target", "phi", "tau"))
    return pd.DataFrame({n: grid, "target": target}).assign(**_limits(target, grid, phi, tau))


def _limits(target: float, trials: NDArray, phi: float, tau: float) -> dict[str, NDArray]:
    variance = target * (1 - target) / trials
    spreads = {"": np.sqrt(phi * variance), "tau_": np.sqrt(variance + tau**2)}
    return {
        f"{kind}{side}{name}": (target + sign * z_value(level) * spread).clip(0, 1)
        for kind, spread in spreads.items()
        for name, level in LEVELS.items()
        for side, sign in (("low", -1), ("high", 1))
    }
