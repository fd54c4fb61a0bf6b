"""Standardised rates of people: published examples, hand-worked ones, coverage, refusals."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import (
    ESP2013,
    TooFewPoints,
    compare_rates,
    dobson_limits,
    poisson_interval,
    rate_standardised,
    rates_by_group,
    standard_weights,
    where_recorded,
)

# Test data of OHID's R package PHEindicatormethods (github.com/ukhsa-collaboration/PHEindicatormethods, file
# tests/testthat/testdata_DSR_ISR.xlsx, sheets testdata_multiarea, testdata_nonindepe, testresults_DSR):
# made in a spreadsheet, not by the package. Nineteen five-year bands, European Standard Population 2013.
BANDS = [f"{a}-{a + 4}" for a in range(0, 90, 5)] + ["90+"]
POPULATION = [636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153, 123, 207]
BIG = [127, 25, 18, 21, 12, 27, 48, 27, 29, 32, 32, 34, 45, 65, 38, 68, 74, 82, 91]
SMALL = [12, 4, 3, 2, 3, 4, 8, 2, 2, 3, 4, 5, 6, 8, 5, 6, 5, 5, 4]
TINY = [0] * 6 + [1] + [0] * 5 + [1, 0, 0, 1, 1, 2, 3]
# People with 1, 2, 3 and 4 events in each band of BIG.
ONE = [75, 16, 11, 12, 8, 18, 26, 18, 18, 21, 21, 23, 23, 39, 25, 40, 46, 49, 56]
TWO = [16, 3, 2, 3, 0, 3, 6, 3, 4, 4, 4, 4, 6, 8, 5, 9, 9, 10, 11]
THREE = [4, 1, 1, 1, 0, 1, 2, 1, 1, 1, 1, 1, 2, 2, 1, 2, 2, 3, 3]
FOUR = [2, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1]


def cells(events):
    return pd.DataFrame(
        {
            "age_band": BANDS,
            "area": "A",
            "n_people": POPULATION,
            "years_at_risk": np.array(POPULATION, float),
            "gp": events,
        }
    )


@pytest.mark.parametrize(
    ("events", "level", "rate", "low", "high"),
    [
        (BIG, 0.95, 10430.247991, 9717.709068, 11178.940915),
        (BIG, 0.998, 10430.247991, 9323.287880, 11620.596000),
        (SMALL, 0.95, 1103.212025, 877.455768, 1367.088223),
        (SMALL, 0.998, 1103.212025, 763.642036, 1530.032895),
    ],
)
def test_published_standardised_rates(events, level, rate, low, high):
    found = rate_standardised(cells(events), "area", "gp", people="n_people", level=level).iloc[0]
    # Published per 100,000; ours per 1,000.
    assert found[["rate_per_1000", "low", "high"]].tolist() == pytest.approx(
        [rate / 100, low / 100, high / 100]
    )
    assert (found["events"], found["n_people"]) == (sum(events), 8_970)


def test_no_rate_under_ten_events():
    found = rate_standardised(cells(TINY), "area", "gp", people="n_people").iloc[0]
    assert found["events"] == 9
    assert found[["rate_per_1000", "low", "high", "se"]].isna().all()
    assert found["crude_per_1000"] == pytest.approx(9 / 8.970)


def test_published_interval_for_several_events_of_one_person():
    # testdata_nonind_big: 10430.247991 (9532.949779 to 11373.074833) per 100,000.
    weight = standard_weights(BANDS).to_numpy()
    squares = sum(k**2 * np.array(n) for k, n in ((1, ONE), (2, TWO), (3, THREE), (4, FOUR)))
    rate = weight @ (np.array(BIG) / POPULATION)
    variance = np.sum(weight**2 * squares / np.array(POPULATION, float) ** 2)
    low, high = dobson_limits(rate, variance, sum(BIG))
    assert [1e5 * rate, 1e5 * low, 1e5 * high] == pytest.approx([10430.247991, 9532.949779, 11373.074833])


# The same source, sheet testdata_Byars_Wilson: Byar's method at 95% and 99.8%.
@pytest.mark.parametrize(
    ("count", "level", "low", "high"),
    [
        (65, 0.95, 50.163188, 82.849139),
        (1045, 0.95, 982.593202, 1110.331213),
        (65, 0.998, 42.880261, 94.000291),
        (10, 0.998, 2.916318, 24.193725),
    ],
)
def test_published_limits_of_counts(count, level, low, high):
    assert poisson_interval(count, level) == (pytest.approx(low), pytest.approx(high))


def test_the_standard_population_is_that_of_eurostat():
    assert sum(ESP2013.values()) == 100_000
    weights = standard_weights(["0-4", "5-14", "15-24", "85+", "90+"])
    assert weights.tolist() == pytest.approx([0.05, 0.11, 0.115, 0.025, 0.01])
    assert standard_weights(["0-14", "15+"]).tolist() == pytest.approx([0.16, 0.84])


@pytest.mark.parametrize("band", ["0-3", "4-9", "old", "16-24", "95+"])
def test_bands_that_the_standard_population_lacks_are_refused(band):
    with pytest.raises(ValueError, match="band"):
        standard_weights([band])


def persons():
    """Two groups of people: twelve contacts of four persons, and ten of one."""
    return pd.DataFrame(
        {
            "group": ["a"] * 4 + ["b"] * 5,
            "age_band": ["0-4", "0-4", "5+", "5+", "0-4", "0-4", "5+", "5+", "5+"],
            "years_at_risk": [1, 1, 1, 0.5, 1, 1, 1, 1, 1],
            "gp": [2, 4, 3, 3, 0, 0, 10, 0, 0],
        }
    )


def test_rates_of_people_by_hand():
    found = rate_standardised(persons(), "group", "gp").set_index("group")
    # a: 0.05 x 6/2 + 0.95 x 6/1.5; deviations -1, 1 and 3 - 4 = -1, 3 - 2 = 1.
    assert found.loc["a", "rate_per_1000"] == pytest.approx(1000 * (0.05 * 3 + 0.95 * 4))
    # Each stratum of two people borrows the variance of 100 of its age. At 0-4 there are 6 events and sum of
    # squares 2 in 4 years, at 5+ 16 events and 2 + 100 - 100/3 in 4.5; a has 12 events, at everybody's rates
    # 2/4 x 6 + 1.5/4.5 x 16 = 8 1/3 would be due.
    ratio, squares = 12 / (25 / 3), 2 + 100 - 100 / 3
    young, old = (2 * 2 + 100 * ratio * 2 / 4 * 2) / 102, (2 * 2 + 100 * ratio * 1.5 / 4.5 * squares) / 102
    se = 1000 * np.sqrt(0.05**2 * young / 2**2 + 0.95**2 * old / 1.5**2)
    assert found.loc["a", "se"] == pytest.approx(se)
    assert found.loc["a", "crude_per_1000"] == pytest.approx(12_000 / 3.5)
    # b: 10 events of one of three people: rate 10/3, sum of squares 100 - 100/3. Nobody of 0-4 had an event,
    # and these vary as others of their age: 10 events where 2/4 x 6 + 3/4.5 x 16 = 13 2/3 would be due.
    ratio = 10 / (41 / 3)
    young, old = 100 * ratio * 2 / 4 * 2 / 102, (3 * (100 - 100 / 3) + 100 * ratio * 3 / 4.5 * squares) / 103
    se = 1000 * np.sqrt(0.05**2 * young / 2**2 + 0.95**2 * old / 3**2)
    assert found.loc["b", "se"] == pytest.approx(se)
    crude = rate_standardised(persons(), "group", "gp", age=None).set_index("group")
    assert crude.loc["b", "rate_per_1000"] == pytest.approx(2000)


def test_weights_of_absent_bands_are_spread_and_said():
    frame = pd.DataFrame(
        {
            "group": ["a", "a", "b"],
            "age_band": ["0-4", "5+", "5+"],
            "years_at_risk": 1.0,
            "gp": [20, 30, 40],
        }
    )
    found = rate_standardised(frame, "group", "gp").set_index("group")
    assert found["weight_absent"].tolist() == pytest.approx([0, 0.05])
    assert found.loc["b", "rate_per_1000"] == pytest.approx(40_000)
    young = rate_standardised(frame[frame["age_band"] == "0-4"], "group", "gp", weights={"0-4": 1, "5+": 4})
    assert young["weight_absent"].iloc[0] == pytest.approx(0.8)
    assert np.isnan(young["rate_per_1000"].iloc[0])


def test_one_table_of_all_groupings_in_the_order_of_readers():
    rng = np.random.default_rng(0)
    bands = ["0-4", "5-14", "15-24", "25+"]
    frame = pd.DataFrame(
        {"age_band": np.repeat(bands, 50), "sex": np.tile(["F", "M"], 100), "years_at_risk": 1.0}
    )
    frame = frame.assign(gp=rng.poisson(3, 200), ae=rng.poisson(1, 200))
    found = rates_by_group(frame, ["age_band", "sex"], ["gp", "ae"])
    assert list(found.columns[:3]) == ["setting", "group", "level"]
    assert found.query("group == 'age_band' and setting == 'ae'")["level"].tolist() == bands
    assert len(found) == 2 * (4 + 2)
    by_age = found.query("group == 'age_band' and setting == 'gp' and level == '5-14'").iloc[0]
    assert by_age["rate_per_1000"] == pytest.approx(by_age["crude_per_1000"])
    assert found.query("group == 'sex' and setting == 'gp'")["events"].sum() == frame["gp"].sum()


def test_whose_label_is_missing_is_a_group_of_their_own():
    frame = persons().assign(imd_decile=pd.array([1, 1, 1, 10, 10, 10, 2, 2, None], dtype="Int32"))
    found = rates_by_group(frame, ["imd_decile"], "gp", age="age_band")
    assert found["level"].tolist() == ["1", "2", "10", "not recorded"]
    assert found["n_people"].tolist() == [3, 2, 3, 1]
    assert found["events"].sum() == frame["gp"].sum()


def test_a_comparison_of_known_values_rests_on_half_of_the_people():
    frame = pd.DataFrame({"imd_decile": pd.array([1, 2, None, None], dtype="Int32")})
    assert len(where_recorded(frame, "imd_decile", "Deprivation")) == 2
    with pytest.raises(TooFewPoints, match="Deprivation is not recorded for enough people"):
        where_recorded(frame.tail(3), "imd_decile", "Deprivation")
    with pytest.raises(TooFewPoints, match="the same for all of these people"):
        where_recorded(frame.head(1), "imd_decile", "Deprivation")


def test_core20_against_the_rest_by_hand():
    frame = persons().assign(core20=lambda f: f["group"] == "a", ae=lambda f: f["gp"])
    found = compare_rates(frame, "core20", ["ae", "gp"], age=None)
    assert found["setting"].tolist() == ["ae", "gp"]
    row = found.iloc[1]
    a, b = 12 / 3.5, 2.0
    rates = rate_standardised(frame, "core20", "gp", age=None).set_index("core20")["se"] / 1000
    spread = np.exp(1.959964 * np.sqrt((rates[True] / a) ** 2 + (rates[False] / b) ** 2))
    assert row["rate_ratio"] == pytest.approx(a / b)
    assert row["ratio_high"] == pytest.approx(a / b * spread)
    assert row["difference"] == pytest.approx(1000 * (a - b))
    assert row["difference_low"] == pytest.approx(
        1000 * (a - b - 1.959964 * np.hypot(rates[True], rates[False]))
    )
    # Somebody whose area is not known is on neither side.
    unknown = pd.concat([frame, frame.head(1).assign(core20=None, gp=99, ae=99)]).astype(
        {"core20": "boolean"}
    )
    pd.testing.assert_frame_equal(compare_rates(unknown, "core20", ["ae", "gp"], age=None), found)
    with pytest.raises(ValueError, match="must be True for some"):
        compare_rates(frame, "group", "gp")
    with pytest.raises(TooFewPoints, match="Core20 holds all of these people or none"):
        compare_rates(frame.assign(core20=True), "core20", "gp")
    with pytest.raises(TooFewPoints, match="nothing to count"):
        rate_standardised(frame.head(0), [], "gp")


@pytest.mark.parametrize("seeds", [range(20), pytest.param(range(200), marks=pytest.mark.slow)])
def test_intervals_hold_the_true_rate_though_people_come_again(seeds):
    """Contacts of 800 people with a gamma rate each: Dobson's published interval is too narrow for them."""
    bands, true = np.array(["0-4", "5-14", "15+"]), np.array([6.0, 2.0, 4.0])
    held = narrow = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        age = rng.integers(0, 3, 800)
        years = np.where(rng.random(800) < 0.2, rng.random(800) * 0.9 + 0.1, 1.0)
        gp = rng.poisson(true[age] * years * rng.gamma(1 / 0.8, 0.8, 800))
        frame = pd.DataFrame({"age_band": bands[age], "years_at_risk": years, "gp": gp, "one": 1})
        wanted = 1000 * (standard_weights(list(bands)).to_numpy() @ true)
        own = rate_standardised(frame, [], "gp").iloc[0]
        published = rate_standardised(frame, [], "gp", people="one").iloc[0]
        held += own["low"] <= wanted <= own["high"]
        narrow += published["low"] <= wanted <= published["high"]
    n = len(seeds)
    assert held / n == pytest.approx(0.95, abs=3.5 * np.sqrt(0.95 * 0.05 / n))
    assert narrow / n < 0.85


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"years_at_risk": 0.0}, ValueError, "nobody was at risk"),
        ({"years_at_risk": np.nan}, ValueError, "missing or negative"),
        ({"years_at_risk": 30.0}, ValueError, "name the column of people"),
        ({"group": None}, ValueError, "group has no label in 9 rows"),
        ({"gp": -1}, ValueError, "gp is missing or negative"),
        ({"age_band": "17"}, ValueError, "five-year bands"),
        ({"years_at_risk": [1, 1, 1, 0, 1, 1, 1, 1, 1]}, ValueError, "without person-time"),
    ],
)
def test_refusals_say_what_to_do(change, error, match):
    with pytest.raises(error, match=match):
        rate_standardised(persons().assign(**change), "group", "gp")


def test_absent_columns_and_weights_are_named():
    with pytest.raises(KeyError, match="ambulance"):
        rate_standardised(persons(), "group", "ambulance")
    with pytest.raises(KeyError, match=r"5\+"):
        rate_standardised(persons(), "group", "gp", weights={"0-4": 1.0})
