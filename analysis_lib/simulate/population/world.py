"""What a seed and a scenario state of everybody: places, years, and where drivers do not add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis_lib.simulate.population import rates
from analysis_lib.simulate.population.geography import Places, draw_places
from analysis_lib.simulate.scenario import Scenario

DRIFT_STREAM = 3  # of the seed's random streams


@dataclass(frozen=True)
class World:
    """What is planted.

    Attributes
    ----------
    scenario : Scenario
    places : Places
    year : ndarray of float, shape (index dates, settings)
        Log rate ratio of each year against the first.
    interactions : tuple of dict
        As `rates.INTERACTIONS`.
    """

    scenario: Scenario
    places: Places
    year: np.ndarray
    interactions: tuple[dict[str, Any], ...]


def draw_world(seed: int, scenario: Scenario) -> World:
    """Draw places, and the drift of years: a random walk about the stated change, one for each setting."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(DRIFT_STREAM,)))
    stated = np.array(rates.YEAR)
    steps = rng.normal(0, rates.YEAR_DRIFT_SD, stated.shape)
    steps[0] = 0
    drifted = stated + scenario.drift * np.cumsum(steps, axis=0)
    return World(
        scenario=scenario,
        places=draw_places(seed, scenario),
        year=np.round(drifted, 6),
        interactions=rates.INTERACTIONS if scenario.interactions else (),
    )
