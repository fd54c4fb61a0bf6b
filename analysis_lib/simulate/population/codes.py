"""The codes that the tables of a simulated population hold, and the days they cover."""

from __future__ import annotations

from datetime import date, timedelta

FIRST_DAY = date(2022, 4, 1)
INDEX_DATES = (date(2022, 4, 1), date(2023, 4, 1), date(2024, 4, 1))
LAST_DAY = date(2025, 3, 31)
# Days are counted from FIRST_DAY, which is 0. Ends are exclusive.
YEAR_STARTS = tuple((day - FIRST_DAY).days for day in INDEX_DATES)
YEAR_ENDS = (*YEAR_STARTS[1:], (LAST_DAY - FIRST_DAY).days + 1)
N_DAYS = YEAR_ENDS[-1]
EPOCH = (FIRST_DAY - date(1970, 1, 1)).days
DAYS = tuple(FIRST_DAY + timedelta(n) for n in range(N_DAYS))
DAYS_PER_YEAR = 365.25

SEXES = ("F", "M", "not stated")
FEMALE, MALE, SEX_NOT_STATED = range(3)
ETHNIC_GROUPS = ("White", "Mixed", "Asian", "Black", "Other", "not stated")
DECILES = tuple(range(1, 11))
AGE_STARTS = (0, 5, 15, 25, 35, 45, 55, 65, 75, 85)
AGE_BANDS = ("0-4", "5-14", "15-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75-84", "85+")
REFERENCE = {"age_band": "35-44", "sex": "F", "ethnic_group": "White", "imd_decile": 10}

SETTINGS = (
    "gp",
    "nhs111",
    "ambulance",
    "ae",
    "outpatient",
    "elective",
    "emergency",
    "community",
    "mental_health",
    "maternity",
    "social_care",
)
BOOKED = ("gp", "outpatient", "community", "mental_health", "maternity")
ADMITTED = ("elective", "emergency")
ATTENDED = ("yes", "DNA", "unknown")

# The 20 conditions of the Cambridge Multimorbidity Score (Payne and others, CMAJ 2020;192:E107-E114).
CONDITIONS = (
    "hypertension",
    "anxiety_depression",
    "painful_condition",
    "hearing_loss",
    "irritable_bowel_syndrome",
    "asthma",
    "diabetes",
    "coronary_heart_disease",
    "chronic_kidney_disease",
    "atrial_fibrillation",
    "constipation",
    "stroke_tia",
    "copd",
    "connective_tissue_disorder",
    "cancer",
    "alcohol_problems",
    "heart_failure",
    "dementia",
    "psychosis_bipolar",
    "epilepsy",
)
