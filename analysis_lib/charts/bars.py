"""Ranked bars, distributions, and the cost of missed appointments."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.digits import format_share
from analysis_lib.charts.marks import UNKNOWN, need_columns, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.rows import MOST_NAMED, name_rows, order_rows, row_axes
from analysis_lib.charts.style import (
    SMALL,
    format_axis,
    format_value,
    format_values,
    new_axes,
)


@from_released
def plot_bars(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    ax: Axes | None = None,
    unit: str = "count",
    share: str | None = None,
    top: int | None = None,
    sort: bool | None = None,
    highlight: Collection[object] = (),
    xlabel: str = "Appointments",
) -> Axes:
    """Draw horizontal bars, highest first, each with its value at the end.

    Parameters
    ----------
    frame : DataFrame
        One row per label: ``label``, ``value``. More than 60 rows: only both ends are named.
    label, value : str
        Columns.
    ax : matplotlib Axes, optional
        Where to draw; a new figure as high as the rows need.
    unit : {"count", "percent", "pounds"}
        How values are written.
    share : str, optional
        Column of shares (0 to 1) written in brackets after the value.
    top : int, optional
        Draw only this many, the first in drawing order; say so in the caption.
    sort : bool, optional
        True highest first, False as given, None category order for ordered labels else highest first.
    highlight : collection
        Labels drawn in orange with bold names, for instance the analyst's own area.
    xlabel : str
        What the bars measure, with its unit.

    Returns
    -------
    matplotlib Axes
        One bar per row, top first.
    """
    need_columns(frame, label, value, *([share] if share else []))
    rows = order_rows(frame, label, value, sort).head(top or len(frame))
    ax = row_axes(ax, len(rows), labels=rows[label])
    labels = list(rows[label])
    colours = [_fill(name, highlight) for name in labels]
    many = len(rows) > MOST_NAMED
    bars = ax.barh(range(len(rows)), rows[value], height=0.8 if many else 0.7, color=colours)
    for bar, name in zip(bars, labels, strict=True):
        bar.set(
            edgecolor=theme.CHARCOAL,
            linewidth=0.3 if many else 0.8,
            hatch="////" if str(name) == UNKNOWN else "",
        )
    if not many:
        texts = format_values(rows[value], unit)
        if share:
            texts = [f"{text} ({format_share(part)})" for text, part in zip(texts, rows[share], strict=True)]
        ax.bar_label(bars, texts, padding=4, fontsize=SMALL if len(rows) <= 15 else 11)
        ax.margins(x=0.32 if share else 0.16)
    ax.set_xlim(left=0)
    format_axis(ax.xaxis, unit, bins=5, millions_from=2_000_000)
    ax.set_xlabel(xlabel)
    name_rows(ax, labels, highlight=highlight, values=format_values(rows[value], unit))
    return ax


def _fill(name: object, highlight: Collection[object]) -> str:
    if str(name) == UNKNOWN:
        return "white"
    return theme.ORANGE if name in highlight else theme.BLUE


@from_released
def plot_distribution(
    frame: pd.DataFrame,
    *,
    by: str,
    ax: Axes | None = None,
    value: str = "share",
    unit: str = "percent",
    drop_word: str | None = None,
    xlabel: str | None = None,
    ylabel: str = "Share of appointments",
) -> Axes:
    """Draw ordered groups (durations, lead times) as columns in their order, each labelled.

    Parameters
    ----------
    frame : DataFrame
        One row per group: ``by`` (ordered categorical, else drawn as given) and ``value``.
        ``Unknown`` is white with slate lines and stands last in category order.
    by, value : str
        Columns.
    ax : matplotlib Axes, optional
        Where to draw.
    unit : {"count", "percent", "pounds"}
        How values are written.
    drop_word : str, optional
        Word left out of every group's name because the axis says it, for instance ``Minutes``.
    xlabel, ylabel : str
        Names of the axes, with units.

    Returns
    -------
    matplotlib Axes
        One bar per group, left to right.
    """
    need_columns(frame, by, value)
    rows = frame.sort_values(by, kind="stable") if isinstance(frame[by].dtype, pd.CategoricalDtype) else frame
    ax = new_axes(ax)
    names = [str(name) for name in rows[by]]
    bars = ax.bar(range(len(rows)), rows[value], width=0.75, color=theme.BLUE, edgecolor=theme.CHARCOAL)
    for bar, name in zip(bars, names, strict=True):
        if name == UNKNOWN:
            bar.set(facecolor="white", hatch="////")
    ax.bar_label(bars, format_values(rows[value], unit), padding=3, fontsize=12)
    shown = [wrap(name.replace(drop_word, "").strip() if drop_word else name, 8) for name in names]
    ax.set_xticks(range(len(rows)), shown, fontsize=SMALL if len(shown) < 8 else 11, linespacing=1.0)
    ax.tick_params(axis="x", length=0)
    ax.set_ylim(0, 1.12 * rows[value].max())
    format_axis(ax.yaxis, unit)
    ax.set_xlabel(xlabel if xlabel is not None else by.replace("_", " ").capitalize())
    ax.set_ylabel(wrap(ylabel, 34))
    return ax


@from_released
def plot_cost(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    label: str = "hcp_group",
    value: str = "cost_gbp",
    count: str = "n_dna",
    xlabel: str = "Missed appointments at the stated unit cost (£, opportunity, not cash)",
) -> Axes:
    """Draw the stated cost of missed appointments, with their number beside it.

    Parameters
    ----------
    frame : DataFrame
        One row per group: ``label``, ``value`` (pounds), ``count`` (missed appointments).
    ax : matplotlib Axes, optional
        Where to draw.
    label, value, count, xlabel : str
        Columns and the name of the axis.

    Returns
    -------
    matplotlib Axes
    """
    need_columns(frame, label, value, count)
    ax = row_axes(ax, len(frame))
    bars = ax.barh(range(len(frame)), frame[value], height=0.6, color=theme.BLUE, edgecolor=theme.CHARCOAL)
    texts = [
        f"{format_value(pounds, 'pounds')} ({format_value(missed, 'count')} missed)"
        for pounds, missed in zip(frame[value], frame[count], strict=True)
    ]
    ax.bar_label(bars, texts, padding=4, fontsize=12)
    ax.margins(x=0.5)
    ax.set_xlim(left=0)
    format_axis(ax.xaxis, "pounds", bins=5)
    ax.set_xlabel(wrap(xlabel, 46))
    name_rows(ax, list(frame[label]))
    return ax
