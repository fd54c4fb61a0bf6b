"""What a tidy table covers: dates, areas, months of every area, and rows that repeat others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

AREA_LEVELS = {"sub_icb": "sub_icb_code", "icb": "icb_code"}
ENGLAND = "England"
# An area and a month, as 2020-01.
Place = tuple[str, str]
# Columns that are no label of a row: where it belongs, and which part of its file it is of.
NOT_LABELS = frozenset({"month", "region_code", "icb_code", "sub_icb_code", "part"})
MIX = np.uint64(0x9E3779B97F4A7C15)
# So many rows do not agree by chance; fewer may.
FEW = 10
# By ICB, in the teaching file: under a tenth of an area's month, and never more than three in a row.
MOST_TRUE_REPEATS = 0.2
BLOCK = 5


def month_offsets(times: np.ndarray) -> tuple[np.ndarray, np.datetime64, int]:
    """Return months as counts from the first one, that month, and how many months there are to the last.

    Times are converted once for each distinct value: a table of a million rows has a few hundred.
    """
    codes, distinct = pd.factorize(times)
    months = np.asarray(distinct).astype("datetime64[M]")
    base = months.min()
    offsets = (months - base).astype(np.int64)
    return offsets[codes], base, int(offsets.max()) + 1


def used_codes(codes: np.ndarray) -> np.ndarray:
    """Return the distinct codes of 0 or more, in order."""
    return np.flatnonzero(np.bincount(codes + 1)[1:]) if len(codes) else np.empty(0, np.int64)


@dataclass(frozen=True)
class RowKeys:
    """Rows as numbers: what is equal in two rows, of the same file or of two, has equal numbers.

    `cells` is the place of a row's area and month in `places`; `labels` stands for its labels and date;
    `whole` for these with its counts. Codes of parent areas are left out: they change where boundaries do.
    """

    places: list[Place]
    cells: np.ndarray
    labels: np.ndarray
    whole: np.ndarray


def row_keys(tidy: pa.Table, level: str) -> RowKeys:
    """Return the rows of a table as numbers (64 bits: two different rows are not equal by chance)."""
    keys, names, base, n_months = _cell_codes(tidy, level)
    used, cells = np.unique(keys, return_inverse=True)
    places = [(names[key // n_months], str(base + key % n_months)) for key in used.tolist()]
    labels, counts = (np.zeros(tidy.num_rows, np.uint64) for _ in range(2))
    for name in sorted(set(tidy.column_names) - NOT_LABELS):
        column = tidy.column(name)
        if pa.types.is_dictionary(column.type):
            codes, texts = _codes(tidy, name)
            hashed = pd.util.hash_array(np.array([*texts, ""], dtype=object), categorize=False)[codes]
        else:
            values = column.to_numpy()
            hashed = pd.util.hash_array(values.view(np.int64) if name == "date" else values)
        into = counts if name.startswith("n_") else labels
        np.multiply(into ^ hashed, MIX, out=into)
    return RowKeys(places, cells, labels, (labels ^ (counts >> np.uint64(1))) * MIX)


@dataclass(frozen=True)
class Repeats:
    """Rows that repeat others of their area and month.

    `copies` are those counted once, `exact` those that repeat a row before them to the last count (copies
    among them), `doubt` says what cannot be decided, "" where nothing is.
    """

    copies: np.ndarray
    exact: np.ndarray
    doubt: str = ""


def find_repeats(tidy: pa.Table, level: str, written: np.ndarray | None = None) -> Repeats:
    """Tell copies from rows that repeat truly, by area and month.

    Below the ICB every combination of labels stands once in an area and month: one that stands again is a
    copy, or of another release. Rows by ICB may repeat truly, where the column of the locations was dropped:
    only where all rows of an area's month stand equally often are they copies. Rows with another number in
    `written` are no repeats of each other.
    """
    none = np.zeros(tidy.num_rows, bool)
    if "month" not in tidy.column_names or not tidy.num_rows:
        return Repeats(none, none)
    rows = row_keys(tidy, level)
    place = pd.util.hash_array(rows.cells)
    if written is not None:
        place = place * MIX ^ pd.util.hash_array(written)  # in order: two equal numbers would cancel out
    groups = pd.factorize(rows.whole ^ place)[0]
    exact = pd.Index(groups).duplicated()
    again = exact if level == "icb" else pd.Index(rows.labels ^ place).duplicated()
    if not again.any():
        return Repeats(none, none)
    n_rows, n_exact, n_again = (
        np.bincount(rows.cells, weights).astype(np.int64) for weights in (None, exact, again)
    )
    times = np.bincount(groups)[groups]
    order = np.argsort(rows.cells, kind="stable")
    starts = np.searchsorted(rows.cells[order], np.arange(len(rows.places)))
    common = np.gcd.reduceat(times[order], starts)
    if level == "icb":
        sure = (common > 1) & (n_rows - n_exact >= FEW)
        copied = pd.Series(groups).groupby(groups).cumcount().to_numpy() >= times // common[rows.cells]
        unsure = ~sure & (n_rows >= 2 * FEW) & (n_exact > MOST_TRUE_REPEATS * n_rows)
        unsure |= ~sure & (np.bincount(rows.cells, in_blocks(groups)) > 0)
    else:
        alike = n_exact == n_again
        sure = alike & ((n_exact >= FEW) | (alike.all() and n_exact.sum() >= FEW))
        copied = exact
        unsure = ~sure & (n_again > 0)
    copies = copied & sure[rows.cells]
    n = int(n_again[unsure].sum())
    if not n:
        return Repeats(copies, exact)
    where = _such_as([rows.places[i] for i in np.flatnonzero(unsure)])
    if level == "icb":
        return Repeats(copies, exact, f"{n:,} row(s) stand twice in {where}: more than repeat truly")
    text = (
        f"{n:,} row(s) have the labels of another row of their area and month ({where}): copies, two releases"
    )
    return Repeats(copies, exact, f"{text} in one file, or labels that were joined")


def in_blocks(groups: np.ndarray) -> np.ndarray:
    """Return which rows end a block that stands earlier in the same order; equal rows have equal numbers."""
    before = pd.Series(np.arange(len(groups))).groupby(groups).shift(1).fillna(-1).to_numpy(np.int64)
    back = np.where(before < 0, 0, np.arange(len(groups)) - before)
    breaks = np.r_[True, back[1:] != back[:-1]]
    length = np.arange(len(groups)) - np.maximum.accumulate(np.where(breaks, np.arange(len(groups)), 0)) + 1
    return (back > 0) & (length >= BLOCK)


def _such_as(places: Sequence[Place]) -> str:
    first = f"{places[0][0]} in {places[0][1]}"
    return first if len(places) == 1 else f"{len(places):,} area-months such as {first}"


def describe(tidy: pa.Table, level: str) -> dict[str, Any]:
    """Return first and last date, the number of areas (None for England), and whether it is daily."""
    first = last = None
    name = "date" if "date" in tidy.column_names else "month"
    if name in tidy.column_names and tidy.num_rows:
        days = tidy.column(name).to_numpy()
        first, last = (str(day.astype("datetime64[D]")) for day in (days.min(), days.max()))
    area = AREA_LEVELS.get(level)
    n_areas = len(used_codes(_codes(tidy, area)[0])) if area else None
    return {"first_date": first, "last_date": last, "n_areas": n_areas, "daily": name == "date"}


def _codes(tidy: pa.Table, name: str) -> tuple[np.ndarray, list[str]]:
    column = tidy.column(name).combine_chunks()
    array = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    return array.indices.to_numpy(zero_copy_only=False), array.dictionary.to_pylist()


def _cell_codes(tidy: pa.Table, level: str) -> tuple[np.ndarray, list[str], np.datetime64, int]:
    """Return every row's area and month as one number, the areas, the first month and how many there are."""
    offset, base, n_months = month_offsets(tidy.column("month").to_numpy())
    area = AREA_LEVELS.get(level)
    codes, names = _codes(tidy, area) if area else (np.zeros(len(offset), np.int64), [ENGLAND])
    return codes.astype(np.int64) * n_months + offset, names, base, n_months


def find_cells(tidy: pa.Table, level: str) -> list[tuple[str, str, str, int]]:
    """Return (area, parent, month as 2020-01, rows) of everything the table covers."""
    if "month" not in tidy.column_names or not tidy.num_rows:
        return []
    keys, names, base, n_months = _cell_codes(tidy, level)
    parents = [""] * len(names)
    if level == "sub_icb" and "icb_code" in tidy.column_names:
        codes = keys // n_months
        parent_codes, parent_names = _codes(tidy, "icb_code")
        first = np.zeros(len(names), np.int64)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        parents = [parent_names[parent_codes[i]] for i in first]
    rows = np.bincount(keys, minlength=len(names) * n_months)
    return [
        (names[key // n_months], parents[key // n_months], str(base + key % n_months), int(rows[key]))
        for key in np.flatnonzero(rows).tolist()
    ]
