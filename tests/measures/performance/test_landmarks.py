"""Risks at landmarks: Aalen–Johansen by hand, each landmark on its own, change, reactions and false rises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from analysis_lib.measures.performance import (
    compare_landmarks,
    cumulative_incidence,
    evaluate_landmarks,
    false_rises,
    follow_truth,
    gain_in_change,
    reaction_time,
)

LANDMARKS = pd.date_range("2024-01-01", periods=4, freq="30D")


def make_trajectories(n, seed, drift=0.8, told=True, landmarks=LANDMARKS):
    """n people at each landmark; their log odds drift, and outcomes follow them, or the first ones alone."""
    rng = np.random.default_rng(seed)
    level = rng.normal(-2, 0.7, n)
    rows = []
    for place, landmark in enumerate(landmarks):
        now = level + (drift * rng.normal(0, 1, n) if place else 0)
        risk = expit(now if told else level)
        rows.append(
            pd.DataFrame(
                {
                    "person_id": [f"p{k:05d}" for k in range(n)],
                    "landmark": landmark,
                    "said": expit(now),
                    "first": expit(level),
                    "true": risk,
                    "admitted": rng.random(n) < risk,
                }
            )
        )
    frame = pd.concat(rows, ignore_index=True)
    day = rng.integers(0, 90, len(frame))
    return frame.assign(
        ended=np.where(frame["admitted"], "admitted", "followed"),
        followed=np.where(frame["admitted"], day, 90),
    )


# Aalen–Johansen -------------------------------------------------------------------------------------------


def test_death_competes_by_hand():
    """Ten frail people: the dead can no longer be admitted, and 1 less Kaplan–Meier pretends that they can.

    Day 1: 2 of 10 are admitted and 2 die; day 2: 1 of 6 leaves; day 3: 2 of 5 die; day 4: 2 of 3 admitted.
    Still there before each day: 1; 0.6 after day 1; 0.6 × 3/5 = 0.36 after day 3.
    """
    ended = ["admitted"] * 2 + ["died"] * 2 + ["left"] + ["died"] * 2 + ["admitted"] * 2 + ["followed"]
    followed = [1, 1, 1, 1, 2, 3, 3, 4, 4, 90]
    found = cumulative_incidence(followed, ended, 90)
    assert found["observed"] == pytest.approx(2 / 10 + 0.36 * 2 / 3)  # 0.44
    assert found["naive"] == pytest.approx(1 - 8 / 10 * 1 / 3)  # 0.733
    assert found["observed_low"] < 0.44 < found["observed_high"] < 1
    early = cumulative_incidence(followed, ended, 4)  # the fourth day is no longer looked at
    assert early["observed"] == pytest.approx(0.2)
    first_day = cumulative_incidence([0, 0, 5, 5], ["admitted", "died", "admitted", "followed"], 90)
    assert first_day["observed"] == pytest.approx(1 / 4 + 1 / 2 * 1 / 2)


def test_without_death_and_leaving_it_is_the_share():
    ended = np.repeat(["admitted", "followed"], [120, 880])
    found = cumulative_incidence(np.where(ended == "admitted", 7, 90), ended, 90)
    assert found["observed"] == pytest.approx(0.12)
    assert found["naive"] == pytest.approx(0.12)
    width = 2 * 1.96 * np.sqrt(0.12 * 0.88 / 1000)
    assert found["observed_high"] - found["observed_low"] == pytest.approx(width, rel=0.02)
    nobody = cumulative_incidence([90, 90], ["followed", "died"], 90)
    assert (nobody["observed"], nobody["observed_low"]) == (0, 0)
    assert cumulative_incidence([], [], 90).isna().all()


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Constant hazards: admission 0.004 a day, death 0.002, leaving 0.003; 90 days."""
    true = 0.004 / 0.006 * (1 - np.exp(-0.006 * 90))
    hits = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        times = np.stack([rng.exponential(1 / h, 300) for h in (0.004, 0.002, 0.003)])
        ended = np.array(["admitted", "died", "left"])[times.argmin(axis=0)]
        found = cumulative_incidence(times.min(axis=0), ended, 90)
        hits.append(found["observed_low"] <= true <= found["observed_high"])
        assert found["naive"] > found["observed"]
    assert 88 <= sum(hits) <= 100


@pytest.mark.parametrize(
    ("followed", "ended", "said"),
    [([1], ["moved"], "moved"), ([-1], ["died"], "not negative"), ([np.nan], ["died"], "not negative")],
)
def test_endings_and_times_are_checked(followed, ended, said):
    with pytest.raises(ValueError, match=said):
        cumulative_incidence(followed, ended, 90)


# One landmark at a time -----------------------------------------------------------------------------------


def test_each_landmark_is_judged_on_its_own():
    frame = make_trajectories(1_500, seed=1).sample(frac=1, random_state=0)
    risks = {"said": frame["said"], "first": frame["first"]}
    found = evaluate_landmarks(frame, "admitted", risks, 90, n_boot=50)
    assert found["landmark"].tolist() == sorted([*LANDMARKS] * 2)
    for row in found.itertuples():
        part = frame[frame["landmark"] == row.landmark]
        assert row.auroc == pytest.approx(roc_auc_score(part["admitted"], part[row.model]))
        assert row.brier == pytest.approx(((part[row.model] - part["admitted"]) ** 2).mean())
        assert row.expected == pytest.approx(part[row.model].mean())
        assert row.observed == pytest.approx(part["admitted"].mean())
        assert (row.n, row.n_events) == (1_500, part["admitted"].sum())
        assert row.low < row.auroc < row.high
    versus = compare_landmarks(frame, "admitted", risks, "said").set_index("landmark")
    assert (versus["model"] == "said").all()
    assert (versus["against"] == "first").all()
    areas = found.pivot_table("auroc", "landmark", "model")
    np.testing.assert_allclose(versus["auroc_difference"], areas["said"] - areas["first"], atol=1e-12)
    assert versus["auroc_difference"].iloc[0] == 0
    assert (versus["auroc_difference_low"].iloc[1:] > 0).all()


def test_intervals_shrink_with_people_and_not_with_draws_or_landmarks():
    def width(n, n_boot=200, landmarks=LANDMARKS[:1]):
        frame = make_trajectories(n, seed=2, landmarks=landmarks)
        found = evaluate_landmarks(frame, "admitted", {"said": frame["said"]}, 90, n_boot)
        row = found[found["landmark"] == LANDMARKS[0]].iloc[0]
        return np.array([row["high"] - row["low"], row["observed_high"] - row["observed_low"]])

    few = width(1_000)
    np.testing.assert_allclose(width(4_000) / few, 0.5, rtol=0.2)
    np.testing.assert_allclose(width(1_000, n_boot=400) / few, 1, rtol=0.15)
    np.testing.assert_allclose(width(1_000, landmarks=LANDMARKS) / few, 1, rtol=0.15)


def test_what_cannot_be_judged_is_refused():
    frame = make_trajectories(100, seed=3)
    risks = {"said": frame["said"]}
    twice = pd.concat([frame, frame.head(2)], ignore_index=True)
    for judge in (
        lambda: evaluate_landmarks(twice, "admitted", {"said": twice["said"]}, 90),
        lambda: gain_in_change(twice, "admitted", twice["said"]),
        lambda: false_rises(twice, {"said": twice["said"]}, twice["admitted"]),
        lambda: reaction_time(twice, twice["said"], pd.DataFrame(columns=["person_id", "date", "kind"])),
        lambda: follow_truth(twice, {"said": twice["said"]}, twice["true"]),
    ):
        with pytest.raises(ValueError, match="2 stand there again"):
            judge()
    short = frame.assign(ended="records end", followed=60)
    with pytest.raises(ValueError, match="records end within 90 days of 2024-01-01"):
        evaluate_landmarks(short, "admitted", risks, 90)
    with pytest.raises(ValueError, match="none of the risks"):
        compare_landmarks(frame, "admitted", risks, "trees")
    text = frame.assign(landmark=frame["landmark"].dt.strftime("%Y-%m-%d"))
    with pytest.raises(ValueError, match="landmark must hold dates"):
        gain_in_change(text, "admitted", text["said"])
    with pytest.raises(ValueError, match="factor above 1"):
        false_rises(frame, risks, frame["admitted"], factor=1.0)


# Change ---------------------------------------------------------------------------------------------------


def test_gain_in_change_by_hand():
    """Two bands of first risk, four people each; pairs across bands do not count.

    Band of 0.1: the admitted person rose most (3 of 3 pairs won). Band of 0.4: the admitted one rose as much
    as one other, more than one and less than one (1.5 of 3). In all 4.5 of 6.
    """
    first, later = [0.1] * 4 + [0.4] * 4, [0.3, 0.2, 0.1, 0.05, 0.5, 0.5, 0.6, 0.3]
    admitted = [True, False, False, False, True, False, False, False]
    frame = pd.DataFrame(
        {
            "person_id": [*"abcdefgh"] * 2 + ["new"],
            "landmark": [LANDMARKS[0]] * 8 + [LANDMARKS[1]] * 9,
            "admitted": [False] * 8 + admitted + [True],
        }
    )
    found = gain_in_change(frame, "admitted", [*first, *later, 0.9], bands=2, n_boot=20, fewest=1)
    assert found["landmark"].tolist() == [LANDMARKS[1]]
    assert found[["n", "n_events"]].to_numpy().tolist() == [[8, 2]]  # who was not there first is left out
    assert found["gain"].item() == pytest.approx(4.5 / 6)
    assert np.isnan(gain_in_change(frame, "admitted", [*first, *later, 0.9])["gain"].item())


def test_change_that_says_something_and_change_that_is_noise():
    told = make_trajectories(3_000, seed=4)
    assert (gain_in_change(told, "admitted", told["said"], n_boot=100)["low"] > 0.6).all()
    same = gain_in_change(told, "admitted", told["first"], n_boot=20)
    np.testing.assert_allclose(same["gain"], 0.5)
    noise = [make_trajectories(800, seed, told=False) for seed in range(20)]
    found = pd.concat([gain_in_change(frame, "admitted", frame["said"], n_boot=100) for frame in noise])
    assert abs(found["gain"].mean() - 0.5) < 0.01
    held = (found["low"] <= 0.5) & (found["high"] >= 0.5)
    assert 0.85 <= held.mean() <= 1  # of 60


def test_truth_is_followed_in_level_and_in_change():
    frame = make_trajectories(1_000, seed=5)
    risks = {"true": frame["true"], "first": frame["first"]}
    truth = frame["true"].where(frame["person_id"] != "p00000")
    found = follow_truth(frame, risks, truth).set_index(["model", "landmark"])
    assert (found["n"] == 999).all()
    assert found.loc["true", "level"].to_numpy() == pytest.approx(1)
    assert np.isnan(found.loc["true", "change"].iloc[0])
    assert found.loc["true", "change"].iloc[1:].to_numpy() == pytest.approx(1)
    assert (found.loc["first", "change"].iloc[1:] == 0).all()
    assert found.loc["first", "level"].iloc[1:].between(0.4, 0.9).all()


# Reactions ------------------------------------------------------------------------------------------------


def at_landmarks(**risks):
    """A frame of people and their risks at the landmarks; None where somebody is not there."""
    rows = [
        (who, landmark, risk)
        for who, theirs in risks.items()
        for landmark, risk in zip(LANDMARKS, theirs, strict=True)
        if risk is not None
    ]
    return pd.DataFrame(rows, columns=["person_id", "landmark", "risk"])


def test_reaction_time_by_hand():
    """Landmarks on days 0, 30, 60 and 90 from 1 January; a rise is by a quarter in odds."""
    frame = at_landmarks(
        soon=(0.10, 0.20, 0.20, 0.20),  # day 10: risen 20 days later
        late=(0.10, 0.11, 0.12, 0.20),  # day 0: on the landmark itself, so risen 90 days later
        never=(0.10, 0.10, 0.10, 0.10),
        decoy=(0.10, 0.10, 0.05, 0.10),
        gone=(0.10, 0.20, None, None),  # not seen for all of 60 days
        before=(None, 0.10, 0.20, 0.20),  # no landmark in the 31 days up to day 0
    )
    day = LANDMARKS[0] + pd.to_timedelta([10, 0, 5, 5, 10, 0, 25], unit="D")
    completed = pd.DataFrame(
        {
            "person_id": ["soon", "late", "never", "decoy", "gone", "before", "soon"],
            "date": day,
            "kind": ["planted", "planted", "planted", "decoy", "planted", "planted", "planted"],
        }
    )
    found = reaction_time(frame, frame["risk"], completed, 1.25, within=(20, 60, 80))
    found = found.set_index(["kind", "days"])
    assert found.loc["planted", "n"].tolist() == [3, 3, 3]
    assert found.loc["planted", "n_risen"].tolist() == [1, 1, 1]
    assert found.loc["planted", "share"].to_numpy() == pytest.approx(1 / 3)
    assert found.loc["planted", "median_days"].tolist() == [90.0] * 3
    longer = reaction_time(frame, frame["risk"], completed, 1.25, within=(90,)).set_index("kind")
    assert longer.loc["planted", ["n", "n_risen"]].tolist() == [1, 1]  # the others' landmarks end before
    assert "decoy" not in longer.index
    # A return to what the risk was is no rise above it
    assert found.loc["decoy", ["n", "n_risen"]].to_numpy().tolist() == [[1, 0]] * 3
    assert found.loc["decoy", "median_days"].isna().all()


def test_false_rises_by_hand():
    """Three people, 90 days each, seen four times: 270 days in all, and 3 rises of which 1 was right."""
    frame = at_landmarks(a=(0.10, 0.20, 0.20, 0.30), b=(0.10, 0.11, 0.10, 0.10), c=(0.30, 0.20, 0.30, 0.30))
    right = (frame["person_id"] == "a") & (frame["landmark"] == LANDMARKS[1])
    risks = {"said": frame["risk"], "none": np.full(12, 0.1)}
    found = false_rises(frame, risks, right).set_index("model")
    years = 270 / 365.25
    assert found["n_people"].tolist() == [3, 3]
    assert found.loc["said", "person_years"] == pytest.approx(years)
    assert found[["n_rises", "n_false"]].to_numpy().tolist() == [[3, 2], [0, 0]]
    assert found.loc["said", "false_rate"] == pytest.approx(100 * 2 / years)
    assert found.loc["said", "rises_rate"] == pytest.approx(100 * 3 / years)
    # False rises 1, 0, 1 over equal times: the standard deviation is √(1/3), its error a √3 of that
    error = np.sqrt(1 / 3) / np.sqrt(3) / (2 / 3)
    assert found.loc["said", "high"] == pytest.approx(100 * 2 / years * np.exp(1.959964 * error), rel=1e-6)
    assert found.loc["none", ["rises_rate", "false_rate"]].tolist() == [0, 0]
    assert np.isnan(found.loc["none", "low"])


def test_false_rises_are_counted_by_person():
    """Twice the people, half the variance; rows in another order, the same answer."""
    frame = make_trajectories(500, seed=6)
    other = frame.assign(person_id="q" + frame["person_id"])
    both = pd.concat([frame, other], ignore_index=True)
    one, two = (false_rises(f, {"m": f["said"]}, f["admitted"]).iloc[0] for f in (frame, both))
    assert one["false_rate"] == pytest.approx(two["false_rate"])
    spread = [np.log(row["high"] / row["low"]) for row in (one, two)]
    assert spread[1] / spread[0] == pytest.approx(np.sqrt(1 / 2), rel=0.01)
    mixed = both.sample(frac=1, random_state=2)
    pd.testing.assert_series_equal(false_rises(mixed, {"m": mixed["said"]}, mixed["admitted"]).iloc[0], two)
