"""A folder's linked population: what it is known by, that other readers leave it alone, and its absence."""

import json
import shutil

import pandas as pd
import pytest

from analysis_lib.inputs import (
    AbsentInput,
    InputError,
    check_folder,
    load_appointments,
    load_linked,
    load_tweets,
)
from analysis_lib.inputs.find_population import hash_population, holds_population, population_files
from analysis_lib.inputs.linked import find_msoa_boundaries, name_msoas
from analysis_lib.inputs.remarks import TooFewYears
from analysis_lib.simulate import simulate_appointments
from tests.population_tables import small_population, write

APPOINTMENTS = "regional_csv.zip"


@pytest.fixture
def people(tmp_path):
    folder = tmp_path / "people"
    folder.mkdir()
    write(folder, small_population())
    return folder


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("person.parquet", True),
        ("person.csv", True),
        ("PERSON.CSV.GZ", True),
        ("extract.duckdb", True),
        ("mapping.toml", True),
        ("persons.csv", False),
        ("regional.csv", False),
    ],
)
def test_a_population_is_known_by_its_files(tmp_path, name, held):
    (tmp_path / name).touch()
    assert holds_population(tmp_path) is held


def test_a_folder_of_parts_counts_as_a_table(tmp_path):
    (tmp_path / "person").mkdir()
    (tmp_path / "person" / "part-0001.parquet").touch()
    assert holds_population(tmp_path)
    assert [p.name for p in population_files(tmp_path)] == ["part-0001.parquet"]


def test_tables_that_a_mapping_names_are_the_populations(tmp_path):
    (tmp_path / "mapping.toml").write_text('[person]\ntable = "patients"\n[[contact]]\ntable = "Visits"\n')
    for name in ("patients.csv", "visits.csv", "regional.csv"):
        (tmp_path / name).touch()
    assert [p.name for p in population_files(tmp_path)] == ["patients.csv", "visits.csv"]


def test_a_population_alone_gives_notes_for_appointments_and_tweets(people):
    with pytest.raises(AbsentInput, match="attendance file"):
        load_appointments(people, cache=False).need("attendance")
    with pytest.raises(AbsentInput, match="tweets file"):
        load_tweets(people, cache=False).need()
    assert check_folder(people, cache=False).ok


def test_appointments_are_read_beside_a_population(people, tmp_path):
    made = simulate_appointments(tmp_path / "made", seed=1, months=13, areas=["00L"])
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(made / APPOINTMENTS, alone)
    shutil.copy(made / APPOINTMENTS, people)
    both = load_appointments(people, cache=False)
    pd.testing.assert_frame_equal(both.attendance, load_appointments(alone, cache=False).attendance)
    assert both.profile == "published"
    assert load_linked(people).profile == "patient"


def test_a_folder_without_people_has_an_absent_population(tmp_path):
    linked = load_linked(tmp_path)
    assert (linked.population, linked.profile) == (None, "published")
    with pytest.raises(AbsentInput, match="needs a linked population"):
        linked.need()


def test_years_end_with_the_last_date_and_must_be_covered(people):
    manifest = json.loads((people / "manifest.json").read_text())
    manifest |= {"last_date": "2025-03-31", "first_date": "2023-04-01"}
    (people / "manifest.json").write_text(json.dumps(manifest))
    linked = load_linked(people)
    assert [f"{day}" for day in linked.index_days(2)] == ["2024-04-01", "2023-04-01"]
    with pytest.raises(TooFewYears, match="needs 3 years of contacts; these begin on 1 April 2023"):
        linked.index_days(3)
    # Where the first day is not stated, the contacts tell: theirs begin on 31 March 2023.
    del manifest["first_date"]
    (people / "manifest.json").write_text(json.dumps(manifest))
    unstated = load_linked(people)
    assert unstated.index_days(2) == linked.index_days(2)
    with pytest.raises(TooFewYears, match="these begin on 31 March 2023, and the last day is 31 March 2025"):
        unstated.index_days(3)


def test_two_databases_are_one_too_many(tmp_path):
    for name in ("a.duckdb", "b.duckdb"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match="several databases"):
        load_linked(tmp_path)


def test_the_hash_is_of_every_table_and_of_nothing_else(people):
    before = hash_population(people)
    (people / "notes.txt").write_text("other")
    assert hash_population(people) == before
    write(people, {"medicine": small_population()["medicine"][:1]})
    assert hash_population(people) != before


def test_areas_have_names_and_boundaries_where_the_reference_has_them():
    areas = pd.Series(["E02002330", "E02999999"])
    assert name_msoas(areas).tolist() == ["Leeds 001", "E02999999"]
    assert find_msoa_boundaries(areas[:1]).name.endswith(".geojson")
    with pytest.raises(AbsentInput, match="boundaries of these areas"):
        find_msoa_boundaries(areas[1:])
