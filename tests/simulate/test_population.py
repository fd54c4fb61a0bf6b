"""The simulated population: layout, codes, time at risk, the same bytes again, whole or not there."""

import hashlib
import json
import re
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis_lib import cli, project
from analysis_lib.identifiers import CANARIES
from analysis_lib.inputs.population import load_population
from analysis_lib.models import add_interactions
from analysis_lib.queries import features_at, outcomes_after, to_frame
from analysis_lib.simulate import simulate_population
from analysis_lib.simulate.population import codes, geography, tables
from analysis_lib.simulate.population.people import age_at_index
from tests.coverage import worlds

N_PEOPLE = 20_500  # two files of 20,000 and 500
COLUMNS = {
    "person": "person_id birth_month sex ethnic_group lsoa msoa practice imd_decile registered_from "
    "registered_to death_month",
    "condition": "person_id condition onset_date",
    "medicine": "person_id bnf_chapter bnf_section start_date stop_date",
    "contact": "person_id date setting attended length_days cost_gbp",
}


def read(folder, name):
    path = folder / name if (folder / name).is_dir() else folder / f"{name}.parquet"
    frame = pq.read_table(path).to_pandas(date_as_object=False)
    return frame.astype({c: "str" for c in frame.columns if frame[c].dtype == object})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return simulate_population(tmp_path_factory.mktemp("made") / "population", N_PEOPLE, 3, processes=1)


@pytest.fixture(scope="module")
def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture(scope="module")
def person(folder):
    return read(folder, "person")


@pytest.fixture(scope="module")
def contact(folder):
    return read(folder, "contact")


def test_tables_have_the_columns_of_the_layout(folder):
    for name, columns in COLUMNS.items():
        assert list(read(folder, name).columns) == columns.split()
    schema = pq.read_schema(folder / "contact" / "part-0001.parquet")
    assert [str(f.type) for f in schema] == ["string", "date32[day]", "string", "string", "int16", "double"]


def test_manifest_describes_every_file(folder, manifest):
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert present == {entry["name"] for entry in manifest["files"]} | {"manifest.json"}
    for entry in manifest["files"]:
        assert hashlib.sha256((folder / entry["name"]).read_bytes()).hexdigest() == entry["sha256"]
    for name, n_rows in manifest["n_rows"].items():
        assert n_rows == len(read(folder, name))
    assert manifest["n_rows"]["person"] == N_PEOPLE
    assert manifest["simulated"] is True
    assert manifest["seed"] == 3
    assert manifest["scenario"] == "unfavourable"
    assert manifest["index_dates"] == ["2022-04-01", "2023-04-01", "2024-04-01"]
    assert manifest["lsoa_vintage"] == "2011"
    assert manifest["imd_vintage"] == "2019"


def test_codes_are_known(folder, person, contact):
    assert person["person_id"].is_unique
    assert person["person_id"].str.fullmatch("[0-9a-f]{16}").all()
    assert set(person["sex"]) == {"F", "M", "not stated"}
    assert set(person["ethnic_group"]) == {"White", "Mixed", "Asian", "Black", "Other", "not stated"}
    condition, medicine = read(folder, "condition"), read(folder, "medicine")
    assert set(condition["condition"]) == set(codes.CONDITIONS)
    assert len(codes.CONDITIONS) == 20
    assert not condition.duplicated(["person_id", "condition"]).any()
    assert medicine["bnf_section"].str.fullmatch("[0-9]{4}").all()
    assert (medicine["bnf_section"].str[:2] == medicine["bnf_chapter"]).all()
    assert set(contact["setting"]) == set(codes.SETTINGS)
    for table in (condition, medicine, contact):
        assert table["person_id"].isin(person["person_id"]).all()


def test_only_booked_contacts_can_be_missed_and_only_admissions_last(contact):
    booked = contact["setting"].isin(["gp", "outpatient", "community", "mental_health", "maternity"])
    assert contact.loc[~booked, "attended"].isna().all()
    assert set(contact.loc[booked, "attended"]) == {"yes", "DNA", "unknown"}
    admitted = contact["setting"].isin(["elective", "emergency"])
    assert contact.loc[~admitted, "length_days"].isna().all()
    assert contact.loc[admitted, "length_days"].between(0, 180).all()
    missed = contact["attended"] == "DNA"
    assert (contact["cost_gbp"][missed] == 0).all()
    assert (contact["cost_gbp"][~missed] > 0).all()


def test_areas_are_those_of_the_reference_table(person):
    lsoa = pd.DataFrame(geography.load_lsoas()).set_index("lsoa11_code")
    assert (lsoa["msoa11_code"][person["lsoa"]].to_numpy() == person["msoa"].to_numpy()).all()
    assert (lsoa["imd2019_decile"].astype(int)[person["lsoa"]].to_numpy() == person["imd_decile"]).all()
    assert person["lsoa"].nunique() == 482
    assert person["practice"].str.fullmatch("SIM[0-9]{3}").all()
    assert 0.19 < (person["imd_decile"] == 1).mean() < 0.28


def test_nobody_is_seen_outside_registration(person, contact):
    at = contact.merge(person, on="person_id", validate="m:1")
    assert (at["date"] >= at["registered_from"]).all()
    assert not (at["date"] > at["registered_to"]).any()
    assert (at["date"] >= at["birth_month"]).all()
    assert contact["date"].min() == pd.Timestamp("2022-04-01")
    assert contact["date"].max() == pd.Timestamp("2025-03-31")
    leaves = at["date"] + pd.to_timedelta(at["length_days"].fillna(0), unit="D")
    assert not (leaves > at["registered_to"]).any()
    assert leaves.max() <= pd.Timestamp("2025-03-31")


def test_registration_birth_and_death_fit_together(folder, person):
    assert (person["registered_from"] >= person["birth_month"]).all()
    assert not (person["registered_to"] < person["registered_from"]).any()
    assert person["registered_from"].max() <= pd.Timestamp("2025-03-31")
    assert person["registered_to"].min() >= pd.Timestamp("2022-04-01")
    died = person["death_month"].notna()
    month = person["registered_to"].dt.to_period("M").dt.to_timestamp()
    assert (month[died] == person["death_month"][died]).all()
    assert 0 < died.sum() < person["registered_to"].notna().sum()
    for name, column in (("condition", "onset_date"), ("medicine", "start_date")):
        at = read(folder, name).merge(person, on="person_id")
        assert (at[column] >= at["birth_month"]).all()
        assert not (at[column] > at["registered_to"]).any()
    medicine = read(folder, "medicine")
    assert not (medicine["stop_date"] <= medicine["start_date"]).any()


def test_age_at_index_is_completed_years_from_the_month_of_birth():
    dates = np.array(["2021-04-30", "2021-05-01", "1950-03-31", "2022-04-02"], "datetime64[D]")
    born = (dates - np.datetime64(codes.FIRST_DAY)).astype(int)
    assert age_at_index(born, 0).tolist() == [1, 0, 72, 0]
    assert age_at_index(born, 2).tolist() == [3, 2, 74, 2]


def test_canaries_are_among_the_people(person, contact, manifest):
    assert len(CANARIES) == 24
    assert set(CANARIES) <= set(person["person_id"])
    assert manifest["canaries"] == list(CANARIES)
    assert contact["person_id"].isin(CANARIES).any()


def test_numbers_of_people_and_ids_do_not_collide():
    ids = tables.make_ids(1, 0, 200_000, 200_000)
    assert len(set(ids)) == 200_000
    assert set(tables.make_ids(2, 0, 1_000, 1_000)) & set(ids) == set(CANARIES)
    # A block's identifiers are the same whichever block is made first.
    assert tables.make_ids(1, 150_000, 10, 200_000).tolist() == ids[150_000:150_010].tolist()


def hashes(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_two_processes_write_the_same_bytes_as_one(folder, tmp_path):
    other = simulate_population(tmp_path / "two", N_PEOPLE, 3, processes=2)
    assert hashes(other) == hashes(folder)
    assert len(list((other / "contact").iterdir())) == 2


def test_another_seed_is_another_population(tmp_path):
    one, two = (simulate_population(tmp_path / str(seed), 300, seed, 1) for seed in (1, 2))
    assert not set(read(one, "person")["person_id"]) & set(read(two, "person")["person_id"]) - set(CANARIES)
    assert len(read(one, "contact")) != len(read(two, "contact"))


def test_nothing_but_the_public_table_of_areas_is_read(tmp_path, monkeypatch):
    usual = simulate_population(tmp_path / "usual", 300, 1, processes=1)
    areas = project.REFERENCE / "leeds_lsoa.csv"
    (tmp_path / "reference").mkdir()
    shutil.copy(areas, tmp_path / "reference")
    monkeypatch.setattr(project, "REFERENCE", tmp_path / "reference")
    assert hashes(simulate_population(tmp_path / "bare", 300, 1, processes=1)) == hashes(usual)
    # Codes, names, ranks and points of areas: nothing about anybody.
    header = (
        "lsoa11_code,lsoa11_name,msoa11_code,msoa11_name,imd2019_rank,imd2019_decile,easting_m,northing_m"
    )
    assert areas.read_text().splitlines()[0] == header


def test_a_run_that_breaks_leaves_nothing_new(tmp_path):
    def stop(done, total, seconds):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_population(tmp_path / "new", 200, 1, 1, progress=stop)
    assert list(tmp_path.iterdir()) == []
    earlier = hashes(simulate_population(tmp_path / "new", 200, 1, 1))
    with pytest.raises(KeyboardInterrupt):
        simulate_population(tmp_path / "new", 300, 1, 1, progress=stop)
    assert hashes(tmp_path / "new") == earlier
    assert [p.name for p in tmp_path.iterdir()] == ["new"]


def test_other_files_are_never_written_over(tmp_path):
    made = simulate_population(tmp_path / "made", 200, 1, 1)
    simulate_population(made, 300, 1, 1)
    assert len(read(made, "person")) == 300
    (made / "mine.csv").write_text("kept")
    with pytest.raises(FileExistsError, match="empty or new folder"):
        simulate_population(made, 200, 1, 1)
    assert len(read(made, "person")) == 300
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError, match="is a file"):
        simulate_population(tmp_path / "file", 200, 1, 1)


@pytest.mark.parametrize(("people", "processes"), [(99, 1), (200, 0)])
def test_too_few_are_refused(tmp_path, people, processes):
    with pytest.raises(ValueError, match="or more"):
        simulate_population(tmp_path / "new", people, 1, processes)
    assert list(tmp_path.iterdir()) == []


def test_people_in_memory_are_those_that_are_read(tmp_path):
    population = load_population(simulate_population(tmp_path / "new", 2_000, 8, processes=1))
    frames, truth = worlds.draw_population(8, 2_000)
    assert json.loads(json.dumps(truth)) == population.truth
    for day, held in zip(codes.INDEX_DATES, frames, strict=True):
        known = features_at(population, day, lookback_months=())
        read = to_frame(known.join(outcomes_after(population, day), "person_id"))
        read = add_interactions(read.rename(columns=lambda name: name.removeprefix("next_n_")))
        same = [c for c in held if c in read and c != "person_id"]
        assert set(held) <= set(read)
        one, two = (f[same].sort_values(same).reset_index(drop=True) for f in (read, held))
        one, two = (f.astype(dict.fromkeys(("age_band", "sex", "ethnic_group"), "str")) for f in (one, two))
        pd.testing.assert_frame_equal(one, two, check_dtype=False, check_column_type=False)


def test_a_scenario_is_named_or_refused(tmp_path, capsys):
    words = ["simulate", "--people", "250", "--processes", "1", "--out", str(tmp_path / "new")]
    assert cli.main([*words, "--scenario", "null"]) == 0
    assert json.loads((tmp_path / "new" / "manifest.json").read_text())["scenario"] == "null"
    truth = json.loads((tmp_path / "new" / "truth.json").read_text())
    assert {e for effects in truth["area"]["effect"].values() for e in effects.values()} == {0.0}
    assert cli.main([*words, "--scenario", "sunny"]) == 2
    assert "unfavourable, favourable, null" in capsys.readouterr().err


def test_command_tells_progress_and_writes(tmp_path, capsys):
    words = ["simulate", "--people", "250", "--processes", "1", "--out", str(tmp_path / "new")]
    assert cli.main([*words, "--seed", "5"]) == 0
    said = capsys.readouterr()
    assert re.search(r"^250 of 250 people; \d+ s, about 0 s left$", said.err, re.M)
    assert "Simulated population in" in said.out
    assert json.loads((tmp_path / "new" / "manifest.json").read_text())["seed"] == 5
    assert cli.main([*words, "--months", "3"]) == 2
    (tmp_path / "new" / "mine.csv").write_text("kept")
    assert cli.main(words) == 1
    assert cli.main(["simulate", "--people", "5", "--out", str(tmp_path / "few")]) == 2
