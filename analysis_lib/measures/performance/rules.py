"""The simplest rules that a clinician would use instead of a model."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import check_columns

RULES = ("last_year_cost", "n_conditions", "age_conditions")
POINTS_AFTER = 40  # years of age; a point for each ten years completed since


def simple_rules(frame: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Return a score for each person under each simple rule; a higher score goes first.

    Parameters
    ----------
    frame : DataFrame, n rows
        One row a person: age (completed years), n_conditions, cost_gbp_12m (the 12 months before the index).

    Returns
    -------
    dict of str to ndarray of float64 [n]
        last_year_cost (£ in the 12 months before); n_conditions; age_conditions: a point for each condition,
        and one for each ten years of age from 50 on. They are ranks, not probabilities.

    Raises
    ------
    KeyError
        If a column is absent.

    Notes
    -----
    "Age and frailty" is what clinicians would say; frailty is not held in these data, so the number of
    conditions stands for it. The points of age are those of the age-comorbidity index: Charlson M,
    Szatrowski TP, Peterson J, Gold J (1994) J Clin Epidemiol 47:1245-1251.
    """
    check_columns(frame, ["age", "n_conditions", "cost_gbp_12m"], "A simple rule")
    conditions = frame["n_conditions"].to_numpy(np.float64)
    decades = np.maximum(frame["age"].to_numpy() - POINTS_AFTER, 0) // 10
    scores = (frame["cost_gbp_12m"].to_numpy(np.float64), conditions, conditions + decades)
    return dict(zip(RULES, scores, strict=True))
