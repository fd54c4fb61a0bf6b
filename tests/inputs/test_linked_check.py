"""The check of a folder that holds people: tables with their rows, exports of others, what is not used."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from analysis_lib.cli import main
from analysis_lib.inputs import InputError, check_folder, load_appointments, load_linked
from analysis_lib.inputs.population import source as opening
from analysis_lib.project import find_root
from analysis_lib.queries import features_at, to_frame
from tests.population_tables import changed, contact, person, small_population, write

MAPPINGS = find_root() / "data" / "mappings"
TABLES = ("person", "condition", "medicine", "contact")


def checked(folder, capsys):
    """Return the exit status of check-data and what it printed, on one line."""
    status = main(["check-data", str(folder)])
    return status, " ".join(capsys.readouterr().out.split())


def test_good_tables_are_opened_and_counted(tmp_path, capsys):
    status, said = checked(write(tmp_path, small_population(), kind="csv"), capsys)
    assert status == 0
    assert "linked population: person 3 rows condition 2 rows medicine 2 rows contact 4 rows" in said
    assert said.endswith("OK: every file can be read.")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_the_loader_refuses_the_check_refuses(tmp_path, capsys, kind):
    def words(tables):
        for row in tables["person"]:
            row["sex"] = "female"

    folder = write(tmp_path, changed(words), kind=kind)
    status, said = checked(folder, capsys)
    assert status == 1
    assert "sex: unknown codes (refused) in 3 of 3 rows." in said
    assert "Recode them in a mapping file, under recode.sex (data/mapping.md)" in said
    assert "female" not in said
    with pytest.raises(InputError, match="column sex"):
        load_linked(folder)
    report = check_folder(folder, cache=False).to_dict()
    assert report["linked"]["rows"] == {"person": 3, "condition": 2, "medicine": 2, "contact": 4}
    assert json.dumps(report)


def test_what_may_be_missing_is_kept_and_counted(tmp_path, capsys):
    def without(tables):
        tables["person"][0]["imd_decile"] = None
        for row in tables["person"]:
            for column in ("lsoa", "msoa", "practice", "ethnic_group"):
                del row[column]
        for row in tables["contact"]:
            for column in ("attended", "length_days", "cost_gbp"):
                del row[column]

    folder = write(tmp_path, changed(without))
    status, said = checked(folder, capsys)
    assert status == 0
    assert "imd_decile: missing in 1 of 3 rows." in said
    assert "lsoa: missing in 3 of 3 rows." in said
    assert "cost_gbp: missing in 4 of 4 rows." in said
    population = load_linked(folder).need()
    frame = to_frame(features_at(population, "2024-04-01"))
    assert frame["ethnic_group"].tolist() == ["not stated"] * 3
    assert frame["lsoa"].isna().all()
    assert frame["imd_decile"].isna().tolist() == [True, False, False]
    assert frame["n_contacts_12m"].tolist() == [1, 1, 0]


@pytest.mark.parametrize("column", ["registered_to", "death_month"])
def test_an_end_is_not_missing_unsaid(tmp_path, column):
    folder = write(tmp_path, changed(lambda tables: [row.pop(column) for row in tables["person"]]))
    report = check_folder(folder, cache=False)
    assert [(r.column, r.problem) for r in report.rejections] == [(column, "required column absent")]
    (folder / "mapping.toml").write_text(f'[person]\ntable = "person"\nabsent = ["{column}"]\n')
    assert check_folder(folder, cache=False).ok


def test_tolerances_stand_in_the_mapping_file(tmp_path, capsys):
    """Of 100 contacts two are after a death: 2%, where 1% is let pass unless the mapping says more."""

    def late(tables):
        dead = tables["person"][2]["person_id"]
        days = ["2024-08-01"] * 98 + ["2024-10-01"] * 2
        tables["contact"] = [contact(dead, day) | {"cost_gbp": float(n)} for n, day in enumerate(days)]

    folder = write(tmp_path, changed(late))
    status, said = checked(folder, capsys)
    assert status == 1
    assert "contacts after the month of death in 2 of 100 rows" in said
    (folder / "mapping.toml").write_text('[tolerances]\n"after death" = 0.02\n')
    status, said = checked(folder, capsys)
    assert status == 0
    assert "in 2 of 100 rows; kept, as up to 2.0% may be." in said
    assert load_linked(folder).need().contact.count().execute() == 100


def test_six_contacts_in_thousands_after_death_refuse_no_extract(tmp_path):
    def late(tables):
        dead = tables["person"][2]["person_id"]
        tables["contact"] = [contact(dead, "2024-08-01") | {"cost_gbp": float(n)} for n in range(5_716)]
        tables["contact"] += [contact(dead, "2024-10-01") | {"cost_gbp": float(n)} for n in range(6)]

    assert load_linked(write(tmp_path, changed(late))).need().contact.count().execute() == 5_722


@pytest.mark.parametrize(("copies", "refused"), [(5, False), (120, True)])
def test_contacts_that_stand_twice_are_refused(tmp_path, capsys, copies, refused):
    """Two contacts of a day may be alike; a part given twice, or a table appended to itself, is not."""

    def twice(tables):
        person = tables["person"][0]["person_id"]
        rows = [contact(person, "2024-08-01") | {"cost_gbp": float(n)} for n in range(200)]
        tables["contact"] = rows + rows[:copies]

    status, said = checked(write(tmp_path, changed(twice)), capsys)
    assert (status == 1) == refused
    assert (
        f"rows that repeat another to the last value in {copies} of {200 + copies} rows" in said
    ) == refused


def test_days_without_any_contact_at_the_end_are_warned_of(tmp_path, capsys):
    def early(tables):
        person = tables["person"][0]["person_id"]
        tables["contact"] = [contact(person, "2024-08-01") | {"cost_gbp": float(n)} for n in range(200)]

    status, said = checked(write(tmp_path, changed(early)), capsys)
    assert status == 0
    assert "the last contact is of 01 August 2024, 242 days before last_date (31 March 2025)" in said


def test_a_mapping_that_leaves_every_row_out_is_to_blame(tmp_path, capsys):
    folder = write(tmp_path, small_population())
    (folder / "mapping.toml").write_text(
        '[condition]\ntable = "condition"\nleave_out = ["condition"]\n'
        'recode.condition = { 44054006 = "diabetes" }\n'
        '[condition.columns]\nperson_id = "person_id"\ncondition = "condition"\nonset_date = "onset_date"\n'
    )
    status, said = checked(folder, capsys)
    assert status == 1
    assert "mapping.toml, column condition.condition" in said
    assert "the mapping leaves out every row of condition (2): it lists none of their codes (2)" in said
    assert "Extract" not in said


def test_rows_without_a_value_can_be_left_out_by_count(tmp_path):
    folder = write(
        tmp_path, changed(lambda tables: tables["condition"][0].update(onset_date=None)), kind="csv"
    )
    assert not check_folder(folder, cache=False).ok
    (folder / "mapping.toml").write_text('[condition]\ntable = "condition"\nleave_out = ["onset_date"]\n')
    report = check_folder(folder, cache=False)
    assert report.ok
    assert "condition: 1 rows of condition left out, which have no onset_date." in report.notes


def test_a_recoded_column_must_be_there_and_ours_need_no_line(tmp_path):
    folder = write(tmp_path, small_population())
    (folder / "mapping.toml").write_text(
        '[contact]\ntable = "contact"\nabsent = ["attended"]\nrecode.attended = { 1 = "yes" }\n'
    )
    report = check_folder(folder, cache=False)
    assert [(r.column, r.problem) for r in report.rejections] == [("attended", "required column absent")]
    (folder / "mapping.toml").write_text(
        '[contact]\ntable = "contact"\ncolumns = { person_id = "person_id" }\nabsent = ["attended"]\n'
    )
    contacts = load_linked(folder).need().contact
    assert contacts.attended.notnull().sum().execute() == 0
    assert contacts.cost_gbp.sum().execute() == 42 + 42 + 1000.10 + 220


# --- exports of others' software

SYNTHEA = {
    "patients": "Id,BIRTHDATE,DEATHDATE,SSN,FIRST,MIDDLE,RACE,ETHNICITY,GENDER,FIPS,INCOME\n"
    "p1,1950-03-02,,999-11-1111,A,B,white,nonhispanic,M,25017,1\n"
    "p2,1980-05-01,2025-06-30,999-11-1112,C,D,hawaiian,hispanic,F,25017,2\n",
    "encounters": "Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,TOTAL_CLAIM_COST\n"
    + "".join(
        f"e{n},2025-0{n + 1}-03T08:10:05Z,2025-0{n + 1}-05T08:25:05Z,p{1 + n % 2},o,d,y,{kind},1,129.16\n"
        for n, kind in enumerate(["wellness", "hospice", "snf", "virtual", "home", "inpatient"])
    ),
    "conditions": "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE,DESCRIPTION\n"
    "2020-01-01,,p1,e0,http://snomed.info/sct,59621000,x\n2020-01-01,,p1,e0,http://snomed.info/sct,1,x\n",
    "medications": "START,STOP,PATIENT,PAYER,ENCOUNTER,CODE,DESCRIPTION\n2020-01-01T08:10:05Z,,p1,y,e0,1,x\n",
    "procedures": "START,STOP,PATIENT,ENCOUNTER,SYSTEM,CODE\n"
    "2020-01-01T08:10:05Z,2020-01-01T09:10:05Z,p1,e,s,1\n",
    "organizations": "Id,NAME,PHONE\no,x,9434765919\n",
}
OMOP = {
    "person": "person_id,gender_concept_id,year_of_birth,month_of_birth,race_concept_id,care_site_id\n"
    "1,8507,1950,3,8527,7\n2,8532,1980,,8515,7\n",
    "observation_period": "observation_period_id,person_id,observation_period_start_date,"
    "observation_period_end_date\n1,1,2010-01-01,2024-12-31\n2,2,2010-01-01,2024-12-31\n",
    "death": "person_id,death_date\n1,2024-06-01\n",
    "condition_occurrence": "person_id,condition_concept_id,condition_start_date\n"
    "1,316866,2015-03-01\n2,7,2016-03-01\n",
    "drug_exposure": "person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_end_date\n"
    "1,1308216,2015-03-01,2015-06-01\n",
    "visit_occurrence": "person_id,visit_concept_id,visit_start_date,visit_end_date,provider_id\n"
    "1,9202,2024-01-10,2024-01-10,1\n2,9203,2024-03-10,2024-03-11,1\n2,9201,2024-03-12,2024-03-15,\n",
    "measurement": "measurement_id,person_id,value_as_number\n1,1,5.0\n",
}


def put(folder, files):
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "name", "mapping"),
    [(SYNTHEA, "Synthea CSV export", "synthea"), (OMOP, "OMOP CDM 5.4", "omop")],
)
def test_an_export_is_recognised_and_told_its_mapping(tmp_path, capsys, files, name, mapping):
    status, said = checked(put(tmp_path, files), capsys)
    assert status == 1
    assert f"these are tables of {name}, without a mapping file" in said
    assert f"Copy data/mappings/{mapping}.toml into the folder as mapping.toml" in said
    assert "data/mapping.md" in said
    assert "Rejected (1)" in said
    with pytest.raises(InputError, match="without a mapping file"):
        load_linked(tmp_path)


def test_omop_in_a_duckdb_file_is_recognised(tmp_path, capsys):
    put(tmp_path, OMOP)
    with duckdb.connect(str(tmp_path / "cdm.duckdb")) as connection:
        for name in OMOP:
            connection.execute(f"create table {name} as from read_csv('{tmp_path / name}.csv')")
            (tmp_path / f"{name}.csv").unlink()
    status, said = checked(tmp_path, capsys)
    assert (status, "these are tables of OMOP CDM 5.4" in said) == (1, True)
    shutil.copy(MAPPINGS / "omop.toml", tmp_path / "mapping.toml")
    assert checked(tmp_path, capsys)[0] == 0


def test_synthea_of_2026_with_the_shipped_mapping(tmp_path, capsys):
    shutil.copy(MAPPINGS / "synthea.toml", put(tmp_path, SYNTHEA) / "mapping.toml")
    status, said = checked(tmp_path, capsys)
    assert status == 0, said
    assert "person 2 rows" in said
    assert "contact 6 rows" in said
    assert "organizations.csv (not used: mapping.toml does not name it)" in said
    assert "procedures.csv (not used: mapping.toml does not name it)" in said
    assert said.endswith("OK: every file that is used can be read; 2 not read, see above.")
    linked = load_linked(tmp_path)
    people = linked.need()
    settings = people.contact.order_by("date").to_pyarrow().column("setting").to_pylist()
    assert settings == ["gp", "community", "community", "outpatient", "community", "emergency"]
    assert people.contact.length_days.to_pyarrow().to_pylist() == [2] * 6
    # The last thing recorded is an encounter of 3 June 2025.
    assert str(people.manifest["last_date"]) == "2025-06-03"
    assert load_appointments(tmp_path, cache=False).attendance is None


def test_omop_with_the_shipped_mapping(tmp_path, capsys):
    shutil.copy(MAPPINGS / "omop.toml", put(tmp_path, OMOP) / "mapping.toml")
    status, said = checked(tmp_path, capsys)
    assert status == 0, said
    assert "measurement.csv (not used: mapping.toml does not name it)" in said
    people = load_linked(tmp_path).need()
    first, second = people.person.order_by("person_id").to_pyarrow().to_pylist()
    assert (str(first["birth_month"]), first["sex"], first["ethnic_group"]) == ("1950-03-01", "M", "White")
    assert (str(second["birth_month"]), second["sex"], second["practice"]) == ("1980-07-01", "F", "7")
    assert (str(first["death_month"]), second["death_month"]) == ("2024-06-01", None)
    contacts = people.contact.order_by("date").to_pyarrow().to_pylist()
    assert [(c["setting"], c["length_days"]) for c in contacts] == [
        ("outpatient", 0),
        ("ae", 1),
        ("emergency", 3),
    ]


def test_a_table_to_join_has_one_row_for_each_key(tmp_path, capsys):
    shutil.copy(MAPPINGS / "omop.toml", put(tmp_path, OMOP) / "mapping.toml")
    with (tmp_path / "observation_period.csv").open("a") as file:
        file.write("3,1,2025-01-01,2025-02-01\n")
    status, said = checked(tmp_path, capsys)
    assert status == 1
    assert "observation_period" in said
    assert "1 rows beyond one for each person_id" in said


# --- files that cannot be read, stand twice, or are locked


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("medicine.parquet", b"", "medicine.parquet Problem the file is empty"),
        ("medicine.parquet", b"PAR1 cut short", "medicine.parquet Problem the file cannot be read"),
        ("medicine.csv", b"person_id\n", "medicine.parquet Problem the table medicine is there twice"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, capsys, name, content, said):
    folder = write(tmp_path, small_population())
    (folder / name).write_bytes(content)
    status, printed = checked(folder, capsys)
    assert (status, said in printed) == (1, True), printed


def test_a_damaged_row_and_a_wrong_encoding_are_named_without_values(tmp_path, capsys):
    folder = write(tmp_path, small_population(), kind="csv")
    with (folder / "contact.csv").open("a") as file:
        file.write("secret-value,2024-01-01\n")
    (folder / "condition.csv").write_bytes(b"person_id,condition,onset_date\n\xff\xfe,caf\xe9,2020-01-01\n")
    status, said = checked(folder, capsys)
    assert status == 1
    assert "contact, line 6 Problem the engine cannot read the table" in said
    assert "condition" in said.split("Rejected")[1]
    assert "secret-value" not in said


def test_parts_that_differ_or_repeat(tmp_path, capsys):
    tables = small_population()
    contacts = tables.pop("contact")
    folder = write(tmp_path, tables)
    write(folder / "contact", {"part-1": contacts[:2], "part-2": contacts[2:]})
    (folder / "contact" / "_SUCCESS.csv").touch()
    assert checked(folder, capsys)[0] == 0
    shutil.copy(folder / "contact" / "part-1.parquet", folder / "contact" / "part-3.parquet")
    assert "part-3.parquet Problem the same content as part-1.parquet" in checked(folder, capsys)[1]
    write(folder / "contact", {"part-3": [{**contacts[0], "more": "x"}]})
    assert "part-3.parquet Problem its columns are not those of part-1.parquet" in checked(folder, capsys)[1]


def test_tables_without_person_say_so(tmp_path, capsys):
    status, said = checked(write(tmp_path, changed(lambda tables: tables.pop("person")), kind="csv"), capsys)
    assert status == 1
    assert "person Problem no such table" in said
    assert "Rejected (1)" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "people.duckdb Problem the file is empty"),
        (b"x" * 9_000, "people.duckdb Problem not a DuckDB database"),
    ],
)
def test_a_database_that_is_none(tmp_path, capsys, content, said):
    (tmp_path / "people.duckdb").write_bytes(content)
    status, printed = checked(tmp_path, capsys)
    assert (status, said in printed) == (1, True), printed


def test_a_database_that_another_program_writes_to(tmp_path, capsys):
    file = tmp_path / "people.duckdb"
    code = (
        f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "open\n"
        status, said = checked(tmp_path, capsys)
        other.communicate("\n")
    assert status == 1
    assert "another program has the database open for writing" in said
    assert "Close it there" in said
    assert str(tmp_path) not in said


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"source": "x", "last_date": "2025-03-31", "first_date": "soon"}, "first_date is no date"),
        (
            {"source": "x", "last_date": "2025-03-31", "n_rows": {"contact": "4"}},
            "n_rows is not as",
        ),
        (
            {"source": "x", "last_date": "2025-03-31", "files": ["contact.csv"]},
            "files is not as",
        ),
        (
            {"source": "x", "last_date": "2025-03-31", "pseudonyms": "person_id"},
            "pseudonyms is not as",
        ),
        ({"last_date": "2025-03-31"}, "does not state source"),
    ],
)
def test_a_manifest_that_is_not_as_it_should_be(tmp_path, capsys, manifest, said):
    status, printed = checked(write(tmp_path, small_population() | {"manifest": manifest}), capsys)
    assert (status, said in printed) == (1, True), printed


# --- pseudonyms of ten digits


def ten_digits(numbers):
    tables = small_population()
    tables["person"] = [person(f"{n}") for n in numbers]
    for name in ("condition", "medicine", "contact"):
        for row in tables[name]:
            row["person_id"] = f"{numbers[0]}"
    return tables


def with_check_digit(nine):
    digit = (11 - sum(int(d) * (10 - n) for n, d in enumerate(f"{nine}")) % 11) % 11
    return None if digit == 10 else f"{nine}{digit}"


def test_a_share_tells_pseudonyms_from_nhs_numbers(tmp_path, capsys):
    running = ten_digits([1_000_000_000 + n for n in range(220)])
    status, said = checked(write(tmp_path / "running", running), capsys)
    assert status == 0, said
    assert "ten digits in 220 rows, of which 20 pass the check digit" in said
    valid = [number for n in range(200) if (number := with_check_digit(400_000_000 + n))]
    status, said = checked(write(tmp_path / "valid", ten_digits(valid)), capsys)
    assert status == 1
    assert f"look like NHS numbers in {len(valid)} of {len(valid)} rows" in said
    assert 'declare the column in the manifest: "pseudonyms": ["person_id"]' in said
    # A third of NHS numbers among others is no chance either.
    mixed = ten_digits(valid[:60] + [1_000_000_000 + n for n in range(120)])
    assert checked(write(tmp_path / "mixed", mixed), capsys)[0] == 1
    declared = ten_digits(valid)
    declared["manifest"]["pseudonyms"] = ["person_id"]
    assert checked(write(tmp_path / "declared", declared), capsys)[0] == 0


# --- what is spilled


def spilled():
    return {p.name for p in Path(opening.tempfile.gettempdir()).glob(f"{opening.SPILL}-{os.getpid()}-*")}


def test_what_is_spilled_is_private_and_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(opening.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    folder = write(tmp_path / "people", small_population())
    linked = load_linked(folder)
    setting = "select current_setting('temp_directory')"
    place = Path(linked.need().person.get_backend().con.execute(setting).fetchone()[0])
    assert place.parent == tmp_path / "temporary"
    assert place.stat().st_mode & 0o777 == 0o700
    del linked
    gc.collect()
    assert spilled() == set()
    (folder / "manifest.json").unlink()
    assert not check_folder(folder, cache=False).ok
    gc.collect()
    assert spilled() == set()


def test_what_a_killed_run_left_is_removed_and_what_a_living_one_holds_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(opening.tempfile, "tempdir", str(tmp_path))
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    dead = tmp_path / f"{opening.SPILL}-{int(ended.stdout)}-left"
    alive = tmp_path / f"{opening.SPILL}-{os.getppid()}-held"
    dead.mkdir()
    alive.mkdir()
    opening.private_folder()
    assert not dead.exists()
    assert alive.exists()


def test_repeats_of_a_large_table_are_judged_by_some_of_its_people(tmp_path, capsys, monkeypatch):
    from analysis_lib.inputs.population import inspection

    monkeypatch.setattr(inspection, "MANY_ROWS", 150)

    def many(tables):
        person = tables["person"][0]["person_id"]
        tables["contact"] = [contact(person, "2024-08-01") | {"cost_gbp": float(n)} for n in range(200)]

    folder = write(tmp_path, changed(many))
    assert checked(folder, capsys)[0] == 0
    quality = load_linked(folder).need().quality
    row = quality[quality["check"] == inspection.REPEATS].iloc[0]
    assert (row["rows"], row["rows_found"]) == (200, 0)  # of all rows, whoever was looked at
