"""Bring the columns of a mapped table to our types; what cannot be converted is counted, never shown."""

from __future__ import annotations

from typing import Any

import ibis

from analysis_lib.inputs.errors import Rejection
from analysis_lib.inputs.population.mapping import Mapped, as_date
from analysis_lib.inputs.population.schema import EXTRAS, TABLES, Column

WORDS = {
    "string": "text",
    "date": "dates (YYYY-MM-DD)",
    "month": "months (YYYY-MM, or a date within the month)",
    "int32": "whole numbers",
    "float64": "numbers",
}


def convert(mapped: Mapped, name: str) -> tuple[ibis.Table, dict[str, Any], list[Rejection]]:
    """Return table `name` in our types and order.

    Returns
    -------
    table : ibis.Table
    faults : dict of str to ibis boolean column
        By column, on ``mapped.table``: rows whose value is not of the type.
    rejections : list of Rejection
        Columns of a type that can never become ours (a number where a date belongs).
    """
    fields: dict[str, Any] = {}
    faults: dict[str, Any] = {}
    rejections = []
    for column in TABLES[name] + EXTRAS.get(name, ()):
        if column.name in mapped.filled:
            if column in TABLES[name]:
                fields[column.name] = _blank(ibis.null(_ibis_type(column)), column)
            continue
        given = mapped.table[column.name]
        made = _convert(given, column, column.name in mapped.day_first)
        if made is None:
            rejections.append(_wrong_type(name, column, given))
            continue
        if not _same(given, column):
            faults[column.name] = is_filled(given) & made.isnull()
        fields[column.name] = _blank(made, column)
    return mapped.table.select(**fields), faults, rejections


def _ibis_type(column: Column) -> str:
    return "date" if column.dtype == "month" else column.dtype


def _same(given: Any, column: Column) -> bool:
    kind = given.type()
    checks = {
        "string": kind.is_string(),
        "int32": kind.is_integer() and kind.nbytes <= 4,
        "float64": kind.is_numeric(),
    }
    return checks.get(column.dtype, kind.is_date() or kind.is_timestamp())


def is_filled(given: Any) -> Any:
    """Return an expression: whether a column has a value that is not blank."""
    return given.notnull() & (given.strip() != "") if given.type().is_string() else given.notnull()


def _blank(value: Any, column: Column) -> Any:
    return value if column.blank is None else value.fill_null(column.blank)


def _convert(given: Any, column: Column, day_first: bool) -> Any:
    """Return the column in our type; None where its type rules that out."""
    kind = given.type()
    if column.dtype == "string":
        return given if kind.is_string() else given.cast("string") if kind.is_integer() else None
    if column.dtype in ("date", "month"):
        if not (kind.is_string() or kind.is_date() or kind.is_timestamp()):
            return None
        day = as_date(given, day_first)
        return day.truncate("month").cast("date") if column.dtype == "month" else day
    if kind.is_string():
        return given.strip().nullif("").try_cast(column.dtype)
    if column.dtype == "int32" and kind.is_floating():
        given = ibis.ifelse(given == given.floor(), given, ibis.null("float64"))
    return given.try_cast(column.dtype) if kind.is_numeric() else None


def _wrong_type(name: str, column: Column, given: Any) -> Rejection:
    return Rejection(
        name,
        f"the column is of type {given.type()}",
        WORDS[column.dtype],
        "Convert it at its source, or name another column in a mapping file.",
        column=column.name,
    )
