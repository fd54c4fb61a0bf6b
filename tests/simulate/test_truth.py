"""The planted DNA coefficients come back from the files that were written."""

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis_lib.simulate.draw import dna_probability

NORMALISED = {
    "8  to 14 Days": "8 to 14 Days",
    "15  to 21 Days": "15 to 21 Days",
    "22  to 28 Days": "22 to 28 Days",
    "Unknown / Data Quality": "Unknown",
}
TERMS = {"lead_time": "Same Day", "mode": "Face-to-Face", "hcp_type": "GP"}


@pytest.fixture(scope="module")
def cells(attendance):
    frame = attendance.rename(
        columns={"TIME_BETWEEN_BOOK_AND_APPT": "lead_time", "APPT_MODE": "mode", "HCP_TYPE": "hcp_type"}
    )
    frame["lead_time"] = frame["lead_time"].replace(NORMALISED)
    keys = ["area", "month", *TERMS]
    table = frame.pivot_table(index=keys, columns="APPT_STATUS", values="n", aggfunc="sum", fill_value=0)
    return table[table["Attended"] + table["DNA"] > 0].reset_index()


@pytest.fixture(scope="module")
def truth(release):
    return json.loads((release / "truth.json").read_text())


def test_grouped_logistic_regression_recovers_the_coefficients(cells, truth):
    # Area and month effects are not small: they are taken out by terms of their own.
    levels = [*TERMS, "area", "month"]
    dummies = pd.get_dummies(cells[levels], dtype=float)
    drop = [f"{term}_{level}" for term, level in TERMS.items()]
    drop += [f"area_{cells['area'].min()}", f"month_{cells['month'].min()}"]
    x = sm.add_constant(dummies.drop(columns=drop))
    fit = sm.GLM(cells[["DNA", "Attended"]], x, family=sm.families.Binomial()).fit()
    # fit(scale="X2") forgets the group sizes of a two-column response; Pearson by hand does not.
    scale = fit.pearson_chi2 / fit.df_resid
    # A wrong model (an interaction planted, a cell shifted) would leave much more than this over.
    assert 0.9 < scale < 1.3
    checked = 0
    for term, reference in TERMS.items():
        for level, planted in truth["dna_logit"][term].items():
            if level == reference:
                assert planted == 0
                continue
            name = f"{term}_{level}"
            assert abs(fit.params[name] - planted) < 4 * fit.bse[name] * scale**0.5, name
            assert fit.bse[name] < 0.05, name
            checked += 1
    assert checked == 7 + 4 + 2


def test_expected_missed_appointments_follow_from_truth_json_alone(cells, truth):
    b = truth["dna_logit"]
    logit = b["intercept"] + sum(cells[term].map(b[term]) for term in TERMS)
    logit += cells["month"].map(b["month"]) + cells["area"].map(
        {code: effects["dna_logit"] for code, effects in truth["areas"].items()}
    )
    expected = (cells["DNA"] + cells["Attended"]) / (1 + np.exp(-logit))
    # Left over: an area-month effect with sd 0.04 over 168 area-months.
    assert cells["DNA"].sum() / expected.sum() == pytest.approx(1, abs=0.02)
    by_lead = cells.assign(expected=expected).groupby("lead_time")[["DNA", "expected"]].sum()
    np.testing.assert_allclose(by_lead["DNA"] / by_lead["expected"], 1, atol=0.06)


def test_unknown_status_does_not_depend_on_attendance(cells, truth):
    """Unknown share is the planted one by mode and HCP type, at every lead time alike."""
    u = truth["unknown"]
    area = cells["area"].map({code: effects["unknown_factor"] for code, effects in truth["areas"].items()})
    p = cells["mode"].map(u["mode"]) * cells["hcp_type"].map(u["hcp_type_factor"]) * area
    n = cells[["Attended", "DNA", "Unknown"]].sum(axis=1)
    counts = cells.assign(expected=n * p).groupby("lead_time")[["Unknown", "expected"]].sum()
    counts = counts.drop(index="Unknown")
    np.testing.assert_allclose(counts["Unknown"] / counts["expected"], 1, atol=0.02)


def test_probability_of_one_cell_by_hand():
    # Other Practice staff, Telephone, 2 to 7 Days: -4.10 + 0.35 - 0.55 + 1.10 = -3.20.
    p = dna_probability(np.array([0.0, 3.20]))
    assert p[0, 1, 2, 2] == pytest.approx(1 / (1 + np.exp(3.20)))
    assert p[1, 1, 2, 2] == pytest.approx(0.5)
