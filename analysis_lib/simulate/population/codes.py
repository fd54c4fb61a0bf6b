"""The codes that the tables of a simulated population hold, and the days they cover."""

from __future__ import annotations

from datetime import date, timedelta

from analysis_lib.codes import ATTENDED as ATTENDED
from analysis_lib.codes import CONDITIONS as CONDITIONS
from analysis_lib.codes import DECILES as DECILES
from analysis_lib.codes import ETHNIC_GROUPS as ETHNIC_GROUPS
from analysis_lib.codes import SETTINGS as SETTINGS
from analysis_lib.codes import SEXES as SEXES

FIRST_DAY = date(2022, 4, 1)


def index_date(year: int) -> date:
    """Return the index date of a year: 0 begins with the study, years before it are negative."""
    return FIRST_DAY.replace(year=FIRST_DAY.year + year)


def year_start(year: int) -> int:
    """Return the day on which a year begins, counted from the first day of the study."""
    return (index_date(year) - FIRST_DAY).days


INDEX_DATES = (index_date(0), index_date(1), index_date(2))
LAST_DAY = date(2025, 3, 31)
# Days are counted from FIRST_DAY, which is 0. Ends are exclusive.
YEAR_STARTS = tuple(year_start(year) for year in range(len(INDEX_DATES)))
YEAR_ENDS = (*YEAR_STARTS[1:], (LAST_DAY - FIRST_DAY).days + 1)
N_DAYS = YEAR_ENDS[-1]
EPOCH = (FIRST_DAY - date(1970, 1, 1)).days
DAYS = tuple(FIRST_DAY + timedelta(n) for n in range(N_DAYS))
DAYS_PER_YEAR = 365.25

FEMALE, MALE, SEX_NOT_STATED = range(3)
AGE_STARTS = (0, 5, 15, 25, 35, 45, 55, 65, 75, 85)
AGE_BANDS = ("0-4", "5-14", "15-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+")
REFERENCE = {"age_band": "35-44", "sex": "F", "ethnic_group": "White", "imd_decile": 10}

BOOKED = ("gp", "outpatient", "community", "mental_health", "maternity")
ADMITTED = ("elective", "emergency")
