"""A project that uses the whole dialect, and pieces of notebooks, for the renderer's tests.

Notebooks are made here rather than stored, because stored ones are stripped of their outputs.
"""

from __future__ import annotations

import base64
import json
import shutil
import struct
import zlib
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


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


def bars(width: int, height: int, shares: tuple[float, ...]) -> str:
    """PNG of horizontal grey bars, drawn without a drawing library."""
    rows = []
    for y in range(height):
        at = y * len(shares) // height
        inside = 0.2 < (y * len(shares) / height) % 1 < 0.8
        dark = int(width * shares[at]) if inside else 0
        rows.append(b"\x00" + b"\x30" * dark + b"\xf5" * (width - dark))
    data = (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(b"".join(rows), 9))
        + _chunk(b"IEND", b"")
    )
    return base64.b64encode(data).decode()


_FRAME = """| Mode | Missed | Known | Rate |
|:-----|-------:|------:|-----:|
| Face-to-Face | 60 | 960 | 6.3% |
| Telephone | 10 | 410 | 2.4% |"""
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40"/></svg>'


def prose(text: str) -> dict:
    """A Markdown cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def small_notebook() -> dict:
    """An executed notebook that shows every kind of output once."""
    front = '---\ntitle: "A small notebook"\ndescription: Every kind of output, once.\n---'
    stream = {"output_type": "stream", "name": "stdout", "text": "read <1200> rows & checked\n"}
    noise = {"output_type": "stream", "name": "stderr", "text": "hidden noise\n"}
    mode = (
        "#| label: fig-mode\n"
        '#| fig-cap: "Face-to-face appointments are missed most, {{< var dna.rate >}} overall"\n'
        '#| fig-alt: "Two bars: face to face, telephone. Overall {{< var dna.rate >}}."\nplot_rate(rates)'
    )
    second = "#| label: fig-second\n#| fig-cap: Month by month\n#| fig-alt: Twelve bars.\nplot_months(rates)"
    cells = [
        {"cell_type": "raw", "metadata": {}, "source": front},
        prose("The question is where appointments are missed; the answer is in @fig-mode and @tbl-mode."),
        code_cell("#| include: false\nimport pandas as pd"),
        prose("## What is in the file?"),
        code_cell(
            "frame = pd.read_csv('appointments.csv')\nframe.shape  # rows and columns",
            shown(text="(1200, 8)"),
        ),
        code_cell(
            "#| code-fold: show\n#| code-summary: Show the reading\nprint('read <1200> rows & checked')",
            stream,
        ),
        code_cell("#| echo: false\ndisplay(text)", shown(markdown="Every row has a **known** month.")),
        prose("## By mode"),
        code_cell(mode, shown(png=bars(760, 330, (0.9, 0.35)), text="<Figure>")),
        code_cell(second, shown(png=bars(560, 470, tuple(0.5 + 0.03 * (i % 5) for i in range(12))))),
        code_cell(
            '#| label: tbl-mode\n#| tbl-cap: "Missed appointments by mode"\nshow(rates)',
            shown(markdown=_FRAME),
        ),
        code_cell("#| label: fig-svg\n#| fig-cap: A drawing\n#| fig-alt: A square.\ndraw()", shown(svg=_SVG)),
        code_cell("#| output: false\nnoisy()", noise),
        prose("## What this shows\n\nNothing about {{< var dna.area >}} in particular."),
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def make_project(folder: Path) -> Path:
    """Copy the fixture project and the real theme files to `folder`, with its notebook."""
    shutil.copytree(HERE / "fixtures" / "site", folder)
    shutil.copytree(ROOT / "report" / "theme", folder / "report" / "theme")
    (folder / "report" / "notebooks").mkdir()
    (folder / "report" / "notebooks" / "01_small.ipynb").write_text(
        json.dumps(small_notebook()), encoding="utf-8"
    )
    return folder
