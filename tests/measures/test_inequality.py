"""Slope, relative and concentration indices, and the share held by few: published and hand-worked."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import TooFewPoints, share_curve, share_top, slope_index

# Test data of OHID's R package PHEindicatormethods (github.com/ukhsa-collaboration/PHEindicatormethods, file
# tests/testthat/testdata_SII.xlsx, "rate (e.g. infant mortality) - default parameters"): SII -3.275201
# (-3.586823 to -2.965317) and RII 0.406001 (0.368882 to 0.446248) for area1, -2.287679 (-2.398526 to
# -2.176188) and 0.535252 (0.517343 to 0.553739) for area2. Least against most deprived; ours is the reverse.
PUBLISHED = {
    "area1": {
        "population": "279012 255993 236961 214315 192812 183546 168593 164822 154836 138165",
        "value": "5.89222 4.734504 3.827634 3.868138 3.677157 3.143626 3.125871 2.942568 2.8288 2.76481",
        "low": "5.61496 4.475921 3.586926 3.614079 3.416697 2.897718 2.870494 2.692404 2.576306 2.501421",
        "high": "6.183085 5.007952 4.084429 4.139982 3.957393 3.410332 3.403891 3.215902 3.105962 3.055849",
    },
    "area2": {
        "population": "13837 14519 14940 14599 12311 21675 20065 19750 24713 20112",
        "value": "4.89675 4.5678 4.67666 4.35666 3.9 3.8 3.5 3.2 3.21 2.8",
        "low": "4.77675 4.4478 4.55666 4.23666 3.78 3.68 3.38 3.08 3.09 2.68",
        "high": "4.97675 4.6478 4.75666 4.43666 3.98 3.88 3.58 3.28 3.29 2.88",
    },
}
RESULTS = {
    "area1": (3.275201, 2.965317, 3.586823, 1 / 0.406001, 1 / 0.446248, 1 / 0.368882),
    "area2": (2.287679, 2.176188, 2.398526, 1 / 0.535252, 1 / 0.553739, 1 / 0.517343),
}


def published():
    parts = [
        pd.DataFrame({name: np.array(row.split(), float) for name, row in columns.items()}).assign(
            setting=area, imd_decile=range(1, 11)
        )
        for area, columns in PUBLISHED.items()
    ]
    table = pd.concat(parts, ignore_index=True)
    spread = (np.log(table["high"]) - np.log(table["low"])) / (2 * 1.959964)
    return table.assign(se=table["value"] * spread)


def test_published_slope_and_relative_index():
    found = slope_index(published(), value="value", population="population")
    for row in found.itertuples():
        sii, sii_low, sii_high, rii, rii_low, rii_high = RESULTS[row.setting]
        assert row.sii == pytest.approx(sii, abs=1e-5)
        assert row.rii == pytest.approx(rii, rel=1e-5)
        # Theirs are quantiles of 100,000 draws.
        assert (row.sii_low, row.sii_high) == (
            pytest.approx(sii_low, abs=0.01),
            pytest.approx(sii_high, abs=0.01),
        )
        assert (row.rii_low, row.rii_high) == (
            pytest.approx(rii_low, rel=0.005),
            pytest.approx(rii_high, rel=0.005),
        )


def straight(most=30.0, step=2.0, population=100.0):
    """Rates on a straight line: 30, 28, … 12 in deciles of equal size."""
    return pd.DataFrame(
        {
            "imd_decile": range(1, 11),
            "rate_per_1000": most - step * np.arange(10),
            "se": 1.0,
            "person_years": population,
            "events": 20,
        }
    )


def test_a_straight_line_by_hand():
    # Ridits 0.05 … 0.95: the line goes from 31 at 0 to 11 at 1.
    found = slope_index(straight(), by=[]).iloc[0]
    assert found[["rate_most", "rate_least", "sii", "rii"]].tolist() == pytest.approx([31, 11, 20, 31 / 11])
    assert (found["n_groups"], found["events"]) == (10, 200)
    # Variance of the slope: 1 / sum of (ridit - 0.5)^2 = 1 / 0.825, so 20 ± 2.158 nearly.
    assert found["sii_low"] == pytest.approx(20 - 1.959964 / np.sqrt(0.825))
    assert found["sii_high"] == pytest.approx(20 + 1.959964 / np.sqrt(0.825))
    # Ends: variance 1/10 + 0.25 / 0.825 = 0.40303, covariance 1/10 - 0.25 / 0.825 = -0.20303. Fieller's
    # limits solve (31 - 11 r)^2 = 1.959964^2 (0.40303 + 2 x 0.20303 r + 0.40303 r^2).
    for limit in found[["rii_low", "rii_high"]]:
        spread = 0.403030 + 2 * 0.203030 * limit + 0.403030 * limit**2
        assert (31 - 11 * limit) ** 2 == pytest.approx(1.959964**2 * spread, rel=1e-4)
    assert found["rii_low"] < 31 / 11 < found["rii_high"]


@pytest.mark.parametrize(("least", "given"), [(2.2, True), (2.0, False), (-0.5, False)])
def test_a_ratio_to_almost_nothing_is_not_given(least, given):
    # The end has a standard error of sqrt(0.40303) = 0.635: 29% of 2.2, 32% of 2.0.
    table = straight(most=least + 20 - 1, step=2.0)
    rates = np.maximum(table["rate_per_1000"], 0.001)
    table = table.assign(rate_per_1000=rates if least < 0 else table["rate_per_1000"])
    found = slope_index(table, by=[]).iloc[0]
    assert found["sii_low"] < found["sii"] < found["sii_high"]
    assert found[["rii", "rii_low", "rii_high"]].notna().tolist() == [given] * 3
    if given:
        assert 1 < found["rii_low"] < found["rii"] < found["rii_high"] < 50


@pytest.mark.parametrize("error", [0.3, 1.0, 1.5])
def test_limits_hold_the_planted_line(error):
    rng = np.random.default_rng(1)
    table, held, given = straight().assign(se=error), np.zeros(2), 0
    for _ in range(400):
        rates = table["rate_per_1000"] + rng.normal(0, error, 10)
        row = slope_index(table.assign(rate_per_1000=rates), by=[]).iloc[0]
        assert np.isfinite(row["rii"])
        held += [row["sii_low"] <= 20 <= row["sii_high"], row["rii_low"] <= 31 / 11 <= row["rii_high"]]
        given += 1
    # Three binomial standard errors of 400.
    assert np.all(np.abs(held / given - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 400))


def test_order_of_rows_and_scale_of_weights_do_not_matter():
    table = straight().assign(person_years=[5, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    found = slope_index(table, by=[])
    shuffled = table.sample(frac=1, random_state=1).assign(person_years=lambda t: 1000 * t["person_years"])
    pd.testing.assert_frame_equal(found, slope_index(shuffled, by=[]))


def test_a_hidden_rate_hides_the_index_and_bad_tables_are_refused():
    table = straight()
    hidden = table.assign(rate_per_1000=table["rate_per_1000"].where(table["imd_decile"] != 4))
    assert slope_index(hidden, by=[])[["sii", "sii_low", "rii"]].isna().to_numpy().all()
    with pytest.raises(TooFewPoints, match="live in 4 of the ten deprivation deciles.*at least 5"):
        slope_index(table.head(4), by=[])
    # One setting of a table has four deciles: its index is missing, that of the other stays.
    both = pd.concat([table.assign(setting="gp"), table.head(4).assign(setting="ae")])
    assert slope_index(both).set_index("setting")["sii"].isna().to_dict() == {"gp": False, "ae": True}
    with pytest.raises(ValueError, match="twice"):
        slope_index(pd.concat([table, table]), by=[])
    with pytest.raises(ValueError, match="person_years above 0"):
        slope_index(table.assign(person_years=0.0), by=[])
    with pytest.raises(ValueError, match="above 0"):
        slope_index(table.assign(rate_per_1000=0.0), by=[])
    with pytest.raises(KeyError, match="se"):
        slope_index(table.drop(columns="se"), by=[])


def test_share_of_the_top_by_hand():
    # 2,000 people: 20 cost 50 each, 180 cost 5, 1,800 cost 1/18: 1,000 + 900 + 100.
    costs = np.concatenate([np.full(20, 50.0), np.full(180, 5.0), np.full(1800, 50 / 900)])
    found = share_top(costs, top=(0.01, 0.05, 0.1), draws=50)
    assert found["share"].tolist() == pytest.approx([0.5, 0.7, 0.95])
    assert found["n_top"].tolist() == [20, 100, 200]
    assert (found["low"] < found["share"]).all()
    assert (found["share"] < found["high"]).all()
    curve = share_curve(costs, points=10)
    assert curve["share_amount"].tolist()[:3] == pytest.approx([0, 0.95, 0.95 + 0.05 / 9])
    assert curve["share_people"].iloc[-1] == 1 and set(curve["n_people"]) == {2000}
    assert curve["share_amount"].iloc[-1] == pytest.approx(1)


@pytest.mark.parametrize("seeds", [range(20), pytest.param(range(200), marks=pytest.mark.slow)])
def test_bootstrap_holds_the_share_of_an_exponential(seeds):
    # Of an exponential distribution, the top 10% hold 0.1 x (1 + log 10).
    true = 0.1 * (1 + np.log(10))
    held = 0
    for seed in seeds:
        costs = np.random.default_rng(seed).exponential(size=2_000)
        row = share_top(costs, top=(0.1,), draws=200, seed=seed).iloc[0]
        held += row["low"] <= true <= row["high"]
    assert held / len(seeds) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / len(seeds)) - 0.01


def test_shares_of_nothing_or_of_few_are_refused():
    with pytest.raises(TooFewPoints, match="No cost is recorded"):
        share_top(np.zeros(1000))
    with pytest.raises(ValueError, match="missing or negative"):
        share_top([1.0, np.nan] * 500)
    with pytest.raises(TooFewPoints, match="too few people"):
        share_top(np.ones(900), top=(0.01,))
    with pytest.raises(TooFewPoints, match="too few people"):
        share_curve(np.ones(19))
    # 400 people: the top 1% would be four of them and is left out; steps hold ten at least, even of 398.
    assert share_top(np.ones(400), draws=5)["top"].tolist() == [0.05, 0.1]
    curve = share_curve(np.ones(400))
    assert len(curve) == 40
    told = [(len(share_curve(np.ones(n))), len(share_top(np.ones(n), draws=2))) for n in range(398, 403)]
    assert len(set(told)) == 1  # nothing of which of those that are shown as 400 it was
    assert curve["share_amount"].iloc[1] == pytest.approx(1 / 39)
