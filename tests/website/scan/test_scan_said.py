"""Counts of people in words are found where the rule would have hidden the count, and nowhere else."""

import json

import pytest

from website.scan import scan_site
from website.scan.said import SMALL_SAID, SmallCounts

SMALL = [
    "Three patients died.",
    "three of the 24 patients",
    "We saw two older people",
    "seven emergency re-admissions",
    "5 diabetic inpatients",
    "There was only one patient",
    "it was a single person",
    "a couple of residents",
    "half a dozen deaths",
    "patients: three",
    "Deaths (two)",
    "women = 4",
    "two were admitted",
    "three of them died",
    "four\nvisits",
    "four&nbsp;visits",
]
FINE = [
    "three charts and two notebooks",
    "one in five patients, three in five people",
    "in five people",
    "one person may have many appointments",
    "about one appointment in 24",
    "stage 3 patients, type 2 admissions, decile 1 people",
    "2 to 7 people, at least two admissions, three or more patients, fewer than five people",
    "Three lines of appointments a day",
    "two groups of people",
    "0.5 to 3 million people, 3.5 people, 1,005 people, 3% of patients",
    "eight patients, 12 people, twenty-three patients, twenty three deaths",
    "on 7 April appointments fell",
    "what rests on too few people (6)",
    "3</td><td>Patients",
    "people (3 in ten)",
]


@pytest.fixture
def found(tmp_path):
    def scan(name, content, profile=None):
        if profile:
            (tmp_path / "facts").mkdir()
            store = {"profile": profile, "facts": {}, "tables": {}}
            (tmp_path / "facts" / "a.json").write_text(json.dumps(store))
        (tmp_path / name).write_text(content)
        return [(f.kind, f.place) for f in scan_site(tmp_path)]

    return scan


@pytest.mark.parametrize("said", SMALL)
def test_a_small_count_in_words_is_found(found, said):
    (hit,) = {kind for kind, _ in found("a.html", f"<p>In May</p><p>{said}</p>")}
    assert hit == SMALL_SAID


@pytest.mark.parametrize("said", FINE)
def test_what_is_no_small_count_of_people_is_not(found, said):
    assert found("a.html", f"<table><tr><td>{said}</td></tr></table>") == []


NOTEBOOK = {"cell_type": "markdown", "metadata": {}, "source": "Three patients died."}
SHOWN = {"output_type": "display_data", "metadata": {}}
TABLE = "|Area|Deaths|\n|-|-|\n|Hull|two|"
PLACES = {
    "alternative text": ("a.html", '<img src="a.png" alt="A bar of three patients">', "line 1"),
    "attribute": ("a.html", '<p aria-label="three patients">a</p>', "line 1"),
    "comment": ("a.html", "<!-- three patients -->", "line 1"),
    "cell of a page": (
        "a.html", "<table>\n<tr><th>Area<th>Patients</tr>\n<tr><td>Kent<td>three</tr></table>", "line 3",
    ),
    "cell of a table": ("a.csv", "area,n_patients\nKent,10\nHull,three\n", "line 3"),
    "words in a cell": ("a.csv", "area,note\nHull,three patients\n", "line 2"),
    "fact": ("a.json", '{"a": {"text": "three patients"}}', "line 1"),
    "drawing": ("a.svg", "<svg><title>Three patients</title></svg>", "line 1"),
    "text": ("a.txt", "So three patients died.", "line 1"),
    "cell of a notebook": ("a.ipynb", json.dumps({"cells": [NOTEBOOK]}), "cell 1, line 1"),
    "output of a notebook": (
        "a.ipynb",
        json.dumps({"cells": [{"outputs": [SHOWN | {"data": {"text/markdown": TABLE}}]}]}),
        "output of cell 1, line 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_it_is_found_in_every_kind_of_file(found, place):
    name, content, where = PLACES[place]
    assert found(name, content) == [(SMALL_SAID, where)]


@pytest.mark.parametrize(
    ("profile", "hits"), [("published", 0), ("patient", 1), ("simulated", 1), ("some other", 1), (None, 1)]
)
def test_open_statistics_may_say_small_counts(found, profile, hits):
    assert len(found("a.txt", "So three patients died.", profile)) == hits


def test_beside_open_statistics_appointments_and_tweets_may_be_few():
    for small in ("two appointments", "two tweets"):
        assert list(SmallCounts(8).find(small)) == [0]
        assert list(SmallCounts(8, beside_open=True).find(small)) == []
    assert list(SmallCounts(8, beside_open=True).find("two patients")) == [0]


@pytest.mark.parametrize(
    ("below", "said", "hits"),
    [
        (8, "seven deaths", 1),
        (8, "eight deaths", 0),
        (10, "nine deaths", 1),
        (10, "9 deaths", 1),
        (10, "ten deaths", 0),
        (None, "two deaths", 0),
    ],
)
def test_the_threshold_is_that_of_the_rule(below, said, hits):
    assert len(list(SmallCounts(below).find(said))) == hits
