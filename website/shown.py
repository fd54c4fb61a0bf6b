"""What a notebook shows was released: a picture, table or number of anything else stops the build.

Tables and pictures of released numbers bear a seal (`analysis_lib.release.seal`), which no other output has.
Where people are protected, numbers in headings and axes, and in messages, must be those that the notebook's
own text says, or the library's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from analysis_lib.project import describe_versions
from analysis_lib.release import NUMBER, seal

_PICTURE, _TABLE = "image/png", "text/markdown"
_WORDS = {"text/plain"}
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_WHAT = {_PICTURE: "a picture", _TABLE: "a table"}
_REMEDY = {
    _PICTURE: "draw columns of what report.table returned as they stand, with any library, and save what is "
    "computed of them as a table first",
    _TABLE: "show what report.table returned with report.show",
}
_AS_FACT = "take the line out, quote a number as a fact (report.say), and show a table with report.show"
_IN_TEXT = (
    "write it out in the cell, or quote a number as a fact (report.say), which a caption takes up from the "
    "file of sentences"
)


@dataclass(frozen=True)
class Written:
    """The numbers that a notebook's code says itself: in its texts, and each cell's own in figures.

    `protects` is whether anything that it reads is of people.
    """

    protects: bool = False
    texts: frozenset[str] = frozenset()
    settings: frozenset[str] = field(default_factory=frozenset)

    def lacks(self, numbers: Iterable[str], cell: NotebookNode) -> list[str]:
        """Return those of these numbers that nobody wrote."""
        own = {*self.texts, *self.settings, *_figures(_parse(cell.source))}
        return [number for number in numbers if number.lower() not in own]


def read_written(cells: Iterable[NotebookNode], protects: bool) -> Written:
    """Read which numbers a notebook's code says: in all its texts, and in settings (``FEWEST = 10``)."""
    trees = [_parse(cell.source) for cell in cells if cell.cell_type == "code"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
    texts = {found.lower() for c in constants if isinstance(c, str) for found in NUMBER.findall(c)}
    assigned = [node for tree in trees for node in tree.body if isinstance(node, ast.Assign)]
    set_once = [n for n in assigned if isinstance(n.targets[0], ast.Name) and n.targets[0].id.isupper()]
    return Written(protects, frozenset(texts), frozenset(f for n in set_once for f in _figures(n)))


def _parse(source: str) -> ast.AST:
    try:
        return ast.parse(TransformerManager().transform_cell(source))  # without IPython's magics
    except SyntaxError:
        return ast.Module([], [])


def _figures(tree: ast.AST) -> set[str]:
    """Return the numbers of a piece of code, as charts note them."""
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    numbers = {c for c in constants if isinstance(c, int | float) and not isinstance(c, bool)}
    return {f"{sign * float(c):.9g}" for c in numbers for sign in (1, -1)}


def find_unreleased(cell: NotebookNode, results: Path, written: Written = Written()) -> str | None:  # noqa: B008
    """Return what a cell shows that was not released, with the remedy; None if there is no such thing.

    Parameters
    ----------
    cell : NotebookNode
        An executed code cell.
    results : Path
        The results folder, whose tables are what was released.
    written : Written
        The numbers that the notebook's code says itself, and whether people are protected.
    """
    return next(filter(None, (_refuse(output, cell, results, written) for output in cell.outputs)), None)


def _refuse(output: NotebookNode, cell: NotebookNode, results: Path, written: Written) -> str | None:
    data = output.get("data", {})
    words = output.get("text", "") if output.get("name") == "stdout" else data.get("text/plain", "")
    alone = not data or data.keys() == _WORDS
    number = NUMBER if written.protects else re.compile(r"\d")
    if alone and number.search(words) and words.strip() != describe_versions():
        return f"printed text with numbers, which may be of people: {_AS_FACT}"
    if written.protects and output.get("name") == "stderr" and number.search(output.text):
        return (
            "a warning with numbers, which may be of people: mend what it warns of, or leave it out with "
            "warnings.filterwarnings"
        )
    if written.protects and output.output_type == "error" and not _raised_by_library(output):
        unsaid = written.lacks(NUMBER.findall(output.evalue), cell)
        return (
            f"a message with a number ({', '.join(unsaid)}) that may be of people: {_IN_TEXT}"
            if unsaid
            else None
        )
    for form in data:
        if form in (_PICTURE, _TABLE):
            refused = _refuse_form(form, data[form], output.metadata.get(form, {}), cell, results, written)
            if refused:
                return refused
        elif form not in _WORDS:
            return f"an output of type {form}: show a released frame with report.show, or a chart of one"
    return None


def _refuse_form(
    form: str, shown: str | list[str], about: dict, cell: NotebookNode, results: Path, written: Written
) -> str | None:
    """Return why a table or a picture may not be shown."""
    what, names = _WHAT[form], about.get("released")
    if names is None:
        why = f" ({about['refused']})" if "refused" in about else ""
        return f"{what} of data that were not released{why}: {_REMEDY[form]}"
    absent = [n for n in names if not (results / "tables" / f"{n}.csv").is_file()]
    if absent:
        return f"{what} of {', '.join(absent)}, which is not among the released tables"
    if about.get("seal") != seal("".join(shown)):
        return f"{what} that says it was released, and that the library did not make: {_REMEDY[form]}"
    if unsaid := written.lacks(about.get("said", ()), cell):
        return f"{what} with a number ({', '.join(unsaid)}) that stands in no released table: {_IN_TEXT}"
    return None


def _raised_by_library(output: NotebookNode) -> bool:
    """Whether the library itself gave up: its messages hold no number of people."""
    if output.ename == "NameError" and re.fullmatch(r"name '\w+' is not defined", output.evalue):
        return True  # Python says a name of the code
    places = [line for line in map(_plain, output.get("traceback", ())) if re.match(r"(File|Cell) ", line)]
    return bool(places) and bool(re.match(r"File .*analysis_lib[\\/]", places[-1]))


def _plain(line: str) -> str:
    return _ANSI.sub("", line)


def drop_returned(notebook: NotebookNode, *, protects: bool = False) -> None:
    """Remove what a drawing call returned, such as ``[<matplotlib.lines.Line2D at 0x7f…>]``.

    Jupyter shows it beside the picture unless the line ends with a semicolon. It says nothing, and
    differs in every run. Where people are protected, so goes what stands in words beside a table or picture.
    """
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        if any(_PICTURE in output.get("data", {}) for output in outputs):
            cell.outputs = [
                o for o in outputs if o.output_type != "execute_result" or o.data.keys() != _WORDS
            ]
        for output in cell.get("outputs", []) if protects else ():
            if output.get("data", {}).keys() - _WORDS:
                output.data.pop("text/plain", None)
