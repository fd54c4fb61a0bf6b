"""Observed against expected, funnel limits of a ratio, neighbours and Moran's I."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import (
    TooFewPoints,
    funnel_ratio,
    moran_i,
    observed_expected,
    poisson_interval,
    ratio_spread,
    touching_areas,
)


# Indirectly standardised ratios in the test data of OHID's PHEindicatormethods (testdata_DSR_ISR.xlsx, sheet
# testresults_ISR): 895, 91 and 9 observed against 835.883561 expected.
@pytest.mark.parametrize(
    ("observed", "level", "ratio", "low", "high"),
    [
        (895, 0.95, 1.070723, 1.001715, 1.143233),
        (895, 0.998, 1.070723, 0.963516, 1.186007),
        (91, 0.95, 0.108867, 0.087650, 0.133666),
        (9, 0.95, 0.010767, 0.004923, 0.020439),
        (9, 0.998, 0.010767, 0.002934, 0.027106),
    ],
)
def test_published_ratios(observed, level, ratio, low, high):
    frame = pd.DataFrame({"msoa": ["a", "a"], "observed": [observed - 5, 5], "expected": [800.0, 35.883561]})
    row = observed_expected(frame, level=level).iloc[0]
    assert (row["observed"], row["n_rows"]) == (observed, 2)
    assert row[["oe", "low", "high"]].tolist() == pytest.approx([ratio, low, high], abs=1e-6)


def test_rows_without_expectation_are_left_out_with_their_events():
    frame = pd.DataFrame({"msoa": ["a", "a", "b"], "observed": [4, 7, 3], "expected": [2.0, np.nan, 3.0]})
    found = observed_expected(frame).set_index("msoa")
    assert found["observed"].tolist() == [4, 3]
    assert found["oe"].tolist() == [2.0, 1.0]
    # Somebody without an area is left out with his events; nobody with one: no comparison.
    assert observed_expected(frame.assign(msoa=["a", None, None]))["observed"].tolist() == [4]
    with pytest.raises(TooFewPoints, match="No area is recorded"):
        observed_expected(frame.assign(msoa=None))
    with pytest.raises(ValueError, match="Nothing is expected"):
        observed_expected(frame.assign(expected=0.0))


def test_contacts_of_one_person_widen_the_interval_of_a_ratio():
    # 36 contacts that vary four times as much as independent ones tell as much as nine.
    frame = pd.DataFrame({"msoa": ["a"], "observed": [36], "expected": [30.0]})
    row = observed_expected(frame, within=4.0).iloc[0]
    low, high = poisson_interval([9])
    assert (row["low"], row["high"]) == pytest.approx((low[0] * 4 / 30, high[0] * 4 / 30))
    assert (row["oe"], row["variance_ratio"]) == (1.2, 4.0)


def test_the_spread_of_true_ratios_is_found_beside_that_of_people():
    """107 areas with ratios of standard deviation 0.12, of people whose contacts vary 3 times as chance."""
    held, found = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        expected = rng.uniform(150, 900, 107)
        due = expected * (1 + rng.normal(0, 0.12, 107))
        table = pd.DataFrame({"expected": expected, "observed": rng.negative_binomial(due / 2, 1 / 3)})
        row = ratio_spread(table, within=3.0).iloc[0]
        held.append(row["tau_low"] <= 0.12 <= row["tau_high"])
        found.append(row[["tau", "share_far"]].to_numpy(float))
    assert np.mean(held) >= 0.9
    # 2 x (1 - Phi(0.1 / 0.12)) = 40% of areas are more than a tenth from what their people explain.
    assert np.mean(found, axis=0) == pytest.approx([0.12, 0.405], abs=0.02)
    with pytest.raises(TooFewPoints, match="not known"):
        funnel_ratio(table, within=np.nan)


def test_areas_alike_have_no_spread_and_none_stands_out():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"expected": rng.uniform(150, 900, 107)})
    table["observed"] = rng.negative_binomial(table["expected"] / 2, 1 / 3)
    row = ratio_spread(table, within=3.0).iloc[0]
    assert row["tau_low"] == 0
    assert row["tau"] < 0.04
    assert (funnel_ratio(table, within=3.0)["outlier"] == "99.8").sum() <= 1


def test_funnel_by_hand():
    # z = 2 (sqrt 121 - sqrt 100) = 2 for one area, 0 for the others: no over-dispersion.
    table = pd.DataFrame({"observed": [121] + [100] * 19, "expected": 100.0})
    found = funnel_ratio(table)
    assert found["z"].tolist()[:2] == pytest.approx([2, 0])
    assert found["phi"].iloc[0] == 1
    with pytest.raises(TooFewPoints, match="Fewer than 3 areas"):
        funnel_ratio(table.head(2))
    assert found["outlier"].tolist()[:2] == ["95", "none"]
    assert found["direction"].tolist()[:2] == ["high", "none"]
    assert found["low95"].iloc[0] == pytest.approx((1 - 1.959964 / 20) ** 2)
    assert found["high998"].iloc[0] == pytest.approx((1 + 3.090232 / 20) ** 2)
    with pytest.raises(ValueError, match="Nothing is expected"):
        funnel_ratio(table.assign(expected=0.0))


def test_areas_that_differ_anyway_widen_the_funnel():
    rng = np.random.default_rng(2)
    expected = rng.uniform(500, 5000, 200)
    table = pd.DataFrame(
        {"expected": expected, "observed": rng.poisson(expected * rng.lognormal(0, 0.1, 200))}
    )
    found = funnel_ratio(table)
    assert found["phi"].iloc[0] > 10
    # Large areas stand out a little more often than 5%: one factor serves all sizes.
    assert 0.01 < (found["outlier"] != "none").mean() < 0.2
    assert (np.abs(found["z"]) > 1.959964).mean() > 0.6
    chance = funnel_ratio(table.assign(observed=rng.poisson(expected)))
    assert chance["phi"].iloc[0] < 1.2
    assert (chance["outlier"] == "99.8").mean() < 0.02


def square(name, x, y):
    ring = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]
    return {"properties": {"code": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def grid(n):
    """n x n squares, named by column and row."""
    return {"features": [square(f"{x}{y}", x, y) for x in range(n) for y in range(n)]}


def test_squares_of_a_grid_touch_at_sides_and_corners():
    found = touching_areas(grid(3), "code")
    assert found["00"] == ["01", "10", "11"]
    assert len(found["11"]) == 8
    island = {"features": [*grid(1)["features"], square("far", 9, 9)]}
    assert touching_areas(island, "code") == {"00": [], "far": []}
    parts = {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 1], [1, 0]]], [[[9, 9], [9, 8], [8, 8]]]]}
    both = {"features": [*island["features"], {"properties": {"code": "both"}, "geometry": parts}]}
    assert touching_areas(both, "code")["both"] == ["00", "far"]


def test_moran_by_hand_on_a_ring():
    # Ten areas in a ring, values 1 and -1 in turn: every neighbour is the opposite, so I = -1.
    ring = {str(i): [str((i - 1) % 10), str((i + 1) % 10)] for i in range(10)}
    turn = pd.Series([1.0, -1.0] * 5, index=list(ring))
    found = moran_i(turn, ring)
    assert found["moran_i"] == pytest.approx(-1)
    assert (found["n_areas"], found["expected_i"]) == (10, -1 / 9)
    assert found["p_value"] == pytest.approx(1)
    # Five and five: 8 of 10 areas have both neighbours alike or one of each: I = (6 x 1 + 4 x 0) / 10.
    halves = moran_i(pd.Series([1.0] * 5 + [-1.0] * 5, index=list(ring)), ring)
    assert halves["moran_i"] == pytest.approx(0.6)
    assert halves["p_value"] < 0.1


def test_moran_equals_esda():
    esda = pytest.importorskip("esda", reason="esda is not installed: it is a second opinion only")
    weights = pytest.importorskip("libpysal").weights.W
    near = touching_areas(grid(7), "code")
    rng = np.random.default_rng(5)
    values = pd.Series({area: int(area[0]) + rng.normal(0, 3) for area in near})
    found = moran_i(values, near, permutations=1999, seed=3)
    np.random.seed(1)  # noqa: NPY002 (esda draws from numpy's global generator)
    theirs = esda.Moran(values.to_numpy(), weights(near, silence_warnings=True), permutations=1999)
    assert found["moran_i"] == pytest.approx(theirs.I)
    assert found["expected_i"] == pytest.approx(theirs.EI)
    assert found["p_value"] == pytest.approx(theirs.p_sim, abs=0.02)


def test_moran_is_seeded_and_calibrated():
    near = touching_areas(grid(6), "code")
    rng = np.random.default_rng(1)
    p = []
    for seed in range(100):
        values = pd.Series(rng.normal(size=36), index=list(near))
        p.append(moran_i(values, near, permutations=99, seed=seed)["p_value"])
        assert p[-1] == moran_i(values, near, permutations=99, seed=seed)["p_value"]
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=3.5 * np.sqrt(0.05 * 0.95 / 100))


def test_moran_leaves_out_islands_and_refuses_what_says_nothing():
    near = touching_areas(grid(4), "code")
    values = pd.Series(np.arange(16.0), index=list(near))
    with_island = moran_i(pd.concat([values, pd.Series({"far": 99.0})]), {**near, "far": []})
    assert with_island == moran_i(values, near)
    with pytest.raises(ValueError, match="no value"):
        moran_i(values.where(values > 2), near)
    with pytest.raises(TooFewPoints, match="same value"):
        moran_i(values * 0, near)
    with pytest.raises(TooFewPoints, match="Fewer than 10 areas"):
        moran_i(values.head(5), near)


def test_byar_and_exact_limits_are_those_of_counts():
    frame = pd.DataFrame({"msoa": ["a", "b"], "observed": [3, 40], "expected": [4.0, 20.0]})
    low, high = poisson_interval([3, 40])
    found = observed_expected(frame)
    np.testing.assert_allclose(found["low"], low / [4, 20])
    np.testing.assert_allclose(found["high"], high / [4, 20])
