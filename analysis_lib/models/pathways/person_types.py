"""How often people use each setting: types of people, pooled until no cell holds fewer than ten."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis_lib.models.pathways.histograms import Histograms, fit_histograms, pool_neighbours

#: Fewest steps of each bin of the histograms.
BINS = np.array([0, 1, 2, 3, 4, 5, 6, 8, 11, 16, 24, 36, 54])
ROUNDS = 5  # of drawing numbers and correcting how they go together


@dataclass(frozen=True)
class PersonTypes:
    """Numbers of steps by setting, of types of people.

    Attributes
    ----------
    group, n_people : ndarray of int64, shape (types,)
        Group in which the type is nested, and its people.
    run : ndarray of int64, shape (types, settings)
        Histogram that the type takes its numbers from: several types share one where each alone has too few.
    histograms : Histograms
    together : ndarray of float64, shape (settings, settings)
        Correlation of normal numbers, whose ranks say where in its histograms a person stands.
    """

    group: NDArray[np.int64]
    n_people: NDArray[np.int64]
    run: NDArray[np.int64]
    histograms: Histograms
    together: NDArray[np.float64]

    def draw(self, rng: np.random.Generator, types: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return numbers of steps of people of these types, shape (people, settings)."""
        run = self.run[types]
        values, vectors = np.linalg.eigh(self.together)
        root = vectors * np.sqrt(np.maximum(values, 0))
        root /= np.linalg.norm(root, axis=1, keepdims=True)
        return self.histograms.draw(rng, run, ndtr(rng.standard_normal(run.shape) @ root.T))


def fit_types(
    counts: NDArray[np.int64],
    group: NDArray[np.int64],
    apart: NDArray[np.int64],
    n_types: int,
    fewest: int,
    seed: int = 0,
) -> PersonTypes:
    """Divide the people of each group into types of like numbers of steps, and pool what few have.

    Parameters
    ----------
    counts : ndarray of int64, shape (people, settings)
    group : ndarray of int64, shape (people,)
        In which types are nested: each of `fewest` people or more.
    apart : ndarray of int64, shape (people,)
        Kinds of people who are not to share types, where there are enough of them in the group.
    n_types : int
        How many types to make of all the people, at most.
    fewest : int
        People in each type, in each bin of its histograms, and with any step of a setting that it has.

    Notes
    -----
    Groups are halved by the setting that goes most with the others (sum of squared correlations of
    log(1 + n)), at the number nearest to the middle, until a type would be too small. How settings go
    together within types is the same for all: a normal copula, corrected until what is drawn correlates as
    people do.
    """
    smallest = max(2 * fewest, -(-len(counts) // n_types))
    leaves, nested, parts = [], [], []
    for g in np.unique(group):
        for part in _part(np.flatnonzero(group == g), apart, smallest):
            own = _halve(counts, part, smallest)
            parts += [parts[-1] + 1 if parts else 0] * len(own)
            leaves += own
            nested += [int(g)] * len(own)
    run = np.zeros((len(leaves), counts.shape[1]), "int64")
    members: list[tuple[int, list[int]]] = []
    for s in range(counts.shape[1]):
        have = [int((counts[leaf, s] > 0).sum()) for leaf in leaves]
        some = [m for m, n in enumerate(have) if n]
        within = ([of[m] for m in some] for of in (parts, nested))
        pools = pool_neighbours([have[m] for m in some], fewest, *within)
        runs = [[some[i] for i in pool] for pool in pools]
        if sum(have) < fewest:  # too few in all to say which types they are of
            runs, some = [list(range(len(leaves)))], list(range(len(leaves)))
        none = sorted(set(range(len(leaves))) - set(some))
        for types in [*runs, none] if none else runs:
            run[types, s] = len(members)
            members.append((s, types))
    people = (np.concatenate([leaves[m] for m in types]) for _, types in members)
    numbers = ((counts[who, s], who) for (s, _), who in zip(members, people, strict=True))
    sizes = np.array([len(leaf) for leaf in leaves])
    histograms = fit_histograms(numbers, BINS, fewest)
    types = PersonTypes(np.array(nested), sizes, run, histograms, np.eye(counts.shape[1]))
    return _correlate_types(types, counts, leaves, seed)


def _correlate_types(
    types: PersonTypes, counts: NDArray[np.int64], leaves: list[NDArray[np.int64]], seed: int
) -> PersonTypes:
    """Return types of which the numbers drawn go together within a type as those of their people do."""
    of = np.repeat(np.arange(len(leaves)), types.n_people)
    wanted = _correlate_within(counts[np.concatenate(leaves)], of)
    wanted[wanted**2 < 4 / len(of)] = 0  # within its noise
    for turn in range(ROUNDS):
        made = _correlate_within(types.draw(np.random.default_rng(seed + turn), of), of)
        together = np.clip(types.together + wanted - made, -0.95, 0.95)
        np.fill_diagonal(together, 1)
        types = replace(types, together=together)
    return types


def _correlate_within(counts: NDArray[np.int64], of: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the correlation of settings within types, on the scale log(1 + n)."""
    number = np.log1p(counts)
    size = np.bincount(of)
    mean = np.column_stack([np.bincount(of, column) for column in number.T]) / size[:, None]
    return _correlate(number - mean[of])


def _correlate(number: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return correlations, 0 where a setting does not vary and of each with itself."""
    number = number - number.mean(axis=0)
    size = np.sqrt((number**2).sum(axis=0))
    number = np.divide(number, size, out=np.zeros_like(number), where=size > 1e-9)
    found = number.T @ number
    np.fill_diagonal(found, 0)
    return found


def _part(members: NDArray[np.int64], apart: NDArray[np.int64], smallest: int) -> list[NDArray[np.int64]]:
    """Return members by who stands apart; kinds of too few people together, or with the largest."""
    kinds = [members[apart[members] == kind] for kind in np.unique(apart[members])]
    few = [kind for kind in kinds if len(kind) < smallest]
    kinds = [kind for kind in kinds if len(kind) >= smallest]
    if few:
        few = [np.sort(np.concatenate(few))]
        if kinds and len(few[0]) < smallest:
            largest = max(range(len(kinds)), key=lambda k: len(kinds[k]))
            few = [np.sort(np.concatenate([*few, kinds.pop(largest)]))]
    return [*kinds, *few]


def _halve(counts: NDArray[np.int64], members: NDArray[np.int64], smallest: int) -> list[NDArray[np.int64]]:
    """Return the types of a group, neighbours beside each other."""
    if len(members) < 2 * smallest:
        return [members]
    own = counts[members]
    spread = np.log1p(own).var(axis=0)
    together = (_correlate(np.log1p(own)) ** 2).sum(axis=0) * (spread > 0)
    for s in np.lexsort((-spread, -together)):
        if spread[s] <= 0:
            continue
        below = np.cumsum(np.bincount(own[:, s]))[:-1]
        balance = np.minimum(below, len(members) - below)
        cut = int(np.argmax(balance))
        if balance[cut] >= smallest:
            left = own[:, s] <= cut
            return _halve(counts, members[left], smallest) + _halve(counts, members[~left], smallest)
    return [members]
