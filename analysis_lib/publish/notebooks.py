"""Execute a notebook from clean, and put the numbers it computed into its own prose."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import symtable
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from matplotlib.figure import Figure
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from analysis_lib.publish.absent import MARK, NO_FACT
from analysis_lib.publish.charts import plot_note
from analysis_lib.publish.charts.style import DPI, METADATA, style_settings
from analysis_lib.publish.drawings import DRAWINGS_VARIABLE, take_drawings, write_drawings
from analysis_lib.publish.literal import literal, unmarked
from analysis_lib.publish.shown import find_unreleased

_VARIABLE = re.compile(r"\{\{<\s*var\s+([\w.]+)\s*>\}\}")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SECONDS_PER_CELL = 900
# Said on import where tqdm is installed and ipywidgets is not; it names a path of the machine.
_NO_PROGRESS_BAR = "ignore:IProgress not found"

# What the library raises when inputs lack a subject or are too short: a note on the page, no failure.
NOT_AVAILABLE = (
    "AbsentInput",
    "TooFewYears",
    "TooFewPoints",
    "SeriesTooShort",
    "ModelDidNotFit",
    "NothingToDraw",
    "NotEngland",
    "NotReleasable",
)


class NotebookError(RuntimeError):
    """A notebook did not run to its end; the message names the notebook, the cell and the cause."""


def execute_notebook(source: Path, target: Path, results: Path) -> None:
    """Run a notebook top to bottom in a fresh kernel and write the executed copy, and its figures as SVG.

    The working directory is the notebook's own folder, as in Jupyter. In the copy, every
    ``{{< var store.fact >}}`` is replaced by the fact's text, so that both renderers, and a person
    who opens the copy in Jupyter, read the same numbers. A cell that needs an input which is not
    there shows a note instead, and so do the cells that use what it would have made; facts that
    were not saved for that reason read `NO_FACT`. Cell metadata that changes from run to run is
    left out, so that two runs write the same bytes.

    Parameters
    ----------
    source, target : Path
        The notebook as stored, and where its executed copy goes.
    results : Path
        The results folder, whose facts are quoted.

    Raises
    ------
    NotebookError
        If a cell fails, takes over `SECONDS_PER_CELL`, quotes a fact that was not saved, or shows
        anything but words, and pictures and tables of what was released.
    """
    notebook = _read_clean(source)
    environment = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), DRAWINGS_VARIABLE: "1"}
    environment["PYTHONWARNINGS"] = ",".join(
        filter(None, [os.environ.get("PYTHONWARNINGS"), _NO_PROGRESS_BAR])
    )
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(source.parent)}},
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=40"],  # the kernel warns about its own local sockets
        allow_error_names=[*NOT_AVAILABLE, "NameError"],
    )
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        raise NotebookError(_failure(source, notebook, f"{error.ename}: {error.evalue}")) from None
    except CellTimeoutError:
        cause = f"no end after {SECONDS_PER_CELL} s"
        raise NotebookError(_failure(source, notebook, cause, stopped=True)) from None
    except DeadKernelError:
        cause = "the kernel died (out of memory?)"
        raise NotebookError(_failure(source, notebook, cause, stopped=True)) from None
    drawings = take_drawings(notebook)
    _refuse_unreleased(notebook, source, results)
    absent = _note_what_is_absent(notebook, source)
    _quote_facts(notebook, source, results, absent)
    if absent:
        notebook.metadata[MARK] = True
    write_drawings(drawings, notebook, source.stem, results / "figures")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    nbformat.write(notebook, partial)
    partial.replace(target)


def _read_clean(source: Path) -> nbformat.NotebookNode:
    """Read a notebook without what an earlier run left in it."""
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _failure(source: Path, notebook: nbformat.NotebookNode, cause: str, *, stopped: bool = False) -> str:
    """Name the last cell with an error, or where the run was stopped, the last that started."""
    code = [(n, c) for n, c in enumerate(notebook.cells, 1) if c.cell_type == "code"]
    failed = [(n, c) for n, c in code if any(o.output_type == "error" for o in c.outputs)]
    started = [(n, c) for n, c in code if c.execution_count is not None]
    number, cell = ((started if stopped else failed) or code)[-1]
    return _place(source, number, cell, cause)


def _place(source: Path, number: int, cell: nbformat.NotebookNode, cause: str) -> str:
    label = re.search(r"#\|\s*label:\s*(\S+)", cell.source)
    lines = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#|")]
    name = label.group(1) if label else (lines[0] if lines else "empty cell")
    return f"{source.name}, cell {number} ({name}): {cause}"


def _refuse_unreleased(notebook: nbformat.NotebookNode, source: Path, results: Path) -> None:
    for number, cell in enumerate(notebook.cells, 1):
        unreleased = find_unreleased(cell, results) if cell.cell_type == "code" else None
        if unreleased:
            raise NotebookError(_place(source, number, cell, unreleased))


def _note_what_is_absent(notebook: nbformat.NotebookNode, source: Path) -> bool:
    """Put a note in place of the error of each cell that lacks an input; return whether any did.

    A NameError counts as absence only if the name would have been made by a cell that lacked an
    input, directly or through another; any other is a failure.
    """
    missing: dict[str, str] = {}
    for number, cell in enumerate(notebook.cells, 1):
        outputs = cell.outputs if cell.cell_type == "code" else []
        error = next((o for o in outputs if o.output_type == "error"), None)
        if error is None:
            continue
        name = re.search(r"name '(\w+)' is not defined", error.evalue)
        if error.ename in NOT_AVAILABLE:
            note = error.evalue
        elif error.ename == "NameError" and name and name[1] in missing:
            note = missing[name[1]]
        else:
            raise NotebookError(_place(source, number, cell, f"{error.ename}: {error.evalue}"))
        missing |= dict.fromkeys(_names_made(cell.source) - missing.keys(), note)
        _show_note(cell, note)
    return bool(missing)


def _show_note(cell: nbformat.NotebookNode, note: str) -> None:
    """Make the note the cell's output: of a figure cell as a picture that has it as caption and alt text."""
    shown = {"text/plain": note}
    if "#| label: fig-" in cell.source:
        cell.source = re.sub(
            r"^(#\| fig-(?:cap|alt): ).*$",
            lambda m: f'{m[1]}"{_escape_for(m[0])(note)}"',
            cell.source,
            flags=re.MULTILINE,
        )
        shown["image/png"] = base64.b64encode(_draw_note(note)).decode()
    else:
        shown["text/markdown"] = f"::: {{.callout-note}}\n{literal(note)}\n:::"
    cell.outputs = [nbformat.v4.new_output("display_data", shown)]


def _draw_note(note: str) -> bytes:
    picture = io.BytesIO()
    with mpl.rc_context(style_settings()):
        figure = Figure(figsize=(7.2, 1.6), dpi=DPI, layout="constrained")
        plot_note(note, ax=figure.subplots())
        figure.savefig(picture, format="png", metadata=METADATA["png"])
    return picture.getvalue()


def _names_made(source: str) -> set[str]:
    """Names that a cell binds for the cells after it: no variable of a function or comprehension."""
    python = TransformerManager().transform_cell(source)  # without IPython's magics
    symbols = symtable.symtable(python, "cell", "exec").get_symbols()
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}


def _quote_facts(notebook: nbformat.NotebookNode, source: Path, results: Path, absent: bool) -> None:
    texts = {}
    for path in (results / "facts").glob("*.json"):
        for name, entry in json.loads(path.read_text(encoding="utf-8"))["facts"].items():
            texts[f"{path.stem}.{name}"] = entry["text"]

    def quote(found: re.Match, escape: Callable[[str], str]) -> str:
        if found[1] not in texts and not absent:
            raise NotebookError(f"{source.name}: no fact named {found[1]} was saved.")
        return escape(texts.get(found[1], NO_FACT))

    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        lines = cell.source.split("\n")
        for number, line in enumerate(lines):
            escape = _escape_for(line) if cell.cell_type != "markdown" else literal
            lines[number] = _VARIABLE.sub(lambda found, escape=escape: quote(found, escape), line)
        cell.source = "\n".join(lines)


def _escape_for(option: str) -> Callable[[str], str]:
    """Return how text is written in an option of a cell: alternative text takes no Markdown."""
    plain = unmarked if option.startswith("#| fig-alt:") else literal
    return lambda text: _as_yaml(plain(text))


def _as_yaml(text: str) -> str:
    """Escape for a double-quoted option of a cell, or of the title."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
