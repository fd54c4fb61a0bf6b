"""Whether one score ranks better than another: differences on the same people, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from analysis_lib.measures.intervals import z_value
from analysis_lib.measures.performance.tally import FEWEST, check_risks, people_of

TOP = 0.05
NEAR = 0.01  # share of people on either side of the last place by whom the risk there is estimated
COLUMNS = [
    *("outcome", "model", "against", "n", "n_events"),
    *("auroc_difference", "auroc_difference_low", "auroc_difference_high"),
    *("lift_5_difference", "lift_5_difference_low", "lift_5_difference_high"),
]
Array = NDArray[np.float64]


def compare_risks(
    frame: pd.DataFrame,
    outcome: str,
    risks: Mapping[str, ArrayLike],
    models: Sequence[str] = ("trees", "logistic"),
    level: float = 0.95,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Differences of AUROC and of lift in the top 5% between scores of the same people.

    Parameters
    ----------
    frame : DataFrame, n rows
        One row a person, or several where its ``person_id`` says whose they are: the outcome (bool).
    outcome : str
        Its column.
    risks : mapping of str to array [n]
        Scores on any scale, in the order of the rows.
    models : sequence of str
        Those of them that are compared, each with every other.
    level : float
        Level of the intervals.
    fewest : int
        Values are missing with fewer people with the outcome, or without; and that of the lift where fewer
        are in the top.

    Returns
    -------
    DataFrame
        outcome, model, against, n, n_events (int64), auroc_difference and lift_5_difference (`model` less
        `against`), each with _low and _high.

    Raises
    ------
    KeyError, ValueError
        As for `evaluate_risk`.

    Notes
    -----
    Two intervals that overlap do not say that there is no difference, nor do two that do not meet allow for
    both scores being of the same people. Limits are normal, from what each person adds to the difference:
    DeLong ER, DeLong DM, Clarke-Pearson DL (1988) Biometrics 44:837-845, and by people with all their rows
    Obuchowski NA (1997) Biometrics 53:567-578. What a person adds to the share found in the top allows for
    the last place being found on the same people (the influence function of a quantile).
    """
    event, scores = check_risks(frame, outcome, risks, ranks=tuple(risks))
    people, z = people_of(frame), z_value(level)
    n_events = int(event.sum())
    enough = min(n_events, len(event) - n_events) >= fewest
    room = TOP * len(event)
    parts: dict[str, list[tuple[float, Array] | None]] = {}
    for name, score in scores.items():
        listed = _lift(score, event) if enough else None
        found = listed[0] * TOP * n_events if listed else 0
        listed = listed if listed and min(found, room - found) >= fewest - 1e-9 else None
        parts[name] = [_area(score, event) if enough else None, listed]
    rows = []
    for model in (name for name in models if name in scores):
        for other in (name for name in scores if name != model):
            row: list[float] = []
            for one, two in zip(parts[model], parts[other], strict=True):
                if one is None or two is None:
                    row += [np.nan] * 3
                    continue
                half = z * _error(one[1] - two[1], people)
                row += [one[0] - two[0], one[0] - two[0] - half, one[0] - two[0] + half]
            rows.append((outcome, model, other, len(event), n_events, *row))
    return pd.DataFrame(rows, columns=COLUMNS)


def _area(score: Array, event: NDArray[np.bool_]) -> tuple[float, Array]:
    """Return the AUROC, and how far each row moves it."""
    m, n = int(event.sum()), int((~event).sum())
    ranks = rankdata(score)
    above = np.empty(len(score))
    above[event] = (ranks[event] - rankdata(score[event])) / n  # share of those without it below
    above[~event] = 1 - (ranks[~event] - rankdata(score[~event])) / m
    area = float(above[event].mean())
    return area, (above - area) / np.where(event, m, n)


def _lift(score: Array, event: NDArray[np.bool_]) -> tuple[float, Array]:
    """Return the lift in the top, and how far each row moves it; ties for the last places fill them."""
    n, n_events = len(score), int(event.sum())
    ordered = np.sort(score)[::-1]
    room = TOP * n
    last = ordered[min(int(np.ceil(room)) - 1, n - 1)]
    at_edge = score == last
    listed = (score > last) + at_edge * (room - (score > last).sum()) / at_edge.sum()
    near = max(int(NEAR * n), 25)
    place = int(room)
    low, high = ordered[min(place + near, n - 1)], ordered[max(place - near, 0)]
    here = event[(score >= low) & (score <= high)].mean()  # risk at the last place
    found = float((listed * event).sum() / n_events)
    moves = event * (listed - found) - here * (listed - TOP)
    return found / TOP, moves / n_events / TOP


def _error(moves: Array, people: NDArray[np.intp] | None) -> float:
    """Return the standard error: the root of the sum of squares, of people with all their rows."""
    each = moves if people is None else np.bincount(people, moves)
    return float(np.sqrt((each**2).sum()))
