"""Rows of dots with intervals, in panels one above the other."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw, levels_of, need_columns, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.rows import NAME_WIDTH, write_values
from analysis_lib.charts.style import SMALL, format_axis, format_values, new_axes

ROW, PANEL, EDGE = 0.34, 0.42, 0.75  # inches: of a row, of a panel's name, of the axis below
NOT_SHOWN = "not shown"


@from_released
def plot_stacked(
    frame: pd.DataFrame,
    *,
    panel: str,
    label: str,
    value: str,
    ax: Axes | None = None,
    low: str | None = "low",
    high: str | None = "high",
    reference: float | None = None,
    reference_label: str = "",
    highlight: Collection[object] = (),
    unit: str = "ratio",
    xlabel: str = "",
) -> Axes:
    """Draw a dot with its interval per row, rows in panels one above the other, all on one scale.

    Parameters
    ----------
    frame : DataFrame
        One row per panel and label: ``panel``, ``label``, ``value``, ``low``, ``high``, in the order in which
        they are drawn. A row without a value keeps its place and says that it is not shown.
    panel, label, value, low, high : str
        Columns; ``low=None`` draws no intervals.
    ax : matplotlib Axes, optional
        Divided into the panels.
    reference : float, optional
        A dashed line through all panels, named ``reference_label`` under the axis.
    highlight : collection
        Labels set in bold, with an orange dot.
    unit, xlabel : str
        How values are written, and what they are.

    Returns
    -------
    matplotlib Axes
        The axes that hold the panels, itself invisible.
    """
    need_columns(frame, panel, label, value, *[name for name in (low, high) if name])
    if frame[value].isna().all():
        raise NothingToDraw("Every value of this chart is hidden: there is nothing to draw.")
    names = levels_of(frame[panel])
    parts = [frame[frame[panel] == name].reset_index(drop=True) for name in names]
    n_lines = [sum(wrap(text, NAME_WIDTH).count("\n") + 2 for text in part[label]) / 2 for part in parts]
    ax = new_axes(ax, height=EDGE + math.fsum(PANEL + ROW * n for n in n_lines))
    ax.set_axis_off()
    grid = ax.get_subplotspec().subgridspec(len(parts), 1, height_ratios=[len(part) + 0.2 for part in parts])
    limits = _limits(frame, (value, low, high), reference)
    for place, (name, part) in enumerate(zip(names, parts, strict=True)):
        one = new_axes(ax.figure.add_subplot(grid[place, 0]))
        one.set_xlim(limits)
        if reference is not None:
            one.axvline(reference, color=theme.RED_DARK, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)
        _rows(one, part, (label, value, low, high), highlight)
        write_values(one, [text or NOT_SHOWN for text in format_values(part[value], unit)])
        _name_panel(one, name)
        format_axis(one.xaxis, unit, bins=5)
        one.tick_params(axis="x", labelbottom=place == len(parts) - 1)
    one.set_xlabel(xlabel if not reference_label else f"{xlabel}\n(dashed line: {reference_label})")
    return ax


def _limits(
    frame: pd.DataFrame, columns: tuple[str | None, ...], reference: float | None
) -> tuple[float, float]:
    """Return the ends of the common scale: all marks and intervals, with a little room."""
    values = [*frame[[c for c in columns if c]].to_numpy(float).ravel()]
    values += [] if reference is None else [reference]
    least, most = np.nanmin(values), np.nanmax(values)
    room = 0.06 * (most - least or abs(most) or 1.0)
    return least - room, most + room


def _rows(
    one: Axes, part: pd.DataFrame, columns: tuple[str, str, str | None, str | None], highlight: Collection
) -> None:
    """Draw the dots and intervals of one panel, named on the left."""
    label, value, low, high = columns
    at = np.arange(len(part))
    if low and high:
        one.hlines(at, part[low], part[high], color=theme.SLATE, linewidth=1.8, zorder=2)
    chosen = part[label].isin(list(highlight)).to_numpy()
    for rows, fill in ((~chosen, theme.CHARCOAL), (chosen, theme.ORANGE)):
        one.plot(part.loc[rows, value], at[rows], "o", ms=8, mfc=fill, mec=theme.CHARCOAL, zorder=3)
    one.set_ylim(len(part) - 0.4, -0.6)
    one.set_yticks(at, [wrap(text, NAME_WIDTH) for text in part[label]], fontsize=SMALL, linespacing=0.95)
    one.tick_params(axis="y", length=0)
    for tick, bold in zip(one.get_yticklabels(), chosen, strict=True):
        tick.set_fontweight("bold" if bold else "normal")


def _name_panel(one: Axes, name: object) -> None:
    one.annotate(
        str(name),
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(0, 4),
        textcoords="offset points",
        fontsize=SMALL,
        fontweight="bold",
    )
