import json

import pandas as pd
import pytest

from analysis_lib.release import fact, merge_facts, open_store


@pytest.fixture
def store(tmp_path):
    return open_store("missed", tmp_path)


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
    open_store("appointments", tmp_path).save_facts({"total": fact(742804525, "count")})
    assert merge_facts(tmp_path) == {
        "appointments": {"total": "742,804,525"},
        "missed": {"headline": "One in twenty-three", "rate": "4.4%"},
    }
    assert json.loads(store.path.read_text())["facts"]["rate"] == {
        "value": 0.0436,
        "unit": "rate",
        "text": "4.4%",
    }


def test_one_name_has_one_value(store):
    store.save_facts({"rate": fact(0.04, "rate")})
    store.save_facts({"rate": fact(0.04, "rate")})
    with pytest.raises(ValueError, match="rate"):
        store.save_facts({"rate": fact(0.05, "rate")})


def test_opening_again_removes_what_the_last_run_left(store, tmp_path):
    store.save_table("old", pd.DataFrame({"n": [1]}))
    open_store("missed", tmp_path)
    assert not (tmp_path / "tables" / "old.csv").exists()
    assert merge_facts(tmp_path) == {}


@pytest.mark.parametrize("name", ["Rate", "dna rate", "../x", "", "1st"])
def test_names_are_plain(store, name):
    with pytest.raises(ValueError, match="usable name"):
        store.save_table(name, pd.DataFrame({"n": [1]}))
