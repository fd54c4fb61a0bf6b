"""The Cambridge Multimorbidity Score: how much each of its 20 conditions weighs."""

from __future__ import annotations

# General-outcome weights of the 20-condition model (the mean of the standardised weights for consultations,
# unplanned admissions and death): Payne RA and others, Development and validation of the Cambridge
# Multimorbidity Score, CMAJ 2020;192:E107-E114, doi 10.1503/cmaj.190757. Checked against two implementations
# made by others, which agree in all 20.
CAMBRIDGE_WEIGHTS = {
    "hypertension": 0.08,
    "anxiety_depression": 0.50,
    "painful_condition": 0.92,
    "hearing_loss": 0.09,
    "irritable_bowel_syndrome": 0.21,
    "asthma": 0.19,
    "diabetes": 0.75,
    "coronary_heart_disease": 0.49,
    "chronic_kidney_disease": 0.53,
    "atrial_fibrillation": 1.34,
    "constipation": 1.12,
    "stroke_tia": 0.80,
    "copd": 1.46,
    "connective_tissue_disorder": 0.43,
    "cancer": 1.53,
    "alcohol_problems": 0.65,
    "heart_failure": 1.18,
    "dementia": 2.50,
    "psychosis_bipolar": 0.64,
    "epilepsy": 0.92,
}
