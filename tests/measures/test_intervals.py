import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis_lib.measures import dsr_interval, poisson_interval, wilson_interval


# Newcombe RG (1998) Stat Med 17:857-872, table I, method 3.
@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_limits(k, n, low, high):
    got = wilson_interval(k, n)
    assert got[0] == pytest.approx(low, abs=5e-5)
    assert got[1] == pytest.approx(high, abs=5e-5)


def test_wilson_without_trials_is_missing_and_bad_counts_raise():
    assert np.isnan(wilson_interval([0], [0])).all()
    with pytest.raises(ValueError, match="numerator"):
        wilson_interval(5, 4)
    with pytest.raises(ValueError, match="0.95"):
        wilson_interval(1, 2, level=95)


@given(n=st.integers(1, 10**9), share=st.floats(0, 1))
def test_wilson_holds_the_proportion_within_0_and_1(n, share):
    k = round(n * share)
    low, high = wilson_interval(k, n)
    assert 0 <= low <= k / n <= high <= 1


# Exact limits of Poisson counts: Garwood (1936), as tabled for instance by Breslow & Day (1987), table 2.10.
@pytest.mark.parametrize(
    ("k", "low", "high"), [(0, 0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (9, 4.115, 17.085)]
)
def test_poisson_is_exact_under_ten_events(k, low, high):
    got = poisson_interval(k)
    assert got[0] == pytest.approx(low, abs=1e-3)
    assert got[1] == pytest.approx(high, abs=1e-3)


def test_poisson_from_ten_events_is_byars_formula():
    # By hand, z = 1.959964: 10(1 - 1/90 - z/(3 sqrt 10))^3 and 11(1 - 1/99 + z/(3 sqrt 11))^3.
    low, high = poisson_interval(10)
    assert low == pytest.approx(4.78745, abs=2e-5)
    assert high == pytest.approx(18.3915, abs=1e-4)
    # Exact limits of 100 are 81.36 and 121.63: Byar must be within 0.05.
    assert poisson_interval(100) == (pytest.approx(81.36, abs=0.05), pytest.approx(121.63, abs=0.05))


def test_poisson_refuses_a_negative_count():
    with pytest.raises(ValueError, match="negative"):
        poisson_interval(-1)


def test_standardised_rate_by_hand():
    # Rates 0.01 and 0.02, weights 0.75 and 0.25. Sum of variances 0.75^2 x 10/1000^2 + 0.25^2 x 40/2000^2
    # = 5.625e-6 + 0.625e-6; scale = sqrt(6.25e-6 / 50) = 3.5355e-4; Byar of 50 is 37.11 to 65.92.
    rate, low, high = dsr_interval([10, 40], [1000, 2000], [3, 1])
    assert rate == pytest.approx(0.0125)
    assert low == pytest.approx(0.0125 + 3.5355e-4 * (37.11 - 50), abs=2e-6)
    assert high == pytest.approx(0.0125 + 3.5355e-4 * (65.92 - 50), abs=2e-6)


def test_standardised_rate_of_one_stratum_is_the_crude_rate_with_its_poisson_interval():
    rate, low, high = dsr_interval([20], [400], [1])
    poisson_low, poisson_high = poisson_interval(20)
    assert (rate, low, high) == pytest.approx((0.05, poisson_low / 400, poisson_high / 400))


def test_no_standardised_rate_under_ten_events_or_without_population():
    assert np.isnan(dsr_interval([4, 5], [100, 100], [1, 1])).all()
    with pytest.raises(ValueError, match="merge"):
        dsr_interval([10, 0], [100, 0], [1, 1])
