"""What the numbers of notebook 03's tables are. Tweets count as events: small counts are protected."""

from __future__ import annotations

import numpy as np

from analysis_lib.release.columns import Count, Derived, Estimate, Kind, Plain, Quantile, Ratio, Share

_TEXTS = ("n_messages",)

TWEETS: dict[str, Kind] = {
    "tweet_parsing.n": Count(),
    "tweet_sample.n_tweets": Count(),
    "tweet_sample.share": Share("n_tweets", within=("aspect",)),
    **{
        f"{table}.{column}": Count()
        for table in ("hashtag_counts", "counting_compared", "hashtags", "hashtag_travel")
        for column in (
            "n_tweets",
            "n_texts",
            "n_originals",
            "n_occurrences",
            "n_split",
            "n_messages",
            "n_found",
        )
    },
    **{f"counting_compared.rank_{way}": Plain() for way in ("split", "occurrences", "tweets", "originals")},
    **{
        f"{table}.{column}": Estimate(of=_TEXTS)
        for table in ("hashtags", "hashtag_travel", "hashtag_candidates")
        for column in ("retweets_per_tweet", "low", "high", "retweets_typical", "typical_low", "typical_high")
    },
    **{f"hashtag_travel.{c}_per_original": Estimate(of=("n_found",)) for c in ("retweets", "favourites")},
    **{f"{table}.retweets_median": Quantile(of="n_messages") for table in ("hashtags", "hashtag_travel")},
    **{
        f"{table}.{rank}": Plain()
        for table in ("hashtags", "hashtag_travel")
        for rank in ("rank", "rank_mean")
    },
    "texts_found.n_messages": Count(),
    "texts_found.retweets_per_tweet": Estimate(of=_TEXTS),
    **{f"hashtag_pairs.{column}": Count() for column in ("n_together", "n_a", "n_b")},
    # Lift is made again from the released count: of an exact lift and expectation it could be worked out.
    "hashtag_pairs.expected": Estimate(of=("n_a", "n_b")),
    "hashtag_pairs.lift": Derived(np.divide, of=("n_together", "expected")),
    "hashtag_pairs.pmi": Derived(np.log2, of=("lift",)),
    "hashtag_themes.theme": Plain(),
    **{f"hashtag_themes.{column}": Count() for column in ("n_messages", "n_theme", "n_alike")},
    **{f"hashtag_candidates.{column}": Count() for column in ("n_messages", "n_services", "n_adverts")},
    "hashtag_candidates.services_share": Ratio("n_services", "n_messages"),
    "hashtag_candidates.adverts_share": Ratio("n_adverts", "n_messages"),
    **{
        f"hashtag_candidates.services_{end}": Estimate(of=("n_services", "n_messages"))
        for end in ("low", "high")
    },
    **{
        f"truth_recovered_tweets.{column}": Plain()
        for column in (
            "planted_travel",
            "n_tags",
            "n_found",
            "retweets_typical",
            "rank_planted",
            "rank_found",
        )
    },
    **{
        f"trial_designs.{column}": Plain()
        for column in ("months", "sd_formula", "sd_placebo", "smallest_effect", "smallest_share")
    },
}
