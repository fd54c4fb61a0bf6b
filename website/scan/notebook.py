"""Executed notebooks: sources, outputs, metadata, pictures."""

from __future__ import annotations

import json
import re
from typing import Any

from analysis_lib.identifiers import is_identifier
from website.scan.finding import Hit, Hits
from website.scan.hidden import UNREADABLE, Canaries, decode_base64
from website.scan.page import find_encoded, look_inside, look_into_png, scan_page
from website.scan.said import SMALL_SAID
from website.scan.tables import scan_json
from website.scan.values import (
    CANARY,
    HANDLE,
    IDENTIFIER,
    find_anywhere,
    find_in_words,
)

_RUNS = re.compile(r"application/(?:javascript|vnd\.jupyter\.widget|vnd\.holoviews|vnd\.bokeh)")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def scan_notebook(text: str, canaries: Canaries) -> Hits:
    """Look through a notebook; the part names its cell, counted from 1, and the line is that of the cell."""
    try:
        content = json.loads(text)
        cells = [cell for cell in content["cells"] if isinstance(cell, dict)]
    except (ValueError, KeyError, TypeError, RecursionError):
        yield UNREADABLE, 0, ""
        return
    outside = {key: value for key, value in content.items() if key != "cells"}
    yield from _scan_data(outside, canaries, "metadata")
    for number, cell in enumerate(cells, 1):
        yield from _scan_source(cell, canaries, f"cell {number}")
        outputs = cell.get("outputs", [])
        for output in outputs if isinstance(outputs, list) else []:
            if isinstance(output, dict):
                yield from _scan_output(output, canaries, f"output of cell {number}")
        rest = {key: value for key, value in cell.items() if key not in ("source", "outputs")}
        yield from _scan_data(rest, canaries, f"metadata of cell {number}")


def _joined(value: Any) -> str:
    """Text of a field that nbformat allows to be a list of lines."""
    if isinstance(value, list):
        return "".join(str(line) for line in value)
    return value if isinstance(value, str) else ""


def scan_words(text: str, canaries: Canaries, part: str, *, code: bool = False, handles: bool = True) -> Hits:
    """Everything that plain text may not hold."""
    left_out = () if handles else (HANDLE,)
    found = [*find_in_words(text, code=code), *find_anywhere(text, ("unresolved shortcode",))]
    found += [(CANARY, offset) for offset in canaries.find(text)]
    found += [(SMALL_SAID, offset) for offset in (() if code else canaries.small.find(text))]
    for kind, offset in found:
        if kind not in left_out:
            yield kind, text.count("\n", 0, offset) + 1, part
    yield from ((kind, line, part) for kind, line, _ in find_encoded(text, canaries))


def _scan_source(cell: dict[str, Any], canaries: Canaries, part: str) -> Hits:
    # A citation or cross-reference begins with @ too; the page that it becomes is looked at
    code = cell.get("cell_type") == "code"
    text = _joined(cell.get("source"))
    yield from scan_words(text, canaries, part, code=True, handles=code)
    for offset in () if code else canaries.small.find(text):
        yield SMALL_SAID, text.count("\n", 0, offset) + 1, part


def _scan_output(output: dict[str, Any], canaries: Canaries, part: str) -> Hits:
    if output.get("output_type") == "error":
        yield "traceback", 0, part
    yield from scan_words(_COLOUR.sub("", _joined(output.get("text"))), canaries, part)
    shown = output.get("data", {})
    for kind, value in shown.items() if isinstance(shown, dict) else ():
        yield from _scan_shown(kind, value, canaries, part)
    rest = {key: value for key, value in output.items() if key not in ("text", "data")}
    yield from _scan_data(rest, canaries, part)


def _scan_shown(kind: str, value: Any, canaries: Canaries, part: str) -> Hits:
    text = _joined(value)
    if _RUNS.match(kind):
        yield "script", 0, part
    if kind in ("text/html", "image/svg+xml"):
        yield from _in_part(scan_page(text, canaries, fragment=True), part)
    elif kind.startswith("image/"):
        data = decode_base64(text)
        if data is None:
            yield UNREADABLE, 0, part
        else:
            look = look_into_png if kind == "image/png" else look_inside
            yield from _in_part(look(data, canaries), part)
    elif text:
        yield from scan_words(text, canaries, part)
        yield from ((IDENTIFIER, 1, part) for name in _heading(text) if is_identifier(name))
        rows = (
            (n, line.strip("| ").split("|")) for n, line in enumerate(text.splitlines(), 1) if "|" in line
        )
        yield from ((SMALL_SAID, line, part) for line in canaries.small.find_in_cells(rows))
    if not isinstance(value, str) and not text or "json" in kind:
        yield from _scan_data(value, canaries, part)


def _heading(text: str) -> list[str]:
    """Column names of a printed frame or a Markdown table."""
    first = text.lstrip("\n").partition("\n")[0]
    return [name.strip("* ") for name in re.split(r"\||\s{2,}" if "|" in first else r"\s+", first)]


def _scan_data(value: Any, canaries: Canaries, part: str) -> Hits:
    text = json.dumps(value, ensure_ascii=False)
    yield from _in_part(scan_json(text, missing=False), part)
    found = [*find_anywhere(text), *((CANARY, offset) for offset in canaries.find(text))]
    yield from ((kind, 0, part) for kind, _ in found)
    yield from _in_part(find_encoded(text, canaries), part)


def _in_part(hits: Hits, part: str) -> Hits:
    for kind, line, _ in hits:
        hit: Hit = (kind, line, part)
        yield hit
