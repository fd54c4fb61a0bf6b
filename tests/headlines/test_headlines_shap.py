"""Sentences of notebook 05 on lists, cohort rules and SHAP, with the opposite and with hidden cells."""

import pandas as pd
import pytest

from analysis_lib import headlines

NAN = float("nan")
COST, EMERGENCY = "next_high_cost", "next_emergency"


def words(value):
    return getattr(value, "text", value)


def test_fairness_names_whom_the_list_misses():
    rows = [
        ("sex", "F", 0.30),
        ("sex", "M", 0.31),
        ("age_band", "85+", 0.45),
        ("ethnic_group", "not stated", 0.1),
    ]
    frame = pd.DataFrame(rows, columns=["group", "level", "recall"]).assign(outcome=COST, model="trees")
    assert headlines.say_fairness(frame)["fairness"] == (
        "High cost next year: of those with it the list holds 30% for women and girls and 45% for "
        "people of 85 and over"
    )
    same = headlines.say_fairness(frame.assign(recall=0.3))["fairness"]
    assert same == "No two groups can be told apart by what the list misses"
    assert headlines.say_fairness(frame.assign(recall=NAN))["fairness"] == same


@pytest.mark.parametrize(
    ("of_list", "word"), [(0.33, "less than"), (0.40, "more than"), (0.371, "as much as")]
)
def test_the_most_deprived_fifth_on_the_list(of_list, word):
    frame = pd.DataFrame(
        {
            "imd_quintile": [1, 2],
            "share_of_list": [of_list, 0.2],
            "share_of_people": [0.35, 0.2],
            "share_of_events": [0.37, 0.2],
        }
    ).assign(outcome=COST, model="trees")
    assert headlines.say_deprived_list(frame)["list"] == (
        f"The most deprived fifth, on the list of boosted trees. High cost next year: "
        f"{100 * of_list:.0f}% of the "
        f"list, {word} their 37% of those with the outcome (35% of all people)"
    )
    assert "too few" in headlines.say_deprived_list(frame[1:])["list"]


def test_need_at_equal_predicted_cost():
    frame = pd.DataFrame(
        {
            "risk_bin": [1, 1, 2, 2, 3, 3],
            "core20": [True, False] * 3,
            "mean_conditions": [1.0, 0.5, 2.0, 1.5, 3.0, 3.5],
            "emergency_rate": [0.1, 0.2, 0.3, 0.2, NAN, 0.4],
        }
    ).assign(model="trees")
    assert headlines.say_cost_need(frame)["cost_need"] == (
        "At equal predicted risk of high cost, people of the Core20 have more conditions in 2 of 3 "
        "bands of risk and "
        "more emergency admissions in 1 of 2 bands of risk"
    )
    assert "Too few" in headlines.say_cost_need(frame[~frame["core20"]])["cost_need"]
    needs = headlines.spread_need(frame)
    assert needs["side"].unique().tolist() == ["Core20", "Rest"]
    assert needs[needs["need"] == "Mean number of conditions"]["value"].sum() == 11.5


def test_need_at_equal_risk_may_be_more_less_or_chance():
    frame = pd.DataFrame(
        {
            "measure": ["emergency_rate", "mean_conditions", "mean_cost_gbp"],
            "ratio": [1.2, 0.9, 1.0],
            "low": [1.1, 0.8, NAN],
            "high": [1.3, 1.05, NAN],
        }
    ).assign(model="trees")
    assert headlines.say_need(frame)["need"] == (
        "At equal predicted risk of high cost, the Core20 against the rest: 1.20 (1.10 to 1.30) "
        "times as often an "
        "emergency admission; 0.90 (0.80 to 1.05) times as many long-term conditions, which may be chance"
    )
    assert "Too few" in headlines.say_need(frame[2:])["need"]


def mitigation(gap, precision):
    return pd.DataFrame(
        {
            "outcome": EMERGENCY,
            "model": "trees",
            "policy": ["One threshold", "Equal recall"],
            "recall_gap": [0.10, gap],
            "gap_low": [0.08, gap - 0.02],
            "gap_high": [0.12, gap + 0.02],
            "precision": [0.34, precision],
        }
    )


@pytest.mark.parametrize(
    ("gap", "precision", "said"),
    [
        (0.02, 0.33, "narrows the gap in recall from 10.0% to 2.0% (precision 34.0%, then 33.0%)"),
        (
            0.08,
            0.33,
            "narrows the gap in recall from 10.0% to 8.0%, within chance (precision 34.0%, then 33.0%)",
        ),
        (0.15, 0.35, "widens the gap in recall from 10.0% to 15.0% (precision 34.0%, then 35.0%)"),
        (0.10, 0.34, "keeps the gap in recall at 10.0% (precision 34.0%, then 34.0%)"),
    ],
)
def test_mitigation_may_help_or_not(gap, precision, said):
    text = headlines.say_mitigation(mitigation(gap, precision))["mitigation"]
    assert text == f"Emergency admission next year: equal recall {said}"


def test_mitigation_is_not_compared_where_the_first_policy_is_hidden():
    frame = mitigation(0.02, 0.33)
    frame.loc[0, "precision"] = NAN
    assert "too few" in headlines.say_mitigation(frame)["mitigation"]


def test_rules_that_hold_in_the_later_year_are_counted():
    rows = [("aged 85 and over, COPD", "all", 3.0, 2.5, 3.6), ("Heart failure and 85+", "all", 1.2, 0.9, 1.5)]
    rows += [("COPD and 85+", "imd_quintile", 9.0, 8.0, 10.0)]
    frame = pd.DataFrame(rows, columns=["rule", "group", "lift", "low", "high"])
    frame = frame.assign(outcome=COST, n=1_200)
    facts = headlines.say_rules(frame)
    assert facts["rules"] == (
        "High cost next year is 3.0 (2.5 to 3.6) times as common among 1,200 people (aged 85 and over, COPD)"
    )
    assert facts["rules_held"].startswith("1 of 2 rules found in the earlier year")
    assert headlines.say_rules(frame.assign(lift=NAN))["rules"].startswith("No rule has enough people")


def importance(rank, error=0.01):
    size = pd.Series([0.5, 0.9, 0.3, 0.1])
    names = ["Age", "COPD", "Long-term conditions, how many", "A&E use, last year"]
    frame = pd.DataFrame({"outcome": COST, "feature": names, "mean_abs_shap": size, "planted_rank": rank})
    return frame.assign(low=size - error, high=size + error, n=20_000)


def test_importance_names_three_and_counts_the_planted():
    facts = headlines.say_importance(importance([1, 2, 3, NAN]))
    assert facts["importance"] == (
        "High cost next year: risks go most with COPD, age and long-term conditions (how many)"
    )
    assert facts["sample"] == "20,000 people drawn at random from everybody"
    assert facts["importance_truth"].endswith("High cost next year: 3 of 3")
    real = headlines.say_importance(importance([NAN] * 4), everybody=True)
    assert real["importance_truth"].startswith("These people are not simulated")
    assert real["sample"] == "everybody"
    hidden = headlines.say_importance(importance([1, 2, 3, 4]).assign(mean_abs_shap=NAN))
    assert "Too few" in hidden["importance"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            0.11,
            "COPD, then age, long-term conditions (how many) and A&E use in the last year (too close to "
            "order)",
        ),
        (0.099, "COPD, age and long-term conditions (how many)"),
        (0.2, "COPD, age, long-term conditions (how many) and A&E use in the last year (too close to order)"),
    ],
)
def test_features_that_the_sample_cannot_order_are_said_as_ties(error, said):
    facts = headlines.say_importance(importance([NAN] * 4, error))
    assert facts["importance"] == f"High cost next year: risks go most with {said}"
    more = pd.concat([importance([NAN] * 4, 0.5)] * 3)
    assert headlines.say_importance(more)["importance"].endswith(
        "COPD, COPD, COPD and 9 more (too close to order)"
    )


def test_stability_counts_features_that_stay_among_the_first():
    frame = pd.DataFrame(
        {
            "outcome": COST,
            "feature": ["a", "b", "c", "a", "b", "c"],
            "seed": [0, 0, 0, 1, 1, 1],
            "rank": [1, 2, 3, 1, 3, 2],
        }
    )
    assert headlines.say_stability(frame, top=2)["stability"] == (
        "Of the 2 features that rank highest, so many stay there. High cost next year: 1 of 2 under "
        "all 2 seeds"
    )
    assert headlines.say_stability(frame, top=1)["stability"].endswith("1 of 1 under all 2 seeds")
    assert "One seed" in headlines.say_stability(frame[frame["seed"] == 0])["stability"]


def test_features_that_go_together_are_named():
    frame = pd.DataFrame(
        {
            "group_a": ["GP use, last year", "All care, last year", "Age"],
            "group_b": ["All care, last year", "GP use, last year", "Sex"],
            "spearman": [0.91, 0.85, NAN],
        }
    )
    assert headlines.say_together(frame)["together"] == (
        "1 pair of features that go together closely is taken apart, and share the credit as the model "
        "chose: GP use in the last year with all care in the last year (0.91)"
    )
    assert headlines.say_together(frame[2:])["together"].startswith("No two features")


def test_dependence_names_where_risks_are_lowest_and_highest():
    frame = pd.DataFrame(
        {"outcome": COST, "feature": "Age", "bin": ["0-4", "5-14", "85+"], "mean_shap": [-0.2, -0.6, 0.9]}
    )
    frame = frame.assign(low=frame["mean_shap"] - 0.1, high=frame["mean_shap"] + 0.1)
    assert headlines.say_dependence(frame)["dependence"] == (
        "High cost next year: risks run from lowest to highest with age from 5-14 to 85+"
    )
    assert "Too few" in headlines.say_dependence(frame.assign(mean_shap=NAN))["dependence"]
    tied = headlines.say_dependence(frame.assign(low=[-0.7, -0.9, 0.8], high=[0.0, -0.3, 1.0]))["dependence"]
    assert tied.endswith("with age from 0-4 or 5-14 to 85+")
    one = headlines.say_dependence(frame.assign(low=-9.0, high=9.0))["dependence"]
    assert "tell apart" in one


def test_signs_and_ranks_are_held_against_the_truth():
    frame = pd.DataFrame(
        {
            "outcome": COST,
            "driver": list("abc"),
            "planted": [0.5, -0.2, 0.1],
            "mean_shap_difference": [0.4, 0.1, 0.05],
            "agrees": [True, False, True],
            "planted_rank": [1, 2, 3],
            "shap_rank": [3, 2, 1],
        }
    )
    assert headlines.say_shap_truth(frame)["shap_truth"] == (
        "High cost next year: 2 of 3 clear planted effects found with their sign, rank correlation −1.00"
    )
    hidden = frame.assign(mean_shap_difference=NAN)
    assert headlines.say_shap_truth(hidden)["shap_truth"].startswith("Too few people")
    both = pd.concat([frame.assign(model="drivers alone"), frame.assign(model="all", agrees=False)])
    assert "2 of 3" in headlines.say_shap_truth(both)["shap_truth"]
    assert "1 of 2 clear" in headlines.say_shap_truth(frame, clear=0.2)["shap_truth"]
    assert headlines.say_shap_truth(frame.assign(planted=NAN))["shap_truth"].startswith(
        "These people are not simulated"
    )


def test_interactions_say_whether_they_were_planted():
    frame = pd.DataFrame(
        {
            "outcome": COST,
            "feature_a": ["Age", "COPD"],
            "feature_b": ["Sex", "Deprivation decile"],
            "mean_abs_interaction": [0.01, 0.03],
            "low": [0.009, 0.028],
            "high": [0.011, 0.032],
            "planted": [False, True],
        }
    )
    assert headlines.say_shap_interactions(frame)["interactions"] == (
        "The strongest interaction in the model. High cost next year: COPD with deprivation decile "
        "(1 of the 2 strongest were planted)"
    )
    real = headlines.say_shap_interactions(frame.assign(planted=False))["interactions"]
    assert real.endswith("COPD with deprivation decile")
    assert headlines.say_shap_interactions(frame.assign(high=0.04))["interactions"].endswith(
        "COPD with deprivation decile and age with sex (too close to order; 1 of the 2 strongest were "
        "planted)"
    )


def test_profiles_say_what_adds_most_and_are_named_for_the_waterfall():
    frame = pd.DataFrame(
        {
            "outcome": COST,
            "profile": "Frail and old",
            "place": [2, 0, 1, 3],
            "feature": ["Sex", "base", "Age", "total"],
            "value": ["half men", "", "83", ""],
            "contribution": [-0.2, -3.0, 1.2, -2.0],
        }
    )
    frame = frame.assign(low=frame["contribution"] - 0.1, high=frame["contribution"] + 0.1)
    assert headlines.say_profiles(frame)["profiles"] == (
        "High cost next year, by kind of person. Frail and old: age adds most"
    )
    assert headlines.name_profile(frame, COST, "Frail and old")["label"].tolist() == [
        "Everybody",
        "Age: 83",
        "Sex: half men",
        "This profile",
    ]
    assert "too few" in headlines.say_profiles(frame.assign(contribution=NAN))["profiles"]
    lower = headlines.say_profiles(frame.assign(contribution=[-2.0, -3.0, 1.2, -3.8]))["profiles"]
    assert lower.endswith("sex takes most away")
    tied = frame.assign(low=frame["contribution"] - 0.6, high=frame["contribution"] + 0.6)
    assert headlines.say_profiles(tied)["profiles"].endswith("age or sex moves it most")
    two = pd.concat([frame, frame.assign(profile="Young")])
    assert headlines.say_profiles(two)["profile_shown"] == "frail and old"
