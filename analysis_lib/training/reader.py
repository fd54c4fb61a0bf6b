"""Exercises for readers: general practitioners, pharmacists, and whoever reads the report."""

from __future__ import annotations

import pandas as pd

from analysis_lib.kinds import Count, Dimension
from analysis_lib.queries import PINCER
from analysis_lib.training.checker import Exercise, Mistake
from analysis_lib.training.classroom import OUTCOME, Classroom

OPIOIDS, ANALGESICS = "040702", "0407"  # a paragraph of the BNF, and the section that it is part of
N_LISTED = 100


def release_rules(room: Classroom) -> pd.DataFrame:
    """Return the counts of all rules as they may leave, under the rules for patient data."""
    kinds = {
        "rule": Dimension(tuple(rule.letter for rule in PINCER)),
        "n_at_risk": Count(what="people"),
        "n_flagged": Count(of="n_at_risk"),
    }
    counts = room.rules[["rule", "n_at_risk", "n_flagged"]]
    return room.store.save_table("training_rules", counts, kinds)


def _rule_a(room: Classroom) -> pd.Series:
    return room.rules.set_index("rule").loc["A"]


def _current(room: Classroom) -> pd.DataFrame:
    courses, day = room.courses, str(room.day)
    return courses[(courses["start_date"] < day) & ~(courses["stop_date"] < day)]


def _takers(courses: pd.DataFrame, prefix: str) -> pd.Series:
    return courses.loc[courses["bnf_code"].str.startswith(prefix), "person_id"]


def _listed(room: Classroom) -> pd.Series:
    return room.adults.nlargest(N_LISTED, "risk")[OUTCOME]


def _auroc(room: Classroom) -> float:
    """Count pairs by ranks (Mann–Whitney): ties are a half."""
    rank, admitted = room.adults["risk"].rank(), room.adults[OUTCOME]
    n, others = admitted.sum(), (~admitted).sum()
    return (rank[admitted].sum() - n * (n + 1) / 2) / (n * others)


def _exposed(room: Classroom) -> pd.DataFrame:
    return room.nsaid_after_ace[room.nsaid_after_ace["exposed"]]


def _crude(room: Classroom) -> float:
    everybody, exposed = room.nsaid_after_ace, _exposed(room)
    others = everybody.loc[~everybody["exposed"], OUTCOME].mean()
    return len(exposed) * (exposed[OUTCOME].mean() - others)


EXERCISES = (
    Exercise(
        "ex1",
        lambda room: _rule_a(room)["n_flagged"] / _rule_a(room)["n_at_risk"],
        (
            Mistake(
                "You gave a count. A large practice has more people flagged than a small one, whatever "
                "its care: of how many are these?",
                lambda room: _rule_a(room)["n_flagged"],
            ),
            Mistake(
                "You divided by all adults. Most of them are not people whom this rule is about.",
                lambda room: _rule_a(room)["n_flagged"] / len(room.adults),
            ),
            Mistake(
                "You divided by all who are flagged, by any rule. Some of them are flagged by several.",
                lambda room: _rule_a(room)["n_flagged"] / room.rules["n_flagged"].sum(),
            ),
        ),
        tolerance=0.001,
        share=True,
    ),
    Exercise(
        "ex2",
        lambda room: _takers(_current(room), OPIOIDS).nunique(),
        (
            Mistake(
                "You counted a whole section. Section 0407 is of analgesics, and holds paracetamol too: "
                "the first four characters of a code do not say which drug it is.",
                lambda room: _takers(_current(room), ANALGESICS).nunique(),
            ),
            Mistake(
                "You counted whoever had a course at any time. Look at when each began and stopped.",
                lambda room: _takers(room.courses, OPIOIDS).nunique(),
            ),
            Mistake(
                "You left out courses that go on. They have no stop date, and what is missing is neither "
                "before a day nor after it: ask for `isna()` as well.",
                lambda room: _takers(_current(room).query("stop_date.notna()"), OPIOIDS).nunique(),
            ),
            Mistake(
                "You counted those whose course has no stop date. A course that stops after the day goes "
                "on on the day.",
                lambda room: _takers(_current(room).query("stop_date.isna()"), OPIOIDS).nunique(),
            ),
        ),
    ),
    Exercise(
        "ex3",
        lambda room: release_rules(room)["n_flagged"].notna().sum(),
        (
            Mistake(
                "You counted every rule. A hidden count is not 0: it is a number that is not told, "
                "because it is about so few people.",
                lambda room: len(release_rules(room)),
            ),
            Mistake(
                "You counted the hidden ones. The question is about the others.",
                lambda room: release_rules(room)["n_flagged"].isna().sum(),
            ),
            Mistake(
                "You left out a rule that flags nobody. A 0 that is shown is known.",
                lambda room: (release_rules(room)["n_flagged"] > 0).sum(),
            ),
        ),
    ),
    Exercise(
        "ex4",
        lambda room: (room.practices["low"] > room.adults[OUTCOME].mean()).sum(),
        (
            Mistake(
                "You compared shares, and not intervals. About half of all practices are above the "
                "average even if nothing but chance divides them.",
                lambda room: (room.practices["share"] > room.adults[OUTCOME].mean()).sum(),
            ),
            Mistake(
                "You asked whether an interval reaches above the average. Nearly all do: the whole "
                "interval has to lie above it.",
                lambda room: (room.practices["high"] > room.adults[OUTCOME].mean()).sum(),
            ),
        ),
    ),
    Exercise(
        "ex5",
        lambda room: _listed(room).mean(),
        (
            Mistake(
                "You gave the AUROC. It says how often somebody who was admitted has a higher risk than "
                "somebody who was not, and not how often the list is right.",
                _auroc,
            ),
            Mistake(
                "You gave the share of all the admitted whom the list finds. The question is about those "
                "on it.",
                lambda room: _listed(room).sum() / room.adults[OUTCOME].sum(),
            ),
            Mistake(
                "You gave the share among all adults. A list by risk should do better than that.",
                lambda room: room.adults[OUTCOME].mean(),
            ),
        ),
        tolerance=0.002,
        share=True,
    ),
    Exercise(
        "ex6",
        lambda room: room.adults["risk"].sum(),
        (
            Mistake(
                "You counted those whose risk is above a half. Many people at a low risk each make many "
                "admissions together: a risk is not a yes or no.",
                lambda room: (room.adults["risk"] > 0.5).sum(),
            ),
            Mistake(
                "You counted what happened. The question is what the risks say beforehand.",
                lambda room: room.adults[OUTCOME].sum(),
            ),
            Mistake(
                "You gave the average risk. How many admissions are that, among so many people?",
                lambda room: room.adults["risk"].mean(),
            ),
        ),
        tolerance=0.5,
    ),
    Exercise(
        "ex7",
        lambda room: (_exposed(room)["risk"] - _exposed(room)["risk_without"]).sum(),
        (
            Mistake(
                "You counted every admission of those exposed. Some of them would have been admitted anyway.",
                lambda room: _exposed(room)[OUTCOME].sum(),
            ),
            Mistake(
                "You compared those exposed with everybody else. They differ in age and illness too, and "
                "a difference between groups is not yet an effect. This world tells you what would have "
                "been.",
                _crude,
            ),
            Mistake(
                "You added up the risks of those exposed. Some of this risk they would have without the "
                "pair.",
                lambda room: _exposed(room)["risk"].sum(),
            ),
        ),
        tolerance=0.1,
    ),
)
