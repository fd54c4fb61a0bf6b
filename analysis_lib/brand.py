"""Colours and fonts of ``_brand.yml``: the project's own, or the copy that the wheel carries."""

from __future__ import annotations

import functools
from typing import Any

import yaml

from analysis_lib import project

FILE = "_brand.yml"
_GENERIC = ("-apple-system", "system-ui", "sans-serif", "monospace")  # words of CSS, not names of fonts


@functools.cache
def _read() -> dict[str, Any]:
    return yaml.safe_load(project.find_shipped(FILE).read_text(encoding="utf-8"))


def colours() -> dict[str, str]:
    """Return every colour by its name."""
    return _read()["color"]["palette"]


def font_stack(kind: str = "base") -> str:
    """Return the fonts of text (base) or of code (monospace), as CSS names them."""
    return _read()["typography"][kind]["family"]


def fonts(kind: str = "base") -> tuple[str, ...]:
    """Return the names of these fonts, best first, without words that only a browser knows."""
    names = (name.strip(' "') for name in font_stack(kind).split(","))
    return tuple(name for name in names if name not in _GENERIC)
