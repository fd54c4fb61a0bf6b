"""Performance of risks, overall and by subgroup, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.intervals import Pair
from analysis_lib.measures.performance.rules import RULES
from analysis_lib.measures.performance.statistics import (
    Array,
    area_under_roc,
    average_precision,
    brier_score,
    found_in_top,
    lift,
    observed_expected,
    recalibrate,
)
from analysis_lib.measures.performance.tally import (
    FEWEST,
    Tally,
    check_risks,
    draw,
    draw_people,
    levels_of,
    merge,
    people_of,
    percentiles,
    split_levels,
    tally,
)

GROUPS = ("sex", "age_band", "ethnic_group", "imd_quintile")
TOPS = {"lift_1": 0.01, "lift_5": 0.05, "lift_10": 0.10}
BINS = 500
# What stands before _low and _high of each measure; those of the AUROC are low and high alone.
LIMITS = {
    "auroc": "",
    "auprc": "auprc_",
    "brier": "brier_",
    "calibration_slope": "slope_",
    "calibration_in_large": "large_",
    **{name: f"{name}_" for name in TOPS},
}
BOUNDED = ("auroc", "auprc", "brier")  # 0 to 1
START = {"calibration_in_large": 0.0, "intercept": 0.0, "calibration_slope": 0.0}
COLUMNS = [
    *("outcome", "model", "group", "level", "n", "n_events", "prevalence"),
    *("auroc", "low", "high", "auprc", "auprc_low", "auprc_high"),
    *("brier", "brier_low", "brier_high", "brier_skill"),
    *("calibration_slope", "slope_low", "slope_high"),
    *("calibration_in_large", "large_low", "large_high", "oe"),
    *(f"{name}{end}" for name in TOPS for end in ("", "_low", "_high")),
]


def evaluate_risk(
    frame: pd.DataFrame,
    outcome: str,
    risks: Mapping[str, ArrayLike],
    groups: Sequence[str] = GROUPS,
    n_boot: int = 200,
    seed: int = 0,
    level: float = 0.95,
    ranks: Collection[str] = RULES,
    fewest: int = FEWEST,
    bins: int = BINS,
) -> pd.DataFrame:
    """Discrimination, calibration and lift of risks, overall and by subgroup, with intervals.

    Parameters
    ----------
    frame : DataFrame, n rows
        One row a person, or several where its ``person_id`` says whose they are: the outcome (bool) and the
        columns of `groups`. People the models have not seen.
    outcome : str
        Its column.
    risks : mapping of str to array [n]
        Risk of each person under each model, 0 to 1, in the order of the rows.
    groups : sequence of str
        Columns to look within, each on its own; everybody comes first, as group "all". People without a
        label are a level of their own, "not recorded".
    n_boot, seed : int
        Bootstrap draws, and the seed. A row does not depend on which other rows are asked for.
    level : float
        Level of the intervals.
    ranks : collection of str
        Names among `risks` that are scores and no probabilities: they get no Brier score and no calibration.
    fewest : int
        Values are missing in groups with fewer people with the outcome, or without it; and a lift where
        fewer of either are in the top.
    bins : int
        Most cells of score in the bootstrap.

    Returns
    -------
    DataFrame
        One row an outcome, model, group and level (text): n, n_events (int64), prevalence; auroc (low, high);
        auprc (average precision); brier, and brier_skill (1 less its ratio to that of the prevalence of the
        group); calibration_slope; calibration_in_large (log odds, observed less expected); oe (observed ÷
        expected events); lift_1, lift_5, lift_10 (in the top 1, 5 and 10% of that group); most with limits.

    Raises
    ------
    KeyError
        If a column is absent.
    ValueError
        If an outcome or risk is not known for everybody, or a risk is no probability and not in `ranks`.

    Notes
    -----
    Values are exact. Calibration is by logistic recalibration: slope, from the outcome on the logit of risk;
    in the large, the intercept with that logit as an offset. Limits are percentiles of the bootstrap
    distribution over people, each with all rows. Scores with more than `bins` values are put in so many bins
    for the bootstrap alone, and its percentiles are moved by what the binning changes in the value itself:
    limits are then as wide as without bins to about 1%, those of the AUPRC to about 3% (40,000 people, 500
    bins).
    """
    event, scores = check_risks(frame, outcome, risks, ranks)
    check_columns(frame, groups, "Performance by group")
    levels = {group: levels_of(frame, group) for group in groups}
    person = people_of(frame)
    rows = []
    for model, score in scores.items():
        order = np.argsort(score, kind="stable")
        for group, name, people in split_levels(levels, order):
            found = tally(score[people], event[people])
            key = {"outcome": outcome, "model": model, "group": group, "level": name}
            row = {**key, "n": found.n, "n_events": found.n_events}
            if found.enough(fewest):
                binned = merge(found, bins)
                label = "|".join(key.values())
                if person is None:
                    draws = draw(binned, n_boot, seed, label)
                else:
                    draws = draw_people(binned, event[people], person[people], n_boot, seed, label)
                row |= _summarise(found, binned, draws, model not in ranks, level, fewest)
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def _summarise(
    people: Tally, binned: Tally, draws: Pair, probability: bool, level: float, fewest: int
) -> dict[str, float]:
    """Return the values of one group with their limits."""
    rough = _measure(binned.score, (binned.yes, binned.no), probability)
    start = {name: rough[name] for name in START if name in rough}
    exact = _measure(people.score, (people.yes, people.no), probability, start)
    drawn = _measure(binned.score, draws, probability, start)
    for name, found in zip(TOPS, found_in_top(people.yes, people.no, TOPS.values()), strict=True):
        if min(found, TOPS[name] * people.n - found) < fewest - 1e-9:
            exact[name] = np.nan
    prevalence = people.n_events / people.n
    values = {name: float(exact[name]) for name in LIMITS if name in exact} | {"prevalence": prevalence}
    if probability:
        values["brier_skill"] = 1 - values["brier"] / (prevalence * (1 - prevalence))
        values["oe"] = float(observed_expected(people.score, people.yes, people.no))
    names = [name for name in LIMITS if not np.isnan(values.get(name, np.nan))]
    low, high = percentiles(np.stack([drawn[name] for name in names]), level)
    for name, *pair in zip(names, low, high, strict=True):
        moved = np.asarray(pair) + (exact[name] - rough[name])
        moved = np.clip(moved, 0, 1) if name in BOUNDED else moved
        values[f"{LIMITS[name]}low"], values[f"{LIMITS[name]}high"] = moved.tolist()
    return values


def _measure(
    score: Array, counts: Pair, probability: bool, start: Mapping[str, Array] | None = None
) -> dict[str, Array]:
    """Return each measure that has limits; `start` is where the recalibrations begin."""
    found = {"auroc": area_under_roc(*counts), "auprc": average_precision(*counts)}
    found |= dict(zip(TOPS, lift(*counts, TOPS.values()), strict=True))
    if probability:
        begin = {**START, **(start or {})}
        found["brier"] = brier_score(score, *counts)
        large, _ = recalibrate(score, *counts, False, (begin["calibration_in_large"], 1.0))
        cut, slope = recalibrate(score, *counts, True, (begin["intercept"], begin["calibration_slope"]))
        found |= {"calibration_in_large": large, "intercept": cut, "calibration_slope": slope}
    return found
