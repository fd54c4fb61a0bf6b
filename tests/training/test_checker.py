"""What a learner is told, with answers made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis_lib.training import Exercise, Mistake, make_classroom, open_training

HALF = Exercise("ex1", lambda _: 0.5, (Mistake("Of how many?", lambda _: 20),), tolerance=0.01, share=True)
PAIR = Exercise("ex2", lambda _: {"A", "D"}, (Mistake("Only computable ones.", lambda _: {"A", "B"}),))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (..., "ex1: not answered yet."),
        (None, "ex1: not answered yet."),
        (0.5, "ex1: right."),
        (np.float32(0.491), "ex1: right."),
        (0.511, "ex1: not yet. Read the question once more"),
        (20, "ex1: not yet. Of how many?"),
        (50, "ex1: not yet. The answer is a share, from 0 to 1"),
        ("0.5", "ex1: your answer is text."),
        ({"A"}, "ex1: the answer is a number, and yours is a set of texts."),
        (True, "ex1: your answer is true or false."),
        (np.bool_(True), "ex1: your answer is true or false."),
        (float("nan"), "ex1: your answer is a missing value."),
        (pd.NA, "ex1: your answer is of type NAType."),
        ([0.5, 0.6], "ex1: your answer holds more than one value"),
        (pd.DataFrame({"a": [0.5]}), "ex1: your answer is a table."),
        (max, "ex1: your answer is a function."),
        ({"a": 1}, "ex1: your answer is a dictionary."),
    ],
)
def test_a_number(answer, said):
    assert HALF.check(None, answer).startswith(said)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"D", "A"}, "ex2: right."),
        (["A", "D"], "ex2: right."),
        (pd.Series(["A", "D"]), "ex2: right."),
        (pd.Index(["A", "D"]), "ex2: right."),
        ({"A", "B"}, "ex2: not yet. Only computable ones."),
        ({"A"}, "ex2: not yet. All that you name belongs"),
        (set(), "ex2: not yet. All that you name belongs"),
        ({"A", "D", "E"}, "ex2: not yet. Nothing is missing"),
        ({"E"}, "ex2: not yet. Something is missing, and"),
        (2, "ex2: the answer is a set of texts, and yours is a number."),
        (["A", 1], "ex2: your answer holds more than one value"),
    ],
)
def test_a_set(answer, said):
    assert PAIR.check(None, answer).startswith(said)


def test_a_mistake_that_cannot_be_told_from_the_right_answer_is_noticed():
    same = Exercise("ex3", lambda _: 3, (Mistake("Count people.", lambda _: 3.0),))
    twice = Exercise("ex4", lambda _: 3, (Mistake("A.", lambda _: 4), Mistake("B.", lambda _: 4)))
    assert same.clashes(None) == ["Count people."]
    assert twice.clashes(None) == ["B."]
    said = "ex3: right. With these people a common mistake leads to the same answer: Count people."
    assert same.check(None, 3) == said
    assert HALF.clashes(None) == PAIR.clashes(None) == []


def test_what_cannot_be_opened_says_so(monkeypatch):
    with pytest.raises(ValueError, match="one of reader, analyst, maintainer: 'nurse' given"):
        open_training("nurse", 1)
    with pytest.raises(ValueError, match="whole number of 0 or more: -1 given"):
        make_classroom(-1)
    monkeypatch.setenv("TRAINING_SEED", "one")
    with pytest.raises(ValueError, match="TRAINING_SEED must be a whole number, such as 1: it is 'one'"):
        open_training("reader")
