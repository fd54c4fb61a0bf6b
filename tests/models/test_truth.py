"""The whole way: simulated files, read like any others, fitted, and compared with what was planted."""

import pandas as pd
import pytest

from analysis_lib.inputs import load_appointments
from analysis_lib.models import compare_truth, fit_dna
from analysis_lib.simulate import simulate_appointments

SEEDS = range(8)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    tables = []
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp(f"seed{seed}")
        simulate_appointments(folder, seed=seed, months=2, duration_months=1, category_months=1)
        appointments = load_appointments(folder, cache=False)
        fit = fit_dna(appointments.attendance)
        tables.append(compare_truth(fit, appointments.truth).assign(seed=seed))
    return pd.concat(tables, ignore_index=True)


def test_every_planted_level_is_estimated(compared):
    # 6 lead times, 4 modes and 2 HCP types beside their references; Unknown lead time is not in the model.
    assert compared.groupby("seed").size().tolist() == [12] * len(SEEDS)


def test_planted_logits_lie_within_the_intervals_at_the_nominal_rate(compared):
    # 8 seeds x 12 logits: three binomial standard errors of 96 around 0.95 reach down to 0.883.
    assert compared["covered"].mean() >= 0.883


def test_estimates_are_near_what_was_planted_and_not_by_wide_intervals(compared):
    error = (compared["estimate"] - compared["planted"]).abs()
    assert error.max() < 0.06
    assert (compared["high"] - compared["low"]).median() < 0.04
    assert (
        compared.groupby(["term", "level"])["estimate"]
        .mean()
        .sub(compared.groupby(["term", "level"])["planted"].first())
        .abs()
        .max()
        < 0.015
    )
