import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis_lib.measures import (
    between_area_sd,
    funnel_curve,
    funnel_limits,
    over_dispersion,
    spread_between,
    winsorised_variance,
)

Z = [-6, -3, -2, -1, -1, 0, 1, 1, 2, 3, 8]


def areas():
    """Eleven areas of 100 with a target of one half: se 0.05, so 50 + 5 z events."""
    return pd.DataFrame({"area": list("abcdefghijk"), "k": [50 + 5 * z for z in Z], "n": 100})


def test_over_dispersion_winsorises_one_area_in_ten_at_each_end():
    # Of eleven scores the 10% and 90% quantiles are the second and the tenth: -3 and 3.
    # Squares then: 9+9+4+1+1+0+1+1+4+9+9 = 48; of normal scores winsorising leaves 0.678655 of the variance.
    assert over_dispersion(Z) == pytest.approx(48 / 11 / 0.678655, rel=1e-6)
    assert over_dispersion(Z, share=0) == pytest.approx(sum(z**2 for z in Z) / 11)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.10, 0.20])
def test_what_winsorising_leaves_of_a_normal_variance_is_that_of_its_quantiles(share):
    values = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    low, high = np.quantile(values, [share, 1 - share])
    assert winsorised_variance(share) == pytest.approx(np.mean(values.clip(low, high) ** 2), abs=2e-4)


def test_between_area_sd_by_hand():
    # With nothing winsorised: mean of d^2 / (se^2 + tau^2) = 1, se 3 and |d| 5 throughout, so tau is 4.
    assert between_area_sd([5, -5, 5, -5], [3, 3, 3, 3], share=0) == pytest.approx(4)
    assert between_area_sd([2, -2, 2, -2], [3, 3, 3, 3], share=0) == 0
    assert between_area_sd([], []) == 0


def test_spread_between_by_hand():
    # Deviations 5 and -5 twice, se 3: mean 0, Q = 100 / (9 + tau^2) = 3 for tau^2 = 24.333; limits where Q is
    # 9.348404 and 0.215795, the quantiles of chi-square on 3 degrees of freedom.
    tau, low, high = spread_between([5, -5, 5, -5], [3, 3, 3, 3])
    assert tau == pytest.approx(np.sqrt(100 / 3 - 9))
    assert low == pytest.approx(np.sqrt(100 / 9.348404 - 9), rel=1e-5)
    assert high == pytest.approx(np.sqrt(100 / 0.215795 - 9), rel=1e-5)
    assert spread_between([0.1, -0.1, 0.1], [3, 3, 3])[:2] == (0, 0)


@pytest.mark.parametrize("kind", ["phi", "tau"])
def test_limits_are_crossed_as_often_as_they_say_where_areas_vary_normally(kind):
    """200 worlds of 106 areas; before the winsorised variance was corrected 10.6% and 1.09% lay outside."""
    rng = np.random.default_rng(4)
    found = []
    for _ in range(200):
        n = np.exp(rng.normal(12.5, 0.7, 106)).round()
        chance = np.sqrt(0.045 * 0.955 / n)
        spread = 10 * chance if kind == "phi" else np.hypot(chance, 0.006)
        rate = 0.045 + rng.normal(size=106) * spread
        limits = funnel_limits(pd.DataFrame({"k": (rate * n).round(), "n": n}), "k", "n")
        own, both = limits[f"outlier_{kind}"], limits["outlier"]
        found.append([(own != "none").mean(), (own == "99.8").mean(), (both == "99.8").mean()])
    beyond95, beyond998, beyond_both = np.mean(found, axis=0)
    assert beyond95 == pytest.approx(0.05, abs=0.006)
    assert beyond998 == pytest.approx(0.002, abs=0.0012)
    assert beyond_both <= beyond998


def test_only_who_is_outside_both_kinds_of_limits_stands_out():
    # Large areas all alike but one, small ones far apart: a factor forgives small areas, a spread large ones.
    n = np.r_[np.full(10, 1_000_000), np.full(10, 1_000)]
    rate = np.r_[np.full(9, 0.05), 0.056, 0.05 + np.tile([0.012, -0.012], 5)]
    out = funnel_limits(pd.DataFrame({"k": rate * n, "n": n}), "k", "n", target=0.05)
    order = ["none", "95", "99.8"]
    least = [min(pair, key=order.index) for pair in zip(out["outlier_phi"], out["outlier_tau"], strict=True)]
    assert out["outlier"].tolist() == least
    assert out.loc[9, ["outlier_phi", "outlier_tau"]].tolist() == ["99.8", "none"]
    assert out.loc[9, ["outlier", "direction"]].tolist() == ["none", "none"]
    inside = (out["rate"] >= out["tau_low998"]) & (out["rate"] <= out["tau_high998"])
    assert (inside == (out["outlier_tau"] != "99.8")).all()


def test_over_dispersion_is_never_below_one():
    assert over_dispersion([0.1, -0.1, 0.2]) == 1.0
    assert over_dispersion([]) == 1.0


def test_limits_and_outliers_by_hand():
    out = funnel_limits(areas(), "k", "n", target=0.5).set_index("area")
    phi = 48 / 11 / winsorised_variance()
    assert out["z"].tolist() == pytest.approx(Z)
    assert out["phi"].unique() == pytest.approx([phi])
    spread = 0.05 * np.sqrt(phi)
    row = out.loc["a"]
    assert (row["low95"], row["high95"]) == pytest.approx((0.5 - 1.959964 * spread, 0.5 + 1.959964 * spread))
    assert (row["low998"], row["high998"]) == pytest.approx(
        (0.5 - 3.090232 * spread, 0.5 + 3.090232 * spread)
    )
    # Adjusted scores: -6 / 2.536 = -2.37 and 8 / 2.536 = 3.15; 3 / 2.536 = 1.18. All are of one size, so both
    # kinds of limits are the same: phi x se^2 = se^2 + tau^2.
    assert out.loc[["a", "k", "j"], "outlier"].tolist() == ["95", "99.8", "none"]
    assert out["tau"].unique() == pytest.approx([0.05 * np.sqrt(phi - 1)])
    assert out["tau_high998"].to_numpy() == pytest.approx(out["high998"].to_numpy())
    assert out.loc[["a", "k", "j"], "direction"].tolist() == ["low", "high", "none"]


def test_without_over_dispersion_the_limits_are_binomial():
    frame = pd.DataFrame({"k": [50, 52, 48], "n": [100, 100, 100]})
    row = funnel_limits(frame, "k", "n").iloc[0]
    assert (row["target"], row["phi"]) == (0.5, 1.0)
    assert row["high95"] == pytest.approx(0.5 + 1.959964 * 0.05)


def test_an_outlier_lies_outside_its_limits():
    frame = pd.DataFrame({"k": [5, 40, 300, 45, 60], "n": [100, 800, 5000, 1000, 1200]})
    out = funnel_limits(frame, "k", "n", share=0.2)
    outside = (out["rate"] < out["low95"]) | (out["rate"] > out["high95"])
    assert (outside == (out["outlier_phi"] != "none")).all()


def test_an_area_without_trials_gets_no_verdict():
    out = funnel_limits(pd.DataFrame({"k": [1, 0], "n": [10, 0]}), "k", "n")
    assert out.loc[1, "outlier"] == "none"
    assert out.loc[1, ["rate", "z", "low95"]].isna().all()
    with pytest.raises(ValueError, match="nothing to compare"):
        funnel_limits(pd.DataFrame({"k": [0], "n": [0]}), "k", "n")


def test_curve_agrees_with_the_limits_of_the_areas():
    frame = pd.DataFrame({"k": [5, 40, 300], "n": [100, 800, 5000]})
    out = funnel_limits(frame, "k", "n")
    curve = funnel_curve(out, "n", points=50)
    assert len(curve) == 50
    assert curve.loc[[0, 49], "n"].tolist() == pytest.approx([100, 5000])
    for place, row in ((0, 0), (49, 2)):
        for name in ("low95", "high95", "low998", "high998", "tau_low95", "tau_high998"):
            assert curve.loc[place, name] == pytest.approx(out.loc[row, name])
