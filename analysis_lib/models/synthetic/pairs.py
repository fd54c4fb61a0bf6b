"""The tree of pairs that tells most about the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree
from scipy.special import xlogy

from analysis_lib.models.synthetic.axes import bin_levels
from analysis_lib.models.synthetic.generator import Generator, Pools

#: Takes two names, returns how many rows have each pair of their bins.
Count = Callable[[str, str], NDArray[np.float64]]


class TreeOfPairs(Generator):
    """Draws each column conditional on one other: the tree of pairs with the most mutual information.

    Parameters
    ----------
    bins : int
        Most bins of a column of numbers, about equally full; missing has its own. In a bin real values are
        drawn with their shares.
    smoothing : float
        Rows with the column's own distribution that are added to each value of the other column before shares
        are taken, so that what was never seen together can still come together.

    Notes
    -----
    Columns that a rule sets hang on the tree as leaves and are learnt where no rule sets them. Given values
    are taken up exactly: messages go up the tree before values are drawn down it.

    References
    ----------
    Chow, C. K. and Liu, C. N. (1968), Approximating discrete probability distributions with dependence trees,
    IEEE Transactions on Information Theory 14, 462–467.
    """

    #: For each column after the first: on which it was made to depend, in the order of drawing.
    parents: dict[str, str]

    def __init__(self, bins: int = 20, smoothing: float = 1.0) -> None:
        if bins < 1 or smoothing < 0:
            raise ValueError("There is at least one bin, and smoothing is not below 0.")
        self.bins = bins
        self.smoothing = smoothing

    def _learn(
        self,
        frame: pd.DataFrame,
        codes: dict[str, NDArray[np.int64]],
        free: dict[str, NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> None:
        free = {name: kept if kept.any() else ~kept for name, kept in free.items()}
        self._bin_of = {}
        for name, code in codes.items():
            most = self.bins if self.schema.columns[name].is_number else None
            self._bin_of[name] = bin_levels(code[free[name]], self._levels[name], most)
        self._size = {name: int(bins.max()) + 1 for name, bins in self._bin_of.items()}
        binned = {name: self._bin_of[name][code] for name, code in codes.items()}
        self._margin, self._pools = {}, {}
        for name, kept in free.items():
            self._margin[name] = np.bincount(binned[name][kept], minlength=self._size[name]) / kept.sum()
            self._pools[name] = Pools(binned[name][kept], codes[name][kept], self._size[name])

        def count(one: str, two: str) -> NDArray[np.float64]:
            both = free[one] & free[two]
            pair = binned[one][both] * self._size[two] + binned[two][both]
            shape = self._size[one], self._size[two]
            return np.bincount(pair, minlength=shape[0] * shape[1]).reshape(shape).astype(float)

        self._root, self.parents = self._grow([n for n in free if free[n].all()], free, count)
        self._given_parent = {}
        for name, parent in self.parents.items():
            table = count(parent, name) + self.smoothing * self._margin[name]
            total = table.sum(axis=1, keepdims=True)
            self._given_parent[name] = np.where(
                total > 0, table / np.where(total > 0, total, 1), self._margin[name]
            )

    def _grow(
        self, inner: list[str], free: Mapping[str, NDArray[np.bool_]], count: Count
    ) -> tuple[str, dict[str, str]]:
        """Return the root and the parents; columns that a rule sets are leaves of the spanning tree."""
        inner = inner or [next(iter(free))]
        weight = np.zeros((len(inner), len(inner)))
        for i, j in combinations(range(len(inner)), 2):
            weight[i, j] = _mutual_information(count(inner[i], inner[j]))
        # The solver takes the least, and 0 for no edge
        lengths = np.triu(weight.max() + 1 - weight, 1)
        tree = minimum_spanning_tree(lengths)
        order, parent = breadth_first_order(tree, 0, directed=False)
        parents = {inner[i]: inner[parent[i]] for i in order[1:]}
        for name in free:
            if name not in inner:
                parents[name] = max(inner, key=lambda other: _mutual_information(count(other, name)))
        return inner[0], parents

    def _draw(self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]) -> pd.DataFrame:
        if not n:
            return self._decode(dict.fromkeys(self._levels, np.zeros(0, np.int64)))
        wanted = np.column_stack([*(self._bin_of[k][v] for k, v in given.items()), np.zeros(n, np.int64)])
        combined, which = np.unique(wanted, axis=0, return_inverse=True)
        which = which.reshape(-1)
        evidence = {name: np.ones((len(combined), self._size[name])) for name in self._levels}
        for place, name in enumerate(given):
            evidence[name] = np.eye(self._size[name])[combined[:, place]]
        for name, parent in reversed(self.parents.items()) if given else ():
            message = evidence[name] @ self._given_parent[name].T
            told = message.sum(axis=1, keepdims=True) > 0  # never seen, and no smoothing: nothing is told
            evidence[parent] = evidence[parent] * np.where(told, message, 1.0)
        bins = {}
        for name in (self._root, *self.parents):
            chance = self._margin[name][None, :]
            if name != self._root:
                chance = self._given_parent[name][bins[self.parents[name]]]
            chance = chance * evidence[name][which]
            ends = np.cumsum(chance, axis=1)
            bins[name] = (
                (rng.random(n)[:, None] * ends[:, -1:] >= ends).sum(axis=1).clip(max=self._size[name] - 1)
            )
        codes = {k: given[k] if k in given else self._pools[k].draw(bins[k], rng) for k in self._levels}
        return self._decode(codes)


def _mutual_information(table: NDArray[np.float64]) -> float:
    """In nats, of a table of counts; 0 of an empty one."""
    share = table / max(table.sum(), 1)
    apart = np.outer(share.sum(axis=1), share.sum(axis=0))
    return float(xlogy(share, np.where(share > 0, share / np.where(apart > 0, apart, 1), 1)).sum())
