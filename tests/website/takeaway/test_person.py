"""The page of one simulated person is taken along; that of a real one never, whatever it is called."""

from __future__ import annotations

import json

import pytest

from analysis_lib import project
from analysis_lib.identifiers import CANARIES
from website.takeaway.figures import FILES, list_files
from website.takeaway.run import carry_person

MADE = "<!doctype html><title>Medication review: one simulated person</title>"


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Results of simulated people, and a folder of models with a page."""
    results, folder = tmp_path / "results", tmp_path / "takeaway"
    monkeypatch.setenv(project.RESULTS_VARIABLE, str(results))
    say(results, "The linked population is simulated: none of its people exists.")
    folder.mkdir()
    project.models_folder().mkdir(parents=True)
    (project.models_folder() / "person.html").write_text(MADE)
    for file in FILES:
        (folder / file.name).touch()
    return folder, results


def say(results, banner):
    (results / "facts").mkdir(parents=True, exist_ok=True)
    facts = {"banner": {"text": banner, "value": banner, "unit": "text"}}
    (results / "facts" / "linked.json").write_text(json.dumps({"store": "linked", "facts": facts}))


def test_it_is_taken_along_and_listed(places):
    folder, results = places
    assert "person.html" not in list_files(folder, "report/takeaway", {})
    carry_person(folder, results)
    assert (folder / "person.html").read_text() == MADE
    listed = list_files(folder, "report/takeaway", {})
    assert "[One simulated person](/report/takeaway/person.html) (HTML, 1 KB)" in listed


@pytest.mark.parametrize("what", ["real people", "no people", "a real page", "no page"])
def test_it_is_never_a_real_one(places, what):
    folder, results = places
    made = project.models_folder() / "person.html"
    if what == "real people":
        say(results, "")
    elif what == "no people":
        (results / "facts" / "linked.json").unlink()
    elif what == "a real page":
        made.write_text(MADE + f'<meta name="keep-inside" content="{CANARIES[0]}">')
    else:
        made.unlink()
    carry_person(folder, results)
    assert not (folder / "person.html").exists()
