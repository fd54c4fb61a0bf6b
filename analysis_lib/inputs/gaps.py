"""What was read lacks: missing months, missing areas, codes that the reference table does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from analysis_lib.inputs.areas import AreaLookup

SHOWN = 12
LEVELS = {"sub_icb": "sub-ICB locations", "icb": "ICBs"}


def gap_notes(subject: str, level: str, pairs: Iterable[tuple[str, str]], lookup: AreaLookup) -> list[str]:
    """Return notes on the months and areas that a subject lacks; nothing is interpolated.

    Parameters
    ----------
    subject : str
    level : {"sub_icb", "icb", "england"}
        Level of the areas.
    pairs : iterable of (area, month)
        What is covered, months as 2020-01.
    lookup : AreaLookup
    """
    held: dict[str, set[str]] = {}
    for area, month in pairs:
        held.setdefault(area, set()).add(month)
    if not held:
        return []
    months = set().union(*held.values())
    span = np.arange(np.datetime64(min(months), "M"), np.datetime64(max(months), "M") + 1)
    absent = sorted(set(span.astype(str)) - months)
    notes = [f"{subject}: no rows for {_listed(absent)}."] if absent else []
    if level not in LEVELS:
        return notes
    known = set(lookup.icb_of if level == "sub_icb" else lookup.region_of)
    missing = sorted(known - set(held))
    if missing:
        n = len(known) - len(missing)
        notes.append(f"{subject}: {n} of {len(known)} {LEVELS[level]}; absent: {_listed(missing)}.")
    # A month without any row was noted for the subject; here only areas that lack a month others have.
    short = [f"{area} ({len(months - own)})" for area, own in sorted(held.items()) if months - own]
    if short:
        notes.append(f"{subject}: months missing in {len(short)} area(s): {_listed(short)}.")
    return notes


def overview_notes(overview: set[str], attendance: set[str]) -> list[str]:
    """Return a note where the national overview and the attendance files cover different months (2020-01)."""
    notes = []
    for here, there, where in (
        (overview - attendance, "the national overview alone", "not counted in attendance"),
        (attendance - overview, "the attendance files alone", "not counted in the category margins"),
    ):
        if overview and attendance and here:
            notes.append(f"overview: in {there}, {where}: {_listed(sorted(here))}.")
    return notes


def boundary_notes(subject: str, parents: Iterable[tuple[str, str]], lookup: AreaLookup) -> list[str]:
    """Return a note on locations that a file puts under another ICB than the reference table does."""
    moved = sorted({area for area, parent in parents if lookup.moved(area, parent)})
    if not moved:
        return []
    where = "under another ICB than in the reference table, kept as in the file"
    return [f"{subject}: {where}: {_listed(moved)}."]


def unknown_code_notes(
    frames: Mapping[str, pd.DataFrame | None], lookup: AreaLookup, named: AreaLookup
) -> list[str]:
    """Return notes that list area codes without an entry in the reference table; `named` has files' names."""
    notes = []
    for column in ("region_code", "icb_code", "sub_icb_code"):
        codes: set[str] = set()
        for frame in frames.values():
            if frame is not None and column in frame:
                codes |= set(lookup.unknown(column, frame[column].cat.categories))
        told = {code: named.names[column].get(code) for code in sorted(codes)}
        for items, words in (
            ([code for code, name in told.items() if name is None], "kept under their codes"),
            ([f"{code} ({name})" for code, name in told.items() if name], "named as in the files"),
        ):
            if items:
                notes.append(f"{column}: not in the reference table, {words}: {_listed(items)}.")
    return notes


def _listed(items: list[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more
