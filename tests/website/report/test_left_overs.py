"""What no present notebook made of these inputs is in nothing that is published."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import nbformat
import pytest
from lxml import html

from tests.conftest import ROOT, Project
from tests.website.report.test_shapes import check_whole
from website.scan.sources import list_sources
from website.stub import write_stub

pytestmark = pytest.mark.build

WORD = "LEAKED-7f3a"
STORE = {
    "profile": "patient",
    "made_by": "",
    "facts": {"answer": {"value": WORD, "unit": "text", "text": WORD}},
    "tables": {"left": {"rows": 1, "n_cells": 1, "hidden": [], "kinds": {}}},
}
NOTEBOOK = {"cells": [{"cell_type": "raw", "source": f"---\ntitle: {WORD}\n---", "metadata": {}}]}
#: One file of each kind that is in any folder which a run writes to, named so that a pattern would find it.
KINDS = {
    "left.csv": f"word\n{WORD}\n",
    "left.json": json.dumps(STORE),
    "01_explore_appointments-fig-left.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><title>{WORD}</title></svg>',
    "06_left.ipynb": json.dumps(NOTEBOOK | {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
    "left.html": f"<p>{WORD}</p>",
    "left.typ": WORD,
    "left.pdf": WORD,
    "left.pptx": WORD,
    "left.xlsx": WORD,
    "left.png": WORD,
    "left.skops": WORD,
    "left.parquet": WORD,
    "left.yml": f"left: {WORD}",
}
MADE = ("results/facts", "results/tables", "results/figures", "report/notebooks", "report/takeaway")
BESIDE = (".cache/inputs/left", "data/models", "data/models/left", "_site/areas/left", ".build/areas/done")


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


def made_folders(project):
    """Every folder of a built project that holds what is not in a clone: what a run wrote, and where."""
    cloned = {p.relative_to(ROOT) for p in list_sources(ROOT)}  # not what runs left in this folder itself
    files = (p.relative_to(project.root) for p in project.root.rglob("*") if p.is_file())
    return {p.parent.as_posix() for p in files if p not in cloned and "__pycache__" not in p.parts}


def find_word(folder):
    """Files under a folder that are named as planted, or hold the word, packed or not."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            data = [path.read_bytes()]
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    data += [archive.read(name) for name in archive.namelist()]
            if path.name in KINDS or any(WORD.encode() in part for part in data):
                found.append(path.relative_to(folder).as_posix())
    return found


def test_nothing_that_lies_around_is_published(built, tmp_path):
    project = built.copy(tmp_path / "project")
    folders = (made_folders(project) | {*BESIDE}) - {".", ".build"}
    assert {*MADE, "_site/results/tables", ".cache/inputs/left"} <= folders
    for folder in folders:
        for name, text in KINDS.items():
            (project.root / folder).mkdir(parents=True, exist_ok=True)
            (project.root / folder / name).write_text(text)
    shutil.rmtree(project.root / ".build/areas")  # a record that is none would stop the reading of it
    for name in ("_variables.yml", "_report.yml"):
        (project.root / name).write_text(KINDS["left.yml"])
    run = project.report()
    assert run.status == 0, run.printed
    assert "removed earlier results" in run.printed
    assert find_word(project.root / "_site") == []
    assert [found for folder in MADE for found in find_word(project.root / folder)] == []
    assert WORD not in (project.root / "_variables.yml").read_text()
    assert project.digest() == built.digest(), "all else is as it was"
    assert "nothing had changed" in project.report().printed


@pytest.mark.parametrize(
    "name",
    [
        "results/tables/attendance_by_month.csv",
        slow("results/facts/missed.json"),
        slow("results/figures/02_missed_appointments-fig-status.svg"),
        slow("report/notebooks/02_missed_appointments.ipynb"),
        slow("report/takeaway/tables.xlsx"),
        slow("_site/index.html"),
    ],
)
def test_a_result_that_was_changed_by_hand_is_made_again(built, tmp_path, name):
    project = built.copy(tmp_path / "project")
    (project.root / name).write_text(WORD)
    run = project.report()
    assert run.status == 0, run.printed
    assert project.digest() == built.digest()
    assert ("ok notebook:02" in run.printed) == (not name.startswith(("report/takeaway", "_site")))
    assert "ok notebook:01" not in run.printed


@pytest.fixture
def own(new_project, small_inputs):
    """A project without the notebooks of the report, and with one of its own, made by the command."""
    project = new_project(small_inputs)
    for path in (project.root / "notebooks").glob("*.ipynb"):
        path.unlink()
    project.notebook = write_stub(project.root, "my_question")[0]
    assert project.notebook.name == "01_my_question.ipynb"
    return project


def edit(path: Path, number: int, old: str, new: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert old in notebook.cells[number].source
    notebook.cells[number].source = notebook.cells[number].source.replace(old, new)
    nbformat.write(notebook, path)


def pages_of(project):
    site = project.root / "_site"
    pages = {p.relative_to(site).as_posix(): html.parse(str(p)).getroot() for p in site.rglob("*.html")}
    check_whole(pages, site)
    return pages


def test_a_notebook_of_ones_own_is_run_listed_and_taken_out_again(own):
    run = own.report()
    assert run.status == 0, run.printed
    pages = pages_of(own)
    page = "report/notebooks/01_my_question.html"
    links = pages["report/methods.html"].xpath("//aside//a | //nav//a")
    assert "My question" in {" ".join(link.text_content().split()) for link in links}
    assert "appointments in 27 months" in pages[page].text_content()
    assert own.table("my_question_by_month").is_file()
    assert pages[page].xpath("//figure//img")
    assert "nothing had changed" in own.report().printed
    own.notebook.unlink()
    run = own.report()
    assert run.status == 0, run.printed
    assert page not in pages_of(own)
    mine = own.root / "report" / "sentences" / "my_question.txt"  # a person's words are nobody's left-over
    assert [p for p in own.root.rglob("*my_question*") if ".build" not in p.parts] == [mine]


@pytest.mark.parametrize(
    ("number", "old", "new", "message"),
    [
        (4, 'months["n_appointments"], marker', 'counted["n_appointments"] + 1, marker', "a line that"),
        slow(4, 'open_report("my_question"', 'open_report("run"', "is that of the check of the inputs"),
        slow(0, "needs: [run.attendance]", "needs: gone.qmd", "needs gone.qmd, and there is no such page"),
    ],
)  # fmt: skip
def test_what_an_own_notebook_may_not_do_is_said_in_a_sentence(own, number, old, new, message):
    edit(own.notebook, number, old, new)
    run = own.report()
    assert run.status != 0
    assert message in run.printed
    assert "Traceback" not in run.printed


def test_a_table_of_real_people_leaves_with_its_notebook(own, small_people, tmp_path):
    """The way it happened: a notebook on a linked extract, deleted before the simulated report is made."""
    extract = Project(own.root, shutil.copytree(small_people, tmp_path / "extract"))
    (extract.data / "truth.json").unlink()
    said = json.loads((extract.data / "manifest.json").read_text())
    plain = {name: said[name] for name in ("source", "last_date")}
    (extract.data / "manifest.json").write_text(json.dumps(plain | {"source": "a real extract"}))
    edit(own.notebook, 0, "run.attendance", "linked.source")
    edit(own.notebook, 1, "{{< var run.data_label >}}", "{{< var linked.label >}}")
    edit(own.notebook, 2, "load_appointments", "load_linked")
    edit(own.notebook, 4, "appointments = load_appointments()", "appointments = load_linked()")
    edit(
        own.notebook,
        4,
        'appointments.need("attendance").groupby("month", as_index=False)["n_appointments"].sum()',
        "appointments.need().contact.execute().assign("
        'month=lambda rows: rows["date"].astype("datetime64[s]").dt.to_period("M").dt.to_timestamp()'
        ').groupby("month", as_index=False).agg(n_appointments=("date", "size"))',
    )
    run = extract.report()
    assert run.status == 0, run.printed
    store = json.loads((own.root / "results" / "facts" / "my_question.json").read_text())
    assert (store["profile"], [*store["tables"]]) == ("patient", ["my_question_by_month"])
    own.notebook.unlink()
    run = own.report()
    assert run.status == 0, run.printed
    named = [p.name for p in own.root.rglob("*my_question*") if ".build" not in p.parts]
    assert named == ["my_question.txt"]  # its words
    stores = [json.loads(p.read_text()) for p in (own.root / "results" / "facts").glob("*.json")]
    assert {store["profile"] for store in stores if store["facts"]} == {"simulated"}
    assert "a real extract" not in "".join(p.read_text() for p in (own.root / "_site").rglob("*.html"))


@pytest.mark.parametrize(
    ("fixture", "gone"),
    [
        slow("built", ["01"]),
        slow("built", ["02"]),
        slow("built", ["03"]),
        slow("built_people", ["04"]),
        slow("built_people", ["05"]),
        ("built", ["01", "02"]),
        slow("built", ["01", "03"]),
        slow("built", ["02", "03"]),
        slow("built_people", ["04", "05"]),
    ],
)
def test_any_notebook_may_be_deleted(fixture, gone, request, tmp_path):
    project = request.getfixturevalue(fixture).copy(tmp_path / "project")
    paths = [p for number in gone for p in (project.root / "notebooks").glob(f"{number}_*.ipynb")]
    for path in paths:
        path.unlink()
    run = project.report()
    assert run.status == 0, run.printed
    pages = pages_of(project)
    for path in paths:
        assert path.name in run.printed
        assert f"report/notebooks/{path.stem}.html" not in pages
        assert path.name in " ".join(pages["index.html"].text_content().split())
    assert "What is not in this report" in pages["index.html"].text_content()
