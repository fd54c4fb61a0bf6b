"""Dates, counts and labels: from the distinct texts of a column to values."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
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

# name of the format → pattern; a file uses exactly one of them
DATE_FORMATS = {
    "2020-01-31": re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?:[ T]00:00:00(?:\.0+)?)?"),
    "2020-01": re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)"),
    "01DEC2021": re.compile(r"(?P<d>\d{1,2})(?P<m>[A-Za-z]{3,9})(?P<y>\d{4})"),
    "01-Dec-21": re.compile(r"(?P<d>\d{1,2})-(?P<m>[A-Za-z]{3,9})-(?P<y>\d\d)"),
    "DEC2021": re.compile(r"(?P<m>[A-Za-z]{3,9})(?P<y>\d{4})"),
    "31/01/2020 (day first)": re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})"),
}
FIRST_YEAR = 2000
DAY_FIRST = "31/01/2020 (day first)"
MONTHLY = ("2020-01", "DEC2021")
# No sum of fewer than nine billion rows overflows, and no count of people or appointments is larger.
MAX_DIGITS = 9
SUPPRESSED = frozenset({"*", "**", "-", "–", "—", "[c]"})
MISSING_COUNT, SUPPRESSED_COUNT = -1, -2
UNKNOWN = "Unknown"
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
UNKNOWN_PATTERN = re.compile(r"unknown\b.*|.*\bnot provided|data (?:quality|issue)|")


@dataclass(frozen=True)
class BadValue(Exception):
    """A text that cannot be converted: its place among the distinct texts, and what was expected."""

    index: int
    problem: str
    expected: str
    remedy: str


def parse_dates(texts: Sequence[str], *, monthly: bool, day_first: bool = False) -> tuple[np.ndarray, str]:
    """Return distinct date texts as datetime64[D] (month starts if `monthly`) and the format they share.

    Raises
    ------
    BadValue
        For a text in no known format, in another format than the first, ambiguous, or not in the calendar.
    """
    days = np.empty(len(texts), "datetime64[D]")
    used = ""
    for i, text in enumerate(texts):
        name, match = _match_date(i, text.strip(), day_first)
        used = used or name
        if name != used:
            raise BadValue(
                i, f"{quote_cell(text)} in a file of dates like {used}", "one date format a file", _ISO_REMEDY
            )
        if not monthly and name in MONTHLY:
            raise BadValue(i, f"{quote_cell(text)} is a month", "a date with its day", _ISO_REMEDY)
        days[i] = _to_day(i, text, match)
    return (days.astype("datetime64[M]").astype("datetime64[D]") if monthly else days), used


_ISO_REMEDY = "Write every date as 2021-12-01."
_BLANK_REMEDY = "Fill it in, or remove the row if it is a total, a footer or blank."


def _match_date(i: int, text: str, day_first: bool) -> tuple[str, re.Match[str]]:
    for name, pattern in DATE_FORMATS.items():
        match = pattern.fullmatch(text)
        if match is None:
            continue
        if name == DAY_FIRST and not day_first:
            raise BadValue(
                i,
                f"{quote_cell(text)} may be day or month first",
                "an unambiguous date such as 2021-12-01",
                "Write dates as 2021-12-01, or declare the file under [dates] day_first in inputs.toml.",
            )
        return name, match
    expected = "a date such as " + ", ".join(list(DATE_FORMATS)[:-1])
    if re.fullmatch(r"[1-9]\d{4}(\.0)?", text):
        raise BadValue(i, f"{quote_cell(text)} looks like an Excel serial number", expected, _ISO_REMEDY)
    if not text:
        raise BadValue(i, "a blank date", expected, _BLANK_REMEDY)
    remedy = _BLANK_REMEDY if text.casefold() in TOTALS else _ISO_REMEDY
    raise BadValue(i, f"{quote_cell(text)} is no date", expected, remedy)


def _to_day(i: int, text: str, match: re.Match[str]) -> dt.date:
    parts = match.groupdict()
    month = parts["m"].casefold()
    number = int(month) if month.isdigit() else MONTH_NUMBERS.get(month, 0)
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    last = dt.date.today().year + 1
    if not FIRST_YEAR <= year <= last:
        expected = f"a year from {FIRST_YEAR} to {last}"
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


def normalise_label(column: str, text: str) -> tuple[str, bool]:
    """Return the label as the publisher prints it, in one spelling, and whether it is a known one.

    Every unknown label ("Unknown / Data Quality", "Appt Status Not Provided", blank …) of an ordered
    column becomes "Unknown". A label never seen is kept as it is, with single spaces and without characters
    that do not show.
    """
    plain = without_invisible(text)
    key = plain.casefold()
    known = {label.casefold(): label for label in LABELS.get(column, ())}
    known |= SYNONYMS.get(column, {})
    if key in known:
        return known[key], True
    if column in ORDERED_LABELS and UNKNOWN_PATTERN.fullmatch(key):
        return UNKNOWN, bool(key)
    return (plain or UNKNOWN), False


def ordered_values(column: str, values: list[str]) -> tuple[list[str], bool]:
    """Return the categories of a column in their order, and whether the order means something."""
    if column in ORDERED_LABELS:
        known = list(ORDERED_LABELS[column])
        return known + sorted(set(values) - set(known)), True
    return sorted(set(values)), False
