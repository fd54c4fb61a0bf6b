"""Cells that an audit of several notebooks found must be hidden: a notebook that runs again hides them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from analysis_lib.release.gate.linked import Linked

HELD_VARIABLE = "REPORT_HELD"  # names the file of these cells, where a notebook runs once more
#: table → column → rows, each its labels as text
Held = dict[str, dict[str, list[str]]]


def add_held(held: Held, more: Held) -> None:
    """Add cells that an audit found to those that it found before (changed in place)."""
    for name, columns in more.items():
        for column, rows in columns.items():
            known = held.setdefault(name, {}).setdefault(column, [])
            known += [row for row in rows if row not in known]


def row_names(table: Linked) -> list[str]:
    """Return each row's labels as one text."""
    labels = table.cells.labels
    return ["\x1f".join(row) for row in labels.itertuples(index=False, name=None)] or [""] * len(labels)


def hide_held(name: str, table: Linked) -> None:
    """Hide, in a table about to be released, the cells that an audit found must be hidden (in place)."""
    path = os.environ.get(HELD_VARIABLE)
    held: Held = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    rows = row_names(table) if name in held else []
    for column, named in held.get(name, {}).items():
        if column in table.cells.counts:
            at = np.flatnonzero(np.isin(rows, named))
            ids = table.cells.ids(at, table.cells.counts.index(column))
            ids = ids[table.cells.variables.value[ids] > 0]
            table.cells.variables.hidden[ids] = table.cells.variables.guarded[ids] = True
