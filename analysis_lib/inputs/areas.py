"""Names and parents of areas, from the committed reference table; no code is mapped by guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from analysis_lib.inputs.errors import reject
from analysis_lib.project import REFERENCE

AREA_COLUMNS = (
    "sub_icb_code",
    "sub_icb_ons_code",
    "sub_icb_name",
    "icb_code",
    "icb_ods_code",
    "icb_name",
    "region_code",
    "region_name",
)

ICB_IN_NAME = re.compile(r"NHS (.+) ICB - (\w+)")


@dataclass(frozen=True)
class AreaLookup:
    """Parents and short names of areas by code, as of the reference table.

    `icb_of` maps sub-ICB locations, `region_of` ICBs; `icb_of_ods` maps an ICB's ODS code (QWO) to its ONS
    code; `sub_icbs` are the locations of each ICB; `official` are the locations' names as published.
    """

    icb_of: dict[str, str]
    region_of: dict[str, str]
    icb_of_ods: dict[str, str]
    names: dict[str, dict[str, str]]
    sub_icbs: dict[str, frozenset[str]]
    official: dict[str, str]

    def unknown(self, column: str, codes: Iterable[str]) -> list[str]:
        """Return the codes that the reference table does not have."""
        return sorted(set(codes) - set(self.names[column]))

    def parent(self, sub_icb: str, icb: str) -> str:
        """Return the ICB of a location: the file's own where it gives one, else the reference's."""
        icb = self.icb_of_ods.get(icb, icb)
        return icb or self.icb_of.get(sub_icb, "Unknown")

    def moved(self, sub_icb: str, icb: str) -> bool:
        """Return whether a file puts a location under another ICB than the reference table does."""
        return bool(icb) and sub_icb in self.icb_of and self.parent(sub_icb, icb) != self.icb_of[sub_icb]

    def renamed(self, sub_icb: str, name: str) -> bool:
        """Return whether a file names a location by another ICB than the reference table does."""
        known = self.official.get(sub_icb, "")
        return bool(known and ICB_IN_NAME.fullmatch(name)) and _letters(name) != _letters(known)

    def with_names(
        self, named: Mapping[str, Mapping[str, str]], moved: Iterable[str], parents: Mapping[str, str]
    ) -> AreaLookup:
        """Return the lookup with the files' own names of areas that the reference table does not know.

        A location that the files name by another ICB, and whose own file leaves the ICB out, is put under the
        one that another file states, else under none.

        Parameters
        ----------
        named : mapping
            Names by code column and code, as the files write them.
        moved : iterable of str
            Locations whose name of the reference table is out of date, since their ICB is another one.
        parents : mapping of str to str
            ICBs of locations, as the latest files state them.
        """
        names = {column: dict(table) for column, table in self.names.items()}
        renamed = {a for a, name in named.get("sub_icb_code", {}).items() if self.renamed(a, name)}
        icb_of = {area: self.parent(area, parents.get(area, "Unknown")) for area in renamed}
        stale = set(moved) | renamed
        for column, found in named.items():
            table = names[column]
            for code, name in found.items():
                if code == "Unknown" or (code in table and not (column == "sub_icb_code" and code in stale)):
                    continue
                short = shorten_area_name(name)
                taken = short in (other for key, other in table.items() if key != code)
                table[code] = f"{short} ({code})" if taken else short
        return replace(self, names=names, icb_of=self.icb_of | icb_of)


def _letters(name: str) -> str:
    """Return a name without what releases spell in several ways: case, commas, "and" and "the"."""
    return "".join(word for word in re.findall(r"\w+", name.casefold()) if word not in ("and", "the"))


def load_areas(path: Path | None = None) -> pd.DataFrame:
    """Return the reference table of areas, all columns text.

    Returns
    -------
    pandas.DataFrame
        One row per sub-ICB location: sub_icb_code, sub_icb_ons_code, sub_icb_name, icb_code (ONS, E54…),
        icb_ods_code, icb_name, region_code, region_name; official names of the Office for National
        Statistics and NHS England.

    Raises
    ------
    InputError
        If the table is absent or lacks a column.
    """
    path = path or REFERENCE / "areas.csv"
    remedy = "Restore analysis_lib/reference/areas.csv from the repository."
    if not path.is_file():
        raise reject("the reference table is absent", "area names and codes", remedy, file=path.name)
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    missing = sorted(set(AREA_COLUMNS) - set(table.columns))
    if missing:
        raise reject(f"missing {', '.join(missing)}", ", ".join(AREA_COLUMNS), remedy, file=path.name)
    return table


def shorten_icb_name(name: str) -> str:
    """Return an ICB's usual short name: without "NHS " before and " Integrated Care Board" after it."""
    return name.strip().removeprefix("NHS ").removesuffix(" Integrated Care Board")


def shorten_area_name(name: str) -> str:
    """Return an area's short name, as the reference names are: "Essex", "Essex – 06Q", "Leeds CCG"."""
    match = ICB_IN_NAME.fullmatch(name.strip())
    return f"{match[1]} – {match[2]}" if match else shorten_icb_name(name)


def area_lookup(path: Path | None = None) -> AreaLookup:
    """Return parents and short names by code from the reference table."""
    path = path or REFERENCE / "areas.csv"
    changed = path.stat().st_mtime_ns if path.is_file() else 0
    return _build_lookup(path, changed)


@lru_cache(maxsize=4)
def _build_lookup(path: Path, changed: int) -> AreaLookup:
    table = load_areas(path)
    short = table["icb_name"].map(shorten_icb_name)
    names = {
        "sub_icb_code": dict(zip(table["sub_icb_code"], short + " – " + table["sub_icb_code"], strict=True)),
        "icb_code": dict(zip(table["icb_code"], short, strict=True)),
        "region_code": dict(zip(table["region_code"], table["region_name"], strict=True)),
    }
    children = table.groupby("icb_code")["sub_icb_code"].agg(frozenset)
    return AreaLookup(
        icb_of=dict(zip(table["sub_icb_code"], table["icb_code"], strict=True)),
        region_of=dict(zip(table["icb_code"], table["region_code"], strict=True)),
        icb_of_ods=dict(zip(table["icb_ods_code"], table["icb_code"], strict=True)),
        names=names,
        sub_icbs=children.to_dict(),
        official=dict(zip(table["sub_icb_code"], table["sub_icb_name"], strict=True)),
    )
