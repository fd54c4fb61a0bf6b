"""History, forecast with its interval, and the seasonal-naive line it has to beat."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import label_ends, month_axis, need_columns, with_gaps, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, format_axis, new_axes


@from_released
def plot_forecast(
    history: pd.DataFrame,
    forecast: pd.DataFrame,
    *,
    ax: Axes | None = None,
    value: str = "per_day_working",
    predicted: str = "per_day_working",
    low: str = "low95",
    high: str = "high95",
    naive: pd.DataFrame | None = None,
    actual: pd.DataFrame | None = None,
    interval_label: str = "95% interval",
    unit: str = "count",
    ylabel: str = "Appointments a working day",
    from_zero: bool = False,
) -> Axes:
    """Draw what happened, what is forecast with its interval, and the seasonal-naive forecast.

    Parameters
    ----------
    history : DataFrame
        ``month`` and ``value``.
    forecast : DataFrame
        ``month``, ``predicted``, and where present ``low`` and ``high``.
    ax : matplotlib Axes, optional
        Where to draw.
    value, predicted, low, high : str
        Columns.
    naive : DataFrame, optional
        ``month`` and ``predicted`` of the seasonal-naive forecast, to compare with.
    actual : DataFrame, optional
        ``month`` and ``value`` of held-out months, drawn as open circles.
    interval_label : str
        Name of the band.
    unit, ylabel : str
        How numbers are written and what they are.
    from_zero : bool
        Start the y axis at zero; otherwise it fits the data, so that forecasts can be told apart.

    Returns
    -------
    matplotlib Axes
        Lines: history, forecast, then seasonal naive and held-out months where given.
    """
    for frame, column in ((history, value), (forecast, predicted)):
        need_columns(frame, "month", column)
    ax = new_axes(ax)
    past, ahead = with_gaps(history[["month", value]]), forecast.sort_values("month")
    ax.plot(past["month"], past[value], color=theme.CHARCOAL, marker="o", markersize=4)
    ax.plot(ahead["month"], ahead[predicted], color=theme.BLUE, linestyle="--", marker="s", markersize=4)
    labels = [(ahead, predicted, "forecast", ("s", theme.BLUE))]
    if {low, high} <= set(ahead.columns):
        ax.fill_between(ahead["month"], ahead[low], ahead[high], fc=theme.BLUE_LIGHT, alpha=0.5, lw=0)
        labels.append((ahead, high, wrap(interval_label, 9), ("s", theme.BLUE_LIGHT)))
    if naive is not None:
        before, style = naive.sort_values("month"), {"linestyle": ":", "marker": "^", "markersize": 4}
        ax.plot(before["month"], before[predicted], color=theme.ORANGE_DARK, **style)
        labels.append((before, predicted, "same month\na year before", ("^", theme.ORANGE_DARK)))
    if actual is not None:
        seen = actual.sort_values("month")
        ax.plot(seen["month"], seen[value], "o", ms=6, mfc="white", mec=theme.CHARCOAL, mew=1.5)
        labels.append((seen, value, "actual", ("o", "white")))
    _frame_months(ax, history, forecast, actual, from_zero=from_zero)
    ends = [(rows["month"].iloc[-1], rows[column].iloc[-1]) for rows, column, _, _ in labels]
    label_ends(ax, ends, [text for _, _, text, _ in labels], markers=[mark for *_, mark in labels])
    format_axis(ax.yaxis, unit)
    ax.set_ylabel(wrap(ylabel, 34))
    return ax


def _frame_months(
    ax: Axes, history: pd.DataFrame, forecast: pd.DataFrame, actual: pd.DataFrame | None, *, from_zero: bool
) -> None:
    """Set the axes: all months, and a line where the forecast starts."""
    frames = [history["month"], forecast["month"]] + ([] if actual is None else [actual["month"]])
    bottom, top = ax.get_ylim()
    # Without zero, room is left below for the note that says where the forecast starts.
    ax.set_ylim(0 if from_zero else bottom - 0.1 * (top - bottom), top)
    month_axis(ax, pd.concat(frames, ignore_index=True))
    start = ax.convert_xunits(forecast["month"].min()) - 15
    ax.axvline(start, color=theme.SLATE_LIGHT, linewidth=1, zorder=0)
    ax.text(
        start,
        0.03,
        "forecast from here →",
        transform=ax.get_xaxis_transform(),
        ha="right",
        fontsize=SMALL,
        color=theme.SLATE,
    )
