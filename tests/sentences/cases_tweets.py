"""Hashtags: what the sample is made of, what travels, and what a campaign could be tried with."""

import pandas as pd
from case import Case

# A case a line, however long its sentence.
# fmt: off


def sample(services=0.2, adverts=0.1, nhs=0.001, appointments=0.003, languages=(("en", 1.0),)) -> dict:
    rows = [("Kind", "original", 60, 0.6), ("Kind", "retweet", 40, 0.4)]
    rows += [("Language", name, share * 100, share) for name, share in languages]
    topics = {"health services": services, "job advert": adverts, "NHS": nhs, "appointments": appointments}
    rows += [(f"Words of the list “{topic}”", "yes", 1, share) for topic, share in topics.items()]
    frame = pd.DataFrame(rows, columns=["aspect", "value", "n_tweets", "share"])
    return {"aspects": frame.astype({"share": float}), "written": None, "source": "tweets"}


SAMPLES = [
    ({}, {"sample": "20.0% {}, and 0.1% name the NHS", "nhs_share": "0.1%", "appointments_share": "0.3%"}),
    ({"services": 0.0, "nhs": 0.0}, {"sample": "None {}, and none name the NHS", "nhs_share": "none"}),
    ({"services": 0.0001, "nhs": None, "appointments": None}, {"sample": "Under 0.1% {}, and a handful or none name the NHS", "appointments_share": "a handful or none"}),
    ({}, {"languages": "The file gives the language “en” for all that may be counted"}),
    ({"languages": ()}, {"languages": "The file does not say in which language they are"}),
    ({"languages": (("en", 0.9), ("cy", 0.1))}, {"languages": "90.0% are in the language “en”, the rest in 1 other language"}),
    ({"languages": (("cy", 0.2), ("en", 0.5), ("fr", 0.3))}, {"languages": "50.0% are in the language “en”, the rest in 2 other languages"}),
]
ADVERTS = "of the tweets use words of health services, 10.0% words of job adverts"
PERIODS = [
    (5.3, "By their ids they were written within 5.3 hours from 7 September 2022"),
    (60.0, "By their ids they were written within 2.5 days from 7 September 2022"),
    (None, "When they were written is not known: their ids hold no time"),
]


def written(hours: float | None) -> dict | None:
    return hours and {"first": pd.Timestamp("2022-09-07"), "hours": hours}


FOUND_TERM = "The search term, by all appearance, was #s: it is in {} tweets"
NO_TERM = "No hashtag stands out as a search term"
TAGS = [
    ([("s", 90, True), ("a", 20, False), ("b", 10, False), ("c", 5, False), ("d", 4, False)], "s", "Beside the search term, the hashtag in most tweets is #a (20), then #b (10) and #c (5)", FOUND_TERM.format(90)),
    ([("a", 20, False)], None, "The hashtag in most tweets is #a (20)", NO_TERM),
    ([("s", None, True)], "s", "No hashtag is used often enough to be named", FOUND_TERM.format("an unknown number of")),
    ([("b", 5, False), ("_a_", 5, False)], None, "The hashtag in most tweets is #\\_a\\_ (5), then #b (5)", NO_TERM),
]
COUNTS = ["n_split", "n_occurrences", "n_tweets", "n_originals"]
COUNTING = [
    (
        [("s", 716, 844, 837, 656)],
        "#s stands 844 times in the export's column, in 837 tweets of which 656 are originals; splitting on spaces "
        "finds 716",
        "Of the 1 hashtag first by tweets, 1 is among the first ten by originals too",
    ),
    ([("a", 9, 9, 9, 9), ("b", 8, 8, 8, 8)], "#a has the same number by every way of counting: 9", "Of the 2 hashtags first by tweets, 2 are among the first ten by originals too"),
]
TRAVEL = ["hashtag", "retweets_typical", "typical_low", "typical_high", "retweets_per_tweet", "low", "high", "rank", "rank_mean"]
NOTHING = "No hashtag is in enough texts to say how far it travels"
FURTHER = "Texts with #a travel further than usual: typically 2.8 retweets (1.7 to 4.5), against 0.7 with any of these hashtags; {}".format
BY_MEAN = "By the plain mean #b would be first, with 75.0 (5.0 to 900.0) retweets a text; shrunk, it is number 2"
FIRST, ALSO = ("a", 2.8, 1.7, 4.5, 4.0, 2.0, 8.0, 1, 2), "By the plain mean #a is first as well"
TRAVELS = [
    ([FIRST, ("b", 0.9, 0.2, 1.6, 75.0, 5.0, 900.0, 2, 1)], 0.7, FURTHER("no other hashtag comes near"), BY_MEAN),
    ([FIRST, ("b", 0.9, 0.2, 2.0, 75.0, 5.0, 900.0, 2, 1)], 0.7, FURTHER("not told apart from it is #b"), BY_MEAN),
    ([FIRST, *((tag, 2.0, 0.9, 3.0, 1.0, 0.5, 2.0, 2, 3) for tag in "cd"), ("b", 0.9, 0.2, 2.0, 75.0, 5.0, 900.0, 2, 1)], 0.7, FURTHER("not told apart from it are #c, #d and #b"), BY_MEAN),
    ([("a", 1.0, 0.5, 1.5, 2, 1, 4, 1, 1), ("b", 0.8, 0.3, 1.2, 1, 0.5, 2, 2, 2)], 0.9, "No hashtag travels further than usual beyond chance: typical are 0.9 retweets of a text", ALSO),
    ([], 1.0, NOTHING, NOTHING),
]
BOTH = (
    "Texts that are in the sample themselves had 0.4 retweets on average, those that it knows from a retweet alone "
    "had 15.3"
)
NOT_BOTH = "The sample does not hold both texts themselves and texts known from retweets alone"
FOUND = pd.DataFrame({"found": [False, True], "retweets_per_tweet": [15.3, 0.4]})
PAIR = pd.DataFrame({"tag_a": ["a"], "tag_b": ["b"], "n_together": [24], "lift": [33.48]})
TOGETHER = "#a and #b stand together most often, in 24 texts: {} times as often as by chance"
THEMES = pd.DataFrame(
    {"theme": [1, 2, 3], "name": ["#a, #b, #c", "#x, #y", "#z"], "n_theme": [70, 32, 20]}
    | {"n_alike": [5, 16, 10]}
)
ALIKE = "In the theme with #x and #y, 16 of 32 texts carry the same hashtags{}, which looks like one sender's template"
THEMED = [
    (THEMES.head(2), "The hashtags fall into 2 themes; the largest, with #a, #b and #c, is in 70 texts", ALIKE.format("")),
    (
        THEMES.assign(n_alike=[70, 16, 10]),
        "The hashtags fall into 3 themes; the largest, with #a, #b and #c, is in 70 texts",
        ALIKE.format("; and with #z, 10 of 20 texts carry the same hashtags").replace(
            "theme ", "theme with #a, #b and #c, 70 of 70 texts carry the same hashtags; "
        ),
    ),
    (THEMES.head(1), "The hashtags fall into one theme; the largest, with #a, #b and #c, is in 70 texts", "No theme is mainly one set of hashtags"),
    (THEMES.head(0), "The hashtags form no themes: none go together more often than by chance", "There is no theme to look into"),
]
GOES = "with health services more than the tweets as a whole do (16%): {}"
ONLY_A_TRIAL = "if one is tried, {} most behind {}, and only a trial can show an effect"
NO_FURTHER = "None of them travels further than hashtags in this sample usually do"
CANDIDATES = [  # hashtag, candidate, travels; candidates, far, best, end of the answer
    ([("a", True, True), ("b", True, False), ("c", False, True)], f"2 hashtags go {GOES.format('#a and #b')}", "Of these, #a also travels further than usual", "#a", ONLY_A_TRIAL.format("#a has", "it")),
    ([("a", True, True), ("b", True, True)], f"2 hashtags go {GOES.format('#a and #b')}", "Of these, #a and #b also travel further than usual", "#a and #b", ONLY_A_TRIAL.format("#a and #b have", "them")),
    ([("a", True, False)], f"1 hashtag goes {GOES.format('#a')}", NO_FURTHER, "#a", ONLY_A_TRIAL.format("#a has", "it")),
    ([(tag, True, False) for tag in "abcdefgh"], f"8 hashtags go {GOES.format('#a, #b, #c, #d, #e and 3 others')}", NO_FURTHER, "#a, #b, #c, #d and 4 others", ONLY_A_TRIAL.format("#a, #b, #c, #d and 4 others have", "them")),
    (
        [("a", False, True)],
        "No hashtag goes with health services more than the tweets as a whole do",
        "There is none whose travel could be weighed",
        "none",
        "no hashtag among them is a candidate, and none should be chosen by its count",
    ),
]
DESIGNS = pd.DataFrame(
    {"design": ["switchback", "stepped wedge"], "months": [12, 6], "smallest_share": [0.023, 0.057]}
)
SMALLEST = "The smallest fall that a trial over 42 areas could detect is 2.3% of the DNA rate (switchback, 12 months)"
FOLLOWED = (
    "In these rates a month that is high for its area tends to be followed by another, which the formula does not "
    "know and the trial runs on past months do"
)
TRIALS = [
    (DESIGNS, 0.5, f"{SMALLEST}, and 5.7% by the weakest design here (stepped wedge, 6 months)", FOLLOWED),
    (DESIGNS.head(1), 0.1, SMALLEST, "In these rates a month says little of how the next differs, so the formula holds well"),
    (DESIGNS.head(1), -0.4, SMALLEST, "In these rates a month that is high for its area tends to be followed by a low one"),
    (DESIGNS.head(0), 0.5, "The rates cover too few months to plan a trial by", ""),
]
TRUTH = pd.DataFrame({"n_tags": [4, 4], "n_found": [4, 3], "rank_planted": [1, 2]})
OWN_THEME = "7 of 8 planted hashtags stand in a theme of their own, and the order in which themes travel {} planted one"

CASES = [
    Case("tweets.data", {"source": "simulated tweets", "fewest": 10}, {"source": "simulated tweets", "data_label": "Simulated tweets", "fewest": "10"}),
    *(Case("tweets.fig-sample", sample(**shares), {name: text.format(ADVERTS) for name, text in said.items()}) for shares, said in SAMPLES),
    Case("tweets.fig-sample", sample(), {"data": "100 tweets, of which 40.0% are retweets", "caption": f"20.0% {ADVERTS}, and 0.1% name the NHS. Source: tweets"}),
    *(Case("tweets.fig-sample", sample() | {"written": written(hours)}, {"period": said}) for hours, said in PERIODS),
    *(
        Case(
            "tweets.fig-tags",
            {
                "counts": pd.DataFrame(rows, columns=["hashtag", "n_tweets", "is_search"]),
                "search": search,
                "source": "tweets",
            },
            {"tags": said, "search_in": term},
        )
        for rows, search, said, term in TAGS
    ),
    *(
        Case(
            "tweets.tbl-counting",
            {
                "compared": pd.DataFrame(rows, columns=["hashtag", *COUNTS]).assign(
                    rank_tweets=1, rank_originals=1
                ),
                "search": "s",
            },
            {"counting": said, "counting_stay": stay},
        )
        for rows, said, stay in COUNTING
    ),
    *(
        Case(
            "tweets.fig-travel",
            {"hashtags": pd.DataFrame(rows, columns=TRAVEL), "overall": overall}
            | {"found": FOUND, "source": "tweets"},
            {"travel": said, "travel_mean": mean, "travel_found": BOTH},
        )
        for rows, overall, said, mean in TRAVELS
    ),
    Case("tweets.fig-travel", {"hashtags": pd.DataFrame(columns=TRAVEL), "overall": 1.0, "found": FOUND.head(1), "source": "tweets"}, {"travel_found": NOT_BOTH}),
    *(
        Case("tweets.fig-ties", {"found": pairs, "source": "tweets"}, {"pairs": said})
        for pairs, said in (
            (PAIR, TOGETHER.format("33")),
            (PAIR.assign(lift=2.56), TOGETHER.format("2.6")),
            (PAIR.head(0), "No two hashtags stand together often enough to be named"),
        )
    ),
    *(Case("tweets.tbl-themes", {"by_theme": by_theme}, {"themes": said, "themes_alike": alike}) for by_theme, said, alike in THEMED),
    *(
        Case(
            "tweets.tbl-candidates",
            {
                "weighed": pd.DataFrame(rows, columns=["hashtag", "candidate", "travels"]),
                "services_share": 0.16,
            },
            {
                "candidates": said,
                "candidates_far": far,
                "try_best": f"To try, if any: {best}",
                "mentions": "0.3% of the tweets mention appointments, none name the NHS",
                "answer": f"These tweets cannot tell: 0.3% of them mention appointments and none name the NHS; {end}",
            },
            {"appointments_share": "0.3%", "nhs_share": "none"},
        )
        for rows, said, far, best, end in CANDIDATES
    ),
    *(
        Case(
            "tweets.fig-trial",
            {
                "designs": designs,
                "parts": {"n_areas": 42, "rate": 0.0435, "lag_1": lag},
                "source": "appointments",
            },
            {"trial": said, "trial_lag": lag_said, "trial_rate": "4.35%"},
        )
        for designs, lag, said, lag_said in TRIALS
    ),
    *(
        Case(
            "tweets.tbl-truth",
            {"compared": TRUTH.assign(rank_found=pd.array(ranks, "Int64"))},
            {"truth": OWN_THEME.format(order)},
        )
        for ranks, order in (([1, 2], "is the"), ([2, 1], "differs from the"))
    ),
]
