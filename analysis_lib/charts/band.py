"""A monthly rate within its bounds."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import label_ends, month_axis, need_columns, with_gaps, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import format_axis, format_value, new_axes


@from_released
def plot_band(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    rate: str = "dna_rate",
    low: str = "bound_low",
    high: str = "bound_high",
    names: tuple[str, str, str] = ("if no Unknown attended", "of known status", "if every Unknown attended"),
    ylabel: str = "DNA rate",
) -> Axes:
    """Draw a monthly rate as a line within the band of its bounds.

    Parameters
    ----------
    frame : DataFrame
        One row a month: ``month``, `rate`, `low`, `high` (0 to 1).
    ax : matplotlib Axes, optional
        Where to draw.
    rate, low, high : str
        Columns of the line and of the band's edges.
    names : (str, str, str)
        How the upper edge, the line and the lower edge are named at their ends.
    ylabel : str
        Label of the axis.

    Returns
    -------
    matplotlib Axes
        Three lines (upper edge, rate, lower edge) and the band between the edges.
    """
    need_columns(frame, "month", rate, low, high)
    ax = new_axes(ax)
    rows = with_gaps(frame[["month", rate, low, high]])
    ax.fill_between(rows["month"], rows[low], rows[high], color=theme.BLUE_LIGHT, alpha=0.45, linewidth=0)
    styles = {
        high: {"color": theme.BLUE_DARK, "linestyle": ":"},
        rate: {"color": theme.CHARCOAL, "marker": "o", "markersize": 5},
        low: {"color": theme.BLUE_DARK, "linestyle": "--"},
    }
    last = frame.sort_values("month").iloc[-1]
    for column, style in styles.items():
        ax.plot(rows["month"], rows[column], **style)
    ends = [(last["month"], last[column]) for column in styles]
    texts = [
        wrap(f"{name} {format_value(last[c], 'percent')}", 18) for name, c in zip(names, styles, strict=True)
    ]
    ax.set_ylim(0, 1.1 * frame[high].max())
    month_axis(ax, frame["month"])
    label_ends(ax, ends, texts)
    format_axis(ax.yaxis, "percent")
    ax.set_ylabel(ylabel)
    return ax
