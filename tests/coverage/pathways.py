"""Intervals of notebook 06: what follows what, order, waits, who is seen after discharge, missed follow-ups.

Worlds are drawn once for all kinds of interval, with everybody's contacts. The truth is what was planted. The
share seen after discharge is that of other people, drawn from hazards whose incidence is known exactly: in
the simulated population it is what many effects together make.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache, partial
from typing import Any

import ibis
import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import StratifiedTable

from analysis_lib import measures, queries
from analysis_lib.measures.cells import TooFewPoints
from analysis_lib.measures.incidence import LOT
from analysis_lib.queries import to_frame
from analysis_lib.words import beyond
from tests.coverage.case import Case
from tests.coverage.demand import inside
from tests.coverage.worlds import draw_extract

Found = tuple[int, int]

#: The default world, and the one in which nothing is planted.
WORLDS = {"planted": "unfavourable", "null": "null"}
PEOPLE = 40_000
AROUND = timedelta(days=21)  # first steps are so far from the ends of the extract
YEAR = 365
FEW = ("0", "1-4", "5-11")
#: First, then: days after the first, days to compare with, and groups in which the planted share is known.
ASKED: dict[str, tuple[str, str, tuple[int, int], tuple[int, int], str]] = {
    "nhs111_to_ae": ("nhs111", "ae", (0, 1), (8, 9), "imd_decile"),
    "ambulance_to_ae": ("ambulance", "ae", (0, 0), (8, 8), "everybody"),
    "ae_before_emergency": ("emergency", "ae", (-1, 0), (8, 9), "everybody"),
    "mental_health_to_maternity": ("mental_health", "maternity", (1, 7), (15, 21), "imd_quintile"),
    "nhs111_to_ae_later": ("nhs111", "ae", (3, 7), (10, 14), "imd_quintile"),
}
#: First, then, the longest wait, and fifths as compared: few operations are linked, so four fifths are one.
WAITS = {
    "gp_to_outpatient": ("gp", "outpatient", 180, (1, 2, 3, 4, 5)),
    "outpatient_to_elective": ("outpatient", "elective", 270, (1, 5, 5, 5, 5)),
}


@cache
def measure(scenario: str, seed: int) -> dict[str, Found]:
    """Draw a world; return for each kind of interval how many held, and how many there were."""
    population = draw_extract(seed, PEOPLE, WORLDS[scenario])
    planted = population.truth["pathways"]
    steps = queries.list_steps(population).cache()
    landmark, later = population.manifest["index_dates"][1:]
    people = queries.levels_at(population, landmark, steps=steps).cache()
    return {
        **hold_windows(population, steps, planted),
        **hold_orders(steps, people, landmark, later, planted),
        **hold_waits(steps, people, landmark, later, planted),
        "missed_follow_up": hold_missed(population, steps, people, landmark, planted),
    }


def hold_windows(population: Any, steps: ibis.Table, planted: dict[str, Any]) -> dict[str, Found]:
    """Links beyond chance, of everybody: what is planted is a share of all contacts."""
    person = population.person
    fifth = (person.imd_decile + 1) // 2
    everybody = person.select("person_id", "imd_decile", imd_quintile=fifth, everybody=ibis.literal("all"))
    between = population.manifest["first_date"] + AROUND, population.manifest["last_date"] - AROUND
    found = {}
    for name, (first, then, near, far, by) in ASKED.items():
        counts = to_frame(queries.windows(steps, everybody, first, then, near, far, *between, by=(by,)))
        table = measures.window_share(counts, by)
        stated = planted.get(name, {"share": 0.0})
        shares = stated.get("share_by_decile", dict.fromkeys(table[by], stated.get("share")))
        # What chance alone would bring is not beyond it
        by_chance = table["n_far"] / 2 / table["n_first"]
        found[name] = inside(table["low"], table[by].map(shares) * (1 - by_chance), table["high"])
    return found


def hold_orders(
    steps: ibis.Table, people: ibis.Table, landmark: date, later: date, planted: dict[str, Any]
) -> dict[str, Found]:
    """The planted order, and where none is planted that of all pairs."""
    patterns = to_frame(queries.orders(steps, people, landmark, later))
    use = np.where(patterns["use_level"].isin(FEW), "few", "many")
    table = measures.order_ratio(patterns.assign(use=use), "use")
    known = table.dropna(subset=["ratio"])
    ones = pd.Series(1.0, known.index)
    told = beyond(known, "ratio", 1.0, ratio=True)
    found = {
        "order": inside(known["low"], ones, known["high"]),
        "pairs": (len(known) - len(told), len(known)),
        "no pair": (int(told.empty), 1),
    }
    stated = planted["mental_health_to_ae"]
    for group, ratio in (("many", stated["ratio"]), ("few", stated["ratio_below"])):
        row = known[(known["first"] == "ae") & (known["then"] == "mental_health") & (known["use"] == group)]
        found[f"order {group}"] = inside(row["low"], ones[row.index] / ratio, row["high"])
    return found


def hold_waits(
    steps: ibis.Table, people: ibis.Table, landmark: date, later: date, planted: dict[str, Any]
) -> dict[str, Found]:
    """Median waits by deprivation and their ratio, and fifths that are said to have none."""
    found: dict[str, Found] = {}
    for name, (first, then, span, fifths) in WAITS.items():
        pairs = to_frame(
            queries.lags(steps, people, first, then, YEAR, landmark, later, by=("imd_quintile",))
        )
        pairs["fifth"] = np.array(fifths)[pairs["imd_quintile"].to_numpy(int) - 1]
        groups = pd.Series(sorted(set(fifths)))
        found[f"{name} none"] = len(groups), len(groups)
        try:
            table = measures.linked_waits(pairs, span, "fifth", against=5)
        except TooFewPoints:
            continue
        stated = planted[name]
        ratio = table["fifth"].map({1: stated["most_deprived_fifth_ratio"]}).fillna(1.0)
        found[name] = inside(table["low"], ratio * stated["median_days"], table["high"])
        found[f"{name} ratio"] = inside(table["ratio_low"], ratio, table["ratio_high"])
        found[f"{name} none"] = int(table["days"].isna().sum()), len(groups)
    return found


def hold_missed(
    population: Any, steps: ibis.Table, people: ibis.Table, landmark: date, planted: dict[str, Any]
) -> Found:
    """Odds of a readmission after a missed follow-up, among people alike in appointments and earlier use."""
    stop = population.manifest["last_date"] - timedelta(days=83)
    index = queries.index_stays(steps, people, landmark, stop)
    booked = to_frame(queries.follow_ups(population, index))
    booked = booked[(booked["booked"] > 0) & ~booked["readmitted_early"] & (booked["followed"] > 14)]
    both = [True, False]
    tables = [
        pd.crosstab(rows["missed"], rows["readmitted"]).reindex(both, columns=both, fill_value=0).to_numpy()
        for _, rows in booked.groupby([booked["booked"].clip(upper=3), "use_level"], observed=True)
    ]
    tables = [table for table in tables if table.sum(axis=0).all() and table.sum(axis=1).all()]
    if not tables:
        return 0, 0
    low, high = StratifiedTable(tables).oddsratio_pooled_confint()
    ratio = planted["missed_follow_up"]["odds_ratio"]
    return int(low <= ratio <= high), int(np.isfinite(low) and np.isfinite(high))


# --- who is seen after discharge ------------------------------------------------------------------
#: People, strata, and by how much their mix and their hazards differ.
DISCHARGED = {"favourable": (4_000, 10, 1.0), "unfavourable": (1_500, 40, 2.0), "null": (2_000, 20, 1.0)}
LEVELS = queries.LEVELS[1:]
WEEKS = range(7, 85, 7)


def draw_incidence(scenario: str, seed: int) -> Found:
    """Share seen by each week, with the mix of all: strata differ in levels, in being seen and in dying."""
    n, n_strata, spread = DISCHARGED[scenario]
    along = np.linspace(-1, 1, n_strata)
    of_strata = np.full(n_strata, 1 / n_strata)
    level_given = np.exp(0.5 * spread * np.outer(along, np.arange(len(LEVELS)) - 1.5))
    level_given /= level_given.sum(axis=1, keepdims=True)
    more = 0.0 if scenario == "null" else 0.35
    seen = 0.02 * np.exp(0.5 * spread * along[:, None] + more * (np.arange(len(LEVELS)) - 1.5))
    dies = np.broadcast_to(0.002 * np.exp(spread * along)[:, None], seen.shape)

    rng = np.random.default_rng([seed, 9])
    stratum = rng.choice(n_strata, n, p=of_strata)
    level = (rng.random(n)[:, None] > level_given.cumsum(axis=1)[stratum]).sum(axis=1)
    rate, death = seen[stratum, level], dies[stratum, level]
    time = rng.geometric(rate + death) - 1
    event = np.where(rng.random(n) < rate / (rate + death), 1, 2)
    leaves = np.minimum(rng.geometric(0.001, n), WEEKS[-1])
    frame = pd.DataFrame(
        {
            "use_level": np.array(LEVELS)[level],
            "stratum": stratum,
            "time": np.minimum(time, leaves),
            "event": np.where(time <= leaves, event, 0),
            LOT: np.arange(n) % 50,
        }
    )
    found = measures.standardise_incidence(frame, "time", "event", WEEKS, "use_level", "stratum")
    everywhere = np.histogram2d(stratum, level, bins=[range(n_strata + 1), range(len(LEVELS) + 1)])[0].all(
        axis=1
    )
    weight = np.where(everywhere, of_strata, 0)[:, None] / of_strata[everywhere].sum()
    by_day = {
        day: (weight * seen / (seen + dies) * (1 - (1 - seen - dies) ** (day + 1))).sum(axis=0)
        for day in WEEKS
    }
    true = [
        by_day[day][LEVELS.index(name)] for name, day in zip(found["use_level"], found["day"], strict=True)
    ]
    return inside(found["low"], pd.Series(true), found["high"])


def _kind(scenario: str, kind: str) -> Callable[[int], Found]:
    return partial(_of_world, scenario, kind)


def _of_world(scenario: str, kind: str, seed: int) -> Found:
    return measure(scenario, seed).get(kind, (0, 0))


LINKED = {
    "nhs111_to_ae": "Calls to NHS 111 followed by A&E, beyond chance",
    "ambulance_to_ae": "Ambulances followed by A&E, beyond chance",
    "ae_before_emergency": "Emergency stays that A&E came before, beyond chance",
    "mental_health_to_maternity": "Mental health contacts followed by maternity, beyond chance (no link)",
    "nhs111_to_ae_later": "Calls to NHS 111 followed by A&E on days 3 to 7, beyond chance (no link)",
}
WAITED = {
    "gp_to_outpatient": "from a GP to outpatients",
    "outpatient_to_elective": "from outpatients to an operation",
}
COMPARED = {
    "gp_to_outpatient": "that of the least deprived fifth",
    "outpatient_to_elective": "that of others, most deprived fifth",
}
CASES = [
    *(
        Case("06", words, scenario, _kind(world, kind))
        for kind, words in LINKED.items()
        for scenario, world in (("unfavourable", "planted"), ("null", "null"))
    ),
    *(
        Case("06", f"Order of mental health and A&E, {steps}", scenario, _kind(world, f"order {group}"))
        for group, steps in (("many", "12 steps or more"), ("few", "fewer than 12 steps"))
        for scenario, world in (("unfavourable", "planted"), ("null", "null"))
    ),
    Case("06", "Order of two services within people", "null", _kind("null", "order")),
    Case("06", "Pairs of services not said to have an order", "null", _kind("null", "pairs")),
    Case("06", "Worlds where no pair of services is said to have an order", "null", _kind("null", "no pair")),
    *(
        Case("06", words, "unfavourable", _kind("planted", kind + part))
        for kind, way in WAITED.items()
        for part, words in (
            ("", f"Median wait {way}"),
            (" ratio", f"Ratio of the wait {way} to {COMPARED[kind]}"),
        )
    ),
    *(
        Case("06", f"Fifths not said to wait {way}", "null", _kind("null", f"{kind} none"))
        for kind, way in WAITED.items()
    ),
    *(
        Case("06", "Odds ratio of a missed follow-up", scenario, _kind(world, "missed_follow_up"))
        for scenario, world in (("unfavourable", "planted"), ("null", "null"))
    ),
    *(
        Case(
            "06",
            "Share seen by a week after discharge, people alike",
            scenario,
            partial(draw_incidence, scenario),
        )
        for scenario in DISCHARGED
    ),
]
