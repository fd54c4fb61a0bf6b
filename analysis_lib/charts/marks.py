"""What charts share: columns and their names, rows, panels, labels placed clear of each other, months."""

from __future__ import annotations

import math
import textwrap
from calendar import day_name, month_name
from collections.abc import Collection, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FixedLocator, NullFormatter

from analysis_lib.charts import theme
from analysis_lib.charts.style import SMALL, new_axes
from analysis_lib.columns import heading
from analysis_lib.release import released_name

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
REFERENCE = {"color": theme.RED_DARK, "linewidth": 1.5, "linestyle": (0, (5, 3))}
#: One column, several, or columns with the names that the chart gives them.
Columns = str | Sequence[str] | Mapping[str, str]
#: More rows than this and only both ends (and the highlighted rows) are named, so many at each.
MOST_NAMED, NAMED_AT_ENDS = 60, 5
#: Characters in a line of a row's name; with many rows names are smaller, in longer lines.
NAME_WIDTH, NAME_WIDTH_MANY, MOST_WIDE = 29, 34, 24
KEY_WIDTH = 66  # characters of a line of the key


class NothingToDraw(ValueError):
    """The frame has no rows; the message is fit to be shown on a page in place of the chart."""


#: How an axis writes what `analysis_lib.columns` calls rates, counts and so on.
AXIS_UNITS = {
    "rate": "percent",
    "points": "points",
    "count": "count",
    "things": "count",
    "gbp": "pounds",
    "number": "ratio",
}


def named(columns: Columns) -> dict[str, str]:
    """Return columns with their names: those given, else their own words; a column alone has none."""
    if isinstance(columns, str):
        return {columns: ""}
    if isinstance(columns, Mapping):
        return dict(columns)
    return {column: column.replace("_", " ") for column in columns}


def describe_axis(
    frame: pd.DataFrame, column: str, label: str | None, unit: str | None, usual: str = "percent"
) -> tuple[str, str]:
    """Return what stands at an axis and how its values are written: as given, else what the column is."""
    title, known, _ = heading(column, released_name(frame))
    title = "" if pd.api.types.is_datetime64_any_dtype(frame[column]) else title  # months need no name
    return title if label is None else label, unit or AXIS_UNITS.get(known, usual)


def need_columns(frame: pd.DataFrame, *names: str | None, values: Collection[str] = ()) -> None:
    """Raise a helpful error if a column is absent, or if there is no row, or none with one of the values."""
    missing = [name for name in (*names, *values) if name and name not in frame.columns]
    if missing:
        raise KeyError(
            f"the chart needs {', '.join(missing)}; the frame has {', '.join(map(str, frame.columns))}"
        )
    if frame.empty or (values and frame[list(values)].isna().all(axis=None)):
        raise NothingToDraw(
            "There is nothing to draw here: there are no numbers, or none large enough to show."
        )


def wrap(text: object, width: int) -> str:
    """Break a label into lines of about ``width`` characters, never inside a word."""
    joined = str(text).replace(" – ", " –\u00a0")  # an area code stays with its dash
    return "\n".join(textwrap.wrap(joined, width, break_long_words=False, break_on_hyphens=False))


def shorten(name: object) -> str:
    """Return a weekday or a month in three letters, anything else in full."""
    return str(name)[:3] if str(name) in {*day_name, *month_name} else str(name)


def levels_of(column: pd.Series) -> list:
    """Return the levels present: in category order if categorical, else as they first appear."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        present = set(column.dropna().unique())
        return [level for level in column.cat.categories if level in present]
    return list(column.dropna().unique())


# Rows and panels ---------------------------------------------------------------------------------


def order_rows(frame: pd.DataFrame, label: str, value: str, sort: bool | None) -> pd.DataFrame:
    """Return the rows top first: by value if `sort`, as given if not; None asks ordered categories first."""
    dtype = frame[label].dtype
    if sort is None and isinstance(dtype, pd.CategoricalDtype) and dtype.ordered:
        return frame.sort_values(label, kind="stable", ignore_index=True)
    if sort is None or sort:
        return frame.sort_values([value, label], ascending=[False, True], kind="stable", ignore_index=True)
    return frame.reset_index(drop=True)


def row_height(labels: Sequence[object]) -> float:
    """Return the inches that rows need: each as high as the longest name."""
    if len(labels) > MOST_NAMED:
        return 6.9
    n_lines = max(wrap(label, NAME_WIDTH).count("\n") + 1 for label in labels)
    name = 0.175 * n_lines if len(labels) <= MOST_WIDE else 0
    return len(labels) * max(0.42 if len(labels) <= 9 else 0.34, name)


def name_rows(
    ax: Axes, labels: Sequence[object], *, highlight: Collection[object] = (), values: Sequence[str] = ()
) -> None:
    """Name the rows on the left; of very many only both ends and the highlighted, with their values."""
    n_rows = len(labels)
    ax.set_ylim(n_rows - 0.4, -0.6)
    if n_rows <= MOST_NAMED:
        size, width = (SMALL, NAME_WIDTH) if n_rows <= MOST_WIDE else (11, NAME_WIDTH_MANY)
        names = [wrap(label, width) for label in labels]
        ax.set_yticks(range(n_rows), names, fontsize=size, linespacing=0.95)
        ax.tick_params(axis="y", length=0)
        for tick, label in zip(ax.get_yticklabels(), labels, strict=True):
            tick.set_fontweight("bold" if label in highlight else "normal")
        return
    ax.set_yticks([])
    ends = {*range(NAMED_AT_ENDS), *range(n_rows - NAMED_AT_ENDS, n_rows)}
    rows = [i for i, label in enumerate(labels) if i in ends or label in highlight]
    texts = [wrap(f"{labels[i]}\u00a0{values[i]}" if values else labels[i], 26) for i in rows]
    bold = [labels[i] in highlight for i in rows]
    label_ends(ax, [(ax.get_xlim()[0], i) for i in rows], texts, side="left", bold=bold)


def write_values(ax: Axes, texts: Sequence[str]) -> None:
    """Write a value for each row in a column at the right, unless there are very many."""
    for row, text in enumerate(texts if len(texts) <= MOST_NAMED else ()):
        ax.text(1.02, row, text, transform=ax.get_yaxis_transform(), va="center", fontsize=SMALL)


def divide(
    ax: Axes | None,
    names: Sequence[object],
    heights: Sequence[float],
    *,
    n_columns: int = 1,
    extra: float = 0.0,
) -> tuple[Axes, list[Axes]]:
    """Divide the axes into a panel for each name, written above it; return the axes, hidden, and the panels.

    ``heights`` are those of the rows of panels, ``extra`` that of key and axis, in inches.
    """
    ax = new_axes(ax, height=extra + math.fsum(heights))
    ax.set_axis_off()
    grid = ax.get_subplotspec().subgridspec(len(heights), n_columns, height_ratios=heights)
    panels = []
    for place, name in enumerate(names):
        panel = new_axes(ax.figure.add_subplot(grid[divmod(place, n_columns)]))
        at = {"xy": (0, 1), "xycoords": "axes fraction", "xytext": (0, 5), "textcoords": "offset points"}
        panel.annotate(str(name), fontsize=SMALL, fontweight="bold", **at)
        panels.append(panel)
    return ax, panels


# Labels ------------------------------------------------------------------------------------------


def key_above(
    ax: Axes, handles: Sequence[object], *, ncols: int | None = None, of_panels: bool = False
) -> None:
    """Name the marks in a line (or ``ncols`` columns) above the chart, or above all its panels."""
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1.0)}
    (ax.figure if of_panels else ax).legend(
        handles=list(handles),
        ncols=ncols or len(handles),
        handletextpad=0.4,
        columnspacing=1.2,
        borderaxespad=0.3,
        handlelength=1.6,
        **({"loc": "outside upper left"} if of_panels else place),
    )


def fit_key(names: Sequence[str]) -> int:
    """Return how many names of the key fit beside each other, all in columns as wide as the longest."""
    return max(1, min(len(names), KEY_WIDTH // (max(map(len, names)) + 6)))


def spread(values: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Move label centres apart until none overlap, between ``low`` and, if there is room, ``high``."""
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
    colours: Sequence[str] | None = None,
    bold: Sequence[bool] | None = None,
    markers: Sequence[tuple[str, str] | None] | None = None,
) -> None:
    """Write a label beside each point in the margin, moved apart, with a thin leader where moved.

    The y limits must be final and linear. ``markers`` are shape and fill, repeated beside the label.
    """
    bottom, top = ax.get_ylim()
    span = top - bottom  # negative when the axis runs downwards
    inches = ax.figure.get_size_inches()[1] * ax.get_position().height
    sizes = [(text.count("\n") + 1) * SMALL * 1.3 / 72 / inches for text in texts]
    placed = spread([(y - bottom) / span for _, y in points], sizes, -0.06, 1.06)
    right = side == "right"
    marks = list(markers or [None] * len(points))
    shift = 0.05 * any(marks)
    for i, ((x, y), text, place, mark) in enumerate(zip(points, texts, placed, marks, strict=True)):
        if mark:
            style = {"marker": mark[0], "mfc": mark[1], "mec": theme.CHARCOAL, "mew": 0.7, "ms": 7}
            at = {"transform": ax.transAxes, "clip_on": False, "linestyle": "none", "gid": "key"}
            ax.plot([1.06], [place], **at, **style)
        leader = {
            "arrowstyle": "-",
            "color": theme.SLATE,
            "linewidth": 0.7,
            "relpos": (0 if right else 1, 0.5),
        }
        ax.annotate(
            text,
            xy=(x, y),
            xytext=((1.035 + shift) if right else -0.035, place),
            textcoords=ax.transAxes,
            ha="left" if right else "right",
            va="center",
            fontsize=SMALL,
            linespacing=1.05,
            color=colours[i] if colours else theme.CHARCOAL,
            fontweight="bold" if bold and bold[i] else "normal",
            annotation_clip=False,
            arrowprops=leader | {"shrinkA": 16 if mark else 1, "shrinkB": 3},  # it stops short of the mark
        )


# Months ------------------------------------------------------------------------------------------


def with_gaps(frame: pd.DataFrame, month: str = "month") -> pd.DataFrame:
    """Return the rows in month order with an empty one for each month missing, so that lines break."""
    if frame[month].duplicated().any():
        raise ValueError(
            f"{month} has repeated values: a line takes one row per month. Group or filter the frame first"
        )
    months = full_months(frame[month]).astype(frame[month].dtype)
    return frame.set_index(month).reindex(months).rename_axis(month).reset_index()


def full_months(months: pd.Series) -> pd.DatetimeIndex:
    """Return every month start from the first to the last month given."""
    return pd.date_range(months.min(), months.max(), freq="MS")


def month_labels(months: pd.DatetimeIndex) -> list[str]:
    """Return ``Jan`` with its year below for every 1, 2, 3, 6 or 12 months, empty for those between."""
    step = next((step for most, step in ((9, 1), (18, 2), (27, 3), (60, 6)) if len(months) <= most), 12)
    labels: list[str] = []
    for month in months:
        with_year = month.month == 1 or not any(labels)
        text = f"{month:%b}\n{month:%Y}" if with_year else f"{month:%b}"
        labels.append("" if (month.month - 1) % step else text)
    return labels


def month_axis(ax: Axes, dates: pd.Series) -> pd.DatetimeIndex:
    """Put months on the x axis, a small tick each, and return them, missing ones included."""
    months = full_months(dates.dropna().dt.to_period("M").dt.to_timestamp())
    labels = month_labels(months)
    at = [ax.convert_xunits(month) for month in months]
    keep = [i for i, label in enumerate(labels) if label]
    ax.xaxis.set_major_locator(FixedLocator([at[i] for i in keep]))
    ax.set_xticks([at[i] for i in keep], [labels[i] for i in keep])
    ax.set_xticks(at, minor=True)
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(axis="x", which="major", length=6)
    ax.tick_params(axis="x", which="minor", length=3)
    daily = dates.nunique() > len(months)
    ends = [ax.convert_xunits(date) for date in (dates.min(), dates.max())]
    ax.set_xlim(ends[0] - (5 if daily else 20), ends[1] + (5 if daily else 20))
    return months
