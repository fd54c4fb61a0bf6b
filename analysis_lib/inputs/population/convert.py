"""Bring the columns of a mapped table to our types; what cannot be converted is counted, never shown.

One rule for every engine: what a text or a number means is said here, and not left to an engine's cast.
DuckDB reads 3.7 as 4 where a whole number is asked for, Spark refuses 5.0, and each guesses its own dates.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ibis

from analysis_lib.inputs.errors import Rejection
from analysis_lib.inputs.population.schema import Column, all_columns, main_columns

if TYPE_CHECKING:
    from analysis_lib.inputs.population.mapping import Mapped

WORDS = {
    "string": "text (of numbers, whole ones)",
    "date": "dates written YYYY-MM-DD",
    "month": "months written YYYY-MM, or dates written YYYY-MM-DD",
    "int32": "whole numbers (5 and 5.0 are; 3.7 is none)",
    "float64": "numbers with a decimal point, neither NaN nor infinite",
}
REMEDY = "Mend them at their source, and leave missing values empty."
REMEDIES = dict.fromkeys(
    ("date", "month"),
    "Write them so at their source, or declare their order in a mapping file, for instance "
    'formats.{column} = "DD/MM/YYYY" (data/mapping.md).',
)
# How R, SQL, pandas and Python write a missing value. NaN is none of them: a failed sum is written so too.
MISSING_WORDS = ("", "NA", "N/A", "NULL", "NONE", "NAT", "\\N")
DAY_FIRST = "DD/MM/YYYY"
_ISO_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ISO_MONTH = "^[0-9]{4}-[0-9]{2}$"
_TIME = "[T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)? ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)?$"
_WHOLE = "^-?[0-9]{1,10}([.]0*)?$"
_NUMBER = "^-?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$"
# Two digits each for chapter, section and paragraph, one for the sub-paragraph, and two characters more.
CHEMICAL = "^[0-9]{7}[0-9A-Z]{2}$"
_PRODUCT = "^[0-9]{7}[0-9A-Z]{4}([0-9A-Z]{4})?$"
_APPLIANCE = "^2[0-3][0-9]{9}$"
_PARTS = {"YYYY": "([0-9]{4})", "MON": "([A-Za-z]{3})", "MM": "([0-9]{1,2})", "DD": "([0-9]{1,2})"}
_PATTERN = re.compile("(YYYY|MON|MM|DD)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LARGEST_EXACT = 2.0**53 - 1
_LARGEST = sys.float_info.max


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
    for column in all_columns(name):
        if column.name in mapped.filled:
            if column in main_columns(name):
                fields[column.name] = _blank(ibis.null(_ibis_type(column)), column)
            continue
        given = mapped.table[column.name]
        made = _convert(given, column)
        if made is None:
            rejections.append(_wrong_type(name, column, given))
            continue
        if not _same(given, column):
            faults[column.name] = is_filled(given) & made.isnull()
        make = MADE.get(column.name)
        fields[column.name] = _blank(made if make is None else make(made), column)
    return mapped.table.select(**fields), faults, rejections


def _ibis_type(column: Column) -> str:
    return "date" if column.dtype == "month" else column.dtype


def _same(given: Any, column: Column) -> bool:
    kind = given.type()
    checks = {
        "string": kind.is_string() or kind.is_integer() or kind.is_boolean() or kind.is_uuid(),
        "int32": kind.is_integer() and kind.nbytes <= 4 and str(kind) != "uint32",
        "float64": kind.is_integer(),
    }
    return checks.get(column.dtype, kind.is_date() or kind.is_timestamp())


def _blank(value: Any, column: Column) -> Any:
    return value if column.blank is None else value.fill_null(column.blank)


def _convert(given: Any, column: Column) -> Any:
    """Return the column in our type; None where its type rules that out."""
    if column.dtype == "string":
        return as_text(given)
    if column.dtype in ("date", "month"):
        day = as_date(given, month=column.dtype == "month")
        return day.truncate("month").cast("date") if day is not None and column.dtype == "month" else day
    return _as_whole(given) if column.dtype == "int32" else _as_number(given)


def _wrong_type(name: str, column: Column, given: Any) -> Rejection:
    return Rejection(
        name,
        f"the column is of type {given.type()}",
        WORDS[column.dtype],
        REMEDIES.get(
            column.dtype, "Convert it at its source, or name another column in a mapping file."
        ).format(column=column.name),
        column=column.name,
    )


def clean(text: Any, keep: frozenset[str] = frozenset()) -> Any:
    """Return a text column without outer spaces, and without the words that stand for a missing value.

    Parameters
    ----------
    text : ibis string column
    keep : frozenset of str
        Such words that are codes here, in capitals.
    """
    plain = text.strip()
    words = [word for word in MISSING_WORDS if word not in keep]
    return ibis.ifelse(plain.upper().isin(words), ibis.null("string"), plain)


def is_filled(given: Any) -> Any:
    """Return an expression: whether a column has a value that is not blank."""
    if given.type().is_string():
        return clean(given).notnull()
    # Ibis takes NaN for missing on Spark, and not on DuckDB.
    return given.notnull() | given.isnan().fill_null(False) if given.type().is_floating() else given.notnull()


def as_text(given: Any) -> Any:
    """Return a column as text; missing where a number is not whole, None where its type rules it out."""
    kind = given.type()
    if kind.is_string():
        return given
    if kind.is_boolean():
        return ibis.cases((given, "true"), (~given, "false"))
    if kind.is_integer() or kind.is_uuid():
        return given.cast("string")
    if kind.is_floating() or kind.is_decimal():
        return _whole(given).cast("string")
    return None


def as_chemical(code: Any) -> Any:
    """Return BNF codes as those of their chemical: the first 9 characters of a product (11) or a pack (15).

    Dressings, appliances, incontinence and stoma items (chapters 20 to 23) have no chemical: missing. Any
    other text stays as it is, and is refused.
    """
    plain = code.strip().upper()
    short = ibis.ifelse(plain.re_search(_PRODUCT), plain.left(9), plain)
    return ibis.ifelse(is_appliance(code), ibis.null("string"), short)


def is_appliance(code: Any) -> Any:
    """Return whether BNF codes are of what is no medicine, and so have no chemical."""
    return code.strip().re_search(_APPLIANCE)


#: What is made of some columns once their type is right.
MADE: dict[str, Callable[[Any], Any]] = {
    "bnf_code": as_chemical,
    "measure": lambda measure: measure.strip().lower(),
}


def _whole(given: Any) -> Any:
    """Return a column of fractions as int64; missing where one is not whole, or too large to be exact."""
    number = _up_to(_LARGEST_EXACT, given)
    return ibis.ifelse(number == number.floor(), number, ibis.null("float64")).cast("int64")


def _up_to(largest: float, given: Any) -> Any:
    """Return numbers up to a size; missing where larger, infinite or NaN."""
    number = given.cast("float64")
    # Ibis knows no infinity on Spark. Statistics of a Parquet file leave NaN out, so that DuckDB takes a
    # bound that all others keep for kept by NaN too.
    beyond = number.isnan() | (number.abs() > largest)
    return ibis.ifelse(beyond, ibis.null("float64"), number)


def _as_whole(given: Any) -> Any:
    kind = given.type()
    if kind.is_string():
        text = given.strip()
        digits = ibis.ifelse(text.re_search(_WHOLE), text.re_replace("[.]0*$", ""), ibis.null("string"))
        return digits.try_cast("int32")
    if kind.is_floating() or kind.is_decimal():
        given = _whole(given)
    elif not kind.is_integer():
        return None
    return given if str(kind) == "int32" else given.try_cast("int32")


def _as_number(given: Any) -> Any:
    kind = given.type()
    if kind.is_string():
        text = given.strip()
        number = ibis.ifelse(text.re_search(_NUMBER), text, ibis.null("string")).try_cast("float64")
        return _up_to(_LARGEST, number)
    if kind.is_integer():
        return given.cast("float64")
    return _up_to(_LARGEST, given) if kind.is_floating() or kind.is_decimal() else None


def as_date(column: Any, *, month: bool = False) -> Any:
    """Return a text, date or timestamp column as dates; None where its type rules that out.

    Text is read as 2024-03-31, with a time behind it or without, or where `month` is true as 2024-03; any
    other becomes missing. The date is the one that is written: no time zone is applied.
    """
    kind = column.type()
    if kind.is_date():
        return column
    if kind.is_timestamp():
        return column.cast("date")
    if not kind.is_string():
        return None
    text = column.strip().re_replace(_TIME, "")
    if month:
        text = ibis.ifelse(text.re_search(_ISO_MONTH), text + "-01", text)
    return ibis.ifelse(text.re_search(_ISO_DAY), text, ibis.null("string")).try_cast("date")


def check_pattern(pattern: Any) -> bool:
    """Return whether a pattern has a year, a month and perhaps a day, once each, with separators or none."""
    if not isinstance(pattern, str):
        return False
    parts = _PATTERN.findall(pattern)
    between = _PATTERN.sub("", pattern)
    return sorted(p[0] for p in parts) in (["M", "Y"], ["D", "M", "Y"]) and not set(between) - set("/.- ")


def to_iso(column: Any, pattern: str) -> Any:
    """Return dates written in a declared pattern as 2024-03-31; what is not so written stays as it is.

    Parameters
    ----------
    column : ibis column
        Text, or whole numbers where the pattern has no separators.
    pattern : str
        YYYY, MM or MON, and DD in their order; one separator stands for another. Without DD, the first.
    """
    text = as_text(column)
    if text is None:
        return column
    text = text.strip()
    plain = text.re_replace(_TIME, "")
    pieces = _PATTERN.split(pattern)
    glued = not any(pieces[i] for i in range(2, len(pieces) - 1, 2))
    parts = {name: p.replace("{1,2}", "{2}") if glued else p for name, p in _PARTS.items()}
    regex = "^" + "".join(parts.get(piece, re.sub("[-/. ]", "[-/. ]", piece)) for piece in pieces) + "$"
    order = [piece for piece in pieces if piece in _PARTS]
    group = {name: plain.re_extract(regex, place) for place, name in enumerate(order, start=1)}
    if "MON" in group:
        names = [(name, f"{number:02}") for number, name in enumerate(_MONTHS, start=1)]
        group["MM"] = group["MON"].upper().cases(*names, else_="00")
    day = group["DD"].lpad(2, "0") if "DD" in group else "01"
    iso = group["YYYY"] + "-" + group["MM"].lpad(2, "0") + "-" + day
    return ibis.ifelse(plain.re_search(regex), iso, text)
