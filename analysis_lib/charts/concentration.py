"""How few people hold how much of the cost."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import need_columns
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, format_axis, format_percent, new_axes


@from_released
def plot_concentration(
    curve: pd.DataFrame,
    top: pd.DataFrame,
    *,
    ax: Axes | None = None,
    xlabel: str = "Share of people, those with the highest cost first",
    ylabel: str = "Share of all cost",
) -> Axes:
    """Draw the concentration curve, with the share held by the top few named on it.

    Parameters
    ----------
    curve : DataFrame
        share_people, share_amount (0 to 1), in order.
    top : DataFrame
        top, share (0 to 1): the points to name.
    ax : matplotlib Axes, optional
        Where to draw.
    xlabel, ylabel : str
        What the axes are.

    Returns
    -------
    matplotlib Axes
        Lines: the curve, what an equal spread would be, and the named points.
    """
    need_columns(curve, "share_people", "share_amount")
    need_columns(top, "top", "share")
    ax = new_axes(ax)
    rows = curve.dropna(subset=["share_amount"])
    ax.plot([0, *rows["share_people"]], [0, *rows["share_amount"]], color=theme.CHARCOAL, linewidth=2.5)
    ax.plot([0, 1], [0, 1], color=theme.SLATE, linewidth=1, linestyle=(0, (5, 3)))
    ax.annotate("if all cost the same", xy=(0.6, 0.5), fontsize=SMALL, color=theme.SLATE_DARK)
    _name_top(ax, top.dropna(subset=["share"]))
    ax.set_xlim(-0.01, 1)
    ax.set_ylim(0, 1.02)
    for axis in (ax.xaxis, ax.yaxis):
        format_axis(axis, "percent", bins=5)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    return ax


def _name_top(ax: Axes, named: pd.DataFrame) -> None:
    """Mark the points of the top few, and say what they hold."""
    ax.plot(
        named["top"],
        named["share"],
        linestyle="none",
        marker="D",
        ms=9,
        mfc=theme.ORANGE,
        mec=theme.CHARCOAL,
        zorder=3,
    )
    for row in named.itertuples():
        ax.annotate(
            f"top {format_percent(row.top, 0)} of people: {format_percent(row.share, 0)} of cost",
            xy=(row.top, row.share),
            xytext=(14, -6),
            textcoords="offset points",
            fontsize=SMALL,
            va="center",
        )
