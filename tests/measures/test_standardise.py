import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.measures import rate_dna, standardise_dna, stratum_weights, wilson_interval


def two_areas(build, known_rows):
    """X: 100 known/10 missed same day, 100/20 next day. Y: 300/15 same day only. One lead time Unknown."""
    return build(
        known_rows(100, 10, icb_code="X", lead_time="Same Day")
        + known_rows(100, 20, icb_code="X", lead_time="1 Day")
        + known_rows(300, 15, icb_code="Y", lead_time="Same Day")
        + known_rows(50, 50, icb_code="Y", lead_time="Unknown")
        + [{"n": 1000, "status": "Unknown", "icb_code": "Y", "lead_time": "1 Day"}]
    )


def test_rates_weights_and_interval_by_hand(build, known_rows):
    out = standardise_dna(two_areas(build, known_rows), "icb_code").set_index("icb_code")
    # National shares of known status and lead time: same day 400 of 500, next day 100 of 500.
    x, y = out.loc["X"], out.loc["Y"]
    assert (x["dna_rate"], x["dna_rate_standardised"]) == pytest.approx((0.15, 0.8 * 0.10 + 0.2 * 0.20))
    assert (y["dna_rate"], y["dna_rate_standardised"]) == pytest.approx((0.05, 0.05))
    assert (x["weight_missing"], y["weight_missing"]) == pytest.approx((0.0, 0.2))
    assert (x["n_known"], y["n_known"]) == (200, 300)
    # Variance of X: 0.64 x 0.09/100 + 0.04 x 0.16/100 = 0.00064, so 0.12 x 0.88 / 0.00064 = 165 appointments.
    low, high = wilson_interval(0.12 * 165, 165)
    assert (x["std_low"], x["std_high"]) == pytest.approx((float(low), float(high)))
    assert x["rank_change"] == 0


def test_weights_are_the_national_share(build, known_rows):
    weights = stratum_weights(two_areas(build, known_rows), ["lead_time"]).set_index("lead_time")["weight"]
    assert weights.to_dict() == pytest.approx({"Same Day": 0.8, "1 Day": 0.2})


def test_a_part_of_the_country_takes_the_weights_it_is_given(build, known_rows):
    frame = two_areas(build, known_rows)
    strata = ["hcp_type", "mode", "lead_time"]
    weights = stratum_weights(frame, strata)
    part = frame[frame["icb_code"] == "X"]
    out = standardise_dna(part, "icb_code", weights=weights)
    assert out["dna_rate_standardised"].tolist() == pytest.approx([0.12])
    alone = standardise_dna(part, "icb_code")
    assert alone["dna_rate_standardised"].tolist() == pytest.approx([0.15])  # its own mix


def test_standardising_can_turn_the_order_round(build, known_rows):
    # A has lower rates than B in both strata, yet a higher crude rate, since it books further ahead.
    frame = build(
        known_rows(100, 1, icb_code="A", lead_time="Same Day")
        + known_rows(900, 90, icb_code="A", lead_time="1 Day")
        + known_rows(900, 18, icb_code="B", lead_time="Same Day")
        + known_rows(100, 12, icb_code="B", lead_time="1 Day")
    )
    out = standardise_dna(frame, "icb_code").set_index("icb_code")
    assert out["dna_rate"].to_dict() == pytest.approx({"A": 0.091, "B": 0.030})
    assert out["dna_rate_standardised"].to_dict() == pytest.approx({"A": 0.055, "B": 0.07})
    assert out["rank_crude"].to_dict() == {"A": 1, "B": 2}
    assert out["rank_standardised"].to_dict() == {"A": 2, "B": 1}
    assert out["rank_change"].to_dict() == {"A": 1, "B": -1}


def test_a_stratum_without_misses_widens_the_interval(build, known_rows):
    frame = build(
        known_rows(100, 10, lead_time="Same Day") + known_rows(2, 0, lead_time="1 Day", mode="Telephone")
    )
    weights = stratum_weights(frame, ["mode"]).assign(weight=[0.5, 0.5])
    row = standardise_dna(frame, "icb_code", strata=["mode"], weights=weights).iloc[0]
    assert row["dna_rate_standardised"] == pytest.approx(0.05)
    # Crude 10/102 stands in for the stratum of two: variance 0.25 (0.09/100 + 0.0884275/2).
    effective = 0.05 * 0.95 / (0.25 * (0.0009 + 0.0884275 / 2))
    low, high = wilson_interval(0.05 * effective, effective)
    assert (row["std_low"], row["std_high"]) == pytest.approx((float(low), float(high)), rel=1e-5)


def test_mode_is_standardised_for_hcp_and_lead_time_only(build, known_rows):
    frame = build(known_rows(100, 10) + known_rows(50, 10, mode="Telephone"))
    out = standardise_dna(frame, "mode")
    assert out["dna_rate_standardised"].tolist() == pytest.approx([0.1, 0.2])
    assert out["weight_missing"].abs().max() == pytest.approx(0)


def test_what_is_compared_cannot_be_standardised_for(build, known_rows):
    frame = build(known_rows(100, 10))
    with pytest.raises(ValueError, match="both compared and standardised"):
        standardise_dna(frame, "mode", strata=["mode"])
    with pytest.raises(ValueError, match="No default strata"):
        standardise_dna(frame, "status")


@settings(max_examples=40)
@given(groups=st.lists(st.tuples(st.integers(1, 10**6), st.floats(0, 1)), min_size=1, max_size=5))
def test_with_one_stratum_the_standardised_rate_and_interval_are_the_crude_ones(build, known_rows, groups):
    rows = []
    for number, (n, share) in enumerate(groups):
        rows += known_rows(n, round(n * share), icb_code=f"E{number}")
    frame = build(rows)
    crude = rate_dna(frame, "icb_code")
    out = standardise_dna(frame, "icb_code")
    for column, other in (
        ("dna_rate_standardised", "dna_rate"),
        ("std_low", "dna_low"),
        ("std_high", "dna_high"),
    ):
        assert out[column].tolist() == pytest.approx(crude[other].tolist(), abs=1e-9)


def test_rows_of_no_appointments_change_nothing(build, known_rows):
    frame = two_areas(build, known_rows)
    none = frame.head(2).assign(n_appointments=0, icb_code="Y", lead_time="1 Day")
    with_none = pd.concat(
        [frame.astype({"icb_code": str, "lead_time": str}), none.astype({"lead_time": str})]
    )
    plain, other = (
        standardise_dna(data, "icb_code", strata=["lead_time"])["dna_rate_standardised"].tolist()
        for data in (frame, with_none)
    )
    assert other == pytest.approx(plain)
