"""Rates with intervals by group, bounds from Unknown status, and rank changes."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis_lib.charts import theme
from analysis_lib.charts.marks import key_above, need_columns
from analysis_lib.charts.released import from_released
from analysis_lib.charts.rows import (
    MOST_NAMED,
    MOST_WIDE,
    name_rows,
    order_rows,
    row_axes,
    write_values,
)
from analysis_lib.charts.style import format_axis, format_value, format_values

DOT = {"marker": "o", "color": theme.CHARCOAL, "mec": theme.CHARCOAL}
SECOND = {"marker": "D", "color": theme.ORANGE, "mec": theme.CHARCOAL}


def _marks(ax: Axes, values: pd.Series, style: dict, size: float, offset: float = 0.0) -> None:
    at = [row + offset for row in range(len(values))]
    ax.plot(values, at, linestyle="none", ms=size, mew=1.0, zorder=3, **style)


def _intervals(
    ax: Axes, rows: pd.DataFrame, low: str, high: str, offset: float = 0.0, width: float = 1.8
) -> None:
    at = [row + offset for row in range(len(rows))]
    ax.hlines(at, rows[low], rows[high], color=theme.SLATE, linewidth=width, zorder=2)


@from_released
def plot_rates(
    frame: pd.DataFrame,
    *,
    label: str,
    ax: Axes | None = None,
    rate: str = "dna_rate",
    low: str | None = "dna_low",
    high: str | None = "dna_high",
    second: str | None = None,
    second_low: str | None = None,
    second_high: str | None = None,
    names: tuple[str, str] = ("as counted", "same mix"),
    bounds: tuple[str, str] | None = None,
    reference: float | None = None,
    reference_label: str = "England",
    sort: bool | None = None,
    highlight: Collection[object] = (),
    unit: str = "percent",
    xlabel: str = "DNA rate (of known status)",
    between: str = " → ",
) -> Axes:
    """Draw a dot with its interval per group, and optionally a second marker and the bounds with it.

    The second marker is a diamond larger than the dot, so that both are seen where they coincide.

    Parameters
    ----------
    frame : DataFrame
        One row per group: ``label``, ``rate`` (0 to 1), ``low`` and ``high``. More than 60 rows: only
        both ends and the highlighted rows are named.
    label : str
        Column of groups.
    ax : matplotlib Axes, optional
        Where to draw; a new figure as high as the rows need.
    rate, low, high : str
        Columns of the dot and its interval; ``low=None`` draws none.
    second, second_low, second_high : str, optional
        Columns of the second marker (standardised) and its interval.
    names : (str, str)
        What the two markers are called.
    bounds : (str, str), optional
        Columns of the bounds from Unknown status, drawn as a thin pale bar; the axis then starts at zero.
    reference : float, optional
        A vertical line, for instance the rate of England, named ``reference_label``.
    sort : bool, optional
        True highest first, False as given, None category order for ordered labels else highest first.
    highlight : collection
        Labels set in bold on a pale band.
    unit, xlabel : str
        How rates are written and what they are.
    between : str
        What stands between the two rates of a row.

    Returns
    -------
    matplotlib Axes
    """
    need_columns(frame, label, rate, *[name for name in (low, high, second, *(bounds or ())) if name])
    rows = order_rows(frame, label, rate, sort)
    key = 0.6 if second and bounds else 0.35 if second or bounds else 0.0
    ax = row_axes(ax, len(rows), extra=key, labels=rows[label] if len(rows) <= MOST_WIDE else ())
    if bounds:
        _bounds(ax, rows, *bounds)
    if second and second_low and second_high:
        _intervals(ax, rows, second_low, second_high)
    _dots(ax, rows, (rate, low, high), second)
    _shade(ax, rows[label], highlight)
    if bounds:
        ax.set_xlim(left=0)
    format_axis(ax.xaxis, unit, bins=5)
    ax.set_xlabel(xlabel)
    name_rows(ax, list(rows[label]), highlight=highlight, values=format_values(rows[rate], unit))
    write_values(ax, _values(rows, (rate, second), unit, between))
    text = "" if reference is None else f"{reference_label} {format_value(reference, unit)}"
    _name_marks(ax, names, second=bool(second), bounds=bool(bounds), line=(reference, text))
    return ax


def _values(rows: pd.DataFrame, columns: tuple[str, str | None], unit: str, between: str) -> list[str]:
    """Write both rates of each row, or the first alone where there is no second."""
    rate, second = columns
    texts = format_values(rows[rate], unit)
    if not second:
        return texts
    after = format_values(rows[second], unit)
    return [f"{a}{between}{b}" if b else a for a, b in zip(texts, after, strict=True)]


def _dots(
    ax: Axes, rows: pd.DataFrame, columns: tuple[str, str | None, str | None], second: str | None
) -> None:
    """Draw the first marker with its interval, and the second tied to it."""
    rate, low, high = columns
    many = len(rows) > MOST_NAMED
    size = 3.5 if many else 7 if len(rows) > 15 else 9
    if low and high:
        _intervals(ax, rows, low, high, width=1.0 if many else 1.8)
    if second:
        at = range(len(rows))
        ax.hlines(at, rows[rate], rows[second], color=theme.SLATE_LIGHT, linewidth=1.2, zorder=1)
        _marks(ax, rows[second], SECOND, size * 1.25)
    _marks(ax, rows[rate], DOT, size * (0.65 if second else 1))


def _bounds(ax: Axes, rows: pd.DataFrame, low: str, high: str) -> None:
    """Draw the range that Unknown status leaves open as a pale bar."""
    ax.barh(
        range(len(rows)),
        rows[high] - rows[low],
        left=rows[low],
        height=0.36,
        color=theme.SLATE_LIGHT,
        alpha=0.6,
        linewidth=0,
        zorder=0.5,
    )


def _shade(ax: Axes, labels: pd.Series, highlight: Collection[object]) -> None:
    """Lay a pale band under the highlighted rows."""
    for row, name in enumerate(labels):
        if name in highlight:
            ax.axhspan(row - 0.5, row + 0.5, color=theme.ORANGE_LIGHT, alpha=0.6, zorder=0, linewidth=0)


def _name_marks(
    ax: Axes, names: tuple[str, str], *, second: bool, bounds: bool, line: tuple[float | None, str]
) -> None:
    """Draw the reference line, and name it and the marks above the chart."""
    style = {"color": theme.RED_DARK, "linewidth": 1.4, "linestyle": (0, (4, 2))}
    if line[1]:
        ax.axvline(line[0], zorder=1, **style)
    if not second and not bounds:
        if line[1]:
            _name_line(ax, *line)
        return
    first = names[0] if second else "of known status"
    handles: list = [Line2D([], [], linestyle="none", ms=6 if second else 8, label=first, **DOT)]
    if second:
        handles.append(Line2D([], [], linestyle="none", ms=9, label=names[1], **SECOND))
    if bounds:
        handles.append(Patch(facecolor=theme.SLATE_LIGHT, alpha=0.6, label="range with Unknown"))
    if line[1]:
        handles.append(Line2D([], [], label=line[1], **style))
    key_above(ax, handles, ncols=2 if len(handles) > 2 else None)


def _name_line(ax: Axes, value: float, text: str) -> None:
    """Name the reference line at its top, kept clear of the edges."""
    left, right = ax.get_xlim()
    share = (value - left) / (right - left)
    ax.annotate(
        text,
        xy=(value, 1.0),
        xycoords=ax.get_xaxis_transform(),
        xytext=(0, 3),
        textcoords="offset points",
        ha="left" if share < 0.2 else "right" if share > 0.8 else "center",
        va="bottom",
        fontsize=12,
        color=theme.RED_DARK,
    )
