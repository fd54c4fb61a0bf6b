"""Tweets: ids and texts stay text, names are masked, retweets and repeats are told apart."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis_lib.inputs import AbsentInput, InputError, load_topic_words, load_tweets
from analysis_lib.inputs.tweet_text import times_of

from .conftest import teaching

HEADER = (
    "tweet_id,tweet_full_text,tweet_entities_hashtags,tweet_retweet_count,tweet_favorite_count,tweet_lang"
)


def load(folder, *rows, header=HEADER):
    folder.write("tweets.csv", "\n".join([header, *rows, ""]))
    return load_tweets(folder.path, cache=False)


def test_newlines_entities_ids_and_tags(folder):
    tweets = load(
        folder,
        '1567629223795527681,"one\nline &amp; another","#Healthcare, #AI",0,3,en',
        "9007199254740993,Q&amp;amp;A,,2,0,en",
        "9007199254740992,none,\"['#NHS', '#nhs']\",2,0,fr",
    )
    frame = tweets.need()
    assert frame["tweet_id"].tolist() == ["1567629223795527681", "9007199254740993", "9007199254740992"]
    assert frame["text"].tolist() == ["one\nline & another", "Q&amp;A", "none"]
    assert tweets.tags[["tweet", "tag"]].astype({"tag": str}).to_numpy().tolist() == [
        [0, "healthcare"], [0, "ai"], [2, "nhs"], [2, "nhs"],
    ]  # fmt: skip
    assert frame["n_retweets"].tolist() == [0, 2, 2]
    assert frame["language"].tolist() == ["en", "en", "fr"]
    assert frame["cell"].tolist() == ["tags", "empty", "tags"]
    n = tweets.parsing.set_index("check")["n"]
    assert n["Distinct texts with HTML entities, resolved"] == 2
    assert n["Distinct texts that hold an entity still (escaped twice)"] == 1


def test_user_columns_are_never_read(folder):
    tweets = load(folder, "1,text,,0,0,en,somebody", header=f"{HEADER},user_name")
    assert "somebody" not in tweets.tweets.to_csv()


def test_names_are_masked_wherever_they_stand(folder):
    tweets = load(
        folder,
        '1,"RT @First_One: hello ＠second, mail me@third.org &#64;fourth",#a,1,0,en',
        "2,.@First_One.,#a,1,0,en",
    )
    assert tweets.tweets["text"].tolist() == [
        "RT @user: hello @user, mail me@user.org @user",
        ".@user.",
    ]
    every = "".join(
        frame.to_csv() for frame in (tweets.tweets, tweets.tags, tweets.text_tags, tweets.quality)
    )
    for name in ("First_One", "second", "third", "fourth"):
        assert name.casefold() not in every.casefold()


def test_retweets_repeats_and_originals(folder):
    whole = "A long text about nothing much that goes on and on to the end #tag"
    tweets = load(
        folder,
        f"7,{whole},#tag,3,1,en",
        f"5,RT @x: {whole[:40]}…,,3,0,en",
        f"3,{whole},#tag,3,1,en",
        f"6,RT @x {whole},#tag,3,0,en",
        "8,RT @y: Another text that is not here itself…,,9,0,en",
        "9,RT @y: Short…,,9,0,en",
        "10,Short and whole,,9,0,en",
        "11,RT if you agree,,0,0,en",
    )
    frame = tweets.tweets
    kinds = ["original", "retweet", "repeat", "retweet", "retweet", "retweet", "original", "original"]
    assert frame["kind"].tolist() == kinds
    same = frame.groupby("message").groups.values()
    assert sorted(sorted(group) for group in same) == [[0, 1, 2, 3], [4], [5], [6], [7]]


def test_the_earliest_of_equal_texts_is_the_original(folder):
    late, early = (7_000_000 << 22), (6_000_000 << 22)
    tweets = load(folder, f"{late},same,,0,0,en", f"{early},same,,0,0,en")
    assert tweets.tweets["kind"].tolist() == ["repeat", "original"]


def test_times_are_in_the_ids():
    """The worked example of Wikipedia's article "Snowflake ID"; ids of before 2010 hold no time."""
    times = times_of(["1541815603606036480", "12", "x", "99999999999999999999"])
    assert times[0] == pd.Timestamp("2022-06-28 16:07:40.105")
    assert times[1:].isna().all()


def test_an_id_in_two_rows_is_read_once_and_said(folder):
    tweets = load(folder, "1,text,#a,0,0,en", "1,text,#a,0,0,en", "2,text,#b,0,0,en")
    assert len(tweets.tweets) == 2
    assert tweets.tags["tag"].tolist() == ["a", "b"]
    assert "Rows with an id read before (left out): 1." in tweets.notes


def test_malformed_cells_are_counted_and_stop_nothing(folder):
    tweets = load(folder, "1,text,[1],0,0,en", '2,text,"#a, #<b>",0,0,en')
    assert tweets.tweets["cell"].tolist() == ["malformed", "malformed"]
    assert tweets.tags["tag"].tolist() == ["a"]
    assert "Such cells and tags, left out: 2." in tweets.notes


def test_a_file_without_languages(folder):
    short = HEADER.removesuffix(",tweet_lang")
    assert "language" not in load(folder, "1,text,#a,0,0", header=short).tweets


def test_a_folder_without_tweets_says_so(folder):
    folder.write("a.csv", teaching(5))
    tweets = load_tweets(folder.path, cache=folder.cache)
    assert tweets.tweets is None
    assert (tweets.profile, tweets.simulated) == ("published", False)
    for need in (tweets.need, tweets.need_truth, tweets.split_on_spaces):
        with pytest.raises(AbsentInput, match="needs a tweets file"):
            need()


def test_beside_appointments_both_are_read(folder):
    folder.write("a.csv", teaching(5))
    tweets = load(folder, "1,text,#a,0,0,en")
    assert len(tweets.tweets) == 1
    assert folder.load().attendance["n_appointments"].sum() == 5
    assert tweets.quality["used"].tolist() == ["as tweets: there are no appointments in it"]


def test_one_file_can_be_named(folder):
    path = folder.write("any.csv", f"{HEADER}\n1,text,#a,0,0,en\n")
    assert len(load_tweets(path, cache=False).tweets) == 1
    other = folder.write("b.csv", "a,b\n1,2\n")
    with pytest.raises(InputError):
        load_tweets(other, cache=False)


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        load_tweets(tmp_path / "nowhere", cache=False)


def test_a_warm_read_equals_a_cold_one(folder):
    folder.write("tweets.csv", f'{HEADER}\n1,"RT @x: a\nb",#a,0,0,en\n')
    cold, warm = (load_tweets(folder.path, cache=folder.cache) for _ in range(2))
    pd.testing.assert_frame_equal(cold.tweets, warm.tweets)
    pd.testing.assert_frame_equal(cold.tags, warm.tags)


def test_in_a_folder_of_tweets_alone_there_are_no_appointments(folder):
    folder.write("tweets.csv", f"{HEADER}\n1,text,#a,0,0,en\n")
    report = folder.check()
    row = report.quality.iloc[0]
    assert (row["subject"], row["rows"]) == ("tweets", 1)
    assert not report.rejections  # a report of tweets is a report


def test_the_list_of_words():
    words = load_topic_words()
    assert not words.duplicated().any()
    assert set(words["topic"]) == {"health services", "NHS", "job advert", "appointments"}
    assert (words["word"] == words["word"].str.strip()).all()
