"""Bootstrap intervals: nominal coverage, right width, the same every time."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import norm
from sklearn.metrics import average_precision_score, roc_auc_score

from analysis_lib.measures.performance import calibration_bins, decision_curve, evaluate_risk
from analysis_lib.measures.performance.tally import Tally, draw_people

APART = 1.2  # standard deviations between the means of a binormal score
TRUE_AUROC = norm.cdf(APART / np.sqrt(2))


def binormal(n, seed):
    rng = np.random.default_rng(seed)
    event = rng.random(n) < 0.25
    return pd.DataFrame({"sick": event}), rng.normal(APART * event, 1)


def covered(repeats, n, **options):
    """Share of intervals of the AUROC that hold the truth."""
    hits = 0
    for seed in range(repeats):
        frame, score = binormal(n, seed)
        row = evaluate_risk(frame, "sick", {"s": score}, (), seed=seed, ranks=("s",), **options).iloc[0]
        hits += row["low"] <= TRUE_AUROC <= row["high"]
    return hits / repeats


def test_intervals_cover_the_known_auroc_about_as_often_as_they_say():
    # 200 repeats: 0.95 with a standard error of 0.015. Half as wide would cover 0.67; twice as wide, 0.9999.
    assert 0.90 <= covered(200, 400) <= 0.99


@pytest.mark.slow
def test_nominal_coverage_of_the_auroc_binned_and_not():
    # 1,000 repeats: 0.95 with a standard error of 0.007.
    assert 0.93 <= covered(1_000, 600, n_boot=300) <= 0.97
    assert 0.925 <= covered(1_000, 600, n_boot=300, bins=100) <= 0.97


@pytest.mark.slow
def test_nominal_coverage_of_calibration():
    truth = {"slope": 1.0, "large": 0.0}
    hits = dict.fromkeys(truth, 0)
    for seed in range(600):
        rng = np.random.default_rng(seed)
        risk = expit(rng.normal(-1.5, 1, 800))
        frame = pd.DataFrame({"sick": rng.random(800) < risk})
        row = evaluate_risk(frame, "sick", {"m": risk}, (), n_boot=300, seed=seed).iloc[0]
        for name, value in truth.items():
            hits[name] += row[f"{name}_low"] <= value <= row[f"{name}_high"]
    for share in (count / 600 for count in hits.values()):
        assert 0.92 <= share <= 0.975


def test_as_wide_as_resampling_people_one_by_one(make):
    frame, risk = make(1_000, seed=5)
    event, rng = frame["sick"].to_numpy(), np.random.default_rng(0)
    drawn = []
    for _ in range(500):
        pick = rng.integers(0, len(event), len(event))
        y, p = event[pick], risk[pick]
        top = np.argsort(-p, kind="stable")[:100]
        oe, lift = y.sum() / p.sum(), y[top].sum() / y.sum() * 10
        drawn.append([roc_auc_score(y, p), average_precision_score(y, p), oe, np.mean((p - y) ** 2), lift])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    row = evaluate_risk(frame, "sick", {"m": risk}, (), n_boot=1_000).iloc[0]
    for place, (value, name) in {0: ("auroc", ""), 1: ("auprc", "auprc_"), 3: ("brier", "brier_")}.items():
        width = high[place] - low[place]
        assert row[f"{name}high"] - row[f"{name}low"] == pytest.approx(width, rel=0.15), value
        assert row[f"{name}low"] == pytest.approx(low[place], abs=0.12 * width), value
    assert row["lift_10_high"] - row["lift_10_low"] == pytest.approx(high[4] - low[4], rel=0.15)


def test_bins_change_no_value_and_hardly_an_interval(make):
    frame, risk = make(1_500, seed=6)
    binned = evaluate_risk(frame, "sick", {"m": risk}, (), n_boot=1_500, bins=150).iloc[0]
    exact = evaluate_risk(frame, "sick", {"m": risk}, (), n_boot=1_500, bins=1_500).iloc[0]
    for value, name in {"auroc": "", "auprc": "auprc_", "brier": "brier_", "lift_5": "lift_5_"}.items() | {
        ("calibration_slope", "slope_"),
        ("calibration_in_large", "large_"),
    }:
        width = exact[f"{name}high"] - exact[f"{name}low"]
        assert binned[value] == pytest.approx(exact[value], abs=1e-9)
        assert binned[f"{name}high"] - binned[f"{name}low"] == pytest.approx(width, rel=0.12), value
        assert binned[f"{name}low"] == pytest.approx(exact[f"{name}low"], abs=0.1 * width), value


def test_rows_of_one_person_are_drawn_together(make):
    """Each person twice: as much is known as from once, and drawn by row it would look like √2 as much."""
    frame, risk = make(2_000, seed=9)
    twice, risks = pd.concat([frame, frame], ignore_index=True), {"m": np.tile(risk, 2)}
    whose = np.tile(np.arange(len(frame)), 2)
    once = evaluate_risk(frame, "sick", {"m": risk}, (), n_boot=1_000).iloc[0]
    people = evaluate_risk(twice.assign(person_id=whose), "sick", risks, (), n_boot=1_000).iloc[0]
    rows = evaluate_risk(twice, "sick", risks, (), n_boot=1_000).iloc[0]
    for name in ("", "auprc_", "brier_", "slope_", "large_", "lift_10_"):
        alone, together, loose = (r[f"{name}high"] - r[f"{name}low"] for r in (once, people, rows))
        assert together == pytest.approx(alone, rel=0.12), name
        assert loose == pytest.approx(alone / np.sqrt(2), rel=0.12), name


def test_people_drawn_by_hand():
    """Person 0 has an event and a non-event at 0.1, person 1 an event at 0.9: they come and go together."""
    cells = Tally(np.array([0.1, 0.9]), np.array([1.0, 1.0]), np.array([1.0, 0.0]))
    yes, no = draw_people(cells, np.array([True, False, True]), np.array([0, 0, 1]), 400, 0, "x")
    assert (yes[:, 0] == no[:, 0]).all()
    assert (no[:, 1] == 0).all()
    assert yes.mean(0) == pytest.approx([1, 1], abs=0.2)
    assert abs(np.corrcoef(yes.T)[0, 1]) < 0.2


def test_measures_of_people_refuse_two_rows_of_one(make):
    frame, risk = make(400, seed=3)
    twice = frame.assign(person_id=np.arange(400) // 2)
    with pytest.raises(ValueError, match="A decision curve takes one row a person, and 200 rows here"):
        decision_curve(twice, "sick", {"m": risk})
    with pytest.raises(ValueError, match="A calibration plot takes one row a person"):
        calibration_bins(twice, "sick", {"m": risk})


def test_width_shrinks_with_the_root_of_people(make):
    widths = []
    for n in (2_000, 32_000):
        frame, risk = make(n, seed=7)
        row = evaluate_risk(frame, "sick", {"m": risk}, (), n_boot=400).iloc[0]
        widths.append(row["high"] - row["low"])
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.25)


def test_the_same_bytes_whatever_else_is_asked_for(people):
    frame, risk = people
    options = {"groups": ("sex", "imd_quintile"), "n_boot": 30, "seed": 4, "bins": 100}
    both = evaluate_risk(frame, "sick", {"a": risk, "b": risk**2}, **options)
    again = evaluate_risk(frame, "sick", {"a": risk, "b": risk**2}, **options)
    pd.testing.assert_frame_equal(both, again, check_exact=True)
    alone = evaluate_risk(frame, "sick", {"b": risk**2}, **{**options, "groups": ("imd_quintile",)})
    kept = both[(both["model"] == "b") & (both["group"] != "sex")].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, alone, check_exact=True)
    other = evaluate_risk(frame, "sick", {"b": risk**2}, **{**options, "seed": 5})
    assert not np.allclose(other["low"].dropna(), kept["low"].dropna().iloc[0])


def test_the_same_bytes_on_one_thread_or_two():
    code = """
import numpy as np, pandas as pd
from analysis_lib.measures.performance import evaluate_risk
rng = np.random.default_rng(0)
risk = rng.beta(1, 9, 30_000)
frame = pd.DataFrame({"sick": rng.random(30_000) < risk})
print(evaluate_risk(frame, "sick", {"m": risk}, (), n_boot=60).T.to_csv(float_format=repr))
"""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    printed = [
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **dict.fromkeys(names, n)}, stdout=-1, check=True
        ).stdout
        for n in "12"
    ]
    assert b"slope_low" in printed[0]
    assert printed[0] == printed[1]


def test_limits_hold_the_value_and_stay_between_0_and_1(make):
    frame, _ = make(3_000, seed=8)
    perfect = np.where(frame["sick"], 0.8, 0.2) + np.random.default_rng(0).uniform(-0.1, 0.1, len(frame))
    row = evaluate_risk(frame, "sick", {"m": perfect}, (), n_boot=50, bins=40).iloc[0]
    assert (row["auroc"], row["high"], row["auprc"], row["auprc_high"]) == (1, 1, 1, 1)
    assert 0.99 < row["low"] <= 1
    assert row["brier_low"] < row["brier"] < row["brier_high"]
    assert np.isnan(row["calibration_slope"]), "a score that separates the outcomes has no slope"
