"""Group thresholds: learnt on one fold, tested on people apart from it."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from analysis_lib.models.fairness import choose_group_thresholds, evaluate_mitigation
from analysis_lib.models.fairness.mitigation import _gap_change, _recall_gap

POLICIES = ["one threshold", "equal share", "equal recall"]


def make_fold(n, seed):
    """People of quintile 1 score lower than others with the same chance of the outcome."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"imd_quintile": rng.integers(1, 6, n)})
    truth = rng.normal(-2.5, 1.2, n)
    frame["sick"] = rng.random(n) < expit(truth)
    return frame, expit(truth - 0.8 * (frame["imd_quintile"] == 1))


@pytest.fixture(scope="module")
def folds():
    return *make_fold(40_000, 1), *make_fold(60_000, 2)


def test_thresholds_by_hand():
    # Ten in each quintile, three sick. Room for six. Those of quintile 1 who are sick have lower scores.
    frame = pd.DataFrame({"imd_quintile": np.repeat([1, 5], 10), "sick": ([True] * 3 + [False] * 7) * 2})
    one = [0.50, 0.45, 0.30, 0.40, 0.20, 0.1, 0.1, 0.1, 0.1, 0.1]
    five = [0.90, 0.80, 0.55, 0.70, 0.60, 0.1, 0.1, 0.1, 0.1, 0.1]
    table = choose_group_thresholds(frame, "sick", np.array(one + five), share=0.3, fewest=1)
    assert list(table["policy"].unique()) == POLICIES
    by = table.set_index(["policy", "level"])["threshold"]
    # One: .9 .8 .7 .6 .55 .5. Equal share: three each. Equal recall: two of three each takes two and two;
    # three of three would take four and five, which is more than six.
    assert by["one threshold"].to_dict() == {"1": 0.5, "5": 0.5}
    assert by["equal share"].to_dict() == {"1": 0.4, "5": 0.7}
    assert by["equal recall"].to_dict() == {"1": 0.45, "5": 0.8}
    few = choose_group_thresholds(frame, "sick", np.array(one + five), share=0.3, fewest=10)
    assert set(few["threshold"][4:]) == {0.5}, "too few outcomes to learn a threshold of their own"
    nobody = choose_group_thresholds(frame, "sick", np.full(20, 0.2), share=0.3, fewest=1)
    assert np.isinf(nobody["threshold"]).all()


def test_equal_recall_narrows_the_gap_and_says_what_it_costs(folds):
    chosen, chosen_risk, tested, risk = folds
    table = evaluate_mitigation(chosen, {"m": chosen_risk}, tested, {"m": risk}, "sick", n_boot=200)
    assert table.groupby("policy", sort=False)["level"].agg("".join).to_dict() == dict.fromkeys(
        POLICIES, "all12345"
    )
    everybody = table[table["level"] == "all"].set_index("policy")
    assert (everybody["n_listed"] / 60_000).to_numpy() == pytest.approx(0.05, abs=0.006)
    one, equal = everybody.loc["one threshold"], everybody.loc["equal recall"]
    assert one["gap_low"] > equal["gap_high"], "on people who chose nothing"
    assert one["gap_low"] < one["recall_gap"] < one["gap_high"]
    parts = table[table["level"] != "all"]
    for policy, part in parts.groupby("policy"):
        total = everybody.loc[policy]
        assert part[["n", "n_events", "n_listed", "n_found"]].sum().tolist() == [
            total["n"], total["n_events"], total["n_listed"], total["n_found"],
        ]  # fmt: skip
        assert np.ptp(part["recall"]) == pytest.approx(total["recall_gap"])
        assert total["precision"] == total["n_found"] / total["n_listed"]
    assert parts["recall_gap"].isna().all()
    # Scores held down in quintile 1: to list by the truth again finds more, for the same length of list.
    assert equal["precision"] > one["precision"]


def test_only_the_threshold_fold_chooses(folds):
    chosen, chosen_risk, tested, risk = folds
    first = evaluate_mitigation(chosen, {"m": chosen_risk}, tested, {"m": risk}, "sick", n_boot=2)
    turned = tested.assign(sick=~tested["sick"])
    second = evaluate_mitigation(chosen, {"m": chosen_risk}, turned, {"m": risk}, "sick", n_boot=2)
    assert first["n_listed"].tolist() == second["n_listed"].tolist()
    half = evaluate_mitigation(chosen, {"m": chosen_risk}, tested[:9_000], {"m": risk[:9_000]}, "sick")
    again = evaluate_mitigation(chosen, {"m": chosen_risk}, tested[:9_000], {"m": risk[:9_000]}, "sick")
    pd.testing.assert_frame_equal(half, again, check_exact=True)


def test_people_on_both_sides_are_refused(folds):
    chosen, chosen_risk, tested, risk = folds
    with pytest.raises(ValueError, match="evaluate fold"):
        evaluate_mitigation(chosen.assign(fold="evaluate"), {"m": chosen_risk}, tested, {"m": risk}, "sick")
    named = chosen.assign(person_id=np.arange(len(chosen)))
    with pytest.raises(ValueError, match="split people first"):
        evaluate_mitigation(named, {"m": chosen_risk}, named, {"m": chosen_risk}, "sick")
    with pytest.raises(ValueError, match="same models"):
        evaluate_mitigation(chosen, {"m": chosen_risk}, tested, {"other": risk}, "sick")


def test_one_risk_for_everybody_has_no_list_and_new_levels_take_the_one_threshold(folds):
    chosen, chosen_risk, tested, risk = folds
    flat = {"flat": np.full(len(chosen), 0.1), "m": chosen_risk}
    new = tested.assign(imd_quintile=tested["imd_quintile"].replace(5, 6))
    table = evaluate_mitigation(chosen, flat, new, {"flat": np.full(len(new), 0.1), "m": risk}, "sick")
    assert set(table["model"]) == {"m"}
    last = table[table["level"] == "6"]
    assert len(set(last["n_listed"])) == 1
    assert last["n_listed"].iloc[0] > 0


def test_limits_of_a_gap_by_hand():
    """Two levels: the studentised range is √2 times the normal quantile: the limits of one difference."""
    each = pd.DataFrame({"n_found": [30, 50], "n_events": [100, 100]})
    gap, low, high = _recall_gap(each, 0.95)
    pulled = np.array([31, 51]) / 102
    half = 1.959964 * np.sqrt((pulled * (1 - pulled) / 100).sum())
    assert [gap, low, high] == pytest.approx([0.2, 0.2 - half, 0.2 + half], abs=1e-4)
    assert _recall_gap(each.head(1), 0.95) == pytest.approx([np.nan] * 3, nan_ok=True)


def test_a_gap_that_is_not_there_is_held():
    """Of five levels with one recall the gap is 0: its limits begin there 95 times in 100, as they say."""
    rng = np.random.default_rng(0)
    events = np.array([900, 300, 300, 300, 300])
    begins = [
        _recall_gap(pd.DataFrame({"n_found": rng.binomial(events, 0.4), "n_events": events}), 0.95)[1]
        for _ in range(200)
    ]
    assert 0.90 <= np.mean(np.equal(begins, 0)) <= 0.99


def test_the_change_of_a_gap_is_of_the_same_people():
    # Level one: 50 of 100 on both lists. Level two: 20 of 100 on both, and 30 more on the second alone.
    cells = np.array([[[50, 0], [0, 50]], [[50, 30], [0, 20]]])
    change, low, high = _gap_change(cells, 2_000, 0, 0.95)
    assert change == pytest.approx(-0.3)
    assert -0.45 < low < -0.3 < high < 0
    same = np.array([[[50, 0], [0, 50]], [[80, 0], [0, 20]]])
    assert _gap_change(same, 500, 0, 0.95) == [0, 0, 0]
