"""Sentences that both notebooks need."""

from __future__ import annotations

import pandas as pd

from analysis_lib.release import Fact, fact, say

Facts = dict[str, Fact | str]

_SIGNALS = {
    "outside": "outside the limits",
    "run": "in a run of seven or more on one side of the mean",
    "trend": "in a trend of seven or more",
    "near_limit": "among two of three near a limit",
}


def change_word(before: float, after: float, digits: int = 3) -> str:
    """Return "rose", "fell" or "stayed", for values that differ at `digits` decimals."""
    difference = round(after - before, digits)
    return "rose" if difference > 0 else "fell" if difference < 0 else "stayed"


def extremes(frame: pd.DataFrame, value: str) -> tuple[pd.Series, pd.Series]:
    """Return the rows with the highest and the lowest `value`, leaving out missing ones."""
    known = frame[frame[value].notna()]
    return known.loc[known[value].idxmax()], known.loc[known[value].idxmin()]


def without_unknown(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Leave out the row of the group named Unknown."""
    return frame[frame[column].astype(str) != "Unknown"]


def say_xmr(chart: pd.DataFrame, key: str, what: str, unit: str) -> Facts:
    """Say what an XmR chart shows: the caption `key`, and how many months are special cause.

    Parameters
    ----------
    chart : DataFrame
        As `measures.xmr_limits` returns.
    key : str
        Name of the caption fact; ``<key>_signals`` and ``<key>_last`` go with it.
    what : str
        The subject of the sentence, for instance "The DNA rate".
    unit : str
        Unit of the value, as in `release.fact`.
    """
    special = chart[chart["signal"] != "none"]
    last = chart.iloc[-1]
    limits = f"{say(last['lower'], unit)} to {say(last['upper'], unit)}"
    if special.empty:
        sentence = f"{what} stayed within its usual month-to-month movement ({limits})"
    else:
        noun = "month" if len(special) == 1 else "months"
        sentence = (
            f"{what} shows special cause in {len(special)} of {len(chart)} {noun}; usual movement {limits}"
        )
    state = _SIGNALS.get(str(last["signal"]), "within the usual movement")
    return {
        key: sentence,
        f"{key}_signals": fact(len(special), "count"),
        f"{key}_last": f"{say(last['month'], 'month')}, at {say(last['value'], unit)}, is {state}",
    }
