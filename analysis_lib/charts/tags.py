"""Hashtags: how far they travel, and which stand together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Arc

from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw, key_above, need_columns, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.rows import name_rows, row_axes, write_values
from analysis_lib.charts.style import SMALL

#: Marker and fill of theme 1, 2, 3, ...
THEME_MARKS = (
    ("o", theme.CHARCOAL),
    ("s", theme.BLUE),
    ("^", theme.ORANGE),
    ("D", theme.RED_DARK),
    ("v", theme.SLATE_LIGHT),
    ("P", theme.BLUE_LIGHT),
    ("X", theme.ORANGE_DARK),
    ("h", "white"),
)
WIDEST_TIE = 7.0
#: Colour and name of a tie, by whether it is within one theme.
TIES = {True: (theme.BLUE, "within"), False: (theme.SLATE_LIGHT, "between")}


@from_released
def plot_travel(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    label: str = "hashtag",
    value: str = "retweets_typical",
    low: str = "typical_low",
    high: str = "typical_high",
    reference: float | None = None,
    reference_label: str = "all hashtags",
    xlabel: str = "Typical retweets of a text",
) -> Axes:
    """Draw a dot with its interval per hashtag, in the order given.

    Parameters
    ----------
    frame : DataFrame
        One row a hashtag: ``label``, ``value``, ``low`` and ``high`` (retweets a text).
    ax : matplotlib Axes, optional
        Where to draw.
    label, value, low, high, xlabel : str
        Columns and the name of the axis.
    reference : float, optional
        A vertical line, named ``reference_label``.

    Returns
    -------
    matplotlib Axes
        Intervals as lines, values as markers; the values are written at the right.
    """
    need_columns(frame, label, value, low, high)
    rows = frame.reset_index(drop=True)
    ax = row_axes(ax, len(rows), labels=rows[label], extra=0.35 if reference is not None else 0.0)
    at = np.arange(len(rows))
    ax.hlines(at, rows[low].to_numpy(float), rows[high].to_numpy(float), color=theme.SLATE, linewidth=1.8)
    ax.plot(rows[value].to_numpy(float), at, "o", color=theme.CHARCOAL, ms=8, zorder=3)
    ax.set_xlim(left=0)
    ax.set_xlabel(xlabel)
    name_rows(ax, [f"#{tag}" for tag in rows[label]])
    write_values(ax, ["" if pd.isna(v) else f"{v:,.1f}" for v in rows[value]])
    if reference is not None:
        style = {"color": theme.RED_DARK, "linewidth": 1.4, "linestyle": (0, (4, 2))}
        ax.axvline(reference, zorder=1, **style)
        key_above(ax, [Line2D([], [], label=f"{reference_label}: {reference:,.1f}", **style)])
    return ax


@from_released
def plot_ties(
    ties: pd.DataFrame,
    tags: pd.DataFrame,
    *,
    ax: Axes | None = None,
    a: str = "tag_a",
    b: str = "tag_b",
    value: str = "n_together",
    label: str = "hashtag",
    group: str = "theme",
    count: str = "n_messages",
) -> Axes:
    """Draw a network of hashtags: a row each, theme by theme, with an arc between those that go together.

    Rows keep every name level and readable, where a drawing in the plane lays names on one another.

    Parameters
    ----------
    ties : DataFrame
        One row a pair: ``a``, ``b``, ``value`` (texts with both; the width of the arc). Pairs of which a tag
        is not among ``tags`` are left out, and so are those whose value is missing.
    tags : DataFrame
        One row a hashtag, top first: ``label``, ``group`` (1, 2, …), ``count`` (texts, written beside it).
    ax : matplotlib Axes, optional
        Where to draw.
    a, b, value, label, group, count : str
        Columns.

    Returns
    -------
    matplotlib Axes
        One marker a hashtag, its shape and fill that of its theme, and one arc (patch) a pair.

    Raises
    ------
    NothingToDraw
        If there is no hashtag.
    """
    need_columns(tags, label, group, count)
    if ties.empty:
        raise NothingToDraw("No two hashtags stand together often enough to be drawn.")
    need_columns(ties, a, b, value)
    ax = row_axes(ax, len(tags), labels=tags[label])
    place = {tag: row for row, tag in enumerate(tags[label])}
    known = ties[ties[a].isin(place) & ties[b].isin(place) & ties[value].notna()]
    most = float(known[value].max()) if len(known) else 1.0
    rows = [sorted((place[x], place[y])) for x, y in zip(known[a], known[b], strict=True)]
    _arcs(ax, rows, known[value].astype(float) / most, list(tags[group]))
    for row, number in enumerate(tags[group]):
        shape, fill = THEME_MARKS[(int(number) - 1) % len(THEME_MARKS)]
        ax.plot([0], [row], shape, mfc=fill, mec=theme.CHARCOAL, ms=9, mew=1.0, zorder=3, linestyle="none")
    reach = max((bottom - top for top, bottom in rows), default=1)
    ax.set_xlim(-0.04 * reach, 1.08 * reach)
    names = zip(tags[label], tags[count], strict=True)
    name_rows(ax, [f"#{tag} ({_count(n)})" for tag, n in names])
    ax.set_xticks([])
    ax.spines[["left", "bottom"]].set_visible(False)
    look = {"linewidth": 4, "alpha": 0.7}
    key_above(ax, [Line2D([], [], color=c, label=f"tie {w} themes", **look) for c, w in TIES.values()])
    ax.set_xlabel(wrap(f"Width: texts with both, {_count(most)} at most", 46), fontsize=SMALL)
    return ax


def _arcs(ax: Axes, rows: list[list[int]], parts: pd.Series, groups: list) -> None:
    """Draw an arc for each pair of rows, as wide as its part of the most."""
    for (top, bottom), part in zip(rows, parts, strict=True):
        within = groups[top] == groups[bottom]
        look = {"color": TIES[within][0], "alpha": 0.7, "zorder": 2 if within else 1}
        look["linewidth"] = max(0.8, WIDEST_TIE * part)
        reach = bottom - top
        ax.add_patch(Arc((0, (top + bottom) / 2), 2 * reach, reach, theta1=-90, theta2=90, **look))


def _count(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:,.0f}"
