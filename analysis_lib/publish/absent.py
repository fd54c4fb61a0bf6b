"""What pages quote though these inputs do not allow it: said in words, so that no page breaks."""

from __future__ import annotations

import json
import re
from pathlib import Path

NO_FACT = "not available from these inputs"
MARK = "not_available"  # in the metadata of an executed notebook that lacked an input
_PLACEHOLDER = f"note\n{NO_FACT}\n"
_VARIABLE = re.compile(r"\{\{<\s*var\s+(\w+)\.(\w+)\s*>\}\}")
_TABLE = re.compile(r"results/tables/(\w+)\.csv")


def fill_absent(root: Path, results: Path, variables: dict[str, dict[str, str]]) -> None:
    """Give every fact and table that a page quotes and no notebook could make a text that says so.

    Nothing is filled unless an executed notebook is marked as lacking an input: otherwise a missing
    fact or table is a mistake, and stops the build.

    Parameters
    ----------
    root : Path
        The project's root, with the pages and report/notebooks/.
    results : Path
        The results folder; absent tables become a file of one line.
    variables : dict
        ``{store: {fact: text}}``; changed in place.
    """
    for table in (results / "tables").glob("*.csv"):
        if table.stat().st_size == len(_PLACEHOLDER) and table.read_text(encoding="utf-8") == _PLACEHOLDER:
            table.unlink()
    executed = sorted((root / "report" / "notebooks").glob("*.ipynb"))
    notebooks = [json.loads(path.read_text(encoding="utf-8")) for path in executed]
    if not any(notebook["metadata"].get(MARK) for notebook in notebooks):
        return
    sources = [path for folder in (".", "areas", "report") for path in root.glob(f"{folder}/*.qmd")]
    pages = [path.read_text(encoding="utf-8") for path in sources]
    prose = [c["source"] for n in notebooks for c in n["cells"] if c["cell_type"] == "markdown"]
    text = "\n".join([*pages, *("".join(source) for source in prose)])
    for store, name in _VARIABLE.findall(text):
        variables.setdefault(store, {}).setdefault(name, NO_FACT)
    for name in set(_TABLE.findall(text)):
        table = results / "tables" / f"{name}.csv"
        if not table.exists():
            table.write_text(_PLACEHOLDER, encoding="utf-8")
