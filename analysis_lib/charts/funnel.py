"""Funnel plot with its limits, and outliers named without collisions."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from analysis_lib.charts import theme
from analysis_lib.charts.marks import key_above, label_ends, need_columns, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, format_axis, format_value, new_axes

CLASSES: dict[str, tuple[str, dict]] = {
    "none": ("within 95%", {"marker": "o", "mfc": theme.SLATE_LIGHT, "mec": theme.SLATE, "ms": 6}),
    "95": ("beyond 95%", {"marker": "s", "mfc": theme.BLUE, "mec": theme.BLUE_DARK, "ms": 7}),
    "99.8": ("beyond 99.8%", {"marker": "D", "mfc": theme.ORANGE, "mec": theme.CHARCOAL, "ms": 8}),
}
RING = {"marker": "o", "mfc": "none", "mec": theme.CHARCOAL, "mew": 2.0, "ms": 15}
#: Where a label may stand, in points from its mark, tried in this order: (x, y, ha, va).
PLACES = (
    (8, 0, "left", "center"),
    (-8, 0, "right", "center"),
    (0, 8, "center", "bottom"),
    (0, -8, "center", "top"),
    (10, 12, "left", "bottom"),
    (-10, 12, "right", "bottom"),
    (10, -12, "left", "top"),
    (-10, -12, "right", "top"),
    (26, 26, "left", "bottom"),
    (-26, 26, "right", "bottom"),
    (26, -26, "left", "top"),
    (-26, -26, "right", "top"),
    (44, 44, "left", "bottom"),
    (-44, -44, "right", "top"),
)


@from_released
def plot_funnel(
    frame: pd.DataFrame,
    curve: pd.DataFrame,
    *,
    label: str,
    ax: Axes | None = None,
    n: str = "n",
    rate: str = "rate",
    target: str = "target",
    outlier: str = "outlier",
    size: str | None = None,
    n_label: int = 8,
    highlight: Collection[object] = (),
    name_others: bool = True,
    unit: str = "percent",
    xlabel: str = "Appointments of known status",
    ylabel: str = "DNA rate (of known status)",
) -> Axes:
    """Draw areas by size and rate with 95% and 99.8% limits; outliers by shape, the furthest named.

    Parameters
    ----------
    frame : DataFrame
        One row per area: ``label``, ``n``, ``rate`` (0 to 1), ``target``, ``outlier``
        (``none``, ``95`` or ``99.8``).
    curve : DataFrame
        Limits to draw: ``n``, ``low95``, ``high95``, ``low998``, ``high998``, in order of ``n``.
    label, n, rate, target, outlier : str
        Columns of ``frame`` (``n`` also of ``curve``).
    ax : matplotlib Axes, optional
        Where to draw.
    size : str, optional
        Column whose absolute value says which outliers are named first; ``z_adjusted`` where the frame
        has it, else the distance from the target.
    n_label : int
        Most outliers named; all beyond 99.8% are, however many. Where a name has no free place clear of
        the other names, areas and limits, the area has a number and its name stands below the chart.
    highlight : collection
        Areas always tried first, in bold, each with a ring round its mark.
    name_others : bool
        False names the highlighted areas alone.
    unit, xlabel, ylabel : str
        How rates are written, and the names of the axes.

    Returns
    -------
    matplotlib Axes
        Lines: four limits, target, then the areas by outlier class.
    """
    need_columns(frame, label, n, rate, target, outlier)
    need_columns(curve, n, "low95", "high95", "low998", "high998")
    ax = new_axes(ax, height=4.9)
    for column in ("low95", "high95"):
        ax.plot(curve[n], curve[column], color=theme.SLATE, linewidth=1.2, linestyle=(0, (5, 3)))
    for column in ("low998", "high998"):
        ax.plot(curve[n], curve[column], color=theme.CHARCOAL, linewidth=1.2)
    centre = frame[target].iloc[0]
    ax.axhline(centre, color=theme.RED_DARK, linewidth=1.2)
    _points(ax, frame, n, rate, outlier)
    _axes_of(ax, frame, curve, n, rate, unit)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    _label_limits(ax, curve.iloc[-1], centre, unit)
    marked = frame[frame[label].isin(list(highlight))]
    if len(marked):
        ax.plot(marked[n], marked[rate], linestyle="none", zorder=4, **RING)
    others = _furthest(frame, (rate, target, outlier), size, n_label) if name_others else []
    wanted = [*marked.index, *others]
    _name_points(ax, frame, list(dict.fromkeys(wanted)), (label, n, rate), highlight)
    return ax


def _furthest(
    frame: pd.DataFrame, columns: tuple[str, str, str], size: str | None, n_label: int
) -> list[object]:
    """Return the outliers to name, the furthest first: so many, and all beyond 99.8%."""
    rate, target, outlier = columns
    out = frame[frame[outlier].astype(str) != "none"]
    size = size or ("z_adjusted" if "z_adjusted" in frame else None)
    far = (out[size] if size else out[rate] - out[target]).abs().sort_values(ascending=False, kind="stable")
    must = far.index[out.loc[far.index, outlier].astype(str) == "99.8"]
    return [*far.head(n_label).index, *must]


def _label_limits(ax: Axes, end: pd.Series, centre: float, unit: str) -> None:
    """Name the limits and the common rate at the right edge."""
    texts = {
        "high998": "99.8%",
        "high95": "95%",
        "all": f"all {format_value(centre, unit)}",
        "low95": "95%",
        "low998": "99.8%",
    }
    edge = ax.get_xlim()[1]
    points = [(edge, centre if column == "all" else end[column]) for column in texts]
    colours = [theme.RED_DARK if column == "all" else theme.CHARCOAL for column in texts]
    label_ends(ax, points, list(texts.values()), size=SMALL, colours=colours)


def _points(ax: Axes, frame: pd.DataFrame, n: str, rate: str, outlier: str) -> None:
    """Draw the areas by class, each with its own mark, and name the marks above."""
    handles = []
    for name, (text, style) in CLASSES.items():
        rows = frame[frame[outlier].astype(str) == name]
        ax.plot(rows[n], rows[rate], linestyle="none", zorder=3, **style)
        handles.append(Line2D([], [], linestyle="none", label=text, **style))
    key_above(ax, handles)


def _axes_of(ax: Axes, frame: pd.DataFrame, curve: pd.DataFrame, n: str, rate: str, unit: str) -> None:
    """Fit the axes to the areas, not to the limits, which run off at small sizes."""
    low, high = frame[rate].min(), frame[rate].max()
    wide = curve[curve[n] >= frame[n].min()]
    low, high = min(low, wide["low998"].quantile(0.1)), max(high, wide["high998"].quantile(0.9))
    room = 0.12 * (high - low)
    ax.set_ylim(max(0, low - room), high + room)
    ax.set_xlim(0, 1.03 * max(frame[n].max(), curve[n].max()))
    format_axis(ax.xaxis, "count", bins=5)
    format_axis(ax.yaxis, unit)


def _name_points(
    ax: Axes, frame: pd.DataFrame, wanted: list, columns: tuple[str, str, str], highlight: Collection[object]
) -> None:
    """Write each wanted name in the first free place round its mark; number it if there is none."""
    label, n, rate = columns
    ax.figure.draw_without_rendering()  # fixes the layout, so that places can be measured
    scale = ax.figure.dpi / 72
    taken = [text.get_window_extent() for text in ax.texts]
    for x, y in ax.transData.transform(frame[[n, rate]].to_numpy(dtype=float)):
        taken.append(Bbox.from_extents(x - 4 * scale, y - 4 * scale, x + 4 * scale, y + 4 * scale))
    limits = [line.get_transform().transform_path(line.get_path()) for line in ax.lines[:5]]
    left_over: list = []
    for index in wanted:
        row = frame.loc[index]
        note = _note(ax, wrap(row[label], 20), (row[n], row[rate]), bold=row[label] in highlight)
        box = _free_place(ax, note, taken, limits)
        if box is None:
            note.remove()
            left_over.append(index)
        else:
            taken.append(box)
            limits.append(_leader(ax, note, box))
    for number, index in enumerate(left_over, start=1):
        row = frame.loc[index]
        note = _note(ax, str(number), (row[n], row[rate]), bold=True)
        box = _free_place(ax, note, taken, limits) or _free_place(ax, note, taken, []) or _text_box(note)
        taken.append(box)
    if left_over:
        _number_key(ax, [str(frame.loc[index, label]) for index in left_over])


def _note(ax: Axes, text: str, point: tuple[float, float], *, bold: bool) -> Annotation:
    return ax.annotate(
        text,
        point,
        (0, 0),
        textcoords="offset points",
        fontsize=SMALL,
        linespacing=1.0,
        fontweight="bold" if bold else "normal",
        zorder=4,
        arrowprops={
            "arrowstyle": "-",
            "color": theme.SLATE,
            "linewidth": 0.6,
            "shrinkA": 0,
            "shrinkB": 4,
        },
    )


def _number_key(ax: Axes, names: list[str]) -> None:
    """Write which area each number stands for, below the axis's name."""
    entries = [f"{i}\u00a0{name}".replace(" ", "\u00a0") for i, name in enumerate(names, start=1)]
    ax.annotate(
        wrap(",  ".join(entries), 56),
        (0, 0),
        xycoords=("axes fraction", ax.xaxis.label),
        xytext=(-30, -6),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize=SMALL,
        annotation_clip=False,
        gid="numbers",
    )


def _free_place(ax: Axes, note: Annotation, taken: list[Bbox], limits: Sequence[Path]) -> Bbox | None:
    """Move the note to its first free place and return its box, or None if all are taken."""
    inside = ax.get_window_extent()
    for x, y, across, along in PLACES:
        note.set_position((x, y))
        note.set(ha=across, va=along)
        box = _text_box(note)
        within = inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
        clear = not any(box.overlaps(other) for other in taken)
        leader = _leader(ax, note, box)
        # A leader may pass a mark, which is small, but not a name.
        clear = clear and not any(leader.intersects_bbox(b) for b in taken if b.width > 1.5 * b.height)
        if within and clear and not any(line.intersects_bbox(box, filled=False) for line in limits):
            return box
    return None


def _leader(ax: Axes, note: Annotation, box: Bbox) -> Path:
    """Return the thin line from the mark to the middle of its name, in pixels."""
    return Path([ax.transData.transform(note.xy), ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)])


def _text_box(note: Annotation) -> Bbox:
    """Return the box of the words alone, without the leader."""
    note.update_positions(note.figure.canvas.get_renderer())
    return Text.get_window_extent(note).padded(2.5)
