"""What a model leans on over all people, how surely, and how it depends on each feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.intervals import z_value
from analysis_lib.models.explain.bins import bin_column
from analysis_lib.models.explain.groups import Groups, find_source, group_features, sum_groups
from analysis_lib.models.explain.values import Explanation, explain_trees
from analysis_lib.models.regression import ModelDidNotFit

if TYPE_CHECKING:
    from analysis_lib.models.classify import Classifier


DRAWS_AT_ONCE = 10


def explain_importance(
    explanation: Explanation,
    groups: Groups | None = None,
    planted: Mapping[str, float] | None = None,
    n_boot: int = 100,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Mean absolute contribution of each group of features, with a bootstrap interval over people.

    Parameters
    ----------
    explanation : Explanation
    groups : mapping of str to sequence of str, optional
        Group to its features; without, `group_features`. Contributions are summed within a group first.
    planted : mapping of str to float, optional
        How much each group moves the outcome in the truth (`weigh_planted`), to rank by; others have no rank.
    n_boot, seed, level
        Draws of people with replacement (the model stays), seed, and level of the percentile interval.

    Returns
    -------
    DataFrame
        outcome, feature (the group), features (its members), mean_abs_shap, low, high (log-odds),
        planted_rank (1 = most; missing where nothing is planted), n (people). Largest first.

    Raises
    ------
    ModelDidNotFit
        If no feature moves any risk: the trees have no branch.
    """
    groups = groups or groups_of(explanation)
    size = np.abs(sum_groups(explanation, groups))
    if not size.any():
        raise ModelDidNotFit(
            "The trees found nothing to tell risks apart by among so few people: there is nothing to explain."
        )
    low, high = np.percentile(
        _resample_means(size, n_boot, seed), [50 * (1 - level), 50 * (1 + level)], axis=0
    )
    rank = pd.Series(planted or {}, dtype=float).rank(ascending=False, method="min")
    table = pd.DataFrame(
        {
            "outcome": explanation.outcome,
            "feature": list(groups),
            "features": [", ".join(members) for members in groups.values()],
            "mean_abs_shap": size.mean(axis=0),
            "low": low,
            "high": high,
            "planted_rank": rank.reindex(list(groups)).to_numpy(),
            "n": len(size),
        }
    )
    return table.sort_values("mean_abs_shap", ascending=False, kind="stable", ignore_index=True)


def explain_stability(
    classifier: Classifier,
    frame: pd.DataFrame,
    people: pd.DataFrame,
    seeds: Sequence[int] = (1, 2, 3),
    n_fit: int = 15_000,
) -> pd.DataFrame:
    """Refit the trees on other people with other seeds, and rank the groups of features anew each time.

    Parameters
    ----------
    classifier : Classifier
        Fitted again in the same way: kind, predictors and parameters.
    frame : DataFrame
        Training people; each seed draws `n_fit` of them, without replacement (all if there are fewer).
    people : DataFrame
        People to explain, the same for every seed: a few thousand.
    seeds : sequence of int
    n_fit : int

    Returns
    -------
    DataFrame
        outcome, feature (the group), seed, rank (1 = largest), mean_abs_shap, n (people explained). Fewer
        people than the model itself was fitted on: its own ranks are at least as steady.
    """
    from analysis_lib.models.classify import fit_classifier

    tables = []
    for seed in seeds:
        drawn = frame.sample(min(n_fit, len(frame)), random_state=seed)
        again = fit_classifier(
            classifier.kind, drawn, classifier.outcome, classifier.predictors, classifier.params, seed
        )
        table = explain_importance(explain_trees(again, people), n_boot=1)
        tables.append(table.assign(seed=seed, rank=np.arange(1, len(table) + 1)))
    columns = ["outcome", "feature", "seed", "rank", "mean_abs_shap", "n"]
    return pd.concat(tables, ignore_index=True)[columns]


def explain_dependence(
    explanation: Explanation,
    features: Sequence[str] | None = None,
    groups: Groups | None = None,
    n_features: int = 8,
    level: float = 0.95,
) -> pd.DataFrame:
    """Mean contribution of a group of features by the value of its first member, in bins.

    Parameters
    ----------
    explanation : Explanation
        Whose data hold the columns before encoding, and the outcome.
    features : sequence of str, optional
        Names of groups; without, the `n_features` of largest mean absolute contribution.
    groups : mapping of str to sequence of str, optional
        As for `explain_importance`.
    n_features : int
    level : float
        Of a normal interval of the mean over people; the model is taken as it is.

    Returns
    -------
    DataFrame
        outcome, feature, place (0, 1, … in order of the bins), bin (text), n, n_events, mean_shap, low, high.
        Bins without people have no row; bins with one person no interval.
    """
    groups = groups or groups_of(explanation)
    values = pd.DataFrame(sum_groups(explanation, groups), columns=list(groups))
    if features is None:
        features = list(values.abs().mean().sort_values(ascending=False, kind="stable").index[:n_features])
    data = explanation.data
    by_length = sorted(data.columns, key=len, reverse=True)
    events = data[explanation.outcome].to_numpy(bool)
    tables = []
    for feature in features:
        bins = bin_column(data[find_source(groups[feature][0], by_length)])
        people = pd.DataFrame({"bin": bins, "shap": values[feature], "event": events})
        grouped = people.groupby("bin", observed=True)
        table = grouped.agg(n=("shap", "size"), n_events=("event", "sum"), mean_shap=("shap", "mean"))
        half = z_value(level) * grouped["shap"].std() / np.sqrt(table["n"])
        table = table.assign(low=table["mean_shap"] - half, high=table["mean_shap"] + half).reset_index()
        table["bin"] = table["bin"].astype(str)
        tables.append(table.assign(outcome=explanation.outcome, feature=feature, place=range(len(table))))
    columns = ["outcome", "feature", "place", "bin", "n", "n_events", "mean_shap", "low", "high"]
    return pd.concat(tables, ignore_index=True)[columns]


def groups_of(explanation: Explanation) -> dict[str, list[str]]:
    """Return the groups of an explanation's features by the columns of its data."""
    return group_features(explanation.features, explanation.data.columns)


def _resample_means(size: NDArray[np.float64], n_boot: int, seed: int) -> NDArray[np.float64]:
    """Return means over people drawn with replacement, shape (n_boot, n_groups)."""
    rng, n = np.random.default_rng(seed), len(size)
    means = []
    for start in range(0, n_boot, DRAWS_AT_ONCE):
        draws = min(DRAWS_AT_ONCE, n_boot - start)
        times = [np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(draws)]
        means.append(np.array(times, float) @ size / n)
    return np.concatenate(means)
