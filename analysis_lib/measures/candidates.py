"""Which hashtags could carry a message about appointments: what speaks for each, and what does not."""

from __future__ import annotations

import pandas as pd
from scipy.stats import binom

from analysis_lib.measures.hashtags import mark_topics
from analysis_lib.measures.intervals import wilson_interval

SERVICES, ADVERTS = "health services", "job advert"
MOST_ADVERTS = 0.5
FALSE_ALARMS = 0.05  # chance that any tag at all is called on topic where none is (Bonferroni)


def weigh_candidates(
    travel: pd.DataFrame,
    tweets: pd.DataFrame,
    message_tags: pd.DataFrame,
    words: pd.DataFrame,
    search: str | None = None,
) -> pd.DataFrame:
    """Weigh each hashtag as a candidate for a campaign.

    Parameters
    ----------
    travel : DataFrame
        As `measure_travel` returns, with its ``attrs``.
    tweets, message_tags : DataFrame
        One row a tweet; message, tag.
    words : DataFrame
        topic, word, with the topics "health services" and "job advert".
    search : str, optional
        The search term.

    Returns
    -------
    DataFrame
        hashtag, n_messages, n_services and n_adverts (texts with words of the lists, the tag's own and the
        search term's not looked at), services_share with services_low and services_high (Wilson, 95%),
        adverts_share, retweets_typical, typical_low, typical_high, and what the tag meets (bool): on_topic
        (a share above that of all texts: exact binomial, allowing for as many tags), no_advert
        (adverts_share under one half), travels (typical_low above the typical of all these tags),
        candidate (on_topic and no_advert). Candidates
        first, then by services_share. ``attrs``: services_share, n_services and n_messages of all texts.
    """
    # Of the copies of a text the longest: a retweet may be cut off.
    whole = tweets.assign(length=tweets["text"].str.len()).sort_values("length", ascending=False)
    texts = whole.drop_duplicates("message").sort_index()
    about_all = mark_topics(texts, words, [search] if search else [])[SERVICES]
    overall = about_all.mean()
    by_message = texts.set_index("message")
    rows = []
    for tag in travel["hashtag"]:
        own = by_message.loc[message_tags.loc[message_tags["tag"] == tag, "message"]]
        about = mark_topics(own, words, [tag, *([search] if search else [])])
        rows.append((tag, int(about[SERVICES].sum()), int(about[ADVERTS].sum())))
    frame = travel[["hashtag", "n_messages"]].merge(
        pd.DataFrame(rows, columns=["hashtag", "n_services", "n_adverts"]), on="hashtag"
    )
    low, high = wilson_interval(frame["n_services"], frame["n_messages"])
    frame = frame.assign(
        services_share=frame["n_services"] / frame["n_messages"],
        services_low=low,
        services_high=high,
        adverts_share=frame["n_adverts"] / frame["n_messages"],
    ).merge(travel[["hashtag", "retweets_typical", "typical_low", "typical_high"]], on="hashtag")
    by_chance = binom.sf(frame["n_services"] - 1, frame["n_messages"], overall)
    frame["on_topic"] = by_chance < FALSE_ALARMS / max(len(frame), 1)
    frame["no_advert"] = frame["adverts_share"] < MOST_ADVERTS
    frame["travels"] = frame["typical_low"] > travel.attrs["overall"]
    frame["candidate"] = frame["on_topic"] & frame["no_advert"]
    order = ["candidate", "services_share", "hashtag"]
    frame = frame.sort_values(order, ascending=[False, False, True], ignore_index=True)
    frame.attrs["services_share"] = float(overall)
    frame.attrs["n_services"], frame.attrs["n_messages"] = int(about_all.sum()), len(about_all)
    return frame
