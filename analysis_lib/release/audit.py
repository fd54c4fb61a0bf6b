"""Tables of several notebooks held against each other before any is published.

Each store protects its own tables as they are released. Notebooks run at the same time, and so what two of
them show of the same people is compared once all are there: in a run, true counts are kept in ``.build/`` of
the project, beside the inputs on the same machine, and never among the results.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from analysis_lib.project import STEP_VARIABLE, find_root
from analysis_lib.release.gate.held import Held, row_names
from analysis_lib.release.gate.linked import Linked, link
from analysis_lib.release.gate.nesting import Nesting
from analysis_lib.release.gate.protect import protect
from analysis_lib.release.kept import read_kept, write_kept
from analysis_lib.release.profiles import Profile


def counts_file(store: str) -> Path | None:
    """Return where a store's true counts are kept in a run; None outside of one."""
    return find_root() / ".build" / "counts" / f"{store}.npz" if os.environ.get(STEP_VARIABLE) else None


def keep_counts(
    path: Path, tables: Mapping[str, Linked], profile: Profile, nested: Iterable[Nesting]
) -> None:
    """Write the counts of a store's tables for `find_held`, for this user alone."""
    write_kept(path, [dict(tables), profile, list(nested)])


def find_held(paths: Iterable[Path]) -> Held:
    """Return the cells that must be hidden too, since another store's tables would give a hidden one back.

    Parameters
    ----------
    paths : iterable of Path
        Files of `keep_counts`, one per store.

    Raises
    ------
    NotReleasable
        If whatever is hidden, a small count could be worked out.
    """
    before: list[Linked] = []
    names: list[str] = []
    known: list[Nesting] = []
    for path in paths:
        tables, profile, nested = read_kept(path)
        known += nested
        for name, table in tables.items():
            link(table, before, profile, known, inside=False)
            names.append(name)
        before += tables.values()
    hidden = [table.cells.variables.hidden.copy() for table in before]
    protect([table.cells.variables for table in before], left=True)
    held: Held = {}
    for name, table, was in zip(names, before, hidden, strict=True):
        n = table.cells.true.size
        more = (table.cells.variables.hidden[:n] & ~was[:n]).reshape(table.cells.true.shape)
        rows = np.array(row_names(table), dtype=object)
        found = {c: rows[more[:, p]].tolist() for p, c in enumerate(table.cells.counts) if more[:, p].any()}
        if found:
            held[name] = found
    return held
