"""The project's SCSS theme files, compiled as Quarto would layer them."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path

import sass

from website.render.errors import RenderError

_LAYER = re.compile(r"^/\*--\s*scss:(\w+)\s*--\*/[ \t]*$", re.MULTILINE)
LAYERS = ("uses", "functions", "defaults", "mixins", "rules")


def split_layers(text: str) -> dict[str, str]:
    """Parts of one theme file by Quarto's layer marks (``/*-- scss:defaults --*/``)."""
    pieces = _LAYER.split(text)
    layers: dict[str, str] = {}
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        layers[name] = layers.get(name, "") + body
    return layers


@functools.cache
def _compile(scss: str) -> str:
    # In memory by content: a theme compiles in a few milliseconds, so a cache on disk gains nothing
    return str(sass.compile(string=scss, output_style="compressed"))


def compile_theme(root: Path, files: Sequence[str]) -> str:
    """Compile theme files, in the order of the list, to one style sheet.

    Defaults of later files come first, as in Quarto, so that they win over ``!default``
    values of earlier ones; rules keep their order.

    Raises
    ------
    RenderError
        If a file is missing, has no layer, or does not compile.
    """
    parts: dict[str, list[str]] = {name: [] for name in LAYERS}
    for name in files:
        path = root / name
        if not path.is_file():
            raise RenderError("theme file is missing", file=name)
        layers = split_layers(path.read_text(encoding="utf-8"))
        unknown = set(layers) - set(LAYERS)
        if unknown or not layers:
            raise RenderError(
                "needs scss:defaults and scss:rules layers", file=name, construct=", ".join(unknown)
            )
        for layer, body in layers.items():
            parts[layer].append(body)
    parts["defaults"].reverse()
    try:
        return _compile("\n".join("\n".join(parts[name]) for name in LAYERS))
    except sass.CompileError as error:
        raise RenderError(f"theme does not compile: {error}", file=", ".join(files)) from error
