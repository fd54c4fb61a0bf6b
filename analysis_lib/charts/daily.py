"""Charts of days: against the planning figure, by weekday, weekday by month."""

from __future__ import annotations

from calendar import month_name

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import (
    BLUES,
    label_ends,
    levels_of,
    month_axis,
    month_labels,
    need_columns,
    wrap,
)
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import format_axis, format_value, new_axes

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@from_released
def plot_exceedance(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    value: str = "n_appointments",
    planning_per_day: float = 1_200_000,
    ylabel: str = "Appointments a day",
) -> Axes:
    """Draw one mark a day: filled diamonds over the planning figure, small open circles up to it.

    Parameters
    ----------
    frame : DataFrame
        One row per day: ``date`` (datetime64) and ``value``.
    ax : matplotlib Axes, optional
        Where to draw.
    value, ylabel : str
        Column drawn and its name.
    planning_per_day : float
        Planning figure, appointments a day.

    Returns
    -------
    matplotlib Axes
        Lines: days up to the figure, days over it, the planning line.
    """
    need_columns(frame, "date", value)
    ax = new_axes(ax)
    over = frame[value] > planning_per_day
    for days, style in (
        (frame[~over], {"marker": "o", "ms": 3.5, "mfc": "none", "mec": theme.SLATE, "mew": 0.7}),
        (frame[over], {"marker": "D", "ms": 4.5, "mfc": theme.BLUE, "mec": theme.BLUE_DARK, "mew": 0.6}),
    ):
        ax.plot(days["date"], days[value], linestyle="none", **style)
    ax.axhline(planning_per_day, color=theme.RED_DARK, linewidth=1.6, linestyle=(0, (6, 3)))
    ax.set_ylim(0, 1.08 * max(frame[value].max(), planning_per_day))
    month_axis(ax, frame["date"].dt.to_period("M").dt.to_timestamp(), room=5)
    ax.set_xlim(frame["date"].min() - pd.Timedelta(days=5), frame["date"].max() + pd.Timedelta(days=5))
    right, top = ax.get_xlim()[1], ax.get_ylim()[1]
    label_ends(
        ax,
        [
            (right, planning_per_day + 0.05 * top),
            (right, planning_per_day),
            (right, planning_per_day - 0.05 * top),
        ],
        ["days over", f"planning\n{planning_per_day:,.0f}", "other days"],
        colours=[theme.CHARCOAL, theme.RED_DARK, theme.CHARCOAL],
        markers=[("D", theme.BLUE), None, ("o", "white")],
        leaders=False,
    )
    format_axis(ax.yaxis, "count")
    ax.set_ylabel(ylabel)
    return ax


@from_released
def plot_weekday(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    weekday: str = "weekday",
    value: str = "n_per_day",
    ylabel: str = "Appointments a day (mean)",
) -> Axes:
    """Draw the mean per day of each weekday, a labelled bar each, Monday first.

    Parameters
    ----------
    frame : DataFrame
        One row per weekday: ``weekday`` (its English name) and ``value``.
    ax : matplotlib Axes, optional
        Where to draw.
    weekday, value, ylabel : str
        Columns, and the name of the y axis.

    Returns
    -------
    matplotlib Axes
    """
    need_columns(frame, weekday, value)
    ax = new_axes(ax)
    rows = frame.assign(_order=[WEEKDAYS.index(str(day)) for day in frame[weekday]]).sort_values("_order")
    top = rows[value].max()
    colours = [theme.ORANGE if amount == top else theme.BLUE for amount in rows[value]]
    names = [str(day)[:3] for day in rows[weekday]]
    bars = ax.bar(names, rows[value], width=0.7, color=colours, edgecolor=theme.CHARCOAL)
    ax.bar_label(bars, [_short(amount) for amount in rows[value]], padding=3, fontsize=12)
    ax.set_ylim(0, 1.12 * top)
    format_axis(ax.yaxis, "count")
    ax.set_ylabel(wrap(ylabel, 34))
    return ax


def _short(value: float) -> str:
    """Two decimals of a million, so that 1.23m and 1.18m differ; else separators."""
    return f"{value / 1e6:.2f}m" if value >= 1e6 else f"{value:,.0f}"


@from_released
def plot_heatmap(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    row: str = "weekday",
    column: str = "month",
    value: str = "n_per_day",
    unit: str = "count",
    bar_label: str = "Appointments a day (mean)",
) -> Axes:
    """Draw a value by weekday and month as shades of blue; up to 13 columns also as numbers.

    Parameters
    ----------
    frame : DataFrame
        One row per cell: ``row``, ``column``, ``value``. A cell that is absent stays white.
    ax : matplotlib Axes, optional
        Where to draw.
    row, column, value : str
        Columns; ``column`` may be dates (months) or labels.
    unit : {"count", "percent", "pounds"}
        How numbers are written.
    bar_label : str
        What the shades measure, with its unit.

    Returns
    -------
    matplotlib Axes
        The quad mesh holds the values, rows top to bottom.
    """
    need_columns(frame, row, column, value)
    ax = new_axes(ax, height=3.9)
    wide = _grid(frame, row, column, value)
    many = wide.shape[1] > 13
    texts = False if many else _cells(wide, unit)
    sns.heatmap(
        wide,
        ax=ax,
        cmap=BLUES,
        annot=texts,
        fmt="",
        linewidths=0.8 if not many else 0.3,
        linecolor="white",
        annot_kws={"fontsize": 9.5},
        cbar=True,
        cbar_kws={"label": bar_label, "pad": 0.02},
    )
    bar = ax.collections[0].colorbar
    bar.set_label(bar_label + ("" if many or unit != "count" else _scale(wide)[2]))
    format_axis(bar.ax.yaxis, unit)
    bar.outline.set_edgecolor(theme.CHARCOAL)
    names = _column_names(wide.columns)
    at = [i for i, name in enumerate(names) if name]
    ax.set_xticks([i + 0.5 for i in at], [names[i] for i in at], rotation=0)
    days = [str(name)[:3] if str(name) in WEEKDAYS else wrap(name, 22) for name in wide.index]
    ax.set_yticks([i + 0.5 for i in range(len(days))], days, rotation=0)
    ax.set_xlabel("")
    ax.set_ylabel("")
    ax.tick_params(length=0)
    return ax


def _grid(frame: pd.DataFrame, row: str, column: str, value: str) -> pd.DataFrame:
    """Lay the cells out, days from Monday, months without a gap; a repeated cell is refused by pandas."""
    rows, columns = levels_of(frame[row]), levels_of(frame[column])
    if set(map(str, rows)) <= set(WEEKDAYS):
        rows = sorted(rows, key=lambda day: WEEKDAYS.index(str(day)))
    if pd.api.types.is_datetime64_any_dtype(frame[column]):
        columns = list(pd.date_range(min(columns), max(columns), freq="MS"))
    wide = frame.pivot(index=row, columns=column, values=value)  # noqa: PD010 - pivot_table would average
    return wide.reindex(index=rows, columns=columns).astype(float)


def _column_names(columns: pd.Index) -> list[str]:
    """Name months by date, months by their English name in three letters, anything else in full."""
    if isinstance(columns, pd.DatetimeIndex):
        return month_labels(columns)
    return [str(name)[:3] if str(name) in month_name else wrap(name, 9) for name in columns]


def _scale(wide: pd.DataFrame) -> tuple[float, int, str]:
    """Return divisor, decimals and name of the one unit that all cells are written in."""
    top = np.nanmax(wide.to_numpy())
    if top >= 1e6:
        return 1e6, 2, "\n(cells in millions)"
    return (1e3, 0, "\n(cells in thousands)") if top >= 1e5 else (1.0, 0, "")


def _cells(wide: pd.DataFrame, unit: str) -> np.ndarray:
    """Write every cell, all in the same unit."""
    if unit != "count":
        return np.array([[format_value(v, unit) for v in line] for line in wide.to_numpy()])
    divisor, digits, _ = _scale(wide)
    return np.array(
        [["" if np.isnan(v) else f"{v / divisor:,.{digits}f}" for v in line] for line in wide.to_numpy()]
    )
