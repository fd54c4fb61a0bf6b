"""The two doors of the room: `load_appointments` and `check_folder`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from analysis_lib.inputs.areas import AreaLookup, area_lookup
from analysis_lib.inputs.assemble import Assembly
from analysis_lib.inputs.cache import default_cache
from analysis_lib.inputs.errors import InputError
from analysis_lib.inputs.hospital.find import check_admissions
from analysis_lib.inputs.layouts import AREA_ORDER
from analysis_lib.inputs.linked import check_linked
from analysis_lib.inputs.needs import SUBJECT_FILES, Needs
from analysis_lib.inputs.quality import CheckReport
from analysis_lib.inputs.scan import nothing_found, scan_folder
from analysis_lib.project import data_folder

CacheChoice = Path | Literal[False] | None
OFFICIAL_SOURCE = "NHS England, Appointments in General Practice"


@dataclass
class Appointments(Needs):
    """Everything read from one folder: tidy frames, and the record of how good they are.

    A frame is None where the folder holds no file of its subject. Label columns are Categorical,
    months and dates datetime64[ns], counts int64. Rows that repeat exactly are kept: they are real.

    Attributes
    ----------
    attendance : pandas.DataFrame or None
        Monthly: month, region_code, region_name, icb_code, icb_name, [sub_icb_code, sub_icb_name,] status,
        hcp_type, mode, lead_time, n_appointments. Areas and lead_time are absent where only the national
        overview is there.
    attendance_daily : pandas.DataFrame or None
        Daily: date, month, areas, status, n_appointments, where files of status by day are there; the same
        appointments as those of `attendance`, where their months are not from a later release.
    duration, category : pandas.DataFrame or None
        Daily: date, month, areas, then duration, or service_setting, context_type and national_category,
        and n_appointments.
    category_margins : pandas.DataFrame or None
        Monthly: month, dimension, value, n_appointments; ``attrs`` has "source" and "areas".
    coverage : pandas.DataFrame or None
        Monthly: month, areas, n_practices_included, n_practices_open, n_patients_included, n_patients_open.
    published : pandas.DataFrame or None
        Monthly totals the publisher prints: month, source, n_appointments. For reconciliation only.
    record_counts : pandas.DataFrame or None
        dimension, value, n_records, where a file of record counts is there.
    quality, raw_labels : pandas.DataFrame
        See `analysis_lib.inputs.quality`.
    warnings, notes : list of str
    simulated : bool
    profile : {"published", "simulated"}
    truth : dict or None
        What the simulation put in, where the folder is simulated.
    folder : Path
    not_read : list of str
        Files and folders of the folder that are of no kind that is read, with the reason; in the notes too.
    """

    attendance: pd.DataFrame | None
    attendance_daily: pd.DataFrame | None
    duration: pd.DataFrame | None
    category: pd.DataFrame | None
    category_margins: pd.DataFrame | None
    coverage: pd.DataFrame | None
    published: pd.DataFrame | None
    record_counts: pd.DataFrame | None
    quality: pd.DataFrame
    raw_labels: pd.DataFrame
    warnings: list[str]
    notes: list[str]
    simulated: bool
    profile: Literal["published", "simulated"]
    truth: dict[str, Any] | None
    folder: Path
    not_read: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        """Return the subjects with their rows and period, a line each; what is absent stands last."""
        frames = {subject: getattr(self, subject) for subject in SUBJECT_FILES}
        lines = [f"Appointments of {self.folder.resolve().name}{' (simulated)' if self.simulated else ''}"]
        for subject, frame in frames.items():
            if frame is not None:
                ends = (frame["month"].min(), frame["month"].max()) if "month" in frame else ()
                period = f"  {' to '.join(f'{month:%Y-%m}' for month in ends)}".rstrip()
                lines.append(f"  {subject:<16} {len(frame):>11,} rows{period}")
        absent = ", ".join(subject for subject, frame in frames.items() if frame is None)
        return "\n".join([*lines, *([f"  absent: {absent}"] if absent else [])])

    def list_areas(self) -> pd.DataFrame:
        """Return the areas of all frames, smallest to largest, by code and name: which lies in which."""
        frames = [frame for subject in SUBJECT_FILES if (frame := getattr(self, subject)) is not None]
        found = [frame[[c for c in AREA_ORDER if c in frame]].drop_duplicates() for frame in frames]
        return pd.concat([pd.DataFrame(), *found]).drop_duplicates().dropna()

    @property
    def source(self) -> str:
        """Where the appointments come from, for a caption."""
        return "simulated appointments" if self.simulated else OFFICIAL_SOURCE


def load_appointments(folder: str | Path | None = None, *, cache: CacheChoice = None) -> Appointments:
    """Load every appointment file of a folder as tidy frames.

    Parameters
    ----------
    folder : path, optional
        Folder of input files; `analysis_lib.project.data_folder` if not given. Folders inside are not read.
    cache : path or False, optional
        Where parsed files are kept; ``.cache/inputs`` in the project if not given, False for no cache.

    Returns
    -------
    Appointments

    Raises
    ------
    InputError
        If any file is rejected, listing every rejection: a folder is loaded whole or not at all. Also if
        there is no folder, or no appointment file in it, or a total is in doubt (see
        `analysis_lib.inputs.doubts`).
    """
    folder = Path(folder) if folder is not None else data_folder()
    scan = scan_folder(folder, _cache_place(cache))
    if scan.rejections:
        raise InputError(scan.rejections)
    assembly = Assembly(scan.sources, _lookup(), scan.answers)
    if not assembly.has_subject and not scan.beside:
        raise InputError(nothing_found(folder, scan.ignored))
    frames = assembly.frames()
    if assembly.rejections():
        raise InputError(assembly.rejections())
    return Appointments(
        **frames,
        quality=assembly.quality(),
        raw_labels=assembly.raw_labels(),
        warnings=assembly.warnings(),
        notes=[*assembly.notes(), *(f"Not read: {name}." for name in scan.ignored)],
        simulated=scan.simulated,
        profile="simulated" if scan.simulated else "published",
        truth=scan.truth,
        folder=folder,
        not_read=scan.ignored,
    )


def check_folder(
    folder: str | Path | None = None, *, cache: CacheChoice = None, accept: Sequence[str] = ()
) -> CheckReport:
    """Check every file of a folder, and report; never raises on bad content.

    Parameters are those of `load_appointments`. A file that is rejected is listed with all others. `accept`
    are answers to doubts, to try them; those of the folder's accept.txt hold as well.
    """
    folder = Path(folder) if folder is not None else data_folder()
    scan = scan_folder(folder, _cache_place(cache), accept)
    assembly = Assembly(scan.sources, _lookup(), scan.answers)
    if not scan.rejections and not assembly.has_subject and not scan.beside:
        scan.rejections.append(nothing_found(folder, scan.ignored))
    totals = assembly.totals()
    linked = check_linked(folder) if scan.beside else None
    admissions, refused = check_admissions(folder) if scan.beside else ({}, [])
    return CheckReport(
        folder=folder,
        quality=assembly.quality(),
        rejections=[
            *scan.rejections,
            *assembly.rejections(),
            *(linked.rejections if linked else []),
            *refused,
        ],
        warnings=assembly.warnings() + (linked.warnings if linked else []),
        notes=assembly.notes() + (linked.notes if linked else []),
        ignored=scan.ignored,
        simulated=scan.simulated,
        areas=assembly.count_areas(),
        unseen_labels=assembly.unseen_labels(),
        totals=totals,
        used=assembly.used_counts(),
        linked=linked,
        admissions=admissions,
    )


def _lookup() -> AreaLookup:
    return area_lookup()


def _cache_place(cache: CacheChoice) -> Path | None:
    return None if cache is False else (cache or default_cache())
