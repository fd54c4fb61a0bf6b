"""What a notebook shows was released: a picture or table of anything else stops the build."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode

_PICTURE, _TABLE = "image/png", "text/markdown"
_WORDS = {"text/plain"}
_REMEDY = {
    _PICTURE: "draw columns of what save_table returned as they stand, with any library, and save what is "
    "computed of them as a table first",
    _TABLE: "show what save_table returned with show_table",
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
                return f"an output of type {form}: show a released frame with show_table, or a chart of one"
    return None
