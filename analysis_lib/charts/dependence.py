"""How the risk that a model gives goes with the value of a feature."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw, levels_of, need_columns
from analysis_lib.charts.panels import divide
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import format_axis, format_value

MOST_NAMED = 12  # characters of all bins in a panel that stand side by side, times the number of panels


@from_released
def plot_dependence(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    panel: str = "feature",
    label: str = "bin",
    value: str = "mean_shap",
    low: str = "low",
    high: str = "high",
    count: str = "n",
    xlabel: str = "Value of the feature, with the number of people below",
    ylabel: str = "Mean SHAP value (log odds)",
) -> Axes:
    """Draw the mean SHAP value by bin of a feature, one panel a feature, with the number of people.

    Parameters
    ----------
    frame : DataFrame
        One row per panel and bin, in order: ``panel``, ``label``, ``value``, ``low``, ``high``, ``count``. A
        hidden bin keeps its place and stays empty.
    ax : matplotlib Axes, optional
        Divided into the panels.
    panel, label, value, low, high, count : str
        Columns.
    xlabel, ylabel : str
        What the axes are.

    Returns
    -------
    matplotlib Axes
        The axes that hold the panels, itself invisible.
    """
    need_columns(frame, panel, label, value, low, high, count)
    if frame[value].isna().all():
        raise NothingToDraw("Every value of this chart is hidden: there is nothing to draw.")
    names = levels_of(frame[panel])
    ax, panels = divide(ax, names, n_columns=1, height=2.1)
    for name, one in zip(names, panels, strict=True):
        rows = frame[frame[panel] == name]
        at = np.arange(len(rows))
        one.axhline(0, color=theme.SLATE, linewidth=1, linestyle=(0, (5, 3)), zorder=1)
        one.vlines(at, rows[low], rows[high], color=theme.SLATE, linewidth=2, zorder=2)
        one.plot(at, rows[value], "o", ms=7, color=theme.CHARCOAL, zorder=3)
        one.set_xlim(-0.6, len(rows) - 0.4)
        format_axis(one.yaxis, "ratio", bins=4)
        one.set_xticks(at, _bin_names(rows, label, count), fontsize=10.5 if len(rows) > 6 else 11)
    ax.figure.supxlabel(xlabel, fontsize=13)
    ax.figure.supylabel(ylabel, fontsize=13)
    return ax


def _bin_names(rows: pd.DataFrame, label: str, count: str) -> list[str]:
    """Name each bin, with the number of people below; in thousands, to fit."""
    return [f"{name}\n{_people(n)}" for name, n in zip(rows[label], rows[count], strict=True)]


def _people(n: float) -> str:
    if pd.isna(n):
        return "[c]"
    return f"{n / 1000:.0f}k" if n >= 10_000 else format_value(n, "count")
