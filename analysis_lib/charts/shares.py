"""Shares of a whole: a bar of 100% for each group, cut into its parts."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from analysis_lib.charts import theme
from analysis_lib.charts.marks import (
    describe_axis,
    fit_key,
    key_above,
    levels_of,
    name_rows,
    need_columns,
    row_height,
    wrap,
)
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, format_axis, format_value, new_axes

#: Fill, hatching and text of part 1, 2, 3, …: no two are alike in grey and hatching both.
FILLS: tuple[tuple[str, str, str], ...] = (
    (theme.BLUE_DARK, "", theme.PAPER),
    (theme.BLUE_LIGHT, "", theme.CHARCOAL),
    (theme.SLATE, "", theme.PAPER),
    (theme.BLUE_FAINT, "", theme.CHARCOAL),
    (theme.ORANGE, "///", theme.CHARCOAL),
    (theme.CHARCOAL, "\\\\\\", theme.PAPER),
    (theme.ORANGE_LIGHT, "...", theme.CHARCOAL),
    (theme.RED_DARK, "", theme.PAPER),
)
HIDDEN = {"facecolor": "white", "edgecolor": theme.SLATE, "hatch": "/////", "linewidth": 0.8}
TOO_FEW = "too few to show"
EDGE = {"edgecolor": theme.CHARCOAL, "linewidth": 0.8}
ROUNDED = 0.25  # by so much shares of a whole may miss it once the counts of few people are rounded


@from_released
def plot_shares(
    frame: pd.DataFrame,
    label: str,
    value: str,
    by: str,
    *,
    ax: Axes | None = None,
    what: str | None = None,
) -> Axes:
    """Draw a bar of 100% for each row, cut into its parts, with the share written where it fits.

    Parameters
    ----------
    frame : DataFrame
        One row per label and part. Parts stand in category order or as they first come, in the bars and in
        the key. What is hidden of a row, or all of it, is hatched at the end of its bar.
    label : str
        Column of rows, in category order or as they first come.
    value : str
        Column of shares, 0 to 1.
    by : str
        Column of parts, at most eight.
    ax : matplotlib Axes, optional
        Where to draw; a new figure as high as the rows need.
    what : str, optional
        What the shares are of; by default as `analysis_lib.columns` describes the column.

    Raises
    ------
    ValueError
        If there are more parts than can be told apart, a part stands twice in a row, or shares of a row do
        not add up to a whole.
    """
    need_columns(frame, label, by, values=[value])
    names, parts = levels_of(frame[label]), levels_of(frame[by])
    if len(parts) > len(FILLS):
        raise ValueError(f"{len(parts)} parts cannot be told apart: join some, to {len(FILLS)} at most.")
    if frame.duplicated([label, by]).any():
        raise ValueError(f"A part stands twice in a row: each {label} takes one row per {by}.")
    wide = frame.pivot(index=label, columns=by, values=value)  # noqa: PD010 - pivot_table would average
    wide = wide.reindex(index=names, columns=parts).astype(float)
    hidden = frame[value].isna().groupby(frame[label], observed=True).any().reindex(names).to_numpy()
    _check_whole(wide, hidden)
    what, _ = describe_axis(frame, value, what, "percent")
    handles = [
        Patch(label=str(part), facecolor=fill, hatch=hatch, **EDGE)
        for part, (fill, hatch, _) in zip(parts, FILLS, strict=False)
    ]
    if hidden.any():
        handles.append(Patch(label=TOO_FEW, **HIDDEN))
    n_columns = fit_key([str(handle.get_label()) for handle in handles])
    n_lines = math.ceil(len(handles) / n_columns)
    ax = new_axes(ax, height=max(2.4, 1.1 + 0.24 * n_lines + row_height(names)))
    ends, written = wide.fillna(0.0).cumsum(axis=1), []
    for part, (fill, hatch, ink) in zip(parts, FILLS, strict=False):
        left = ends[part] - wide[part].fillna(0.0)
        ax.barh(range(len(names)), wide[part], left=left, height=0.72, facecolor=fill, hatch=hatch, **EDGE)
        written += [
            (row, start, share, ink, fill if hatch else None)
            for row, (start, share) in enumerate(zip(left, wide[part], strict=True))
            if share > 0
        ]
    for row in hidden.nonzero()[0]:
        start = min(ends.iloc[row, -1], 1.0)
        ax.barh(row, 1 - start, left=start, height=0.72, **HIDDEN)
    ax.set_xlim(0, max(1.0, ends.iloc[:, -1].max()))
    format_axis(ax.xaxis, "percent", bins=5)
    ax.set_xlabel(wrap(what, 56))
    name_rows(ax, names)
    key_above(ax, [handle for at in range(n_columns) for handle in handles[at::n_columns]], ncols=n_columns)
    _write_inside(ax, written)
    return ax


def _check_whole(wide: pd.DataFrame, hidden: pd.Series) -> None:
    """Refuse what is no share of a whole: bars would say 100% of something else."""
    whole = wide.sum(axis=1)
    wrong = (whole > 1 + ROUNDED) | ((whole < 1 - ROUNDED) & ~hidden) | (wide < 0).any(axis=1)
    if wrong.any():
        row = wrong.idxmax()
        raise ValueError(
            f"The shares of {row} add up to {whole[row]:.2f}, not to 1: give all parts of one whole."
        )


def _write_inside(ax: Axes, written: list[tuple]) -> None:
    """Write each share in the middle of its part, and take away what is wider than the part."""
    ax.figure.draw_without_rendering()  # fixes the layout, so that widths can be measured
    low, high = ax.get_xlim()
    pixels = ax.get_window_extent().width / (high - low)
    for row, start, share, ink, fill in written:
        box = {"facecolor": fill, "edgecolor": "none", "pad": 1.5} if fill else None
        style = {"ha": "center", "va": "center", "fontsize": SMALL, "color": ink, "bbox": box}
        text = ax.text(start + share / 2, row, format_value(share, "percent", 0), **style)
        if text.get_window_extent().width > share * pixels - 6:
            text.remove()
