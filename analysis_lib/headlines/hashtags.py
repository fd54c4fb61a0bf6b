"""Sentences of notebook 03, hashtags."""

from __future__ import annotations

import pandas as pd

from analysis_lib.release import fact, say, say_list
from analysis_lib.words import (
    NOT_KNOWN,
    Facts,
    capital,
    count_of,
    known_fact,
    name_groups,
    rate_fact,
    say_pair,
    say_share,
)

NO_SEARCH = "no hashtag that stands out as a search term"
MOSTLY_ALIKE = 0.3
TOPICS = {
    "health services": "services",
    "NHS": "nhs",
    "job advert": "adverts",
    "appointments": "appointments",
}

# How the rows of `measures.describe_sample` that a chart shows are named there.
SAMPLE_ROWS = {
    ("Kind", "retweet"): "Retweets",
    ("Search term among its hashtags", "no"): "Search term cut off or absent",
    ("Words of the list “health services”", "yes"): "Words of health services",
    ("Words of the list “job advert”", "yes"): "Words of job adverts",
    ("Words of the list “appointments”", "yes"): "Mention appointments",
    ("Words of the list “NHS”", "yes"): "Name the NHS",
}


def name_sample_rows(sample: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the sample that the chart shows, with their names there (column `label`)."""
    names = [SAMPLE_ROWS.get(pair) for pair in zip(sample["aspect"], sample["value"], strict=True)]
    return sample.assign(label=names).dropna(subset="label")


def say_tweets(source: str, fewest: int) -> Facts:
    """Say where the tweets come from, and how many a hashtag that is named must be in."""
    return {"source": source, "data_label": capital(source), "fewest": str(fewest)}


def tag_name(tag: object) -> str:
    """Return a hashtag as a page shows it; an underscore is no markup there."""
    return "#" + str(tag).replace("_", "\\_")


def say_sample(sample: pd.DataFrame, period: dict[str, object] | None) -> Facts:
    """Say what the sample is made of.

    Parameters
    ----------
    sample : DataFrame
        As `measures.describe_sample` returns, as released.
    period : dict, optional
        first (date), hours (number); None where the ids hold no time.
    """
    n = sample[sample["aspect"] == "Kind"]["n_tweets"].sum()
    shares = {topic: _share(sample, f"Words of the list “{topic}”", "yes") for topic in TOPICS}
    nhs, about = _part(shares["NHS"]), _part(shares["health services"])
    sentence = (
        f"{capital(about)} of the tweets use words of health services, {_part(shares['job advert'])} words of "
        f"job adverts, and {nhs} name the NHS"
    )
    return {
        "n_tweets": fact(n, "count"),
        "data": f"{count_of(n, 'tweet')}, of which {_part(_share(sample, 'Kind', 'retweet'))} are retweets",
        "retweet_share": rate_fact(_share(sample, "Kind", "retweet")),
        "sample": sentence,
        "period": _say_period(period),
        "languages": _say_languages(sample),
    } | {f"{key}_share": _part(shares[topic]) for topic, key in TOPICS.items()}


def _share(sample: pd.DataFrame, aspect: str, value: str) -> float:
    found = sample.loc[(sample["aspect"] == aspect) & (sample["value"] == value), "share"]
    return float(found.iloc[0]) if len(found) and pd.notna(found.iloc[0]) else float("nan")


def _part(share: float) -> str:
    """Say a share; one that may not be told is a handful or none."""
    return "a handful or none" if pd.isna(share) else "none" if share == 0 else say_share(share)


def _say_period(period: dict[str, object] | None) -> str:
    if period is None:
        return "When they were written is not known: their ids hold no time"
    hours = float(period["hours"])
    length = f"{say(hours, 'number', 1)} hours" if hours < 48 else f"{say(hours / 24, 'number', 1)} days"
    return f"By their ids they were written within {length} from {say(period['first'], 'date')}"


def _say_languages(sample: pd.DataFrame) -> str:
    part = sample[(sample["aspect"] == "Language") & sample["n_tweets"].notna()]
    if part.empty:
        return "The file does not say in which language they are"
    top = part.sort_values("n_tweets", ascending=False).iloc[0]
    if len(part) == 1:
        return f"The file gives the language “{top['value']}” for all that may be counted"
    rest = count_of(len(part) - 1, "other language")
    return f"{say_share(top['share'])} are in the language “{top['value']}”, the rest in {rest}"


def say_tags(counts: pd.DataFrame, search: str | None) -> Facts:
    """Say which hashtags are used most, the search term apart (as `measures.count_tags`)."""
    others = counts[~counts["is_search"] & counts["n_tweets"].notna()]
    ranked = others.sort_values(["n_tweets", "hashtag"], ascending=[False, True])
    named = [f"{tag_name(r.hashtag)} ({say(r.n_tweets, 'count')})" for r in ranked.head(3).itertuples()]
    if not named:
        sentence = "No hashtag is used often enough to be named"
    else:
        rest = f", then {say_list(named[1:])}" if named[1:] else ""
        sentence = (
            f"{'Beside the search term, t' if search else 'T'}he hashtag in most tweets is {named[0]}{rest}"
        )
    found = counts[counts["is_search"]]
    n_search = found["n_tweets"].iloc[0] if len(found) else float("nan")
    return {
        "tags": sentence,
        "search": tag_name(search) if search else NO_SEARCH,
        "search_in": _say_search(search, n_search),
        "n_search": known_fact(n_search, "count"),
    }


def _say_search(search: str | None, n: float) -> str:
    if not search:
        return "No hashtag stands out as a search term"
    number = "an unknown number of" if pd.isna(n) else say(n, "count")
    return f"The search term, by all appearance, was {tag_name(search)}: it is in {number} tweets"


def say_counting(compared: pd.DataFrame, search: str | None) -> Facts:
    """Say what the way of counting changes (as `measures.compare_counting`)."""
    row = compared[compared["hashtag"] == search] if search else compared.head(1)
    row = (row if len(row) else compared.head(1)).iloc[0]
    values = {way: row[f"n_{way}"] for way in ("split", "occurrences", "tweets", "originals")}
    shown = {way: NOT_KNOWN if pd.isna(n) else say(n, "count") for way, n in values.items()}
    first = compared[compared["rank_tweets"] <= 10]
    n_stay = int((first["rank_originals"] <= 10).sum())
    if all(values["tweets"] == n for n in values.values()):
        sentence = (
            f"{tag_name(row['hashtag'])} has the same number by every way of counting: {shown['tweets']}"
        )
    else:
        sentence = (
            f"{tag_name(row['hashtag'])} stands {shown['occurrences']} times in the export's column, in "
            f"{shown['tweets']} tweets of which {shown['originals']} are originals; splitting on spaces finds "
            f"{shown['split']}"
        )
    return {
        "counting": sentence,
        "counting_stay": f"Of the {count_of(len(first), 'hashtag')} first by tweets, {n_stay} "
        f"{'is' if n_stay == 1 else 'are'} among the first ten by originals too",
    }


def say_travel(travel: pd.DataFrame, overall: float, found: pd.DataFrame) -> Facts:
    """Say which hashtags travel.

    Parameters
    ----------
    travel : DataFrame
        As `measures.measure_travel` returns, as released.
    overall : float
        Typical retweets of all its hashtags.
    found : DataFrame
        found (bool: the text itself is in the sample), retweets_per_tweet.
    """
    known = travel[travel["retweets_typical"].notna()]
    if known.empty:
        nothing = "No hashtag is in enough texts to say how far it travels"
        return {"travel": nothing, "travel_mean": nothing, "travel_found": _say_found(found)}
    top = known.sort_values(["rank", "hashtag"]).iloc[0]
    typical, usual = say_pair(top["retweets_typical"], overall, "number")
    if known["retweets_typical"].max() - known["retweets_typical"].min() < 1e-6:
        sentence = "No hashtag can be told from another by its retweets: they differ no more than by chance"
    else:
        sentence = (
            f"Texts with {tag_name(top['hashtag'])} travel furthest: typically {typical} retweets, against "
            f"{usual} with any of these hashtags"
        )
        if top["typical_low"] <= overall:
            sentence += ", which chance alone could make"
    by_mean = known.sort_values(["rank_mean", "hashtag"]).iloc[0]
    if by_mean["hashtag"] == top["hashtag"]:
        mean = f"By the plain mean {tag_name(top['hashtag'])} is first as well"
    else:
        mean = (
            f"By the plain mean {tag_name(by_mean['hashtag'])} would be first, with "
            f"{say(by_mean['retweets_per_tweet'], 'number', 1)} retweets a text; shrunk, it is number "
            f"{say(by_mean['rank'], 'count')}"
        )
    return {
        "travel": sentence,
        "travel_mean": mean,
        "travel_found": _say_found(found),
    }


def _say_found(found: pd.DataFrame) -> str:
    means = found.set_index(found["found"].astype(bool))["retweets_per_tweet"]
    if not {True, False} <= set(means.dropna().index):
        return "The sample does not hold both texts themselves and texts known from retweets alone"
    own, other = say_pair(means[True], means[False], "number", 1)
    return (
        f"Texts that are in the sample themselves had {own} retweets on average, those that it knows from a "
        f"retweet alone had {other}"
    )


def say_pairs(pairs: pd.DataFrame) -> Facts:
    """Say which two hashtags stand together most (as `measures.count_pairs`)."""
    known = pairs[pairs["n_together"].notna()]
    if known.empty:
        return {
            "pairs": "No two hashtags stand together often enough to be named",
        }
    top = known.iloc[0]
    more = say(top["lift"], "number", 0 if top["lift"] >= 9.5 else 1)
    return {
        "pairs": f"{tag_name(top['tag_a'])} and {tag_name(top['tag_b'])} stand together most often, in "
        f"{say(top['n_together'], 'count')} texts: {more} times as often as by chance",
    }


def say_themes(themes: pd.DataFrame) -> Facts:
    """Say into which themes the hashtags fall (one row a theme: name, n_theme, n_alike)."""
    if themes.empty:
        none = "The hashtags form no themes: none go together more often than by chance"
        return {"themes": none, "themes_alike": "There is no theme to look into"}
    top = themes.sort_values("theme").iloc[0]
    kind = "one theme" if len(themes) == 1 else f"{len(themes)} themes"
    names = _names(top["name"])
    sentence = f"The hashtags fall into {kind}; the largest, with {names}, is in {say(top['n_theme'], 'count')} texts"
    alike = themes[(themes["n_alike"] / themes["n_theme"]).fillna(0) >= MOSTLY_ALIKE]
    told = [
        f"with {_names(r.name_)}, {say(r.n_alike, 'count')} of {say(r.n_theme, 'count')} texts carry the same hashtags"
        for r in alike.rename(columns={"name": "name_"}).itertuples()
    ]
    template = f"In the theme {name_groups(told)}, which looks like one sender's template"
    return {
        "themes": sentence,
        "themes_alike": template if told else "No theme is mainly one set of hashtags",
    }


def _names(name: str) -> str:
    return say_list([tag_name(tag.removeprefix("#")) for tag in str(name).split(", ")])


def say_tweet_truth(compared: pd.DataFrame) -> Facts:
    """Say whether the planted themes were found (as `measures.compare_tweet_truth`)."""
    n, found = int(compared["n_tags"].sum()), int(compared["n_found"].sum())
    same = (compared["rank_planted"] == compared["rank_found"]).all()
    order = "is the planted one" if same else "differs from the planted one"
    return {
        "truth": f"{found} of {n} planted hashtags stand in a theme of their own, and the order in which themes "
        f"travel {order}"
    }
