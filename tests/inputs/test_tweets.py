"""Tweets: ids and texts stay text, hashtags are parsed and never evaluated."""

from __future__ import annotations

import pytest

from analysis_lib.inputs import InputError, load_tweets
from analysis_lib.inputs.tweets import CELL_LIMIT, parse_hashtags

HEADER = (
    "tweet_id,tweet_full_text,tweet_entities_hashtags,tweet_retweet_count,tweet_favorite_count,tweet_lang"
)


def test_newlines_entities_ids_and_empty_tags(folder):
    rows = [
        '1567629223795527681,"one\nline &amp;amp; another","#Healthcare, #AI",0,3,en',
        "9007199254740993,Q&amp;A,,2,0,en",
        "9007199254740992,none,\"['#NHS', '#nhs']\",2,0,en",
    ]
    path = folder.write("tweets.csv", "\n".join([HEADER, *rows, ""]))
    frame = load_tweets(path)
    assert frame["tweet_id"].tolist() == ["1567629223795527681", "9007199254740993", "9007199254740992"]
    assert frame["text"].tolist() == ["one\nline & another", "Q&A", "none"]
    assert frame["hashtags"].tolist() == [["healthcare", "ai"], [], ["nhs", "nhs"]]
    assert frame["n_retweets"].tolist() == [0, 2, 2]


def test_user_columns_are_never_read(folder):
    path = folder.write("tweets.csv", f"{HEADER},user_name\n1,text,,0,0,en,somebody\n")
    frame = load_tweets(path)
    assert "somebody" not in frame.to_csv()


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("", []),
        ("[]", []),
        ("#Health", ["health"]),
        ("#Health #AI", ["health", "ai"]),
        ("#jobs, #hir…", ["jobs"]),
        ('["#A"]', ["a"]),
    ],
)
def test_hashtags(cell, tags):
    assert parse_hashtags(cell) == tags


@pytest.mark.parametrize("cell", ["[__import__('os')]", "[1]", "[", "#a" * CELL_LIMIT, "[" * 5000])
def test_cells_that_are_refused(cell):
    with pytest.raises(ValueError, match="cell|list"):
        parse_hashtags(cell)


def test_a_refused_cell_names_its_line(folder):
    path = folder.write("tweets.csv", f'{HEADER}\n1,"two\nlines",,0,0,en\n2,text,[1],0,0,en\n')
    with pytest.raises(InputError) as caught:
        load_tweets(path)
    assert caught.value.rejections[0].line == 4


def test_in_a_folder_they_are_counted_only(folder):
    folder.write("tweets.csv", f"{HEADER}\n1,text,#a,0,0,en\n")
    report = folder.check()
    row = report.quality.iloc[0]
    assert (row["subject"], row["rows"], row["used"]) == ("tweets", 1, "recognised and counted only")
    assert "no appointment file" in report.rejections[0].problem
