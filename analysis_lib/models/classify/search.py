"""A small search for the shape of the trees, and everything it looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 (makes the next import possible)
from sklearn.model_selection import HalvingRandomSearchCV, StratifiedShuffleSplit

from analysis_lib.measures.cells import TooFewPoints
from analysis_lib.models.classify.encode import encode_for_trees, read_columns
from analysis_lib.models.classify.fit import TREES_PARAMS, read_outcome
from analysis_lib.models.classify.predictors import Predictors, check_predictors

# The number of trees is fixed, and the rate is tuned to it.
SPACE: dict[str, list[Any]] = {
    "learning_rate": [0.04, 0.06, 0.08, 0.12],
    "max_leaf_nodes": [4, 6, 8, 12, 16],
    "min_samples_leaf": [50, 100, 200, 400],
    "l2_regularization": [0.0, 1.0, 10.0],
}
FACTOR = 3  # a third of the candidates is kept after a round, on three times as many people
N_ROUNDS = 2
FEWEST = 30  # people with the outcome: the first round sees a third of them
TEST_SHARE = 0.3


def choose_outcomes(folds: Mapping[str, pd.DataFrame], outcomes: Sequence[str], need: str) -> list[str]:
    """Return the outcomes of which a model can be made: with people enough to search, and to recalibrate.

    Parameters
    ----------
    folds : mapping of str to DataFrame
        Among them "train" and "calibrate".
    outcomes : sequence of str
    need : str
        The one without which there is nothing to say.

    Raises
    ------
    TooFewPoints
        If too few people have the needed outcome, or have it not.
    """
    found = []
    for outcome in outcomes:
        try:
            read_outcome(folds["train"], outcome, FEWEST)
            read_outcome(folds["calibrate"], outcome)
        except TooFewPoints:
            if outcome == need:
                raise
            continue
        found.append(outcome)
    return found


def search_trees(
    frame: pd.DataFrame,
    outcome: str,
    predictors: Predictors,
    n_candidates: int = 9,
    seed: int = 0,
    most_people: int = 30_000,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Search the shape of the trees by successive halving on log loss.

    Candidates are drawn at random from `SPACE`. Each round fits them on 70% of so many people and scores
    them on the others; the best third goes on, with three times as many people.

    Parameters
    ----------
    frame, outcome, predictors
        As for `fit_classifier`: the training fold, and nothing else.
    n_candidates : int
        How many the first round looks at.
    seed : int
        Draws candidates, people and splits.
    most_people : int
        People of the last round, at most; drawn from the frame.

    Returns
    -------
    params : dict
        For `fit_classifier`.
    table : DataFrame
        outcome, round (from 1), n_people, learning_rate, max_leaf_nodes, min_samples_leaf, l2, log_loss (of
        the people scored), kept (went on), chosen; by round, then log loss.

    Raises
    ------
    LeakageError, KeyError, ValueError
        As for `fit_classifier`.
    TooFewPoints
        If fewer than 30 have the outcome, or have it not.

    Notes
    -----
    Jamieson K, Talwalkar A (2016) Non-stochastic best arm identification, AISTATS, as in scikit-learn's
    HalvingRandomSearchCV.
    """
    check_predictors(predictors.columns, predictors.windows)
    read_outcome(frame, outcome, FEWEST)
    drawn = frame.sample(min(most_people, len(frame)), random_state=seed)
    y = read_outcome(drawn, outcome)
    x = encode_for_trees(predictors).fit_transform(read_columns(drawn, predictors))
    model = HistGradientBoostingClassifier(
        early_stopping=False, random_state=seed, max_iter=TREES_PARAMS["max_iter"]
    )
    search = HalvingRandomSearchCV(
        model,
        SPACE,
        n_candidates=n_candidates,
        factor=FACTOR,
        min_resources=max(len(y) // FACTOR ** (N_ROUNDS - 1), 1),
        max_resources=len(y),
        scoring="neg_log_loss",
        cv=StratifiedShuffleSplit(1, test_size=TEST_SHARE, random_state=seed),
        random_state=seed,
        refit=False,
    ).fit(x, y)
    return {**TREES_PARAMS, **search.best_params_}, _table(search, outcome)


def _table(search: HalvingRandomSearchCV, outcome: str) -> pd.DataFrame:
    results = search.cv_results_
    table = pd.DataFrame(list(results["params"]))[list(SPACE)].rename(columns={"l2_regularization": "l2"})
    table.insert(0, "n_people", results["n_resources"])
    table.insert(0, "round", results["iter"] + 1)
    table.insert(0, "outcome", outcome)
    shape = list(table.columns[3:])
    table["log_loss"] = -results["mean_test_score"]
    later = {(n - 1, *row) for n, *row in table[["round", *shape]].itertuples(index=False)}
    table["kept"] = [(n, *row) in later for n, *row in table[["round", *shape]].itertuples(index=False)]
    table["chosen"] = [i == search.best_index_ for i in range(len(table))]
    return table.sort_values(["round", "log_loss"], kind="stable", ignore_index=True)
