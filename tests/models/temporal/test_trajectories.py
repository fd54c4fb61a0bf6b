"""Trajectories: better than null trajectories where something was planted, no better where nothing was."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from analysis_lib.inputs.population import load_population
from analysis_lib.measures import performance
from analysis_lib.models.classify import assign_folds
from analysis_lib.models.temporal import fit_trajectories, match_planted, predict_trajectories
from analysis_lib.queries import (
    graph_features,
    landmark_days,
    landmark_features,
    landmark_outcomes,
    list_events,
    to_frame,
    windowed_edges,
)
from analysis_lib.simulate import simulate_prescribing, write_prescribing
from analysis_lib.simulate.population import simulate_population

LANDMARKS = pd.date_range("2023-04-07", periods=5, freq="90D")
N_FEATURES, PLANTED = 30, {0: 1.5, 1: 1.2, 2: -1.5}
FEATURES = pd.DataFrame(
    {"feature": np.arange(N_FEATURES), "first": [f"x{k}" for k in range(N_FEATURES)], "then": "y"}
).assign(bin="0-14")


def draw_rows(n, seed, strength=1.0):
    """n people at each landmark, who come to features at times drawn evenly; three change the true risk."""
    rng = np.random.default_rng(seed)
    age, sex = rng.integers(40, 90, n), rng.choice(["F", "M"], n)
    # A third come to each feature, half of them before the first landmark
    since = np.where(rng.random((n, N_FEATURES)) < 0.33, rng.uniform(-5, 5, (n, N_FEATURES)), np.inf)
    rows = []
    for place, landmark in enumerate(LANDMARKS):
        has = since < place
        effects = sum(has[:, k] * size * strength for k, size in PLANTED.items())
        risk = expit(-2.2 + 0.03 * (age - 65) + 0.1 * (sex == "M") + effects)
        rows.append(
            pd.DataFrame({"person_id": [f"{seed}-{k:05d}" for k in range(n)], "age": age, "sex": sex}).assign(
                landmark=landmark,
                present=[np.flatnonzero(h).astype("int32") for h in has],
                risk=risk,
                admitted=rng.random(n) < risk,
            )
        )
    return pd.concat(rows, ignore_index=True)


def judge(strength, seed=1):
    train, calibrate, test = (
        draw_rows(n, seed * 10 + k, strength) for k, n in enumerate((1_500, 600, 2_000))
    )
    models = fit_trajectories(train, calibrate, FEATURES, "admitted", 30)
    return models, test, predict_trajectories(models, test)


@pytest.fixture(scope="module")
def planted():
    return judge(1.0)


def test_planted_trajectories_follow_the_truth_better_than_null_ones(planted):
    models, test, risks = planted
    assert list(risks) == ["edges", "first_risk", "age_sex"]
    assert set(models["edges"].rank()["first"].head(3)) == {"x0", "x1", "x2"}
    assert models["age_sex"].rank().empty
    assert models["edges"].fewest == 30 * len(LANDMARKS)  # people, of whom each stands in five rows
    followed = performance.follow_truth(test, risks, test["risk"]).set_index(["model", "landmark"])
    later = followed.loc["edges"].iloc[1:]
    assert (later["level"] > followed.loc["first_risk"].iloc[1:]["level"] + 0.02).all()
    assert (later["level"] > followed.loc["age_sex"].iloc[1:]["level"] + 0.2).all()
    assert (later["change_low"] > 0.5).all()
    versus = performance.compare_landmarks(test, "admitted", risks, "edges")
    last = versus[versus["landmark"] == LANDMARKS[-1]]
    assert (last["auroc_difference_low"] > 0.01).all()
    gain = performance.gain_in_change(test, "admitted", risks["edges"], n_boot=50)
    assert (gain["low"] > 0.52).all()


def test_each_landmark_is_calibrated(planted):
    _, test, risks = planted
    seen = test.assign(
        ended=np.where(test["admitted"], "admitted", "followed"), followed=np.where(test["admitted"], 5, 90)
    )
    found = performance.evaluate_landmarks(seen, "admitted", {"edges": risks["edges"]}, 90, n_boot=50)
    assert found["calibration_slope"].between(0.8, 1.25).all()
    assert (
        (found["observed_low"] < found["expected"]) & (found["expected"] < found["observed_high"])
    ).sum() >= 4


def test_in_a_world_of_no_effects_change_gains_nothing():
    """Three worlds of four later landmarks: no more intervals without 0.5 than chance has, none far off."""
    gains = []
    for seed in range(2, 5):
        models, test, risks = judge(0.0, seed)
        assert len(models["edges"].rank()) <= 2
        gains.append(performance.gain_in_change(test, "admitted", risks["edges"], n_boot=50))
    found = pd.concat(gains)
    assert ((found["low"] > 0.5) | (found["high"] < 0.5)).sum() <= 2
    assert abs(found["gain"] - 0.5).max() < 0.06


def test_null_trajectories_are_what_they_say(planted):
    models, test, risks = planted
    by_hand = {}
    for person_id, landmark, risk in zip(test["person_id"], test["landmark"], risks["edges"], strict=True):
        if landmark == LANDMARKS[0]:
            by_hand[person_id] = risk
    np.testing.assert_array_equal(risks["first_risk"], test["person_id"].map(by_hand))
    changed = test.assign(present=[np.array([0, 1], "int32")] * len(test))
    np.testing.assert_array_equal(predict_trajectories(models, changed)["age_sex"], risks["age_sex"])


def test_a_trajectory_depends_on_nobody_else_and_on_no_later_landmark(planted):
    models, test, risks = planted
    mixed = test.sample(frac=1, random_state=1)
    for name, risk in predict_trajectories(models, mixed).items():
        np.testing.assert_array_equal(risk, risks[name][mixed.index])
    one = test[test["person_id"] == test["person_id"].iloc[7]]
    early = one[one["landmark"] <= LANDMARKS[2]]
    for name, risk in predict_trajectories(models, early).items():
        np.testing.assert_array_equal(risk, risks[name][early.index])
    late = test[test["landmark"] > LANDMARKS[1]]  # who comes later starts with that risk
    carried = predict_trajectories(models, late)["first_risk"]
    at_first = late["landmark"] == LANDMARKS[2]
    np.testing.assert_array_equal(carried[at_first], risks["edges"][late.index[at_first]])


def test_people_on_both_sides_are_refused():
    frame = draw_rows(200, 3)
    with pytest.raises(ValueError, match="200 people are among those learnt from"):
        fit_trajectories(frame, frame, FEATURES, "admitted")
    with pytest.raises(KeyError, match="landmark"):
        fit_trajectories(frame.drop(columns="landmark"), frame, FEATURES, "admitted")


def follow_city(place, city, effects, strength):
    """Gain in change at each landmark, and reactions to planted pairs, in a simulated city."""
    made = simulate_prescribing(city, effects=effects, strength=strength)
    population = load_population(write_prescribing(made, city, place / f"{effects}"))
    days = landmark_days("2024-04-01")
    events = list_events(population, days[-1], 365).cache()
    edges = windowed_edges(events).cache()
    listed = graph_features(events, edges).cache()
    features = to_frame(listed)
    rows = to_frame(landmark_outcomes(population, days))
    present = to_frame(landmark_features(population, days, listed))
    rows = rows[rows["age"] >= 18].merge(present, on=["person_id", "landmark"], how="left")
    fold = assign_folds(rows["person_id"], {"train": 0.5, "calibrate": 0.1, "evaluate": 0.4})
    taught = rows["landmark"].isin([pd.Timestamp(day) for day in days[::3]])
    train, calibrate = (rows[(fold == name) & taught] for name in ("train", "calibrate"))
    test = rows[fold == "evaluate"].reset_index(drop=True)
    risks = predict_trajectories(fit_trajectories(train, calibrate, features, "admitted"), test)
    truth = made.landmark.rename(columns={"date": "landmark"})[["person_id", "landmark", "probability"]]
    true = test.merge(truth, on=["person_id", "landmark"], how="left")["probability"]
    kind = match_planted(features, made.truth).where(lambda name: name.isin(["P1", "P2", "P3", "P5"]))
    pairs = to_frame(edges).merge(features.assign(kind=kind).dropna(subset=["kind", "then"]))
    pairs["date"] = pd.Timestamp(days[-1]) - pd.to_timedelta(pairs["days_since_last"], unit="D")
    return (
        performance.gain_in_change(test, "admitted", risks["edges"])["gain"].mean(),
        performance.follow_truth(test, risks, true).set_index(["model", "landmark"]),
        performance.reaction_time(test, risks["edges"], pairs.assign(kind="harm")).iloc[-1],
    )


@pytest.mark.slow
def test_a_city_with_patterns_and_one_without(tmp_path):
    city = simulate_population(tmp_path / "city", 24_000, seed=3)
    gain, followed, reaction = follow_city(tmp_path, city, "planted", 3.0)
    null_gain, _, null_reaction = follow_city(tmp_path, city, "null", 1.0)
    last = followed["change"].groupby("model").last()
    assert last["edges"] > last["age_sex"] + 0.05
    assert last["first_risk"] == 0
    assert gain > 0.53
    assert gain > null_gain + 0.02
    # Without patterns new conditions and age still change the true risk, and pairs do not
    assert abs(null_gain - 0.5) < 0.05
    assert reaction["share"] > 0.2
    assert null_reaction["share"] < 0.05
