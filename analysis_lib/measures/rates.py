"""The DNA rate, always beside the share of Unknown and the bounds that Unknown allows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis_lib.measures.cells import TooFewPoints
from analysis_lib.measures.counts import count_status
from analysis_lib.measures.intervals import wilson_interval


def check_status(attendance: pd.DataFrame) -> pd.DataFrame:
    """Return `attendance` if the status of any appointment is known.

    Raises
    ------
    TooFewPoints
        If the status of every one is Unknown; fit to be shown on a page.
    """
    if (attendance["status"].astype(str) == "Unknown").all():
        raise TooFewPoints(
            "The final status of every appointment is unknown, so nobody can say how many were missed."
        )
    return attendance


def rate_dna(attendance: pd.DataFrame, by: str | Sequence[str] = (), level: float = 0.95) -> pd.DataFrame:
    """DNA rate of appointments with known status, by group.

    Parameters
    ----------
    attendance : DataFrame
        The attendance frame (status, n_appointments and the columns of `by`).
    by : str or sequence of str
        Grouping columns; none gives one row.
    level : float
        Confidence level of the Wilson interval.

    Returns
    -------
    DataFrame
        `by`, n_attended, n_dna, n_unknown (int64), dna_rate = DNA / (Attended + DNA), dna_low and dna_high
        (Wilson), unknown_share = Unknown / all, bound_low = DNA / all (every Unknown attended),
        bound_high = (DNA + Unknown) / all (none did), unknown_exceeds_dna (bool), n_known (the
        denominator of dna_rate). Rates 0 to 1; missing where their denominator is 0.

    Notes
    -----
    The interval says how far chance alone could move the rate, and is narrow because counts are large. The
    bounds say how far the Unknown appointments could, and are usually the wider of the two. Unknown is the
    published name of appointments whose final status is still "Booked".
    """
    rates = count_status(attendance, by)
    known = rates["n_attended"] + rates["n_dna"]
    total = known + rates["n_unknown"]
    low, high = wilson_interval(rates["n_dna"], known, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        return rates.assign(
            dna_rate=rates["n_dna"] / known.where(known > 0),
            dna_low=low,
            dna_high=high,
            unknown_share=rates["n_unknown"] / total.where(total > 0),
            bound_low=rates["n_dna"] / total.where(total > 0),
            bound_high=(rates["n_dna"] + rates["n_unknown"]) / total.where(total > 0),
            unknown_exceeds_dna=rates["n_unknown"] > rates["n_dna"],
            n_known=known,
        )
