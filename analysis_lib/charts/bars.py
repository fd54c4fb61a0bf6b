"""Bars: ranked in rows, in columns in their order, month by month, the parts of a change, and of a risk."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis_lib.charts import theme
from analysis_lib.charts.marks import (
    MOST_NAMED,
    UNKNOWN,
    Columns,
    NothingToDraw,
    describe_axis,
    full_months,
    key_above,
    month_axis,
    name_rows,
    named,
    need_columns,
    order_rows,
    row_height,
    shorten,
    spread,
    wrap,
    write_values,
)
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, format_axis, format_value, format_values, new_axes

EDGE = {"edgecolor": theme.CHARCOAL, "linewidth": 0.8}
#: Fill and hatching of the first part of a bar and of the second.
PARTS = ((theme.BLUE, ""), (theme.ORANGE, "///"))
TOTAL = {"marker": "D", "mfc": "white", "mec": theme.CHARCOAL, "mew": 1.5, "linestyle": "none"}
BASE, LAST = "base", "total"  # rows of a profile that are no features


@from_released
def plot_bars(
    frame: pd.DataFrame,
    label: str,
    values: Columns,
    *,
    ax: Axes | None = None,
    upright: bool = False,
    sort: bool | None = None,
    highlight: Collection[object] = (),
    beside: str | None = None,
    unit: str | None = None,
    what: str | None = None,
) -> Axes:
    """Draw a bar for each row, with its value at the end.

    Parameters
    ----------
    frame : DataFrame
        One row per label. Months stand upright on an axis of time; the highest and the lowest are named, and
        those absent in between hatched. A label ``Unknown`` is hatched.
    label : str
        Column of names or months.
    values : str, sequence or mapping of str
        A column, or two (months alone) whose bars are stacked, with their names and a mark at their total.
    ax : matplotlib Axes, optional
        Where to draw; a new figure as high as the rows need.
    upright : bool
        Draw columns, in category order or as given.
    sort : bool, optional
        True highest first, False as given, None category order for ordered labels else highest first.
    highlight : collection
        Labels drawn in orange.
    beside : str, optional
        Column (a share of 0 to 1 if so named, else a count) written in brackets after the value.
    unit, what : str
        How values are written, and what they are; by default as `analysis_lib.columns` describes the column.
    """
    columns = named(values)
    need_columns(frame, label, beside, values=columns)
    value = next(iter(columns))
    what, unit = describe_axis(frame, value, what, unit, usual="count")
    if pd.api.types.is_datetime64_any_dtype(frame[label]):
        return _months(frame.sort_values(label), label, columns, new_axes(ax), unit, what)
    ordered = isinstance(frame[label].dtype, pd.CategoricalDtype) and frame[label].cat.ordered
    rows = order_rows(frame, label, value, False if upright and not ordered else sort)
    labels = list(rows[label])
    texts = format_values(rows[value], unit)
    if beside:
        notes = [_note(part, beside) for part in rows[beside]]
        notes = [f" ({note})" if note else "" for note in notes]
        texts = [text + note for text, note in zip(texts, notes, strict=True)]
    many = len(rows) > MOST_NAMED
    ax = new_axes(ax, **({} if upright else {"height": max(2.4, 1.1 + row_height(labels))}))
    draw, size = (ax.bar, "width") if upright else (ax.barh, "height")
    bars = draw(range(len(rows)), rows[value], **{size: 0.72}, **EDGE | {"linewidth": 0.3 if many else 0.8})
    for bar, name in zip(bars, labels, strict=True):
        unknown = str(name) == UNKNOWN
        bar.set_facecolor("white" if unknown else theme.ORANGE if name in highlight else theme.BLUE)
        bar.set_hatch("////" if unknown else "")
    if not many:
        ax.bar_label(bars, texts, padding=4, fontsize=SMALL if len(rows) <= 15 else 11)
    if upright:
        names = [wrap(shorten(name), 8) for name in labels]
        ax.set_xticks(range(len(rows)), names, fontsize=SMALL if len(names) < 8 else 11)
        ax.tick_params(axis="x", length=0)
        ax.set_ylim(0, 1.12 * rows[value].max())
        format_axis(ax.yaxis, unit)
        ax.set_ylabel(wrap(what, 30))
    else:
        longest = max(map(len, texts))
        ax.margins(x=0 if many else 0.025 * longest)
        ax.set_xlim(left=0)
        format_axis(ax.xaxis, unit, bins=5)
        ax.set_xlabel(wrap(what, 56))
        name_rows(ax, labels, highlight=highlight, values=texts)
    return ax


def _note(value: float, column: str) -> str:
    """Write what stands beside a value; a share under 0.05%, which would read 0.0%, as ``under 0.1%``."""
    if "share" not in column:
        return format_value(value, "count")
    return "under 0.1%" if 0 < value < 0.0005 else format_value(value, "percent")


def _months(rows: pd.DataFrame, month: str, columns: dict[str, str], ax: Axes, unit: str, what: str) -> Axes:
    """Draw a column a month: of one value from zero, of two stacked with their total."""
    at, value = rows[month], next(iter(columns))
    if len(columns) > 1:
        _stack(ax, rows, month, columns, unit)
    else:
        ax.bar(at, rows[value], width=24, color=theme.BLUE, **EDGE)
        ax.set_ylim(0, 1.05 * rows[value].max())
    month_axis(ax, at)
    format_axis(ax.yaxis, unit)
    ax.set_ylabel(wrap(what, 30))
    if len(columns) == 1:
        _mark_gaps(ax, at)
        _name_extremes(ax, rows, month, value, unit)
    return ax


def _stack(ax: Axes, rows: pd.DataFrame, month: str, columns: dict[str, str], unit: str) -> None:
    """Draw two parts of a change: of one sign they are stacked, of two they face each other."""
    first, second = (rows[column] for column in columns)
    base = first.where(first * second > 0, 0.0)
    looks = [EDGE | {"facecolor": fill, "hatch": hatch} for fill, hatch in PARTS]
    ax.bar(rows[month], first, width=24, **looks[0])
    ax.bar(rows[month], second, bottom=base, width=24, **looks[1])
    total = first + second
    ax.plot(rows[month], total, ms=7 if len(rows) < 20 else 5, **TOTAL)
    ax.axhline(0, color=theme.CHARCOAL, linewidth=1.2)
    ax.spines["bottom"].set_visible(False)
    ax.margins(y=0.15)
    if len(rows) <= 9:
        ends = pd.concat([base + second, first, total, 0 * total], axis=1)
        for at, whole, low, high in zip(rows[month], total, ends.min(axis=1), ends.max(axis=1), strict=True):
            y, away, va = (high, 7, "bottom") if whole >= 0 else (low, -7, "top")
            style = {"textcoords": "offset points", "ha": "center", "va": va, "fontsize": SMALL}
            ax.annotate(format_value(whole, unit), (at, y), (0, away), **style)
    handles = [Patch(label=name, **look) for name, look in zip(columns.values(), looks, strict=True)]
    key_above(ax, [*handles, Line2D([], [], label="total", **TOTAL)])


def _mark_gaps(ax: Axes, months: pd.Series) -> None:
    """Hatch the months without data and say so once per gap."""
    absent = full_months(months).difference(pd.DatetimeIndex(months)).to_series()
    for _, run in absent.groupby((absent.diff() > pd.Timedelta(days=31)).cumsum()):
        left, right = ax.convert_xunits(run.iloc[0]) - 14, ax.convert_xunits(run.iloc[-1]) + 14
        ax.axvspan(left, right, facecolor="none", edgecolor=theme.SLATE_LIGHT, hatch="///", linewidth=0)
        box = {"facecolor": theme.PAGE, "edgecolor": "none", "pad": 1.5}
        style = {"transform": ax.get_xaxis_transform(), "rotation": 90, "ha": "center", "va": "bottom"}
        ax.text((left + right) / 2, 0.03, "no data", bbox=box, **style)


def _name_extremes(ax: Axes, rows: pd.DataFrame, month: str, value: str, unit: str) -> None:
    """Fill the highest and the lowest month orange, and name them above the axes with a thin line down.

    Above the axes because a name over a low bar would lie on its taller neighbours.
    """
    texts, edges = [], ax.get_xlim()
    line = {"color": theme.CHARCOAL, "linewidth": 0.8, "clip_on": False}
    for index, word in {rows[value].idxmax(): "highest", rows[value].idxmin(): "lowest"}.items():
        when, height = rows.loc[index, month], rows.loc[index, value]
        ax.bar([when], [height], width=24, color=theme.ORANGE, gid="extreme", **EDGE)
        ax.plot([when, when], [height, ax.get_ylim()[1]], zorder=1, gid="leader", **line)
        text = f"{word}: {when:%b %Y}, {format_value(height, unit)}"
        style = {"transform": ax.get_xaxis_transform(), "va": "bottom", "ha": "center", "fontsize": SMALL}
        texts.append(ax.text(ax.convert_xunits(when), 1.05, text, **style))
    ax.figure.draw_without_rendering()  # fixes the layout, so that widths can be measured
    texts.sort(key=lambda text: text.get_position()[0])
    days = (edges[1] - edges[0]) / ax.get_window_extent().width
    widths = [text.get_window_extent().width * days for text in texts]
    out = 0.12 * (edges[1] - edges[0])  # a text may reach out over the tick labels on the left
    wanted = [text.get_position()[0] for text in texts]
    gaps = [width + out / 6 for width in widths]
    for text, want, width, place in zip(
        texts, wanted, widths, spread(wanted, gaps, edges[0] - out, edges[1]), strict=True
    ):
        text.set_x(place)
        end = min(max(want, place - 0.47 * width), place + 0.47 * width)
        ax.plot([want, end], [1.0, 1.045], transform=ax.get_xaxis_transform(), gid="elbow", **line)
    ax.set_xlim(edges)


@from_released
def plot_waterfall(
    frame: pd.DataFrame,
    label: str,
    value: str,
    *,
    ax: Axes | None = None,
    what: str = "Log odds of the outcome",
) -> Axes:
    """Draw how a risk is put together: from the base, feature by feature, to the total.

    Parameters
    ----------
    frame : DataFrame
        One profile, in the order in which it is drawn: ``feature``, `label` and `value`. The feature ``base``
        is where the bars start, ``total`` where they end; with a hidden value the bars would not meet it.
    label, value, what : str
        Columns of names and of contributions, and what these are.
    ax : matplotlib Axes, optional
        Where to draw.
    """
    need_columns(frame, "feature", label, values=[value])
    if frame[value].isna().any():
        raise NothingToDraw("This profile rests on too few people to be shown.")
    ax = new_axes(ax, height=1.4 + row_height(list(frame[label])))
    ends = frame["feature"].isin([BASE, LAST]).to_numpy()
    steps = frame[value].to_numpy(float)
    after = steps[frame["feature"].eq(BASE).to_numpy()].sum() + np.cumsum(np.where(ends, 0.0, steps))
    for row in np.flatnonzero(~ends):
        fill, hatch = (theme.ORANGE, "") if steps[row] >= 0 else (theme.BLUE_LIGHT, "///")
        ax.barh(row, steps[row], left=after[row] - steps[row], height=0.62, color=fill, hatch=hatch, **EDGE)
        ax.plot([after[row]] * 2, [row, row + 1], color=theme.SLATE, linewidth=1, zorder=1)
    ax.plot(steps[ends], np.flatnonzero(ends), "D", ms=10, color=theme.CHARCOAL, zorder=3)
    room = 0.06 * (np.ptp([*after, *steps[ends]]) or 1)
    ax.set_xlim(min(*after, *steps[ends]) - room, max(*after, *steps[ends]) + room)
    format_axis(ax.xaxis, "ratio", bins=5)
    ax.set_xlabel(what)
    name_rows(ax, list(frame[label]))
    signs = np.where(ends | (steps < 0), "", "+")
    write_values(
        ax, [f"{sign}{format_value(step, 'ratio')}" for sign, step in zip(signs, steps, strict=True)]
    )
    looks = {"adds to the risk": (theme.ORANGE, ""), "takes from it": (theme.BLUE_LIGHT, "///")}
    key_above(ax, [Patch(label=n, facecolor=f, hatch=h, **EDGE) for n, (f, h) in looks.items()])
    return ax
