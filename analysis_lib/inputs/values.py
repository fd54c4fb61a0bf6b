"""Dates, counts and labels: from the distinct texts of a column to values."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis_lib import codes
from analysis_lib.inputs.errors import quote_cell, without_invisible

# Written out: the calendar module follows the machine's language.
_FIRST_MONTHS = ("january", "february", "march", "april", "may", "june", "july")
MONTHS = (*_FIRST_MONTHS, "august", "september", "october", "november", "december")
MONTH_NUMBERS = {name[:3]: i for i, name in enumerate(MONTHS, 1)}
MONTH_NUMBERS |= {name: i for i, name in enumerate(MONTHS, 1)} | {"sept": 9}

# Midnight, as databases, Excel, Power BI, pandas, R, SAS and Spark add it to a date.
_MIDNIGHT = r"(?:[ T:]0?0[:.]00(?:[:.]00(?:[.,]0+)?)?(?: ?Z| ?UTC|[+-]\d\d:?\d\d)?| 12:00(?::00)? ?[Aa][Mm])?"
_WEEKDAY = r"(?:[A-Za-z]{3,9}day,? |[A-Za-z]{3},? )?"
_NAME = r"(?P<m>[A-Za-z]{3,9})"
# Name of the format → pattern; a file uses exactly one of them. A month by its name has one meaning in any
# order; two numbers of a month and a day do not.
DATE_FORMATS = {
    "2020-01-31": re.compile(r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})" + _MIDNIGHT),
    "2020-01": re.compile(r"(?P<y>\d{4})[-/](?P<m>\d{1,2})"),
    "20200131": re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)"),
    "202001": re.compile(r"(?P<y>\d{4})(?P<m>\d\d)"),
    "01DEC2021": re.compile(
        _WEEKDAY + r"(?P<d>\d{1,2})[-/ .]?" + _NAME + r"[-/ .,]{0,2}(?P<y>\d{4})" + _MIDNIGHT
    ),
    "01-Dec-21": re.compile(r"(?P<d>\d{1,2})[-/ .]?" + _NAME + r"[-/ .]?(?P<y>\d\d)" + _MIDNIGHT),
    "DEC2021": re.compile(_NAME + r"[-/ .,]{0,2}(?P<y>\d{4})"),
    "Dec-21": re.compile(_NAME + r"[-/ .']?(?P<y>\d\d)"),
    "December 31, 2021": re.compile(_WEEKDAY + _NAME + r"[-/ .](?P<d>\d{1,2}),? (?P<y>\d{4})" + _MIDNIGHT),
    "2021-Dec-31": re.compile(r"(?P<y>\d{4})[-/ .]?" + _NAME + r"[-/ .]?(?P<d>\d{1,2})" + _MIDNIGHT),
    "2021 Dec": re.compile(r"(?P<y>\d{4})[-/ .]?" + _NAME),
    "31/01/2020": re.compile(r"(?P<d>\d{1,2})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<y>\d{4})" + _MIDNIGHT),
}
FIRST_YEAR = 2000
# Of two digits: 23-Jun-01 is no day of 2001, when nothing was published, but may be the first of June 2023.
FIRST_YEAR_OF_TWO_DIGITS = 2017
BY_NUMBERS = "31/01/2020"
MONTHLY = ("2020-01", "202001", "DEC2021", "Dec-21", "2021 Dec")
# No sum of fewer than nine billion rows overflows, and no count of people or appointments is larger.
MAX_DIGITS = 9
SUPPRESSED = frozenset({"*", "**", "-", "–", "—", "[c]"})
MISSING_COUNT, SUPPRESSED_COUNT = -1, -2
UNKNOWN = "Unknown"
# How SQL, R, pandas, Spark, SAS, Excel and Power BI write that there is no value.
NO_VALUE = frozenset(
    {"", "null", "(null)", "na", "<na>", "n/a", "#n/a", "none", "nan", "nil", "(blank)", "-", "--", ".", "?"}
)
# Of those, what cannot be a code: NA may be one, and stays text.
NO_CODE = frozenset({"", "null", "(null)", "n/a", "#n/a", "<na>", "(blank)", "-", "--", "unknown"})
# A row of totals among the rows that it sums would be counted a second time.
TOTALS = frozenset({"total", "totals", "grand total", "subtotal", "sub-total", "all", "england"})

# Ordered labels as the publisher prints them, in the order in which they are shown.
ORDERED_LABELS: dict[str, tuple[str, ...]] = {
    "status": codes.STATUSES,
    "hcp_type": codes.HCP_TYPES,
    "mode": codes.MODES,
    "lead_time": codes.LEAD_TIMES,
    "duration": codes.DURATIONS,
}
CATEGORY_LABELS: dict[str, tuple[str, ...]] = {
    "service_setting": (
        "General Practice",
        "Primary Care Network",
        "Extended Access Provision",
        "Other",
        "Unmapped",
    ),
    "context_type": ("Care Related Encounter", "Inconsistent Mapping", "Unmapped"),
    "national_category": (
        "Care Home Needs Assessment & Personalised Care and Support Planning",
        "Care Home Visit",
        "Care Related Encounter but does not fit into any other category",
        "Clinical Triage",
        "General Consultation Acute",
        "General Consultation Routine",
        "Group Consultation and Group Education",
        "Home Visit",
        "Inconsistent Mapping",
        "Non-contractual chargeable work",
        "Patient contact during Care Home Round",
        "Planned Clinical Procedure",
        "Planned Clinics",
        "Service provided by organisation external to the practice",
        "Social Prescribing Service",
        "Structured Medication Review",
        "Unmapped",
        "Unplanned Clinical Activity",
        "Walk-in",
    ),
}
LABELS = ORDERED_LABELS | CATEGORY_LABELS
SYNONYMS: dict[str, dict[str, str]] = {
    "status": {"did not attend": "DNA", "booked": UNKNOWN},
    "hcp_type": {"staff": "Other Practice staff", "other practice staff": "Other Practice staff"},
    "mode": {"video conference/online": "Video/Online", "video conference": "Video/Online"},
}
UNKNOWN_PATTERN = re.compile(r"unknown\b.*|.*\bnot provided|data (?:quality|issue)")


@dataclass(frozen=True)
class BadValue(Exception):
    """A text that cannot be converted: its place among the distinct texts, and what was expected."""

    index: int
    problem: str
    expected: str
    remedy: str


def parse_dates(texts: Sequence[str], *, monthly: bool, day_first: bool = False) -> tuple[np.ndarray, str]:
    """Return distinct date texts as datetime64[D] (month starts if `monthly`) and the format they share.

    Numbers such as 03/12/2021 are read where all texts together leave one order of day and month, or where
    `day_first` declares it.

    Raises
    ------
    BadValue
        For a text in no known format, in another format than the first, ambiguous, or not in the calendar.
    """
    found = [_match_date(i, text.strip()) for i, text in enumerate(texts)]
    used = found[0][0] if found else ""
    for i, (name, _) in enumerate(found):
        if name != used:
            problem = f"{quote_cell(texts[i])} in a file of dates like {used}"
            raise BadValue(i, problem, "one date format a file", _ISO_REMEDY)
        if not monthly and name in MONTHLY:
            raise BadValue(i, f"{quote_cell(texts[i])} is a month", "a date with its day", _ISO_REMEDY)
    parts = [match.groupdict() for _, match in found]
    if used == BY_NUMBERS and not day_first and _month_comes_first(texts, parts, monthly):
        parts = [part | {"d": part["m"], "m": part["d"]} for part in parts]
    days = np.array([_to_day(i, texts[i], part) for i, part in enumerate(parts)], "datetime64[D]")
    return (days.astype("datetime64[M]").astype("datetime64[D]") if monthly else days), used


_ISO_REMEDY = "Write every date as 2021-12-01."
_BLANK_REMEDY = "Fill it in, or remove the row if it is a total, a footer or blank."


def _match_date(i: int, text: str) -> tuple[str, re.Match[str]]:
    for name, pattern in DATE_FORMATS.items():
        match = pattern.fullmatch(text)
        if match is not None and (match["m"].isdigit() or match["m"].casefold() in MONTH_NUMBERS):
            return name, match
    expected = "a date such as " + ", ".join(DATE_FORMATS)
    if re.fullmatch(r"[1-9]\d{4}(\.0)?", text):
        raise BadValue(i, f"{quote_cell(text)} looks like an Excel serial number", expected, _ISO_REMEDY)
    if not text:
        raise BadValue(i, "a blank date", expected, _BLANK_REMEDY)
    if re.fullmatch(r"\d.*\d[T :]\d{1,2}:\d\d.*", text):
        problem = f"{quote_cell(text)} holds a time of day: at another clock it may be another day"
        raise BadValue(i, problem, expected, "Export the dates without times: " + _ISO_REMEDY.lower())
    remedy = _BLANK_REMEDY if text.casefold() in TOTALS else _ISO_REMEDY
    raise BadValue(i, f"{quote_cell(text)} is no date", expected, remedy)


def _month_comes_first(texts: Sequence[str], parts: Sequence[dict[str, str]], monthly: bool) -> bool:
    """Return whether numbers are month, day, year; reject them if both orders are possible.

    A number above 12 tells. Among several months, so does the number that is 01 in all of them.
    """
    first, second = ([int(part[name]) for part in parts] for name in ("d", "m"))
    if max(second) > 12 or max(first) > 12 or first == second:
        return max(second) > 12
    if monthly and (set(first) == {1}) != (set(second) == {1}) and len(parts) > 1:
        return set(second) == {1}
    raise BadValue(
        0,
        f"{quote_cell(texts[0])} may be day or month first",
        "an unambiguous date such as 2021-12-01",
        "Write dates as 2021-12-01, or declare the file under [dates] day_first in inputs.toml.",
    )


def _to_day(i: int, text: str, parts: dict[str, str]) -> dt.date:
    month = parts["m"].casefold()
    number = int(month) if month.isdigit() else MONTH_NUMBERS[month]
    short = len(parts["y"]) == 2
    year = int(parts["y"]) + (2000 if short else 0)
    first, last = FIRST_YEAR_OF_TWO_DIGITS if short else FIRST_YEAR, dt.date.today().year + 1
    if not first <= year <= last:
        expected = f"a year from {first} to {last}"
        raise BadValue(i, f"{quote_cell(text)} is out of range", expected, "Correct the date at its source.")
    try:
        return dt.date(year, number, int(parts.get("d") or 1))
    except ValueError:
        raise BadValue(
            i, f"{quote_cell(text)} is not in the calendar", "a real date", "Correct the date at its source."
        ) from None


def parse_counts(texts: pa.StringArray) -> np.ndarray:
    """Return distinct count texts as int64; -1 where blank (missing), -2 where suppressed ("*", "-", "[c]").

    Thousands commas are read ("1,234"); a whole number written as 12.0 is 12. "12.000" is rejected: it is
    twelve thousand where dots part the thousands.

    Raises
    ------
    BadValue
        For a negative, fractional or impossibly large count, or a text that is no number.
    """
    if len(texts) and pc.all(pc.match_substring_regex(texts, r"^[0-9]{1,9}$")).as_py():
        return pc.cast(texts, pa.int64()).to_numpy()
    return np.array([_parse_count(i, text) for i, text in enumerate(texts.to_pylist())], np.int64)


def _parse_count(i: int, text: str) -> int:
    plain = text.replace("\u00a0", " ").strip()
    if plain == "":
        return MISSING_COUNT
    if plain.casefold() in SUPPRESSED:
        return SUPPRESSED_COUNT
    expected = "a whole number of 0 or more"
    remedy = "Correct the count at its source; a suppressed count is written as * or [c]."
    if re.fullmatch(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.0{1,2})?", plain):
        digits = plain.split(".")[0].replace(",", "").lstrip("0")
        if len(digits) > MAX_DIGITS:
            raise BadValue(i, f"{quote_cell(plain)} is too large for a count", expected, remedy)
        return int(digits or 0)
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", plain):
        problem = f"{quote_cell(plain)} may be thousands with dots, or a fraction"
        raise BadValue(i, problem, expected, "Write counts as plain digits.")
    if re.fullmatch(r"[-−][\d,]+(?:\.\d+)?|\([\d,]+\)", plain):
        raise BadValue(i, f"negative count {quote_cell(plain)}", expected, remedy)
    if re.fullmatch(r"[\d,]*\.\d+", plain):
        raise BadValue(i, f"fractional count {quote_cell(plain)}", expected, remedy)
    raise BadValue(i, f"{quote_cell(plain)} is no count", expected, remedy)


def normalise_label(column: str, text: str, own: Mapping[str, str] | None = None) -> tuple[str, bool]:
    """Return the label as the publisher prints it, in one spelling, and whether it is a known one.

    Every unknown label ("Unknown / Data Quality", "Appt Status Not Provided" …) becomes "Unknown", but for
    categories, and so does what stands for no value in any column (blank, NULL, NA), which counts as not
    known. A label never seen is kept as it is, with single spaces and without characters that do not show; a
    status never seen is "Unknown" until the user declares it, since every rate is defined by the known ones.
    Of a column without `LABELS` every label is known, as it is.

    Parameters
    ----------
    column : str
        What the column means, such as status.
    text : str
        Cell of the file.
    own : mapping of str to str, optional
        The user's own spellings of this column (case-folded) and the labels that they stand for.
    """
    plain = without_invisible(text)
    key = plain.casefold()
    if key in NO_VALUE:
        return UNKNOWN, False
    known = {label.casefold(): label for label in LABELS.get(column, ())}
    known |= SYNONYMS.get(column, {}) | dict(own or {})
    if key in known:
        return known[key], True
    if column not in CATEGORY_LABELS and UNKNOWN_PATTERN.fullmatch(key):
        return UNKNOWN, True
    return (UNKNOWN if column == "status" else plain), column not in LABELS


def ordered_values(column: str, values: list[str]) -> tuple[list[str], bool]:
    """Return the categories of a column in their order, and whether the order means something."""
    if column in ORDERED_LABELS:
        known = list(ORDERED_LABELS[column])
        return known + sorted(set(values) - set(known)), True
    return sorted(set(values)), False
