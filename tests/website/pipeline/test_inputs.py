"""Steps that simulate and check inputs: a failing one leaves what was there."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from analysis_lib import project
from analysis_lib.inputs import AbsentInput, InputError
from website import pipeline
from website.areas import UnknownArea

from .conftest import contents

HEADER = (
    "icb_ons_code,appointment_month,appointment_status,hcp_type,appointment_mode,"
    "time_between_book_and_appointment,count_of_appointments"
)
ROW = "E54000054,2022-03,{status},GP,Telephone,Same Day,{count}"


def test_simulated_inputs_replace_the_folder_as_a_whole(tmp_path, small):
    folder = tmp_path / "data" / "simulated"
    folder.mkdir(parents=True)
    (folder / "of_an_earlier_layout.csv").write_text("old")
    (folder / "manifest.json").write_text("{}")
    pipeline.simulate_inputs(folder)
    assert contents(folder) == contents(small(tmp_path / "again"))
    assert "of_an_earlier_layout.csv" not in contents(folder)
    assert [p.name for p in folder.parent.iterdir()] == ["simulated"]  # nothing half made beside it


def test_a_simulation_that_fails_leaves_the_earlier_one(tmp_path, monkeypatch):
    def fail(folder: Path) -> None:
        folder.mkdir()
        (folder / "half.csv").write_text("half")
        raise OSError("disk full")

    folder = tmp_path / "data" / "simulated"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("earlier")
    monkeypatch.setattr("analysis_lib.simulate.simulate_appointments", fail)
    with pytest.raises(OSError, match="disk full"):
        pipeline.simulate_inputs(folder)
    assert contents(tmp_path / "data") == {"simulated/manifest.json": b"earlier"}


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """A folder of real inputs with one file; results and cache go to folders of their own."""
    folder = tmp_path / "my_area"
    folder.mkdir()
    rows = [ROW.format(status="Attended", count=12), ROW.format(status="DNA", count=3)]
    (folder / "attendance.csv").write_text("\n".join([HEADER, *rows, ""]))
    monkeypatch.setenv(project.RESULTS_VARIABLE, str(tmp_path / "results"))
    monkeypatch.setattr("analysis_lib.inputs.load.default_cache", lambda: tmp_path / "cache")
    return folder


def test_files_that_are_not_read_are_named_by_the_run(inputs, capsys):
    (inputs / "june.txt").write_text("x")
    (inputs / "2021").mkdir()
    pipeline.check_inputs(inputs)
    said = capsys.readouterr().err
    assert "not read: june.txt (files ending .txt are not read)" in said
    assert "not read: 2021/ (folders inside the folder are not read)" in said
    facts = json.loads((inputs.parent / "results" / "facts" / "run.json").read_text())
    assert "not read: 2021/ (folders inside" in json.dumps(facts)


def run_facts(tmp_path: Path) -> dict[str, str]:
    content = json.loads((tmp_path / "results" / "facts" / "run.json").read_text())
    return {name: entry["text"] for name, entry in content["facts"].items()}


def test_checked_inputs_leave_their_facts_and_tables(tmp_path, inputs):
    pipeline.check_inputs(inputs)
    facts = run_facts(tmp_path)
    assert facts["data_label"] == "NHS England's appointment files (my_area)"
    assert facts["source"] == "NHS England, Appointments in General Practice"
    assert facts["banner"] == ""
    assert (facts["n_files"], facts["n_rows"], facts["n_warnings"]) == ("1", "2", "0")
    assert facts["provenance"].startswith("attendance.csv (2 rows, sha256 ")
    assert facts["provenance"].endswith(", Mar 2022)")
    quality = pd.read_csv(tmp_path / "results" / "tables" / "data_quality.csv")
    assert quality["n_appointments"].tolist() == [15]
    assert (tmp_path / "results" / "tables" / "raw_labels.csv").is_file()


def test_the_planning_figure_is_that_of_england_or_of_these_files(tmp_path, inputs, monkeypatch):
    pipeline.check_inputs(inputs)
    england = "The background papers of this report plan with 1,200,000 appointments a day in England"
    assert run_facts(tmp_path)["plan"] == england
    monkeypatch.setenv("REPORT_CAPACITY", "45000")
    pipeline.check_inputs(inputs)
    own = "This report compares with 45,000 appointments a day, a figure that was set for these files"
    assert run_facts(tmp_path)["plan"] == own


def test_the_folder_has_a_name_however_it_is_given(tmp_path, inputs, monkeypatch):
    monkeypatch.chdir(inputs)
    pipeline.check_inputs(Path())
    assert run_facts(tmp_path)["data_label"] == "NHS England's appointment files (my_area)"


def test_simulated_inputs_carry_the_banner(tmp_path, inputs, small):
    pipeline.check_inputs(small(tmp_path / "made"))
    facts = run_facts(tmp_path)
    assert facts["data_label"] == facts["source"] == "simulated appointments"
    assert facts["banner"].startswith("Simulated data.")


def test_a_rejected_file_stops_the_run_before_anything_is_touched(tmp_path, inputs):
    pipeline.check_inputs(inputs)
    before = contents(tmp_path / "results")
    (inputs / "broken.csv").write_text("\n".join([HEADER, ROW.format(status="Attended", count="many"), ""]))
    with pytest.raises(InputError, match="broken.csv, line 2, column count_of_appointments"):
        pipeline.check_inputs(inputs)
    assert contents(tmp_path / "results") == before


def test_an_area_that_is_not_in_the_inputs_is_refused_before_anything_is_touched(tmp_path, inputs):
    pipeline.check_inputs(inputs, ["E54000054"])
    before = contents(tmp_path / "results")
    with pytest.raises(UnknownArea, match="^15F is a known area, but these inputs hold no"):
        pipeline.check_inputs(inputs, ["15F"])
    assert contents(tmp_path / "results") == before


def linked_facts(folder: Path) -> dict[str, str]:
    path = folder / "results" / "facts" / "linked.json"
    return {name: entry["text"] for name, entry in json.loads(path.read_text())["facts"].items()}


def test_a_simulated_population_is_named_with_its_rows_and_hash(results):
    pipeline.simulate_people(results / "people", 400)
    pipeline.check_population(results / "people")
    facts = linked_facts(results)
    assert facts["label"] == "a simulated linked population"
    assert facts["provenance"].startswith("simulated linked population (400 rows of table person, ")
    assert "sha256 " in facts["provenance"]
    assert facts["banner"] == "The linked population is simulated: none of its people exists."


def test_no_population_leaves_nothing_to_say(results):
    pipeline.check_population(results)
    assert linked_facts(results) == {}


def test_admissions_are_named_with_their_rows_and_hash(results):
    rows = "age,sex,length_of_stay\n" + "70,F,3\n" * 18
    (results / "stays.csv").write_text(rows, encoding="utf-8")
    pipeline.check_population(results)
    facts = linked_facts(results)
    assert facts["admissions_label"] == "admissions of stays.csv"
    assert facts["admissions_provenance"].startswith("admissions of stays.csv (20 rows, sha256 ")
    assert "source" not in facts
    stored = json.loads((results / "results" / "facts" / "linked.json").read_text())
    assert stored["source"] == "admissions of stays.csv"
    (results / "stays.csv").write_text(rows + "71,M,2\n", encoding="utf-8")
    pipeline.check_population(results)
    assert linked_facts(results)["admissions_provenance"] != facts["admissions_provenance"]


def test_a_population_alone_is_no_missing_appointments(results):
    pipeline.simulate_people(results / "people", 400)
    pipeline.check_inputs(results / "people")
    assert run_facts(results) == {}


def test_area_reports_of_inputs_without_areas_are_refused_with_the_setting_that_asks(inputs, monkeypatch):
    def lack(frame):
        raise AbsentInput("This section needs an attendance file, which is not among these inputs.")

    monkeypatch.setattr("website.areas.places.list_places", lack)
    with pytest.raises(AbsentInput, match=r"areas \(15F\) cannot be made .* AREA= alone .* They need an att"):
        pipeline.check_inputs(inputs, ["15F"])
