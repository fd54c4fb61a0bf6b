"""Small tree classifiers of numbers, missing ones too, in the shape that the explanations ask for."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from analysis_lib.models.explain import Explanation


@dataclass
class Made:
    """What `explain_trees` needs of a classifier."""

    model: Any
    features: list[str]
    outcome: str = "next_emergency"
    encode: Any = field(default=lambda frame: frame.to_numpy(float))


def make_numbers(n, n_features=6, seed=0):
    """Columns of whole numbers, shares and flags; a fifth of every other column is missing."""
    rng = np.random.default_rng(seed)
    columns = {}
    for j in range(n_features):
        kinds = (rng.integers(0, 6, n).astype(float), rng.normal(size=n), (rng.random(n) < 0.3).astype(float))
        column = kinds[j % 3]
        if j % 2:
            column[rng.random(n) < 0.2] = np.nan
        columns[f"x{j}"] = column
    return pd.DataFrame(columns)


@pytest.fixture(scope="session")
def fit_small():
    """Return a function: people, a fitted classifier of them."""

    def fit(n=600, n_features=6, seed=0, **params):
        frame = make_numbers(n, n_features, seed)
        rng = np.random.default_rng(seed + 1)
        known = frame.fillna(0.7)
        score = 0.5 * known["x0"] + known["x1"] * known["x2"] - 0.4 * known["x3"] * (known["x0"] > 2) - 1
        y = rng.random(n) < 1 / (1 + np.exp(-score))
        given = {"max_iter": 4, "max_leaf_nodes": 6, "min_samples_leaf": 5, "learning_rate": 0.5} | params
        model = HistGradientBoostingClassifier(early_stopping=False, random_state=0, **given)
        return frame, Made(model.fit(frame.to_numpy(), y), list(frame))

    return fit


@pytest.fixture
def by_hand():
    """Four people, three features of two groups: GP contacts and their cost go opposite ways."""
    data = pd.DataFrame(
        {
            "n_gp_12m": [0, 1, 4, 60],
            "cost_gbp_gp_12m": [0.0, 40.0, 160.0, 2_400.0],
            "sex": ["F", "M", "M", "F"],
            "next_emergency": [False, False, True, True],
        }
    )
    values = np.array([[0.5, -0.1, 0.2], [-0.4, 0.1, -0.2], [0.3, -0.3, -0.2], [1.0, 1.0, 0.2]])
    return Explanation(values, -2.0, ("n_gp_12m", "cost_gbp_gp_12m", "sex_F"), data, "next_emergency")
