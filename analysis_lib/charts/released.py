"""Every chart knows which released tables it was drawn from; a page shows no other.

A chart of the library notes what it was given. What else is drawn is held against the released tables as
the picture is made (`plain`).
"""

from __future__ import annotations

import base64
import functools
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ParamSpec

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.core.getipython import get_ipython
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from analysis_lib.charts.plain import find_tables
from analysis_lib.release import (
    OfNobody,
    as_frame,
    find_added,
    find_untold,
    is_told,
    list_released,
    protects,
    released_name,
    seal,
)

P = ParamSpec("P")
RELEASED = "released"  # in the metadata of a picture: the tables that it shows
DRAWINGS_VARIABLE = "REPORT_DRAWINGS"  # set while a notebook runs whose figures are wanted as SVG too
SVG, PNG = "image/svg+xml", "image/png"
REFUSED = "refused"  # in its place: what of the picture stands in no released table
SAID = "said"  # beside it: numbers in words of the chart, which the notebook itself must say
_LAYOUT = {"n_columns"}  # numbers that draw nothing
_NAMES, _DRAWN, _ADDED, _SAID = "_drawn_from", "_drawn_here", "_drawn_of", "_drawn_with"


def from_released(plot: Callable[P, Axes]) -> Callable[P, Axes]:
    """Decorate a ``plot_`` function: its figure records the released name of each frame it was given."""

    @functools.wraps(plot)
    def draw(*args: P.args, **kwargs: P.kwargs) -> Axes:
        declared = [v.value for v in (*args, *kwargs.values()) if isinstance(v, OfNobody)]
        args = tuple(v.value if isinstance(v, OfNobody) else v for v in args)
        kwargs = {name: v.value if isinstance(v, OfNobody) else v for name, v in kwargs.items()}
        everything = (*args, *(value for name, value in kwargs.items() if name not in _LAYOUT))
        before = {id(a) for v in everything if isinstance(v, Axes) for a in v.figure.findobj()}
        ax = plot(*args, **kwargs)
        new = [a for a in ax.figure.findobj() if id(a) not in before]
        frame = [a for a in ax.get_children() if isinstance(a, Axis | Text)]
        given = [v for v in everything if isinstance(v, pd.DataFrame | pd.Series)]
        _note(ax.figure, _DRAWN, {id(a): (a, _look_of(a)) for a in (*new, *frame)})
        _note(ax.figure, _NAMES, dict.fromkeys(map(released_name, given)))
        frames = [as_frame(each) for each in given if released_name(each) is not None]
        _note(ax.figure, _ADDED, {column: None for each in frames for column in find_added(each)})
        if any(map(protects, frames)):
            _note(ax.figure, _SAID, dict.fromkeys(_find_own(everything, frames, declared)))
        return ax

    return draw


def _note(figure: Figure, name: str, more: dict[Any, Any]) -> None:
    setattr(figure, name, getattr(figure, name, {}) | more)


def _find_own(given: Iterable[Any], frames: list[pd.DataFrame], declared: list[Any]) -> Iterator[str]:
    """Yield the numbers in what a chart was given that neither a table tells nor anybody declared."""
    columns = {str(c) for each in frames for c in each}
    nobodys = pd.DataFrame({"declared": [v for v in declared if isinstance(v, int | float)]})
    texts = sorted({text for value in given for text in _list_texts(value)} - columns - {*map(str, declared)})
    yield from find_untold(texts, [*frames, nobodys])
    for value in given:
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not np.isfinite(value) or value in (0, 1, *declared):  # nought and one are free
            continue
        if not is_told(value):
            yield f"{float(value):.9g}"


def _list_texts(value: Any) -> Iterator[str]:
    """Yield the texts of what a chart was given: names of columns and of what they show."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _list_texts(each)
    elif isinstance(value, Mapping) and all(isinstance(each, str) for each in value.values()):
        yield from (*value, *value.values())


def _look_of(artist: Artist) -> Any:
    """What a chart drew: changed later, it is looked at as anybody's."""
    if isinstance(artist, Text):
        return artist.get_text()
    if isinstance(artist, Axis):
        formatter = artist.get_major_formatter()
        return artist.label.get_text(), id(formatter), getattr(formatter, "seq", None)
    if isinstance(artist, Line2D):
        return np.asarray(artist.get_xydata(), float).tobytes()
    if isinstance(artist, Rectangle):
        return np.asarray(artist.get_bbox().bounds, float).tobytes()  # a missing number equals itself
    if isinstance(artist, Collection):
        return b"".join(np.ma.asarray(path.vertices, float).tobytes() for path in artist.get_paths()), (
            np.asarray(artist.get_offsets(), float).tobytes()
        )
    return None


def drawn_from(figure: Figure) -> list[str] | str:
    """Return the released tables that a figure shows, or what of it was not released."""
    names = getattr(figure, _NAMES, {})
    if None in names:
        return "a chart was given another frame than report.table returned"
    if added := getattr(figure, _ADDED, {}):
        return f"column {', '.join(added)} was added or changed"
    tables = list_released()
    strict = any(map(protects, tables.values()))
    drawn = getattr(figure, _DRAWN, {}).values()
    known = [artist for artist, look in drawn if not strict or look == _look_of(artist)]
    said: list[str] = []
    found = find_tables(figure, tables, known, said)
    _note(figure, _SAID, dict.fromkeys(said))
    return found if isinstance(found, str) else sorted({*names, *found})


def numbers_said(figure: Figure) -> list[str]:
    """Return the numbers in words of a figure, and its lines of reference, that no released table tells."""
    return list(getattr(figure, _SAID, {}))


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
        found = drawn_from(figure)
        if isinstance(found, str):
            return picture, {**about, REFUSED: found}
        said = numbers_said(figure)
        text = picture if isinstance(picture, str) else base64.b64encode(picture).decode()
        return picture, {**about, RELEASED: found, "seal": seal(text)} | ({SAID: said} if said else {})

    setattr(draw_and_mark, RELEASED, True)
    return draw_and_mark


def _draw_svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    return text.getvalue()
