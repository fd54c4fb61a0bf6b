"""Simulate a sample of tweets in the teaching layout, with known truth."""

from __future__ import annotations

import csv
import html
import io
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis_lib.simulate import tweet_words as w
from analysis_lib.simulate.scenario import DEFAULT, SCENARIOS, Scenario

HEADER = (
    "tweet_id", "tweet_full_text", "tweet_entities_hashtags", "tweet_retweet_count", "tweet_favorite_count",
    "tweet_lang",
)  # fmt: skip
STREAM = 7  # of the seed's random streams, the one of tweets
FIRST_MS = 497_000_000_000  # after the ids' own start, in ms: a day of August 2026
SPAN_MS = 6 * 3_600_000


@dataclass
class Original:
    """An original tweet as it was written, before it is exported."""

    author: str
    text: str
    tags: list[str]
    theme: str
    language: str
    n_retweets: int
    n_favourites: int
    ms: int
    copies: int = 0
    entities: str = field(default="")


def simulate_tweets(n: int, seed: int, scenario: Scenario = SCENARIOS[DEFAULT]) -> tuple[str, dict[str, Any]]:
    """Return a sample of `n` tweets as the text of a CSV file, and what was put in.

    Parameters
    ----------
    n : int
        Rows: originals, repeats, and those retweets of the originals that the sample caught.
    seed : int
        Seed of the random stream. The same arguments give the same text.
    scenario : Scenario
        Says whether some tags travel further than others.

    Returns
    -------
    str
        The teaching layout; hashtags as plain text; retweets cut off after 140 letters; all numbers, names
        and sentences made up.
    dict
        Planted: search tag, themes with share, tags and travel, and the counts of every kind of row.
    """
    rng = np.random.default_rng([seed, STREAM])
    rows, originals, n_repeats = [], [], 0
    for text, entities in w.HOSTILE:
        hostile = Original("sim_reader_0", text, [w.SEARCH], "none", "en", 0, 0, FIRST_MS, entities=entities)
        rows.append(_row(hostile, "own"))
    while len(rows) < n:
        batch = _draw_originals(rng, min(2_000, n), scenario.tags_differ)
        for original in batch:
            originals.append(original)
            repeated = original.copies == 0 and rng.random() < w.REPEATED
            n_repeats += repeated
            found = original.copies == 0 or rng.random() > w.ONLY_RETWEETS
            rows += [_row(original, "own")] * (found + repeated)
            rows += [_row(original, "retweet")] * original.copies
            if len(rows) >= n:
                break
    rows = rows[:n]
    ids = _draw_ids(rng, n)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows([tweet_id, *row] for tweet_id, row in zip(ids, _shuffled(rng, rows), strict=True))
    return written.getvalue(), _state_truth(n, originals, n_repeats, scenario)


def _draw_originals(rng: np.random.Generator, n: int, differ: bool) -> list[Original]:
    names = list(w.THEMES)
    shares = np.array([theme["share"] for theme in w.THEMES.values()])
    themes = rng.choice(len(names), n, p=shares / shares.sum())
    languages = rng.choice(list(w.LANGUAGES), n, p=list(w.LANGUAGES.values()))
    travel = np.array([_travel(w.THEMES[names[t]], differ) for t in themes])
    spread = np.exp(rng.normal(-(w.RETWEETS["log_sd"] ** 2) / 2, w.RETWEETS["log_sd"], n))
    retweets = rng.poisson(w.RETWEETS["mean"] * travel * spread)
    favourites = rng.poisson(w.FAVOURITES_PER_RETWEET * (retweets + 0.2))
    copies = rng.binomial(retweets, w.RETWEETS["sampled"])
    made = []
    for i in range(n):
        tags = _draw_tags(rng, names[themes[i]])
        author, text = _write_text(rng, names[themes[i]], tags, i)
        made.append(
            Original(author, text, tags, names[themes[i]], str(languages[i]), int(retweets[i]),
                     int(favourites[i]), 0, int(copies[i]))
        )  # fmt: skip
    if not differ:
        return made
    for original in made[: w.VIRAL["n"]]:
        original.tags.append(w.VIRAL["tag"])
        original.text += f" #{w.VIRAL['tag']}"
        original.n_retweets = original.copies = 0
    made[0].n_retweets = w.VIRAL["retweets"]
    return made


def _travel(theme: dict[str, Any], differ: bool) -> float:
    """Return by how much a theme's retweets are multiplied."""
    return theme["travel"] if differ else 1.0


def _draw_tags(rng: np.random.Generator, theme: str) -> list[str]:
    """Draw the tags of an original in the order in which they stand; the search term is among them."""
    chances = {tag: w.STRAY for other in w.THEMES.values() for tag in other["tags"]}
    chances |= w.THEMES[theme]["tags"] | w.HEALTH
    drawn = rng.random(len(chances)) < np.fromiter(chances.values(), float)
    tags = [tag for tag, is_in in zip(chances, drawn, strict=True) if is_in]
    if rng.random() < w.RARE:
        number = int(w.N_RARE * rng.random() ** 3)
        tags.append(f"{w.RARE_WORDS[number % 10]}{w.RARE_WORDS[number // 10 % 10]}{number // 100 + 1}")
    tags.insert(int(rng.integers(0, len(tags) + 1)), w.SEARCH)
    return tags


def _write_text(rng: np.random.Generator, theme: str, tags: list[str], number: int) -> tuple[str, str]:
    """Write an original: a made-up sentence, then its tags, some in capitals; sometimes a name in front."""
    opening, middle, closing = (words[int(rng.integers(len(words)))] for words in
                                (w.OPENINGS, w.MIDDLES[theme], w.CLOSINGS))  # fmt: skip
    joint = " & " if rng.random() < w.AMPERSAND else ", "
    name = f"@sim_friend_{int(rng.integers(500))} " if rng.random() < w.NAMED else ""
    style = int(rng.integers(3))
    shown = [
        tag.capitalize() if style == 1 else tag.upper() if style == 2 and len(tag) < 4 else tag
        for tag in tags
    ]
    break_ = "\n" if rng.random() < 0.3 else " "
    link = f" https://example.org/{int(rng.integers(36**6)):08d}" if rng.random() < 0.4 else ""
    text = f"{name}{opening} {int(rng.integers(1, 400))}: {middle}{joint}{closing}.{break_}"
    return f"sim_author_{int(rng.integers(4_000))}", text + " ".join(f"#{tag}" for tag in shown) + link


def _row(original: Original, kind: str) -> tuple:
    """Return what the export holds of an original or of a retweet of it, without an id."""
    text, tags = original.text, original.tags
    if kind == "retweet":
        text = f"RT @{original.author}: {text}"
        if len(text) > w.LENGTH_OF_A_RETWEET:
            text = text[: w.LENGTH_OF_A_RETWEET - 1] + "…"
        shown = text.casefold().replace("…", "…#").split("#")[1:]  # a cut-off tag is none to the export
        whole = [piece.split()[0] if piece.split() else "" for piece in shown]
        tags = [tag for tag in tags if tag in whole]
    entities = original.entities or ", ".join(f"#{tag}" for tag in tags)
    favourites = 0 if kind == "retweet" else original.n_favourites
    return html.escape(text, quote=False), entities, original.n_retweets, favourites, original.language


def _draw_ids(rng: np.random.Generator, n: int) -> list[int]:
    """Draw ids in falling order, as a search gives them; the upper bits are the time, the lower a number."""
    ms = FIRST_MS + np.sort(rng.integers(0, SPAN_MS, n))[::-1]
    return [(int(time) << 22) + (number & 0x3FFFFF) for number, time in enumerate(ms)]


def _shuffled(rng: np.random.Generator, rows: list[tuple]) -> list[tuple]:
    return [rows[i] for i in rng.permutation(len(rows))]


def _state_truth(n: int, originals: list[Original], n_repeats: int, scenario: Scenario) -> dict[str, Any]:
    differ = scenario.tags_differ
    services = [name for name, theme in w.THEMES.items() if theme["services"]]
    return {
        "n_rows": n,
        "search": w.SEARCH,
        "themes": {
            name: {"share": t["share"], "travel": _travel(t, differ), "tags": t["tags"]}
            for name, t in w.THEMES.items()
        },
        "stray": w.STRAY,
        "services_share": math.fsum(w.THEMES[name]["share"] for name in services),
        "adverts_share": w.THEMES["careers"]["share"],
        "retweets": w.RETWEETS,
        "viral_tag": w.VIRAL["tag"] if differ else None,
        "languages": w.LANGUAGES,
        "n_originals_drawn": len(originals),
        "n_repeats_drawn": n_repeats,
        "n_hostile": len(w.HOSTILE),
    }
