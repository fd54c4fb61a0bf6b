"""One kind of interval, in one kind of world, and how often it held what was true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

SEEDS = 20


@dataclass(frozen=True)
class Case:
    """A kind of interval as a notebook makes it.

    Attributes
    ----------
    notebook : str
        Number of the first notebook that shows such intervals, "01" to "08".
    interval : str
        What the interval is of, in words for the page ("Rate ratio of a decile, emergency admissions").
    scenario : str
        The kind of world: "favourable", "unfavourable" or "null" (nothing planted), or a longer name that
        begins with one of these.
    draw : callable
        Makes the world of one seed and returns (how many intervals held the truth, how many there were).
        For limits that areas should rarely cross, those inside hold.
    nominal : float
        Share that should hold.
    says : str
        What the page says where the share is under 92%: what the interval does not cover.
    seeds : int
        How many worlds, at least 20.
    """

    notebook: str
    interval: str
    scenario: str
    draw: Callable[[int], tuple[int, int]]
    nominal: float = 0.95
    says: str = ""
    seeds: int = SEEDS


def summarise(case: Case, counts: list[tuple[int, int]]) -> dict[str, object]:
    """Return the case's row of the table: its share held, with a 95% interval over worlds.

    Intervals of one world go together, so the worlds are the units: the limits are those of a ratio of sums,
    or, where every interval held, the share below which 20 such worlds would be rarer than 1 in 40.
    """
    held, all_of_them = np.array(counts, float).T
    total = all_of_them.sum()
    if not total > 0:
        raise ValueError(f"{case.interval}, {case.scenario}: no world has such an interval.")
    share = held.sum() / total
    n = len(counts)
    spread = np.sqrt(np.sum((held - share * all_of_them) ** 2) * n / (n - 1)) / total if n > 1 else np.nan
    t = stats.t.ppf(0.975, n - 1) if n > 1 else np.nan
    low, high = max(share - t * spread, 0), min(share + t * spread, 1)
    if held.sum() in (0, total):
        low, high = (0.0, 1 - 0.025 ** (1 / n)) if held.sum() == 0 else (0.025 ** (1 / n), 1.0)
    return {
        "notebook": case.notebook,
        "interval": case.interval,
        "scenario": case.scenario,
        "nominal": case.nominal,
        "worlds": n,
        "intervals": int(total),
        "held": round(share, 4),
        "held_low": round(low, 4),
        "held_high": round(high, 4),
        "says": case.says,
    }
