"""People whose risk is known, because it was drawn."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.queries import feature_windows


def draw_people(n, seed):
    """Features at an index date, and an outcome of stated probability `p`."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "person_id": [f"p{seed}{i:06d}" for i in range(n)],
            "age": rng.integers(0, 96, n).astype("int32"),
            "sex": rng.choice(["F", "M"], n),
            "ethnic_group": rng.choice(["White", "Asian", "Black"], n, p=[0.7, 0.2, 0.1]),
            "lsoa": "E01000001",
            "imd_decile": rng.integers(1, 11, n).astype("int32"),
            "core20": False,
            "has_copd": rng.random(n) < 0.1,
            "n_conditions": rng.poisson(0.8, n).astype("int32"),
            "n_gp_12m": rng.poisson(4.0, n).astype("int32"),
            "cost_gbp_12m": np.where(rng.random(n) < 0.6, 0.0, rng.lognormal(6, 1, n)),
            "dna_share_12m": rng.choice([0.0, 0.25, np.nan], n),
            "continuity": np.nan,
        }
    )
    log_odds = (
        -3.2
        + 0.02 * frame["age"]
        + 0.5 * frame["n_conditions"]
        + 0.9 * frame["has_copd"]
        + 0.12 * np.log1p(frame["cost_gbp_12m"])
    )
    frame["p"] = 1 / (1 + np.exp(-log_odds))
    frame["next_emergency"] = rng.random(n) < frame["p"]
    frame["next_cost_gbp"] = frame["next_emergency"] * 3000.0
    return frame


@pytest.fixture(scope="session")
def people():
    return draw_people(12_000, 1)


@pytest.fixture(scope="session")
def others():
    return draw_people(12_000, 3)


@pytest.fixture(scope="session")
def later():
    return draw_people(12_000, 2)


@pytest.fixture(scope="session")
def windows():
    """What the query states of the features."""
    return feature_windows((12,))
