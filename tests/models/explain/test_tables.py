"""Importance, dependence, groups and profiles, on four people worked by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.models.explain import (
    Explanation,
    check_groups,
    explain_dependence,
    explain_importance,
    explain_interactions,
    explain_profiles,
    group_features,
    name_concept,
    typical_profiles,
)
from analysis_lib.models.explain.bins import bin_column
from analysis_lib.models.explain.groups import sum_groups

GP = "GP use, last year"


@pytest.mark.parametrize(
    ("column", "concept"),
    [
        ("n_gp_12m", GP),
        ("cost_gbp_gp_12m", GP),
        ("cost_gbp_12m", "All care, last year"),
        ("n_contacts_24m", "All care, last 24 months"),
        ("n_mental_health_12m", "Mental health care, last year"),
        ("dna_share_12m", "Missed appointments, last year"),
        ("polypharmacy_10", "Medicines, how many"),
        ("cambridge_score", "Long-term conditions, how many"),
        ("has_heart_failure", "Heart failure"),
        ("has_copd", "COPD"),
        ("race", "Race"),
    ],
)
def test_a_column_is_named_by_what_it_is_about(column, concept):
    assert name_concept(column) == concept


def test_levels_of_a_column_are_grouped_with_it():
    features = ["levels__sex_F", "levels__sex_not stated", "n_gp_12m", "cost_gbp_gp_12m", "n_conditions"]
    columns = ["sex", "n_gp_12m", "cost_gbp_gp_12m", "n_conditions"]
    assert group_features(features, columns) == {
        "Sex": features[:2],
        GP: features[2:4],
        "Long-term conditions, how many": ["n_conditions"],
    }


def test_members_of_a_group_are_summed_before_anything_else(by_hand):
    # GP: 0.4, -0.3, 0.0, 2.0; sex: 0.2 each way.
    table = explain_importance(by_hand, planted={"Sex": 0.1, "Age": 0.3})
    assert table["feature"].tolist() == [GP, "Sex"]
    assert table["features"].tolist() == ["n_gp_12m, cost_gbp_gp_12m", "sex_F"]
    np.testing.assert_allclose(table["mean_abs_shap"], [2.7 / 4, 0.2])
    np.testing.assert_allclose(table.loc[1, ["low", "high"]].astype(float), 0.2)
    assert np.isnan(table["planted_rank"][0])
    assert table["planted_rank"][1] == 2
    assert table["n"].tolist() == [4, 4]
    with pytest.raises(KeyError, match="sex_F"):
        sum_groups(by_hand, {GP: ["n_gp_12m", "cost_gbp_gp_12m"]})


def test_bootstrap_interval_is_that_of_a_mean_over_people():
    size = np.random.default_rng(3).exponential(1.0, 2_000)
    data = pd.DataFrame({"age": np.arange(2_000)})
    table = explain_importance(Explanation(size[:, None], 0.0, ("age",), data, "o"), n_boot=400)
    error = size.std() / np.sqrt(2_000)
    half = (table["high"][0] - table["low"][0]) / 2
    assert half == pytest.approx(1.96 * error, rel=0.12)
    assert table["low"][0] < size.mean() < table["high"][0]
    again = explain_importance(Explanation(size[:, None], 0.0, ("age",), data, "o"), n_boot=400)
    pd.testing.assert_frame_equal(table, again)


def test_dependence_by_bin_with_people_and_events(by_hand):
    table = explain_dependence(by_hand, features=[GP, "Sex"])
    gp, sex = table[table["feature"] == GP], table[table["feature"] == "Sex"]
    assert gp["bin"].tolist() == ["0", "1", "3-4", "50+"]
    assert gp["place"].tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(gp["mean_shap"], [0.4, -0.3, 0.0, 2.0], atol=1e-12)
    assert gp["n_events"].tolist() == [0, 0, 1, 1]
    assert sex["bin"].tolist() == ["F", "M"]
    assert sex["n"].tolist() == [2, 2]
    assert sex["n_events"].tolist() == [1, 1]
    np.testing.assert_allclose(sex["mean_shap"], [0.2, -0.2])
    np.testing.assert_allclose(sex["low"], [0.2, -0.2])


def test_bins_have_round_edges():
    ages = bin_column(pd.Series([0, 4, 5, 84, 85, 101], name="age"))
    assert ages.astype(str).tolist() == ["0-4", "0-4", "5-14", "75-84", "85+", "85+"]
    cost = bin_column(pd.Series([0, 99.5, 100, 30_000, None], name="cost_gbp_12m"))
    want = ["under 1", "1 to under 100", "100 to under 250", "25,000+", "not known"]
    assert cost.astype(str).tolist() == want
    deciles = bin_column(pd.Series(range(1, 11), name="imd_decile"))
    assert deciles.astype(str).tolist() == [str(d) for d in range(1, 11)]
    other = bin_column(pd.Series(np.linspace(0.013, 0.9777, 500), name="score"))
    assert "under 0.1" in other.categories
    assert all(len(name) < 20 for name in other.categories)


def test_strong_correlation_across_groups_is_reported():
    rng = np.random.default_rng(0)
    n = rng.poisson(3, 5_000)
    frame = pd.DataFrame(
        {
            "n_gp_12m": n,
            "cost_gbp_gp_12m": 40.0 * n,
            "n_contacts_12m": n + rng.poisson(0.3, 5_000),
            "n_conditions": rng.poisson(1, 5_000),
            "sex": "F",
        }
    )
    found = check_groups(frame, list(frame))
    assert found[["feature_a", "feature_b"]].to_numpy().tolist() == [
        ["n_gp_12m", "n_contacts_12m"],
        ["cost_gbp_gp_12m", "n_contacts_12m"],
    ]
    assert found["cluster"].tolist() == [1, 1]
    assert found["n"].tolist() == [5_000, 5_000]
    assert check_groups(frame, ["n_gp_12m", "cost_gbp_gp_12m", "n_conditions"]).empty


def make_people(n):
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "age": rng.integers(0, 95, n),
            "imd_decile": rng.integers(1, 11, n),
            "has_heart_failure": rng.random(n) < 0.3,
            "has_asthma": rng.random(n) < 0.3,
            "n_emergency_12m": rng.poisson(0.5, n),
            "next_emergency": rng.random(n) < 0.2,
        }
    )


def test_profiles_are_means_that_sum_from_base_to_total():
    people = make_people(8_000)
    features = tuple(people.columns[:5])
    values = np.random.default_rng(2).normal(size=(8_000, 5))
    explained = Explanation(values, -3.0, features, people, "next_emergency")
    profiles = typical_profiles(people)
    table = explain_profiles(explained, profiles | {"nobody": people["age"] > 200}, n_features=2)
    assert table.attrs["left_out"] == ["nobody"]
    for name, rows in table.groupby("profile"):
        mask = profiles[name].to_numpy()
        steps = rows["contribution"].to_numpy()
        assert rows["feature"].iloc[[0, -2, -1]].tolist() == ["base", "all others", "total"]
        assert steps[-1] == pytest.approx(-3.0 + values[mask].sum(axis=1).mean())
        assert steps[:-1].sum() == pytest.approx(steps[-1])
        assert abs(steps[1]) >= abs(steps[2])
        assert (rows["n"] == mask.sum()).all()
        assert rows["place"].tolist() == [0, 1, 2, 3, 4]


def test_a_profile_does_not_give_a_small_number_away():
    people = make_people(103).assign(
        has_asthma=[True] * 5 + [False] * 98, has_heart_failure=[False] * 3 + [True] * 100
    )
    explained = Explanation(np.ones((103, 5)), 0.0, tuple(people.columns[:5]), people, "next_emergency")
    table = explain_profiles(explained, {"all": people["age"] >= 0}).set_index("feature")
    assert table.loc["Asthma", "value"] == "few or none"
    assert table.loc["Heart failure", "value"] == "all or nearly all"
    assert table.loc["Age", "value"].startswith("mean ")


def test_interactions_are_those_of_the_groups(fit_small):
    frame, classifier = fit_small(n=6_000, max_iter=40, learning_rate=0.1)
    table = explain_interactions(classifier, frame.iloc[:500], n_pairs=3)
    # x1 times x2 is in the outcome, and x3 where x0 is above 2.
    pairs = {frozenset(pair) for pair in table[["feature_a", "feature_b"]].to_numpy()[:2]}
    assert pairs == {frozenset(("X1", "X2")), frozenset(("X0", "X3"))}
    assert not table["planted"].any()
    assert table["n"].eq(500).all()
    assert len(table) == 3
