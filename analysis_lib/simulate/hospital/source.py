"""Read what a hospital needs of a simulated population: people, their conditions, and their contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from analysis_lib.simulate.population.codes import CONDITIONS
from analysis_lib.simulate.population.read import (
    NEVER,
    Ints,
    Marks,
    days_since_1970,
    find_places,
    first_onsets,
    months,
    plain,
    read_folder,
)

NEEDED = {
    "person": (
        "person_id",
        "birth_month",
        "sex",
        "ethnic_group",
        "imd_decile",
        "registered_from",
        "registered_to",
        "death_month",
    ),
    "condition": ("person_id", "condition", "onset_date"),
    "contact": ("person_id", "date", "setting", "attended", "length_days"),
}
SETTINGS = ("ae", "ambulance", "elective", "emergency", "maternity", "outpatient")  # that reach a hospital
MALE, FEMALE = 1, 2


@dataclass(frozen=True)
class Source:
    """A population by number of person; days count from 1970, months too.

    Attributes
    ----------
    born, died : ndarray of int, shape (people,)
        Months; `NEVER` of those who are alive.
    since, until : ndarray of int, shape (people,)
        Days of the first and last day registered.
    sex, quintile : ndarray of int, shape (people,)
        1 male, 2 female; 1 most deprived.
    ethnic : ndarray of str, shape (people,)
    onset : ndarray of int, shape (people, conditions)
        Days; `NEVER` where there is none.
    person, day, length : ndarray of int, shape (contacts,)
        Of contacts that a hospital has, in order of person and day; length in nights, 0 where nobody stays.
    setting : ndarray of int, shape (contacts,)
        Place among `SETTINGS`.
    came : ndarray of bool, shape (contacts,)
        Whether the contact was not missed.
    """

    born: Ints
    died: Ints
    since: Ints
    until: Ints
    sex: Ints
    quintile: Ints
    ethnic: NDArray[np.object_]
    onset: Ints
    person: Ints
    day: Ints
    length: Ints
    setting: Ints
    came: Marks

    def rows(self, setting: str) -> Ints:
        """Return the places of the contacts of a setting that were not missed."""
        return np.flatnonzero((self.setting == SETTINGS.index(setting)) & self.came)

    def age(self, person: Ints, day: Ints) -> Ints:
        """Return whole years of age on a day."""
        return np.maximum(months(day) - self.born[person], 0) // 12

    def has(self, person: Ints, day: Ints, condition: str) -> Marks:
        """Return who had a condition by a day."""
        return self.onset[person, CONDITIONS.index(condition)] <= day


def read_source(
    population: str | Path | Mapping[str, pd.DataFrame], rng: np.random.Generator, most: int | None = None
) -> Source:
    """Read a population from its folder or from frames.

    A person whose sex is not stated gets one by chance, as the demand model knows two only.

    Parameters
    ----------
    population : path or mapping of str to DataFrame
        A folder that `simulate_population` wrote, or its tables person, condition and contact.
    rng : numpy.random.Generator
    most : int, optional
        Of a folder, so many people are read, the first ones; all if not given.

    Raises
    ------
    FileNotFoundError
        If the folder holds no simulated population.
    ValueError
        If a table or a column is not there, a person is named twice, or one of the others is nobody's.
    """
    tables = (
        read_folder(Path(population), NEEDED, most, SETTINGS)
        if isinstance(population, str | Path)
        else _take(population)
    )
    person, condition, contact = (tables[name] for name in NEEDED)
    ids = pd.Index(plain(person["person_id"]).to_pandas())
    if not ids.is_unique:
        raise ValueError("The table person names a person twice: give each one row.")
    sex = plain(person["sex"]).to_pandas().map({"M": MALE, "F": FEMALE}).to_numpy(float)
    by_chance = rng.integers(MALE, FEMALE + 1, len(sex))
    who, day, setting = (
        find_places(ids, contact["person_id"], "contact"),
        days_since_1970(contact["date"]),
        find_places(pd.Index(SETTINGS), contact["setting"], "contact"),
    )
    length = plain(contact["length_days"]).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    missed = plain(contact["attended"]).to_pandas().eq("DNA").to_numpy(bool)
    order = np.lexsort((setting, day, who))
    return Source(
        born=months(days_since_1970(person["birth_month"])),
        died=_months_or_never(person["death_month"]),
        since=days_since_1970(person["registered_from"]),
        until=days_since_1970(person["registered_to"]),
        sex=np.where(np.isnan(sex), by_chance, sex).astype(np.int64),
        quintile=(plain(person["imd_decile"]).to_numpy(zero_copy_only=False).astype(np.int64) + 1) // 2,
        ethnic=plain(person["ethnic_group"]).to_numpy(zero_copy_only=False),
        onset=first_onsets(len(ids), find_places(ids, condition["person_id"], "condition"), condition),
        person=who[order],
        day=day[order],
        length=length[order],
        setting=setting[order],
        came=~missed[order],
    )


def _take(frames: Mapping[str, pd.DataFrame]) -> dict[str, pa.Table]:
    tables = {}
    for name, columns in NEEDED.items():
        if lacking := [c for c in columns if name not in frames or c not in frames[name]]:
            raise ValueError(f"The table {name} of the population lacks {', '.join(lacking)}.")
        frame = frames[name]
        if name == "contact":
            frame = frame[frame["setting"].isin(SETTINGS)]
        tables[name] = pa.Table.from_pandas(frame[list(columns)], preserve_index=False)
    return tables


def _months_or_never(column: pa.ChunkedArray) -> Ints:
    days = days_since_1970(column)
    return np.where(days == NEVER, NEVER, months(np.where(days == NEVER, 0, days)))
