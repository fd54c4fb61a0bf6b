"""The real tweets: what is known of them, by every way of counting."""

import pandas as pd
import pytest

from analysis_lib import measures
from analysis_lib.inputs import AbsentInput, load_topic_words, load_tweets

from .conftest import real_folder


@pytest.fixture(scope="module")
def tweets():
    return load_tweets(real_folder("lse_nhs") / "tweets.csv", cache=False)


@pytest.fixture(scope="module")
def counts(tweets):
    return measures.count_tags(tweets.tweets, tweets.tags).set_index("hashtag")


def test_rows_kinds_and_texts(tweets):
    frame = tweets.tweets
    assert len(frame) == 1_174
    assert frame["kind"].value_counts().to_dict() == {"original": 656, "retweet": 515, "repeat": 3}
    assert frame["text_id"].nunique() == 961
    assert frame["message"].nunique() == 837
    assert (frame.loc[frame["kind"] == "retweet", "n_favourites"] == 0).all()


def test_hashtags_of_the_column(counts):
    top = counts["n_occurrences"].sort_values(ascending=False, kind="stable").head(5)
    assert top.to_dict() == {"healthcare": 844, "health": 86, "ai": 47, "medicine": 42, "job": 38}
    assert counts["n_occurrences"].sum() == 4_243
    assert counts.loc["healthcare", ["n_tweets", "n_originals"]].tolist() == [837, 656]
    assert len(counts) == 1_497


def test_the_short_cut_is_wrong_and_cut_off_tags_are_counted(tweets):
    assert (tweets.split_on_spaces()["tag"] == "healthcare").sum() == 716
    assert tweets.text_tags["cut_off"].sum() == 153


def test_the_text_agrees_with_the_column(tweets):
    n = tweets.parsing.set_index("check")["n"]
    assert n["Tweets without a hashtag in the export's column"] == 167
    assert n["Such cells and tags, left out"] == 0
    assert n["Whole hashtags found in the texts"] == 4_212
    assert n["Hashtags in the column that the text lacks"] == 32
    assert n["Hashtags in the text that the column lacks"] == 1
    assert n["Distinct texts that hold an entity still (escaped twice)"] == 0


def test_search_term_period_and_topics(tweets):
    assert measures.find_search_tag(tweets.tags) == "healthcare"
    period = measures.sample_period(tweets.tweets)
    assert period["first"] == pd.Timestamp("2022-09-07")
    assert 5 < period["hours"] < 5.4
    topics = measures.mark_topics(tweets.tweets, load_topic_words(), ["healthcare"])
    assert topics["NHS"].sum() == 1
    assert topics["appointments"].sum() == 4
    assert 0.15 < topics["health services"].mean() < 0.25


def test_every_original_carries_the_search_term(tweets):
    """That is why #healthcare is taken for what was searched for; retweets lose it where they are cut off."""
    has = tweets.tweets.index.isin(tweets.tags.loc[tweets.tags["tag"] == "healthcare", "tweet"])
    assert has[tweets.tweets["kind"] != "retweet"].all()
    assert (~has).sum() == 337


def test_the_official_folder_has_none():
    official = load_tweets(real_folder("gp_appointments_official"))
    with pytest.raises(AbsentInput, match="needs a tweets file"):
        official.need()
