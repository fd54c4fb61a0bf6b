"""Check tables against the demand model's layout: what stops it, and what it adds up wrongly in silence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from analysis_lib.inputs.hospital.derive import derive
from analysis_lib.inputs.hospital.layout import (
    DATASET,
    DAY_PROCEDURES,
    DERIVED_TABLES,
    FACTOR_TABLES,
    HSA_AGES,
    OLDEST,
    SILENT,
    STOPS,
    STRATEGY_TABLES,
    TABLES,
    UNMEASURED,
    YEAR,
    Column,
    folder_of,
    year_columns,
)
from analysis_lib.inputs.hospital.record import HospitalReport, Record

FEWEST_DAY_PROCEDURES = 20  # a run draws none of n rows with a chance of about exp(-n)
STORED = {"text": "text", "whole": "whole numbers", "decimal": "decimal numbers", "flag": "true or false"}
FOUND = STORED | {"other": "another type"}
REMEDIES = {
    "text": "Store it as text: a code is no number, and loses its leading zeros as one.",
    "whole": "Store it as whole numbers (int32).",
    "decimal": "Store it as decimal numbers (float64).",
    "flag": "Store it as true or false (bool), not as 0 and 1 or as text.",
}
REMEDY_OF_VALUE = {
    "age": f"Store whole years; people over {OLDEST} are stored as {OLDEST}. Leave out rows of no age.",
    "speldur": "Store nights as whole numbers from 0: bed days are one more than what stands here.",
    "sample_rate": "Store the chance that the strategy is for this row, from 0 to 1.",
}


def check_hospital(folder: str | Path, year: int = YEAR, dataset: str = DATASET) -> HospitalReport:
    """Report on a folder of tables for the demand model, before the model is run.

    Parameters
    ----------
    folder : str or Path
        Holds ``<table>/fyear=<year>/dataset=<dataset>/*.parquet`` for every table of the layout.
    year : int
        The base year: the April in which the financial year begins.
    dataset : str

    Returns
    -------
    HospitalReport
    """
    frames, found = {}, Record()
    for name in TABLES:
        place = folder_of(folder, name, year, dataset)
        if not any(place.glob("*.parquet")):
            found.reject(
                name,
                None,
                "present",
                0,
                0,
                STOPS,
                "there is no Parquet file of the table",
                f"{name}/fyear={year}/dataset={dataset}/0.parquet",
                "Write the table there.",
            )
            continue
        try:
            frames[name] = pd.read_parquet(place)  # as the model does
        except (ArrowException, OSError, ValueError) as error:  # whose words may hold values
            found.reject(
                name,
                None,
                "readable",
                0,
                0,
                STOPS,
                f"the file cannot be read ({type(error).__name__})",
                "undamaged Parquet files of the same columns",
                "Write or copy the table again.",
            )
    _check(frames, year, found)
    return found.report()


def check_tables(tables: Mapping[str, pd.DataFrame], year: int = YEAR) -> HospitalReport:
    """Report on tables in memory, as `check_hospital` does on a folder.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        By name of the layout; a table that is not there is refused.
    year : int

    Returns
    -------
    HospitalReport
    """
    found = Record()
    for name in TABLES:
        if name not in tables:
            found.reject(
                name,
                None,
                "present",
                0,
                0,
                STOPS,
                "the table is not there",
                "every table of the layout",
                "Add the table.",
            )
    _check(tables, year, found)
    return found.report()


def _check(frames: Mapping[str, pd.DataFrame], year: int, found: Record) -> None:
    """Try every rule on the tables that are there."""
    sound = {name for name in TABLES if name in frames and _check_columns(name, frames[name], year, found)}
    for name in DERIVED_TABLES:
        if name in sound:
            _check_derived(name, frames[name], found)
        elif name in frames:
            found.warnings.append(
                f"{name}: whether columns follow from each other was not checked, since some are not there "
                "or are of another type."
            )
    if "ip" in sound:
        stays = (frames["ip"]["classpat"] == "2") & (frames["ip"]["speldur"] > 0)
        found.judge(
            "ip",
            "speldur",
            "day cases do not stay",
            stays,
            SILENT,
            "a day case that stays overnight",
            "0 nights where classpat is 2",
            "Set speldur to 0 for day cases, or classpat to 1 for those who stay.",
        )
    if "op" in sound:
        remote = frames["op"]["has_procedures"].isin([True]) & (frames["op"]["tele_attendances"] > 0)
        found.judge(
            "op",
            "tele_attendances",
            "no procedure by telephone",
            remote,
            UNMEASURED,
            "a procedure by telephone or video",
            "0 tele-attendances where has_procedures is true",
            "Split the row: what is done by telephone is no procedure.",
        )
    for name in STRATEGY_TABLES:
        if name in sound:
            _check_strategies(name, frames, found)
    for name in FACTOR_TABLES:
        if name in sound:
            _check_factors(name, frames[name], year, found)
    if set(FACTOR_TABLES) <= sound:
        _check_variants(frames, found)
    if "hsa_activity_tables" in sound:
        _check_hsa(frames["hsa_activity_tables"], found)


def _check_columns(name: str, frame: pd.DataFrame, year: int, found: Record) -> bool:
    """Check presence, types and values; return whether all columns are there and of their types."""
    table, rows, sound = TABLES[name], len(frame), True
    if not rows and not table.may_be_empty:
        outcome = STOPS if name in (*STRATEGY_TABLES, *FACTOR_TABLES) else UNMEASURED
        found.reject(
            name,
            None,
            "not empty",
            0,
            0,
            outcome,
            "the table is empty",
            "at least one row",
            "Fill the table; strategies that nobody has cannot be tried.",
        )
        return False
    for column in table.columns:
        if column.name not in frame.columns:
            remedy = "Compute it from the others with `derive`." if column.derived else "Add the column."
            found.reject(
                name,
                column.name,
                "present",
                rows,
                0,
                column.absent,
                "the column is not there",
                f"{STORED[column.kind]}, {_allowed(column)}",
                remedy,
            )
            sound = False
        else:
            sound &= _check_column(name, column, frame[column.name], found)
    if table.yearly:
        sound &= _check_years(name, frame, year, found)
    if set(table.key) <= set(frame.columns):
        found.judge(
            name,
            ", ".join(table.key),
            "rows are unique",
            frame.duplicated(list(table.key)),
            table.repeated,
            "a row that an earlier one has already named",
            "one row for each " + ", ".join(table.key),
            "Give each row its own, or join rows that are the same.",
        )
    return sound


def _check_column(table: str, column: Column, values: pd.Series, found: Record) -> bool:
    """Check a column's type, then what is missing, not whole, or out of range."""
    kind, here = _kind(values), values.notna()
    fits = kind in {column.kind, "nothing"} or (column.kind, kind) in {
        ("whole", "decimal"),  # what a missing value makes of whole numbers; fractions are found below
        ("decimal", "whole"),
    }
    broken = here if not fits else np.zeros(len(values), dtype=bool)
    if not found.judge(
        table,
        column.name,
        "type",
        broken,
        column.mistyped,
        f"stored as {FOUND.get(kind, 'nothing')}",
        STORED[column.kind],
        REMEDIES[column.kind],
    ):
        return False
    expected = _allowed(column)
    remedy = REMEDY_OF_VALUE.get(column.name, "Leave out or mend these rows at their source.")
    if column.complete:
        outcome = STOPS if column.kind == "flag" else column.missing
        found.judge(table, column.name, "complete", ~here, outcome, "no value", expected, remedy)
    if kind == "nothing":
        return True
    if column.kind in {"whole", "decimal"}:
        numbers = values.to_numpy(dtype="float64", na_value=np.nan)
        found.judge(
            table, column.name, "finite", np.isinf(numbers), UNMEASURED, "an infinite value", expected, remedy
        )
        numbers = np.where(np.isinf(numbers), np.nan, numbers)
        if column.kind == "whole":
            split = np.nan_to_num(numbers) % 1 != 0
            outcome = SILENT if column.name == "speldur" else UNMEASURED
            found.judge(table, column.name, "whole", split, outcome, "no whole number", expected, remedy)
        outside = (numbers < _or(column.low, -np.inf)) | (numbers > _or(column.high, np.inf))
        if column.codes:
            outside |= ~np.isin(numbers, column.codes) & ~np.isnan(numbers)
        _judge_range(table, column, outside, expected, remedy, found)
    elif column.codes:
        allowed = {*column.codes, "Unknown"} if column.name == "age_group" else set(column.codes)
        _judge_range(table, column, here & ~values.isin(allowed), expected, remedy, found)
    return True


def _judge_range(
    table: str,
    column: Column,
    outside: np.ndarray | pd.Series,
    expected: str,
    remedy: str,
    found: Record,
) -> None:
    what = "a value that is none of the codes" if column.codes else "a value out of range"
    found.judge(table, column.name, "range", outside, column.beyond, what, expected, remedy)


def _check_years(name: str, frame: pd.DataFrame, year: int, found: Record) -> bool:
    """Check the columns of factors, a year each; return whether all are of their type."""
    years, rows = year_columns(frame), len(frame)
    numbers = [column for column in years if not isinstance(column, str)]
    remedy = "Name the columns as text: frame.columns = frame.columns.astype(str)."
    if numbers:
        found.reject(
            name,
            None,
            "years as text",
            rows,
            rows,
            STOPS,
            f"{len(numbers)} columns of years are named by a number",
            f'a column a year, named as text such as "{year}"',
            remedy,
        )
        return False
    if str(year) not in years:
        found.reject(
            name,
            str(year),
            "present",
            rows,
            0,
            STOPS,
            "the base year has no column",
            f'a column a year, "{year}" among them',
            "Add it: all factors are divided by it.",
        )
        return False
    sound = True
    for column in years:
        factor = Column(str(column), "decimal", low=0, missing=SILENT)
        sound &= _check_column(name, factor, frame[column], found)
    if sound:
        found.judge(
            name,
            str(year),
            "more than 0",
            frame[str(year)] <= 0,
            UNMEASURED,
            "a base of 0 or less, by which factors are divided",
            "people in the base year, above 0",
            "Leave out ages that have nobody, or join them to their neighbours.",
        )
    return sound


def _check_derived(name: str, frame: pd.DataFrame, found: Record) -> None:
    """Check that derived columns are what their rules make of the others."""
    right = derive(name, frame)
    for column in right:
        other = (frame[column].astype(object) != right[column].astype(object)) & frame[column].notna()
        found.judge(
            name,
            column,
            "follows from the others",
            other,
            SILENT,
            "a value other than what follows from the other columns",
            "what `derive` gives",
            "Compute it with `derive`; never make it up on its own.",
        )


def _check_strategies(name: str, frames: Mapping[str, pd.DataFrame], found: Record) -> None:
    """Check that strategies are those of admissions, and that every day procedure has rows."""
    frame = frames[name]
    if "ip" in frames and "rn" in frames["ip"]:
        found.judge(
            name,
            "rn",
            "is an admission",
            ~frame["rn"].isin(frames["ip"]["rn"]),
            SILENT,
            "a strategy of no admission",
            "an rn of the table ip, of the same type",
            "Leave out these rows, or number both tables alike.",
        )
    if name != "ip_efficiencies_strategies":
        return
    counts = frame["strategy"].value_counts()
    for strategy in DAY_PROCEDURES:
        n = int(counts.get(strategy, 0))
        if not n:
            found.reject(
                name,
                "strategy",
                strategy,
                len(frame),
                0,
                STOPS,
                f"no row has the strategy {strategy}",
                "rows of each of the four strategies of day procedures",
                "Give the strategy to admissions that it is for, or draw more rows.",
            )
            continue
        found.rows.append((name, "strategy", strategy, len(frame), 0, "ok"))
        if n < FEWEST_DAY_PROCEDURES:
            found.warnings.append(
                f"{name}: only {n} rows have the strategy {strategy}; a run that draws none of them "
                f"stops. Give it to {FEWEST_DAY_PROCEDURES} admissions or more that have no other strategy."
            )


def _check_factors(name: str, frame: pd.DataFrame, year: int, found: Record) -> None:
    """Check that projections hold whom they are about: everybody, or women who may give birth."""
    if name == "birth_factors":
        found.judge(
            name,
            "sex",
            "women",
            frame["sex"] != 2,
            UNMEASURED,
            "a factor of births not of women",
            "2 in every row",
            "Keep the rows of women alone.",
        )
        return
    wanted = len(frame["variant"].dropna().unique()) * 2 * (OLDEST + 1)
    inside = frame[frame["age"].between(0, OLDEST) & frame["sex"].isin((1, 2)) & frame["variant"].notna()]
    lacking = wanted - len(inside[["variant", "sex", "age"]].drop_duplicates())
    if lacking:
        found.reject(
            name,
            "age",
            "every age and sex",
            wanted,
            lacking,
            SILENT,
            f"{lacking:,} of {wanted:,} ages and sexes of a projection have no factor",
            f"ages 0 to {OLDEST} of both sexes in each projection",
            "Add them: without one, these people stay as many as they are.",
        )
    else:
        found.rows.append((name, "age", "every age and sex", wanted, 0, "ok"))


def _check_variants(frames: Mapping[str, pd.DataFrame], found: Record) -> None:
    """Check that births are projected wherever people are."""
    people, births = (set(frames[name]["variant"].dropna()) for name in FACTOR_TABLES)
    lacking = len(people - births)
    if lacking:
        found.reject(
            "birth_factors",
            "variant",
            "every projection",
            len(people),
            lacking,
            STOPS,
            f"{lacking} of {len(people)} projections of demographic_factors are not there",
            "the projections of demographic_factors",
            "Add them, or leave them out of demographic_factors.",
        )
    else:
        found.rows.append(("birth_factors", "variant", "every projection", len(people), 0, "ok"))


def _check_hsa(frame: pd.DataFrame, found: Record) -> None:
    """Check that each group and sex has the ages 0 to 100, each once, and activity to divide by."""
    name = "hsa_activity_tables"
    ages = frame.groupby(["hsagrp", "sex"])["age"].agg(["count", "nunique", "min", "max"])
    full = (ages[["count", "nunique"]] == len(HSA_AGES)).all(axis=1)
    full &= (ages["min"] == HSA_AGES[0]) & (ages["max"] == HSA_AGES[-1])
    n_wrong = int((~full).sum())
    if n_wrong:
        found.reject(
            name,
            "age",
            "ages 0 to 100",
            len(full),
            n_wrong,
            STOPS,
            f"{n_wrong:,} of {len(full):,} groups and sexes have other ages",
            "the ages 0 to 100, each once, in every hsagrp and sex",
            "Fill the ages that are not there, and leave out the others.",
        )
    else:
        found.rows.append((name, "age", "ages 0 to 100", len(full), 0, "ok"))
    nothing = frame["age"].between(55, OLDEST) & (frame["activity"] <= 0)
    found.judge(
        name,
        "activity",
        "more than 0",
        nothing,
        UNMEASURED,
        f"activity of 0 or less at 55 to {OLDEST}, by which factors are divided",
        "a rate above 0",
        "Smooth the rates over ages, or leave the group out.",
    )


def _kind(values: pd.Series) -> str:
    """Return how a column is stored, as the model would find it."""
    if values.notna().sum() == 0:
        return "nothing"
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if values.dtype == object:
        inferred = pd.api.types.infer_dtype(values, skipna=True)
        return {
            "string": "text",
            "boolean": "flag",
            "integer": "whole",
            "floating": "decimal",
            "mixed-integer-float": "decimal",
        }.get(inferred, "other")
    if pd.api.types.is_bool_dtype(values):
        return "flag"
    if pd.api.types.is_integer_dtype(values):
        return "whole"
    if pd.api.types.is_float_dtype(values):
        return "decimal"
    return "text" if pd.api.types.is_string_dtype(values) else "other"


def _allowed(column: Column) -> str:
    """Return what a column may hold, in words."""
    if column.codes and len(column.codes) <= 6:
        words = "one of " + ", ".join(map(str, column.codes))
    elif column.codes:
        words = "one of the codes of the layout"
    elif column.low is not None and column.high is not None:
        words = f"{column.low:g} to {column.high:g}"
    elif column.low is not None:
        words = f"{column.low:g} or more"
    else:
        words = "a value"
    whole = "whole numbers, " if column.kind == "whole" and not column.codes else ""
    return whole + words + (" in every row" if column.complete else ", or none")


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit
