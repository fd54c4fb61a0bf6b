"""Outputs of notebook cells as Markdown: one form per media type, every other type refused."""

from __future__ import annotations

import base64
import re
import struct
from typing import Any

from website.render.errors import RenderError
from website.render.markup import check_svg

#: All that a cell may display, richest first. HTML, JavaScript, widgets and pickled objects are refused,
#: also beside one of these: Quarto would show them.
PREFERRED = ("text/markdown", "image/svg+xml", "image/png", "text/plain")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def join_text(value: str | list[str]) -> str:
    """Text of a notebook field, which may be stored as a list of lines."""
    return value if isinstance(value, str) else "".join(value)


def fence(text: str, opening: str) -> list[str]:
    """Fenced block that no run of backticks in `text` can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return ["", ticks + opening, *text.rstrip("\n").split("\n"), ticks, ""]


def show_text(text: str, kind: str) -> list[str]:
    """Plain text or a stream, escaped, in a block of its own."""
    return fence(_ANSI.sub("", text), f"{{.cell-text .{kind}}}")


def read_png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG in pixels; None when it is not one."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def show_image(
    mime: str, output: dict[str, Any], where: str, stem: str, assets: dict[str, bytes]
) -> list[str]:
    """Write an image output to `assets` under `stem` and return the Markdown that shows it."""
    raw = join_text(output["data"][mime])
    suffix = {"image/svg+xml": "svg", "image/png": "png"}[mime]
    try:
        data = raw.encode() if suffix == "svg" else base64.b64decode("".join(raw.split()))
    except ValueError:
        data = b""
    problem = check_svg(data) if suffix == "svg" else "" if read_png_size(data) else "no PNG image"
    if problem:
        raise RenderError(f"output holds {problem}: draw it again", file=where)
    name = f"{stem}.{suffix}"
    assets[name] = data
    size = output.get("metadata", {}).get(mime, {})
    width, height = size.get("width"), size.get("height")
    if not width and suffix == "png":
        width, height = read_png_size(data) or (None, None)
    attributes = f"{{width={int(width)} height={int(height)}}}" if width and height else ""
    return ["", f"![](/{name}){attributes}", ""]


def show_output(
    output: dict[str, Any], where: str, stem: str, assets: dict[str, bytes], *, asis: bool = False
) -> tuple[str, list[str]]:
    """One output as (media type, Markdown lines).

    Raises
    ------
    RenderError
        For a failed cell, or an output that is not Markdown, PNG, SVG or plain text.
    """
    kind = output["output_type"]
    if kind == "error":
        raise RenderError("cell failed when the notebook was run: mend it and run again", file=where)
    if kind == "stream":
        text = join_text(output["text"])
        if asis:
            return "text/markdown", ["", *text.split("\n"), ""]
        return "stream", show_text(text, "stream-" + ("err" if output["name"] == "stderr" else "out"))
    data = output["data"]
    refused = sorted(set(data) - set(PREFERRED))
    mime = next((item for item in PREFERRED if item in data), None)
    if refused or mime is None:
        raise RenderError(
            "output has a form that pages do not take: display Markdown (report.show), PNG, SVG or text",
            file=where,
            construct=", ".join(refused),
        )
    if mime.startswith("image/"):
        return mime, show_image(mime, output, where, stem, assets)
    text = join_text(data[mime])
    if mime == "text/markdown":
        return mime, ["", *text.split("\n"), ""]
    return mime, show_text(text, "plain")
