"""The sparse TG-CNN: equal to a dense one, and free of the faults of the published one."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
import optax
import pandas as pd
import pytest
from scipy.special import erf, expit, logit
from sklearn.metrics import roc_auc_score

from analysis_lib.measures.cells import TooFewPoints
from analysis_lib.models.temporal.nets import TemporalGraphCNN
from analysis_lib.models.temporal.nets.graph_cnn import GraphCNN, _fill, _learn_epoch

N_CODES, STEPS = 4, 6
FEATURES = pd.DataFrame({"feature": range(5), "first": list("abcda"), "then": [None] * 4 + ["b"]})


def draw_people(n, seed):
    """People with up to 9 steps, one or two edges each; a → b within a fortnight does harm."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        n_steps = int(rng.integers(0, 10))
        step = np.sort(
            np.concatenate([np.arange(n_steps), rng.integers(0, n_steps, n_steps // 2)]).astype(int)
        )
        first, then = rng.integers(0, N_CODES, (2, len(step)))
        gap = rng.integers(1, 90, 10)[step]
        rows.append((n_steps, step, first, then, gap) if n_steps else (np.nan, None, None, None, None))
    people = pd.DataFrame(rows, columns=["n_steps", "step", "first", "then", "gap"], dtype=object)
    people = people.assign(
        person_id=[f"q{seed}-{k}" for k in range(n)],
        age=rng.integers(40, 91, n),
        sex=rng.choice(["F", "M"], n),
    )
    harmed = [
        steps is not None and ((steps < 4) & (first == 0) & (then == 1) & (gap < 15)).any()
        for steps, first, then, gap in people[["step", "first", "then", "gap"]].itertuples(index=False)
    ]
    risk = expit(-1.5 + 3 * np.array(harmed) + 0.03 * (people["age"] - 65))
    return people.assign(harmed=harmed, outcome=rng.random(n) < risk)


@pytest.fixture(scope="module")
def people():
    return draw_people(2_600, seed=1)


@pytest.fixture(scope="module")
def model(people):
    settings = {"most_steps": STEPS, "epochs": 12, "learning_rate": 0.02, "weight_decay": 0.1, "units": 8}
    return TemporalGraphCNN(FEATURES, "outcome", **settings).fit(people[:2_000])


def dense_log_odds(net, model, people):
    """The network as published, on the whole tensor of code × code × step, by NumPy in float64."""
    n, size = len(people), net.filters.shape[0]
    tensor = np.zeros((n, N_CODES, N_CODES, STEPS + size - 1))
    decay = np.log1p(np.exp(float(net.raw_decay)))
    for row, (steps, first, then, gap) in enumerate(
        people[["step", "first", "then", "gap"]].itertuples(index=False)
    ):
        for at, a, b, days in zip(steps, first, then, gap, strict=True) if steps is not None else ():
            if at < STEPS:
                tensor[row, a, b, at] += np.exp(-decay * days / 30)
    filters = np.zeros((size, N_CODES, N_CODES, net.filters.shape[2]))
    filters.reshape(size, N_CODES**2, -1)[:, model._known] = np.asarray(net.filters)
    windows = np.lib.stride_tricks.sliding_window_view(tensor, size, axis=3)
    found = np.einsum("nabts,sabf->ntf", windows, filters) + np.asarray(net.bias)
    centred = found - found.mean(axis=2, keepdims=True)
    normed = centred / np.sqrt(found.var(axis=2, keepdims=True) + 0.1)
    features = gelu(normed * np.asarray(net.norm.weight) + np.asarray(net.norm.bias))
    hidden = cell = np.zeros((n, net.cell.hidden_size))
    n_steps = people["n_steps"].astype(float).fillna(0).clip(upper=STEPS).to_numpy()
    into, back, bias = (np.asarray(part) for part in (net.cell.weight_ih, net.cell.weight_hh, net.cell.bias))
    for step in reversed(range(STEPS)):
        i, f, g, o = np.split(features[:, step] @ into.T + hidden @ back.T + bias, 4, axis=1)
        new = expit(f) * cell + expit(i) * np.tanh(g)
        there = (step < n_steps)[:, None]
        cell, hidden = np.where(there, new, cell), np.where(there, expit(o) * np.tanh(new), hidden)
    own = model._demographics(people) - model._mean
    dense = gelu(np.hstack([hidden, own]) @ np.asarray(net.dense.weight).T + np.asarray(net.dense.bias))
    return (dense @ np.asarray(net.out.weight).T + np.asarray(net.out.bias))[:, 0]


def gelu(x):
    """As JAX has it by default: the approximation by tanh (Hendrycks and Gimpel 2016)."""
    approximate = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    assert np.abs(approximate - 0.5 * x * (1 + erf(x / np.sqrt(2)))).max() < 1e-2
    return approximate


def test_it_equals_a_dense_reference(people, model):
    some = people[2_000:2_080]
    np.testing.assert_allclose(logit(model.predict(some)), dense_log_odds(model._net, model, some), atol=1e-5)


def test_an_edge_that_harms_soon_is_learnt(people, model):
    others = people[2_000:]
    harmed, risk = others["harmed"].to_numpy(bool), model.predict(others)
    assert roc_auc_score(harmed, risk) > 0.75
    assert risk[harmed].mean() > 1.5 * risk[~harmed].mean()
    explained = model.explain(others).dropna(subset=["then"]).groupby(["first", "then"])["contribution"].sum()
    assert explained.idxmax() == ("a", "b")
    assert model.decay_ > 0


def test_every_weight_learns(people, model):
    """After an epoch without decay every weight has moved: none is without a gradient, as many once were."""
    learnt = people[:2_000]
    net = GraphCNN(3, len(model._known), 8, 8, len(model._mean), STEPS, -1.0, jax.random.key(0))
    memory = optax.adamw(1.0).init(eqx.filter(net, eqx.is_array))
    y = _fill(learnt["outcome"].to_numpy("float32"), np.nan)
    settings = np.array([0.01, 0], "float32")
    moved, _, losses = _learn_epoch(
        net, memory, model._batch(learnt), y, np.arange(len(y), dtype="int32"), settings
    )
    before, after = (jax.tree.leaves(eqx.filter(n, eqx.is_array)) for n in (net, moved))
    assert len(before) == 12
    for one, other in zip(before, after, strict=True):
        assert (np.asarray(one) != np.asarray(other)).all(), one.shape
    # The first loss is that of NumPy, without who only fills the batch
    raw = dense_log_odds(net, model, learnt[:256])
    assert float(losses[0]) == pytest.approx(np.logaddexp(0, (1 - 2 * y[0]) * raw).mean(), abs=1e-5)


def test_a_risk_depends_on_nobody_else(people, model):
    some = people[2_000:2_300]
    together = model.predict(some)
    alone = np.concatenate([model.predict(some[row : row + 1]) for row in range(0, 300, 15)])
    np.testing.assert_allclose(alone, together[::15], atol=1e-6)
    turned = some.sample(frac=1, random_state=0)
    np.testing.assert_allclose(
        pd.Series(model.predict(turned), turned.index).loc[some.index], together, atol=1e-6
    )


def test_empty_steps_are_passed_over(people, model):
    """Who has had no visits has the risk of age and sex, whatever columns are missing."""
    one = people[people["step"].isna()][:1].assign(age=70)
    assert one["n_steps"].isna().all()
    np.testing.assert_allclose(model.predict(one.assign(n_steps=0)), model.predict(one))
    added = model.explain(one).set_index("first")["contribution"]
    assert added["visits"] == pytest.approx(0, abs=1e-6)
    assert set(added.index) == {"age", "sex", "visits"}


def test_contributions_sum_to_the_log_odds(people, model):
    some = people[2_000:2_200]

    def check():
        explained = model.explain(some)
        assert list(explained) == ["person_id", "first", "then", "bin", "contribution"]
        sums = explained.groupby("person_id")["contribution"].sum().loc[some["person_id"]].to_numpy()
        np.testing.assert_allclose(sums + model.base_, logit(model.predict(some)), atol=1e-4)

    check()
    before = logit(model.predict(some))
    model.calibrate(people[2_000:])
    slope, intercept = np.polyfit(before, logit(model.predict(some)), 1)
    np.testing.assert_allclose(logit(model.predict(some)), intercept + slope * before, atol=1e-6)
    check()


def test_the_epoch_that_is_best_for_others_is_kept(model):
    table = model.epochs_
    assert list(table) == ["epoch", "log_loss", "log_loss_left_out", "chosen"]
    assert table["log_loss_left_out"][table["chosen"]].tolist() == [table["log_loss_left_out"].min()]
    assert model.vocabulary_["n_people"].min() >= 50


def test_what_is_wrong_is_said(people, model):
    with pytest.raises(ValueError, match="numbered from 0 to 3"):
        model.predict(
            people[:5].assign(
                first=[np.full(len(s), 4) if s is not None else None for s in people["step"][:5]]
            )
        )
    with pytest.raises(ValueError, match="below 0"):
        model.predict(
            people[:5].assign(
                gap=[np.full(len(s), -1) if s is not None else None for s in people["step"][:5]]
            )
        )
    with pytest.raises(KeyError, match="n_steps"):
        model.predict(people.drop(columns="n_steps"))
    with pytest.raises(KeyError, match="age"):
        model.predict(people.drop(columns="age"))
    with pytest.raises(TooFewPoints):
        TemporalGraphCNN(FEATURES, "outcome").fit(people.assign(outcome=people.index < 5))
    with pytest.raises(ValueError, match="in the order of their numbers"):
        TemporalGraphCNN(FEATURES[1:], "outcome")
