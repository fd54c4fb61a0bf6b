"""Retweets by hashtag: means by hand, shrinkage against its formula, one viral text."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib import measures


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
    assert travel.loc["b", ["retweets_per_tweet", "low", "high"]].tolist() == [1.0, 1.0, 1.0]
    assert travel.loc["a", "low"] < 2 < travel.loc["a", "high"]


def test_rare_tags_and_the_search_term_are_left_out():
    counts = {"a": [1] * 5, "b": [1] * 4, "s": [1] * 9}
    assert measures.measure_travel(*sample(counts), without=["s"])["hashtag"].tolist() == ["a"]
    assert measures.measure_travel(*sample(counts), min_texts=10).empty


def test_shrinkage_is_the_estimator_it_says():
    """Worked in numpy: log(1 + n), pooled variance within, DerSimonian and Laird between."""
    counts = {"a": [0, 1, 2, 0, 5], "b": [8, 9, 20, 3, 4, 6], "c": [1, 1, 0, 2, 1]}
    travel = measures.measure_travel(*sample(counts), n_boot=10).set_index("hashtag")
    logs = {tag: np.log1p(values) for tag, values in counts.items()}
    n = np.array([len(v) for v in logs.values()])
    means = np.array([v.mean() for v in logs.values()])
    within = sum(((v - v.mean()) ** 2).sum() for v in logs.values()) / (n.sum() - 3)
    w = n / within
    q = (w * (means - (w * means).sum() / w.sum()) ** 2).sum()
    between = (q - 2) / (w.sum() - (w**2).sum() / w.sum())
    weights = 1 / (between + within / n)
    centre = (weights * means).sum() / weights.sum()
    expected = np.expm1(centre + between / (between + within / n) * (means - centre))
    assert between > 0
    assert travel.loc[["a", "b", "c"], "retweets_typical"].to_numpy() == pytest.approx(expected)
    assert travel["rank"].to_dict() == {"b": 1, "a": 2, "c": 3}


def test_one_viral_text_does_not_rank_first():
    counts = {"viral": [0] * 9 + [5_000], "steady": [3] * 40 + [4] * 40, "quiet": [0] * 40 + [1] * 40}
    travel = measures.measure_travel(*sample(counts), n_boot=200).set_index("hashtag")
    assert travel.loc["viral", "rank_mean"] == 1
    assert travel.loc["steady", "rank"] == 1
    assert travel.loc["viral", "retweets_typical"] < travel.loc["steady", "retweets_typical"]


def test_tags_that_do_not_differ_are_one():
    rng = np.random.default_rng(5)
    counts = {tag: list(rng.permutation([0, 1, 2, 3, 4, 5])) for tag in "abcd"}
    travel = measures.measure_travel(*sample(counts), n_boot=50)
    assert travel.attrs["between_sd"] == 0
    assert np.ptp(travel["retweets_typical"]) < 1e-12
    assert (travel["rank"] == 1).all()


def test_the_interval_holds_the_mean_at_about_its_rate():
    """95 in 100 bootstrap intervals of a mean of Poisson counts, n = 60, hold the true mean."""
    rng = np.random.default_rng(2)
    held = 0
    for seed in range(100):
        travel = measures.measure_travel(*sample({"a": rng.poisson(2.0, 60)}), n_boot=300, seed=seed)
        held += travel["low"].item() <= 2.0 <= travel["high"].item()
    assert 87 <= held <= 99


def test_the_same_seed_gives_the_same_numbers():
    counts = sample({"a": [0, 1, 2, 9, 5], "b": [8, 9, 20, 3, 4]})
    pd.testing.assert_frame_equal(measures.measure_travel(*counts), measures.measure_travel(*counts))
    few, other = (measures.measure_travel(*counts, n_boot=20, seed=seed) for seed in (1, 2))
    assert (other["low"] != few["low"]).any()
