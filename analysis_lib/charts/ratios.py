"""Ratios with intervals by group, against the line of no difference."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts.marks import NothingToDraw
from analysis_lib.charts.rates import plot_rates
from analysis_lib.charts.released import from_released


@from_released
def plot_ratios(
    frame: pd.DataFrame,
    *,
    label: str,
    ax: Axes | None = None,
    value: str = "rate_ratio",
    low: str = "low",
    high: str = "high",
    second: str | None = None,
    names: tuple[str, str] = ("as it is", "adjusted"),
    reference_label: str = "no difference",
    xlabel: str = "Rate ratio",
) -> Axes:
    """Draw a dot with its interval per group, highest first, and a line at 1.

    Rows without a value are left out.

    Parameters
    ----------
    frame : DataFrame
        One row per group: ``label``, ``value``, ``low``, ``high``, and ``second`` if named.
    label : str
        Column of groups.
    ax : matplotlib Axes, optional
        Where to draw.
    value, low, high, second : str
        Columns of the dot, its interval and the second marker.
    names : (str, str)
        What the two markers are called.
    reference_label, xlabel : str
        What the line at 1 and the axis are called.

    Returns
    -------
    matplotlib Axes
        As of `plot_rates`.
    """
    shown = frame.dropna(subset=[value])
    if shown.empty:
        raise NothingToDraw("No ratio of this chart rests on enough people and contacts to be shown.")
    return plot_rates(
        shown,
        label=label,
        ax=ax,
        rate=value,
        low=low,
        high=high,
        second=second,
        names=names,
        reference=1.0,
        reference_label=reference_label,
        unit="ratio",
        xlabel=xlabel,
    )
