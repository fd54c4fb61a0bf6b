"""SHAP values by hand, their sampling error, the tables made of them, and what is planted, found again."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from analysis_lib.inputs.population import load_population
from analysis_lib.models import explain
from analysis_lib.models.classify import Predictors, choose_predictors, fit_classifier
from analysis_lib.models.regression import ModelDidNotFit
from analysis_lib.queries import feature_windows, features_at, outcomes_after, to_frame
from analysis_lib.simulate import simulate_population

GP = "GP use, last year"


@dataclass
class Trees:
    """What an explanation needs of a classifier."""

    model: Any
    features: list[str]
    outcome: str = "next_emergency"
    kind: str = "trees"
    encode: Any = field(default=lambda frame: frame.to_numpy(float))


def fit_trees(frame, y, **params):
    given = {"max_iter": 4, "max_leaf_nodes": 6, "min_samples_leaf": 5, "learning_rate": 0.5} | params
    model = HistGradientBoostingClassifier(early_stopping=False, random_state=0, **given)
    return Trees(model.fit(frame.to_numpy(), y), list(frame))


@pytest.fixture(scope="module")
def small():
    """20,000 people of numbers, flags and missing values, and trees; x1 acts with x2, and x3 with x0."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(20_000, 4)), columns=["x0", "x1", "x2", "x3"])
    frame["x2"] = (frame["x2"] > 0.5).astype(float)
    frame["x3"] = frame["x3"].where(rng.random(len(frame)) > 0.2)
    score = (
        0.5 * frame["x0"]
        + frame["x1"] * frame["x2"]
        - 0.9 * frame["x3"].fillna(0.7) * (frame["x0"] > 0.5)
        - 1
    )
    return frame, fit_trees(frame, rng.random(len(frame)) < 1 / (1 + np.exp(-score)), max_iter=15)


def test_a_tree_worked_by_hand():
    # Of eight people four have no x0, one has x0 alone, three have both; the tree gives them a, b and c.
    frame = pd.DataFrame({"x0": [0] * 4 + [1] * 4, "x1": [0, 0, 1, 1, 0, 1, 1, 1]})
    params = {"max_iter": 1, "min_samples_leaf": 1, "max_leaf_nodes": 3}
    trees = fit_trees(frame, [0, 0, 0, 0, 0, 1, 1, 1], **params)
    a, b, c = trees.model.decision_function([[0, 0], [1, 0], [1, 1]])
    assert a == trees.model.decision_function([[0, 1]])[0]
    nothing, x0, x1 = (4 * a + b + 3 * c) / 8, (b + 3 * c) / 4, (a + c) / 2  # known of one with both
    found = explain.explain_people(trees, frame)
    assert found.base == pytest.approx(nothing)
    assert found.parts.columns.tolist() == ["X0", "X1"]
    by_x0, by_x1 = ((x0 - nothing) + (c - x1)) / 2, ((x1 - nothing) + (c - x0)) / 2
    np.testing.assert_allclose(found.parts.iloc[-1], [by_x0, by_x1])
    # For one with neither x1 moves nothing once x0 is known: alone it takes all to (a + b) / 2.
    without = (a + b) / 2
    np.testing.assert_allclose(
        found.parts.iloc[0], [((a - nothing) + (a - without)) / 2, (without - nothing) / 2]
    )
    # What the two do together, for two with both.
    pair = explain.explain_interactions(trees, frame.tail(2))
    assert pair[["feature_a", "feature_b"]].to_numpy().tolist() == [["X0", "X1"]]
    np.testing.assert_allclose(pair["mean_abs_interaction"], abs(c - x0 - x1 + nothing))


def test_parts_add_up_to_the_models_own_log_odds(small, monkeypatch):
    frame, trees = small
    found = explain.explain_people(trees, frame, n=2_000)
    assert len(found.data) == 2_000
    own = trees.model.decision_function(found.data.to_numpy())
    np.testing.assert_allclose(found.base + found.parts.sum(axis=1), own, atol=1e-9)
    np.testing.assert_array_equal(found.log_odds, own)
    wrong = trees.model.decision_function
    monkeypatch.setattr(trees.model, "decision_function", lambda x: wrong(x) + 1e-5, raising=False)
    with pytest.raises(ArithmeticError, match=r"requirements\.lock"):
        explain.explain_people(trees, frame, n=100)


def test_a_sample_is_drawn_at_random_and_everybody_if_few(small):
    frame, trees = small
    some = explain.explain_people(trees, frame, n=500, seed=3)
    whole = explain.explain_people(trees, frame)
    pd.testing.assert_frame_equal(whole.data, frame)
    assert some.data.index.is_monotonic_increasing
    assert some.data.index[-1] > 19_000
    pd.testing.assert_frame_equal(some.parts, whole.parts.loc[some.data.index])
    assert set(some.data.index) != set(explain.draw_people(frame, 500, seed=4).index)


def test_the_interval_of_a_sample_holds_the_mean_of_all_95_times_in_100(small):
    frame, trees = small
    size = explain.explain_people(trees, frame).parts.abs()
    drawn = (explain.mean_interval(explain.draw_people(size, 400, seed)) for seed in range(300))
    held = np.mean([(d["low"] <= size.mean()) & (size.mean() <= d["high"]) for d in drawn], axis=0)
    assert ((held > 0.91) & (held < 0.985)).all()
    one = explain.mean_interval(pd.DataFrame({"a": [1.0, 2.0, 3.0]})).loc["a"]  # 2 ± 1.96 / √3
    np.testing.assert_allclose(one, [2.0, 2 - 1.1316, 2 + 1.1316], atol=1e-4)


def test_what_acts_together_is_found(small):
    table = explain.explain_interactions(small[1], small[0], n=500, n_pairs=3)
    pairs = table[["feature_a", "feature_b"]].to_numpy()[:2].tolist()
    assert sorted(pairs) == [["X0", "X3"], ["X1", "X2"]]
    assert ((table["low"] < table["mean_abs_interaction"]) & (table["n"] == 500)).all()
    assert len(table) == 3


@pytest.fixture
def by_hand():
    """Four people, three features of two concepts: GP contacts and their cost go opposite ways."""
    data = pd.DataFrame({"n_gp_12m": [0, 1, 4, 60], "sex": ["F", "M", "M", "F"]})
    data["next_emergency"] = [False, False, True, True]
    parts = pd.DataFrame({GP: [0.4, -0.3, 0.0, 2.0], "Sex": [0.2, -0.2, -0.2, 0.2]})
    features = {GP: ["n_gp_12m", "cost_gbp_gp_12m"], "Sex": ["sex_F"]}
    return explain.Explanation(parts, -2.0, np.zeros(4), features, data, "next_emergency")


def test_importance_by_hand(by_hand):
    table = explain.explain_importance(by_hand, planted={"Sex": 0.1, "Age": 0.3})
    assert table["feature"].tolist() == [GP, "Sex"]
    assert table["features"].tolist() == ["n_gp_12m, cost_gbp_gp_12m", "sex_F"]
    np.testing.assert_allclose(table["mean_abs_shap"], [2.7 / 4, 0.2])
    np.testing.assert_allclose(table.loc[1, ["low", "high"]].astype(float), 0.2)
    np.testing.assert_array_equal(table["planted_rank"], [np.nan, 2])
    assert table["n"].tolist() == [4, 4]
    by_hand.parts[:] = 0.0
    with pytest.raises(ModelDidNotFit, match="nothing to explain"):
        explain.explain_importance(by_hand)


def test_dependence_by_bin_with_people_and_events(by_hand):
    table = explain.explain_dependence(by_hand)
    gp, sex = table[table["feature"] == GP], table[table["feature"] == "Sex"]
    assert gp["bin"].tolist() == ["0", "1", "3-4", "50+"]
    assert gp["place"].tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(gp["mean_shap"], [0.4, -0.3, 0.0, 2.0])
    assert gp["n_events"].tolist() == [0, 0, 1, 1]
    assert sex["bin"].tolist() == ["F", "M"]
    assert sex["n"].tolist() == [2, 2]
    assert sex["n_events"].tolist() == [1, 1]
    np.testing.assert_allclose(sex[["mean_shap", "low", "high"]], [[0.2] * 3, [-0.2] * 3])


def test_strong_correlation_across_concepts_is_reported():
    rng = np.random.default_rng(0)
    n = rng.poisson(3, 5_000)
    frame = pd.DataFrame({"n_gp_12m": n, "cost_gbp_gp_12m": 40.0 * n, "sex": "F"})
    frame["n_contacts_12m"] = n + rng.poisson(0.3, 5_000)
    frame["n_conditions"] = rng.poisson(1, 5_000)
    found = explain.check_groups(frame, list(frame))
    pairs = [["n_gp_12m", "n_contacts_12m"], ["cost_gbp_gp_12m", "n_contacts_12m"]]
    assert found[["feature_a", "feature_b"]].to_numpy().tolist() == pairs
    assert found["cluster"].tolist() == [1, 1]
    assert found["n"].tolist() == [5_000, 5_000]
    assert explain.check_groups(frame, ["n_gp_12m", "cost_gbp_gp_12m", "n_conditions"]).empty


def test_profiles_are_means_that_sum_from_base_to_total(small):
    frame, trees = small
    kinds = {"low": frame["x0"] < -1, "high": frame["x0"] > 1, "nobody": frame["x0"] > 99}
    table = explain.explain_profiles(trees, frame, kinds, n_features=2)
    assert table["profile"].unique().tolist() == ["low", "high"]
    for name, rows in table.groupby("profile"):
        steps = rows["contribution"].to_numpy()
        assert rows["feature"].iloc[[0, -2, -1]].tolist() == ["base", "all others", "total"]
        own = trees.model.decision_function(frame[kinds[name]].to_numpy())
        assert steps[-1] == pytest.approx(own.mean())
        assert steps[:-1].sum() == pytest.approx(steps[-1])
        assert abs(steps[1]) >= abs(steps[2])
        assert rows["n"].eq(kinds[name].sum()).all()
        assert rows["place"].tolist() == [0, 1, 2, 3, 4]
        assert (rows["low"] < rows["contribution"])[1:].all()
    assert explain.explain_profiles(trees, frame, kinds, n=300)["n"].eq(300).all()
    assert explain.explain_profiles(trees, frame, {"nobody": kinds["nobody"]}).empty


def test_a_profile_does_not_give_a_small_number_away():
    few, all_but_few = [True] * 5 + [False] * 98, [False] * 3 + [True] * 100
    assert explain._typical(pd.Series(few)) == "few or none"
    assert explain._typical(pd.Series(all_but_few)) == "all or nearly all"
    assert explain._typical(pd.Series([True] * 52 + [False] * 51)) == "48%"  # 50 of 105
    assert explain._typical(pd.Series(["F"] * 98 + ["M"] * 5)) == "F, all or nearly all"


def test_shap_is_loaded_when_it_is_used():
    code = "import sys, analysis_lib.models.explain, analysis_lib.words; print('shap' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Return people of a simulated city, its truth, and trees that know the planted drivers alone."""
    folder = simulate_population(tmp_path_factory.mktemp("made") / "population", 50_000, 11, processes=1)
    population, day = load_population(folder), "2023-04-01"
    known = features_at(population, day, lookback_months=(12,))
    people = to_frame(known.join(outcomes_after(population, day), "person_id"))
    drivers = Predictors(
        ("age", "imd_decile"),
        ("sex", "ethnic_group"),
        tuple(people.filter(like="has_").columns),
        feature_windows((12,)),
    )
    trees = fit_classifier(
        "trees", people, "next_emergency", drivers, {"max_iter": 60, "min_samples_leaf": 50}
    )
    return people, json.loads((folder / "truth.json").read_text()), trees


def test_what_is_planted_for_an_outcome_and_how_much_it_moves_people(city):
    _, truth, _ = city
    emergency, gp = (truth["across_areas"]["settings"][s]["condition"]["copd"] for s in ("emergency", "gp"))
    assert explain.weigh_settings(truth, {"emergency": 7.0})["has_copd"] == {"True": emergency}
    both = explain.weigh_settings(truth, {"emergency": 3.0, "gp": 1.0})
    assert both["has_copd"]["True"] == pytest.approx(0.75 * emergency + 0.25 * gp)
    frame = pd.DataFrame({"has_copd": [True] + [False] * 3, "sex": ["F", "M", "F", "M"]})
    # 0.4 with a share of 1/4: |0.4 - 0.1| once and |0 - 0.1| three times, over 4.
    planted = {"has_copd": {"True": 0.4}, "sex": {"F": 0.0, "M": -0.2}, "absent": {}}
    assert explain.weigh_planted(frame, planted) == pytest.approx({"COPD": 0.15, "Sex": 0.1})


def test_what_was_planted_is_found_and_flipped_signs_would_be_noticed(city):
    people, truth, trees = city
    planted = explain.weigh_settings(truth, {"emergency": 1})
    found = explain.explain_people(trees, people)
    table = explain.compare_truth_shap(found, planted, "drivers alone")
    score = explain.score_truth(table).iloc[0]
    assert score["n_drivers"] >= 38
    assert score[["effects", "ranks"]].gt(0.75).all()
    assert score["signs"] > 0.85
    assert table.set_index("driver")["n"]["COPD"] == found.data["has_copd"].sum()
    flipped = {column: {level: -e for level, e in effects.items()} for column, effects in planted.items()}
    score = explain.score_truth(explain.compare_truth_shap(found, flipped, "flipped")).iloc[0]
    assert score["effects"] < -0.75
    assert score["signs"] < 0.15
    # The strongest planted features lead; last year's use takes a part of the credit.
    strength = explain.explain_importance(found, explain.weigh_planted(people, planted))
    assert set(strength["feature"][:2]) == {"Age", "Deprivation of the area"}
    assert strength["planted_rank"].notna().all()
    assert np.corrcoef(strength.index, strength["planted_rank"])[0, 1] > 0.7
    full = fit_classifier(
        "trees", people, "next_emergency", choose_predictors(people, feature_windows((12,))), trees.params
    )
    shared = explain.compare_truth_shap(explain.explain_people(full, people), planted, "all features")
    assert shared["mean_shap_difference"].abs().sum() < 0.6 * table["mean_shap_difference"].abs().sum()


def test_planted_interactions_are_marked_wherever_they_stand(city):
    people, truth, trees = city
    table = explain.explain_interactions(trees, people, truth, ("emergency",), n=2_000, n_pairs=5)
    marked = table.loc[table["planted"], ["feature_a", "feature_b"]].to_numpy().tolist()
    assert sorted(marked) == [["Age", "Heart failure"], ["COPD", "Deprivation of the area"]]
    assert len(table) <= 7
    assert table["mean_abs_interaction"].is_monotonic_decreasing


def test_a_regression_is_explained_too(city):
    people, _, trees = city
    model = fit_classifier("logistic", people.head(5_000), "next_emergency", trees.predictors)
    found = explain.explain_people(model, people, n=1_000)
    np.testing.assert_allclose(found.base + found.parts.sum(axis=1), found.log_odds, atol=1e-6)
    assert {"Age", "Sex", "COPD"} <= set(found.parts)
