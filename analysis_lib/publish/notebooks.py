"""Execute a notebook from clean, and put the numbers it computed into its own prose."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

_VARIABLE = re.compile(r"\{\{<\s*var\s+([\w.]+)\s*>\}\}")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SECONDS_PER_CELL = 900

# What the library raises when inputs lack a subject or are too short: a note on the page, no failure.
NOT_AVAILABLE = ("AbsentInput", "TooFewPoints", "SeriesTooShort", "ModelDidNotFit")
NO_FACT = "not available from these inputs"


class NotebookError(RuntimeError):
    """A notebook did not run to its end; the message names the notebook, the cell and the cause."""


def execute_notebook(source: Path, target: Path, results: Path) -> None:
    """Run a notebook top to bottom in a fresh kernel and write the executed copy.

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
        If a cell fails, takes over `SECONDS_PER_CELL`, or quotes a fact that was not saved.
    """
    notebook = nbformat.read(source, as_version=4)
    environment = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1")}
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
        raise NotebookError(_failure(source, notebook, f"no end after {SECONDS_PER_CELL} s")) from None
    except DeadKernelError:
        raise NotebookError(_failure(source, notebook, "the kernel died (out of memory?)")) from None
    absent = _note_what_is_absent(notebook, source)
    _quote_facts(notebook, source, results, absent)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    nbformat.write(notebook, partial)
    partial.replace(target)


def _failure(source: Path, notebook: nbformat.NotebookNode, cause: str) -> str:
    """Name the last cell that started."""
    code = [(n, c) for n, c in enumerate(notebook.cells, 1) if c.cell_type == "code"]
    failed = [(n, c) for n, c in code if any(o.output_type == "error" for o in c.outputs)]
    started = [(n, c) for n, c in code if c.execution_count is not None]
    number, cell = (failed or started or code)[-1]
    label = re.search(r"#\|\s*label:\s*(\S+)", cell.source)
    lines = [line for line in cell.source.splitlines() if line and not line.startswith("#|")]
    name = label.group(1) if label else (lines[0] if lines else "empty cell")
    return f"{source.name}, cell {number} ({name}): {cause}"


def _note_what_is_absent(notebook: nbformat.NotebookNode, source: Path) -> bool:
    """Put a note in place of the error of each cell that lacks an input; return whether any did.

    A NameError counts as absence only if the name would have been made by a cell that lacked an
    input, directly or through another; any other is a failure.
    """
    missing: dict[str, str] = {}
    for cell in (c for c in notebook.cells if c.cell_type == "code"):
        error = next((o for o in cell.outputs if o.output_type == "error"), None)
        if error is None:
            continue
        name = re.search(r"name '(\w+)' is not defined", error.evalue)
        if error.ename in NOT_AVAILABLE:
            note = error.evalue
        elif name and name[1] in missing:
            note = missing[name[1]]
        else:
            raise NotebookError(_failure(source, notebook, f"{error.ename}: {error.evalue}"))
        nodes = ast.walk(ast.parse(cell.source))
        made = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        missing |= dict.fromkeys(made - missing.keys(), note)
        shown = {"text/markdown": f"::: {{.callout-note}}\n{note}\n:::", "text/plain": note}
        cell.outputs = [nbformat.v4.new_output("display_data", shown)]
    return bool(missing)


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
        escape = _as_yaml if cell.cell_type == "code" else str
        cell.source = _VARIABLE.sub(lambda found, escape=escape: quote(found, escape), cell.source)


def _as_yaml(text: str) -> str:
    """Escape for a double-quoted cell option."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
