"""Which layout a header belongs to, by column names alone, or how it differs from the closest one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from analysis_lib.inputs.errors import InputError, reject, without_invisible
from analysis_lib.inputs.layouts import Layout, all_layouts

HEADER_ROWS = 20
STRANGER_ROWS = 200
NAME = re.compile(r"[a-z][a-z0-9_()&/]{0,59}")
VALUE = re.compile(r"\d[\d_,./:]*")
MAX_LOOKUP_LABELS = 2
# Words of appointments under other names than the publication's; a count is one only beside a time.
APPOINTMENT_WORDS = frozenset(
    {"appointment", "appointments", "appt", "appts", "attended", "attendance", "attendances", "dna"}
    | {"consultation", "consultations"}
)
COUNT_WORDS = frozenset({"count", "counts", "n", "total"})
TIME_WORDS = frozenset({"date", "day", "week", "month", "period", "quarter", "year"})
# Columns of single people: a file that has one is never left aside, so that it can be refused.
PERSON_NAMES = frozenset({"nhs_number", "nhs_no", "nhsnumber", "pseudo_nhs_number"})
STRANGER = "not an appointment file"
LEAVE_MEMBER = "If the project need not read it, unpack the archive and leave it out."
LEAVE_ASIDE = (
    "If the project need not read it, name it in ignore.txt in the folder, or move it out of the folder."
)


@dataclass(frozen=True)
class Match:
    """A header recognised: layout, which column name holds each meaning, and columns it does not know."""

    layout: Layout
    columns: dict[str, str]
    unknown: list[str] = field(default_factory=list)


def normalise_name(name: str) -> str:
    """Return a column name without what does not show, case, outer spaces; inner spaces as underscores."""
    text = without_invisible(unicodedata.normalize("NFKC", name)).strip('"').strip()
    return re.sub(r"[\s_\-]+", "_", text).casefold()


def subject_names() -> dict[str, str]:
    """Return the names of columns that say when and what a row counts, each with its kind.

    Names of areas, and of the short published tables (value, total), stand in look-ups as well.
    """
    return {
        name: column.kind
        for layout in all_layouts()
        if not layout.exact
        for column in layout.columns
        if column.kind in ("date", "month", "count", "label") or layout.subject == "tweets"
        for name in column.names
    }


def _match(layout: Layout, names: Sequence[str]) -> Match | None:
    """Return the match of a header with one layout, or None where a required column is absent."""
    found: dict[str, str] = {}
    for column in layout.columns:
        name = next((n for n in column.names if n in names and n not in found.values()), None)
        if name is not None:
            found.setdefault(column.meaning, name)
        elif column.required:
            return None
    unknown = [name for name in names if name not in found.values() and name]
    return None if layout.exact and unknown else Match(layout, found, unknown)


def _distance(layout: Layout, names: Sequence[str]) -> tuple[float, list[str], list[str]]:
    """Return how far a header is from a layout (0 to 1), the columns it lacks and those it has besides."""
    known = {name for column in layout.columns for name in column.names}
    missing = [c.names[0] for c in layout.required if not set(c.names) & set(names)]
    extra = [name for name in names if name not in known]
    shared = len(layout.required) - len(missing)
    return 1 - shared / max(len(layout.required) + len(extra), 1), missing, extra


def check_names(names: Sequence[str]) -> None:
    """Reject a first line of values: a file without a header. It may be about people, and is not shown."""
    if any(VALUE.fullmatch(name) for name in names):
        raise reject(
            "the first line holds numbers or dates: it looks like data, not like a header",
            "the published column names",
            f"Put the published column names in the first line. {LEAVE_ASIDE}",
            line=1,
        )


def recognise(names: Sequence[str]) -> Match:
    """Return the layout of a header.

    Parameters
    ----------
    names : sequence of str
        Column names as `normalise_name` returns them.

    Raises
    ------
    InputError
        If no layout has these columns, or a name stands twice. The message names the closest layout,
        the columns that are missing and those that are not known.
    """
    check_names(names)
    twice = sorted({name for name in names if name and list(names).count(name) > 1})
    if twice:
        raise reject(
            f"duplicate column name {', '.join(twice)}",
            "every column name once",
            "Rename or remove the repeated column.",
            line=1,
            column=twice[0],
        )
    matches = [match for layout in all_layouts() if (match := _match(layout, names)) is not None]
    if matches:
        return max(matches, key=lambda match: (len(match.columns), -len(match.unknown)))
    raise _unknown_header(names)


def why_leave_aside(records: Iterable[Sequence[object]]) -> str:
    """Return why a file is not to be read, by its first records (header, titles above it); blank if it is.

    A file of the publication has a month or day, a count, and two or more columns of what it counts; with one
    of them renamed or lost it still has the others, and is refused, not left aside. A look-up of areas,
    practices, postcodes or deprivation has none of them; one of staff groups or categories has one or two.

    Parameters
    ----------
    records : iterable of sequences
        Cells as they stand in the file.
    """
    kinds = subject_names()
    for place, record in enumerate(islice(records, STRANGER_ROWS)):
        names = {normalise_name(str(cell)) for cell in record} - {""}
        layout = next((each for each in all_layouts() if _match(each, sorted(names))), None)
        if layout is not None:
            return layout.companion
        known = names & kinds.keys()
        if place and len(known) < 2 and not names & PERSON_NAMES:
            continue  # values, or a cover sheet: one known word among them is chance
        told = any(kinds[name] != "label" for name in known)
        if told or len(known) > MAX_LOOKUP_LABELS or names & PERSON_NAMES:
            return ""
        words = {word for name in names - known for word in re.split(r"[^a-z]+", name)}
        counted = words & APPOINTMENT_WORDS or (words & COUNT_WORDS and words & TIME_WORDS)
        if not place and (counted or any(VALUE.fullmatch(name) for name in names)):
            return ""
    return STRANGER


def _unknown_header(names: Sequence[str]) -> InputError:
    closest = min(all_layouts(), key=lambda layout: _distance(layout, names)[0])
    distance, missing, extra = _distance(closest, names)
    shown = [name for name in extra if NAME.fullmatch(name)][:12]
    unshown = f"{len(extra) - len(shown)} more" if len(extra) > len(shown) else ""
    listed = ", ".join(filter(None, [*shown, unshown])) or "none"
    difference = f"missing: {', '.join(missing) or 'none'}; not known: {listed}"
    problem = "unknown header" if distance > 0.5 or not missing else "required column absent"
    return reject(
        f"{problem} ({difference})",
        f"the closest known layout, {closest.name!r}",
        f"Give the columns their published names, or restore those that are missing. {LEAVE_ASIDE}",
        line=1,
        column=missing[0] if len(missing) == 1 else None,
    )


def find_header_below(records: Iterable[tuple[int, Sequence[str]]]) -> int | None:
    """Return the line of a known header that stands below the first record, None if the first is one."""
    for place, (line, record) in enumerate(records):
        names = [name for cell in record if (name := normalise_name(cell))]
        if len(names) > 1 and any(_match(layout, names) for layout in all_layouts()):
            return line if place else None
    return None
