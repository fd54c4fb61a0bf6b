"""Map of ICBs from simplified boundaries, with matplotlib alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from analysis_lib.charts import theme
from analysis_lib.charts.inset import LONDON, add_inset
from analysis_lib.charts.marks import BLUES, NothingToDraw, need_columns, wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import SMALL, format_value, new_axes

Rings = list[np.ndarray]
#: Width over height of the drawing: England with room for London, enlarged, in the sea to its east.
SHAPE = 1.1
HEIGHT = 7.95
#: Height where London has no inset, and room for the key beside the areas, as a share of their width.
HEIGHT_CITY, KEY_WIDTH = 6.2, 0.3
SHOWN_BEYOND = 3
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
        Each ring is an (n, 2) array of float64, longitude and latitude or easting and northing as in
        the file; holes are rings too, wound the other way round.

    Raises
    ------
    ValueError
        If a feature lacks the property, or is not a polygon.
    """
    found: dict[str, Rings] = {}
    for feature in json.loads(FilePath(path).read_text(encoding="utf-8"))["features"]:
        area = feature["properties"].get(code)
        if area is None:
            raise ValueError(
                f"{FilePath(path).name}: a feature has no {code!r}; make the file again with its script"
            )
        shape = feature["geometry"]
        if shape["type"] not in ("Polygon", "MultiPolygon"):
            raise ValueError(
                f"{FilePath(path).name}: {area} is a {shape['type']}; only polygons can be filled"
            )
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        rings = found.setdefault(area, [])
        for polygon in polygons:
            rings.extend(
                _wind(np.asarray(ring, dtype=float)[:, :2], hole=i > 0) for i, ring in enumerate(polygon)
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
    *,
    value: str,
    ax: Axes | None = None,
    code: str = "icb_code",
    name: str | None = "icb_name",
    breaks: Sequence[float] | None = None,
    unit: str = "percent",
    title: str = "DNA rate (of known status)",
    n_name: int = 3,
) -> Axes:
    """Draw areas in five shades of blue; areas without a value are hatched, both ends named.

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
        Columns of area code and name; ``name=None`` names nothing.
    breaks : sequence of float, optional
        Edges of the classes, ascending; round numbers in about five equal steps if not given.
    unit, title : str
        How values are written, and the heading of the key.
    n_name : int
        How many areas are named at each end.

    Returns
    -------
    matplotlib Axes
        One patch per area of ``boundaries``, in its order; its ``gid`` is the area code.

    Raises
    ------
    NothingToDraw
        If no area of the frame is in the boundaries, as before or after a change of boundaries.
    """
    need_columns(frame, code, value)
    values = frame.assign(**{code: frame[code].astype(str)}).set_index(code)[value].dropna()
    beyond = _areas_beyond(frame, set(values.index) - set(boundaries), code, name)
    if not set(values.index) & set(boundaries):
        raise NothingToDraw(f"None of these areas is on the map, which has those of its own year: {beyond}.")
    ax = new_axes(ax, height=HEIGHT if set(LONDON) <= set(boundaries) else HEIGHT_CITY)
    edges = list(breaks) if breaks is not None else _round_edges(values)
    shades = [BLUES(share) for share in np.linspace(0.05, 1, len(edges) - 1)]
    styles = {}
    for area, rings in boundaries.items():
        style: dict = {"facecolor": "white", "hatch": "/////", "edgecolor": theme.SLATE}
        if area in values.index:
            style = {"facecolor": shades[_class_of(values[area], edges)], "edgecolor": "white"}
        styles[area] = {"linewidth": 0.6, "gid": area, **style}
        ax.add_patch(PathPatch(_path_of(rings), **styles[area]))
    _frame_map(ax, boundaries)
    london = None
    if set(LONDON) & set(values.index) and set(LONDON) <= set(boundaries):
        london = add_inset(
            ax, boundaries, {area: _path_of(rings) for area, rings in boundaries.items()}, styles
        )
    _map_key(ax, edges, shades, title, unit, len(set(boundaries) - set(values.index)), beyond)
    if name is not None and name in frame:
        _name_ends(ax, frame.dropna(subset=[value]), boundaries, (code, name, value), unit, n_name, london)
    return ax


def _round_edges(values: pd.Series) -> list[float]:
    edges = list(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(values.min(), values.max()))
    return edges if len(edges) > 1 else [edges[0], edges[0] + 1]


def _class_of(value: float, edges: Sequence[float]) -> int:
    """Return the class: from its lower edge up to, not including, its upper one; the last takes both."""
    return int(np.clip(np.searchsorted(edges, value, side="right") - 1, 0, len(edges) - 2))


def _frame_map(ax: Axes, boundaries: Mapping[str, Rings]) -> None:
    """Set limits and a true shape: degrees of longitude shrink with latitude."""
    points = np.concatenate([ring for rings in boundaries.values() for ring in rings])
    (left, bottom), top = points.min(axis=0), points[:, 1].max()
    degrees = abs(top) <= 90 and abs(left) <= 180
    stretch = 1 / np.cos(np.radians((bottom + top) / 2)) if degrees else 1.0
    ax.set_aspect(stretch, anchor="NW")
    if set(LONDON) <= set(boundaries):  # the sea to the west holds the key, and that to the east London
        ax.set_xlim(left, left + (top - bottom) * stretch * SHAPE)
    else:  # the key stands beside the areas
        right = points[:, 0].max()
        ax.set_xlim(left - KEY_WIDTH * (right - left), right)
    ax.set_ylim(bottom, top)
    ax.set_axis_off()


def _areas_beyond(frame: pd.DataFrame, codes: set[str], code: str, name: str | None) -> str:
    """Return the names, or codes, of areas that the map does not have, the first few of them; else blank."""
    rows = frame[frame[code].astype(str).isin(codes)]
    names = sorted(rows[name if name in frame else code].astype(str))
    return ", ".join(names[:SHOWN_BEYOND]) + (
        f" and {len(names) - SHOWN_BEYOND} more" * (len(names) > SHOWN_BEYOND)
    )


def _map_key(
    ax: Axes, edges: Sequence[float], shades: list, title: str, unit: str, missing: int, beyond: str
) -> None:
    texts = [
        f"{format_value(a, unit)} to {format_value(b, unit)}"
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
    handles = [
        Patch(facecolor=s, edgecolor=theme.CHARCOAL, label=t) for s, t in zip(shades, texts, strict=True)
    ][::-1]
    if missing:
        areas = "1 area" if missing == 1 else f"{missing} areas"
        handles.append(
            Patch(facecolor="white", edgecolor=theme.SLATE, hatch="/////", label=f"no data ({areas})")
        )
    if beyond:
        handles.append(Patch(facecolor="none", edgecolor="none", label=wrap(f"not on the map: {beyond}", 22)))
    key = ax.legend(
        handles=handles,
        title=wrap(title, 22),
        loc="upper left",
        bbox_to_anchor=(0.0, 1.0),
        borderaxespad=0,
        fontsize=12,
        title_fontsize=12,
        alignment="left",
        labelspacing=0.25,
    )
    key.get_title().set_fontweight("bold")


def _name_ends(
    ax: Axes,
    frame: pd.DataFrame,
    boundaries: Mapping[str, Rings],
    columns: tuple[str, str, str],
    unit: str,
    n_name: int,
    london: Axes | None,
) -> None:
    """Letter the highest and lowest areas on the map (London's in its inset) and list them below it."""
    code, name, value = columns
    rows = frame[frame[code].astype(str).isin(set(boundaries))].sort_values(
        [value, name], ascending=[False, True]
    )
    n_name = min(n_name, len(rows) // 2)
    ends = {"highest": rows.head(n_name), "lowest": rows.tail(n_name)}
    letters = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for at, (word, part) in zip((0.0, 0.52), ends.items(), strict=True):
        lines = [f"{word.capitalize()}:"]
        for _, row in part.iterrows():
            letter, area = next(letters), str(row[code])
            biggest = max(boundaries[area], key=len)
            x, y = (biggest.min(axis=0) + biggest.max(axis=0)) / 2
            where = london if london is not None and area in LONDON else ax
            where.text(x, y, letter, ha="center", va="center", fontsize=10, fontweight="bold", bbox=DISC)
            first, *more = wrap(f"{row[name]} {format_value(row[value], unit)}", 28).split("\n")
            lines += [f"{letter}  {first}", *(f"     {line}" for line in more)]
        style = {"ha": "left", "va": "top", "fontsize": SMALL, "linespacing": 1.15}
        ax.text(at, -0.01, "\n".join(lines), transform=ax.transAxes, **style)
