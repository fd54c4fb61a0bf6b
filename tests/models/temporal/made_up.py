"""Made-up records in which pairs of events, by order and gap, change an outcome; and the true risk."""

import ibis
import numpy as np
import pandas as pd
from scipy.special import expit

from analysis_lib.queries import graph_features, present_features, to_frame, windowed_edges

LANDMARK, DAYS, CODES = np.datetime64("2024-04-01"), 730, [f"code{n:02d}" for n in range(100)]
#: First code, then code, fewest and most days between them, log odds. The last one protects.
PLANTED = (
    ("code01", "code02", 1, 14, 1.8),
    ("code03", "code04", 1, 30, 1.6),
    ("code05", "code06", 31, 90, 1.6),
    ("code07", "code08", 1, 14, -1.8),
)
EXPOSED = 0.15  # share of people who are given a planted pair; as many are given its codes otherwise


def draw_events(n, seed, n_events=98, exposed=EXPOSED):
    """Events of n people: person_id, code, days_before (as `list_events` has them), date.

    Whoever has the codes of a planted pair has each of them once: half in the planted order and gap, half the
    other way round or too far apart. So counts and recency of codes see nothing.
    """
    rng = np.random.default_rng(seed)
    frailty = rng.gamma(4, 1 / 4, n)
    person = np.repeat(np.arange(n), rng.poisson(frailty * (n_events - 2 * 2 * exposed * len(PLANTED))))
    often = 1 / np.arange(2.0, 93) ** 0.7  # some codes are common, most are rare
    code = rng.choice(np.arange(9, 100), len(person), p=often / often.sum())
    parts = [(person, code, rng.integers(1, DAYS + 1, len(person)))]
    for place, (_, _, low, high, _) in enumerate(PLANTED):
        person = np.flatnonzero(rng.random(n) < 2 * exposed)
        gap, day = rng.integers(low, high + 1, len(person)), rng.integers(1, DAYS - 365, len(person))
        other = rng.random(len(person)) < 0.5
        gap = np.where(other, np.where(rng.random(len(person)) < 0.5, -gap, gap + 120), gap)
        first, then = 2 * place + 1, 2 * place + 2
        later, earlier = day + 90, day + 90 + gap
        parts += [(person, np.full(len(person), then), later), (person, np.full(len(person), first), earlier)]
    person, code, days_before = (np.concatenate(column) for column in zip(*parts, strict=True))
    events = pd.DataFrame({"person_id": person, "code": code, "days_before": days_before.astype("int32")})
    events = events.drop_duplicates(ignore_index=True)
    return events.assign(
        person_id=name_people(events["person_id"], seed),
        code=np.array(CODES)[events["code"]],
        date=LANDMARK - events["days_before"].to_numpy("timedelta64[D]"),
    ), frailty


def name_people(number, seed):
    return pd.Series(number).map(f"{seed:04d}-{{:06d}}".format)


def count_exposures(events, n):
    """Who has each planted pair, found without the library: shape (n, pairs)."""
    found = np.zeros((n, len(PLANTED)))
    for place, (first, then, low, high, _) in enumerate(PLANTED):
        earlier, later = (
            events.loc[events["code"] == code, ["person_id", "days_before"]] for code in (first, then)
        )
        pairs = earlier.merge(later, on="person_id")
        gap = pairs["days_before_x"] - pairs["days_before_y"]
        who = pairs.loc[gap.between(low, high), "person_id"].str.slice(5).astype(int)
        found[who.unique(), place] = 1
    return found


def draw_people(n, seed, effects=True, exposed=EXPOSED, n_events=98):
    """People with age, sex, true risk and outcome; and their events, which say something if `effects`."""
    events, frailty = draw_events(n, seed, n_events, exposed)
    rng = np.random.default_rng(seed + 10_000)
    age, sex = rng.integers(40, 91, n), rng.choice(["F", "M"], n)
    of_events = 0.4 * (frailty - 1) + count_exposures(events, n) @ np.array([edge[-1] for edge in PLANTED])
    log_odds = -2.4 + 0.02 * (age - 65) + 0.2 * (sex == "M") + of_events * effects
    people = pd.DataFrame({"person_id": name_people(np.arange(n), seed), "age": age, "sex": sex})
    people["risk"] = expit(log_odds)
    return people.assign(outcome=rng.random(n) < people["risk"]), events


def as_query(events):
    """Events as the query gives them, in DuckDB."""
    return ibis.memtable(events).cast({"days_before": "int32", "date": "date"})


def add_present(people, events, features=None):
    """Return people with the features of their graphs, and the list of features."""
    query = as_query(events).cache()
    edges = windowed_edges(query).cache()
    listed = to_frame(graph_features(query, edges)) if features is None else features
    present = to_frame(present_features(query, edges, ibis.memtable(listed)))
    return people.merge(present, on="person_id", how="left"), listed
