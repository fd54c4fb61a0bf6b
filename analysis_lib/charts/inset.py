"""London's boards enlarged beside the map, where they are too small to be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from analysis_lib.charts import theme
from analysis_lib.charts.style import SMALL

#: ONS codes of London's five integrated care boards.
LONDON = tuple(f"E540000{number}" for number in range(27, 32))
#: How many times larger than on the map.
TIMES = 3
#: Right and upper edge of the inset, as shares of the axes.
CORNER = (0.995, 0.89)


def add_inset(
    ax: Axes,
    boundaries: Mapping[str, Sequence[np.ndarray]],
    paths: Mapping[str, Path],
    styles: Mapping[str, dict],
) -> Axes:
    """Draw London and what surrounds it three times larger in the North Sea, and its frame on the map.

    Parameters
    ----------
    ax : matplotlib Axes
        The map, with its final limits and aspect.
    boundaries, paths, styles : mapping of str
        By area code: its rings, its path, and how it is filled.

    Returns
    -------
    matplotlib Axes
        The inset, in the coordinates of the map.
    """
    points = np.concatenate([ring for area in LONDON for ring in boundaries[area]])
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.06 * (high - low)
    (x0, y0), (x1, y1) = low - room, high + room
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    width, height = TIMES * (x1 - x0) / (right - left), TIMES * (y1 - y0) / (top - bottom)
    inset = ax.inset_axes([CORNER[0] - width, CORNER[1] - height, width, height])
    for area, path in paths.items():
        inset.add_patch(PathPatch(path, **styles[area]))
    inset.set_xlim(x0, x1)
    inset.set_ylim(y0, y1)
    inset.set_aspect(ax.get_aspect())
    inset.set_facecolor(theme.PAGE)
    inset.set_xticks([])
    inset.set_yticks([])
    inset.spines[:].set(color=theme.CHARCOAL, linewidth=0.8)
    frame = {"color": theme.CHARCOAL, "linewidth": 0.8, "gid": "inset"}
    ax.plot([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], scalex=False, scaley=False, **frame)
    title = {"transform": ax.transAxes, "ha": "right", "va": "bottom", "fontsize": SMALL}
    ax.text(CORNER[0], CORNER[1] + 0.01, f"London, ×{TIMES}", **title)
    return inset
