"""Stability: whether a risk still discriminates months after it was computed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.measures.performance.evaluate import BINS
from analysis_lib.measures.performance.statistics import area_under_roc
from analysis_lib.measures.performance.tally import FEWEST, draw, merge, percentiles, tally

COLUMNS = ["outcome", "model", "month", "n", "n_events", "auroc", "low", "high"]


def performance_by_month(
    months: pd.DataFrame,
    outcome: str,
    risks: Mapping[str, ArrayLike],
    n_boot: int = 200,
    seed: int = 0,
    level: float = 0.95,
    fewest: int = FEWEST,
    bins: int = BINS,
) -> pd.DataFrame:
    """AUROC in each month after the index day, among the people still at risk.

    Parameters
    ----------
    months : DataFrame, n rows
        One row a person, one column a month, in order (1 = the month that begins on the index day): True
        where the outcome happened in that month, False where not, missing where the person was no longer at
        risk when the month began.
    outcome : str
        What the result calls it.
    risks : mapping of str to array [n]
        Scores on any scale, in the order of the rows.
    n_boot, seed, level, fewest, bins
        As for `evaluate_risk`.

    Returns
    -------
    DataFrame
        outcome, model, month (from 1), n (people at risk), n_events (int64), auroc, low, high (missing where
        there are fewer than `fewest` people with the outcome, or without it).

    Raises
    ------
    ValueError
        If a score is missing, there are not as many as people, or a column holds no flags.
    """
    flags = [_flags(months.iloc[:, place]) for place in range(months.shape[1])]
    rows = []
    for model, risk in risks.items():
        score = np.asarray(risk, np.float64)
        if score.shape != (len(months),) or not np.isfinite(score).all():
            raise ValueError(f"{model} needs one known score for each of the {len(months):,} people.")
        order = np.argsort(score, kind="stable")
        for month, (here, event) in enumerate(flags, start=1):
            kept = order[here[order]]
            people = tally(score[kept], event[kept])
            row = {"outcome": outcome, "model": model, "month": month, "n": people.n}
            row["n_events"] = people.n_events
            if people.enough(fewest):
                binned = merge(people, bins)
                drawn = area_under_roc(*draw(binned, n_boot, seed, f"{outcome}|{model}|month {month}"))
                row["auroc"] = float(area_under_roc(people.yes, people.no))
                moved = row["auroc"] - area_under_roc(binned.yes, binned.no)
                row["low"], row["high"] = (float(np.clip(x + moved, 0, 1)) for x in percentiles(drawn, level))
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def flag_months(frame: pd.DataFrame, months: int = 12, share: float = 0.05) -> dict[str, pd.DataFrame]:
    """Return who had each outcome in each month, for `performance_by_month`.

    Parameters
    ----------
    frame : DataFrame, n rows
        One row a person: at_risk_<m>, emergency_<m>, cost_gbp_<m> for each month m from 1, as
        `outcomes_by_month` returns.
    months : int
    share : float
        High cost is cost among the highest `share` of the people at risk in that month, ties included, and
        above 0.

    Returns
    -------
    dict of str to DataFrame
        next_high_cost and next_emergency: one boolean column a month, missing for people not at risk.
    """
    high, admitted = {}, {}
    for month in range(1, months + 1):
        at_risk = frame[f"at_risk_{month}"].astype(bool)
        cost = frame[f"cost_gbp_{month}"].where(at_risk)
        dearer = cost.rank(method="min", ascending=False) - 1
        high[month] = ((dearer < share * at_risk.sum()) & (cost > 0)).astype("boolean").where(at_risk)
        admitted[month] = frame[f"emergency_{month}"].astype("boolean").where(at_risk)
    return {"next_high_cost": pd.DataFrame(high), "next_emergency": pd.DataFrame(admitted)}


def _flags(month: pd.Series) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return who was at risk in a month, and who had the outcome."""
    at_risk = month.notna()
    if not month[at_risk].isin([True, False]).all():
        raise ValueError(f"{month.name} is no column of flags: give one column for each month, and no other.")
    return at_risk.to_numpy(), month.eq(True).fillna(False).to_numpy(bool)
