"""The list of priorities: order and reasons worked by hand, lists by capacity, and truth over seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis_lib.inputs.population import load_population
from analysis_lib.measures import wilson_interval
from analysis_lib.queries import PINCER, to_frame
from analysis_lib.review import (
    count_reasons,
    evaluate_capacity,
    list_by_capacity,
    list_current,
    list_priorities,
)
from tests.population_tables import A, B, medicine, small_population, write

RAMIPRIL, NAPROXEN, ZOPICLONE = "start:0205051R0", "start:1001010P0", "start:0401010Z0"
PEOPLE = pd.DataFrame(
    {
        "person_id": list("abcdefghij"),
        "risk": [0.30, 0.90, 0.50, 0.40, 0.60, 0.60, 0.60, 0.50, 0.70, 0.80],
        "risk_before": [0.30, 0.10, 0.45, 0.20, 0.60, 0.60, 0.60, np.nan, 0.70, 0.80],
    }
)
FLAGS = pd.DataFrame(
    [("a", "D", True), ("d", "K", True), ("d", "A", True), ("b", "A", False), ("d", "I", False)],
    columns=["person_id", "rule", "flagged"],
)
EXPLAINED = pd.DataFrame(
    [
        ("a", "age", None, None, 2.0),
        ("a", NAPROXEN, "gp", "0-14", 0.3),
        ("b", "condition:copd", None, None, 1.5),  # the highest risk, and nothing to review
        ("b", NAPROXEN, None, None, 0.9),  # a code alone is no pattern
        ("c", RAMIPRIL, NAPROXEN, "15-30", 0.4),
        ("c", RAMIPRIL, NAPROXEN, "0-14", 0.7),  # of one pair the band that adds most
        ("c", "gp", ZOPICLONE, "31-90", 0.8),
        ("e", RAMIPRIL, NAPROXEN, "0-14", 0.7),  # takes neither any more
        ("f", RAMIPRIL, NAPROXEN, "0-14", -0.7),  # goes with fewer admissions
        ("g", "condition:copd", "gp", "0-14", 0.7),  # no medicine
        ("h", NAPROXEN, "emergency", "0-14", 0.1),
        ("i", NAPROXEN, "emergency", "0-14", 0.099),  # too little
        ("j", "stop:1001010P0", "gp", "0-14", 0.7),  # begins none
    ],
    columns=["person_id", "first", "then", "bin", "contribution"],
)
CURRENT = pd.DataFrame(
    [("a", NAPROXEN), ("c", NAPROXEN), ("c", ZOPICLONE), ("f", NAPROXEN), *[(p, NAPROXEN) for p in "bhij"]],
    columns=["person_id", "code"],
).assign(code=lambda table: table["code"].str.removeprefix("start:"))


def listing(**other):
    given = {"people": PEOPLE, "flags": FLAGS, "explained": EXPLAINED, "current": CURRENT, "capacity": None}
    return list_priorities(**given | other)


def test_rules_come_first_then_patterns_each_by_risk():
    listed = listing()
    assert listed.drop(columns="reasons").to_numpy().tolist() == [
        [1, "d", 0.4, "rule", "A, K", 0, True],
        [2, "a", 0.3, "rule", "D", 1, False],
        [3, "c", 0.5, "pattern", "", 2, True],
        [4, "h", 0.5, "pattern", "", 1, False],  # as high as c: by identifier; 90 days ago is not known
    ]
    assert listing(people=PEOPLE.sample(frac=1, random_state=1)).equals(listed)
    assert listing(people=PEOPLE.drop(columns="risk_before"))["rising"].tolist() == [False] * 4


def test_reasons_are_said_in_words_and_claim_no_cause():
    listed = listing()
    reasons = listed.set_index("person_id")["reasons"]
    assert reasons["d"] == (
        "Rule A: aged 65 or over: NSAID without an ulcer-healing medicine. Rule K: eGFR below 45: NSAID. "
        "Risk up from 20% to 40% in 90 days."
    )
    assert reasons["c"] == (
        "Goes with more admissions: GP contact, then zopiclone begun 31 to 90 days later; ramipril begun, "
        "then naproxen begun within 14 days. Risk up from 45% to 50% in 90 days."
    )
    assert not reasons.str.contains("cause|because|due to|leads", case=False).any()


def test_more_patterns_than_can_be_read_are_counted():
    gaps = [("h", NAPROXEN, then, "0-14", 0.5) for then in ("gp", "ae", "nhs111", "outpatient", "community")]
    listed = listing(explained=pd.DataFrame(gaps, columns=EXPLAINED.columns))
    assert listed.set_index("person_id").loc["h", "n_patterns"] == 5
    assert listed.set_index("person_id").loc["h", "reasons"].endswith("; and 2 more.")


def test_capacity_cuts_the_list_and_nobody_is_a_list():
    assert listing(capacity=3)["person_id"].tolist() == ["d", "a", "c"]
    assert listing(capacity=50).equals(listing())
    nobody = listing(flags=FLAGS[~FLAGS["flagged"]], explained=EXPLAINED[:1])
    assert nobody.empty
    assert count_reasons(nobody)["n_people"].eq(0).all()
    assert list(nobody) == list(listing())


def test_reasons_are_counted_each_for_everybody_who_has_it():
    counts = count_reasons(listing()).set_index("reason")["n_people"]
    assert counts[counts > 0].to_dict() == {"A": 1, "D": 1, "K": 1, "pattern": 3, "rising risk": 2}
    assert list(counts.index[:13]) == [rule.letter for rule in PINCER]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"people": pd.concat([PEOPLE, PEOPLE[:1]])}, "one row a person"),
        ({"people": PEOPLE.assign(risk=np.nan)}, "risk of every person"),
        ({"capacity": 0}, "1 or more"),
    ],
)
def test_what_makes_no_list_is_refused(other, told):
    with pytest.raises(ValueError, match=told):
        listing(**other)
    with pytest.raises(KeyError, match="contribution"):
        listing(explained=EXPLAINED.drop(columns="contribution"))


def test_medicines_of_a_day(tmp_path):
    courses = [
        medicine(A, "2024-03-31"),
        medicine(A, "2020-01-01", "2024-04-01", "0212"),
        medicine(A, "2020-01-01", "2024-03-31", "0301"),
        medicine(B, "2024-04-01"),
        {**medicine(B, "2020-01-01", None, "0401")},
        {**medicine(B, "2021-01-01", None, "0401")},
    ]
    tables = small_population() | {"medicine": courses}
    current = to_frame(list_current(load_population(write(tmp_path, tables)), "2024-04-01"))
    assert sorted(current.itertuples(index=False, name=None)) == [(A, "0205"), (A, "0212"), (B, "0401")]


# By capacity ----------------------------------------------------------------------------------------------

OUTCOME = PEOPLE.assign(
    ill=PEOPLE["person_id"].isin(list("dcbj")), imd_quintile=[1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
)


def test_who_is_found_by_capacity_worked_by_hand():
    table = evaluate_capacity(OUTCOME, "ill", listing(), capacities=(1, 3, 9), threshold=0.2)
    by = table.set_index(["ordered_by", "capacity"])
    assert by[["n_listed", "n_found"]].to_numpy().tolist() == [[1, 1], [3, 2], [4, 2], [1, 1], [3, 2], [9, 4]]
    assert by[["threshold", "n", "n_events"]].drop_duplicates().to_numpy().tolist() == [[0.2, 10, 4]]
    # Threshold 0.2: one in vain costs a quarter of one found; ten people in all
    assert by["net_benefit"].tolist() == pytest.approx([0.1, 0.175, 0.15, 0.1, 0.175, 0.275])
    assert by["precision"].tolist() == pytest.approx([1, 2 / 3, 1 / 2, 1, 2 / 3, 4 / 9])
    assert by.loc[("priority", 3), ["precision_low", "precision_high"]].tolist() == pytest.approx(
        [float(x) for x in wilson_interval(2, 3)]
    )


def test_an_empty_list_finds_nobody():
    table = evaluate_capacity(OUTCOME, "ill", listing()[:0], capacities=(5,))
    assert table.loc[0, ["n_listed", "n_found", "net_benefit"]].tolist() == [0, 0, 0]
    assert table.loc[0, ["precision", "precision_low", "precision_high"]].isna().all()
    with pytest.raises(ValueError, match="Nobody is listed"):
        list_by_capacity(OUTCOME, "ill", listing()[:0], FLAGS)


def test_people_and_list_must_be_the_same():
    with pytest.raises(ValueError, match="not among the people"):
        evaluate_capacity(OUTCOME[:3], "ill", listing())
    with pytest.raises(ValueError, match="threshold"):
        evaluate_capacity(OUTCOME, "ill", listing(), threshold=1)


def test_shares_by_deprivation_worked_by_hand():
    table = list_by_capacity(OUTCOME, "ill", listing(), FLAGS, capacities=(2, 3, 50))
    by = table.set_index(["capacity", "imd_quintile"])
    # Listed: d (2), a (1), c (2), h (4); flagged: a, d; ill: b, c, d, j
    assert by.loc[2, "n_listed"].tolist() == [1, 1, 0, 0, 0]
    assert by.loc[3, "n_listed"].tolist() == [1, 2, 0, 0, 0]
    assert by.loc[50, "n_listed"].tolist() == [1, 2, 0, 1, 0]
    assert by.loc[50, "share_of_list"].tolist() == [0.25, 0.5, 0, 0.25, 0]
    assert by.loc[50, "share_of_flagged"].tolist() == [0.5, 0.5, 0, 0, 0]
    assert by.loc[50, "share_of_events"].tolist() == [0.25, 0.5, 0, 0, 0.25]
    assert by.loc[50, "list_difference"].tolist() == [0, 0, 0, 0.25, -0.25]
    assert by.groupby("capacity")["share_of_people"].sum().tolist() == pytest.approx([1, 1, 1])


def test_the_interval_of_a_list_holds_the_true_risk_over_seeds():
    """People with known risks, of whom some are flagged: the order must not choose by the outcome."""
    held, gain = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        risk = rng.beta(1, 6, 400)
        people = pd.DataFrame({"person_id": [f"{n:04d}" for n in range(400)], "risk": risk})
        people["ill"] = rng.random(400) < risk
        flagged = people["person_id"][rng.random(400) < 0.3]
        flags = pd.DataFrame({"person_id": flagged, "rule": "A", "flagged": True})
        listed = list_priorities(people, flags, EXPLAINED[:0], CURRENT[:0], None)
        row = evaluate_capacity(people, "ill", listed, (60,)).iloc[0]
        truth = people.set_index("person_id").loc[listed["person_id"][:60], "risk"].mean()
        held.append(row["precision_low"] <= truth <= row["precision_high"])
        gain.append(truth - risk[flagged.index].mean())
    assert sum(held) >= 50  # of 60 at 95%: fewer by chance less than once in 5,000
    assert min(gain) > 0.05  # the higher risks of those flagged come first
