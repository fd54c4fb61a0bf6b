"""Lines over months, days, numbers or groups, with their intervals, alone or in panels."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FormatStrFormatter, NullLocator

from analysis_lib.charts import theme
from analysis_lib.charts.marks import (
    LINES,
    REFERENCE,
    Columns,
    divide,
    key_above,
    label_ends,
    levels_of,
    month_axis,
    named,
    need_columns,
    with_gaps,
    wrap,
)
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, format_axis, format_value, new_axes

FAINT = {"color": theme.SLATE, "linewidth": 1, "linestyle": (0, (5, 3)), "zorder": 1}
RATIOS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 16)  # ticks of a logarithmic axis
KEY_WIDTH = 66  # characters of a line of the key
PAGE_WIDTH = 52  # characters of names below a chart as wide as the page
MOST_MARKS = 12  # marks on a line, about
MANY_MARKS = 100  # more are drawn small, and the first kind hollow
#: A series: its name, its rows and the column that is drawn.
Series = tuple[str, pd.DataFrame, str]


@from_released
def plot_lines(
    frame: pd.DataFrame,
    x: str,
    values: Columns,
    *,
    ax: Axes | None = None,
    by: str | None = None,
    panel: str | None = None,
    n_columns: int = 1,
    low: str | None = None,
    high: str | None = None,
    joined: bool = True,
    then: pd.DataFrame | None = None,
    reference: float | None = None,
    reference_label: str = "",
    equality: str = "",
    log: bool = False,
    bottom: float | None = None,
    beside: str | None = None,
    unit: str = "percent",
    xunit: str = "count",
    xlabel: str = "",
    ylabel: str = "",
) -> Axes:
    """Draw a line for each series over x, and its interval.

    Parameters
    ----------
    frame : DataFrame
        One row per ``x``, series and panel. A month that is absent or hidden breaks the line.
    x : str
        Column of months or days, numbers, or words, which stand in the order in which they first come.
    values : str, sequence or mapping of str
        A column each series, with the names that it gets at its end; or one, split `by` another.
    by : str, optional
        Column of series, at most eight.
    panel : str, optional
        Column of panels, `n_columns` beside each other, each with its own scale and one key above all.
    low, high : str, optional
        Columns of the interval: a band, or a line through each mark where they are not joined. With
        ``then``, its columns.
    joined : bool
        False draws marks alone.
    then : DataFrame, optional
        What is expected after ``frame``, in the same columns: drawn dashed and called a forecast.
    reference, reference_label : float, str
        A dashed line across, and its name.
    equality : str
        Name of a line on which both axes are equal; none if empty.
    log : bool
        Draw both axes as ratios, on one scale for all panels.
    bottom : float, optional
        Where the y axis starts; by default it fits the data.
    beside : str, optional
        Column of counts written below the words of ``x``.
    unit, xunit, xlabel, ylabel : str
        How values are written, and what they are.

    Returns
    -------
    matplotlib Axes
        With panels, the axes that hold them, itself invisible.
    """
    names = named(values)
    need_columns(frame if then is None else then, x, low, high)
    need_columns(frame, x, by, panel, beside, values=names)
    levels = levels_of(frame[by]) if by else []
    if len(levels) > len(LINES):
        raise ValueError(
            f"{len(levels)} lines cannot be told apart: draw {len(LINES)} groups at most, or use plot_bars"
        )
    interval = (low, high) if low and high else None
    dates = pd.api.types.is_datetime64_any_dtype(frame[x])
    words = not dates and not pd.api.types.is_numeric_dtype(frame[x])
    titles = levels_of(frame[panel]) if panel else []
    key = _key([str(level) for level in levels or filter(None, names.values())], equality, joined=joined)
    if panel:
        heights = [1.75 if words or log else 2.9 + 0.5 * bool(equality)] * math.ceil(len(titles) / n_columns)
        ax, panels = divide(ax, titles, heights, n_columns=n_columns, extra=0.7 + 0.2 * len(key))
    else:
        ax = new_axes(ax)
        panels = [ax]
    for place, one in enumerate(panels):
        rows = frame[frame[panel] == titles[place]] if panel else frame
        groups = list(dict.fromkeys(rows[x])) if words else []
        shown = rows.assign(**{x: [groups.index(group) for group in rows[x]]}) if words else rows
        series = [(str(level), shown[shown[by] == level], next(iter(names))) for level in levels]
        series = series or [(name, shown, column) for column, name in names.items()]
        for nth, each in enumerate(series):
            band = interval if then is None and (by or nth == 0) else None
            _draw_series(one, each, x, band, nth, joined=joined, small=n_columns > 2, shared=not by)
        if equality:
            _equal(one, (frame if log else rows)[[x, *names, *(interval or ())]], log=log)
        if reference is not None:
            one.axhline(reference, **(REFERENCE if reference_label else FAINT))
        if rows[list(names)].isna().all(axis=None):
            one.text(0.5, 0.5, "too few to show", transform=one.transAxes, ha="center", fontsize=SMALL)
        if bottom is not None:
            one.set_ylim(bottom=bottom)
        if words:
            _name_groups(one, groups, rows[beside] if beside else None, n_columns)
        elif not (log or dates):
            format_axis(one.xaxis, xunit)
            one.xaxis.get_major_locator().set_params(integer=xunit == "count")
        if not log:
            format_axis(one.yaxis, unit, bins=4 if panel else 6)
    if panel:
        if len(key) > bool(equality):
            key_above(ax, key, ncols=_fit_key([str(handle.get_label()) for handle in key]), of_panels=True)
        _share_ticks(panels, n_columns, log=log)
        ax.figure.supxlabel(xlabel, fontsize=13)
        ax.figure.supylabel(ylabel, fontsize=13)
        return ax
    labels = _ends(series, x, unit, joined=joined) if dates else []
    if then is not None:
        labels += _draw_forecast(ax, then.sort_values(x), (x, series[0][2]), interval)
    if dates:
        if reference is not None:
            ax.set_ylim(top=max(ax.get_ylim()[1], 1.08 * reference))
        month_axis(ax, pd.concat([frame[x], *([] if then is None else [then[x]])]))
        if reference_label:
            labels.append((ax.get_xlim()[1], reference, reference_label, None))
        _write_ends(ax, labels)
    elif equality:
        ax.annotate(equality, (0.6, 0.5), fontsize=SMALL, color=theme.SLATE_DARK)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(wrap(ylabel, 30))
    return ax


def _draw_series(
    one: Axes,
    series: Series,
    x: str,
    interval: tuple[str, str] | None,
    nth: int,
    *,
    joined: bool,
    small: bool,
    shared: bool,
) -> None:
    """Draw one series with its interval; a band that columns share is blue, since it is of none of them."""
    _, rows, value = series
    colour, dash, marker = LINES[nth]
    rows = rows.sort_values(x)
    many = len(rows) > MANY_MARKS
    if not joined:
        if interval:
            one.vlines(rows[x], rows[interval[0]], rows[interval[1]], color=colour, linewidth=1.5, zorder=2)
        style = {"ms": 3.5 if many else 4 if small else 6, "mec": theme.CHARCOAL, "mew": 0.6}
        fill = "none" if many and nth == 0 else colour
        one.plot(rows[x], rows[value], marker, mfc=fill, zorder=4 - 0.1 * nth, **style)
        return
    if pd.api.types.is_datetime64_any_dtype(rows[x]):
        rows = with_gaps(rows[[x, *dict.fromkeys([value, *(interval or ())])]], x)
    if interval:
        shade = {"color": theme.BLUE if shared else colour, "alpha": 0.25 if shared else 0.15, "lw": 0}
        one.fill_between(rows[x], rows[interval[0]], rows[interval[1]], **shade)
    style = {"linestyle": dash, "marker": "" if many else marker, "ms": 5, "color": colour}
    one.plot(rows[x], rows[value], markevery=max(1, len(rows) // MOST_MARKS), **style)


def _equal(one: Axes, shown: pd.DataFrame, *, log: bool) -> None:
    """Draw the line on which both axes are equal, from corner to corner."""
    ends = shown.to_numpy(float)
    limits = -0.015 * np.nanmax(ends), 1.04 * np.nanmax(ends)
    if log:  # intervals, which are wide where there are few, may run off
        limits = np.nanmin(ends[:, :2]) / 1.25, np.nanmax(ends[:, :2]) * 1.25
        one.set(xscale="log", yscale="log")
        ticks = [ratio for ratio in RATIOS if limits[0] <= ratio <= limits[1]][::2] or [1]
        for axis in (one.xaxis, one.yaxis):
            axis.set_major_locator(FixedLocator(ticks))
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(FormatStrFormatter("%g"))
    start = max(0, limits[0])
    one.plot([start, limits[1]], [start, limits[1]], **FAINT)
    one.set(xlim=limits, ylim=limits)


def _ends(series: list[Series], x: str, unit: str, *, joined: bool) -> list[tuple]:
    """Return where each line ends, its name with the last value, and its mark."""
    labels = []
    for (name, rows, value), (colour, _, marker) in zip(series, LINES, strict=False):
        known = rows.sort_values(x).dropna(subset=[value])
        if name and len(known):
            last = known[value].iloc[-1]
            text = f"{name} {format_value(last, unit)}" if joined else name
            fill = "white" if not joined and not labels else colour
            labels.append((known[x].iloc[-1], last, wrap(text, 18), (marker, fill)))
    return labels


def _write_ends(ax: Axes, labels: list[tuple]) -> None:
    points = [(when, height) for when, height, _, _ in labels]
    colours = [theme.CHARCOAL if mark else theme.RED_DARK for *_, mark in labels]
    texts, marks = [text for _, _, text, _ in labels], [mark for *_, mark in labels]
    label_ends(ax, points, texts, colours=colours, markers=marks)


def _draw_forecast(
    ax: Axes, ahead: pd.DataFrame, columns: tuple[str, str], interval: tuple[str, str] | None
) -> list[tuple]:
    """Draw what is to come, and say where it begins; return the labels at its end."""
    months, values = (ahead[column] for column in columns)
    ax.plot(months, values, color=theme.BLUE, linestyle="--", marker="s", ms=4)
    labels = [(months.iloc[-1], values.iloc[-1], "forecast", ("s", theme.BLUE))]
    if interval:
        low, high = (ahead[column] for column in interval)
        ax.fill_between(months, low, high, color=theme.BLUE_LIGHT, alpha=0.5, lw=0)
        labels.append((months.iloc[-1], high.iloc[-1], "95%\ninterval", ("s", theme.BLUE_LIGHT)))
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom - 0.1 * (top - bottom), top)  # room for the note
    start = ax.convert_xunits(months.iloc[0]) - 15
    ax.axvline(start, color=theme.SLATE_LIGHT, linewidth=1, zorder=0)
    style = {"transform": ax.get_xaxis_transform(), "ha": "right", "fontsize": SMALL, "color": theme.SLATE}
    ax.text(start, 0.03, "forecast from here →", **style)
    return labels


def _name_groups(one: Axes, groups: list, counts: pd.Series | None, n_columns: int) -> None:
    """Name the groups below a panel, as many as fit, or all with the number of people below."""
    one.set_xlim(-0.6, len(groups) - 0.4)
    names = [str(group) for group in groups]
    step = math.ceil(sum(len(name) + 0.7 for name in names) * n_columns / PAGE_WIDTH)
    size = SMALL
    if counts is not None:
        width, step, size = PAGE_WIDTH // len(names), 1, 10.5
        names = [f"{wrap(name, width)}\n{_people(n)}" for name, n in zip(names, counts, strict=True)]
    one.set_xticks(range(0, len(groups), step), names[::step], fontsize=size)


def _people(n: float) -> str:
    if pd.isna(n):
        return "[c]"
    return f"{n / 1000:.0f}k" if n >= 10_000 else f"{n:,.0f}"


def _share_ticks(panels: list[Axes], n_columns: int, *, log: bool) -> None:
    """Write what panels have in common once: the words below the last row, ratios at the left as well."""
    same = len({tuple(text.get_text() for text in one.get_xticklabels()) for one in panels}) == 1
    for place, one in enumerate(panels):
        if same and n_columns > 1:
            one.tick_params(axis="x", labelbottom=place + n_columns >= len(panels))
        if log:
            one.tick_params(axis="y", labelleft=place % n_columns == 0)


def _key(names: list[str], equality: str, *, joined: bool) -> list[Line2D]:
    """Return the key of the series and of the line of equality."""
    handles = [
        Line2D([], [], color=colour, linestyle=dash if joined else "none", marker=marker, ms=6, label=name)
        for name, (colour, dash, marker) in zip(names, LINES, strict=False)
    ]
    return [*handles, Line2D([], [], label=equality, **FAINT)] if equality else handles


def _fit_key(names: list[str]) -> int:
    """Return how many names of the key fit beside each other, all in columns as wide as the longest."""
    return max(1, min(len(names), KEY_WIDTH // (max(map(len, names)) + 6)))
