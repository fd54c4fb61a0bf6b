"""Which hashtags stand together."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Arc

from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw, key_above, name_rows, need_columns, row_height, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, new_axes

#: Marker and fill of group 1, 2, 3, ...
GROUPS = (
    ("o", theme.CHARCOAL),
    ("s", theme.BLUE),
    ("^", theme.ORANGE),
    ("D", theme.RED_DARK),
    ("v", theme.SLATE_LIGHT),
    ("P", theme.BLUE_LIGHT),
    ("X", theme.ORANGE_DARK),
    ("h", "white"),
)
#: Colour and name of a tie, by whether it is within one group.
TIES = {True: (theme.BLUE, "within"), False: (theme.SLATE_LIGHT, "between")}


@from_released
def plot_ties(ties: pd.DataFrame, tags: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a network of hashtags: a row each, theme by theme, with an arc between those that go together.

    Rows keep every name level and readable, where a drawing in the plane lays names on one another.

    Parameters
    ----------
    ties : DataFrame
        One row a pair: ``tag_a``, ``tag_b``, ``n_together`` (texts with both; the width of the arc). Pairs
        of which a tag is not among ``tags``, or whose number is missing, are left out.
    tags : DataFrame
        One row a hashtag, top first: ``hashtag``, ``theme`` (1, 2, …), ``n_messages``.
    ax : matplotlib Axes, optional
        Where to draw.
    """
    need_columns(tags, "hashtag", "theme", "n_messages")
    if ties.empty:
        raise NothingToDraw("No two hashtags stand together often enough to be drawn.")
    need_columns(ties, "tag_a", "tag_b", "n_together")
    counts = ["–" if pd.isna(n) else f"{n:,.0f}" for n in tags["n_messages"]]
    names = [f"#{tag} ({count})" for tag, count in zip(tags["hashtag"], counts, strict=True)]
    ax = new_axes(ax, height=max(2.4, 1.1 + row_height(names)))
    place = {tag: row for row, tag in enumerate(tags["hashtag"])}
    groups = [int(number) for number in tags["theme"]]
    known = ties[ties["tag_a"].isin(place) & ties["tag_b"].isin(place)].dropna(subset=["n_together"])
    most, reach = known["n_together"].max(), 1
    for tie in known.itertuples():
        top, bottom = sorted((place[tie.tag_a], place[tie.tag_b]))
        within, across = groups[top] == groups[bottom], bottom - top
        look = {"color": TIES[within][0], "alpha": 0.7, "linewidth": max(0.8, 7 * tie.n_together / most)}
        middle = (0, (top + bottom) / 2)
        ax.add_patch(Arc(middle, 2 * across, across, theta1=-90, theta2=90, zorder=1 + within, **look))
        reach = max(reach, across)
    for row, number in enumerate(groups):
        shape, fill = GROUPS[(number - 1) % len(GROUPS)]
        ax.plot([0], [row], shape, mfc=fill, mec=theme.CHARCOAL, ms=9, mew=1.0, zorder=3)
    ax.set_xlim(-0.04 * reach, 1.08 * reach)
    name_rows(ax, names)
    ax.set_xticks([])
    ax.spines[["left", "bottom"]].set_visible(False)
    look = {"linewidth": 4, "alpha": 0.7}
    key_above(ax, [Line2D([], [], color=c, label=f"tie {w} themes", **look) for c, w in TIES.values()])
    said = "none" if pd.isna(most) else f"{most:,.0f} at most"
    ax.set_xlabel(wrap(f"Width: texts with both, {said}", 46), fontsize=SMALL)
    return ax
