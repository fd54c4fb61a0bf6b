"""Networks on graphs beside the edge model: AUROC and processor time; the sparse TG-CNN beside the published.

``python -m benchmarks.temporal_nets POPULATION`` takes a folder that `simulate_population` wrote, lays
prescribing over it, once for each of `WORLDS`, and fits three models to the same people. The outcome is an
emergency admission in the year after the index date. ``python -m benchmarks.temporal_nets --layer CHECKOUT
[PYTHON]`` trains the convolution alone beside the layer of a checkout of github.com/ZoeHancox/Sparse_TGCNN,
in an environment that is made for it (TensorFlow, from PyPI) unless a Python that has one is named. One
thread; processor time, with compilation, without imports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from analysis_lib.inputs.population import load_population
from analysis_lib.models.classify import assign_folds
from analysis_lib.models.temporal import EdgeModel, edge_recovery
from analysis_lib.queries import (
    features_at,
    graph_features,
    list_events,
    present_features,
    to_frame,
    visit_steps,
    windowed_edges,
)
from analysis_lib.simulate import simulate_prescribing, write_prescribing
from benchmarks.published_layer import work

#: Effects and strength.
WORLDS: dict[str, tuple[Any, float]] = {
    "P3 and P7, four times as strong": (("P3", "P7"), 4.0),
    "P3 and P7, three times": (("P3", "P7"), 3.0),
    "P3 and P7, twice": (("P3", "P7"), 2.0),
    "P3 and P7": (("P3", "P7"), 1.0),
    "all": ("planted", 1.0),
    "none": ("null", 1.0),
}
PEOPLE, N_CODES, N_STEPS, SIZE, N_FILTERS, EDGES_A_STEP = 256, 100, 100, 4, 16, 3
LASTING = 20.0  # seconds that each layer trains


def make_people(population: Path, effects: Any, strength: float) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Return adults with outcome, true risk, features and steps; the list of features; and the truth."""
    made = simulate_prescribing(population, effects=effects, strength=strength)
    day = made.hazard["index_date"].iloc[0].date()
    with tempfile.TemporaryDirectory() as scratch:
        people = load_population(write_prescribing(made, population, Path(scratch) / "layer"), threads=1)
        events = list_events(people, day, contact_days=365).cache()
        edges = windowed_edges(events).cache()
        features = graph_features(events, edges).cache()
        person = to_frame(features_at(people, day, ()))[["person_id", "age", "sex"]]
        frame = person.merge(made.hazard[["person_id", "probability", "outcome"]], on="person_id")
        for table in (present_features(events, edges, features), visit_steps(events, features)):
            frame = frame.merge(to_frame(table), on="person_id", how="left")
        return frame, to_frame(features), made.truth


def fit_world(world: str, population: Path) -> dict[str, Any]:
    """Fit the models to the training fold, and judge them on the fold of evaluation."""
    from analysis_lib.models.temporal.nets import TemporalGraphCNN, TemporalNet

    frame, features, truth = make_people(population, *WORLDS[world])
    folds = assign_folds(frame["person_id"])
    train, others = frame[folds == "train"], frame[folds == "evaluate"]
    patterns = [truth["patterns"][name] for name in truth["effects"] if name != "P6"]
    pairs = {
        (f"{of['first']['event']}:{first}", f"{of['then']['event']}:{then}")
        for of in patterns
        for first in of["first"]["planted"]
        for then in of["then"]["planted"]
    }
    found: dict[str, Any] = {"true": roc_auc_score(others["outcome"], others["probability"])}
    for name, kind in {"M2": EdgeModel, "M3": TemporalNet, "M4": TemporalGraphCNN}.items():
        begun = work()
        model = kind(features, "outcome").fit(train)
        seconds = work() - begun
        found[name] = {"cpu": seconds, "auroc": roc_auc_score(others["outcome"], model.predict(others))}
        if pairs and name != "M4":
            found[name]["precision"] = edge_recovery(model.rank(), pairs, len(pairs))
    return found


def fit_all(population: Path) -> str:
    """Fit the models in every world, each in a process of its own; return a markdown table."""
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, "1") | {"XLA_FLAGS": flags}
    lines = [
        "| effects | true risk, AUROC | M2 | M3 | M4 | planted pairs on top, M2, M3 | seconds, M2, M3, M4 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for world in WORLDS:
        command = [sys.executable, "-m", "benchmarks.temporal_nets", "--one", world, str(population)]
        answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
        found = json.loads(answer.stdout.splitlines()[-1])
        models = [found[name] for name in ("M2", "M3", "M4")]
        areas = " | ".join(f"{one['auroc']:.4f}" for one in models)
        precision = ", ".join(f"{one['precision']:.2f}" for one in models if "precision" in one)
        seconds = ", ".join(f"{one['cpu']:.1f}" for one in models)
        lines.append(f"| {world} | {found['true']:.4f} | {areas} | {precision} | {seconds} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


def draw_edges() -> dict[str, np.ndarray]:
    """Draw edges of people, each once, and filters; gaps are in units of the decay."""
    rng = np.random.default_rng(0)
    n = PEOPLE * N_STEPS * EDGES_A_STEP
    row, step = np.repeat(np.arange(PEOPLE), n // PEOPLE), rng.integers(0, N_STEPS, n)
    places = np.unique(np.column_stack([row, *rng.integers(0, N_CODES, (2, n)), step]), axis=0)
    return {
        "shape": np.array([PEOPLE, N_CODES, N_STEPS]),
        "places": places,
        "gaps": rng.uniform(0.1, 3, len(places)).astype("float32"),
        "filters": 0.05 * rng.standard_normal((SIZE, N_CODES**2, N_FILTERS)).astype("float32"),
    }


def train_sparse(given: dict[str, np.ndarray]) -> tuple[float, np.ndarray]:
    """Train our convolution on these edges; return people per processor second, and what it returned."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax

    from analysis_lib.models.temporal.nets.graph_cnn import GraphCNN, Steps

    row, first, then, step = (given["places"][:, k].astype("int32") for k in range(4))
    filled = np.ones(len(row), "float32")
    people = np.zeros((PEOPLE, 1), "float32")
    steps = Steps(first * N_CODES + then, row, step, given["gaps"], filled, np.full(PEOPLE, N_STEPS), people)
    net = GraphCNN(SIZE, N_CODES**2, N_FILTERS, 1, 1, N_STEPS, 0.0, jax.random.key(0))
    net = eqx.tree_at(
        lambda n: (n.filters, n.bias, n.raw_decay),
        net,
        (jnp.asarray(given["filters"]), jnp.zeros(N_FILTERS), jnp.log(jnp.expm1(1.0))),
    )
    found = np.asarray(eqx.filter_jit(lambda n: n.convolve(steps, n.weigh(steps)))(net))
    adam = optax.adam(1e-3)

    @jax.jit
    def learn(filters: Any, memory: Any) -> tuple[Any, Any]:
        def lose(filters: Any) -> Any:
            own = eqx.tree_at(lambda n: n.filters, net, filters)
            return (own.convolve(steps, own.weigh(steps)) ** 2).mean()

        change, memory = adam.update(jax.grad(lose)(filters), memory)
        return filters + change, memory

    filters, memory = learn(net.filters, adam.init(net.filters))
    filters.block_until_ready()
    begun, n = work(), 0
    while work() - begun < LASTING:
        filters, memory = learn(filters, memory)
        filters.block_until_ready()
        n += PEOPLE
    return n / (work() - begun), found


def compare_layers(checkout: Path, python: str | None) -> str:
    """Train both layers on the same edges, check that they return the same, and say how fast they are."""
    given = draw_edges()
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "edges.npz"
        np.savez(file, **given)
        if python is None:
            venv.create(Path(scratch) / "venv", with_pip=True)
            python = str(Path(scratch) / "venv" / "bin" / "python")
            subprocess.run([python, "-m", "pip", "install", "-q", "tensorflow-cpu", "pandas"], check=True)
        script = str(Path(__file__).with_name("published_layer.py"))
        command = [python, script, str(checkout), str(file), str(LASTING)]
        answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        theirs, n_trained = answer.stdout.splitlines()[-1].split()
        published = np.load(Path(scratch) / "edges.found.npy")
    ours, found = train_sparse(given)
    windows = found[:, : N_STEPS - SIZE + 1].transpose(0, 2, 1)
    np.testing.assert_allclose(windows, published, atol=1e-4)
    ratio = ours / float(theirs)
    return (
        f"{len(given['gaps']):,} edges of {PEOPLE} people; both return the same within 1e-4. "
        f"The published layer trains {float(theirs):,.0f} people a processor second ({n_trained} of its "
        f"weights are trainable under today's Keras), the sparse one {ours:,.0f}: {ratio:.1f} times as many."
    )


def main(words: list[str]) -> None:
    """Measure and print."""
    if words[0] == "--one":
        print(json.dumps(fit_world(words[1], Path(words[2]))))
    elif words[0] == "--layer":
        print(compare_layers(Path(words[1]), words[2] if len(words) > 2 else None))
    else:
        print(fit_all(Path(words[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
