"""Which comparisons of the subjects agree, month by month."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw, levels_of, month_axis, need_columns, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.rows import row_axes

MARKS = {
    True: ("agree", {"marker": "o", "mfc": theme.BLUE, "mec": theme.BLUE_DARK, "ms": 8}),
    False: ("differ", {"marker": "X", "mfc": theme.ORANGE, "mec": theme.CHARCOAL, "ms": 11}),
}


@from_released
def plot_reconciliation(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    comparison: str = "comparison",
    names: Mapping[str, str] | None = None,
    agrees: str = "agrees",
) -> Axes:
    """Draw months across and comparisons down: a dot where both sides agree, a cross where not.

    Parameters
    ----------
    frame : DataFrame
        One row per month and comparison: ``month``, ``comparison``, ``agrees`` (bool). A month that a
        comparison does not cover has no mark; one with a missing month says "nothing to compare".
    ax : matplotlib Axes, optional
        Where to draw.
    comparison, agrees : str
        Columns.
    names : mapping, optional
        A plainer name of a comparison, where wanted.

    Returns
    -------
    matplotlib Axes
        Lines: per comparison those that agree, then those that differ.
    """
    if frame.empty:
        raise NothingToDraw("No two of these files count the same appointments, so nothing is compared.")
    need_columns(frame, "month", comparison, agrees)
    levels = levels_of(frame[comparison])
    ax = row_axes(ax, len(levels), extra=0.5 + 0.15 * len(levels))
    for row, name in enumerate(levels):
        part = frame[(frame[comparison] == name) & frame["month"].notna() & frame[agrees].notna()]
        if part.empty:
            note = {"transform": ax.get_yaxis_transform(), "va": "center", "color": theme.SLATE}
            ax.text(0.02, row, "nothing to compare", **note)
        for value, (_, style) in MARKS.items():
            months = part.loc[part[agrees].astype(bool) == value, "month"]
            ax.plot(months, [row] * len(months), linestyle="none", mew=1.0, gid=f"{name}:{value}", **style)
    if frame["month"].notna().any():
        month_axis(ax, frame["month"].dropna())
    else:
        ax.set_xticks([])
    ax.set_yticks(
        range(len(levels)), [wrap((names or {}).get(name, name), 22) for name in levels], fontsize=12
    )
    ax.tick_params(axis="y", length=0)
    ax.legend(
        handles=[Line2D([], [], linestyle="none", label=text, **style) for text, style in MARKS.values()],
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=2,
        borderaxespad=0.2,
    )
    return ax
