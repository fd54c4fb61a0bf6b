"""XmR chart in the manner of NHS "Making Data Count"."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis_lib.charts import theme
from analysis_lib.charts.marks import key_above, label_ends, month_axis, need_columns, with_gaps, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import format_apart, format_axis, new_axes

LIMITS = {"mean": "-", "lower": (0, (5, 3)), "upper": (0, (5, 3))}
COMMON = {"marker": "o", "mfc": theme.CHARCOAL_LIGHT, "mec": theme.SLATE, "ms": 6}
BETTER = {"mfc": theme.BLUE, "mec": theme.BLUE_DARK, "ms": 9}
WORSE = {"mfc": theme.ORANGE, "mec": theme.CHARCOAL, "ms": 9}
NEUTRAL = {"mfc": theme.CHARCOAL, "mec": theme.CHARCOAL, "ms": 9}
SHAPES = {"high": "^", "low": "v"}  # the triangle points the way the value went


@from_released
def plot_control(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    better: str | None = None,
    unit: str = "percent",
    ylabel: str = "DNA rate (of known status)",
) -> Axes:
    """Draw an XmR chart: values, mean, process limits, and special causes by shape and colour.

    Parameters
    ----------
    frame : DataFrame
        As `measures.xmr_limits` gives it: ``month``, ``value``, ``mean``, ``lower``, ``upper``, ``signal``
        (``none`` for common cause) and ``direction``. Limits step where the process was rebased. With
        ``season``, the axis says where it was removed.
    ax : matplotlib Axes, optional
        Where to draw.
    better : {"low", "high"}, optional
        Which direction is an improvement; None where neither is (then one colour, two shapes).
    unit, ylabel : str
        How values are written and what they are.
    """
    need_columns(frame, "month", *LIMITS, "signal", "direction", values=["value"])
    ax = new_axes(ax)
    rows = with_gaps(frame[["month", "value", *LIMITS]])
    ax.plot(rows["month"], rows["value"], color=theme.SLATE, linewidth=1.5, zorder=2, **COMMON)
    for column, dash in LIMITS.items():
        style = {"color": theme.CHARCOAL, "linewidth": 1.3, "linestyle": dash}
        ax.step(rows["month"], rows[column], where="mid", zorder=1, **style)
    special = frame[frame["signal"].astype(str) != "none"]
    handles = [Line2D([], [], color=theme.SLATE, label="common cause", **COMMON)]
    for direction, part in special.groupby(special["direction"].astype(str)):
        name, style = f"special cause, {direction}", NEUTRAL
        if better:
            word = "better" if direction == better else "worse"
            name, style = f"special cause: {word}", BETTER if word == "better" else WORSE
        style = style | {"marker": SHAPES.get(direction, "D"), "linestyle": "none"}
        ax.plot(part["month"], part["value"], mew=1.2, zorder=4, **style)
        handles.append(Line2D([], [], label=name, **style))
    ax.margins(y=0.12)
    ax.autoscale_view()
    month_axis(ax, frame["month"])
    last = frame.sort_values("month").iloc[-1]
    values = format_apart([last[column] for column in LIMITS], unit)
    texts = [f"{word} {text}" for word, text in zip(LIMITS, values, strict=True)]
    label_ends(ax, [(last["month"], last[column]) for column in LIMITS], texts)
    if len(handles) > 1:
        key_above(ax, handles, ncols=2)
    format_axis(ax.yaxis, unit)
    if "season" in frame and (frame["season"].astype(str) == "removed").all():
        ylabel = f"{ylabel}, adjusted for season"
    ax.set_ylabel(wrap(ylabel, 30))
    return ax
