"""A folder's linked population, if it holds one: which of its files that is, and the door to it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pandas as pd

from analysis_lib.inputs.errors import InputError, reject
from analysis_lib.inputs.find_population import DATABASES, MAPPING, holds_population
from analysis_lib.inputs.remarks import AbsentInput, TooFewYears
from analysis_lib.project import REFERENCE, engine, population_folder

if TYPE_CHECKING:
    from analysis_lib.inputs.population import Population, PopulationReport

_DAY = pd.Timedelta(days=1)
MSOA_BOUNDARIES = "leeds_msoa_boundaries.geojson"
ABSENT = (
    "This section needs a linked population (person, condition, medicine and contact tables, as "
    "data/mapping.md describes), which is not among these inputs."
)


@dataclass(frozen=True)
class Linked:
    """What a folder holds of a linked population: all of it, or none.

    Attributes
    ----------
    population : Population or None
    profile : {"published", "simulated", "patient"}
        That of the population; published where there is none, and so nothing to protect.
    """

    population: Population | None
    profile: Literal["published", "simulated", "patient"]

    def need(self) -> Population:
        """Return the population.

        Raises
        ------
        AbsentInput
            If the inputs hold none.
        """
        if self.population is None:
            raise AbsentInput(ABSENT)
        return self.population

    def index_days(self, n: int = 1) -> list[date]:
        """Return the first days of the last `n` years that the contacts cover in full, the latest first.

        Raises
        ------
        AbsentInput
            If there is no population.
        TooFewYears
            If its contacts do not reach back so far: by the manifest's first date, or where that is not
            given, if none is in the first month.
        """
        people = self.need()
        after = pd.Timestamp(people.manifest["last_date"]) + _DAY
        days = [(after - pd.DateOffset(years=back)).date() for back in range(1, n + 1)]
        stated = people.manifest.get("first_date")
        first = pd.Timestamp(stated or people.contact.date.min().execute())
        if first > pd.Timestamp(days[-1]) + (pd.Timedelta(0) if stated else pd.DateOffset(months=1)):
            raise TooFewYears(
                f"This section needs {n} year{'' if n == 1 else 's'} of contacts; these begin on "
                f"{first.day} {first:%B %Y}, and the last day is {(after - _DAY).day} {after - _DAY:%B %Y}."
            )
        return days

    def list_areas(self) -> pd.DataFrame:
        """Return the areas that people live in as ``lsoa, msoa, imd_decile``, as far as they are known."""
        if self.population is None:
            return pd.DataFrame()
        person = self.population.person
        known = [name for name in ("lsoa", "msoa", "imd_decile") if name in person.columns]
        return person.select(known).distinct().to_pandas() if known else pd.DataFrame()

    @property
    def source(self) -> str:
        """Where the people come from, for a caption; empty if there are none."""
        if self.population is None:
            return ""
        if self.population.simulated:
            return "simulated linked population"
        return str(self.population.manifest["source"])


def load_linked(folder: str | Path | None = None) -> Linked:
    """Load the linked population of a folder, if it holds one.

    Parameters
    ----------
    folder : path, optional
        `analysis_lib.project.population_folder` if not given. Its mapping.toml is used if it is there, and
        the engine that the settings name.

    Returns
    -------
    Linked

    Raises
    ------
    InputError
        If it holds one that is rejected, or several databases.
    """
    folder = Path(folder) if folder is not None else population_folder()
    if not holds_population(folder):
        return Linked(None, "published")
    from analysis_lib.inputs.population import load_population  # loads an engine: only where it is needed

    source, mapping = _place(folder)
    population = load_population(source, mapping=mapping, engine=engine())
    return Linked(population, population.profile)


def check_linked(folder: Path) -> PopulationReport | None:
    """Check the linked population of a folder as `load_linked` would read it; None where it holds none."""
    if not holds_population(folder):
        return None
    from analysis_lib.inputs.population import PopulationReport, check_population

    try:
        source, mapping = _place(folder)
    except InputError as error:
        return PopulationReport(rejections=error.rejections)
    return check_population(source, mapping=mapping)


def _place(folder: Path) -> tuple[Path, Path | None]:
    """Return what holds the tables of a folder's population, and its mapping file if there is one."""
    databases = [p for p in sorted(folder.iterdir()) if p.name.casefold().endswith(DATABASES)]
    if len(databases) > 1:
        raise reject(
            "several databases", "one linked population", "Leave one in the folder.", file=databases[1].name
        )
    mapping = folder / MAPPING
    return databases[0] if databases else folder, mapping if mapping.is_file() else None


def find_msoa_boundaries(areas: Iterable[str]) -> Path:
    """Return the file of boundaries (GeoJSON, property msoa11_code) that holds most of these areas.

    Raises
    ------
    AbsentInput
        If analysis_lib/reference has no boundaries of these areas.
    """
    path = REFERENCE / MSOA_BOUNDARIES
    known = {f["properties"]["msoa11_code"] for f in json.loads(path.read_text(encoding="utf-8"))["features"]}
    wanted = set(areas)
    if 2 * len(wanted & known) <= len(wanted):
        raise AbsentInput(
            "This section needs boundaries of these areas; "
            f"analysis_lib/reference/{MSOA_BOUNDARIES} has those of Leeds (MSOAs of 2011). "
            "Put yours there in the same form."
        )
    return path


def name_msoas(areas: pd.Series) -> pd.Series:
    """Return the names of MSOAs by code; an area that analysis_lib/reference does not have keeps its code."""
    table = pd.read_csv(REFERENCE / "leeds_lsoa.csv", dtype=str)
    names = table.drop_duplicates("msoa11_code").set_index("msoa11_code")["msoa11_name"]
    return areas.map(names).fillna(areas)
