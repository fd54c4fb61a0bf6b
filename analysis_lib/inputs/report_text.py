"""The check of a folder as a text for a terminal of 100 columns."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis_lib.inputs.find_population import OPTIONAL_TABLE, TABLE_NAMES
from analysis_lib.inputs.labels import LABEL_FILE, write_own_labels
from analysis_lib.inputs.layouts import name_layouts

if TYPE_CHECKING:
    from analysis_lib.inputs.errors import Rejection
    from analysis_lib.inputs.population import PopulationReport
    from analysis_lib.inputs.quality import CheckReport

WIDTH = 100
TITLES = {
    "attendance": "attendance",
    "duration": "duration",
    "category": "category",
    "overview": "national overview",
    "coverage": "coverage",
    "published": "published totals (to compare with)",
    "category_totals": "published category totals",
    "record_counts": "published record counts",
    "tweets": "tweets",
}
# Beginning of what a file is used for whose months another gives.
DAYS_ALONE = "for counts by day"
IN_PART = re.compile(r"in part: (\d+) of (\d+) area-months; (.*)")


def format_report(report: CheckReport) -> str:
    """Return a report as text: every subject with its files, then what is wrong, then the verdict."""
    lines = [f"Folder {report.name}" + (" (simulated data)" if report.simulated else "")]
    for subject, title in TITLES.items():
        rows = report.quality[report.quality["subject"] == subject]
        if len(rows):
            n = report.totals.get(subject) if report.ok else None
            what = "tweets" if subject == "tweets" else "appointments"
            total = "" if n is None else f" {n:,} {what} go into the report"
            lines += ["", f"{title}:{total}", *_subject_lines(rows.to_dict("records"), report)]
    if report.linked is not None:
        lines += ["", "linked population:", *_linked_lines(report.linked)]
    if report.admissions:
        rows, people = report.admissions["rows"], report.admissions["people"]
        lines += ["", "admissions to hospital:", f"  {rows:,} rows of {people:,} people"]
    if report.rejections:
        lines += ["", f"Rejected ({len(report.rejections)}):"]
        for number, rejection in enumerate(report.rejections, 1):
            lines += _rejection_lines(number, rejection)
    for name, items in (
        ("Warnings", _join_same(report.warnings)),
        ("Notes", _untold(report.notes, report.quality["file"])),
        ("Not read", report.ignored),
    ):
        if items:
            lines += ["", f"{name} ({len(items)}):"]
            lines += [line for item in items for line in _wrap(item, "  - ", "    ")]
    if report.unseen_labels:
        words = (
            "Labels that are not known: to say what they stand for, save the lines below as "
            f"{LABEL_FILE} in the folder, with the label that is meant on the right."
        )
        lines += ["", *_wrap(words, "", ""), "", *write_own_labels(report.unseen_labels)]
    if any("closest known layout" in rejection.expected for rejection in report.rejections):
        lines += ["", *_wrap(f"Layouts that are read: {name_layouts()}.", "", "")]
    verdict = "OK: every file can be read." if report.ok else f"NOT OK: {len(report.rejections)} rejected."
    if report.ok and report.ignored:
        verdict = f"OK: every file that is used can be read; {len(report.ignored)} not read, see above."
    return "\n".join([*lines, "", verdict])


def _linked_lines(linked: PopulationReport) -> list[str]:
    """Return a line for each table with its rows, and for each rule that some of them break."""
    lines = []
    optional = [OPTIONAL_TABLE] if OPTIONAL_TABLE in linked.rows else []
    for table in (*TABLE_NAMES, *optional):
        rows = linked.rows.get(table)
        counted = "not read" if rows is None else f"{rows:,} row{'' if rows == 1 else 's'}"
        lines.append(f"  {table:<11} {counted:>18}")
        for rule in linked.broken():
            if rule["table"] == table:
                said = "missing" if rule["verdict"] == "kept" else f"{rule['check']} ({rule['verdict']})"
                text = f"{rule['column']}: {said} in {rule['rows_found']:,} of {rule['rows']:,} rows."
                lines += _wrap(text, " " * 8, " " * 10)
    return lines


def _wrap(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    ) or [first.rstrip()]


def _rejection_lines(number: int, rejection: Rejection) -> list[str]:
    lines = _wrap(rejection.place, f"  {number}. ", "     ")
    for word, text in (
        ("Problem", rejection.problem),
        ("Expected", rejection.expected),
        ("To do", rejection.remedy),
    ):
        lines += _wrap(text, f"     {word:<10}", " " * 15)
    return lines


def _subject_lines(rows: list[dict[str, Any]], report: CheckReport) -> list[str]:
    """Return the lines of a subject: members of one archive that fare alike stand together."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        fate = "used" if row["used"] is True else "in part" if IN_PART.match(str(row["used"])) else "not used"
        groups.setdefault((row["file"].split("/")[0], row["layout"], fate), []).append(row)
    whole = [key[:2] for key in groups]
    lines: list[str] = []
    for (file, layout, fate), group in groups.items():
        name = group[0]["file"] if len(group) == 1 else f"{file}, {len(group)} files in it"
        n_areas = report.areas.get((file, layout)) if whole.count((file, layout)) == 1 else None
        if len(group) == 1:
            n_areas = None if pd.isna(group[0]["areas"]) else int(group[0]["areas"])
        lines += _wrap(f"{name} [{layout}]", "  ", "    ")
        lines += [_figures(group, n_areas)]
        lines += [line for text in _remarks(group, fate, report) for line in _wrap(text, " " * 8, " " * 10)]
    return lines


def _figures(group: list[dict[str, Any]], n_areas: int | None) -> str:
    counts = [int(row["n_appointments"]) for row in group if not pd.isna(row["n_appointments"])]
    dates = [(row["first_date"], row["last_date"]) for row in group if isinstance(row["first_date"], str)]
    period = f"{min(d[0] for d in dates)} to {max(d[1] for d in dates)}" if dates else ""
    rows = sum(row["rows"] for row in group)
    text = f"{rows:>15,} row{' ' if rows == 1 else 's'}"
    text += f"{sum(counts):>15,} appointments" if counts else " " * 28
    text += f"   {period:<24}"
    text += f"  {n_areas:>5,} area{'' if n_areas == 1 else 's'}" if n_areas is not None else ""
    return text.rstrip()


def _remarks(group: list[dict[str, Any]], fate: str, report: CheckReport) -> list[str]:
    repeated, n_repeated = (sum(row[name] for row in group) for name in ("rows_repeated", "n_repeated"))
    warned = sum(row["rows_warned"] for row in group)
    texts = []
    if group[0]["subject"] == "tweets":
        texts.append("Used as tweets; there are no appointments in it.")
    elif fate == "not used":
        told = list(dict.fromkeys(str(row["used"]) for row in group))
        verb = "Used " if told[0].startswith(DAYS_ALONE) else "Not used: "
        texts.append(verb + "; ".join(told[:3]) + (" …" if len(told) > 3 else "") + ".")
    elif fate == "in part":
        parts = [match.groups() for row in group if (match := IN_PART.match(str(row["used"])))]
        some, of = (sum(int(part[i]) for part in parts) for i in (0, 1))
        others = "; ".join(list(dict.fromkeys(part[2] for part in parts))[:3])
        counts = [report.used.get(row["file"]) for row in group]
        n = "" if None in counts else f" with {sum(counts):,} appointments"
        texts.append(f"Used in part: {some:,} of {of:,} area-months{n}; {others}.")
    if repeated and group[0]["subject"] == "tweets":
        texts.append(f"{repeated:,} row(s) hold a tweet that stands before: read once.")
    elif repeated:
        texts.append(f"{repeated:,} row(s) repeat exactly ({n_repeated:,} appointments): all are counted.")
    if warned:
        texts.append(f"{warned:,} row(s) with a warning, see below.")
    return texts


def _join_same(warnings: Iterable[str]) -> list[str]:
    """Return warnings with the same words for several files as one."""
    files: dict[str, list[str]] = {}
    for warning in warnings:
        file, _, text = warning.partition(": ")
        files.setdefault(text, []).append(file)
    return [
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {text}"
        for text, names in files.items()
    ]


def _untold(notes: Iterable[str], files: Iterable[str]) -> list[str]:
    """Return the notes that do not stand beside their file already."""
    names = {name for file in files for name in (file, file.split("/")[0])}
    told = tuple(f"{name}{mark}" for name in names for mark in (" (", " has the same content as "))
    return [note for note in notes if not note.startswith(told)]
