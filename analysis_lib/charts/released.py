"""Every chart knows which released tables it was drawn from; a page shows no other.

A chart of the library notes what it was given. What else is drawn is held against the released tables as
the picture is made (`plain`).
"""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Callable
from typing import Any, ParamSpec

import matplotlib.pyplot as plt
import pandas as pd
from IPython.core.getipython import get_ipython
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis_lib.charts.plain import find_tables
from analysis_lib.release import list_released, released_name

P = ParamSpec("P")
RELEASED = "released"  # in the metadata of a picture: the tables that it shows
DRAWINGS_VARIABLE = "REPORT_DRAWINGS"  # set while a notebook runs whose figures are wanted as SVG too
SVG, PNG = "image/svg+xml", "image/png"
REFUSED = "refused"  # in its place: what of the picture stands in no released table
_NAMES, _DRAWN = "_drawn_from", "_drawn_here"


def from_released(plot: Callable[P, Axes]) -> Callable[P, Axes]:
    """Decorate a ``plot_`` function: its figure records the released name of each frame it was given."""

    @functools.wraps(plot)
    def draw(*args: P.args, **kwargs: P.kwargs) -> Axes:
        everything = (*args, *kwargs.values())
        before = {id(a) for v in everything if isinstance(v, Axes) for a in v.figure.findobj()}
        ax = plot(*args, **kwargs)
        new = [a for a in ax.figure.findobj() if id(a) not in before]
        frame = [a for a in ax.get_children() if isinstance(a, Axis | Text)]
        setattr(ax.figure, _DRAWN, (*getattr(ax.figure, _DRAWN, ()), *new, *frame))
        given = [v for v in everything if isinstance(v, pd.DataFrame | pd.Series)]
        known = getattr(ax.figure, _NAMES, ())
        setattr(ax.figure, _NAMES, (*known, *(released_name(frame) for frame in given)))
        return ax

    return draw


def drawn_from(figure: Figure) -> list[str] | str:
    """Return the released tables that a figure shows, or what of it was not released."""
    names = getattr(figure, _NAMES, ())
    if None in names:
        return "a chart was given another frame than report.table returned"
    found = find_tables(figure, list_released(), getattr(figure, _DRAWN, ()))
    return found if isinstance(found, str) else sorted({*names, *found})


def mark_pictures(*_: object) -> None:
    """Make Jupyter write, beside each picture of a figure, the tables that it was drawn from.

    While the pipeline runs the notebook, a figure comes as a drawing too (`website.drawings`).
    """
    shell = get_ipython()
    if shell is None:
        return
    plt.switch_backend(plt.get_backend())  # loads it, which sets how Jupyter makes its pictures
    formatters = shell.display_formatter.formatters
    if mark_pictures not in shell.events.callbacks["pre_run_cell"]:
        shell.events.register("pre_run_cell", mark_pictures)  # %matplotlib sets them anew
    draw = formatters[PNG].for_type(Figure)
    if draw is None or getattr(draw, RELEASED, False):
        return
    formatters[PNG].for_type(Figure, _and_mark(draw))
    if os.environ.get(DRAWINGS_VARIABLE):
        formatters[SVG].for_type(Figure, _and_mark(_draw_svg))


def _and_mark(draw: Callable[[Figure], Any]) -> Callable[[Figure], Any]:
    def draw_and_mark(figure: Figure) -> Any:
        drawn = draw(figure)
        picture, about = drawn if isinstance(drawn, tuple) else (drawn, {})
        said = drawn_from(figure)
        return picture, {**about, REFUSED if isinstance(said, str) else RELEASED: said}

    setattr(draw_and_mark, RELEASED, True)
    return draw_and_mark


def _draw_svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    return text.getvalue()
