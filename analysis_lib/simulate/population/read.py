"""Read a simulated population back, for what is simulated behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from analysis_lib.simulate.population.codes import CONDITIONS
from analysis_lib.simulate.population.run import BLOCK, BLOCKS_PER_PART, PART_TABLES

NEVER = np.iinfo(np.int32).max  # a day after all others

Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]


def read_folder(
    folder: Path,
    columns: Mapping[str, Sequence[str]],
    most: int | None = None,
    settings: Sequence[str] | None = None,
) -> dict[str, pa.Table]:
    """Read tables of the first people of a population.

    Parameters
    ----------
    folder : Path
        That `simulate_population` wrote.
    columns : mapping of str to sequence of str
        Tables and their columns, the table person first.
    most : int, optional
        So many people are read, the first ones; all if not given.
    settings : sequence of str, optional
        Contacts of these settings alone.

    Raises
    ------
    FileNotFoundError
        If the folder holds no simulated population.
    """
    tables: dict[str, pa.Table] = {}
    ids = None
    for name, wanted in columns.items():
        path = folder / name if name in PART_TABLES else folder / f"{name}.parquet"
        if not path.exists():
            raise FileNotFoundError(
                f"{folder.name!r} holds no {path.name}: give the folder of a simulated population "
                "(python -m analysis_lib simulate --people 40000)."
            )
        if name in PART_TABLES and most is not None:  # people are in their order in the files, too
            path = sorted(path.glob("*.parquet"))[: -(-most // (BLOCK * BLOCKS_PER_PART))]
        kept = pc.field("setting").isin(settings) if name == "contact" and settings is not None else None
        if ids is not None:
            kept = pc.field("person_id").isin(ids) if kept is None else kept & pc.field("person_id").isin(ids)
        tables[name] = pq.read_table(
            path, columns=list(wanted), filters=kept, read_dictionary=["person_id", "setting"]
        )
        if name == "person" and most is not None:
            tables[name] = tables[name].slice(0, most)
            ids = plain(tables[name]["person_id"])
    return tables


def plain(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece, its words as such."""
    joined = column.combine_chunks()
    return joined.dictionary_decode() if pa.types.is_dictionary(joined.type) else joined


def find_places(names: pd.Index, column: pa.ChunkedArray, table: str) -> Ints:
    """Return the place of each row's text among others.

    Raises
    ------
    ValueError
        If a text is none of them.
    """
    if not len(column):
        return np.zeros(0, np.int64)
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    joined = pa.chunked_array(coded.unify_dictionaries().chunks, coded.type).combine_chunks()
    number = names.get_indexer(pd.Index(joined.dictionary.to_pandas()))
    found = number[joined.indices.to_numpy(zero_copy_only=False)].astype(np.int64)
    if (found < 0).any():
        raise ValueError(f"The table {table} has rows of people who are not in the table person.")
    return found


def days_since_1970(column: pa.ChunkedArray) -> Ints:
    """Return dates as days counted from 1970; `NEVER` where there is none."""
    days = plain(column).cast(pa.date32()).cast(pa.int32()).fill_null(NEVER)
    return days.to_numpy(zero_copy_only=False).astype(np.int64)


def months(day: NDArray[np.int64]) -> Ints:
    """Return the month of each day, counted from January 1970."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def first_onsets(n: int, who: Ints, condition: pa.Table) -> Ints:
    """Return the day of onset of each condition of each person, shape (people, conditions); `NEVER` if none.

    Raises
    ------
    ValueError
        If the table holds a condition that is none of the population's.
    """
    onset = np.full((n, len(CONDITIONS)), NEVER, dtype=np.int64)
    names = plain(condition["condition"]).to_pandas()
    if unknown := sorted(set(names) - set(CONDITIONS)):
        raise ValueError(f"The table condition holds {unknown[:3]}, which are none of the population's.")
    place = names.map({name: i for i, name in enumerate(CONDITIONS)}).to_numpy(np.int64)
    np.minimum.at(onset, (who, place), days_since_1970(condition["onset_date"]))
    return onset
