"""Decision curve: whether acting on a risk does more good than acting on everybody, or on nobody."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.measures.performance.rules import RULES
from analysis_lib.measures.performance.tally import (
    FEWEST,
    Tally,
    check_risks,
    draw,
    percentiles,
    refuse_repeats,
)

THRESHOLDS = tuple(percent / 100 for percent in range(1, 31))


def decision_curve(
    frame: pd.DataFrame,
    outcome: str,
    risks: Mapping[str, ArrayLike],
    thresholds: Sequence[float] = THRESHOLDS,
    n_boot: int = 200,
    seed: int = 0,
    level: float = 0.95,
    ranks: Collection[str] = RULES,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Net benefit of listing people at and above each threshold of risk.

    Parameters
    ----------
    frame, outcome, risks, n_boot, seed, level, ranks
        As for `evaluate_risk`; scores that are no probabilities are left out.
    thresholds : sequence of float
        Risks from which on people would be listed, between 0 and 1. A threshold says what a list is worth:
        at 0.1, finding one who will have the outcome is worth listing nine who will not.
    fewest : int
        Net benefit is missing where those listed are some, but fewer of them have the outcome, or have not.

    Returns
    -------
    DataFrame
        outcome; model, and "everybody" and "nobody" for listing all or none; threshold; n, n_events (people
        with the outcome, listed or not), n_listed, n_found (those of them with it; int64); net_benefit (true
        positives per person, less false positives at the odds of the threshold), low, high; gain (net
        benefit less the greater of that of listing everybody and of listing nobody), gain_low, gain_high.

    Raises
    ------
    KeyError
        If the outcome is absent.
    ValueError
        As for `evaluate_risk`, or a threshold is not between 0 and 1.

    Notes
    -----
    Vickers AJ, Elkin EB (2006) Med Decis Making 26:565-574. Limits are percentiles of the bootstrap
    distribution over people; nothing is binned beyond the thresholds. The gain is looked at in
    each draw of the same people, so that it may be beyond chance where the limits of both overlap.
    """
    event, scores = check_risks(frame, outcome, risks, ranks)
    refuse_repeats(frame, "A decision curve")
    cuts = np.unique(np.asarray(thresholds, np.float64))
    if len(cuts) and not (cuts[0] > 0 and cuts[-1] < 1):
        raise ValueError("A threshold is a risk such as 0.05: choose thresholds between 0 and 1.")
    chosen = {model: score for model, score in scores.items() if model not in ranks}
    everybody, nobody = np.ones(len(event)), np.zeros(len(event))
    tables = []
    for model, score in {**chosen, "everybody": everybody, "nobody": nobody}.items():
        people = _between(score, event, cuts)
        drawn = draw(people, n_boot, seed, f"{outcome}|{model}")
        curve = _curve(people, drawn, cuts, level, fewest)
        tables.append(pd.DataFrame({"outcome": outcome, "model": model, "threshold": cuts, **curve}))
    return pd.concat(tables, ignore_index=True)


def _between(score: NDArray[np.float64], event: NDArray[np.bool_], cuts: NDArray[np.float64]) -> Tally:
    """Add up people between thresholds: those below all of them first."""
    place = np.searchsorted(cuts, score, side="right")
    yes, no = (np.bincount(place[kept], minlength=len(cuts) + 1) for kept in (event, ~event))
    return Tally(np.append(0.0, cuts), yes.astype(np.float64), no.astype(np.float64))


def _curve(
    people: Tally,
    drawn: tuple[NDArray[np.float64], NDArray[np.float64]],
    cuts: NDArray[np.float64],
    level: float,
    fewest: int,
) -> dict[str, object]:
    def listed(part: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.cumsum(part[..., ::-1], axis=-1)[..., -2::-1]  # at and above each threshold

    def benefit(yes: NDArray[np.float64], no: NDArray[np.float64]) -> NDArray[np.float64]:
        n = (yes + no).sum(-1, keepdims=True)
        return (listed(yes) - listed(no) * cuts / (1 - cuts)) / np.maximum(n, 1)

    found, wrong = listed(people.yes), listed(people.no)
    shown = (np.minimum(found, wrong) >= fewest) | (found + wrong == 0)
    found_drawn = benefit(*drawn)
    low, high = percentiles(found_drawn.T, level)
    usual, usual_drawn = (
        np.maximum(_benefit_of_all(*part, cuts), 0) for part in ((people.yes, people.no), drawn)
    )
    gain_low, gain_high = percentiles((found_drawn - usual_drawn).T, level)
    curve = {"net_benefit": benefit(people.yes, people.no), "low": low, "high": high}
    curve |= {"gain": curve["net_benefit"] - usual, "gain_low": gain_low, "gain_high": gain_high}
    return {
        "n": people.n,
        "n_events": people.n_events,
        "n_listed": (found + wrong).astype("int64"),
        "n_found": found.astype("int64"),
        **{name: np.where(shown, values, np.nan) for name, values in curve.items()},
    }


def _benefit_of_all(
    yes: NDArray[np.float64], no: NDArray[np.float64], cuts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the net benefit of listing everybody, at each threshold; [n_boot, k]."""
    n_yes, n_no = (part.sum(-1, keepdims=True) for part in (yes, no))
    return (n_yes - n_no * cuts / (1 - cuts)) / np.maximum(n_yes + n_no, 1)
