"""Write tables for the demand model: derived, checked, sorted, and whole or not there at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis_lib.inputs.errors import InputError
from analysis_lib.inputs.hospital.derive import derive
from analysis_lib.inputs.hospital.faults import check_tables
from analysis_lib.inputs.hospital.layout import (
    DATASET,
    DERIVED_TABLES,
    TABLES,
    YEAR,
    folder_of,
    year_columns,
)

FILE, TRUTH, CARD = "0.parquet", "truth.json", "card.md"
STORED_AS = {"text": pa.string(), "whole": pa.int32(), "decimal": pa.float64(), "flag": pa.bool_()}


def add_derived(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its derived columns computed, columns in the order of the layout.

    Parameters
    ----------
    table : str
        Name in the layout.
    frame : pandas.DataFrame
        The columns that are not derived, and any others: derived ones are computed anew, and columns that
        the layout does not know are left out, so that no identifier travels along.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    KeyError
        If a column is not there that others are derived from.
    """
    if table in DERIVED_TABLES:
        frame = frame.assign(**derive(table, frame))
    years = sorted(year_columns(frame), key=str) if TABLES[table].yearly else []
    return frame[[c.name for c in TABLES[table].columns if c.name in frame] + years]


def write_hospital(
    tables: Mapping[str, pd.DataFrame],
    folder: str | Path,
    year: int = YEAR,
    dataset: str = DATASET,
    truth: Mapping[str, object] | None = None,
    card: str | None = None,
) -> Path:
    """Derive, check and write all tables of the demand model: all of them, or none.

    Derived columns are computed here, whatever stands in them. Rows are sorted by the table's key, types are
    fixed, and no property of the frame is stored, so the same rows in any order give the same bytes (of one
    version of pyarrow).

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Every table of the layout by its name.
    folder : str or Path
        New, empty, or written by this function earlier; replaced when all is written.
    year : int
        The base year, of which every factor's table has a column.
    dataset : str
    truth : mapping, optional
        What is planted in simulated tables: written beside them as truth.json.
    card : str, optional
        What the tables are, in Markdown: written beside them as card.md.

    Returns
    -------
    Path
        The folder, with ``<table>/fyear=<year>/dataset=<dataset>/0.parquet``.

    Raises
    ------
    InputError
        If a table is not there or the model would stop or err on one; says all that is wrong.
    FileExistsError
        If the folder holds anything else.
    """
    target = Path(folder).resolve()
    check_target(target)
    # A table that cannot be derived goes to the check as it is, which says what is wrong with it.
    made = {name: _derived_or_not(name, frame) for name, frame in tables.items() if name in TABLES}
    report = check_tables(made, year)
    if not report.ok:
        raise InputError(report.rejections)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".{target.name}.partial-{os.getpid()}"
    partial.mkdir()
    try:
        for name in TABLES:
            place = folder_of(partial, name, year, dataset)
            place.mkdir(parents=True)
            _write_table(name, made[name], place / FILE)
        if truth is not None:
            text = json.dumps(truth, indent=1, ensure_ascii=False) + "\n"
            (partial / TRUTH).write_text(text, encoding="utf-8", newline="\n")
        if card is not None:
            (partial / CARD).write_text(card, encoding="utf-8", newline="\n")
        _put_in_place(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _derived_or_not(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    try:
        return add_derived(name, frame)
    except (KeyError, TypeError, ValueError):
        return frame


def _write_table(name: str, frame: pd.DataFrame, path: Path) -> None:
    """Write a checked table with the layout's schema, rows by key."""
    table = TABLES[name]
    fields = [pa.field(column.name, STORED_AS[column.kind]) for column in table.columns]
    if table.yearly:
        fields += [pa.field(year, pa.float64()) for year in year_columns(frame)]
    arrays = [pa.array(frame[field.name], type=field.type, from_pandas=True) for field in fields]
    rows = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    rows = rows.sort_by([(name, "ascending") for name in table.key])  # keys are unique: one order alone
    with pq.ParquetWriter(path, rows.schema, compression="zstd", store_schema=False) as writer:
        writer.write_table(rows, row_group_size=max(len(rows), 1))


def check_target(target: Path) -> None:
    """Refuse a folder that holds anything but tables of the layout."""
    if not target.exists():
        return
    if not target.is_dir():
        raise FileExistsError(f"{target.name!r} is a file: give an empty or new folder.")
    others = sorted(path.name for path in target.iterdir() if path.name not in {*TABLES, TRUTH, CARD})
    if others:
        raise FileExistsError(
            f"Tables of the demand model are never put among other files: the folder {target.name!r} holds "
            f"{others[:3]}. Give an empty or new folder."
        )


def _put_in_place(partial: Path, target: Path) -> None:
    """Replace the folder by the finished one."""
    if target.exists():
        check_target(target)
        shutil.rmtree(target)
    partial.rename(target)
