"""Whom a model of synthetic rows would find and miss, by group, and which groups the rows show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.models.synthetic.judge.people import limits_of, sum_by_level
from analysis_lib.models.synthetic.judge.rows import Rows, level_names

FEWEST = 10  # people with the outcome, and without, from which on a level counts in a gap


def list_top(score: NDArray[np.float64], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """List the share of people with the highest scores; chance decides among equal ones at the edge."""
    listed = np.zeros(len(score), bool)
    order = np.lexsort((rng.random(len(score)), -score))
    listed[order[: round(share * len(score))]] = True
    return listed


def add_recall(
    rows: Rows,
    listed: NDArray[np.bool_],
    event: NDArray[np.bool_],
    people: pd.DataFrame,
    groups: Sequence[str],
    weights: NDArray[np.float32],
) -> None:
    """Add the share found of those with the outcome (recall), by group, and the gaps between groups.

    Parameters
    ----------
    rows : Rows
    listed, event : ndarray of bool, shape (n,)
    people : DataFrame, n rows
        Their groups.
    groups : sequence of str
    weights : ndarray of float32, shape (draws, n)

    Notes
    -----
    n of recall is the people with the outcome; of a gap, the people of its smallest level. A gap of equal
    opportunity is the largest difference of recall between levels; one of equalised odds is the larger of it
    and of the same difference among people without the outcome. Levels with fewer than
    ten people with or without the outcome are left out of gaps. The interval of a gap is over generator
    seeds: a largest difference grows whenever people are drawn again.
    """
    for group in ["", *groups]:
        names = level_names(people, group) if group else pd.Series("", index=range(len(event)))
        codes, levels = pd.factorize(names, sort=True)
        found, known = sum_by_level(listed.astype(float), np.where(event, codes, -1), len(levels), weights)
        alarms, without = sum_by_level(
            listed.astype(float), np.where(event, -1, codes), len(levels), weights[:0]
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            recall, by_alarm = found / known, (alarms / without)[0]
        for level, draws, n in zip(levels, recall.T, known[0], strict=True):
            if n:
                rows.add("recall", draws[0], *limits_of(draws[1:]), group=level, n=int(n))
        enough = np.minimum(known[0], without[0]) >= FEWEST
        if group and enough.sum() > 1:
            gaps = np.ptp(recall[0, enough]), np.ptp(by_alarm[enough])
            fewest = int((known[0] + without[0])[enough].min())
            rows.add("equal_opportunity_gap", gaps[0], group=group, n=fewest)
            rows.add("equalised_odds_gap", max(gaps), group=group, n=fewest)


def add_representation(
    rows: Rows,
    synthetic: pd.DataFrame,
    train: pd.DataFrame,
    groups: Sequence[str],
    weights: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> None:
    """Add the share of each level among synthetic rows divided by its real share (representation).

    1 if it is shown as often as it is. n is the real rows of the level.
    """
    for group in groups:
        real, levels = pd.factorize(level_names(train, group), sort=True)
        made = pd.Index(levels).get_indexer(level_names(synthetic, group))
        shares = [
            sum_by_level(np.ones(len(code)), code, len(levels), weight)[1]
            / np.append(len(code), weight.sum(1))[:, None]
            for code, weight in zip((made, real), weights, strict=True)
        ]
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = shares[0] / shares[1]
        for level, draws, n in zip(levels, ratio.T, np.bincount(real), strict=True):
            limits = limits_of(draws[1:]) if np.isfinite(draws).all() else (np.nan, np.nan)
            rows.add("representation", draws[0], *limits, group=level, n=int(n))
