"""Planted effects beside their estimates."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import need_columns
from analysis_lib.charts.released import from_released
from analysis_lib.charts.rows import row_axes


@from_released
def plot_truth(frame: pd.DataFrame, *, ax: Axes | None = None, label: str = "level") -> Axes:
    """Draw each planted effect as an open diamond round its estimate, a dot with its interval.

    Parameters
    ----------
    frame : DataFrame
        One row an effect: `label`, ``planted``, ``estimate``, ``low``, ``high`` (logits against the
        reference level), drawn from top to bottom.
    ax : matplotlib Axes, optional
        Where to draw.
    label : str
        Column of names.

    Returns
    -------
    matplotlib Axes
        Intervals as lines, estimates as the first and planted values as the second set of markers.
    """
    need_columns(frame, label, "planted", "estimate", "low", "high")
    ax = row_axes(ax, len(frame))
    heights = range(len(frame))
    ax.hlines(heights, frame["low"], frame["high"], color=theme.BLUE_DARK, linewidth=2)
    ax.plot(
        frame["estimate"],
        heights,
        "o",
        markersize=6,
        color=theme.BLUE,
        markeredgecolor=theme.CHARCOAL,
        label="estimate, 95% interval",
    )
    ax.plot(
        frame["planted"],
        heights,
        "D",
        markersize=13,
        markerfacecolor="none",
        markeredgecolor=theme.CHARCOAL,
        markeredgewidth=1.5,
        label="planted",
    )
    ax.axvline(0, color=theme.SLATE_LIGHT, linewidth=1)
    ax.set_yticks(list(heights), frame[label].astype(str))
    ax.set_xlabel("Effect on missing\n(logit, against the reference level)")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
    return ax
