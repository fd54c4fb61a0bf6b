"""Tiny files in the layouts of the publication, written on the spot."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from analysis_lib.inputs import check_folder, load_appointments

TEACHING = (
    "icb_ons_code,appointment_month,appointment_status,hcp_type,appointment_mode,"
    "time_between_book_and_appointment,count_of_appointments"
)
REGIONAL = (
    "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,ICB_NAME,"
    "REGION_ONS_CODE,REGION_NAME,APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,"
    "TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS"
)
DURATION = (
    "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,REGION_ONS_CODE,"
    "Appointment_Date,ACTUAL_DURATION,COUNT_OF_APPOINTMENTS"
)
OVERVIEW = (
    "APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,SERVICE_SETTING,CONTEXT_TYPE,"
    "NATIONAL_CATEGORY,APPOINTMENTS"
)
CATEGORY = (
    "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,REGION_ONS_CODE,"
    "Appointment_Date,SERVICE_SETTING,CONTEXT_TYPE,NATIONAL_CATEGORY,COUNT_OF_APPOINTMENTS"
)
WEST_YORKSHIRE = ("02T", "03R", "15F", "36J", "X2C4Y")


def teaching(*counts: object, month: str = "2022-01", icb: str = "E54000054") -> str:
    """Return a teaching attendance file with one row for each count."""
    rows = [f'{icb},{month},Attended,GP,Telephone,Same Day,"{count}"' for count in counts]
    return "\n".join([TEACHING, *rows, ""])


def regional_row(
    sub: str, month: str, count: object, icb: str = "E54000054", status: str = "Attended"
) -> str:
    """Return one row of a regional file."""
    names = f"{sub},E38000225,NHS West Yorkshire ICB - {sub},{icb},NHS West Yorkshire Integrated Care Board"
    return f"{names},E40000012,North East and Yorkshire,{month},{status},GP,Telephone,Same Day,{count}"


def regional(*rows: str) -> str:
    """Return a regional attendance file."""
    return "\n".join([REGIONAL, *rows, ""])


def duration(*rows: tuple[str, str, object]) -> str:
    """Return a duration file of Leeds from (date, duration, count)."""
    head = "15F,E38000225,NHS West Yorkshire ICB - 15F,E54000054,E40000012"
    return "\n".join([DURATION, *(f"{head},{date},{label},{count}" for date, label, count in rows), ""])


class Folder:
    """A folder of inputs with its own cache."""

    def __init__(self, root: Path) -> None:
        self.path = root / "inputs"
        self.cache = root / "cache"
        self.path.mkdir()

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file into the folder."""
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def zip(self, name: str, members: dict[str, str | bytes | zipfile.ZipInfo]) -> Path:
        """Write a zip with members by name."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return self.write(name, buffer.getvalue())

    def xlsx(
        self, name: str, sheets: dict[str, list[list[object]]], errors: dict[str, str] | None = None
    ) -> Path:
        """Write a workbook of rows; `errors` maps sheet to the cell that holds #REF!."""
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
            if errors and title in errors:
                sheet[errors[title]] = "#REF!"
                sheet[errors[title]].data_type = "e"
        path = self.path / name
        book.save(path)
        return path

    def load(self):
        """Load the folder."""
        return load_appointments(self.path, cache=self.cache)

    def check(self):
        """Check the folder."""
        return check_folder(self.path, cache=self.cache)

    def accept(self) -> None:
        """Settle every doubt by its first answer."""
        remedies = " ".join(rejection.remedy for rejection in self.check().rejections)
        answers = re.findall(r"accept\.txt in the folder: '(\w+ \w{6})'", remedies)
        assert answers
        self.write("accept.txt", "\n".join(answers))

    def rejection(self):
        """Return the only rejection."""
        report = self.check()
        assert not report.ok
        assert len(report.rejections) == 1, report.to_text()
        return report.rejections[0]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
