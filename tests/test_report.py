"""What a notebook reports with: tables through the gate, sentences from text, captions for labels."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis_lib import report as reports
from analysis_lib.kinds import Count
from analysis_lib.release import merge_facts, read_labels, released_name
from analysis_lib.report import open_report
from analysis_lib.sentences import SentenceError

SENTENCES = """\
[fig-visits]
{% set largest = visits.n_people.max() %}
caption: {{ answer }}
alt: A dot for each clinic. {{ answer }}
most: {{ largest | count }}
answer: The largest clinic has {{ most }} people
none:

[notes]
note: {{ answer }}, and {{ other }}
"""


@pytest.fixture
def report(tmp_path, monkeypatch):
    (tmp_path / "report" / "sentences").mkdir(parents=True)
    (tmp_path / "report" / "sentences" / "visits.txt").write_text(SENTENCES)
    monkeypatch.setattr("analysis_lib.sentences.home", lambda: tmp_path)
    source = SimpleNamespace(profile="patient", source="people of two clinics")
    return open_report("visits", source, folder=tmp_path)


def clinics(*n_people: int) -> pd.DataFrame:
    return pd.DataFrame({"clinic": list("ABCD")[: len(n_people)], "n_people": n_people})


def test_a_table_goes_through_the_gate(report):
    released = report.table("visits", clinics(101, 43, 3))
    assert released["n_people"].tolist()[:2] == [100, 45]  # to the nearest 5
    assert released["n_people"].isna().tolist() == [False, False, True]  # below 8
    assert released_name(released) == "visits"


def test_an_index_with_a_name_is_a_column_and_what_is_no_table_is_said(report):
    visits = clinics(101, 43).assign(sex=["F", "M"], place=["x", "x"])
    assert list(report.table("visits", visits.groupby("clinic")[["n_people"]].sum())) == [
        "clinic",
        "n_people",
    ]
    both = report.table("visits", visits.groupby(["sex", "clinic"])[["n_people"]].sum())
    assert both["sex"].tolist() == ["F", "M"]
    assert list(both) == ["sex", "clinic", "n_people"]
    assert list(report.table("visits", visits.set_index("clinic", drop=False))) == list(visits)
    assert list(report.table("visits", visits[visits["sex"] == "M"])) == list(visits)
    with pytest.raises(TypeError, match=r"'visits' is a Series, .* save \.reset_index\(\) of it"):
        report.table("visits", visits.groupby("clinic")["n_people"].sum())
    with pytest.raises(ValueError, match="headings of several levels"):
        report.table("visits", visits.groupby("clinic")[["n_people"]].agg(["sum", "max"]))
    with pytest.raises(TypeError, match=r"'count' is no kind .* 'n_people' a kind such as Count\(\)"):
        report.table("visits", visits, columns={"n_people": "count"})
    with pytest.raises(TypeError, match=r"from analysis_lib\.kinds"):
        report.table("visits", visits, columns={"n_people": Count})


def test_sentences_are_facts_and_words_for_the_figure(report, tmp_path):
    said = report.say("fig-visits", visits=report.table("visits", clinics(101, 43)))
    assert said["answer"] == "The largest clinic has 100 people"
    assert merge_facts(tmp_path) == {"visits": {"most": "100", "answer": said["answer"], "none": ""}}
    assert read_labels("", tmp_path) == {
        "fig-visits": {
            "caption": "The largest clinic has 100 people. Source: people of two clinics.",
            "alt": "A dot for each clinic. The largest clinic has 100 people.",
        }
    }


def test_a_section_that_is_said_again_takes_the_place_of_itself(report, tmp_path, monkeypatch):
    """A cell is changed and run once more: in Jupyter, and where a run says a section twice."""
    report.say("fig-visits", visits=report.table("visits", clinics(101, 43)))
    report.say("notes", other="some more")
    sentences = tmp_path / "report" / "sentences" / "visits.txt"
    sentences.write_text(SENTENCES.replace("none:\n", "fewest: {{ visits.n_people.min() | count }}\n", 1))
    visits = report.table("visits", clinics(151, 43))
    assert visits["n_people"].tolist() == [150, 45]
    assert (tmp_path / "tables" / "visits.csv").read_text() == "clinic,n_people\nA,150\nB,45\n"
    report.say("fig-visits", visits=visits)
    said = "The largest clinic has 150 people"
    note = "The largest clinic has 100 people, and some more"  # until its own cell runs again
    assert merge_facts(tmp_path) == {"visits": {"answer": said, "fewest": "45", "most": "150", "note": note}}
    assert read_labels("", tmp_path)["fig-visits"]["alt"].endswith(f"{said}.")
    sentences.write_text("[fig-visits]\nanswer: Nothing else\n\n[notes]\nanswer: Something\n")
    report.say("fig-visits")
    assert merge_facts(tmp_path)["visits"].keys() == {"answer", "note"}
    assert read_labels("", tmp_path) == {}
    with pytest.raises(ValueError, match="'answer' was saved before with another value"):
        report.say("notes")
    assert merge_facts(tmp_path)["visits"]["answer"] == "Nothing else"


def test_a_section_does_not_see_what_it_said_before(report, tmp_path):
    sentences = tmp_path / "report" / "sentences" / "visits.txt"
    sentences.write_text("[a]\nlate: {{ early }}\nearly: soon\n")
    for _ in range(2):
        with pytest.raises(SentenceError, match="'early' is undefined"):
            report.say("a")
        sentences.write_text("[a]\nearly: soon\n")
        report.say("a")
        sentences.write_text("[a]\nlate: {{ early }}\nearly: soon\n")


def test_a_later_section_may_use_what_was_said(report):
    report.say("fig-visits", visits=report.table("visits", clinics(101, 43)))
    assert (
        report.say("notes", other="some more")["note"] == "The largest clinic has 100 people, and some more"
    )
    with pytest.raises(SentenceError, match=r"visits.txt, \[notes\], note: 'other' is undefined"):
        report.say("notes")


def test_a_count_that_was_not_released_is_refused(report):
    with pytest.raises(
        ValueError, match="visits is a DataFrame that was not released: save it with report.table"
    ):
        report.say("fig-visits", visits=clinics(101, 43))


def test_the_sentences_are_shown_in_jupyter_and_not_in_a_run(report, monkeypatch):
    shown = []
    display = SimpleNamespace(display=shown.append, Markdown=str)
    jupyter = SimpleNamespace(get_ipython=lambda: True, display=display)
    monkeypatch.setattr(reports.sys, "modules", {**reports.sys.modules, "IPython": jupyter})
    visits = report.table("visits", clinics(101, 43))
    report.say("fig-visits", visits=visits)
    assert "- **answer**: The largest clinic has 100 people" in shown[0]
    monkeypatch.setenv(reports.STEP_VARIABLE, "06_visits")
    report.say("fig-visits", visits=visits)
    assert len(shown) == 1


def test_a_notebook_without_sentences_says_what_to_write(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis_lib.sentences.home", lambda: tmp_path)
    report = open_report("visits", SimpleNamespace(profile="published"), folder=tmp_path)
    with pytest.raises(SentenceError, match="There is no report/sentences/visits.txt"):
        report.say("fig-visits")
