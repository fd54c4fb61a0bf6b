"""Write drawn appointments in the layout of the published files."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np

from analysis_lib.simulate import coefficients as c
from analysis_lib.simulate.areas import Area
from analysis_lib.simulate.days import Calendar
from analysis_lib.simulate.draw import CATEGORY_CELLS, AreaDraw

ATTENDANCE_HEADER = (
    "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,ICB_NAME,"
    "REGION_ONS_CODE,REGION_NAME,APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,"
    "TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS\n"
)
DAILY_HEADER = (
    "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,"
    "REGION_ONS_CODE,Appointment_Date,"
)
DURATION_HEADER = f"{DAILY_HEADER}ACTUAL_DURATION,COUNT_OF_APPOINTMENTS\n"
CATEGORY_HEADER = f"{DAILY_HEADER}SERVICE_SETTING,CONTEXT_TYPE,NATIONAL_CATEGORY,COUNT_OF_APPOINTMENTS\n"
COVERAGE_HEADER = (
    "SUB_ICB_LOCATION_CODE,ICB_ONS_CODE,REGION_CODE,Appointment_Month,Included Practices,Open Practices,"
    "Patients registered at included practices,Patients registered at open practices\n"
)
# The published spellings, two spaces included.
PUBLISHED_LEAD_TIMES = {
    "8 to 14 Days": "8  to 14 Days",
    "15 to 21 Days": "15  to 21 Days",
    "22 to 28 Days": "22  to 28 Days",
    "Unknown": "Unknown / Data Quality",
}
PUBLISHED_DURATIONS = {"Unknown": "Unknown / Data Quality"}
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
ZIP_DATE = (2000, 1, 1, 0, 0, 0)  # fixed, so that the same numbers give the same bytes


def published_date(day: date) -> str:
    """Return a date as the published files write it, such as 01JUN2023."""
    return f"{day.day:02d}{MONTHS[day.month - 1]}{day.year}"


def _quoted(value: str) -> str:
    return f'"{value}"' if "," in value else value


def _daily_prefix(area: Area) -> str:
    return (
        f"{area.sub_icb_code},{area.sub_icb_ons_code},{_quoted(area.sub_icb_name)},"
        f"{area.icb_code},{area.region_code},"
    )


def _lines(prefix: str, outer: list[str], inner: list[str], counts: np.ndarray) -> str:
    """Return one line for each count above 0, of a table with `outer` rows and `inner` columns."""
    rows, columns = np.nonzero(counts)
    values = counts[rows, columns].tolist()
    return "".join(
        [
            f"{prefix}{outer[r]}{inner[k]}{n}\n"
            for r, k, n in zip(rows.tolist(), columns.tolist(), values, strict=True)
        ]
    )


def attendance_lines(area: Area, draw: AreaDraw, calendar: Calendar) -> str:
    """Return the lines of one area in the attendance (regional) file; empty cells have no line."""
    prefix = (
        f"{area.sub_icb_code},{area.sub_icb_ons_code},{_quoted(area.sub_icb_name)},{area.icb_code},"
        f"{_quoted(area.icb_name)},{area.region_code},{area.region_name},"
    )
    leads = [PUBLISHED_LEAD_TIMES.get(lead, lead) for lead in c.LEAD_TIMES]
    cells = [f"{','.join(cell)}," for cell in product(c.STATUSES, c.HCP_TYPES, c.MODES, leads)]
    months = [f"{month.isoformat()}," for month in calendar.months]
    return _lines(prefix, months, cells, draw.attendance.reshape(len(months), -1))


def duration_lines(area: Area, draw: AreaDraw, calendar: Calendar) -> str:
    """Return the lines of one area in the actual duration file."""
    labels = [f"{PUBLISHED_DURATIONS.get(label, label)}," for label in c.DURATIONS]
    return _lines(_daily_prefix(area), _last_days(calendar, len(draw.duration)), labels, draw.duration)


def category_lines(area: Area, draw: AreaDraw, calendar: Calendar) -> str:
    """Return the lines of one area in the category file."""
    labels = [f"{','.join(map(_quoted, cell))}," for cell in CATEGORY_CELLS]
    return _lines(_daily_prefix(area), _last_days(calendar, len(draw.category)), labels, draw.category)


def coverage_lines(area: Area, draw: AreaDraw, calendar: Calendar) -> str:
    """Return the lines of one area in the coverage file."""
    prefix = f"{area.sub_icb_code},{area.icb_code},{area.region_code}"
    return "".join(
        f"{prefix},{published_date(month)},{','.join(map(str, row))}\n"
        for month, row in zip(calendar.months, draw.coverage.tolist(), strict=True)
    )


def _last_days(calendar: Calendar, n: int) -> list[str]:
    return [f"{published_date(day)}," for day in calendar.days[len(calendar.days) - n :]]


def write_zip(path: Path, members: Iterable[tuple[str, Iterator[str]]]) -> None:
    """Write CSV members into a zip with fixed dates; the same text gives the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, parts in members:
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            with archive.open(info, "w") as raw, io.TextIOWrapper(raw, "utf-8", newline="") as member:
                member.writelines(parts)


def hash_file(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
