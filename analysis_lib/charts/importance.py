"""What a model of risk leans on: importance of its features, stability of their ranks, and one profile."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from analysis_lib.charts import theme
from analysis_lib.charts.marks import NothingToDraw, key_above, levels_of, need_columns
from analysis_lib.charts.released import from_released
from analysis_lib.charts.rows import name_rows, row_axes, write_values
from analysis_lib.charts.style import format_axis

BASE, TOTAL = "base", "total"  # rows of a profile that are no features
ADDS, TAKES = (theme.ORANGE, ""), (theme.BLUE_LIGHT, "///")  # fill and hatching of a bar


@from_released
def plot_importance(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    label: str = "feature",
    value: str = "mean_abs_shap",
    low: str = "low",
    high: str = "high",
    planted_rank: str | None = "planted_rank",
    top: int = 15,
    xlabel: str = "Mean absolute SHAP value (log odds)",
) -> Axes:
    """Draw a bar with its interval per feature, and the rank of the planted effect beside it.

    Parameters
    ----------
    frame : DataFrame
        One row a feature, in the order in which they are drawn: ``label``, ``value``, ``low``, ``high``, and
        ``planted_rank`` (1 is the strongest; missing where nothing was planted, or the people are real).
    ax : matplotlib Axes, optional
        Where to draw.
    label, value, low, high, planted_rank : str
        Columns; ``planted_rank=None`` leaves it out.
    top : int
        Draw the first so many; say so in the caption.
    xlabel : str
        What the bars measure.

    Returns
    -------
    matplotlib Axes
        One bar per row, top first.
    """
    need_columns(frame, label, value, low, high, *([planted_rank] if planted_rank else []))
    rows = frame.dropna(subset=[value]).head(top)
    if rows.empty:
        raise NothingToDraw("The importance of every feature is hidden: there is nothing to draw.")
    ax = row_axes(ax, len(rows), labels=rows[label])
    at = np.arange(len(rows))
    ax.barh(at, rows[value], height=0.66, color=theme.BLUE, edgecolor=theme.CHARCOAL, linewidth=0.8)
    ax.hlines(at, rows[low], rows[high], color=theme.CHARCOAL, linewidth=2.2)
    ax.set_xlim(left=0)
    format_axis(ax.xaxis, "ratio", bins=5)
    ax.set_xlabel(xlabel)
    name_rows(ax, list(rows[label]))
    if planted_rank and rows[planted_rank].notna().any():
        write_values(ax, ["" if pd.isna(rank) else f"{rank:.0f}" for rank in rows[planted_rank]])
        ax.annotate(
            "planted\nrank",
            xy=(1.02, 1),
            xycoords="axes fraction",
            xytext=(0, 4),
            textcoords="offset points",
            fontsize=12,
            linespacing=0.95,
        )
    return ax


@from_released
def plot_stability(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    label: str = "feature",
    rank: str = "rank",
    top: int = 12,
    xlabel: str = "Rank (a ring for each random seed)",
) -> Axes:
    """Draw the rank of each feature under each seed as a ring, on a line from its best to its worst.

    Parameters
    ----------
    frame : DataFrame
        One row per feature and seed: ``label``, ``rank`` (1 is first). Features stand in the order in which
        they first come.
    ax : matplotlib Axes, optional
        Where to draw.
    label, rank : str
        Columns.
    top : int
        Draw the first so many features.
    xlabel : str
        Name of the axis.

    Returns
    -------
    matplotlib Axes
    """
    need_columns(frame, label, rank)
    names = levels_of(frame.dropna(subset=[rank])[label])[:top]
    if not names:
        raise NothingToDraw("There are no ranks to draw.")
    ax = row_axes(ax, len(names), labels=names)
    for row, name in enumerate(names):
        ranks = frame.loc[frame[label] == name, rank].dropna().to_numpy(float)
        ax.plot(ranks[[ranks.argmin(), ranks.argmax()]], [row, row], color=theme.SLATE_LIGHT, linewidth=5)
        ax.plot(ranks, np.full(len(ranks), row), "o", ms=9, mfc="none", mec=theme.CHARCOAL, mew=1.4)
    format_axis(ax.xaxis, "count", bins=8)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlim(left=0.5)
    ax.set_xlabel(xlabel)
    name_rows(ax, names)
    return ax


@from_released
def plot_waterfall(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    label: str = "label",
    value: str = "contribution",
    xlabel: str = "Log odds of the outcome",
) -> Axes:
    """Draw how a risk is put together: from the base, feature by feature, to the total.

    Parameters
    ----------
    frame : DataFrame
        One profile, in the order in which it is drawn: ``feature``, ``label``, ``value``. The feature
        ``base`` is where the bars start, ``total`` where they end; hidden contributions are refused, since
        the bars would not meet the total.
    ax : matplotlib Axes, optional
        Where to draw.
    label, value : str
        Columns of names and of contributions.
    xlabel : str
        Name of the axis.

    Returns
    -------
    matplotlib Axes
        One bar per feature, and a line at the base and at the total.
    """
    need_columns(frame, "feature", label, value)
    if frame[value].isna().any():
        raise NothingToDraw("This profile rests on too few people to be shown.")
    ax = row_axes(ax, len(frame), extra=0.3, labels=frame[label])
    ends = frame["feature"].isin([BASE, TOTAL]).to_numpy()
    steps = frame[value].to_numpy(float)
    start = steps[frame["feature"].eq(BASE).to_numpy()].sum()
    after = start + np.cumsum(np.where(ends, 0.0, steps))
    for row, (is_end, step, to) in enumerate(zip(ends, steps, after, strict=True)):
        if is_end:
            ax.plot([step], [row], "D", ms=10, mfc=theme.CHARCOAL, mec=theme.CHARCOAL, zorder=3)
            continue
        fill, hatch = ADDS if step >= 0 else TAKES
        ax.barh(row, step, left=to - step, height=0.62, color=fill, hatch=hatch, edgecolor=theme.CHARCOAL)
        ax.plot([to, to], [row, row + 1], color=theme.SLATE, linewidth=1, zorder=1)
    ax.set_ylim(len(frame) - 0.4, -0.6)
    reach = np.append(after, steps[ends])
    room = 0.06 * (np.ptp(reach) or 1.0)
    ax.set_xlim(reach.min() - room, reach.max() + room)
    format_axis(ax.xaxis, "ratio", bins=5)
    ax.set_xlabel(xlabel)
    name_rows(ax, list(frame[label]))
    write_values(ax, [_signed(step, is_end=end) for step, end in zip(steps, ends, strict=True)])
    key_above(
        ax,
        [
            Patch(facecolor=fill, hatch=hatch, edgecolor=theme.CHARCOAL, label=name)
            for name, (fill, hatch) in zip(("adds to the risk", "takes from it"), (ADDS, TAKES), strict=True)
        ],
    )
    return ax


def _signed(value: float, *, is_end: bool) -> str:
    sign = "" if abs(value) < 0.005 else "−" if value < 0 else "" if is_end else "+"
    return f"{sign}{abs(value):.2f}"
