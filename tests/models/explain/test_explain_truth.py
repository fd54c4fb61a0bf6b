"""Where effects are known, contributions have the planted signs and ranks; against flipped ones, not."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis_lib.inputs.population import load_population
from analysis_lib.models.classify import Predictors, choose_predictors, fit_classifier
from analysis_lib.models.explain import (
    compare_truth_shap,
    explain_importance,
    explain_interactions,
    explain_stability,
    explain_trees,
    score_truth,
    weigh_cost,
    weigh_planted,
    weigh_settings,
)
from analysis_lib.queries import features_at, outcomes_after, to_frame
from analysis_lib.simulate import simulate_population

DAY = "2023-04-01"
TREES = {"max_iter": 60, "min_samples_leaf": 50}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return simulate_population(tmp_path_factory.mktemp("made") / "population", 50_000, 11, processes=1)


@pytest.fixture(scope="module")
def truth(folder):
    return json.loads((folder / "truth.json").read_text())


@pytest.fixture(scope="module")
def people(folder):
    population = load_population(folder)
    known = features_at(population, DAY, lookback_months=(12,))
    return to_frame(known.join(outcomes_after(population, DAY), "person_id"))


@pytest.fixture(scope="module")
def drivers_alone(people):
    flags = tuple(c for c in people if c.startswith("has_"))
    drivers = Predictors(("age", "imd_decile"), ("sex", "ethnic_group"), flags)
    return fit_classifier("trees", people, "next_emergency", drivers, TREES)


@pytest.fixture(scope="module")
def explained(drivers_alone, people):
    return explain_trees(drivers_alone, people)


def test_what_is_planted_for_a_setting_and_for_cost(truth, people):
    emergency, gp = (truth["contacts"]["settings"][s] for s in ("emergency", "gp"))
    alone = weigh_settings(truth, {"emergency": 7.0})
    assert alone["has_copd"] == {"True": emergency["condition"]["copd"]}
    assert alone["imd_decile"]["1"] == emergency["imd_decile"]["1"]
    both = weigh_settings(truth, {"emergency": 3.0, "gp": 1.0})
    want = 0.75 * emergency["condition"]["copd"] + 0.25 * gp["condition"]["copd"]
    assert both["has_copd"]["True"] == pytest.approx(want)
    shares = weigh_cost(people, list(truth["contacts"]["settings"]))
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["emergency"] > shares["nhs111"]


def test_a_planted_effect_weighs_as_much_as_it_moves_people():
    frame = pd.DataFrame({"has_copd": [True] + [False] * 3, "sex": ["F", "M", "F", "M"]})
    # 0.4 with a share of 1/4: |0.4 - 0.1| once and |0 - 0.1| three times, over 4.
    weighed = weigh_planted(frame, {"has_copd": {"True": 0.4}, "sex": {"F": 0.0, "M": -0.2}, "absent": {}})
    assert weighed == pytest.approx({"COPD": 0.15, "Sex": 0.1})


def test_contributions_agree_with_what_was_planted(explained, truth):
    planted = weigh_settings(truth, {"emergency": 1})
    table = compare_truth_shap(explained, planted)
    score = score_truth(table).iloc[0]
    assert score["n_drivers"] >= 38
    assert score["effects"] > 0.75
    assert score["ranks"] > 0.75
    assert score["signs"] > 0.85
    of_people = table.set_index("driver")["n"]
    assert of_people["COPD"] == explained.data["has_copd"].sum()


def test_flipped_signs_would_be_noticed(explained, truth):
    planted = weigh_settings(truth, {"emergency": 1})
    flipped = {column: {level: -e for level, e in effects.items()} for column, effects in planted.items()}
    score = score_truth(compare_truth_shap(explained, flipped)).iloc[0]
    assert score["effects"] < -0.75
    assert score["signs"] < 0.15


def test_the_strongest_planted_features_lead(explained, truth):
    planted = weigh_planted(explained.data, weigh_settings(truth, {"emergency": 1}))
    table = explain_importance(explained, planted=planted, n_boot=20)
    assert set(table["feature"][:2]) == {"Age", "Deprivation of the area"}
    assert set(table.loc[table["planted_rank"] <= 2, "feature"]) == {"Age", "Deprivation of the area"}
    assert table["planted_rank"].notna().all()
    ranks = table.index.to_series().rank()
    assert np.corrcoef(ranks, table["planted_rank"])[0, 1] > 0.7


def test_last_years_use_takes_a_part_of_the_credit(explained, people, truth):
    full = explain_trees(
        fit_classifier("trees", people, "next_emergency", choose_predictors(people), TREES), people
    )
    planted = weigh_settings(truth, {"emergency": 1})
    alone, shared = (
        compare_truth_shap(e, planted, model=m).set_index("driver")["mean_shap_difference"].abs().sum()
        for e, m in ((explained, "drivers alone"), (full, "all features"))
    )
    assert shared < 0.6 * alone


def test_planted_interactions_are_marked_wherever_they_stand(drivers_alone, people, truth):
    table = explain_interactions(drivers_alone, people.iloc[:2_000], truth, ("emergency",), n_pairs=5)
    marked = {frozenset(pair) for pair in table.loc[table["planted"], ["feature_a", "feature_b"]].to_numpy()}
    assert marked == {
        frozenset(("COPD", "Deprivation of the area")),
        frozenset(("Heart failure", "Age")),
    }
    assert len(table) <= 7
    assert table["mean_abs_interaction"].is_monotonic_decreasing


def test_ranks_of_other_seeds(drivers_alone, people):
    table = explain_stability(drivers_alone, people, people.iloc[:1_000], seeds=(1, 2), n_fit=8_000)
    for _, rows in table.groupby("seed"):
        assert rows["rank"].tolist() == list(range(1, 25))
        assert rows["mean_abs_shap"].is_monotonic_decreasing
    assert set(table.loc[table["rank"] == 1, "feature"]) == {"Age"}
    assert table["n"].eq(1_000).all()
    again = explain_stability(drivers_alone, people, people.iloc[:1_000], seeds=(2,), n_fit=8_000)
    pd.testing.assert_frame_equal(again, table[table["seed"] == 2].reset_index(drop=True))
