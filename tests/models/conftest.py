"""Simulated people with known log rate ratios, exposure and dispersion."""

import numpy as np
import pandas as pd
import pytest

AGES = ["0-4", "5-14", "15-44", "45-64", "65-84", "85+"]
ETHNIC = ["White", "Asian", "Black"]
TRUTH = {
    "gp": {
        "age_band": {"0-4": 0.35, "5-14": -0.3, "15-44": 0.0, "45-64": 0.1, "65-84": 0.4, "85+": 0.5},
        "sex": {"F": 0.0, "M": -0.2},
        "ethnic_group": {"White": 0.0, "Asian": 0.1, "Black": 0.02},
        "imd_decile": {str(d): 0.02 * (10 - d) for d in range(1, 11)},
        "copd": {"True": 0.35},
        "dementia": {"True": 0.25},
    },
    "ae": {
        "age_band": {"0-4": 0.6, "5-14": 0.15, "15-44": 0.0, "45-64": -0.05, "65-84": 0.3, "85+": 0.7},
        "sex": {"F": 0.0, "M": 0.05},
        "ethnic_group": {"White": 0.0, "Asian": 0.12, "Black": 0.12},
        "imd_decile": {str(d): 0.06 * (10 - d) for d in range(1, 11)},
        "copd": 0.3,
        "dementia": {"True": 0.25},
    },
}
BASE = {"gp": 1.0, "ae": -1.2}
ALPHA = {"gp": 0.75, "ae": 1.1}
TERMS = ("age_band", "sex", "ethnic_group", "imd_decile", "copd", "dementia")
REFERENCE = {"age_band": "15-44", "imd_decile": 10}


def make_people(n, seed, gone=0.1):
    """n people; a share `gone` of them has less than a year."""
    rng = np.random.default_rng(seed)
    age = rng.choice(6, n, p=[0.06, 0.12, 0.4, 0.24, 0.15, 0.03])
    frame = pd.DataFrame(
        {
            "age_band": pd.Categorical.from_codes(age, AGES, ordered=True),
            "sex": pd.Categorical.from_codes(rng.integers(0, 2, n), ["F", "M"]),
            "ethnic_group": rng.choice(ETHNIC, n, p=[0.8, 0.13, 0.07]),
            "imd_decile": rng.choice(np.arange(1, 11), n, p=[0.24, 0.1, *[0.0825] * 8]),
        }
    )
    frame["copd"] = rng.random(n) < 0.01 + 0.03 * age
    frame["dementia"] = rng.random(n) < 0.02 * age
    frame["msoa"] = np.char.add("E0", rng.integers(10, 50, n).astype(str))
    frame["years_at_risk"] = np.where(rng.random(n) < gone, np.ceil(rng.random(n) * 365) / 365, 1.0)
    for setting, effects in TRUTH.items():
        linear = np.full(n, BASE[setting])
        for term, effect in effects.items():
            by_level = effect if isinstance(effect, dict) else {"True": effect}
            linear += frame[term].astype(str).map(by_level).fillna(0.0).to_numpy(float)
        person = rng.gamma(1 / ALPHA[setting], ALPHA[setting], n)
        frame[setting] = rng.poisson(np.exp(linear) * frame["years_at_risk"] * person)
    return frame


@pytest.fixture(scope="session")
def simulate_people():
    return make_people


@pytest.fixture(scope="session")
def people():
    return make_people(6_000, seed=1)


@pytest.fixture(scope="session")
def planted():
    return TRUTH


@pytest.fixture(scope="session")
def model():
    """Terms and reference levels of the planted model."""
    return {"terms": TERMS, "reference": REFERENCE}
