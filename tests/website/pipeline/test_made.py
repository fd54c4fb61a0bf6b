"""What a step made is known by its content and its inputs; what no present step made is removed."""

from __future__ import annotations

from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from analysis_lib import project
from analysis_lib.release import list_store, list_stores, open_store
from website import steps
from website.shape import find_strangers, list_inputs

from .conftest import contents

SOURCE = SimpleNamespace(profile="simulated")


@pytest.fixture
def made(root):
    """Two steps with a file each: a check, and a notebook that is there."""
    source = root / "notebooks" / "06_own.ipynb"
    source.parent.mkdir()
    source.write_text("one")
    for name in ("data_quality", "own"):
        (root / "results" / "tables" / f"{name}.csv").write_text(name)
    steps.note_made("check", [root / "results/tables/data_quality.csv"])
    steps.note_made("06_own", [root / "results/tables/own.csv"], source)
    return SimpleNamespace(root=root, source=source, present={"check": None, "06_own": source})


def whole(made):
    return steps.made_is_whole("check")(), steps.made_is_whole("06_own", made.source)()


def test_nothing_is_removed_of_what_present_steps_made(made):
    before = contents(made.root)
    assert steps.remove_left_overs(made.present) == []
    assert contents(made.root) == before
    assert whole(made) == (True, True)


@pytest.mark.parametrize(
    "name",
    [
        "results/facts/a.json",
        "results/tables/a.csv",
        "results/figures/a.svg",
        "results/tables/deep/a.csv",
        "report/notebooks/05_gone.ipynb",
        "report/takeaway/a.xlsx",
    ],
)
def test_what_nobody_made_goes(made, name):
    path = made.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("left")
    assert steps.remove_left_overs(made.present) == [name]
    assert whole(made) == (True, True)


def test_results_go_with_their_notebook(made):
    """Its table, facts, figure and executed copy, each as it made them."""
    kinds = ["results/facts/own.json", "results/figures/own.svg", "results/tables/own.csv"]
    kinds = ["report/notebooks/06_own.ipynb", *kinds]
    for name in kinds:
        (made.root / name).parent.mkdir(parents=True, exist_ok=True)
        (made.root / name).write_text("own")
    steps.note_made("06_own", [made.root / name for name in kinds], made.source)
    assert steps.remove_left_overs(made.present) == []
    del made.present["06_own"]
    assert sorted(steps.remove_left_overs(made.present)) == kinds
    assert (made.root / "results" / "tables" / "data_quality.csv").exists()


@pytest.mark.parametrize("change", ["notebook", "file", "gone"])
def test_a_step_is_made_again_if_its_notebook_or_a_file_is_another(made, change):
    table = made.root / "results" / "tables" / "own.csv"
    if change == "gone":
        table.unlink()
    else:
        (made.source if change == "notebook" else table).write_text("two")
    assert whole(made) == (True, False)
    assert steps.remove_left_overs(made.present) == ([] if change == "gone" else ["results/tables/own.csv"])


def test_results_of_other_inputs_go_and_come_back_with_none(made, monkeypatch, tmp_path):
    monkeypatch.setenv("REPORT_DATA", str(tmp_path / "patients"))
    assert whole(made) == (False, False)
    assert len(steps.remove_left_overs(made.present)) == 2
    monkeypatch.delenv("REPORT_DATA")
    assert whole(made) == (False, False)


def test_a_folder_that_is_a_link_is_not_followed(made, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.csv").write_text("kept")
    (made.root / "results" / "tables" / "link").symlink_to(tmp_path / "mine")
    assert steps.remove_left_overs(made.present) == ["results/tables/link"]
    assert (tmp_path / "mine" / "a.csv").read_text() == "kept"


def test_a_listed_folder_may_hold_nothing_else(made):
    tables = made.root / "results" / "tables"
    steps.note_made("takeaway", [*tables.glob("*")])
    check = steps.made_is_whole("takeaway", listed=lambda: tables.glob("*"))
    assert check()
    (tables / "left.csv").write_text("left")
    assert not check()


def test_models_of_one_input_are_not_where_those_of_another_are(root, monkeypatch, tmp_path):
    monkeypatch.delenv(project.RESULTS_VARIABLE, raising=False)
    places = {project.models_folder()}
    for name in ("a/extract", "b/extract"):
        monkeypatch.setenv("REPORT_DATA", str(tmp_path / name))
        places.add(project.models_folder())
    assert len(places) == 3
    assert {place.parent for place in places} == {root / "data" / "models"}


# Whose a store and a table are --------------------------------------------------------------------


def step(monkeypatch, name):
    monkeypatch.setenv(project.STEP_VARIABLE, name)


def test_a_store_knows_which_notebook_made_it(root, monkeypatch, counts):
    step(monkeypatch, "06_own")
    open_store("own", SOURCE).save_table("own", counts)
    assert list_stores("06_own", root / "results") == ["own"]
    assert [p.name for p in list_store("own", root / "results")] == ["own.csv", "own.json"]


@pytest.fixture
def counts():
    return pd.DataFrame({"mode": ["Telephone"], "n_appointments": [30]})


@pytest.mark.parametrize(
    ("owner", "whose"), [("05_other", "notebook 05_other"), ("", "the check of the inputs")]
)
def test_a_store_of_another_step_is_not_emptied(root, monkeypatch, counts, owner, whose):
    step(monkeypatch, owner)
    open_store("shared", SOURCE).save_table("theirs", counts)
    step(monkeypatch, "06_own")
    with pytest.raises(ValueError, match=f"is that of {whose}"):
        open_store("shared", SOURCE)
    assert (root / "results" / "tables" / "theirs.csv").is_file()


def test_a_table_of_another_notebook_is_not_written_over(root, monkeypatch, counts):
    step(monkeypatch, "05_other")
    open_store("other", SOURCE).save_table("shared", counts)
    step(monkeypatch, "06_own")
    with pytest.raises(ValueError, match="'shared' is saved in store 'other'"):
        open_store("own", SOURCE).save_table("shared", counts)


# Notebooks and pages ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("needs", "code", "reads"),
    [
        ("[run.attendance]", "", {"run"}),
        ("[linked.source]", "load_linked()", {"linked"}),
        ("[run.attendance]", "load_linked()", {"run", "linked"}),
        ("[]", "load_tweets()", {"run"}),
        ("[]", "", {"run", "linked"}),
    ],
)
def test_what_a_notebook_reads_is_what_it_needs_and_loads(tmp_path, needs, code, reads):
    cells = [nbformat.v4.new_raw_cell(f"---\ntitle: a\nneeds: {needs}\n---"), nbformat.v4.new_code_cell(code)]
    path = tmp_path / "06_own.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert list_inputs(path) == reads


def test_a_notebook_outside_the_report_and_a_page_without_its_notebook_are_said(made):
    (made.root / "notebooks" / "Untitled.ipynb").write_text("{}")
    (made.root / "index.qmd").write_text(
        "{{< embed report/notebooks/07_gone.ipynb#fig-a >}} [more](report/notebooks/06_own.ipynb)"
    )
    stranger, gone = find_strangers(made.root, made.root / "results")
    assert stranger.startswith("notebooks/Untitled.ipynb is not in the report")
    assert "make notebook NAME=" in stranger
    assert gone.startswith("not in notebooks/: 07_gone.ipynb. ")


def test_a_page_that_nothing_renders_is_said(made):
    (made.root / "report").mkdir(exist_ok=True)
    (made.root / "report" / "mine.qmd").write_text("---\ntitle: Mine\n---\n")
    (made.root / "_quarto.yml").write_text("project:\n  render: [index.qmd, slides.qmd]\n")
    assert [said for said in find_strangers(made.root, made.root / "results") if "mine.qmd" in said] == [
        "report/mine.qmd is not in the report: name it in _quarto.yml, under render, and under "
        "report-navigation where readers are to find it"
    ]
    (made.root / "_quarto.yml").write_text("project:\n  render: [index.qmd, report/*.qmd]\n")
    assert not any("mine.qmd" in said for said in find_strangers(made.root, made.root / "results"))
