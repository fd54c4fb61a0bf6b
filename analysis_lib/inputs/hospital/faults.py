"""Check tables against the demand model's layout: what stops it, and what it adds up wrongly in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from analysis_lib.inputs.hospital import traps
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
    UNSURE,
    YEAR,
    Column,
    folder_of,
    year_columns,
)
from analysis_lib.inputs.hospital.record import HospitalReport, Record, Rule

FEWEST_DAY_PROCEDURES = 20  # a run draws none of n rows with a chance of about exp(-n)


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
            wanted = f"{name}/fyear={year}/dataset={dataset}/0.parquet"
            found.settle(name, None, traps.NO_FILE.says(place=wanted), broken=True)
            continue
        try:
            frames[name] = pd.read_parquet(place)  # as the model does
        except (ArrowException, OSError, ValueError) as error:  # whose words may hold values
            found.settle(name, None, traps.UNREADABLE.says(error=type(error).__name__), broken=True)
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
            found.settle(name, None, traps.NO_TABLE, broken=True)
    _check(tables, year, found)
    return found.report()


def _check(frames: Mapping[str, pd.DataFrame], year: int, found: Record) -> None:
    """Try every rule on the tables that are there."""
    sound = {name for name in TABLES if name in frames and _check_columns(name, frames[name], year, found)}
    for name in DERIVED_TABLES:
        if name in sound:
            _check_derived(name, frames[name], found)
        elif name in frames:
            found.warnings.append(traps.NOT_COMPARED.format(table=name))
    if "ip" in sound:
        stays = (frames["ip"]["classpat"] == "2") & (frames["ip"]["speldur"] > 0)
        found.judge("ip", "speldur", traps.DAY_CASE_STAYS, stays)
    if "op" in sound:
        remote = frames["op"]["has_procedures"].isin([True]) & (frames["op"]["tele_attendances"] > 0)
        found.judge("op", "tele_attendances", traps.REMOTE_PROCEDURE, remote)
    for name in STRATEGY_TABLES:
        if name in sound and "ip" in frames and "rn" in frames["ip"]:
            nobody = ~frames[name]["rn"].isin(frames["ip"]["rn"])
            found.judge(name, "rn", traps.OF_NO_ADMISSION, nobody)
    if "ip_efficiencies_strategies" in sound:
        _check_day_procedures(frames["ip_efficiencies_strategies"], found)
    if "demographic_factors" in sound:
        _check_everybody(frames["demographic_factors"], found)
    if "birth_factors" in sound:
        found.judge("birth_factors", "sex", traps.NOT_WOMEN, frames["birth_factors"]["sex"] != 2)
    if set(FACTOR_TABLES) <= sound:
        people, births = (set(frames[name]["variant"].dropna()) for name in FACTOR_TABLES)
        _settle_lacking("birth_factors", "variant", traps.NO_BIRTHS, len(people - births), len(people), found)
    if "hsa_activity_tables" in sound:
        _check_hsa(frames["hsa_activity_tables"], found)


def _settle_lacking(table: str, column: str, rule: Rule, lacking: int, wanted: int, found: Record) -> None:
    """Settle a rule about how many of something are there."""
    found.settle(table, column, rule.says(lacking=lacking, wanted=wanted), lacking > 0, lacking, wanted)


def _check_columns(name: str, frame: pd.DataFrame, year: int, found: Record) -> bool:
    """Check presence, types and values; return whether all columns are there and of their types."""
    table, rows, sound = TABLES[name], len(frame), True
    if not rows and not table.may_be_empty:
        return found.settle(name, None, traps.EMPTY, broken=True)
    for column in table.columns:
        if column.name in frame.columns:
            sound &= _check_column(name, column, frame[column.name], found)
            continue
        expected = f"{traps.STORED[column.kind]}, {_allowed(column)}"
        remedy = "Compute it from the others with `derive`." if column.derived else "Add the column."
        absent = Rule("present", column.absent, "the column is not there", expected, remedy)
        sound = found.settle(name, column.name, absent, broken=True, rows=rows)
    if table.yearly:
        sound &= _check_years(name, frame, year, found)
    if set(table.key) <= set(frame.columns):
        key = ", ".join(table.key)
        repeated = replace(traps.REPEATED.says(key=key), outcome=table.repeated)
        found.judge(name, key, repeated, frame.duplicated(list(table.key)))
    return sound


def _check_column(table: str, column: Column, values: pd.Series, found: Record) -> bool:
    """Check a column's type, then values; return whether it is of its type."""
    kind, here, name = _kind(values), values.notna().to_numpy(), column.name
    fits = kind in {column.kind, "nothing"} or (column.kind, kind) in {
        ("whole", "decimal"),  # what a missing value makes of whole numbers; fractions are found below
        ("decimal", "whole"),
    }
    stored = f"stored as {traps.STORED.get(kind, 'another type')}"
    mistyped = Rule("type", column.mistyped, stored, traps.STORED[column.kind], traps.STORE[column.kind])
    if not found.judge(table, name, mistyped, here & (not fits)):
        return False

    def judge(check: str, outcome: str, problem: str, broken: np.ndarray) -> None:
        remedy = traps.MEND_COLUMN.get(name, traps.MEND)
        found.judge(table, name, Rule(check, outcome, problem, _allowed(column), remedy), broken)

    if column.complete:
        judge("complete", column.missing, "no value", ~here)
    if column.kind in {"whole", "decimal"}:
        numbers = values.to_numpy(dtype="float64", na_value=np.nan)
        judge("finite", UNSURE, "an infinite value", np.isinf(numbers))
        numbers = np.where(np.isinf(numbers), np.nan, numbers)
        if column.kind == "whole":
            judge("whole", column.split, "no whole number", np.nan_to_num(numbers) % 1 != 0)
        if column.low is not None:
            high = np.inf if column.high is None else column.high
            outside = (numbers < column.low) | (numbers > high)
            judge("range", column.beyond, "a value out of range", outside)
    if column.codes:
        unknown = here & ~values.isin(_codes(column)).to_numpy()
        judge("codes", column.beyond, "a value that is none of the codes", unknown)
    return True


def _check_years(name: str, frame: pd.DataFrame, year: int, found: Record) -> bool:
    """Check the columns of factors, a year each; return whether all are of their type."""
    years, rows = year_columns(frame), len(frame)
    n_numbers = sum(not isinstance(column, str) for column in years)
    as_numbers = traps.YEARS_AS_NUMBERS.says(n=n_numbers, year=year)
    if not found.settle(name, None, as_numbers, n_numbers > 0, rows if n_numbers else 0, rows):
        return False
    base = traps.NO_BASE_YEAR.says(year=year)
    if not found.settle(name, str(year), base, str(year) not in years, rows=rows):
        return False
    factors = [Column(str(column), "decimal", low=0, beyond=STOPS, missing=SILENT) for column in years]
    kept = [_check_column(name, factor, frame[factor.name], found) for factor in factors]  # all are tried
    if sound := all(kept):
        found.judge(name, str(year), traps.NOBODY_IN_BASE_YEAR, frame[str(year)] <= 0)
    return sound


def _check_derived(name: str, frame: pd.DataFrame, found: Record) -> None:
    """Check that derived columns are what their rules make of the others."""
    right = derive(name, frame)
    for column in right:
        said, here = frame[column].to_numpy(dtype=object), frame[column].notna().to_numpy()
        other = np.zeros(len(frame), dtype=bool)
        other[here] = (
            said[here] != right[column].to_numpy(dtype=object)[here]
        )  # missing ones cannot be compared
        found.judge(name, column, traps.NOT_DERIVED, other)


def _check_day_procedures(frame: pd.DataFrame, found: Record) -> None:
    """Check that every strategy of day procedures has rows, and enough that a run draws some."""
    name, counts = "ip_efficiencies_strategies", frame["strategy"].value_counts()
    for strategy in DAY_PROCEDURES:
        n = int(counts.get(strategy, 0))
        found.settle(name, "strategy", traps.NO_DAY_PROCEDURE.says(strategy=strategy), not n, rows=len(frame))
        if 0 < n < FEWEST_DAY_PROCEDURES:
            words = {"table": name, "n": n, "strategy": strategy, "fewest": FEWEST_DAY_PROCEDURES}
            found.warnings.append(traps.FEW_DAY_PROCEDURES.format(**words))


def _check_everybody(frame: pd.DataFrame, found: Record) -> None:
    """Check that each projection has a factor for every age and sex."""
    wanted = frame["variant"].nunique() * 2 * (OLDEST + 1)
    inside = frame["age"].between(0, OLDEST) & frame["sex"].isin((1, 2)) & frame["variant"].notna()
    present = len(frame.loc[inside, ["variant", "sex", "age"]].drop_duplicates())
    _settle_lacking("demographic_factors", "age", traps.NO_FACTOR, wanted - present, wanted, found)


def _check_hsa(frame: pd.DataFrame, found: Record) -> None:
    """Check that each group and sex has the ages 0 to 100, each once, and activity to divide by."""
    ages = frame.groupby(["hsagrp", "sex"])["age"].agg(["count", "nunique", "min", "max"])
    full = (ages[["count", "nunique"]] == len(HSA_AGES)).all(axis=1)
    full &= (ages["min"] == HSA_AGES[0]) & (ages["max"] == HSA_AGES[-1])
    lacking = int((~full).sum())
    _settle_lacking("hsa_activity_tables", "age", traps.HSA_AGES_DIFFER, lacking, len(full), found)
    nothing = frame["age"].between(55, OLDEST) & (frame["activity"] <= 0)
    found.judge("hsa_activity_tables", "activity", traps.NO_ACTIVITY, nothing)


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


def _codes(column: Column) -> tuple[object, ...]:
    """Return the codes of a column; a missing age has its own group."""
    return (*column.codes, "Unknown") if column.name == "age_group" else column.codes


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
