"""Small multiples: one panel a setting, for rates by group and for planted against estimated effects."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw, levels_of, need_columns
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, format_axis, new_axes

DOT = {"marker": "o", "color": theme.CHARCOAL, "mec": theme.CHARCOAL, "linestyle": "none"}
INTERVAL = {"color": theme.SLATE, "zorder": 2}
RATIOS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 16)


def divide(
    ax: Axes | None, names: Sequence[object], n_columns: int, height: float, extra: float = 0.0
) -> tuple[Axes, list[Axes]]:
    """Divide the axes into one panel a name, each named above it; return the axes, hidden, and the panels.

    ``height`` is that of a row of panels, ``extra`` that of a key, in inches.
    """
    n_rows = math.ceil(len(names) / n_columns)
    ax = new_axes(ax, height=0.7 + height * n_rows + extra)
    ax.set_axis_off()
    grid = ax.get_subplotspec().subgridspec(n_rows, n_columns)
    panels = []
    for place, name in enumerate(names):
        panel = ax.figure.add_subplot(grid[place // n_columns, place % n_columns])
        panel = new_axes(panel)
        panel.annotate(
            str(name),
            xy=(0, 1),
            xycoords="axes fraction",
            xytext=(0, 5),
            textcoords="offset points",
            fontsize=SMALL,
            fontweight="bold",
        )
        panels.append(panel)
    return ax, panels


@from_released
def plot_panels(
    frame: pd.DataFrame,
    *,
    panel: str,
    label: str,
    ax: Axes | None = None,
    value: str = "rate_per_1000",
    low: str = "low",
    high: str = "high",
    n_columns: int = 2,
    unit: str = "count",
    xlabel: str = "",
    ylabel: str = "",
) -> Axes:
    """Draw a dot with its interval per group, in one panel a setting; each panel has its own scale from zero.

    Parameters
    ----------
    frame : DataFrame
        One row per panel and group: ``panel``, ``label``, ``value``, ``low``, ``high``. Groups stand in the
        order in which they first come; a missing value leaves a gap, and a panel without any says so.
    panel, label : str
        Columns of panels and of groups.
    ax : matplotlib Axes, optional
        Divided into the panels.
    value, low, high : str
        Columns of the dot and its interval.
    n_columns : int
        Panels side by side.
    unit, xlabel, ylabel : str
        How values are written, and what the axes are.

    Returns
    -------
    matplotlib Axes
        The axes that hold the panels, itself invisible.
    """
    need_columns(frame, panel, label, value, low, high)
    if frame[value].isna().all():
        raise NothingToDraw("Every rate of this chart rests on too few people or contacts to be shown.")
    names, groups = levels_of(frame[panel]), levels_of(frame[label])
    ax, panels = divide(ax, names, n_columns, height=1.75)
    step = 1 if max(len(str(group)) for group in groups) < 3 else math.ceil(len(groups) / 4)
    for place, (name, one) in enumerate(zip(names, panels, strict=True)):
        rows = frame[frame[panel] == name].set_index(label).reindex(groups)
        at = np.arange(len(groups))
        one.vlines(at, rows[low], rows[high], linewidth=2, **INTERVAL)
        one.plot(at, rows[value], ms=6, zorder=3, **DOT)
        top = rows[[value, high]].max().max()
        if pd.isna(top):
            one.text(0.5, 0.5, "too few to show", transform=one.transAxes, ha="center", fontsize=SMALL)
        one.set_ylim(0, 1 if pd.isna(top) else 1.05 * top)
        one.set_xlim(-0.6, len(groups) - 0.4)
        format_axis(one.yaxis, unit, bins=4)
        last = place + n_columns >= len(names)
        one.set_xticks(
            at[::step], [str(group) for group in groups[::step]] if last else [""] * len(at[::step])
        )
    ax.figure.supxlabel(xlabel, fontsize=13)
    ax.figure.supylabel(ylabel, fontsize=13)
    return ax


@from_released
def plot_recovery(
    frame: pd.DataFrame,
    *,
    panel: str,
    ax: Axes | None = None,
    planted: str = "planted",
    value: str = "rate_ratio",
    low: str = "low",
    high: str = "high",
    n_columns: int = 3,
    xlabel: str = "Planted rate ratio",
    ylabel: str = "Estimated, with 95% interval",
) -> Axes:
    """Draw estimated against planted rate ratios on log scales, one panel a setting.

    The line is equality. Intervals that miss the planted value are dark red, with a diamond.

    Parameters
    ----------
    frame : DataFrame
        One row an effect: ``panel``, ``planted``, ``value``, ``low``, ``high`` (ratios, above 0).
    panel : str
        Column of panels.
    ax : matplotlib Axes, optional
        Divided into the panels.
    planted, value, low, high : str
        Columns.
    n_columns : int
        Panels side by side.
    xlabel, ylabel : str
        What the axes are.

    Returns
    -------
    matplotlib Axes
        The axes that hold the panels, itself invisible.
    """
    need_columns(frame, panel, planted, value, low, high)
    known = frame.dropna(subset=[planted, value, low, high])
    if known.empty:
        raise NothingToDraw("There is no effect whose planted value is known: nothing to draw.")
    names = levels_of(known[panel])
    ax, panels = divide(ax, names, n_columns, height=1.9)
    ends = known[[planted, value]].to_numpy(float)
    limits = (ends.min() / 1.25, ends.max() * 1.25)
    ticks = [ratio for ratio in RATIOS if limits[0] <= ratio <= limits[1]][::2] or [1]
    for place, (name, one) in enumerate(zip(names, panels, strict=True)):
        rows = known[known[panel] == name]
        one.set(xscale="log", yscale="log", xlim=limits, ylim=limits)
        one.plot(limits, limits, color=theme.SLATE, linewidth=1, zorder=1)
        inside = (rows[low] <= rows[planted]) & (rows[planted] <= rows[high])
        for part, colour, mark in ((rows[inside], theme.BLUE, "o"), (rows[~inside], theme.RED_DARK, "D")):
            one.vlines(part[planted], part[low], part[high], color=colour, linewidth=1, zorder=2)
            one.plot(part[planted], part[value], mark, ms=4, color=colour, zorder=3)
        for axis, shown in (
            (one.xaxis, place + n_columns >= len(names)),
            (one.yaxis, place % n_columns == 0),
        ):
            axis.set_major_locator(FixedLocator(ticks))
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(FuncFormatter(lambda v, _, shown=shown: f"{v:g}" if shown else ""))
    ax.figure.supxlabel(xlabel, fontsize=13)
    ax.figure.supylabel(ylabel, fontsize=13)
    return ax
