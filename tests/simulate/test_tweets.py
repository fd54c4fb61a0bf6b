"""Simulated tweets: the layout, what was planted, determinism, and that nobody's name is in them."""

import csv
import io
import json
import re

import numpy as np
import pandas as pd
import pytest

from analysis_lib import measures
from analysis_lib.inputs import load_topic_words, load_tweets
from analysis_lib.simulate import simulate_appointments
from analysis_lib.simulate.tweets import HEADER, simulate_tweets
from tests.coverage import worlds


@pytest.fixture(scope="module")
def made():
    return simulate_tweets(5_000, 3)


@pytest.fixture(scope="module")
def rows(made):
    return list(csv.DictReader(io.StringIO(made[0])))


@pytest.fixture(scope="module")
def loaded(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("tweets") / "tweets.csv"
    path.write_text(made[0], encoding="utf-8")
    return load_tweets(path, cache=False)


def test_layout_and_size(made, rows):
    assert made[0].splitlines()[0] == ",".join(HEADER)
    assert len(rows) == made[1]["n_rows"] == 5_000
    assert len({row["tweet_id"] for row in rows}) == 5_000
    assert all(int(row["tweet_id"]) > 2**53 for row in rows)


def test_the_same_seed_gives_the_same_text(made):
    assert simulate_tweets(5_000, 3)[0] == made[0]
    assert simulate_tweets(5_000, 4)[0] != made[0]


def test_no_name_is_a_real_one(rows):
    names = set(re.findall(r"@(\w+)", " ".join(row["tweet_full_text"] for row in rows)))
    assert names
    assert all(name.startswith("sim_") for name in names)


def test_it_holds_what_real_exports_hold(rows, loaded):
    text = " ".join(row["tweet_full_text"] for row in rows)
    assert "&amp;" in text
    assert "\n" in text
    assert loaded.text_tags["cut_off"].sum() > 500
    shares = loaded.tweets["kind"].value_counts(normalize=True)
    assert 0.25 < shares["retweet"] < 0.55
    assert 0.005 < shares["repeat"] < 0.03
    retweets = loaded.tweets["n_retweets"]
    assert retweets.max() > 100 * retweets.median() >= 0, "heavy tail"


def test_hostile_rows_are_read_as_text(loaded, made):
    states = loaded.tweets["cell"].value_counts()
    assert states["malformed"] == made[1]["n_hostile"] - 1  # a text turned round leaves a tag
    assert "turnedround" in set(loaded.tags["tag"])
    assert loaded.tweets["text"].str.contains("<script>", regex=False).sum() == 1


def test_the_column_is_what_the_text_says(loaded):
    """The parse of the texts and the column agree, but for the hostile rows."""
    n = loaded.parsing.set_index("check")["n"]
    assert n["Hashtags in the column that the text lacks"] <= 10
    assert n["Hashtags in the text that the column lacks"] == 0


def test_planted_shares_are_found(loaded, made):
    truth, frame = made[1], loaded.tweets
    topics = measures.mark_topics(frame, load_topic_words(), ["healthcare"])
    texts = pd.concat([frame, topics], axis=1).groupby("message")[["health services", "job advert"]].max()
    n = len(texts)
    elsewhere = 1 - (1 - truth["stray"]) ** 3  # three tags of the theme are words of the list themselves
    adverts = truth["adverts_share"] + (1 - truth["adverts_share"]) * elsewhere
    for topic, planted in (("health services", truth["services_share"]), ("job advert", adverts)):
        assert abs(texts[topic].mean() - planted) < 4 * (planted * (1 - planted) / n) ** 0.5, topic
    original = frame["kind"] != "retweet"
    english = (frame.loc[original, "language"] == "en").mean()
    assert english == pytest.approx(truth["languages"]["en"], abs=0.02)


def test_planted_themes_and_travel_are_found(loaded, made):
    messages, tags = measures.list_messages(loaded.tweets, loaded.tags)
    travel = measures.measure_travel(messages, tags, without=["healthcare"], min_texts=10)
    pairs = measures.count_pairs(tags, len(messages), without=["healthcare"], min_support=10)
    compared = measures.compare_tweet_truth(made[1], travel, measures.group_themes(pairs, tags))
    assert compared["n_found"].sum() >= 15
    assert (compared["rank_planted"] == compared["rank_found"]).all()
    by_tag = travel.set_index("hashtag")
    assert by_tag.loc[made[1]["viral_tag"], "rank_mean"] == 1
    assert by_tag.loc[made[1]["viral_tag"], "rank"] > 3


def test_tags_of_the_null_world_are_retweeted_alike():
    null, truth = worlds.draw_tweets(3, 5_000, "null")
    usual, _ = worlds.draw_tweets(3, 5_000)
    assert {theme["travel"] for theme in truth["themes"].values()} == {1.0}
    assert truth["viral_tag"] is None
    assert null.tweets["n_retweets"].max() < 150 < usual.tweets["n_retweets"].max()

    def of_tags(loaded, *names):
        """Return retweets of the originals that carry one of these tags."""
        carry = loaded.tags.loc[loaded.tags["tag"].isin(names), "tweet"].unique()
        rows = loaded.tweets.iloc[carry]
        return rows.loc[rows["kind"] == "original", "n_retweets"]

    far, near = ("walking", "nutrition", "sleepwell"), ("hiring", "jobs", "joinus")
    a, b = (np.log1p(of_tags(null, *names)) for names in (far, near))
    assert abs(a.mean() - b.mean()) < 3.5 * (a.var() / len(a) + b.var() / len(b)) ** 0.5
    a, b = (np.log1p(of_tags(usual, *names)) for names in (far, near))
    assert a.mean() > b.mean() + 6 * (a.var() / len(a) + b.var() / len(b)) ** 0.5


def test_the_default_simulation_writes_them(tmp_path):
    folder = simulate_appointments(tmp_path / "a", areas=2, months=2, n_tweets=300)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert "tweets" in {entry["subject"] for entry in manifest["files"]}
    tweets = load_tweets(folder, cache=False)
    assert (tweets.simulated, tweets.profile, len(tweets.tweets)) == (True, "simulated", 300)
    assert tweets.need_truth()["search"] == measures.find_search_tag(tweets.tags)
    none = simulate_appointments(tmp_path / "b", areas=2, months=2, n_tweets=0)
    assert load_tweets(none, cache=False).tweets is None
