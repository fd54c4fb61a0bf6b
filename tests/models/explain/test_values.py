"""SHAP values are Shapley's, by hand, by brute force over all sets of features, and by the shap package."""

from itertools import chain, combinations
from math import factorial
from types import SimpleNamespace

import numpy as np
import pytest
import shap
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from analysis_lib.models.explain import NotAdditive, explain_pairs, explain_trees, trees, values


def nodes_by_hand():
    """Eight people: x0 <= 0 has 4 and 0; else x1 <= 0 has 1 and 8, the other 3 have 16."""
    model = HistGradientBoostingClassifier(
        max_iter=1, min_samples_leaf=1, max_leaf_nodes=3, early_stopping=False
    )
    x = np.array([[0, 0], [0, 0], [0, 1], [0, 1], [1, 0], [1, 1], [1, 1], [1, 1]], float)
    nodes = model.fit(x, [0, 0, 0, 0, 1, 0, 0, 1])._predictors[0][0].nodes[:1].repeat(5)
    nodes["is_leaf"], nodes["count"] = [0, 1, 0, 1, 1], [8, 4, 4, 1, 3]
    nodes["feature_idx"], nodes["num_threshold"] = [0, 0, 1, 0, 0], 0.5
    nodes["left"], nodes["right"] = [1, 0, 3, 0, 0], [2, 0, 4, 0, 0]
    nodes["value"], nodes["missing_go_to_left"] = [0, 0, 0, 8, 16], 0
    return nodes


def test_a_tree_worked_by_hand():
    # For a person with both: v() = (4*0 + 1*8 + 3*16)/8 = 7, v(x0) = (8 + 3*16)/4 = 14,
    # v(x1) = (0 + 16)/2 = 8, v(x0, x1) = 16.
    # x0: ((14 - 7) + (16 - 8)) / 2 = 7.5. x1: ((8 - 7) + (16 - 14)) / 2 = 1.5.
    # For one with neither: v(x0) = v(both) = 0, v(x1) = (0 + 8)/2 = 4.
    # x0: ((0 - 7) + (0 - 4)) / 2 = -5.5. x1: ((4 - 7) + 0) / 2 = -1.5.
    stub = SimpleNamespace(_predictors=[[SimpleNamespace(nodes=nodes_by_hand())]], n_features_in_=2)
    thresholds, (leaves,) = trees.read_trees(stub)
    (table,) = trees.tables_of(leaves)
    assert sum(trees.expected(leaf) for leaf in leaves) == 7
    given = trees.contributions(table, trees.cases_of(table))
    people = np.array([[1.0, 1.0], [0.0, 0.0], [np.nan, 0.7]])
    code = trees.code_of(table, trees.levels_of(people, thresholds))
    np.testing.assert_allclose(given[:, code].T, [[7.5, 1.5], [-5.5, -1.5], [7.5, 1.5]])
    np.testing.assert_allclose(trees.answers(table, trees.cases_of(table))[code], [16, 0, 16])
    # What the two do together, both halves: v(both) - v(x0) - v(x1) + v() = 16 - 14 - 8 + 7.
    both = sum(given[code[0]] for _, given in trees.interactions(table, trees.cases_of(table)))
    assert both == pytest.approx(1.0)


def expect(nodes, person, known, at=0):
    """Answer of a tree that knows some features: elsewhere both ways, by the share of people."""
    node = nodes[at]
    if node["is_leaf"]:
        return node["value"]
    left, right = int(node["left"]), int(node["right"])
    if node["feature_idx"] in known:
        value = person[node["feature_idx"]]
        goes = node["missing_go_to_left"] if np.isnan(value) else value <= node["num_threshold"]
        return expect(nodes, person, known, left if goes else right)
    sides = (expect(nodes, person, known, side) * nodes[side]["count"] for side in (left, right))
    return sum(sides) / node["count"]


def brute_force(model, person):
    """Shapley's formula over all sets of features."""
    p = model.n_features_in_

    def v(known):
        return sum(expect(tree.nodes, person, set(known)) for (tree,) in model._predictors)

    out = np.zeros(p)
    for j in range(p):
        rest = [k for k in range(p) if k != j]
        for known in chain.from_iterable(combinations(rest, size) for size in range(p)):
            weight = factorial(len(known)) * factorial(p - len(known) - 1) / factorial(p)
            out[j] += weight * (v((*known, j)) - v(known))
    return out


def test_brute_force_over_all_sets_with_missing_values(fit_small):
    frame, classifier = fit_small(n_features=5)
    people = frame.iloc[:12]
    assert people.isna().any(axis=1).sum() >= 3
    found = explain_trees(classifier, people)
    want = [brute_force(classifier.model, person) for person in people.to_numpy()]
    np.testing.assert_allclose(found.values, want, atol=1e-10)
    predicted = classifier.model.decision_function(people.to_numpy())
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), predicted, atol=1e-10)


@pytest.mark.parametrize("leaves", [3, 16, 40])
def test_the_shap_package(fit_small, leaves):
    frame, classifier = fit_small(n=3_000, n_features=12, max_iter=8, max_leaf_nodes=leaves)
    found = explain_trees(classifier, frame)
    other = shap.TreeExplainer(classifier.model, feature_perturbation="tree_path_dependent")
    np.testing.assert_allclose(found.values, other.shap_values(frame.to_numpy()), atol=1e-6)
    assert found.base == pytest.approx(float(other.expected_value[0]), abs=1e-6)
    if leaves == 40:  # its trees see too much for one table
        _, read = trees.read_trees(classifier.model)
        assert max(len(list(trees.tables_of(each))) for each in read) > 1


def test_interactions_of_the_shap_package(fit_small):
    frame, classifier = fit_small(max_iter=6, max_leaf_nodes=12)
    people = frame.iloc[:40]
    other = shap.TreeExplainer(classifier.model, feature_perturbation="tree_path_dependent")
    want = other.shap_interaction_values(people.to_numpy())
    found = dict(explain_pairs(classifier, people, range(6)))
    for a, b in combinations(range(6), 2):
        np.testing.assert_allclose(found.get((a, b), 0.0), 2 * want[:, a, b], atol=1e-6)
    grouped = dict(explain_pairs(classifier, people, [0, 0, 1, 1, 1, 1]))
    across = sum(2 * want[:, a, b] for a in (0, 1) for b in (2, 3, 4, 5))
    np.testing.assert_allclose(grouped[0, 1], across, atol=1e-6)


def test_one_thread_or_two_and_any_chunks_give_the_same_bytes(fit_small, monkeypatch):
    frame, classifier = fit_small(n=4_000)
    with threadpool_limits(1):
        one = explain_trees(classifier, frame)
    with threadpool_limits(2):
        two = explain_trees(classifier, frame)
    monkeypatch.setattr(values, "ROWS_AT_ONCE", 333)
    parts = explain_trees(classifier, frame)
    assert one.values.tobytes() == two.values.tobytes() == parts.values.tobytes()


def test_trees_without_a_split_give_nothing(fit_small):
    frame, classifier = fit_small(n=60, min_samples_leaf=40)
    found = explain_trees(classifier, frame)
    assert not found.values.any()
    assert found.base == pytest.approx(classifier.model.decision_function(frame.to_numpy())[0])


def test_contributions_that_do_not_sum_are_refused(fit_small, monkeypatch):
    frame, classifier = fit_small()
    true = trees.contributions
    monkeypatch.setattr(values, "contributions", lambda *given: true(*given) * (1 + 1e-4))
    with pytest.raises(NotAdditive, match=r"requirements\.lock"):
        explain_trees(classifier, frame)


def test_trees_that_scikit_learn_reads_otherwise_are_refused(fit_small, monkeypatch):
    frame, classifier = fit_small()
    true = classifier.model.decision_function
    monkeypatch.setattr(classifier.model, "decision_function", lambda x: true(x) + 1e-5, raising=False)
    with pytest.raises(NotAdditive):
        explain_trees(classifier, frame)


def test_other_models_and_splits_on_categories_are_refused(fit_small):
    frame, classifier = fit_small(categorical_features=[0])
    with pytest.raises(TypeError, match="encode them as numbers"):
        explain_trees(classifier, frame)
    classifier.model = object()
    with pytest.raises(TypeError, match="kind trees"):
        explain_trees(classifier, frame)
