"""From columns of text to a tidy table of one source, with the record of how good it was."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis_lib.inputs.describe import NOT_LABELS, Repeats, describe, find_cells, find_repeats
from analysis_lib.inputs.errors import InputError, reject
from analysis_lib.inputs.header import Match
from analysis_lib.inputs.labels import (
    OwnLabels,
    area_names,
    clean_labels,
    label_record,
    merge_codes,
    warn_of_blank_codes,
)
from analysis_lib.inputs.layouts import Column
from analysis_lib.inputs.text import TextTable
from analysis_lib.inputs.tweet_text import count_again
from analysis_lib.inputs.values import (
    MISSING_COUNT,
    NO_VALUE,
    SUPPRESSED_COUNT,
    BadValue,
    parse_counts,
    parse_dates,
)

EXCEL_ROWS = 1_048_576
UNREAD = ("unused", "name")

# Below so many appointments two sums can be equal by chance.
FEWEST_FOR_SUBTOTALS = 1_000


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


def convert(
    table: TextTable,
    match: Match,
    *,
    member: str = "",
    day_first: bool = False,
    own_labels: OwnLabels | None = None,
) -> Part:
    """Convert the text columns of one source by its layout.

    Suppressed and blank counts are neither 0 nor guessed: their rows are counted, warned of and left
    out of the table. Rows that repeat others are kept where they may be real, and counted once where they
    are copies.

    Raises
    ------
    InputError
        For the first date, count or code that cannot be converted, with its line and column.
    """
    converted: dict[str, Any] = {}
    warnings = list(table.warnings)
    for column in match.layout.columns:
        name = match.columns.get(column.meaning)
        if name is not None and column.kind not in UNREAD:
            converted[column.meaning] = _convert_column(table, column, name, day_first, own_labels)
            warn_of_blank_codes(table, column, name, warnings)
    if match.unknown:
        warnings.append(f"column(s) not known to the layout and not read: {_list_names(match.unknown)}")
    meanings = [c.meaning for c in match.layout.columns if c.kind == "count" and c.meaning in converted]
    counts = {meaning: converted[meaning] for meaning in meanings}
    main = counts.get("n_appointments", np.zeros(table.n_rows, np.int64))
    keep, stats = _count_rows(table, counts)
    tidy = _tidy(match, converted, keep)
    repeats = find_repeats(tidy, match.layout.level, _as_written(table, match, converted, keep))
    stats |= _count_repeats(repeats, main[keep], match.unknown, warnings)
    if repeats.copies.any():
        tidy = tidy.filter(pa.array(~repeats.copies))
        keep[np.flatnonzero(keep)[repeats.copies]] = False
    stats["n_appointments"] = int(main[keep].sum()) if "n_appointments" in counts else None
    stats["doubt"] = stats["doubt"] or _find_subtotals(table, match, tidy, keep, main)
    if match.layout.subject == "tweets":
        stats["rows_repeated"] = _check_tweets(table, match)
    weights = np.where(keep, main, 0)
    raw_labels, unseen_rows, unseen = label_record(table, match, weights, warnings, own_labels)
    if "dimension" in converted and "n_appointments" in counts:
        # The same appointments, grouped in several ways: adding the groupings would count them again.
        codes = np.asarray(converted["dimension"][0])[keep]
        stats["n_appointments"] = int(np.bincount(codes, weights[keep]).max(initial=0))
    stats["unseen_labels"] = unseen
    stats["rows_warned"] = stats["n_suppressed"] + stats["n_missing"] + unseen_rows
    stats |= describe(tidy, match.layout.level)
    stats["area_names"] = area_names(table, match)
    stats["labels"] = sorted(set(tidy.column_names) - NOT_LABELS)
    stats["rows_sha256"] = _fingerprint(table, match, tidy)
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


def _convert_column(
    table: TextTable, column: Column, name: str, day_first: bool, own_labels: OwnLabels | None
) -> Any:
    """Return (codes, values) of a date, label, code or text column; the counts of a count column."""
    array = table.columns[name]
    codes = array.indices.to_numpy(zero_copy_only=False)
    try:
        if column.kind in ("date", "month"):
            texts = array.dictionary.to_pylist()
            days, _ = parse_dates(texts, monthly=column.kind == "month", day_first=day_first)
            return codes, days
        if column.kind == "count":
            return parse_counts(array.dictionary)[codes]
        return merge_codes(codes, clean_labels(column, array.dictionary.to_pylist(), own_labels))
    except BadValue as bad:
        row = int(np.flatnonzero(codes == bad.index)[0])
        raise _placed(bad, table, name, row) from None


def _placed(bad: BadValue, table: TextTable, name: str, row: int) -> InputError:
    raw = table.raw_names.get(name, name).strip()
    if table.columns[name].dictionary[bad.index].as_py().strip().casefold() == raw.casefold():
        problem, remedy = "the header stands here again", "Remove the line: a file has one header."
        return reject(problem, "data", remedy, line=table.line_of(row), column=raw)
    return reject(bad.problem, bad.expected, bad.remedy, line=table.line_of(row), column=raw)


def _check_tweets(table: TextTable, match: Match) -> int:
    """Return how many rows hold a tweet that stands before; reject ids that no longer tell tweets apart."""
    name = match.columns["tweet_id"]
    ids, texts = table.columns[name], table.columns[match.columns["tweet_full_text"]]
    try:
        return count_again(ids, texts)
    except BadValue as bad:
        row = int(np.flatnonzero(ids.indices.to_numpy(zero_copy_only=False) == bad.index)[0])
        place = {"line": table.line_of(row), "column": table.raw_names.get(name, name).strip()}
        raise reject(bad.problem, bad.expected, bad.remedy, **place) from None


def _count_rows(table: TextTable, counts: dict[str, np.ndarray]) -> tuple[np.ndarray, dict[str, Any]]:
    """Return which rows have all their counts, and the record of rows read and left out."""
    suppressed = np.zeros(table.n_rows, bool)
    missing = np.zeros(table.n_rows, bool)
    for values in counts.values():
        suppressed |= values == SUPPRESSED_COUNT
        missing |= values == MISSING_COUNT
    missing &= ~suppressed
    stats = {"rows": table.n_rows, "n_suppressed": int(suppressed.sum()), "n_missing": int(missing.sum())}
    return ~(suppressed | missing), stats


def _list_names(names: Sequence[str]) -> str:
    return ", ".join(name[:60] for name in names[:8]) + (" …" if len(names) > 8 else "")


def _count_repeats(
    repeats: Repeats, counts: np.ndarray, unread: Sequence[str], warnings: list[str]
) -> dict[str, Any]:
    """Return the record of rows that repeat others, and warn of what is counted once.

    Both name the columns that were not read: these may be what tells the rows apart.
    """
    hint = f"; not read, and perhaps what tells them apart: {_list_names(unread)}" if unread else ""
    real = repeats.exact & ~repeats.copies
    n = int(repeats.copies.sum())
    if n:
        n_counted = int(counts[repeats.copies].sum())
        told = f" ({n_counted:,} appointments)" if n_counted else ""
        warnings.append(
            f"{n:,} row(s){told} are copies of other rows of their area and month, "
            f"to the last count: counted once{hint}"
        )
    return {
        "rows_repeated": int(real.sum()),
        "n_repeated": int(counts[real].sum()),
        "doubt": repeats.doubt and repeats.doubt + hint,
    }


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


def _find_subtotals(
    table: TextTable, match: Match, tidy: pa.Table, keep: np.ndarray, counts: np.ndarray
) -> str:
    """Say which column's blank cells mark sums of the other rows, month by month; "" where none do.

    So write SQL (ROLLUP, GROUPING SETS) and Power BI their subtotals; as Unknown they would count twice.
    """
    if "month" not in tidy.column_names or counts[keep].sum() < FEWEST_FOR_SUBTOTALS:
        return ""
    months = pd.factorize(tidy.column("month").to_numpy())[0]
    for column in match.layout.columns:
        if column.kind not in ("label", "text", "code") or column.meaning not in match.columns:
            continue
        array = table.columns[match.columns[column.meaning]]
        texts = [text.strip().casefold() for text in array.dictionary.to_pylist()]
        blank = np.isin(
            array.indices.to_numpy(zero_copy_only=False)[keep],
            [i for i, text in enumerate(texts) if text in NO_VALUE],
        )
        if blank.any() and not blank.all():
            sums, rest = (np.bincount(months, counts[keep] * rows) for rows in (blank, ~blank))
            if rest.all() and sums.all() and not (sums % rest).any():
                name = table.raw_names.get(match.columns[column.meaning], column.meaning).strip()
                return f"rows without a value in {name} add up to all others in every month: subtotals"
    return ""


def _as_written(
    table: TextTable, match: Match, converted: dict[str, Any], keep: np.ndarray
) -> np.ndarray | None:
    """Return a number for each kept row that differs where labels that mean the same are written otherwise.

    Two texts that are both read as Unknown, or that the user declares to be one label, are two rows of the
    publisher's and no copies. None where every label has one text.
    """
    written = None
    for column in match.layout.columns:
        if column.kind not in ("label", "text") or column.meaning not in converted:
            continue
        array = table.columns[match.columns[column.meaning]]
        if len(converted[column.meaning][1]) < len(array.dictionary):
            codes = array.indices.to_numpy(zero_copy_only=False)[keep].astype(np.uint64) + np.uint64(1)
            written = codes if written is None else written * np.uint64(1_000_003) + codes
    return written


def _fingerprint(table: TextTable, match: Match, tidy: pa.Table) -> str:
    """Return a hash by which the same rows are known in another kind of file (CSV, xlsx, Parquet)."""
    digest = hashlib.blake2b(match.layout.name.encode(), digest_size=32)
    unread = [c for c in match.layout.columns if c.kind in UNREAD and c.meaning in match.columns]
    columns = {name: tidy.column(name) for name in tidy.column_names}
    columns |= {column.meaning: table.columns[match.columns[column.meaning]] for column in unread}
    for name, column in columns.items():
        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        array = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        digest.update(f"\0{name}\0".encode())
        if isinstance(array, pa.DictionaryArray):
            digest.update("\0".join(array.dictionary.to_pylist()).encode())
            array = array.indices
        digest.update(np.ascontiguousarray(array.to_numpy(zero_copy_only=False)).tobytes())
    return digest.hexdigest()


def _warn_of_counts(stats: dict[str, Any], warnings: list[str]) -> None:
    if stats["rows"] == EXCEL_ROWS - 1:
        warnings.append("as many rows as an Excel sheet can hold: the rest may have been cut off")
    if stats["n_suppressed"]:
        warnings.append(f"{stats['n_suppressed']:,} suppressed count(s): not 0, left out of every sum")
    if not stats["rows"] > stats["n_suppressed"] + stats["n_missing"]:
        warnings.append("not one row has a count: nothing of it is used")
    if stats["n_missing"]:
        warnings.append(f"{stats['n_missing']:,} blank count(s): left out of every sum")
