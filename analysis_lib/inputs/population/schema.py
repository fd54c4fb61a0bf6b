"""The tables of a linked population: columns, types and codes that every extract is brought to."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_lib.codes import ATTENDED, CONDITIONS, DECILES, ETHNIC_GROUPS, SETTINGS, SEXES


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
    dtype : {"string", "date", "month", "int32", "float64"}
        A month is a date on the first of it; text such as 2024-03 or 2024-03-31 is read as one.
    required : bool
        Whether the column must be there at all; one that is not is filled with missing values.
    complete : bool
        Whether every row must have a value.
    codes : tuple
        Values allowed; empty where anything is.
    blank : str or None
        What a missing value is read as.
    """

    name: str
    dtype: str
    required: bool = True
    complete: bool = True
    codes: tuple[object, ...] = ()
    blank: str | None = None


def _optional(name: str, dtype: str, codes: tuple[object, ...] = ()) -> Column:
    return Column(name, dtype, complete=False, codes=codes)


PERSON_ID = Column("person_id", "string")
TABLES: dict[str, tuple[Column, ...]] = {
    "person": (
        PERSON_ID,
        Column("birth_month", "month"),
        Column("sex", "string", codes=SEXES, blank="not stated"),
        Column("ethnic_group", "string", codes=ETHNIC_GROUPS, blank="not stated"),
        _optional("lsoa", "string"),
        _optional("msoa", "string"),
        _optional("practice", "string"),
        _optional("imd_decile", "int32", DECILES),
        Column("registered_from", "date"),
        _optional("registered_to", "date"),
        _optional("death_month", "month"),
    ),
    "condition": (
        PERSON_ID,
        Column("condition", "string", codes=CONDITIONS),
        Column("onset_date", "date"),
    ),
    "medicine": (
        PERSON_ID,
        _optional("bnf_chapter", "string"),
        _optional("bnf_section", "string"),
        Column("start_date", "date"),
        _optional("stop_date", "date"),
    ),
    "contact": (
        PERSON_ID,
        Column("date", "date"),
        Column("setting", "string", codes=SETTINGS),
        _optional("attended", "string", ATTENDED),  # missing where nothing was booked
        _optional("length_days", "int32"),
        _optional("cost_gbp", "float64"),
    ),
}
# Read where an extract has them: the rank checks which way deciles run, the provider gives continuity.
EXTRAS: dict[str, tuple[Column, ...]] = {
    "person": (Column("imd_rank", "int32", required=False, complete=False),),
    "contact": (Column("provider", "string", required=False, complete=False),),
}
