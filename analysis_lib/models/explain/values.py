"""Exact SHAP values of boosted trees for a whole city, from tables of what each tree can tell apart.

A small tree sees little of a person: on which side of its few cuts each feature lies. People whom a tree
cannot tell apart have the same contributions in it, so these are worked out once for everything that a tree
can see (a few thousand cases), and looked up for each person.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis_lib.models.explain.trees import (
    Floats,
    answers,
    cases_of,
    code_of,
    contributions,
    expected,
    interactions,
    levels_of,
    read_trees,
    tables_of,
)

if TYPE_CHECKING:
    from analysis_lib.models.classify import Classifier

TOLERANCE = 1e-6  # log-odds, between the sum of contributions and the model's own answer
ROWS_AT_ONCE = 32_768
ASKED = 10  # one person in so many is put to scikit-learn itself, which takes longer than all the rest


class NotAdditive(ArithmeticError):
    """The contributions do not sum to what the model predicts."""


@dataclass(frozen=True)
class Explanation:
    """Contributions of features to predictions, in log-odds of the trees before calibration.

    Attributes
    ----------
    values : ndarray of float64, shape (n, n_features)
    base : float
        Log-odds before anything is known of a person; base + values.sum(axis=1) is the model's answer.
    features : tuple of str
        Columns after encoding, as the trees see them.
    data : DataFrame
        The people explained, one row each, as they were given.
    outcome : str
    """

    values: Floats
    base: float
    features: tuple[str, ...]
    data: pd.DataFrame
    outcome: str


def explain_trees(classifier: Classifier, frame: pd.DataFrame) -> Explanation:
    """Explain every prediction of a tree classifier: exact, path-dependent SHAP values.

    Parameters
    ----------
    classifier : Classifier
        Of the kind "trees": scikit-learn's HistGradientBoostingClassifier of two classes, without categorical
        splits. Its calibration is not explained.
    frame : DataFrame, shape (n, any)
        One row a person, with the predictors and what else the tables need. Missing values go the
        way learnt.

    Returns
    -------
    Explanation
        Equal to shap.TreeExplainer(feature_perturbation="tree_path_dependent") on the raw log-odds. Takes
        8 bytes per person and feature, and about 100 MB besides. The same bytes on any number of threads.

    Raises
    ------
    TypeError
        If the last step is another model, or splits on categories.
    NotAdditive
        If for anyone base and contributions do not sum to the log-odds that the trees give, within 1e-6, or
        for one person in ten these are not what scikit-learn predicts.
    """
    encode, model = classifier.encode, _trees_of(classifier)
    thresholds, trees = read_trees(model)
    tables = [table for leaves in trees for table in tables_of(leaves)]
    given = [(contributions(t, cases_of(t)), answers(t, cases_of(t))) for t in tables]
    start = float(model._baseline_prediction[0, 0])
    base = start + math.fsum(expected(leaf) for leaves in trees for leaf in leaves)
    values = np.zeros((model.n_features_in_, len(frame)))
    for first in range(0, len(frame), ROWS_AT_ONCE):
        encoded = encode(frame.iloc[first : first + ROWS_AT_ONCE])
        levels, out = levels_of(encoded, thresholds), values[:, first : first + ROWS_AT_ONCE]
        predicted, buffer = np.full(len(encoded), start), np.empty(len(encoded))
        for table, (gifts, answer) in zip(tables, given, strict=True):
            code = code_of(table, levels)
            predicted += answer.take(code, out=buffer, mode="clip")
            for feature, gift in zip(table.features, gifts, strict=True):
                out[feature] += gift.take(code, out=buffer, mode="clip")
        _check_equal(base + out.sum(axis=0), predicted)
        _check_equal(predicted[::ASKED], model.decision_function(encoded[::ASKED]))
    return Explanation(values.T, base, tuple(classifier.features), frame, classifier.outcome)


def explain_pairs(
    classifier: Classifier, frame: pd.DataFrame, group: Sequence[int]
) -> Iterator[tuple[tuple[int, int], Floats]]:
    """Give the SHAP interaction of every two groups of features that meet in a tree.

    Parameters
    ----------
    classifier : Classifier
        As for `explain_trees`.
    frame : DataFrame, shape (n, any)
        One row a person; a few thousand say enough.
    group : sequence of int, length n_features
        The group of each encoded feature.

    Yields
    ------
    pair, interaction : (int, int), ndarray of float64, shape (n,)
        Log-odds, both halves together: twice an entry off the diagonal in shap's matrix, summed over the
        members of both groups. What members of one group do to each other is left out.
    """
    encode, model = classifier.encode, _trees_of(classifier)
    thresholds, trees = read_trees(model)
    levels = levels_of(encode(frame), thresholds)
    found: dict[tuple[int, int], Floats] = {}
    for table in (table for leaves in trees for table in tables_of(leaves)):
        digits = [d[levels[f]] for f, d in zip(table.features, table.digit, strict=True)]
        for (one, other), both in interactions(table, digits):
            pair = (min(group[one], group[other]), max(group[one], group[other]))
            if pair[0] != pair[1]:
                found.setdefault(pair, np.zeros(len(frame)))[:] += both
    yield from sorted(found.items())


def _check_equal(explained: Floats, predicted: Floats) -> None:
    worst = float(np.abs(explained - predicted).max(initial=0.0))
    if not worst <= TOLERANCE:
        raise NotAdditive(
            f"Contributions miss the model's log-odds by up to {worst:.1e}: this version of scikit-learn may "
            "keep its trees in another way. Use the one in requirements.lock."
        )


def _trees_of(classifier: Classifier) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = classifier.model
    if not isinstance(model, HistGradientBoostingClassifier) or len(model.classes_) != 2:
        raise TypeError(
            f"{type(model).__name__} has no trees to explain: take a classifier of the kind trees."
        )
    return model
