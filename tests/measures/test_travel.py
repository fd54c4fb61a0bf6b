"""Retweets by hashtag: means by hand, shrinkage against its formula, one viral text."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib import measures
from analysis_lib.measures.travel import shrink_means


def sample(counts, found=True):
    """One message for each count of each hashtag."""
    rows = [(tag, n) for tag, values in counts.items() for n in values]
    messages = pd.DataFrame(
        {
            "message": range(len(rows)),
            "n_tweets": 1,
            "n_retweets": [n for _, n in rows],
            "n_favourites": pd.array([2 * n for _, n in rows], "Int64"),
            "found": found,
        }
    )
    tags = pd.DataFrame({"message": range(len(rows)), "tag": pd.Categorical([tag for tag, _ in rows])})
    return messages, tags


def test_means_medians_and_favourites_by_hand():
    travel = measures.measure_travel(*sample({"a": [0, 0, 1, 3, 6], "b": [1] * 6})).set_index("hashtag")
    assert travel.loc["a", ["n_messages", "retweets_per_tweet", "retweets_median"]].tolist() == [5, 2.0, 1.0]
    assert travel.loc["a", "favourites_per_original"] == 4.0
    # Mean ÷ and × exp(t × standard error ÷ mean): a has a variance of 6.5, b that of a Poisson count, 1.
    factors = np.exp([2.776445 * np.sqrt(6.5 / 5) / 2, 2.570582 * np.sqrt(1 / 6)])
    for tag, mean, factor in zip("ab", (2.0, 1.0), factors, strict=True):
        limits = travel.loc[tag, ["low", "high"]].astype(float)
        assert limits.tolist() == pytest.approx([mean / factor, mean * factor], rel=1e-6)
    # No retweet in 12 texts: up to 3.689 ÷ 12, the exact limit of a Poisson count of 0.
    none = measures.measure_travel(*sample({"a": [0] * 12})).iloc[0]
    assert none[["low", "high"]].tolist() == pytest.approx([0, 3.688879 / 12])


def test_rare_tags_and_the_search_term_are_left_out():
    counts = {"a": [1] * 5, "b": [1] * 4, "s": [1] * 9}
    assert measures.measure_travel(*sample(counts), without=["s"])["hashtag"].tolist() == ["a"]
    assert measures.measure_travel(*sample(counts), min_texts=10).empty


def test_shrinkage_is_that_of_eight_schools():
    """Gelman and others (2013), section 5.5: eight coaching programmes, effects and standard errors."""
    effects = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
    errors = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
    found = shrink_means(effects, errors**2)
    # Posterior means as they are often quoted, by sampling: 11.4, 7.9, 6.0, 7.7, 5.0, 6.1, 10.7, 8.5.
    assert found.mean == pytest.approx([11.4, 7.9, 6.1, 7.6, 5.1, 6.2, 10.6, 8.5], abs=0.6)
    assert found.centre == pytest.approx(7.9, abs=0.4)
    # Table 5.3: 95% limits −2 to 31 of school A and −7 to 16 of E, from 200 draws.
    assert found.low[[0, 4]] == pytest.approx([-2, -8], abs=2.5)
    assert found.high[[0, 4]] == pytest.approx([31, 16], abs=2.5)


def test_one_group_is_not_shrunk_and_large_groups_hardly():
    alone = shrink_means(np.array([2.0]), np.array([0.25]))
    assert (alone.mean[0], alone.centre) == (2.0, 2.0)
    assert [alone.low[0], alone.high[0]] == pytest.approx([2 - 0.98, 2 + 0.98], abs=1e-3)
    sure = shrink_means(np.array([0.0, 1.0, 5.0]), np.full(3, 1e-6))
    assert sure.mean == pytest.approx([0, 1, 5], abs=1e-3)
    assert sure.high - sure.low == pytest.approx(np.full(3, 2 * 1.96e-3), rel=0.01)


def test_one_viral_text_does_not_rank_first():
    counts = {"viral": [0] * 9 + [5_000], "steady": [3] * 40 + [4] * 40, "quiet": [0] * 40 + [1] * 40}
    travel = measures.measure_travel(*sample(counts)).set_index("hashtag")
    assert travel.loc["viral", "rank_mean"] == 1
    assert travel.loc["steady", "rank"] == 1
    assert travel.loc["viral", "retweets_typical"] < travel.loc["steady", "retweets_typical"]


def test_tags_that_do_not_differ_keep_an_interval():
    """Shrunk nearly to one value, but none is known without error, and none stands out."""
    rng = np.random.default_rng(5)
    counts = {tag: list(rng.permutation([0, 1, 2, 3, 4, 5])) for tag in "abcd"}
    travel = measures.measure_travel(*sample(counts))
    assert np.ptp(travel["retweets_typical"]) < 1e-9
    assert (travel["rank"] == 1).all()
    assert (travel["typical_high"] - travel["typical_low"] > 0.5).all()
    assert (travel["typical_low"] < travel.attrs["overall"]).all()


def test_intervals_hold_as_often_as_they_say_where_tags_are_alike():
    """12 worlds of 20 tags of one rate: 95 in 100 typical values, and 93 in 100 means, are held."""
    sd = 1.1
    large = np.random.default_rng(0)
    true = np.expm1(np.log1p(large.poisson(1.2 * np.exp(large.normal(-(sd**2) / 2, sd, 400_000)))).mean())
    typical = mean = further = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        sizes = {f"t{j}": int(n) for j, n in enumerate(rng.integers(10, 80, 20))}
        counts = {t: rng.poisson(1.2 * np.exp(rng.normal(-(sd**2) / 2, sd, n))) for t, n in sizes.items()}
        travel = measures.measure_travel(*sample(counts))
        typical += travel["typical_low"].le(true).mul(travel["typical_high"].ge(true)).sum()
        mean += travel["low"].le(1.2).mul(travel["high"].ge(1.2)).sum()
        further += (travel["typical_low"] > travel.attrs["overall"]).sum()
    assert typical / 240 >= 0.93
    assert 0.89 <= mean / 240 <= 0.98
    assert further <= 1
