"""Risk from the edges of people's graphs: logistic regression with an L1 penalty, which explains itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_list_like
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from analysis_lib.measures.cells import check_columns
from analysis_lib.models.classify.encode import encode_for_logistic, read_columns
from analysis_lib.models.classify.fit import fit_line, read_outcome
from analysis_lib.models.classify.folds import assign_folds
from analysis_lib.models.classify.predictors import Predictors

N_PENALTIES, N_FOLDS = 10, 5
INNER = 10**6  # added to the seed: with that of the caller's folds, most inner folds of a fold are empty
SMALLEST = 2.0  # the last penalty, in standard errors of the gradient of a feature that says nothing
TOLERANCE = 1.001  # of the gradient of a feature that is set aside, in penalties
FREE = 100.0  # columns of age, sex and intercept are so many times as large, and so hardly penalised
DEMOGRAPHICS = Predictors(numeric=("age",), categorical=("sex",), flags=())
FEATURE = ["first", "then", "bin"]


@dataclass
class EdgeModel:
    """L1 logistic regression on the codes and edges that are present, on age and on sex.

    With no features it is the model of age and sex alone.

    Parameters
    ----------
    features : DataFrame
        feature (0, 1, …), first, then, bin (missing for a code): what ``queries.graph_features`` listed, to
        which the column ``present`` of people refers.
    outcome : str
        A column of true and false.
    fewest : int
        Features of fewer people, of those learnt from, are not looked at.
    seed : int
        Of the folds, and of the order in which the solver takes the features.

    Raises
    ------
    ValueError
        If the features are not numbered from 0, in order.

    Attributes
    ----------
    coefficients_ : ndarray of float64, shape (features,)
        Log odds that a feature adds where it is present; 0 where it was not selected.
    n_people_ : ndarray of int64, shape (features,)
        Who had each, of those learnt from.
    base_ : float
        Log odds of a person of average age and sex with none of the features.
    path_ : DataFrame
        penalty (on the mean log loss, with features in standard deviations), n_selected (features), log_loss
        (of people left out, mean), standard_error (of what it is above the least; rows of one person are
        taken together), chosen.

    Notes
    -----
    Penalties fall evenly on the log scale, from where nothing is selected to where what says nothing comes
    in. The largest is chosen whose log loss is within a standard error of the least, as for pairs of one
    person (Hastie T and others (2009) The Elements of Statistical Learning, 7.10). A feature is set aside
    while the gradient of the loss is below the penalty, and looked at again after each fit: the answer is
    that of all of them. The solver is liblinear: saga had not converged in 20 times its time.
    """

    features: pd.DataFrame
    outcome: str
    fewest: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        if not np.array_equal(self.features["feature"], np.arange(len(self.features))):
            raise ValueError(
                "Features must stand in the order of their numbers, from 0: keep all of the list."
            )

    def fit(self, train: pd.DataFrame) -> Self:
        """Choose the penalty by folds of people, and fit everybody with it.

        Vocabulary and scales are those of `train` alone.

        Parameters
        ----------
        train : DataFrame
            person_id (may repeat), age (years), sex, present (arrays of feature numbers; missing where
            nothing is recorded), and the outcome.

        Raises
        ------
        KeyError
            If a column is absent.
        ValueError
            If the outcome is missing for anyone, or a feature is not among the listed ones.
        TooFewPoints
            If fewer than 10 have the outcome, or have it not.
        """
        y = read_outcome(train, self.outcome).astype("float64")
        problem = self._pose(train, y)
        penalties = problem.choose_penalties()
        folds = assign_folds(
            train["person_id"], dict.fromkeys(range(N_FOLDS), 1 / N_FOLDS), self.seed + INNER
        )
        losses = np.empty((len(y), len(penalties)))
        for fold in range(N_FOLDS):
            out = (folds == fold).to_numpy()
            for column, fitted in enumerate(problem.fit_path(penalties, ~out)):
                losses[out, column] = np.logaddexp(0, (1 - 2 * y[out]) * fitted.log_odds[out])
        path = list(problem.fit_path(penalties, np.ones(len(y), bool)))
        n_selected = [np.count_nonzero(fitted.weights[problem.n_free :]) for fitted in path]
        steps = pd.DataFrame({"penalty": penalties, "n_selected": n_selected})
        self.path_ = pd.concat([steps, _summarise(losses, train["person_id"])], axis=1)
        best = path[int(np.argmax(self.path_["chosen"]))]
        self._weights, self.base_ = self._turn @ best.weights[: problem.n_free], best.intercept
        self.coefficients_ = np.zeros(len(self.features))
        self.coefficients_[self._kept] = best.weights[problem.n_free :] / self._spread[self._kept]
        return self

    def calibrate(self, frame: pd.DataFrame) -> Self:
        """Recalibrate on people the model has not seen, by a line through the log odds.

        A penalty draws all effects towards 0, and risks towards each other. Coefficients and base are
        changed, so that contributions still sum to the log odds.

        Raises
        ------
        KeyError, ValueError, TooFewPoints
            As for `fit`.
        ModelDidNotFit
            If the slope is not above 0.
        """
        line = fit_line(self._log_odds(frame), read_outcome(frame, self.outcome), self.outcome)
        self._rescale(line["intercept"], line["slope"])
        return self

    def predict(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return the risk of each row, float64 of shape (n_rows,): the same, whoever is scored beside.

        Parameters
        ----------
        frame : DataFrame
            age, sex and present, as for `fit`.
        """
        return expit(self._log_odds(frame))

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what each person's log odds are made of.

        Returns
        -------
        DataFrame
            person_id; first, then, bin (as in `features`; first is "age" or "sex" for these two, against the
            average of those learnt from); contribution (log odds). Features that add nothing have no row. The
            contributions of a person and `base_` sum to the log odds, exactly.
        """
        present = self._present(frame)
        return self._list(frame, present, self.coefficients_[present.indices], self._of_demographics(frame))

    def _rescale(self, intercept: float, slope: float) -> None:
        """Put all log odds on a line."""
        self._weights, self.coefficients_ = self._weights * slope, self.coefficients_ * slope
        self.base_ = intercept + slope * self.base_

    def _of_demographics(self, frame: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
        """Return what age and sex add to each row's log odds."""
        parts = (self._demographics(frame) - self._mean) * self._weights
        names = self._encoder.get_feature_names_out()
        return {
            name: parts[:, [encoded.startswith(name) for encoded in names]].sum(axis=1)
            for name in DEMOGRAPHICS.columns
        }

    def _list(
        self,
        frame: pd.DataFrame,
        present: sparse.csr_array,
        of_features: NDArray[np.float64],
        of_demographics: dict[str, NDArray[np.float64]],
    ) -> pd.DataFrame:
        """Return contributions as rows; those of features are in the order of what is present."""
        row = np.repeat(np.arange(len(frame)), np.diff(present.indptr))
        adds = of_features != 0
        found = self.features[FEATURE].iloc[present.indices[adds]]
        found = found.assign(row=row[adds], contribution=of_features[adds])
        for name, added in of_demographics.items():
            own = pd.DataFrame({"row": np.arange(len(frame)), "first": name, "contribution": added})
            found = pd.concat([own, found], ignore_index=True)
        found = found.sort_values("row", kind="stable", ignore_index=True)
        found.insert(0, "person_id", frame["person_id"].to_numpy()[found.pop("row")])
        return found[["person_id", *FEATURE, "contribution"]]

    def rank(self) -> pd.DataFrame:
        """Return the features that were selected, the one that moves risks most first.

        Ranks are conditional: each effect is what a feature adds to all others. Alone, neighbours of a true
        edge look as strong.

        Returns
        -------
        DataFrame
            rank (from 1); first, then, bin; n_people (of those learnt from); log_odds; effect (standard
            deviation of what it adds, over those people).
        """
        table = self.features[FEATURE].assign(n_people=self.n_people_, log_odds=self.coefficients_)
        table["effect"] = table["log_odds"].abs() * self._spread
        table = table[table["log_odds"] != 0].sort_values("effect", ascending=False, kind="stable")
        table.insert(0, "rank", np.arange(1, len(table) + 1))
        return table.reset_index(drop=True)

    def _pose(self, train: pd.DataFrame, y: NDArray[np.float64]) -> _Problem:
        """Take vocabulary and scales from those learnt from; return the columns to fit."""
        self._encoder = encode_for_logistic(DEMOGRAPHICS).fit(read_columns(train, DEMOGRAPHICS))
        demographics, present = self._demographics(train), self._present(train).tocsc()
        self._mean = demographics.mean(axis=0)
        self._turn = FREE * _turn(demographics - self._mean)
        self.n_people_ = np.diff(present.indptr).astype("int64")
        self._spread = np.sqrt(self.n_people_ / len(y) * (1 - self.n_people_ / len(y)))
        self._kept = np.flatnonzero((self.n_people_ >= self.fewest) & (self._spread > 0))
        scaled = present[:, self._kept]
        scaled.data /= np.repeat(self._spread[self._kept], self.n_people_[self._kept])
        turned = sparse.csc_array((demographics - self._mean) @ self._turn)
        return _Problem(sparse.hstack([turned, scaled], format="csc"), y, turned.shape[1], self.seed)

    def _log_odds(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        demographics = self._demographics(frame) - self._mean
        # One product of sparse rows: dense ones are added in an order that depends on how many there are
        rows = sparse.hstack([sparse.csr_array(demographics), self._present(frame)], format="csr")
        return rows @ np.concatenate([self._weights, self.coefficients_]) + self.base_

    def _demographics(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        return np.asarray(self._encoder.transform(read_columns(frame, DEMOGRAPHICS)), dtype="float64")

    def _present(self, frame: pd.DataFrame) -> sparse.csr_array:
        """Return ones where a feature is present, shape (n_rows, features)."""
        check_columns(frame, ["present"], "An edge model")
        lists = [np.asarray(p, "int32") if is_list_like(p) else _NOTHING for p in frame["present"]]
        ends = np.cumsum([0, *map(len, lists)]).astype("int32")  # liblinear takes no other
        found = np.concatenate([_NOTHING, *lists])
        if len(found) and not 0 <= found.min() <= found.max() < len(self.features):
            raise ValueError(f"Features are numbered from 0 to {len(self.features) - 1}: others are present.")
        return sparse.csr_array((np.ones(len(found)), found, ends), shape=(len(frame), len(self.features)))


def edge_recovery(ranked: pd.DataFrame, planted: Collection[tuple[str, str]], k: int) -> float:
    """Return the precision at k: which share of the first k edges was planted.

    Parameters
    ----------
    ranked : DataFrame
        first and then, the most important first, such as `EdgeModel.rank`. An edge counts once, at its best
        gap band; codes alone (then is missing) are no edges.
    planted : collection of (str, str)
        First and then of each planted edge.
    k : int
        Where fewer edges are ranked, the others are wrong.
    """
    edges = ranked.dropna(subset=["then"])[["first", "then"]].drop_duplicates().head(k)
    return sum(edge in set(planted) for edge in edges.itertuples(index=False, name=None)) / k


_NOTHING = np.empty(0, "int32")


def _turn(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what makes columns of mean 0 perpendicular, with variance 1; what is not needed becomes 0.

    The solver goes column by column: on those of a spline it takes many times as long.
    """
    _, size, turn = np.linalg.svd(columns, full_matrices=False)
    small = size <= 1e-9 * max(size.max(), 1)
    return turn.T * np.where(small, 0, np.sqrt(len(columns)) / np.where(small, 1, size))


class _Fitted(NamedTuple):
    weights: NDArray[np.float64]  # shape (columns,)
    intercept: float
    log_odds: NDArray[np.float64]  # of all rows, also those not fitted on
    gradient: NDArray[np.float64]  # of the mean loss


@dataclass(frozen=True)
class _Problem:
    """Columns, of which the first are not penalised, and the outcome."""

    columns: sparse.csc_array
    y: NDArray[np.float64]
    n_free: int
    seed: int

    def choose_penalties(self) -> NDArray[np.float64]:
        """Return penalties from where nothing is selected to where what says nothing comes in."""
        smallest = SMALLEST * np.sqrt(self.y.mean() * (1 - self.y.mean()) / len(self.y))
        free = np.arange(self.columns.shape[1]) < self.n_free
        without = self.fit_once(free, smallest, np.ones(len(self.y), bool))
        largest = 1.02 * np.abs(without.gradient[~free]).max(initial=0)
        if largest == 0:
            return np.array([smallest])
        return np.geomspace(largest, min(smallest, largest / 2), N_PENALTIES)

    def fit_path(self, penalties: NDArray[np.float64], rows: NDArray[np.bool_]) -> Iterator[_Fitted]:
        """Fit some rows at each penalty; they fall."""
        free = np.arange(self.columns.shape[1]) < self.n_free
        gradient = np.zeros(len(free))
        for penalty in penalties:
            asked, missed = free, np.abs(gradient) > TOLERANCE * penalty
            while missed.any() or asked is free:
                asked = asked | missed
                fitted = self.fit_once(asked, penalty, rows)
                missed = ~asked & (np.abs(fitted.gradient) > TOLERANCE * penalty)
            gradient = fitted.gradient
            yield fitted

    def fit_once(self, asked: NDArray[np.bool_], penalty: float, rows: NDArray[np.bool_]) -> _Fitted:
        """Fit some rows on the columns asked for; of the gradient, all columns are returned."""
        part = self.columns[:, asked].tocsr()
        model = LogisticRegression(
            C=1 / (penalty * rows.sum()),
            l1_ratio=1,
            solver="liblinear",
            intercept_scaling=FREE,
            random_state=self.seed,
        ).fit(part[rows], self.y[rows])
        weights = np.zeros(len(asked))
        weights[asked] = model.coef_[0]
        log_odds = model.decision_function(part)
        error = np.where(rows, expit(log_odds) - self.y, 0)
        return _Fitted(weights, float(model.intercept_[0]), log_odds, self.columns.T @ error / rows.sum())


def _summarise(losses: NDArray[np.float64], person_id: pd.Series) -> pd.DataFrame:
    """Return mean loss by penalty, the standard error of what it is above the least, and which is chosen.

    Rows of one person are one observation of their sum.
    """
    mean = losses.mean(axis=0)
    above = losses - losses[:, [int(np.argmin(mean))]]
    by_person = pd.DataFrame(above - above.mean(axis=0)).groupby(person_id.to_numpy()).sum()
    error = np.sqrt((by_person**2).sum().to_numpy()) / len(losses)
    chosen = np.arange(len(mean)) == np.argmax(mean - error <= mean.min())
    return pd.DataFrame({"log_loss": mean, "standard_error": error, "chosen": chosen})
