"""Error rates of a list by group, computed by fairlearn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.intervals import wilson_interval

RATES = ("selection_rate", "recall", "false_positive_rate")


def error_rates(
    codes: NDArray[np.intp],
    names: list[str],
    event: NDArray[np.bool_],
    listed: NDArray[np.bool_],
    level: float,
    fewest: int,
) -> pd.DataFrame:
    """Return counts and error rates of everybody ("all") and of each level.

    Parameters
    ----------
    codes : ndarray of int [n]
        Level of each person, as a place in `names`.
    names : list of str
        Every one has people.
    event, listed : ndarray of bool [n]
        Who had the outcome, and who is on the list.
    level : float
        Level of the intervals of recall (Wilson).
    fewest : int
        Error rates are missing with fewer people with the outcome, or without; precision, with fewer listed.

    Returns
    -------
    DataFrame
        level, n, n_events, n_listed, n_found (int64), selection_rate, recall, recall_low, recall_high,
        false_positive_rate, precision.
    """
    cells = np.bincount(codes * 4 + event * 2 + listed, minlength=4 * len(names)).reshape(-1, 2, 2)
    rates = _from_fairlearn(cells)
    cells = np.concatenate([cells.sum(0, keepdims=True), cells])
    table = pd.DataFrame(
        {
            "level": ["all", *names],
            "n": cells.sum((1, 2)),
            "n_events": cells[:, 1].sum(1),
            "n_listed": cells[:, :, 1].sum(1),
            "n_found": cells[:, 1, 1],
        }
    )
    enough = np.minimum(table["n_events"], table["n"] - table["n_events"]) >= fewest
    low, high = wilson_interval(table["n_found"], table["n_events"], level)
    table["selection_rate"] = rates["selection_rate"]
    table["recall"] = rates["recall"].where(enough)
    table["recall_low"], table["recall_high"] = np.where(enough, low, np.nan), np.where(enough, high, np.nan)
    table["false_positive_rate"] = rates["false_positive_rate"].where(enough)
    precision = table["n_found"] / table["n_listed"].clip(lower=1)
    table["precision"] = precision.where(enough & (table["n_listed"] >= fewest))
    return table


def _from_fairlearn(cells: NDArray[np.int64]) -> pd.DataFrame:
    """Return the rates of everybody and of each level, from people by [level, outcome, list]."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate

    place = np.indices(cells.shape).reshape(3, -1)
    found = MetricFrame(
        metrics=dict(zip(RATES, (selection_rate, true_positive_rate, false_positive_rate), strict=True)),
        y_true=place[1],
        y_pred=place[2],
        sensitive_features=pd.Series(place[0], name="level"),
        sample_params=dict.fromkeys(RATES, {"sample_weight": cells.ravel()}),
    )
    rates = pd.concat([found.overall.to_frame().T, found.by_group], ignore_index=True)
    return rates.astype(np.float64)


def label(table: pd.DataFrame, **labels: str) -> pd.DataFrame:
    """Return the table with columns of one label each in front."""
    return pd.concat([pd.DataFrame(labels, index=table.index), table], axis=1)
