import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import funnel_curve, funnel_limits, over_dispersion

Z = [-6, -3, -2, -1, -1, 0, 1, 1, 2, 3, 8]


def areas():
    """Eleven areas of 100 with a target of one half: se 0.05, so 50 + 5 z events."""
    return pd.DataFrame({"area": list("abcdefghijk"), "k": [50 + 5 * z for z in Z], "n": 100})


def test_over_dispersion_winsorises_one_area_in_ten_at_each_end():
    # Of eleven scores the 10% and 90% quantiles are the second and the tenth: -3 and 3.
    # Squares then: 9+9+4+1+1+0+1+1+4+9+9 = 48.
    assert over_dispersion(Z) == pytest.approx(48 / 11)


def test_over_dispersion_is_never_below_one():
    assert over_dispersion([0.1, -0.1, 0.2]) == 1.0
    assert over_dispersion([]) == 1.0


def test_limits_and_outliers_by_hand():
    out = funnel_limits(areas(), "k", "n", target=0.5).set_index("area")
    phi = 48 / 11
    assert out["z"].tolist() == pytest.approx(Z)
    assert out["phi"].unique() == pytest.approx([phi])
    spread = 0.05 * np.sqrt(phi)
    row = out.loc["a"]
    assert (row["low95"], row["high95"]) == pytest.approx((0.5 - 1.959964 * spread, 0.5 + 1.959964 * spread))
    assert (row["low998"], row["high998"]) == pytest.approx(
        (0.5 - 3.090232 * spread, 0.5 + 3.090232 * spread)
    )
    # Adjusted scores: -6 / 2.089 = -2.87 and 8 / 2.089 = 3.83; 3 / 2.089 = 1.44.
    assert out.loc[["a", "k", "j"], "outlier"].tolist() == ["95", "99.8", "none"]
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
    assert (outside == (out["outlier"] != "none")).all()


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
        for name in ("low95", "high95", "low998", "high998"):
            assert curve.loc[place, name] == pytest.approx(out.loc[row, name])
