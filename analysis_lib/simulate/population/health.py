"""The stated numbers behind conditions, deaths, medicines, attendance, stays and costs.

Chosen, not estimated from anybody's records; data/README.md says which published figures they keep near.
"""

from __future__ import annotations

from typing import Any

from analysis_lib.simulate.population.codes import CONDITIONS

# --- onset of conditions --------------------------------------------------------------------------
# Share of people who would have had an onset by each age if nobody died, averaged over frailty, sex and
# deprivation; of the living fewer have one, as those who have it die sooner. Found by trial, so that the
# living have what data/README.md says. Between the ages the hazard is constant.
ONSET_AGES = (0, 5, 15, 25, 35, 45, 55, 65, 75, 85, 95, 110)
EVER = {
    "hypertension": (0, 0, 0.001, 0.007, 0.03, 0.09, 0.199, 0.363, 0.528, 0.691, 0.718, 0.736),
    "anxiety_depression": (0, 0.002, 0.02, 0.1, 0.145, 0.17, 0.183, 0.192, 0.203, 0.245, 0.256, 0.261),
    "painful_condition": (0, 0.001, 0.005, 0.02, 0.04, 0.07, 0.105, 0.152, 0.2, 0.29, 0.314, 0.325),
    "hearing_loss": (0, 0.01, 0.02, 0.025, 0.03, 0.04, 0.062, 0.105, 0.185, 0.356, 0.441, 0.483),
    "irritable_bowel_syndrome": (0, 0, 0.005, 0.025, 0.04, 0.05, 0.057, 0.062, 0.069, 0.086, 0.089, 0.09),
    "asthma": (0, 0.02, 0.055, 0.065, 0.07, 0.075, 0.079, 0.091, 0.099, 0.12, 0.122, 0.123),
    "diabetes": (0, 0.0005, 0.003, 0.007, 0.015, 0.04, 0.08, 0.136, 0.197, 0.281, 0.287, 0.293),
    "coronary_heart_disease": (0, 0, 0, 0.0005, 0.002, 0.008, 0.025, 0.067, 0.134, 0.285, 0.321, 0.333),
    "chronic_kidney_disease": (0, 0, 0.0005, 0.001, 0.003, 0.008, 0.0178, 0.05, 0.14, 0.349, 0.437, 0.479),
    "atrial_fibrillation": (0, 0, 0, 0.0003, 0.001, 0.003, 0.0076, 0.026, 0.083, 0.247, 0.309, 0.333),
    "constipation": (0, 0.01, 0.014, 0.018, 0.022, 0.027, 0.033, 0.047, 0.075, 0.166, 0.223, 0.257),
    "stroke_tia": (0, 0, 0.0002, 0.0007, 0.002, 0.006, 0.015, 0.037, 0.083, 0.207, 0.256, 0.282),
    "copd": (0, 0, 0, 0.0005, 0.002, 0.008, 0.021, 0.056, 0.1, 0.178, 0.186, 0.188),
    "connective_tissue_disorder": (
        0, 0.0003, 0.001, 0.003, 0.007, 0.014, 0.024, 0.035, 0.048, 0.062, 0.066, 0.068,
    ),
    "cancer": (0, 0.0005, 0.001, 0.0025, 0.006, 0.015, 0.037, 0.082, 0.145, 0.293, 0.315, 0.33),
    "alcohol_problems": (0, 0, 0.001, 0.01, 0.022, 0.034, 0.042, 0.048, 0.055, 0.099, 0.1, 0.101),
    "heart_failure": (0, 0, 0.0001, 0.0003, 0.0008, 0.002, 0.005, 0.0168, 0.048, 0.192, 0.268, 0.297),
    "dementia": (0, 0, 0, 0, 0.0001, 0.0003, 0.0009, 0.0051, 0.024, 0.211, 0.386, 0.491),
    "psychosis_bipolar": (0, 0, 0.0005, 0.004, 0.008, 0.0115, 0.0134, 0.015, 0.017, 0.031, 0.032, 0.032),
    "epilepsy": (0, 0.002, 0.005, 0.007, 0.0085, 0.0095, 0.0099, 0.0117, 0.0146, 0.024, 0.027, 0.028),
}  # fmt: skip
FRAILTY_VARIANCE = 0.5  # of the gamma factor (mean 1) that multiplies all of a person's onset hazards
# Log hazard ratios. Deprivation: most deprived decile against least, linear over the deciles. Sex: M
# against F, half each way. Ethnic group: against White (and not stated).
ONSET_DEPRIVATION = {
    "hypertension": 0.15, "anxiety_depression": 0.55, "painful_condition": 0.8, "hearing_loss": 0.15,
    "irritable_bowel_syndrome": 0.05, "asthma": 0.2, "diabetes": 0.6, "coronary_heart_disease": 0.55,
    "chronic_kidney_disease": 0.3, "atrial_fibrillation": 0.05, "constipation": 0.35, "stroke_tia": 0.4,
    "copd": 1.3, "connective_tissue_disorder": 0.15, "cancer": -0.05, "alcohol_problems": 1.1,
    "heart_failure": 0.5, "dementia": 0.25, "psychosis_bipolar": 1.2, "epilepsy": 0.6,
}  # fmt: skip
ONSET_MALE = {
    "hypertension": 0.05, "anxiety_depression": -0.6, "painful_condition": -0.35, "hearing_loss": 0.15,
    "irritable_bowel_syndrome": -0.7, "asthma": -0.1, "diabetes": 0.25, "coronary_heart_disease": 0.75,
    "chronic_kidney_disease": -0.1, "atrial_fibrillation": 0.35, "constipation": -0.45, "stroke_tia": 0.2,
    "copd": 0.05, "connective_tissue_disorder": -0.8, "cancer": -0.05, "alcohol_problems": 0.8,
    "heart_failure": 0.3, "dementia": -0.2, "psychosis_bipolar": 0.1, "epilepsy": 0.05,
}  # fmt: skip
ONSET_ETHNIC = {
    "diabetes": {"Asian": 0.9, "Black": 0.6, "Mixed": 0.3, "Other": 0.3},
    "hypertension": {"Asian": 0.1, "Black": 0.35},
    "coronary_heart_disease": {"Asian": 0.35, "Black": -0.3},
    "anxiety_depression": {"Asian": -0.35, "Black": -0.35, "Other": -0.3},
    "copd": {"Asian": -0.9, "Black": -0.9},
    "psychosis_bipolar": {"Black": 0.7},
    "cancer": {"Asian": -0.4, "Black": -0.2},
}

# --- deaths and moves -----------------------------------------------------------------------------
# Log hazard of death a year: intercept + per year of age + the rest, from the state at the index date.
DEATH: dict[str, Any] = {
    "intercept": -11.57,
    "per_year_of_age": 0.0958,
    "male": 0.30,
    "most_against_least_deprived": 0.45,
    "infant": 3.5,  # added in the year of birth, and fading: one year
    "condition": {
        "heart_failure": 0.7, "dementia": 0.9, "cancer": 0.9, "copd": 0.6, "chronic_kidney_disease": 0.2,
        "stroke_tia": 0.3, "coronary_heart_disease": 0.2, "alcohol_problems": 0.7, "psychosis_bipolar": 0.5,
        "diabetes": 0.25, "epilepsy": 0.3, "atrial_fibrillation": 0.2,
    },
}  # fmt: skip
BURN_IN_YEARS = 60  # before the study: deaths in them leave survivors, and fewer of the sick
MOVE_AGES = (0, 16, 35, 65)  # age when first seen
LEAVE_PER_YEAR = (0.025, 0.070, 0.025, 0.012)
JOINED_SHARE = (0.06, 0.20, 0.06, 0.02)  # of those born before the first day
YEARS_ON_LIST = (8.0, 5.0, 14.0, 22.0)  # mean length of registration before the first day

# --- attendance, stays, costs ---------------------------------------------------------------------
DNA_LOGIT: dict[str, Any] = {
    "intercept": {
        "gp": -3.35, "outpatient": -2.85, "community": -3.0, "mental_health": -2.3, "maternity": -3.2,
    },
    "age_band": (-0.10, -0.10, 0.30, 0.20, 0.0, -0.15, -0.40, -0.60, -0.50, -0.40),
    "sex": (0.0, 0.12, 0.0),
    "ethnic_group": (0.0, 0.20, 0.20, 0.25, 0.15, 0.10),
    "most_against_least_deprived": 0.75,
    "condition": {
        "anxiety_depression": 0.20, "alcohol_problems": 0.50, "psychosis_bipolar": 0.45, "dementia": 0.20,
        "epilepsy": 0.10,
    },
}  # fmt: skip
UNKNOWN_SHARE = {"gp": 0.04, "outpatient": 0.01, "community": 0.02, "mental_health": 0.02, "maternity": 0.01}
# Nights: share with none; the rest lognormal, rounded up. By age band for emergency admissions.
STAY: dict[str, Any] = {
    "emergency": {
        "none": (0.55, 0.50, 0.45, 0.42, 0.40, 0.36, 0.30, 0.24, 0.18, 0.14),
        "log_mean": (0.35, 0.50, 0.60, 0.70, 0.80, 1.00, 1.25, 1.45, 1.65, 1.80),
        "log_sd": 1.35,
    },
    "elective": {"none": (0.82,) * 10, "log_mean": (0.80,) * 10, "log_sd": 0.9},
    "most": 180,
}
COST_YEAR = "2022/23"
COST_SOURCE = (
    "Chosen round numbers of the size that the NHS National Cost Collection and PSSRU's Unit Costs of Health "
    "and Social Care show for 2022/23; not taken from either. For comparisons, not for spending."
)
COST_GBP: dict[str, Any] = {
    "gp": 42, "nhs111": 20, "ambulance": 330, "ae": 220, "outpatient": 160, "elective": 800,
    "emergency": 650, "community": 75, "mental_health": 240, "maternity": 150, "social_care": 120,
}  # fmt: skip
COST_PER_NIGHT_GBP = {"elective": 1_300, "emergency": 600}

# --- medicines ------------------------------------------------------------------------------------
# BNF sections (chapter and section, two digits each) that follow a condition, and how often.
MEDICINES: dict[str, dict[str, float]] = {
    "hypertension": {"0205": 0.60, "0206": 0.40, "0202": 0.20, "0212": 0.35},
    "anxiety_depression": {"0403": 0.60, "0401": 0.08},
    "painful_condition": {"0407": 0.85, "0103": 0.35, "1001": 0.30, "0408": 0.15},
    "irritable_bowel_syndrome": {"0102": 0.50},
    "asthma": {"0301": 0.85, "0302": 0.65},
    "diabetes": {"0601": 0.80, "0212": 0.60, "0205": 0.35},
    "coronary_heart_disease": {"0209": 0.80, "0212": 0.85, "0204": 0.60, "0206": 0.30, "0103": 0.40},
    "chronic_kidney_disease": {"0205": 0.50, "0202": 0.25, "0905": 0.10},
    "atrial_fibrillation": {"0208": 0.75, "0204": 0.60, "0201": 0.12},
    "constipation": {"0106": 0.85},
    "stroke_tia": {"0209": 0.65, "0212": 0.70},
    "copd": {"0301": 0.90, "0302": 0.55},
    "connective_tissue_disorder": {"1001": 0.55, "0603": 0.25, "0906": 0.25},
    "cancer": {"0803": 0.30, "0407": 0.30, "0406": 0.20},
    "alcohol_problems": {"0410": 0.15, "0906": 0.20},
    "heart_failure": {"0205": 0.80, "0202": 0.85, "0204": 0.70},
    "dementia": {"0411": 0.35},
    "psychosis_bipolar": {"0402": 0.80},
    "epilepsy": {"0408": 0.85},
}
STARTS_AFTER_DAYS = 60.0  # mean wait from onset
LAPSE_SHARE = 0.25  # of courses; the others last as long as the record
LAPSE_AFTER_DAYS = 700.0
SHORT_COURSES = {"0501": (0.45, 7), "1304": (0.08, 28), "0407": (0.10, 14)}  # a year; days

assert set(EVER) == set(ONSET_DEPRIVATION) == set(ONSET_MALE) == set(CONDITIONS)
