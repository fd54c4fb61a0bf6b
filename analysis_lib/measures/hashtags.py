"""Which hashtags are used, by every way of counting, and what the sample is made of."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

BY_FAR = 2.0  # a search term is in so many times as many tweets as any other tag
TAG_BANDS = {"none": (0, 0), "1": (1, 1), "2 to 4": (2, 4), "5 or more": (5, np.inf)}
NOT_WORDS = r"https?://\S+|@\w+|#\w+…"


def find_search_tag(tags: pd.DataFrame, by_far: float = BY_FAR) -> str | None:
    """Return the tag by which the tweets were found, by all appearance.

    Parameters
    ----------
    tags : DataFrame
        One row an occurrence: tweet, tag.
    by_far : float
        It must be in so many times as many tweets as the next.

    Returns
    -------
    str or None
        None where no tag is in by far most tweets: nothing then says what was searched for.
    """
    n = _count_distinct(tags, "tweet").sort_values(ascending=False)
    if n.empty or (len(n) > 1 and n.iloc[0] < by_far * n.iloc[1]):
        return None
    return str(n.index[0])


def count_tags(tweets: pd.DataFrame, tags: pd.DataFrame, search: str | None = None) -> pd.DataFrame:
    """Count each hashtag by tweets, distinct texts, originals and occurrences.

    Parameters
    ----------
    tweets : DataFrame
        One row a tweet, its index the position: text_id, kind (original, repeat, retweet).
    tags : DataFrame
        One row an occurrence: tweet, tag.
    search : str, optional
        The search term; by definition in most tweets, so it is marked and stands apart.

    Returns
    -------
    DataFrame
        hashtag, n_tweets, n_texts (distinct texts), n_originals, n_occurrences (int64; a tag twice in a
        tweet counts twice), is_search (bool); most tweets first, then by name. Retweets and repeats count
        as tweets, and not as originals.
    """
    text_id = tweets["text_id"].to_numpy()[tags["tweet"]]
    original = (tweets["kind"] == "original").to_numpy()[tags["tweet"]]
    counts = pd.DataFrame(
        {
            "n_tweets": _count_distinct(tags, "tweet"),
            "n_texts": _count_distinct(tags.assign(text_id=text_id), "text_id"),
            "n_originals": _count_distinct(tags[original], "tweet"),
            "n_occurrences": tags["tag"].value_counts(),
        }
    )
    counts = counts.fillna(0).astype("int64").rename_axis("hashtag").reset_index()
    counts["hashtag"] = counts["hashtag"].astype("str")
    counts["is_search"] = counts["hashtag"] == (search or "")
    return counts.sort_values(["n_tweets", "hashtag"], ascending=[False, True], ignore_index=True)


def _count_distinct(tags: pd.DataFrame, unit: str) -> pd.Series:
    """Count the distinct units (tweets, texts) of each tag."""
    codes = tags["tag"].cat.codes.to_numpy().astype(np.int64)
    units = tags[unit].to_numpy().astype(np.int64)
    width = int(units.max(initial=0)) + 1
    pairs = np.unique(codes * width + units)
    n = np.bincount(pairs // width, minlength=len(tags["tag"].cat.categories))
    return pd.Series(n, index=pd.Index(tags["tag"].cat.categories, name="tag"))


def compare_counting(counts: pd.DataFrame, split: pd.DataFrame, top: int = 10) -> pd.DataFrame:
    """Set ways of counting side by side, for the tags that are first by any of them.

    Parameters
    ----------
    counts : DataFrame
        As `count_tags` returns.
    split : DataFrame
        What splitting texts on spaces takes for tags: tweet, tag.
    top : int
        How many tags of each way to show.

    Returns
    -------
    DataFrame
        hashtag, n_split (by splitting on spaces), n_occurrences, n_tweets, n_originals, and rank_split,
        rank_occurrences, rank_tweets, rank_originals (1 = most; equals share the lower number).
    """
    by_split = split["tag"].value_counts().rename("n_split").rename_axis("hashtag").reset_index()
    by_split["hashtag"] = by_split["hashtag"].astype("str")
    wide = counts.merge(by_split, on="hashtag", how="left")
    wide["n_split"] = wide["n_split"].fillna(0).astype("int64")
    ways = ["split", "occurrences", "tweets", "originals"]
    for way in ways:
        wide[f"rank_{way}"] = wide[f"n_{way}"].rank(ascending=False, method="min").astype("int64")
    shown = wide[(wide[[f"rank_{way}" for way in ways]] <= top).any(axis=1)]
    columns = ["hashtag", *(f"n_{way}" for way in ways), *(f"rank_{way}" for way in ways)]
    return shown.sort_values(["rank_tweets", "hashtag"], ignore_index=True)[columns]


def mark_topics(tweets: pd.DataFrame, words: pd.DataFrame, without: Sequence[str] = ()) -> pd.DataFrame:
    """Mark which tweets are about which topic, by a stated list of words.

    Parameters
    ----------
    tweets : DataFrame
        text.
    words : DataFrame
        topic, word (lower case; a phrase where it has spaces).
    without : sequence of str
        Tags not looked at. The search term's tag says nothing of a tweet that was found by it.

    Returns
    -------
    DataFrame
        One bool column a topic, on the index of `tweets`: whether a word of its list stands in the text as
        a word of its own, a tag's included, in any case. Links, names and cut-off tags are not looked at.

    Notes
    -----
    A list finds words and not meanings: "patient" may be an adjective, and a tweet on hospitals abroad
    counts. It is an upper bound for English texts, and knows no other language.
    """
    skip = NOT_WORDS + "".join(rf"|[#＃]{re.escape(tag)}\b" for tag in without)
    first = ~tweets["text"].duplicated()
    plain = tweets.loc[first, "text"].str.replace(skip, " ", regex=True, flags=re.I)
    plain = plain.str.casefold().str.replace(r"\s+", " ", regex=True)
    found = {}
    for topic, group in words.groupby("topic", sort=False)["word"]:
        pattern = rf"\b(?:{'|'.join(map(re.escape, group))})\b"
        hit = pd.Series(plain.str.contains(pattern, regex=True).to_numpy(), index=tweets.loc[first, "text"])
        found[topic] = tweets["text"].map(hit).to_numpy().astype(bool)
    return pd.DataFrame(found, index=tweets.index)


def describe_sample(
    tweets: pd.DataFrame, tags: pd.DataFrame, topics: pd.DataFrame, search: str | None = None
) -> pd.DataFrame:
    """Say what the sample is made of.

    Returns
    -------
    DataFrame
        aspect (Kind, Language, Hashtags in the tweet, Search term, and each topic), value, n_tweets, share
        (of all tweets). The values of an aspect add up to all tweets.
    """
    n_tags = tags.groupby("tweet").size().reindex(tweets.index, fill_value=0)
    bands = pd.Series("none", index=tweets.index)
    for band, (low, high) in TAG_BANDS.items():
        bands[n_tags.between(low, high)] = band
    aspects = {
        "Kind": (tweets["kind"].astype("str"), ["original", "repeat", "retweet"]),
        "Hashtags in the tweet": (bands, list(TAG_BANDS)),
    }
    if search is not None:
        has = tweets.index.isin(tags.loc[tags["tag"] == search, "tweet"])
        aspects["Search term among its hashtags"] = (_yes_no(has), ["yes", "no"])
    if "language" in tweets:
        language = tweets["language"].astype("str").replace("", "not given")
        aspects["Language"] = (language, list(language.value_counts().index))
    for topic in topics:
        aspects[f"Words of the list “{topic}”"] = (_yes_no(topics[topic].to_numpy()), ["yes", "no"])
    rows = [
        (aspect, value, int((of == value).sum()))
        for aspect, (of, values) in aspects.items()
        for value in values
    ]
    frame = pd.DataFrame(rows, columns=["aspect", "value", "n_tweets"])
    return frame.assign(share=frame["n_tweets"] / len(tweets))


def _yes_no(flags: np.ndarray) -> pd.Series:
    return pd.Series(np.where(flags, "yes", "no"))


def sample_period(tweets: pd.DataFrame) -> dict[str, object] | None:
    """Return when the tweets were written, by the times in their ids.

    Returns
    -------
    dict or None
        first (the day), hours (from the 1st to the 99th percentile, so that no single tweet decides it);
        None where no id holds a time.
    """
    known = tweets["time"].dropna()
    if known.empty:
        return None
    first, last = known.quantile([0.01, 0.99])
    return {"first": first.normalize(), "hours": (last - first) / pd.Timedelta(hours=1)}
