"""Time performance with bootstrap intervals: people added up by score against a loop of scikit-learn.

``python -m benchmarks.evaluate_risk [people] [draws of the loop]`` (430,000 and 4 if not given). One risk,
everybody and 24 subgroups, 200 draws. The loop resamples people and asks scikit-learn for AUROC, average
precision and Brier score alone; it does a few draws, and its time is scaled to 200. Ours has calibration
slope, calibration in the large and three lifts as well. Seconds are of the processor: both use one thread.
Needs no input: people are simulated here.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from analysis_lib.measures.performance import evaluate_risk
from benchmarks.fit_demand import AGES, ETHNIC

GROUPS = ("sex", "age_band", "ethnic_group", "imd_quintile")
N_BOOT = 200
SCORES = ("prevalence", "logistic", "trees", "last_year_cost", "n_conditions", "age_conditions")


def make_people(n: int, seed: int = 1) -> tuple[pd.DataFrame, dict[str, NDArray]]:
    """People in groups of likely sizes, two outcomes, and six scores of the kinds in notebook 05."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sex": np.array(["F", "M", "not stated"])[rng.choice(3, n, p=[0.5, 0.495, 0.005])],
            "age_band": rng.choice(AGES, n),
            "ethnic_group": rng.choice(ETHNIC, n, p=[0.75, 0.03, 0.1, 0.05, 0.02, 0.05]),
            "imd_quintile": rng.choice(np.arange(1, 6), n, p=[0.34, 0.17, 0.16, 0.16, 0.17]),
        }
    )
    need = rng.normal(-3.5, 1.2, n)
    for outcome in ("next_high_cost", "next_emergency"):
        frame[outcome] = rng.random(n) < expit(need)
    cost = np.round(1_000 * np.exp(1.5 * need + rng.normal(0, 1, n)), 2) * (rng.random(n) < 0.8)
    conditions = np.floor(np.exp((need + 3) / 2))
    scores = (
        np.full(n, 0.05), expit(0.9 * need), expit(need + rng.normal(0, 0.3, n)),
        cost, conditions, conditions + rng.integers(0, 5, n),
    )  # fmt: skip
    return frame, dict(zip(SCORES, scores, strict=True))


def loop(frame: pd.DataFrame, risk: NDArray, draws: int) -> pd.DataFrame:
    """Return values and percentile limits of three measures, by resampling the people of each group."""
    rng = np.random.default_rng(0)
    metrics = (roc_auc_score, average_precision_score, brier_score_loss)
    event, rows = frame["next_high_cost"].to_numpy(), []
    parts = [np.arange(len(frame))]
    parts += [
        np.flatnonzero(frame[group] == level) for group in GROUPS for level in sorted(set(frame[group]))
    ]
    for part in parts:
        y, p = event[part], risk[part]
        drawn = []
        for _ in range(draws):
            pick = rng.integers(0, len(y), len(y))
            drawn.append([metric(y[pick], p[pick]) for metric in metrics])
        rows.append(
            [*(metric(y, p) for metric in metrics), *np.quantile(drawn, [0.025, 0.975], axis=0).ravel()]
        )
    return pd.DataFrame(rows)


def measure(n: int = 430_000, draws: int = 4) -> dict[str, float]:
    """Return seconds, their ratio, and the largest difference of a value."""
    frame, scores = make_people(n)
    one = {"trees": scores["trees"]}
    start = time.process_time()
    ours = evaluate_risk(frame, "next_high_cost", one, GROUPS, n_boot=N_BOOT)
    seconds = time.process_time() - start
    start = time.process_time()
    theirs = loop(frame, one["trees"], draws)
    looped = (time.process_time() - start) * (N_BOOT + 1) / (draws + 1)  # the values are a draw too
    start = time.process_time()
    for outcome in ("next_high_cost", "next_emergency"):
        evaluate_risk(frame, outcome, scores, GROUPS, n_boot=N_BOOT)
    everything = time.process_time() - start
    order = ours["group"].map({group: place for place, group in enumerate(("all", *GROUPS))})
    values = ours.assign(order=order).sort_values(["order", "level"])[["auroc", "auprc", "brier"]]
    difference = np.nanmax(np.abs(values.to_numpy() - theirs[[0, 1, 2]].to_numpy()))
    return {
        "n": n, "ours": seconds, "loop": looped, "times": looped / seconds, "everything": everything,
        "difference": float(difference),
    }  # fmt: skip


def to_markdown(found: dict[str, float]) -> str:
    """Return the table for benchmarks/README.md."""
    return (
        f"| performance of one risk, {found['n']:,.0f} people, 25 groups, {N_BOOT} draws "
        "| processor time, s | times as fast |\n"
        "| --- | ---: | ---: |\n"
        f"| loop of scikit-learn, three measures (a few draws, scaled) | {found['loop']:,.0f} | 1 |\n"
        f"| this project, eight measures | {found['ours']:.1f} | {found['times']:,.0f} |\n"
        f"| six scores and two outcomes, this project | {found['everything']:.1f} | |\n\n"
        f"Values differ by {found['difference']:.0e} at most."
    )


if __name__ == "__main__":
    people, n_draws = (int(sys.argv[i]) if len(sys.argv) > i else d for i, d in ((1, 430_000), (2, 4)))
    print(to_markdown(measure(people, n_draws)))
