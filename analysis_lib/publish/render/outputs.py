"""Outputs of notebook cells as Markdown: one form per media type, everything else escaped."""

from __future__ import annotations

import base64
import re
import struct
from typing import Any

from analysis_lib.publish.render.errors import RenderError
from analysis_lib.publish.render.markup import check_markup

#: Richest first, as Quarto chooses for HTML.
PREFERRED = ("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain")
_ACTIVE = ("application/vnd.jupyter.widget-view+json", "application/javascript")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TWO_ROWS = re.compile(
    r"(<thead>\s*)<tr[^>]*>((?:(?!</tr>).)*)</tr>\s*<tr[^>]*>((?:(?!</tr>).)*)</tr>\s*</thead>", re.DOTALL
)
_SCOPED = re.compile(r"<style scoped>.*?</style>\s*", re.DOTALL)


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


def merge_header(html: str) -> str:
    """One heading row where pandas writes two: names of the columns, then of the index."""
    match = _TWO_ROWS.search(html)
    if not match:
        return html
    top, low = (re.findall(r"<th[^>]*>(.*?)</th>", match[i], re.DOTALL) for i in (2, 3))
    named = sum(bool(text.strip()) for text in low)
    if len(top) != len(low) or any(t.strip() for t in top[:named]) or any(t.strip() for t in low[named:]):
        return html
    cells = "".join(f"<th>{text}</th>" for text in low[:named] + top[named:])
    return html[: match.start()] + f"{match[1]}<tr>{cells}</tr></thead>" + html[match.end() :]


def clean_html(html: str, where: str) -> str:
    """HTML that a cell displayed, without what only a notebook front end needs.

    Drops pandas' scoped style and border. Raises RenderError for scripts, event attributes,
    frames and anything that asks for a remote address.
    """
    html = _SCOPED.sub("", html)
    html = re.sub(r'<table border="1" class="dataframe', '<table class="dataframe', html)
    html = merge_header(html)
    problem = check_markup(html)
    if problem:
        raise RenderError(f"output holds {problem}: display a table or a figure instead", file=where)
    return "\n".join(line for line in html.split("\n") if line.strip())


def read_png_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG in pixels; None when it is not one."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def show_image(mime: str, output: dict[str, Any], stem: str, assets: dict[str, bytes]) -> list[str]:
    """Write an image output to `assets` under `stem` and return the Markdown that shows it."""
    raw = join_text(output["data"][mime])
    data = raw.encode() if mime == "image/svg+xml" else base64.b64decode("".join(raw.split()))
    suffix = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}[mime]
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
        For a failed cell, or an output that has no form without a server (widgets, JavaScript).
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
    if any(mime in data for mime in _ACTIVE):
        raise RenderError("output is a widget or JavaScript: draw a static figure", file=where)
    mime = next((item for item in PREFERRED if item in data), None)
    if mime is None:
        raise RenderError(
            "output has no form for a page: display HTML, Markdown, PNG, SVG or text",
            file=where,
            construct=", ".join(sorted(data)),
        )
    if mime.startswith("image/"):
        return mime, show_image(mime, output, stem, assets)
    text = join_text(data[mime])
    if mime == "text/html":
        return mime, fence(clean_html(text, where), "{=html}")
    if mime == "text/markdown":
        return mime, ["", *text.split("\n"), ""]
    return mime, show_text(text, "plain")
