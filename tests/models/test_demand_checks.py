"""Zeros, dispersion and deviance out of sample."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.models import check_fits, evaluate_blocks, expected_counts, fit_demand


@pytest.fixture(scope="module")
def fits(people, model):
    return {family: fit_demand(people, "gp", **model, family=family) for family in ("nb2", "poisson")}


def test_expected_counts_by_hand():
    frame = pd.DataFrame({"old": [False] * 4 + [True] * 2, "gp": [1, 2, 2, 3, 2, 4], "years_at_risk": 1.0})
    fit = fit_demand(frame, "gp", ["old"], family="poisson")
    asked = pd.DataFrame({"old": [True, False, False, "who knows"], "years_at_risk": [0.5, 2.0, 0.0, 1.0]})
    np.testing.assert_allclose(expected_counts(fit, asked), [1.5, 4.0, np.nan, np.nan])
    np.testing.assert_allclose(expected_counts(fit, asked, of=[]), [1.0, 4.0, np.nan, np.nan])
    with pytest.raises(KeyError, match="old"):
        expected_counts(fit, frame.drop(columns="old"))


def test_poisson_expects_as_many_events_as_there_were(people, fits):
    assert expected_counts(fits["poisson"], people).sum() == pytest.approx(people["gp"].sum())


def test_the_planted_model_has_the_zeros_and_the_variance_that_it_says(people, fits):
    good, bad = (check_fits({"gp": fits[family]}, people).iloc[0] for family in ("nb2", "poisson"))
    assert good["zeros_observed"] == (people["gp"] == 0).sum() == bad["zeros_observed"]
    assert good["zero_ratio"] == pytest.approx(1, abs=0.06)
    assert bad["zero_ratio"] > 1.5
    assert good["pearson_per_df"] == pytest.approx(1, abs=0.08)
    assert bad["pearson_per_df"] > 2
    assert good["alpha_low"] < 0.75 < good["alpha_high"]


def test_zero_inflation_is_seen(people, model):
    extra = people.assign(gp=np.where(np.arange(len(people)) % 3 == 0, 0, people["gp"] + 2))
    found = check_fits({"gp": fit_demand(extra, "gp", **model)}, extra).iloc[0]
    assert found["zero_ratio"] > 1.1


def test_blocks_add_what_is_planted_and_noise_adds_nothing(simulate_people, model):
    people = simulate_people(20_000, seed=5)
    people["noise"] = np.random.default_rng(0).integers(0, 30, len(people))
    blocks = {
        "demographics": ["age_band", "sex", "ethnic_group"],
        "health need": ["copd", "dementia"],
        "place": ["imd_decile"],
        "noise": ["noise"],
    }
    table = evaluate_blocks(people, ["ae"], blocks, reference=model["reference"]).set_index("block")
    assert (table.loc[["demographics", "health need", "place"], "added"] > 0.002).all()
    assert table.loc["noise", "added"] < 0.001
    assert table["added"].sum() == pytest.approx(table["so_far"].iloc[-1])
    assert table.loc["demographics", "alone"] == table.loc["demographics", "so_far"]
    assert table["n_train"].iloc[0] + table["n_test"].iloc[0] == len(people)


def test_deviance_explained_by_hand():
    """With one binary term and rates of the training people, the Poisson deviance is worked out in full."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"old": rng.random(400) < 0.5, "years_at_risk": 1.0})
    frame["gp"] = rng.poisson(np.where(frame["old"], 4, 1))
    found = evaluate_blocks(frame, ["gp"], {"age": ["old"]}, family="poisson", seed=9).iloc[0]
    test = np.random.default_rng(9).random(400) < 0.3
    seen, unseen = frame[~test], frame[test]

    def deviance(mean):
        y = unseen["gp"].to_numpy(float)
        return 2 * np.sum(np.where(y > 0, y * np.log(np.maximum(y, 1) / mean), 0) - (y - mean))

    model = deviance(unseen["old"].map(seen.groupby("old")["gp"].mean()).to_numpy())
    assert found["so_far"] == pytest.approx(1 - model / deviance(seen["gp"].mean()))
