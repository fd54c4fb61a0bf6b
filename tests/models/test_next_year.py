"""Next year's demand: intervals hold what happens; baselines by hand; need-adjusted inequality."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import slope_index
from analysis_lib.models import (
    adjust_for_need,
    carry_forward,
    fit_demand,
    predict_demand,
    score_demand,
    year_change,
)

COHORT = ["age_band", "copd"]


def two_years(simulate, seed, n=5_000):
    return simulate(n, seed), simulate(n, seed + 10_000)


def covered(simulate, model, seeds, predict):
    scores = [score_demand(predict(*two_years(simulate, seed), model)) for seed in seeds]
    return sum(s["n_covered"].iloc[0] for s in scores), sum(s["n_cohorts"].iloc[0] for s in scores)


def by_model(before, after, model):
    return predict_demand(fit_demand(before, "gp", **model), after, COHORT)


def by_rate(before, after, model):
    return carry_forward(before, after, "gp", COHORT)


@pytest.mark.parametrize("predict", [by_model, by_rate])
@pytest.mark.parametrize("seeds", [range(5), pytest.param(range(40), marks=pytest.mark.slow)])
def test_intervals_hold_what_happens(simulate_people, model, predict, seeds):
    held, asked = covered(simulate_people, model, seeds, predict)
    assert asked >= 10 * len(seeds)
    error = np.sqrt(0.95 * 0.05 / asked)
    # The rate of a small cohort is skewed; its interval is allowed to fall a little short.
    assert 0.95 - 3 * error - (0.02 if predict is by_rate else 0) < held / asked <= 1
    if len(seeds) > 10 and predict is by_model:
        assert held / asked == pytest.approx(0.95, abs=4 * error)


def test_an_interval_without_dispersion_would_be_too_narrow(simulate_people, model):
    def poisson(before, after, model):
        return predict_demand(fit_demand(before, "gp", **model, family="poisson"), after, COHORT)

    held, asked = covered(simulate_people, model, range(5), poisson)
    assert held / asked < 0.85


def test_prediction_by_hand():
    # Before: 20 events of 10 people, so rate 2 with variance of its logarithm 1/20.
    before = pd.DataFrame(
        {"old": [False] * 10 + [True] * 10, "gp": [2] * 10 + [3] * 10, "years_at_risk": 1.0}
    )
    after = pd.DataFrame({"old": [False] * 40, "years_at_risk": 0.5, "gp": 1})
    found = predict_demand(fit_demand(before, "gp", ["old"], family="poisson"), after, "old").iloc[0]
    assert (found["expected"], found["n_people"], found["observed"]) == (pytest.approx(40), 40, 40)
    # Variance 40 + 40^2 / 20 = 120; a negative binomial with it has these quantiles.
    assert (found["low"], found["high"]) == (21, 64)
    changed = predict_demand(
        fit_demand(before, "gp", ["old"], family="poisson"), after, "old", change=1.1, change_se=0.2
    ).iloc[0]
    assert changed["expected"] == pytest.approx(44)
    assert changed["high"] - changed["low"] > 64 - 21


def test_baseline_by_hand():
    before = pd.DataFrame({"old": [False, False, True], "gp": [1, 3, 5], "years_at_risk": [1.0, 1.0, 0.5]})
    after = pd.DataFrame({"old": [False] * 3 + [True], "years_at_risk": 1.0, "gp": [2, 2, 5, 8]})
    found = carry_forward(before, after, "gp", "old", change=1.5)
    assert found["expected"].tolist() == [9.0, 15.0]
    assert found["observed"].tolist() == [9, 8]
    # No variance between the two people: limits are those of counts with mean 9.
    assert found["low"].iloc[0] <= 4
    new = carry_forward(before, after.assign(old=["new", "new", "new", "new"]), "gp", "old")
    assert new[["expected", "low", "high"]].iloc[0].isna().all()


@pytest.mark.filterwarnings("error")
def test_where_none_is_expected_none_comes():
    before = pd.DataFrame({"old": [False, True], "gp": [0, 5], "years_at_risk": 1.0})
    after = pd.DataFrame({"old": [False, True], "gp": [2, 4], "years_at_risk": 1.0})
    found = carry_forward(before, after, "gp", "old")
    assert found.loc[0, ["expected", "low", "high"]].tolist() == [0, 0, 0]
    assert found.loc[1, "high"] > 5


def test_change_between_years_by_hand():
    before = pd.DataFrame({"gp": [1, 3], "years_at_risk": [1.0, 1.0]})
    after = pd.DataFrame({"gp": [2, 4], "years_at_risk": [1.0, 1.0]})
    change, error = year_change(before, after, "gp")
    assert change == 1.5
    # Deviations -1, 1 in both years: sqrt(2) / 4 and sqrt(2) / 6.
    assert error == pytest.approx(np.sqrt(2 / 16 + 2 / 36))
    with pytest.raises(ValueError, match="no events"):
        year_change(before.assign(gp=0), after, "gp")


def test_scores_by_hand():
    rows = pd.DataFrame(
        {
            "setting": "gp",
            "method": "model",
            "expected": [90.0, 220.0, 5.0],
            "low": [80, 205, 1],
            "high": [105, 240, 9],
            "observed": [100, 200, 4],
        }
    )
    found = score_demand(rows).iloc[0]
    assert (found["n_cohorts"], found["n_covered"], found["covered"]) == (2, 1, 0.5)
    assert found["mape"] == pytest.approx((0.1 + 0.1) / 2)
    assert found["weighted_error"] == pytest.approx(30 / 300)


def test_cohorts_need_labels(people, model):
    fit = fit_demand(people, "gp", **model)
    with pytest.raises(ValueError, match="no cohort"):
        predict_demand(fit, people.assign(team=None), "team")


NEED = ["age_band", "sex", "copd", "dementia"]


def test_need_alone_leaves_no_inequality(simulate_people, model):
    """Deprived people have more COPD; with no effect of deprivation itself, need explains all of it."""
    people = simulate_people(40_000, seed=3)
    rng = np.random.default_rng(8)
    people["copd"] = rng.random(len(people)) < 0.03 * (11 - people["imd_decile"])
    mean = np.exp(0.5 + 1.0 * people["copd"]) * people["years_at_risk"]
    people["gp"] = rng.poisson(mean * rng.gamma(1 / 0.5, 0.5, len(people)))
    crude = people.groupby("imd_decile")[["gp", "years_at_risk"]].sum()
    crude = crude["gp"] / crude["years_at_risk"]
    assert crude[1] > 1.3 * crude[10]
    table = adjust_for_need({"gp": fit_demand(people, "gp", **model)}, people, NEED)
    left = slope_index(table).iloc[0]
    assert left["rii_low"] < 1 < left["rii_high"]
    assert table["events"].sum() == people["gp"].sum()
    assert table["expected"].sum() == pytest.approx(people["gp"].sum())


def test_what_is_left_is_the_planted_effect_of_deprivation(simulate_people, model):
    people = simulate_people(60_000, seed=4)
    table = adjust_for_need({"ae": fit_demand(people, "ae", **model)}, people, NEED).set_index("imd_decile")
    ratio = table.loc[1, "oe"] / table.loc[10, "oe"]
    spread = np.hypot(*(table.loc[d, "se"] / table.loc[d, "rate_per_1000"] for d in (1, 10)))
    assert abs(np.log(ratio) - 0.54) < 3 * spread
    assert (table["low"] < table["oe"]).all()


def test_need_must_be_in_the_model(people, model):
    fit = fit_demand(people, "gp", **model)
    with pytest.raises(KeyError, match="weather"):
        adjust_for_need({"gp": fit}, people, ["age_band", "weather"])
