"""Bring somebody else's tables to ours by a mapping file: names, codes and constants, nothing evaluated."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

import ibis

from analysis_lib.inputs.errors import InputError, Rejection, reject
from analysis_lib.inputs.population.checks import TOLERANCES
from analysis_lib.inputs.population.convert import (
    DAY_FIRST,
    WORDS,
    as_date,
    as_text,
    check_pattern,
    is_filled,
    to_iso,
)
from analysis_lib.inputs.population.schema import OPTIONAL_TABLES, TABLES, all_columns
from analysis_lib.inputs.population.source import Source

ANYTHING_ELSE = "*"
_KEYS = frozenset(
    {
        *("table", "join", "columns", "constants", "absent", "recode", "leave_out", "day_first", "formats"),
        *("days_between", "from_year"),
    }
)


@dataclass(frozen=True)
class TableMap:
    """How one of their tables becomes rows of one of ours; see data/mapping.md for each key."""

    table: str
    columns: dict[str, str | list[str]] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    recode: dict[str, dict[str, str]] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    formats: dict[str, str] = field(default_factory=dict)
    days_between: dict[str, list[str]] = field(default_factory=dict)
    from_year: dict[str, list[str]] = field(default_factory=dict)
    join: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mapping:
    """A mapping file: what is stated of the extract, and where the rows of each table come from."""

    manifest: dict[str, Any]
    tables: dict[str, tuple[TableMap, ...]]
    notes: tuple[str, ...] = ()
    tolerances: dict[str, float] = field(default_factory=dict)
    file: str = "mapping file"


@dataclass
class Mapped:
    """A table under our names, still in the types of its source.

    Attributes
    ----------
    table : ibis.Table
    filled : set of str
        Our columns that the source does not have.
    left_out : list of (their table, column, ibis.Table of left_out, n_codes)
        One row each: rows left out because a code has no place among ours.
    others : ibis.Table or None
        Further columns of a table that came under our own names: not read, but looked at for identifiers.
    """

    table: ibis.Table
    filled: set[str] = field(default_factory=set)
    left_out: list[tuple[str, str, ibis.Table]] = field(default_factory=list)
    others: ibis.Table | None = None


def read_mapping(path: str | Path | None) -> Mapping:
    """Return a mapping file, or the plain mapping (our own names) if there is none.

    Raises
    ------
    InputError
        If it is not readable TOML, or names a table, column or key that there is not.
    """
    if path is None:
        return Mapping({}, {name: (TableMap(name),) for name in TABLES})
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise reject(
            f"not a readable mapping file ({type(error).__name__})",
            "TOML as in data/mappings/synthea.toml",
            "Mend it; data/mapping.md explains each key.",
            file=path.name,
        ) from None
    known = [*TABLES, *OPTIONAL_TABLES]
    unknown = sorted(set(content) - {*known, "manifest", "notes", "tolerances"})
    if unknown:
        raise _mapping_fault(path, f"unknown {unknown}", f"the tables {', '.join(known)}")
    named = [name for name in known if name in TABLES or name in content]
    tables = {name: _table_maps(path, name, content.get(name, {"table": name})) for name in named}
    tolerances = content.get("tolerances", {})
    wrong = sorted(
        rule for rule, share in tolerances.items()
        if rule not in TOLERANCES or not isinstance(share, int | float) or not 0 <= share <= 1
    )  # fmt: skip
    if wrong:
        known = f"shares from 0 to 1 for {', '.join(TOLERANCES)}"
        raise _mapping_fault(path, f"[tolerances] has {wrong}", known)
    return Mapping(
        content.get("manifest", {}), tables, tuple(content.get("notes", ())), tolerances, path.name
    )


def add_optional(mapping: Mapping, source: Source) -> Mapping:
    """Return a mapping with the optional tables that a source has under our own names and columns.

    A table of that name with other columns is somebody else's, as OMOP's measurement, and none of ours.
    """
    found = {
        name: (TableMap(name),)
        for name, columns in OPTIONAL_TABLES.items()
        if name not in mapping.tables
        and {c.name for c in columns if c.required} <= {c.casefold() for c in source.columns(name)}
    }
    return replace(mapping, tables=mapping.tables | found)


def _table_maps(path: Path, name: str, given: Any) -> tuple[TableMap, ...]:
    ours = {c.name for c in all_columns(name)}
    maps = []
    for entry in given if isinstance(given, list) else [given]:
        unknown = sorted(set(entry) - _KEYS)
        named = {column for key in _KEYS - {"table", "join"} for column in entry.get(key, ())}
        if unknown or "table" not in entry or not named <= ours:
            strange = unknown + sorted(named - ours)
            raise _mapping_fault(path, f"[{name}] has {strange or 'no table'}", f"a table; {sorted(ours)}")
        lists = {key: tuple(entry.get(key, ())) for key in ("absent", "leave_out")}
        formats = dict.fromkeys(entry.pop("day_first", ()), DAY_FIRST) | entry.get("formats", {})
        wrong = sorted(ours for ours, pattern in formats.items() if not check_pattern(pattern))
        if wrong:
            raise _mapping_fault(path, f"[{name}] formats of {wrong}", f"patterns such as {DAY_FIRST!r}")
        maps.append(TableMap(**(entry | lists | {"formats": formats})))
    return tuple(maps)


def _mapping_fault(path: Path, problem: str, expected: str) -> InputError:
    return reject(problem, expected, "Mend the mapping file; see data/mapping.md.", file=path.name)


def apply_mapping(source: Source, mapping: Mapping, name: str) -> Mapped:
    """Return our table `name`, from one or more of theirs.

    Raises
    ------
    InputError
        If a table or column of theirs is not there.
    """
    parts = [_apply(_joined(source, entry), entry, name) for entry in mapping.tables[name]]
    if len(parts) == 1:
        return parts[0]
    # Tables of one kind in several places: only what all of them state keeps its own type.
    columns = sorted({column for part in parts for column in part.table.columns})
    aligned = [
        part.table.select(
            **{
                c: part.table[c].cast("string") if c in part.table.columns else ibis.null("string")
                for c in columns
            }
        )
        for part in parts
    ]
    return Mapped(
        reduce(lambda a, b: a.union(b), aligned),
        set.intersection(*(part.filled for part in parts)),
        [item for part in parts for item in part.left_out],
    )


def _joined(source: Source, entry: TableMap) -> ibis.Table:
    """Return their table, with the columns of those that are joined to it."""
    table = source.table(entry.table, _codes(entry))
    for other, key in entry.join.items():
        more = source.table(other, _codes(entry))
        here, there = (
            next((c for c in t.columns if c.casefold() == key.casefold()), None) for t in (table, more)
        )
        if here is None or there is None:
            raise InputError([_missing(other, entry.table if here is None else other, key, plain=False)])
        held = {column.casefold() for column in table.columns}
        added = {c: more[c] for c in more.columns if c.casefold() not in held}
        keyed = more.select(joined_by_=more[there], **added)
        rows = (
            keyed.aggregate(n=keyed.joined_by_.count(), d=keyed.joined_by_.nunique()).to_pyarrow().to_pylist()
        )
        if rows[0]["n"] != rows[0]["d"]:
            raise reject(
                f"{rows[0]['n'] - rows[0]['d']:,} rows beyond one for each {key}", "one row to join to each",
                "Extract one row each (for instance the last), or leave the table out of join.", file=other,
            )  # fmt: skip
        table = table.left_join(keyed, table[here] == keyed.joined_by_).drop("joined_by_")
    return table


def _codes(entry: TableMap) -> frozenset[str]:
    """Return their codes that a mapping lists, in capitals: such words are codes, and not missing values."""
    return frozenset(code.upper() for codes in entry.recode.values() for code in codes)


def _apply(raw: ibis.Table, entry: TableMap, name: str) -> Mapped:
    plain = not entry.columns
    wanted = all_columns(name)
    there = {column.casefold(): column for column in raw.columns}
    elsewhere = {*entry.constants, *entry.absent, *entry.days_between, *entry.from_year}
    theirs = _sources(entry, [c.name for c in wanted if c.name in there and c.name not in elsewhere])
    used = {t for names in _all_sources(entry, theirs) for t in names}
    given = {*theirs, *elsewhere}
    missing = sorted(t for t in used if t.casefold() not in there)
    missing += [c.name for c in wanted if c.required and c.name not in given]
    missing += sorted({*entry.recode, *entry.leave_out} - set(theirs) - set(missing))
    if missing:
        raise InputError([_missing(name, entry.table, column, plain) for column in missing])
    column = {t: raw[there[t.casefold()]] for t in used}
    fields: dict[str, Any] = {
        ours: ibis.coalesce(*(column[t] for t in names)) for ours, names in theirs.items()
    }
    left_out, keep = [], []
    for ours, codes in entry.recode.items():
        text = _code_text(fields[ours])
        if ours in entry.leave_out:
            known = text.isin(list(codes)).fill_null(False)
            keep.append(known)
            left_out.append((entry.table, ours, _count_left_out(raw, text, known)))
        fields[ours] = _recode(text, codes)
    for ours in set(entry.leave_out) - set(entry.recode):
        known = is_filled(fields[ours])
        keep.append(known)
        left_out.append((entry.table, ours, _count_left_out(raw, ibis.null("string"), known)))
    for ours, (start, stop) in entry.days_between.items():
        fields[ours] = _days_between(name, column[start], column[stop], entry.formats.get(ours))
    for ours, (year, month) in entry.from_year.items():
        fields[ours] = _from_year(column[year], column[month])
    for ours in set(entry.formats) & set(theirs):
        fields[ours] = to_iso(fields[ours], entry.formats[ours])
    fields |= {ours: ibis.literal(value) for ours, value in entry.constants.items()}
    table = (raw.filter(keep) if keep else raw).select(**fields)
    others = sorted(set(raw.columns) - {there[t.casefold()] for t in used})
    filled = {c.name for c in wanted if c.name not in fields}
    return Mapped(table, filled, left_out, raw.select(others) if plain and others else None)


def _code_text(column: Any) -> Any:
    """Return codes as text; a number that is not whole stays so, and is found among the unknown."""
    text, kind = as_text(column), column.type()
    if text is None or kind.is_floating() or kind.is_decimal():
        return ibis.coalesce(text, column.cast("string")) if text is not None else column.cast("string")
    return text


def _all_sources(entry: TableMap, theirs: dict[str, list[str]]) -> list[list[str]]:
    return [*theirs.values(), *entry.days_between.values(), *entry.from_year.values()]


def _from_year(year: Any, month: Any) -> Any:
    """Return a month as text from columns of a year and of a month; one that is not there is read as July."""
    texts = [ibis.coalesce(as_text(c), c.cast("string")) for c in (year, month)]
    return texts[0] + "-" + texts[1].lpad(2, "0").fill_null("07")


def _days_between(name: str, start: Any, stop: Any, pattern: str | None) -> Any:
    """Return the days from one date to another; a text where one cannot be read, so that it is counted."""
    unread = None
    days = []
    for given in (start, stop):
        text = to_iso(given, pattern) if pattern else given
        day = as_date(text)
        if day is None:
            raise reject(
                f"days_between asks for a column of type {given.type()}",
                WORDS["date"],
                "Name columns of dates.",
                file=name,
                column=given.get_name(),
            )
        days.append(day)
        if text.type().is_string():
            wrong = is_filled(text) & day.isnull()
            unread = wrong if unread is None else unread | wrong
    between = days[1].delta(days[0], unit="day")
    return between if unread is None else ibis.ifelse(unread, "unread", between.cast("string"))


def _sources(entry: TableMap, same: list[str]) -> dict[str, list[str]]:
    """Return, by our column, their columns in order of preference."""
    named = {ours: [t] if isinstance(t, str) else list(t) for ours, t in entry.columns.items()}
    return {name: [name] for name in same} | named


def _count_left_out(raw: ibis.Table, text: Any, known: Any) -> ibis.Table:
    lost = raw.select(text=text, known=known).filter(lambda rows: ~rows.known)
    return lost.aggregate(n=lost.count(), n_codes=lost.text.nunique())


def _recode(text: Any, codes: dict[str, str]) -> Any:
    pairs = [(theirs, ours) for theirs, ours in codes.items() if theirs != ANYTHING_ELSE]
    # A code that is not listed stays as it is, so that the check of codes finds and counts it.
    other = codes.get(ANYTHING_ELSE, text)
    return text.cases(*pairs, else_=other) if pairs else ibis.literal(other)


def _missing(name: str, table: str, column: str, plain: bool) -> Rejection:
    remedy = (
        "Add it, or say in a mapping file what yours is called, or that it is absent."
        if plain
        else "Mend the mapping file: columns, constants or absent must cover it."
    )
    where = table if plain else f"{name} (from {table})"
    return Rejection(where, "required column absent", f"a column {column}", remedy, column=column)
