"""Readmissions to 130 hospitals in the United States: the committed outside check is what the code finds."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from analysis_lib.models.classify import LeakageError, assign_folds, choose_predictors
from analysis_lib.project import REFERENCE
from benchmarks.outside_check import KNOWN, OUTCOME, check_outside, load_diabetes

from .conftest import real_folder

COMMITTED = REFERENCE / "outside_check.csv"


@pytest.fixture(scope="module")
def file():
    return real_folder("patients") / "diabetes_130us_hospitals.zip"


@pytest.fixture(scope="module")
def stays(file):
    return load_diabetes(file)


def test_stays_that_count(stays):
    # 101,766 stays less 2,423 that ended in death or a hospice.
    assert len(stays) == 99_343
    assert stays["person_id"].nunique() == 69_990
    assert stays[OUTCOME].sum() == 11_314
    assert stays["age"].min() == 5
    assert stays["age"].max() == 95
    # Tests that were not made are not missing.
    assert stays["hba1c_test"].notna().all()
    # Every code 250.xx is diabetes; V and E codes are other.
    assert set(stays["diag_1"].dropna()) >= {"diabetes", "circulatory", "injury", "other"}


def test_no_patient_is_on_both_sides(stays):
    fold = assign_folds(stays["person_id"]).rename("fold")
    assert len(pd.concat([stays["person_id"], fold], axis=1).drop_duplicates()) == 69_990


def test_nothing_known_after_discharge_is_a_predictor(stays):
    predictors = choose_predictors(stays, KNOWN)
    assert not {"person_id", OUTCOME} & set(predictors.columns)
    assert {"n_inpatient_12m", "discharged_to", "age"} <= set(predictors.columns)
    # Without a stated window the columns of this file are refused, whatever their names.
    assert set(choose_predictors(stays, {"age": (-0.5, 0)}).columns) == {"age"}
    with pytest.raises(LeakageError, match=r"days_to_readmission \(0 to 1 months after"):
        choose_predictors(stays.assign(days_to_readmission=1), KNOWN | {"days_to_readmission": (0, 1)})


def test_committed_table_is_found_again(file):
    committed = pd.read_csv(COMMITTED)
    found = check_outside(file)
    assert committed["sha256"].unique() == hashlib.sha256(file.read_bytes()).hexdigest()
    assert found.columns.tolist() == committed.columns.tolist()
    numbers = found.select_dtypes("number").columns
    # Other versions of scikit-learn may grow slightly other trees: lifts move most.
    wide = [name for name in numbers if name.startswith("lift_")]
    np.testing.assert_allclose(found[wide], committed[wide], atol=0.25)
    others = [name for name in numbers if name not in wide]
    np.testing.assert_allclose(found[others], committed[others], atol=0.01)
    area = found.set_index("model")["auroc"]
    # Published areas are about 0.64 to 0.69: much more would be leakage, much less a fault.
    assert 0.60 < area["logistic"] < 0.72
    assert 0.60 < area["trees"] < 0.72
    assert area["prevalence"] == 0.5
