"""Grouped fits equal fits on rows; refusals; what is left out."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis_lib.models import (
    ModelDidNotFit,
    add_flags,
    coefficients,
    count_patterns,
    expected_counts,
    fit_demand,
    list_drivers,
)


def design_of(fit, frame):
    return fit.design.matrix(fit.design.code(frame)).toarray()


@pytest.mark.parametrize("setting", ["gp", "ae"])
def test_poisson_equals_statsmodels_on_rows(people, model, setting):
    fit = fit_demand(people, setting, **model, family="poisson")
    x = design_of(fit, people)
    rows = sm.Poisson(people[setting], x, exposure=people["years_at_risk"]).fit(disp=0)
    np.testing.assert_allclose(fit.coef, rows.params, atol=1e-8)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance()[0])), rows.bse, rtol=1e-6)
    assert fit.log_likelihood == pytest.approx(rows.llf)
    assert len(fit.cells.trials) < len(people) / 2


@pytest.mark.parametrize("setting", ["gp", "ae"])
def test_nb2_equals_statsmodels_on_rows(people, model, setting):
    fit = fit_demand(people, setting, **model)
    x = design_of(fit, people)
    on_rows = sm.NegativeBinomial(people[setting], x, exposure=people["years_at_risk"])
    # BFGS stops early: it is started near by, and given a tighter tolerance.
    start = np.append(np.round(fit.coef, 2), round(fit.alpha, 2))
    rows = on_rows.fit(start_params=start, disp=0, maxiter=500, gtol=1e-7)
    np.testing.assert_allclose(np.append(fit.coef, fit.alpha), rows.params, atol=1e-4)
    spread = np.append(np.sqrt(np.diag(fit.covariance()[0])), fit.alpha * fit.alpha_se_log)
    np.testing.assert_allclose(spread, rows.bse, rtol=0.01)
    assert fit.log_likelihood == pytest.approx(rows.llf, abs=1e-4)
    assert fit.log_likelihood >= rows.llf - 1e-7


def test_an_interaction_is_a_flag_of_those_who_have_both(people):
    frame = add_flags(people, {"male_copd": {"sex": ["M"], "copd": [True]}})
    fit = fit_demand(frame, "gp", ("sex", "copd", "imd_decile", "male_copd"))
    sex, copd = people["sex"] == "M", people["copd"]
    x = np.column_stack(
        [np.ones(len(people)), sex, copd, *(people["imd_decile"] == d for d in range(2, 11)), sex & copd]
    ).astype(float)
    start = np.append(np.round(fit.coef, 2), 0.8)
    rows = sm.NegativeBinomial(people["gp"], x, exposure=people["years_at_risk"])
    rows = rows.fit(start_params=start, disp=0, maxiter=500, gtol=1e-7)
    np.testing.assert_allclose(fit.coef, rows.params[:-1], atol=1e-4)
    both = list_drivers({"gp": fit}, {}).query("term == 'male_copd'").iloc[0]
    assert (both["level"], both["n_people"]) == ("True", (sex & copd).sum())
    assert both["rate_ratio"] == pytest.approx(np.exp(fit.coef[-1]))


def test_one_rate_by_hand():
    # Two groups: 8 events in 4 years and 6 in 2 years. Rates 2 and 3; the ratio 1.5 has variance 1/8 + 1/6.
    frame = pd.DataFrame({"old": [False] * 4 + [True] * 2, "gp": [1, 2, 2, 3, 2, 4], "years_at_risk": 1.0})
    fit = fit_demand(frame, "gp", ["old"], family="poisson")
    assert np.exp(fit.coef) == pytest.approx([2, 1.5])
    assert fit.covariance()[0][1, 1] == pytest.approx(1 / 8 + 1 / 6)
    table = coefficients(fit)
    assert table["trials"].tolist() == [4, 2]
    assert table["events"].tolist() == [8, 6]
    assert table.loc[1, "ratio_low"] == pytest.approx(1.5 * np.exp(-1.959964 * np.sqrt(7 / 24)))


def test_counts_that_vary_too_little_get_no_dispersion():
    frame = pd.DataFrame({"old": [False, True] * 20, "gp": [2, 3] * 20, "years_at_risk": 1.0})
    fit = fit_demand(frame, "gp", ["old"])
    assert fit.alpha == 0
    assert "Poisson" in fit.notes[0]


def test_grouping_once_for_all_settings_changes_nothing(people, model):
    patterns = count_patterns(people, model["terms"], ["gp", "ae"])
    grouped = fit_demand(people, "ae", patterns=patterns, **model)
    np.testing.assert_array_equal(grouped.coef, fit_demand(people, "ae", **model).coef)
    fewer = fit_demand(people, "gp", ["sex", "copd"], patterns=patterns)
    np.testing.assert_allclose(fewer.coef, fit_demand(people, "gp", ["sex", "copd"]).coef, atol=1e-7)


def test_levels_without_events_are_left_out_and_said(people):
    frame = people.assign(maternity=np.where(people["sex"] == "F", people["ae"], 0))
    frame.loc[frame["age_band"] == "85+", "maternity"] = 0
    fit = fit_demand(frame, "maternity", ["age_band", "sex", "copd"])
    kept = frame[(frame["sex"] == "F") & (frame["age_band"] != "85+")]
    assert fit.n_trials == len(kept)
    assert (
        fit.excluded["sex M"]
        == (frame["sex"] == "M").sum() - (frame["age_band"][frame["sex"] == "M"] == "85+").sum()
    )
    assert fit.terms == ("age_band", "copd")
    assert any("sex is not in the model" in note for note in fit.notes)
    assert np.isfinite(expected_counts(fit, frame)).sum() == len(kept)
    np.testing.assert_allclose(fit.coef, fit_demand(kept, "maternity", ["age_band", "copd"]).coef, atol=1e-6)


def test_people_without_person_time_are_left_out(people, model):
    idle = people.head(50).assign(years_at_risk=0.0, gp=0, ae=0)
    fit = fit_demand(pd.concat([people, idle]), "gp", **model)
    assert fit.excluded == {"no person-time": 50}
    np.testing.assert_allclose(fit.coef, fit_demand(people, "gp", **model).coef, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"years_at_risk": 0.0}, ValueError, "nobody was at risk"),
        ({"years_at_risk": -1.0}, ValueError, "missing or negative"),
        ({"sex": None}, ValueError, "sex has no label for 6,000"),
        ({"gp": 0.5}, ValueError, "not whole"),
        ({"gp": -1}, ValueError, "negative"),
        ({"gp": 0}, ModelDidNotFit, "Fewer than 10 events"),
    ],
)
def test_refusals_say_what_to_do(people, model, change, error, match):
    with pytest.raises(error, match=match):
        fit_demand(people.assign(**change), "gp", **model)


def test_more_refusals(people, model):
    with pytest.raises(ValueError, match="without person-time"):
        fit_demand(people.assign(years_at_risk=np.where(people["gp"] > 5, 0, 1.0)), "gp", **model)
    with pytest.raises(ModelDidNotFit, match="cannot be told apart"):
        fit_demand(people.assign(male=people["sex"] == "M"), "gp", ["sex", "male"])
    with pytest.raises(ValueError, match="to compare with"):
        fit_demand(people, "gp", ["sex"], reference={"sex": "X"})
    with pytest.raises(ValueError, match="nb2 or poisson"):
        fit_demand(people, "gp", ["sex"], family="normal")
    with pytest.raises(ModelDidNotFit, match="two levels"):
        fit_demand(people[people["sex"] == "M"], "gp", ["sex"])
