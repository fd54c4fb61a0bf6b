"""Which features are what a simulated population was planted with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

DECOY = "decoy"
_FIXED = {"emergency_discharge": "discharge:emergency", "gp": "gp"}


def match_planted(features: pd.DataFrame, truth: Mapping[str, Any]) -> pd.Series:
    """Return as what each edge was planted.

    Parameters
    ----------
    features : DataFrame
        first, then (codes of `queries.list_events`, then missing for a code alone), bin ("15-30").
    truth : mapping
        That of `simulate.simulate_prescribing`.

    Returns
    -------
    Series of str
        The name of the pattern whose events, order and days an edge has, such as "P1"; "decoy" for the events
        of one the other way round or in another band of days, and for pairs that go with frailty alone; else
        empty. An edge of one band counts as planted if any of its days is among the pattern's.
    """
    first, then = (features[name].fillna("").astype(str) for name in ("first", "then"))
    days = features["bin"].str.split("-", expand=True).reindex(columns=[0, 1]).astype("float64")
    found = pd.Series("", index=features.index)
    for pair in truth["frailty_only"].values():
        found[(first == f"start:{pair['first']}") & (then == f"start:{pair['then']}")] = DECOY
    for name, pattern in truth["patterns"].items():
        ends = pattern["first"], pattern["then"]
        forwards = _is(first, ends[0]) & _is(then, ends[1])
        backwards = _is(first, ends[1]) & _is(then, ends[0])
        low, high = pattern["days"]
        found[forwards | backwards] = DECOY
        found[forwards & (days[0] <= high) & (days[1] >= low)] = name
    return found


def _is(codes: pd.Series, event: Mapping[str, Any]) -> pd.Series:
    """Return which codes are an event of a pattern: medicines by the first characters of their code."""
    if event["event"] in _FIXED:
        return codes == _FIXED[event["event"]]
    starts = [f"{event['event']}:{prefix}" for prefix in event["bnf_prefixes"]]
    return pd.Series(np.logical_or.reduce([codes.str.startswith(start) for start in starts]), codes.index)
