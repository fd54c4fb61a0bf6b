"""Pieces of notebooks for the renderer's tests."""

from __future__ import annotations

import base64
import struct
import zlib


def code_cell(source: str, *outputs: dict, run: int | None = 1) -> dict:
    """A code cell as a notebook stores it."""
    return {
        "cell_type": "code",
        "execution_count": run,
        "metadata": {},
        "source": source,
        "outputs": list(outputs),
    }


def shown(**data: str) -> dict:
    """A displayed output; media types are written html, markdown, png, svg, text, js."""
    names = {
        "html": "text/html",
        "markdown": "text/markdown",
        "png": "image/png",
        "svg": "image/svg+xml",
        "text": "text/plain",
        "js": "application/javascript",
    }
    return {"output_type": "display_data", "data": {names[k]: v for k, v in data.items()}, "metadata": {}}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


#: One grey pixel.
PIXEL = base64.b64encode(
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\x80"))
    + _chunk(b"IEND", b"")
).decode()
TITLE = {"cell_type": "raw", "metadata": {}, "source": "---\ntitle: Notebook\n---"}
