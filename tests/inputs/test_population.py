"""Loading a linked population: folders, files and connections; what a loaded one is."""

from __future__ import annotations

import hashlib
import json

import duckdb
import ibis
import pytest

from analysis_lib.inputs import AbsentInput, InputError
from analysis_lib.inputs.population import (
    check_population,
    load_population,
)
from analysis_lib.simulate.population import simulate_population
from tests.population_tables import as_arrow, changed, small_population, write


def rows(table):
    return table.order_by(table.columns[:2]).to_pyarrow().to_pylist()


def test_a_good_folder_loads_without_a_warning(tmp_path):
    population = load_population(write(tmp_path, small_population()))
    assert population.warnings == []
    assert population.profile == "patient"
    assert not population.simulated
    assert (population.quality["rows_found"] == 0).all()
    assert set(population.quality["table"]) == {"person", "condition", "medicine", "contact"}
    assert isinstance(population.contact, ibis.Table)
    with pytest.raises(AbsentInput, match="inputs are real"):
        population.need_truth()


def test_csv_gives_the_same_tables_as_parquet(tmp_path):
    parquet = load_population(write(tmp_path / "p", small_population()))
    csv = load_population(write(tmp_path / "c", small_population(), kind="csv"))
    for name in ("person", "condition", "medicine", "contact"):
        assert getattr(parquet, name).schema() == getattr(csv, name).schema()
        assert rows(getattr(parquet, name)) == rows(getattr(csv, name))


def test_parts_of_a_table_in_a_folder_are_one_table(tmp_path):
    tables = small_population()
    contacts = tables.pop("contact")
    write(tmp_path, tables)
    write(tmp_path / "contact", {"part-1": contacts[:2], "part-2": contacts[2:]})
    assert load_population(tmp_path).contact.count().execute() == len(contacts)


def test_a_duckdb_file_and_a_connection(tmp_path):
    tables = small_population()
    file = tmp_path / "extract.duckdb"
    with duckdb.connect(str(file)) as connection:
        for name in ("person", "condition", "medicine", "contact"):
            connection.register("rows_of_it", as_arrow(name, tables[name]))
            connection.execute(f"create table {name} as from rows_of_it")
    (tmp_path / "manifest.json").write_text(json.dumps(tables["manifest"]))
    assert load_population(file).person.count().execute() == 3
    with pytest.raises(InputError, match="no manifest"):
        load_population(ibis.duckdb.connect(str(file), read_only=True))


def test_missing_sex_and_ethnic_group_are_not_stated(tmp_path):
    def blank(tables):
        tables["person"][0] |= {"sex": None, "ethnic_group": None}

    person = load_population(write(tmp_path, changed(blank))).person
    first = person.order_by("person_id").limit(1).to_pyarrow().to_pylist()[0]
    assert (first["sex"], first["ethnic_group"]) == ("not stated", "not stated")


def test_duckdb_stays_within_the_memory_asked_for(tmp_path):
    population = load_population(write(tmp_path, small_population()), memory_limit="512MB", threads=1)
    settings = population.person.get_backend().con
    limit, threads = settings.execute(
        "select current_setting('memory_limit'), current_setting('threads')"
    ).fetchone()
    assert (limit, threads) == ("488.2 MiB", 1)


# --- simulated


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    return simulate_population(tmp_path_factory.mktemp("population") / "small", 300, seed=3, processes=1)


def test_a_simulated_population_passes_every_check(simulated):
    population = load_population(simulated)
    assert population.warnings == []
    assert (population.simulated, population.profile) == (True, "simulated")
    assert population.need_truth()
    assert (population.quality["verdict"] == "ok").all()


def test_a_changed_file_of_a_simulation_is_refused(tmp_path):
    tables = small_population()
    write(tmp_path, tables)
    names = ["person", "condition", "medicine", "contact"]
    hashes = {n: hashlib.sha256((tmp_path / f"{n}.parquet").read_bytes()).hexdigest() for n in names}
    files = [{"name": f"{n}.parquet", "sha256": digest} for n, digest in hashes.items()]
    manifest = tables["manifest"] | {"simulated": True, "files": files}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert load_population(tmp_path).profile == "simulated"
    (tmp_path / "extra.parquet").write_bytes((tmp_path / "person.parquet").read_bytes())
    with pytest.raises(InputError, match="not listed in manifest.json"):
        load_population(tmp_path)
    (tmp_path / "extra.parquet").unlink()
    write(tmp_path, {"contact": tables["contact"][:2]})
    with pytest.raises(InputError, match="not the file that manifest.json lists"):
        load_population(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"files": []}))
    with pytest.raises(InputError, match="lists no files"):
        load_population(tmp_path)


# --- mapping

MAPPING = """
notes = ["An example."]
[manifest]
source = "theirs"
last_date = 2025-03-31
[person]
table = "patients"
absent = ["lsoa", "msoa", "practice", "imd_decile", "registered_to"]
day_first = ["birth_month"]
recode.sex = { 1 = "M", 2 = "F", "*" = "not stated" }
[person.columns]
person_id = "key"
birth_month = "dob"
sex = "gender"
ethnic_group = ["eth", "eth_old"]
registered_from = "joined"
death_month = "died"
[condition]
table = "problems"
columns = { person_id = "key", condition = "code", onset_date = "since" }
recode.condition = { I50 = "heart_failure" }
leave_out = ["condition"]
[medicine]
table = "problems"
absent = ["bnf_chapter", "bnf_section", "stop_date"]
columns = { person_id = "key", start_date = "since" }
[[contact]]
table = "visits"
absent = ["attended"]
columns = { person_id = "key", date = "arrived", cost_gbp = "tariff" }
constants = { setting = "ae" }
days_between = { length_days = ["arrived", "left"] }
[[contact]]
table = "calls"
absent = ["attended", "length_days", "cost_gbp"]
columns = { person_id = "key", date = "called" }
constants = { setting = "nhs111" }
"""
THEIRS = {
    "patients": (
        "key,dob,gender,eth,eth_old,joined,died\n"
        "x,02/03/1950,1,,White,2010-01-01,\n"
        "y,01/05/1960,9,Black,,2010-01-01,\n"
    ),
    "problems": "key,code,since\nx,I50,2020-01-01\nx,Z99,2021-01-01\ny,Z98,2021-01-01\n",
    "visits": "key,arrived,left,tariff\nx,2024-01-01 23:50,2024-01-03 01:00,100.5\n",
    "calls": "key,called\ny,2024-02-01\n",
}


@pytest.fixture
def theirs(tmp_path):
    for name, text in THEIRS.items():
        (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "map.toml").write_text(MAPPING)
    return tmp_path


def test_a_mapping_brings_their_tables_to_ours(theirs):
    population = load_population(theirs, mapping=theirs / "map.toml")
    first, second = rows(population.person)
    assert (first["sex"], second["sex"]) == ("M", "not stated")
    assert (first["ethnic_group"], second["ethnic_group"]) == ("White", "Black")
    assert str(first["birth_month"]) == "1950-03-01"
    assert [(r["person_id"], r["condition"]) for r in rows(population.condition)] == [("x", "heart_failure")]
    visit, call = rows(population.contact)
    assert (visit["setting"], visit["length_days"], visit["cost_gbp"]) == ("ae", 2, 100.5)
    assert (call["setting"], call["length_days"], call["cost_gbp"]) == ("nhs111", None, None)
    assert "An example." in population.notes
    assert any("2 rows of problems left out, with 2 code(s)" in note for note in population.notes)
    assert (
        "person: imd_decile, lsoa, msoa, practice, registered_to not in this extract; read as not stated."
        in (population.notes)
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"gender"', '"sexe"', "a column sexe"),
        ('"imd_decile", "registered_to"]', '"imd_decile"]', "a column registered_to"),
        ("[person]", '[tolerances]\n"after death" = 2\n[person]', "[tolerances] has ['after death']"),
        ("[person]", "[tolerances]\nduplicates = 0.5\n[person]", "[tolerances] has ['duplicates']"),
        ("recode.sex", "recode.height", "height"),
        ('table = "calls"', "", "no table"),
        ('table = "calls"', 'table = "letters"', "no such table"),
        ("[manifest]", "[persons]", "persons"),
        ("[manifest]", "[manifest", "not a readable mapping file"),
    ],
)
def test_a_mapping_that_does_not_fit_says_what(theirs, old, new, said):
    (theirs / "map.toml").write_text(MAPPING.replace(old, new))
    report = check_population(theirs, mapping=theirs / "map.toml")
    assert not report.ok
    assert said in " ".join(rejection.to_text() for rejection in report.rejections)
