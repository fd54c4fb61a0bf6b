"""Exercises for analysts: who count, fit and judge."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from analysis_lib import queries
from analysis_lib.models.temporal import EdgeModel
from analysis_lib.training.checker import Exercise, Mistake
from analysis_lib.training.classroom import AMLODIPINE, FUROSEMIDE, OUTCOME, Classroom

N_FIRST = 3


def _pairs(room: Classroom, landmark: date, first: str = AMLODIPINE, then: str = FUROSEMIDE) -> pd.Series:
    """Return person_id of each row of the edges from one code to another."""
    edges = room.edges(landmark)
    return queries.to_frame(edges.filter(edges["first"] == first, edges.then == then))["person_id"]


def _began_both(room: Classroom) -> int:
    events = room.events(room.earlier)
    began = queries.to_frame(events.filter(events.code.isin([AMLODIPINE, FUROSEMIDE])))
    return int((began.groupby("person_id")["code"].nunique() == 2).sum())


def _folds(room: Classroom) -> dict[str, set[str]]:
    return {str(fold): set(rows["person_id"]) for fold, rows in room.landmarks.groupby("row_fold")}


def _highest(room: Classroom) -> pd.DataFrame:
    """Return the contributions of the adult at the highest risk."""
    frame = room.graphs(room.day)
    one = frame.iloc[[int(np.argmax(room.model.predict(frame)))]]
    return room.model.explain(one)


def _risk_ratio(room: Classroom) -> float:
    frame = room.graphs(room.day)
    return room.model.predict(frame).max() * (1 + np.exp(-room.model.base_))


def _rose(room: Classroom, before: EdgeModel, after: EdgeModel) -> int:
    """Count the adults whose risk is higher on the index date than at the earlier landmark."""
    return int((after.predict(room.graphs(room.day)) > before.predict(room.graphs(room.earlier))).sum())


EXERCISES = (
    Exercise(
        "ex1",
        lambda room: _pairs(room, room.earlier).nunique(),
        (
            Mistake(
                "You looked ahead: some of these pairs were completed only after the landmark. A model "
                "that knows them looks better than it can be on the day.",
                lambda room: _pairs(room, room.day).nunique(),
            ),
            Mistake(
                "You counted whoever began both. An edge says which came first, and within how many days.",
                _began_both,
            ),
            Mistake(
                "You counted the reverse, furosemide and then amlodipine. An edge has a direction.",
                lambda room: _pairs(room, room.earlier, FUROSEMIDE, AMLODIPINE).nunique(),
            ),
        ),
    ),
    Exercise(
        "ex2",
        lambda room: room.rules_by_section["computable"].sum(),
        (
            Mistake(
                "You counted every rule. A missing count says that the extract cannot tell; it is not 0.",
                lambda room: len(room.rules_by_section),
            ),
            Mistake(
                "You counted rules that need a section and nothing else. This extract also has what some "
                "of the others need.",
                lambda room: (room.rules_by_section["needs"] == "section").sum(),
            ),
            Mistake(
                "You counted the rules that cannot be computed. The question is about the others.",
                lambda room: (~room.rules_by_section["computable"]).sum(),
            ),
        ),
    ),
    Exercise(
        "ex3",
        lambda room: len(_folds(room)["learn"] & _folds(room)["evaluate"]),
        (
            Mistake(
                "You counted rows. A person has one row at each landmark.",
                lambda room: (room.landmarks["row_fold"] == "evaluate").sum(),
            ),
            Mistake(
                "You counted everybody in the fold that evaluates. Who of them is in the other as well?",
                lambda room: len(_folds(room)["evaluate"]),
            ),
            Mistake(
                "You counted everybody who is in one fold alone. The leak is made of the others.",
                lambda room: len(_folds(room)["learn"] ^ _folds(room)["evaluate"]),
            ),
        ),
    ),
    Exercise(
        "ex4",
        lambda room: room.auroc_by_landmark.min(),
        (
            Mistake(
                "You pooled the landmarks. One number for all of them hides the day on which the model is"
                " at its worst, and counts one person many times over.",
                lambda room: roc_auc_score(room.landmarks[OUTCOME], room.landmarks["risk"]),
            ),
            Mistake(
                "You took the mean of the landmarks. The question is about the worst of them.",
                lambda room: room.auroc_by_landmark.mean(),
            ),
            Mistake(
                "You gave the AUROC at the index date alone.",
                lambda room: room.auroc_by_landmark[str(room.day)],
            ),
        ),
        tolerance=0.0006,
        share=True,
    ),
    Exercise(
        "ex5",
        lambda room: room.ranked["name"].head(N_FIRST),
        (
            Mistake(
                "You ranked each feature on its own. What goes with illness looks strong alone; ask what "
                "it adds once the model knows all the others.",
                lambda room: room.alone["name"].head(N_FIRST),
            ),
            Mistake(
                "You took those that most people have. The rank weighs how many have a feature by how "
                "much it adds.",
                lambda room: room.ranked.nlargest(N_FIRST, "n_people")["name"],
            ),
        ),
    ),
    Exercise(
        "ex6",
        lambda room: np.exp(_highest(room)["contribution"].sum()),
        (
            Mistake(
                "You added log odds. They add up, but how many times the odds are that?",
                lambda room: _highest(room)["contribution"].sum(),
            ),
            Mistake(
                "You divided risks. The question asks for odds, which is risk ÷ (1 − risk).",
                _risk_ratio,
            ),
            Mistake(
                "You left out age and sex, which contribute as features do.",
                lambda room: np.exp(
                    _highest(room).query("first not in ('age', 'sex')")["contribution"].sum()
                ),
            ),
        ),
        tolerance=0.05,
    ),
    Exercise(
        "ex7",
        lambda room: _rose(room, room.model, room.model),
        (
            Mistake(
                "You compared a risk before recalibration with one after it. Some of these people changed"
                " in nothing: the model did.",
                lambda room: _rose(room, room.model, room.recalibrated),
            ),
            Mistake(
                "You compared a risk after recalibration with one before it. Give both landmarks the same"
                " model.",
                lambda room: _rose(room, room.recalibrated, room.model),
            ),
        ),
    ),
)
