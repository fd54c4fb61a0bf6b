"""Edges of people's graphs per minute, and the edge model beside trees on counts: processor time, AUROC.

``python -m benchmarks.temporal_edges FOLDER [rounds]``, where FOLDER holds a linked population. The outcome
is an emergency admission in the year after the landmark; both models learn from the same half of the people
and are judged on the other. Each way runs in a process of its own, in turn, on one thread. Processor times
are medians of rounds, without imports; of edges with reading, of models from frames that are at hand.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from analysis_lib.inputs.population import Population, load_population
from analysis_lib.models.classify import (
    assign_folds,
    choose_predictors,
    fit_classifier,
    predict_risk,
    search_trees,
)
from analysis_lib.models.temporal import EdgeModel
from analysis_lib.queries import (
    feature_windows,
    features_at,
    graph_features,
    list_events,
    outcomes_after,
    present_features,
    to_frame,
    windowed_edges,
)

LANDMARK, OUTCOME, LOOKBACK = "2024-04-01", "next_emergency", (12, 24)


def work() -> float:
    """Return the processor time of this process so far, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def make_graphs(population: Population) -> dict[str, Any]:
    """Take events, edges and the features of each person from the engine."""
    start = work()
    events = list_events(population, LANDMARK).cache()
    edges = windowed_edges(events).cache()
    made = work() - start
    features = graph_features(events, edges).cache()
    present, listed = to_frame(present_features(events, edges, features)), to_frame(features)
    n = {"n_people": population.person, "n_events": events, "n_edges": edges}
    counts = {name: int(table.count().execute()) for name, table in n.items()}
    return {"present": present, "features": listed, "cpu": made} | counts


def split(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return who is learnt from, half of the people, and who is judged."""
    learnt = (assign_folds(frame["person_id"], {"train": 0.5, "evaluate": 0.5}) == "train").to_numpy()
    return frame[learnt], frame[~learnt]


def with_edges(population: Population) -> dict[str, Any]:
    """Make the edges, and nothing else."""
    made = make_graphs(population)
    return {name: value for name, value in made.items() if name not in ("present", "features")}


def with_edge_model(population: Population) -> dict[str, Any]:
    """Fit the edge model: 10 penalties, 5 folds and everybody; then once more, with the penalty chosen."""
    made = make_graphs(population)
    person = to_frame(features_at(population, LANDMARK, ()))[["person_id", "age", "sex"]]
    outcome = to_frame(outcomes_after(population, LANDMARK))[["person_id", OUTCOME]]
    frame = person.merge(outcome, on="person_id").merge(made["present"], on="person_id", how="left")
    learnt, judged = split(frame)
    start = work()
    model = EdgeModel(made["features"], OUTCOME).fit(learnt)
    cpu = work() - start
    area = roc_auc_score(judged[OUTCOME], model.predict(judged))
    penalty = model.path_.loc[model.path_["chosen"], "penalty"].item()
    start = work()
    problem = model._pose(learnt, learnt[OUTCOME].to_numpy(float))
    problem.fit_once(np.ones(problem.columns.shape[1], bool), penalty, np.ones(len(learnt), bool))
    return {"cpu": cpu, "one_fit": work() - start, "auroc": area, "columns": len(made["features"])}


def with_trees(population: Population) -> dict[str, Any]:
    """Search and fit trees on counts and what is known of each person."""
    frame = to_frame(features_at(population, LANDMARK, LOOKBACK))
    frame = frame.merge(
        to_frame(outcomes_after(population, LANDMARK))[["person_id", OUTCOME]], on="person_id"
    )
    learnt, judged = split(frame)
    predictors = choose_predictors(learnt, feature_windows(LOOKBACK))
    start = work()
    params, _ = search_trees(learnt, OUTCOME, predictors)
    searched = work()
    model = fit_classifier("trees", learnt, OUTCOME, predictors, params)
    fitted = work()
    area = roc_auc_score(judged[OUTCOME], predict_risk(model, judged))
    columns = len(predictors.columns)
    return {"cpu": fitted - start, "one_fit": fitted - searched, "auroc": area, "columns": columns}


WAYS: dict[str, Callable[[Population], dict[str, Any]]] = {
    "edges": with_edges,
    "edge model, whole search": with_edge_model,
    "trees on counts, whole search": with_trees,
}


def measure(folder: Path, rounds: int) -> pd.DataFrame:
    """Return what each way took and found, medians of rounds."""
    rows = []
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    for _ in range(rounds):
        for way in WAYS:
            command = [sys.executable, "-m", "benchmarks.temporal_edges", "--one", way, str(folder)]
            answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
            rows.append({"way": way} | json.loads(answer.stdout.splitlines()[-1]))
    return pd.DataFrame(rows).groupby("way", sort=False).median()


def to_markdown(frame: pd.DataFrame) -> str:
    """Return the measurements as two markdown tables."""
    edges, models = frame.loc["edges"], frame.drop(index="edges")
    size = " | ".join(f"{edges[name]:,.0f}" for name in ("n_people", "n_events", "n_edges"))
    lines = [
        "| people | events | edges | processor seconds | GB at most | people a minute and core |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
        f"| {size} | {edges['cpu']:.1f} | {edges['gigabytes']:.2f} "
        f"| {60 * edges['n_people'] / edges['cpu']:,.0f} |",
        "",
        "| model | columns | processor seconds | one fit alone | AUROC |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for way, row in models.iterrows():
        seconds = f"{row['cpu']:.2f} | {row['one_fit']:.2f}"
        lines.append(f"| {way} | {row['columns']:,.0f} | {seconds} | {row['auroc']:.4f} |")
    return "\n".join(lines)


def main(words: list[str]) -> None:
    """Measure and print."""
    if words[0] == "--one":
        found = WAYS[words[1]](load_population(Path(words[2]), threads=1))
        gigabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
        print(json.dumps(found | {"gigabytes": gigabytes}))
        return
    print(to_markdown(measure(Path(words[0]), int(words[1]) if len(words) > 1 else 1)))


if __name__ == "__main__":
    main(sys.argv[1:])
