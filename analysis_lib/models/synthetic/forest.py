"""A forest that cannot tell real rows from its own: in each of its leaves columns are drawn apart."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from analysis_lib.models.synthetic.axes import order_levels, rank_numbers
from analysis_lib.models.synthetic.generator import Generator

UNSEEN = 1e-3  # rows with the column's own distribution that a leaf has beside its own, for given values
MOST_LABELS = 60  # of a column whose labels order those of the others


class AdversarialForest(Generator):
    """Draws a leaf of a forest that told real from drawn rows until it could not, and columns apart in it.

    Parameters
    ----------
    leaf : int
        Real rows that every leaf draws from at least: the dial between fidelity and privacy.
    trees : int
    delta : float
        By how much the forest may be right more often than a coin about rows that it was not grown on.
    rounds : int
        Forests grown at most; after one that is right no less often than the one before, none is.

    Attributes
    ----------
    accuracy : list of float
        How often the forest of each round was right about rows that a tree was not grown on. It falls below a
        half where drawn rows are near copies of real ones.

    Notes
    -----
    The first forest tells real rows from rows whose columns were drawn apart; each later one, from rows drawn
    from the leaves of the one before. A leaf with too few real rows draws from the nearest node above it that
    has enough. Values are those of real rows in the leaf, so that a leaf with one row is that row; the paper
    fits a normal distribution to numbers, which has stays that nobody had. Given values weigh the leaves by
    how often these have them. Labels are put in the order of their first correspondence axis with all other
    columns, which the trees cut. Drawn rows follow the rules before a forest sees them.

    References
    ----------
    Watson, D. S., Blesken, K., Kapar, J. and Wright, M. N. (2023), Adversarial random forests for density
    estimation and generative modeling, AISTATS, PMLR 206, 5357–5375.
    """

    accuracy: list[float]

    def __init__(self, leaf: int = 10, trees: int = 20, delta: float = 0.0, rounds: int = 5) -> None:
        if min(leaf, trees, rounds) < 1 or delta < 0:
            raise ValueError(
                "A leaf has a row, a forest a tree, one round is grown, and delta is not below 0."
            )
        self.leaf, self.trees, self.delta, self.rounds = leaf, trees, delta, rounds

    def _learn(
        self,
        frame: pd.DataFrame,
        codes: dict[str, NDArray[np.int64]],
        free: dict[str, NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> None:
        n = len(frame)
        self._codes, self._free = (
            codes,
            {k: kept for k, kept in free.items() if kept.any() and not kept.all()},
        )
        self._places = {name: self._place(name) for name in codes}
        real = self._stack(codes)
        # The first leaf is everything: columns drawn apart
        self._keep(np.arange(n), [(np.zeros(1, np.int64), np.full(1, n), np.full(1, n))])
        self.accuracy = []
        for _ in range(self.rounds):
            drawn = self._keep_rules(self._draw_codes(n, rng, {}))
            forest = RandomForestClassifier(
                self.trees,
                min_samples_leaf=self.leaf,
                max_samples=0.5,  # half the work of as many rows as there are, and fewer copies
                oob_score=True,
                random_state=int(rng.integers(2**31)),
            )
            with warnings.catch_warnings():  # few trees: rows that all of them were grown on do not count
                warnings.filterwarnings("ignore", "Some inputs do not have OOB scores")
                forest.fit(np.concatenate([real, self._stack(drawn)]), np.repeat([True, False], n))
            accuracy = float(forest.oob_score_)
            if self.accuracy and accuracy >= self.accuracy[-1]:
                break
            self.accuracy.append(accuracy)
            leaves = [tree.apply(real) for tree in forest.estimators_]
            rows = np.concatenate([np.argsort(leaf, kind="stable") for leaf in leaves])
            pairs = zip(forest.estimators_, leaves, strict=True)
            self._keep(rows, [_find_cells(tree, np.sort(leaf), self.leaf) for tree, leaf in pairs])
            if accuracy <= 0.5 + self.delta:
                break

    def _place(self, name: str) -> NDArray[np.float32]:
        """Return where each level of a column stands on the axis that trees cut, shape (levels,)."""
        n_levels = len(self._levels[name])
        if self.schema.columns[name].is_number or n_levels < 3:
            return np.arange(n_levels, dtype=np.float32)
        others = [np.zeros((self._n_fitted, 1))]
        for other, code in self._codes.items():
            if other != name and self.schema.columns[other].is_number:
                others.append(rank_numbers(code, self._levels[other]))
            elif other != name and len(self._levels[other]) <= MOST_LABELS:
                others.append(np.eye(len(self._levels[other]))[code])
        return order_levels(self._codes[name], n_levels, np.hstack(others))

    def _stack(self, codes: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
        return np.column_stack([self._places[name][code] for name, code in codes.items()])

    def _keep_rules(self, codes: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
        """Set what the rules say, so that the forest learns no rule; a value never seen is left as it was."""
        right, _ = self.schema.force(self._decode(codes))
        encoded = {name: self._levels[name].encode(right[name]) for name in codes}
        return {name: np.where(code < 0, codes[name], code) for name, code in encoded.items()}

    def _keep(self, rows: NDArray[np.int64], cells: list[tuple[NDArray[np.int64], ...]]) -> None:
        """Keep real rows side by side by leaf, from and to where those of each leaf go, and their weights."""
        self._rows, n = rows, self._n_fitted
        self._start = np.concatenate([start + number * n for number, (start, _, _) in enumerate(cells)])
        self._end = np.concatenate([end + number * n for number, (_, end, _) in enumerate(cells)])
        self._weight = np.concatenate([weight for _, _, weight in cells]).astype(float)
        self._rows_free = {name: rows[kept[rows]] for name, kept in self._free.items()}
        self._before = {k: np.append(0, np.cumsum(kept[rows])) for k, kept in self._free.items()}
        self._shares: dict[str, csr_array] = {}

    def _draw(self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]) -> pd.DataFrame:
        if not n:
            return self._decode(dict.fromkeys(self._levels, np.zeros(0, np.int64)))
        return self._decode(self._draw_codes(n, rng, given))

    def _draw_codes(
        self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]
    ) -> dict[str, NDArray[np.int64]]:
        cell, codes = self._draw_cells(n, rng, given), dict(given)
        for name in (k for k in self._levels if k not in given):
            rows, start, end = self._rows, self._start[cell], self._end[cell]
            if name in self._free:  # of rows in which no rule sets it, where the leaf has any
                before = self._before[name]
                some = before[end] > before[start]
                rows = np.concatenate([self._rows_free[name], rows])
                start = np.where(some, before[start], start + before[-1])
                end = np.where(some, before[end], end + before[-1])
            place = start + (rng.random(n) * (end - start)).astype(np.int64)
            codes[name] = self._codes[name][rows[place]]
        return codes

    def _draw_cells(
        self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]
    ) -> NDArray[np.int64]:
        """Draw a leaf for each row, by the weight that it has among rows with the values given."""
        wanted = np.column_stack([*given.values(), np.zeros(n, np.int64)])
        different, which = np.unique(wanted, axis=0, return_inverse=True)
        which, draws, cell = which.reshape(-1), rng.random(n), np.empty(n, np.int64)
        for number, values in enumerate(different):
            weight = self._weight
            for name, value in zip(given, values[:-1], strict=True):
                weight = weight * self._share(name, value)
            ends = np.cumsum(weight)
            same = which == number
            cell[same] = np.searchsorted(ends[:-1], draws[same] * ends[-1], side="right")
        return cell

    def _share(self, name: str, value: int) -> NDArray[np.float64]:
        """Return how often each leaf has a value of a column, shape (leaves,)."""
        code, size = self._codes[name], self._end - self._start
        if name not in self._shares:
            cell = np.repeat(np.arange(len(size)), size)
            place = np.arange(size.sum()) + np.repeat(self._start - np.cumsum(size) + size, size)
            entries = np.ones(len(cell)), (code[self._rows[place]], cell)
            self._shares[name] = csr_array(entries, shape=(len(self._levels[name]), len(size)))
        count = self._shares[name][[value]].toarray()[0]
        return (count + UNSEEN * (code == value).mean()) / (size + UNSEEN)


def _find_cells(
    tree: DecisionTreeClassifier, leaf: NDArray[np.int64], fewest: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Find which rows each leaf draws from: its own, or those of a node above it.

    Nodes are numbered from the top and left before right, so that the leaves under a node lie side by side.

    Parameters
    ----------
    tree : DecisionTreeClassifier
    leaf : ndarray of int, shape (n,)
        The leaves of real rows, sorted.
    fewest : int
        Rows that a node must have.

    Returns
    -------
    start, end, weight : ndarray of int, shape (leaves,)
        From and to which of the sorted rows, and how many rows came to the leaves that draw from these.
    """
    left, right = tree.tree_.children_left, tree.tree_.children_right
    above, last = np.zeros(len(left), np.int64), np.arange(len(left))
    inner = np.flatnonzero(left >= 0)
    above[left[inner]] = above[right[inner]] = inner
    while (right[last] >= 0).any():
        last = np.where(right[last] >= 0, right[last], last)
    node = np.arange(len(left))
    start, end = np.searchsorted(leaf, node), np.searchsorted(leaf, last, side="right")
    few = (end - start < fewest) & (node > 0)
    while few[node].any():
        node = np.where(few[node], above[node], node)
    drawn_from, weight = np.unique(node[leaf], return_counts=True)
    return start[drawn_from], end[drawn_from], weight
