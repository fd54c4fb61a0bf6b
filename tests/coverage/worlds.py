"""Small worlds in memory, for a scenario and a seed: people by index date, attendance, tweets."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from analysis_lib.codes import CONDITIONS, HCP_TYPES, LEAD_TIMES, MODES, STATUSES
from analysis_lib.inputs.population import Population
from analysis_lib.inputs.tweets import Tweets, load_tweets
from analysis_lib.models import add_interactions
from analysis_lib.queries.scores import CAMBRIDGE_WEIGHTS
from analysis_lib.simulate.areas import choose_areas, load_areas
from analysis_lib.simulate.days import make_calendar
from analysis_lib.simulate.draw import draw_area, draw_national
from analysis_lib.simulate.population import codes, tables
from analysis_lib.simulate.population.contacts import draw_contacts, draw_numbers
from analysis_lib.simulate.population.people import People, State, draw_people
from analysis_lib.simulate.population.run import BLOCK
from analysis_lib.simulate.population.truth import state_truth as state_population
from analysis_lib.simulate.population.world import World, draw_world
from analysis_lib.simulate.scenario import DEFAULT, Scenario, find_scenario
from analysis_lib.simulate.truth import state_truth as state_appointments
from analysis_lib.simulate.tweets import simulate_tweets


def draw_population(
    seed: int, n_people: int = 20_000, scenario: str | Scenario = DEFAULT
) -> tuple[list[pd.DataFrame], dict[str, Any]]:
    """Draw people and their contacts of three years, without dates, medicines and costs.

    Returns
    -------
    list of DataFrame
        For each index date, the earliest first: of everybody registered on it, what notebook 04 calls
        `person_year` (age, age_band, sex, ethnic_group, lsoa, msoa, practice, imd_decile, imd_quintile,
        core20, has_…, n_conditions, cambridge_score, years_at_risk, died, a column for each setting's
        contacts in the year after, and the flags of interactions). A person has one `person_id` on all dates.
    dict
        As truth.json.
    """
    world = draw_world(seed, find_scenario(scenario))
    parts: list[list[pd.DataFrame]] = [[] for _ in codes.INDEX_DATES]
    for block, first in enumerate(range(0, n_people, BLOCK)):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, block)))
        people = draw_people(rng, min(BLOCK, n_people - first), world.places)
        for year, drawn in enumerate(draw_numbers(rng, people, world)):
            parts[year].append(_person_year(people, drawn.state, drawn.number, year, world, first))
    frames = [add_interactions(pd.concat(part, ignore_index=True)) for part in parts]
    return frames, state_population(seed, n_people, world)


def _person_year(
    people: People, state: State, number: np.ndarray, year: int, world: World, first: int
) -> pd.DataFrame:
    start, end = codes.YEAR_STARTS[year], codes.YEAR_ENDS[year]
    here = (people.since <= start) & (people.until > start)
    places, decile = world.places, people.decile
    frame = pd.DataFrame(
        {
            "person_id": np.arange(first, first + len(people)),
            "age": state.age,
            "age_band": pd.Categorical.from_codes(state.band, codes.AGE_BANDS, ordered=True),
            "sex": np.array(codes.SEXES)[people.sex],
            "ethnic_group": np.array(codes.ETHNIC_GROUPS)[people.ethnic],
            "lsoa": np.array(places.lsoa)[people.lsoa],
            "msoa": np.array(places.msoa)[people.msoa],
            "practice": np.array(places.practice)[people.practice],
            "imd_decile": decile,
            "imd_quintile": (decile + 1) // 2,
            "core20": decile <= 2,
        }
    )
    has = pd.DataFrame(state.has, columns=[f"has_{name}" for name in CONDITIONS])
    known = {
        "n_conditions": state.has.sum(axis=1),
        "cambridge_score": state.has @ np.array([CAMBRIDGE_WEIGHTS[name] for name in CONDITIONS]),
        "years_at_risk": state.days / codes.DAYS_PER_YEAR,
        "died": people.died & (people.until <= end),
    }
    contacts = pd.DataFrame(number, columns=list(codes.SETTINGS))
    return pd.concat([frame, has, pd.DataFrame(known), contacts], axis=1)[here]


def draw_attendance(
    seed: int,
    months: int = 12,
    areas: int | None = None,
    scenario: str | Scenario = DEFAULT,
    first_month: str = "2022-07",
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw the attendance of sub-ICB locations: the frame that `load_appointments` reads, and the truth."""
    calendar = make_calendar(first_month, months)
    kind = find_scenario(scenario)
    national = draw_national(seed, calendar, kind)
    chosen = choose_areas(areas, load_areas())
    drawn = [(area, draw_area(seed, area, calendar, national, months, months - 1, kind)) for area in chosen]
    cells = pd.MultiIndex.from_product(
        [chosen, pd.DatetimeIndex(calendar.months).as_unit("ns"), STATUSES, HCP_TYPES, MODES, LEAD_TIMES],
        names=["area", "month", "status", "hcp_type", "mode", "lead_time"],
    )
    n = np.concatenate([draw.attendance.ravel() for _, draw in drawn])
    place = np.repeat(np.arange(len(drawn)), len(n) // len(drawn))
    frame = pd.DataFrame({"month": cells.get_level_values("month")})
    for name in ("region_code", "region_name", "icb_code", "icb_name", "sub_icb_code", "sub_icb_name"):
        frame[name] = pd.Categorical(np.array([getattr(area, name) for area in chosen])[place])
    for name, levels in zip(cells.names[2:], (STATUSES, HCP_TYPES, MODES, LEAD_TIMES), strict=True):
        frame[name] = pd.Categorical(cells.get_level_values(name), levels, ordered=True)
    frame["n_appointments"] = n
    return frame[n > 0].reset_index(drop=True), state_appointments(seed, calendar, national, drawn, kind)


def draw_tweets(
    seed: int, n: int = 5_000, scenario: str | Scenario = DEFAULT
) -> tuple[Tweets, dict[str, Any]]:
    """Draw a sample of tweets, as `load_tweets` reads it, and what was put in."""
    text, truth = simulate_tweets(n, seed, find_scenario(scenario))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tweets.csv"
        path.write_text(text, encoding="utf-8", newline="\n")
        return load_tweets(path, cache=False), truth


def draw_extract(seed: int, n_people: int = 40_000, scenario: str | Scenario = DEFAULT) -> Population:
    """Draw a linked population of three years in memory: people, conditions and contacts, no medicines."""
    world = draw_world(seed, find_scenario(scenario))
    parts: dict[str, list[pa.Table]] = {name: [] for name in tables.SCHEMAS}
    for block, first in enumerate(range(0, n_people, BLOCK)):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, block)))
        people = draw_people(rng, min(BLOCK, n_people - first), world.places)
        ids = tables.make_ids(seed, first, len(people), n_people)
        parts["person"].append(tables.person_table(ids, people, world.places))
        parts["condition"].append(tables.condition_table(ids, people))
        parts["contact"].append(tables.contact_table(ids, draw_contacts(rng, people, world)))
    engine = ibis.duckdb.connect(threads=1)
    for name, schema in tables.SCHEMAS.items():
        table = pa.concat_tables(part.cast(schema) for part in parts[name]) if parts[name] else None
        engine.create_table(
            name, table, schema=None if table is not None else ibis.Schema.from_pyarrow(schema)
        )
    manifest = {
        "first_date": codes.FIRST_DAY,
        "last_date": codes.LAST_DAY,
        "index_dates": list(codes.INDEX_DATES),
    }
    return Population(
        **{name: engine.table(name) for name in tables.SCHEMAS},
        manifest=manifest,
        simulated=True,
        profile="simulated",
        truth=state_population(seed, n_people, world),
        quality=pd.DataFrame(),
        warnings=[],
        notes=[],
        folder=None,
    )
