"""The search shows all that it looked at, chooses the best, and does so again."""

import pytest

from analysis_lib.models.classify import choose_predictors, fit_classifier, search_trees
from analysis_lib.models.classify.search import SPACE
from analysis_lib.queries import feature_windows

WINDOWS = feature_windows((12,))

COLUMNS = "outcome round n_people learning_rate max_leaf_nodes min_samples_leaf l2 log_loss kept chosen"


@pytest.fixture(scope="module")
def found(people):
    return search_trees(people, "next_emergency", choose_predictors(people, WINDOWS), most_people=6000)


def test_rounds_by_hand(found):
    _, table = found
    assert table.columns.tolist() == COLUMNS.split()
    rounds = table.groupby("round")
    assert rounds.size().to_dict() == {1: 9, 2: 3}
    assert rounds["n_people"].unique().map(list).to_dict() == {1: [2000], 2: [6000]}
    assert rounds["kept"].sum().to_dict() == {1: 3, 2: 0}
    for _, rows in rounds:
        # Those kept are those with the least log loss.
        assert rows["log_loss"].is_monotonic_increasing
        assert rows["kept"].is_monotonic_decreasing
    assert table["outcome"].unique().tolist() == ["next_emergency"]


def test_chosen_is_what_is_returned_and_small(found):
    params, table = found
    chosen = table[table["chosen"]].iloc[0]
    assert chosen["round"] == 2
    assert params["l2_regularization"] == chosen["l2"]
    for name in ("learning_rate", "max_leaf_nodes", "min_samples_leaf"):
        assert params[name] == chosen[name]
        assert params[name] in SPACE[name]
    # Exact SHAP stays fast only for small trees.
    assert params["max_iter"] <= 200
    assert max(SPACE["max_leaf_nodes"]) <= 16


def test_the_same_again_and_the_model_takes_it(found, people):
    params, table = found
    again, second = search_trees(
        people, "next_emergency", choose_predictors(people, WINDOWS), most_people=6000
    )
    assert again == params
    assert second.equals(table)
    fit = fit_classifier("trees", people, "next_emergency", choose_predictors(people, WINDOWS), params)
    assert fit.model.n_iter_ == params["max_iter"]
    assert max(tree[0].get_n_leaf_nodes() for tree in fit.model._predictors) <= params["max_leaf_nodes"]
