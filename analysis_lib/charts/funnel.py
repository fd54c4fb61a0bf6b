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
INNER = {"color": theme.SLATE, "linewidth": 1.2, "linestyle": (0, (5, 3))}
OUTER = {"color": theme.CHARCOAL, "linewidth": 1.2}
ADDITIVE = {"color": theme.CHARCOAL, "linewidth": 1.4, "linestyle": (0, (1, 2))}
LIMITS = {"low95": INNER, "high95": INNER, "low998": OUTER, "high998": OUTER}
RING = {"marker": "o", "mfc": "none", "mec": theme.CHARCOAL, "mew": 2.0, "ms": 15, "linestyle": "none"}
#: Where a label may stand, in points from its mark, tried in this order: (x, y, ha, va).
PLACES = (
    (8, 0, "left", "center"),
    (-8, 0, "right", "center"),
    (0, 8, "center", "bottom"),
    (0, -8, "center", "top"),
    *(
        (x, y, "left" if x > 0 else "right", "bottom" if y > 0 else "top")
        for away in ((10, 12), (26, 26), (44, 44))
        for x, y in ((away[0], away[1]), (-away[0], away[1]), (away[0], -away[1]), (-away[0], -away[1]))
    ),
)


@from_released
def plot_funnel(
    frame: pd.DataFrame,
    curve: pd.DataFrame,
    label: str,
    n: str,
    *,
    ax: Axes | None = None,
    rate: str = "rate",
    n_label: int = 8,
    highlight: Collection[object] = (),
    unit: str = "percent",
    xlabel: str = "Appointments of known status",
    ylabel: str = "DNA rate (of known status)",
) -> Axes:
    """Draw areas by size and rate with 95% and 99.8% limits; outliers by shape, the furthest named.

    Parameters
    ----------
    frame : DataFrame
        One row per area: ``label``, ``n``, ``rate``, ``target``, ``outlier`` (``none``, ``95`` or ``99.8``),
        and where the limits allow for overdispersion ``z_adjusted``, by which the furthest are found.
    curve : DataFrame
        Limits to draw: ``n``, ``low95``, ``high95``, ``low998``, ``high998``, in order of ``n``; beside them,
        dotted, ``tau_low998`` and ``tau_high998``, if there are any.
    label, n, rate : str
        Columns.
    ax : matplotlib Axes, optional
        Where to draw.
    n_label : int
        Most outliers named; all beyond 99.8% are, however many. Where a name has no free place clear of
        the other names, areas and limits, the area has a number and its name stands below the chart.
    highlight : collection
        Areas with a ring round their mark, named in bold, and no others.
    unit, xlabel, ylabel : str
        How rates are written, and the names of the axes.

    Returns
    -------
    matplotlib Axes
        Lines: four limits, target, the areas by outlier class, then dotted limits.
    """
    need_columns(frame, label, n, "target", "outlier", values=[rate])
    need_columns(curve, n, *LIMITS)
    ax = new_axes(ax, height=4.9)
    for column, style in LIMITS.items():
        ax.plot(curve[n], curve[column], **style)
    centre = frame["target"].iloc[0]
    ax.axhline(centre, color=theme.RED_DARK, linewidth=1.2)
    outlier, handles = frame["outlier"].astype(str), []
    for name, (text, style) in CLASSES.items():
        rows = frame[outlier == name]
        ax.plot(rows[n], rows[rate], linestyle="none", zorder=3, **style)
        handles.append(Line2D([], [], linestyle="none", label=text, **style))
    for column in ("tau_low998", "tau_high998"):
        if column in curve:
            ax.plot(curve[n], curve[column], **ADDITIVE)
    if "tau_high998" in curve:
        handles.append(Line2D([], [], label="99.8%, additive", **ADDITIVE))
    key_above(ax, handles, ncols=2 if len(handles) > 3 else None)
    _fit_axes(ax, frame, curve, n, rate)
    format_axis(ax.xaxis, "count", bins=5)
    format_axis(ax.yaxis, unit)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    end = curve.iloc[-1]
    words = {"high998": "99.8%", "high95": "95%", "low95": "95%", "low998": "99.8%"}
    points = [*(end[column] for column in words), centre]
    texts = [*words.values(), f"all {format_value(centre, unit)}"]
    colours = [theme.CHARCOAL] * 4 + [theme.RED_DARK]
    label_ends(ax, [(ax.get_xlim()[1], y) for y in points], texts, colours=colours)
    wanted = frame.index[frame[label].isin(list(highlight))]
    ax.plot(frame.loc[wanted, n], frame.loc[wanted, rate], zorder=4, **RING)
    if not highlight:
        by = frame["z_adjusted"] if "z_adjusted" in frame else frame[rate] - frame["target"]
        far = by[outlier != "none"].abs().sort_values(ascending=False, kind="stable").index
        wanted = dict.fromkeys([*far[:n_label], *far[outlier[far] == "99.8"]])
    _name_points(ax, frame.loc[list(wanted), [label, n, rate]], frame[[n, rate]], bold=bool(highlight))
    return ax


def _fit_axes(ax: Axes, frame: pd.DataFrame, curve: pd.DataFrame, n: str, rate: str) -> None:
    """Fit the axes to the areas, not to the limits, which run off at small sizes."""
    wide = curve[curve[n] >= frame[n].min()]
    low = min(frame[rate].min(), wide["low998"].quantile(0.1))
    high = max(frame[rate].max(), wide["high998"].quantile(0.9))
    room = 0.12 * (high - low)
    ax.set_ylim(max(0, low - room), high + room)
    ax.set_xlim(0, 1.03 * max(frame[n].max(), curve[n].max()))


def _name_points(ax: Axes, wanted: pd.DataFrame, points: pd.DataFrame, *, bold: bool) -> None:
    """Write each wanted name in the first free place round its mark; number it if there is none."""
    ax.figure.draw_without_rendering()  # fixes the layout, so that places can be measured
    size = 4 * ax.figure.dpi / 72
    taken = [text.get_window_extent() for text in ax.texts]
    for x, y in ax.transData.transform(points.to_numpy(dtype=float)):
        taken.append(Bbox.from_extents(x - size, y - size, x + size, y + size))
    limits = [line.get_transform().transform_path(line.get_path()) for line in ax.lines[:5]]
    numbered: list[tuple[str, tuple[float, float]]] = []
    for name, x, y in wanted.itertuples(index=False):
        note = _note(ax, wrap(name, 20), (x, y), bold=bold)
        box = _free_place(ax, note, taken, limits)
        if box is None:
            note.remove()
            numbered.append((str(name), (x, y)))
        else:
            taken.append(box)
            limits.append(_leader(ax, note, box))
    for number, (_, point) in enumerate(numbered, start=1):
        note = _note(ax, str(number), point, bold=True)
        box = _free_place(ax, note, taken, limits) or _free_place(ax, note, taken, []) or _text_box(note)
        taken.append(box)
    if numbered:
        entries = [f"{i}\u00a0{name}".replace(" ", "\u00a0") for i, (name, _) in enumerate(numbered, start=1)]
        at = {
            "xycoords": ("axes fraction", ax.xaxis.label),
            "xytext": (-30, -6),
            "textcoords": "offset points",
        }
        style = {"ha": "left", "va": "top", "fontsize": SMALL, "annotation_clip": False, "gid": "numbers"}
        ax.annotate(wrap(",  ".join(entries), 56), (0, 0), **at, **style)


def _note(ax: Axes, text: str, point: tuple[float, float], *, bold: bool) -> Annotation:
    leader = {"arrowstyle": "-", "color": theme.SLATE, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 4}
    style = {"fontsize": SMALL, "linespacing": 1.0, "fontweight": "bold" if bold else "normal", "zorder": 4}
    return ax.annotate(text, point, (0, 0), textcoords="offset points", arrowprops=leader, **style)


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
