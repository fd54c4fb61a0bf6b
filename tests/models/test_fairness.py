"""Who is listed, error rates by group, and need at equal risk: by hand and against scikit-learn."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import confusion_matrix

from analysis_lib.measures import wilson_interval
from analysis_lib.models.fairness import (
    cost_need,
    evaluate_fairness,
    list_by_deprivation,
    list_top,
    need_at_equal_risk,
)


def make_people(n, seed, held_back=0.0):
    """People whose need rises with deprivation; `held_back` of it does not become cost in Core20."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"imd_quintile": rng.integers(1, 6, n), "sex": rng.choice(["F", "M"], n)})
    frame["core20"] = frame["imd_quintile"] == 1
    need = rng.normal(0, 1, n) + 0.3 * frame["core20"]
    frame["n_conditions"] = rng.poisson(np.exp(0.5 * need))
    frame["next_emergency"] = rng.random(n) < expit(need - 2)
    seen = need - held_back * frame["core20"]
    frame["next_cost_gbp"] = 500 * np.exp(seen)
    frame["next_high_cost"] = rng.random(n) < expit(1.5 * seen - 3)
    return frame, expit(1.5 * seen.to_numpy() - 3)


@pytest.fixture(scope="module")
def people():
    return make_people(20_000, seed=1)


def test_a_list_has_the_length_there_is_room_for():
    score = np.array([0.9, 0.1, 0.5, 0.5, 0.5, 0.2, 0.2, 0.1, 0.1, 0.1])
    assert list_top(score, 0.1).tolist() == [True, *[False] * 9]
    drawn = np.array([list_top(score, 0.3, seed) for seed in range(200)])
    assert (drawn.sum(axis=1) == 3).all()
    assert drawn[:, 0].all()
    assert not drawn[:, [1, 5, 6, 7, 8, 9]].any()
    assert 0.55 < drawn[:, 2:5].mean() < 0.78, "two of the three who tie, by lot"
    assert (list_top(score, 0.3, 5) == list_top(score, 0.3, 5)).all()
    assert not list_top(score[:5], 0.1).any()
    with pytest.raises(ValueError, match=r"such as 0\.05"):
        list_top(score, 5)


def test_error_rates_are_those_of_the_rows(people):
    frame, risk = people
    table = evaluate_fairness(frame, "next_high_cost", {"m": risk}, groups=["sex", "imd_quintile"])
    assert table["level"].tolist() == ["all", "F", "M", *"12345"]
    listed, event = list_top(risk), frame["next_high_cost"].to_numpy()
    for row in table.itertuples():
        here = np.full(len(frame), True)
        if row.group != "all":
            here = (frame[row.group].astype(str) == row.level).to_numpy()
        tn, fp, fn, tp = confusion_matrix(event[here], listed[here]).ravel()
        assert (row.n, row.n_events, row.n_listed, row.n_found) == (tn + fp + fn + tp, fn + tp, fp + tp, tp)
        assert row.selection_rate == pytest.approx((fp + tp) / row.n, abs=1e-15)
        assert row.recall == pytest.approx(tp / (tp + fn), abs=1e-15)
        assert row.false_positive_rate == pytest.approx(fp / (fp + tn), abs=1e-15)
        assert row.precision == pytest.approx(tp / (tp + fp), abs=1e-15)
        assert (row.recall_low, row.recall_high) == pytest.approx(wilson_interval(tp, tp + fn))
        assert row.oe == pytest.approx(event[here].sum() / risk[here].sum())
        assert row.threshold_share == 0.05
    assert table.loc[0, "n_listed"] == 1_000


def test_small_groups_are_counted_and_ranks_have_no_expected_events(people):
    frame, risk = people
    small = frame.assign(sex=np.where(frame.index < 12, "not stated", frame["sex"]))
    risks = {"m": risk, "n_conditions": 40 * risk}
    table = evaluate_fairness(small, "next_high_cost", risks, groups=["sex"])
    rates = ["recall", "recall_low", "recall_high", "false_positive_rate", "precision", "oe"]
    few = table["level"] == "not stated"
    assert table.loc[few, "n"].tolist() == [12, 12]
    assert table.loc[few, rates].isna().all(axis=None)
    assert table.loc[~few, "recall"].notna().all()
    assert table["oe"].notna().tolist() == [True, True, True, False, *[False] * 4]


def test_composition_of_a_list_by_hand():
    frame = pd.DataFrame({"imd_quintile": [1, 1, 1, 1, 5, 5, 5, 5, 5, 5], "sick": [True] * 3 + [False] * 7})
    risk = np.array([0.9, 0.8, 0.1, 0.1, 0.7, 0.6, 0.1, 0.1, 0.1, 0.1])
    table = list_by_deprivation(frame, "sick", {"m": risk}, share=0.3)
    assert table["imd_quintile"].tolist() == ["1", "5"]
    assert table[["n", "n_events", "n_listed"]].to_numpy().tolist() == [[4, 3, 2], [6, 0, 1]]
    assert table["share_of_list"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table["share_of_people"].tolist() == pytest.approx([0.4, 0.6])
    assert table["share_of_events"].tolist() == [1, 0]
    # What each person adds for quintile 1: twice (1 − 2/3) ÷ 3 of who is both, 0 of the third ill one, and
    # −2/3 ÷ 3 of who is listed from quintile 5. The root of the sum of squares is √6 ÷ 9.
    assert table["list_difference"].tolist() == pytest.approx([-1 / 3, 1 / 3])
    half = table["list_difference_high"] - table["list_difference"]
    assert half.tolist() == pytest.approx([1.959964 * np.sqrt(6) / 9] * 2)
    assert table.loc[0, "list_difference_low"] == pytest.approx(-1 / 3 - half[0])


def test_need_by_risk_by_hand():
    frame = pd.DataFrame(
        {
            "core20": [True, True, False, False] * 2,
            "next_emergency": [True, False, False, False, True, True, True, False],
            "n_conditions": [2, 4, 1, 1, 5, 5, 2, 4],
            "next_cost_gbp": [100.0, 300, 0, 400, 900, 1_100, 500, 1_500],
        }
    )
    risks = {"m": np.repeat([0.1, 0.6], 4), "last_year_cost": np.repeat(7.0, 8)}
    table = cost_need(frame, risks, n_bins=2, fewest=0)
    model = table[table["model"] == "m"]
    assert model["risk_bin"].tolist() == [1, 1, 2, 2]
    assert model["core20"].tolist() == [False, True, False, True]
    assert model["n"].tolist() == [2] * 4
    assert model["n_events"].tolist() == [0, 1, 1, 2]
    assert model["emergency_rate"].tolist() == [0, 0.5, 0.5, 1]
    assert model["mean_conditions"].tolist() == [1, 3, 3, 5]
    assert model["mean_cost_gbp"].tolist() == [200, 200, 1_000, 1_000]
    assert table.loc[table["model"] == "last_year_cost", "risk_bin"].tolist() == [1, 1], "all tie"
    ratios = need_at_equal_risk(frame, {"m": risks["m"]}, n_bins=2, fewest=0).set_index("measure")
    assert ratios["ratio"].tolist() == pytest.approx([3 / 1, 16 / 8, 1])
    assert ratios["core20"].tolist() == pytest.approx([3 / 4, 4, 600])
    assert (ratios[["n", "n_events"]] == [4, 3]).all(axis=None)
    hidden = cost_need(frame, risks, n_bins=2)
    assert hidden[["emergency_rate", "mean_conditions", "mean_cost_gbp"]].isna().all(axis=None)
    assert need_at_equal_risk(frame, risks, n_bins=2)["ratio"].isna().all()


def test_cost_as_a_label_hides_need_that_did_not_become_cost():
    fair, hidden = (make_people(60_000, 2, held_back) for held_back in (0.0, 0.5))
    same = need_at_equal_risk(fair[0], {"m": fair[1]}).set_index("measure")
    assert same.loc["emergency_rate", "low"] < 1 < same.loc["emergency_rate", "high"]
    found = need_at_equal_risk(hidden[0], {"m": hidden[1]}).set_index("measure")
    assert found.loc["emergency_rate", "low"] > 1.2
    assert found.loc["mean_conditions", "ratio"] == pytest.approx(np.exp(0.5 * 0.5), rel=0.05)
    assert found.loc["mean_cost_gbp", "ratio"] == pytest.approx(1, abs=0.02), "the label itself looks fair"


def test_need_intervals_cover_no_difference():
    hits = 0
    for seed in range(60):
        frame, risk = make_people(3_000, seed)
        row = need_at_equal_risk(frame, {"m": risk}, n_bins=50).iloc[0]
        hits += row["low"] <= 1 <= row["high"]
    assert 52 <= hits <= 60


def test_importing_the_room_loads_no_heavy_package():
    code = (
        "import sys, analysis_lib.models.fairness, analysis_lib.measures.performance; "
        "sys.exit(bool({'fairlearn', 'sklearn', 'shap'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
