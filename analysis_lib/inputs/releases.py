"""Where releases overlap: exactly one source for every area and month, never two stacked.

The later release wins, a release's time being its last month. Between equals the more complete one
wins. A source by sub-ICB location stands for its ICB where it holds all the ICB's locations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis_lib.inputs.areas import AreaLookup
from analysis_lib.inputs.convert import Part


@dataclass
class Claim:
    """A part that claims areas and months, and what it was given.

    `chosen` is None where everything it holds is used, else the (area, month) pairs that are.
    """

    source: int
    number: int
    name: str
    part: Part
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


# A release's standing: last month, number of areas, layout (lower rank first), rows, name.
_Standing = tuple[str, int, int, int, str]
_Key = tuple[str, str]


@dataclass
class _Cell:
    """An area and month as one claim holds it, with the ICB the area belongs to."""

    claim: int
    area: str
    parent: str
    month: str
    rows: int

    @property
    def key(self) -> _Key:
        return self.area, self.month

    @property
    def parent_key(self) -> _Key:
        return self.parent, self.month


def resolve(claims: Sequence[Claim], lookup: AreaLookup) -> list[str]:
    """Give every (area, month) to exactly one claim; return notes on releases that cannot be told apart.

    Parameters
    ----------
    claims : sequence of Claim
        Parts of one subject. `chosen` and `superseded_by` are set on those that do not keep everything.
    lookup : AreaLookup
        Which locations make up an ICB.
    """
    _name_releases(claims)
    if len({claim.release for claim in claims}) <= 1:
        return []
    standing = _standings(claims)
    cells = _cells_of(claims, lookup)
    best: dict[tuple[str, _Key], _Cell] = {}
    tied: set[tuple[str, _Key]] = set()
    for cell in cells:
        place = (claims[cell.claim].part.level, cell.key)
        held = best.get(place)
        if held is None:
            best[place] = cell
            continue
        old, new = standing[held.claim], standing[cell.claim]
        if new[:4] == old[:4] or (_same_vintage(new, old) and cell.rows != held.rows):
            tied.add(place)
        elif new > old:
            tied.discard(place)
        if new > old:
            best[place] = cell
    winners = _across_levels(best, standing, lookup)
    _give(claims, cells, winners)
    if not tied:
        return []
    return [
        f"{len(tied)} area-month(s) stand in several files of the same period with different content; one "
        "was used: keep only the file you mean, or join them if they are parts of one release"
    ]


def _same_vintage(one: _Standing, other: _Standing) -> bool:
    """Whether two releases end in the same month and are of one layout: neither is the newer."""
    return one[0] == other[0] and one[2] == other[2]


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
                found.append(_Cell(i, code, code, month, rows))
            else:
                fine = claim.part.level == "sub_icb"
                found.append(_Cell(i, area, lookup.parent(area, parent) if fine else area, month, rows))
    return found


def _across_levels(
    best: dict[tuple[str, _Key], _Cell], standing: Sequence[_Standing], lookup: AreaLookup
) -> list[_Cell]:
    """Settle ICB rows against sub-ICB rows of the same ICB and month."""
    fine: dict[_Key, list[_Cell]] = {}
    for (level, _), cell in best.items():
        if level == "sub_icb":
            fine.setdefault(cell.parent_key, []).append(cell)
    lost: set[tuple[str, _Key]] = set()
    for (level, key), cell in best.items():
        if level != "icb" or key not in fine:
            continue
        complete = lookup.sub_icbs.get(cell.area, frozenset()) <= {held.area for held in fine[key]}
        oldest = min(standing[held.claim][0] for held in fine[key])
        if complete and oldest >= standing[cell.claim][0]:
            lost.add(("icb", key))
        else:
            lost |= {("sub_icb", held.key) for held in fine[key]}
    lost |= _beyond_england(best, lookup)
    return [cell for place, cell in best.items() if place not in lost]


def _beyond_england(best: dict[tuple[str, _Key], _Cell], lookup: AreaLookup) -> set[tuple[str, _Key]]:
    """Return areas that the reference does not know, in months that the other level holds for all England.

    Areas of before a boundary change have codes of their own; beside a whole England they would count twice.
    """
    held: dict[tuple[str, str], set[str]] = {}
    for (level, (area, month)), _ in best.items():
        held.setdefault((level, month), set()).add(area)
    icbs, locations = set(lookup.region_of), set(lookup.icb_of)
    england = {"icb": icbs, "sub_icb": locations}
    whole = {place for place, areas in held.items() if areas >= england.get(place[0], {""})}
    return {
        (level, cell.key)
        for (level, _), cell in best.items()
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
        others.setdefault(cell.claim, {})[claims[taker].name.split("/")[0]] = None
    for i, names in others.items():
        claims[i].chosen = held[i]
        claims[i].superseded_by = list(names)
