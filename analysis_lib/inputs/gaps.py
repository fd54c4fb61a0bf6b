"""What was read lacks: missing months, missing areas, codes that the reference table does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis_lib import codes
from analysis_lib.inputs.areas import AreaLookup
from analysis_lib.inputs.describe import month_offsets

SHOWN = 12
# By what files are split, and the labels that every area has in every month: measured in all 4,200 of the
# months of ICBs and locations from January 2020 to June 2022 and June 2023 to November 2025.
SPLIT_BY: dict[str, tuple[str, ...]] = {
    "status": codes.STATUSES,
    "hcp_type": ("GP", "Other Practice staff"),
    "mode": ("Face-to-Face", "Telephone"),
    "lead_time": tuple(label for label in codes.LEAD_TIMES if not label.startswith("Unknown")),
    "duration": tuple(label for label in codes.DURATIONS if not label.startswith("Unknown")),
    "service_setting": (),
    "context_type": (),
    "national_category": (),
}
# The smallest area has 133 rows a month.
A_FEW_ROWS, MANY_ROWS = 20, 100
A_FEW_DAYS, LONGEST_HOLIDAY = 20, 5  # days with rows; weekdays without
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


def find_silent_days(frame: pd.DataFrame) -> str:
    """Say between which days a daily frame has no row on five weekdays or more; "" if nowhere.

    Five in a row are no bank holidays: a part of the file is not there. Few days are not judged.
    """
    days = pd.DatetimeIndex(frame["date"].unique())
    if len(days) < A_FEW_DAYS:
        return ""
    weekdays = pd.bdate_range(days.min(), days.max())
    silent = ~weekdays.isin(days)
    runs = pd.Series(weekdays)[silent].groupby((~silent).cumsum()[silent]).agg(["min", "max", "size"])
    long = runs[runs["size"] >= LONGEST_HOLIDAY]
    if long.empty:
        return ""
    first = long.iloc[0]
    return f"no rows from {first['min']:%d %B %Y} to {first['max']:%d %B %Y} ({first['size']} weekdays)"


def find_incomplete(frame: pd.DataFrame) -> str:
    """Say what areas and months lack that every one has: what hints at a split file; "" if nothing.

    A file split by status, staff, mode or lead time, of which one part is absent, gives totals that nothing
    else betrays. Few rows are not judged.
    """
    place = np.zeros(len(frame), np.int64)
    for name in ("sub_icb_code", "icb_code"):
        if name in frame:
            place = place * (len(frame[name].cat.categories) + 1) + frame[name].cat.codes.to_numpy() + 1
    offsets, _, n_months = month_offsets(frame["month"].to_numpy())
    cells, places = pd.factorize(place * n_months + offsets)
    labels = [name for name in SPLIT_BY if name in frame]
    for name in labels:
        categories = list(frame[name].cat.categories)
        held = np.zeros((len(places), len(categories) + 1), bool)
        held[cells, frame[name].cat.codes] = True  # the last column is of missing labels
        single = held[:, :-1].sum(axis=1) == 1
        if (single := single & _has_rows(frame, labels, cells, single, A_FEW_ROWS)).any():
            value = categories[held[single][0].argmax()]
            return f"{_where(frame, cells, single)}: every row has the {name} {value!r}"
        for value in SPLIT_BY[name]:
            absent = ~held[:, categories.index(value)] if value in categories else np.ones(len(places), bool)
            enough = A_FEW_ROWS if name == "status" and value != "Unknown" else MANY_ROWS
            if (absent := absent & _has_rows(frame, labels, cells, absent, enough)).any():
                return f"{_where(frame, cells, absent)}: no row has the {name} {value!r}"
    return ""


def _has_rows(
    frame: pd.DataFrame, labels: Sequence[str], cells: np.ndarray, asked: np.ndarray, enough: int
) -> np.ndarray:
    """Return which of the places asked for hold so many different rows."""
    if not asked.any():
        return asked
    rows = asked[cells]
    different = (
        frame.loc[rows, [*labels, *({"date"} & set(frame))]].assign(cell=cells[rows]).drop_duplicates()
    )
    return np.bincount(different["cell"], minlength=len(asked)) >= enough


def _where(frame: pd.DataFrame, cells: np.ndarray, chosen: np.ndarray) -> str:
    row = frame.iloc[int(np.flatnonzero(chosen[cells])[0])]
    areas = (row.get(name) for name in ("sub_icb_code", "icb_code"))
    first = f"{next((area for area in areas if isinstance(area, str)), 'England')} in {row['month']:%Y-%m}"
    n = int(chosen.sum())
    return first if n == 1 else f"{n:,} area-months such as {first}"


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
