"""What charts share: label placing, month axes, line styles."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FixedLocator, NullFormatter

from analysis_lib.charts import theme
from analysis_lib.charts.style import SMALL

#: Colour, line and marker of line 1, 2, 3, ...: each pair differs in at least two of them.
LINES: tuple[tuple[str, str, str], ...] = (
    (theme.CHARCOAL, "-", "o"),
    (theme.BLUE, "--", "s"),
    (theme.ORANGE_DARK, "-.", "^"),
    (theme.RED_DARK, ":", "D"),
    (theme.SLATE, "-", "v"),
    (theme.BLUE_DARK, "--", "P"),
    (theme.CHARCOAL_LIGHT, "-.", "X"),
    (theme.BLUE_LIGHT, ":", "h"),
)
#: Light to dark blue; starts darker than the page so that the lowest class is seen on white.
BLUES = LinearSegmentedColormap.from_list(
    "house_blues", [theme.BLUE_FAINT, theme.BLUE_LIGHT, theme.BLUE, theme.BLUE_DARK]
)
UNKNOWN = "Unknown"


#: A series' mark (its shape and fill), several for a shared label, or none.
Mark = tuple[str, str] | list[tuple[str, str]] | None


class NothingToDraw(ValueError):
    """The frame has no rows; the message is fit to be shown on a page in place of the chart."""


def wrap(text: object, width: int) -> str:
    """Break a label into lines of about ``width`` characters, never inside a word."""
    joined = str(text).replace(" – ", " –\u00a0")  # an area code stays with its dash
    return "\n".join(textwrap.wrap(joined, width, break_long_words=False, break_on_hyphens=False))


def levels_of(column: pd.Series) -> list:
    """Return the levels present: in category order if categorical, else as they first appear."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        present = set(column.dropna().unique())
        return [level for level in column.cat.categories if level in present]
    return list(column.dropna().unique())


def spread(values: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Move label centres apart until none overlap, staying between ``low`` and ``high``.

    Parameters
    ----------
    values : sequence of float
        Where each label would like its centre.
    sizes : sequence of float
        Height of each label, in the same unit.
    low, high : float
        The space there is. If the labels need more, they start at ``low`` and run over ``high``.

    Returns
    -------
    list of float
        A centre per label, in the order given.
    """
    order = sorted(range(len(values)), key=lambda i: values[i])
    placed = dict(enumerate(values))
    ceiling = high
    for i in reversed(order):  # from the top down, keep below the label above
        placed[i] = min(placed[i], ceiling - sizes[i] / 2)
        ceiling = placed[i] - sizes[i] / 2
    floor = low
    for i in order:  # from the bottom up, keep above the label below
        placed[i] = max(placed[i], floor + sizes[i] / 2)
        floor = placed[i] + sizes[i] / 2
    return [placed[i] for i in range(len(values))]


def label_ends(
    ax: Axes,
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    *,
    side: str = "right",
    size: float = 12,
    colours: Sequence[str] | None = None,
    bold: Sequence[bool] | None = None,
    markers: Sequence[Mark] | None = None,
    leaders: bool = True,
) -> None:
    """Write a label beside each point in the margin, moved apart, with a thin leader where moved.

    Parameters
    ----------
    ax : matplotlib Axes
        Its y limits must be final and linear.
    points : sequence of (x, y)
        What each label belongs to, in data units.
    texts : sequence of str
        May hold line breaks.
    side : {"right", "left"}
        Which margin.
    size : float
        Font size in points.
    colours, bold : sequences, optional
        Text colour and weight of each label.
    markers : sequence of (marker, fill), optional
        The series' own mark, repeated beside its label; a list of them where series share
        the label, None for a label without one.
    leaders : bool
        Draw the thin lines.
    """
    bottom, top = ax.get_ylim()
    span = top - bottom  # negative when the axis runs downwards
    inches = ax.figure.get_size_inches()[1] * ax.get_position().height
    sizes = [(text.count("\n") + 1) * size * 1.3 / 72 / inches for text in texts]
    placed = spread([(y - bottom) / span for _, y in points], sizes, -0.06, 1.06)
    right = side == "right"
    most = max((len(_marks_of(mark)) for mark in markers or []), default=0)
    shift = 0.05 * most
    for i, ((x, y), text, place) in enumerate(zip(points, texts, placed, strict=True)):
        marks = _marks_of(markers[i] if markers else None)
        for k, (shape, fill) in enumerate(marks):
            style = {"marker": shape, "mfc": fill, "mec": theme.CHARCOAL, "mew": 0.7, "ms": 7}
            at = {"transform": ax.transAxes, "clip_on": False, "linestyle": "none", "gid": "key"}
            ax.plot([1.06 + 0.05 * (most - len(marks) + k)], [place], **at, **style)
        ax.annotate(
            text,
            xy=(x, y),
            xytext=((1.035 + shift) if right else -0.035, place),
            textcoords=ax.transAxes,
            ha="left" if right else "right",
            va="center",
            fontsize=size,
            linespacing=1.05,
            color=colours[i] if colours else theme.CHARCOAL,
            fontweight="bold" if bold and bold[i] else "normal",
            annotation_clip=False,
            arrowprops=_leader(right=right, beyond_marks=len(marks)) if leaders else None,
        )


def _marks_of(mark: Mark) -> list[tuple[str, str]]:
    return [] if mark is None else mark if isinstance(mark, list) else [mark]


def _leader(*, right: bool, beyond_marks: int) -> dict:
    """Return the look of the thin line from a label to its point; it stops short of the label's marks."""
    return {
        "arrowstyle": "-",
        "color": theme.SLATE,
        "linewidth": 0.7,
        "relpos": (0 if right else 1, 0.5),
        "shrinkA": 16 * beyond_marks or 1,
        "shrinkB": 3,
    }


def full_months(months: pd.Series) -> pd.DatetimeIndex:
    """Return every month start from the first to the last month given."""
    return pd.date_range(months.min(), months.max(), freq="MS")


def with_gaps(frame: pd.DataFrame, month: str = "month") -> pd.DataFrame:
    """Return a copy in month order with an empty row for each month missing, so that lines break."""
    if frame[month].duplicated().any():
        raise ValueError(
            f"{month} has repeated values: a line takes one row per month. Group or filter the frame first"
        )
    months = full_months(frame[month]).astype(frame[month].dtype)
    return frame.set_index(month).reindex(months).rename_axis(month).reset_index()


def month_step(n_months: int) -> int:
    """Return how many months lie between two labels so that none collide."""
    return next((step for most, step in ((9, 1), (18, 2), (27, 3), (60, 6)) if n_months <= most), 12)


def month_labels(months: pd.DatetimeIndex) -> list[str]:
    """Return a label per month: ``Jan`` with its year below, empty between the labelled ones."""
    step = month_step(len(months))
    labels = []
    for month in months:
        if (month.month - 1) % step:
            labels.append("")
            continue
        with_year = month.month == 1 or not any(labels)
        labels.append(f"{month:%b}\n{month:%Y}" if with_year else f"{month:%b}")
    return labels


def month_axis(ax: Axes, months: pd.Series, *, room: float = 20) -> pd.DatetimeIndex:
    """Put months on the x axis: a small tick each, a label every 1, 2, 3, 6 or 12 months.

    Parameters
    ----------
    ax : matplotlib Axes
        Its x axis must hold dates.
    months : Series of datetime64
        Month starts.
    room : float
        Days left free on either side.

    Returns
    -------
    DatetimeIndex
        Every month on the axis, missing ones included.
    """
    every = full_months(months)
    labels = month_labels(every)
    at = [ax.convert_xunits(month) for month in every]
    keep = [i for i, label in enumerate(labels) if label]
    ax.xaxis.set_major_locator(FixedLocator([at[i] for i in keep]))
    ax.set_xticks([at[i] for i in keep], [labels[i] for i in keep])
    ax.set_xticks(at, minor=True)
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(axis="x", which="major", length=6)
    ax.tick_params(axis="x", which="minor", length=3)
    ax.set_xlim(at[0] - room, at[-1] + room)
    return every


def need_columns(frame: pd.DataFrame, *names: str) -> None:
    """Raise a helpful error if a column that the chart draws is absent."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise KeyError(
            f"the chart needs {', '.join(missing)}; the frame has {', '.join(map(str, frame.columns))}"
        )
    if frame.empty:
        raise NothingToDraw(
            "There is nothing to draw here: there are no numbers, or none large enough to show."
        )


def key_above(ax: Axes, handles: Sequence[object], *, ncols: int | None = None) -> None:
    """Name the marks in a line (or ``ncols`` columns) above the chart, clear of the data."""
    ax.legend(
        handles=list(handles),
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=ncols or len(handles),
        fontsize=SMALL,
        handletextpad=0.4,
        columnspacing=1.2,
        borderaxespad=0.3,
        handlelength=1.4,
    )
