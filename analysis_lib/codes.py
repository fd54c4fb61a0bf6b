"""Labels of appointments and codes of a linked population: simulators write them, readers expect them."""

from __future__ import annotations

# As the publisher prints them, in the order in which they are shown.
STATUSES = ("Attended", "DNA", "Unknown")
HCP_TYPES = ("GP", "Other Practice staff", "Unknown")
MODES = ("Face-to-Face", "Home Visit", "Telephone", "Video/Online", "Unknown")
LEAD_TIMES = (
    "Same Day",
    "1 Day",
    "2 to 7 Days",
    "8 to 14 Days",
    "15 to 21 Days",
    "22 to 28 Days",
    "More than 28 Days",
    "Unknown",
)
DURATIONS = (
    "1-5 Minutes",
    "6-10 Minutes",
    "11-15 Minutes",
    "16-20 Minutes",
    "21-30 Minutes",
    "31-60 Minutes",
    "Unknown",
)

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
# Beside the twenty: in no score, and read where an extract has them. Ulcer or bleeding of the gut.
OTHER_CONDITIONS = ("peptic_ulcer",)
DECILES = tuple(range(1, 11))
# Of each measure its unit, and the lowest and highest value that a living person may have. What lies beyond
# is a slip, or another unit: haemoglobin in g/dL, say.
MEASURES = {
    "egfr": ("mL/min/1.73 m²", 1, 300),
    "potassium": ("mmol/L", 1, 12),
    "inr": ("ratio", 0.5, 30),
    "haemoglobin": ("g/L", 20, 260),
    "alt": ("U/L", 1, 30_000),
    "tsh": ("mU/L", 0, 1_000),
    "lithium": ("mmol/L", 0, 10),
    "systolic_bp": ("mmHg", 30, 350),
    "weight": ("kg", 0.3, 500),
}
