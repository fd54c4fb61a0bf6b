"""Words of a drawing whose letters stand one by one: as texts of their own, or as shapes of a font.

What stands on one line, a letter's width apart, is put together again, whatever elements it is spread over.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from itertools import groupby
from typing import NamedTuple
from urllib.parse import unquote

UNREAD_LETTERS = "drawing with letters that were not read"
_WIDTH, _GAP = 0.55, 0.6  # of a letter, and at most between two, as parts of the font's size
_EM = 100.0  # units of a letter's shape as matplotlib draws it
_DRAWING = re.compile(r"<(/?)(?:\w+:)?svg\b", re.I)
_ATTRIBUTES = r"""((?:[^>"']|"[^"]*"|'[^']*'){0,4000}?)"""
_TAG = re.compile(
    rf"<(/?)(?:\w+:)?(svg|g|a|text|tspan|textpath|use|defs|symbol|clippath|marker)\b{_ATTRIBUTES}(/?)>|<!--.*?-->",
    re.I | re.S,
)
_OTHER_TAG = re.compile(r"<[^>]*>")
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_STEP = re.compile(r"(matrix|translate|scale|rotate)\s*\(([^)]*)\)", re.I)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.I)
_FONT_SIZE = re.compile(r"\bfont(?:-size)?\s*:[^;]*?(\d+\.?\d*)(?:px|pt)?\b", re.I)
_NOT_DRAWN = {"defs", "symbol", "clippath", "marker"}
_GLYPH = re.compile(r"(.+)-([0-9a-f]{1,6})")
_NAMED_GLYPH = re.compile(r"(?i).*(?:glyph|font).*|[gf]\d+[-_]\d+|g[0-9A-F]{16,}|.+-[0-9a-f]{1,4}")

Matrix = tuple[float, float, float, float, float, float]
_SAME: Matrix = (1, 0, 0, 1, 0, 0)


class _Piece(NamedTuple):
    """Letters at a place: how far along their line, and which line it is."""

    angle: float
    across: float
    along: float
    size: float
    offset: int  # in the source
    text: str
    glyph: str  # what the shape of a letter is called; empty for text


class _Open(NamedTuple):
    tag: str
    matrix: Matrix
    size: float
    pen: list[float]  # one for a text and the parts in it
    drawn: bool


def read_drawn(text: str) -> Iterator[tuple[str, int]]:
    """Return each line of words of the drawings in a page, and where in the source it begins.

    A line that consists of shapes whose letters nobody knows is returned as `UNREAD_LETTERS`.
    """
    for start, end in _drawings(text):
        pieces = list(_pieces(text, start, end))
        known = _known_glyphs(pieces)
        for line in _lines([p for p in pieces if not p.glyph or p.glyph in known]):
            forms = ("".join(known[p.glyph][form] if p.glyph else p.text for p in line) for form in (0, 1))
            yield from ((words, line[0].offset) for words in dict.fromkeys(forms))
        unknown = [p for p in pieces if p.glyph and p.glyph not in known and _NAMED_GLYPH.fullmatch(p.glyph)]
        for _, same in groupby(sorted(unknown), key=lambda p: (p.angle, round(p.across, 2))):
            line = list(same)
            if len({p.glyph for p in line}) >= 4:  # so many marks of a chart are seldom in one row
                yield UNREAD_LETTERS, line[0].offset


def _drawings(text: str) -> Iterator[tuple[int, int]]:
    """Where each drawing begins and ends, with those inside it."""
    depth = start = 0
    for tag in _DRAWING.finditer(text):
        if not depth and not tag[1]:
            start = tag.start()
        depth += -1 if tag[1] else 1
        if depth <= 0:
            if tag[1] and depth == 0:
                yield start, tag.end()
            depth = 0
    if depth:
        yield start, len(text)


def _pieces(text: str, start: int, end: int) -> Iterator[_Piece]:
    stack = [_Open("", _SAME, 16.0, [0.0, 0.0], True)]
    last = start
    for tag in _TAG.finditer(text, start, end):
        if stack[-1].tag in ("text", "tspan", "textpath") and stack[-1].drawn:
            words = " ".join(unescape(_OTHER_TAG.sub("", text[last : tag.start()])).split())
            if words:
                inside = stack[-1]
                yield _place(inside.matrix, inside.pen, inside.size, last, words, "")
                inside.pen[0] += _WIDTH * inside.size * len(words)
        last = tag.end()
        name = (tag[2] or "").lower()
        if tag[1]:
            depth = next((n for n in range(len(stack) - 1, 0, -1) if stack[n].tag == name), 0)
            del stack[depth or len(stack) :]
        elif name:
            opened, glyph = _open(name, tag[3], stack[-1])
            if glyph and opened.drawn:
                yield _place(opened.matrix, opened.pen, _EM, last, "", glyph)
            if not tag[4]:
                stack.append(opened)


def _open(name: str, attributes: str, around: _Open) -> tuple[_Open, str]:
    """What an element is, and which shape it draws if it draws one."""
    given = {key.lower(): unescape(one or other) for key, one, other in _ATTRIBUTE.findall(attributes)}
    matrix = _transform(given.get("transform", ""), around.matrix)
    stated = _FONT_SIZE.search(
        f"font-size:{given['font-size']}" if "font-size" in given else given.get("style", "")
    )
    size = float(stated[1]) if stated and float(stated[1]) else around.size
    pen = around.pen if name in ("tspan", "textpath", "a") else [0.0, 0.0]
    for axis, key in enumerate("xy"):
        place, moved = _NUMBER.search(given.get(key, "")), _NUMBER.search(given.get(f"d{key}", ""))
        pen[axis] = (float(place[0]) if place else pen[axis]) + (float(moved[0]) if moved else 0)
    address = given.get("href", given.get("xlink:href", "")) if name == "use" else ""
    opened = _Open(name, matrix, size, pen, around.drawn and name not in _NOT_DRAWN)
    return opened, unquote(address[1:]) if address.startswith("#") else ""


def _transform(said: str, matrix: Matrix) -> Matrix:
    for kind, arguments in _STEP.findall(said):
        n = [float(number) for number in _NUMBER.findall(arguments)] or [0.0]
        kind = kind.lower()
        if kind == "rotate":
            cos, sin = math.cos(math.radians(n[0])), math.sin(math.radians(n[0]))
            x, y = (*n[1:], 0, 0)[:2]
            step = (cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y)
        elif kind == "scale":
            step = (n[0], 0, 0, n[-1], 0, 0)
        elif kind == "translate":
            step = (1, 0, 0, 1, n[0], (*n, 0)[1])
        else:
            step = tuple((*n, *_SAME)[:6]) if len(n) == 6 else _SAME
        a, b, c, d, e, f = matrix
        p, q, r, s, t, u = step
        matrix = (
            a * p + c * q,
            b * p + d * q,
            a * r + c * s,
            b * r + d * s,
            a * t + c * u + e,
            b * t + d * u + f,
        )
    return matrix


def _place(matrix: Matrix, pen: list[float], size: float, offset: int, text: str, glyph: str) -> _Piece:
    a, b, c, d, e, f = matrix
    x, y = a * pen[0] + c * pen[1] + e, b * pen[0] + d * pen[1] + f
    length = math.hypot(a, b) or 1e-9
    along, across = (x * a + y * b) / length, (y * a - x * b) / length
    return _Piece(round(math.atan2(b, a), 2), across, along, size * length, offset, text, glyph)


def _lines(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Pieces that a reader takes for one word or sentence."""
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces):
        last = rows[-1][-1] if rows else None
        if last and last.angle == piece.angle and piece.across - last.across <= 0.3 * piece.size:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    for row in rows:
        line: list[_Piece] = []
        for piece in sorted(row, key=lambda p: p.along):
            same = bool(line) and (piece.text, piece.glyph) == (line[-1].text, line[-1].glyph)
            if same and piece.along - line[-1].along < 0.1 * piece.size:  # drawn twice, as one with a rim is
                continue
            if line and piece.along - _end(line[-1]) > _GAP * max(piece.size, line[-1].size):
                yield line
                line = []
            line.append(piece)
        yield line


def _end(piece: _Piece) -> float:
    return piece.along + _WIDTH * piece.size * max(len(piece.text), 1)


def _known_glyphs(pieces: list[_Piece]) -> dict[str, tuple[str, str]]:
    """The letter of each shape that matplotlib drew, by its number in the font and by its code point.

    It names a shape by the font and, before version 3.11, by the code point, which is never below 32.
    """
    parts = {p.glyph: _GLYPH.fullmatch(p.glyph) for p in pieces if p.glyph}
    parts = {glyph: (found[1], int(found[2], 16)) for glyph, found in parts.items() if found}
    numbered = {font for font, number in parts.values() if number < 32}
    known = {}
    for glyph, (font, number) in parts.items():
        letter = _letters(font).get(number, "")
        coded = chr(number) if font not in numbered and 32 <= number < 0x110000 and _is_font(font) else ""
        if letter or coded:
            known[glyph] = (letter or coded, coded or letter)
    return known


@cache
def _letters(font: str) -> dict[int, str]:
    """Letter of each shape of an installed font, which is named as in PostScript."""
    from matplotlib.font_manager import fontManager, get_font  # a site without drawings needs none

    wanted = _plain(font)
    for entry in fontManager.ttflist:
        if wanted.startswith(_plain(entry.name)):
            try:
                face = get_font(entry.fname)
            except (OSError, RuntimeError):  # removed since matplotlib listed it
                continue
            if face.postscript_name == font:
                return {
                    number: chr(code) for code, number in sorted(face.get_charmap().items(), reverse=True)
                }
    return {}


def _is_font(name: str) -> bool:
    from matplotlib.font_manager import fontManager

    wanted = _plain(name)
    return any(wanted.startswith(_plain(entry.name)) for entry in fontManager.ttflist)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
