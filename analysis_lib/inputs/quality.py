"""The data-quality record: what was read, how good it is, what was used, and what was rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis_lib.inputs.errors import Rejection
from analysis_lib.inputs.releases import Claim

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

    Columns: subject, file, layout, rows, n_appointments (missing where the layout counts none),
    first_date, last_date (ISO text), areas (missing for England alone), rows_repeated (exact repeats of
    an earlier row, kept) and n_repeated (their appointments), n_suppressed and n_missing (rows left out
    of sums), rows_warned, rows_rejected, sha256 (first 12 digits, of the file), used (True or a note).
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
    """

    folder: Path
    quality: pd.DataFrame
    rejections: list[Rejection]
    warnings: list[str]
    notes: list[str]
    ignored: list[str]
    simulated: bool

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
            "folder": self.folder.name,
            "simulated": self.simulated,
            "files": files,
            "warnings": self.warnings,
            "rejections": [rejection.to_dict() for rejection in self.rejections],
            "notes": self.notes,
            "ignored": self.ignored,
        }

    def to_text(self) -> str:
        """Return the report as text for a terminal, by subject."""
        lines = [f"Folder {self.folder.name}" + (" (simulated data)" if self.simulated else "")]
        for subject, rows in self.quality.groupby("subject", sort=False):
            lines += ["", f"{subject}:", *(_quality_line(row) for row in rows.to_dict("records"))]
        for title, items in (
            ("Rejected", [rejection.to_text() for rejection in self.rejections]),
            ("Warnings", self.warnings),
            ("Notes", self.notes),
            ("Ignored", self.ignored),
        ):
            if items:
                lines += ["", f"{title}:", *(f"  - {item}" for item in items)]
        verdict = "OK: every file can be read." if self.ok else f"NOT OK: {len(self.rejections)} rejected."
        return "\n".join([*lines, "", verdict])


def _plain(name: str, value: Any) -> Any:
    """Return a cell of the quality table as JSON has it."""
    if pd.isna(value):
        return None
    return int(value) if name in INTEGERS else value


def _quality_line(row: dict[str, Any]) -> str:
    text = f"  {row['file']} [{row['layout']}] {row['rows']:,} rows"
    if not pd.isna(row["n_appointments"]):
        text += f", {row['n_appointments']:,} appointments"
    if row["first_date"]:
        text += f", {row['first_date']} to {row['last_date']}"
    if not pd.isna(row["areas"]):
        text += f", {row['areas']} areas"
    if row["rows_repeated"]:
        text += f", {row['rows_repeated']:,} exact repeats kept"
    return text + ("" if row["used"] is True else f" ({row['used']})")
