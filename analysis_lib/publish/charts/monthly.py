"""Charts over months: counts, use against the planning figure, shares, forecast."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.publish import theme
from analysis_lib.publish.charts.marks import (
    LINES,
    fills_of,
    full_months,
    label_ends,
    levels_of,
    month_axis,
    need_columns,
    with_gaps,
    wrap,
)
from analysis_lib.publish.charts.style import HEIGHT, format_axis, format_value, new_axes

#: How the three bases of a rate per day are named at the line's end.
BASES: dict[str, str] = {
    "per_day_working": "per working day",
    "per_day_30": "month ÷ 30",
    "per_day_calendar": "per calendar day",
}
OUTLINED = {"edgecolor": theme.CHARCOAL, "linewidth": 1.0}


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
        Label the highest and the lowest month.

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
    ax.set_ylim(0, 1.14 * rows[value].max())
    month_axis(ax, rows["month"])
    _mark_gaps(ax, rows["month"])
    if label_extremes:
        _label_extremes(ax, rows, value, unit, kind)
    format_axis(ax.yaxis, unit)
    ax.set_ylabel(wrap(ylabel, 34))
    return ax


def _label_extremes(ax: Axes, rows: pd.DataFrame, value: str, unit: str, kind: str) -> None:
    """Fill the highest and lowest orange and write month and value above."""
    ends = {rows[value].idxmax(): "highest", rows[value].idxmin(): "lowest"}
    first, last = rows["month"].min(), rows["month"].max()
    for index, word in ends.items():
        month, height = rows.loc[index, "month"], rows.loc[index, value]
        if kind == "bar":
            ax.bar([month], [height], width=24, color=theme.ORANGE, gid="extreme", **OUTLINED)
        else:
            ax.plot([month], [height], "o", ms=10, color=theme.ORANGE, mec=theme.CHARCOAL, gid="extreme")
        share = (month - first) / (last - first) if last > first else 0.5
        below = kind == "line" and word == "lowest"
        # A label above a low bar would lie on its taller neighbours: a white ground keeps it readable.
        ax.annotate(
            f"{word}: {month:%b %Y}, {format_value(height, unit)}",
            xy=(month, height),
            xytext=(0, -9 if below else 6 if kind == "bar" else 9),
            textcoords="offset points",
            ha="left" if share < 0.25 else "right" if share > 0.75 else "center",
            va="top" if below else "bottom",
            fontsize=12,
            bbox={"facecolor": theme.PAGE, "edgecolor": "none", "pad": 1.0},
            zorder=5,
        )


def plot_utilisation(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    planning_per_day: float = 1_200_000,
    bases: Mapping[str, str] | None = None,
) -> Axes:
    """Draw appointments a day on three bases, against the planning figure.

    Parameters
    ----------
    frame : DataFrame
        One row per month: ``month``, ``per_day_30``, ``per_day_calendar``, ``per_day_working``.
    ax : matplotlib Axes, optional
        Where to draw.
    planning_per_day : float
        Planning figure, appointments a day.
    bases : mapping, optional
        Column to name at the line's end; the three bases by default.

    Returns
    -------
    matplotlib Axes
        Lines in the order of ``bases``, then the planning line.
    """
    bases = dict(bases or BASES)
    need_columns(frame, "month", *bases)
    ax = new_axes(ax)
    rows = with_gaps(frame[["month", *bases]])
    for (column, _), (colour, dash, marker) in zip(bases.items(), LINES, strict=False):
        ax.plot(rows["month"], rows[column], color=colour, linestyle=dash, marker=marker, markersize=5)
    ax.axhline(planning_per_day, color=theme.RED_DARK, linewidth=1.6, linestyle=(0, (6, 3)))
    top = max(rows[list(bases)].max().max(), planning_per_day)
    ax.set_ylim(0, 1.08 * top)
    month_axis(ax, frame["month"])
    last = rows.dropna().iloc[-1]
    ends = [(last["month"], last[column]) for column in bases]
    ends.append((ax.get_xlim()[1], planning_per_day))
    texts = [wrap(text, 12) for text in bases.values()] + [f"planning\n{planning_per_day:,.0f}"]
    marks = [(marker, colour) for colour, _, marker in LINES[: len(bases)]]
    label_ends(
        ax, ends, texts, colours=[theme.CHARCOAL] * len(bases) + [theme.RED_DARK], markers=[*marks, None]
    )
    format_axis(ax.yaxis, "count")
    ax.set_ylabel("Appointments a day")
    return ax


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
        texts.append(wrap(f"{level} {format_value(last[value], unit)}", 22))
        marks.append((marker, colour))
    ax.set_ylim(0, 1.08 * frame[value].max())
    month_axis(ax, frame["month"])
    label_ends(ax, ends, texts, markers=marks)
    format_axis(ax.yaxis, unit)
    ax.set_ylabel(wrap(ylabel, 34))
    return ax


def plot_stack(
    frame: pd.DataFrame,
    *,
    by: str,
    ax: Axes | None = None,
    value: str = "share",
    unit: str = "percent",
    ylabel: str = "Share of appointments",
) -> Axes:
    """Draw groups stacked over months as bars, each group named beside the last month.

    Bars rather than areas, so that a missing month is a gap and not a guess.

    Parameters
    ----------
    frame : DataFrame
        One row per month and group: ``month``, ``by``, ``value``. A group absent in a month has no bar.
    by : str
        Column of groups, at most ten; the first is at the bottom. ``Unknown`` is hatched.
    ax : matplotlib Axes, optional
        Where to draw.
    value, unit, ylabel : str
        What is drawn and how it is written.

    Returns
    -------
    matplotlib Axes
        One bar container per group, in category order.
    """
    need_columns(frame, "month", by, value)
    levels = levels_of(frame[by])
    fills = fills_of(levels)
    ax = new_axes(ax, height=HEIGHT + 0.12 * max(0, len(levels) - 5))
    wide = frame.pivot(index="month", columns=by, values=value).sort_index()  # noqa: PD010 - refuses repeated cells
    base = pd.Series(0.0, index=wide.index)
    middles, texts = [], []
    for level in levels:
        height = wide[level].astype(float)
        fill, hatch = fills[level]
        edges = {"edgecolor": theme.CHARCOAL if not hatch else theme.SLATE, "linewidth": 0.5, "hatch": hatch}
        ax.bar(wide.index, height, bottom=base, width=26, color=fill, label=str(level), **edges)
        last = height.fillna(0)
        middles.append(base.iloc[-1] + last.iloc[-1] / 2)
        texts.append(wrap(f"{level} {format_value(last.iloc[-1], unit)}", 22))
        base = base + last
    ax.set_ylim(0, 1.0 if unit == "percent" and base.max() <= 1.001 else 1.05 * base.max())
    month_axis(ax, frame["month"])
    edge = ax.convert_xunits(wide.index[-1]) + 13
    label_ends(ax, [(edge, y) for y in middles], texts, markers=[("s", fills[level][0]) for level in levels])
    format_axis(ax.yaxis, unit)
    ax.set_ylabel(wrap(ylabel, 34))
    return ax
