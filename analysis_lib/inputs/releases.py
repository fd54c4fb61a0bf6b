"""Where files overlap: exactly one source for every row of an area and month, never two stacked.

Files that share an area and month, but no combination of labels in it, are parts of one release and are
added. Of two that hold the same combinations the later release wins, a release's time being its last month;
the same rows are counted once. What is neither is a doubt. A source by sub-ICB location stands for its ICB
where it holds all the ICB's locations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa

from analysis_lib.inputs.areas import AreaLookup
from analysis_lib.inputs.convert import Part
from analysis_lib.inputs.describe import Place
from analysis_lib.inputs.doubts import Answers, Doubt, code_of, name_files
from analysis_lib.inputs.overlaps import Meeting, Numbers, Rows, are_parts, compare, meet
from analysis_lib.inputs.values import LABELS

ADD, FIRST, SECOND = "add", "first", "second"


@dataclass
class Claim:
    """A part that claims areas and months, and what it was given.

    `chosen` is None where everything it holds is used, else the (area, month) pairs that are. `load` gives
    its rows, for those that another claims too.
    """

    source: int
    number: int
    name: str
    part: Part
    load: Callable[[], pa.Table]
    release: str = ""
    chosen: set[tuple[str, str]] | None = None
    superseded_by: list[str] = field(default_factory=list)

    @property
    def used(self) -> bool | str:
        """True, or a note of how much is used and what stands in for the rest."""
        if self.chosen is None:
            return True
        others = ", ".join(self.superseded_by[:3]) + (" …" if len(self.superseded_by) > 3 else "")
        if not self.chosen:
            return f"superseded by {others}"
        return f"in part: {len(self.chosen)} of {len(self.part.cells)} area-months; the rest from {others}"

    @property
    def file(self) -> str:
        """The file of the folder that it is of."""
        return self.name.split("/")[0]

    @property
    def kind(self) -> list[str]:
        """The labels by which its rows are told apart."""
        return self.part.stats["labels"]

    @cached_property
    def rows(self) -> Rows:
        """Its rows by area and month, opened when another claims the same."""
        return Rows(self.load(), self.part.level)


# A release's standing: last month, number of areas, layout (lower rank first), rows, name.
_Standing = tuple[str, int, int, int, str]
_Key = Place
_Spot = tuple[str, _Key]


@dataclass
class _Cell:
    """An area and month as one claim holds it, by the code in the file, with the ICB the area belongs to."""

    claim: int
    area: str
    parent: str
    month: str
    rows: int
    code: str

    @property
    def key(self) -> _Key:
        return self.area, self.month

    @property
    def place(self) -> Place:
        """Area and month as they stand in the file."""
        return self.code, self.month

    @property
    def parent_key(self) -> _Key:
        return self.parent, self.month


def resolve(
    claims: Sequence[Claim], lookup: AreaLookup, answers: Answers | None = None
) -> tuple[list[str], list[Doubt]]:
    """Give every (area, month) to one release; return notes, and doubts that `answers` do not settle.

    Parameters
    ----------
    claims : sequence of Claim
        Parts of one subject. `chosen` and `superseded_by` are set on those that do not keep everything.
    lookup : AreaLookup
        Which locations make up an ICB.
    answers : Answers, optional
        What the user accepts.
    """
    _name_releases(claims)
    if len({claim.release for claim in claims}) <= 1:
        return [], []
    cells = _cells_of(claims, lookup)
    places: dict[_Spot, list[_Cell]] = {}
    for cell in cells:
        places.setdefault((claims[cell.claim].part.level, cell.key), []).append(cell)
    shared = {place: held for place, held in places.items() if len({cell.claim for cell in held}) > 1}
    parts = _find_parts(claims, shared.values())
    groups = _join_releases(claims, parts)
    choice = _Choice(claims, parts, answers or Answers())
    for group in groups:
        choice.note_parts(group)
    best = {place: choice.among(held) if place in shared else held for place, held in places.items()}
    winners = _across_levels(best, choice.standing, lookup)
    _give(claims, cells, winners)
    return choice.notes, choice.doubts


class _Choice:
    """Chooses among files that hold the same area and month, and keeps what is in doubt."""

    def __init__(self, claims: Sequence[Claim], parts: Sequence[frozenset[int]], answers: Answers) -> None:
        self.standing = _standings(claims)
        self.notes: list[str] = []
        self.doubts: list[Doubt] = []
        self._claims, self._parts = claims, set(parts)
        self._own = [max(month for _, _, month, _ in claim.part.cells) for claim in claims]
        self._answers = answers
        self._open: dict[tuple[str, str], str | None] = {}

    def note_parts(self, group: Sequence[Claim]) -> None:
        """Note that files are parts of one release; doubt them if one seems to be absent."""
        files = tuple(claim.name for claim in group)
        self.notes.append(
            f"{name_files(files)} are parts of one release and were added: they have areas and months in "
            "common, but no combination of labels in these, or the one begins where the other ends."
        )
        if problem := find_absent_part(group):
            digests = (str(claim.part.stats["rows_sha256"]) for claim in group)
            remedy = "Add the file that is absent."
            answers = {"all": "takes them as all there are"}
            self._answer(Doubt(files, problem, "every label", remedy, code_of(*digests), answers))

    def _answer(self, doubt: Doubt) -> str | None:
        """Return the user's answer to a doubt, and note it; without one the doubt is kept."""
        answer = self._answers.find(doubt.code, doubt.answers)
        if answer is None:
            self.doubts.append(doubt)
        else:
            self.notes.append(doubt.to_note(answer))
        return answer

    def among(self, held: list[_Cell]) -> list[_Cell]:
        """Return the cells that are used, of one area and month: the later ones, and what adds to them."""
        chosen: list[_Cell] = []
        for cell in sorted(held, key=self._rank, reverse=True):
            if not chosen or all(cell.claim == other.claim for other in chosen):
                chosen.append(cell)
                continue
            if self._claims[cell.claim].kind != self._claims[chosen[0].claim].kind:
                continue  # of another layout, which cannot be compared row by row
            level = self._claims[cell.claim].part.level
            relation = compare(self._rows(chosen), self._rows([cell]), level)
            are_parts = all(self._are_parts(cell, other) for other in chosen)
            if level == "icb" and are_parts and relation != "copy":
                relation = "parts"
            if relation == "wider":
                chosen = [cell]
            elif relation == "parts" and are_parts:
                chosen.append(cell)
            elif relation in ("parts", "unclear") or (relation == "release" and self._tied(cell, chosen)):
                chosen = self._settle(cell, chosen)
        return chosen

    def _rank(self, cell: _Cell) -> tuple[object, ...]:
        return (self.standing[cell.claim][0], self._own[cell.claim], *self.standing[cell.claim][1:])

    def _rows(self, cells: Sequence[_Cell]) -> Numbers:
        found = [self._claims[cell.claim].rows.at(cell.place) for cell in cells]
        return np.concatenate([labels for labels, _ in found]), np.concatenate([whole for _, whole in found])

    def _tied(self, cell: _Cell, chosen: Sequence[_Cell]) -> bool:
        """Whether neither is the newer: both end in the same month, and are of one layout."""

        def vintage(one: _Cell) -> tuple[str, str, int]:
            return self.standing[one.claim][0], self._own[one.claim], self.standing[one.claim][2]

        return any(vintage(cell) == vintage(other) for other in self._partners(cell, chosen))

    def _partners(self, cell: _Cell, chosen: Sequence[_Cell]) -> list[_Cell]:
        """Return the chosen cells that a cell is no part of one release with."""
        labels = self._rows([cell])[0]
        return [
            other
            for other in chosen
            if not self._are_parts(cell, other) or np.isin(labels, self._rows([other])[0]).any()
        ]

    def _are_parts(self, one: _Cell, other: _Cell) -> bool:
        return one.claim == other.claim or frozenset((one.claim, other.claim)) in self._parts

    def _settle(self, cell: _Cell, chosen: list[_Cell]) -> list[_Cell]:
        """Return the cells used after the user's answers; without one the doubt is kept."""
        partners = self._partners(cell, chosen)
        said = [self._ask(self._claims[cell.claim], self._claims[other.claim], cell) for other in partners]
        if all(word == ADD for word in said):
            return [*chosen, cell]
        if all(word == "this" for word in said):
            return [*(other for other in chosen if other not in partners), cell]
        return chosen

    def _ask(self, one: Claim, other: Claim, cell: _Cell) -> str | None:
        """Return the answer for two claims: add, this or that one; note the answer or keep the doubt."""
        whole = one.file == other.file
        names = dict(sorted((c.name if whole else c.file, c) for c in (one, other)))
        pair = tuple(names)
        if pair not in self._open:
            self._open[pair] = self._decide(pair, one.part.subject, cell, whole)
        word = self._open[pair]
        first = names[pair[0]] is one
        return word if word in (ADD, None) else "this" if (word == FIRST) == first else "that"

    def _decide(self, pair: tuple[str, ...], subject: str, cell: _Cell, whole: bool) -> str | None:
        of_pair = [c for c in self._claims if (c.name if whole else c.file) in pair]
        doubt = Doubt(
            pair,
            f"both hold {cell.area} in {cell.month} with different rows of which some have the same labels: "
            "neither parts of one release, nor one release newer than the other",
            "every appointment once",
            "Keep the file you mean alone, or take out of one what the other holds.",
            code_of(subject, *(str(c.part.stats["rows_sha256"]) for c in of_pair)),
            {
                ADD: "adds them",
                FIRST: f"uses {_short(pair[0])} for what both hold",
                SECOND: f"uses {_short(pair[1])} for it",
            },
        )
        return self._answer(doubt)


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:20]}…{name[-19:]}"


def _find_parts(claims: Sequence[Claim], shared: Iterable[Sequence[_Cell]]) -> list[frozenset[int]]:
    """Return the pairs of claims that are parts of one release."""
    met: dict[frozenset[int], list[Meeting]] = {}
    for held in shared:
        for i, one in enumerate(held):
            for other in held[i + 1 :]:
                a, b = claims[one.claim], claims[other.claim]
                if a is not b and a.kind == b.kind:
                    rows = a.rows.at(one.place), b.rows.at(other.place)
                    meeting = meet(one.code, *rows, by_icb=a.part.level == "icb")
                    met.setdefault(frozenset((one.claim, other.claim)), []).append(meeting)
    return [pair for pair, found in met.items() if are_parts(*(claims[i].rows for i in pair), found)]


def _join_releases(claims: Sequence[Claim], parts: Iterable[frozenset[int]]) -> list[list[Claim]]:
    """Make claims that are parts of one release one; return these groups."""
    for pair in parts:
        first, second = sorted(pair)
        old, new = claims[second].release, claims[first].release
        for claim in claims:
            claim.release = new if claim.release == old else claim.release
    groups: dict[str, set[int]] = {}
    for pair in parts:
        groups.setdefault(claims[min(pair)].release, set()).update(pair)
    return [[claims[i] for i in sorted(group)] for group in groups.values()]


def find_absent_part(group: Sequence[Claim]) -> str:
    """Say which known labels no file holds, of files that were split by a column; "" where none is absent."""
    for column, known in LABELS.items():
        held = [
            {label["normalised_value"] for label in claim.part.raw_labels if label["column"] == column}
            for claim in group
        ]
        together = set().union(*held)
        absent = [label for label in known if label not in together]
        if absent and together and sum(map(len, held)) == len(together):
            return f"files split by {column}, of which none holds {', '.join(map(repr, absent))}"
    return ""


def _name_releases(claims: Sequence[Claim]) -> None:
    """Members of one archive with nothing in common are one release; otherwise each is its own."""
    groups: dict[tuple[int, str], list[Claim]] = {}
    for claim in claims:
        groups.setdefault((claim.source, claim.part.layout), []).append(claim)
    for group in groups.values():
        pairs = [(area, month) for claim in group for area, _, month, _ in claim.part.cells]
        together = len(set(pairs)) == len(pairs)
        for claim in group:
            claim.release = f"{group[0].source}|{claim.part.layout}" if together else claim.name


def _standings(claims: Sequence[Claim]) -> list[_Standing]:
    """Return how each claim's release stands among the others; a larger tuple wins."""
    cells: dict[str, list[tuple[str, str, str, int]]] = {}
    for claim in claims:
        cells.setdefault(claim.release, []).extend(claim.part.cells)
    last = {release: max(month for _, _, month, _ in held) for release, held in cells.items()}
    areas = {release: len({area for area, *_ in held}) for release, held in cells.items()}
    rows = {release: sum(n for *_, n in held) for release, held in cells.items()}
    return [(last[c.release], areas[c.release], -c.part.rank, rows[c.release], c.release) for c in claims]


def _cells_of(claims: Sequence[Claim], lookup: AreaLookup) -> list[_Cell]:
    found = []
    for i, claim in enumerate(claims):
        for area, parent, month, rows in claim.part.cells:
            if claim.part.level == "icb":
                code = lookup.icb_of_ods.get(area, area)
                found.append(_Cell(i, code, code, month, rows, area))
            else:
                fine = claim.part.level == "sub_icb"
                above = lookup.parent(area, parent) if fine else area
                found.append(_Cell(i, area, above, month, rows, area))
    return found


def _across_levels(
    best: dict[_Spot, list[_Cell]], standing: Sequence[_Standing], lookup: AreaLookup
) -> list[_Cell]:
    """Settle ICB rows against sub-ICB rows of the same ICB and month."""
    fine: dict[_Key, list[_Cell]] = {}
    for (level, _), cells in best.items():
        if level == "sub_icb":
            for cell in cells:
                fine.setdefault(cell.parent_key, []).append(cell)
    lost: set[_Spot] = set()
    for (level, key), cells in best.items():
        if level != "icb" or key not in fine:
            continue
        complete = lookup.sub_icbs.get(key[0], frozenset()) <= {held.area for held in fine[key]}
        oldest = min(standing[held.claim][0] for held in fine[key])
        if complete and oldest >= max(standing[cell.claim][0] for cell in cells):
            lost.add(("icb", key))
        else:
            lost |= {("sub_icb", held.key) for held in fine[key]}
    lost |= _beyond_england(best, lookup)
    return [cell for place, cells in best.items() if place not in lost for cell in cells]


def _beyond_england(best: dict[_Spot, list[_Cell]], lookup: AreaLookup) -> set[_Spot]:
    """Return areas that the reference does not know, in months that the other level holds for all England.

    Areas of before a boundary change have codes of their own; beside a whole England they would count twice.
    """
    held: dict[tuple[str, str], set[str]] = {}
    for level, (area, month) in best:
        held.setdefault((level, month), set()).add(area)
    icbs, locations = set(lookup.region_of), set(lookup.icb_of)
    england = {"icb": icbs, "sub_icb": locations}
    whole = {place for place, areas in held.items() if areas >= england.get(place[0], {""})}
    return {
        (level, cell.key)
        for (level, _), cells in best.items()
        for cell in cells
        if (level == "sub_icb" and ("icb", cell.month) in whole and cell.parent not in icbs)
        or (level == "icb" and ("sub_icb", cell.month) in whole and cell.area not in icbs)
    }


def _give(claims: Sequence[Claim], cells: Sequence[_Cell], winners: Sequence[_Cell]) -> None:
    """Write on every claim what it was given, and who holds the rest."""
    kept = {id(cell) for cell in winners}
    exact = {cell.key: cell.claim for cell in winners}
    within = {cell.parent_key: cell.claim for cell in winners}
    that_month = {cell.month: cell.claim for cell in winners}
    held: dict[int, set[_Key]] = {i: set() for i in range(len(claims))}
    others: dict[int, dict[str, None]] = {}
    for cell in cells:
        if id(cell) in kept:
            held[cell.claim].add(cell.key)
            continue
        taker = exact.get(cell.key, within.get(cell.parent_key, that_month[cell.month]))
        others.setdefault(cell.claim, {})[claims[taker].file] = None
    for i, names in others.items():
        claims[i].chosen = held[i]
        claims[i].superseded_by = list(names)
