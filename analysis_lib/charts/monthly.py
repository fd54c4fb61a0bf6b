"""Charts over months: counts and shares."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.extremes import OUTLINED, name_extremes
from analysis_lib.charts.marks import (
    LINES,
    full_months,
    label_ends,
    levels_of,
    month_axis,
    need_columns,
    with_gaps,
    wrap,
)
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import format_axis, format_value, new_axes


def _mark_gaps(ax: Axes, months: pd.Series) -> None:
    """Hatch the months without data and say so once per gap."""
    every = full_months(months)
    absent = every.difference(pd.DatetimeIndex(months))
    runs: list[list[pd.Timestamp]] = []
    for month in absent:
        if runs and month == runs[-1][-1] + pd.DateOffset(months=1):
            runs[-1].append(month)
        else:
            runs.append([month])
    for run in runs:
        left, right = ax.convert_xunits(run[0]) - 14, ax.convert_xunits(run[-1]) + 14
        ax.axvspan(left, right, facecolor="none", edgecolor=theme.SLATE_LIGHT, hatch="///", linewidth=0)
        ax.text(
            (left + right) / 2,
            0.03,
            "no data",
            transform=ax.get_xaxis_transform(),
            rotation=90,
            ha="center",
            va="bottom",
            bbox={"facecolor": theme.PAGE, "edgecolor": "none", "pad": 1.5},
        )


@from_released
def plot_monthly(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    value: str = "n_appointments",
    kind: str = "bar",
    unit: str = "count",
    ylabel: str = "Appointments a month",
    label_extremes: bool = True,
) -> Axes:
    """Draw one value a month as bars or a line from zero; the highest and lowest are labelled.

    Parameters
    ----------
    frame : DataFrame
        One row per month: ``month`` (datetime64, month start) and ``value``. A month that is absent
        between the first and the last is hatched and called "no data".
    ax : matplotlib Axes, optional
        Where to draw; a new figure of page width if not given.
    value : str
        Column drawn.
    kind : {"bar", "line"}
        Bars, or a line with markers that breaks at missing months.
    unit : {"count", "percent", "pounds"}
        How numbers are written.
    ylabel : str
        What the y axis measures, with its unit.
    label_extremes : bool
        Name the highest and the lowest month above the chart, with a thin line to each.

    Returns
    -------
    matplotlib Axes
    """
    need_columns(frame, "month", value)
    ax = new_axes(ax)
    rows = frame.sort_values("month")
    if kind == "bar":
        ax.bar(rows["month"], rows[value], width=24, color=theme.BLUE, **OUTLINED)
    else:
        lines = with_gaps(rows[["month", value]])
        ax.plot(lines["month"], lines[value], color=theme.CHARCOAL, marker="o", markersize=5)
    ax.set_ylim(0, 1.05 * rows[value].max())
    month_axis(ax, rows["month"])
    _mark_gaps(ax, rows["month"])
    format_axis(ax.yaxis, unit)
    ax.set_ylabel(wrap(ylabel, 34))
    if label_extremes:
        name_extremes(ax, rows, value, unit, kind)
    return ax


@from_released
def plot_shares(
    frame: pd.DataFrame,
    *,
    by: str,
    ax: Axes | None = None,
    value: str = "share",
    unit: str = "percent",
    ylabel: str = "Share of appointments",
) -> Axes:
    """Draw a line per group over months, each named at its end.

    Parameters
    ----------
    frame : DataFrame
        One row per month and group: ``month``, ``by``, ``value`` (share 0 to 1 within the month).
    by : str
        Column of groups, for instance ``mode``; at most eight.
    ax : matplotlib Axes, optional
        Where to draw.
    value, unit, ylabel : str
        What is drawn and how it is written.

    Returns
    -------
    matplotlib Axes
        One line per group, in category order.
    """
    need_columns(frame, "month", by, value)
    levels = levels_of(frame[by])
    if len(levels) > len(LINES):
        raise ValueError(
            f"{len(levels)} lines cannot be told apart: draw {len(LINES)} groups at most, or use plot_bars"
        )
    ax = new_axes(ax)
    ends, texts, marks = [], [], []
    for level, (colour, dash, marker) in zip(levels, LINES, strict=False):
        rows = with_gaps(frame.loc[frame[by] == level, ["month", value]])
        ax.plot(
            rows["month"],
            rows[value],
            color=colour,
            linestyle=dash,
            marker=marker,
            markersize=5,
            markevery=max(1, len(rows) // 12),
        )
        last = rows.dropna().iloc[-1]
        ends.append((last["month"], last[value]))
        texts.append(wrap(f"{level} {format_value(last[value], unit)}", 16))
        marks.append((marker, colour))
    ax.set_ylim(0, 1.08 * frame[value].max())
    month_axis(ax, frame["month"])
    label_ends(ax, ends, texts, markers=marks)
    format_axis(ax.yaxis, unit)
    ax.set_ylabel(wrap(ylabel, 34))
    return ax
