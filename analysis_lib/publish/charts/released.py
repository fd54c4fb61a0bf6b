"""Every chart remembers which released tables it was drawn from; a page shows no other."""

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
from matplotlib.figure import Figure

from analysis_lib.publish.drawings import DRAWINGS_VARIABLE, PNG, SVG
from analysis_lib.release import released_name

P = ParamSpec("P")
RELEASED = "released"  # in the metadata of a picture: the tables that it shows
_NAMES = "_drawn_from"


def from_released(plot: Callable[P, Axes]) -> Callable[P, Axes]:
    """Decorate a ``plot_`` function: its figure records the released name of each frame it was given."""

    @functools.wraps(plot)
    def draw(*args: P.args, **kwargs: P.kwargs) -> Axes:
        ax = plot(*args, **kwargs)
        given = [v for v in (*args, *kwargs.values()) if isinstance(v, pd.DataFrame | pd.Series)]
        known = getattr(ax.figure, _NAMES, ())
        setattr(ax.figure, _NAMES, (*known, *(released_name(frame) for frame in given)))
        return ax

    return draw


def drawn_from(figure: Figure) -> list[str] | None:
    """Return the released tables that a figure shows; None if any of its data was not released."""
    names = getattr(figure, _NAMES, (None,))
    return None if None in names else sorted(set(names))


def mark_pictures() -> None:
    """Make Jupyter write, beside each picture of a figure, the tables that it was drawn from.

    While the pipeline runs the notebook, a figure comes as a drawing too (`publish.drawings`).
    """
    shell = get_ipython()
    if shell is None:
        return
    plt.switch_backend(plt.get_backend())  # loads it, which sets how Jupyter makes its pictures
    formatters = shell.display_formatter.formatters
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
        names = drawn_from(figure)
        return (picture, about if names is None else {**about, RELEASED: names})

    setattr(draw_and_mark, RELEASED, True)
    return draw_and_mark


def _draw_svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    return text.getvalue()
