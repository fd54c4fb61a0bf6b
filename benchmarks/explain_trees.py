"""Time exact SHAP values for everybody in the evaluation year: this project, shap's default, LightGBM's own.

``python -m benchmarks.explain_trees [people] [folder]``. Without a folder of a linked population, one is
simulated. One core. Trees of this project's default parameters for emergency admission, fitted on the
training fold of the earlier year. shap (``TreeExplainer``, path-dependent, as it comes) and LightGBM
(``pred_contrib``, on trees of as many leaves) explain every 16th person, and their time is scaled to all;
this project's time is for all, with encoding and checks, which theirs is without. Ratios are of processor
time in one run.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.inputs.population import load_population
from analysis_lib.models.classify import Classifier, assign_folds, choose_predictors, fit_classifier
from analysis_lib.models.explain import explain_trees
from analysis_lib.queries import features_at, outcomes_after, to_frame
from analysis_lib.simulate.population import simulate_population

EARLIER, LATER = "2023-04-01", "2024-04-01"
OUTCOME = "next_emergency"
EVERY = 16


def read_people(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the training fold of the earlier year, and everybody of the later one."""
    population = load_population(folder)
    known = features_at(population, EARLIER, lookback_months=(12,))
    earlier = to_frame(known.join(outcomes_after(population, EARLIER), "person_id"))
    later = to_frame(features_at(population, LATER, lookback_months=(12,)))
    return earlier[(assign_folds(earlier["person_id"]) == "train").to_numpy()], later


def clock(call: Any) -> tuple[float, Any]:
    """Return processor seconds and what the call returned."""
    start = time.process_time()
    found = call()
    return time.process_time() - start, found


def with_shap(classifier: Classifier, matrix: np.ndarray) -> np.ndarray:
    """Return SHAP values as one would first write it."""
    import shap

    explainer = shap.TreeExplainer(classifier.model, feature_perturbation="tree_path_dependent")
    return explainer.shap_values(matrix)


def fit_lightgbm(classifier: Classifier, train: pd.DataFrame) -> Any:
    """Return LightGBM trees of as many rounds and leaves."""
    import lightgbm

    given = classifier.params
    model = lightgbm.LGBMClassifier(
        n_estimators=given["max_iter"],
        num_leaves=given["max_leaf_nodes"],
        learning_rate=given["learning_rate"],
        min_child_samples=given["min_samples_leaf"],
        n_jobs=1,
        verbose=-1,
    )
    return model.fit(classifier.encode(train), train[OUTCOME])


def compare(folder: Path) -> dict[str, float]:
    """Return seconds for everybody, the largest difference, and memory, measured in this process."""
    train, later = read_people(folder)
    classifier = fit_classifier("trees", train, OUTCOME, choose_predictors(train))
    some = classifier.encode(later.iloc[::EVERY])
    scale = len(later) / len(some)
    ours, found = clock(lambda: explain_trees(classifier, later))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    theirs, values = clock(lambda: with_shap(classifier, some))
    other = fit_lightgbm(classifier, train)
    contrib, _ = clock(lambda: other.predict(some, pred_contrib=True))
    return {
        "people": len(later),
        "features": len(classifier.features),
        "trees": classifier.params["max_iter"],
        "leaves": classifier.params["max_leaf_nodes"],
        "ours": ours,
        "shap": theirs * scale,
        "lightgbm": contrib * scale,
        "difference": float(np.abs(found.values[::EVERY] - values).max()),  # noqa: PD011
        "mib": memory,
    }


def measure(n_people: int = 880_000, folder: Path | None = None) -> dict[str, float]:
    """Run `compare` on one core in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        city = folder or simulate_population(Path(scratch) / "city", n_people)
        command = [sys.executable, "-m", "benchmarks.explain_trees", "--one", str(city)]
        one_core = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        answer = subprocess.run(command, capture_output=True, text=True, check=True, env=one_core)
    return json.loads(answer.stdout.splitlines()[-1])


def to_markdown(found: dict[str, float]) -> str:
    """Return the table for benchmarks/README.md."""
    head = (
        f"| SHAP values of {found['people']:,} people, {found['features']} features, {found['trees']} trees "
        f"of {found['leaves']} leaves | processor seconds | this project is times as fast |\n"
        "| --- | ---: | ---: |"
    )
    lines = [
        f"| shap, `TreeExplainer`, one in {EVERY} scaled | {found['shap']:.1f} "
        f"| {found['shap'] / found['ours']:.1f} |",
        f"| LightGBM, `pred_contrib`, one in {EVERY} scaled | {found['lightgbm']:.1f} "
        f"| {found['lightgbm'] / found['ours']:.1f} |",
        f"| this project, everybody | {found['ours']:.1f} | |",
    ]
    after = (
        f"\n\nLargest difference from shap {found['difference']:.0e} log-odds; {found['mib']:,.0f} MiB at "
        "most, with the people themselves and the trees' fit."
    )
    return "\n".join([head, *lines]) + after


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(compare(Path(sys.argv[2]))))
    else:
        size = int(sys.argv[1]) if len(sys.argv) > 1 else 880_000
        print(to_markdown(measure(size, Path(sys.argv[2]) if len(sys.argv) > 2 else None)))
