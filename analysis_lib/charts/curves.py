"""Lines of several models in panels, and observed against predicted risk."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis_lib.charts import theme
from analysis_lib.charts.marks import LINES, NothingToDraw, key_above, levels_of, need_columns
from analysis_lib.charts.panels import divide
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import format_axis

ALONE = 2.9  # inches: height of a row of panels
KEY_WIDTH = 50  # characters of a line of the key
MOST_MARKS = 12  # marks on a line, about


@from_released
def plot_lines(
    frame: pd.DataFrame,
    *,
    panel: str,
    x: str,
    value: str,
    series: str,
    ax: Axes | None = None,
    low: str | None = "low",
    high: str | None = "high",
    n_columns: int = 1,
    bottom: float | None = None,
    unit: str = "ratio",
    xunit: str = "count",
    xlabel: str = "",
    ylabel: str = "",
) -> Axes:
    """Draw a line per series with its interval, in one panel an outcome; each panel has its own scale.

    Parameters
    ----------
    frame : DataFrame
        One row per panel, series and ``x``: ``value``, ``low``, ``high``. A missing value breaks the line.
    panel, x, value, series, low, high : str
        Columns; ``low=None`` draws no intervals. At most eight series.
    ax : matplotlib Axes, optional
        Divided into the panels.
    n_columns : int
        Panels side by side.
    bottom : float, optional
        Lowest value shown; what lies below is cut off (a decision curve falls without end).
    unit, xunit, xlabel, ylabel : str
        How values and ``x`` are written, and what they are.

    Returns
    -------
    matplotlib Axes
        The axes that hold the panels, itself invisible.
    """
    need_columns(frame, panel, x, value, series, *[name for name in (low, high) if name])
    _need_values(frame, value)
    names, lines = levels_of(frame[panel]), levels_of(frame[series])
    ax, panels = divide(ax, names, n_columns, height=ALONE, extra=0.3 * len(_key_rows(lines)))
    for name, one in zip(names, panels, strict=True):
        for line, style in zip(lines, LINES, strict=False):
            rows = frame[(frame[panel] == name) & (frame[series] == line)].sort_values(x)
            colour, dashes, mark = style
            if low and high and len(rows):
                one.fill_between(rows[x], rows[low], rows[high], color=colour, alpha=0.15, linewidth=0)
            every = max(1, len(rows) // MOST_MARKS)
            one.plot(rows[x], rows[value], color=colour, linestyle=dashes, marker=mark, ms=5, markevery=every)
        if bottom is not None:
            one.set_ylim(bottom=bottom)
        format_axis(one.yaxis, unit, bins=4)
        format_axis(one.xaxis, xunit, bins=6)
        if xunit == "count":
            one.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    _key(panels[0], lines)
    ax.figure.supxlabel(xlabel, fontsize=13)
    ax.figure.supylabel(ylabel, fontsize=13)
    return ax


@from_released
def plot_calibration(
    frame: pd.DataFrame,
    *,
    panel: str,
    series: str,
    ax: Axes | None = None,
    predicted: str = "mean_risk",
    observed: str = "observed",
    low: str = "low",
    high: str = "high",
    n_columns: int = 1,
    xlabel: str = "Predicted risk",
    ylabel: str = "Share with the outcome",
) -> Axes:
    """Draw observed against predicted risk, with intervals, in one panel an outcome; the line is equality.

    Parameters
    ----------
    frame : DataFrame
        One row per panel, series and bin: ``predicted``, ``observed``, ``low``, ``high`` (0 to 1). Hidden
        bins are left out.
    panel, series, predicted, observed, low, high : str
        Columns.
    ax : matplotlib Axes, optional
        Divided into the panels.
    n_columns : int
        Panels side by side.
    xlabel, ylabel : str
        What the axes are.

    Returns
    -------
    matplotlib Axes
        The axes that hold the panels, itself invisible.
    """
    need_columns(frame, panel, series, predicted, observed, low, high)
    _need_values(frame, observed)
    known = frame.dropna(subset=[predicted, observed, low, high])
    names, lines = levels_of(known[panel]), levels_of(known[series])
    ax, panels = divide(ax, names, n_columns, height=ALONE + 0.5, extra=0.3 * len(_key_rows(lines)))
    for name, one in zip(names, panels, strict=True):
        part = known[known[panel] == name]
        end = 1.04 * np.nanmax(part[[predicted, observed, high]].to_numpy(float))
        one.plot([0, end], [0, end], color=theme.SLATE, linewidth=1, linestyle=(0, (5, 3)), zorder=1)
        for line, (colour, _, mark) in zip(lines, LINES, strict=False):
            rows = part[part[series] == line]
            one.vlines(rows[predicted], rows[low], rows[high], color=colour, linewidth=1.4, zorder=2)
            one.plot(rows[predicted], rows[observed], mark, color=colour, ms=5, zorder=3)
        one.set(xlim=(-0.015 * end, end), ylim=(-0.015 * end, end))
        for axis in (one.xaxis, one.yaxis):
            format_axis(axis, "percent", bins=5)
    _key(panels[0], lines, dots=True, equality=True)
    ax.figure.supxlabel(xlabel, fontsize=13)
    ax.figure.supylabel(ylabel, fontsize=13)
    return ax


def _need_values(frame: pd.DataFrame, value: str) -> None:
    if frame[value].isna().all():
        raise NothingToDraw("Every value of this chart is hidden: there is nothing to draw.")


def _key_rows(lines: list, more: tuple[str, ...] = ()) -> list[list[str]]:
    """Return the names of the key in rows that fit the page."""
    rows: list[list[str]] = [[]]
    for name in [*map(str, lines), *more]:
        if rows[-1] and sum(len(other) + 6 for other in rows[-1]) + len(name) > KEY_WIDTH:
            rows.append([])
        rows[-1].append(name)
    return rows


def _key(one: Axes, lines: list, *, dots: bool = False, equality: bool = False) -> None:
    """Name the series above the first panel, clear of the panel's own name."""
    handles = [
        Line2D([], [], color=colour, linestyle="none" if dots else dashes, marker=mark, ms=6, label=str(line))
        for line, (colour, dashes, mark) in zip(lines, LINES, strict=False)
    ]
    if equality:
        style = {"color": theme.SLATE, "linewidth": 1, "linestyle": (0, (5, 3))}
        handles.append(Line2D([], [], label="predicted = observed", **style))
    columns = max(map(len, _key_rows(lines, ("predicted = observed",) if equality else ())))
    key_above(one, handles, ncols=columns)
    one.get_legend().set_bbox_to_anchor((0, 1.0 + 0.26 / ALONE))
