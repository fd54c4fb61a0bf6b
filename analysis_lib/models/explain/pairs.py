"""Which features act together in the model, and whether that was planted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis_lib.models.demand import planted_flags
from analysis_lib.models.explain.groups import find_source, group_features, name_concept
from analysis_lib.models.explain.values import explain_pairs

if TYPE_CHECKING:
    from analysis_lib.models.classify import Classifier


def explain_interactions(
    classifier: Classifier,
    people: pd.DataFrame,
    truth: Mapping[str, Any] | None = None,
    settings: Sequence[str] | None = None,
    n_pairs: int = 20,
) -> pd.DataFrame:
    """Mean absolute SHAP interaction of groups of features, and which of them were planted.

    Parameters
    ----------
    classifier : Classifier
        As for `explain_trees`.
    people : DataFrame
        People to explain; 2,000 to 5,000 say enough.
    truth : mapping, optional
        A simulated population's truth.json, to mark its interactions.
    settings : sequence of str, optional
        Settings that the outcome rests on: ("emergency",); without, all. Those of others are not marked.
    n_pairs : int
        Strongest pairs listed. Planted ones are listed wherever they stand.

    Returns
    -------
    DataFrame
        outcome, feature_a, feature_b, mean_abs_interaction (log-odds, both halves), n (people), planted
        (bool). Strongest first.
    """
    features = classifier.features
    names = list(group_features(features, people.columns))
    by_length = sorted(people.columns, key=len, reverse=True)
    group = [names.index(name_concept(find_source(feature, by_length))) for feature in features]
    planted = _planted_pairs(truth, settings) if truth else set()
    strength = {pair: 0.0 for pair in planted if pair <= set(names)}  # if no tree brings them together
    for (a, b), both in explain_pairs(classifier, people, group):
        strength[frozenset((names[a], names[b]))] = float(np.abs(both).mean())
    rows = [(*sorted(pair), size, len(people), pair in planted) for pair, size in strength.items()]
    columns = ["feature_a", "feature_b", "mean_abs_interaction", "n", "planted"]
    table = pd.DataFrame(rows, columns=columns).sort_values(
        ["mean_abs_interaction", "feature_a", "feature_b"], ascending=[False, True, True], ignore_index=True
    )
    table = table[(table.index < n_pairs) | table["planted"]].reset_index(drop=True)
    table.insert(0, "outcome", classifier.outcome)
    return table


def _planted_pairs(truth: Mapping[str, Any], settings: Sequence[str] | None) -> set[frozenset[str]]:
    """Return the pairs of groups whose interaction was planted in these settings."""
    asked = {t["name"] for t in truth["interactions"] if settings is None or t["setting"] in settings}
    pairs = set()
    for name, when in planted_flags(truth).items():
        if name in asked:
            pairs |= {frozenset(pair) for pair in combinations({name_concept(c) for c in when}, 2)}
    return pairs
