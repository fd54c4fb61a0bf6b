"""Put a folder's sources together: resolve overlaps, build the frames, and write down what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from analysis_lib.inputs.areas import AreaLookup
from analysis_lib.inputs.cache import Source
from analysis_lib.inputs.convert import Part
from analysis_lib.inputs.doubts import Answers, Doubt, code_of, name_files
from analysis_lib.inputs.errors import Rejection, visible
from analysis_lib.inputs.frames import (
    DIMENSIONS,
    Coded,
    Columns,
    MarginKey,
    build_frame,
    count_margins,
    margin_frame,
    select_rows,
    sum_days,
)
from analysis_lib.inputs.gaps import (
    LEVELS,
    boundary_notes,
    find_incomplete,
    find_silent_days,
    gap_notes,
    overview_notes,
    unknown_code_notes,
)
from analysis_lib.inputs.layouts import list_columns
from analysis_lib.inputs.quality import quality_frame, raw_label_frame
from analysis_lib.inputs.read import join_name
from analysis_lib.inputs.releases import Claim, resolve
from analysis_lib.inputs.report_text import DAYS_ALONE
from analysis_lib.inputs.values import UNKNOWN

BY_DAY = "attendance_daily"
SUBJECTS = ("attendance", BY_DAY, "duration", "category", "coverage")
# A folder with any of these gives a report, if only of that.
REPORTED_SUBJECTS = frozenset({"attendance", "duration", "category", "overview", "coverage", "tweets"})
COUNTED = frozenset({"attendance", BY_DAY, "duration", "category", "overview"})
SUBJECT_FILES = {
    "attendance": "the attendance file (regional CSV)",
    "duration": "the actual duration file",
    "category": "the national category file",
    "coverage": "the coverage file",
}


class Assembly:
    """The parts of a folder, each given the areas and months it is used for.

    Parameters
    ----------
    sources : sequence of Source
        Every file read, in name order.
    lookup : AreaLookup
        Area names and parents.
    answers : Answers, optional
        What the user accepts of what is in doubt.
    """

    def __init__(self, sources: Sequence[Source], lookup: AreaLookup, answers: Answers | None = None) -> None:
        self._sources = list(sources)
        self._lookup = lookup
        self._answers = answers or Answers()
        self._notes: list[str] = []
        self._doubts: list[Doubt] = []
        self._uses: dict[int, bool | str] = {}
        self._all = [
            Claim(
                i,
                number,
                join_name(visible(source.path.name), part.member),
                part,
                partial(source.part_table, number),
            )
            for i, source in enumerate(sources)
            for number, read in enumerate(source.read.parts)
            for part in _split_days(read)
        ]
        claims = [c for c in self._drop_copies() if self._has_rows(c) and not self._counts_nothing(c)]
        self._claims = {
            # In the order of the files: that of a set would change from run to run, and the notes with it
            s: [c for c in claims if c.part.subject == s]
            for s in dict.fromkeys(c.part.subject for c in claims)
        }
        self._resolve()
        self._named = self._name_areas()

    @property
    def has_subject(self) -> bool:
        """Whether any file holds something that a report can be made of."""
        return any(self._claims.get(subject) for subject in REPORTED_SUBJECTS)

    def _name_areas(self) -> AreaLookup:
        """Return the lookup with the names that the files give to areas of other years than its own."""
        claims = [c for held in self._claims.values() for c in held if c.part.cells]
        claims.sort(key=lambda claim: (max(month for _, _, month, _ in claim.part.cells), claim.name))
        named: dict[str, dict[str, str]] = {}
        parents: dict[str, str] = {}
        for claim in claims:  # the latest names and parents stand last, and stay
            for column, names in claim.part.stats["area_names"].items():
                named.setdefault(column, {}).update(names)
            if claim.part.level == "sub_icb":
                parents |= {area: parent for area, parent, _, _ in claim.part.cells if parent}
        moved = [area for area, parent in parents.items() if self._lookup.moved(area, parent)]
        found = self._lookup.with_names(named, moved, parents)
        lost = sorted(area for area, icb in found.icb_of.items() if icb == UNKNOWN)
        if lost:
            words = "named by another ICB than in the reference table, and no file says which code it has"
            self._notes.append(f"sub_icb_code: {words}: {', '.join(lost)}.")
        return found

    def _has_rows(self, claim: Claim) -> bool:
        """Whether a source has a row with a count; one without would stand for months it knows nothing of."""
        stats = claim.part.stats
        if stats["rows"] > stats["n_suppressed"] + stats["n_missing"]:
            return True
        self._uses[id(claim)] = "not one row has a count"
        return False

    def _counts_nothing(self, claim: Claim) -> bool:
        """Whether every count of a source is 0: it would stand for months it knows nothing of."""
        nothing = claim.part.stats["n_appointments"] == 0 and claim.part.subject in COUNTED
        if nothing:
            self._uses[id(claim)] = "every count is 0"
        return nothing

    def _drop_copies(self) -> list[Claim]:
        """Leave out content that stands in the folder a second time, under another name or kind."""
        seen: dict[str, Claim] = {}
        kept = []
        for claim in self._all:
            stats = claim.part.stats
            keys = (stats["content_sha256"], stats["rows_sha256"])
            first = next((seen[key] for key in keys if key in seen), claim)
            seen |= dict.fromkeys(keys, first)
            if first is claim:
                kept.append(claim)
            else:
                self._uses[id(claim)] = f"the same content as {first.name}; counted once"
                if claim.part.subject == BY_DAY:  # told with the months of the same file
                    continue
                self._notes.append(f"{claim.name} has the same content as {first.name}: counted once.")
        return kept

    def _resolve(self) -> None:
        for subject in (*SUBJECTS, "overview", "category_totals"):
            notes, doubts = resolve(self._claims.get(subject, []), self._lookup, self._answers)
            if subject == BY_DAY:  # told with the months of the same file
                continue
            self._notes += [f"{subject.replace('_', ' ')}: {note}" for note in notes]
            self._doubts += doubts
        published = self._claims.get("published", [])
        for layout in dict.fromkeys(claim.part.layout for claim in published):
            resolve([claim for claim in published if claim.part.layout == layout], self._lookup)
        for claims in self._claims.values():
            self._note_superseded(claims)
            for claim in claims:
                if claim.part.stats["doubt"] and (claim.chosen is None or claim.chosen):
                    self._ask(_repeats_doubt(claim))

    def _ask(self, doubt: Doubt) -> None:
        """Note what was answered to a doubt, or keep it."""
        answer = self._answers.find(doubt.code, doubt.answers)
        if answer is None:
            self._doubts.append(doubt)
        else:
            self._notes.append(doubt.to_note(answer))

    def rejections(self) -> list[Rejection]:
        """Return what stands in doubt and was not answered: it stops the run."""
        return [doubt.to_rejection() for doubt in self._doubts]

    def _note_superseded(self, claims: Sequence[Claim]) -> None:
        """Name every source that is not used whole; members of one zip together."""
        files: dict[str, list[Claim]] = {}
        for claim in claims:
            if claim.used is not True:
                files.setdefault(claim.file, []).append(claim)
        for file, group in files.items():
            note = str(group[0].used) if len(group) == 1 else f"{len(group)} members {group[0].used}"
            self._notes.append(f"{file} ({group[0].part.subject.replace('_', ' ')}): {note}.")

    def _pieces(self, claims: Sequence[Claim]) -> list[Columns]:
        """Return the selected rows of every source; one of which nothing is used is not opened."""
        groups: dict[tuple[int, str], list[Claim]] = {}
        for claim in claims:
            if claim.chosen is None or claim.chosen:
                groups.setdefault((claim.source, claim.part.layout), []).append(claim)
        pieces = []
        for (source, layout), group in groups.items():
            table = self._sources[source].table(layout)
            chosen = {claim.number: claim.chosen for claim in group}
            rows = select_rows(table, group[0].part.level, chosen, self._lookup)
            pieces.append(sum_days(group[0].part.subject, rows))
        return pieces

    def frames(self) -> dict[str, pd.DataFrame | None]:
        """Return every frame of `Appointments` by its name, None where no file has it."""
        frames: dict[str, pd.DataFrame | None] = {}
        for subject in SUBJECTS:
            pieces = self._pieces(self._claims.get(subject, []))
            if subject == "attendance" and not pieces:
                pieces = [
                    _without_categories(piece) for piece in self._pieces(self._claims.get("overview", []))
                ]
            frames[subject] = build_frame(subject, pieces, self._named) if pieces else None
            if subject in COUNTED and frames[subject] is not None:
                # A row of no appointments says no more than its absence, and has no rate
                counted = frames[subject]["n_appointments"] > 0
                if not counted.all():
                    frames[subject] = frames[subject][counted].reset_index(drop=True)
            self._note_lacking(subject)
        frames["category_margins"] = self._margins()
        frames["published"] = self._published()
        frames["record_counts"] = self._record_counts()
        self._frame_notes = unknown_code_notes(frames, self._lookup, self._named)
        self._frames = frames
        self._ask_whether_complete(frames)
        return frames

    def _note_lacking(self, subject: str) -> None:
        """Note which files have no column of labels that others of their subject have."""
        claims = [claim for claim in self._claims.get(subject, []) if _is_used(claim)]
        held = [set(claim.part.stats["labels"]) for claim in claims]
        for column in list_columns(subject):
            if column in set().union(*held) and not column.startswith(("n_", "date")):
                files = [c.name for c, labels in zip(claims, held, strict=True) if column not in labels]
                if files:
                    self._notes.append(
                        f"{column}: no such column in {name_files(files)}, {UNKNOWN} in its rows."
                    )

    def _ask_whether_complete(self, frames: dict[str, pd.DataFrame | None]) -> None:
        """Doubt a subject whose areas and months lack what every one has: a part of a file that was split."""
        for subject in (s for s in SUBJECTS if s != BY_DAY):
            problem = find_incomplete(frames[subject]) if frames[subject] is not None else ""
            claims = self._claims.get(subject) or self._claims.get("overview", [])
            claims = [c for c in claims if c.chosen is None or c.chosen]
            if problem:
                self._ask(
                    Doubt(
                        tuple(dict.fromkeys(claim.file for claim in claims)),
                        f"{subject}: {problem}",
                        "all rows of an area and month",
                        "Add the file that holds the rest.",
                        code_of(subject, *(str(claim.part.stats["rows_sha256"]) for claim in claims)),
                        {"all": "takes these rows as all there are"},
                    )
                )

    def totals(self) -> dict[str, int]:
        """Return how many appointments, or tweets, of each subject go into the report."""
        frames = self._frames if hasattr(self, "_frames") else self.frames()
        totals = {
            subject: int(frame["n_appointments"].sum())
            for subject in SUBJECTS
            if subject != BY_DAY and (frame := frames[subject]) is not None and "n_appointments" in frame
        }
        ids = {
            text
            for claim in self._claims.get("tweets", [])
            for text in claim.load().column("tweet_id").to_pylist()
        }
        return totals | ({"tweets": len(ids)} if ids else {})

    def used_counts(self) -> dict[str, int]:
        """Return the appointments that are used of every file, member or sheet, by name."""
        counts = {}
        for claim in (c for s in ("attendance", "duration", "category") for c in self._claims.get(s, [])):
            n = claim.part.stats["n_appointments"]
            if claim.chosen is not None:
                chosen = {claim.number: claim.chosen}
                rows = select_rows(claim.load(), claim.part.level, chosen, self._lookup)
                n = int(np.asarray(rows["n_appointments"]).sum())
            counts[claim.name] = n
        return counts

    def _gaps(self) -> list[str]:
        """Return missing months and areas of every subject, by the finest areas that all its rows have."""
        notes: list[str] = []
        for subject in SUBJECT_FILES:
            claims = [c for c in self._claims.get(subject, []) if c.chosen is None or c.chosen]
            level = "icb" if any(claim.part.level == "icb" for claim in claims) else "sub_icb"
            pairs: set[tuple[str, str]] = set()
            for claim in claims:
                for area, parent, month, _ in claim.part.cells:
                    if claim.chosen is None or (area, month) in claim.chosen:
                        fine = claim.part.level == "sub_icb" and level == "icb"
                        pairs.add((self._lookup.parent(area, parent) if fine else area, month))
            notes += gap_notes(subject, level, pairs, self._lookup)
            fine_parts = [claim.part for claim in claims if claim.part.level == "sub_icb"]
            parents = {(area, parent) for part in fine_parts for area, parent, _, _ in part.cells}
            notes += boundary_notes(subject, parents, self._lookup)
        return notes + overview_notes(self._months("overview"), self._months("attendance"))

    def _months(self, subject: str) -> set[str]:
        return {month for claim in self._claims.get(subject, []) for _, _, month, _ in claim.part.cells}

    def count_areas(self) -> dict[tuple[str, str], int]:
        """Return how many areas the members of a file hold together, by (file, layout)."""
        areas: dict[tuple[str, str], set[str]] = {}
        for claim in self._all:
            if claim.part.level in LEVELS:
                key = (claim.file, claim.part.layout)
                areas.setdefault(key, set()).update(area for area, *_ in claim.part.cells)
        return {key: len(held) for key, held in areas.items()}

    def _margins(self) -> pd.DataFrame | None:
        """Return margins of the widest source: the overview, else category rows, else published totals."""
        for subject, source in (("overview", "national overview"), ("category", "category rows")):
            claims = self._claims.get(subject, [])
            pieces = self._pieces(claims)
            if pieces:
                frame = count_margins(pieces)
                n_areas = len({area for claim in claims for area, *_ in claim.part.cells})
                areas = "England" if subject == "overview" else f"{n_areas} sub-ICB locations"
                frame.attrs = {"source": source, "areas": areas}
                return frame
        pieces = self._pieces(self._claims.get("category_totals", []))
        if not pieces:
            return None
        frame = pd.concat([_plain(piece) for piece in pieces], ignore_index=True)
        totals: Counter[MarginKey] = Counter()
        for row in frame[frame["dimension"].isin(DIMENSIONS)].itertuples():
            month = np.datetime64(row.month, "M")
            totals[str(row.dimension), month, str(row.value)] += int(row.n_appointments)
        frame = margin_frame(totals)
        frame.attrs = {"source": "published category totals", "areas": "England"}
        return frame

    def _published(self) -> pd.DataFrame | None:
        rows = []
        for claim_list, names in (
            (self._claims.get("published", []), None),
            (self._claims.get("category_totals", []), DIMENSIONS[0]),
        ):
            for layout in dict.fromkeys(claim.part.layout for claim in claim_list):
                for piece in self._pieces([claim for claim in claim_list if claim.part.layout == layout]):
                    frame = _plain(piece)
                    frame = frame[frame["dimension"] == names] if names else frame
                    rows.append(frame[["month", "n_appointments"]].assign(source=layout))
        if not rows:
            return None
        frame = pd.concat(rows, ignore_index=True)
        frame = frame.groupby(["source", "month"], as_index=False)["n_appointments"].sum()
        frame["source"] = pd.Categorical(frame["source"], categories=sorted(set(frame["source"])))
        return frame[["month", "source", "n_appointments"]]

    def _record_counts(self) -> pd.DataFrame | None:
        pieces = self._pieces(self._claims.get("record_counts", [])[-1:])
        return _plain(pieces[0])[["dimension", "value", "n_records"]] if pieces else None

    def _used(self, claim: Claim) -> bool | str:
        if id(claim) in self._uses:
            return self._uses[id(claim)]
        if claim.part.subject == "tweets":
            return "as tweets: there are no appointments in it"
        days = [c for c in self._claims.get(BY_DAY, []) if c.source == claim.source and c.name == claim.name]
        if claim.used is not True and claim.part.subject == "attendance" and any(map(_is_used, days)):
            return f"{DAYS_ALONE}; months {claim.used}"
        if claim.part.subject == "record_counts" and claim is not self._claims["record_counts"][-1]:
            return f"superseded by {self._claims['record_counts'][-1].name}"
        return claim.used

    def quality(self) -> pd.DataFrame:
        """Return the data-quality table (see `quality_frame`)."""
        claims = [claim for claim in self._all if claim.part.subject != BY_DAY]  # every file once
        digests = [self._sources[claim.source].read.sha256 for claim in claims]
        return quality_frame(claims, digests, [self._used(claim) for claim in claims])

    def raw_labels(self) -> pd.DataFrame:
        """Return every label as it stood in the files (see `raw_label_frame`)."""
        return raw_label_frame(self._all)

    def unseen_labels(self) -> dict[str, dict[str, int]]:
        """Return the rows of every label that the project does not know, by column."""
        found: dict[str, dict[str, int]] = {}
        for claim in self._all:
            for column, labels in claim.part.stats["unseen_labels"].items():
                held = found.setdefault(column, {})
                for label, rows in labels.items():
                    held[label] = held.get(label, 0) + rows
        return found

    def warnings(self) -> list[str]:
        """Return the warnings of every file, named."""
        found = [f"{claim.name}: {text}" for claim in self._all for text in claim.part.warnings]
        frames = self._frames if hasattr(self, "_frames") else self.frames()
        daily = {s: frames[s] for s in (BY_DAY, "duration", "category") if frames[s] is not None}
        silent = {subject: find_silent_days(frame) for subject, frame in daily.items()}
        found += [f"{subject.replace('_', ' ')}: {text}." for subject, text in silent.items() if text]
        return found + self._answers.unused()

    def notes(self) -> list[str]:
        """Return what is absent, what was superseded, gaps and codes that are not known."""
        absent = []
        for subject, file in SUBJECT_FILES.items():
            if self._claims.get(subject):
                continue
            if subject == "attendance" and self._claims.get("overview"):
                absent.append("attendance: from the national overview, without areas and lead times.")
            elif subject == "category" and (
                self._claims.get("overview") or self._claims.get("category_totals")
            ):
                absent.append("category: no rows by day and area; monthly totals only.")
            else:
                absent.append(f"{subject}: absent, needs {file}.")
        if not hasattr(self, "_frames"):
            self.frames()
        return absent + self._notes + self._gaps() + self._frame_notes


def _split_days(part: Part) -> list[Part]:
    """Return what a file of status by day is claimed as: appointments by month, and by day and status.

    Both count every appointment of it. Months are what other attendance files hold, and what most of the
    report is made of; days serve where categories or durations would. Any other part is returned alone.
    """
    if part.subject != "attendance" or "date" not in part.stats["labels"]:
        return [part]
    keys = {name: f"{part.stats[name]}/days" for name in ("content_sha256", "rows_sha256")}
    # Repeats, doubts and warnings are told once, with the months.
    told = {"rows_repeated": 0, "n_repeated": 0, "rows_warned": 0, "unseen_labels": {}, "doubt": ""}
    by_day = replace(part, subject=BY_DAY, stats=part.stats | keys | told, raw_labels=[], warnings=[])
    return [part, by_day]


def _is_used(claim: Claim) -> bool:
    return claim.chosen is None or bool(claim.chosen)


def _repeats_doubt(claim: Claim) -> Doubt:
    return Doubt(
        (claim.name,),
        claim.part.stats["doubt"],
        "every appointment once",
        "Remove what stands twice at its source.",
        code_of(claim.part.stats["rows_sha256"]),
        {"all": "counts all rows"},
    )


def _without_categories(piece: Columns) -> Columns:
    return {name: column for name, column in piece.items() if name not in DIMENSIONS}


def _plain(piece: Columns) -> pd.DataFrame:
    """Return columns as a frame of plain text and numbers."""
    return pd.DataFrame(
        {
            name: np.array(column.labels, dtype=object)[column.codes] if isinstance(column, Coded) else column
            for name, column in piece.items()
        }
    )
