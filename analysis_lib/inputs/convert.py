"""From columns of text to a tidy table of one source, with the record of how good it was."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from analysis_lib.inputs.describe import describe, find_cells, find_repeats
from analysis_lib.inputs.errors import InputError, reject
from analysis_lib.inputs.header import Match
from analysis_lib.inputs.layouts import Column
from analysis_lib.inputs.text import TextTable
from analysis_lib.inputs.values import (
    MISSING_COUNT,
    SUPPRESSED_COUNT,
    UNKNOWN,
    BadValue,
    normalise_label,
    parse_counts,
    parse_dates,
)


@dataclass
class Part:
    """One file, zip member or sheet that was read: what it is, how good it is, and its tidy table.

    `cells` are (area, parent area, month, rows): what it covers. `table` is None where it is not
    loaded (a cached source that another supersedes).
    """

    member: str
    layout: str
    subject: str
    level: str
    rank: int
    stats: dict[str, Any]
    cells: list[tuple[str, str, str, int]]
    raw_labels: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    table: pa.Table | None = None

    def to_record(self) -> dict[str, Any]:
        """Return everything but the table, ready for JSON."""
        return asdict(self.without_table())

    def without_table(self) -> Part:
        """Return a copy that holds no table."""
        return Part(**{**self.__dict__, "table": None})


def convert(table: TextTable, match: Match, *, member: str = "", day_first: bool = False) -> Part:
    """Convert the text columns of one source by its layout.

    Suppressed and blank counts are neither 0 nor guessed: their rows are counted, warned of and left
    out of the table. Exact repeats are counted and kept.

    Raises
    ------
    InputError
        For the first date, count or code that cannot be converted, with its line and column.
    """
    converted: dict[str, Any] = {}
    warnings = list(table.warnings)
    for column in match.layout.columns:
        name = match.columns.get(column.meaning)
        if name is not None and column.kind != "unused":
            converted[column.meaning] = _convert_column(table, column, name, day_first)
    if match.unknown:
        warnings.append(f"column(s) not known to the layout and not read: {', '.join(match.unknown[:8])}")
    counts = {c.meaning: converted[c.meaning] for c in match.layout.columns if c.kind == "count"}
    keep, stats = _count_rows(table, counts)
    raw_labels, unseen_rows = _label_record(table, match, converted, counts, keep, warnings)
    stats["rows_warned"] = stats["n_suppressed"] + stats["n_missing"] + unseen_rows
    tidy = _tidy(match, converted, keep)
    stats |= describe(tidy, match.layout.level)
    _warn_of_counts(stats, warnings)
    layout = match.layout
    cells = find_cells(tidy, layout.level)
    return Part(
        member,
        layout.name,
        layout.subject,
        layout.level,
        layout.rank,
        stats,
        cells,
        raw_labels,
        warnings,
        tidy,
    )


def _convert_column(table: TextTable, column: Column, name: str, day_first: bool) -> Any:
    """Return (codes, values) of a date, label, code or text column; the counts of a count column."""
    array = table.columns[name]
    codes = array.indices.to_numpy(zero_copy_only=False)
    try:
        if column.kind in ("date", "month"):
            first = day_first or column.day_first
            days, _ = parse_dates(
                array.dictionary.to_pylist(), monthly=column.kind == "month", day_first=first
            )
            return codes, days
        if column.kind == "count":
            return parse_counts(array.dictionary)[codes]
    except BadValue as bad:
        row = int(np.flatnonzero(codes == bad.index)[0])
        raise _placed(bad, table, name, row) from None
    texts = [" ".join(text.replace("\u00a0", " ").split()) for text in array.dictionary.to_pylist()]
    if column.kind == "code":
        return _merge(codes, [text or UNKNOWN for text in texts])
    if column.meaning == "sub_icb_label":
        return _merge(codes, [_code_of_label(text) for text in texts])
    if column.kind == "label":
        return _merge(codes, [normalise_label(column.meaning, text)[0] for text in texts])
    return _merge(codes, array.dictionary.to_pylist())


def _placed(bad: BadValue, table: TextTable, name: str, row: int) -> InputError:
    raw = table.raw_names.get(name, name).strip()
    return reject(bad.problem, bad.expected, bad.remedy, line=table.line_of(row), column=raw)


def _code_of_label(text: str) -> str:
    """Return the code that ends a location's name ("NHS West Yorkshire ICB - 15F"), else the name itself."""
    match = re.search(r"\s[-–]\s([0-9A-Z]{3,5})$", text)
    return match[1] if match else (text or UNKNOWN)


def _merge(codes: np.ndarray, values: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return codes into the distinct values, where several texts became the same value."""
    distinct = list(dict.fromkeys(values))
    if len(distinct) == len(values):
        return codes, values
    place = {value: i for i, value in enumerate(distinct)}
    return np.array([place[value] for value in values], np.int32)[codes], distinct


def _count_rows(table: TextTable, counts: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, Any]]:
    """Return which rows have all their counts, and the record of rows read, repeated and left out."""
    suppressed = np.zeros(table.n_rows, bool)
    missing = np.zeros(table.n_rows, bool)
    for values in counts.values():
        suppressed |= values == SUPPRESSED_COUNT
        missing |= values == MISSING_COUNT
    missing &= ~suppressed
    repeated = find_repeats(table)
    keep = ~(suppressed | missing)
    main = counts.get("n_appointments", np.zeros(table.n_rows, np.int64))
    return keep, {
        "rows": table.n_rows,
        "n_appointments": int(main[keep].sum()) if "n_appointments" in counts else None,
        "rows_repeated": int(repeated.sum()),
        "n_repeated": int(main[repeated & keep].sum()),
        "n_suppressed": int(suppressed.sum()),
        "n_missing": int(missing.sum()),
    }


def _label_record(
    table: TextTable,
    match: Match,
    converted: dict[str, Any],
    counts: dict[str, np.ndarray],
    keep: np.ndarray,
    warnings: list[str],
) -> tuple[list[dict[str, Any]], int]:
    """Return rows and appointments of every raw label, and how many rows hold a label never seen."""
    record: list[dict[str, Any]] = []
    n = counts.get("n_appointments")
    unseen = np.zeros(table.n_rows, bool)
    for column in match.layout.columns:
        if column.kind != "label" or column.meaning not in converted:
            continue
        array = table.columns[match.columns[column.meaning]]
        codes = array.indices.to_numpy(zero_copy_only=False)
        texts = array.dictionary.to_pylist()
        rows = np.bincount(codes, minlength=len(texts))
        weights = np.where(keep, n, 0) if n is not None else np.zeros(table.n_rows)
        totals = np.bincount(codes, weights=weights, minlength=len(texts))
        for i, text in enumerate(texts):
            label, known = normalise_label(column.meaning, text)
            record.append(
                {
                    "subject": match.layout.subject,
                    "column": column.meaning,
                    "raw_value": text,
                    "normalised_value": label,
                    "rows": int(rows[i]),
                    "n_appointments": int(totals[i]),
                }
            )
            if not known:
                unseen |= codes == i
                shown = repr(text[:60]) if text else "a blank label"
                warnings.append(
                    f"{column.meaning}: {shown} never seen before, kept as {label!r} ({rows[i]:,} rows)"
                )
    return record, int(unseen.sum())


def _tidy(match: Match, converted: dict[str, Any], keep: np.ndarray) -> pa.Table:
    columns: dict[str, Any] = {}
    whole = bool(keep.all())
    for column in match.layout.columns:
        if column.meaning not in converted:
            continue
        value = converted[column.meaning]
        name = "sub_icb_code" if column.meaning == "sub_icb_label" else column.meaning
        if column.kind == "count":
            columns[name] = pa.array(value if whole else value[keep])
            continue
        codes, values = value
        codes = codes if whole else codes[keep]
        if column.kind in ("date", "month"):
            columns[name] = pa.array(values.astype("datetime64[ns]")[codes])
            if column.kind == "date":
                months = values.astype("datetime64[M]").astype("datetime64[ns]")
                columns["month"] = pa.array(months[codes])
        else:
            columns[name] = pa.DictionaryArray.from_arrays(
                pa.array(codes, pa.int32()), pa.array(values, pa.string())
            )
    return pa.table(columns)


def _warn_of_counts(stats: dict[str, Any], warnings: list[str]) -> None:
    if stats["n_suppressed"]:
        warnings.append(f"{stats['n_suppressed']:,} suppressed count(s): not 0, left out of every sum")
    if stats["n_missing"]:
        warnings.append(f"{stats['n_missing']:,} blank count(s): left out of every sum")
