"""Which hashtags travel: retweets a text, with intervals, and shrunk so that one viral text is no trend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

MIN_TEXTS = 5
GRID, HALVINGS = 200, 50  # of the standard deviation between tags; of an interval that holds a limit
Array = NDArray[np.float64]


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
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        hashtag, n_messages (texts, each once), retweets_per_tweet with low and high (mean, see
        `mean_count_interval`), retweets_median, n_found (texts in the sample themselves),
        retweets_per_original and favourites_per_original (means over those; missing without any),
        retweets_typical with typical_low and typical_high (shrunk, see Notes), rank_mean, rank (by
        retweets_typical; 1 = most). Sorted by rank. ``attrs``: "between_sd", "within_sd" (logarithms),
        "overall" (typical retweets of all these tags).

    Notes
    -----
    Retweets are so skewed that one text decides a mean. The shrunk value works on log(1 + retweets), turned
    back into retweets, and is that of `shrink_means`.
    """
    joined = message_tags[~message_tags["tag"].isin(list(without))].merge(messages, on="message")
    sizes = joined["tag"].value_counts()
    kept = sorted(str(tag) for tag in sizes.index[sizes >= min_texts])
    joined = joined[joined["tag"].isin(kept)]
    groups = {str(tag): part for tag, part in joined.groupby("tag", observed=True)}
    rows = [_one_tag(tag, groups[tag], level) for tag in kept]
    columns = ["hashtag", "n_messages", "retweets_per_tweet", "low", "high", "retweets_median", "n_found"]
    frame = pd.DataFrame(rows, columns=[*columns, "retweets_per_original", "favourites_per_original"])
    return _add_shrunk(frame, [np.log1p(groups[tag]["n_retweets"].to_numpy(float)) for tag in kept], level)


def _one_tag(tag: str, part: pd.DataFrame, level: float) -> tuple:
    counts = part["n_retweets"].to_numpy(float)
    own = part[part["found"].astype(bool)]
    favourites = own["n_favourites"].astype("float")
    return (
        tag, len(counts), counts.mean(), *mean_count_interval(counts, level), float(np.median(counts)),
        len(own), own["n_retweets"].mean(), favourites.mean(),
    )  # fmt: skip


def mean_count_interval(counts: Array, level: float = 0.95) -> tuple[float, float]:
    """Return an interval of the mean of counts that are skewed, from a few of them.

    Parameters
    ----------
    counts : ndarray of float [n]
        Counts of independent units, two or more.
    level : float
        Of the interval.

    Returns
    -------
    low, high : float

    Notes
    -----
    Student's t on the logarithm of the mean (the delta method), so that the longer arm points to the long
    tail. Counts vary at least as Poisson counts of their mean, so the variance is taken to be no smaller:
    equal counts have an interval too. If all are 0, low is 0 and high the exact Poisson limit. Percentiles of
    a bootstrap hold the mean of a few such counts far less often (tests/coverage). Where the tail is so long
    that a sample rarely has its largest counts, these are too short as well.
    """
    n, mean = len(counts), float(counts.mean())
    if mean == 0:
        return 0.0, float(stats.chi2.ppf((1 + level) / 2, 2) / 2 / n)
    spread = np.sqrt(max(counts.var(ddof=1), mean) / n) / mean
    factor = float(np.exp(stats.t.ppf((1 + level) / 2, n - 1) * spread))
    return mean / factor, mean * factor


@dataclass(frozen=True)
class Shrunk:
    """Means of groups, pulled to that of all by what chance makes of them.

    Attributes
    ----------
    mean, low, high : ndarray of float [n_groups]
        Posterior mean of each group's own mean, and its limits.
    centre : float
        Posterior mean of the mean of all groups.
    between : float
        Posterior mean of the standard deviation between groups.
    """

    mean: Array
    low: Array
    high: Array
    centre: float
    between: float


def shrink_means(means: Array, variances: Array, level: float = 0.95) -> Shrunk:
    """Shrink means of groups to their common mean, over all that the spread between groups may be.

    Parameters
    ----------
    means : ndarray of float [n_groups]
        Each group's mean.
    variances : ndarray of float [n_groups]
        Of each mean, by chance alone; above 0.
    level : float
        Of the limits.

    Returns
    -------
    Shrunk
        One group is not shrunk.

    Notes
    -----
    The normal hierarchical model of Gelman A and others, Bayesian Data Analysis, 3rd ed. (2013), section 5.4,
    with a flat prior on the common mean and on the standard deviation between groups (Gelman A (2006)
    Bayesian Anal 1:515-534), summed over a grid of the latter. An estimate of it put in as if known makes the
    limits of groups that are alike meet: it is often 0 by chance.
    """
    if len(means) == 1:
        half = stats.norm.ppf((1 + level) / 2) * np.sqrt(variances)
        return Shrunk(means, means - half, means + half, float(means[0]), 0.0)
    widest = 3 * np.sqrt(max(np.var(means, ddof=1), variances.mean()))
    between = np.linspace(0, widest, GRID)[:, None]
    total = variances + between**2
    precision = (1 / total).sum(1, keepdims=True)
    centre = (means / total).sum(1, keepdims=True) / precision
    fit = -0.5 * (np.log(total) + (means - centre) ** 2 / total).sum(1, keepdims=True)
    weight = np.exp(fit - 0.5 * np.log(precision) - fit.max())
    weight /= weight.sum()
    kept = between**2 / total
    middle = centre + kept * (means - centre)
    spread = np.sqrt(kept * variances + (1 - kept) ** 2 / precision)
    low, high = (_mixture_quantile(p, middle, spread, weight) for p in ((1 - level) / 2, (1 + level) / 2))
    return Shrunk(
        (weight * middle).sum(0), low, high, float((weight * centre).sum()), float((weight * between).sum())
    )


def _mixture_quantile(p: float, middle: Array, spread: Array, weight: Array) -> Array:
    """Return where the mixture of normals, one a row, has the share `p` below it, by halving; [n_groups]."""
    low, high = (middle - 9 * spread).min(0), (middle + 9 * spread).max(0)
    for _ in range(HALVINGS):
        half = (low + high) / 2
        under = (weight * stats.norm.cdf((half - middle) / spread)).sum(0) < p
        low, high = np.where(under, half, low), np.where(under, high, half)
    return (low + high) / 2


def _add_shrunk(frame: pd.DataFrame, logs: list[Array], level: float) -> pd.DataFrame:
    """Add the shrunk values and the ranks."""
    n = frame["n_messages"].to_numpy(float)
    means = np.array([values.mean() for values in logs])
    freedom = max(n.sum() - len(n), 1)
    within = sum(((values - values.mean()) ** 2).sum() for values in logs) / freedom
    if within > 0:
        shrunk = shrink_means(means, within / n, level)
    else:  # each tag's texts have one count: nothing is left to chance
        shrunk = Shrunk(means, means, means, float(means.mean()) if len(n) else np.nan, 0.0)
    frame = frame.assign(
        retweets_typical=np.expm1(shrunk.mean),
        typical_low=np.maximum(np.expm1(shrunk.low), 0),
        typical_high=np.expm1(shrunk.high),
        rank_mean=frame["retweets_per_tweet"].rank(ascending=False, method="min").astype("int64"),
        rank=pd.Series(shrunk.mean, index=frame.index)
        .round(9)
        .rank(ascending=False, method="min")
        .astype("int64"),
    )
    frame = frame.sort_values(["rank", "hashtag"], ignore_index=True)
    frame.attrs |= {"between_sd": shrunk.between, "within_sd": float(np.sqrt(within))}
    frame.attrs["overall"] = float(np.expm1(shrunk.centre))
    return frame
