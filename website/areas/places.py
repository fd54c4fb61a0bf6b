"""Which areas there are in the inputs, and which of them was asked for."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from analysis_lib.inputs import load_areas
from analysis_lib.inputs.errors import visible
from website.areas.errors import UnknownArea

ALL = {"all": "icb", "icb": "icb", "sub-icb": "sub_icb", "sub_icb": "sub_icb"}
SHORT = {"icb": "ICB", "sub_icb": "sub-ICB location"}
MOST_NAMED = 8
_PLAIN = re.compile(r"[A-Za-z0-9]{2,20}")


@dataclass(frozen=True)
class Workplace:
    """Where area reports are made and kept."""

    root: Path

    @property
    def folder(self) -> Path:
        """Everything that is not published."""
        return self.root / ".build" / "areas"

    @property
    def published(self) -> Path:
        """What readers open."""
        return self.root / "_site" / "areas"

    def stamp(self, area_folder: str) -> Path:
        """The file that says from what an area's report was made."""
        return self.folder / "done" / f"{area_folder}.json"


@dataclass(frozen=True)
class Area:
    """One area of the inputs.

    Attributes
    ----------
    level : {"icb", "sub_icb"}
    code : str
        As in the inputs: E54000054, 15F.
    name : str
        Short name, as in the inputs.
    others : tuple of str
        Further codes that mean the same area: the ODS code of an ICB, the ONS code of a sub-ICB location.
    region : str
        Name of its region; empty if the inputs do not say.
    """

    level: str
    code: str
    name: str
    others: tuple[str, ...] = ()
    region: str = ""

    @property
    def folder(self) -> str:
        """Name of its folder: the code, unless that has signs which are not safe in a path."""
        if _PLAIN.fullmatch(self.code):
            return self.code
        return f"area-{hashlib.sha256(self.code.encode()).hexdigest()[:8]}"

    def to_record(self) -> dict:
        """Return it as plain values."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict) -> Area:
        """Make it from plain values."""
        return cls(**{**record, "others": tuple(record["others"])})


def list_places(attendance: pd.DataFrame) -> list[Area]:
    """Return the areas of an attendance frame: ICBs, then sub-ICB locations where it has them, by code."""
    table = load_areas()
    others = dict(zip(table["icb_code"], table["icb_ods_code"], strict=True))
    others |= dict(zip(table["sub_icb_code"], table["sub_icb_ons_code"], strict=True))
    places = []
    for level in SHORT:
        code, name = f"{level}_code", f"{level}_name"
        if code not in attendance:
            continue
        columns = [c for c in (code, name, "region_name") if c in attendance]
        rows = attendance[columns].drop_duplicates(code).astype(str).sort_values(code)
        for row in rows.to_dict("records"):
            if row[code] in ("Unknown", "nan", ""):
                continue
            other = (others[row[code]],) if others.get(row[code]) else ()
            region = row.get("region_name", "")
            places.append(Area(level, row[code], row[name], other, "" if region == "nan" else region))
    return places


def choose_places(words: Iterable[str], places: Sequence[Area]) -> list[Area]:
    """Return the areas that are meant, each once, in the order asked for.

    Parameters
    ----------
    words : iterable of str
        Codes in any case, apart or in one text with spaces or commas; ``all`` for every ICB, ``sub-icb``
        for every sub-ICB location; or the name of one area.
    places : sequence of Area
        As from `list_places`.

    Raises
    ------
    UnknownArea
        If a code is that of no area here, or a level is asked for that the inputs lack.
    """
    by_code = {code.casefold(): area for area in places for code in (area.code, *area.others)}
    named = {_plain_name(area.name): area.code for area in reversed(places)}  # boards before their parts
    chosen: list[Area] = []
    apart: list[str] = []
    for text in words:
        codes = re.split(r"[\s,;]+", text.strip())
        whole = not {code.casefold() for code in codes} & (by_code.keys() | ALL.keys())
        apart += [named.get(_plain_name(text), text.strip())] if whole else codes
    for word in filter(None, apart):
        if word.casefold() in ALL:
            level = ALL[word.casefold()]
            found = [area for area in places if area.level == level]
            if not found:
                raise UnknownArea(
                    f"These inputs have no {SHORT[level]}s: their attendance files hold "
                    f"{_say_levels(places)}. Ask for one of those."
                )
            chosen += found
        elif word.casefold() in by_code:
            chosen.append(by_code[word.casefold()])
        else:
            raise UnknownArea(_explain(word, places, by_code))
    return list(dict.fromkeys(chosen))


def _plain_name(name: str) -> str:
    """Return a name without what some write and others leave out."""
    return " ".join(re.sub(r"\b(?:nhs|icb|integrated care board)\b", " ", name.casefold()).split())


def _say_levels(places: Sequence[Area]) -> str:
    levels = [f"{SHORT[level]}s" for level in SHORT if any(area.level == level for area in places)]
    return " and ".join(levels) or "no areas"


def _explain(word: str, places: Sequence[Area], by_code: dict[str, Area]) -> str:
    """Say that a code is not here: known elsewhere or not at all, what is near, and what there is."""
    table = load_areas()
    elsewhere = {
        c.casefold()
        for n in ("icb_code", "icb_ods_code", "sub_icb_code", "sub_icb_ons_code")
        for c in table[n]
    }
    known = word.casefold() in elsewhere
    near = [by_code[c] for c in difflib.get_close_matches(word.casefold(), by_code, n=4, cutoff=0.6)]
    names = {_plain_name(area.name): area for area in places}
    plain = _plain_name(word)
    parts = [a for n, a in names.items() if len(plain) > 3 and plain in n]
    parts += [names[n] for n in difflib.get_close_matches(plain, names, n=2, cutoff=0.7)]
    near = list(dict.fromkeys([*parts, *near]))[:4]
    shown = [f"{area.code} ({area.name})" for area in near]
    there = [area.code for area in places]
    more = f" and {len(there) - MOST_NAMED} more" if len(there) > MOST_NAMED else ""
    what = (
        "is a known area, but these inputs hold no appointments of it"
        if known
        else "is no area of these inputs"
    )
    return (
        f"{visible(word[:40])} {what}. "
        + (f"Near: {'; '.join(shown)}. " if shown else "")
        + f"There are {_say_levels(places)}: {', '.join(there[:MOST_NAMED])}{more}. "
        "AREAS=all makes every ICB, AREAS=sub-icb every sub-ICB location, AREA= alone none."
    )
