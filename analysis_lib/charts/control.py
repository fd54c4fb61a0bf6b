"""XmR chart in the manner of NHS "Making Data Count", and the change chart."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis_lib.charts import theme
from analysis_lib.charts.digits import format_apart
from analysis_lib.charts.marks import (
    key_above,
    label_ends,
    month_axis,
    month_labels,
    need_columns,
    with_gaps,
    wrap,
)
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import format_axis, new_axes
from analysis_lib.dates import as_month

COMMON = {"marker": "o", "mfc": theme.CHARCOAL_LIGHT, "mec": theme.SLATE, "ms": 6}
BETTER = {"mfc": theme.BLUE, "mec": theme.BLUE_DARK, "ms": 9}
WORSE = {"mfc": theme.ORANGE, "mec": theme.CHARCOAL, "ms": 9}
NEUTRAL = {"mfc": theme.CHARCOAL, "mec": theme.CHARCOAL, "ms": 9}
MIX = {"facecolor": theme.BLUE, "edgecolor": theme.CHARCOAL, "linewidth": 0.8}
RATES = {"facecolor": theme.ORANGE, "edgecolor": theme.CHARCOAL, "linewidth": 0.8, "hatch": "///"}
TOTAL = {"marker": "D", "mfc": "white", "mec": theme.CHARCOAL, "mew": 1.5}
SHAPES = {"high": "^", "low": "v"}


def _special(direction: str, better: str | None) -> tuple[str, dict]:
    """Return name and style of a special cause; the triangle points the way the value went."""
    style = {"marker": SHAPES.get(direction, "D")}
    if better is None:
        return f"special cause, {direction}", NEUTRAL | style
    improving = direction == better
    return (f"special cause: {'better' if improving else 'worse'}", (BETTER if improving else WORSE) | style)


@from_released
def plot_xmr(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    better: str | None = None,
    target: float | None = None,
    unit: str = "percent",
    ylabel: str = "DNA rate (of known status)",
    value: str = "value",
) -> Axes:
    """Draw an XmR chart: values, mean, process limits, and special causes by shape and colour.

    Parameters
    ----------
    frame : DataFrame
        One row per month: ``month``, ``value``, ``mean``, ``lower``, ``upper``, ``signal`` (``none`` for
        common cause) and ``direction`` (``high`` or ``low``). Limits step where the process was rebased.
    ax : matplotlib Axes, optional
        Where to draw.
    better : {"low", "high"}, optional
        Which direction is an improvement; None where neither is (then one colour, two shapes).
    target : float, optional
        Target line.
    unit, ylabel : str
        How values are written and what they are.
    value : str
        Column of values.

    Returns
    -------
    matplotlib Axes
        Lines: values, mean, lower, upper, then the special causes.
    """
    need_columns(frame, "month", value, "mean", "lower", "upper", "signal", "direction")
    ax = new_axes(ax)
    columns = [value, "mean", "lower", "upper"]
    rows = with_gaps(frame[["month", *columns]])
    ax.plot(rows["month"], rows[value], color=theme.SLATE, linewidth=1.5, zorder=2, **COMMON)
    for column, dash in (("mean", "-"), ("lower", (0, (5, 3))), ("upper", (0, (5, 3)))):
        style = {"color": theme.CHARCOAL, "linewidth": 1.3, "linestyle": dash}
        ax.step(rows["month"], rows[column], where="mid", zorder=1, **style)
    handles = _special_marks(ax, frame, value, better)
    if target is not None:
        ax.axhline(target, color=theme.RED_DARK, linewidth=1.5, linestyle=":")
    ax.margins(y=0.12)
    ax.autoscale_view()
    month_axis(ax, frame["month"])
    _label_limits(ax, frame.sort_values("month").iloc[-1], target, unit)
    if handles:
        key_above(ax, handles, ncols=2)
    format_axis(ax.yaxis, unit)
    ax.set_ylabel(wrap(ylabel, 30))
    return ax


def _label_limits(ax: Axes, last: pd.Series, target: float | None, unit: str) -> None:
    """Name mean, limits and target at the right, with their latest values."""
    ends = [(last["month"], last[column]) for column in ("mean", "lower", "upper")]
    words = ["mean", "lower", "upper"]
    if target is not None:
        ends.append((ax.get_xlim()[1], target))
        words.append("target")
    values = format_apart([y for _, y in ends], unit)
    texts = [f"{word} {text}" for word, text in zip(words, values, strict=True)]
    label_ends(
        ax, ends, texts, colours=[theme.RED_DARK if word == "target" else theme.CHARCOAL for word in words]
    )


def _special_marks(ax: Axes, frame: pd.DataFrame, value: str, better: str | None) -> list[Line2D]:
    """Draw the special causes, one set a direction, and return their key."""
    special = frame[frame["signal"].astype(str) != "none"]
    handles = [Line2D([], [], color=theme.SLATE, label="common cause", **COMMON)]
    for direction in sorted(special["direction"].astype(str).unique()):
        name, style = _special(direction, better)
        rows = special[special["direction"].astype(str) == direction]
        ax.plot(rows["month"], rows[value], linestyle="none", mew=1.2, zorder=4, **style)
        handles.append(Line2D([], [], linestyle="none", label=name, **style))
    return handles if len(handles) > 1 else []


@from_released
def plot_change(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    mix: str = "mix",
    rate: str = "rate",
    total: str | None = None,
    ylabel: str = "Change in DNA rate (percentage points)",
) -> Axes:
    """Draw each change between two periods as its mix part, its rate part and their total.

    Parameters
    ----------
    frame : DataFrame
        One row per pair, best all with one start or one distance in time:
        ``period_from``, ``period_to`` (datetime64 or YYYY-MM), ``rate_from``,
        ``rate_to`` (0 to 1), ``mix``, ``rate`` (parts of the change, 0 to 1).
    ax : matplotlib Axes, optional
        Where to draw.
    mix, rate : str
        Columns of the parts.
    total : str, optional
        Column of the total change; ``rate_to - rate_from`` if not given.
    ylabel : str
        Name of the y axis.

    Returns
    -------
    matplotlib Axes
        Bar containers mix and rate, then the line of totals; all 0 to 1, shown in percentage points.
    """
    need_columns(frame, "period_from", "period_to", "rate_from", "rate_to", mix, rate)
    ax = new_axes(ax)
    rows = frame.assign(_to=frame["period_to"].map(as_month), _from=frame["period_from"].map(as_month))
    rows = rows.sort_values(["_to", "_from"]).reset_index(drop=True)
    whole = rows[total] if total else rows["rate_to"] - rows["rate_from"]
    at = range(len(rows))
    base = rows[mix].where(
        rows[mix] * rows[rate] > 0, 0.0
    )  # parts of one sign are stacked, others face each other
    ax.bar(at, rows[mix], width=0.75, **MIX)
    ax.bar(at, rows[rate], bottom=base, width=0.75, **RATES)
    ax.plot(at, whole, linestyle="none", ms=7 if len(rows) < 20 else 5, **TOTAL)
    ax.axhline(0, color=theme.CHARCOAL, linewidth=1.2)
    ax.margins(y=0.15)
    if len(rows) <= 9:
        _totals(ax, rows, whole, pd.concat([base + rows[rate], rows[mix], whole], axis=1))
    _periods(ax, rows)
    format_axis(ax.yaxis, "points")
    ax.set_ylabel(wrap(ylabel, 28))
    ax.spines["bottom"].set_visible(False)
    key_above(
        ax,
        [
            Patch(label="change of mix", **MIX),
            Patch(label="change of rates", **RATES),
            Line2D([], [], linestyle="none", label="total", **TOTAL),
        ],
    )
    return ax


def _totals(ax: Axes, rows: pd.DataFrame, whole: pd.Series, edges: pd.DataFrame) -> None:
    """Write each total above its bar, or below where it falls."""
    for i in range(len(rows)):
        up = whole[i] >= 0
        at = max(edges.loc[i].max(), 0) if up else min(edges.loc[i].min(), 0)
        ax.annotate(
            f"{100 * whole[i]:+.2f}".replace("-", "−"),
            xy=(i, at),
            xytext=(0, 7 if up else -7),
            textcoords="offset points",
            ha="center",
            va="bottom" if up else "top",
            fontsize=12,
        )


def _periods(ax: Axes, rows: pd.DataFrame) -> None:
    """Name each pair below: both ends when few, months only when all share a start or a distance."""
    if len(rows) <= 4:
        names = [f"{a:%b %Y} to\n{b:%b %Y}" for a, b in zip(rows["_from"], rows["_to"], strict=True)]
    else:
        names = month_labels(pd.DatetimeIndex(rows["_to"]))
    keep = [i for i, name in enumerate(names) if name]
    ax.set_xticks(keep, [names[i] for i in keep])
    ax.tick_params(axis="x", length=0)
    spare = max(0, 4 - len(rows)) / 2  # one or two bars should not fill the page
    ax.set_xlim(-0.6 - spare, len(rows) - 0.4 + spare)
