"""The traps of the demand model's data in words: what stops it, and what it adds up wrongly in silence.

What is marked `STOPS` or `SILENT` was seen when the public model (nhp_model, July 2026) ran on tables with
that fault alone, or follows from its source: rows that meet no factor get one of 1. Words in braces are
filled in where a rule is tried.
"""

from __future__ import annotations

from analysis_lib.inputs.hospital.layout import OLDEST, SILENT, STOPS, UNSURE
from analysis_lib.inputs.hospital.record import Rule

STORED = {"text": "text", "whole": "whole numbers", "decimal": "decimal numbers", "flag": "true or false"}
STORE = {
    "text": "Store it as text: a code is no number, and loses its leading zeros as one.",
    "whole": "Store it as whole numbers (int32).",
    "decimal": "Store it as decimal numbers (float64).",
    "flag": "Store it as true or false (bool), not as 0 and 1 or as text.",
}
MEND = "Leave out or mend these rows at their source."
MEND_COLUMN = {
    "age": f"Store whole years; people over {OLDEST} are stored as {OLDEST}. Leave out rows of no age.",
    "speldur": "Store nights as whole numbers from 0: bed days are one more than what stands here, so -1 "
    "counts as none, and less stops the model.",
    "sample_rate": "Store the chance that the strategy is for this row, from 0 to 1.",
}

# Tables and files ---------------------------------------------------------------------------------------
NO_FILE = Rule(
    "present",
    STOPS,
    "there is no Parquet file of the table",
    "{place}",
    "Write the table there.",
)
NO_TABLE = Rule(
    "present",
    STOPS,
    "the table is not there",
    "every table of the layout",
    "Add the table.",
)
UNREADABLE = Rule(
    "readable",
    STOPS,
    "the file cannot be read ({error})",
    "undamaged Parquet files of the same columns",
    "Write or copy the table again.",
)
EMPTY = Rule(
    "not empty",
    STOPS,
    "the table is empty",
    "at least one row",
    "Fill the table; of strategies, give each to the admissions that it is for.",
)
REPEATED = Rule(
    "rows are unique",
    UNSURE,
    "a row that an earlier one has already named",
    "one row for each {key}",
    "Give each row its own, or join rows that are the same.",
)

# Admissions and outpatients -----------------------------------------------------------------------------
DAY_CASE_STAYS = Rule(
    "day cases do not stay",
    SILENT,
    "a day case that stays overnight",
    "0 nights where classpat is 2",
    "Set speldur to 0 for day cases, or classpat to 1 for those who stay.",
)
REMOTE_PROCEDURE = Rule(
    "no procedure by telephone",
    UNSURE,
    "a procedure by telephone or video",
    "0 tele-attendances where has_procedures is true",
    "Split the row: what is done by telephone is no procedure.",
)
NOT_DERIVED = Rule(
    "follows from the others",
    SILENT,
    "a value other than what follows from the other columns",
    "what `derive` gives",
    "Compute it with `derive`; never make it up on its own.",
)

# Strategies ---------------------------------------------------------------------------------------------
OF_NO_ADMISSION = Rule(
    "is an admission",
    SILENT,
    "a strategy of no admission",
    "an rn of the table ip, of the same type",
    "Leave out these rows, or number both tables alike.",
)
NO_DAY_PROCEDURE = Rule(
    "{strategy}",
    STOPS,
    "no row has the strategy {strategy}",
    "rows of each of the four strategies of day procedures",
    "Give the strategy to admissions that it is for, or draw more rows.",
)

# Factors ------------------------------------------------------------------------------------------------
YEARS_AS_NUMBERS = Rule(
    "years as text",
    STOPS,
    "{n} columns of years are named by a number",
    'a column a year, named as text such as "{year}"',
    "Name the columns as text: frame.columns = frame.columns.astype(str).",
)
NO_BASE_YEAR = Rule(
    "present",
    STOPS,
    "the base year has no column",
    'a column a year, "{year}" among them',
    "Add it: all factors are divided by it.",
)
NOBODY_IN_BASE_YEAR = Rule(
    "more than 0",
    UNSURE,
    "a base of 0 or less, by which factors are divided",
    "people in the base year, above 0",
    "Leave out ages that have nobody, or join them to their neighbours.",
)
NOT_WOMEN = Rule(
    "women",
    UNSURE,
    "a factor of births not of women",
    "2 in every row",
    "Keep the rows of women alone.",
)
NO_FACTOR = Rule(
    "every age and sex",
    SILENT,
    "{lacking:,} of {wanted:,} ages and sexes of a projection have no factor",
    f"ages 0 to {OLDEST} of both sexes in each projection",
    "Add them: without one, these people stay as many as they are.",
)
NO_BIRTHS = Rule(
    "every projection",
    STOPS,
    "{lacking} of {wanted} projections of demographic_factors are not there",
    "the projections of demographic_factors",
    "Add them, or leave them out of demographic_factors.",
)
HSA_AGES_DIFFER = Rule(
    "ages 0 to 100",
    STOPS,
    "{lacking:,} of {wanted:,} groups and sexes have other ages",
    "the ages 0 to 100, each once, in every hsagrp and sex",
    "Fill the ages that are not there, and leave out the others.",
)
NO_ACTIVITY = Rule(
    "more than 0",
    UNSURE,
    f"activity of 0 or less at 55 to {OLDEST}, by which factors are divided",
    "a rate above 0",
    "Smooth the rates over ages, or leave the group out.",
)
FEW_DAY_PROCEDURES = (
    "{table}: only {n} rows have the strategy {strategy}; a run that draws none of them stops. "
    "Give it to {fewest} admissions or more that have no other strategy."
)
NOT_COMPARED = (
    "{table}: whether columns follow from each other was not checked, since some are not there or are of "
    "another type."
)
