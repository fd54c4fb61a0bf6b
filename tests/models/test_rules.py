"""Cohort rules: every combination is counted, the right one found, and luck does not outlive its year."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import TooFewPoints
from analysis_lib.measures.intervals import wilson_interval
from analysis_lib.models import rules as room
from analysis_lib.models.rules import CohortRule, Condition, check_rules, find_rules, list_conditions

GRID = tuple(Condition(f"has_{name}", name) for name in "abcdef")


def make(n, seed, effect=2.5):
    """People with six conditions; those with a, b and c have the outcome more often."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"has_{name}": rng.random(n) < 0.3 for name in "abcdef"})
    score = -2.5 + effect * (frame["has_a"] & frame["has_b"]) + 0.8 * effect * frame["has_c"] * frame["has_a"]
    frame["next_emergency"] = rng.random(n) < 1 / (1 + np.exp(-score))
    frame["imd_quintile"] = rng.integers(1, 6, n)
    frame["ethnic_group"] = rng.choice(["White", "Asian"], n)
    return frame


def test_the_best_pair_and_triple_are_found():
    train = make(20_000, 1)
    rules = find_rules(train, "next_emergency", n_rules=1, conditions=GRID)
    assert [rule.words for rule in rules] == ["a, b"]  # a, b, c shares two columns with it
    triple = find_rules(train, "next_emergency", n_rules=1, conditions=GRID[:3])
    assert triple[0].words == "a, b"
    inside = train["has_a"] & train["has_b"]
    assert rules[0].n_train == inside.sum()
    lift = train.loc[inside, "next_emergency"].mean() / train["next_emergency"].mean()
    assert rules[0].lift_train == pytest.approx(lift)


@pytest.mark.parametrize("size", [2, 3])
def test_the_search_is_exhaustive(size):
    """The first rule of each length is the best of all that are large enough and better than their parts."""
    train = make(6_000, 2, effect=1.0)
    holds = {c.words: train[c.column].to_numpy() for c in GRID}

    def low(names):
        mask = np.logical_and.reduce([holds[name] for name in names])
        k, n = train.loc[mask, "next_emergency"].sum(), mask.sum()
        return wilson_interval(k, n)[0] if n >= 100 else -1.0

    best = max(
        (c for c in combinations("abcdef", size) if low(c) > max(map(low, combinations(c, size - 1)))),
        key=low,
    )
    rules = find_rules(train, "next_emergency", 100, n_rules=1, conditions=GRID)
    pair = rules[0].words.split(", ")
    if size == 2:
        assert pair == list(best)
    else:
        n, k = (
            room._count(np.array(list(holds.values()))[:, rows])
            for rows in (slice(None), train["next_emergency"])
        )
        lows = {s: wilson_interval(k[s], n[s])[0] for s in n}
        first = next(room._ranked(lows, n, 3, 100))
        assert tuple("abcdef"[p] for p in first) == best
        everyone = np.logical_and.reduce([holds[name] for name in best])
        assert n[3][first] == everyone.sum()
        assert k[3][first] == train.loc[everyone, "next_emergency"].sum()


def test_no_rule_is_smaller_than_asked_or_a_near_copy():
    train = make(30_000, 3, effect=1.0).assign(has_f=lambda f: f["has_a"])  # f is a by another name
    rules = find_rules(train, "next_emergency", 500, n_rules=6, conditions=GRID)
    assert len(rules) > 2
    for rule in rules:
        assert rule.n_train == rule.holds(train).sum() >= 500
        assert not {"a", "f"} <= set(rule.words.split(", "))
    for one, other in combinations(rules, 2):
        shared = {c.column for c in one.conditions} & {c.column for c in other.conditions}
        assert len(shared) <= 1
        a, b = one.holds(train), other.holds(train)
        assert (a & b).sum() <= 0.5 * (a | b).sum()
    assert find_rules(train, "next_emergency", 30_001, conditions=GRID) == []


def test_a_rule_has_one_condition_of_use_at_most():
    n = 4_000
    rng = np.random.default_rng(0)
    count = rng.poisson(1.0, n)
    train = pd.DataFrame({"n_gp_12m": 10 * count, "n_emergency_12m": count, "age": rng.integers(0, 95, n)})
    train["next_emergency"] = rng.random(n) < 0.02 + 0.15 * (count > 1) + 0.1 * (train["age"] >= 75)
    rules = find_rules(train, "next_emergency", 20)
    assert rules[0].words.startswith("aged 75 and over")
    assert all(sum(c.use for c in rule.conditions) <= 1 for rule in rules)


def test_a_rule_by_hand_over_all_and_by_stratum():
    later = pd.DataFrame(
        {
            "age": [80, 80, 80, 20, 20, 20, 20, 80],
            "has_copd": [True, True, True, True, False, False, False, False],
            "next_emergency": [True, True, False, False, True, False, False, False],
            "imd_quintile": [1, 1, 2, 2, 1, 1, 2, 2],
        }
    )
    rule = CohortRule(
        "next_emergency", (Condition("age", "aged 75 and over", 75), Condition("has_copd", "COPD")), 50, 3.0
    )
    table = check_rules([rule], later, strata=["imd_quintile"])
    assert table["rule"].unique().tolist() == ["aged 75 and over, COPD"]
    assert table[["group", "level"]].to_numpy().tolist() == [
        ["all", "all"],
        ["imd_quintile", "1"],
        ["imd_quintile", "2"],
    ]
    # 2 of 3 against 3 of 8; 2 of 2 against 3 of 4; 0 of 1 in a fifth where nobody has it.
    assert table["n"].tolist() == [3, 2, 1]
    assert table["n_events"].tolist() == [2, 2, 0]
    assert table["n_everybody"].tolist() == [8, 4, 4]
    assert table["events_everybody"].tolist() == [3, 3, 0]
    np.testing.assert_allclose(table["lift"], [(2 / 3) / (3 / 8), 1 / 0.75, np.nan])
    low, high = wilson_interval(2, 3)
    np.testing.assert_allclose(table.loc[0, ["low", "high"]].astype(float), [low / 0.375, high / 0.375])
    assert table["n_train"].eq(50).all()
    assert table["lift_train"].eq(3.0).all()
    assert table["n_features"].eq(2).all()
    with pytest.raises(TooFewPoints, match="No rule holds enough of the people"):
        check_rules([], later, strata=[])
    # Who lives in no known fifth is a level of the stratum.
    nowhere = later.assign(fifth=pd.array([1] * (len(later) - 1) + [None], dtype="Int32"))
    found = check_rules([rule], nowhere, strata=["fifth"])
    assert set(found.loc[found["group"] == "fifth", "level"]) <= {"1", "not recorded"}


def test_luck_does_not_survive_the_later_year():
    """Where nothing is planted, the best of many rules looks good on training people and on no others."""
    train, later = make(6_000, 4, effect=0.0), make(60_000, 5, effect=0.0)
    table = check_rules(find_rules(train, "next_emergency", 100, 3, GRID), later, strata=[])
    assert table["lift_train"].mean() > 1.15
    assert table["lift"].mean() == pytest.approx(1.0, abs=0.12)


def test_the_interval_of_lift_covers():
    """Over 150 later years, the interval holds the true lift about 95 times in 100."""
    rule = CohortRule("next_emergency", GRID[:1], 0, 1.0)
    rng, inside = np.random.default_rng(6), 0
    has_a = np.arange(4_000) < 800
    true = 0.3 / (0.2 * 0.3 + 0.8 * 0.1)
    for _ in range(150):
        event = rng.random(4_000) < np.where(has_a, 0.3, 0.1)
        frame = pd.DataFrame({"has_a": has_a, "next_emergency": event})
        row = check_rules([rule], frame, strata=[]).iloc[0]
        inside += row["low"] <= true <= row["high"]
    assert inside / 150 >= 0.93


def test_the_grid_holds_what_the_frame_has_and_no_protected_group():
    frame = pd.DataFrame(columns=["age", "sex", "ethnic_group", "imd_decile", "has_copd", "n_emergency_12m"])
    words = [condition.words for condition in list_conditions(frame)]
    assert "aged 75 and over" in words
    assert "COPD" in words
    assert "admitted as an emergency last year" in words
    assert {c.column for c in list_conditions(frame)} == {"age", "has_copd", "n_emergency_12m"}
    missing = Condition("age", "aged 65 and over", 65).holds(pd.DataFrame({"age": [np.nan, 64, 65]}))
    assert missing.tolist() == [False, False, True]
