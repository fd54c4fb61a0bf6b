"""Likelihoods of Poisson and NB2 counts from what grouping leaves, and Newton's method for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import digamma, gammaln, polygamma

from analysis_lib.models.attendance import MAX_STEPS, ModelDidNotFit

Vector = NDArray[np.float64]
TOLERANCE = 1e-8
CONFOUNDED = (
    "The terms cannot be told apart in these data (one is a combination of others): fit with fewer terms."
)


@dataclass(frozen=True)
class Grouped:
    """What the likelihood needs: cells (pattern x exposure), and how often each count occurs at all."""

    design: sparse.csr_array  # patterns x coefficients
    pattern: NDArray[np.int64]  # of each cell
    exposure: Vector  # of one person of the cell
    people: Vector  # in each cell
    events: Vector  # in each cell
    values: Vector  # counts that occur
    repeats: Vector  # people who have each count

    @cached_property
    def pairs(self) -> sparse.csc_array:
        """Pairs of coefficients (the upper triangle) x patterns: times weights, it gives X'WX.

        Worked out once, since every step of Newton's method needs it with other weights.
        """
        design, n_coef = self.design, self.design.shape[1]
        length = np.diff(design.indptr)
        # An entry of a row is paired with itself and those after it, whose columns are higher.
        partners = np.repeat(design.indptr[1:], length) - np.arange(design.nnz, dtype="int32")
        ends = np.cumsum(partners, dtype="int32")
        first = np.repeat(design.indices, partners)
        shift = np.arange(design.nnz, dtype="int32") - (ends - partners)
        second = design.indices[np.repeat(shift, partners) + np.arange(len(first), dtype="int32")]
        by_pattern = np.append(0, np.cumsum(length * (length + 1) // 2))
        places = first * np.int32(n_coef) + second
        return sparse.csc_array((np.ones(len(places)), places, by_pattern), (n_coef**2, design.shape[0]))

    def cross_product(self, weight: Vector) -> NDArray[np.float64]:
        """X'WX with weights by cell."""
        upper = (self.pairs @ self.to_patterns(weight)).reshape((self.design.shape[1],) * 2)
        return upper + np.triu(upper, 1).T

    def to_patterns(self, cells: Vector) -> Vector:
        """Sum over the cells of each pattern."""
        return np.bincount(self.pattern, cells, self.design.shape[0])

    def mean(self, coef: Vector) -> Vector:
        """Events expected of one person of each cell."""
        return self.exposure * np.exp(self.design @ coef)[self.pattern]


def log_likelihood(data: Grouped, mu: Vector, alpha: float) -> float:
    """Return the NB2 log-likelihood of people's counts (Poisson if alpha is 0).

    Only the gamma functions look at single counts, and they do not look at the mean: the rest is linear in
    the count. So people and events by cell, and how often each count occurs, are all that is needed.
    """
    y, often = data.values, data.repeats
    if alpha == 0:
        fixed = -np.sum(often * gammaln(y + 1))
        return float(fixed + np.sum(data.events * np.log(mu) - data.people * mu))
    size = 1 / alpha
    fixed = np.sum(often * (gammaln(y + size) - gammaln(size) - gammaln(y + 1)))
    by_cell = data.events * np.log(alpha * mu) - (data.events + data.people * size) * np.log1p(alpha * mu)
    return float(fixed + by_cell.sum())


def information(data: Grouped, mu: Vector, alpha: float) -> NDArray[np.float64]:
    """Observed information of the coefficients at a given alpha."""
    return data.cross_product(mu * (data.people + alpha * data.events) / (1 + alpha * mu) ** 2)


def joint_information(data: Grouped, mu: Vector, alpha: float) -> NDArray[np.float64]:
    """Observed information of the coefficients and, last, of alpha (without it where alpha is 0)."""
    upper = information(data, mu, alpha)
    if alpha == 0:
        return upper
    cross = (data.events - data.people * mu) * mu / (1 + alpha * mu) ** 2
    side = data.design.T @ data.to_patterns(cross)
    return np.block(
        [[upper, side[:, None]], [side[None, :], np.array([[-_alpha_slopes(data, mu, alpha)[1]]])]]
    )


def fit_coefficients(data: Grouped, coef: Vector, alpha: float, steps: int = MAX_STEPS) -> Vector:
    """Newton's method at a given alpha (0 for Poisson), from `coef`; the likelihood is concave.

    Raises
    ------
    ModelDidNotFit
        If terms cannot be told apart. Without `steps` enough to settle, the last value is returned.
    """
    mu = data.mean(coef)
    best = log_likelihood(data, mu, alpha)
    for _ in range(steps):
        score = data.design.T @ data.to_patterns((data.events - data.people * mu) / (1 + alpha * mu))
        try:
            step = np.linalg.solve(information(data, mu, alpha), score)
        except np.linalg.LinAlgError as error:
            raise ModelDidNotFit(CONFOUNDED) from error
        for _ in range(20):
            mu = data.mean(coef + step)
            reached = log_likelihood(data, mu, alpha)
            if reached >= best - 1e-9 * abs(best):
                break
            step = step / 2
        coef, best = coef + step, reached
        if np.max(np.abs(step)) < TOLERANCE:
            break
    return coef


def fit_nb2(data: Grouped, coef: Vector) -> tuple[Vector, float]:
    """Maximise the NB2 likelihood over coefficients and alpha, from Poisson coefficients.

    Returns
    -------
    coef, alpha
        alpha is 0 where counts vary no more than a Poisson model says.

    Raises
    ------
    ModelDidNotFit
        If the estimates do not settle.
    """
    alpha = _moment_alpha(data, data.mean(coef))
    if alpha <= 0:
        return coef, 0.0
    for _ in range(MAX_STEPS):
        before = np.append(coef, np.log(alpha))
        coef = fit_coefficients(data, coef, alpha, steps=1)
        alpha = _fit_alpha(data, data.mean(coef), alpha)
        if np.max(np.abs(np.append(coef, np.log(alpha)) - before)) < 10 * TOLERANCE:
            return coef, alpha
    raise ModelDidNotFit(f"The estimates did not settle in {MAX_STEPS} steps: fit with fewer terms.")


def _moment_alpha(data: Grouped, mu: Vector) -> float:
    """Sum of (y - mu)^2 - y over the sum of mu^2: above 0 if counts vary more than a Poisson model says."""
    squares = np.sum(data.repeats * data.values**2) - np.sum(mu * (2 * data.events - data.people * mu))
    return float((squares - data.events.sum()) / np.sum(data.people * mu**2))


def _fit_alpha(data: Grouped, mu: Vector, alpha: float) -> float:
    for _ in range(MAX_STEPS):
        first, second = _alpha_slopes(data, mu, alpha)
        # On the log scale, where the likelihood is closest to a parabola.
        slope, bend = alpha * first, alpha * first + alpha**2 * second
        step = -slope / bend if bend < 0 else np.sign(slope)
        step = float(np.clip(step, -1, 1))
        alpha *= np.exp(step)
        if abs(step) < TOLERANCE:
            return alpha
        if alpha < 1e-6:
            break
    raise ModelDidNotFit("The dispersion of these counts cannot be estimated: fit family='poisson'.")


def _alpha_slopes(data: Grouped, mu: Vector, alpha: float) -> tuple[float, float]:
    """First and second derivative of the log-likelihood by alpha."""
    size, y, often = 1 / alpha, data.values, data.repeats
    people, events, grown = data.people, data.events, 1 + alpha * mu
    one = digamma(y + size) - digamma(size)
    two = polygamma(1, y + size) - polygamma(1, size)
    share = mu / grown
    log_grown = np.log1p(alpha * mu)
    first = -(size**2) * np.sum(often * one) + np.sum(
        events * size + people * size**2 * log_grown - (events + people * size) * share
    )
    second = np.sum(often * (two * size**4 + one * 2 * size**3)) + np.sum(
        -events * size**2
        - 2 * people * size**3 * log_grown
        + 2 * people * size**2 * share
        + (events + people * size) * share**2
    )
    return float(first), float(second)
