"""A tree of pairs, chosen and counted so that what comes out hardly depends on any one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.models.synthetic.generator import Levels, Pools
from analysis_lib.models.synthetic.pairs import Count, TreeOfPairs
from analysis_lib.models.synthetic.privacy import Budget, find_rho, noise_scale

STEPS = 20  # values within a bin of a column of numbers with decimals
FEW = 3  # standard deviations of noise: values with a lower count are put together
RAKES = 50  # rounds of fitting a table to its margins


class PublicLevels(Levels):
    """The values that a column may have, whatever the rows hold; a number goes to the nearest.

    Missing is among them if the column's type can hold it.
    """

    def __init__(self, values: Sequence, like: pd.Series, is_number: bool) -> None:
        self._values = pd.Series(list(values)).astype(like.dtype)
        self._index = pd.Index(self._values.astype(object))
        self._is_number = is_number
        self.has_missing = not (isinstance(like.dtype, np.dtype) and like.dtype.kind in "iub")

    def encode(self, values: pd.Series) -> NDArray[np.int64]:
        """Return the place of each value, shape (n,); -1 of a label that is not among them."""
        if not self._is_number:
            return super().encode(values)
        own, numbers = self.numbers, pd.to_numeric(values).to_numpy(float, na_value=np.nan)
        places = np.searchsorted((own[1:] + own[:-1]) / 2, numbers, side="right")
        return np.where(np.isnan(numbers), len(own) if self.has_missing else -1, places).astype(np.int64)


class PrivatePairs(TreeOfPairs):
    """Draws from a tree of pairs that was chosen and counted under differential privacy (MST).

    Parameters
    ----------
    epsilon, delta : float
        What one row more or less may change: no outcome becomes more than exp(epsilon) times as likely, but
        for a chance of delta. Delta belongs far below one in the number of rows.
    domain : mapping of str to sequence, optional
        Public knowledge, never read off the rows: of labels, all values; of numbers, the ends of bins, the
        outermost included (0, 1, 5, 9 make bins of 0, 1–4 and 5–9). Needed for columns of which the schema
        has neither codes nor, of whole numbers, a range. Numbers outside go to the nearest end.
    bins : int
        Of a column of whole numbers that `domain` does not name, equally wide.

    Attributes
    ----------
    budget : Budget
        All that was taken from the rows, and what it cost.

    Notes
    -----
    The budget is rho of zero-concentrated differential privacy (`find_rho`). A third counts each of k
    columns, with Gaussian noise of variance 3k / (2 rho); a third chooses the k - 1 edges of the tree, one
    after another, by the L1 distance between the counts of a pair and what its two noisy columns say; a
    third counts the pairs of the tree, with noise of variance 3(k - 1) / (2 rho). The rest costs nothing:
    counts are brought to the nearest that are not negative, values with few rows are put together, pairs are
    fitted to their columns. Within a bin all numbers are equally likely: wide bins make long tails heavier.

    Protected is a row: who has five in the table has about five times the epsilon. Taken as public are the
    schema, its rules and the types of the columns, and whether the table is empty. The noise comes from the
    generator given: whoever knows its seed takes the noise off, so the seed of a release stays secret. What
    the last digits of floating-point noise may tell is not guarded against.

    References
    ----------
    McKenna, R., Miklau, G. and Sheldon, D. (2021), Winning the NIST contest: a scalable and general approach
    to differentially private synthetic data, Journal of Privacy and Confidentiality 11(3). Bun, M. and
    Steinke, T. (2016), Concentrated differential privacy, TCC. On last digits: Mironov, I. (2012), On
    significance of the least significant bits for differential privacy, CCS.
    """

    budget: Budget

    def __init__(
        self,
        epsilon: float,
        delta: float = 1e-9,
        domain: Mapping[str, Sequence] | None = None,
        bins: int = 20,
    ) -> None:
        super().__init__(bins=bins, smoothing=0)
        self.epsilon, self.delta, self.domain = epsilon, delta, dict(domain or {})
        self.rho = find_rho(epsilon, delta)

    def _find_levels(self, frame: pd.DataFrame) -> dict[str, Levels]:
        self._cuts, levels = {}, {}
        for name, column in self.schema.columns.items():
            values: Sequence = (False, True) if column.kind == "flag" else column.codes or ()
            if column.is_number:
                values = self._list_numbers(name) if name in self.domain or not values else sorted(values)
            else:
                values = self.domain.get(name, values)
            if not len(values):
                raise ValueError(
                    f"Nothing public says what {name} may hold, and to look at the rows would cost privacy: "
                    "give its values or the ends of its bins as `domain`, or codes or a range in the schema."
                )
            faulty = column.find_faults(pd.Series(list(values), dtype=object))
            if faulty.any():
                raise ValueError(
                    f"{faulty.sum():,} values of the domain of {name} are not allowed by the schema, for "
                    f"example {list(values)[faulty.argmax()]!r}: correct one of them."
                )
            levels[name] = PublicLevels(values, frame[name], column.is_number)
            unknown = (levels[name].encode(frame[name]) < 0) & frame[name].notna().to_numpy(bool)
            if unknown.any():
                raise ValueError(
                    f"{unknown.sum():,} values of {name} are not in its domain, for example "
                    f"{frame[name][unknown].iloc[0]!r}: add them if they are public, or set them to missing."
                )
        return levels

    def _list_numbers(self, name: str) -> NDArray[np.float64]:
        """Return the numbers that a column may be, and keep where its bins are cut; none if nobody says."""
        column, whole = self.schema.columns[name], self.schema.columns[name].kind == "whole"
        if name in self.domain:
            ends = np.asarray(self.domain[name], float)
        elif whole and np.isfinite([column.low, column.high]).all():
            ends = np.unique(np.linspace(column.low, column.high + 1, self.bins + 1).round())
            ends[-1] = column.high
        else:
            return np.zeros(0)
        if len(ends) < 2 or (np.diff(ends) < 0).any() or not np.isfinite(ends).all():
            raise ValueError(f"The domain of {name} is two or more ends of bins, in rising order.")
        self._cuts[name] = ends[1:-1]
        if whole:
            return np.arange(np.ceil(ends[0]), ends[-1] + 1)
        parts = [np.linspace(low, high, STEPS + 1) for low, high in zip(ends, ends[1:], strict=False)]
        return np.unique(np.concatenate(parts))

    def _learn(
        self,
        frame: pd.DataFrame,
        codes: dict[str, NDArray[np.int64]],
        free: dict[str, NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> None:
        self.budget = Budget(self.rho)
        part = self.rho / 3 if len(codes) > 1 else self.rho
        self._bin_of, self._margin, self._total = {}, {}, {}
        for name, code in codes.items():
            self._count_column(name, code[free[name]], part / len(codes), rng)
        self._size = {name: len(margin) for name, margin in self._margin.items()}
        self._pools = {n: Pools(b, np.arange(len(b)), self._size[n]) for n, b in self._bin_of.items()}
        binned = {name: self._bin_of[name][code] for name, code in codes.items()}

        def count(one: str, two: str) -> NDArray[np.float64]:
            both = free[one] & free[two]
            pair = binned[one][both] * self._size[two] + binned[two][both]
            shape = self._size[one], self._size[two]
            return np.bincount(pair, minlength=shape[0] * shape[1]).reshape(shape).astype(float)

        forced = {name for rule in self.schema.rules for name in rule.then or {}}
        inner = [name for name in codes if name not in forced] or list(codes)[:1]
        self._root, self.parents = inner[0], hang(inner[0], self._choose_edges(inner, count, part, rng))
        self._given_parent = {}
        for name, parent in self.parents.items():
            noisy = self.budget.count((parent, name), count(parent, name), part / (len(codes) - 1), rng)
            # Where a rule sets the column, its rows are not all those of the other
            above = None if name in forced else self._margin[parent]
            total = min(self._total[name], self._total[parent])
            self._given_parent[name] = fit_shares(noisy, above, self._margin[name], total)

    def _count_column(self, name: str, code: NDArray[np.int64], rho: float, rng: np.random.Generator) -> None:
        levels = self._levels[name]
        bins = np.arange(len(levels))
        if name in self._cuts:
            n_values = len(levels) - levels.has_missing
            bins = np.append(np.searchsorted(self._cuts[name], levels.numbers, side="right"), -1)
            bins = np.unique(np.where(bins < 0, n_values, bins)[: len(levels)], return_inverse=True)[1]
        noisy = self.budget.count((name,), np.bincount(bins[code], minlength=bins.max() + 1), rho, rng)
        few = noisy < FEW * noise_scale(rho)
        if few.sum() > 1:
            together = np.where(few, np.flatnonzero(few)[0], np.arange(len(few)))
            together = np.unique(together, return_inverse=True)[1]
            bins, noisy = together[bins], np.bincount(together, weights=noisy)
        self._bin_of[name], self._total[name] = bins, max(float(noisy.sum()), 1.0)
        self._margin[name] = nearest_counts(noisy, self._total[name]) / self._total[name]

    def _choose_edges(
        self, inner: list[str], count: Count, rho: float, rng: np.random.Generator
    ) -> list[tuple[str, ...]]:
        """Choose the edges of a spanning tree, in which columns that a rule sets are leaves."""
        scores = {}
        for one, two in combinations(self._levels, 2):
            if one in inner or two in inner:
                apart = np.outer(self._margin[one], self._margin[two])
                apart *= min(self._total[one], self._total[two])
                scores[one, two] = float(np.abs(count(one, two) - apart).sum())
        edges: list[tuple[str, ...]] = []
        part_of = {name: name for name in self._levels}
        for _ in range(len(part_of) - 1):
            leaves = {name for edge in edges for name in edge if name not in inner}
            options = {
                e: s for e, s in scores.items() if part_of[e[0]] != part_of[e[1]] and not leaves & {*e}
            }
            one, two = self.budget.choose(options, rho / (len(part_of) - 1), rng)
            edges.append((one, two))
            old, new = part_of[one], part_of[two]
            part_of = {name: new if part == old else part for name, part in part_of.items()}
        return edges


def hang(root: str, edges: list[tuple[str, ...]]) -> dict[str, str]:
    """Return the parent of each column of a tree but the root's, parents before children."""
    parents, waiting = {}, [root]
    for name in waiting:
        for edge in edges:
            if name in edge and (other := edge[edge[0] == name]) != parents.get(name):
                parents[other] = name
                waiting.append(other)
    return parents


def nearest_counts(noisy: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """Return the nearest counts that are not negative and add up to a total above 0."""
    falling = np.sort(noisy, axis=None)[::-1]
    too_much = (np.cumsum(falling) - total) / np.arange(1, len(falling) + 1)
    return (noisy - too_much[np.flatnonzero(falling > too_much)[-1]]).clip(0)


def fit_shares(
    noisy: NDArray[np.float64],
    above: NDArray[np.float64] | None,
    margin: NDArray[np.float64],
    total: float,
) -> NDArray[np.float64]:
    """Return the shares of a column given another one, from noisy counts and what is known of both.

    Parameters
    ----------
    noisy : ndarray, shape (bins of the other, bins)
    above : ndarray, shape (bins of the other,), or None
        Shares of the other column, if the rows counted are all of its rows.
    margin : ndarray, shape (bins,)
    total : float

    Returns
    -------
    ndarray, shape (bins of the other, bins)
        Rows add up to 1.
    """
    table = nearest_counts(noisy, total) / total
    for _ in range(RAKES):
        for want, axis in ((margin, 0), (above, 1)):
            if want is not None:
                have = table.sum(axis=axis)
                factor = np.divide(want, have, out=np.zeros_like(want), where=have > 0)
                table = table * np.expand_dims(factor, axis)
    have = table.sum(axis=1, keepdims=True)
    return np.where(have > 0, table / np.where(have > 0, have, 1), margin)
