"""What a boosted tree can tell apart, and what each of its features gives in every such case.

A leaf's part is Shapley's average over all orders in which its features become known: the integral over t
from 0 to 1 of a product of one factor a feature, t where the feature lets the person through plus (1 - t)
times the share of people whom it let through. Gauss-Legendre nodes give it exactly, a polynomial.

Owen G (1972) Manage Sci 18:64-79; shares by path as in Lundberg SM et al (2020) Nat Mach Intell 2:56-67.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_CASES = 2**14  # of a table: small enough to stay near the processor

Floats = NDArray[np.float64]


@dataclass
class Leaf:
    """A leaf: its value, and on the way to it by feature which levels pass and what share of people did."""

    value: float
    passes: dict[int, NDArray[np.bool_]] = field(default_factory=dict)
    share: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """Leaves of one tree with the features they ask for, and the digit of each level in the table's code."""

    leaves: list[Leaf]
    features: list[int]
    digit: list[NDArray[np.intp]]
    passes: list[dict[int, NDArray[np.bool_]]]  # by leaf: feature to whether a digit passes

    @property
    def shape(self) -> tuple[int, ...]:
        """How many cases each feature has."""
        return tuple(int(d.max()) + 1 for d in self.digit)


@dataclass(frozen=True)
class Own:
    """What a leaf gives, by case of its own features: axes in the table, gains, factors, weights and code."""

    axes: list[int]
    gains: list[Floats]
    factors: list[Floats]
    weights: Floats
    code: NDArray[np.intp]


def read_trees(model: Any) -> tuple[list[Floats], list[list[Leaf]]]:
    """Return the cuts of each feature in order, and the leaves of each tree.

    A value's level is the number of its feature's cuts below it; a missing value has the level after those.
    """
    nodes = [trees[0].nodes for trees in model._predictors]
    if any(tree["is_categorical"].any() for tree in nodes):
        raise TypeError("These trees split on categories: encode them as numbers in the pipeline first.")
    splits = np.concatenate([tree[tree["is_leaf"] == 0] for tree in nodes])
    thresholds = [
        np.unique(splits["num_threshold"][splits["feature_idx"] == feature])
        for feature in range(model.n_features_in_)
    ]
    return thresholds, [list(_leaves(tree, thresholds)) for tree in nodes]


def _leaves(nodes: NDArray, thresholds: list[Floats]) -> Iterator[Leaf]:
    waiting = [(0, Leaf(0.0))]
    while waiting:
        at, leaf = waiting.pop()
        node = nodes[at]
        if node["is_leaf"]:
            leaf.value = float(node["value"])
            yield leaf
            continue
        feature = int(node["feature_idx"])
        cuts = thresholds[feature]
        left = np.arange(len(cuts) + 2) <= np.searchsorted(cuts, node["num_threshold"])
        left[-1] = bool(node["missing_go_to_left"])
        for child, goes in ((int(node["right"]), ~left), (int(node["left"]), left)):
            passes = leaf.passes.get(feature, True) & goes
            share = leaf.share.get(feature, 1.0) * float(nodes[child]["count"]) / float(node["count"])
            below = Leaf(0.0, leaf.passes | {feature: passes}, leaf.share | {feature: share})
            waiting.append((child, below))


def expected(leaf: Leaf) -> float:
    """Return what a leaf adds to the prediction of a person of whom nothing is known."""
    return leaf.value * float(np.prod(list(leaf.share.values())))


def tables_of(leaves: list[Leaf]) -> Iterator[Table]:
    """Give tables of neighbouring leaves, each of no more than so many cases."""
    features = sorted({feature for leaf in leaves for feature in leaf.passes})
    if not features:  # a tree that found nothing to split on
        return
    digits, passes = [], [{} for _ in leaves]
    for feature in features:
        asked = [n for n, leaf in enumerate(leaves) if feature in leaf.passes]
        masks = np.array([leaves[n].passes[feature] for n in asked])
        cases, digit = np.unique(masks, axis=1, return_inverse=True)
        digits.append(digit.reshape(-1))
        for n, row in zip(asked, cases, strict=True):
            passes[n][feature] = row
    table = Table(leaves, features, digits, passes)
    if np.prod(table.shape, dtype=float) <= MOST_CASES or len(leaves) == 1:
        yield table
    else:
        half = len(leaves) // 2
        yield from tables_of(leaves[:half])
        yield from tables_of(leaves[half:])


def cases_of(table: Table) -> list[NDArray[np.intp]]:
    """Return the digit of each feature in every case of a table."""
    return list(np.indices(table.shape).reshape(len(table.shape), -1))


def _own(table: Table, n: int, digits: Sequence[NDArray[np.intp]], skip: int) -> Own:
    """Return a leaf's features and the parts of its integral, over the cases of these features alone.

    `skip` features are left out of the product, whose degree the nodes have to match. The first axis is that
    of the nodes, then one for each of its features.
    """
    leaf = table.leaves[n]
    axes = [axis for axis, feature in enumerate(table.features) if feature in leaf.passes]
    nodes, weights = np.polynomial.legendre.leggauss(max(1, (len(axes) - skip) // 2 + 1))
    at = ((nodes + 1) / 2).reshape(-1, *[1] * len(axes))
    gains, factors = [], []
    code, stride = np.zeros(1, np.intp), 1
    for place, axis in reversed(list(enumerate(axes))):
        passes, unknown = table.passes[n][table.features[axis]], leaf.share[table.features[axis]]
        known = passes.astype(float).reshape([-1 if d == place + 1 else 1 for d in range(len(axes) + 1)])
        gains.insert(0, known - unknown)
        factors.insert(0, known * at + unknown * (1 - at))
        code = code + digits[axis] * stride
        stride *= len(passes)
    return Own(axes, gains, factors, (weights / 2).reshape(at.shape) * leaf.value, code)


def contributions(table: Table, digits: Sequence[NDArray[np.intp]]) -> Floats:
    """Return what each feature of a table gives, shape (n_features of the table, n_cases)."""
    out = np.zeros((len(table.features), len(digits[0])))
    for n in range(len(table.leaves)):
        own = _own(table, n, digits, skip=1)
        whole = own.weights * reduce(np.multiply, own.factors, 1.0)
        for axis, gain, factor in zip(own.axes, own.gains, own.factors, strict=True):
            out[axis] += (gain * (whole / factor).sum(axis=0, keepdims=True)).reshape(-1)[own.code]
    return out


def answers(table: Table, digits: Sequence[NDArray[np.intp]]) -> Floats:
    """Return what a table's leaves add to the prediction, shape (n_cases,)."""
    out = np.zeros(len(digits[0]))
    for leaf, passes in zip(table.leaves, table.passes, strict=True):
        arrives = [passes[f][d] for f, d in zip(table.features, digits, strict=True) if f in passes]
        out += leaf.value * np.logical_and.reduce(arrives)
    return out


def interactions(
    table: Table, digits: Sequence[NDArray[np.intp]]
) -> Iterator[tuple[tuple[int, int], Floats]]:
    """Give what every two features of a leaf give together, shape (n_cases,)."""
    for n in range(len(table.leaves)):
        own = _own(table, n, digits, skip=2)
        whole = own.weights * reduce(np.multiply, own.factors, 1.0)
        for one, other in combinations(range(len(own.axes)), 2):
            rest = (whole / own.factors[one] / own.factors[other]).sum(axis=0, keepdims=True)
            both = (own.gains[one] * own.gains[other] * rest).reshape(-1)[own.code]
            yield (table.features[own.axes[one]], table.features[own.axes[other]]), both


def levels_of(encoded: NDArray, thresholds: list[Floats]) -> list[NDArray[np.intp] | None]:
    """Return the level of every person by feature; none for a feature that no tree asks for."""
    levels: list[NDArray[np.intp] | None] = []
    for column, cuts in zip(encoded.T, thresholds, strict=True):
        if len(cuts):
            level = cuts.searchsorted(column)
            level[np.isnan(column)] = len(cuts) + 1
        levels.append(level if len(cuts) else None)
    return levels


def code_of(table: Table, levels: list[NDArray[np.intp] | None]) -> NDArray[np.intp]:
    """Return the case of a table that every person is."""
    code, stride = 0, 1
    for feature, digit in zip(reversed(table.features), reversed(table.digit), strict=True):
        code = code + (digit * stride).take(levels[feature], mode="clip")
        stride *= int(digit.max()) + 1
    return code
