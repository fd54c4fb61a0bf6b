"""People with known risks, in groups."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit


def make_people(n, seed, prevalence_logit=-2.5, spread=1.2):
    """n people with their true risk, and whether it came about."""
    rng = np.random.default_rng(seed)
    risk = expit(rng.normal(prevalence_logit, spread, n))
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["F", "M", "not stated"], n, p=[0.5, 0.49, 0.01]),
            "imd_quintile": rng.choice(np.arange(1, 6, dtype="int32"), n),
            "sick": rng.random(n) < risk,
        }
    )
    return frame, risk


@pytest.fixture(scope="session")
def make():
    return make_people


@pytest.fixture(scope="session")
def people():
    return make_people(4_000, seed=1)
