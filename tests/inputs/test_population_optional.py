"""What an extract may have beside the four tables: chemicals, courses, peptic ulcer, measurements."""

from __future__ import annotations

import re

import ibis

from analysis_lib.cli import main
from analysis_lib.codes import CONDITIONS, MEASURES, OTHER_CONDITIONS
from analysis_lib.inputs import find_population
from analysis_lib.inputs.population import check_population, load_population
from analysis_lib.inputs.population.checks import _chemical_rules, is_impossible
from analysis_lib.inputs.population.convert import as_chemical
from analysis_lib.inputs.population.schema import OPTIONAL_TABLES
from analysis_lib.project import find_root
from analysis_lib.queries import features_at, to_frame
from tests.population_tables import A, B, C, changed, condition, medicine, small_population, write

from .test_population_refused import refused

DAY = "2024-01-05"


def results(*rows):
    """Return rows of measurements: person, date, measure, value."""
    return [dict(zip(("person_id", "date", "measure", "value"), row, strict=True)) for row in rows]


GOOD = results((A, DAY, "egfr", 61.0), (A, DAY, "potassium", 4.2), (B, "2024-02-01", "egfr", None))


def with_results(*rows):
    return lambda tables: tables.update(measurement=list(rows))


def with_code(code, section="0205"):
    """Return an edit: the first of the two courses has a BNF code and a number."""
    courses = [medicine(A, "2020-01-01", section=section), medicine(B, "2023-01-01", "2023-02-01")]
    extra = [{"bnf_code": code, "course_id": "17"}, {"bnf_code": None, "course_id": None}]
    return lambda tables: tables.update(medicine=[a | b for a, b in zip(courses, extra, strict=True)])


# --- an extract that has none of it


def test_an_extract_without_them_loads_as_ever(tmp_path):
    population = load_population(write(tmp_path, small_population()))
    assert population.measurement is None
    names = ("person_id", "bnf_chapter", "bnf_section", "start_date", "stop_date")
    assert tuple(population.medicine.columns) == names
    assert set(population.quality["table"]) == {"person", "condition", "medicine", "contact"}
    assert not set(population.quality["column"]) & {"bnf_code", "course_id", "measure"}
    assert (population.quality["verdict"] == "ok").all()
    assert population.warnings == []
    assert not any("bnf_code" in note or "measurement" in note for note in population.notes)


def test_they_change_nothing_of_what_is_known_of_people(tmp_path):
    def more(tables):
        with_code("0205051R0AAADAD")(tables)
        tables["measurement"] = GOOD
        tables["condition"].append(condition(C, "peptic_ulcer", "2020-01-01"))

    plain = load_population(write(tmp_path / "plain", small_population()))
    richer = load_population(write(tmp_path / "richer", changed(more), kind="csv"))
    one, other = (to_frame(features_at(population, "2024-04-01")) for population in (plain, richer))
    assert one.equals(other)  # peptic ulcer is in no score
    courses = richer.medicine.order_by("person_id").to_pyarrow().to_pylist()
    assert [(row["bnf_code"], row["course_id"]) for row in courses] == [("0205051R0", "17"), (None, None)]
    assert richer.condition.count().execute() == 3
    assert richer.measurement.count().execute() == 3


# --- chemicals

CODES = {
    "0205051R0": "0205051R0",
    " 0205051r0 ": "0205051R0",
    "0205051R0AA": "0205051R0",  # a product
    "0205051R0AAADAD": "0205051R0",  # a pack
    "1001010AHAAAAAA": "1001010AH",
    "020400080": "020400080",
    "21010900725": None,  # an appliance: it has no chemical
    "23107510030": None,
    None: None,
}
NO_CODES = (
    "0205",  # a section
    "0205051",  # a sub-paragraph
    "205051R0",  # without its first zero
    "0205051R0A",
    "0205051R0AAADA",
    "O205051R0",  # a letter for the nought
    "02.05.05.1",
    "RAMIPRIL",
    "2101",
)


def test_a_code_is_cut_to_its_chemical():
    given = ibis.memtable({"code": [*CODES, *NO_CODES]}, schema={"code": "string"})
    made = given.select(made=as_chemical(given.code)).to_pyarrow()["made"].to_pylist()
    assert made == [*CODES.values(), *NO_CODES]


def broken(column, **columns):
    """Return by row whether it breaks the rule of a column of medicine."""
    table = ibis.memtable(columns, schema=dict.fromkeys(columns, "string"))
    found = next(rule.broken for rule in _chemical_rules(table) if rule.column == column)
    return table.select(broken=found.fill_null(False)).to_pyarrow()["broken"].to_pylist()


def test_what_is_no_code_of_a_chemical_and_what_contradicts_one():
    codes = [code for code in CODES.values() if code]
    agreeing = {"bnf_chapter": [code[:2] for code in codes], "bnf_section": [code[:4] for code in codes]}
    for column in ("bnf_code", "bnf_chapter", "bnf_section"):
        assert broken(column, bnf_code=codes, **agreeing) == [False] * len(codes)
    missing = dict.fromkeys(("bnf_chapter", "bnf_section"), [None] * len(NO_CODES))
    assert broken("bnf_code", bnf_code=list(NO_CODES), **missing) == [True] * len(NO_CODES)
    given = {
        "bnf_code": ["0205051R0"] * 4 + [None, "RAMIPRIL"],
        "bnf_chapter": ["02", "2", "04", None, "04", "04"],
        "bnf_section": ["0205", "205", "0206", None, "0206", "0206"],
    }
    for column in ("bnf_chapter", "bnf_section"):
        assert broken(column, **given) == [False, True, True, False, False, False]


def test_a_code_that_contradicts_its_section_is_refused(tmp_path):
    found = refused(tmp_path, with_code("0206020A0AAADAD", "0205"))
    assert (found.file, found.column) == ("medicine", "bnf_section")
    assert found.problem == "values that are not the first 4 characters of bnf_code in 1 of 2 rows"
    assert "0205 of 0205051R0" in found.expected
    assert "leave one of the two columns out" in found.remedy


def test_what_is_no_code_is_refused_and_not_shown(tmp_path):
    found = refused(tmp_path, with_code("205051R0"), kind="csv")
    assert (found.file, found.column) == ("medicine", "bnf_code")
    assert found.problem == "codes that are none of a chemical in 1 of 2 rows"
    assert "zero at the front" in found.remedy


def test_a_course_of_an_appliance_is_kept_without_a_chemical(tmp_path):
    population = load_population(write(tmp_path, changed(with_code("21010900725", "2101"))))
    assert population.medicine.count().execute() == 2
    assert population.medicine.bnf_code.count().execute() == 0
    row = population.quality[population.quality["column"] == "bnf_code"].set_index("check")
    assert row.loc["may be missing", ["rows_found", "verdict"]].tolist() == [2, "kept"]


def test_peptic_ulcer_stands_beside_the_twenty():
    assert OTHER_CONDITIONS == ("peptic_ulcer",)
    assert not set(OTHER_CONDITIONS) & set(CONDITIONS)


# --- measurements


def test_measurements_are_read_and_counted_and_what_is_not_known_is_named(tmp_path, capsys):
    strange = results(*[(A, DAY, "HbA1c", 40.0)] * 12, (A, DAY, "Jane Smith", 1.0), (B, DAY, " eGFR ", 50.0))
    folder = write(tmp_path, changed(with_results(*GOOD, *strange)), kind="csv")
    population = load_population(folder)
    rows = population.measurement.order_by("measure", "date", "value").to_pyarrow().to_pylist()
    assert [(row["person_id"], str(row["date"]), row["measure"], row["value"]) for row in rows] == [
        (B, DAY, "egfr", 50.0),
        (A, DAY, "egfr", 61.0),
        (B, "2024-02-01", "egfr", None),
        (A, DAY, "potassium", 4.2),
    ]
    note = next(note for note in population.notes if note.startswith("measurement:"))
    assert "13 rows left aside" in note
    assert "hba1c (12), 1 other(s)." in note
    assert "smith" not in note.casefold()  # a word of one row may be a name
    assert "Known are egfr, potassium, inr" in note
    assert main(["check-data", str(folder)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "contact 4 rows measurement 17 rows value: missing in 1 of 17 rows." in said
    assert said.endswith("OK: every file can be read.")


def test_the_ends_of_each_range_are_possible_and_what_lies_beyond_is_not():
    rows = [
        (measure, value, beyond)
        for measure, (_, low, high) in MEASURES.items()
        for value, beyond in ((low, False), (high, False), (low - 0.01, True), (high + 0.01, True))
    ]
    rows += [("egfr", None, None), ("hba1c", -1.0, None)]
    measures, values, expected = (list(column) for column in zip(*rows, strict=True))
    given = {"measure": measures, "value": [None if v is None else float(v) for v in values]}
    table = ibis.memtable(given, schema={"measure": "string", "value": "float64"})
    assert table.select(beyond=is_impossible(table)).to_pyarrow()["beyond"].to_pylist() == expected


def test_values_that_nobody_has_are_refused_beyond_a_few(tmp_path):
    per_litre = results(*[(A, DAY, "haemoglobin", 135.0)] * 98)
    per_decilitre = results(*[(A, DAY, "haemoglobin", 13.5)] * 2)
    found = refused(tmp_path, with_results(*per_decilitre, *per_litre))
    assert (found.file, found.column) == ("measurement", "value")
    assert found.problem == "values that no living person has, or that are in another unit in 2 of 100 rows"
    assert "haemoglobin 20 to 260 g/L" in found.expected
    few = load_population(
        write(tmp_path / "few", changed(with_results(*per_decilitre[:1], *per_litre, *GOOD)))
    )
    # The test was done; its value is not known.
    assert few.measurement.count().execute() == 102
    assert few.measurement.value.count().execute() == 100
    assert any("kept, as up to 1.0% may be" in warning for warning in few.warnings)


def test_what_is_wrong_with_measurements_is_said(tmp_path):
    wrong = results(
        ("z" * 16, DAY, "egfr", 60.0),
        (A, "1949-12-31", "egfr", 60.0),
        (A, DAY, None, 60.0),
        (A, DAY, "egfr", "<45"),
    )
    report = check_population(write(tmp_path, changed(with_results(*wrong)), kind="csv"))
    assert {found.file for found in report.rejections} == {"measurement"}
    assert {found.column: found.problem for found in report.rejections} == {
        "person_id": "measurements of nobody in person in 1 of 4 rows",
        "date": "measurements before birth in 1 of 4 rows",
        "measure": "no value in 1 of 4 rows",
        "value": "values that are not of the type in 1 of 4 rows",
    }


def test_somebody_elses_table_of_that_name_is_none_of_ours(tmp_path):
    """OMOP has a table measurement with columns of its own."""
    theirs = [{"person_id": A, "measurement_date": DAY, "value_as_number": 60.0}]
    assert load_population(write(tmp_path, changed(with_results(*theirs)))).measurement is None
    assert tmp_path / "measurement.parquet" not in find_population.population_files(tmp_path)


def test_the_two_places_that_know_the_columns_agree():
    ours = {column.name for column in OPTIONAL_TABLES["measurement"] if column.required}
    assert ours == find_population.OPTIONAL_COLUMNS
    assert set(OPTIONAL_TABLES) == {find_population.OPTIONAL_TABLE}


def test_the_table_of_measures_is_the_one_that_mapping_md_shows():
    text = (find_root() / "data" / "mapping.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+ \| [^|]+) \|$", text, re.M))
    said = {name: f"{unit} | {low} to {high}" for name, (unit, low, high) in MEASURES.items()}
    assert {name: shown.get(name) for name in said} == said


# --- by the user's own names

MAPPING = """
[manifest]
source = "theirs"
last_date = 2025-03-31
[medicine]
table = "issues"
absent = ["bnf_chapter", "bnf_section", "stop_date"]
columns = { person_id = "key", start_date = "issued", bnf_code = "product", course_id = "repeat_id" }
[condition]
table = "problems"
columns = { person_id = "key", condition = "code", onset_date = "since" }
recode.condition = { J13 = "peptic_ulcer" }
[measurement]
table = "results"
columns = { person_id = "key", date = "taken", measure = "test", value = "result" }
day_first = ["date"]
recode.measure = { 451E = "egfr" }
leave_out = ["measure"]
"""
THEIRS = {
    "issues": f"key,issued,product,repeat_id\n{A},2020-01-01,0205051R0AAADAD,r1\n",
    "problems": f"key,code,since\n{A},J13,2020-01-01\n",
    "results": f"key,taken,test,result\n{A},05/01/2024,451E,61.5\n{A},05/01/2024,42W5,40\n",
}


def test_a_mapping_brings_theirs_to_ours(tmp_path):
    tables = small_population()
    write(tmp_path, {name: tables[name] for name in ("person", "contact")}, kind="csv")
    for name, text in THEIRS.items():
        (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "mapping.toml").write_text(MAPPING)
    population = load_population(tmp_path, mapping=tmp_path / "mapping.toml")
    course = population.medicine.to_pyarrow().to_pylist()[0]
    assert (course["bnf_code"], course["course_id"], course["bnf_section"]) == ("0205051R0", "r1", None)
    assert population.condition.condition.execute().tolist() == ["peptic_ulcer"]
    rows = population.measurement.to_pyarrow().to_pylist()
    assert [(str(row["date"]), row["measure"], row["value"]) for row in rows] == [(DAY, "egfr", 61.5)]
    assert any("1 rows of results left out, with 1 code(s)" in note for note in population.notes)
    used = {path.stem for path in find_population.population_files(tmp_path)}
    assert used == {"person", "contact", "issues", "problems", "results"}


def test_a_mapping_that_does_not_name_our_table_reads_it_and_one_that_names_another_is_told(tmp_path):
    folder = write(tmp_path, changed(with_results(*GOOD)))
    mapping = folder / "mapping.toml"
    mapping.write_text('[tolerances]\n"after death" = 0.02\n')
    assert load_population(folder, mapping=mapping).measurement.count().execute() == 3
    mapping.write_text('[measurement]\ntable = "results"\n')
    report = check_population(folder, mapping=mapping)
    assert [(found.file, found.problem) for found in report.rejections] == [("results", "no such table")]
