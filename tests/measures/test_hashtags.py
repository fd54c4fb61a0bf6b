"""Counts of hashtags on five tweets that can be counted by hand."""

import pandas as pd
import pytest

from analysis_lib import measures


def tags_frame(rows):
    frame = pd.DataFrame(rows, columns=["tweet", "tag"])
    return frame.assign(tag=frame["tag"].astype("category"))


@pytest.fixture
def tweets():
    """0 and 3 are one text; 1 and 2 retweet it; 4 stands alone."""
    return pd.DataFrame(
        {
            "text": [
                "Ring the clinic #s #a #a",
                "RT @user: Ring the clinic #s #a…",
                "RT @user: Ring the clinic #s",
                "Ring the clinic #s #a #a",
                "We are Hiring https://x.org/hospital #S #jobs",
            ],
            "text_id": [0, 1, 2, 0, 3],
            "message": [0, 0, 0, 0, 1],
            "kind": pd.Categorical(["original", "retweet", "retweet", "repeat", "original"]),
            "n_retweets": [7, 7, 9, 7, 2],
            "n_favourites": [3, 0, 0, 4, 1],
            "language": pd.Categorical(["en", "en", "en", "en", "cy"]),
            "time": pd.to_datetime([None] * 5),
        }
    )


@pytest.fixture
def tags():
    pairs = [
        (0, "s"),
        (0, "a"),
        (0, "a"),
        (1, "s"),
        (2, "s"),
        (3, "s"),
        (3, "a"),
        (3, "a"),
        (4, "s"),
        (4, "jobs"),
    ]
    return tags_frame(pairs)


@pytest.fixture
def words():
    rows = [("health services", "clinic"), ("health services", "hospital"), ("job advert", "hiring"),
            ("job advert", "jobs"), ("NHS", "nhs"), ("appointments", "appointment")]  # fmt: skip
    return pd.DataFrame(rows, columns=["topic", "word"])


def test_counts_by_every_unit(tweets, tags):
    counts = measures.count_tags(tweets, tags, "s").set_index("hashtag")
    assert list(counts.index) == ["s", "a", "jobs"]
    assert counts.loc["s"].tolist() == [5, 4, 2, 5, True]
    assert counts.loc["a"].tolist() == [2, 1, 1, 4, False]
    assert counts.loc["jobs"].tolist() == [1, 1, 1, 1, False]


def test_the_search_term_is_in_by_far_most(tags):
    assert measures.find_search_tag(tags) == "s"
    assert measures.find_search_tag(tags_frame([(0, "a"), (1, "a"), (2, "b"), (3, "b"), (4, "b")])) is None
    assert measures.find_search_tag(tags_frame([(0, "a")])) == "a"
    assert measures.find_search_tag(tags_frame([])) is None


def test_ways_of_counting_side_by_side(tweets, tags):
    counts = measures.count_tags(tweets, tags)
    split = tags_frame([(0, "s"), (0, "a"), (1, "s")])
    compared = measures.compare_counting(counts, split, top=1).set_index("hashtag")
    assert list(compared.index) == ["s"]
    assert compared.loc["s", ["n_split", "n_occurrences", "n_tweets", "n_originals"]].tolist() == [2, 5, 5, 2]
    every = measures.compare_counting(counts, split, top=3).set_index("hashtag")
    assert every["rank_split"].to_dict() == {"s": 1, "a": 2, "jobs": 3}
    assert every["rank_originals"].to_dict() == {"s": 1, "a": 2, "jobs": 2}


def test_topics_are_found_by_whole_words_outside_links(tweets, words):
    topics = measures.mark_topics(tweets, words)
    assert topics["health services"].tolist() == [True, True, True, True, False]
    assert topics["job advert"].tolist() == [False, False, False, False, True]
    assert not topics["NHS"].any()


@pytest.mark.parametrize(
    ("text", "without", "expected"),
    [
        ("Clinical and polyclinic", [], False),
        ("CLINIC.", [], True),
        ("#clinic", [], True),
        ("#clinic", ["clinic"], False),
        ("#clinics and #clinic…", ["clinics"], False),
        ("ask @clinic", [], False),
        ("waiting\n list", [], True),
    ],
)
def test_what_is_looked_at(text, without, expected):
    words = pd.DataFrame({"topic": ["t", "t"], "word": ["clinic", "waiting list"]})
    marked = measures.mark_topics(pd.DataFrame({"text": [text]}), words, without)
    assert marked["t"].tolist() == [expected]


def test_the_sample_adds_up(tweets, tags, words):
    topics = measures.mark_topics(tweets, words)
    sample = measures.describe_sample(tweets, tags, topics, "s")
    assert (sample.groupby("aspect")["n_tweets"].sum() == 5).all()
    n = sample.set_index(["aspect", "value"])["n_tweets"]
    assert n["Kind"].tolist() == [2, 1, 2]
    assert n["Hashtags in the tweet"].to_dict() == {"none": 0, "1": 2, "2 to 4": 3, "5 or more": 0}
    assert n["Language"].to_dict() == {"en": 4, "cy": 1}
    assert n[("Words of the list “health services”", "yes")] == 4
    assert n[("Search term among its hashtags", "no")] == 0
    assert sample["share"].tolist() == [k / 5 for k in sample["n_tweets"]]


def test_the_period(tweets):
    assert measures.sample_period(tweets) is None
    times = pd.Series(pd.date_range("2024-05-01 10:00", periods=101, freq="min"))
    period = measures.sample_period(pd.DataFrame({"time": times}))
    assert period == {"first": pd.Timestamp("2024-05-01"), "hours": pytest.approx(98 / 60)}


def test_messages_take_a_text_its_repeats_and_its_retweets_once(tweets, tags):
    messages, pairs = measures.list_messages(tweets, tags)
    assert messages["n_tweets"].tolist() == [4, 1]
    assert messages["n_retweets"].tolist() == [9, 2]
    assert messages["n_favourites"].tolist() == [4, 1]
    assert messages["found"].tolist() == [True, True]
    assert sorted(zip(pairs["message"], pairs["tag"], strict=True)) == [
        (0, "a"), (0, "s"), (1, "jobs"), (1, "s"),
    ]  # fmt: skip


def test_a_text_known_from_a_retweet_alone_has_no_favourites(tweets, tags):
    messages, _ = measures.list_messages(tweets.loc[[1, 2]].reset_index(drop=True), tags_frame([]))
    assert messages["found"].tolist() == [False]
    assert messages["n_favourites"].isna().all()


def test_candidates_by_words_other_than_their_own(words):
    texts = [f"see the clinic {i} #x" for i in range(12)] + [f"nothing {i} #clinic" for i in range(12)]
    texts += [f"hiring at the hospital {i} #y" for i in range(12)] + [f"empty {i}" for i in range(30)]
    tweets = pd.DataFrame({"text": texts, "message": range(len(texts))})
    tags = tags_frame([(i, "x" if i < 12 else "clinic" if i < 24 else "y") for i in range(36)])
    pairs = tags.rename(columns={"tweet": "message"})
    travel = pd.DataFrame({"hashtag": ["x", "clinic", "y"], "n_messages": 12, "retweets_typical": [2.0, 1, 1],
                           "typical_low": [1.5, 0, 0], "typical_high": [3.0, 2, 2]})  # fmt: skip
    travel.attrs["overall"] = 1.2
    weighed = measures.weigh_candidates(travel, tweets, pairs, words).set_index("hashtag")
    assert weighed["n_services"].to_dict() == {"x": 12, "y": 12, "clinic": 0}
    assert weighed["n_adverts"].to_dict() == {"x": 0, "y": 12, "clinic": 0}
    assert weighed["candidate"].to_dict() == {"x": True, "y": False, "clinic": False}
    assert weighed.loc["x", ["on_topic", "no_advert", "travels"]].tolist() == [True, True, True]
    assert not weighed.loc["y", "no_advert"]
    assert weighed.attrs["services_share"] == pytest.approx(36 / 66)
