"""Planted rate ratios and dispersion are recovered at the nominal rate."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.models import (
    add_flags,
    coefficients,
    fit_demand,
    list_drivers,
    planted_drivers,
    planted_flags,
)


def compare(fits, truth):
    """Drivers whose effect is planted, and whether its interval holds it."""
    table = list_drivers(fits, {}, truth)
    table = table[table["planted"].notna()]
    return table.assign(covered=table["planted"].between(table["low"], table["high"]))


def covered_and_asked(simulate, planted, model, seeds, n=6_000):
    held = asked = 0
    alphas = []
    for seed in seeds:
        frame = simulate(n, seed)
        fits = {setting: fit_demand(frame, setting, **model) for setting in ("gp", "ae")}
        table = compare(fits, planted)
        held, asked = held + int(table["covered"].sum()), asked + len(table)
        half = 1.96 * fits["gp"].alpha_se_log
        alphas.append(abs(np.log(fits["gp"].alpha / 0.75)) <= half)
    return held, asked, np.mean(alphas)


def test_planted_effects_lie_within_intervals(simulate_people, planted, model):
    held, asked, _ = covered_and_asked(simulate_people, planted, model, range(100, 104))
    assert asked == 4 * 2 * (5 + 1 + 2 + 9 + 1 + 1)
    # 152 intervals: 95% less three binomial standard errors.
    assert held / asked > 0.95 - 3 * np.sqrt(0.95 * 0.05 / asked)


@pytest.mark.slow
def test_intervals_cover_at_the_nominal_rate(simulate_people, planted, model):
    held, asked, alpha = covered_and_asked(simulate_people, planted, model, range(200, 240))
    # Estimates of one seed share a reference, so they are fewer than they seem: four standard errors.
    assert held / asked == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / asked))
    assert alpha >= 0.85


def in_areas(people, planted, seed, n_areas=60, sd=0.25):
    """The same people in areas that lie in one decile each, with contacts that areas raise or lower."""
    rng = np.random.default_rng(seed)
    people = people.assign(msoa=rng.integers(0, n_areas // 10, len(people)) * 10 + people["imd_decile"])
    effect = np.exp(sd * rng.standard_normal(n_areas + 11))[people["msoa"]]
    linear = np.full(len(people), 1.0)
    for term, levels in planted["gp"].items():
        linear += people[term].astype(str).map(levels).fillna(0.0).to_numpy(float)
    mean = np.exp(linear) * effect * people["years_at_risk"]
    return people.assign(gp=rng.poisson(mean * rng.gamma(2, 0.5, len(people))))


def deciles_held(simulate, planted, model, seeds, **others):
    held = {"cluster": [], "likelihood": []}
    for seed in seeds:
        frame = in_areas(simulate(6_000, seed), planted, seed, **others)
        fit = fit_demand(frame, "gp", **model, cluster="msoa")
        for kind, inside in held.items():
            table = coefficients(fit, interval=kind)
            table = table[(table["term"] == "imd_decile") & table["low"].notna()]
            effects = table["level"].map(lambda decile: 0.02 * (10 - decile))
            inside += effects.between(table["low"], table["high"]).tolist()
    return {kind: np.mean(inside) for kind, inside in held.items()}


@pytest.mark.parametrize(
    ("seeds", "least"), [(range(8), 0.85), pytest.param(range(60), 0.92, marks=pytest.mark.slow)]
)
def test_errors_clustered_by_area_hold_what_areas_blur(simulate_people, planted, model, seeds, least):
    held = deciles_held(simulate_people, planted, model, seeds)
    assert held["likelihood"] < 0.7
    assert least < held["cluster"] <= 1


def test_clustered_errors_by_hand():
    """One rate: leaving out one of 20 areas at a time moves its logarithm as worked out here."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"msoa": np.repeat(np.arange(20), 50), "years_at_risk": 1.0})
    frame["half"] = np.arange(1_000) % 2 == 0
    frame["gp"] = rng.poisson(2.0 * np.exp(0.5 * rng.standard_normal(20))[frame["msoa"]])
    fit = fit_demand(frame, "gp", ["half"], family="poisson", cluster="msoa")
    assert (fit.interval, fit.n_clusters) == ("cluster", 20)
    cov, quantile = fit.covariance()
    assert quantile == pytest.approx(2.093024)  # Student's t, 19 degrees of freedom
    # The rate of each half on its own: a step of Newton's method without area g is (events of g - expected
    # of g) / expected of the others.
    rows = frame.pivot_table("gp", "half", "msoa", aggfunc="sum")
    expected = rows.mean(axis=1)
    moved = (rows.sub(expected, axis=0)).div(19 * expected, axis=0)
    variance = 19 / 20 * (moved**2).sum(axis=1)
    assert cov[0, 0] == pytest.approx(variance[False], rel=1e-4)
    both = 19 / 20 * ((moved.loc[True] - moved.loc[False]) ** 2).sum()
    # Areas raise both halves alike: independent people would differ more, and that is the least.
    least = np.sum(1 / rows.sum(axis=1))
    assert cov[1, 1] == pytest.approx(max(both, least), rel=1e-4)


def test_few_areas_give_errors_of_independent_people(people, model):
    few = people.assign(msoa=people["imd_decile"])
    fit = fit_demand(few, "gp", **model, cluster="msoa")
    assert fit.interval == "likelihood"
    assert "msoa has fewer than 20 levels: people are taken as independent." in fit.notes
    alone = fit_demand(people, "gp", **model)
    np.testing.assert_allclose(fit.coef, alone.coef, atol=1e-7)
    np.testing.assert_allclose(fit.covariance()[0], alone.covariance()[0], rtol=1e-6)


def test_a_level_of_one_area_keeps_the_error_of_its_people(people, model):
    frame = people.assign(only=people["msoa"] == people["msoa"].iloc[0])
    terms = [*model["terms"], "only"]
    fit = fit_demand(frame, "gp", terms, reference=model["reference"], cluster="msoa")
    alone = fit_demand(frame, "gp", terms, reference=model["reference"])
    place = fit.design.places["only"]
    ours, theirs = (np.sqrt(np.diag(f.covariance()[0])[place]) for f in (fit, alone))
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_a_wrong_truth_is_not_covered(people, planted, model):
    fits = {"gp": fit_demand(people, "gp", **model)}
    wrong = {"gp": {"copd": {"True": -0.35}, "dementia": {"True": 0.25}}}
    table = compare(fits, wrong).set_index("term")
    assert not table.loc["copd", "covered"]
    assert table.loc["copd", "planted"] == pytest.approx(np.exp(-0.35))
    assert table.loc["dementia", "covered"]
    with pytest.raises(KeyError, match="no log rate ratios"):
        compare(fits, {"gp": {"weather": {"rain": 1}}})


def test_truth_may_have_any_constant_and_flags_a_bare_number(people, model):
    fits = {"ae": fit_demand(people, "ae", **model)}
    table = compare(fits, {"ae": {"copd": 0.3, "sex": {"F": 7.0, "M": 7.05}}})
    assert table["planted"].tolist() == pytest.approx([np.exp(0.05), np.exp(0.3)])
    assert table["term"].tolist() == ["sex", "copd"]


def test_rate_ratios_name_counts_and_references(people, model):
    fit = fit_demand(people, "gp", **model)
    table = coefficients(fit)
    first = table[table["term"] == "imd_decile"].iloc[0]
    assert (first["level"], first["ratio"]) == (10, 1.0)
    assert np.isnan(first["low"])
    assert table.groupby("term")["trials"].sum().unique().tolist() == [6_000]
    assert table.groupby("term")["events"].sum().unique().tolist() == [people["gp"].sum()]
    shown = list_drivers({"gp": fit}, {"need": ["copd", "dementia"]})
    assert shown.loc[shown["term"] == "copd", "block"].unique().tolist() == ["need"]
    assert "10" not in shown.loc[shown["term"] == "imd_decile", "level"].tolist()


# The parts of a simulated population's truth.json that say what drives contacts.
STATED = {
    "contacts": {
        "settings": {
            "gp": {
                "intercept": 1.0,
                "alpha": 0.75,
                "year": {"2024-04-01": 0.04},
                "sex": {"F": 0.0, "M": -0.2},
                "imd_decile": {"1": 0.18, "10": 0.0},
                "condition": {"copd": 0.35},
            }
        }
    },
    "interactions": [
        {
            "name": "copd_core20",
            "setting": "gp",
            "when": {"conditions": ["copd"], "imd_decile": [1, 2]},
            "log_rate": 0.25,
        }
    ],
    "area": {"effect": {"E02": {"gp": 0.01}}},
}


def test_truth_of_a_simulated_population_is_read():
    found = planted_drivers(STATED)["gp"]
    assert found["has_copd"] == 0.35
    assert found["sex"] == {"F": 0.0, "M": -0.2}
    assert found["copd_core20"] == 0.25
    assert found["msoa"] == {"E02": 0.01}
    assert planted_flags(STATED) == {"copd_core20": {"imd_decile": [1, 2], "has_copd": [True]}}


def test_a_model_without_areas_is_held_to_the_gradient_across_areas():
    shifted = {
        "sex": {"F": 0.0, "M": -0.19},
        "imd_decile": {"1": 0.25, "10": 0.0},
        "condition": {"copd": 0.36},
    }
    shifted |= {"intercept": 0.9, "interactions": {"copd_core20": 0.24}}
    found = planted_drivers({**STATED, "across_areas": {"settings": {"gp": shifted}}})["gp"]
    assert (found["imd_decile"], found["has_copd"]) == ({"1": 0.25, "10": 0.0}, 0.36)
    assert (found["copd_core20"], found["sex"]["M"]) == (0.24, -0.19)
    assert "interactions" not in found


def test_flags_of_interactions_by_hand(people):
    frame = add_flags(people.rename(columns={"copd": "has_copd"}), planted_flags(STATED))
    assert frame["copd_core20"].sum() == (people["copd"] & (people["imd_decile"] <= 2)).sum()
    assert "copd_core20" not in people
    with pytest.raises(KeyError, match="has_gout"):
        add_flags(people, {"odd": {"has_gout": [True]}})


def test_an_interaction_as_a_flag_is_recovered(simulate_people, model):
    people = add_flags(simulate_people(40_000, 9), {"old_male": {"sex": ["M"], "age_band": ["65-84", "85+"]}})
    rng = np.random.default_rng(0)
    people["gp"] = people["gp"] + rng.poisson(people["gp"] * 0.3 * people["old_male"])
    fit = fit_demand(people, "gp", [*model["terms"], "old_male"], reference=model["reference"])
    row = list_drivers({"gp": fit}, {}).query("term == 'old_male' and level == 'True'").iloc[0]
    assert row["low"] < 1.3 < row["high"]
    assert row["low"] > 1.1
