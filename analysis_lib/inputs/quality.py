"""The data-quality record: what was read, how good it is, what was used, and what was rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis_lib.inputs.errors import Rejection, visible
from analysis_lib.inputs.releases import Claim
from analysis_lib.inputs.report_text import format_report

if TYPE_CHECKING:
    from analysis_lib.inputs.population import PopulationReport

QUALITY_COLUMNS = (
    "subject",
    "file",
    "layout",
    "rows",
    "n_appointments",
    "first_date",
    "last_date",
    "areas",
    "rows_repeated",
    "n_repeated",
    "n_suppressed",
    "n_missing",
    "rows_warned",
    "rows_rejected",
    "sha256",
    "used",
)
INTEGERS = ("n_appointments", "areas")
RAW_LABEL_COLUMNS = ("subject", "column", "file", "raw_value", "normalised_value", "rows", "n_appointments")


def quality_frame(
    claims: Sequence[Claim], digests: Sequence[str], used: Sequence[bool | str]
) -> pd.DataFrame:
    """Return the data-quality table: one row per file, zip member or sheet.

    Columns: subject, file, layout, rows, n_appointments (missing where the layout counts none; copies in it
    once), first_date, last_date (ISO text), areas (missing for England alone), rows_repeated (exact repeats
    of an earlier row that are counted; of tweets, rows whose tweet stands before) and n_repeated (their
    appointments), n_suppressed and n_missing (rows left out of sums), rows_warned, rows_rejected, sha256
    (first 12 digits, of the file), used (True or a note).
    """
    rows = []
    for claim, digest, use in zip(claims, digests, used, strict=True):
        part, stats = claim.part, claim.part.stats
        first, last = stats["first_date"], stats["last_date"]
        if not stats["daily"] and first:
            first, last = first[:7], last[:7]
        row = {name: stats.get(name) for name in QUALITY_COLUMNS}
        row |= {"subject": part.subject, "file": claim.name, "layout": part.layout, "areas": stats["n_areas"]}
        row |= {"first_date": first, "last_date": last, "rows_rejected": 0}
        rows.append(row | {"sha256": digest[:12], "used": use})
    frame = pd.DataFrame(rows, columns=list(QUALITY_COLUMNS))
    return frame.astype(dict.fromkeys(INTEGERS, "Int64"))


def raw_label_frame(claims: Sequence[Claim]) -> pd.DataFrame:
    """Return every label as it stood in the files: subject, column, file, raw_value, normalised_value, rows,
    n_appointments; members of one zip together.
    """
    totals: dict[tuple[str, ...], list[int]] = {}
    for claim in claims:
        file = claim.name.split("/")[0]
        for label in claim.part.raw_labels:
            key = (label["subject"], label["column"], file, label["raw_value"], label["normalised_value"])
            held = totals.setdefault(key, [0, 0])
            held[0] += label["rows"]
            held[1] += label["n_appointments"]
    rows = [(*key, *counts) for key, counts in totals.items()]
    return pd.DataFrame(rows, columns=list(RAW_LABEL_COLUMNS))


@dataclass(frozen=True)
class CheckReport:
    """What `check_folder` found; nothing is raised, everything is listed.

    Attributes
    ----------
    folder : Path
    quality : pandas.DataFrame
        One row per accepted file, member or sheet (see `quality_frame`).
    rejections : list of Rejection
    warnings, notes, ignored : list of str
    simulated : bool
    areas : dict
        Number of areas that a file's members hold together, by (file, layout).
    unseen_labels : dict
        Rows of every label that the project does not know, by column: what labels.toml may declare.
    totals : dict
        Appointments of each subject (tweets of the tweets) that go into the report.
    used : dict
        Appointments that are used of each file, member or sheet.
    linked : PopulationReport or None
        What the check of the linked population found, where the folder holds one. Its rejections, warnings
        and notes are among those above.
    admissions : dict
        Rows and people of the admissions, where the folder holds any; their rejections are among those above.
    """

    folder: Path
    quality: pd.DataFrame
    rejections: list[Rejection]
    warnings: list[str]
    notes: list[str]
    ignored: list[str]
    simulated: bool
    areas: dict[tuple[str, str], int] = field(default_factory=dict)
    unseen_labels: dict[str, dict[str, int]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    linked: PopulationReport | None = None
    admissions: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the folder, also where it was given as "."."""
        return visible(self.folder.resolve().name or str(self.folder))

    @property
    def ok(self) -> bool:
        """Whether the folder can be loaded: at least one file was accepted and none rejected."""
        return not self.rejections

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a dictionary ready for JSON."""
        files = [
            {name: _plain(name, value) for name, value in row.items()}
            for row in self.quality.astype(object).to_dict("records")
        ]
        return {
            "ok": self.ok,
            "folder": self.name,
            "simulated": self.simulated,
            "totals": self.totals,
            "files": files,
            "linked": None
            if self.linked is None
            else {"rows": self.linked.rows, "rules": self.linked.broken()},
            "admissions": self.admissions or None,
            "warnings": self.warnings,
            "rejections": [rejection.to_dict() for rejection in self.rejections],
            "notes": self.notes,
            "ignored": self.ignored,
            "unseen_labels": self.unseen_labels,
        }

    def to_text(self) -> str:
        """Return the report as text for a terminal of 100 columns, by subject, the verdict last."""
        return format_report(self)


def _plain(name: str, value: Any) -> Any:
    """Return a cell of the quality table as JSON has it."""
    if pd.isna(value):
        return None
    return int(value) if name in INTEGERS else value
