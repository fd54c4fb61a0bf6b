"""The edge model: planted edges found, nothing found where nothing is, risks that depend on nobody else."""

from __future__ import annotations

from dataclasses import replace

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import expit, logit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from analysis_lib.inputs.population import load_population
from analysis_lib.measures.cells import TooFewPoints
from analysis_lib.models.classify.encode import encode_for_logistic, read_columns
from analysis_lib.models.classify.fit import TREES_PARAMS, fit_line
from analysis_lib.models.temporal import EdgeModel, edge_recovery
from analysis_lib.models.temporal.edge_model import DEMOGRAPHICS, _summarise
from analysis_lib.queries import graph_features, list_events, present_features, to_frame, windowed_edges
from analysis_lib.simulate.population import simulate_population
from tests.models.temporal.made_up import EXPOSED, PLANTED, add_present, count_exposures, draw_people

EDGES = [edge[:2] for edge in PLANTED]
LEARNT = 4_000  # of 6,000


@pytest.fixture(scope="module")
def world():
    """6,000 people, their features and their events; a third of the events of the full version."""
    people, events = draw_people(6_000, seed=1, n_events=36)
    return *add_present(people, events), events


@pytest.fixture(scope="module")
def model(world):
    people, features, _ = world
    return EdgeModel(features, "outcome").fit(people[:LEARNT])


def areas(world, model):
    """AUROC on people not learnt from: of the true risk, the model, and trees on counts and recency."""
    people, _, events = world
    learnt, others = people[: 2 * len(people) // 3], people[2 * len(people) // 3 :]
    by_code = events.pivot_table("days_before", "person_id", "code", aggfunc=["count", "min"])
    counts = by_code.fillna({("count", code): 0 for code in by_code["count"]}).reindex(people["person_id"])
    columns = np.column_stack([people["age"], people["sex"] == "M", counts])
    trees = HistGradientBoostingClassifier(early_stopping=False, random_state=0, **TREES_PARAMS)
    trees.fit(columns[: len(learnt)], learnt["outcome"])
    risks = (others["risk"], model.predict(others), trees.predict_proba(columns[len(learnt) :])[:, 1])
    return [roc_auc_score(others["outcome"], risk) for risk in risks]


def check_found(world, model):
    people, _, events = world
    exposed = count_exposures(events, len(people)).mean(axis=0)
    assert np.abs(exposed - EXPOSED).max() < 0.02
    ranked = model.rank()
    edges = ranked.dropna(subset=["then"])
    assert edge_recovery(ranked, EDGES, len(EDGES)) == 1
    # The first rows are planted, in their gap bands and with their signs, and all else is far behind
    bands = [("code01", "code02", "0-14"), ("code03", "code04", "0-14"), ("code03", "code04", "15-30")]
    bands += [("code05", "code06", "31-90"), ("code07", "code08", "0-14")]
    assert sorted(edges[["first", "then", "bin"]].head(5).itertuples(index=False, name=None)) == bands
    assert (edges["effect"].iloc[5:] < 0.4 * edges["effect"].iloc[4]).all()
    signs = edges.head(5).set_index("first")["log_odds"]
    assert (signs.drop("code07") > 0.5).all()
    assert signs["code07"] < -0.5
    # The other way round they are as frequent, and say nothing
    reversed_ = edges.merge(pd.DataFrame(EDGES, columns=["then", "first"]))
    assert (reversed_["effect"] < 0.1 * edges["effect"].iloc[4]).all()
    oracle, ours, trees = areas(world, model)
    assert ours > oracle - 0.015
    assert ours > trees + 0.05


def test_planted_edges_are_found_and_their_reverse_is_not(world, model):
    check_found(world, model)


@pytest.mark.slow
def test_planted_edges_among_a_hundred_events_a_person():
    people, events = draw_people(6_000, seed=1)
    people, features = add_present(people, events)
    assert 90 < len(events) / 6_000 < 105
    world = people, features, events
    check_found(world, EdgeModel(features, "outcome").fit(people[:LEARNT]))


def test_the_path_is_shown_and_the_choice_is_its_rule(model):
    path = model.path_
    assert list(path) == ["penalty", "n_selected", "log_loss", "standard_error", "chosen"]
    assert len(path) == 10
    assert path["penalty"].is_monotonic_decreasing
    assert path["n_selected"].iloc[0] == 0
    chosen = int(np.flatnonzero(path["chosen"]).item())
    best = path["log_loss"].min()
    near = path["log_loss"] - path["standard_error"] <= best
    assert near.iloc[chosen]
    assert not near.iloc[:chosen].any()
    assert 0 < path["log_loss"].argmin() < 9  # neither end of the path
    assert len(model.rank()) == path["n_selected"].iloc[chosen]


@pytest.mark.parametrize("seed", [2, 3])
def test_in_a_world_of_no_effects_nothing_is_selected(seed):
    people, events = draw_people(2_000, seed, effects=False, n_events=30)
    people, features = add_present(people, events)
    path = EdgeModel(features, "outcome").fit(people).path_
    assert path["n_selected"].iloc[-1] > 10  # smaller penalties would have selected some
    assert path["n_selected"][path["chosen"]].item() == 0, path.to_string()


def test_shuffled_outcomes_select_nothing(world):
    """In 5 shuffles; at most one may select anything."""
    people, features, _ = world
    learnt = people[:1_500]
    selected = []
    for seed in range(5):
        outcome = np.random.default_rng(seed).permutation(learnt["outcome"])
        selected.append(len(EdgeModel(features, "outcome").fit(learnt.assign(outcome=outcome)).rank()))
    assert sorted(selected)[3] == 0, selected


def test_the_fit_is_the_least_penalised_loss(world, model):
    """At the chosen penalty, the gradient of every feature is what an L1 penalty allows (KKT)."""
    people, features, _ = world
    learnt = people[:LEARNT]
    present = sparse.lil_array((LEARNT, len(features)))
    for row, found in enumerate(learnt["present"]):
        present[row, found] = 1
    share = present.mean(axis=0)
    spread = np.sqrt(share * (1 - share))
    known = share * LEARNT >= 50 - 1e-9
    gradient = (
        present.T @ (model.predict(learnt) - learnt["outcome"]) / LEARNT / np.where(spread > 0, spread, 1)
    )
    penalty = model.path_["penalty"][model.path_["chosen"]].item()
    on = model.coefficients_ != 0
    assert (model.coefficients_[~known] == 0).all()
    assert np.abs(gradient[known & ~on]).max() <= 1.001 * penalty
    np.testing.assert_allclose(gradient[on], -np.sign(model.coefficients_[on]) * penalty, rtol=0.02)
    # Age, sex and base are as good as not penalised
    assert abs(model.predict(learnt).mean() - learnt["outcome"].mean()) < 1e-3


def test_age_and_sex_alone_are_a_regression_without_penalty(world):
    people, features, _ = world
    learnt, others = people[:LEARNT], people[LEARNT:]
    alone = EdgeModel(features[:0], "outcome").fit(learnt.assign(present=None))
    assert alone.rank().empty
    assert alone.path_["n_selected"].tolist() == [0]

    encoder = encode_for_logistic(DEMOGRAPHICS)
    encoded = StandardScaler().fit_transform(encoder.fit_transform(read_columns(people, DEMOGRAPHICS)))
    free = LogisticRegression(C=np.inf, tol=1e-8, max_iter=10_000).fit(encoded[:LEARNT], learnt["outcome"])
    found = alone.predict(others.assign(present=None))
    assert (
        EdgeModel(features[:0], "outcome")
        .fit(learnt.assign(present=None))
        .predict(others.assign(present=None))
        == found
    ).all()
    np.testing.assert_allclose(found, free.predict_proba(encoded[LEARNT:])[:, 1], atol=2e-3)


def test_a_risk_is_of_one_person_alone(world, model):
    people = world[0][LEARNT : LEARNT + 60]
    together = model.predict(people)
    alone = np.concatenate([model.predict(people[row : row + 1]) for row in range(len(people))])
    assert (together == alone).all()
    turned = people.sample(frac=1, random_state=0)
    assert (pd.Series(model.predict(turned), turned.index).loc[people.index] == together).all()


def test_contributions_sum_to_the_log_odds(world, model):
    people = world[0][LEARNT : LEARNT + 300]
    explained = model.explain(people)
    assert list(explained) == ["person_id", "first", "then", "bin", "contribution"]
    sums = explained.groupby("person_id")["contribution"].sum().loc[people["person_id"]].to_numpy()
    np.testing.assert_allclose(sums + model.base_, logit(model.predict(people)), atol=1e-12)
    # Whoever has a feature has its coefficient, and nobody else has a row of it
    strongest = model.rank().dropna(subset=["then"]).iloc[0]
    rows = explained[(explained["first"] == strongest["first"]) & (explained["bin"] == strongest["bin"])]
    rows = rows[rows["then"] == strongest["then"]]
    number = world[1].index[
        (world[1][["first", "then", "bin"]] == strongest[["first", "then", "bin"]]).all(axis=1)
    ]
    have = people["person_id"][[number[0] in found for found in people["present"]]]
    assert sorted(rows["person_id"]) == sorted(have)
    assert rows["contribution"].unique().tolist() == [strongest["log_odds"]]
    # Age and sex of people learnt from sum to nothing
    of_age = model.explain(world[0][:LEARNT]).query("first == 'age'")["contribution"]
    assert abs(of_age.mean()) < 1e-9


def test_recalibration_keeps_order_and_sums(world):
    people, features, _ = world
    model = EdgeModel(features, "outcome").fit(people[:LEARNT])
    set_apart = people[LEARNT:]
    before = logit(model.predict(set_apart))
    model.calibrate(set_apart)
    after = logit(model.predict(set_apart))
    line = fit_line(before, set_apart["outcome"].to_numpy(bool), "outcome")
    np.testing.assert_allclose(after, line["intercept"] + line["slope"] * before, atol=1e-9)
    again = fit_line(after, set_apart["outcome"].to_numpy(bool), "outcome")
    assert again == pytest.approx({"intercept": 0, "slope": 1}, abs=1e-4)
    assert line["slope"] > 1  # a penalty draws risks together
    sums = model.explain(set_apart).groupby("person_id")["contribution"].sum().loc[set_apart["person_id"]]
    np.testing.assert_allclose(sums.to_numpy() + model.base_, after, atol=1e-9)


def made_by_hand(n=600, seed=0):
    """People of whom feature 0 decides the outcome, and feature 1 does nothing."""
    rng = np.random.default_rng(seed)
    flags = rng.random((n, 2)) < [0.4, 0.3]
    people = pd.DataFrame(
        {"person_id": np.arange(n), "age": rng.integers(20, 90, n), "sex": rng.choice(["F", "M"], n)}
    )
    people["present"] = [np.flatnonzero(row).astype("int32") if row.any() else None for row in flags]
    people["outcome"] = rng.random(n) < expit(-1.5 + 2 * flags[:, 0])
    features = pd.DataFrame(
        {"feature": [0, 1], "first": ["a", "a"], "then": [None, "b"], "bin": [None, "0-14"]}
    )
    return people, features


def test_nothing_recorded_is_no_failure():
    people, features = made_by_hand()
    model = EdgeModel(features, "outcome").fit(people)
    assert model.coefficients_[0] > 1
    assert model.coefficients_[1] == 0
    assert model.n_people_.tolist() == [
        sum(k in found for found in people["present"] if found is not None) for k in (0, 1)
    ]
    one = people[:1]
    kinds = [None, np.nan, [], np.empty(0, "int32")]
    risks = [
        model.predict(one.assign(present=pd.Series([kind], index=one.index, dtype=object)))[0]
        for kind in kinds
    ]
    assert len(set(risks)) == 1
    nothing = model.explain(one.assign(present=None))
    assert nothing["first"].tolist() == ["sex", "age"]
    odd = one.assign(age=np.nan, sex="not stated")
    assert 0 < model.predict(odd)[0] < 1


def test_vocabulary_is_of_the_people_learnt_from():
    """Feature 0 of 49 of them is not looked at, whoever has it elsewhere; of 50 it is."""
    people, features = made_by_hand()
    having = [k for k, found in enumerate(people["present"]) if found is not None and 0 in found]
    for n, found in ((49, False), (50, True)):
        dropped = having[n:]
        present = [None if k in dropped else had for k, had in enumerate(people["present"])]
        model = EdgeModel(features, "outcome").fit(
            people.assign(present=present, outcome=[k in having for k in people.index])
        )
        assert (model.coefficients_[0] != 0) == found


def test_rows_of_one_person_stay_in_one_fold():
    """Six landmarks a person with one outcome: were they split, features of the person would predict it."""
    rng = np.random.default_rng(5)
    n = 250
    flags = rng.random((n, 300)) < 0.3
    people = pd.DataFrame({"person_id": np.arange(n), "age": 50, "sex": "F", "outcome": rng.random(n) < 0.3})
    people["present"] = [np.flatnonzero(row).astype("int32") for row in flags]
    names = [f"c{k}" for k in range(300)]
    features = pd.DataFrame({"feature": range(300), "first": names, "then": None, "bin": None})
    stacked = pd.concat([people] * 6, ignore_index=True)
    assert len(EdgeModel(features, "outcome").fit(stacked).rank()) == 0
    split = stacked.assign(person_id=np.arange(len(stacked)))
    assert len(EdgeModel(features, "outcome").fit(split).rank()) > 50


def test_the_choice_by_hand():
    """Two rows each of two people: differences from the second column are 3, 1 and 0, 0; their mean is 1."""
    losses = np.array([[4.0, 1, 2], [2, 1, 2], [1, 1, 2], [1, 1, 2]])
    of_rows = _summarise(losses, pd.Series([1, 2, 3, 4]))
    assert of_rows["log_loss"].tolist() == [2, 1, 2]
    np.testing.assert_allclose(of_rows["standard_error"], [np.sqrt(4 + 0 + 1 + 1) / 4, 0, 0])
    assert of_rows["chosen"].tolist() == [False, True, False]
    of_people = _summarise(losses, pd.Series([1, 1, 2, 2]))
    np.testing.assert_allclose(of_people["standard_error"], [np.sqrt(2**2 + 2**2) / 4, 0, 0])
    assert _summarise(losses - [[0.5, 0, 0]], pd.Series([1, 1, 2, 2]))["chosen"].tolist() == [
        True,
        False,
        False,
    ]


def test_the_order_of_people_decides_nothing_that_counts(world, model):
    people, features, _ = world
    turned = EdgeModel(features, "outcome").fit(people[:LEARNT].sample(frac=1, random_state=1))
    assert (turned.path_["chosen"] == model.path_["chosen"]).all()
    np.testing.assert_allclose(turned.coefficients_, model.coefficients_, atol=5e-3)


def test_what_is_wrong_is_said():
    people, features = made_by_hand()
    model = EdgeModel(features, "outcome")
    with pytest.raises(ValueError, match="in the order of their numbers"):
        EdgeModel(features[1:], "outcome")
    with pytest.raises(ValueError, match="numbered from 0 to 1"):
        model.fit(people.assign(present=[[2]] * len(people)))
    with pytest.raises(KeyError, match="present"):
        model.fit(people.drop(columns="present"))
    with pytest.raises(ValueError, match="missing for some"):
        model.fit(people.assign(outcome=people["outcome"].astype(object).where(people.index > 0)))
    with pytest.raises(TooFewPoints):
        model.fit(people.assign(outcome=people.index < 9))


def test_precision_at_k_by_hand():
    ranked = pd.DataFrame(
        {
            "first": ["a", "c", "a", "x", "b", "e"],
            "then": ["b", None, "b", "y", "a", "f"],
            "bin": ["0-14", None, "15-30", "0-14", "0-14", "0-14"],
        }
    )
    planted = {("a", "b"), ("e", "f")}  # second and third edges are wrong: another, and the reverse
    assert [edge_recovery(ranked, planted, k) for k in (1, 2, 4, 8)] == [1, 0.5, 0.5, 0.25]
    assert edge_recovery(ranked[:0], planted, 3) == 0


LANDMARK = "2024-04-01"


def test_what_is_recorded_after_the_landmark_leaves_every_bit(tmp_path):
    """From an extract with sections of medicines alone; what comes later is turned round in time."""
    population = load_population(simulate_population(tmp_path / "people", 800, seed=2, processes=1))
    index, end = ibis.date(LANDMARK), ibis.date("2025-03-31")

    def turn(table, *columns):
        turned = {c: (index + end.delta(table[c], unit="day").as_interval("D")).cast("date") for c in columns}
        return table.mutate(**{c: ibis.ifelse(table[c] >= index, turned[c], table[c]) for c in columns})

    changed = replace(
        population,
        condition=turn(population.condition, "onset_date"),
        medicine=turn(population.medicine, "start_date", "stop_date"),
        contact=turn(population.contact, "date"),
    )
    person = to_frame(population.person.select("person_id", "sex", born=population.person.birth_month))
    person["age"] = 2024 - person.pop("born").dt.year
    emergency = population.contact.filter(
        population.contact.setting == "gp", population.contact.date >= index
    )
    had = to_frame(emergency.group_by("person_id").agg(n=emergency.count())).set_index("person_id")["n"]
    people = person.assign(outcome=person["person_id"].map(had).fillna(0) > 4)
    risks, features = [], None
    for extract in (population, changed):
        events = list_events(extract, LANDMARK).cache()
        edges = windowed_edges(events).cache()
        features = to_frame(graph_features(events, edges)) if features is None else features
        present = to_frame(present_features(events, edges, ibis.memtable(features)))
        rows = people.merge(present, on="person_id", how="left")
        risks.append(EdgeModel(features, "outcome").fit(rows).predict(rows))
    assert roc_auc_score(people["outcome"], risks[0]) > 0.6
    assert (risks[0] == risks[1]).all()
    assert features["first"].str.startswith("start:0").any()
    assert not to_frame(population.contact).equals(to_frame(changed.contact))
