"""What a notebook reports with: tables through the gate, sentences from text, captions for labels."""

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis_lib import report as reports
from analysis_lib.kinds import Count, Dimension, Estimate
from analysis_lib.release import frames, merge_facts, read_labels, released_name
from analysis_lib.release.profiles import PUBLISHED
from analysis_lib.report import of_nobody, open_report
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
    return pd.DataFrame({"area": list("ABCD")[: len(n_people)], "n_people": n_people})


def test_a_table_goes_through_the_gate(report):
    released = report.table("visits", clinics(101, 43, 3))
    assert released["n_people"].tolist()[:2] == [100, 45]  # to the nearest 5
    assert released["n_people"].isna().tolist() == [False, False, True]  # below 8
    assert released_name(released) == "visits"


def test_an_index_with_a_name_is_a_column_and_what_is_no_table_is_said(report):
    visits = clinics(101, 43).assign(sex=["F", "M"], mode=["x", "x"])
    assert list(report.table("visits", visits.groupby("area")[["n_people"]].sum())) == [
        "area",
        "n_people",
    ]
    both = report.table("visits", visits.groupby(["sex", "area"])[["n_people"]].sum())
    assert both["sex"].tolist() == ["F", "M"]
    assert list(both) == ["sex", "area", "n_people"]
    assert list(report.table("visits", visits.set_index("area", drop=False))) == list(visits)
    assert list(report.table("visits", visits[visits["sex"] == "M"])) == list(visits)
    with pytest.raises(TypeError, match=r"'visits' is a Series, .* save \.reset_index\(\) of it"):
        report.table("visits", visits.groupby("area")["n_people"].sum())
    with pytest.raises(ValueError, match="headings of several levels"):
        report.table("visits", visits.groupby("area")[["n_people"]].agg(["sum", "max"]))
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
    assert (tmp_path / "tables" / "visits.csv").read_text() == "area,n_people\nA,150\nB,45\n"
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


TRUE = clinics(101, 43, 3)
SAID = {
    "a frame": lambda t: t,
    "rows of it": lambda t: t.sort_values("n_people").head(1),
    "a row": lambda t: t.iloc[0],
    "a column": lambda t: t.set_index("area")["n_people"],
    "no rows": lambda t: t.iloc[:0],
    "words, dates, yes and no": lambda t: ["gp", None, True, pd.Timestamp("2024-04-01"), {"a": "b"}],
    "a label": lambda t: "Ward 7",
    "a column by name": lambda t: "n_people",
    "the source": lambda t: "people of 2 clinics",
    "a released mean": lambda t: float(t["mean"].iloc[0]),
    "nothing": lambda t: float("nan"),
    "what counts nobody": lambda t: of_nobody(3),
    "things that count nobody": lambda t: of_nobody({"areas": 3, "months": [7]}),
}
REFUSED = {
    "a frame that was not released": (lambda t: TRUE, "is a DataFrame that was not released"),
    "a column of one": (lambda t: TRUE["n_people"], "is a Series that was not released"),
    "an added column": (lambda t: t.assign(true=TRUE["n_people"]), "not released, in true"),
    "true multiples of 5": (lambda t: t.assign(n_people=[105, 40, 5]), "not released, in n_people"),
    "a changed row": (lambda t: t.iloc[0].replace(100.0, 3.0), "not released, in n_people"),
    "a computed column": (lambda t: t["n_people"] / 3, "not released, in n_people"),
    "a sum": (lambda t: int(TRUE["n_people"].sum()), "is a number, which may be of people"),
    "a small count": (lambda t: 3, "is a number, which may be of people"),
    "a small mean": (lambda t: 3.0, "is a number, which may be of people"),
    "a rate": (lambda t: 3 / 147, "is a number, which may be of people"),
    "a count in a list": (lambda t: ["few", [3]], "is a number, which may be of people"),
    "a count in a dict": (lambda t: {"n": 3}, "is a number, which may be of people"),
    "a count as a key": (lambda t: {3: "n"}, "is a number, which may be of people"),
    "text that is a number": (lambda t: "3", "is a text with a number"),
    "text with one": (lambda t: "of 3 people", "is a text with a number"),
    "one in words": (lambda t: "only Three", "is a text with a number"),
    "a label that is a number": (lambda t: "5", "is a text with a number"),
    "an array": (lambda t: TRUE["n_people"].to_numpy(), "is a ndarray, whose numbers are not known"),
}


@pytest.fixture
def released(report, monkeypatch):
    monkeypatch.setattr(frames, "_RELEASED", {})
    (report.sentences).write_text("[notes]\nanswer: Something\n")
    report.store.source = "people of 2 clinics"
    wards = pd.DataFrame({"ward": ["Ward 7", "5"], "n_people": [50, 60]})
    report.table("labels", wards, {"ward": Dimension(("Ward 7", "5"))})
    means = {"mean": Estimate(("n_people",))}
    return report.table("visits", TRUE.assign(mean=[2.25, 4.0, 1.5]), means)


@pytest.mark.parametrize("what", SAID)
def test_sentences_take_what_was_released(report, released, what):
    assert report.say("notes", given=SAID[what](released)) == {"answer": "Something"}


@pytest.mark.parametrize("what", REFUSED)
def test_sentences_take_no_number_that_was_not_released(report, released, what):
    make, why = REFUSED[what]
    with pytest.raises(ValueError, match=rf"Sentences \[notes\]: given .*{why}.*(report.table|of_nobody)"):
        report.say("notes", given=make(released))


def test_official_statistics_are_said_as_they_are(tmp_path, report, released):
    report.store.profile = PUBLISHED
    assert report.say("notes", given=TRUE, n=3)["answer"] == "Something"


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
