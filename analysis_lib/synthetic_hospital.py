"""Between the demand model's layout and generators of rows: a schema for a table, and strategies as flags.

Generators (`analysis_lib.models.synthetic`) know rows and a schema; the layout
(`analysis_lib.inputs.hospital`) knows tables. Admissions are generated in their wide form, one bool column
for each strategy, so that which strategies go together is learnt like all else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from analysis_lib.inputs.hospital import TABLES, age_group, derive, specialty_group
from analysis_lib.inputs.hospital import Column as LayoutColumn
from analysis_lib.inputs.hospital.admissions import BESIDE
from analysis_lib.inputs.hospital.derive import (
    BIRTHS,
    FIRST_ADULT_AGE,
    MATERNITY_AGES,
    MATERNITY_SPECIALTIES,
    PLANNED,
)
from analysis_lib.inputs.hospital.layout import DERIVED_TABLES
from analysis_lib.inputs.hospital.wide import narrow, number_rows, strategy_rates, widen
from analysis_lib.models.synthetic import Column, Rule, Schema

ROW, OUTCOME = "rn", "readmitted"
GROUPS = ("sex", "ethnic_group")
FIRST = ("sex", "ethnic_group", "age", "imd_quintile", "icb")  # drawn in this order, before all others
# The stay is drawn after what explains it; strategies and the outcome, which rest on it, come last.
LATE = ("maternity_delivery_in_spell", "speldur")
KINDS = {"text": "label", "whole": "whole", "decimal": "number", "flag": "flag"}
LABELS = ("sex",)  # codes that are written as numbers
# Of the treatment functions of the NHS Data Dictionary, those for children.
PAEDIATRICS = tuple(str(n) for n in (171, *range(211, 265), 280, 290, 291, 321, 420, 421, 422, 424))
EMERGENCIES = ("21", "22", "23", "24", "25", "28", "2A", "2B", "2C", "2D")
MATERNITY = ("31", "32")
OLDEST_CHILD = 18  # seen by paediatricians
GYNAECOLOGY = "502"
FRAIL_FROM = 75

__all__ = ["hospital_schema", "narrow", "number_rows", "strategy_rates", "widen"]

Test = Callable[[pd.DataFrame], pd.Series]


def hospital_schema(table: str, frame: pd.DataFrame) -> Schema:
    """Return the schema of a table's rows, of the columns that a frame has.

    Parameters
    ----------
    table : {"ip", "op", "aae"}
    frame : pandas.DataFrame
        Rows of the table; of ip the wide form (`widen`). Bool columns that the layout does not know are
        strategies; ethnic_group and readmitted may be there too. What stands in derived columns is not read.

    Returns
    -------
    Schema
        rn is no column of it: rows are numbered after generation. The layout's derived columns are derived,
        those that rest on columns the frame has.

    Raises
    ------
    ValueError
        If the table has no schema, or a column is neither of the layout nor a flag.
    """
    if table not in DERIVED_TABLES:
        raise ValueError(f"There is no schema of {table}: give one of {', '.join(DERIVED_TABLES)}.")
    known = {column.name: column for column in TABLES[table].columns}
    columns = {}
    for name in _in_order([str(name) for name in frame.columns], known):
        if name == ROW or (name in known and known[name].derived):
            continue
        columns[name] = _column(name, known.get(name), frame[name])
    derived = {
        name: rule for name, rule in _derivations(table).items() if _needs(name, table) <= set(columns)
    }
    if {"num_procedures", "has_procedure"} <= set(columns):
        del columns["has_procedure"]
        derived = {"has_procedure": lambda f: (f["num_procedures"] > 0).fillna(False).astype(bool)} | derived
    if mains := _main_boards(frame):
        del columns["is_main_icb"]
        derived = {"is_main_icb": lambda f: f["icb"].isin(mains)} | derived
    rules = tuple(rule for needs, rule in RULES[table] if needs <= set(columns))
    return Schema(columns, derived, rules, tuple(name for name in GROUPS if name in columns))


def _in_order(names: list[str], known: Mapping[str, LayoutColumn]) -> list[str]:
    """Return columns in the order in which they are drawn."""
    apart = {*FIRST, *LATE, OUTCOME}
    middle = [name for name in names if (name in known or name in BESIDE) and name not in apart]
    flags = [name for name in names if name not in {*middle, *apart}]
    order = (*FIRST, *middle, *LATE, *flags, OUTCOME)
    return [name for name in order if name in names]


def _column(name: str, layout: LayoutColumn | None, values: pd.Series) -> Column:
    if layout is None:
        if name in BESIDE:
            return Column(BESIDE[name], low=0 if BESIDE[name] == "whole" else -np.inf)  # type: ignore[arg-type]
        if name != OUTCOME and not pd.api.types.is_bool_dtype(values):
            raise ValueError(
                f"{name} is no column of the layout, and not true or false as a strategy is: leave it out."
            )
        return Column("flag")
    low = -np.inf if layout.low is None else layout.low
    high = np.inf if layout.high is None else layout.high
    kind = "label" if name in LABELS else KINDS[layout.kind]
    return Column(kind, layout.codes or None, low, high, days=name == "speldur")  # type: ignore[arg-type]


def _main_boards(frame: pd.DataFrame) -> set[str]:
    """Return the boards that are the main one; nothing where the two columns do not go together."""
    if not {"icb", "is_main_icb"} <= set(frame.columns):
        return set()
    main = frame["is_main_icb"].to_numpy(bool)
    mains = set(frame["icb"][main].dropna())
    return mains if (frame["icb"].isin(mains).to_numpy(bool) == main).all() else set()


def _needs(derived: str, table: str) -> set[str]:
    """Return the columns that a derived one rests on."""
    alone = {"age_group": {"age"}, "tretspef_grouped": {"tretspef"}, "is_wla": {"admimeth"}}
    of_table = {
        "ip": {"age", "sex", "classpat", "mainspef", "tretspef", "admimeth"},
        "op": {"age", "sex", "tretspef", "has_procedures", "is_first"},
        "aae": {"age", "aedepttype", "is_ambulance"},
    }
    return alone[derived] if table == "ip" and derived in alone else of_table[table]


def _derivations(table: str) -> dict[str, Callable[[pd.DataFrame], pd.Series]]:
    """Return a function for each derived column; all of them are computed once for the same rows."""
    last: list[pd.DataFrame] = []

    def compute(name: str) -> Callable[[pd.DataFrame], pd.Series]:
        def of(frame: pd.DataFrame) -> pd.Series:
            inputs = frame[sorted(_needs("", table))]
            if not last or not last[0].equals(inputs):
                last[:] = [inputs, derive(table, inputs)]
            return last[1][name]

        return of

    derived = {name: compute(name) for name in TABLES[table].derived}
    if table == "ip":
        derived["age_group"] = lambda frame: age_group(frame["age"])
        derived["tretspef_grouped"] = lambda frame: specialty_group(frame["tretspef"])
        derived["is_wla"] = lambda frame: frame["admimeth"].eq("11").fillna(False).astype(bool)
    return derived


# What a row may not say -------------------------------------------------------------------------------


def _fertile(frame: pd.DataFrame) -> pd.Series:
    return frame["sex"].eq(2) & frame["age"].between(*MATERNITY_AGES)


def _maternity(frame: pd.DataFrame) -> pd.Series:
    return frame["admimeth"].isin(MATERNITY)


def _emergency(frame: pd.DataFrame) -> pd.Series:
    return frame["admimeth"].isin(EMERGENCIES)


def _only(flag: str, words: str, needs: set[str], may: Test) -> tuple[set[str], Rule]:
    """Return the rule that a strategy is for some rows alone."""
    return {flag, *needs}, Rule(f"{flag}: {words}", lambda f: f[flag].eq(True) & ~may(f), {flag: False})


_STAYED = ("stays of a night or more", {"speldur"}, lambda f: f["speldur"] > 0)
# The model takes two nights off such a stay: of a shorter one less than nothing would be left.
_STAYED_TWO = ("stays of two nights or more", {"speldur"}, lambda f: f["speldur"] > 1)
_FRAIL = (
    "emergencies from 75",
    {"age", "admimeth"},
    lambda f: (f["age"] >= FRAIL_FROM) & _emergency(f),
)
_OPERATED = (
    "planned, with a procedure",
    {"admimeth", "has_procedure"},
    lambda f: f["admimeth"].isin(PLANNED) & f["has_procedure"].eq(True),
)


def _untreated(frame: pd.DataFrame) -> pd.Series:
    return frame["speldur"].eq(0) & frame["has_procedure"].eq(False)


_UNTREATED = {"age", "speldur", "has_procedure"}
FLAG_RULES: dict[str, tuple[str, set[str], Test]] = {
    **dict.fromkeys(("emergency_elderly", "frail_elderly_high", "frail_elderly_intermediate"), _FRAIL),
    **dict.fromkeys(
        (
            "day_procedures_occasionally_dc",
            "day_procedures_occasionally_op",
            "day_procedures_usually_dc",
            "day_procedures_usually_op",
        ),
        _OPERATED,
    ),
    **dict.fromkeys(
        ("excess_beddays_elective", "excess_beddays_emergency", "pre-op_los_1-day"),
        _STAYED,
    ),
    "pre-op_los_2-day": _STAYED_TWO,
    "zero_los_no_procedure_adult": (
        "adults of no night and no procedure",
        _UNTREATED,
        lambda f: _untreated(f) & (f["age"] >= FIRST_ADULT_AGE),
    ),
    "zero_los_no_procedure_child": (
        "children of no night and no procedure",
        _UNTREATED,
        lambda f: _untreated(f) & (f["age"] < FIRST_ADULT_AGE),
    ),
}
RULES: dict[str, tuple[tuple[set[str], Rule], ...]] = {
    "ip": (
        ({"classpat", "admimeth"}, Rule("day cases and regular attenders are planned",
            lambda f: f["classpat"].isin(["2", "3", "4"]) & ~f["admimeth"].isin(PLANNED),
            {"classpat": "1"})),
        ({"classpat", "speldur"}, Rule("day cases and regular attenders by day stay no night",
            lambda f: f["classpat"].isin(["2", "3"]), {"speldur": 0})),
        ({"maternity_delivery_in_spell", "admimeth", "sex", "age"}, Rule(
            "deliveries are of women of 13 to 55 in maternity care",
            lambda f: ~(_fertile(f) & _maternity(f)), {"maternity_delivery_in_spell": False})),
        ({"admimeth", "sex", "age"}, Rule("maternity admissions are of women of 13 to 55",
            lambda f: _maternity(f) & ~_fertile(f))),
({"tretspef", "sex", "age"}, Rule("obstetricians and midwives treat women of 13 to 55",
            lambda f: f["tretspef"].isin(MATERNITY_SPECIALTIES) & ~_fertile(f) & (f["age"] > 0))),
        ({"admimeth", "age"}, Rule("births are of age 0",
            lambda f: f["admimeth"].isin(BIRTHS) & (f["age"] != 0))),
        ({"tretspef", "age"}, Rule("paediatric specialties treat children",
            lambda f: f["tretspef"].isin(PAEDIATRICS) & (f["age"] > OLDEST_CHILD))),
        ({"tretspef", "sex"}, Rule("gynaecologists treat women",
            lambda f: f["tretspef"].eq(GYNAECOLOGY) & f["sex"].eq(1))),
        *(_only(flag, *rule) for flag, rule in FLAG_RULES.items()),
    ),
    "op": (
        ({"has_procedures", "tele_attendances"}, Rule("no procedure by telephone",
            lambda f: f["has_procedures"].eq(True), {"tele_attendances": 0})),
        ({"attendances", "tele_attendances"}, Rule("a row stands for an attendance or more",
            lambda f: (f["attendances"] == 0) & (f["tele_attendances"] == 0))),
        ({"is_gp_ref", "is_cons_cons_ref"}, Rule("one referral a row", lambda f: f["is_gp_ref"].eq(True),
            {"is_cons_cons_ref": False})),
        ({"tretspef", "sex", "age"}, Rule("obstetricians and midwives see women of 13 to 55",
            lambda f: f["tretspef"].isin(MATERNITY_SPECIALTIES) & ~_fertile(f))),
        ({"tretspef", "age"}, Rule("paediatric specialties see children",
            lambda f: f["tretspef"].isin(PAEDIATRICS) & (f["age"] > OLDEST_CHILD))),
        ({"tretspef", "sex"}, Rule("gynaecologists see women",
            lambda f: f["tretspef"].eq(GYNAECOLOGY) & f["sex"].eq(1))),
    ),
    "aae": (
        ({"arrivals"}, Rule("a row stands for an arrival or more", lambda f: f["arrivals"] == 0)),
        ({"is_left_before_treatment", "is_discharged_no_treatment"}, Rule(
            "who left before treatment was not discharged",
            lambda f: f["is_left_before_treatment"].eq(True), {"is_discharged_no_treatment": False})),
    ),
}  # fmt: skip
