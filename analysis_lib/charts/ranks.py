"""How areas change rank once their mix of appointments is taken out."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis_lib.charts import theme
from analysis_lib.charts.marks import key_above, label_ends, need_columns, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, new_axes

UP = {"color": theme.CHARCOAL, "linestyle": "-", "linewidth": 2.0}
DOWN = {"color": theme.BLUE, "linestyle": "--", "linewidth": 2.0}
SAME = {"color": theme.SLATE, "linestyle": "-", "linewidth": 2.0}
OTHER = {"color": theme.SLATE_LIGHT, "linestyle": "-", "linewidth": 1.0}


@from_released
def plot_rank_change(
    frame: pd.DataFrame,
    *,
    label: str,
    ax: Axes | None = None,
    rank_from: str = "rank_crude",
    rank_to: str = "rank_standardised",
    moved: int = 5,
    n_label: int | None = None,
    names: tuple[str, str] = ("Rank as counted", "Rank at same mix"),
    highlight: Collection[object] = (),
) -> Axes:
    """Draw a line per area from its crude to its standardised rank; moves of five or more are named.

    Parameters
    ----------
    frame : DataFrame
        One row per area: ``label``, ``rank_from``, ``rank_to`` (1 = highest rate, at the top).
    label, rank_from, rank_to : str
        Columns.
    ax : matplotlib Axes, optional
        Where to draw.
    moved : int
        Areas that move by so many ranks or more are drawn boldly and named, and no others.
    n_label : int, optional
        If given, that many of the biggest moves are named instead (never an area that kept its rank).
    names : (str, str)
        What the two ends are called.
    highlight : collection
        Areas always named, in bold.

    Returns
    -------
    matplotlib Axes
        One line per area, in the order of ``frame``.
    """
    need_columns(frame, label, rank_from, rank_to)
    rows = frame.dropna(subset=[rank_from, rank_to]).reset_index(drop=True)
    start, end = rows[rank_from].astype(float), rows[rank_to].astype(float)
    ax = new_axes(ax, height=6.4 if len(rows) > 15 else 4.6)
    ax.set_ylim(max(start.max(), end.max()) + 0.7, 0.3)
    ax.set_xlim(0, 1)
    move = end - start
    size = move.abs().sort_values(ascending=False, kind="stable")
    chosen = set(size[size >= moved].index if n_label is None else size[size > 0].head(n_label).index)
    named = [i for i in rows.index if i in chosen or rows.loc[i, label] in highlight]
    for i in rows.index:
        style = OTHER if i not in named else SAME if move[i] == 0 else UP if move[i] < 0 else DOWN
        ax.plot((0, 1), (start[i], end[i]), marker="o", ms=5 if i in named else 3, clip_on=False, **style)
    _name_ends(ax, rows, label, named, (start, end), highlight)
    ax.set_xticks([0, 1], [f"{name}\n(1 = highest)" for name in names])
    ax.tick_params(axis="x", length=0, pad=22)
    ax.set_yticks([])
    ax.spines["right"].set_visible(True)
    ax.spines["bottom"].set_visible(False)
    ways = {"up": UP, "down": DOWN}
    by = f" {moved} ranks or more" if n_label is None else ""
    key_above(ax, [Line2D([], [], label=f"{way}{by}", **style) for way, style in ways.items()])
    return ax


def _name_ends(
    ax: Axes,
    rows: pd.DataFrame,
    label: str,
    named: list[int],
    ranks: tuple[pd.Series, pd.Series],
    highlight: Collection[object],
) -> None:
    """Write the rank on the left, and rank and name on the right, of the named areas."""
    bold = [rows.loc[i, label] in highlight for i in named]
    for x, rank, side in zip((0, 1), ranks, ("left", "right"), strict=True):
        texts = [f"{rank[i]:.0f}" for i in named]
        if side == "right":
            names = [wrap(rows.loc[i, label], 22).replace("\n", "\n      ") for i in named]
            texts = [f"{text:>2}  {name}" for text, name in zip(texts, names, strict=True)]
        label_ends(ax, [(x, rank[i]) for i in named], texts, side=side, size=SMALL, bold=bold)
