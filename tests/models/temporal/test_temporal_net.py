"""The network of gates: effects that depend on age or a condition are found, and nothing where nothing is."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy

import jax
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from analysis_lib.models.temporal import EdgeModel, edge_recovery
from analysis_lib.models.temporal.nets import TemporalNet
from analysis_lib.models.temporal.nets.temporal_net import (
    Draw,
    _Learner,
    _People,
    loss_of,
    score_products,
)

KIDNEY, OF_AGE, OPPOSING, PROTECTING, HARMING = 0, 3, 4, 5, 6
N_FEATURES, LEARNT = 40, 4_000
EDGES = [("a", f"b{k}") for k in (OF_AGE, OPPOSING, PROTECTING, HARMING)]
FEATURES = pd.DataFrame(
    {
        "feature": range(N_FEATURES),
        "first": ["condition:kidney", "condition:heart", "start:x"] + ["a"] * (N_FEATURES - 3),
        "then": [None] * 3 + [f"b{k}" for k in range(3, N_FEATURES)],
        "bin": [None] * 3 + ["0-14"] * (N_FEATURES - 3),
    }
)


def draw_people(n, seed, effects=True):
    """One edge harms from 75 on; one harms with kidney disease, and protects without; two need no context."""
    rng = np.random.default_rng(seed)
    has = rng.random((n, N_FEATURES)) < [0.4, 0.3, 0.3] + [0.12] * (N_FEATURES - 3)
    age, sex = rng.integers(60, 91, n), rng.choice(["F", "M"], n)
    added = 2.0 * has[:, OF_AGE] * (age >= 75) + has[:, OPPOSING] * np.where(has[:, KIDNEY], 2.2, -2.2)
    added += -2.0 * has[:, PROTECTING] + 1.8 * has[:, HARMING]
    log_odds = -1.2 + effects * (0.02 * (age - 75) + 0.3 * has[:, KIDNEY] + added)
    people = pd.DataFrame({"person_id": [f"p{seed}-{k}" for k in range(n)], "age": age, "sex": sex})
    people["present"] = [np.flatnonzero(row).astype("int32") for row in has]
    return people.assign(risk=expit(log_odds), outcome=rng.random(n) < expit(log_odds))


@pytest.fixture(scope="module")
def people():
    return draw_people(LEARNT + 2_000, seed=1)


@pytest.fixture(scope="module")
def model(people):
    return TemporalNet(FEATURES, "outcome").fit(people[:LEARNT])


def test_effects_that_depend_on_age_or_a_condition_are_learnt(people, model):
    others = people[LEARNT:]
    linear = EdgeModel(FEATURES, "outcome").fit(people[:LEARNT])
    oracle, edges, net = (
        roc_auc_score(others["outcome"], risk)
        for risk in (others["risk"], linear.predict(others), model.predict(others))
    )
    assert net > edges + 0.02, (oracle, edges, net)
    assert net > oracle - 0.01, (oracle, edges, net)
    # For one person with the edge, what it adds turns round with the condition, and grows with age
    one = people[:1].assign(age=65, sex="F")
    cases = {
        "kidney": [KIDNEY, OPPOSING],
        "no_kidney": [OPPOSING],
        "old": [OF_AGE],
        "young": [OF_AGE],
    }
    added = {}
    for name, found in cases.items():
        row = pd.concat([one] * 2, ignore_index=True).assign(age=85 if name == "old" else 65)
        row["present"] = [np.array(found), np.array(found[:-1], int)]
        added[name] = float(np.subtract(*logit(model.predict(row))))
    assert added["kidney"] > 1
    assert added["no_kidney"] < -0.6  # of -2.2: a penalty draws effects towards 0
    assert added["old"] > 1
    assert added["young"] < 0.8


def test_planted_edges_are_ranked_first_with_their_signs(model):
    ranked = model.rank()
    assert list(ranked) == ["rank", "first", "then", "bin", "n_people", "log_odds", "effect"]
    assert edge_recovery(ranked, EDGES, len(EDGES)) == 1
    of = ranked.set_index("then")
    assert of.loc[f"b{PROTECTING}", "log_odds"] < -1.2
    assert of.loc[f"b{HARMING}", "log_odds"] > 1
    # Harm and protection cancel out in the mean of those who have the edge, not in its size
    opposing = of.loc[f"b{OPPOSING}"]
    assert opposing["effect"] > 2 * abs(opposing["log_odds"]) * opposing["n_people"] / LEARNT


def test_what_an_l1_model_misses_is_screened(people, model):
    linear = EdgeModel(FEATURES, "outcome").fit(people[:LEARNT])
    assert abs(linear.coefficients_[OPPOSING]) < 0.5
    assert OPPOSING in model.screened_


def test_the_search_is_shown(model):
    search = model.search_
    assert list(search)[:2] == ["draw", "n_features"]
    assert set(search["draw"]) == set(range(13))
    assert search["chosen"].sum() == 1
    assert search.groupby("epochs").size().to_dict() == {0: 1, 5: 12, 15: 4, 35: 2}
    chosen = search[search["chosen"]].iloc[0]
    assert chosen["log_loss"] == search["log_loss"].min()
    assert search["log_loss"][0] - search["standard_error"][0] > chosen["log_loss"]


def test_in_a_world_of_no_effects_the_network_is_left_out():
    """In three worlds; at most one may find something."""
    found = [
        len(TemporalNet(FEATURES, "outcome").fit(draw_people(1_000, s, False)).rank()) for s in (2, 3, 4)
    ]
    assert sorted(found)[1] == 0, found


def test_a_risk_is_of_one_person_alone_and_the_same_again(people, model):
    some = people[LEARNT : LEARNT + 40]
    together = model.predict(some)
    alone = np.concatenate([model.predict(some[row : row + 1]) for row in range(len(some))])
    np.testing.assert_allclose(alone, together, atol=1e-12)
    turned = some.sample(frac=1, random_state=0)
    np.testing.assert_allclose(
        pd.Series(model.predict(turned), turned.index).loc[some.index], together, atol=1e-12
    )
    few = people[:600]
    one, two = (TemporalNet(FEATURES, "outcome").fit(few).predict(some) for _ in range(2))
    assert (one == two).all()


def test_every_weight_learns(people, model):
    """The first gradient is not 0 for any weight of the network."""
    learnt = people[:LEARNT]
    present, y = model._present(learnt), learnt["outcome"].to_numpy(float)
    task = _People.screen(
        present, model._context(learnt, present), y, np.full(LEARNT, -1.0), y >= 0, np.arange(N_FEATURES),
        N_FEATURES, np.full(N_FEATURES, 0.3),
    )  # fmt: skip
    learner = _Learner(Draw(N_FEATURES, 0.01, 1.0), task, seed=0)
    batch = tuple(part[0] for part in task.batches)
    for part in jax.tree.leaves(jax.grad(loss_of)(learner.gates, batch, learner.scale.astype("float32"))):
        assert (np.asarray(part) != 0).all()
    before = [np.array(part) for part in jax.tree.leaves(learner.gates)]
    learner.go_on(5)
    for one, other in zip(before, jax.tree.leaves(learner.gates), strict=True):
        assert (one != np.asarray(other)).all()


def check_sums(model, frame):
    explained = model.explain(frame)
    assert list(explained) == ["person_id", "first", "then", "bin", "contribution"]
    sums = explained.groupby("person_id")["contribution"].sum().loc[frame["person_id"]].to_numpy()
    np.testing.assert_allclose(sums + model.base_, logit(model.predict(frame)), atol=1e-6)


def test_integrated_gradients_are_complete(people, model):
    model = deepcopy(model)
    frame = people[LEARNT : LEARNT + 500]
    check_sums(model, frame)
    before, ranks = logit(model.predict(frame)), model.rank()
    model.calibrate(frame)
    check_sums(model, frame)
    slope, intercept = np.polyfit(before, logit(model.predict(frame)), 1)
    np.testing.assert_allclose(logit(model.predict(frame)), intercept + slope * before, atol=1e-9)
    np.testing.assert_allclose(model.rank()["effect"], ranks["effect"] * slope, rtol=1e-9)


def test_occlusion_is_the_prediction_without_each_feature(people, model):
    frame = people[LEARNT : LEARNT + 15].reset_index(drop=True)
    explained = model.explain(frame, "occlusion")
    full = logit(model.predict(frame))
    names = {
        (a, b if isinstance(b, str) else ""): k
        for k, (a, b) in enumerate(zip(FEATURES["first"], FEATURES["then"], strict=True))
    }
    place = {person: row for row, person in enumerate(frame["person_id"])}
    checked = 0
    for row in explained.itertuples():
        if row.first in ("age", "sex"):
            continue
        feature, person = (
            names[row.first, row.then if isinstance(row.then, str) else ""],
            place[row.person_id],
        )
        without = frame[person : person + 1].copy()
        without["present"] = [np.setdiff1d(frame["present"][person], [feature])]
        assert full[person] - logit(model.predict(without))[0] == pytest.approx(row.contribution, abs=1e-9)
        checked += 1
    assert checked > 30
    with pytest.raises(ValueError, match="integrated gradients, occlusion"):
        model.explain(frame, "shap")


def test_the_score_test_by_hand():
    """Against a regression: the product less what the feature itself explains of it, weighted."""
    rng = np.random.default_rng(0)
    x, c, p = rng.random(400) < 0.4, rng.normal(size=400), rng.uniform(0.1, 0.6, 400)
    error, weight = (rng.random(400) < p) - p, p * (1 - p)
    largest, effects = score_products(sparse.csr_array(x[:, None] * 1.0), c[:, None], error, weight)
    product = x * c - x * np.average(c[x], weights=weight[x])
    z = (product * error).sum() / np.sqrt((weight * product**2).sum())
    alone = (x * error).sum() / np.sqrt((weight * x).sum())
    assert largest[0] == pytest.approx(max(abs(z), abs(alone)))
    # Of one product the threshold is 0, and the estimate that of one step
    assert effects[0, 0] == pytest.approx((product * error).sum() / (weight * product**2).sum())
    # Whoever has a feature: too few to tell of its product with a condition
    few = np.zeros(400)
    few[x.nonzero()[0][:6]] = 1
    _, effects = score_products(sparse.csr_array(x[:, None] * 1.0), few[:, None], error, weight)
    assert effects[0, 0] == 0


def test_without_features_it_is_age_and_sex(people):
    learnt = people[:1_000].assign(present=None)
    net, edges = (kind(FEATURES[:0], "outcome").fit(learnt) for kind in (TemporalNet, EdgeModel))
    assert (net.predict(learnt) == edges.predict(learnt)).all()
    assert net.search_["draw"].tolist() == [0]
    assert net.rank().empty
    assert set(net.explain(learnt)["first"]) == {"age", "sex"}


def test_only_networks_load_jax():
    code = "import sys, analysis_lib.models.temporal, analysis_lib.models; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
