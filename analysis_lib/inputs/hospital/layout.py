"""The tables that the New Hospital Programme's demand model reads: columns, types, codes and ranges.

The model reads Parquet from ``<folder>/<table>/fyear=2023/dataset=synthetic``. What is stated here was taken
from the public source of the model and of its data pipeline (The Strategy Unit, nhp_model 5.2 and nhp_data,
MIT), as facts: no code of theirs is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

YEAR = 2023
DATASET = "synthetic"
OLDEST = 90  # years; older people are stored as 90
HSA_AGES = range(101)
STOPS = "the model stops"
SILENT = "the model runs on, and its totals are wrong"
UNSURE = "not the layout; the model may stop or run on"
DAY_PROCEDURES = (
    "day_procedures_occasionally_dc",
    "day_procedures_occasionally_op",
    "day_procedures_usually_dc",
    "day_procedures_usually_op",
)
AGE_GROUPS = ("0", "1-4", "5-9", "10-15", "16-17", "18-34", "35-49", "50-64", "65-74", "75-84", "85+")
SPECIALTIES = (
    *("100", "101", "110", "120", "130", "140", "150", "160", "170", "300", "301", "320", "330", "340"),
    *("400", "410", "430", "502"),
)
SPECIALTY_GROUPS = (*SPECIALTIES, "Other (Surgical)", "Other (Medical)", "Other")
ACUITIES = ("non-urgent", "standard", "urgent", "very-urgent", "immediate-resuscitation")
KINDS_OF_PEOPLE = ("demographics", "births")

Kind = Literal["text", "whole", "decimal", "flag"]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
    kind : {"text", "whole", "decimal", "flag"}
        How it is stored: string, int32, float64, bool.
    codes : tuple
        Values allowed; empty where anything is.
    low, high : float or None
        Lowest and highest value.
    complete : bool
        Whether every row must have a value.
    derived : bool
        Whether it follows from other columns; never to be made up on its own (see `derive`).
    mistyped, beyond, split, missing, absent : str
        What the model does where the kind is another, where a value is none of the codes or out of range,
        where a whole number is none, where a value is missing, and where the column is: `STOPS`, `SILENT` or
        `UNSURE`.
    meaning : str
        What it holds, where the name does not say it.
    """

    name: str
    kind: Kind
    codes: tuple[object, ...] = ()
    low: float | None = None
    high: float | None = None
    complete: bool = True
    derived: bool = False
    mistyped: str = UNSURE
    beyond: str = UNSURE
    split: str = UNSURE
    missing: str = UNSURE
    absent: str = STOPS
    meaning: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the layout.

    Attributes
    ----------
    columns : tuple of Column
        In the order in which they are written: the model takes the strategy by its place, second.
    key : tuple of str
        Columns that name a row; rows are unique in them, and are written in their order.
    repeated : str
        What the model does with rows that share a key.
    yearly : bool
        Whether a column a year follows, named as text such as "2023".
    may_be_empty : bool
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    repeated: str = UNSURE
    yearly: bool = False
    may_be_empty: bool = False

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def derived(self) -> tuple[str, ...]:
        """Names of the columns that follow from others."""
        return tuple(column.name for column in self.columns if column.derived)


def _text(name: str, **other: object) -> Column:
    return Column(name, "text", **other)  # type: ignore[arg-type]


def _flag(name: str, mistyped: str = UNSURE, **other: object) -> Column:
    return Column(name, "flag", mistyped=mistyped, missing=STOPS, **other)  # type: ignore[arg-type]


def _count(name: str, meaning: str) -> Column:
    return Column(name, "whole", low=0, beyond=STOPS, split=SILENT, meaning=meaning)


def _derived(name: str, *codes: object, absent: str = STOPS) -> Column:
    return Column(name, "text", codes=codes, derived=True, absent=absent)


RN = _text("rn", meaning="name of the row")
# A row whose age or sex meets no factor counts as if nothing changed: factors of 1, without a word.
NO_MATCH = {"mistyped": STOPS, "beyond": SILENT, "split": SILENT, "missing": SILENT}
AGE = Column("age", "whole", low=0, high=OLDEST, **NO_MATCH)  # type: ignore[arg-type]
SEX = Column("sex", "whole", codes=(1, 2), meaning="1 male, 2 female", **NO_MATCH)  # type: ignore[arg-type]
IMD_QUINTILE = Column("imd_quintile", "whole", low=1, high=5, complete=False, meaning="1 most deprived")
SITE = _text("sitetret", meaning="site of treatment")
ICB = _text("icb", complete=False, meaning="integrated care board of residence")
MAIN_ICB = _flag("is_main_icb", meaning="whether that is the board most patients come from")
HRG = _text("sushrg_trimmed", complete=False, meaning="first four characters of the HRG")
SPECIALTY = _text("tretspef", meaning="treatment specialty")
AGE_GROUP = _derived("age_group", *AGE_GROUPS)
SPECIALTY_GROUP = _derived("tretspef_grouped", *SPECIALTY_GROUPS)

_STRATEGIES = Table((RN, _text("strategy"), Column("sample_rate", "decimal", low=0, high=1, beyond=STOPS)),
                    ("rn", "strategy"))  # fmt: skip
_FACTORS = Table(
    (
        _text("variant", meaning="population projection"),
        Column("sex", "whole", codes=(1, 2)),
        Column("age", "whole", low=0, high=OLDEST),
    ),
    ("variant", "sex", "age"),
    STOPS,
    yearly=True,
)

TABLES: dict[str, Table] = {
    "ip": Table(
        (
            RN,
            AGE,
            AGE_GROUP,
            SEX,
            IMD_QUINTILE,
            _text("classpat", codes=("1", "2", "3", "4"), mistyped=STOPS,
                  meaning="1 ordinary, 2 day case, 3 and 4 regular attender by day and by night"),
            _text("mainspef", absent=UNSURE, meaning="specialty of the consultant"),
            SPECIALTY,
            SPECIALTY_GROUP,
            _derived("hsagrp", "reg", "birth", "paeds", "maternity", "emerg", "transfer", "ordelec",
                     "daycase", "unknown"),
            _derived("group", "maternity", "elective", "non-elective"),
            Column("speldur", "whole", low=0, mistyped=STOPS, beyond=SILENT, split=SILENT, missing=STOPS,
                   meaning="nights of the stay; bed days are one more"),
            _text("admimeth", meaning="method of admission"),
            SITE,
            HRG,
            ICB,
            _flag("is_wla", derived=True, meaning="whether from the waiting list"),
            MAIN_ICB,
            _flag("has_procedure"),
            _flag("maternity_delivery_in_spell", STOPS),
            _derived("pod", "ip_elective_daycase", "ip_regular_day_attender", "ip_regular_night_attender",
                     "ip_maternity_admission", "ip_elective_admission", "ip_non-elective_admission"),
            _derived("demog_type", *KINDS_OF_PEOPLE),
            _derived("ndggrp", "maternity", "elective", "non-elective"),
        ),
        ("rn",),
    ),
    "op": Table(
        (
            RN,
            AGE,
            AGE_GROUP,
            SEX,
            IMD_QUINTILE,
            SPECIALTY,
            SPECIALTY_GROUP,
            SITE,
            _derived("type", "maternity", "adult_surgical", "adult_non-surgical", "child_surgical",
                     "child_non-surgical"),
            _derived("group", "procedure", "first", "followup"),
            _derived("pod", "op_procedure", "op_first", "op_follow-up"),
            _derived("demog_type", *KINDS_OF_PEOPLE),
            _derived("hsagrp"),
            _derived("ndggrp", "procedure", "first", "followup"),
            _flag("has_procedures", STOPS),
            HRG,
            ICB,
            MAIN_ICB,
            _flag("is_surgical_specialty", derived=True, absent=UNSURE),
            _flag("is_adult", derived=True, absent=UNSURE),
            _flag("is_gp_ref", meaning="referred by a GP"),
            _flag("is_cons_cons_ref", STOPS, meaning="referred by another consultant"),
            _flag("is_first", meaning="first attendance"),
            _flag("is_wla", derived=True, meaning="always true"),
            _count("attendances", "attendances in person that the row stands for"),
            _count("tele_attendances", "attendances by telephone or video that the row stands for"),
        ),
        ("rn",),
        SILENT,
    ),
    "aae": Table(
        (
            RN,
            AGE,
            AGE_GROUP,
            SEX,
            SITE,
            _text("aedepttype", codes=("01", "02", "03", "04", "05"), absent=UNSURE,
                  meaning="type of department"),
            _text("attendance_category", meaning="1 first attendance"),
            _text("acuity", codes=ACUITIES, complete=False),
            _derived("tretspef", "Other", absent=UNSURE),
            _derived("tretspef_grouped", "Other"),
            _derived("group", "ambulance", "walk-in"),
            _derived("pod"),
            _derived("demog_type", "demographics"),
            _derived("type", "adult_ambulance", "adult_walk-in", "child_ambulance", "child_walk-in",
                     absent=UNSURE),
            _derived("hsagrp"),
            _derived("ndggrp", "ambulance", "walk-in"),
            ICB,
            MAIN_ICB,
            _flag("is_adult", derived=True, absent=UNSURE),
            _flag("is_ambulance", SILENT),
            _flag("is_frequent_attender", STOPS, meaning="the fourth attendance in a year, or a later one"),
            _flag("is_low_cost_referred_or_discharged", STOPS),
            _flag("is_left_before_treatment", STOPS),
            _flag("is_discharged_no_treatment", STOPS),
            _count("arrivals", "arrivals that the row stands for"),
        ),
        ("rn",),
    ),
    "ip_activity_avoidance_strategies": _STRATEGIES,
    "ip_efficiencies_strategies": _STRATEGIES,
    "demographic_factors": _FACTORS,
    "birth_factors": _FACTORS,
    "hsa_activity_tables": Table(
        (
            _text("hsagrp"),
            Column("sex", "whole", codes=(1, 2), mistyped=STOPS),
            Column("age", "whole", missing=STOPS),  # each of HSA_AGES, once
            Column("activity", "decimal", meaning="activity a person of this age"),
        ),
        ("hsagrp", "sex", "age"),
        STOPS,
    ),
    "inequalities": Table(
        (
            ICB,
            HRG,
            IMD_QUINTILE,
            Column("activity_rate", "decimal", complete=False),
            Column("fitted_line", "decimal", complete=False),
            *(
                Column(name, "decimal", complete=False, absent=SILENT, meaning="factor, where asked for")
                for name in ("level_up", "level_down", "zero_sum")
            ),
        ),
        ("icb", "sushrg_trimmed", "imd_quintile"),
        STOPS,
        may_be_empty=True,
    ),
}  # fmt: skip
DERIVED_TABLES = ("ip", "op", "aae")
STRATEGY_TABLES = ("ip_activity_avoidance_strategies", "ip_efficiencies_strategies")
FACTOR_TABLES = ("demographic_factors", "birth_factors")


def folder_of(folder: str | Path, table: str, year: int = YEAR, dataset: str = DATASET) -> Path:
    """Return where the model looks for a table's Parquet files."""
    return Path(folder) / table / f"fyear={year}" / f"dataset={dataset}"


def year_columns(frame: pd.DataFrame) -> list[object]:
    """Return the columns of a frame that name a year, as text or (wrongly) as a number."""
    return [c for c in frame.columns if not isinstance(c, str) or (len(c) == 4 and c.isdecimal())]
