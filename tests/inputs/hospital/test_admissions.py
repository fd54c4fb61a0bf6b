"""Admissions of any hospital read as rows of the layout: by hand, in every form, and what is refused."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from analysis_lib.inputs import InputError
from analysis_lib.inputs.hospital import read_admissions, write_hospital
from analysis_lib.synthetic_hospital import hospital_schema
from tests.inputs.hospital.hospital_tables import make_hospital

HEADER = (
    "encounter_id,patient_nbr,race,gender,age,weight,admission_type_id,time_in_hospital,medical_specialty,"
    "num_procedures,diag_1,readmitted"
)
LINES = [
    "1,77,Caucasian,Female,[0-10),?,1,1,Pediatrics-Endocrinology,0,250.83,NO",
    "2,88,?,Male,[70-80),?,3,14,?,2,V57,<30",
    "3,77,Asian,Unknown/Invalid,[90-100),?,5,3,Cardiology,1,428,>30",
]


def write(path, lines=LINES, header=HEADER):
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_american_admissions_by_hand(tmp_path):
    frame, people = read_admissions(write(tmp_path / "a.csv"))
    assert frame["age"].tolist() == [5, 75, 90]
    assert frame["sex"].fillna(0).tolist() == [2, 1, 0]
    assert frame["ethnic_group"].fillna("none").tolist() == ["Caucasian", "none", "Asian"]
    assert frame["admimeth"].fillna("none").tolist() == ["21", "11", "none"]
    assert frame["speldur"].tolist() == [1, 14, 3]
    assert frame["tretspef"].fillna("none").tolist() == ["252", "none", "320"]
    assert frame["has_procedure"].tolist() == [False, True, True]
    assert frame["diag_1"].tolist() == ["diabetes", "V", "circulatory"]
    assert frame["readmitted"].tolist() == [False, True, False]
    assert people.tolist() == [0, 1, 0]
    assert frame.attrs == {"left_out": ["weight"], "repeated": 0}
    assert not {"patient_nbr", "encounter_id"} & set(frame.columns)


def test_no_number_of_a_person_comes_along(tmp_path):
    frame, people = read_admissions(write(tmp_path / "a.csv"))
    assert not {77, 88, "77", "88"} & {*frame.to_numpy().ravel().tolist(), *people.tolist()}


def test_its_frame_has_a_schema(tmp_path):
    frame, _ = read_admissions(write(tmp_path / "a.csv"))
    schema = hospital_schema("ip", frame)
    schema.check(frame)
    assert schema.columns["speldur"].days
    assert "has_procedure" in schema.derived  # from the number of procedures
    assert schema.derive(frame)["has_procedure"].tolist() == [False, True, True]


def test_zip_with_tables_of_other_things(tmp_path):
    write(tmp_path / "diabetic.csv")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "diabetic.csv", "folder/diabetic.csv")
        archive.writestr("ids.csv", "admission_type_id,description\n1,Emergency\n")
    frame, _ = read_admissions(tmp_path / "a.zip")
    assert len(frame) == 3


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        ("age,sex,speldur", "91,M,0", (90, 1, 0)),
        ("Age,Gender,Length of stay", "41,f,7", (41, 2, 7)),
        ("age_band,sex,los_days", "70-79,2,3", (75, 2, 3)),
        ("age,sex,speldur", "85+,1,3", (85, 1, 3)),
        ("age,sex,speldur", "[0-1),1,3", (0, 1, 3)),
        ("age,sex,speldur", "18 to 34,1,3", (26, 1, 3)),
    ],
)
def test_other_names_and_forms(tmp_path, header, line, expected):
    frame, people = read_admissions(write(tmp_path / "a.csv", [line], header))
    assert tuple(frame.loc[0, ["age", "sex", "speldur"]]) == expected
    assert people.tolist() == [0]


def test_without_a_person_each_row_is_somebody(tmp_path):
    _, people = read_admissions(write(tmp_path / "a.csv", ["40,M,1", "40,M,1"], "age,sex,speldur"))
    assert people.tolist() == [0, 1]


def test_a_repeated_line_is_kept_once(tmp_path):
    frame, people = read_admissions(write(tmp_path / "a.csv", [*LINES, LINES[0]]))
    assert len(frame) == len(people) == 3
    assert frame.attrs["repeated"] == 1


def test_all_missing_and_constant_columns(tmp_path):
    lines = ["?,F,1,?", "?,F,1,?"]
    frame, _ = read_admissions(write(tmp_path / "a.csv", lines, "age,sex,speldur,race"))
    assert frame["age"].isna().all()
    assert frame["ethnic_group"].isna().all()
    hospital_schema("ip", frame).check(frame)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("age", "700", "whole years from 0 to 120"),
        ("age", "[80-70)", "a band whose end"),
        ("age", "-3", "whole years"),
        ("time_in_hospital", "3.5", "a whole number from 0"),
        ("time_in_hospital", "-1", "a whole number from 0"),
        ("gender", "X", "one of m, male"),
        ("readmitted", "perhaps", "one of <30, >30"),
    ],
)
def test_a_value_that_is_none_is_refused_with_its_line(tmp_path, column, value, words):
    place = HEADER.split(",").index(column)
    cells = LINES[1].split(",")
    cells[place] = value
    with pytest.raises(InputError) as refused:
        read_admissions(write(tmp_path / "a.csv", [LINES[0], ",".join(cells), LINES[2]]))
    said = str(refused.value)
    assert f"a.csv, line 3, column {column}: {value!r} in 1 line" in said
    assert words in said
    assert "Correct it at its source" in said


def test_lines_that_disagree_about_an_admission(tmp_path):
    other = LINES[0].replace("Female", "Male")
    with pytest.raises(
        InputError, match="a.csv, line 5, column encounter_id: an admission of an earlier line"
    ):
        read_admissions(write(tmp_path / "a.csv", [*LINES, other]))


def test_a_line_of_nobody(tmp_path):
    with pytest.raises(InputError, match="a.csv, line 3, column patient_nbr: no person in 1 line"):
        read_admissions(write(tmp_path / "a.csv", [LINES[0], LINES[1].replace(",88,", ",?,")]))


def test_columns_under_two_names(tmp_path):
    with pytest.raises(InputError, match="two columns of sex"):
        read_admissions(write(tmp_path / "a.csv", ["4,F,F,1"], "age,sex,gender,los_days"))


def test_a_file_of_something_else_says_what_is_missing(tmp_path):
    with pytest.raises(
        InputError, match="a.csv, line 1: no column of speldur; expected speldur as speldur or"
    ):
        read_admissions(write(tmp_path / "a.csv", ["4,F"], "age,sex"))
    with pytest.raises(InputError, match="a.csv: "):
        read_admissions(write(tmp_path / "a.csv", [], "age,sex,speldur"))
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(InputError, match="broken.zip"):
        read_admissions(tmp_path / "broken.zip")
    with pytest.raises(FileNotFoundError, match="'absent.csv' is not there"):
        read_admissions(tmp_path / "absent.csv")


def test_several_tables_of_admissions(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("x.csv", "y.csv"):
            archive.writestr(name, "age,sex,speldur\n4,F,1\n")
    with pytest.raises(InputError, match="several tables of admissions: a.zip/x.csv, a.zip/y.csv"):
        read_admissions(tmp_path / "a.zip")


def test_a_folder_of_the_layout(tmp_path):
    tables = make_hospital()
    written = write_hospital(tables, tmp_path / "h", truth={"planted": 1})
    frame, people = read_admissions(written)
    assert len(frame) == len(people) == people.nunique() == len(tables["ip"])
    assert not {"pod", "age_group", "is_wla"} & set(frame.columns)
    assert frame["smoking"].sum() == 1
    assert frame["speldur"].sum() == tables["ip"]["speldur"].sum()
    assert frame["imd_quintile"].isna().sum() == np.isnan(tables["ip"]["imd_quintile"]).sum()
    for path in (written / "ip_efficiencies_strategies").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(InputError, match="h: no Parquet file; expected ip_efficiencies_strategies/"):
        read_admissions(written)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="none: 0 data sets of admissions"):
        read_admissions(tmp_path / "none")


def test_a_folder_that_lacks_a_column(tmp_path):
    written = write_hospital(make_hospital(), tmp_path / "h")
    path = next((written / "ip").rglob("*.parquet"))
    pd.read_parquet(path).drop(columns="speldur").to_parquet(path)
    with pytest.raises(InputError, match="h/ip: no column speldur"):
        read_admissions(written)
