"""What the simulation of tweets put in, beside what the measures found."""

from __future__ import annotations

from typing import Any

import pandas as pd


def compare_tweet_truth(truth: dict[str, Any], travel: pd.DataFrame, themes: pd.DataFrame) -> pd.DataFrame:
    """Compare planted with found themes and travel.

    Parameters
    ----------
    truth : dict
        "themes": each with its "tags" and its "travel", by which retweets were multiplied.
    travel, themes : DataFrame
        As `measure_travel` and `group_themes` return.

    Returns
    -------
    DataFrame
        planted_theme, planted_travel, n_tags (planted), n_found (of these, how many stand in one and the same
        theme with no other planted theme's tag), retweets_typical (mean over its tags), rank_planted and
        rank_found (1 = travels furthest); themes with tags only, furthest planted first.
    """
    home = {tag: name for name, theme in truth["themes"].items() for tag in theme["tags"]}
    found = themes.assign(planted=themes["hashtag"].map(home)).dropna(subset="planted")
    pure = found.groupby("theme")["planted"].transform("nunique") == 1
    together = found[pure].groupby(["planted", "theme"]).size().groupby("planted").max()
    typical = travel.assign(planted=travel["hashtag"].map(home)).groupby("planted")["retweets_typical"].mean()
    rows = [
        (
            name,
            theme["travel"],
            len(theme["tags"]),
            int(together.get(name, 0)),
            typical.get(name, float("nan")),
        )
        for name, theme in truth["themes"].items()
        if theme["tags"]
    ]
    columns = ["planted_theme", "planted_travel", "n_tags", "n_found", "retweets_typical"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["rank_planted"] = frame["planted_travel"].rank(ascending=False, method="min").astype("int64")
    frame["rank_found"] = frame["retweets_typical"].rank(ascending=False, method="min").astype("Int64")
    return frame.sort_values(["rank_planted", "planted_theme"], ignore_index=True)
