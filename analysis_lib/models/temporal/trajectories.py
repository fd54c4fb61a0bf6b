"""Risk followed from landmark to landmark: one model of all of them, and what it has to be better than."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import check_columns
from analysis_lib.models.temporal.edge_model import EdgeModel

EDGES, AGE_SEX, FIRST_RISK = "edges", "age_sex", "first_risk"


def fit_trajectories(
    train: pd.DataFrame,
    calibrate: pd.DataFrame,
    features: pd.DataFrame,
    outcome: str,
    fewest: int = 50,
    seed: int = 0,
) -> dict[str, EdgeModel]:
    """Fit one model of the rows of all landmarks, and one of age and sex alone.

    A landmark supermodel: what a record says of the risk is the same at each landmark. Time is not in it, so
    that calibration by landmark shows where it drifts. Rows of one person stay in one fold.

    Parameters
    ----------
    train, calibrate : DataFrame
        A row for each person and landmark: person_id, landmark, age, sex, present (array of feature numbers,
        or missing) and the outcome (bool). Different people.
    features : DataFrame
        As for `EdgeModel`.
    outcome : str
    fewest : int
        Features of fewer people, on average over the landmarks, are not looked at.
    seed : int

    Returns
    -------
    dict of str to EdgeModel
        "edges" and "age_sex", both recalibrated.

    Raises
    ------
    KeyError, TooFewPoints
        As `EdgeModel.fit`.
    ValueError
        As `EdgeModel.fit`; if somebody is in both frames.

    Notes
    -----
    van Houwelingen HC (2007) Scand J Stat 34:70-85. Landmarks as far apart as the risk looks ahead teach
    nearly as much as all, in less time.
    """
    check_columns(train, ["landmark"], "A trajectory")
    if n := train["person_id"].drop_duplicates().isin(calibrate["person_id"]).sum():
        raise ValueError(f"{n:,} people are among those learnt from and among those to recalibrate on.")
    rows = fewest * train["landmark"].nunique()
    models = {
        EDGES: EdgeModel(features, outcome, rows, seed),
        AGE_SEX: EdgeModel(features[:0], outcome, rows, seed),
    }
    for name, model in models.items():
        model.fit(_seen_by(name, train)).calibrate(_seen_by(name, calibrate))
    return models


def predict_trajectories(
    models: Mapping[str, EdgeModel], frame: pd.DataFrame
) -> dict[str, NDArray[np.float64]]:
    """Return the risk of each row under each model, and the first risk of each person carried forward.

    Parameters
    ----------
    models : mapping of str to EdgeModel
        As `fit_trajectories` returns them.
    frame : DataFrame
        As for `fit_trajectories`, without the outcome; in any order.

    Returns
    -------
    dict of str to ndarray of float64, shape (n_rows,)
        "edges"; "first_risk" (that of "edges" at the first landmark at which the person stands) and
        "age_sex": the null trajectories. The same risk, whoever and whatever landmark stands beside.

    Raises
    ------
    KeyError
        If a column is absent.
    """
    check_columns(frame, ["person_id", "landmark"], "A trajectory")
    risks = {name: model.predict(_seen_by(name, frame)) for name, model in models.items()}
    known = frame[["person_id", "landmark"]].assign(risk=risks[EDGES])
    first = known.sort_values("landmark", kind="stable").drop_duplicates("person_id").set_index("person_id")
    carried = frame["person_id"].map(first["risk"]).to_numpy(np.float64)
    return {EDGES: risks[EDGES], FIRST_RISK: carried, AGE_SEX: risks[AGE_SEX]}


def _seen_by(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(present=None) if name == AGE_SEX else frame
