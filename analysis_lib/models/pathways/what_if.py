"""A year of 1,000 people as it is, and if one setting sent fewer of them on to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis_lib.models.pathways.collect import N_LOTS, Pathways
from analysis_lib.models.pathways.judge import EMERGENCY, jackknife_error

PER = 1_000
NEAR = (0, 1)  # days after a step in which those it sends on arrive
FAR = ((8, 9), (-9, -8))  # days on the same weekdays, in which others arrive as often as near
FEWEST = 10  # people who were sent on, of whom something can be said
_SPAN = 2**20


def what_if(
    pathways: Pathways, shares: Sequence[float], first: str = "nhs111", then: str = "ae"
) -> pd.DataFrame:
    """Return steps of a year of 1,000 people, now and if `first` sent a share fewer to `then`.

    Parameters
    ----------
    pathways : Pathways
        All the people; about a year.
    shares : sequence of float
        By how much fewer, each between 0 and 1: 0.5 is half of them.
    first, then : str
        Settings.

    Returns
    -------
    DataFrame
        share; measure (setting, or "nights" in emergency stays); now, what_if (in a year of 1,000 people);
        low, high (95% limits of what_if, given now); change. What_if of `then` and emergency stays is missing
        if fewer than 10 people were sent on.

    Raises
    ------
    ValueError
        If a share is not between 0 and 1.

    Notes
    -----
    Assumed: those not sent do nothing else instead. The steps of `then` that they would have had do not take
    place, nor do emergency stays that begin on the same day as such a step or on the next. All else stays.

    Sent on are steps of `first` with one of `then` on the same day or the next, less half of those with one
    in either of two windows, 8 to 9 days before and after: what goes together through the person alone is in
    both (self-controlled). Their emergency stays and nights are counted in the same way. Limits are those of
    the delete-a-group jackknife over lots. All numbers are expected ones, without noise of generated people.
    """
    if any(not 0 <= share <= 1 for share in shares):
        raise ValueError(f"Shares are between 0 and 1: {list(shares)} given.")
    present = np.bincount(pathways.lot % N_LOTS, minlength=N_LOTS).astype("float64")
    lot = pathways.lot[pathways.person].astype("int64") % N_LOTS

    def by_lot(values: NDArray[Any]) -> NDArray[np.float64]:
        return _leave_out(np.bincount(lot, values, N_LOTS))

    year = PER * 365 / pathways.n_days / _leave_out(present)
    now = {s: by_lot(_is(pathways, s)) * year for s in pathways.settings}
    if EMERGENCY in now:
        now["nights"] = by_lot((pathways.until - pathways.day) * _is(pathways, EMERGENCY)) * year
    sent, people = _sent_on(pathways, first, then)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Those of `first` near either end of the window are taken to send on as the others do.
        every = by_lot(_is(pathways, first)) / _leave_out(sent[3]) * year
        effect = dict(zip((then, EMERGENCY, "nights"), _leave_out(sent[:3]) * every, strict=True))
    rows = []
    for share in shares:
        for measure, value in now.items():
            lost = effect.get(measure, np.zeros(1 + N_LOTS))
            change = 0.0 - share * lost[0] if people >= FEWEST or measure not in effect else np.nan
            half = stats.norm.ppf(0.975) * share * jackknife_error(lost[:, None], present > 0)[0]
            would = value[0] + change
            rows.append((share, measure, value[0], would, would - half, would + half, change))
    return pd.DataFrame(rows, columns=["share", "measure", "now", "what_if", "low", "high", "change"])


def _is(pathways: Pathways, setting: str) -> NDArray[np.bool_]:
    if setting not in pathways.settings:
        return np.zeros(len(pathways.setting), bool)
    return pathways.setting == pathways.settings.index(setting)


def _leave_out(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over lots, the last axis, then over all but each."""
    total = sums.sum(axis=-1, keepdims=True)
    return np.concatenate([total, total - sums], axis=-1)


def _sent_on(pathways: Pathways, first: str, then: str) -> tuple[NDArray[np.float64], int]:
    """Return steps of `then`, stays, nights that came of `first`, and those followed, by lot; and people."""
    key = pathways.person.astype("int64") * _SPAN + pathways.day
    stays = np.flatnonzero(_is(pathways, EMERGENCY))
    to = np.flatnonzero(_is(pathways, then))
    edge = FAR[0][1]
    last = np.minimum(pathways.end[pathways.person], pathways.n_days)
    index = np.flatnonzero(_is(pathways, first) & (pathways.day >= edge) & (pathways.day + edge < last))
    lot = pathways.lot[pathways.person[index]].astype("int64") % N_LOTS
    # The stay that each step of `then` led to, and its nights.
    at = np.searchsorted(key[stays], key[to])
    admitted = np.zeros(len(to), bool)
    nights = np.zeros(len(to))
    some = at < len(stays)
    admitted[some] = key[stays][at[some]] <= key[to][some] + NEAR[1]
    nights[admitted] = (pathways.until - pathways.day)[stays[at[admitted]]]
    table = np.zeros((4, N_LOTS))
    table[3] = np.bincount(lot, minlength=N_LOTS)
    people = 0
    for window, weight in ((NEAR, 1.0), *((window, -0.5) for window in FAR)):
        for row, chosen in ((0, np.ones(len(to), bool)), (1, admitted)):
            found = key[to[chosen]]
            low = np.searchsorted(found, key[index] + window[0])
            hit = low < len(found)
            hit[hit] = found[low[hit]] <= key[index[hit]] + window[1]
            table[row] += weight * np.bincount(lot, hit, N_LOTS)
            if row == 1:
                table[2] += weight * np.bincount(lot[hit], nights[chosen][low[hit]], N_LOTS)
            elif window == NEAR:
                people = len(np.unique(pathways.person[index[hit]]))
    return table, people
