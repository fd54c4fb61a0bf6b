from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis_lib.models import ModelDidNotFit, coefficients, compare_truth, fit_dna, marginal_rates

LEADS = ["Same Day", "1 Day", "2 to 7 Days", "Unknown"]
MODES = ["Face-to-Face", "Telephone", "Unknown"]
HCPS = ["GP", "Other Practice staff"]
TRUTH = {
    "seed": 1,
    "unknown": {"mode": {"Face-to-Face": 9.0, "Telephone": 9.0}},  # not a DNA logit: must not be taken
    "dna_logit": {
        "intercept": -3.0,
        "lead_time": {"Same Day": 0.0, "1 Day": 0.6, "2 to 7 Days": 1.0},
        "mode": {"Face-to-Face": 0.1, "Telephone": -0.6, "Unknown": 0.1},
        "hcp_type": {"GP": 0.0, "Other Practice staff": 0.4},
    },
}
PLANTED = TRUTH["dna_logit"]


def grid(n_icbs, n_months=1):
    index = pd.MultiIndex.from_product(
        [
            pd.date_range("2022-01-01", periods=n_months, freq="MS"),
            [f"E{number:02d}" for number in range(n_icbs)],
            LEADS[:3],
            MODES,
            HCPS,
        ],
        names=["month", "icb_code", "lead_time", "mode", "hcp_type"],
    )
    return index.to_frame(index=False)


def simulate(rng, n_icbs=30, n_months=1, n=400, area_sd=0.2, slope_sd=0.0):
    """Draw DNAs from TRUTH; `slope_sd` lets the effect of telephone differ between ICBs."""
    cells = grid(n_icbs, n_months)
    logit = PLANTED["intercept"] + sum(
        cells[term].map(PLANTED[term]).to_numpy(float) for term in ("lead_time", "mode", "hcp_type")
    )
    area = cells["icb_code"].factorize()[0]
    logit = logit + rng.normal(0, area_sd, n_icbs)[area]
    logit = logit + rng.normal(0, slope_sd, n_icbs)[area] * (cells["mode"] == "Telephone").to_numpy()
    known = rng.poisson(n, len(cells)) + 1
    dna = rng.binomial(known, 1 / (1 + np.exp(-logit)))
    return as_attendance(cells, known, dna)


def as_attendance(cells, known, dna):
    rows = [
        cells.assign(status="Attended", n_appointments=known - dna),
        cells.assign(status="DNA", n_appointments=dna),
    ]
    frame = pd.concat(rows, ignore_index=True)
    for column, levels in (("lead_time", LEADS), ("mode", MODES), ("hcp_type", HCPS)):
        frame[column] = pd.Categorical(frame[column], levels, ordered=True)
    frame["status"] = pd.Categorical(frame["status"], ["Attended", "DNA", "Unknown"], ordered=True)
    return frame.astype({"icb_code": "category"})


TERMS = ["lead_time", "mode", "hcp_type", "icb_code"]


@pytest.fixture(scope="module")
def frame():
    return simulate(np.random.default_rng(3), n_icbs=25)


def test_one_term_of_two_levels_by_hand():
    # 10 of 100 and 20 of 100 missed: log odds ratio ln((20/80)/(10/90)) = ln 2.25; binomial variance of a
    # log odds ratio is 1/10 + 1/90 + 1/20 + 1/80. With as many coefficients as patterns phi is 1.
    cells = pd.DataFrame(
        {
            "month": pd.Timestamp("2022-01-01"),
            "icb_code": "E1",
            "lead_time": ["Same Day", "1 Day"],
            "mode": "Face-to-Face",
            "hcp_type": "GP",
        }
    )
    fit = fit_dna(as_attendance(cells, np.array([100, 100]), np.array([10, 20])), ["lead_time"])
    assert fit.coef == pytest.approx([np.log(10 / 90), np.log(2.25)])
    assert fit.covariances["quasi"][0][1, 1] == pytest.approx(1 / 10 + 1 / 90 + 1 / 20 + 1 / 80)
    table = coefficients(fit).set_index("level")
    assert table.loc["1 Day", "ratio"] == pytest.approx(2.25)
    assert table.loc["Same Day", "estimate"] == 0
    assert pd.isna(table.loc["Same Day", "low"])
    rates = marginal_rates(fit, "lead_time")
    assert rates["rate"].tolist() == pytest.approx([0.10, 0.20])
    assert rates["n_known"].tolist() == [100, 100]


def statsmodels_fit(frame):
    """The same model by statsmodels, on the same patterns, with a dense design."""
    status = frame["status"].astype(str)
    wide = frame.assign(status=status).pivot_table(
        index=TERMS, columns="status", values="n_appointments", aggfunc="sum", observed=True
    )
    wide = wide.reset_index()
    dummies = [
        pd.get_dummies(wide[term].cat.remove_unused_categories(), drop_first=True, dtype=float)
        for term in TERMS
    ]
    design = sm.add_constant(np.column_stack([part.to_numpy() for part in dummies]))
    model = sm.GLM(wide[["DNA", "Attended"]].to_numpy(), design, family=sm.families.Binomial())
    return model, wide["icb_code"].cat.codes.to_numpy()


def test_estimates_and_both_covariances_agree_with_statsmodels(frame):
    fit = fit_dna(frame, TERMS)
    model, groups = statsmodels_fit(frame)
    plain = model.fit()
    assert fit.coef == pytest.approx(plain.params, abs=1e-7)
    phi = plain.pearson_chi2 / plain.df_resid
    assert fit.dispersion == pytest.approx(phi, rel=1e-6)
    assert np.sqrt(np.diag(fit.covariances["quasi"][0])) == pytest.approx(
        plain.bse * np.sqrt(max(1, phi)), rel=1e-5
    )
    robust = model.fit(cov_type="cluster", cov_kwds={"groups": groups})
    within = slice(1, 6)  # effects of single ICBs have no cluster-robust variance to compare
    se = np.sqrt(np.diag(fit.covariances["cluster"][0]))[within]
    assert se == pytest.approx(robust.bse[within], rel=1e-5)
    assert fit.n_clusters == 25
    assert len(fit.cells.trials) == 25 * 18


def test_repeating_rows_with_half_the_counts_changes_nothing(frame):
    doubled = pd.concat([frame, frame], ignore_index=True)
    whole = frame.assign(n_appointments=frame["n_appointments"] * 2)
    one, other = fit_dna(whole, TERMS), fit_dna(doubled, TERMS)
    assert one.coef == pytest.approx(other.coef, abs=1e-12)
    assert one.covariances["cluster"][0] == pytest.approx(other.covariances["cluster"][0], rel=1e-9)


def test_marginal_rates_are_averages_of_predictions_with_delta_method_limits(frame):
    fit = fit_dna(frame, TERMS)
    model, _ = statsmodels_fit(frame)
    params, known = model.fit().params, model.n_trials
    design = model.exog.copy()
    design[:, 3:5] = [1.0, 0.0]  # everything by telephone

    def rate(values):
        return np.average(1 / (1 + np.exp(-design @ values)), weights=known)

    row = marginal_rates(fit, "mode", interval="quasi").set_index("mode").loc["Telephone"]
    assert row["rate"] == pytest.approx(rate(params), abs=1e-8)
    steps = np.eye(len(params)) * 1e-5
    gradient = np.array([(rate(params + step) - rate(params - step)) / 2e-5 for step in steps])
    se_logit = np.sqrt(gradient @ fit.covariances["quasi"][0] @ gradient) / (row["rate"] * (1 - row["rate"]))
    width = np.log(row["high"] / (1 - row["high"])) - np.log(row["low"] / (1 - row["low"]))
    assert width == pytest.approx(2 * 1.9654 * se_logit, rel=1e-3)  # t on 420 degrees of freedom
    assert row["dna_rate"] == pytest.approx(
        frame.query("mode == 'Telephone' and status == 'DNA'")["n_appointments"].sum()
        / frame.query("mode == 'Telephone'")["n_appointments"].sum()
    )


def test_unknown_status_and_lead_time_are_left_out_and_counted(frame):
    extra = frame.head(3).assign(n_appointments=[100, 20, 3])
    extra["status"] = pd.Categorical(["Unknown", "DNA", "Attended"], frame["status"].cat.categories)
    extra["lead_time"] = pd.Categorical(["1 Day", "Unknown", "Unknown"], LEADS)
    both = pd.concat([frame, extra], ignore_index=True)
    for column in ("status", "lead_time", "mode", "hcp_type", "icb_code"):
        both[column] = both[column].astype("category")
    fit = fit_dna(both, ["mode", "icb_code"])
    assert fit.excluded == {"status Unknown": 100, "lead time Unknown": 23}
    assert fit.n_trials == frame["n_appointments"].sum()
    assert "Unknown" in fit.design.levels["mode"]


def test_a_level_without_misses_is_left_out_and_named(frame):
    none = (frame["mode"] == "Telephone") & (frame["status"] == "DNA")
    fit = fit_dna(frame.assign(n_appointments=frame["n_appointments"].where(~none, 0)), TERMS)
    assert fit.design.levels["mode"] == ["Face-to-Face", "Unknown"]
    assert any("mode Telephone left out" in note for note in fit.notes)
    assert fit.excluded["mode Telephone"] > 0


def test_effects_of_icbs_never_get_cluster_robust_limits(frame):
    fit = fit_dna(frame, TERMS)
    assert fit.interval == "cluster"
    assert set(marginal_rates(fit, "icb_code")["interval"]) == {"quasi"}
    assert set(marginal_rates(fit, "mode")["interval"]) == {"cluster"}


def test_few_areas_get_quasi_binomial_limits_and_one_alone_has_no_term():
    fit = fit_dna(simulate(np.random.default_rng(1), n_icbs=4), TERMS)
    assert fit.interval == "quasi"
    assert any("too few for cluster-robust" in note for note in fit.notes)
    alone = fit_dna(simulate(np.random.default_rng(1), n_icbs=1), TERMS)
    assert "icb_code" not in alone.terms
    with pytest.raises(ValueError, match="use interval='quasi'"):
        marginal_rates(alone, "mode", interval="cluster")


def test_what_cannot_be_fitted_says_so(frame):
    attended = frame[frame["status"] == "Attended"]
    for nothing in (attended, frame.assign(lead_time="Unknown")):
        with pytest.raises(ModelDidNotFit, match="no term has two levels"):
            fit_dna(nothing, TERMS)
    with pytest.raises(ModelDidNotFit, match="cannot be told apart"):
        fit_dna(frame.assign(region_code=frame["icb_code"]), ["icb_code", "region_code"])
    with pytest.raises(KeyError, match="supplier"):
        fit_dna(frame, ["supplier"])
    with pytest.raises(KeyError, match="its terms are"):
        marginal_rates(fit_dna(frame, TERMS), "month")
    one_mode = fit_dna(frame[frame["mode"] == frame["mode"].iloc[0]], TERMS)
    with pytest.raises(ModelDidNotFit, match="mode is not in the model: it has one level only"):
        marginal_rates(one_mode, "mode")


def test_comparison_with_the_truth_is_against_the_reference(frame):
    out = compare_truth(fit_dna(frame, TERMS), TRUTH).set_index(["term", "level"])
    assert out["planted"].to_dict() == pytest.approx(
        {
            ("lead_time", "1 Day"): 0.6,
            ("lead_time", "2 to 7 Days"): 1.0,
            ("mode", "Telephone"): -0.7,  # the reference is planted at 0.1
            ("mode", "Unknown"): 0.0,
            ("hcp_type", "Other Practice staff"): 0.4,
        }
    )
    assert (out["covered"] == out["planted"].between(out["low"], out["high"])).all()
    assert (out["estimate"] - out["planted"]).abs().max() < 0.1
    with pytest.raises(KeyError, match="no logits"):
        compare_truth(fit_dna(frame, TERMS), {"seed": 1})


@pytest.mark.parametrize(("slope_sd", "interval"), [(0.0, "quasi"), (0.0, "cluster"), (0.25, "cluster")])
def test_planted_logits_are_covered_at_the_nominal_rate(slope_sd, interval):
    # 5 logits x 40 seeds; 0.91 to 0.985 is near three binomial standard errors of 200 around 0.95, one side
    # more generous, as the five share a seed.
    covered = []
    for seed in range(40):
        draw = simulate(np.random.default_rng(seed), n_icbs=30, n=200, slope_sd=slope_sd)
        covered.append(compare_truth(fit_dna(draw, TERMS), TRUTH, interval=interval)["covered"])
    assert 0.91 <= np.mean(covered) <= 0.985


def test_plain_intervals_would_miss_an_effect_that_differs_between_areas():
    covered = []
    for seed in range(40):
        draw = simulate(np.random.default_rng(seed), n_icbs=30, n=2000, slope_sd=0.3)
        table = compare_truth(fit_dna(draw, TERMS), TRUTH, interval="quasi").set_index("level")
        covered.append(table.loc["Telephone", "covered"])
    assert np.mean(covered) < 0.85  # why cluster-robust intervals are the default


def test_the_rate_of_all_together_has_an_error():
    """Boards' months differ, and an effect of each board hides that from scores that are summed by board.

    In 30 worlds, the standard error of the rate of all is that of its own spread.
    """
    errors, said, hidden = [], [], []
    planted = grid(24, 6)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        month = rng.normal(0, 0.1, 24 * 6)[planted.groupby(["month", "icb_code"], sort=False).ngroup()]
        p = 1 / (1 + np.exp(3 - month))
        dna = rng.binomial(500, p)
        known = np.full(len(planted), 500)
        fit = fit_dna(as_attendance(planted, known, dna), ["mode", "month", "icb_code"])
        mean = np.exp(-3) / (1 + np.exp(-3)) * (1 + 0.1**2 / 2 * (1 - 2 * 0.047))
        slope = fit.cells.x.T @ (fit.cells.trials * fit.cells.mean(fit.coef) * (1 - fit.cells.mean(fit.coef)))
        slope = slope / fit.cells.trials.sum()
        errors.append(dna.sum() / known.sum() - mean)
        for kind, into in (("level", said), ("cluster", hidden)):
            into.append(np.sqrt(max(slope @ fit.covariances[kind][0] @ slope, 0)))
    assert np.max(hidden) < 1e-8
    assert np.mean(said) == pytest.approx(np.std(errors), rel=0.35)
    assert np.mean(np.abs(errors) < 1.96 * np.array(said)) >= 0.85


def test_a_single_month_takes_the_error_of_the_level_from_dispersion():
    fit = fit_dna(simulate(np.random.default_rng(1), n_icbs=24), TERMS)
    assert "level" not in fit.covariances
    wide, narrow = marginal_rates(fit, "mode"), fit.covariances["cluster"][0]
    assert (wide["interval"] == "cluster").all()
    only = fit.covariances.copy()
    only["quasi"] = (np.zeros_like(narrow), 1.0)
    without = marginal_rates(replace(fit, covariances=only), "mode")
    assert (wide["high"] - wide["low"] > without["high"] - without["low"]).all()
