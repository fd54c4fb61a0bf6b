"""Funnel plots of proportions with multiplicative over-dispersion."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

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


def over_dispersion(z: ArrayLike, share: float = WINSORISE) -> float:
    """Estimate the multiplicative over-dispersion factor from z-scores: mean of squared winsorised scores.

    Never below 1: areas are not taken to vary less than chance. See `funnel_limits` for the source.
    """
    scores = np.asarray(z, float)
    scores = scores[np.isfinite(scores)]
    return max(1.0, float(np.mean(winsorise(scores, share) ** 2))) if len(scores) else 1.0


def funnel_limits(
    frame: pd.DataFrame, k: str, n: str, target: float | None = None, share: float = WINSORISE
) -> pd.DataFrame:
    """Compare areas with a common target, allowing for over-dispersion.

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
        A copy with rate, target, se (binomial, of the target), z = (rate - target) / se, phi,
        z_adjusted = z / sqrt(phi), low95, high95, low998, high998 (limits at each area's n, 0 to 1), outlier
        (none, 95 or 99.8: beyond which limits) and direction (none, high, low). An area without trials has
        missing values and no verdict.

    Raises
    ------
    ValueError
        If no area has any trials.

    Notes
    -----
    Spiegelhalter DJ (2005) Funnel plots for comparing institutional performance, Stat Med 24:1185-1202,
    section on over-dispersion: z-scores are winsorised at 10% and 90%, phi is the mean of their squares, and
    the limits are target +/- z x se x sqrt(phi) (normal approximation). phi is at least 1. With many
    thousands of appointments an area, phi is large: the limits then describe how areas differ from each
    other rather than chance.
    """
    check_columns(frame, [k, n], "A funnel plot")
    events, trials = frame[k].to_numpy(float), frame[n].to_numpy(float)
    if not trials.sum() > 0:
        raise ValueError(f"No area has any {n}: there is nothing to compare.")
    target = float(events.sum() / trials.sum()) if target is None else float(target)
    trials = np.where(trials > 0, trials, np.nan)
    se = np.sqrt(target * (1 - target) / trials)
    rate = events / trials
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (rate - target) / se
    phi = over_dispersion(z, share)
    adjusted = z / np.sqrt(phi)
    out = frame.assign(rate=rate, target=target, se=se, z=z, phi=phi, z_adjusted=adjusted)
    for name, (low, high) in _limits(target, trials, phi).items():
        out[f"low{name}"], out[f"high{name}"] = low, high
    size = np.abs(adjusted)
    out["outlier"] = np.select([size > z_value(0.998), size > z_value(0.95)], ["99.8", "95"], "none")
    sides = [(out["outlier"] != "none") & (z > 0), (out["outlier"] != "none") & (z < 0)]
    out["direction"] = np.select(sides, ["high", "low"], "none")
    return out


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
        `n` (float), target, low95, high95, low998, high998; released if `limits` is.
    """
    trials = limits.loc[limits[n] > 0, n].to_numpy(float)
    grid = np.geomspace(trials.min(), trials.max(), points)
    target, phi = float(limits["target"].iloc[0]), float(limits["phi"].iloc[0])
    curve = pd.DataFrame({n: grid, "target": target})
    for name, (low, high) in _limits(target, grid, phi).items():
        curve[f"low{name}"], curve[f"high{name}"] = low, high
    return curve


def _limits(target: float, trials: NDArray, phi: float) -> dict[str, tuple[NDArray, NDArray]]:
    spread = np.sqrt(phi * target * (1 - target) / trials)
    return {
        name: (
            (target - z_value(level) * spread).clip(0, 1),
            (target + z_value(level) * spread).clip(0, 1),
        )
        for name, level in LEVELS.items()
    }
