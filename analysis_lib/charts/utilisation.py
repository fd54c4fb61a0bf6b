"""Appointments a day on several bases, against the planning figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import LINES, label_ends, month_axis, need_columns, with_gaps, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, format_axis, new_axes

#: How the three bases of a rate per day are named at the line's end.
BASES: dict[str, str] = {
    "per_day_working": "per working day",
    "per_day_30": "month ÷ 30",
    "per_day_calendar": "per calendar day",
}


@from_released
def plot_utilisation(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    planning_per_day: float = 1_200_000,
    bases: Mapping[str, str] | None = None,
) -> Axes:
    """Draw appointments a day on three bases, against the planning figure.

    Lines whose ends are closer than a label is high share one label, with the marks of both.

    Parameters
    ----------
    frame : DataFrame
        One row per month: ``month``, ``per_day_30``, ``per_day_calendar``, ``per_day_working``.
    ax : matplotlib Axes, optional
        Where to draw.
    planning_per_day : float
        Planning figure, appointments a day.
    bases : mapping, optional
        Column to name at the line's end; the three bases by default.

    Returns
    -------
    matplotlib Axes
        Lines in the order of ``bases``, then the planning line.
    """
    bases = dict(bases or BASES)
    need_columns(frame, "month", *bases)
    ax = new_axes(ax)
    rows = with_gaps(frame[["month", *bases]])
    for (column, _), (colour, dash, marker) in zip(bases.items(), LINES, strict=False):
        ax.plot(rows["month"], rows[column], color=colour, linestyle=dash, marker=marker, markersize=5)
    ax.axhline(planning_per_day, color=theme.RED_DARK, linewidth=1.6, linestyle=(0, (6, 3)))
    top = max(rows[list(bases)].max().max(), planning_per_day)
    ax.set_ylim(0, 1.08 * top)
    month_axis(ax, frame["month"])
    last = rows.dropna().iloc[-1]
    ends = [(last["month"], last[column]) for column in bases]
    marks = [(marker, colour) for colour, _, marker in LINES[: len(bases)]]
    ends, texts, marks = _join_close(ax, ends, list(bases.values()), marks)
    label_ends(
        ax,
        [*ends, (ax.get_xlim()[1], planning_per_day)],
        [*texts, f"planning\n{planning_per_day:,.0f}"],
        colours=[theme.CHARCOAL] * len(texts) + [theme.RED_DARK],
        markers=[*marks, None],
    )
    format_axis(ax.yaxis, "count")
    ax.set_ylabel("Appointments a day")
    return ax


def _join_close(
    ax: Axes,
    ends: Sequence[tuple[float, float]],
    names: Sequence[str],
    marks: Sequence[tuple[str, str]],
) -> tuple[list[tuple[float, float]], list[str], list[list[tuple[str, str]]]]:
    """Join the labels of lines that end closer together than a line of text is high."""
    bottom, top = ax.get_ylim()
    inches = ax.figure.get_size_inches()[1] * ax.get_position().height
    close = 1.3 * SMALL / 72 / inches * (top - bottom)
    groups: list[list[int]] = []
    for i in sorted(range(len(ends)), key=lambda i: ends[i][1]):
        if groups and ends[i][1] - ends[groups[-1][-1]][1] < close:
            groups[-1].append(i)
        else:
            groups.append([i])
    groups = [sorted(group) for group in groups]
    joined = [(ends[group[0]][0], math.fsum(ends[i][1] for i in group) / len(group)) for group in groups]
    texts = [" and\n".join(wrap(names[i], 18 if len(group) > 1 else 12) for i in group) for group in groups]
    return joined, texts, [[marks[i] for i in group] for group in groups]
