"""What synthetic rows are good for: a model trained on them, tested on real people."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.models.synthetic.judge.coded import MOST_LEVELS, Coded
from analysis_lib.models.synthetic.judge.people import auc, limits_of
from analysis_lib.models.synthetic.judge.rows import Rows


def boost(
    axes: NDArray[np.float64],
    event: NDArray[np.bool_],
    is_label: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Fit boosted trees, on one thread.

    Parameters
    ----------
    axes : ndarray of float64, shape (n, columns)
    event : ndarray of bool, shape (n,)
    is_label : ndarray of bool, shape (columns,)
        Labels are split as sets of levels.

    Returns
    -------
    callable
        Takes axes, returns the chance of the event. Of one kind alone nothing can be learnt: the chance is
        then the same for all.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    told = ~np.isnan(axes).all(0)  # the trees refuse a column of nothing
    if event.all() or not event.any() or not told.any():
        return lambda axes: np.full(len(axes), event.mean())
    # Stopping early would switch on above 10,000 rows
    trees = HistGradientBoostingClassifier(
        max_iter=40,
        max_bins=MOST_LEVELS,
        learning_rate=0.15,
        max_leaf_nodes=15,
        early_stopping=False,
        categorical_features=is_label[told],
        random_state=int(rng.integers(2**31)),
    )
    with threadpool_limits(1):
        trees.fit(axes[:, told], event)
    return lambda axes: trees.predict_proba(axes[:, told])[:, 1]


def outcome_of(frame: pd.DataFrame, outcome: str) -> NDArray[np.bool_]:
    """Return who had the outcome, shape (n,).

    Raises
    ------
    ValueError
        If it is not yes or no for every row.
    """
    values = frame[outcome]
    if not values.isin([True, False]).all():
        raise ValueError(f"{outcome} is not yes or no in every row: name a column of flags without gaps.")
    return values.to_numpy(bool)


def predict_outcome(
    learn: Coded, event: NDArray[np.bool_], on: Coded, outcome: str, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the chance of the outcome that boosted trees of some rows give to others, shape (n,).

    All columns of the schema predict but the outcome itself.
    """
    kept = np.array([name != outcome for name in learn.layout.names])
    fitted = boost(learn.axes[:, kept], event, learn.layout.is_label[kept], rng)
    return fitted(on.axes[:, kept])


def add_use(
    rows: Rows,
    scores: tuple[NDArray[np.float64], NDArray[np.float64]],
    event: NDArray[np.bool_],
    weights: NDArray[np.float32],
) -> None:
    """Add the AUC on the holdout of a model of synthetic rows (tstr_auc) and of real ones (trtr_auc).

    And what is lost, trtr_auc less tstr_auc, in the same draws of people (auc_loss). `scores` are those of
    the two models.
    """
    drawn = np.vstack([np.ones((1, len(event)), np.float32), weights])
    made, real = (auc(score, event, drawn) for score in scores)
    for name, draws in {"tstr_auc": made, "trtr_auc": real, "auc_loss": real - made}.items():
        rows.add(name, draws[0], *limits_of(draws[1:]), n=len(event))
