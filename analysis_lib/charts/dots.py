"""Rows with a dot each: rates, ratios, ranks, what a model found beside what was planted."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis_lib.charts import theme
from analysis_lib.charts.marks import (
    MOST_NAMED,
    REFERENCE,
    Columns,
    describe_axis,
    divide,
    key_above,
    levels_of,
    month_axis,
    name_rows,
    named,
    need_columns,
    order_rows,
    row_height,
    wrap,
    write_values,
)
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import format_axis, format_values, new_axes

#: Marks of the first value of a row, the second (larger: both are seen where they coincide) and the third.
DOTS = (
    {"marker": "o", "mfc": theme.CHARCOAL, "mec": theme.CHARCOAL, "ms": 9, "mew": 1, "zorder": 5},
    {"marker": "D", "mfc": theme.ORANGE, "mec": theme.CHARCOAL, "ms": 11, "mew": 1, "zorder": 4},
    {"marker": "|", "mfc": theme.BLUE_DARK, "mec": theme.BLUE_DARK, "ms": 18, "mew": 3, "zorder": 3},
)
BOUNDS = {"color": theme.SLATE_LIGHT, "alpha": 0.6, "linewidth": 0}


@from_released
def plot_dots(
    frame: pd.DataFrame,
    label: str,
    values: Columns,
    *,
    ax: Axes | None = None,
    panel: str | None = None,
    low: str | None = None,
    high: str | None = None,
    bounds: tuple[str, str] | None = None,
    reference: float | None = None,
    reference_label: str = "",
    sort: bool | None = None,
    highlight: Collection[object] = (),
    from_zero: bool = False,
    unit: str | None = None,
    between: str = " → ",
    xlabel: str | None = None,
) -> Axes:
    """Draw a row for each label with a dot for each of its values, and its interval.

    Parameters
    ----------
    frame : DataFrame
        One row per label and panel. A label that has several has all their dots on its line. A label without
        a value keeps its place and says that it is not shown. With more than 60, both ends are named.
    label : str
        Column of names.
    values : str, sequence or mapping of str
        Up to three columns, with the names that a key gives them. One or two are written at the right.
    ax : matplotlib Axes, optional
        Where to draw; a new figure as high as the rows need.
    panel : str, optional
        Column of panels, one above the other on one scale; rows stay in their order.
    low, high : str, optional
        Columns of the interval of the first value.
    bounds : (str, str), optional
        Columns of the bounds that Unknown leaves open, a pale bar; the axis then starts at zero.
    reference, reference_label : float, str
        A dashed line and its name.
    sort : bool, optional
        True highest first, False as given, None category order for ordered labels else highest first.
    highlight : collection
        Labels in bold with an orange dot.
    from_zero : bool
        Start the axis at zero.
    unit, between, xlabel : str
        How values are written, what stands between two of them, and what they are; by default as
        `analysis_lib.columns` describes the first column.

    Returns
    -------
    matplotlib Axes
        With panels, the axes that hold them, itself invisible.
    """
    names = named(values)
    first = next(iter(names))
    need_columns(frame, label, panel, low, high, *(bounds or ()), values=names)
    xlabel, unit = describe_axis(frame, first, xlabel, unit)
    several = frame.duplicated([label, panel] if panel else label).any()
    if panel is None:
        ordered = frame.reset_index(drop=True) if several else order_rows(frame, label, first, sort)
        parts = {"": ordered}
    else:
        parts = {name: frame[frame[panel] == name] for name in levels_of(frame[panel])}
    key = _key(names, bounds=bounds, line="" if panel else reference_label)
    extra = 0.3 * math.ceil(len(key) / 2)
    heights = [row_height(_rows_of(part, label)) for part in parts.values()]
    if panel is None:
        ax = new_axes(ax, height=max(2.4, 1.1 + heights[0]) + extra)
        panels = [ax]
    else:
        ax, panels = divide(ax, list(parts), [0.85 * height + 0.42 for height in heights], extra=0.75 + extra)
    dates = pd.api.types.is_datetime64_any_dtype(frame[first])
    for one, part in zip(panels, parts.values(), strict=True):
        if panel:
            one.set_xlim(_limits(frame, [*names, *filter(None, (low, high)), *(bounds or ())], reference))
        _draw(one, part, label, list(names), (low, high), bounds, highlight)
        if reference is not None:
            one.axvline(reference, zorder=1, **REFERENCE)
        if bounds or from_zero:
            one.set_xlim(left=0)
        if dates:
            month_axis(one, pd.concat([frame[name] for name in names]))
        else:
            format_axis(one.xaxis, unit, bins=5)
        one.tick_params(axis="x", labelbottom=one is panels[-1])
        texts = [] if several or dates else _texts(part, list(names), unit, between)
        name_rows(one, _rows_of(part, label), highlight=highlight, values=texts)
        write_values(one, texts)
    below = f"\n(dashed line: {reference_label})" if panel and reference_label else ""
    panels[-1].set_xlabel(wrap(xlabel, 56) + below)
    if key:
        key_above(ax, key, ncols=min(2, len(key)), of_panels=panel is not None)
    return ax


def _draw(
    one: Axes,
    part: pd.DataFrame,
    label: str,
    values: list[str],
    interval: tuple[str | None, str | None],
    bounds: tuple[str, str] | None,
    highlight: Collection[object],
) -> None:
    """Draw the rows of one panel: bounds, intervals, the line that ties a row's dots, and the dots."""
    levels = _rows_of(part, label)
    at = pd.Index(levels).get_indexer(part[label])
    size = 0.4 if len(levels) > MOST_NAMED else 0.8 if len(levels) > 15 else 1
    if bounds:
        one.barh(
            at, part[bounds[1]] - part[bounds[0]], left=part[bounds[0]], height=0.36, zorder=0.5, **BOUNDS
        )
    if interval[0] and interval[1]:
        one.hlines(
            at, part[interval[0]], part[interval[1]], color=theme.SLATE, linewidth=1.8 * size, zorder=2
        )
    ends = pd.DataFrame(
        {"low": part[values].min(axis=1), "high": part[values].max(axis=1), "row": at}
    ).dropna()
    ends = ends.groupby("row").agg({"low": "min", "high": "max"})
    tie = {"color": theme.SLATE_LIGHT, "linewidth": 1.2, "zorder": 1}
    one.hlines(ends.index, ends["low"], ends["high"], gid="tie", **tie)
    chosen = part[label].isin(list(highlight)).to_numpy()
    for place, (value, style) in enumerate(zip(values, DOTS, strict=False)):
        ms = style["ms"] * size * (0.65 if place == 0 and len(values) > 1 else 1)
        one.plot(part[value], at, linestyle="none", **style | {"ms": ms})
        if place == 0 and chosen.any():
            mine = style | {"ms": ms, "mfc": theme.ORANGE, "zorder": 6}
            one.plot(part.loc[chosen, value], at[chosen], linestyle="none", **mine)


def _rows_of(part: pd.DataFrame, label: str) -> list:
    """Return the labels as they first come, whatever the order of categories."""
    return list(dict.fromkeys(part[label]))


def _limits(frame: pd.DataFrame, columns: list[str], reference: float | None) -> tuple[float, float]:
    """Return the ends of the scale of all panels: every mark and interval, with a little room."""
    values = [*frame[columns].to_numpy(float).ravel(), np.nan if reference is None else reference]
    least, most = np.nanmin(values), np.nanmax(values)
    room = 0.06 * (most - least or abs(most) or 1.0)
    return least - room, most + room


def _texts(part: pd.DataFrame, values: list[str], unit: str, between: str) -> list[str]:
    """Write one or two values of each row."""
    if len(values) > 2:
        return []
    first, *more = (format_values(part[value], unit) for value in values)
    second = more[0] if more else [""] * len(part)
    pairs = [(a or ("–" if b else "not shown"), b) for a, b in zip(first, second, strict=True)]
    return [between.join(filter(None, pair)) for pair in pairs]


def _key(names: dict[str, str], *, bounds: tuple[str, str] | None, line: str) -> list:
    """Return the key: the marks that have names, the bounds and the line."""
    handles: list = [
        Line2D([], [], linestyle="none", label=name, **style | {"ms": 8 if style["mew"] == 1 else 13})
        for name, style in zip(names.values(), DOTS, strict=False)
        if name
    ]
    if bounds:
        handles.append(Patch(label="range with Unknown", **BOUNDS))
    if line:
        handles.append(Line2D([], [], label=line, **REFERENCE))
    return handles
