"""Counts in released tables: none small, none not rounded, no small difference of two tables."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_lib.release.profiles import PATIENT, Profile, profile_named
from website.scan.finding import Finding
from website.scan.hidden import UNREADABLE
from website.scan.said import SmallCounts

SMALL, UNROUNDED = "small count", "count that is not rounded"
DIFFERENCE = "small difference between two tables"
_EMPTY = ("", "[c]")  # [c] marks a hidden cell


@dataclass(frozen=True)
class Table:
    """A released table: columns of text by name, which of them are counts, and how it left.

    `people` are whom it counts and the larger population that they are part of, empty if not stated.
    """

    name: str
    columns: dict[str, list[str]]
    counts: tuple[str, ...]
    profile: Profile
    store: str
    people: tuple[str, str]

    def may_differ(self, other: Table) -> bool:
        """Whether a difference from `other` tells of people, and the gate has not looked at it.

        The gate compares the true counts of one store's tables. Rounded, a difference of 8 looks like
        one of 5, so its word is better than a look at the files.
        """
        if not (self.people[0] and other.people[0]):
            return True
        shared = self.people[0] in other.people or other.people[0] in self.people
        return shared and self.store != other.store

    def keys(self, names: tuple[str, ...]) -> list[tuple[str, ...]]:
        return list(zip(*(self.columns[name] for name in names), strict=True))


def scan_counts(results: Path) -> list[Finding]:
    """Check the counts of every table and fact under ``results/`` that left under a protecting profile.

    The facts' files say which profile that was, which tables there are and which of their columns
    are counts; where a file does not say, columns named ``n_…`` are. Without a profile nothing is
    checked; one of an unknown name counts as the strictest. Two tables are compared row by row where
    they have the same labels and are of the same or nested people, or do not say of whom.
    """
    findings: list[Finding] = []
    tables: list[Table] = []
    for path in sorted((results / "facts").glob("*.json")):
        file = path.relative_to(results).as_posix()
        try:
            store = json.loads(path.read_text(encoding="utf-8"))
            profile = _profile(store)
            if profile is None:
                continue
            listed = store["tables"]
            findings += [
                Finding(kind, file, 0, f"fact {n}") for n, kind in _bad_facts(store["facts"], profile)
            ]
            tables += [_read_table(results, path.stem, name, listed[name], profile) for name in listed]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error, RecursionError):
            findings.append(Finding(UNREADABLE, file, 0))
    for table in tables:
        for number, kind in _bad_cells(table):
            findings.append(Finding(kind, f"tables/{table.name}.csv", number))
    for one, other in itertools.combinations(tables, 2):
        for number in _small_differences(one, other) if one.may_differ(other) else ():
            findings.append(
                Finding(DIFFERENCE, f"tables/{one.name}.csv", number, f"against {other.name}.csv")
            )
    return findings


def small_counts(folders: Iterable[Path]) -> SmallCounts:
    """Return what finds small counts in words beside the results in these folders.

    The threshold is that of their strictest profile, and of the strictest there is where no store says one.
    """
    profiles: list[Profile | None] = []
    for path in (path for folder in folders for path in sorted((folder / "facts").glob("*.json"))):
        try:
            profiles.append(_profile(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, AttributeError, RecursionError):
            profiles.append(PATIENT)
    least = [profile.suppress_below or 0 for profile in (profiles or [PATIENT]) if profile]
    return SmallCounts(max(least, default=None), beside_open=None in profiles)


def _profile(store: dict[str, Any]) -> Profile | None:
    name = store.get("profile")
    if name is None:
        return None
    try:
        profile = profile_named(name)
    except ValueError:
        return PATIENT
    return profile if profile.protects else None


def _bad_facts(facts: dict[str, Any], profile: Profile) -> Iterator[tuple[str, str]]:
    for name, entry in facts.items():
        kind = _judge(str(entry["value"]), profile) if entry["unit"] == "count" else ""
        if kind:
            yield name, kind


def _read_table(results: Path, store: str, name: str, about: Any, profile: Profile) -> Table:
    text = (results / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    head, *rows = list(csv.reader(io.StringIO(text, newline="")))
    columns = {column: [row[n] for row in rows] for n, column in enumerate(head)}
    about = about if isinstance(about, dict) else {}
    kinds = about.get("kinds")
    people = (str(about.get("population") or ""), str(about.get("within") or ""))
    counts = [c for c in head if (c.startswith("n_") if kinds is None else kinds.get(c) == "Count")]
    return Table(name, columns, tuple(counts), profile, store, people)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _judge(cell: str, profile: Profile) -> str:
    """Kind of finding that a count is, or nothing."""
    value = _number(cell)
    if value is None:
        return ""
    if profile.suppress_below and 0 < abs(value) < profile.suppress_below:
        return SMALL
    return UNROUNDED if profile.round_to and value % profile.round_to else ""


def _bad_cells(table: Table) -> Iterator[tuple[int, str]]:
    for column in table.counts:
        for number, cell in enumerate(table.columns[column], 2):
            kind = _judge(cell, table.profile)
            if kind:
                yield number, kind


def _labels(table: Table) -> list[set[str]]:
    """Columns that label a row, in three widening sets: text, also yes and no, also whole numbers."""
    others = {name: cells for name, cells in table.columns.items() if name not in table.counts}
    flags = {name for name, cells in others.items() if set(cells) <= {"True", "False", *_EMPTY}}
    text = {
        name for name, cells in others.items() if any(_number(c) is None and c not in _EMPTY for c in cells)
    } - flags
    whole = {name for name, cells in others.items() if all(c.lstrip("-").isdecimal() for c in cells)}
    return [text, text | flags, text | flags | whole]


def _small_differences(one: Table, other: Table) -> Iterator[int]:
    """Rows of `one` where a count differs by a small one from that of the same labels in `other`."""
    shared = set(one.counts) & set(other.counts)
    limit = max(one.profile.suppress_below or 0, other.profile.suppress_below or 0)
    if not shared:
        return
    for mine, theirs in zip(_labels(one), _labels(other), strict=True):
        names = tuple(sorted(mine))
        keys, other_keys = one.keys(names), other.keys(names) if mine == theirs else []
        if (
            not names
            or mine != theirs
            or len(set(keys)) < len(keys)
            or len(set(other_keys)) < len(other_keys)
        ):
            continue
        rows = {key: number for number, key in enumerate(other_keys)}
        for number, key in enumerate(keys):
            for column in shared if key in rows else ():
                values = _number(one.columns[column][number]), _number(other.columns[column][rows[key]])
                if None not in values and 0 < abs(values[0] - values[1]) < limit:
                    yield number + 2
        return
