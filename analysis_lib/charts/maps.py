"""Map of areas from simplified boundaries, with matplotlib alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path as FilePath

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from analysis_lib.charts import theme
from analysis_lib.charts.marks import BLUES, NothingToDraw, need_columns, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, format_value, new_axes

Rings = list[np.ndarray]
#: Width over height of a drawing of England with room for London, enlarged, in the sea to its east.
SHAPE = 1.1
#: Inches high with London's inset and without, and room for a key beside the areas (share of their width).
HEIGHT, HEIGHT_CITY, KEY_WIDTH = 7.95, 6.2, 0.3
#: London's five integrated care boards are too small to be told apart: they are drawn so many times larger.
LONDON, TIMES = frozenset(f"E540000{number}" for number in range(27, 32)), 3
#: Right and upper edge of that inset, as shares of the axes.
CORNER = (0.995, 0.89)
SHOWN_BEYOND = 3
NO_DATA = {"facecolor": "white", "hatch": "/////", "edgecolor": theme.SLATE}
DISC = {"boxstyle": "circle,pad=0.2", "facecolor": "white", "edgecolor": theme.CHARCOAL, "linewidth": 0.8}


def load_boundaries(path: FilePath | str, *, code: str = "icb_code") -> dict[str, Rings]:
    """Read a GeoJSON of areas into rings by area code.

    Parameters
    ----------
    path : path
        A FeatureCollection of Polygon and MultiPolygon features.
    code : str
        Property that holds the area code.

    Returns
    -------
    dict of str to list of ndarray
        Each ring is an (n, 2) array, longitude and latitude or easting and northing as in the file; holes
        are rings too, wound the other way round.
    """
    name = FilePath(path).name
    found: dict[str, Rings] = {}
    for feature in json.loads(FilePath(path).read_text(encoding="utf-8"))["features"]:
        area, shape = feature["properties"].get(code), feature["geometry"]
        if area is None:
            raise ValueError(f"{name}: a feature has no {code!r}; make the file again with its script")
        if shape["type"] not in ("Polygon", "MultiPolygon"):
            raise ValueError(f"{name}: {area} is a {shape['type']}; only polygons can be filled")
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        found.setdefault(area, []).extend(
            _wind(np.asarray(ring, dtype=float)[:, :2], hole=i > 0)
            for polygon in polygons
            for i, ring in enumerate(polygon)
        )
    return found


def _wind(ring: np.ndarray, *, hole: bool) -> np.ndarray:
    """Turn outer rings anticlockwise and holes clockwise, so that holes stay empty when filled."""
    x, y = ring[:, 0], ring[:, 1]
    doubled_area = float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))
    return ring[::-1] if (doubled_area > 0) == hole else ring


def _path_of(rings: Rings) -> Path:
    codes = [
        np.concatenate(([Path.MOVETO], np.full(len(ring) - 2, Path.LINETO, dtype=np.uint8), [Path.CLOSEPOLY]))
        for ring in rings
    ]
    return Path(np.concatenate(rings), np.concatenate(codes))


@from_released
def plot_map(
    frame: pd.DataFrame,
    boundaries: Mapping[str, Rings],
    value: str,
    *,
    ax: Axes | None = None,
    code: str = "icb_code",
    name: str = "icb_name",
    unit: str = "percent",
    title: str = "DNA rate (of known status)",
) -> Axes:
    """Draw areas in about five shades of blue; areas without a value are hatched, both ends named.

    Areas that the map does not have are named in its key, never drawn as another.

    Parameters
    ----------
    frame : DataFrame
        One row per area: ``code``, ``value`` and, if both ends are to be named, ``name``.
    boundaries : mapping of str to rings
        From :func:`load_boundaries`.
    value : str
        Column drawn.
    ax : matplotlib Axes, optional
        Where to draw.
    code, name : str
        Columns of area code and name.
    unit, title : str
        How values are written, and the heading of the key.

    Returns
    -------
    matplotlib Axes
        One patch per area of ``boundaries``, in its order; its ``gid`` is the area code.

    Raises
    ------
    NothingToDraw
        If no area of the frame is in the boundaries, as before or after a change of boundaries.
    """
    need_columns(frame, code, values=[value])
    rows = frame.assign(_code=frame[code].astype(str)).dropna(subset=[value])
    values = rows.set_index("_code")[value]
    beyond = _name_some(rows.loc[~rows["_code"].isin(list(boundaries)), name if name in frame else code])
    if not set(values.index) & set(boundaries):
        raise NothingToDraw(f"None of these areas is on the map, which has those of its own year: {beyond}.")
    whole = set(LONDON) <= set(boundaries)
    ax = new_axes(ax, height=HEIGHT if whole else HEIGHT_CITY)
    edges = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(values.min(), values.max())
    edges = edges if len(edges) > 1 else np.array([edges[0], edges[0] + 1])
    shades = [BLUES(share) for share in np.linspace(0.05, 1, len(edges) - 1)]
    styles = {}
    for area in boundaries:
        style = NO_DATA
        if area in values.index:  # a class takes its lower edge, the last both
            place = np.clip(np.searchsorted(edges, values[area], side="right") - 1, 0, len(shades) - 1)
            style = {"facecolor": shades[place], "edgecolor": "white"}
        styles[area] = {"linewidth": 0.6, "gid": area, **style}
    _draw_areas(ax, boundaries, styles)
    _frame_map(ax, boundaries, whole=whole)
    london = _add_london(ax, boundaries, styles) if whole and LONDON & set(values.index) else None
    _map_key(ax, edges, shades, title, unit, len(set(boundaries) - set(values.index)), beyond)
    if name in frame:
        _name_ends(ax, rows[rows["_code"].isin(list(boundaries))], boundaries, (name, value), unit, london)
    return ax


def _name_some(names: pd.Series) -> str:
    """Return the first few names of areas that the map does not have; else blank."""
    shown = sorted(names.astype(str))
    more = f" and {len(shown) - SHOWN_BEYOND} more" if len(shown) > SHOWN_BEYOND else ""
    return ", ".join(shown[:SHOWN_BEYOND]) + more


def _draw_areas(ax: Axes, boundaries: Mapping[str, Rings], styles: Mapping[str, dict]) -> None:
    for area, rings in boundaries.items():
        ax.add_patch(PathPatch(_path_of(rings), **styles[area]))


def _frame_map(ax: Axes, boundaries: Mapping[str, Rings], *, whole: bool) -> None:
    """Set limits and a true shape: degrees of longitude shrink with latitude."""
    points = np.concatenate([ring for rings in boundaries.values() for ring in rings])
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    degrees = abs(top) <= 90 and abs(left) <= 180
    stretch = 1 / np.cos(np.radians((bottom + top) / 2)) if degrees else 1.0
    ax.set_aspect(stretch, anchor="NW")
    if whole:  # the sea to the west holds the key, and that to the east London
        ax.set_xlim(left, left + (top - bottom) * stretch * SHAPE)
    else:  # the key stands beside the areas
        ax.set_xlim(left - KEY_WIDTH * (right - left), right)
    ax.set_ylim(bottom, top)
    ax.set_axis_off()


def _add_london(ax: Axes, boundaries: Mapping[str, Rings], styles: Mapping[str, dict]) -> Axes:
    """Draw London and what surrounds it larger in the North Sea, and its frame on the map."""
    points = np.concatenate([ring for area in LONDON for ring in boundaries[area]])
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.06 * (high - low)
    (x0, y0), (x1, y1) = low - room, high + room
    width, height = TIMES * (x1 - x0) / np.ptp(ax.get_xlim()), TIMES * (y1 - y0) / np.ptp(ax.get_ylim())
    inset = ax.inset_axes([CORNER[0] - width, CORNER[1] - height, width, height])
    _draw_areas(inset, boundaries, styles)
    inset.set(
        xlim=(x0, x1), ylim=(y0, y1), aspect=ax.get_aspect(), facecolor=theme.PAGE, xticks=[], yticks=[]
    )
    inset.spines[:].set(visible=True, color=theme.CHARCOAL, linewidth=0.8)
    frame = {"color": theme.CHARCOAL, "linewidth": 0.8, "gid": "inset"}
    ax.plot([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], scalex=False, scaley=False, **frame)
    style = {"transform": ax.transAxes, "ha": "right", "va": "bottom", "fontsize": SMALL}
    ax.text(CORNER[0], CORNER[1] + 0.01, f"London, ×{TIMES}", **style)
    return inset


def _map_key(
    ax: Axes, edges: np.ndarray, shades: list, title: str, unit: str, missing: int, beyond: str
) -> None:
    texts = [
        f"{format_value(a, unit)} to {format_value(b, unit)}" for a, b in zip(edges, edges[1:], strict=False)
    ]
    handles = [
        Patch(facecolor=s, edgecolor=theme.CHARCOAL, label=t) for s, t in zip(shades, texts, strict=True)
    ][::-1]
    if missing:
        handles.append(Patch(label=f"no data ({missing} area{'s' * (missing > 1)})", **NO_DATA))
    if beyond:
        handles.append(Patch(facecolor="none", edgecolor="none", label=wrap(f"not on the map: {beyond}", 22)))
    place = {"loc": "upper left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0, "alignment": "left"}
    key = ax.legend(handles=handles, title=wrap(title, 22), title_fontsize=SMALL, labelspacing=0.25, **place)
    key.get_title().set_fontweight("bold")


def _name_ends(
    ax: Axes,
    rows: pd.DataFrame,
    boundaries: Mapping[str, Rings],
    columns: tuple[str, str],
    unit: str,
    london: Axes | None,
) -> None:
    """Letter the three highest and lowest areas on the map (London's in its inset) and list them below it."""
    name, value = columns
    rows = rows.sort_values([value, name], ascending=[False, True])
    few = min(3, len(rows) // 2)
    letters = iter("ABCDEF")
    for at, word, part in ((0.0, "Highest", rows.head(few)), (0.52, "Lowest", rows.tail(few))):
        lines = [f"{word}:"]
        for area, text, number in part[["_code", name, value]].itertuples(index=False):
            letter = next(letters)
            biggest = max(boundaries[area], key=len)
            x, y = (biggest.min(axis=0) + biggest.max(axis=0)) / 2
            where = london if london is not None and area in LONDON else ax
            where.text(x, y, letter, ha="center", va="center", fontsize=10, fontweight="bold", bbox=DISC)
            lines.append(
                f"{letter}  " + wrap(f"{text} {format_value(number, unit)}", 28).replace("\n", "\n     ")
            )
        style = {"ha": "left", "va": "top", "fontsize": SMALL, "linespacing": 1.15}
        ax.text(at, -0.01, "\n".join(lines), transform=ax.transAxes, **style)
