"""Calibration plot: observed against predicted in bins of risk."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis_lib.measures.intervals import wilson_interval
from analysis_lib.measures.performance.rules import RULES
from analysis_lib.measures.performance.tally import check_risks, refuse_repeats, tally

COLUMNS = ["outcome", "model", "bin", "n", "n_events", "mean_risk", "observed", "low", "high"]


def calibration_bins(
    frame: pd.DataFrame,
    outcome: str,
    risks: Mapping[str, ArrayLike],
    n_bins: int = 20,
    level: float = 0.95,
    ranks: Collection[str] = RULES,
) -> pd.DataFrame:
    """Observed share and mean risk in bins of equally many people, lowest risk first.

    Parameters
    ----------
    frame, outcome, risks, level, ranks
        As for `evaluate_risk`; scores that are no probabilities are left out.
    n_bins : int
        Bins, if risks differ. People with equal risks stay in one bin, so there may be fewer.

    Returns
    -------
    DataFrame
        outcome, model, bin (from 1), n, n_events (int64), mean_risk, observed (share with the outcome), low,
        high (Wilson).

    Raises
    ------
    KeyError, ValueError
        As for `evaluate_risk`.
    """
    event, scores = check_risks(frame, outcome, risks, ranks)
    refuse_repeats(frame, "A calibration plot")
    tables = []
    for model, score in scores.items():
        if model in ranks or not len(score):
            continue
        order = np.argsort(score, kind="stable")
        people = tally(score[order], event[order])
        n = people.yes + people.no
        starts = np.flatnonzero(np.diff((np.cumsum(n) - n) * n_bins // n.sum(), prepend=-1))
        count, events, total = (np.add.reduceat(part, starts) for part in (n, people.yes, n * people.score))
        low, high = wilson_interval(events, count, level)
        numbers = {"n": count.astype("int64"), "n_events": events.astype("int64")}
        rates = {"mean_risk": total / count, "observed": events / count, "low": low, "high": high}
        place = {"outcome": outcome, "model": model, "bin": np.arange(1, len(starts) + 1)}
        tables.append(pd.DataFrame({**place, **numbers, **rates}))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
