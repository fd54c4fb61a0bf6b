"""What a tidy table covers: dates, areas, months of every area, and rows that repeat exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis_lib.inputs.text import TextTable

AREA_LEVELS = {"sub_icb": "sub_icb_code", "icb": "icb_code"}
ENGLAND = "England"


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


def find_repeats(table: TextTable) -> np.ndarray:
    """Return which rows repeat an earlier row in every cell."""
    key = np.zeros(table.n_rows, np.int64)
    size = 1
    for column in sorted(table.columns.values(), key=lambda c: len(c.dictionary)):
        n = max(len(column.dictionary), 1)
        if size > (1 << 62) // n:
            key, distinct = pd.factorize(key)
            size = len(distinct)
        key = key * n + column.indices.to_numpy(zero_copy_only=False)
        size *= n
    return pd.Index(key).duplicated()


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


def find_cells(tidy: pa.Table, level: str) -> list[tuple[str, str, str, int]]:
    """Return (area, parent, month as 2020-01, rows) of everything the table covers."""
    if "month" not in tidy.column_names or not tidy.num_rows:
        return []
    offset, base, n_months = month_offsets(tidy.column("month").to_numpy())
    area = AREA_LEVELS.get(level)
    codes, names = _codes(tidy, area) if area else (np.zeros(len(offset), np.int64), [ENGLAND])
    parents = [""] * len(names)
    if level == "sub_icb" and "icb_code" in tidy.column_names:
        parent_codes, parent_names = _codes(tidy, "icb_code")
        first = np.zeros(len(names), np.int64)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        parents = [parent_names[parent_codes[i]] for i in first]
    rows = np.bincount(codes.astype(np.int64) * n_months + offset, minlength=len(names) * n_months)
    return [
        (names[key // n_months], parents[key // n_months], str(base + key % n_months), int(rows[key]))
        for key in np.flatnonzero(rows).tolist()
    ]
