"""The power of a trial: published design effects, an explicit least-squares calculation, and simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from analysis_lib.measures.trial import (
    TooFewAreas,
    compare_designs,
    effect_variance,
    placebo_sd,
    plan_design,
    smallest_effect,
    split_variance,
)


@pytest.mark.parametrize(("size", "steps", "design_effect"), [(10, 4, 0.535), (20, 3, 0.767), (20, 4, 0.572)])
def test_published_design_effects(size, steps, design_effect):
    """Kristunas and others (2017), Trials 18:109, table 2, cluster sizes without imbalance.

    The design effect of Woertman and others (2013), intracluster correlation 0.05: against a trial that
    randomises people, whose variance is 4σ² ÷ people, with `size` people an area and month.
    """
    rho, clusters = 0.05, 12
    design = plan_design("stepped wedge", clusters, steps + 1)
    variance = effect_variance(design, rho, (1 - rho) / size)
    found = variance * clusters * size / 4
    assert found == pytest.approx(design_effect, abs=5e-4)


@pytest.mark.parametrize("kind", ["stepped wedge", "switchback"])
@pytest.mark.parametrize("between", [0.0, 0.3, 5.0])
def test_the_formula_equals_least_squares_written_out(kind, between):
    design = plan_design(kind, 6, 5)
    n_areas, n_months = design.shape
    months = np.tile(np.eye(n_months), (n_areas, 1))
    x = np.column_stack([design.reshape(-1), months])
    one_area = 0.7 * np.eye(n_months) + between
    inverse = np.linalg.inv(np.kron(np.eye(n_areas), one_area))
    expected = np.linalg.inv(x.T @ inverse @ x)[0, 0]
    assert effect_variance(design, between, 0.7) == pytest.approx(expected)


def test_designs():
    wedge = plan_design("stepped wedge", 4, 3)
    assert wedge.tolist() == [[0, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 1]]
    assert plan_design("switchback", 2, 4).tolist() == [[0, 1, 0, 1], [1, 0, 1, 0]]
    with pytest.raises(ValueError, match="stepped wedge"):
        plan_design("parallel", 4, 4)
    with pytest.raises(ValueError, match="two areas"):
        plan_design("switchback", 1, 4)


def test_the_smallest_effect_has_the_power_asked_for():
    """1.96 + 0.84 standard errors: eighty in a hundred trials see it."""
    effect = smallest_effect(0.01)
    assert effect == pytest.approx(0.2802, abs=1e-4)
    assert norm.sf(1.959964 - effect / 0.1) == pytest.approx(0.8, abs=1e-6)


def rates_of(n_areas, n_months, between, cell, seed=1):
    rng = np.random.default_rng(seed)
    rates = 0.05 + rng.normal(0, between, (n_areas, 1)) + rng.normal(0, 0.004, (1, n_months))
    return rates + rng.normal(0, cell, (n_areas, n_months))


def attendance_of(rates, n=1_000_000):
    months = pd.date_range("2023-01-01", periods=rates.shape[1], freq="MS")
    rows = [
        (f"E{i:02d}", month, status, round(n * share))
        for i, row in enumerate(rates)
        for month, rate in zip(months, row, strict=True)
        for status, share in (("DNA", rate), ("Attended", 1 - rate))
    ]
    return pd.DataFrame(rows, columns=["icb_code", "month", "status", "n_appointments"])


def test_variances_are_recovered():
    parts = split_variance(attendance_of(rates_of(60, 24, 0.01, 0.002)))
    assert parts["between_var"] ** 0.5 == pytest.approx(0.01, rel=0.2)
    assert parts["cell_var"] ** 0.5 == pytest.approx(0.002, rel=0.05)
    assert abs(parts["lag_1"]) < 0.1
    assert (parts["n_areas"], parts["n_months"]) == (60, 24)


def test_only_the_last_months_and_whole_areas_count():
    frame = attendance_of(rates_of(8, 12, 0.01, 0.002))
    frame = frame[~((frame["icb_code"] == "E03") & (frame["month"] == frame["month"].max()))]
    parts = split_variance(frame, months=6)
    assert (parts["n_areas"], parts["n_months"]) == (7, 6)


def test_too_few_areas_or_months():
    with pytest.raises(TooFewAreas, match="at least four integrated care boards"):
        split_variance(attendance_of(rates_of(3, 12, 0.01, 0.002)))
    with pytest.raises(TooFewAreas):
        split_variance(attendance_of(rates_of(12, 5, 0.01, 0.002)))


def test_placebo_and_formula_agree_where_months_are_independent():
    rates = rates_of(42, 12, 0.01, 0.002, seed=4)
    for kind in ("stepped wedge", "switchback"):
        design = plan_design(kind, 42, 12)
        assert placebo_sd(rates, design) == pytest.approx(effect_variance(design, 1e-4, 4e-6) ** 0.5, rel=0.2)


def test_designs_are_compared_on_what_there_is():
    parts = split_variance(attendance_of(rates_of(42, 8, 0.01, 0.002)))
    designs = compare_designs(parts)
    assert set(designs["months"]) == {6}
    assert designs["smallest_effect"].is_monotonic_increasing
    worse = designs[["sd_formula", "sd_placebo"]].max(axis=1)
    assert designs["smallest_effect"].to_numpy() == pytest.approx(2.8016 * worse.to_numpy(), rel=1e-4)
    assert designs["smallest_share"].to_numpy() == pytest.approx(designs["smallest_effect"] / parts["rate"])
