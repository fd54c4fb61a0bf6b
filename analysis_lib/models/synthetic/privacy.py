"""What differential privacy costs: a budget, the conversions of it, and the two mechanisms that spend it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

SLACK = 1e-9  # of the budget, for the last digits of sums


class Expense(NamedTuple):
    """What was taken from the real rows, how, and what it cost of the budget."""

    columns: tuple[str, ...]
    mechanism: str
    rho: float


def find_delta(rho: float, epsilon: float) -> float:
    """Return the least delta for which rho-zCDP is known to be (epsilon, delta)-differential privacy.

    The least, over a > 1, of exp((a - 1)(a rho - epsilon)) / (a - 1) · (1 - 1/a)^a; any a gives a valid one.

    Parameters
    ----------
    rho, epsilon : float
        Above 0 and finite.

    Returns
    -------
    float
        1 at most.

    References
    ----------
    Canonne, C. L., Kamath, G. and Steinke, T. (2020), The discrete Gaussian for differential privacy, NeurIPS
    33, corollary 13.
    """

    def log_delta(log_less: float) -> float:
        less = np.exp(log_less)  # a - 1
        return less * ((less + 1) * rho - epsilon) - log_less - (less + 1) * np.log1p(1 / less)

    found = minimize_scalar(log_delta, bounds=(-12.0, 12.0), method="bounded", options={"xatol": 1e-10})
    return float(np.exp(min(found.fun, 0.0)))


def find_rho(epsilon: float, delta: float) -> float:
    """Return the largest rho for which rho-zCDP is (epsilon, delta)-differential privacy by `find_delta`.

    Parameters
    ----------
    epsilon : float
        Above 0. If infinite, so is rho: no privacy.
    delta : float
        Above 0 and below 0.1.

    Returns
    -------
    float
        Never below (sqrt(log(1/delta) + epsilon) - sqrt(log(1/delta)))², by proposition 1.3 of Bun, M. and
        Steinke, T. (2016), Concentrated differential privacy, TCC.

    Raises
    ------
    ValueError
        If epsilon or delta is outside these.
    """
    if not (epsilon > 0 and 0 < delta < 0.1):
        raise ValueError(f"Epsilon is above 0, delta between 0 and 0.1; not {epsilon} and {delta}.")
    if np.isinf(epsilon):
        return np.inf
    least = (np.sqrt(np.log(1 / delta) + epsilon) - np.sqrt(np.log(1 / delta))) ** 2
    too_much = brentq(lambda rho: np.log(find_delta(rho, epsilon) / delta), least, epsilon + 1, xtol=1e-15)
    return float(max(least, too_much * (1 - SLACK)))


class Budget:
    """A budget of zero-concentrated differential privacy, and the mechanisms that spend it.

    Parameters
    ----------
    rho : float

    Attributes
    ----------
    expenses : list of Expense
        Costs of mechanisms that follow each other add up.

    Raises
    ------
    RuntimeError
        From both mechanisms: if more were spent than there is.
    """

    def __init__(self, rho: float) -> None:
        self.rho = rho
        self.expenses: list[Expense] = []

    def _spend(self, expense: Expense) -> None:
        spent = sum(other.rho for other in self.expenses) + expense.rho
        if spent > self.rho * (1 + SLACK):
            raise RuntimeError(f"{spent} would be spent of a budget of {self.rho}.")
        self.expenses.append(expense)

    def count(
        self, columns: tuple[str, ...], table: NDArray[np.float64], rho: float, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Return counts with Gaussian noise of variance 1 / (2 rho): a row more or less changes one by 1.

        References
        ----------
        Bun and Steinke (2016), proposition 1.6.
        """
        self._spend(Expense(columns, "Gaussian", rho))
        return table + rng.normal(0, noise_scale(rho), table.shape)

    def choose(
        self, options: dict[tuple[str, ...], float], rho: float, rng: np.random.Generator
    ) -> tuple[str, ...]:
        """Choose one of several by scores that a row changes by 1 at most: exponential mechanism.

        Chances are as exp(epsilon · score / 2), where epsilon² / 8 is rho.

        References
        ----------
        Cesar, M. and Rogers, R. (2021), Bounding, concentrating, and truncating: unifying privacy loss
        composition for data analytics, ALT, PMLR 132.
        """
        scores, noise = np.array(list(options.values())), rng.gumbel(size=len(options))
        chosen = list(options)[int(np.argmax(scores + 2 * noise / np.sqrt(8 * rho)))]
        self._spend(Expense(chosen, "exponential", rho))
        return chosen


def noise_scale(rho: float) -> float:
    """Return the standard deviation of Gaussian noise, on counts that a row changes by 1, that costs rho."""
    return float(1 / np.sqrt(2 * rho))
