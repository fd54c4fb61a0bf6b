"""Whom a list of fixed length holds, against who the people are and who has the outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw, key_above, levels_of, need_columns
from analysis_lib.charts.panels import divide
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import format_axis

PEOPLE = {"marker": "|", "color": theme.CHARCOAL, "ms": 19, "mew": 3}
EVENTS = {"marker": "D", "color": theme.ORANGE, "mec": theme.CHARCOAL, "ms": 9}


@from_released
def plot_list(
    frame: pd.DataFrame,
    *,
    panel: str,
    label: str,
    ax: Axes | None = None,
    of_list: str = "share_of_list",
    of_people: str = "share_of_people",
    of_events: str = "share_of_events",
    names: tuple[str, str, str] = ("of the list", "of all people", "of those with the outcome"),
    xlabel: str = "Share",
    ylabel: str = "",
) -> Axes:
    """Draw each group's share of a list as a bar, with its share of people and of events marked on it.

    Parameters
    ----------
    frame : DataFrame
        One row per panel and group, in order: ``panel``, ``label``, ``of_list``, ``of_people``, ``of_events``
        (0 to 1). A hidden share leaves its mark out.
    ax : matplotlib Axes, optional
        Divided into the panels, one a model.
    panel, label, of_list, of_people, of_events : str
        Columns.
    names : (str, str, str)
        What the bar and the two marks are called.
    xlabel, ylabel : str
        What the axes are.

    Returns
    -------
    matplotlib Axes
        The axes that hold the panels, itself invisible.
    """
    need_columns(frame, panel, label, of_list, of_people, of_events)
    shares = frame[[of_list, of_people, of_events]].to_numpy(float)
    if np.isnan(shares).all():
        raise NothingToDraw("Every share of this chart is hidden: there is nothing to draw.")
    models = levels_of(frame[panel])
    most = frame.groupby(panel, observed=True).size().max()
    ax, panels = divide(ax, models, n_columns=1, height=0.55 + 0.36 * most, extra=0.6)
    for place, (name, one) in enumerate(zip(models, panels, strict=True)):
        rows = frame[frame[panel] == name]
        at = np.arange(len(rows))
        one.barh(at, rows[of_list], height=0.66, color=theme.BLUE_LIGHT, edgecolor=theme.CHARCOAL)
        one.plot(rows[of_people], at, linestyle="none", zorder=3, **PEOPLE)
        one.plot(rows[of_events], at, linestyle="none", zorder=4, **EVENTS)
        one.set_ylim(len(rows) - 0.4, -0.6)
        one.set_yticks(at, [str(level) for level in rows[label]])
        one.tick_params(axis="y", length=0)
        one.set_xlim(0, 1.06 * np.nanmax(shares))
        format_axis(one.xaxis, "percent", bins=5)
        one.tick_params(axis="x", labelbottom=place == len(models) - 1)
    _name_marks(panels[0], names)
    ax.figure.supxlabel(xlabel, fontsize=13)
    ax.figure.supylabel(ylabel, fontsize=13)
    return ax


def _name_marks(one: Axes, names: tuple[str, str, str]) -> None:
    """Name the bar and the two marks above the first panel, clear of the panel's own name."""
    bar = Patch(facecolor=theme.BLUE_LIGHT, edgecolor=theme.CHARCOAL, label=names[0])
    marks = [
        Line2D([], [], linestyle="none", label=name, **style)
        for name, style in ((names[1], {**PEOPLE, "ms": 13}), (names[2], EVENTS))
    ]
    key_above(one, [bar, *marks], ncols=2)
    one.get_legend().set_bbox_to_anchor((0, 1.1))
