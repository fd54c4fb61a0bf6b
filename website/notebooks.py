"""Execute a notebook from clean, and put the numbers it computed into its own prose."""

from __future__ import annotations

import asyncio
import os
import re
import symtable
import tempfile
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
from IPython.utils.capture import capture_output
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from analysis_lib.charts.released import DRAWINGS_VARIABLE, mark_pictures
from analysis_lib.project import STEP_VARIABLE
from analysis_lib.release import list_store, list_stores, protecting, read_labels
from website import shape
from website.drawings import list_drawings, take_drawings, write_drawings
from website.literal import literal, unmarked
from website.shape import (
    VARIABLE,
    Gap,
    find_there,
    label_of,
    prune_notebook,
    read_texts,
)
from website.shown import drop_returned, find_unreleased, read_written

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Plain charts are looked at too, where no cell sets the house style.
_MARK_PICTURES = "from analysis_lib.charts.released import mark_pictures; mark_pictures(); del mark_pictures"
SECONDS_PER_CELL = 900
# Said on import where tqdm is installed and ipywidgets is not; it names a path of the machine.
_NO_PROGRESS_BAR = "ignore:IProgress not found"

_SOURCE = " Source: "  # in a caption: pages set what follows apart
ABSENT = "AbsentInput"  # what the library raises where an input is not there: the section is left out
# … and where inputs are too few or too short: the section says why. Neither is a failure.
CANNOT = (
    "TooFewAreas",
    "TooFewYears",
    "TooFewPoints",
    "SeriesTooShort",
    "ModelDidNotFit",
    "NothingToDraw",
    "NotEngland",
    "NotReleasable",
)


Tell = Callable[[int, int], None]


class NotebookError(RuntimeError):
    """A notebook did not run to its end; the message names the notebook, the cell and the cause."""


def execute_notebook(source: Path, target: Path, results: Path, tell: Tell | None = None) -> None:
    """Run a notebook top to bottom in a fresh kernel and write the executed copy, and its figures as SVG.

    The working directory is the notebook's own folder, as in Jupyter. In the copy, every
    ``{{< var store.fact >}}`` is replaced by the fact's text, so that both renderers, and a person
    who opens the copy in Jupyter, read the same numbers. What the inputs do not allow is left out, or says
    why it cannot be computed (`shape.prune_notebook`). Cell metadata that changes from run to run is
    left out, so that two runs write the same bytes.

    Parameters
    ----------
    source, target : Path
        The notebook as stored, and where its executed copy goes.
    results : Path
        The results folder, whose facts are quoted.
    tell : callable, optional
        Called as ``tell(n_cells_done, n_cells)``.

    Raises
    ------
    NotebookError
        If a cell fails, takes over `SECONDS_PER_CELL`, quotes a fact that was not saved, or shows
        anything but words without numbers, and pictures and tables of what was released.
    """
    notebook = read_clean(source)
    _empty_results(source, results)
    environment = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), DRAWINGS_VARIABLE: "1"}
    environment[STEP_VARIABLE] = source.stem
    environment["PYTHONWARNINGS"] = ",".join(
        filter(None, [os.environ.get("PYTHONWARNINGS"), _NO_PROGRESS_BAR])
    )
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        startup_timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(source.parent)}},
        record_timing=False,
        extra_arguments=[
            "--IPKernelApp.log_level=40",  # the kernel warns about its own local sockets
            f"--IPKernelApp.exec_lines={_MARK_PICTURES}",
        ],
        allow_error_names=[ABSENT, *CANNOT, "NameError"],
        on_cell_start=lambda cell, cell_index: tell and tell(cell_index, len(notebook.cells)),
    )
    try:
        asyncio.run(_execute(client, environment))
    except CellExecutionError as error:
        raise NotebookError(_failure(source, notebook, f"{error.ename}: {error.evalue}")) from None
    except CellTimeoutError:
        cause = f"no end after {SECONDS_PER_CELL} s"
        raise NotebookError(_failure(source, notebook, cause, stopped=True)) from None
    except DeadKernelError:
        cause = "the kernel died (out of memory?)"
        raise NotebookError(_failure(source, notebook, cause, stopped=True)) from None
    tables = Path(os.path.relpath(results / "tables", target.parent)).as_posix()
    drawings = finish_notebook(notebook, source, results, tables)
    write_drawings(drawings, notebook, source.stem, results / "figures")
    _write(notebook, source, target)


def run_here(notebook: nbformat.NotebookNode, given: Mapping[str, Any], about: Mapping[str, str]) -> None:
    """Run a notebook's cells in this process, which is then at its end: no kernel has to start.

    Parameters
    ----------
    notebook : NotebookNode
        As stored; outputs are put into its cells.
    given : mapping
        Stands in the place of the cell tagged ``parameters``: names and their values.
    about : mapping
        Written into the file of each picture (``Title``).
    """
    shell = InteractiveShell.instance(
        config=Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"xmode": "Minimal"}})
    )
    mpl.use("Agg")
    select_figure_formats(shell, {"png"}, bbox_inches=None, metadata=dict(about))
    mark_pictures()
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), 1):
        cell.execution_count = number
        if "parameters" in cell.metadata.get("tags", ()):
            shell.push(dict(given))
            continue
        with shell.display_trap, capture_output() as shown:  # else the trap shows what a cell returns
            done = shell.run_cell(cell.source)
        pictures = [shell.display_formatter.format(plt.figure(n)) for n in plt.get_fignums()]
        plt.close("all")
        cell.outputs = [
            nbformat.v4.new_output("display_data", data, metadata=metadata or {})
            for data, metadata in (*((o.data, o.metadata) for o in shown.outputs), *pictures)
            if data.keys() != {"text/plain"}  # what a line returned, with a semicolon or not
        ]
        error = done.error_before_exec or done.error_in_exec
        if error:
            last = traceback.extract_tb(error.__traceback__)[-1:]
            ours = any("analysis_lib" in Path(frame.filename).parts for frame in last)
            raised = ["File analysis_lib/" if ours else "Cell"]  # as a kernel says where
            said = {"ename": type(error).__name__, "evalue": str(error), "traceback": raised}
            cell.outputs.append(nbformat.v4.new_output("error", **said))
        elif shown.stdout:
            cell.outputs.append(nbformat.v4.new_output("stream", text=shown.stdout))


def finish_notebook(
    notebook: nbformat.NotebookNode, source: Path, results: Path, tables: str
) -> dict[str, str]:
    """Make an executed notebook a page: captions, links to tables, facts; without what inputs did not allow.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place.
    source, results : Path
        As of `execute_notebook`.
    tables : str
        Where its tables lie, as its page links to them.

    Returns
    -------
    dict
        The drawings of its figures, as `drawings.take_drawings` gives them.
    """
    drawings = take_drawings(notebook)
    protects = protecting(source.stem, results)
    drop_returned(notebook, protects=protects)
    _refuse_unreleased(notebook, source, results, protects=protects)
    labels = read_labels(source.stem, results)
    gaps = _find_gaps(notebook, source, read_texts(results, source.stem), labels)
    _caption_cells(notebook, labels)
    prune_notebook(notebook, gaps, find_there(notebook, source, results, complete=not gaps))
    _link_tables(notebook, results, tables)
    _quote_facts(notebook, source, results)
    return drawings


def _write(notebook: nbformat.NotebookNode, source: Path, target: Path) -> None:
    """Write an executed copy, with a stub for each cell that pages embed and that it lacks.

    Quarto looks an embedded cell up before it knows that the text around it is hidden.
    """
    labels = {label_of(cell.source) for cell in notebook.cells}
    embedded = shape.list_embedded(source.parent.parent, source.name)
    for label in sorted(embedded - labels):
        # Found by its id: a label would make it a figure with a number
        cell = nbformat.v4.new_code_cell("#| echo: false", id=label)
        hidden = '::: {.content-visible when-meta="has.nothing"}\nleft out\n:::'
        cell.outputs = [nbformat.v4.new_output("display_data", {"text/markdown": hidden})]
        cell.metadata[shape.STUB] = True
        notebook.cells.append(cell)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    nbformat.write(notebook, partial)
    partial.replace(target)


def leave_out_notebook(source: Path, target: Path, results: Path) -> None:
    """Write a notebook whose inputs are absent: its title alone, and no results of an earlier run.

    No page is made of it; it is there for pages that embed its cells in hidden text.
    """
    _empty_results(source, results)
    notebook = read_clean(source)
    notebook.cells = notebook.cells[:1]
    _write(notebook, source, target)


def write_stubs(root: Path, absent: Iterable[str]) -> list[Path]:
    """Write a notebook without cells for each that pages embed and that is not in notebooks/."""
    stubs = []
    for name in absent:
        title = nbformat.v4.new_raw_cell("---\ntitle: Absent\n---", id="title")
        stubs.append(root / "report" / "notebooks" / name)
        _write(nbformat.v4.new_notebook(cells=[title]), root / "notebooks" / name, stubs[-1])
    return stubs


def list_results(source: Path, results: Path) -> list[Path]:
    """Return the files that a notebook's run wrote: facts and tables of its stores, and its drawings."""
    stores = [path for store in list_stores(source.stem, results) for path in list_store(store, results)]
    return [*stores, *list_drawings(source.stem, results / "figures")]


def _empty_results(source: Path, results: Path) -> None:
    for path in list_results(source, results):
        path.unlink()


async def _execute(client: NotebookClient, environment: dict[str, str]) -> None:
    """Run all cells, and let an interrupt end it.

    Left to itself, the client takes the signals that stop a run, ends its kernel, and waits for ever for
    the kernel's answer.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler = loop.remove_signal_handler = lambda *_: False
    with tempfile.TemporaryDirectory() as sockets:
        # Files instead of ports: another program may take a port before the kernel does
        if os.name == "posix":
            local = {"transport": "ipc", "ip": f"{sockets}/kernel"}
            client.update_config(Config({"KernelManager": local}))
        await client.async_execute(env=environment)


def read_clean(source: Path) -> nbformat.NotebookNode:
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
    label = label_of(cell.source)
    lines = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#|")]
    name = label or (lines[0] if lines else "empty cell")
    return f"{source.name}, cell {number} ({name}): {cause}"


def _refuse_unreleased(
    notebook: nbformat.NotebookNode, source: Path, results: Path, *, protects: bool
) -> None:
    written = read_written(notebook.cells, protects)
    for number, cell in enumerate(notebook.cells, 1):
        unreleased = find_unreleased(cell, results, written) if cell.cell_type == "code" else None
        if unreleased:
            raise NotebookError(_place(source, number, cell, unreleased))


def _caption_cells(notebook: nbformat.NotebookNode, labels: Mapping[str, Mapping[str, str]]) -> None:
    """Write the caption and the alternative text that were said for a label into the options of its cell."""
    for cell in notebook.cells:
        label = label_of(cell.source) if cell.cell_type == "code" else ""
        kind = label.partition("-")[0]
        for name, text in reversed(labels.get(label, {}).items()):
            option = f"#| {kind}-{'cap' if name == 'caption' else name}:"
            if f"\n{option}" not in cell.source:
                parts = [unmarked(text)] if name == "alt" else [literal(p) for p in text.split(_SOURCE)]
                shown = _as_yaml(_SOURCE.join(parts))
                cell.source = cell.source.replace(f": {label}\n", f': {label}\n{option} "{shown}"\n', 1)


def _link_tables(notebook: nbformat.NotebookNode, results: Path, tables: str) -> None:
    """Link to the tables that a cell saves below it, but for those that the text links to itself."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        saved = shape.SAVED_TABLE.findall(cell.source) if cell.cell_type == "code" else []
        links = [
            f"[{name}.csv]({tables}/{name}.csv)"
            for name in dict.fromkeys(saved)
            if f"{name}.csv" not in text and (results / "tables" / f"{name}.csv").is_file()
        ]
        if links:
            said = f"Table{'s' if len(links) > 1 else ''}: {', '.join(links)}."
            cells.append(nbformat.v4.new_markdown_cell(said, id=f"{cell.id}-tables"))
    notebook.cells = cells


def _find_gaps(
    notebook: nbformat.NotebookNode,
    source: Path,
    texts: Mapping[str, str],
    labels: Mapping[str, Mapping[str, str]],
) -> dict[int, Gap]:
    """Find the cells that inputs did not allow; one that cannot be computed shows the reason instead.

    A NameError is a gap only if the name would have been made by a cell that has one, directly or through
    another; any other is a failure. Such a cell says nothing of its own unless it is a figure or a table.
    """
    gaps: dict[int, Gap] = {}
    missing: dict[str, Gap] = {}
    for number, cell in enumerate(notebook.cells):
        outputs = cell.outputs if cell.cell_type == "code" else []
        error = next((o for o in outputs if o.output_type == "error"), None)
        if error is None:
            continue
        name = re.search(r"name '(\w+)' is not defined", error.evalue)
        if error.ename == ABSENT or error.ename in CANNOT:
            told = _read_headline(cell.source, texts, labels) if error.ename == "NothingToDraw" else ""
            cause, shown = Gap(told or error.evalue, error.ename != ABSENT), True
        elif error.ename == "NameError" and name and name[1] in missing:
            cause, shown = missing[name[1]], bool(label_of(cell.source))
        else:
            raise NotebookError(_place(source, number + 1, cell, f"{error.ename}: {error.evalue}"))
        missing |= dict.fromkeys(_names_made(cell.source) - missing.keys(), cause)
        gaps[number] = Gap(cause.reason, cause.said and shown, label_of(cell.source))
    for number, gap in gaps.items():
        _show_reason(notebook.cells[number], gap.reason)
    return gaps


def _read_headline(source: str, texts: Mapping[str, str], labels: Mapping[str, Mapping[str, str]]) -> str:
    """Return the headline of a figure that was said though nothing can be drawn; "" where it was not."""
    said = labels.get(label_of(source), {}).get("caption", "")
    if said:
        return said.partition(_SOURCE)[0]
    found = re.search(r'^#\| fig-cap: "(.*?)\.? Source: ', source, re.MULTILINE)
    if not found or not all(f"{m[1]}.{m[2]}" in texts for m in VARIABLE.finditer(found[1])):
        return ""
    return VARIABLE.sub(lambda m: texts[f"{m[1]}.{m[2]}"], found[1]) + "."


def _show_reason(cell: nbformat.NotebookNode, reason: str) -> None:
    """Make the reason the cell's only output, and the cell neither a figure nor a table."""
    lines = [line for line in cell.source.split("\n") if not re.match(r"#\| (?:label|fig-|tbl-|echo)", line)]
    cell.source = "\n".join(["#| echo: false", *lines])
    shown = {"text/plain": reason, "text/markdown": f"::: {{.callout-note}}\n{literal(reason)}\n:::"}
    cell.outputs = [nbformat.v4.new_output("display_data", shown)]


def _names_made(source: str) -> set[str]:
    """Names that a cell binds for the cells after it: no variable of a function or comprehension."""
    python = TransformerManager().transform_cell(source)  # without IPython's magics
    symbols = symtable.symtable(python, "cell", "exec").get_symbols()
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}


def _quote_facts(notebook: nbformat.NotebookNode, source: Path, results: Path) -> None:
    texts = read_texts(results, source.stem)

    def quote(found: re.Match, escape: Callable[[str], str]) -> str:
        name = f"{found[1]}.{found[2]}"
        if name not in texts:
            raise NotebookError(
                f"{source.name}: this notebook saved no fact named {name}, nor did a check of the inputs."
            )
        return escape(texts[name])

    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        lines = cell.source.split("\n")
        for number, line in enumerate(lines):
            escape = _escape_for(line) if cell.cell_type != "markdown" else literal
            lines[number] = VARIABLE.sub(lambda found, escape=escape: quote(found, escape), line)
        cell.source = "\n".join(lines)


def _escape_for(option: str) -> Callable[[str], str]:
    """Return how text is written in an option of a cell: alternative text takes no Markdown."""
    plain = unmarked if option.startswith("#| fig-alt:") else literal
    return lambda text: _as_yaml(plain(text))


def _as_yaml(text: str) -> str:
    """Escape for a double-quoted option of a cell, or of the title."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
