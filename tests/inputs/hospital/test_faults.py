"""Each trap of the demand model, planted alone, is found and named, and no value of a row is said."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.inputs.hospital import add_derived, check_hospital, check_tables, folder_of
from analysis_lib.inputs.hospital.layout import DAY_PROCEDURES, SILENT, STOPS, TABLES, UNSURE
from tests.inputs.hospital.hospital_tables import make_hospital


def put(tables, folder):
    """Write tables as they are, as somebody else might have."""
    for name, frame in tables.items():
        place = folder_of(folder, name)
        place.mkdir(parents=True)
        frame.to_parquet(place / "0.parquet", index=not isinstance(frame.index, pd.RangeIndex))


def change(tables, table, **columns):
    tables[table] = tables[table].assign(**columns)


def plant(tables, table, column, values):
    """Put values into the first rows of a column, and derive anew what follows."""
    frame = tables[table].copy()
    frame[column] = [*values, *frame[column].iloc[len(values) :]]
    tables[table] = add_derived(table, frame)


def without_strategy(tables):
    frame = tables["ip_efficiencies_strategies"]
    tables["ip_efficiencies_strategies"] = frame[frame["strategy"] != DAY_PROCEDURES[2]].reset_index(
        drop=True
    )


def empty_strategies(tables):
    tables["ip_activity_avoidance_strategies"] = tables["ip_activity_avoidance_strategies"].iloc[:0]


def day_case_stays(tables):
    plant(tables, "ip", "speldur", [3])  # the first row is a day case


def hsa_without_100(tables):
    frame = tables["hsa_activity_tables"]
    tables["hsa_activity_tables"] = frame[(frame["age"] < 100) | (frame["sex"] == 1)].reset_index(drop=True)


def hsa_without_50(tables):
    frame = tables["hsa_activity_tables"]
    tables["hsa_activity_tables"] = frame[frame["age"] != 50].reset_index(drop=True)


def hsa_with_101(tables):
    frame = tables["hsa_activity_tables"]
    more = pd.DataFrame({"hsagrp": ["emerg"], "sex": 1, "age": 101, "activity": 1.0})
    tables["hsa_activity_tables"] = pd.concat([frame, more], ignore_index=True)


def hsa_without_activity(tables):
    frame = tables["hsa_activity_tables"]
    change(tables, "hsa_activity_tables", activity=frame["activity"].where(frame["age"] != 60, 0.0))


def people_without_factor(tables):
    frame = tables["demographic_factors"]
    tables["demographic_factors"] = frame[frame["age"] != 90].reset_index(drop=True)


def births_without_projection(tables):
    frame = tables["birth_factors"]
    tables["birth_factors"] = frame[frame["variant"] == "middle"].reset_index(drop=True)


def without(table, column):
    def drop(tables):
        tables[table] = tables[table].drop(columns=column)

    return drop


def planted(table, column, *values):
    return lambda tables: plant(tables, table, column, values)


def turned(table, column, to):
    return lambda tables: change(tables, table, **{column: tables[table][column].astype(to)})


IP, AAE, OP, HSA = "ip", "aae", "op", "hsa_activity_tables"
AVOIDANCE, EFFICIENCIES = "ip_activity_avoidance_strategies", "ip_efficiencies_strategies"
# what is planted: table, column, rows found, what the model does, words of the problem
TRAPS = {
    "no row of a day procedure": (
        without_strategy, EFFICIENCIES, "strategy", 0, STOPS, "no row has the strategy day_procedures_usu"
    ),
    "empty strategies": (empty_strategies, AVOIDANCE, None, 0, STOPS, "the table is empty"),
    "sex as text": (turned(IP, "sex", str), IP, "sex", 100, STOPS, "stored as text in 100 of 100 rows"),
    "sex of A&E as text": (turned(AAE, "sex", str), AAE, "sex", 2, STOPS, "stored as text in 2 of 2 rows"),
    "classpat a number": (
        turned(IP, "classpat", int), IP, "classpat", 100, STOPS, "stored as whole numbers in 100 of 100"
    ),
    "flags of 0 and 1": (
        turned(IP, "maternity_delivery_in_spell", int),
        IP, "maternity_delivery_in_spell", 100, STOPS, "stored as whole numbers in 100 of 100 rows",
    ),
    "flag of ambulances": (
        turned(AAE, "is_ambulance", int), AAE, "is_ambulance", 2, SILENT, "stored as whole numbers in 2 of 2"
    ),
    "flags of outpatients": (
        turned(OP, "has_procedures", int), OP, "has_procedures", 3, STOPS, "stored as whole numbers in 3 of 3"
    ),
    "rn twice": (
        planted(IP, "rn", "a0001", "a0001"), IP, "rn", 1, UNSURE, "one has already named in 1 of 100"
    ),
    "rn of outpatients twice": (
        planted(OP, "rn", "o2"), OP, "rn", 1, SILENT, "one has already named in 1 of 3"
    ),
    "half an arrival": (
        planted(AAE, "arrivals", 2.5), AAE, "arrivals", 1, SILENT, "no whole number in 1 of 2"
    ),
    "missing stay": (planted(IP, "speldur", np.nan), IP, "speldur", 1, STOPS, "no value in 1 of 100"),
    "hsa without 100": (hsa_without_100, HSA, "age", 1, STOPS, "1 of 2 groups and sexes have other ages"),
    "hsa without 50": (hsa_without_50, HSA, "age", 2, STOPS, "2 of 2 groups and sexes have other ages"),
    "hsa with 101": (hsa_with_101, HSA, "age", 1, STOPS, "1 of 2 groups and sexes have other ages"),
    "rate above 1": (
        planted(AVOIDANCE, "sample_rate", 1.2), AVOIDANCE, "sample_rate", 1, STOPS, "out of range in 1 of 2"
    ),
    "negative stays": (
        planted(IP, "speldur", 0, -2, -1), IP, "speldur", 2, SILENT, "out of range in 2 of 100 rows"
    ),
    "half days": (planted(IP, "speldur", 0, 3.5), IP, "speldur", 1, SILENT, "no whole number in 1 of 100"),
    "age 95": (planted(IP, "age", 95, 91), IP, "age", 2, SILENT, "a value out of range in 2 of 100 rows"),
    "missing age": (planted(IP, "age", np.nan), IP, "age", 1, SILENT, "no value in 1 of 100 rows"),
    "missing age of A&E": (planted(AAE, "age", np.nan), AAE, "age", 1, SILENT, "no value in 1 of 2 rows"),
    "day case that stays": (day_case_stays, IP, "speldur", 1, SILENT, "a day case that stays overnight in 1"),
    "derived column made up": (
        lambda tables: change(tables, IP, pod="ip_maternity_admission"),
        IP, "pod", 100, SILENT, "other than what follows from the other columns in 100",
    ),
    "strategy of nobody": (planted(AVOIDANCE, "rn", "z"), AVOIDANCE, "rn", 1, SILENT, "of no admission"),
    "ages without factor": (
        people_without_factor, "demographic_factors", "age", 4, SILENT, "4 of 364 ages and sexes"
    ),
    "births without projection": (
        births_without_projection, "birth_factors", "variant", 1, STOPS, "1 of 2 projections"
    ),
    "missing factor": (
        planted("demographic_factors", "2024", np.nan), "demographic_factors", "2024", 1, SILENT, "no value"
    ),
    "base year of nobody": (
        planted("birth_factors", "2023", 0.0), "birth_factors", "2023", 1, UNSURE, "a base of 0 or less"
    ),
    "no base year": (
        without("demographic_factors", "2023"), "demographic_factors", "2023", 0, STOPS, "base year has no"
    ),
    "births of men": (planted("birth_factors", "sex", 1), "birth_factors", "sex", 1, UNSURE, "of women"),
    "unknown code": (planted(AAE, "acuity", "?"), AAE, "acuity", 1, UNSURE, "none of the codes in 1"),
    "procedure by telephone": (
        planted(OP, "tele_attendances", 1), OP, "tele_attendances", 1, UNSURE, "a procedure by telephone"
    ),
    "column not there": (without(IP, "icb"), IP, "icb", 0, STOPS, "the column is not there"),
    "no activity to divide by": (
        hsa_without_activity, HSA, "activity", 2, UNSURE, "activity of 0 or less at 55 to 90",
    ),
}  # fmt: skip


def broken(report):
    return report.quality[report.quality["outcome"] != "ok"]


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """The valid tables, and a folder of them."""
    tables, folder = make_hospital(), tmp_path_factory.mktemp("hospital")
    put(tables, folder)
    return tables, folder


def test_a_valid_hospital_passes(tmp_path):
    put(make_hospital(), tmp_path)
    report = check_hospital(tmp_path)
    assert report.rejections == []
    assert report.warnings == []
    assert report.ok
    assert set(report.quality["table"]) == set(TABLES)
    assert report.to_text().endswith("The tables are in the demand model's layout.")
    assert set(report.quality["outcome"]) == {"ok"}
    rules = set(report.quality[report.quality["table"] == "ip"]["check"])
    assert {
        "type",
        "complete",
        "range",
        "codes",
        "whole",
        "rows are unique",
        "day cases do not stay",
    } <= rules


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_alone_is_found_and_named(trap, valid, tmp_path):
    change_it, table, column, n_found, outcome, words = TRAPS[trap]
    tables, folder = dict(valid[0]), valid[1]
    change_it(tables)
    changed = {name: frame for name, frame in tables.items() if frame is not valid[0][name]}
    for name in set(TABLES) - set(changed):
        (tmp_path / name).symlink_to(folder / name)
    put(changed, tmp_path)
    report = check_hospital(tmp_path)
    assert len(report.rejections) == 1
    rejection = report.rejections[0]
    assert (rejection.file, rejection.column) == (table, column)
    assert words in rejection.problem
    assert rejection.problem.endswith(outcome)
    assert rejection.expected
    assert rejection.remedy.endswith(".")
    row = broken(report).iloc[0]
    assert (row["table"], row["rows_found"], row["outcome"]) == (table, n_found, outcome)
    assert not report.ok


def test_years_named_by_numbers_are_found():
    tables = make_hospital()
    tables["demographic_factors"] = tables["demographic_factors"].rename(
        columns=lambda c: int(c) if c.isdecimal() else c
    )
    (rejection,) = check_tables(tables).rejections
    assert rejection.file == "demographic_factors"
    assert "3 columns of years are named by a number" in rejection.problem
    assert rejection.problem.endswith(STOPS)


def test_years_named_by_numbers_are_found_in_a_file(tmp_path):
    """pandas stores such names where all columns are numbers, the rest being an index."""
    tables = make_hospital()
    frame = tables["birth_factors"].set_index(["variant", "sex", "age"])
    frame.columns = frame.columns.astype(int)
    tables["birth_factors"] = frame
    put(tables, tmp_path)
    found = check_hospital(tmp_path).rejections
    assert {r.file for r in found} == {"birth_factors"}
    assert any("3 columns of years are named by a number" in r.problem for r in found)
    assert {r.column for r in found} == {"variant", "sex", "age", None}


def test_a_table_that_is_not_there_or_no_parquet_is_named(tmp_path):
    tables = make_hospital()
    del tables["inequalities"]
    put(tables, tmp_path)
    (folder_of(tmp_path, "aae") / "0.parquet").write_text("not Parquet")
    found = {r.file: r.problem for r in check_hospital(tmp_path).rejections}
    assert set(found) == {"aae", "inequalities"}
    assert "cannot be read" in found["aae"]
    assert "no Parquet file" in found["inequalities"]
    assert {r.file for r in check_hospital(tmp_path, year=2022).rejections} == set(TABLES)


def test_few_rows_of_a_day_procedure_may_stop_a_run():
    tables = make_hospital()
    frame = tables["ip_efficiencies_strategies"]
    tables["ip_efficiencies_strategies"] = frame.iloc[1:]
    report = check_tables(tables)
    assert report.ok
    (warning,) = report.warnings
    assert f"only 19 rows have the strategy {DAY_PROCEDURES[0]}" in warning


def test_no_inequalities_are_no_fault():
    tables = make_hospital()
    tables["inequalities"] = tables["inequalities"].iloc[:0]
    assert check_tables(tables).ok


def test_all_that_is_wrong_is_said_at_once_and_no_value():
    tables = make_hospital()
    plant(tables, "ip", "rn", ["SECRET", "SECRET"])
    plant(tables, "ip", "age", [117, 117])
    plant(tables, "aae", "acuity", ["PRIVATE"])
    change(tables, "op", sex=["F", "M", "F"])
    report = check_tables(tables)
    assert [(r.file, r.column) for r in report.rejections] == [
        ("ip", "age"),
        ("ip", "rn"),
        ("op", "sex"),
        ("aae", "acuity"),
        ("ip_activity_avoidance_strategies", "rn"),  # of the admission that was renamed
    ]
    said = report.to_text() + report.quality.drop(columns=["rows"]).to_string(index=False)
    for value in ("SECRET", "117", "PRIVATE"):
        assert value not in said
    assert "op: whether columns follow from each other was not checked" in said
    assert "5 rules are broken; 1 would stop the model, 2 would pass in silence" in said


def test_missing_values_of_every_kind_are_found():
    tables = make_hospital()
    ages = tables["ip"]["age"].astype("Int64")
    ages[3] = pd.NA
    tables["ip"] = add_derived("ip", tables["ip"].assign(age=ages))
    pods = tables["op"]["pod"].astype("string")
    pods[1] = pd.NA
    tables["op"] = tables["op"].assign(pod=pods)
    tables["aae"] = tables["aae"].assign(is_ambulance=pd.array([True, None], dtype="boolean"))
    found = {(r.file, r.column): r.problem for r in check_tables(tables).rejections}
    assert set(found) == {("ip", "age"), ("op", "pod"), ("aae", "is_ambulance")}
    assert all("no value in 1 of" in problem for problem in found.values())
