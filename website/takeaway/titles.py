"""What each released table is called, where it comes from and what was hidden in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis_lib.release import list_kinds, list_releases
from website.literal import unmarked
from website.render.notebook import read_notebook
from website.shape import SAVED_TABLE, STORE

_HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
_SHORT = {"icb": "ICB", "hcp": "staff group", "dna": "DNA", "xmr": "XmR", "core20": "Core20"}
_WHY = {
    "small, or beside a small one": "small counts, and what would give them back",
    "rests on a hidden count": "what rests on a hidden count",
    "rests on too few": "what rests on too few people",
}
_OTHERS = {
    "data_quality": "What was read of each file, and what was unusual",
    "raw_labels": "The labels as the files had them",
    "release_log": "Which tables were released, and how much was hidden in each",
}


@dataclass(frozen=True)
class Described:
    """One released table: its file, and what its sheet says above it."""

    name: str
    path: Path
    title: str
    page: str = ""
    source: str = ""
    profile: str = ""
    hidden: str = "Nothing was hidden."
    kinds: dict[str, str] = field(default_factory=dict)  # of each column, as the gate took it


def describe_tables(root: Path, results: Path, notebooks: list[str]) -> list[Described]:
    """Describe every released table, in the order in which the notebooks saved them.

    Parameters
    ----------
    root, results : Path
        The project and its results folder.
    notebooks : list of str
        Paths of the executed notebooks from the root, in the order of the site.

    Returns
    -------
    list of Described
        Tables that no notebook saved come last.
    """
    releases = list_releases(results)
    stores, headings, pages = _read_notebooks(root, notebooks)
    kept = releases.drop_duplicates("table").set_index("table")
    kinds = list_kinds(results)
    order = {store: number for number, store in enumerate(stores)}
    known = sorted(kept.index, key=lambda table: order.get(kept.at[table, "store"], len(order)))
    files = {path.stem: path for path in sorted((results / "tables").glob("*.csv"))}
    described = []
    for name in [*(n for n in known if n in files), *(n for n in files if n not in kept.index)]:
        store = str(kept.at[name, "store"]) if name in kept.index else ""
        heading = headings.get(name) or _OTHERS.get(name, "")
        described.append(
            Described(
                name,
                files[name],
                f"{say_name(name)}: {heading}" if heading else say_name(name),
                pages.get(stores.get(store, ""), "Data quality and disclosure"),
                _source(results, store),
                str(kept.at[name, "profile"]) if name in kept.index else "",
                _say_hidden(releases[releases["table"] == name]),
                kinds.get(name, {}),
            )
        )
    return described


def say_name(name: str) -> str:
    """Name of a table in words: ``attendance_by_icb`` is "Attendance by ICB"."""
    text = " ".join(_SHORT.get(word, word) for word in name.split("_"))
    return text[:1].upper() + text[1:]


def _read_notebooks(root: Path, paths: list[str]) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Notebook of each store, heading above each saved table, and title of each notebook."""
    stores: dict[str, str] = {}
    headings: dict[str, str] = {}
    titles: dict[str, str] = {}
    for path in paths:
        notebook, heading = read_notebook(root, path), ""
        titles[path] = str(notebook.meta.get("title", path))
        for cell in notebook.cells:
            if cell.kind != "code":
                found = _HEADING.findall(cell.source)
                heading = unmarked(found[-1]) if found else heading
                continue
            stores |= {store: path for store in STORE.findall(cell.source) if store not in stores}
            headings |= {name: heading for name in SAVED_TABLE.findall(cell.source) if name not in headings}
    return stores, headings, titles


def _source(results: Path, store: str) -> str:
    """Where the inputs of the store, or else of the check, come from."""
    for name in (store, "run"):
        path = results / "facts" / f"{name}.json"
        if name and path.is_file():
            return str(json.loads(path.read_text(encoding="utf-8"))["source"])
    return ""


def _say_hidden(log: pd.DataFrame) -> str:
    reasons: Counter[str] = Counter()
    for row in log[log["reason"] != ""].itertuples():
        reasons[row.reason] += int(row.n_hidden)
    if not reasons:
        return "Nothing was hidden."
    told = "; ".join(f"{_WHY.get(reason, reason)} ({number:,})" for reason, number in reasons.items())
    return f"{sum(reasons.values()):,} cells are hidden and read [c]: {told}."
