"""The stated log-rates behind simulated contacts: chosen, not estimated from anybody's records.

Columns follow ``codes.SETTINGS``: gp, nhs111, ambulance, ae, outpatient, elective, emergency, community,
mental_health, maternity, social_care. A rate is contacts (rows, attended or not) per person-year of 365.25
days; an effect is the natural logarithm of a rate ratio against the reference level (``codes.REFERENCE``).
"""

from __future__ import annotations

from typing import Any

# Found once, by trial, so that contacts per head come out as data/README.md says; then kept.
INTERCEPT = (1.42, -1.51, -2.97, -1.54, 0.36, -1.97, -3.06, -0.26, -1.76, -0.87, -2.10)
YEAR = (  # each year's change since the first
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (0.02, -0.03, 0.01, 0.01, 0.03, 0.04, 0.01, 0.02, 0.04, -0.01, 0.01),
    (0.04, -0.02, 0.03, 0.03, 0.05, 0.07, 0.02, 0.03, 0.07, -0.02, 0.02),
)
YEAR_DRIFT_SD = 0.02  # of the random walk about it, a step a year
AGE = (
    (0.35, 0.95, -0.10, 0.60, -0.10, -0.90, 0.55, 0.60, -2.20, 0.0, -0.80),
    (-0.35, -0.10, -0.50, 0.15, -0.30, -1.10, -0.45, 0.00, 0.15, 0.0, -0.70),
    (-0.15, 0.15, 0.05, 0.25, -0.35, -1.00, -0.20, -0.50, 0.45, 0.15, -0.30),
    (-0.05, 0.15, 0.05, 0.10, -0.10, -0.40, -0.05, -0.30, 0.15, 0.75, -0.20),
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (0.08, -0.10, 0.10, -0.05, 0.20, 0.35, 0.10, 0.20, -0.10, 0.0, 0.20),
    (0.18, -0.15, 0.25, -0.05, 0.40, 0.65, 0.25, 0.40, -0.30, 0.0, 0.40),
    (0.30, -0.05, 0.50, 0.05, 0.55, 0.85, 0.50, 0.80, -0.50, 0.0, 0.90),
    (0.42, 0.20, 1.00, 0.35, 0.60, 0.75, 0.95, 1.40, -0.10, 0.0, 1.80),
    (0.45, 0.60, 1.60, 0.70, 0.35, 0.20, 1.35, 2.10, 0.10, 0.0, 2.80),
)
SEX = (
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (-0.20, -0.15, 0.05, 0.05, -0.20, -0.05, 0.05, -0.10, -0.10, 0.0, -0.10),
    (-0.20, -0.20, -0.20, -0.20, -0.20, -0.20, -0.20, -0.20, -0.20, 0.0, -0.20),
)
ETHNIC = (
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (0.02, 0.05, 0.00, 0.10, -0.05, -0.10, 0.02, -0.10, 0.15, 0.05, 0.00),
    (0.10, -0.05, -0.25, 0.12, -0.10, -0.20, -0.05, -0.30, -0.35, 0.25, -0.30),
    (0.02, -0.05, -0.10, 0.12, -0.08, -0.20, 0.00, -0.15, 0.05, 0.25, 0.00),
    (0.00, -0.10, -0.20, 0.05, -0.10, -0.20, -0.10, -0.25, -0.25, 0.15, -0.20),
    (-0.35, -0.25, -0.30, -0.25, -0.30, -0.30, -0.25, -0.30, -0.30, -0.20, -0.30),
)
# Most deprived decile against least; the deciles between follow DEPRIVATION_SHAPE.
DEPRIVATION = (0.15, 0.45, 0.60, 0.55, -0.06, -0.12, 0.45, 0.25, 0.70, 0.25, 0.60)
DEPRIVATION_SHAPE = (1.0, 0.84, 0.70, 0.57, 0.45, 0.34, 0.24, 0.15, 0.07, 0.0)
CONDITION = {
    "hypertension": (0.22, 0.05, 0.05, 0.05, 0.10, 0.05, 0.05, 0.05, 0.0, 0.0, 0.0),
    "anxiety_depression": (0.35, 0.30, 0.40, 0.35, 0.20, 0.10, 0.30, 0.15, 1.60, 0.10, 0.20),
    "painful_condition": (0.35, 0.25, 0.30, 0.30, 0.35, 0.30, 0.30, 0.30, 0.25, 0.05, 0.20),
    "hearing_loss": (0.08, 0.02, 0.02, 0.03, 0.25, 0.08, 0.03, 0.12, 0.0, 0.0, 0.10),
    "irritable_bowel_syndrome": (0.18, 0.10, 0.05, 0.10, 0.20, 0.20, 0.08, 0.03, 0.10, 0.0, 0.0),
    "asthma": (0.20, 0.15, 0.18, 0.15, 0.12, 0.08, 0.18, 0.05, 0.05, 0.02, 0.0),
    "diabetes": (0.32, 0.10, 0.20, 0.12, 0.35, 0.15, 0.25, 0.40, 0.05, 0.05, 0.15),
    "coronary_heart_disease": (0.22, 0.15, 0.35, 0.25, 0.35, 0.30, 0.40, 0.10, 0.0, 0.0, 0.10),
    "chronic_kidney_disease": (0.15, 0.10, 0.20, 0.12, 0.30, 0.15, 0.30, 0.25, 0.0, 0.0, 0.10),
    "atrial_fibrillation": (0.22, 0.15, 0.30, 0.20, 0.30, 0.20, 0.35, 0.20, 0.0, 0.0, 0.10),
    "constipation": (0.28, 0.15, 0.20, 0.15, 0.15, 0.15, 0.25, 0.35, 0.10, 0.02, 0.30),
    "stroke_tia": (0.15, 0.10, 0.35, 0.20, 0.20, 0.05, 0.35, 0.50, 0.10, 0.0, 0.60),
    "copd": (0.35, 0.25, 0.45, 0.30, 0.30, 0.12, 0.60, 0.35, 0.05, 0.0, 0.25),
    "connective_tissue_disorder": (0.22, 0.10, 0.10, 0.10, 0.50, 0.25, 0.18, 0.15, 0.05, 0.0, 0.10),
    "cancer": (0.28, 0.20, 0.25, 0.20, 0.70, 0.80, 0.45, 0.40, 0.05, 0.0, 0.15),
    "alcohol_problems": (0.15, 0.25, 0.60, 0.50, 0.10, 0.05, 0.55, 0.15, 0.70, 0.10, 0.30),
    "heart_failure": (0.25, 0.15, 0.40, 0.25, 0.35, 0.15, 0.60, 0.55, 0.0, 0.0, 0.30),
    "dementia": (0.25, 0.25, 0.50, 0.25, -0.10, -0.20, 0.40, 0.70, 0.60, 0.0, 1.40),
    "psychosis_bipolar": (0.22, 0.25, 0.50, 0.40, 0.05, -0.05, 0.30, 0.35, 2.20, 0.0, 0.90),
    "epilepsy": (0.18, 0.15, 0.60, 0.40, 0.30, 0.05, 0.45, 0.15, 0.15, 0.05, 0.50),
}
# Who can have any contact of a setting at all; elsewhere everybody can.
ELIGIBLE: dict[str, dict[str, tuple[str, ...]]] = {
    "maternity": {"sex": ("F",), "age_band": ("15-24", "25-34", "35-44")},
}
# Each holds where all of `when` holds, over and above the effects of its parts.
INTERACTIONS: tuple[dict[str, Any], ...] = (
    {
        "name": "male_15_44",
        "setting": "gp",
        "when": {"sex": ("M",), "age_band": ("15-24", "25-34", "35-44")},
        "log_rate": -0.25,
    },
    {
        "name": "copd_core20",
        "setting": "emergency",
        "when": {"conditions": ("copd",), "imd_decile": (1, 2)},
        "log_rate": 0.25,
    },
    {
        "name": "anxiety_depression_under_35",
        "setting": "ae",
        "when": {"conditions": ("anxiety_depression",), "age_band": ("0-4", "5-14", "15-24", "25-34")},
        "log_rate": 0.20,
    },
    {
        "name": "heart_failure_75_and_over",
        "setting": "emergency",
        "when": {"conditions": ("heart_failure",), "age_band": ("75-84", "85+")},
        "log_rate": -0.25,
    },
    {
        "name": "diabetes_and_kidney_disease",
        "setting": "outpatient",
        "when": {"conditions": ("diabetes", "chronic_kidney_disease")},
        "log_rate": 0.20,
    },
)

# --- person and area effects ----------------------------------------------------------------------
# Variance of the gamma effect (mean 1) of a person on a setting's rate: alpha of NB2.
ALPHA = (0.75, 1.4, 2.5, 1.3, 1.8, 4.0, 3.5, 5.0, 6.0, 8.0, 8.0)
# Parts of its shape that are shared by all settings and years, and kept by the setting over the years;
# the rest is drawn anew each year.
SHARED = (0.55, 0.55, 0.55, 0.55, 0.55, 0.55, 0.60, 0.55, 0.40, 0.05, 0.55)
KEPT = (0.30, 0.15, 0.15, 0.15, 0.15, 0.05, 0.05, 0.20, 0.40, 0.0, 0.35)
AREA_SD = (0.06, 0.10, 0.10, 0.12, 0.06, 0.06, 0.08, 0.12, 0.15, 0.06, 0.15)
AREA_COMMON_WEIGHT = 0.7  # correlation of two settings' area effects is its square

# --- days -----------------------------------------------------------------------------------------
# January first; then Monday first. Normalised over each year, so that they move dates and not numbers.
WINTER = (1.08, 1.05, 1.02, 0.99, 0.98, 0.96, 0.95, 0.94, 0.98, 1.01, 1.03, 1.05)
PLANNED = (1.02, 1.01, 1.04, 0.97, 1.00, 1.00, 1.00, 0.96, 1.02, 1.04, 1.04, 0.90)
FLAT = (1.0,) * 12
GP_SEASON = (1.03, 1.02, 1.00, 0.98, 0.99, 0.98, 0.97, 0.93, 1.01, 1.09, 1.04, 0.96)
SEASON = (GP_SEASON, WINTER, WINTER, FLAT, PLANNED, PLANNED, WINTER, PLANNED, PLANNED, FLAT, FLAT)
ALL_WEEK = (1.08, 1.01, 0.99, 0.98, 0.98, 0.98, 0.98)
CALLS = (0.98, 0.92, 0.90, 0.90, 0.95, 1.20, 1.15)
OFFICE = (1.05, 1.06, 1.04, 1.02, 0.93, 0.06, 0.03)
GP_WEEK = (1.16, 1.03, 0.98, 0.97, 0.86, 0.07, 0.005)
WEEKDAY = (GP_WEEK, CALLS, ALL_WEEK, ALL_WEEK, OFFICE, OFFICE, ALL_WEEK, OFFICE, OFFICE, OFFICE, OFFICE)
HOLIDAY_CLOSED = 0.02  # factor on bank holidays, for settings that keep office hours
OPEN_ALL_WEEK = ("nhs111", "ambulance", "ae", "emergency")
# Of a year's contacts of somebody admitted in it, the share that is moved to the days after an admission.
AFTER_ADMISSION = (0.10, 0.0, 0.0, 0.0, 0.12, 0.0, 0.0, 0.25, 0.0, 0.0, 0.15)
AFTER_ADMISSION_DAYS = 30
# Of what brings an admission or an attendance, the share that falls on the day before it; else the same day.
AE_DAY_BEFORE = 0.2
NHS111_DAY_BEFORE = 0.35
