"""Sentences of notebook 05 on how well the models rank: true whoever wins, and where cells are hidden."""

import pandas as pd
import pytest

from analysis_lib import headlines

NAN = float("nan")
COLUMNS = ["outcome", "model", "group", "level", "auroc", "low", "high"]


def words(value):
    return getattr(value, "text", value)


def performance(rows, **more):
    frame = pd.DataFrame(
        [("next_high_cost", model, "all", "all", *values) for model, *values in rows], columns=COLUMNS
    )
    base = {"n": 1_000, "n_events": 50, "prevalence": 0.05, "oe": 1.0, "calibration_slope": 1.0}
    base |= {"slope_low": 0.9, "slope_high": 1.1, "calibration_in_large": 0.0, "large_low": -0.1}
    return frame.assign(**{**base, "large_high": 0.1, **more})


WIN = [
    ("prevalence", 0.5, 0.5, 0.5),
    ("logistic", 0.80, 0.79, 0.805),
    ("trees", 0.83, 0.82, 0.84),
    ("last_year_cost", 0.75, 0.74, 0.76),
    ("n_conditions", 0.70, 0.69, 0.71),
]


def test_the_best_model_beats_the_best_simple_rule():
    facts = headlines.say_performance(performance(WIN))
    assert facts["performance_high_cost"] == (
        "High cost next year: best ranked by boosted trees, AUROC 0.830 (0.820 to 0.840); beyond the best "
        "simple rule, last year's cost, 0.750 (0.740 to 0.760)"
    )
    assert facts["performance"] == (
        "Ranked best (AUROC). High cost next year: boosted trees, 0.83, beyond last year's cost, 0.75"
    )
    assert facts["dummy"] == "Giving everybody the same risk has an AUROC of 0.50"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ((0.825, 0.81, 0.835), "above the best simple rule, last year's cost"),
        ((0.83, 0.82, 0.84), "no better than the best simple rule, last year's cost"),
        ((0.90, 0.89, 0.91), "no better than the best simple rule, last year's cost"),
    ],
)
def test_a_simple_rule_may_come_close_tie_or_win(rule, said):
    rows = [*WIN[:3], ("last_year_cost", *rule)]
    both = headlines.say_performance(performance(rows))
    facts = both["performance_high_cost"]
    assert said in facts
    assert said.replace("the best simple rule, ", "") in both["performance"]
    assert facts.endswith("though the intervals overlap") == ("above" in said)


def test_models_whose_intervals_overlap_are_not_told_apart_and_the_winner_may_be_logistic():
    rows = [("logistic", 0.83, 0.82, 0.84), ("trees", 0.825, 0.815, 0.835)]
    said = headlines.say_performance(performance(rows))
    assert "best ranked by logistic regression" in said["performance_high_cost"]
    assert said["performance_high_cost"].endswith(", not told apart from boosted trees")
    assert said["performance"].endswith("High cost next year: logistic regression, 0.83")
    assert "not shown" in said["dummy"]


def test_what_is_hidden_is_not_said():
    hidden = performance([(model, NAN, NAN, NAN) for model, *_ in WIN], oe=NAN, lift_5=NAN)
    assert headlines.say_performance(hidden)["performance"].startswith("There are too few people")
    assert headlines.say_calibration(hidden)["calibration"].startswith("There are too few people")
    assert headlines.say_groups_performance(hidden)["groups"].startswith("There are too few people")
    assert headlines.say_risk_answer(hidden)["answer"].startswith("There are too few people")
    assert headlines.say_lift(hidden)["lift"].startswith("There are too few people")


def test_lift_and_the_answer_name_the_best_of_models_and_of_rules():
    frame = performance(WIN, lift_5=[1.0, 5.0, 6.0, 7.0, 2.0])
    assert headlines.say_lift(frame)["lift"] == (
        "Among the 5% ranked highest, against all people, high cost next year is 6.0 times as "
        "common (boosted trees; "
        "7.0 times by last year's cost)"
    )
    assert headlines.say_risk_answer(frame)["answer"] == (
        "The 5% of people ranked highest hold 30% of those with high cost next year (boosted "
        "trees), against 35% by "
        "last year's cost"
    )
    both = pd.concat([frame, frame.assign(outcome="next_emergency", lift_5=[1.0, 3.0, 2.0, NAN, NAN])])
    assert headlines.say_risk_answer(both)["answer"].endswith(
        "; and 15% of those with an emergency admission next year (logistic regression)"
    )


@pytest.mark.parametrize(
    ("slope", "large", "oe", "said"),
    [
        ((0.95, 1.05), (-0.1, 0.1), 1.0, "as good as chance allows"),
        ((0.70, 0.80), (-0.1, 0.1), 1.0, "right on average, but too extreme"),
        ((1.20, 1.30), (-0.1, 0.1), 1.0, "right on average, but too much towards the middle"),
        ((0.95, 1.05), (0.1, 0.3), 1.2, "too few predicted"),
        ((0.95, 1.05), (-0.3, -0.1), 0.8, "too many predicted"),
    ],
)
def test_calibration_is_judged_by_both_intervals(slope, large, oe, said):
    frame = performance(
        WIN,
        oe=oe,
        calibration_slope=sum(slope) / 2,
        slope_low=slope[0],
        slope_high=slope[1],
        calibration_in_large=sum(large) / 2,
        large_low=large[0],
        large_high=large[1],
    )
    text = headlines.say_calibration(frame)["calibration"]
    assert text.startswith(f"High cost next year: {oe:.2f} times as many as predicted by boosted trees")
    assert text.endswith(said)


def curve(trees, everybody=(0.04, 0.0, -0.1)):
    rows = []
    for at, threshold in enumerate((0.01, 0.05, 0.2)):
        rows += [("trees", threshold, trees[at]), ("everybody", threshold, everybody[at])]
        rows += [("nobody", threshold, 0.0)]
    frame = pd.DataFrame(rows, columns=["model", "threshold", "net_benefit"])
    return frame.assign(outcome="next_emergency")


@pytest.mark.parametrize(
    ("trees", "said"),
    [
        ((0.05, 0.03, 0.01), "at every threshold shown, 1.0% to 20%"),
        ((0.04, 0.03, 0.01), "at thresholds of 5.0% to 20%"),
        ((0.05, 0.0, 0.01), "at thresholds of 1.0% to 20%, with gaps"),
        ((0.03, 0.0, -0.01), "at no threshold shown"),
        ((NAN, 0.03, 0.01), "at every threshold shown, 5.0% to 20%"),
    ],
)
def test_net_benefit_is_held_against_everybody_and_nobody(trees, said):
    assert headlines.say_decision(curve(trees))["decision"] == (
        f"Emergency admission next year: more net benefit by boosted trees than by listing "
        f"everybody or nobody {said}"
    )
    assert "too few" in headlines.say_decision(curve((NAN, NAN, NAN)).query("model == 'trees'"))["decision"]


def test_the_search_counts_candidates_and_names_the_chosen():
    search = pd.DataFrame(
        {
            "outcome": "next_high_cost",
            "round": [1, 1, 2],
            "learning_rate": [0.1, 0.05, 0.05],
            "max_leaf_nodes": [31, 15, 15],
            "min_samples_leaf": [50, 200, 200],
            "l2": [0.0, 1.0, 1.0],
            "chosen": [False, False, True],
        }
    )
    facts = headlines.say_search(search)
    assert facts["search"] == (
        "2 settings of the trees tried for each outcome in 2 rounds; chosen for High cost next "
        "year: learning rate "
        "0.05, 15 leaves, at "
        "least 200 people a leaf"
    )
    assert words(facts["n_candidates"]) == "2"
    assert headlines.say_search(search.assign(chosen=False))["search"].endswith("none chosen")


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ((0.80, 0.79, 0.81), "AUROC falls from 0.85 in month 1 to 0.80 in month 12"),
        ((0.84, 0.83, 0.86), "AUROC falls from 0.85 in month 1 to 0.84 in month 12 (intervals overlap)"),
        ((0.90, 0.89, 0.91), "AUROC rises from 0.85 in month 1 to 0.90 in month 12"),
        ((0.851, 0.84, 0.86), "AUROC 0.85 in month 1 and in month 12"),
    ],
)
def test_months_may_fall_rise_or_stay(last, said):
    rows = [(12, *last), (1, 0.85, 0.84, 0.86), (6, NAN, NAN, NAN)]
    frame = pd.DataFrame(rows, columns=["month", "auroc", "low", "high"])
    frame = frame.assign(outcome="next_emergency", model="trees")
    assert headlines.say_risk_months(frame)["months"] == f"Emergency admission next year: {said}"
    assert "too few" in headlines.say_risk_months(frame[2:])["months"]


def groups(auroc, high):
    rows = [
        ("all", "all", 0.83, 0.82, 0.84, 1.0),
        ("age_band", "85+", auroc, auroc - 0.02, high, 1.1),
        ("sex", "M", 0.84, 0.83, 0.85, 0.8),
        ("ethnic_group", "not stated", 0.2, 0.1, 0.3, 9.0),
    ]
    frame = pd.DataFrame(rows, columns=["group", "level", "auroc", "low", "high", "oe"])
    return frame.assign(outcome="next_high_cost", model="trees", large_low=-0.3, large_high=-0.1)


def test_the_worst_served_group_is_named_unless_chance_or_none():
    facts = headlines.say_groups_performance(groups(0.70, 0.72))
    assert facts["groups"] == (
        "High cost next year: ranked worst are people of 85 and over, AUROC 0.700 (0.680 to 0.720) against "
        "0.830 for all"
    )
    assert facts["groups_calibration"].endswith(
        "furthest off for men and boys (0.80 times as many as predicted)"
    )
    wide = groups(0.70, 0.72).assign(large_high=0.1)
    assert "predicted; chance could make it" in headlines.say_groups_performance(wide)["groups_calibration"]
    assert headlines.say_groups_performance(groups(0.82, 0.84))["groups"].endswith("(intervals overlap)")
    better = headlines.say_groups_performance(groups(0.835, 0.86))["groups"]
    assert "no group is ranked worse than all people together" in better


@pytest.mark.parametrize(("auroc", "where"), [(0.66, "within"), (0.75, "outside"), (0.60, "outside")])
def test_the_outside_check_is_held_against_published_values(auroc, where):
    rows = [("trees", auroc, auroc - 0.01, auroc + 0.01), ("prevalence", 0.5, 0.5, 0.5)]
    frame = pd.DataFrame(rows, columns=["model", "auroc", "low", "high"])
    said = headlines.say_outside(frame)["outside"]
    assert f"{where} the published 0.64 to 0.69" in said
    assert "has not been made" in headlines.say_outside(frame[1:])["outside"]


def test_the_card_has_its_numbers_or_says_that_they_are_not_known():
    limits = {
        f"{name}_{end}": 0.1
        for name in ("auprc", "brier", "lift_1", "lift_5", "lift_10")
        for end in ("low", "high")
    }
    frame = performance(WIN, auprc=0.3, brier=0.04, lift_1=9.0, lift_5=5.0, lift_10=NAN, **limits)
    facts = headlines.say_card(frame)
    assert facts["high_cost_auroc"] == "0.830 (0.820 to 0.840)"
    assert words(facts["high_cost_n"]) == "1,000"
    assert facts["high_cost_lift_10"] == facts["emergency_auroc"] == facts["emergency_n"] == "not known"


def test_windows_are_said_in_words():
    facts = headlines.say_risk_windows("2023-04-01", "2024-04-01", "2025-03-31")
    assert facts["train_window"] == "1 April 2023 to 31 March 2024"
    assert facts["evaluate_window"] == "1 April 2024 to 31 March 2025"
    assert words(facts["train_day"]) == "1 April 2023"


def test_rows_are_picked_in_order_and_named():
    frame = performance(WIN, lift_1=2.0, lift_5=3.0, lift_10=4.0)
    frame = frame.assign(**{f"lift_{n}_{end}": 1.0 for n in (1, 5, 10) for end in ("low", "high")})
    group = frame.assign(group="imd_quintile", level="1")
    picked = headlines.pick_models(pd.concat([group, frame]))
    assert picked["who"].tolist() == [
        "Boosted trees",
        "Logistic regression",
        "Last year's cost",
        "Number of conditions",
        "No model (prevalence)",
    ]
    subgroups = headlines.pick_subgroups(group, "next_high_cost")
    assert subgroups["group_name"].tolist() == ["Deprivation quintile (1 = most deprived)"]
