"""Measures of performance from people added up by score; the last axis is the score, lowest first.

Each works on one tally ([k]) and on bootstrap draws of it ([n_boot, k]) alike. Sums are taken by NumPy
itself, not by a linear algebra library, whose sums depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Array = NDArray[np.float64]
CLOSEST = 1e-9  # risks nearer to 0 or 1 have no usable logit and are moved here
MOST_STEPS = 50
LONGEST_STEP = 2.0  # of a coefficient, so that a step from far away does not overshoot
STOPPED = 1e-10  # change of a coefficient


def area_under_roc(yes: Array, no: Array) -> Array:
    """AUROC: chance that somebody with the outcome scores higher than somebody without; ties count half."""
    below = np.cumsum(no, axis=-1) - no / 2
    return _ratio(np.einsum("...k,...k", yes, below), yes.sum(-1) * no.sum(-1))


def average_precision(yes: Array, no: Array) -> Array:
    """AUPRC as average precision: mean precision at the score of each person with the outcome.

    No line is drawn between points of the curve, as in scikit-learn: it would be too hopeful (Davis J,
    Goadrich M (2006) Proc ICML 233-240).
    """
    found = np.cumsum(yes[..., ::-1], axis=-1)
    listed = np.cumsum((yes + no)[..., ::-1], axis=-1)
    precision = found / np.maximum(listed, 1)
    return _ratio(np.einsum("...k,...k", yes[..., ::-1], precision), found[..., -1])


def brier_score(score: Array, yes: Array, no: Array) -> Array:
    """Brier score: mean squared difference of risk and outcome."""
    loss = np.einsum("...k,k", yes, (1 - score) ** 2) + np.einsum("...k,k", no, score**2)
    return _ratio(loss, (yes + no).sum(-1))


def found_in_top(yes: Array, no: Array, shares: Sequence[float]) -> list[Array]:
    """Events among each share of people with the highest scores.

    Of people who tie at the edge, as many count as fit, with the events that they have on average.
    """
    yes, n = yes[..., ::-1], (yes + no)[..., ::-1]
    found, listed = np.cumsum(yes, axis=-1), np.cumsum(n, axis=-1)
    answer = []
    for share in shares:
        room = share * listed[..., -1:]
        edge = np.minimum((listed < room).sum(-1, keepdims=True), n.shape[-1] - 1)
        at_edge = (np.take_along_axis(part, edge, -1) for part in (found, listed, yes, n))
        found_to, listed_to, yes_here, n_here = at_edge
        answer.append((found_to - yes_here * _ratio(listed_to - room, n_here))[..., 0])
    return answer


def lift(yes: Array, no: Array, shares: Sequence[float]) -> list[Array]:
    """Part of all events that is found in the top share of people, over that share."""
    found = found_in_top(yes, no, shares)
    return [_ratio(part, share * yes.sum(-1)) for part, share in zip(found, shares, strict=True)]


def observed_expected(score: Array, yes: Array, no: Array) -> Array:
    """Events observed over the sum of risks."""
    return _ratio(yes.sum(-1), np.einsum("...k,k", yes + no, score))


def recalibrate(
    score: Array, yes: Array, no: Array, with_slope: bool, start: tuple[Array | float, Array | float]
) -> tuple[Array, Array]:
    """Logistic regression of the outcome on the logit of the risk, by Newton's method.

    Parameters
    ----------
    score : ndarray of float64 [k]
        Risks, 0 to 1.
    yes, no : ndarray of float64 [k] or [n_boot, k]
        Outcomes.
    with_slope : bool
        Estimate the slope too; or keep it at 1, the logit being an offset.
    start : pair of float or ndarray
        Intercept and slope to begin at.

    Returns
    -------
    intercept, slope : ndarray of float64 [] or [n_boot]
        Missing where the maximum is not found: all scores alike, or a score that separates the outcomes.

    Notes
    -----
    Cox DR (1958) Biometrika 45:562-565; Steyerberg EW (2019) Clinical Prediction Models, 2nd ed., ch. 15.
    """
    x = logit(np.clip(score, CLOSEST, 1 - CLOSEST))
    n = yes + no
    intercept = np.full(yes.shape[:-1], start[0], np.float64)
    slope = np.full(yes.shape[:-1], start[1], np.float64)
    step = np.full(yes.shape[:-1], np.inf)
    with np.errstate(all="ignore"):  # where it does not converge, the answer is missing
        for _ in range(MOST_STEPS):
            up, tilt = _newton_step(x, yes, n, intercept, slope, with_slope)
            up, tilt = (np.clip(move, -LONGEST_STEP, LONGEST_STEP) for move in (up, tilt))
            intercept, slope = intercept + up, slope + tilt
            step = np.maximum(np.abs(up), np.abs(tilt))
            if not np.any(step > STOPPED):
                break
    found = step <= STOPPED
    return np.where(found, intercept, np.nan), np.where(found, slope, np.nan)


def _newton_step(
    x: Array, yes: Array, n: Array, intercept: Array, slope: Array, with_slope: bool
) -> tuple[Array, Array]:
    risk = expit(intercept[..., None] + slope[..., None] * x)
    expected = n * risk
    left = yes - expected
    weight = expected * (1 - risk)
    g0, h00 = left.sum(-1), weight.sum(-1)
    if not with_slope:
        return g0 / h00, np.zeros_like(g0)
    g1, h01 = np.einsum("...k,k", left, x), np.einsum("...k,k", weight, x)
    h11 = np.einsum("...k,k", weight, x**2)
    spread = h00 * h11 - h01**2
    spread = np.where(spread > 1e-10 * h00 * h11, spread, np.nan)  # all scores alike
    return (h11 * g0 - h01 * g1) / spread, (h00 * g1 - h01 * g0) / spread


def _ratio(above: Array, below: Array) -> Array:
    return np.divide(above, below, out=np.full(np.shape(below), np.nan), where=np.asarray(below) > 0)
