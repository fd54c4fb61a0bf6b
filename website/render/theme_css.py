"""The project's SCSS theme files and its brand, compiled as Quarto would layer them."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path

import sass

from analysis_lib import brand
from website.render.errors import RenderError

_LAYER = re.compile(r"^/\*--\s*scss:(\w+)\s*--\*/[ \t]*$", re.MULTILINE)
BRAND = "brand"  # in a list of themes: where the values of _brand.yml stand
LAYERS = ("uses", "functions", "defaults", "mixins", "rules")


def split_layers(text: str) -> dict[str, str]:
    """Parts of one theme file by Quarto's layer marks (``/*-- scss:defaults --*/``)."""
    pieces = _LAYER.split(text)
    layers: dict[str, str] = {}
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        layers[name] = layers.get(name, "") + body
    return layers


def brand_layers() -> dict[str, str]:
    """What Quarto makes of ``_brand.yml``: each colour as a variable of SCSS and of CSS; and the fonts."""
    colours, text, code = brand.colours().items(), brand.font_stack(), brand.font_stack("monospace")
    defaults = [f"$brand-{name}: {value};" for name, value in colours]
    css = [f"--brand-{name}: {value};" for name, value in colours]
    # The built-in renderer's own style sheets name the fonts by these two, of which Quarto knows nothing
    css += [f"--brand-font: {text};", f"--brand-font-monospace: {code};"]
    return {
        "defaults": "\n".join([*defaults, f"$font-family-base: {text};"]),
        "rules": f":root {{ {' '.join(css)} }}",
    }


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
        if name != BRAND and not path.is_file():
            raise RenderError("theme file is missing", file=name)
        layers = brand_layers() if name == BRAND else split_layers(path.read_text(encoding="utf-8"))
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
