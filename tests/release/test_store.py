import json

import pandas as pd
import pytest

from analysis_lib import project
from analysis_lib.kinds import Plain
from analysis_lib.release import (
    fact,
    is_hidden,
    list_releases,
    merge_facts,
    of_nobody,
    open_store,
    summarise_releases,
)


class Source:
    """Loaded inputs, as far as a store asks."""

    def __init__(self, profile):
        self.profile = profile


OPEN, PEOPLE, MADE_UP = Source("published"), Source("patient"), Source("simulated")


@pytest.fixture
def store(tmp_path):
    return open_store("missed", OPEN, folder=tmp_path)


@pytest.fixture
def guarded(tmp_path):
    return open_store("missed", PEOPLE, folder=tmp_path)


def test_table_is_written_as_released(store):
    frame = pd.DataFrame(
        {
            "month": pd.to_datetime(["2021-11-01", "2021-12-01"]),
            "first_date": pd.to_datetime(["2021-11-01", "2021-12-31"]),
            "mode": pd.Categorical(["Telephone", None]),
            "n_dna": [12, 3],
            "dna_rate": [1 / 3, None],
        }
    )
    released = store.save_table("attendance_by_mode", frame)
    assert (store.folder / "tables" / "attendance_by_mode.csv").read_text() == (
        "month,first_date,mode,n_dna,dna_rate\n2021-11,2021-11-01,Telephone,12,0.333333\n2021-12,2021-12-31,,3,\n"
    )
    assert released["dna_rate"].iloc[0] == 0.333333
    assert frame["dna_rate"].iloc[0] == 1 / 3, "the given frame is not changed"


def test_a_cell_that_a_spreadsheet_would_run_is_made_text(store):
    store.save_table("areas", pd.DataFrame({"name": ["=1+1", "@SUM(A1)", "Leeds"], "change": [-1, 0, 1]}))
    lines = (store.folder / "tables" / "areas.csv").read_text().splitlines()
    assert lines == ["name,change", "'=1+1,-1", "'@SUM(A1),0", "Leeds,1"]


@pytest.mark.parametrize("column", ["nhs_number", "person_id", "Patient ID".replace(" ", "_"), "user_name"])
def test_person_identifiers_are_refused(store, column):
    with pytest.raises(ValueError, match=column):
        store.save_table("people", pd.DataFrame({column: ["x"]}))
    assert not (store.folder / "tables" / "people.csv").exists()


def test_facts_merge_into_variables(store, tmp_path):
    store.save_facts({"rate": fact(0.0436, "rate"), "headline": "One in twenty-three"})
    open_store("appointments", OPEN, folder=tmp_path).save_facts({"total": fact(742804525, "count")})
    assert merge_facts(tmp_path) == {
        "appointments": {"total": "742,804,525"},
        "missed": {"headline": "One in twenty-three", "rate": "4.4%"},
    }
    assert json.loads(store.path.read_text())["facts"]["rate"] == {
        "value": 0.0436,
        "unit": "rate",
        "text": "4.4%",
    }


def test_a_notebook_quotes_its_own_facts_and_those_of_the_checks(store, tmp_path, monkeypatch):
    """Notebooks run side by side: what another wrote may be gone, or not yet there, when this one reads."""
    for step, name in (("", "run"), ("01_visits", "visits"), ("02_missed", "missed")):
        monkeypatch.setenv(project.STEP_VARIABLE, step)
        open_store(name, OPEN, folder=tmp_path).save_facts({"answer": f"of {name}"})
    assert merge_facts(tmp_path, step="02_missed").keys() == {"run", "missed"}
    assert merge_facts(tmp_path).keys() == {"run", "visits", "missed"}


def test_a_store_that_goes_while_facts_are_merged_is_not_one(store, tmp_path):
    store.save_facts({"answer": "Here"})
    (tmp_path / "facts" / "gone.json").symlink_to(tmp_path / "removed.json")
    assert merge_facts(tmp_path) == {"missed": {"answer": "Here"}}


def test_one_name_has_one_value(store):
    store.save_facts({"rate": fact(0.04, "rate")})
    store.save_facts({"rate": fact(0.04, "rate")})
    with pytest.raises(ValueError, match="rate"):
        store.save_facts({"rate": fact(0.05, "rate")})


def test_a_caption_ends_in_the_source_unless_it_names_its_own(store):
    store.source = "made-up data"
    store.save_label("fig-a", {"caption": "Some rose", "alt": "A line. Some rose."})
    store.save_label("fig-b", {"caption": "Few fell. Source: other data"})
    assert json.loads(store.path.read_text())["labels"] == {
        "fig-a": {"caption": "Some rose. Source: made-up data.", "alt": "A line. Some rose."},
        "fig-b": {"caption": "Few fell. Source: other data."},
    }


def test_opening_again_removes_what_the_last_run_left(store, tmp_path):
    store.save_table("old", pd.DataFrame({"n": [1]}))
    open_store("missed", OPEN, folder=tmp_path)
    assert not (tmp_path / "tables" / "old.csv").exists()
    assert merge_facts(tmp_path) == {}


@pytest.mark.parametrize("name", ["Rate", "dna rate", "../x", "", "1st"])
def test_names_are_plain(store, name):
    with pytest.raises(ValueError, match="usable name"):
        store.save_table(name, pd.DataFrame({"n": [1]}))


def test_the_strictest_input_decides(tmp_path):
    assert open_store("a", OPEN, folder=tmp_path).profile.name == "published"
    assert open_store("a", OPEN, MADE_UP, folder=tmp_path).profile.name == "simulated"
    assert open_store("a", PEOPLE, OPEN, MADE_UP, folder=tmp_path).profile.name == "patient"


def test_without_inputs_nothing_leaves(tmp_path):
    with pytest.raises(ValueError, match="loaded inputs"):
        open_store("a", folder=tmp_path)
    with pytest.raises(ValueError, match="Unknown disclosure profile 'open'"):
        open_store("a", Source("open"), folder=tmp_path)


def test_small_counts_are_hidden_in_frame_and_file_and_others_rounded(guarded):
    frame = pd.DataFrame({"mode": list("abcd"), "n_dna": [0, 7, 8, 13], "n_attended": [100, 93, 92, 87]})
    released = guarded.save_table("modes", frame)
    assert released["n_dna"].isna().tolist() == [False, True, False, False]
    assert released["n_dna"].fillna(-1).tolist() == [0, -1, 10, 15]
    assert released["n_attended"].tolist() == [100, 95, 90, 85]
    assert (guarded.folder / "tables" / "modes.csv").read_text().splitlines()[1:] == [
        "a,0,100",
        "b,[c],95",
        "c,10,90",
        "d,15,85",
    ]
    assert is_hidden(released, 1, "n_dna")
    assert not is_hidden(released, 0, "n_dna")


def test_the_log_tells_how_much_was_hidden_and_no_value(guarded):
    guarded.save_table("modes", pd.DataFrame({"mode": list("ab"), "n_dna": [3, 40]}))
    entry = json.loads(guarded.path.read_text())["tables"]["modes"]
    assert entry == {
        "rows": 2,
        "n_cells": 2,
        "population": "all",
        "within": None,
        "kinds": {"mode": "Dimension", "n_dna": "Count"},
        "hidden": [{"column": "n_dna", "reason": "small, or beside a small one", "n_cells": 1}],
    }
    log = list_releases(guarded.folder)
    assert log.to_dict("records") == [
        {"store": "missed", "table": "modes", "profile": "patient", "rows": 2, "n_cells": 2}
        | {"column": "n_dna", "reason": "small, or beside a small one", "n_hidden": 1}
    ]
    summary = summarise_releases(log)
    assert (summary["profiles"], summary["n_tables"], summary["n_cells"]) == ("patient", "1", "2")
    assert (summary["n_hidden"], summary["n_small"]) == ("1", "1")


def test_a_number_of_no_known_kind_is_refused_where_people_are_protected(guarded, store):
    frame = pd.DataFrame({"mode": ["a"], "beds": [40]})
    with pytest.raises(ValueError, match="'beds'"):
        guarded.save_table("wards", frame)
    assert not (guarded.folder / "tables" / "wards.csv").exists()
    assert guarded.save_table("wards", frame, {"beds": Plain()})["beds"].tolist() == [40]


@pytest.mark.parametrize("value", [1, 7, 8, 12])
def test_a_count_that_was_not_released_is_no_fact(guarded, value):
    with pytest.raises(ValueError, match="'n_dna' (is a count that was not released|has a number)"):
        guarded.save_facts({"n_dna": fact(value, "count")})
    assert not guarded.path.exists()


@pytest.mark.parametrize(
    "made", [fact(0, "count"), fact(15, "count"), fact(of_nobody(7), "things"), fact(12.5, "number")]
)
def test_other_numbers_are_facts(guarded, made):
    guarded.save_facts({"x": made})
    assert json.loads(guarded.path.read_text())["facts"]["x"]["text"] == made.text


SMALL = [(3, unit) for unit in ("things", "number", "gbp", "rate", "points", "scaled")]


@pytest.mark.parametrize(("value", "unit"), [*SMALL, ("3", "text"), ("about three", "text"), (41, "things")])
def test_a_small_count_is_no_fact_of_any_unit(guarded, value, unit):
    with pytest.raises(ValueError, match=r"'n' has a number .*report.say.*of_nobody"):
        guarded.save_facts({"n": fact(value, unit)})
    guarded.save_facts({"n": fact(of_nobody(value), unit), "text": of_nobody("3 files")})
    assert guarded.texts["text"] == "3 files"


def test_an_official_count_of_any_size_is_a_fact(store):
    store.save_facts({"n_dna": fact(7, "count")})
    assert merge_facts(store.folder) == {"missed": {"n_dna": "7"}}
