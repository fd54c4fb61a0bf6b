"""A linked population of three people, written on the spot; shared by tests of inputs and queries."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

A, B, C = "a" * 16, "b" * 16, "c" * 16
MONTHS = {"birth_month", "death_month"}
DATES = {"registered_from", "registered_to", "onset_date", "start_date", "stop_date", "date"}
NUMBERS = {
    "imd_decile": pa.int8(),
    "imd_rank": pa.int32(),
    "length_days": pa.int16(),
    "cost_gbp": pa.float64(),
}


def person(person_id, birth_month="1950-03-01", **other):
    row = {
        "person_id": person_id,
        "birth_month": birth_month,
        "sex": "F",
        "ethnic_group": "White",
        "lsoa": "E01011264",
        "msoa": "E02002340",
        "practice": "SIM001",
        "imd_decile": 5,
        "registered_from": "2010-01-15",
        "registered_to": None,
        "death_month": None,
    }
    return row | other


def condition(person_id, name, onset_date):
    return {"person_id": person_id, "condition": name, "onset_date": onset_date}


def medicine(person_id, start_date, stop_date=None, section="0205"):
    return {
        "person_id": person_id,
        "bnf_chapter": section[:2],
        "bnf_section": section,
        "start_date": start_date,
        "stop_date": stop_date,
    }


def contact(person_id, day, setting="gp", attended=None, cost_gbp=42.0, **other):
    row = {
        "person_id": person_id,
        "date": day,
        "setting": setting,
        "attended": attended,
        "length_days": None,
        "cost_gbp": cost_gbp,
    }
    return row | other


def small_population():
    """Return tables that pass every check: lists of rows by table, and a manifest."""
    return {
        "person": [
            person(A),
            person(B, "2000-04-01", sex="M", ethnic_group="Asian", imd_decile=1, registered_to="2024-06-30"),
            person(C, "1990-01-01", imd_decile=10, death_month="2024-09-01"),
        ],
        "condition": [condition(A, "heart_failure", "2020-01-01"), condition(A, "copd", "2024-04-01")],
        "medicine": [medicine(A, "2020-01-01"), medicine(B, "2023-01-01", "2023-02-01")],
        "contact": [
            contact(A, "2023-03-31", attended="yes"),
            contact(A, "2023-04-01", attended="DNA"),
            contact(A, "2024-04-01", "emergency", cost_gbp=1000.10, length_days=3),
            contact(B, "2024-03-31", "ae", cost_gbp=220.0),
        ],
        "manifest": {"source": "made for a test", "last_date": "2025-03-31", "simulated": False},
    }


def as_arrow(name, rows):
    """Return rows as a table in the types of an extract."""
    columns = {}
    for column in rows[0] if rows else small_population()[name][0]:
        values = [row[column] for row in rows]
        if column in MONTHS | DATES and not any(isinstance(v, (int, float)) or _odd(v) for v in values):
            values = pa.array([date.fromisoformat(v) if v else None for v in values], pa.date32())
        elif column in NUMBERS and not any(isinstance(v, str) for v in values):
            values = pa.array(values, NUMBERS[column])
        elif all(v is None for v in values):
            values = pa.array(values, pa.string())
        else:
            numbers = all(isinstance(v, (int, float)) or v is None for v in values)
            values = pa.array([v if numbers or v is None else str(v) for v in values])
        columns[column] = values
    return pa.table(columns)


def _odd(value):
    """Whether a text is no date, so that the column stays text."""
    try:
        return value is not None and not date.fromisoformat(value)
    except ValueError:
        return True


def write(folder: Path, tables, kind="parquet"):
    """Write tables as a folder of Parquet or CSV files with their manifest; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        if name == "manifest":
            (folder / "manifest.json").write_text(json.dumps(rows))
        elif kind == "parquet":
            pyarrow.parquet.write_table(as_arrow(name, rows), folder / f"{name}.parquet")
        else:
            pyarrow.csv.write_csv(as_arrow(name, rows), folder / f"{name}.csv")
    return folder


def changed(edit):
    """Return the small population after `edit` has changed it."""
    tables = copy.deepcopy(small_population())
    edit(tables)
    return tables
