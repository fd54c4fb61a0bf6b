"""Decision curve, calibration plot, stability by month, simple rules."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import wilson_interval
from analysis_lib.measures.performance import (
    calibration_bins,
    compare_risks,
    decision_curve,
    evaluate_risk,
    flag_months,
    performance_by_month,
    simple_rules,
)

HAND = pd.DataFrame({"sick": [True, True, False, False, True, False, False, True, False, False]})
HAND_RISK = np.array([0.9, 0.8, 0.6, 0.4, 0.35, 0.3, 0.2, 0.1, 0.05, 0.02])


def curve(thresholds, **options):
    options = {"n_boot": 50, "fewest": 1, **options}
    table = decision_curve(HAND, "sick", {"m": HAND_RISK}, thresholds, **options)
    return table.set_index(["model", "threshold"])


def test_net_benefit_by_hand():
    # Vickers and Elkin's definition: true positives less false ones at the odds of the threshold, per person.
    table = curve([0.3, 0.4, 0.6])
    assert table.loc[("m", 0.3), "n_listed"] == 6, "a risk of the threshold itself is listed"
    assert table.loc["m", "n_found"].tolist() == [3, 2, 2]
    assert table.loc[("m", 0.3), "net_benefit"] == pytest.approx(3 / 10 - 3 / 10 * 3 / 7)
    assert table.loc[("m", 0.6), "net_benefit"] == pytest.approx(2 / 10 - 1 / 10 * 6 / 4)
    assert table.loc[("everybody", 0.3), "net_benefit"] == pytest.approx(4 / 10 - 6 / 10 * 3 / 7)
    assert table.loc[("everybody", 0.4), "net_benefit"] == pytest.approx(0, abs=1e-15), "at the prevalence"
    assert table.loc[("everybody", 0.6), "net_benefit"] == pytest.approx(4 / 10 - 6 / 10 * 6 / 4)
    assert (table.loc["nobody", ["n_listed", "net_benefit", "low", "high"]] == 0).all(axis=None)
    assert (table["n"] == 10).all()
    assert (table["n_events"] == 4).all()


def test_a_true_risk_is_worth_no_less_than_listing_all_or_none(make):
    frame, risk = make(100_000, seed=9)
    table = decision_curve(frame, "sick", {"m": risk, "n_conditions": risk * 9}, n_boot=20)
    assert list(table["model"].unique()) == ["m", "everybody", "nobody"], "a rank has no threshold of risk"
    wide = table.pivot_table(index="threshold", columns="model", values="net_benefit")
    assert len(wide) == 30
    assert (wide["m"] >= wide[["everybody", "nobody"]].max(axis=1) - 2e-4).all()
    shown = table[table["model"] != "nobody"]
    assert (shown["low"] < shown["net_benefit"]).all()
    assert (shown["net_benefit"] < shown["high"]).all()
    # The width for everybody follows from the binomial error of the prevalence: its slope is 1 / (1 - t).
    p, row = (
        frame["sick"].mean(),
        shown[(shown["model"] == "everybody") & (shown["threshold"] == 0.2)].iloc[0],
    )
    width = 2 * 1.96 * np.sqrt(p * (1 - p) / 100_000) / 0.8
    assert row["high"] - row["low"] == pytest.approx(width, rel=0.4)


def test_few_listed_have_no_net_benefit_and_thresholds_are_risks():
    assert curve([0.3], fewest=4).loc[("m", 0.3), ["net_benefit", "low", "high"]].isna().all()
    assert curve([0.95], fewest=4).loc[("m", 0.95), "net_benefit"] == 0
    for wrong in (0, 1, 5):
        with pytest.raises(ValueError, match=r"such as 0\.05"):
            curve([wrong])


def test_calibration_bins_by_hand():
    table = calibration_bins(HAND, "sick", {"m": HAND_RISK, "n_conditions": HAND_RISK * 9}, n_bins=5)
    assert table["bin"].tolist() == [1, 2, 3, 4, 5]
    assert table["n"].tolist() == [2] * 5
    assert table["n_events"].tolist() == [0, 1, 1, 0, 2]
    assert table["mean_risk"].tolist() == pytest.approx([0.035, 0.15, 0.325, 0.5, 0.85])
    assert table["observed"].tolist() == [0, 0.5, 0.5, 0, 1]
    assert table["high"].to_numpy() == pytest.approx(wilson_interval(table["n_events"], table["n"])[1])
    tied = calibration_bins(HAND, "sick", {"m": np.repeat([0.1, 0.5], [7, 3])}, n_bins=5)
    assert tied["n"].tolist() == [7, 3], "equal risks stay together"


def test_bins_of_true_risks_lie_on_the_line(make):
    frame, risk = make(100_000, seed=10)
    table = calibration_bins(frame, "sick", {"m": risk})
    assert len(table) == 20
    inside = (table["low"] <= table["mean_risk"]) & (table["mean_risk"] <= table["high"])
    assert inside.sum() >= 17
    distorted = calibration_bins(frame, "sick", {"m": risk**2})
    assert (distorted["low"] > distorted["mean_risk"]).sum() >= 17


def test_months_count_the_people_still_at_risk():
    months = pd.DataFrame(
        {
            1: [True, False, False, True, False, False],
            2: pd.array([False, True, None, None, False, True], dtype="boolean"),
            3: [np.nan, 1.0, np.nan, np.nan, 0.0, 0.0],
        }
    )
    score = np.array([5, 4, 3, 2, 1, 0])
    table = performance_by_month(months, "emergency", {"m": score}, n_boot=20, fewest=1)
    assert table["month"].tolist() == [1, 2, 3]
    assert table["n"].tolist() == [6, 4, 3]
    assert table["n_events"].tolist() == [2, 2, 1]
    # Month 1: 5 wins over four, 2 over two, of eight pairs. Month 2: 4 wins once. Month 3: 4 wins both.
    assert table["auroc"].tolist() == [6 / 8, 1 / 4, 1]
    assert performance_by_month(months, "emergency", {"m": score}, n_boot=2)["auroc"].isna().all()
    with pytest.raises(ValueError, match="no column of flags"):
        performance_by_month(months.assign(person_id=list("abcdef")), "emergency", {"m": score})


def test_a_month_is_judged_as_any_group_is(people):
    frame, risk = people
    table = performance_by_month(frame[["sick"]], "sick", {"m": risk}, n_boot=400)
    row = evaluate_risk(frame, "sick", {"m": risk}, (), n_boot=400).iloc[0]
    assert table.loc[0, "auroc"] == row["auroc"]
    assert table.loc[0, "low"] == pytest.approx(row["low"], abs=0.005)


def test_simple_rules_by_hand():
    frame = pd.DataFrame(
        {"age": [3, 49, 50, 85], "n_conditions": [0, 2, 2, 1], "cost_gbp_12m": [10.5, 0, 3, 9_000]}
    )
    rules = simple_rules(frame)
    assert rules["last_year_cost"].tolist() == [10.5, 0, 3, 9_000]
    assert rules["n_conditions"].tolist() == [0, 2, 2, 1]
    assert rules["age_conditions"].tolist() == [0, 2, 3, 5], "a point for each ten years from 50 on"
    with pytest.raises(KeyError, match="cost_gbp_12m"):
        simple_rules(frame.drop(columns="cost_gbp_12m"))


def test_flags_of_a_month_by_hand():
    # Twenty at risk: the highest twentieth is one person; the dearest of all had left before month 2.
    frame = pd.DataFrame(
        {"at_risk_1": True, "cost_gbp_1": [float(n) for n in range(20)], "emergency_1": False}
    )
    frame = frame.assign(at_risk_2=[True] * 19 + [False], cost_gbp_2=frame["cost_gbp_1"], emergency_2=True)
    flags = flag_months(frame, months=2)
    assert flags["next_high_cost"][1].tolist() == [False] * 19 + [True]
    assert flags["next_high_cost"][2][:19].tolist() == [False] * 18 + [True]
    assert flags["next_high_cost"].isna().sum().tolist() == [0, 1]
    assert flags["next_emergency"].sum().tolist() == [0, 19]
    free = flag_months(frame.assign(cost_gbp_1=0.0), months=1)["next_high_cost"]
    assert not free[1].any()  # nobody cost anything


def test_two_scores_are_compared_by_hand():
    # Pairs of 2 with and 2 without: a wins all 4; b wins 1, ties 1 (a half) and loses 2.
    frame = pd.DataFrame({"sick": [True, True, False, False]})
    risks = {"trees": np.array([4.0, 3.0, 2.0, 1.0]), "rule": np.array([3.0, 1.0, 2.0, 3.0])}
    row = compare_risks(frame, "sick", risks, fewest=1).iloc[0]
    assert row[["model", "against", "n", "n_events"]].tolist() == ["trees", "rule", 4, 2]
    assert row["auroc_difference"] == pytest.approx(1 - 1.5 / 4)
    # DeLong, with divisors m and n: of b, those with it are above 0.75 and 0 of the others, those without
    # below 0.5 and 0.25; each squared from the mean 0.375, over 2 × 2.
    error = np.sqrt((2 * 0.375**2 + 2 * 0.125**2) / 4)
    assert row["auroc_difference_high"] - row["auroc_difference"] == pytest.approx(1.959964 * error)
    assert compare_risks(frame, "sick", risks)["auroc_difference"].isna().all()


def test_differences_are_those_of_the_values_and_as_wide_as_a_paired_bootstrap(make):
    frame, risk = make(3_000, seed=11)
    rng = np.random.default_rng(0)
    risks = {"trees": risk, "rule": np.round(risk + rng.normal(0, 0.05, len(risk)), 2)}
    row = compare_risks(frame, "sick", risks).iloc[0]
    values = evaluate_risk(frame, "sick", risks, (), n_boot=2, ranks=("rule",)).set_index("model")
    drawn = []
    for _ in range(300):
        pick = rng.integers(0, len(frame), len(frame))
        again = compare_risks(frame.iloc[pick], "sick", {k: v[pick] for k, v in risks.items()}).iloc[0]
        drawn.append([again["auroc_difference"], again["lift_5_difference"]])
    for place, (name, value) in enumerate(
        {"auroc_difference": "auroc", "lift_5_difference": "lift_5"}.items()
    ):
        assert row[name] == pytest.approx(values.loc["trees", value] - values.loc["rule", value])
        error = (row[f"{name}_high"] - row[f"{name}_low"]) / (2 * 1.959964)
        assert error == pytest.approx(np.std(drawn, axis=0)[place], rel=0.15), name


def test_a_gain_is_that_over_the_better_of_everybody_and_nobody(people):
    frame, risk = people
    curve = decision_curve(frame, "sick", {"trees": risk}, thresholds=(0.02, 0.1, 0.3), n_boot=50)
    benefit = curve.pivot_table(index="threshold", columns="model", values="net_benefit")
    expected = benefit["trees"] - benefit[["everybody", "nobody"]].max(axis=1)
    trees = curve[curve["model"] == "trees"]
    assert trees["gain"].tolist() == pytest.approx(expected.tolist())
    assert (trees["gain_low"] <= trees["gain"]).all()
    assert (trees["gain"] <= trees["gain_high"]).all()
    # Of the same people, so narrower than the net benefit itself where nearly everybody is listed.
    first = trees.iloc[0]
    assert first["gain_high"] - first["gain_low"] < 0.5 * (first["high"] - first["low"])
