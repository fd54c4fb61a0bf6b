"""Rows of a horizontal chart: how high, in which order, and how named."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd
from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import label_ends, wrap
from analysis_lib.charts.style import SMALL, new_axes

#: More rows than this and only both ends (and the highlighted rows) are named.
MOST_NAMED = 60
#: How many rows are named at each end then.
NAMED_AT_ENDS = 5
#: Characters in a line of a row's name (with many rows, whose names need two lines at most), and the
#: inches that a line takes.
NAME_WIDTH, NAME_WIDTH_MANY = 28, 34
#: More rows than this have smaller names, in longer lines.
MOST_WIDE = 24
LINE_HEIGHT = 0.175


def order_rows(frame: pd.DataFrame, label: str, value: str, sort: bool | None) -> pd.DataFrame:
    """Return a copy in drawing order, first row at the top.

    Parameters
    ----------
    frame : DataFrame
        One row per label.
    label, value : str
        Its columns.
    sort : bool, optional
        True: highest value first. False: as given. None: category order if the labels are ordered
        categories (lead time, duration), else highest first.

    Returns
    -------
    DataFrame
    """
    dtype = frame[label].dtype
    if sort is None and isinstance(dtype, pd.CategoricalDtype) and dtype.ordered:
        return frame.sort_values(label, kind="stable").reset_index(drop=True)
    if sort is None or sort:
        return frame.sort_values([value, label], ascending=[False, True], kind="stable").reset_index(
            drop=True
        )
    return frame.reset_index(drop=True)


def row_axes(ax: Axes | None, n_rows: int, *, extra: float = 0.0, labels: Sequence[object] = ()) -> Axes:
    """Return axes high enough for the rows, with y running downwards from row 0.

    Parameters
    ----------
    ax : matplotlib Axes, optional
        Used if given.
    n_rows : int
        Number of rows.
    extra : float
        Inches more, for a key above.
    labels : sequence, optional
        Names of the rows, as `name_rows` will write them: rows are as high as the longest needs.

    Returns
    -------
    matplotlib Axes
    """
    n_lines = max((wrap(label, NAME_WIDTH).count("\n") + 1 for label in labels), default=1)
    pitch = max(0.42 if n_rows <= 15 else 0.34, LINE_HEIGHT * n_lines)
    height = 8.0 if n_rows > MOST_NAMED else max(2.4, 1.1 + pitch * n_rows)
    ax = new_axes(ax, height=height + extra)
    ax.set_ylim(n_rows - 0.4, -0.6)
    return ax


def name_rows(
    ax: Axes, labels: Sequence[object], *, highlight: Collection[object] = (), values: Sequence[str] = ()
) -> None:
    """Name the rows on the left; with very many rows only both ends and the highlighted ones.

    Parameters
    ----------
    ax : matplotlib Axes
        Made by :func:`row_axes`.
    labels : sequence
        A name per row, top first.
    highlight : collection
        Labels set in bold.
    values : sequence of str
        Written after the names where there is no column of values, that is with very many rows.
    """
    n_rows = len(labels)
    if n_rows <= MOST_NAMED:
        size, width = (SMALL, NAME_WIDTH) if n_rows <= MOST_WIDE else (11, NAME_WIDTH_MANY)
        ax.set_yticks(
            range(n_rows), [wrap(label, width) for label in labels], fontsize=size, linespacing=0.95
        )
        ax.tick_params(axis="y", length=0)
        for tick, label in zip(ax.get_yticklabels(), labels, strict=True):
            tick.set_fontweight("bold" if label in highlight else "normal")
        return
    ax.set_yticks([])
    ends = {*range(NAMED_AT_ENDS), *range(n_rows - NAMED_AT_ENDS, n_rows)}
    ends |= {i for i, label in enumerate(labels) if label in highlight}
    named = sorted(ends)
    edge = ax.get_xlim()[0]
    texts = [wrap(f"{labels[i]}\u00a0{values[i]}" if values else labels[i], 26) for i in named]
    label_ends(
        ax,
        [(edge, i) for i in named],
        texts,
        side="left",
        size=SMALL,
        bold=[labels[i] in highlight for i in named],
    )


def write_values(ax: Axes, texts: Sequence[str], *, size: float | None = None) -> None:
    """Write a value per row in a column at the right edge."""
    if len(texts) > MOST_NAMED:
        return
    for row, text in enumerate(texts):
        ax.text(
            1.02,
            row,
            text,
            transform=ax.get_yaxis_transform(),
            va="center",
            ha="left",
            fontsize=size or SMALL,
            color=theme.CHARCOAL,
        )
