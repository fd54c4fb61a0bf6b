"""Order within people, windows and waits: by hand, at the edges, and how often intervals hold the truth."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import linked_waits, order_ratio, window_share


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["n_forward", "n_backward", "n_people"])
    return frame.assign(first="mental_health", then="ae")


def test_the_ratio_and_its_clustered_error_by_hand():
    # Ten people with 3 forward, ten with 1 and 2 backward: 40 to 20. Of each person 3/40 - 0 or 1/40 - 2/20,
    # both squared 0.005625; twenty of them, times 20/19.
    row = order_ratio(orders((3, 0, 10), (1, 2, 10))).iloc[0]
    assert row[["n_people", "n_forward", "n_backward", "ratio"]].tolist() == [20, 40, 20, 2.0]
    spread = 1.959964 * np.sqrt(20 * 0.005625 * 20 / 19)
    assert (row["low"], row["high"]) == (
        pytest.approx(2 * np.exp(-spread), rel=1e-6),
        pytest.approx(2 * np.exp(spread), rel=1e-6),
    )


def test_people_who_are_all_alike_are_no_certainty():
    # All have 2 and 1: no variance is seen between people, so that of independent pairs is used.
    row = order_ratio(orders((2, 1, 8))).iloc[0]
    assert np.log(row["high"] / row["ratio"]) == pytest.approx(1.959964 * np.sqrt(1 / 16 + 1 / 8), rel=1e-6)
    assert order_ratio(orders((2, 1, 1)))["low"].notna().all()


def test_groups_stand_apart_and_an_order_that_never_occurs_has_no_ratio():
    few = orders((1, 1, 30)).assign(level="1-4")
    frame = pd.concat([few, orders((2, 0, 5)).assign(level="24+")])
    found = order_ratio(frame, "level").set_index("level")
    assert found.loc["1-4", "ratio"] == 1
    assert found.loc["24+", ["n_forward", "n_backward"]].tolist() == [10, 0]
    assert found.loc["24+", ["ratio", "low", "high"]].isna().all()
    assert order_ratio(frame).loc[0, ["n_people", "n_forward"]].tolist() == [35, 40]
    assert order_ratio(frame.iloc[:0], "level").empty
    with pytest.raises(KeyError, match="n_backward"):
        order_ratio(frame.drop(columns="n_backward"))


@pytest.mark.parametrize(("n", "mean", "ratio"), [(60, 0.5, 1.5), (400, 0.1, 1.0)])
def test_intervals_of_the_ratio_hold_it_where_people_differ(n, mean, ratio):
    held = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        own = rng.gamma(0.5, 2 * mean, n)
        row = order_ratio(
            orders(*zip(rng.poisson(ratio * own), rng.poisson(own), [1] * n, strict=True))
        ).iloc[0]
        held.append(row["low"] <= ratio <= row["high"])
    assert 0.92 <= np.mean(held) <= 0.985


# Windows -----------------------------------------------------------------------------------------


def windows(*rows):
    return pd.DataFrame(rows, columns=["n_first", "n_near", "n_far", "n_people"])


def test_the_share_and_its_clustered_error_by_hand():
    # 100 calls, 20 of them followed and 10 in the far windows: 0.20 - 0.05. Five people have four calls, all
    # followed (4 - 4 × 0.15 = 3.4), five four with two far (-1 - 0.6 = -1.6), sixty one call (-0.15).
    row = window_share(windows((4, 4, 0, 5), (4, 0, 2, 5), (1, 0, 0, 60))).iloc[0]
    assert row[["n_people", "n_first", "n_near", "n_far"]].tolist() == [70, 100, 20, 10]
    assert row["share"] == pytest.approx(0.15)
    apart = 5 * 3.4**2 + 5 * 1.6**2 + 60 * 0.15**2
    spread = 1.959964 * np.sqrt(apart * 70 / 69) / 100
    assert (row["low"], row["high"]) == (
        pytest.approx(0.15 - spread, rel=1e-6),
        pytest.approx(0.15 + spread, rel=1e-6),
    )


def test_windows_without_a_first_or_a_second_step():
    none = window_share(windows((0, 0, 0, 5))).iloc[0]
    assert none[["share", "low", "high"]].isna().all()
    quiet = window_share(windows((1, 0, 0, 5))).iloc[0]
    assert quiet["share"] == 0
    assert quiet[["low", "high"]].isna().all()
    assert window_share(windows().assign(level=[]), "level").empty
    by_level = pd.concat(
        [windows((1, 1, 0, 5), (1, 0, 0, 5)).assign(level="0"), windows((1, 0, 1, 9)).assign(level="24+")]
    )
    assert window_share(by_level, "level")["share"].tolist() == [0.5, -0.5]


@pytest.mark.parametrize(("n", "share"), [(60, 0.11), (200, 0.0)])
def test_intervals_of_the_share_hold_it_where_people_differ(n, share):
    held = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        calls, chance = 1 + rng.poisson(rng.gamma(0.5, 2, n)), rng.beta(0.5, 5, n)
        near = rng.binomial(calls, chance + (1 - chance) * share)
        far = rng.binomial(calls, chance) + rng.binomial(calls, chance)
        row = window_share(windows(*zip(calls, near, far, [1] * n, strict=True))).iloc[0]
        held.append(row["low"] <= share * (1 - 0.5 / 5.5) <= row["high"])
    assert 0.92 <= np.mean(held) <= 0.985


# Waits -------------------------------------------------------------------------------------------


def test_chance_is_taken_away_from_waits():
    # By chance 2 pairs at each lag of either sign; beyond it 20 pairs on each of the days 11 to 20.
    lags = [lag for lag in range(-60, 61) if lag]
    frame = pd.DataFrame({"lag": lags, "n": [2 + 20 * (11 <= lag <= 20) for lag in lags]})
    frame = pd.concat([frame.assign(lot=lot) for lot in range(10)])
    row = linked_waits(frame, span=60, quantiles=(0.5, 0.9)).set_index("quantile")
    assert row["linked"].tolist() == [2_000, 2_000]
    assert row["n_pairs"].tolist() == [4_400, 4_400]
    assert row["days"].tolist() == pytest.approx([15, 19])  # half of them, and nine tenths, by that day
    # All lots are the same, so nothing is uncertain.
    assert row["low"].tolist() == pytest.approx([15, 19])
    assert row["high"].tolist() == pytest.approx([15, 19])
    # Waits beyond the span are not seen: of the days 11 to 15 the middle is on day 12.5 + 0.
    assert linked_waits(frame[frame["lag"].abs() <= 15], span=15).loc[0, "days"] == pytest.approx(12.5)
    one = linked_waits(frame[frame["lot"] == 0], span=60).iloc[0]
    assert one["days"] == pytest.approx(15)
    assert one[["low", "high"]].isna().all()


def test_what_grows_with_the_lag_is_no_wait():
    # On days 11 to 20 1,000 pairs more; and at each lag as many more as it has days, beyond the span as well.
    lags = [lag for lag in range(-120, 121) if lag]
    frame = pd.DataFrame({"lag": lags, "n": [200 + max(lag, 0) + 1_000 * (11 <= lag <= 20) for lag in lags]})
    frame = pd.concat([frame.assign(lot=lot) for lot in range(10)])
    row = linked_waits(frame, span=60).iloc[0]
    assert (row["linked"], row["days"]) == (100_000, pytest.approx(15))
    trend = frame.assign(n=frame["n"] - 1_000 * frame["lag"].between(11, 20))
    assert linked_waits(trend, span=60)[["days", "low", "high"]].isna().all(axis=None)
    near = linked_waits(trend[trend["lag"].abs() <= 60], span=60).iloc[0]  # nothing says that it is a trend
    assert near["linked"] == 10 * 60 * 61 / 2


def waits(rng, median, linked=300, chance=1_000, span=180):
    """Log-normal waits among pairs that come together by chance."""
    lag = np.rint(np.exp(rng.normal(np.log(median), 0.6, linked)))
    lag = np.concatenate([lag, rng.integers(-span, span + 1, chance)]).astype(int)
    frame = pd.DataFrame({"lag": lag, "lot": rng.integers(0, 50, len(lag))}).query("lag != 0")
    return frame.groupby(["lot", "lag"]).size().reset_index(name="n")


def by_fifth(seed, ratio=1.25, **options):
    rng = np.random.default_rng(seed)
    medians = {1: 42 * ratio, 5: 42}
    return pd.concat([waits(rng, median, **options).assign(fifth=fifth) for fifth, median in medians.items()])


def test_intervals_hold_the_planted_waits_and_their_ratio():
    held, ratios = [], []
    for seed in range(150):
        found = linked_waits(by_fifth(seed), 180, "fifth", against=5).set_index("fifth")
        assert (found["low"] > 0).all()
        assert (found["high"] <= 180).all()
        held += [found.loc[f, "low"] <= m <= found.loc[f, "high"] for f, m in ((1, 52.5), (5, 42))]
        ratios.append(found.loc[1, "ratio_low"] <= 1.25 <= found.loc[1, "ratio_high"])
    assert 0.92 <= np.mean(held) <= 0.99
    assert np.mean(ratios) >= 0.92


def test_where_nothing_follows_it_is_said():
    nothing = by_fifth(1, linked=0)
    assert linked_waits(nothing, 180, "fifth")[["days", "low", "high"]].isna().all(axis=None)
    assert linked_waits(nothing.iloc[:0], 180)["days"].isna().all()
    some = pd.concat([nothing[nothing["fifth"] == 1], by_fifth(1).query("fifth == 5")])
    found = linked_waits(some, 180, "fifth", against=5).set_index("fifth")
    assert found.loc[1, ["days", "low", "high", "ratio"]].isna().all()
    assert found.loc[5, "ratio"] == 1
    assert found.loc[5, ["ratio_low", "ratio_high"]].isna().all()


def test_what_cannot_be_meant_is_refused():
    frame = by_fifth(1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        linked_waits(frame, 180, "fifth", quantiles=(50,))
    with pytest.raises(ValueError, match="No group is 3"):
        linked_waits(frame, 180, "fifth", against=3)
