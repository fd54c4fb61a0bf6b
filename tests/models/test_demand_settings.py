"""Every setting at once: its own people and interactions, and what is left out of the table of drivers."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib import models
from analysis_lib.simulate.population import rates

AGES = ["0-4", "15-24", "25-34", "35-44", "75-84"]
BLOCKS = {"demographics": ["age_band", "sex"], "health need": ["has_copd"], "place": ["imd_decile"]}
TERMS = [term for block in BLOCKS.values() for term in block]


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(5)
    n = 4_000
    frame = pd.DataFrame(
        {
            "age_band": rng.choice(AGES, n),
            "sex": rng.choice(["F", "M"], n),
            "has_copd": rng.random(n) < 0.2,
            "imd_decile": rng.integers(1, 11, n),
            "years_at_risk": 1.0,
        }
    )
    frame["gp"] = rng.poisson(np.where(frame["has_copd"], 4.0, 2.0))
    frame["emergency"] = rng.poisson(0.3, n)
    frame["maternity"] = rng.poisson(0.5, n) * frame["sex"].eq("F") * frame["age_band"].str.match("[123]5")
    return models.add_interactions(frame)


def test_interactions_are_those_that_the_simulation_plants():
    asked = {
        name: (setting, {c: list(v) for c, v in when.items()}) for name, setting, when in models.INTERACTIONS
    }
    planted = models.planted_flags({"interactions": rates.INTERACTIONS})
    assert {name: when for name, (_, when) in asked.items()} == planted
    assert {term["name"]: term["setting"] for term in rates.INTERACTIONS} == {
        n: s for n, (s, _) in asked.items()
    }


def test_a_flag_needs_all_its_parts_and_all_its_columns(people):
    assert "heart_failure_75_and_over" not in people
    expected = people["has_copd"] & people["imd_decile"].isin([1, 2])
    assert people["copd_core20"].tolist() == expected.tolist()


def test_a_setting_has_its_own_people_and_terms(people):
    women = models.eligible(people, "maternity")
    assert set(women["sex"]) == {"F"}
    assert set(women["age_band"]) == {"15-24", "25-34", "35-44"}
    assert len(models.eligible(people, "gp")) == len(people)
    assert "sex" not in models.terms_for(people, "maternity", TERMS)
    assert models.terms_for(people, "emergency", TERMS)[-1] == "copd_core20"


def test_all_settings_together_are_the_settings_one_by_one(people):
    fits = models.fit_settings(people, ["gp", "maternity"], TERMS)
    alone = models.fit_demand(people, "gp", models.terms_for(people, "gp", TERMS))
    assert fits["gp"].coef == pytest.approx(alone.coef, abs=1e-8)
    assert fits["maternity"].n_trials == len(models.eligible(people, "maternity"))
    drivers = models.list_drivers(fits, BLOCKS, {"gp": {"has_copd": np.log(2)}})
    row = drivers[(drivers["setting"] == "gp") & (drivers["term"] == "has_copd")].iloc[0]
    assert (row["block"], row["planted"]) == ("health need", pytest.approx(2))
    assert row["low"] < 2 < row["high"]
    assert drivers["low"].notna().all()
    assert set(drivers.loc[drivers["term"] == "male_15_44", "block"]) == {"interaction"}
    assert models.list_drivers(fits, BLOCKS)["planted"].isna().all()


def test_checks_and_need_are_of_a_settings_own_people(people):
    fits = models.fit_settings(people, ["gp", "maternity"], TERMS)
    checked = models.check_fits(fits, people).set_index("setting")
    assert checked["n_people"].tolist() == [len(people), len(models.eligible(people, "maternity"))]
    adjusted = models.adjust_for_need(fits, people, ["age_band", "sex", "has_copd"])
    total = adjusted.groupby("setting")[["events", "expected"]].sum()
    assert total["expected"].tolist() == pytest.approx(total["events"].tolist())


def test_a_setting_too_rare_to_hold_out_has_no_row(people):
    rare = people.assign(emergency=0)
    explained = models.evaluate_blocks(rare, ["gp", "emergency"], BLOCKS)
    assert set(explained["setting"]) == {"gp"}
    assert explained["block"].tolist() == list(BLOCKS)


def test_next_year_moves_with_the_change_of_the_year_before(people):
    doubled = people.assign(gp=2 * people["gp"])
    predicted = models.predict_next_year(
        people, doubled, doubled.assign(gp=4 * people["gp"]), ["gp"], TERMS, "sex"
    )
    by_method = predicted.groupby("method")[["expected", "observed"]].sum()
    assert by_method["expected"].tolist() == pytest.approx([4 * people["gp"].sum()] * 2, rel=0.01)
    assert set(by_method.index) == {"model", "rate of last year"}


def test_a_setting_is_modelled_with_what_its_contacts_can_carry(people):
    few = people.assign(emergency=0)
    few.loc[few.index[:9], "emergency"] = 1
    fits = models.fit_settings(few, ["gp", "emergency"], TERMS)
    assert list(fits) == ["gp"]
    with pytest.raises(models.ModelDidNotFit, match="too few, or have too few contacts"):
        fits["emergency"]
    with pytest.raises(models.ModelDidNotFit, match="for a model of any setting"):
        models.fit_settings(few, ["emergency"], TERMS)
    # A condition whose people have nine contacts is left out, and its people stay.
    rare = people.assign(
        has_copd=np.arange(len(people)) < 3, gp=np.where(np.arange(len(people)) < 3, 3, people["gp"])
    )
    fit = models.fit_settings(models.add_interactions(rare), ["gp"], TERMS)["gp"]
    assert "has_copd" not in fit.terms
    assert fit.n_trials == len(people)


def test_people_without_a_decile_are_left_out_and_a_rare_decile_is(people):
    decile = people["imd_decile"].astype("Int32")
    some = people.assign(imd_decile=decile.mask(np.arange(len(people)) < 100))
    fits = models.fit_settings(some, ["gp"], TERMS, {"imd_decile": 10, "sex": "X"})
    assert fits["gp"].n_trials == len(people) - 100
    levels = models.reference_levels(fits)
    assert (levels["imd_decile"], levels["sex"]) == (10, people["sex"].iloc[100:].mode().iloc[0])
    most = people.assign(imd_decile=decile.mask(np.arange(len(people)) < 2_001))
    fit = models.fit_settings(most, ["gp"], TERMS)["gp"]
    assert (fit.n_trials, "imd_decile" in fit.terms) == (len(people), False)
    assert set(models.evaluate_blocks(most, ["gp"], BLOCKS)["block"]) == {"demographics", "health need"}
    # Nobody is expected to have contacts whose decile is not known, where the model knows deciles.
    assert np.isnan(models.expected_counts(fits["gp"], some)).sum() == 100


def test_a_year_without_contacts_of_a_setting_leaves_that_setting_out(people):
    none = people.assign(emergency=0)
    predicted = models.predict_next_year(none, people, people, ["gp", "emergency"], TERMS, "sex")
    assert set(predicted["setting"]) == {"gp"}
    with pytest.raises(models.ModelDidNotFit, match="what the next would bring"):
        models.predict_next_year(none, people, people, ["emergency"], TERMS, "sex")
