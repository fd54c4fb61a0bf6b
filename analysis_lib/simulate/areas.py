"""Which sub-ICB locations a run covers, and their chosen sizes."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis_lib import project


@dataclass(frozen=True)
class Area:
    """One sub-ICB location. `index` is its place among all 106, whatever subset is simulated."""

    index: int
    locations_in_icb: int
    sub_icb_code: str
    sub_icb_ons_code: str
    sub_icb_name: str
    icb_code: str
    icb_name: str
    region_code: str
    region_name: str


def load_areas(path: Path | None = None) -> list[Area]:
    """Return every sub-ICB location of analysis_lib/reference/areas.csv, in file order.

    Raises
    ------
    FileNotFoundError
        If the reference table is not there.
    """
    path = path or project.REFERENCE / "areas.csv"
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is missing: run python data/build_reference.py.")
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    sizes = Counter(row["icb_code"] for row in rows)
    return [
        Area(
            index=n,
            locations_in_icb=sizes[row["icb_code"]],
            sub_icb_code=row["sub_icb_code"],
            sub_icb_ons_code=row["sub_icb_ons_code"],
            # The published files write these names without commas.
            sub_icb_name=row["sub_icb_name"].replace(",", ""),
            icb_code=row["icb_code"],
            icb_name=row["icb_name"],
            region_code=row["region_code"],
            region_name=row["region_name"],
        )
        for n, row in enumerate(rows)
    ]


def choose_areas(wanted: None | int | Sequence[str], everything: Sequence[Area]) -> list[Area]:
    """Return all areas (None), those of the codes given, or so many spread over regions and ICBs.

    A number takes its areas in turn from the regions, about two from each ICB, so that a small run still
    has several regions, several ICBs, and ICBs of more than one location.

    Raises
    ------
    ValueError
        If a code is not a sub-ICB location, none is given, or the number is not between 1 and 106.
    """
    if wanted is None:
        return list(everything)
    if isinstance(wanted, int):
        if not 1 <= wanted <= len(everything):
            raise ValueError(f"areas must be between 1 and {len(everything)}, a list of codes, or None.")
        taken = set(_spread(everything)[:wanted])
        return [area for area in everything if area.index in taken]
    codes = {wanted} if isinstance(wanted, str) else set(wanted)
    unknown = sorted(codes - {area.sub_icb_code for area in everything})
    if unknown or not codes:
        raise ValueError(f"areas must be sub-ICB codes of the reference table; not there: {unknown}")
    return [area for area in everything if area.sub_icb_code in codes]


def _spread(areas: Sequence[Area]) -> list[int]:
    """Return the indices of all areas, regions and ICBs in turn, two locations of an ICB at a time."""
    queues: dict[str, list[tuple[int, ...]]] = {}
    for region in sorted({area.region_code for area in areas}):
        boards: dict[str, list[int]] = {}
        for area in (area for area in areas if area.region_code == region):
            boards.setdefault(area.icb_code, []).append(area.index)
        pairs = [
            (place, -len(members), members[place : place + 2])
            for members in boards.values()
            for place in range(0, len(members), 2)
        ]
        queues[region] = [tuple(pair) for *_, pair in sorted(pairs)]
    order: list[int] = []
    while any(queues.values()):
        for queue in queues.values():
            if queue:
                order.extend(queue.pop(0))
    return order
