"""Planted rate ratios and dispersion are recovered at the nominal rate."""

import numpy as np
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
