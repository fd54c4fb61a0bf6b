"""The codes of a linked population, which the simulator writes and the reader brings every extract to."""

from __future__ import annotations

SEXES = ("F", "M", "not stated")
ETHNIC_GROUPS = ("White", "Mixed", "Asian", "Black", "Other", "not stated")
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
DECILES = tuple(range(1, 11))
