"""What a notebook shows was released: a picture, table or number of anything else stops the build."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from analysis_lib.project import describe_versions

_PICTURE, _TABLE = "image/png", "text/markdown"
_WORDS = {"text/plain"}
_REMEDY = {
    _PICTURE: "draw columns of what report.table returned as they stand, with any library, and save what is "
    "computed of them as a table first",
    _TABLE: "show what report.table returned with report.show",
}


def find_unreleased(cell: NotebookNode, results: Path) -> str | None:
    """Return what a cell shows that was not released, with the remedy; None if there is no such thing.

    Parameters
    ----------
    cell : NotebookNode
        An executed code cell.
    results : Path
        The results folder, whose tables are what was released.
    """
    for output in cell.outputs:
        data = output.get("data", {})
        words = output.get("text", "") if output.get("name") == "stdout" else data.get("text/plain", "")
        alone = not data or data.keys() == _WORDS
        if alone and re.search(r"\d", words) and words.strip() != describe_versions():
            return (
                "printed text with numbers, which may be of people: take the line out, quote a number as "
                "a fact (report.say), and show a table with report.show"
            )
        for form in data:
            if form in (_PICTURE, _TABLE):
                about = output.metadata.get(form, {})
                names = about.get("released")
                what = "a picture" if form == _PICTURE else "a table"
                if names is None:
                    why = f" ({about['refused']})" if "refused" in about else ""
                    return f"{what} of data that were not released{why}: {_REMEDY[form]}"
                absent = [n for n in names if not (results / "tables" / f"{n}.csv").is_file()]
                if absent:
                    return f"{what} of {', '.join(absent)}, which is not among the released tables"
            elif form not in _WORDS:
                return f"an output of type {form}: show a released frame with report.show, or a chart of one"
    return None


def drop_returned(notebook: NotebookNode) -> None:
    """Remove what a drawing call returned, such as ``[<matplotlib.lines.Line2D at 0x7f…>]``.

    Jupyter shows it beside the picture unless the line ends with a semicolon. It says nothing, and
    differs in every run.
    """
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        if any(_PICTURE in output.get("data", {}) for output in outputs):
            cell.outputs = [
                o for o in outputs if o.output_type != "execute_result" or o.data.keys() != _WORDS
            ]
