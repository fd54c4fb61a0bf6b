"""What a section of a notebook needs, and how it says that a folder does not have it."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

import pandas as pd

from analysis_lib.inputs.remarks import AbsentInput, Remarks

SUBJECT_FILES = {
    "attendance": "an attendance file (appointments by month, status, staff, mode and lead time)",
    "attendance_daily": "a file of status by day (appointments by day and status)",
    "duration": "a duration file (attended appointments by day and length)",
    "category": "a category file (appointments by day, setting, context and category)",
    "category_margins": "a category file (appointments by setting, context and category)",
    "coverage": "a coverage file (practices and patients by month)",
    "published": "a file of published totals (appointments by month)",
    "record_counts": "a file of record counts",
}
COLUMN_WORDS = {
    "sub_icb_name": "sub-ICB locations",
    "icb_name": "areas",
    "region_name": "areas",
    "lead_time": "lead times",
}


# Subjects by day, those that say most first.
DAILY = ("attendance_daily", "category", "duration")


class Needs(Remarks):
    """Mixin of `Appointments`: hand out what a section needs, or say that it is absent."""

    # Fields of the dataclass that uses it.
    attendance: pd.DataFrame | None
    attendance_daily: pd.DataFrame | None
    duration: pd.DataFrame | None
    category: pd.DataFrame | None

    def need(self, subject: str, column: str | None = None) -> pd.DataFrame:
        """Return the frame of a subject, with `column` if named.

        Parameters
        ----------
        subject : str
            attendance, attendance_daily, duration, category, category_margins, coverage, published or
            record_counts.
        column : str, optional
            A column that only some layouts have, for instance ``sub_icb_name``.

        Raises
        ------
        AbsentInput
            If the folder has no file of the subject, or its layout lacks the column.
        ValueError
            If there is no such subject; the message names those that there are.
        """
        if subject not in SUBJECT_FILES:
            alike = {name: SequenceMatcher(None, subject, name).ratio() for name in SUBJECT_FILES}
            names = ", ".join(sorted(SUBJECT_FILES, key=alike.__getitem__, reverse=True))
            raise ValueError(f"There is no subject {subject!r}. The subjects are, nearest first: {names}.")
        frame = getattr(self, subject)
        if frame is None:
            raise AbsentInput(
                f"This section needs {SUBJECT_FILES[subject]}, which is not among these inputs."
            )
        if column is not None and column not in frame:
            words, files = COLUMN_WORDS.get(column, column), subject.split("_")[0]
            raise AbsentInput(
                f"This section needs {words}, which the {files} files of these inputs do not have."
            )
        return frame

    def need_daily(self) -> pd.DataFrame:
        """Return the daily frame that says most.

        That is status by day if it covers as many areas and months as any other, since it counts every
        appointment; else category rows if in all areas; else durations, of attended appointments alone.

        Raises
        ------
        AbsentInput
            If there is none.
        """
        return self.need(self._daily_subject())

    @property
    def daily_what(self) -> str:
        """What `need_daily` counts, in words for a sentence."""
        subject = self._daily_subject()
        if subject == "duration":
            return "attended appointments"
        if self._is_everywhere(subject):
            return "appointments"
        n_areas = self.need(subject)["sub_icb_name"].nunique()
        return f"appointments in {n_areas} sub-ICB location{'' if n_areas == 1 else 's'}"

    def _daily_subject(self) -> str:
        covered = {name: _count_cells(getattr(self, name)) for name in DAILY}
        if covered["attendance_daily"] and covered["attendance_daily"] == max(covered.values()):
            return "attendance_daily"
        if covered["category"] and (self._is_everywhere("category") or self.duration is None):
            return "category"
        return "duration" if covered["duration"] or not covered["attendance_daily"] else "attendance_daily"

    def _is_everywhere(self, subject: str) -> bool:
        """Whether a daily frame has rows of as many ICBs as the attendance and duration files."""
        frames = [getattr(self, name) for name in (subject, "attendance", "duration")]
        known = [f["icb_code"].nunique() for f in frames if f is not None and "icb_code" in f]
        frame = frames[0]
        return frame is not None and "icb_code" in frame and frame["icb_code"].nunique() >= max(known)


def _count_cells(frame: pd.DataFrame | None) -> int:
    """Return how many ICBs and months a frame has rows of, counted together."""
    if frame is None:
        return 0
    keys = [name for name in ("icb_code", "month") if name in frame]
    return len(frame[keys].drop_duplicates()) if keys else len(frame)


def summarise_quality(appointments: Any) -> pd.DataFrame:
    """Bring the quality record of archive members together, one row for each file and subject.

    Returns
    -------
    DataFrame
        file, subject, layout, n_members, rows, n_appointments (Int64), first_date, last_date
        (datetime), rows_repeated, used ("yes", or why not).
    """
    quality = appointments.quality.copy()
    quality["file"] = quality["file"].astype(str).str.split("/").str[0]
    quality["used"] = quality["used"].map(lambda used: "yes" if used is True else str(used))
    for column in ("first_date", "last_date"):
        quality[column] = pd.to_datetime(quality[column], format="ISO8601")
    keys = ["file", "subject", "layout", "used"]
    summary = quality.groupby(keys, sort=False, dropna=False, as_index=False).agg(
        n_members=("rows", "size"),
        rows=("rows", "sum"),
        n_appointments=("n_appointments", lambda counts: counts.sum(min_count=1)),
        first_date=("first_date", "min"),
        last_date=("last_date", "max"),
        rows_repeated=("rows_repeated", "sum"),
        sha256=("sha256", "first"),
    )
    summary["n_appointments"] = summary["n_appointments"].astype("Int64")
    ends = [summary[c].dt.strftime("%b %Y") for c in ("first_date", "last_date")]
    summary["period"] = ends[0].where(ends[0] == ends[1], ends[0] + " to " + ends[1])
    summary["subject"] = summary["subject"].astype(str).str.replace("_", " ")
    order = [
        "file",
        "subject",
        "layout",
        "n_members",
        "rows",
        "n_appointments",
        "first_date",
        "last_date",
        "period",
    ]
    return summary[[*order, "rows_repeated", "used", "sha256"]]
