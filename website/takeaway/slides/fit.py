"""How large text may be so that it stays in its box, measured with a wide font.

DejaVu Sans is wider than the fonts that PowerPoint finds: what fits in it fits in those.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from PIL import ImageFont

from website.render.errors import RenderError
from website.takeaway.slides.read import Paragraph

POINT = 12_700  # English Metric Units
LINE, ABOVE = 1.2, 7.0  # height of a line in sizes; points above a paragraph
MARGIN, BETWEEN = 14.4, 6.0  # points left and right of a cell's text together; above and below it
SMALLEST = 9.0


@functools.cache
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), "fonts", "ttf", name)), 100)


@functools.cache
def text_width(text: str, bold: bool = False) -> float:
    """Width of a text in sizes of its font."""
    return float(_font(bold).getlength(text)) / 100


def count_lines(text: str, width: float, size: float, bold: bool = False) -> int:
    """Lines that a text takes in `width` points; a word that is wider than a line takes several."""
    lines, used, space = 1, 0.0, text_width(" ", bold) * size
    for word in text.split():
        long = text_width(word, bold) * size
        if used and used + space + long > width:
            lines, used = lines + 1, 0.0
        lines += int(long // width)
        used = used + (space if used else 0) + long % width
    return lines


def fit_text(
    paragraphs: Sequence[Paragraph], width: int, height: int, largest: float, *, bold: bool = False, what: str
) -> float:
    """Return the largest size in points, from `largest` down, at which paragraphs stay in a box.

    Parameters
    ----------
    width, height : int
        Of the box, in EMU.
    what : str
        The slide, for the error.

    Raises
    ------
    RenderError
        If not even `SMALLEST` is small enough.
    """
    size = largest
    while size >= SMALLEST:
        needed = math.fsum(
            ABOVE
            + LINE * size * count_lines(p.text, _room(p, width), size, bold or any(r.bold for r in p.runs))
            for p in paragraphs
        )
        if needed * POINT <= height:
            return size
        size -= 0.5 if size <= 14 else 1
    raise RenderError("too much text for one slide in PowerPoint: make two of it", construct=what[:60])


def fit_table(
    rows: Sequence[Sequence[str]], widths: Sequence[int], height: int, largest: float, *, what: str
) -> tuple[float, list[int]]:
    """Return the largest size at which a table stays in its box, and the height of each row at it.

    Parameters
    ----------
    rows : sequence of sequence of str
        Its cells.
    widths, height : int
        Of the columns and of the box, in EMU; so are the heights.
    what : str
        The slide, for the error.

    Raises
    ------
    RenderError
        If not even `SMALLEST` is small enough.
    """
    size = largest
    while size >= SMALLEST:
        lines = [
            max(
                count_lines(cell, width / POINT - MARGIN, size, True)
                for cell, width in zip(row, widths, strict=False)
            )
            for row in rows
        ]
        heights = [int((n * LINE * size + BETWEEN) * POINT) for n in lines]
        if sum(heights) <= height:
            return size, heights
        size -= 1
    raise RenderError("too large a table for one slide in PowerPoint: show fewer rows", construct=what[:60])


def _room(paragraph: Paragraph, width: int) -> float:
    """Points that a line of a paragraph has, right of its mark."""
    return width / POINT - (31.5 * (paragraph.level + 1) if paragraph.mark else 0)
