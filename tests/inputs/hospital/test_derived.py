"""Derived columns against rows worked by hand from the published rules."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.inputs.hospital import age_group, derive, specialty_group
from analysis_lib.inputs.hospital.layout import TABLES


def test_ages_fall_into_the_models_groups():
    edges = {0: "0", 1: "1-4", 4: "1-4", 5: "5-9", 9: "5-9", 10: "10-15", 15: "10-15", 16: "16-17"}
    edges |= {17: "16-17", 18: "18-34", 34: "18-34", 35: "35-49", 49: "35-49", 50: "50-64", 64: "50-64"}
    edges |= {65: "65-74", 74: "65-74", 75: "75-84", 84: "75-84", 85: "85+", 90: "85+"}
    assert age_group(pd.Series([*edges])).tolist() == [*edges.values()]
    assert age_group(pd.Series([3.0, np.nan])).tolist() == ["1-4", "Unknown"]


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("100", "100"),
        ("502", "502"),
        ("107", "Other (Surgical)"),
        ("191", "Other (Surgical)"),
        ("180", "Other (Medical)"),
        ("190", "Other (Medical)"),
        ("192", "Other (Medical)"),
        ("258", "Other (Medical)"),
        ("420", "Other (Medical)"),
        ("501", "Other (Medical)"),
        ("560", "Other"),
        ("650", "Other (Medical)"),
        ("710", "Other"),
        ("811", "Other"),
        ("831", "Other (Medical)"),
        ("834", "Other (Medical)"),
        ("832", "Other"),
        ("&", "Other"),
    ],
)
def test_specialties_fall_into_the_models_groups(code, group):
    assert specialty_group(pd.Series([code])).tolist() == [group]


# admimeth, classpat, mainspef, tretspef, age, sex: hsagrp, group, is_wla, pod, demog_type, ndggrp
ADMISSIONS = [
    ("11 1 110 110 60 1", "ordelec elective True ip_elective_admission demographics elective"),
    ("12 2 110 110 60 1", "daycase elective False ip_elective_daycase demographics elective"),
    ("13 3 361 361 60 1", "reg elective False ip_regular_day_attender demographics elective"),
    ("13 4 361 361 60 1", "reg elective False ip_regular_night_attender demographics elective"),
    ("21 1 300 300 80 2", "emerg non-elective False ip_non-elective_admission demographics non-elective"),
    ("2A 1 420 420 5 1", "paeds non-elective False ip_non-elective_admission demographics non-elective"),
    ("81 1 300 300 80 2", "transfer non-elective False ip_non-elective_admission demographics non-elective"),
    ("31 1 501 501 30 2", "maternity maternity False ip_maternity_admission births maternity"),
    ("31 1 501 501 56 2", "unknown non-elective False ip_non-elective_admission demographics non-elective"),
    ("11 1 501 110 13 2", "maternity elective True ip_elective_admission demographics elective"),
    ("21 1 300 560 55 2", "emerg maternity False ip_maternity_admission births maternity"),
    ("21 1 501 501 30 1", "emerg non-elective False ip_non-elective_admission demographics non-elective"),
    ("82 1 420 420 0 1", "birth non-elective False ip_non-elective_admission births maternity"),
    ("83 1 420 420 1 1", "birth non-elective False ip_non-elective_admission demographics non-elective"),
    ("84 1 300 300 40 1", "unknown non-elective False ip_non-elective_admission demographics non-elective"),
]


@pytest.mark.parametrize(("row", "expected"), ADMISSIONS)
def test_admissions_get_their_groups(row, expected):
    method, kind, cared, treated, age, sex = row.split()
    frame = pd.DataFrame(
        {"admimeth": [method], "classpat": kind, "mainspef": cared, "tretspef": treated}
        | {"age": int(age), "sex": int(sex)}
    )
    found = derive("ip", frame)
    assert list(found.columns) == list(TABLES["ip"].derived)
    names = ["hsagrp", "group", "is_wla", "pod", "demog_type", "ndggrp"]
    assert [str(found[name].iloc[0]) for name in names] == expected.split()


# tretspef, age, sex, procedure, first: type, group, pod, demog_type, hsagrp
OUTPATIENTS = [
    ("110 40 1 1 1", "adult_surgical procedure op_procedure demographics op_adult_surgical_procedure"),
    ("420 17 1 0 1", "child_non-surgical first op_first demographics op_child_non-surgical_first"),
    ("180 18 2 0 0", "adult_surgical followup op_follow-up demographics op_adult_surgical_followup"),
    ("501 30 2 0 0", "maternity followup op_follow-up births op_maternity_followup"),
    ("424 30 2 0 1", "maternity first op_first demographics op_maternity_first"),
    ("501 56 2 0 1", "maternity first op_first demographics op_maternity_first"),
]


@pytest.mark.parametrize(("row", "expected"), OUTPATIENTS)
def test_outpatients_get_their_groups(row, expected):
    code, age, sex, procedure, first = row.split()
    frame = pd.DataFrame({"tretspef": [code], "age": int(age), "sex": int(sex)})
    frame = frame.assign(has_procedures=procedure == "1", is_first=first == "1")
    found = derive("op", frame).iloc[0]
    assert list(found[["type", "group", "pod", "demog_type", "hsagrp"]]) == expected.split()
    assert found["ndggrp"] == found["group"]
    assert found["is_wla"]
    assert found["is_adult"] == (int(age) >= 18)
    assert found["is_surgical_specialty"] == code.startswith("1")


def test_arrivals_get_their_groups():
    frame = pd.DataFrame({"age": [17, 18], "aedepttype": ["01", "03"], "is_ambulance": [True, False]})
    found = derive("aae", frame)
    assert found["type"].tolist() == ["child_ambulance", "adult_walk-in"]
    assert found["hsagrp"].tolist() == ["aae_child_ambulance", "aae_adult_walk-in"]
    assert found["pod"].tolist() == ["aae_type-01", "aae_type-03"]
    assert found["ndggrp"].tolist() == found["group"].tolist() == ["ambulance", "walk-in"]
    assert found["is_adult"].tolist() == [False, True]
    assert set(found["tretspef_grouped"]) == {"Other"}


def test_no_rows_have_no_groups():
    frame = pd.DataFrame({"age": [17], "aedepttype": ["01"], "is_ambulance": [True]})
    assert derive("aae", frame.iloc[:0]).empty
