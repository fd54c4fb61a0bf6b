"""From columns to the numbers that a model reads: missing values, rare levels, splines, products."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, SplineTransformer, StandardScaler

from analysis_lib.measures.cells import check_columns
from analysis_lib.models.classify.predictors import Predictors

AMOUNTS = ("n_", "cost_")  # counts and costs: never negative, with a long tail
NOT_LOGGED = ("n_conditions",)  # each more condition multiplies need
FEWEST_OF_A_LEVEL = 50  # levels of a category with fewer people are one level, and so are unseen ones
RARE = ("_infrequent_sklearn", "_rare or unseen")
# Declared before any fit. A star stands for whatever follows.
INTERACTIONS = (
    ("age", "has_*"),
    ("age", "n_conditions"),
    ("age", "imd_decile"),
    ("imd_decile", "n_conditions"),
    ("n_conditions", "n_emergency_*"),
    ("age", "cost_gbp_[0-9]*m"),
)
AGE_KNOTS = 6
MISSING = "missing"


class Products(TransformerMixin, BaseEstimator):
    """Products of pairs of columns, logged where they are amounts, and standardised; missing is average."""

    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self.pairs = pairs

    def fit(self, frame: pd.DataFrame, y: Any = None) -> Self:
        """Keep means and standard deviations."""
        self.columns_ = list(frame.columns)
        values = _logged(frame)
        self.mean_, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        self.scale_ = np.where(spread > 0, spread, 1.0)
        return self

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return one column a pair."""
        values = np.nan_to_num((_logged(frame) - self.mean_) / self.scale_)
        place = {name: j for j, name in enumerate(self.columns_)}
        return np.column_stack([values[:, place[a]] * values[:, place[b]] for a, b in self.pairs])

    def get_feature_names_out(self, names: Any = None) -> NDArray[np.object_]:
        """Return ``age x has_copd`` and so on."""
        return np.array([f"{a} x {b}" for a, b in self.pairs], dtype=object)


def _is_logged(name: str) -> bool:
    return name.startswith(AMOUNTS) and name not in NOT_LOGGED


def _logged(frame: pd.DataFrame) -> NDArray[np.float64]:
    values = np.array(frame, dtype="float64")  # a copy: pandas lends its own read-only
    amounts = [j for j, name in enumerate(frame.columns) if _is_logged(name)]
    values[:, amounts] = np.log1p(values[:, amounts])
    return values


def read_columns(frame: pd.DataFrame, predictors: Predictors) -> pd.DataFrame:
    """Return the predictors alone: numbers and flags as float64, categories as text with a level "missing".

    Raises
    ------
    KeyError
        If the frame lacks a predictor.
    ValueError
        If a count or a cost is negative.
    """
    check_columns(frame, predictors.columns, "Prediction")
    numbers = [*predictors.numeric, *predictors.flags]
    columns: dict[str, Any] = {
        name: frame[name].to_numpy(dtype="float64", na_value=np.nan) for name in numbers
    }
    negative = [name for name in numbers if name.startswith(AMOUNTS) and (columns[name] < 0).any()]
    if negative:
        raise ValueError(f"Counts and costs below 0 in {negative}: correct the input.")
    for name in predictors.categorical:
        text = frame[name].astype(object)
        columns[name] = text.where(text.notna(), MISSING)  # here: an imputer looks at every text by itself
    return pd.DataFrame(columns, index=frame.index)


def encode_for_trees(predictors: Predictors) -> ColumnTransformer:
    """Return the encoder of the trees: numbers as they are, missing ones too, and a column a level."""
    return ColumnTransformer(
        [("numbers", "passthrough", [*predictors.numeric, *predictors.flags]), _levels(predictors)],
        verbose_feature_names_out=False,
    )


def encode_for_logistic(predictors: Predictors) -> ColumnTransformer:
    """Return the encoder of the regression.

    Age is a cubic spline, straight beyond its outer knots; counts and costs are logged; a missing number is
    the median, with a column that says so; pairs of `INTERACTIONS` that the predictors hold are multiplied.
    """
    amounts = [name for name in predictors.numeric if _is_logged(name)]
    others = [name for name in predictors.numeric if name not in amounts]
    spline = SplineTransformer(AGE_KNOTS, knots="quantile", extrapolation="linear", include_bias=False)
    log = FunctionTransformer(np.log1p, feature_names_out="one-to-one")
    parts: list[tuple[str, Any, list[str]]] = [
        ("amounts", make_pipeline(_fill(), log, StandardScaler()), amounts),
        ("others", make_pipeline(_fill(), StandardScaler()), [*others, *predictors.flags]),
        _levels(predictors),
    ]
    if "age" in others:
        parts.append(("age_spline", make_pipeline(SimpleImputer(strategy="median"), spline), ["age"]))
    pairs = find_pairs(predictors)
    if pairs:
        parts.append(("products", Products(pairs), sorted({name for pair in pairs for name in pair})))
    return ColumnTransformer([p for p in parts if p[2]], verbose_feature_names_out=False)


def find_pairs(predictors: Predictors) -> tuple[tuple[str, str], ...]:
    """Return the declared interactions whose columns are predictors."""
    numbers = [*predictors.numeric, *predictors.flags]
    return tuple(
        (a, b) for first, second in INTERACTIONS for a in numbers if fnmatch(a, first)
        for b in numbers if fnmatch(b, second)
    )  # fmt: skip


def feature_names(encoder: ColumnTransformer) -> list[str]:
    """Return the names of the encoded columns, as a reader would want them."""
    return [str(name).replace(*RARE) for name in encoder.get_feature_names_out()]


def _fill() -> SimpleImputer:
    return SimpleImputer(strategy="median", add_indicator=True)


def _levels(predictors: Predictors) -> tuple[str, OneHotEncoder, list[str]]:
    levels = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=FEWEST_OF_A_LEVEL, sparse_output=False
    )
    return ("levels", levels, list(predictors.categorical))
