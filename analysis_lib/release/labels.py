"""Numbers and labels by what they are, whatever their dtype: which values a label may have."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.columns import describe
from analysis_lib.kinds import Dimension

_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBER = re.compile(r"\s*[1-9]\s")
_COUNTED = re.compile(  # "3 people" is a count, "2 or more admissions" a rule
    rf"\W*(?:\d+|{'|'.join(_SMALL)})\s+(?:people|persons?|patients?|contacts?|events?|appointments?|visits?"
    r"|attendances?|admissions?|cases?|deaths?)\b",
    re.I,
)
_CODE = re.compile(r"(?=.*[A-Za-z])(?=.*\d)[A-Za-z0-9_-]{3,}|[0-9a-f]{12,}")
_BAND = re.compile(
    r"\D*(?P<low>\d[\d,.]*)\s*(?:(?:-|–|—|to|and)\s*(?P<high>\d[\d,.]*)\D*|\+|(?:and|or) \D+"
    r"|(?:minute|hour|day|week|month|year)s?)"
    r"|(?:under|over|below|above|less than|more than|at least|up to|from)\s*\d[\d,.]*\D*",
    re.I,
)
_DAY = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")
_MONTH = re.compile(r"\d{4}-\d{2}(?:-01)?")
GROUPED_BY = ("group", "term", "dimension")


def numbers_of(column: pd.Series) -> NDArray[np.float64] | None:
    """Return the numbers of a column of any dtype, missing as NaN; None if it holds anything else.

    Text is no number, nor are dates, durations and yes or no, even where pandas would convert them.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_complex_dtype(column):
        return None
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=float, na_value=np.nan)
    if column.dtype != object and not isinstance(column.dtype, pd.ArrowDtype):
        return None
    found = np.empty(len(column))
    for place, value in enumerate(column.astype(object)):
        if value is None or value is pd.NA or value is pd.NaT:
            found[place] = np.nan
        elif isinstance(value, Real | Decimal) and not isinstance(value, bool | np.timedelta64):
            found[place] = float(value)
        else:
            return None
    return found


def is_flags(column: pd.Series) -> bool:
    """Whether a column holds True and False, and nothing else but what is missing."""
    if pd.api.types.is_bool_dtype(column):
        return True
    return all(isinstance(value, bool | np.bool_) for value in _values(column))


def _values(column: pd.Series) -> list[object]:
    """Return the different values of a column, or all of them where they are no single values (lists)."""
    known = column.dropna()
    try:
        return list(known.unique())
    except TypeError:
        return list(known)


def wrong_levels(column: str, frame: pd.DataFrame, kind: Dimension, table: str) -> str:
    """Say what is wrong with the values of a label; "" if they are of its levels. No value is said."""
    levels = kind.levels
    if levels is None or not len(frame):
        return ""
    values = _values(frame[column])
    if levels == "grouped":
        return _wrong_groups(column, frame, table)
    if isinstance(levels, range):
        wrong = [v for v in values if not (_whole(v) in levels or _is_rest(v))]
        return f"whole numbers from {levels.start} to {levels.stop - 1}" if wrong else ""
    if isinstance(levels, tuple):
        wrong = [v for v in values if not (str(v) in levels or _is_rest(v))]
        return "those that it declares" if wrong else ""
    fits, said = _LEVELS[levels]
    return said if any(not fits(v) for v in values) else ""


def _wrong_groups(column: str, frame: pd.DataFrame, table: str) -> str:
    """Hold each level against the column that its group names; one of no known group against any levels."""
    by = next((c for c in GROUPED_BY if c in frame and c != column), None)
    groups = frame[by].astype(str) if by else pd.Series("", frame.index)
    for name, part in frame[[column]].groupby(groups.to_numpy(), sort=False):
        known = describe(name)
        kind = known.kind_in(table, set()) if known else None
        if name.startswith("has_"):
            kind = Dimension("flags")
        if isinstance(kind, Dimension) and kind.levels != "grouped":
            if wrong := wrong_levels(column, part, kind, table):
                return f"those of the column {name!r}: {wrong}"
        elif not all(_is_word(value) or _is_band(value) for value in _values(part[column])):
            return "those of the column that its group names, else words or bands"
    return ""


def guess_levels(column: pd.Series) -> str:
    """Return which levels a label of these values seems to have: a word for `Dimension`, or ""."""
    values = [v for v in _values(column) if not _is_rest(v)]
    tried = ("flags", "months", "dates", "bands", "codes", "words", "names") if len(values) else ("words",)
    return next((name for name in tried if all(_LEVELS[name][0](v) for v in values)), "")


def _whole(value: object) -> int | None:
    """Return the whole number that a label is or says."""
    if isinstance(value, bool | np.bool_ | np.timedelta64):
        return None
    if isinstance(value, Real | Decimal):
        return int(value) if float(value).is_integer() else None
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else None


def _is_rest(value: object) -> bool:
    """Whether a label is of a total, or of what is not known: words without any number."""
    return _is_word(value) and not any(c.isdigit() for c in str(value))


def _is_word(value: object) -> bool:
    return _is_name(value) and not (_NUMBER.match(value) or value.strip().casefold() in _SMALL)


def _is_name(value: object) -> bool:
    if not isinstance(value, str):
        return False
    if value.strip() == "":
        return True
    return bool(re.search(r"[^\W\d_]", value)) and not (_is_number(value) or _COUNTED.match(value))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_code(value: object) -> bool:
    return isinstance(value, str) and (bool(_CODE.fullmatch(value.strip())) or _is_rest(value))


def _is_band(value: object) -> bool:
    if not isinstance(value, str):
        return False
    found = _BAND.fullmatch(value.strip())
    if found and found["high"]:
        low, high = (float(found[end].replace(",", "").rstrip(".") or 0) for end in ("low", "high"))
        return low < high
    return bool(found) or _is_rest(value)


def _is_day(value: object) -> bool:
    if isinstance(value, datetime | date | np.datetime64 | pd.Period):
        return True
    return isinstance(value, str) and (bool(_DAY.fullmatch(value)) or _is_rest(value))


def _is_month(value: object) -> bool:
    if isinstance(value, pd.Period):
        return value.freqstr.startswith(("M", "Q", "Y"))
    if isinstance(value, datetime | date | np.datetime64):
        at = pd.Timestamp(value)
        return at == at.to_period("M").start_time
    return isinstance(value, str) and (bool(_MONTH.fullmatch(value)) or _is_rest(value))


def _is_flag(value: object) -> bool:
    if isinstance(value, bool | np.bool_):
        return True
    return isinstance(value, str) and value.casefold() in ("true", "false", "yes", "no", "")


def _is_setting(value: object) -> bool:
    real = isinstance(value, Real) and not isinstance(value, bool | np.bool_ | np.timedelta64)
    return real or isinstance(value, str) and _is_rest(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str | bool | np.bool_)


_LEVELS: dict[str, tuple[Callable[[object], bool], str]] = {
    "words": (_is_word, "words: text that is no number and begins with no small one"),
    "names": (_is_name, "names: text with a letter in it"),
    "codes": (_is_code, "codes, of letters and digits"),
    "bands": (_is_band, 'bands such as "0-4" or "85+"'),
    "dates": (_is_day, "days or months"),
    "months": (_is_month, "months"),
    "flags": (_is_flag, "yes or no"),
    "settings": (_is_setting, "numbers that an analyst chose"),
    "texts": (_is_text, "text"),
}
