"""Read what a hospital needs of a simulated population: people, their conditions, and their contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from analysis_lib.simulate.population.codes import CONDITIONS
from analysis_lib.simulate.population.run import BLOCK, BLOCKS_PER_PART

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
NEVER = np.iinfo(np.int32).max  # a day after all others
MALE, FEMALE = 1, 2

Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]


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


def months(day: NDArray[np.int64]) -> Ints:
    """Return the month of each day, counted from January 1970."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


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
    tables = _read_folder(Path(population), most) if isinstance(population, str | Path) else _take(population)
    person, condition, contact = (tables[name] for name in NEEDED)
    ids = pd.Index(_plain(person["person_id"]).to_pandas())
    if not ids.is_unique:
        raise ValueError("The table person names a person twice: give each one row.")
    sex = _plain(person["sex"]).to_pandas().map({"M": MALE, "F": FEMALE}).to_numpy(float)
    by_chance = rng.integers(MALE, FEMALE + 1, len(sex))
    who, day, setting = (
        _find(ids, contact["person_id"], "contact"),
        _days(contact["date"]),
        _find(pd.Index(SETTINGS), contact["setting"], "contact"),
    )
    length = _plain(contact["length_days"]).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    missed = _plain(contact["attended"]).to_pandas().eq("DNA").to_numpy(bool)
    order = np.lexsort((setting, day, who))
    return Source(
        born=months(_days(person["birth_month"])),
        died=_months_or_never(person["death_month"]),
        since=_days(person["registered_from"]),
        until=_days(person["registered_to"]),
        sex=np.where(np.isnan(sex), by_chance, sex).astype(np.int64),
        quintile=(_plain(person["imd_decile"]).to_numpy(zero_copy_only=False).astype(np.int64) + 1) // 2,
        ethnic=_plain(person["ethnic_group"]).to_numpy(zero_copy_only=False),
        onset=_onsets(len(ids), _find(ids, condition["person_id"], "condition"), condition),
        person=who[order],
        day=day[order],
        length=length[order],
        setting=setting[order],
        came=~missed[order],
    )


def _read_folder(folder: Path, most: int | None) -> dict[str, pa.Table]:
    tables: dict[str, pa.Table] = {}
    ids = None
    for name, columns in NEEDED.items():
        path = folder / name if name == "contact" else folder / f"{name}.parquet"
        if not path.exists():
            raise FileNotFoundError(
                f"{folder.name!r} holds no {path.name}: give the folder of a simulated population "
                "(python -m analysis_lib simulate --people 40000)."
            )
        if name == "contact" and most is not None:  # people are in their order in the files, too
            path = sorted(path.glob("*.parquet"))[: -(-most // (BLOCK * BLOCKS_PER_PART))]
        kept = pc.field("setting").isin(SETTINGS) if name == "contact" else None
        if ids is not None:
            kept = pc.field("person_id").isin(ids) if kept is None else kept & pc.field("person_id").isin(ids)
        tables[name] = pq.read_table(
            path, columns=list(columns), filters=kept, read_dictionary=["person_id", "setting"]
        )
        if name == "person" and most is not None:
            tables[name] = tables[name].slice(0, most)
            ids = _plain(tables[name]["person_id"])
    return tables


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


def _plain(column: pa.ChunkedArray) -> pa.Array:
    joined = column.combine_chunks()
    return joined.dictionary_decode() if pa.types.is_dictionary(joined.type) else joined


def _find(ids: pd.Index, column: pa.ChunkedArray, table: str) -> Ints:
    """Return the place of each row's text among others."""
    if not len(column):
        return np.zeros(0, np.int64)
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    joined = pa.chunked_array(coded.unify_dictionaries().chunks, coded.type).combine_chunks()
    number = ids.get_indexer(pd.Index(joined.dictionary.to_pandas()))
    found = number[joined.indices.to_numpy(zero_copy_only=False)].astype(np.int64)
    if (found < 0).any():
        raise ValueError(f"The table {table} has rows of people who are not in the table person.")
    return found


def _days(column: pa.ChunkedArray) -> Ints:
    days = _plain(column).cast(pa.date32()).cast(pa.int32()).fill_null(NEVER)
    return days.to_numpy(zero_copy_only=False).astype(np.int64)


def _months_or_never(column: pa.ChunkedArray) -> Ints:
    days = _days(column)
    return np.where(days == NEVER, NEVER, months(np.where(days == NEVER, 0, days)))


def _onsets(n: int, who: Ints, condition: pa.Table) -> Ints:
    onset = np.full((n, len(CONDITIONS)), NEVER, dtype=np.int64)
    names = _plain(condition["condition"]).to_pandas()
    if unknown := sorted(set(names) - set(CONDITIONS)):
        raise ValueError(f"The table condition holds {unknown[:3]}, which are none of the population's.")
    place = names.map({name: i for i, name in enumerate(CONDITIONS)}).to_numpy(np.int64)
    np.minimum.at(onset, (who, place), _days(condition["onset_date"]))
    return onset
