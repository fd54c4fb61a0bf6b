"""The mark of a released frame outlives what is done to it: only its own numbers count as released."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis_lib.kinds import Count, Dimension, Estimate, Plain
from analysis_lib.measures.released import of_released
from analysis_lib.release import find_added, frames, is_released
from analysis_lib.release.frames import released_name
from analysis_lib.release.gate.release import release_table
from analysis_lib.release.profiles import PATIENT, PUBLISHED

KINDS = {
    "setting": Dimension(),
    "group": Dimension(),
    "n": Count(),
    "mean": Estimate(("n",)),
    "rank": Plain(),
}
TRUE = pd.DataFrame(
    {
        "setting": ["gp", "gp", "ae", "ae"],
        "group": ["Under 65", "65 and over", "Under 65", "65 and over"],
        "n": [41, 98, 60, 3],
        "mean": [2.5, 12.0, 0.25, 1.5],
        "rank": [2, 1, 3, 4],
    }
)


def release(profile=PATIENT):
    return release_table("visits", TRUE, profile, KINDS).frame


LABELS = ["setting", "group"]
SAME = {
    "as released": lambda f: f,
    "sorted": lambda f: f.sort_values("group", ascending=False),
    "filtered": lambda f: f[f["setting"] == "ae"],
    "numbered anew": lambda f: f.sort_values("group").reset_index(drop=True),
    "by its labels": lambda f: f.set_index(LABELS),
    "renamed": lambda f: f.rename(columns={"n": "people", "mean": "value"}),
    "copied": lambda f: f.assign(people=f["n"]),
    "logarithms": lambda f: f.assign(**np.log(f[["mean"]].astype(float))),
    "a pivot": lambda f: f.pivot_table("mean", "group", "setting"),
    "a pivot beside its rows": lambda f: f[f["setting"] == "gp"].join(
        f.pivot_table("n", "group", "setting", dropna=False), on="group"
    ),
    "a melt": lambda f: f.drop(columns="rank").melt(LABELS),
    "text of its numbers": lambda f: f.assign(label=f["group"] + ": " + f["n"].astype(str)),
    "its numbers rounded": lambda f: f.assign(label=[f"{m:.1f} a person" for m in f["mean"].astype(float)]),
    "words": lambda f: f.assign(label="of " + f["setting"], more=f["n"] > 50),
    "counts hidden": lambda f: f.assign(n=f["n"].mask(f["n"] > 50)),
    "two parts": lambda f: pd.concat([f.head(1), f.tail(2)]),
}


@pytest.mark.parametrize("made", SAME)
def test_what_holds_released_numbers_alone_is_released(made):
    frame = SAME[made](release())
    assert find_added(frame) == []
    assert all(is_released(frame, c) for c in frame.select_dtypes("number"))


def overwrite(frame, row, column, value):
    frame = frame.copy()
    frame.loc[row, column] = value
    return frame


ADDED = {
    "a column": (lambda f: f.assign(true=TRUE["n"]), ["true"]),
    "true multiples of 5": (lambda f: f.assign(true=[40, 100, 60, 5]), ["true"]),
    "one row of them": (lambda f: f.head(1).assign(true=3), ["true"]),
    "over its own": (lambda f: f.assign(n=TRUE["n"]), ["n"]),
    "a hidden cell": (lambda f: overwrite(f, 3, "n", 5), ["n"]),
    "one cell": (lambda f: overwrite(f, 0, "n", 45), ["n"]),
    "numbers of other rows": (lambda f: f.assign(n=f["n"].to_numpy()[::-1]), ["n"]),
    "computed": (lambda f: f.assign(n=f["n"] / 2), ["n"]),
    "summed": (lambda f: f.groupby("setting", as_index=False).agg(n=("n", "sum")), ["n"]),
    "text": (lambda f: f.assign(true=TRUE["n"].astype(str)), ["true"]),
    "text in a label": (lambda f: f.assign(group=f["group"] + " (" + TRUE["n"].astype(str) + ")"), ["group"]),
    "words": (
        lambda f: f.assign(true=TRUE["n"].map({41: "many", 98: "many", 60: "sixty", 3: "Three"})),
        ["true"],
    ),
    "a rank that is no count": (lambda f: f.assign(label="n = " + pd.Series(["3"] * 4)), ["label"]),
    "a category": (lambda f: f.assign(true=TRUE["n"].astype("category")), ["true"]),
    "objects": (lambda f: f.assign(true=TRUE["n"].astype(object)), ["true"]),
    "time": (lambda f: f.assign(true=pd.to_timedelta(TRUE["n"], "D")), ["true"]),
    "an index": (lambda f: f.set_index(TRUE["n"].rename("true")), ["true"]),
    "turned": (lambda f: f[["n"]].assign(n=TRUE["n"]).T, [0, 1, 2, 3]),
    "lists": (lambda f: f.assign(true=[[n] for n in TRUE["n"]]), ["true"]),
}


@pytest.mark.parametrize("made", ADDED)
def test_what_was_added_to_a_released_frame_is_not_released(made):
    add, columns = ADDED[made]
    frame = add(release())
    assert released_name(frame) == "visits"
    assert set(map(str, columns)) <= set(find_added(frame))
    assert not any(is_released(frame, c) for c in columns if c in frame)


def test_dates_of_people_are_not_those_of_a_table():
    months = pd.DataFrame({"month": pd.to_datetime(["2024-01-01", "2024-02-01"]), "n": [40, 50]})
    frame = release_table("months", months, PATIENT, {"month": Dimension(), "n": Count()}).frame
    assert find_added(frame.assign(again=frame["month"])) == []
    assert find_added(frame.assign(first=pd.Timestamp("2024-01-17"))) == ["first"]


def test_official_statistics_are_shown_as_they_are():
    assert find_added(release(PUBLISHED).assign(more=3)) == []


def test_what_was_joined_with_another_frame_has_no_mark():
    other = TRUE[LABELS].assign(true=3)
    assert not is_released(release().merge(other), "true")
    assert not is_released(TRUE, "n")


def test_a_measure_of_released_frames_is_released_and_of_others_not():
    double = of_released(lambda frame: frame.assign(mean=frame["mean"].astype(float) * 2))
    made = double(release())
    assert released_name(made) == "visits"
    assert find_added(made) == [] and find_added(made.sort_values("mean").assign(true=3)) == ["true"]
    assert released_name(double(release().assign(mean=TRUE["n"]))) is None
    assert released_name(double(TRUE)) is None


@pytest.mark.parametrize(
    ("said", "untold"),
    [
        ("Leeds - 15F", []),
        ("Share in\nLeeds - 15F", []),
        ("Leeds - 15F: 16", ["16"]),
        ("15", ["15"]),
        ("Leeds - 15Fs", ["15"]),
        ("3 people", ["3"]),
    ],
)
def test_the_name_of_an_area_may_be_quoted_from_another_released_table(monkeypatch, said, untold):
    areas = pd.DataFrame({"area": ["Leeds - 15F", "3 people"]})
    monkeypatch.setattr(frames, "_RELEASED", {"areas": areas})
    assert frames.find_untold([said], [pd.DataFrame({"mode": ["Video"]})]) == untold
