"""Hashtags: every sentence, in every branch."""

from __future__ import annotations

import pandas as pd
import pytest
from sentences import text, texts

from analysis_lib import headlines
from analysis_lib.headlines.hashtags import tag_name

ADVERTS = "of the tweets use words of health services, 10.0% words of job adverts"


def sample(services=0.2, adverts=0.1, nhs=0.001, appointments=0.0, languages=(("en", 1.0),)):
    rows = [("Kind", "original", 60, 0.6), ("Kind", "retweet", 40, 0.4)]
    rows += [("Language", name, share * 100, share) for name, share in languages]
    topics = {"health services": services, "job advert": adverts, "NHS": nhs, "appointments": appointments}
    rows += [(f"Words of the list “{topic}”", "yes", 1, share) for topic, share in topics.items()]
    return pd.DataFrame(rows, columns=["aspect", "value", "n_tweets", "share"])


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        (
            {},
            f"20.0% {ADVERTS}, and 0.1% name the NHS",
        ),
        (
            {"services": 0.0, "nhs": 0.0},
            f"None {ADVERTS}, and none name the NHS",
        ),
        (
            {"services": 0.0001, "nhs": None},
            f"Under 0.1% {ADVERTS}, and a handful or none name the NHS",
        ),
    ],
)
def test_sample(shares, sentence):
    facts = headlines.say_sample(sample(**shares), None)
    assert facts["sample"] == sentence
    assert facts["n_tweets"].value == 100
    assert facts["data"] == "100 tweets, of which 40.0% are retweets"
    assert text(facts["retweet_share"]) == "40.0%"


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        (5.3, "By their ids they were written within 5.3 hours from 7 September 2022"),
        (60.0, "By their ids they were written within 2.5 days from 7 September 2022"),
    ],
)
def test_period(hours, sentence):
    period = {"first": pd.Timestamp("2022-09-07"), "hours": hours}
    assert headlines.say_sample(sample(), period)["period"] == sentence


def test_no_period_and_no_language():
    facts = headlines.say_sample(sample(languages=()), None)
    assert facts["period"] == "When they were written is not known: their ids hold no time"
    assert facts["languages"] == "The file does not say in which language they are"


@pytest.mark.parametrize(
    ("languages", "sentence"),
    [
        ([("en", 1.0)], "The file gives the language “en” for all that may be counted"),
        ([("en", 0.9), ("cy", 0.1)], "90.0% are in the language “en”, the rest in 1 other language"),
        (
            [("cy", 0.2), ("en", 0.5), ("fr", 0.3)],
            "50.0% are in the language “en”, the rest in 2 other languages",
        ),
    ],
)
def test_languages(languages, sentence):
    assert headlines.say_sample(sample(languages=languages), None)["languages"] == sentence


def counts(rows):
    return pd.DataFrame(rows, columns=["hashtag", "n_tweets", "is_search"])


@pytest.mark.parametrize(
    ("rows", "search", "sentence", "n_search"),
    [
        (
            [("s", 90, True), ("a", 20, False), ("b", 10, False), ("c", 5, False), ("d", 4, False)],
            "s",
            "Beside the search term, the hashtag in most tweets is #a (20), then #b (10) and #c (5)",
            "90",
        ),
        ([("a", 20, False)], None, "The hashtag in most tweets is #a (20)", "not known"),
        ([("s", 90, True)], "s", "No hashtag is used often enough to be named", "90"),
        (
            [("b", 5, False), ("a", 5, False)],
            None,
            "The hashtag in most tweets is #a (5), then #b (5)",
            "not known",
        ),
    ],
)
def test_tags(rows, search, sentence, n_search):
    facts = texts(headlines.say_tags(counts(rows), search))
    assert facts["tags"] == sentence
    assert facts["n_search"] == n_search
    assert facts["search_in"] == (
        f"The search term, by all appearance, was #s: it is in {n_search} tweets"
        if search
        else "No hashtag stands out as a search term"
    )
    assert facts["search"] == ("#s" if search else "no hashtag that stands out as a search term")


def compared(*values, hashtag="s"):
    columns = ["n_split", "n_occurrences", "n_tweets", "n_originals"]
    frame = pd.DataFrame([values], columns=columns).assign(hashtag=hashtag)
    return frame.assign(rank_tweets=1, rank_originals=1)


def test_counting():
    facts = headlines.say_counting(compared(716, 844, 837, 656), "s")
    assert facts["counting"] == (
        "#s stands 844 times in the export's column, in 837 tweets of which 656 are originals; splitting on "
        "spaces finds 716"
    )
    assert facts["counting_stay"] == (
        "Of the 1 hashtag first by tweets, 1 is among the first ten by originals too"
    )
    same = headlines.say_counting(compared(9, 9, 9, 9, hashtag="a"), "s")
    assert same["counting"] == "#a has the same number by every way of counting: 9"


def travel(rows):
    columns = ["hashtag", "retweets_typical", "typical_low", "retweets_per_tweet", "rank", "rank_mean"]
    return pd.DataFrame(rows, columns=columns)


FOUND = pd.DataFrame({"found": [False, True], "retweets_per_tweet": [15.3, 0.4]})


def test_travel_with_a_viral_text():
    rows = [("a", 2.8, 1.7, 4.0, 1, 2), ("b", 0.9, 0.2, 75.0, 2, 1)]
    facts = texts(headlines.say_travel(travel(rows), 0.7, FOUND))
    assert facts["travel"] == (
        "Texts with #a travel furthest: typically 2.8 retweets, against 0.7 with any of these hashtags"
    )
    assert facts["travel_mean"] == (
        "By the plain mean #b would be first, with 75.0 retweets a text; shrunk, it is number 2"
    )
    assert facts["travel_found"] == (
        "Texts that are in the sample themselves had 0.4 retweets on average, those that it knows from a "
        "retweet alone had 15.3"
    )


def test_travel_within_chance():
    facts = headlines.say_travel(
        travel([("a", 1.0, 0.5, 2, 1, 1), ("b", 0.8, 0.3, 1, 2, 2)]), 0.9, FOUND.head(1)
    )
    assert facts["travel"].endswith(", which chance alone could make")
    assert facts["travel_mean"] == "By the plain mean #a is first as well"
    assert facts["travel_found"].startswith("The sample does not hold both")
    same = headlines.say_travel(travel([("a", 1.0, 0.5, 2, 1, 1), ("b", 1.0, 0.3, 1, 1, 2)]), 1.0, FOUND)
    assert same["travel"] == (
        "No hashtag can be told from another by its retweets: they differ no more than by chance"
    )
    none = headlines.say_travel(travel([]), 1.0, FOUND)
    assert none["travel"] == none["travel_mean"] == "No hashtag is in enough texts to say how far it travels"


def test_pairs():
    pairs = pd.DataFrame({"tag_a": ["a"], "tag_b": ["b"], "n_together": [24], "lift": [33.48]})
    said = "#a and #b stand together most often, in 24 texts: 33 times as often as by chance"
    assert headlines.say_pairs(pairs)["pairs"] == said
    assert headlines.say_pairs(pairs.assign(lift=2.56))["pairs"].endswith(": 2.6 times as often as by chance")
    none = headlines.say_pairs(pairs.head(0))["pairs"]
    assert none == "No two hashtags stand together often enough to be named"


def test_themes():
    themes = pd.DataFrame(
        {"theme": [1, 2], "name": ["#a, #b, #c", "#x, #y"], "n_theme": [70, 32], "n_alike": [5, 16]}
    )
    facts = headlines.say_themes(themes)
    assert (
        facts["themes"] == "The hashtags fall into 2 themes; the largest, with #a, #b and #c, is in 70 texts"
    )
    assert facts["themes_alike"] == (
        "In the theme with #x and #y, 16 of 32 texts carry the same hashtags, which looks like one sender's "
        "template"
    )
    one = headlines.say_themes(themes.head(1))
    assert one["themes"].startswith("The hashtags fall into one theme; ")
    assert one["themes_alike"] == "No theme is mainly one set of hashtags"
    assert headlines.say_themes(themes.head(0))["themes"].startswith("The hashtags form no themes")


def weighed(*rows):
    return pd.DataFrame(rows, columns=["hashtag", "candidate", "travels"])


@pytest.mark.parametrize(
    ("rows", "candidates", "far", "end"),
    [
        (
            [("a", True, True), ("b", True, False), ("c", False, True)],
            "2 hashtags go with health services more than the tweets as a whole do (16%): #a and #b",
            "Of these, #a also travels further than usual",
            "if one is tried, #a has most behind it, and only a trial can show an effect",
        ),
        (
            [("a", True, False), ("b", True, False)],
            "2 hashtags go with health services more than the tweets as a whole do (16%): #a and #b",
            "None of them travels further than hashtags in this sample usually do",
            "if one is tried, #a and #b have most behind them, and only a trial can show an effect",
        ),
        (
            [("a", True, True)],
            "1 hashtag goes with health services more than the tweets as a whole do (16%): #a",
            "Of these, #a also travels further than usual",
            "if one is tried, #a has most behind it, and only a trial can show an effect",
        ),
        (
            [("a", False, True)],
            "No hashtag goes with health services more than the tweets as a whole do",
            "There is none whose travel could be weighed",
            "no hashtag among them is a candidate, and none should be chosen by its count",
        ),
    ],
)
def test_candidates(rows, candidates, far, end):
    facts = headlines.say_candidates(weighed(*rows), 0.16, "0.3%", "none")
    assert facts["candidates"] == candidates
    assert facts["candidates_far"] == far
    assert facts["answer"] == (
        f"These tweets cannot tell: 0.3% of them mention appointments and none name the NHS; {end}"
    )


def test_many_candidates_are_not_all_named():
    rows = [(tag, True, False) for tag in "abcdefgh"]
    facts = headlines.say_candidates(weighed(*rows), 0.16, "none", "none")
    assert facts["candidates"].endswith(": #a, #b, #c, #d, #e and 3 others")
    assert text(facts["n_candidates"]) == "8"
    assert facts["try_best"] == "To try, if any: #a, #b, #c, #d and 4 others"
    assert facts["mentions"] == "None of the tweets mention appointments, none name the NHS"


def test_trial():
    designs = pd.DataFrame(
        {
            "design": ["switchback", "stepped wedge"],
            "months": [12, 6],
            "smallest_effect": [0.001, 0.0025],
            "smallest_share": [0.023, 0.057],
        }
    )
    parts = {"n_areas": 42, "rate": 0.0435, "lag_1": 0.5}
    facts = texts(headlines.say_trial(designs, parts))
    first = "The smallest fall that a trial over 42 areas could detect is 2.3% of the DNA rate"
    first += " (switchback, 12 months)"
    assert facts["trial"] == f"{first}, and 5.7% by the weakest design here (stepped wedge, 6 months)"
    assert facts["trial_points"] == "−0.10 percentage points"
    assert facts["trial_lag"].startswith(
        "In these rates a month that is high for its area tends to be followed"
    )
    assert headlines.say_trial(designs.head(1), parts | {"lag_1": 0.0})["trial"] == first
    assert "says little" in headlines.say_trial(designs, parts | {"lag_1": 0.1})["trial_lag"]
    assert "low one" in headlines.say_trial(designs, parts | {"lag_1": -0.4})["trial_lag"]
    assert headlines.say_trial(designs.head(0), parts)["trial"].startswith("The rates cover too few months")


def test_truth():
    compared = pd.DataFrame(
        {"n_tags": [4, 4], "n_found": [4, 3], "rank_planted": [1, 2], "rank_found": pd.array([1, 2], "Int64")}
    )
    assert headlines.say_tweet_truth(compared)["truth"] == (
        "7 of 8 planted hashtags stand in a theme of their own, and the order in which themes travel is the "
        "planted one"
    )
    other = compared.assign(rank_found=pd.array([2, 1], "Int64"))
    assert headlines.say_tweet_truth(other)["truth"].endswith("differs from the planted one")


def test_the_source_of_the_tweets_is_said():
    here = headlines.say_tweets("simulated tweets", 10)
    assert here == {"source": "simulated tweets", "data_label": "Simulated tweets", "fewest": "10"}


def test_an_underscore_is_no_markup():
    assert tag_name("_a_b_") == "#\\_a\\_b\\_"


def test_rows_of_the_chart():
    frame = sample()
    labels = headlines.name_sample_rows(frame)["label"].tolist()
    assert labels == [
        "Retweets",
        "Words of health services",
        "Words of job adverts",
        "Name the NHS",
        "Mention appointments",
    ]
