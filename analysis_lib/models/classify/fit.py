"""Classifiers of next year's need: fitted, recalibrated on a fold of their own, and asked for risks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import rankdata
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from analysis_lib.measures.cells import TooFewPoints, check_columns
from analysis_lib.models.classify.encode import (
    FEWEST_OF_A_LEVEL,
    encode_for_logistic,
    encode_for_trees,
    feature_names,
    read_columns,
)
from analysis_lib.models.classify.predictors import LeakageError, Predictors, check_predictors
from analysis_lib.models.regression import ModelDidNotFit

KINDS = ("prevalence", "logistic", "trees")
FEWEST_IN_A_CLASS = 10
LOGISTIC_PARAMS: dict[str, Any] = {"C": 1.0}
# 100 small trees: SHAP values of a sample take a second or two.
TREES_PARAMS: dict[str, Any] = {
    "max_iter": 100,
    "learning_rate": 0.08,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 200,
    "l2_regularization": 1.0,
}
TOO_GOOD, SURELY_GOOD = 0.95, 0.90  # AUROC of one column, and the lower end of its interval
PEOPLE_LOOKED_AT = 20_000
RARE_LEVEL = "rarer ones"
TINY = 1e-9  # risks stay this far from 0 and 1
ROWS_AT_ONCE = 4_096  # predicted


@dataclass(frozen=True)
class Classifier:
    """A fitted model: pipeline of encoder and model, and the line that recalibrates its log odds."""

    kind: str
    outcome: str
    predictors: Predictors
    pipeline: Pipeline
    params: Mapping[str, Any]
    seed: int
    n_people: int
    n_events: int
    calibration: Mapping[str, float] = field(default_factory=lambda: {"intercept": 0.0, "slope": 1.0})

    @property
    def features(self) -> list[str]:
        """Names of the encoded columns, in the order of `encode`."""
        return feature_names(self.pipeline[0])

    @property
    def model(self) -> Any:
        """The fitted scikit-learn model, which reads encoded columns."""
        return self.pipeline[-1]

    def encode(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return what the model reads: float64 of shape (n_rows, n_features), NaN as missing for trees."""
        columns = read_columns(frame, self.predictors)
        # Row after row in memory: trees read it more than twice as fast so.
        return np.ascontiguousarray(self.pipeline[0].transform(columns), dtype="float64")


def fit_classifier(
    kind: str,
    frame: pd.DataFrame,
    outcome: str,
    predictors: Predictors,
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    too_good: float = TOO_GOOD,
) -> Classifier:
    """Fit one model of one outcome.

    Parameters
    ----------
    kind : {"prevalence", "logistic", "trees"}
        Share of all with the outcome; ridge logistic regression with splines and the declared interactions;
        gradient-boosted trees on histograms.
    frame : DataFrame
        The training fold, one row a person.
    outcome : str
        A column of true and false, nothing missing.
    predictors : Predictors
        From `choose_predictors`.
    params : mapping, optional
        Arguments of the scikit-learn model that differ from `LOGISTIC_PARAMS` or `TREES_PARAMS`.
    seed : int
        Used by the trees to sample rows where they choose cut points.
    too_good : float
        As for `refuse_too_good`.

    Returns
    -------
    Classifier
        Not yet recalibrated. The same bytes of risk on any number of threads.

    Raises
    ------
    LeakageError
        If a predictor's window is not known to end by the index date, or one alone ranks people too well to
        have come from before it (`refuse_too_good`).
    KeyError, ValueError
        If a column is absent; if the outcome is missing for anyone.
    TooFewPoints
        If fewer than 10 have the outcome, or have it not.

    Notes
    -----
    Regression by Newton's method on the Hessian (``newton-cholesky``): six steps or so where L-BFGS takes
    hundreds (benchmarks/README.md). Trees: Ke G and others (2017) LightGBM, NeurIPS 30, as in scikit-learn.
    """
    if kind not in KINDS:
        raise ValueError(f"Unknown kind of model {kind!r}: choose one of {', '.join(KINDS)}.")
    check_predictors(predictors.columns, predictors.windows)
    columns = read_columns(frame, predictors)
    y = read_outcome(frame, outcome)
    refuse_too_good(columns, y, too_good)
    given = {**_defaults(kind), **(params or {})}
    pipeline = Pipeline([("encode", _encoder(kind, predictors)), ("model", _model(kind, given, seed))])
    # Sums by several threads of BLAS differ in their last bits; one thread always gives the same.
    with threadpool_limits(1, user_api="blas"):
        pipeline.fit(columns, y)
    return Classifier(kind, outcome, predictors, pipeline, given, seed, len(y), int(y.sum()))


def calibrate(classifier: Classifier, frame: pd.DataFrame) -> Classifier:
    """Recalibrate on people the model has not seen: a line through the log odds (Platt's method).

    Two numbers, which the card can state, and which keep the ranking; isotonic regression was no better on
    the later year (benchmarks/README.md) and ties people.

    Parameters
    ----------
    classifier : Classifier
    frame : DataFrame
        The calibration fold.

    Returns
    -------
    Classifier
        With its calibration. The prevalence model takes the share of this fold.

    Raises
    ------
    ValueError, TooFewPoints
        As for `fit_classifier`.
    ModelDidNotFit
        If the slope is not above 0 (the model ranks this fold the wrong way).
    """
    y = read_outcome(frame, classifier.outcome)
    return replace(classifier, calibration=fit_line(_log_odds(classifier, frame), y, classifier.outcome))


def fit_line(raw: NDArray[np.float64], y: NDArray[np.bool_], outcome: str) -> dict[str, float]:
    """Return intercept and slope of the line through log odds that recalibrates them.

    Parameters
    ----------
    raw : ndarray of float64, shape (n,)
        Log odds of people a model has not seen. Where all are equal, the slope is 1.
    y : ndarray of bool, shape (n,)
    outcome : str
        Its name, for the message.

    Raises
    ------
    ModelDidNotFit
        If the slope is not above 0.
    """
    if np.ptp(raw) == 0:
        return {"intercept": float(logit(y.mean()) - raw[0]), "slope": 1.0}
    with threadpool_limits(1, user_api="blas"):
        fit = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8).fit(raw[:, None], y)
    line = {"intercept": float(fit.intercept_[0]), "slope": float(fit.coef_[0, 0])}
    if line["slope"] <= 0:
        raise ModelDidNotFit(
            f"The model of the outcome '{name_outcome(outcome)}' ranks the people set apart to "
            "recalibrate it the wrong way round: there are too few people to learn from."
        )
    return line


def predict_risk(classifier: Classifier, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Return the recalibrated risk of the outcome for each row, float64 of shape (n_rows,), in (0, 1).

    Missing values and levels never seen are allowed; an absent column is a KeyError.
    """
    line = classifier.calibration
    risk = expit(line["intercept"] + line["slope"] * _log_odds(classifier, frame))
    return np.clip(risk, TINY, 1 - TINY)


def choose_thresholds(
    risk: NDArray[np.float64], shares: Sequence[float] = (0.01, 0.05, 0.10)
) -> pd.DataFrame:
    """Return the risk from which on a share of people is listed.

    Parameters
    ----------
    risk : ndarray of float, shape (n,)
        Of the threshold fold.
    shares : sequence of float
        Capacity, as shares of people.

    Returns
    -------
    DataFrame
        share, threshold. Whoever has at least the threshold is listed: on these people the share, to a
        person, and all who tie with the last (with one risk for all, everybody).

    Raises
    ------
    ValueError
        If there is nobody, or a share is not between 0 and 1.
    """
    if len(risk) == 0 or not all(0 < share <= 1 for share in shares):
        raise ValueError("Thresholds need at least one person, and shares above 0 and up to 1.")
    ranked = np.sort(np.asarray(risk, dtype="float64"))[::-1]
    last = [max(round(share * len(ranked)), 1) - 1 for share in shares]
    return pd.DataFrame({"share": list(shares), "threshold": ranked[last]})


def name_outcome(outcome: str) -> str:
    """Return the name of an outcome in a message: "high cost", "emergency"."""
    return outcome.removeprefix("next_").replace("_", " ")


def read_outcome(frame: pd.DataFrame, outcome: str, fewest: int = FEWEST_IN_A_CLASS) -> NDArray[np.bool_]:
    """Return the outcome as booleans, with at least `fewest` people of either kind."""
    check_columns(frame, [outcome], "A classifier")
    if frame[outcome].isna().any():
        raise ValueError(f"{outcome} is missing for some: leave them out, and say so.")
    y = frame[outcome].to_numpy(dtype=bool)
    if min(y.sum(), (~y).sum()) < fewest:
        have = "had" if y.mean() < 0.5 else "were without"
        raise TooFewPoints(
            f"Fewer than {fewest} of the people set apart to learn from {have} the outcome "
            f"'{name_outcome(outcome)}', too few for a model."
        )
    return y


def refuse_too_good(columns: pd.DataFrame, y: NDArray[np.bool_], too_good: float = TOO_GOOD) -> None:
    """Refuse a column that alone ranks the outcome better than anything known beforehand does.

    Parameters
    ----------
    columns : DataFrame
        As `read_columns` returns; numbers as float64, categories as text.
    y : ndarray of bool [n_rows]
        The outcome, with people of either kind.
    too_good : float
        AUROC of a column alone, either way round, above which it is refused, if the lower end of its 95%
        interval is above `SURELY_GOOD` too. Last year's cost reaches 0.8 to 0.9 for next year's high cost
        (published models with all predictors: under 0.9); what was recorded afterwards, with some noise, is
        above 0.95. A column that is known beforehand beyond doubt is let through by a higher number, up to 1.

    Raises
    ------
    LeakageError
        Naming the column and what to do.

    Notes
    -----
    Of at most 20,000 people, half of either kind. Levels of a category are ranked by their share with the
    outcome, rarer ones together. Standard error of an AUROC: Hanley JA, McNeil BJ (1982) Radiology
    143:29-36. What was recorded afterwards and says little of the outcome is not found so: the windows are
    what keeps it out.
    """
    yes, no = (np.flatnonzero(kept)[: PEOPLE_LOOKED_AT // 2] for kept in (y, ~y))
    some = np.concatenate([yes, no])
    for name in columns:
        values = columns[name].iloc[some]
        if not pd.api.types.is_numeric_dtype(values):
            sizes = values.map(values.value_counts())
            level = values.where(sizes >= FEWEST_OF_A_LEVEL, RARE_LEVEL)
            values = pd.Series(y[some], level.index).groupby(level).transform("mean")
        area, low = _area_alone(values.to_numpy(float), len(yes))
        if area > too_good and low > min(SURELY_GOOD, too_good):
            raise LeakageError(
                f"{name} alone tells who had the outcome (AUROC {area:.3f}): too well to have been known on "
                "the index day. Look in the extract at the dates that it rests on: it was probably recorded "
                "afterwards, or made from the outcome. Leave it out of the predictors; if it was known "
                "beforehand beyond doubt, allow it: fit_classifier(…, too_good=1)."
            )


def _area_alone(values: NDArray[np.float64], n_yes: int) -> tuple[float, float]:
    """Return a column's AUROC, either way round, with its lower limit; those with the outcome stand first."""
    known = ~np.isnan(values)
    m, n = int(known[:n_yes].sum()), int(known[n_yes:].sum())
    if not m or not n:
        return 0.5, 0.5
    ranks = rankdata(values[known])
    area = (ranks[:m].sum() - m * (m + 1) / 2) / (m * n)
    area = max(area, 1 - area)
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (m - 1) * (q1 - area**2) + (n - 1) * (q2 - area**2)
    return area, area - 1.96 * float(np.sqrt(max(variance, 0) / (m * n)))


def _log_odds(classifier: Classifier, frame: pd.DataFrame) -> NDArray[np.float64]:
    encoded = classifier.encode(frame)
    if classifier.kind == "prevalence":
        return logit(classifier.model.predict_proba(encoded)[:, 1])
    with threadpool_limits(1, user_api="blas"):
        parts = [  # slices that stay in the cache: half the time of the trees
            classifier.model.decision_function(encoded[start : start + ROWS_AT_ONCE])
            for start in range(0, len(encoded), ROWS_AT_ONCE)
        ]
    return np.concatenate(parts).astype("float64")


def _encoder(kind: str, predictors: Predictors) -> Any:
    return encode_for_logistic(predictors) if kind == "logistic" else encode_for_trees(predictors)


def _defaults(kind: str) -> dict[str, Any]:
    return {"prevalence": {}, "logistic": LOGISTIC_PARAMS, "trees": TREES_PARAMS}[kind]


def _model(kind: str, params: Mapping[str, Any], seed: int) -> Any:
    if kind == "prevalence":
        return DummyClassifier(strategy="prior")
    if kind == "logistic":
        return LogisticRegression(solver="newton-cholesky", **params)
    return HistGradientBoostingClassifier(early_stopping=False, random_state=seed, **params)
