"""Which trees, which solver, which recalibration: measured on a linked population.

``python -m benchmarks.choose_trees FOLDER [rounds]``. Trained on 30% of the people at one index date, judged
on others a year later. Each way fits in a process of its own, in turn, and times are medians over rounds;
processor time stands beside the clock, since a busy machine slows threads that wait for each other. Set
OMP_NUM_THREADS for the number of threads.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from analysis_lib.inputs.population import load_population
from analysis_lib.models.classify import assign_folds, choose_predictors
from analysis_lib.models.classify.encode import encode_for_logistic, encode_for_trees, read_columns
from analysis_lib.models.classify.fit import LOGISTIC_PARAMS, TREES_PARAMS
from analysis_lib.queries import feature_windows, features_at, outcomes_after, to_frame

DATES = {"early": "2023-04-01", "late": "2024-04-01"}
OUTCOMES = ("next_high_cost", "next_emergency")
WAYS = ("HistGradientBoosting", "LightGBM", "newton-cholesky", "lbfgs")
CALIBRATED = ("as fitted", "line", "isotonic")


def make_model(way: str) -> Any:
    """Return the model of a way, with the same settings for both kinds of trees."""
    if way == "HistGradientBoosting":
        return HistGradientBoostingClassifier(early_stopping=False, random_state=0, **TREES_PARAMS)
    if way == "LightGBM":
        from lightgbm import LGBMClassifier

        return LGBMClassifier(
            n_estimators=TREES_PARAMS["max_iter"],
            learning_rate=TREES_PARAMS["learning_rate"],
            num_leaves=TREES_PARAMS["max_leaf_nodes"],
            min_child_samples=TREES_PARAMS["min_samples_leaf"],
            reg_lambda=TREES_PARAMS["l2_regularization"],
            random_state=0,
            n_jobs=int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1)),  # it does not read it itself
            verbose=-1,
        )
    return LogisticRegression(solver=way, max_iter=2000, **LOGISTIC_PARAMS)


def run_one(way: str, outcome: str, folder: Path) -> dict[str, Any]:
    """Fit in this process; return seconds, and log loss, slope and AUROC by recalibration."""
    early, late = (pd.read_parquet(folder / f"{name}.parquet") for name in DATES)
    fold = assign_folds(early["person_id"])
    train, own = early[fold == "train"], early[fold == "calibrate"]
    test = late[assign_folds(late["person_id"]) == "evaluate"]
    predictors = choose_predictors(train, feature_windows((12,)))
    encoder = (encode_for_trees if way in WAYS[:2] else encode_for_logistic)(predictors)
    encoder.fit(read_columns(train, predictors))
    x, model = encoder.transform(read_columns(train, predictors)), make_model(way)
    start, worked = time.perf_counter(), time.process_time()
    model.fit(x, train[outcome])
    found = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - worked}

    def risk(frame: pd.DataFrame) -> np.ndarray:
        return model.predict_proba(encoder.transform(read_columns(frame, predictors)))[:, 1]

    raw, before, y = risk(test), risk(own), test[outcome].to_numpy()
    line = LogisticRegression(C=np.inf).fit(logit(before)[:, None], own[outcome])
    steps = IsotonicRegression(y_min=1e-4, y_max=1 - 1e-4, out_of_bounds="clip").fit(before, own[outcome])
    risks = (raw, line.predict_proba(logit(raw)[:, None])[:, 1], steps.predict(raw))
    for name, p in zip(CALIBRATED, risks, strict=True):
        slope = LogisticRegression(C=np.inf).fit(logit(p)[:, None], y).coef_[0, 0]
        found[name] = {"log_loss": log_loss(y, p), "slope": slope, "auroc": roc_auc_score(y, p)}
    return found


def measure(population: Path, rounds: int) -> pd.DataFrame:
    """Return medians of seconds and processor seconds, and quality by recalibration, one row a way."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        people = load_population(population)
        for name, day in DATES.items():
            joined = features_at(people, day, (12,)).join(outcomes_after(people, day), "person_id")
            to_frame(joined).to_parquet(Path(scratch) / f"{name}.parquet")
        for number in range(rounds):
            for outcome in OUTCOMES:
                for way in WAYS:
                    command = [
                        sys.executable,
                        "-m",
                        "benchmarks.choose_trees",
                        "--one",
                        way,
                        outcome,
                        scratch,
                    ]
                    answer = subprocess.run(command, capture_output=True, text=True, check=True)
                    found = json.loads(answer.stdout.splitlines()[-1])
                    rows.append({"round": number, "outcome": outcome, "way": way} | found)
    frame = pd.DataFrame(rows)
    times = frame.groupby(["outcome", "way"], sort=False)[["seconds", "cpu"]].median()
    # The same numbers in every round: models are seeded.
    quality = frame.drop_duplicates(["outcome", "way"]).set_index(["outcome", "way"])[list(CALIBRATED)]
    return times.join(quality).reset_index()


def to_markdown(table: pd.DataFrame) -> str:
    """Return the table for benchmarks/README.md."""
    lines = [
        "| outcome | way | seconds to fit | processor seconds | recalibrated | log loss | slope | AUROC |",
        "| --- | --- | ---: | ---: | --- | ---: | ---: | ---: |",
    ]
    for row in table.to_dict("records"):
        for name in CALIBRATED:
            q = row[name]
            lines.append(
                f"| {row['outcome']} | {row['way']} | {row['seconds']:.1f} | {row['cpu']:.1f} | {name} "
                f"| {q['log_loss']:.5f} | {q['slope']:.3f} | {q['auroc']:.4f} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        print(json.dumps(run_one(sys.argv[2], sys.argv[3], Path(sys.argv[4]))))
    else:
        print(to_markdown(measure(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3)))
