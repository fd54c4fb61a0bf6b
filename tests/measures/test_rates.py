import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.measures import rate_dna

counts = st.integers(0, 10**7)


def test_rate_bounds_and_unknown_by_hand(build):
    frame = build(
        [
            {"n": 900},
            {"n": 60, "status": "DNA"},
            {"n": 40, "status": "Unknown"},
            {"n": 10, "mode": "Telephone"},
            {"n": 90, "mode": "Telephone", "status": "Unknown"},
        ]
    )
    out = rate_dna(frame, "mode").set_index("mode")
    row = out.loc["Face-to-Face"]
    assert row["dna_rate"] == pytest.approx(60 / 960)
    assert row["unknown_share"] == pytest.approx(0.04)
    assert (row["bound_low"], row["bound_high"]) == pytest.approx((0.06, 0.10))
    assert row["dna_low"] == pytest.approx(0.0488629, abs=1e-6)
    assert row["dna_high"] == pytest.approx(0.0796245, abs=1e-6)
    assert not row["unknown_exceeds_dna"]
    assert out.loc["Telephone", "unknown_exceeds_dna"]
    assert out.loc["Telephone", "bound_high"] == pytest.approx(0.9)


def test_a_group_of_unknown_only_has_bounds_but_no_rate(build):
    row = rate_dna(build([{"n": 5, "status": "Unknown"}])).iloc[0]
    assert row[["dna_rate", "dna_low", "dna_high"]].isna().all()
    assert (row["bound_low"], row["bound_high"]) == (0.0, 1.0)


@given(attended=counts, dna=counts, unknown=counts)
def test_the_bounds_and_the_interval_contain_the_rate(build, attended, dna, unknown):
    if attended + dna == 0:
        return
    frame = build([{"n": attended}, {"n": dna, "status": "DNA"}, {"n": unknown, "status": "Unknown"}])
    row = rate_dna(frame).iloc[0]
    assert row["bound_low"] <= row["dna_rate"] <= row["bound_high"]
    assert row["dna_low"] <= row["dna_rate"] <= row["dna_high"]
