"""Ranks with intervals: certain, open, and on the edge between the two, as probability theory has them."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.measures import rank_interval


def logistic(x):
    return 1 / (1 + np.exp(-np.asarray(x, float)))


def areas(middle, spread):
    """Rates that are normal on the logit scale with these means and standard deviations."""
    middle, half = np.asarray(middle, float), 1.959964 * np.asarray(spread, float)
    return pd.DataFrame(
        {
            "dna_rate_standardised": logistic(middle),
            "std_low": logistic(middle - half),
            "std_high": logistic(middle + half),
        }
    )


def ranks(frame, **options):
    out = rank_interval(frame, **options)
    return [tuple(row) for row in out[["rank", "rank_low", "rank_high"]].to_numpy()]


def test_areas_far_apart_have_one_rank_each():
    assert ranks(areas([-3, -1, -2], [0.01] * 3)) == [(3, 3, 3), (1, 1, 1), (2, 2, 2)]


def test_equal_areas_share_the_best_rank_and_may_have_any():
    assert ranks(areas([-1, -3, -3], [0.01] * 3)) == [(1, 1, 1), (2, 2, 3), (2, 2, 3)]


@pytest.mark.parametrize(("first", "expected"), [(0.985, (1, 1, 1)), (0.965, (1, 1, 2))])
def test_the_interval_follows_the_probability_of_the_order(first, expected):
    # Two rates with standard deviation s differ by d: P(the higher draws higher) = Phi(d / (s * sqrt 2)).
    # Where that is over 97.5%, its 95% interval is rank 1 alone; where under, it is 1 to 2.
    z = {0.985: 2.17009, 0.965: 1.81191}[first]
    found = ranks(areas([-2 + 0.1 * z * np.sqrt(2), -2], [0.1, 0.1]))
    assert found[0] == expected


def test_an_area_without_a_rate_has_no_rank_and_takes_none():
    frame = areas([-3, -1, -2], [0.01] * 3)
    frame.loc[1] = np.nan
    out = rank_interval(frame)
    assert out["rank"].tolist() == [2, pd.NA, 1]
    assert out["rank_high"].isna().tolist() == [False, True, False]
    assert rank_interval(frame.iloc[[1]])["rank"].isna().all()


def test_rates_of_none_and_of_all_can_be_ranked():
    frame = areas([-3, -2], [0.01] * 2)
    frame.loc[2], frame.loc[3] = (0.0, 0.0, 0.01), (1.0, 0.9, 1.0)
    assert [row[0] for row in ranks(frame)] == [3, 2, 4, 1]


def test_same_seed_same_ranks():
    frame = areas(np.linspace(-3, -2.9, 12), [0.05] * 12)
    assert ranks(frame, seed=4) == ranks(frame, seed=4)


def test_too_few_draws_are_refused():
    with pytest.raises(ValueError, match=r"draw 10,000"):
        rank_interval(areas([-3, -2], [0.01] * 2), n_draws=50)
