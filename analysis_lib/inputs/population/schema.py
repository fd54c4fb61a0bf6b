"""The tables of a linked population: columns, types and codes that every extract is brought to."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_lib.codes import (
    ATTENDED,
    CONDITIONS,
    DECILES,
    ETHNIC_GROUPS,
    OTHER_CONDITIONS,
    SETTINGS,
    SEXES,
)


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
    dtype : {"string", "date", "month", "int32", "float64"}
        A month is a date on the first of it; text such as 2024-03 or 2024-03-31 is read as one.
    required : bool
        Whether the column must be there at all, or be declared absent; one that is not is filled with missing
        values. An end that nobody has (`registered_to`, `death_month`, `stop_date`) would say that all stay
        and live, so such a column may not be missing unsaid.
    complete : bool
        Whether every row must have a value.
    counted : bool
        Whether rows without a value are counted in the quality table.
    codes : tuple
        Values allowed; empty where anything is.
    blank : str or None
        What a missing value is read as.
    """

    name: str
    dtype: str
    required: bool = True
    complete: bool = True
    counted: bool = False
    codes: tuple[object, ...] = ()
    blank: str | None = None


def _ending(name: str, dtype: str) -> Column:
    return Column(name, dtype, complete=False)


def _optional(name: str, dtype: str, counted: bool = True, **other: object) -> Column:
    return Column(name, dtype, required=False, complete=False, counted=counted, **other)


PERSON_ID = Column("person_id", "string")
TABLES: dict[str, tuple[Column, ...]] = {
    "person": (
        PERSON_ID,
        Column("birth_month", "month"),
        Column("sex", "string", counted=True, codes=SEXES, blank="not stated"),
        _optional("ethnic_group", "string", codes=ETHNIC_GROUPS, blank="not stated"),
        _optional("lsoa", "string"),
        _optional("msoa", "string"),
        _optional("practice", "string"),
        _optional("imd_decile", "int32", codes=DECILES),
        Column("registered_from", "date"),
        _ending("registered_to", "date"),
        _ending("death_month", "month"),
    ),
    "condition": (
        PERSON_ID,
        Column("condition", "string", codes=CONDITIONS + OTHER_CONDITIONS),
        Column("onset_date", "date"),
    ),
    "medicine": (
        PERSON_ID,
        _optional("bnf_chapter", "string"),
        _optional("bnf_section", "string"),
        Column("start_date", "date"),
        _ending("stop_date", "date"),
    ),
    "contact": (
        PERSON_ID,
        Column("date", "date"),
        Column("setting", "string", codes=SETTINGS),
        _optional("attended", "string", False, codes=ATTENDED),  # missing where nothing was booked
        _optional("length_days", "int32", False),  # missing where nobody stayed
        _optional("cost_gbp", "float64"),
    ),
}
# Tables that an extract may have beside the four.
MEASUREMENT = "measurement"
OPTIONAL_TABLES: dict[str, tuple[Column, ...]] = {
    MEASUREMENT: (
        PERSON_ID,
        Column("date", "date"),
        Column("measure", "string"),  # of MEASURES; rows of others are left aside, and named
        _optional("value", "float64"),  # missing where it is known only that the test was done
    ),
}
# Read where an extract has them: the rank checks which way deciles run, rules of prescribing ask for
# chemicals, the provider gives continuity.
EXTRAS: dict[str, tuple[Column, ...]] = {
    "person": (_optional("imd_rank", "int32", False),),
    "medicine": (_optional("bnf_code", "string"), _optional("course_id", "string", False)),
    "contact": (_optional("provider", "string", False),),
}


def main_columns(name: str) -> tuple[Column, ...]:
    """Return the columns that a table always has once it is loaded."""
    return (TABLES | OPTIONAL_TABLES)[name]


def all_columns(name: str) -> tuple[Column, ...]:
    """Return the columns that a table may have."""
    return main_columns(name) + EXTRAS.get(name, ())
