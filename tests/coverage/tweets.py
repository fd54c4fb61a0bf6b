"""Intervals of notebook 03: retweets of a hashtag's texts, and its share of texts on health services."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib import measures
from tests.coverage.case import Case

N_TAGS = 24
FEWEST = 10  # as in the notebook
MEAN = 1.2  # retweets of a text
LARGE = 400_000  # texts of a tag, for its true typical value
SPREADS = {"favourable": 0.8, "unfavourable": 1.5, "null": 1.1}  # of the logarithm; the simulator has 1.1
APART = {"favourable": (0.7, 1.0, 1.3), "unfavourable": (0.4, 0.7, 1.0, 1.8, 3.0), "null": (1.0,)}
NARROW = (
    "The interval of a mean is too narrow where very few texts go very far: the sample may hold none of them."
)


@cache
def _typical(mean: float, spread: float) -> float:
    """Return the typical retweets of a tag: of the mean of log(1 + retweets)."""
    return float(np.expm1(np.log1p(_retweets(np.random.default_rng(0), mean, spread, LARGE)).mean()))


def _retweets(rng: np.random.Generator, mean: float, spread: float, n: int) -> NDArray[np.int64]:
    return rng.poisson(mean * np.exp(rng.normal(-(spread**2) / 2, spread, n)))


def _travel(scenario: str, seed: int) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return what the notebook measures of one world, and the true mean of each tag in its order."""
    rng, spread = np.random.default_rng(seed), SPREADS[scenario]
    sizes = np.exp(rng.uniform(np.log(FEWEST), np.log(200), N_TAGS)).astype(int)
    means = MEAN * rng.choice(APART[scenario], N_TAGS)
    counts = np.concatenate([_retweets(rng, m, spread, n) for m, n in zip(means, sizes, strict=True)])
    tags = np.repeat([f"t{j:02d}" for j in range(N_TAGS)], sizes)
    number = np.arange(len(counts))
    messages = pd.DataFrame({"message": number, "n_tweets": 1, "n_retweets": counts, "found": True})
    messages["n_favourites"] = pd.array(counts, "Int64")
    message_tags = pd.DataFrame({"message": number, "tag": pd.Categorical(tags)})
    travel = measures.measure_travel(messages, message_tags, min_texts=FEWEST)
    return travel, means[travel["hashtag"].str[1:].astype(int)]


def draw_typical(scenario: str, seed: int) -> tuple[int, int]:
    """Count the typical values that are held."""
    travel, means = _travel(scenario, seed)
    true = np.array([_typical(mean, SPREADS[scenario]) for mean in means])
    return int(travel["typical_low"].le(true).mul(travel["typical_high"].ge(true)).sum()), len(travel)


def draw_means(scenario: str, seed: int) -> tuple[int, int]:
    """Count the means that are held."""
    travel, true = _travel(scenario, seed)
    return int(travel["low"].le(true).mul(travel["high"].ge(true)).sum()), len(travel)


def draw_travels(seed: int) -> tuple[int, int]:
    """Count the tags that are not said to travel further, where all travel alike."""
    travel, _ = _travel("null", seed)
    return int(travel["typical_low"].le(travel.attrs["overall"]).sum()), len(travel)


def _weighed(scenario: str, seed: int) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return the candidates of one world, and each tag's true share of texts on health services."""
    rng = np.random.default_rng(seed)
    sizes = np.exp(rng.uniform(np.log(FEWEST), np.log(200), N_TAGS)).astype(int)
    chance = rng.choice(
        {"null": [0.15], "favourable": [0.1, 0.2, 0.4], "unfavourable": [0.01, 0.03, 0.9]}[scenario], N_TAGS
    )
    tag = np.repeat(np.arange(N_TAGS), sizes)
    about = rng.random(len(tag)) < chance[tag]
    number = np.arange(len(tag))
    tweets = pd.DataFrame({"message": number, "text": np.where(about, "a ward at noon ", "plain words ")})
    tweets["text"] += number.astype(str)
    message_tags = pd.DataFrame({"message": number, "tag": pd.Categorical([f"t{j:02d}" for j in tag])})
    words = pd.DataFrame({"topic": ["health services", "job advert"], "word": ["ward", "vacancy"]})
    travel = pd.DataFrame({"hashtag": [f"t{j:02d}" for j in range(N_TAGS)], "n_messages": sizes})
    travel = travel.assign(retweets_typical=1.0, typical_low=0.5, typical_high=2.0)
    travel.attrs["overall"] = 1.0
    weighed = measures.weigh_candidates(travel, tweets, message_tags, words)
    return weighed, chance[weighed["hashtag"].str[1:].astype(int)]


def draw_services(scenario: str, seed: int) -> tuple[int, int]:
    """Count the shares of texts on health services that are held."""
    weighed, true = _weighed(scenario, seed)
    held = weighed["services_low"].le(true).mul(weighed["services_high"].ge(true))
    return int(held.sum()), len(weighed)


def draw_candidates(seed: int) -> tuple[int, int]:
    """Count worlds without a candidate, where no hashtag goes with health services."""
    weighed, _ = _weighed("null", seed)
    return int(not weighed["on_topic"].any()), 1


CASES = [
    *(
        Case("03", "Typical retweets of a hashtag's texts", scenario, partial(draw_typical, scenario))
        for scenario in SPREADS
    ),
    *(
        Case(
            "03",
            "Mean retweets of a hashtag's texts",
            scenario,
            partial(draw_means, scenario),
            says=NARROW if scenario == "unfavourable" else "",
        )
        for scenario in SPREADS
    ),
    Case("03", "Hashtags not said to travel further than usual", "null", draw_travels),
    *(
        Case(
            "03", "Share of a hashtag's texts on health services", scenario, partial(draw_services, scenario)
        )
        for scenario in SPREADS
    ),
    Case("03", "Samples in which no hashtag is a candidate", "null", draw_candidates, seeds=60),
]
