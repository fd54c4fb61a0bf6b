"""Which hashtags travel: retweets a text, with intervals, and shrunk so that one viral text is no trend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

MIN_TEXTS = 5


def list_messages(tweets: pd.DataFrame, tags: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bring a text, its repeats and its retweets together as one message.

    A retweet carries the retweet count of the text that it passes on, so that adding up tweets would count
    it again with every copy.

    Returns
    -------
    messages : DataFrame
        message, n_tweets (copies in the sample), n_retweets (the highest count that a copy states),
        n_favourites (Int64; missing where the sample has retweets alone: theirs are not the text's), found
        (bool: the text itself is in the sample, and not only a retweet of it).
    message_tags : DataFrame
        message, tag (category): each tag of a message once, from all of its copies.
    """
    itself = tweets["kind"] != "retweet"
    messages = (
        tweets.assign(found=itself, n_favourites=tweets["n_favourites"].where(itself).astype("Int64"))
        .groupby("message", as_index=False)
        .agg(
            n_tweets=("kind", "size"),
            n_retweets=("n_retweets", "max"),
            n_favourites=("n_favourites", "max"),
            found=("found", "max"),
        )
    )
    pairs = pd.DataFrame({"message": tweets["message"].to_numpy()[tags["tweet"]], "tag": tags["tag"].array})
    return messages, pairs.drop_duplicates(ignore_index=True)


def measure_travel(
    messages: pd.DataFrame,
    message_tags: pd.DataFrame,
    *,
    without: Sequence[str] = (),
    min_texts: int = MIN_TEXTS,
    n_boot: int = 2_000,
    seed: int = 1,
    level: float = 0.95,
) -> pd.DataFrame:
    """Measure how often texts with each hashtag were retweeted.

    Parameters
    ----------
    messages, message_tags : DataFrame
        As `list_messages` returns.
    without : sequence of str
        Tags left out, for instance the search term.
    min_texts : int
        Tags in fewer texts are left out: nothing could be said of them.
    n_boot, seed : int
        Bootstrap samples of texts, and their seed.
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        hashtag, n_messages (texts, each once), retweets_per_tweet with low and high (mean, percentiles of
        the bootstrap), retweets_median, n_found (texts in the sample themselves), retweets_per_original and
        favourites_per_original (means over those; missing without any), retweets_typical with typical_low
        and typical_high (shrunk, see Notes), rank_mean, rank (by retweets_typical; 1 = most). Sorted by rank.
        ``attrs``: "between_sd", "within_sd" (logarithms), "overall" (typical retweets of all these tags).

    Notes
    -----
    Retweets are so skewed that one text decides a mean. The shrunk value works on log(1 + retweets): the
    tag's mean is pulled to that of all tags by the share of its variance that is chance, within² ÷ n ÷
    (within² ÷ n + between²) – the empirical Bayes estimator of Efron and Morris (1975), with the variance
    between tags by the method of moments of DerSimonian and Laird (1986). It is turned back into retweets.
    """
    joined = message_tags[~message_tags["tag"].isin(list(without))].merge(messages, on="message")
    sizes = joined["tag"].value_counts()
    kept = sorted(str(tag) for tag in sizes.index[sizes >= min_texts])
    joined = joined[joined["tag"].isin(kept)]
    rng = np.random.default_rng(seed)
    groups = {str(tag): part for tag, part in joined.groupby("tag", observed=True)}
    rows = [_one_tag(tag, groups[tag], rng, n_boot, level) for tag in kept]
    columns = ["hashtag", "n_messages", "retweets_per_tweet", "low", "high", "retweets_median", "n_found"]
    frame = pd.DataFrame(rows, columns=[*columns, "retweets_per_original", "favourites_per_original"])
    return _add_shrunk(frame, [np.log1p(groups[tag]["n_retweets"].to_numpy(float)) for tag in kept], level)


def _one_tag(tag: str, part: pd.DataFrame, rng: np.random.Generator, n_boot: int, level: float) -> tuple:
    counts = part["n_retweets"].to_numpy(float)
    means = np.array([counts[rng.integers(0, len(counts), len(counts))].mean() for _ in range(n_boot)])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    own = part[part["found"].astype(bool)]
    favourites = own["n_favourites"].astype("float")
    return (
        tag, len(counts), counts.mean(), low, high, float(np.median(counts)), len(own),
        own["n_retweets"].mean(), favourites.mean(),
    )  # fmt: skip


def _add_shrunk(frame: pd.DataFrame, logs: list[np.ndarray], level: float) -> pd.DataFrame:
    """Add the shrunk values and the ranks."""
    n = frame["n_messages"].to_numpy(float)
    means = np.array([values.mean() for values in logs])
    freedom = max(n.sum() - len(n), 1)
    within = sum(((values - values.mean()) ** 2).sum() for values in logs) / freedom
    between = _between_variance(means, within / n) if len(n) > 1 and within > 0 else 0.0
    weight = 1 / (between + within / n) if within > 0 else np.ones(len(n))
    centre = float(np.average(means, weights=weight)) if len(n) else np.nan
    kept = between / (between + within / n) if within > 0 else np.ones(len(n))
    shrunk = centre + kept * (means - centre)
    half = _z(level) * np.sqrt(kept * within / n)
    frame = frame.assign(
        retweets_typical=np.expm1(shrunk),
        typical_low=np.maximum(np.expm1(shrunk - half), 0),
        typical_high=np.expm1(shrunk + half),
        rank_mean=frame["retweets_per_tweet"].rank(ascending=False, method="min").astype("int64"),
        rank=pd.Series(shrunk, index=frame.index)
        .round(9)
        .rank(ascending=False, method="min")
        .astype("int64"),
    )
    frame = frame.sort_values(["rank", "hashtag"], ignore_index=True)
    frame.attrs |= {"between_sd": float(np.sqrt(between)), "within_sd": float(np.sqrt(within))}
    frame.attrs["overall"] = float(np.expm1(centre)) if len(n) else np.nan
    return frame


def _between_variance(means: np.ndarray, variances: np.ndarray) -> float:
    """Return the variance between groups beyond chance, by the method of moments; 0 at least."""
    weight = 1 / variances
    q = (weight * (means - np.average(means, weights=weight)) ** 2).sum()
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    return max(0.0, float((q - (len(means) - 1)) / scale)) if scale > 0 else 0.0


def _z(level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf((1 + level) / 2))
