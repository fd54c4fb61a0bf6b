"""Histograms that hold no fewer than a stated number of people in any bin, and draws from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Histograms:
    """Several histograms of whole numbers, one after another.

    Attributes
    ----------
    reach : ndarray of float64, shape (bins,)
        Number of the histogram plus cumulative share: rising over all of them.
    low, width : ndarray of int64, shape (bins,)
        Lowest number of the bin, and how far above it the highest is; -1 where the bin has no end.
    mean, variance : ndarray of float64, shape (bins,)
        Of the numbers less `low`.
    people : ndarray of int64, shape (bins,)
        People in the bin.
    """

    reach: NDArray[np.float64]
    low: NDArray[np.int64]
    width: NDArray[np.int64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    people: NDArray[np.int64]

    def draw(
        self, rng: np.random.Generator, which: NDArray[np.int64], share: NDArray[np.float64] | None = None
    ) -> NDArray[np.int64]:
        """Return a number from each histogram named, in the shape of `which`; at a share of it, where given.

        Binomial within a bin, which keeps its mean; negative binomial in one without end, or Poisson where
        its numbers vary no more than that.
        """
        share = rng.random(which.shape) if share is None else share
        place = np.searchsorted(self.reach, which + share, side="right").ravel()
        place = np.minimum(place, len(self.reach) - 1)
        number = self.low[place]
        some = np.flatnonzero(self.width[place] > 0)
        width = self.width[place[some]]
        number[some] += rng.binomial(width, np.clip(self.mean[place[some]] / width, 0, 1))
        some = np.flatnonzero((self.width[place] < 0) & (self.mean[place] > 0))
        mean, variance = self.mean[place[some]], self.variance[place[some]]
        scale = np.maximum(variance / mean - 1, 1e-6)
        number[some] += rng.poisson(rng.gamma(mean / scale) * scale)
        return number.reshape(which.shape)


def fit_histograms(
    groups: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]], edges: NDArray[np.int64], fewest: int
) -> Histograms:
    """Fit a histogram to the numbers of each group.

    Parameters
    ----------
    groups : iterable of (numbers, people)
        Whole numbers from 0, and whose they are.
    edges : ndarray of int64
        Lowest number of each bin, from 0; fixed beforehand, so that none tells of a person.
    fewest : int
        Bins are joined from the left until each holds as many people; what is left over joins the last.
    """
    rows: list[tuple[float, int, int, float, float, int]] = []
    for which, (numbers, people) in enumerate(groups):
        place = np.searchsorted(edges, numbers, side="right") - 1
        so_far = 0
        for part in _join_bins(place, people, len(edges), fewest):
            within = (place >= part[0]) & (place <= part[-1])
            low = int(edges[part[0]])
            above = numbers[within] - low
            # Numbers spread unevenly over joined bins: they have no end, as the last.
            width = int(edges[part[0] + 1]) - 1 - low if len(part) == 1 and part[0] + 1 < len(edges) else -1
            so_far += len(above)
            n_people = len(np.unique(people[within]))
            share = so_far / len(numbers)
            rows.append((which + share, low, width, float(above.mean()), float(above.var()), n_people))
        rows[-1] = (which + 1.0, *rows[-1][1:])
    return Histograms(*(np.array(column) for column in zip(*rows, strict=True)))


def _join_bins(
    place: NDArray[np.int64], people: NDArray[np.int64], n_bins: int, fewest: int
) -> list[list[int]]:
    joined: list[list[int]] = []
    part: list[int] = []
    held = np.bincount(place, minlength=n_bins)
    for b in range(n_bins):
        if held[b] == 0 and not part:
            continue
        part.append(b)
        if held[part].sum() < fewest:
            continue
        if len(np.unique(people[(place >= part[0]) & (place <= b)])) >= fewest:
            joined.append(part)
            part = []
    if part and held[part].sum():
        joined = [*joined[:-1], [*joined[-1], *range(joined[-1][-1] + 1, part[-1] + 1)]] if joined else [part]
    return joined


def pool_neighbours(held: Sequence[int], fewest: int, *nested: Sequence[int]) -> list[list[int]]:
    """Return runs of neighbours that together hold `fewest` or more, in order.

    `nested` says which group each is of: any number of them, the finest first. A run that the end of its
    group leaves too small joins the one before it in the group; if there is none, it goes on with the next
    group. The last run of all joins the one before. One run, however small, if all together hold too few.
    """
    runs: list[list[int]] = []
    run: list[int] = []
    for m in range(len(held)):
        for group in nested:
            if run and runs and group[m] != group[run[-1]] == group[runs[-1][-1]]:
                runs[-1] += run
                run = []
        run.append(m)
        if sum(held[i] for i in run) >= fewest:
            runs.append(run)
            run = []
    if run and runs:
        runs[-1] += run
    elif run:
        runs = [run]
    return runs
