"""Executed notebooks as pages, and single cells of them for ``{{< embed >}}``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from website.render.errors import RenderError
from website.render.outputs import fence, join_text, show_output
from website.render.shortcodes import escape_attribute
from website.render.source import Line, read_front_matter
from website.shape import STUB

OPTIONS = {
    "label",
    "fig-cap",
    "fig-alt",
    "tbl-cap",
    "echo",
    "include",
    "output",
    "code-fold",
    "code-summary",
}
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")  # it names a file
_OPTION = re.compile(r"^#\|\s?(.*)$")


@dataclass
class Cell:
    """One cell: its options (code cells only), source without them, and where it stands."""

    kind: str
    source: str
    where: str
    number: int
    options: dict[str, Any] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Notebook:
    """An executed notebook: front matter, and cells in order."""

    path: str
    meta: dict[str, Any]
    cells: list[Cell]


def read_notebook(root: Path, path: str) -> Notebook:
    """Read an executed notebook.

    Raises
    ------
    RenderError
        If the file is missing or no notebook, a code cell has not run, an option is unknown,
        or two cells share a label.
    """
    try:
        raw = json.loads((root / path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RenderError("no such notebook: run the pipeline first (make report)", file=path) from None
    except json.JSONDecodeError as error:
        raise RenderError("is not a notebook (not valid JSON)", file=path, line=error.lineno) from error
    except (UnicodeDecodeError, RecursionError):
        raise RenderError("is not a notebook (not readable JSON)", file=path) from None
    if not isinstance(raw, dict) or not isinstance(raw.get("cells"), list):
        raise RenderError("is not a notebook (no cells in it)", file=path)
    if raw.get("metadata", {}).get("widgets"):
        raise RenderError("notebook keeps the state of widgets: draw static figures", file=path)
    meta: dict[str, Any] = {}
    cells: list[Cell] = []
    for number, item in enumerate(raw.get("cells", []), 1):
        if isinstance(item, dict) and STUB in (item.get("metadata") or {}):
            continue  # for Quarto alone
        cell = _read_cell(item, f"{path}, cell {number}", number)
        if number == 1 and cell.source.lstrip().startswith("---") and cell.kind != "code":
            meta, rest = read_front_matter(cell.source, cell.where)
            cell.source, cell.kind = "\n".join(line.text for line in rest), "markdown"
        cells.append(cell)
    _check_labels(cells)
    return Notebook(path, meta, cells)


def _read_cell(item: dict[str, Any], where: str, number: int) -> Cell:
    source = join_text(item["source"])
    cell = Cell(item["cell_type"], source, where, number)
    if cell.kind != "code":
        return cell
    lines = source.split("\n")
    count = 0
    while count < len(lines) and _OPTION.match(lines[count]):
        count += 1
    text = "\n".join(_OPTION.sub(r"\1", line) for line in lines[:count])
    try:
        cell.options = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise RenderError(
            "cell options are not valid YAML: quote the value", file=where, construct=text.split("\n")[0]
        ) from error
    if not isinstance(cell.options, dict):
        raise RenderError("cell options must be `#| key: value` lines", file=where, construct=text)
    unknown = sorted(set(cell.options) - OPTIONS)
    if unknown:
        raise RenderError(
            f"unknown cell option: use {', '.join(sorted(OPTIONS))}",
            file=where,
            line=1 + next(i for i, line in enumerate(lines) if unknown[0] in line),
            construct=unknown[0],
        )
    label = str(cell.options.get("label") or "a")
    if not _LABEL.fullmatch(label):
        raise RenderError("a label has letters, digits and hyphens only", file=where, construct=label)
    cell.source = "\n".join(lines[count:]).strip("\n")
    cell.outputs = item.get("outputs", [])
    if cell.source.strip() and item.get("execution_count") is None:
        raise RenderError("code cell has not been run: execute the notebook first (make report)", file=where)
    return cell


def _check_labels(cells: list[Cell]) -> None:
    seen: dict[str, str] = {}
    for cell in cells:
        label = cell.options.get("label")
        if label and label in seen:
            raise RenderError(
                f"duplicate label, first in {seen[label]}", file=cell.where, construct=str(label)
            )
        if label:
            seen[label] = cell.where


def show_outputs(cell: Cell, notebook: str, assets: dict[str, bytes]) -> list[Line]:
    """Outputs of one cell as Markdown lines; images go to `assets`."""
    option = cell.options.get("output", True)
    if option not in (True, False, "asis"):
        raise RenderError("output is true, false or asis", file=cell.where, construct=f"output: {option}")
    if option is False:
        return []
    name = cell.options.get("label") or f"cell-{cell.number}"
    stem = f"{notebook.removesuffix('.ipynb')}_files/figure-html/{name}"
    shown = [
        show_output(item, cell.where, f"{stem}-{i}", assets, asis=option == "asis")
        for i, item in enumerate(cell.outputs, 1)
    ]
    if not shown:
        return []
    label = str(cell.options.get("label", ""))
    body = [text for _, lines in shown for text in lines]
    images = sum(mime.startswith("image/") for mime, _ in shown)
    opening, caption = _float(cell, label, images)
    lines = [Line(text, cell.where, 0, verbatim=True) for text in body]
    if caption:
        lines += [Line("", cell.where, 0), Line(caption, cell.where, 1), Line("", cell.where, 0)]
    if opening:
        lines = [Line(f"::::::: {opening}", cell.where, 1), *lines, Line(":::::::", cell.where, 0)]
    return [
        Line("", cell.where, 0),
        Line(":::::::: {.cell-output}", cell.where, 0),
        *lines,
        Line("::::::::", cell.where, 0),
        Line("", cell.where, 0),
    ]


def _float(cell: Cell, label: str, images: int) -> tuple[str, str]:
    """Opening of the figure or table division around an output, and its caption."""
    kind = "tbl" if label.startswith("tbl-") or "tbl-cap" in cell.options else "fig"
    caption = " ".join(str(cell.options.get(f"{kind}-cap", "")).split())
    numbered = label.startswith(("fig-", "tbl-"))
    if images and not (kind == "fig" and numbered):
        raise RenderError(
            "an image needs `label: fig-…`, fig-cap and fig-alt", file=cell.where, construct=label
        )
    if not numbered and not caption:
        return "", ""
    if numbered and not caption:
        raise RenderError(f"a numbered output needs {kind}-cap", file=cell.where, construct=label)
    if kind == "fig" and images != 1:
        raise RenderError(
            f"a figure cell shows one image, this one {images}", file=cell.where, construct=label
        )
    alt = _quoted(" ".join(str(cell.options.get("fig-alt", "")).split()))
    if kind == "fig" and not alt:
        raise RenderError(
            "a figure needs fig-alt: say in words what it shows", file=cell.where, construct=label
        )
    identity = f"#{label}" if numbered else f".plain-{kind}"
    return f"{{{identity}" + (f' fig-alt="{alt}"' if alt else "") + "}", caption


def _quoted(text: str) -> str:
    """Text of an option between the quotes of an attribute; its shortcodes are expanded later."""
    parts = re.split(r"(\{\{<.*?>\}\})", text)
    return "".join(part if i % 2 else escape_attribute(part) for i, part in enumerate(parts))


def show_code(cell: Cell, defaults: dict[str, Any]) -> list[Line]:
    """Code of one cell, folded or not."""
    fold = cell.options.get("code-fold", defaults.get("code-fold", False))
    if fold not in (True, False, "show"):
        raise RenderError("code-fold is true, false or show", file=cell.where, construct=f"code-fold: {fold}")
    summary = _quoted(str(cell.options.get("code-summary", defaults.get("code-summary", "Code"))))
    state = {True: "closed", "show": "open", False: "none"}[fold]
    block = fence(cell.source, f'{{.python .cell-code fold="{state}" summary="{summary}"}}')
    return [Line(text, cell.where, 0, verbatim=True) for text in block]


def notebook_lines(notebook: Notebook, defaults: dict[str, Any], assets: dict[str, bytes]) -> list[Line]:
    """The whole notebook as Markdown lines: prose, code and outputs in order."""
    lines: list[Line] = []
    for cell in notebook.cells:
        if cell.kind == "markdown":
            lines += [Line(text, cell.where, i) for i, text in enumerate(cell.source.split("\n"), 1)]
        elif cell.kind == "code" and cell.source.strip() and cell.options.get("include", True):
            if cell.options.get("echo", defaults.get("echo", True)):
                lines += show_code(cell, defaults)
            lines += show_outputs(cell, notebook.path, assets)
        lines.append(Line("", cell.where, 0))
    return lines


def embed_lines(notebook: Notebook, label: str, asked: Line, assets: dict[str, bytes]) -> list[Line]:
    """Output of the cell with `label`, for a page that embeds it."""
    cell = next((item for item in notebook.cells if item.options.get("label") == label), None)
    construct = f"{{{{< embed {notebook.path}#{label} >}}}}"
    if cell is None:
        raise RenderError(
            "no cell with that label in the notebook", file=asked.file, line=asked.line, construct=construct
        )
    lines = show_outputs(cell, notebook.path, assets)
    if not lines:
        raise RenderError(
            "that cell has no output to show", file=asked.file, line=asked.line, construct=construct
        )
    wrap = [
        Line("::::::::: {.embed}", asked.file, asked.line),
        *lines,
        Line(":::::::::", asked.file, asked.line),
    ]
    return [Line("", asked.file, 0), *wrap, Line("", asked.file, 0)]
