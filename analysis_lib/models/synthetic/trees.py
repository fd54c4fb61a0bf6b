"""Columns drawn one after another, each from the leaf of a tree on those before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from analysis_lib.models.synthetic.axes import order_levels, rank_numbers
from analysis_lib.models.synthetic.generator import Generator, Pools


@dataclass(frozen=True)
class _Step:
    """How one column is drawn: `places` puts the levels of each column before it on the axis of the tree."""

    name: str
    places: dict[str, NDArray[np.float32]]
    tree: DecisionTreeClassifier | DecisionTreeRegressor | None
    pools: Pools

    def find_leaves(self, codes: dict[str, NDArray[np.int64]], n: int) -> NDArray[np.int64]:
        if self.tree is None:
            return np.zeros(n, np.int64)
        return self.tree.apply(_stack(self.places, codes))


def _stack(
    places: dict[str, NDArray[np.float32]], codes: dict[str, NDArray[np.int64]]
) -> NDArray[np.float32]:
    return np.column_stack([place[codes[name]] for name, place in places.items()])


MOST_GROWN = 100_000  # rows, drawn evenly, that decide where trees cut; all rows are then in their leaves


class SequentialTrees(Generator):
    """Draws columns in the schema's order, groups first: each is a real value of the leaf that the row is in.

    Parameters
    ----------
    leaf : int
        Rows that every leaf has at least: the dial between fidelity and privacy. With 1, rows are copied.

    Notes
    -----
    Classification and regression trees as in R's synthpop. A tree of numbers splits by the mean rank, with
    missing as an outcome of its own; labels with several codes are put in the order of their first
    correspondence axis with the outcome, which a tree then cuts. Columns that are given come first; the trees
    for another set of given columns are grown when it is first asked for, from the rows, which are kept.
    Of more than 100,000 rows, so many decide where trees cut, and all are what is drawn from.

    References
    ----------
    Reiter, J. P. (2005), Using CART to generate partially synthetic public use microdata, Journal of Official
    Statistics 21, 441–462. Nowok, B., Raab, G. M. and Dibben, C. (2016), synthpop, Journal of Statistical
    Software 74(11). Wright, M. N. and König, I. R. (2019), Splitting on categorical predictors in random
    forests, PeerJ 7, e6339 (the order of labels).
    """

    def __init__(self, leaf: int = 20) -> None:
        if leaf < 1:
            raise ValueError(f"A leaf has at least one row, not {leaf}.")
        self.leaf = leaf

    def _learn(
        self,
        frame: pd.DataFrame,
        codes: dict[str, NDArray[np.int64]],
        free: dict[str, NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> None:
        self._codes = codes
        n = len(frame)
        self._grown = np.arange(n) if n <= MOST_GROWN else np.sort(rng.choice(n, MOST_GROWN, replace=False))
        self._seed = int(rng.integers(2**31))
        self._chains: dict[tuple[str, ...], list[_Step]] = {}
        self._chain(())

    def _chain(self, given: tuple[str, ...]) -> list[_Step]:
        """Return the steps for the columns that are not given, grown once."""
        if given not in self._chains:
            groups = [name for name in self.schema.groups if name not in given]
            rest = [name for name in self._levels if name not in given and name not in groups]
            order = [*given, *groups, *rest]
            steps = [self._grow(name, order[: order.index(name)]) for name in order[len(given) :]]
            self._chains[given] = steps
        return self._chains[given]

    def _grow(self, name: str, before: list[str]) -> _Step:
        code, n_levels, grown = self._codes[name], len(self._levels[name]), self._grown
        before = [other for other in before if len(self._levels[other]) > 1]
        if n_levels < 2 or not before:
            return _Step(name, {}, None, Pools(np.zeros(len(code), np.int64), code, 1))
        if self.schema.columns[name].is_number:
            outcome = rank_numbers(code, self._levels[name])[grown]
            tree = DecisionTreeRegressor(min_samples_leaf=self.leaf, random_state=self._seed)
        else:
            outcome = np.eye(n_levels)[code[grown]]
            tree = DecisionTreeClassifier(min_samples_leaf=self.leaf, random_state=self._seed)
        places = {other: self._place(other, outcome) for other in before}
        axes = _stack(places, self._codes)
        tree.fit(axes[grown], outcome if self.schema.columns[name].is_number else code[grown])
        return _Step(name, places, tree, Pools(tree.apply(axes), code, tree.tree_.node_count))

    def _place(self, name: str, outcome: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return where each level of a column stands on the axis that the tree cuts, shape (levels,)."""
        n_levels = len(self._levels[name])
        if self.schema.columns[name].is_number or n_levels < 3:
            return np.arange(n_levels, dtype=np.float32)
        return order_levels(self._codes[name][self._grown], n_levels, outcome)

    def _draw(self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]) -> pd.DataFrame:
        if not n:
            return self._decode(dict.fromkeys(self._levels, np.zeros(0, np.int64)))
        codes = dict(given)
        for step in self._chain(tuple(name for name in self._levels if name in given)):
            codes[step.name] = step.pools.draw(step.find_leaves(codes, n), rng)
        return self._decode(codes)
