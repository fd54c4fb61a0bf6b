import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import (
    TooFewPoints,
    adjust_season,
    assurance_icon,
    variation_icon,
    xmr_limits,
)


def chart(values, start="2020-01-01"):
    months = pd.date_range(start, periods=len(values), freq="MS")
    return pd.DataFrame({"month": months, "value": np.array(values, float)})


def zigzag(n):
    """10, 12, 10, 12 ...: mean 11 and moving ranges of 2, so limits 11 +/- 5.32."""
    return [10 + 2 * (i % 2) for i in range(n)]


def test_limits_by_hand():
    out = xmr_limits(chart(zigzag(12)))
    assert out["moving_range"].isna().tolist() == [True] + [False] * 11
    assert out["moving_range"].dropna().unique().tolist() == [2.0]
    assert out.loc[0, ["mean", "lower", "upper"]].tolist() == pytest.approx([11, 5.68, 16.32])
    assert set(out["signal"]) == {"none"}
    assert set(out["direction"]) == {"none"}


def test_moving_ranges_over_3267_of_their_mean_are_left_out():
    # Eleven ranges of 2 and one of 28: mean 50/12 = 4.1667, screen at 13.61, so the mean range is 2 again.
    out = xmr_limits(chart([*zigzag(12), 40]))
    mean = (132 + 40) / 13
    assert out.loc[0, "mean"] == pytest.approx(mean)
    assert out.loc[0, "upper"] == pytest.approx(mean + 5.32)
    assert out.loc[12, ["signal", "direction"]].tolist() == ["outside", "high"]


def test_a_moving_range_just_under_the_screen_counts():
    # Ranges: eleven of 2, one of 8; mean 2.5, screen at 8.1675, so 8 stays in: mean range 2.5.
    out = xmr_limits(chart([*zigzag(12), 20]))
    mean = (132 + 20) / 13
    assert out.loc[0, "upper"] - mean == pytest.approx(2.66 * 2.5)


def test_run_of_seven_but_not_of_six():
    base = [10, 20] * 8  # wide limits, mean about 15
    seven = xmr_limits(chart(base + [16, 17, 16, 17, 16, 17, 16] + [10]))
    assert seven["signal"].tolist()[15:] == ["run"] * 8 + ["none"]  # the 20 before belongs to the run
    assert set(seven["direction"][15:23]) == {"high"}
    six = xmr_limits(chart(base + [10] + [16, 17, 16, 17, 16, 17] + [10]))
    assert set(six["signal"]) == {"none"}


def test_trend_of_seven_points_but_not_of_six():
    base = [10, 30] * 6 + [10]
    rising = xmr_limits(chart([*base, 12, 14, 16, 20, 24, 28, 10, 30]))
    # 10, 12, 14, 16, 20, 24, 28: seven points, six rises, on both sides of the mean.
    assert rising["signal"].tolist() == ["none"] * 12 + ["trend"] * 7 + ["none"] * 2
    assert set(rising["direction"][12:19]) == {"high"}
    six = xmr_limits(chart([*base, 12, 14, 16, 20, 24, 10, 30]))
    assert "trend" not in set(six["signal"])
    level = xmr_limits(chart([*base, 12, 14, 14, 20, 24, 28, 10, 30]))
    assert "trend" not in set(level["signal"])


def test_falling_trend_is_low():
    out = xmr_limits(chart([30, 10] * 6 + [30, 28, 24, 20, 16, 14, 12, 30, 10]))
    assert set(out.loc[out["signal"] == "trend", "direction"]) == {"low"}


def test_two_of_three_near_the_same_limit():
    # 30 points about 11 with limits near 11.3 +/- 5.7: 16 is beyond two thirds of the way, and within.
    out = xmr_limits(chart([*zigzag(30), 16, 12, 16, *zigzag(4)]))
    near = out["mean"] + (out["upper"] - out["mean"]) * 2 / 3
    assert near[0] < 16 < out.loc[0, "upper"]
    assert out["signal"].tolist()[29:34] == ["none", "near_limit", "none", "near_limit", "none"]
    apart = xmr_limits(chart([*zigzag(30), 16, 12, 10, 16, *zigzag(3)]))
    assert set(apart["signal"]) == {"none"}
    opposite = xmr_limits(chart([*zigzag(30), 16, 12, 6.5, *zigzag(4)]))
    assert set(opposite["signal"]) == {"none"}


def test_fewer_than_twelve_points_are_refused():
    with pytest.raises(TooFewPoints, match="at least 12 months, and these files have 11"):
        xmr_limits(chart(zigzag(11)))
    with pytest.raises(TooFewPoints, match="at least 12 months"):
        xmr_limits(chart(zigzag(20)), rebase="2021-01")
    quarters = chart(zigzag(36)).iloc[::3]
    with pytest.raises(TooFewPoints, match="follow each other"):
        xmr_limits(quarters)


def test_rebasing_starts_new_limits_at_the_stated_month_only():
    values = zigzag(12) + [v + 20 for v in zigzag(12)]
    out = xmr_limits(chart(values), rebase="2021-01")
    assert out["mean"].tolist() == [11.0] * 12 + [31.0] * 12
    assert np.isnan(out.loc[12, "moving_range"])
    assert set(out["signal"]) == {"none"}
    # Never rebased of its own accord: one set of limits puts both halves outside.
    assert set(xmr_limits(chart(values))["signal"]) == {"outside"}
    with pytest.raises(ValueError, match="no month 2030-01"):
        xmr_limits(chart(values), rebase="2030-01")


def test_a_gap_has_no_moving_range_and_order_does_not_matter():
    whole = chart(zigzag(16))
    gap = whole.drop(index=7)
    out = xmr_limits(gap.sample(frac=1, random_state=1))
    assert out["month"].is_monotonic_increasing
    assert out["moving_range"].isna().sum() == 2
    missing = whole.assign(value=whole["value"].where(whole.index != 7))
    assert xmr_limits(missing)["moving_range"].isna().sum() == 3
    with pytest.raises(ValueError, match="one value a month"):
        xmr_limits(pd.concat([whole, whole]))


@pytest.mark.parametrize(
    ("last", "higher_is_better", "icon"),
    [
        (40, True, "special_improvement"),
        (40, False, "special_concern"),
        (-20, True, "special_concern"),
        (-20, False, "special_improvement"),
        (40, None, "special_neutral_high"),
        (-20, None, "special_neutral_low"),
        (11, True, "common"),
    ],
)
def test_variation_icon_of_the_latest_month(last, higher_is_better, icon):
    assert variation_icon(xmr_limits(chart([*zigzag(14), last])), higher_is_better) == icon


@pytest.mark.parametrize(
    ("target", "higher_is_better", "icon"),
    [
        (5, True, "pass"),  # limits are 5.68 to 16.32
        (5, False, "fail"),
        (17, True, "fail"),
        (17, False, "pass"),
        (11, True, "hit_or_miss"),
        (None, True, "no_target"),
    ],
)
def test_assurance_icon_against_the_limits(target, higher_is_better, icon):
    assert assurance_icon(xmr_limits(chart(zigzag(12))), target, higher_is_better) == icon


PEAKS = np.array([0.5, 0, 1, -1, -0.5, 0.5, 0, -1, 1, 3, 1.5, -5])  # October high, December low; sum 0


def test_a_series_of_season_and_line_alone_keeps_its_line():
    line = 100 + 0.5 * np.arange(30)
    out = adjust_season(chart(line + np.resize(PEAKS, 30)).sample(frac=1, random_state=1))
    assert out["as_counted"].to_numpy() == pytest.approx(line + np.resize(PEAKS, 30))
    # The mean stays that of what was counted: six months have three values, which sum to 0.5 more.
    moved = np.resize(PEAKS, 30).mean()
    assert out["value"].to_numpy() == pytest.approx(line + moved)
    assert set(out["season"]) == {"removed"}
    assert set(out["step"]) == {"none"}


@pytest.mark.parametrize("n", [12, 23])
def test_a_season_stays_in_where_two_years_are_not_there(n):
    out = adjust_season(chart(np.resize(PEAKS, n)))
    assert set(out["season"]) == {"left in"}
    assert out["value"].tolist() == np.resize(PEAKS, n).tolist()
    # Nor where a calendar month has one value only.
    gap = chart(np.resize(PEAKS, 30)).drop(index=[7])
    assert set(adjust_season(gap)["season"]) == {"left in"}
    assert set(adjust_season(chart(np.resize(PEAKS, 37)).drop(index=[7]))["season"]) == {"removed"}


def test_a_step_is_named_and_the_limits_begin_anew():
    noise = np.random.default_rng(2).normal(0, 0.3, 36)
    values = 50 + np.resize(PEAKS, 36) + noise + 4 * (np.arange(36) >= 20)
    out = xmr_limits(adjust_season(chart(values)))
    assert out.loc[out["step"] != "none", ["month", "step"]].to_numpy().tolist() == [
        [pd.Timestamp("2021-09-01"), "up"]
    ]
    assert out["mean"].iloc[-1] - out["mean"].iloc[0] == pytest.approx(4, abs=0.4)
    assert out["mean"].nunique() == 2
    falling = adjust_season(chart(100 - values))
    assert falling.loc[falling["step"] != "none", "step"].tolist() == ["down"]
    late = 50 + np.resize(PEAKS, 36) + noise + 4 * (np.arange(36) >= 28)
    out = xmr_limits(adjust_season(chart(late)))  # eight months are too few for limits of their own
    assert (out["step"] == "up").sum() == 1
    assert len(set(out["mean"])) == 1


def test_signals_are_no_longer_the_season():
    """40 series of 30 months, a season of twice the noise: as many signals as of a series without season."""
    share, steps = [], []
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(size=30)
        both = [xmr_limits(chart(noise)), xmr_limits(adjust_season(chart(noise + np.resize(2 * PEAKS, 30))))]
        share.append([(out["signal"] != "none").mean() for out in both])
        steps.append((both[1]["step"] != "none").any())
    plain, adjusted = np.mean(share, axis=0)
    assert adjusted == pytest.approx(plain, abs=0.04)
    assert adjusted < 0.1
    assert np.mean(steps) <= 0.05


def test_a_shock_leaves_no_shadow_in_other_years():
    noise = np.random.default_rng(5).normal(0, 0.3, 36)
    values = 50 + np.resize(PEAKS, 36) + noise
    shocked = values - 8 * np.isin(np.arange(36), [3, 4, 5])
    plain, out = adjust_season(chart(values)), adjust_season(chart(shocked))
    moved = (out["value"] - plain["value"] - (out["value"] - plain["value"]).median()).to_numpy()
    assert moved[[3, 4, 5]] == pytest.approx(-8, abs=0.8)
    assert np.abs(np.delete(moved, [3, 4, 5])).max() < 0.8  # least squares alone would leave 2.7
