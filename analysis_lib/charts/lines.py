"""Lines over months, days, numbers or groups, with their intervals, alone or in panels."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import num2date
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis_lib.charts import theme
from analysis_lib.charts.marks import (
    LINES,
    REFERENCE,
    Columns,
    describe_axis,
    divide,
    fit_key,
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
    reference: float | None = None,
    reference_label: str = "",
    equality: str = "",
    bottom: float | None = None,
    unit: str | None = None,
    xunit: str = "count",
    xlabel: str = "",
    ylabel: str | None = None,
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
        Columns of the interval: a band, or a line through each mark where they are not joined.
    joined : bool
        False draws marks alone.
    reference, reference_label : float, str
        A dashed line across, and its name.
    equality : str
        Name of a line on which both axes are equal; none if empty.
    bottom : float, optional
        Where the y axis starts; by default it fits the data.
    unit, xunit, xlabel, ylabel : str
        How values are written, and what they are; values by default as `analysis_lib.columns` has it.

    Returns
    -------
    matplotlib Axes
        With panels, the axes that hold them, itself invisible.
    """
    names = named(values)
    need_columns(frame, x, by, panel, low, high, values=names)
    ylabel, unit = describe_axis(frame, next(iter(names)), ylabel, unit)
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
        height = 1.75 if words or n_columns > 2 else 3.4 if equality else 2.9
        heights = [height] * math.ceil(len(titles) / n_columns)
        ax, panels = divide(ax, titles, heights, n_columns=n_columns, extra=0.7 + 0.2 * len(key))
    else:
        ax = new_axes(ax)
        panels = [ax]
    looks = (LINES * 2)[len(ax.lines) % len(LINES) :]
    for place, one in enumerate(panels):
        rows = frame[frame[panel] == titles[place]] if panel else frame
        groups = list(dict.fromkeys(rows[x])) if words else []
        shown = rows.assign(**{x: [groups.index(group) for group in rows[x]]}) if words else rows
        series = [(str(level), shown[shown[by] == level], next(iter(names))) for level in levels]
        series = series or [(name, shown, column) for column, name in names.items()]
        for nth, each in enumerate(series):
            band = interval if by or nth == 0 else None
            _draw_series(one, each, x, band, looks[nth], joined=joined, shared=len(names) > 1)
        if equality:
            _equal(one, rows[[x, *names, *(interval or ())]])
        if reference is not None:
            one.axhline(reference, **(REFERENCE if reference_label else FAINT))
        if rows[list(names)].isna().all(axis=None):
            one.text(0.5, 0.5, "too few to show", transform=one.transAxes, ha="center", fontsize=SMALL)
        if bottom is not None:
            one.set_ylim(bottom=bottom)
        if words:
            _name_groups(one, [str(group) for group in groups], n_columns)
        elif not dates:
            format_axis(one.xaxis, xunit, bins=6 if n_columns < 3 else 3)
            if xunit == "count":
                one.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        format_axis(one.yaxis, unit, bins=4 if panel else 6)
    if panel:
        if len(key) > bool(equality):
            key_above(ax, key, ncols=fit_key([str(handle.get_label()) for handle in key]), of_panels=True)
        if words:
            _share_names(panels, n_columns)
        ax.figure.supxlabel(xlabel, fontsize=13)
        ax.figure.supylabel(ylabel, fontsize=13)
        return ax
    if dates:
        if reference is not None:
            ax.set_ylim(top=max(ax.get_ylim()[1], 1.08 * reference))
        before = pd.Series(num2date(ax.dataLim.intervalx)).dt.tz_localize(None).dt.round("D")
        month_axis(ax, pd.concat([before, frame[x]]))
        labels = _ends(series, looks, x, unit, joined=joined)
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
    look: tuple[str, str, str],
    *,
    joined: bool,
    shared: bool,
) -> None:
    """Draw one series with its interval; a band that columns share is blue, since it is of none of them."""
    _, rows, value = series
    colour, dash, marker = look
    rows = rows.sort_values(x)
    many = len(rows) > MANY_MARKS
    if not joined:
        if interval:
            one.vlines(rows[x], rows[interval[0]], rows[interval[1]], color=colour, linewidth=1.5, zorder=2)
        style = {
            "ms": 3.5 if many else 5,
            "mec": theme.CHARCOAL,
            "mew": 0.6,
            "zorder": 4 - 0.1 * LINES.index(look),
        }
        one.plot(rows[x], rows[value], marker, mfc="none" if many and marker == "o" else colour, **style)
        return
    if pd.api.types.is_datetime64_any_dtype(rows[x]):
        rows = with_gaps(rows[[x, *dict.fromkeys([value, *(interval or ())])]], x)
    if interval:
        shade = {"color": theme.BLUE if shared else colour, "alpha": 0.25 if shared else 0.15, "lw": 0}
        one.fill_between(rows[x], rows[interval[0]], rows[interval[1]], **shade)
    style = {"linestyle": dash, "marker": "" if many else marker, "ms": 5, "color": colour}
    one.plot(rows[x], rows[value], markevery=max(1, len(rows) // MOST_MARKS), **style)


def _equal(one: Axes, shown: pd.DataFrame) -> None:
    """Draw the line on which both axes are equal, from corner to corner."""
    least, most = min(0, shown.min(axis=None)), shown.max(axis=None)
    room = 0.03 * (most - least)
    one.plot([least, most + room], [least, most + room], **FAINT)
    one.set(xlim=(least - room / 2, most + room), ylim=(least - room / 2, most + room))


def _ends(
    series: list[Series], looks: tuple[tuple[str, str, str], ...], x: str, unit: str, *, joined: bool
) -> list[tuple]:
    """Return where each line ends, its name with the last value, and its mark."""
    labels = []
    for (name, rows, value), (colour, _, marker) in zip(series, looks, strict=False):
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


def _name_groups(one: Axes, names: list[str], n_columns: int) -> None:
    """Name the groups below a panel, as many as fit; all of them where names have several lines."""
    one.set_xlim(-0.6, len(names) - 0.4)
    step = math.ceil(sum(len(name) + 0.7 for name in names) * n_columns / PAGE_WIDTH)
    if "\n" in names[0]:
        step, width = 1, PAGE_WIDTH // n_columns // len(names)
        names = ["\n".join(wrap(line, width) for line in name.split("\n")) for name in names]
    one.set_xticks(range(0, len(names), step), names[::step], fontsize=10.5 if "\n" in names[0] else SMALL)


def _share_names(panels: list[Axes], n_columns: int) -> None:
    """Write the names of groups that all panels share below the last row alone."""
    same = len({tuple(text.get_text() for text in one.get_xticklabels()) for one in panels}) == 1
    for place, one in enumerate(panels if same and n_columns > 1 else ()):
        one.tick_params(axis="x", labelbottom=place + n_columns >= len(panels))


def _key(names: list[str], equality: str, *, joined: bool) -> list[Line2D]:
    """Return the key of the series and of the line of equality."""
    handles = [
        Line2D([], [], color=colour, linestyle=dash if joined else "none", marker=marker, ms=6, label=name)
        for name, (colour, dash, marker) in zip(names, LINES, strict=False)
    ]
    return [*handles, Line2D([], [], label=equality, **FAINT)] if equality else handles
