"""The highest and the lowest month, named above the chart."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.style import SMALL, format_value

OUTLINED = {"edgecolor": theme.CHARCOAL, "linewidth": 1.0}


def name_extremes(ax: Axes, rows: pd.DataFrame, value: str, unit: str, kind: str) -> None:
    """Fill the highest and lowest month orange, and name them above the axes with a thin line down.

    Above the axes because a name over a low bar would lie on its taller neighbours.

    Parameters
    ----------
    ax : matplotlib Axes
        With its final limits.
    rows : DataFrame
        One row per month: ``month`` and `value`.
    value, unit : str
        Column and how it is written.
    kind : {"bar", "line"}
        How the months are drawn.
    """
    texts = []
    for index, word in {rows[value].idxmax(): "highest", rows[value].idxmin(): "lowest"}.items():
        month, height = rows.loc[index, "month"], rows.loc[index, value]
        if kind == "bar":
            ax.bar([month], [height], width=24, color=theme.ORANGE, gid="extreme", **OUTLINED)
        else:
            ax.plot([month], [height], "o", ms=10, color=theme.ORANGE, mec=theme.CHARCOAL, gid="extreme")
        style = {"color": theme.CHARCOAL, "linewidth": 0.8, "clip_on": False, "gid": "leader"}
        top = ax.get_ylim()[1]
        ax.plot([month, month], [height, top], zorder=1, **style)
        text = f"{word}: {month:%b %Y}, {format_value(height, unit)}"
        at = (ax.convert_xunits(month), 1.05)
        texts.append(ax.text(*at, text, transform=ax.get_xaxis_transform(), va="bottom", fontsize=SMALL))
    _set_side_by_side(ax, texts)


def _set_side_by_side(ax: Axes, texts: list) -> None:
    """Centre each text over its month, as far as it stays inside the axes and clear of the other."""
    ax.figure.draw_without_rendering()  # fixes the layout, so that widths can be measured
    left, right = ax.get_xlim()
    inside = ax.get_window_extent().width
    texts = sorted(texts, key=lambda text: text.get_position()[0])
    shares = [(text.get_position()[0] - left) / (right - left) for text in texts]
    widths = [text.get_window_extent().width / inside for text in texts]
    gap, out = 0.02, 0.12  # a text may reach out over the tick labels on the left
    centres = [min(max(x, w / 2 - out), 1 - w / 2) for x, w in zip(shares, widths, strict=True)]
    if len(texts) == 2 and centres[1] - centres[0] < sum(widths) / 2 + gap:
        middle = min(max(sum(shares) / 2, widths[0] + gap / 2 - out), 1 - widths[1] - gap / 2)
        centres = [middle - gap / 2 - widths[0] / 2, middle + gap / 2 + widths[1] / 2]
    for text, centre, width in zip(texts, centres, widths, strict=True):
        month, half = text.get_position()[0], 0.95 * width / 2 * (right - left)
        middle = left + centre * (right - left)
        text.set_x(middle)
        text.set_ha("center")
        end = min(max(month, middle - half), middle + half)
        style = {"color": theme.CHARCOAL, "linewidth": 0.8, "clip_on": False, "gid": "elbow"}
        ax.plot([month, end], [1.0, 1.045], transform=ax.get_xaxis_transform(), **style)
    ax.set_xlim(left, right)
