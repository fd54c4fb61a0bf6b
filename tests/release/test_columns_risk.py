"""The tables of notebook 05 through the gate: what rests on few people is hidden."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.release import open_store

PERFORMANCE = ["brier_skill", "calibration_slope", "calibration_in_large", "auroc", "auprc", "brier", "oe"]
PERFORMANCE += ["low", "high"]
PERFORMANCE += [f"{name}_{end}" for name in ("auprc", "brier", "slope", "large") for end in ("low", "high")]
LIFTS = [f"lift_{share}{end}" for share in (1, 5, 10) for end in ("", "_low", "_high")]


class People:
    profile = "simulated"


@pytest.fixture
def save(tmp_path):
    store = open_store("risk", People(), folder=tmp_path)
    return store.save_table


def performance(rows):
    frame = pd.DataFrame(rows, columns=["group", "level", "n", "n_events"])
    frame.insert(0, "model", "trees")
    frame.insert(0, "outcome", "next_emergency")
    frame["prevalence"] = frame["n_events"] / frame["n"]
    return frame.assign(**dict.fromkeys(PERFORMANCE, 0.123456), **dict.fromkeys(LIFTS, 4.0))


def test_performance_goes_with_people_events_and_those_without_the_event(save):
    rows = [
        ("all", "all", 2_003, 402),
        ("age_band", "0-17", 1_000, 5),  # five events
        ("age_band", "18-64", 500, 100),
        ("age_band", "85+", 303, 297),  # six without the event
        ("sex", "F", 1_000, 9),  # nine events are counted, and too few for an estimate
    ]
    shown = save("performance", performance(rows)).set_index("level")
    for level in ("0-17", "85+"):
        assert shown.loc[level, ["n_events", "prevalence", *PERFORMANCE, *LIFTS]].isna().all(), level
    assert shown.loc["F", [*PERFORMANCE, *LIFTS]].isna().all()
    assert shown.loc["all", ["n", "n_events"]].tolist() == [2_005, 400]
    of_500 = shown.loc["18-64"]  # steps of 5 ÷ 100 events, for AUROC from 0.5 on; Brier from its skill
    assert of_500[["auroc", "auprc", "brier"]].tolist() == pytest.approx([0.1, 0.1, 0.9 * 0.2 * 0.8])
    assert of_500[["low", "high", "brier_low", "brier_high"]].tolist() == pytest.approx(
        [0.1, 0.15, 0.12, 0.13]
    )


def test_a_lift_is_no_finer_than_the_rounded_events_that_it_stands_for(save):
    exact = performance([("all", "all", 1_000, 200)]).assign(lift_1=100 * 3 / 200, lift_5=20 * 32 / 200)
    shown = save("performance", exact).iloc[0]
    assert shown["lift_1"] == pytest.approx(100 * 5 / 200)  # 3 of the top ten people look like 1 or 7
    assert shown["lift_5"] == pytest.approx(20 * 30 / 200)


def test_bins_and_months_are_labels_and_rates_come_from_rounded_counts(save):
    frame = pd.DataFrame(
        {
            "outcome": "next_emergency",
            "model": "trees",
            "bin": [1, 2],
            "n": [503, 501],
            "n_events": [3, 103],
            "mean_risk": [0.004, 0.21],
            "observed": [0.006, 0.2056],
            "low": [0.001, 0.17],
            "high": [0.017, 0.243],
        }
    )
    shown = save("calibration", frame)
    assert shown["bin"].tolist() == [1, 2]
    assert shown.loc[0, ["n_events", "observed", "low", "high"]].isna().all()
    assert shown.loc[0, "mean_risk"] == pytest.approx(0.004, rel=0.005)
    assert shown.loc[1, "observed"] == pytest.approx(105 / 500)
    assert shown.loc[1, "low"] == pytest.approx(0.1765, abs=1e-3)  # Wilson, 105 of 500
    months = frame.rename(columns={"bin": "month"}).assign(auroc=0.8)
    months = save("performance_by_month", months[["outcome", "model", "month", "n", "n_events", "auroc"]])
    assert months["auroc"].isna().tolist() == [True, False]


def test_net_benefit_gives_no_single_person_back(save):
    frame = pd.DataFrame(
        {
            "outcome": "next_emergency",
            "model": ["trees", "everybody", "nobody"],
            "threshold": 0.5,
            "n": 1_000,
            "n_events": 200,
            "n_listed": [3, 1_000, 0],
            "n_found": [3, 200, 0],
            "net_benefit": [0.003, -0.6, 0.0],
        }
    ).assign(low=-0.7, high=0.004)
    shown = save("decision_curve", frame)
    assert shown["n_listed"].isna().tolist() == [True, False, False]
    assert shown["net_benefit"].fillna(9).tolist() == [9, -0.6, 0.0]
    everybody = shown.iloc[1]
    assert everybody["low"] < everybody["net_benefit"] < everybody["high"]


def test_a_list_hides_whom_it_finds_where_they_are_few(save):
    frame = pd.DataFrame(
        {
            "outcome": "next_high_cost",
            "model": "trees",
            "group": "sex",
            "level": ["F", "M"],
            "n": [1_000, 1_000],
            "n_events": [50, 50],
            "n_listed": [6, 94],
            "n_found": [2, 21],
            "selection_rate": [0.006, 0.094],
            "recall": [0.04, 0.42],
            "recall_low": [0.01, 0.3],
            "recall_high": [0.1, 0.5],
            "false_positive_rate": [4 / 950, 73 / 950],
            "precision": [2 / 6, 21 / 94],
            "oe": [1.0, 1.1],
            "threshold_share": 0.05,
        }
    )
    shown = save("fairness", frame)
    assert shown.loc[0, ["n_listed", "selection_rate", "precision"]].isna().all()
    assert (
        shown.loc[0, ["n_found", "recall", "recall_low", "recall_high", "false_positive_rate"]].isna().all()
    )
    of_list = shown.loc[1, ["recall", "precision", "false_positive_rate"]].tolist()
    assert of_list == pytest.approx([20 / 50, 20 / 95, 75 / 950], abs=1e-6)


def test_a_list_that_is_nearly_always_right_hides_whom_it_lists_in_vain(save):
    frame = pd.DataFrame(
        {"outcome": "x", "model": "trees", "group": "sex", "level": ["F", "M"], "n": 900, "n_events": 300}
    ).assign(n_listed=[100, 100], n_found=[96, 50], recall=0.0, precision=0.0)
    shown = save("fairness", frame)
    assert shown["precision"].isna().tolist() == [True, False]


def test_shares_of_a_list_come_from_the_rounded_counts(save):
    frame = pd.DataFrame(
        {
            "outcome": "next_high_cost",
            "model": "trees",
            "imd_quintile": [1, 2, 3],
            "n": [503, 302, 201],
            "n_events": [62, 31, 12],
            "n_listed": [41, 22, 11],
        }
    ).assign(share_of_list=0.0, share_of_people=0.0, share_of_events=0.0)
    shown = save("list_by_deprivation", frame)
    assert shown["share_of_list"].tolist() == pytest.approx([40 / 75, 20 / 75, 10 / 75], abs=1e-6)


COUNTED = {
    "model_search": (["log_loss"], {"round": 1, "learning_rate": 0.1, "max_leaf_nodes": 31, "l2": 0.0}),
    "cost_need": (["mean_conditions", "mean_cost_gbp"], {"risk_bin": 1, "core20": True}),
    "mitigation": (["recall_gap", "gap_low", "gap_high"], {"policy": "one threshold"}),
    "need_at_equal_risk": (["core20", "others", "ratio"], {"model": "trees", "measure": "mean_conditions"}),
    "shap_importance": (["mean_abs_shap", "low", "high"], {"feature": "Age", "features": "age"}),
    "shap_dependence": (["mean_shap", "low", "high"], {"feature": "Age", "place": 1, "bin": "0-4"}),
    "shap_interactions": (["mean_abs_interaction", "low", "high"], {"feature_a": "Age", "feature_b": "Sex"}),
    "shap_profiles": (
        ["contribution", "low", "high"],
        {"profile": "frail", "place": 1, "feature": "Age", "value": "83"},
    ),
    "shap_truth": (["mean_shap_difference"], {"driver": "COPD"}),
    "cohort_rules": (["lift", "low", "high"], {"rule": "COPD and 85+", "group": "sex", "level": "F"}),
}
PEOPLE = {"model_search": "n_people", "mitigation": "n_found"}


@pytest.mark.parametrize("table", COUNTED)
def test_what_rests_on_few_people_is_hidden(save, table):
    estimates, labels = COUNTED[table]
    count = PEOPLE.get(table, "n")
    frame = pd.DataFrame({**labels, "outcome": ["few", "many"], count: [5, 500]})
    if table in ("cohort_rules", "need_at_equal_risk"):
        frame["n_events"] = [2, 100]
    if table == "cohort_rules":  # 100 of 500, and 4,000 of 5,000 of everybody: a quarter as many
        frame[["n_everybody", "events_everybody"]] = [[5_000, 4_000]] * 2
    shown = save(table, frame.assign(**dict.fromkeys(estimates, 0.25)))
    assert shown.loc[0, [count, *estimates]].isna().all()
    assert shown.loc[1, estimates].tolist() == pytest.approx([0.25] * len(estimates), abs=0.06)


def test_planted_numbers_and_labels_are_left_as_they_are_and_ranks_go_with_few_people(save):
    truth = pd.DataFrame(
        {"outcome": "x", "driver": ["a", "b"], "planted": [0.693147, np.nan], "agrees": [True, False]}
    ).assign(planted_rank=[1, 2], shap_rank=[2, 1], n=[3, 900])
    shown = save("shap_truth", truth)
    assert shown["planted"].iloc[0] == 0.693147
    assert shown["agrees"].tolist() == [True, False]
    assert shown["shap_rank"].fillna(-1).tolist() == [-1, 1]
    stable = save(
        "shap_stability",
        pd.DataFrame(
            {"outcome": "x", "feature": ["Age"], "seed": 0, "rank": 1, "n": 900, "mean_abs_shap": 0.3}
        ),
    )
    assert stable[["feature", "seed", "rank"]].to_numpy().tolist() == [["Age", 0, 1]]
    cuts = save("thresholds", pd.DataFrame({"share": [0.01, 0.05], "threshold": [0.412345, 0.2]}))
    assert cuts["threshold"].tolist() == [0.4123, 0.2]
