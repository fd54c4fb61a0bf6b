"""A Gaussian copula whose margins are the real ones, of numbers and labels alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from analysis_lib.models.synthetic.generator import Generator

MOST_CORRELATED = 0.99  # of the correction for coarse columns, which can exceed 1


class GaussianCopula(Generator):
    """Draws correlated normal numbers, and cuts each into the column's own values with their real shares.

    Attributes
    ----------
    correlation : DataFrame of float64, shape (columns, columns)
        Of the normal numbers behind the columns.

    Notes
    -----
    A value has an interval of the normal line with the chance of the value; numbers are in their order, with
    missing at the end, labels in the order of their mean of the first day count (else the first number).
    Values drawn are observed ones: nothing is drawn evenly within a bin of quantiles, which makes long tails
    heavier. Correlations are those of the expected normal numbers of the intervals, divided by the variance
    that both lost by being cut: exact to the first order of the correlation, and too high by a twentieth at
    0.5 for two even flags. Only what holds between two columns and in one direction is kept.

    References
    ----------
    Joe, H. (2014), Dependence Modeling with Copulas, CRC, 1.3 and 7.9. Olsson, U. (1979), Psychometrika 44,
    443–460, on what is lost by cutting.
    """

    correlation: pd.DataFrame

    def _learn(
        self,
        frame: pd.DataFrame,
        codes: dict[str, NDArray[np.int64]],
        free: dict[str, NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> None:
        columns = self.schema.columns
        numbers = sorted((n for n in columns if columns[n].is_number), key=lambda n: not columns[n].days)
        scores = pd.DataFrame(index=frame.index)
        self._order, self._ends = {}, {}
        for name in [*numbers, *(n for n in columns if n not in numbers)]:
            self._learn_margin(name, codes[name], free[name], scores)
        scores = scores[list(columns)]
        kept = scores.var(ddof=0).to_numpy()
        with np.errstate(invalid="ignore", divide="ignore"):
            rough = scores.cov(ddof=0).to_numpy() / np.outer(kept, kept)
        # A constant column, and two that no row has both of free, have no correlation
        rough = np.nan_to_num(rough, nan=0.0, posinf=0.0, neginf=0.0).clip(-MOST_CORRELATED, MOST_CORRELATED)
        np.fill_diagonal(rough, 1.0)
        values, vectors = np.linalg.eigh(rough)
        near = (vectors * values.clip(1e-6)) @ vectors.T
        sd = np.sqrt(np.diag(near))
        self.correlation = pd.DataFrame(near / np.outer(sd, sd), index=scores.columns, columns=scores.columns)

    def _learn_margin(
        self, name: str, code: NDArray[np.int64], free: NDArray[np.bool_], scores: pd.DataFrame
    ) -> None:
        """Learn the order, the ends of the intervals, and the expected normal number of each row."""
        levels = len(self._levels[name])
        free = free if free.any() else np.ones(len(code), bool)
        count = np.bincount(code[free], minlength=levels)
        order = np.arange(levels)
        if not self.schema.columns[name].is_number and scores.shape[1]:
            anchor = scores.iloc[:, 0].to_numpy()
            known = free & ~np.isnan(anchor)
            total = np.bincount(code[known], weights=anchor[known], minlength=levels)
            order = np.argsort(total / np.bincount(code[known], minlength=levels).clip(1), kind="stable")
        ends = np.concatenate([[0.0], np.cumsum(count[order]) / free.sum()]).clip(0, 1)
        self._order[name], self._ends[name] = order, ends
        density = norm.pdf(norm.ppf(ends))
        share = np.diff(ends)
        expected = np.zeros(levels)
        expected[order] = np.divide(-np.diff(density), share, out=np.zeros(levels), where=share > 0)
        scores[name] = np.where(free, expected[code], np.nan)

    def _draw(self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]) -> pd.DataFrame:
        if not n:
            return self._decode(dict.fromkeys(self._levels, np.zeros(0, np.int64)))
        known = [name for name in self._levels if name in given]
        rest = [name for name in self._levels if name not in given]
        correlation, codes = self.correlation, dict(given)
        mean, spread = np.zeros((n, len(rest))), correlation.loc[rest, rest].to_numpy()
        if known:
            latent = np.column_stack([self._latent(name, given[name], rng) for name in known])
            across = correlation.loc[known, rest].to_numpy()
            weights = np.linalg.solve(correlation.loc[known, known].to_numpy(), across)
            mean, spread = latent @ weights, spread - across.T @ weights
        values, vectors = np.linalg.eigh(spread) if rest else (np.zeros(0), np.zeros((0, 0)))
        drawn = mean + rng.standard_normal((n, len(rest))) @ (vectors * np.sqrt(values.clip(0))).T
        for name, column in zip(rest, norm.cdf(drawn).T, strict=True):
            ends = self._ends[name]
            codes[name] = self._order[name][np.searchsorted(ends[1:-1], column, side="right")]
        return self._decode(codes)

    def _latent(self, name: str, code: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw a normal number within the interval of each value, shape (n,)."""
        place = np.argsort(self._order[name])[code]
        low, high = self._ends[name][place], self._ends[name][place + 1]
        edge = 0.5 / self._n_fitted  # a value that only rules set has no interval
        return norm.ppf((low + rng.random(len(code)) * (high - low)).clip(edge, 1 - edge))
