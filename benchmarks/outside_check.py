"""The classifiers on real patients of another country: readmission within 30 days, Diabetes 130-US hospitals.

``python -m benchmarks.outside_check FILE.zip`` writes outside_check.csv into
analysis_lib/reference: the report quotes it.
Nothing here is an input of the project: it shows that models and measures are not wired to the simulator.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd

from analysis_lib.measures.performance import evaluate_risk
from analysis_lib.models.classify import (
    assign_folds,
    calibrate,
    choose_predictors,
    fit_classifier,
    predict_risk,
    search_trees,
)
from analysis_lib.project import REFERENCE

OUTCOME = "readmitted_30_days"
DIED_OR_HOSPICE = (11, 13, 14, 19, 20, 21)
YEAR, STAY = (-12.0, 0.0), (-0.5, 0.0)  # months from the day of discharge; stays last up to 14 days
RENAMED = {
    "gender": "sex",
    "number_inpatient": "n_inpatient_12m",
    "number_emergency": "n_ae_12m",
    "number_outpatient": "n_outpatient_12m",
    "time_in_hospital": "days_in_hospital",
    "num_lab_procedures": "n_lab_tests",
    "num_procedures": "n_procedures",
    "num_medications": "n_drugs_given",
    "number_diagnoses": "n_diagnoses",
    "admission_type_id": "admission_type",
    "admission_source_id": "admission_source",
    "discharge_disposition_id": "discharged_to",
    "medical_specialty": "specialty",
    "payer_code": "payer",
    "max_glu_serum": "glucose_test",
    "A1Cresult": "hba1c_test",
    "change": "medicine_changed",
    "diabetesMed": "diabetes_medicine",
}
CODES = ("admission_type", "admission_source", "discharged_to")
DIAGNOSES = ("diag_1", "diag_2", "diag_3")
KNOWN = {
    **dict.fromkeys(("age", "sex"), STAY),
    **dict.fromkeys(("n_outpatient_12m", "n_ae_12m", "n_inpatient_12m"), YEAR),
    **dict.fromkeys(("race", "admission_type", "admission_source", "specialty", "payer"), STAY),
    **dict.fromkeys(("discharged_to", "days_in_hospital", "n_lab_tests", "n_procedures"), STAY),
    **dict.fromkeys(("n_drugs_given", "n_diagnoses", "glucose_test", "hba1c_test", *DIAGNOSES), STAY),
    **dict.fromkeys(("medicine_changed", "diabetes_medicine", "insulin", "metformin"), STAY),
}
# First number of each group of ICD-9 codes, after table 2 of Strack and others (2014).
ICD9 = {
    0: "other",
    140: "neoplasm",
    240: "other",
    250: "diabetes",
    251: "other",
    390: "circulatory",
    460: "respiratory",
    520: "digestive",
    580: "genitourinary",
    630: "other",
    710: "musculoskeletal",
    740: "other",
    785: "circulatory",
    786: "respiratory",
    787: "digestive",
    788: "genitourinary",
    789: "other",
    800: "injury",
    1000: "other",
}
SOURCE = "UCI Diabetes 130-US hospitals 1999-2008"
LICENCE = "CC BY 4.0"
DRAWS = 1_000  # of patients: limits steady to 2% of their width


def load_diabetes(path: str | Path) -> pd.DataFrame:
    """Read the hospital stays that can be followed by a readmission.

    Parameters
    ----------
    path : str or Path
        The zip that holds diabetic_data.csv.

    Returns
    -------
    DataFrame
        One row a stay: person_id, `KNOWN` (age is the middle of the band of ten years), and
        readmitted_30_days. Left out: stays that ended in death or a hospice; weight (97%
        missing); medicines other than insulin and metformin.
    """
    with ZipFile(path) as archive, archive.open("diabetic_data.csv") as file:
        # "None" means that a test was not made; only "?" is missing.
        stays = pd.read_csv(file, na_values="?", keep_default_na=False, low_memory=False)
    stays = stays[~stays["discharge_disposition_id"].isin(DIED_OR_HOSPICE)].rename(columns=RENAMED)
    stays["age"] = stays["age"].str.extract(r"\[(\d+)-", expand=False).astype("int64") + 5
    stays["person_id"] = stays["patient_nbr"].astype(str)
    stays[OUTCOME] = stays["readmitted"] == "<30"
    for name in CODES:
        stays[name] = stays[name].astype(str)
    for name in DIAGNOSES:
        stays[name] = _group_icd9(stays[name])
    return stays[["person_id", *KNOWN, OUTCOME]].reset_index(drop=True)


def _group_icd9(codes: pd.Series) -> pd.Series:
    number = pd.to_numeric(codes, errors="coerce").floordiv(1)  # V and E codes: "other"
    starts = np.array(list(ICD9))
    place = np.searchsorted(starts, number.fillna(0), side="right") - 1
    return pd.Series(np.array(list(ICD9.values()), dtype=object)[place], codes.index).where(codes.notna())


def check_outside(path: str | Path, seed: int = 0) -> pd.DataFrame:
    """Train, calibrate and evaluate on these stays, split by patient; one row a model."""
    stays = load_diabetes(path)
    fold = assign_folds(stays["person_id"], seed=seed)
    train, own, test = (stays[fold == name] for name in ("train", "calibrate", "evaluate"))
    predictors = choose_predictors(train, KNOWN)
    params, _ = search_trees(train, OUTCOME, predictors, seed=seed)
    risks = {}
    for kind in ("prevalence", "logistic", "trees"):
        chosen = params if kind == "trees" else None
        fit = fit_classifier(kind, train, OUTCOME, predictors, chosen, seed)
        risks[kind] = predict_risk(calibrate(fit, own), test)
    table = evaluate_risk(test, OUTCOME, risks, groups=(), n_boot=DRAWS, seed=seed)
    table = table.drop(columns=["group", "level", "n_events"]).rename(columns={"n": "n_test"})
    table.insert(2, "n_train", len(train))
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return table.assign(source=SOURCE, licence=LICENCE, sha256=digest)


if __name__ == "__main__":
    found = check_outside(sys.argv[1])
    target = REFERENCE / "outside_check.csv"
    found.to_csv(target, index=False, float_format="%.4f", lineterminator="\n")
    print(found[["model", "n_train", "n_test", "auroc", "low", "high", "calibration_slope"]].to_string())
