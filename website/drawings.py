"""Each figure of a notebook as a drawing (SVG) of its own: sharp at any size, to be taken elsewhere.

While the pipeline runs a notebook, a figure comes as PNG, which the page shows, and as SVG. The SVG is
taken out of the executed copy, so that no page becomes heavier, and becomes a file. Letters are drawn as
paths: a drawing looks the same where a font is not installed, and programs that convert drawings keep its
labels in place. What it shows in words stands in its ``<title>`` and ``<desc>``.
"""

from __future__ import annotations

import re
from glob import escape as escape_glob
from html import escape
from pathlib import Path

import yaml
from nbformat import NotebookNode

from analysis_lib.charts.released import PNG, SVG
from website.literal import unmarked

_OPTION = re.compile(r"^#\|\s?(.*)$", re.MULTILINE)
_ROOT = re.compile(r"<svg\b[^>]*>")
_PROLOGUE = re.compile(r"\A.*?(?=<svg\b)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)


def take_drawings(notebook: NotebookNode) -> dict[str, str]:
    """Remove the drawing beside each picture of a notebook; return them by the id of their cell.

    One that is not marked as drawn from released tables is not returned; its picture is refused. One that
    stands alone stays where it is, and is refused too.
    """
    drawings: dict[str, str] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data, about = output.get("data", {}), output.get("metadata", {})
            if SVG in data and PNG in data:
                drawing, mark = data.pop(SVG), about.pop(SVG, {})
                drawings |= {cell.id: drawing} if mark.get("released") is not None else {}
    return drawings


def write_drawings(drawings: dict[str, str], notebook: NotebookNode, name: str, folder: Path) -> None:
    """Write drawings as ``<name>-<label>.svg`` with title and description, in the place of earlier ones.

    Parameters
    ----------
    drawings : dict
        As `take_drawings` gives them.
    notebook : NotebookNode
        The executed notebook, with its facts quoted: cells that were drawings of their own have labels.
    name : str
        Name of the notebook, without ending.
    folder : Path
        Where they go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in list_drawings(name, folder):
        old.unlink()
    for cell in notebook.cells:
        drawing = drawings.get(cell.id)
        if drawing is None:
            continue
        options = yaml.safe_load("\n".join(_OPTION.findall(cell.source))) or {}
        label = str(options.get("label", ""))
        if re.fullmatch(r"fig-[A-Za-z0-9-]+", label):
            title = unmarked(str(options.get("fig-cap", "")))
            named = name_drawing(drawing, title, unmarked(str(options.get("fig-alt", ""))))
            (folder / f"{name}-{label}.svg").write_text(named, encoding="utf-8", newline="\n")


def list_drawings(name: str, folder: Path) -> list[Path]:
    """Return the drawings of a notebook that are there."""
    return sorted(folder.glob(f"{escape_glob(name)}-fig-*.svg"))


def name_drawing(drawing: str, title: str, description: str) -> str:
    """Give a drawing its title and description, and take out what says when and by what it was made."""
    body = _METADATA.sub("", _PROLOGUE.sub("", drawing, count=1), count=1)
    words = (
        f'\n <title id="drawing-title">{escape(title)}</title>'
        f'\n <desc id="drawing-description">{escape(description)}</desc>'
    )
    named = ' role="img" aria-labelledby="drawing-title drawing-description" lang="en-GB">'
    return _ROOT.sub(lambda root: root[0][:-1] + named + words, body, count=1)
