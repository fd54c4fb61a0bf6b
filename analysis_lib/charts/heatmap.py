"""A value by two columns, as shades of blue."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import BLUES, full_months, levels_of, month_labels, need_columns, shorten, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import format_axis, format_value, new_axes


@from_released
def plot_heatmap(
    frame: pd.DataFrame,
    row: str,
    column: str,
    value: str,
    *,
    ax: Axes | None = None,
    unit: str = "count",
    what: str = "Appointments a day (mean)",
) -> Axes:
    """Draw a value by row and column as shades of blue; up to 13 columns also as numbers.

    Parameters
    ----------
    frame : DataFrame
        One row per cell, in order. A cell that is absent stays white.
    row, column, value : str
        Columns; ``column`` may be months.
    ax : matplotlib Axes, optional
        Where to draw.
    unit, what : str
        How numbers are written, and what they are.
    """
    need_columns(frame, row, column, values=[value])
    ax = new_axes(ax, height=3.9)
    months = pd.api.types.is_datetime64_any_dtype(frame[column])
    columns = full_months(frame[column]) if months else levels_of(frame[column])
    wide = frame.pivot(index=row, columns=column, values=value)  # noqa: PD010 - pivot_table would average
    wide = wide.reindex(index=levels_of(frame[row]), columns=columns).astype(float)
    many = wide.shape[1] > 13
    texts, scale = _write_cells(wide, unit)
    sns.heatmap(
        wide,
        ax=ax,
        cmap=BLUES,
        annot=False if many else texts,
        fmt="",
        linewidths=0.3 if many else 0.8,
        linecolor="white",
        annot_kws={"fontsize": 9.5},
        cbar_kws={"pad": 0.02},
    )
    bar = ax.collections[0].colorbar
    bar.set_label(what + ("" if many else scale))
    bar.outline.set_edgecolor(theme.CHARCOAL)
    format_axis(bar.ax.yaxis, unit)
    names = month_labels(columns) if months else [wrap(shorten(name), 9) for name in columns]
    at = [i for i, name in enumerate(names) if name]
    ax.set_xticks([i + 0.5 for i in at], [names[i] for i in at], rotation=0)
    ax.set_yticks(ax.get_yticks(), [wrap(shorten(name), 22) for name in wide.index], rotation=0)
    ax.set(xlabel="", ylabel="")
    ax.tick_params(length=0)
    return ax


def _write_cells(wide: pd.DataFrame, unit: str) -> tuple[np.ndarray, str]:
    """Write every cell, counts all in one scale, and name it."""
    top, name = np.nanmax(wide.to_numpy()), ""
    if unit == "count" and top >= 1e5:
        by, digits, name = (1e6, 2, "millions") if top >= 1e6 else (1e3, 0, "thousands")
        texts = wide.map(lambda v: "" if np.isnan(v) else f"{v / by:,.{digits}f}")
        return texts.to_numpy(), f"\n(cells in {name})"
    return wide.map(lambda v: format_value(v, unit)).to_numpy(), ""
