"""The release log: which tables left under which rules, and how much was hidden in them. No values."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from analysis_lib.project import results_folder
from analysis_lib.release.facts import say
from analysis_lib.release.profiles import PATIENT, profile_named

# Reason, as the gate records it, and the name of its fact.
_REASONS = {
    "small, or beside a small one": "n_small",
    "rests on a hidden count": "n_part",
    "rests on too few": "n_few",
}
_COLUMNS = ("store", "table", "profile", "rows", "n_cells", "column", "reason", "n_hidden")


def list_releases(folder: Path | None = None) -> pd.DataFrame:
    """Return what was released and hidden, from the stores of a results folder.

    Parameters
    ----------
    folder : Path, optional
        The results folder; `project.results_folder()` if not given.

    Returns
    -------
    DataFrame
        One row per table, column and reason: store, table, profile, rows, n_cells (numbers in the
        table), column, reason, n_hidden. A table with nothing hidden has one row without a reason.
    """
    rows = []
    for path in sorted(((folder or results_folder()) / "facts").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for name, table in content["tables"].items():
            known = (path.stem, name, content["profile"], table["rows"], table["n_cells"])
            hidden = [h for h in table["hidden"] if h["reason"] in _REASONS] or [
                {"column": "", "reason": "", "n_cells": 0}
            ]
            rows += [(*known, h["column"], h["reason"], h["n_cells"]) for h in hidden]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def list_kinds(folder: Path | None = None) -> dict[str, dict[str, str]]:
    """Return for each released table what the gate took its columns for: table → column → kind."""
    paths = sorted(((folder or results_folder()) / "facts").glob("*.json"))
    stores = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return {name: table.get("kinds", {}) for store in stores for name, table in store["tables"].items()}


def save_releases(releases: pd.DataFrame, folder: Path | None = None) -> None:
    """Write the release log among the released tables, for readers of the page on disclosure."""
    target = (folder or results_folder()) / "tables" / "release_log.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    releases.to_csv(target, index=False, lineterminator="\n")


def summarise_releases(releases: pd.DataFrame) -> dict[str, str]:
    """Return the facts about a release that the page on disclosure quotes, as texts."""
    tables = releases.drop_duplicates(["store", "table"])
    protected = any(profile_named(name).protects for name in tables["profile"].unique())
    by_reason = releases.groupby("reason")["n_hidden"].sum()
    return {
        "profiles": " and ".join(sorted(tables["profile"].unique())) or "none",
        "applied": _say_applied(protected, int(releases["n_hidden"].sum())),
        "n_tables": say(len(tables), "things"),
        "n_cells": say(tables["n_cells"].sum(), "things"),
        "n_hidden": say(releases["n_hidden"].sum(), "things"),
        **{name: say(by_reason.get(reason, 0), "things") for reason, name in _REASONS.items()},
        "smallest": say(PATIENT.suppress_below, "things"),
        "largest_hidden": say(PATIENT.suppress_below - 1, "things"),
        "round_to": say(PATIENT.round_to, "things"),
        "fewest": say(PATIENT.fewest, "things"),
    }


def _say_applied(protected: bool, n_hidden: int) -> str:
    if not protected:
        return "Nothing was hidden or rounded: the inputs are published statistics"
    if n_hidden == 0:
        return "All counts were rounded; none was small enough to hide"
    return "Small counts were hidden, with what would give them back, and all others rounded"
