"""What a model without areas estimates, where area effects go with deprivation."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis_lib.simulate.population import codes, rates
from analysis_lib.simulate.population.contacts import holds, log_rates
from analysis_lib.simulate.population.people import People, State, draw_people, state_at
from analysis_lib.simulate.population.world import World

STREAM = 4  # of the seed's random streams
N_PEOPLE = 20_000
ROUNDS = 4  # of Newton's method; the effects are small
DRIVERS = {"age_band": codes.AGE_BANDS, "sex": codes.SEXES, "ethnic_group": codes.ETHNIC_GROUPS,
           "imd_decile": codes.DECILES}  # fmt: skip


def shift_across(seed: int, world: World) -> list[dict[str, Any]]:
    """Return by how much leaving areas out shifts each coefficient of a setting's model.

    Areas are a draw: what is shifted for good is by their part along deprivation, which a model without area
    terms lays on deprivation, and a little on what goes with it. The rest of their effects is noise, shared
    by all people of an MSOA, with which the errors of such a model have to reckon. The coefficients with
    that part left in solve the equations of NB2 regression for its mean (White 1982), among people
    drawn for this alone and seen at the last index date.

    Returns
    -------
    list of dict
        For each setting: "intercept" and, by name, each interaction of the setting: a number; each of
        `DRIVERS` and "condition": a number by level. Reference levels have 0.
    """
    if not world.places.along.any():
        return [_by_driver({}, s, world) for s in range(len(codes.SETTINGS))]
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(STREAM,)))
    people = draw_people(rng, N_PEOPLE, world.places)
    year = len(codes.INDEX_DATES) - 1
    state = state_at(people, year)
    columns = _columns(people, state)
    log_rate = log_rates(people, state, year, world) - world.places.effect[people.msoa]
    found = []
    for s in range(len(codes.SETTINGS)):
        own = {t["name"]: holds(t["when"], people, state) for t in _interactions(s, world)}
        here = np.isfinite(log_rate[:, s]) & (people.since <= state.start) & (state.days > 0)
        terms = {term: flags for term, flags in (columns | own).items() if flags[here].any()}
        mean = np.exp(log_rate[here, s]) * state.days[here] / codes.DAYS_PER_YEAR
        shift = _solve(
            np.column_stack([flags[here] for flags in terms.values()]).astype(float),
            mean,
            world.places.along[people.msoa[here], s],
            rates.ALPHA[s],
        )
        found.append(_by_driver(dict(zip(terms, shift, strict=True)), s, world))
    return found


def _solve(x: np.ndarray, mean: np.ndarray, along: np.ndarray, alpha: float) -> np.ndarray:
    """Return the coefficients of an NB2 regression of `mean * exp(along)`, against those of `mean`."""
    shift = np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        fitted = mean * np.exp(x @ shift)
        weighted = x * (fitted / (1 + alpha * fitted))[:, None]
        # Terms that are the same for everybody here share their shift: least squares takes them.
        step = np.linalg.lstsq(weighted.T @ x, weighted.T @ (mean * np.exp(along) / fitted - 1), rcond=1e-9)
        shift = shift + step[0]
    return shift


def _columns(people: People, state: State) -> dict[Any, np.ndarray]:
    """Return a flag for each term of the models but interactions, and the intercept."""
    position = {"age_band": state.band, "sex": people.sex, "ethnic_group": people.ethnic,
                "imd_decile": people.decile - 1}  # fmt: skip
    columns: dict[Any, np.ndarray] = {"intercept": np.ones(len(people), dtype=bool)}
    for driver, levels in DRIVERS.items():
        for n, level in enumerate(levels):
            if str(level) != str(codes.REFERENCE[driver]):
                columns[driver, level] = position[driver] == n
    return columns | {("condition", name): state.has[:, n] for n, name in enumerate(codes.CONDITIONS)}


def _interactions(s: int, world: World) -> list[dict[str, Any]]:
    return [term for term in world.interactions if term["setting"] == codes.SETTINGS[s]]


def _by_driver(shift: dict[Any, float], s: int, world: World) -> dict[str, Any]:
    """Return shifts by driver and level, rounded to 4 decimals; 0 where there is none."""
    levels = {**DRIVERS, "condition": codes.CONDITIONS}
    plain = ["intercept", *(term["name"] for term in _interactions(s, world))]
    return {name: round(float(shift.get(name, 0.0)), 4) for name in plain} | {
        driver: {level: round(float(shift.get((driver, level), 0.0)), 4) for level in of}
        for driver, of in levels.items()
    }
