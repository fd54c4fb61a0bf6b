"""People added up by score: all that a measure of performance, and a bootstrap of it, need to know."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.measures.cells import NOT_RECORDED, check_columns
from analysis_lib.measures.standard_population import level_key

FEWEST = 10  # events, and non-events, below which a value is missing


@dataclass(frozen=True)
class Tally:
    """People by score, lowest first.

    Attributes
    ----------
    score : ndarray of float64 [k]
        Distinct scores; or, after `merge`, the mean score of each bin.
    yes, no : ndarray of float64 [k]
        People with that score who had the outcome, and who had not.
    """

    score: NDArray[np.float64]
    yes: NDArray[np.float64]
    no: NDArray[np.float64]

    @property
    def n(self) -> int:
        """Number of people."""
        return int(self.yes.sum() + self.no.sum())

    @property
    def n_events(self) -> int:
        """Number of people who had the outcome."""
        return int(self.yes.sum())

    def enough(self, fewest: int) -> bool:
        """Whether there are enough with the outcome, and without it."""
        return min(self.n_events, self.n - self.n_events) >= fewest


def tally(score: NDArray[np.float64], event: NDArray[np.bool_]) -> Tally:
    """Add up people by distinct score; `score` is sorted, lowest first."""
    starts = np.flatnonzero(np.diff(score, prepend=-np.inf))
    n = np.diff(starts, append=len(score)).astype(np.float64)
    yes = np.add.reduceat(event, starts, dtype=np.float64) if len(score) else np.zeros(0)
    return Tally(score[starts], yes, n - yes)


def merge(people: Tally, bins: int) -> Tally:
    """Return the tally in at most `bins` bins; equal scores stay together.

    A bin ends where its people's share of all, and of those with the outcome, together reach a limit: bins
    are finer where the outcomes are, since precision and lift depend on the few with the highest scores.
    """
    if len(people.score) <= bins:
        return people
    n = people.yes + people.no
    below = (np.cumsum(n) - n) / n.sum() + (np.cumsum(people.yes) - people.yes) / max(people.yes.sum(), 1)
    starts = np.flatnonzero(np.diff(below * bins // 2, prepend=-1))
    yes, no, total = (np.add.reduceat(part, starts) for part in (people.yes, people.no, n * people.score))
    return Tally(total / (yes + no), yes, no)


def draw(
    people: Tally, n_boot: int, seed: int, label: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bootstrap people: how many of each cell stand in each draw.

    Every person comes a Poisson(1) number of times, so a cell of m people comes a Poisson(m) number of times:
    Hanley JA, MacGibbon B (2006) Comput Methods Programs Biomed 83:57-62.

    Returns
    -------
    yes, no : ndarray of float64 [n_boot, k]
        The same for the same seed and label, whatever else is drawn.
    """
    generator = np.random.default_rng([seed, zlib.crc32(label.encode())])
    size = (n_boot, len(people.score))
    yes, no = (generator.poisson(part, size).astype(np.float64) for part in (people.yes, people.no))
    return yes, no


def draw_people(
    people: Tally, event: NDArray[np.bool_], person: NDArray[np.intp], n_boot: int, seed: int, label: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bootstrap people who have several rows: all rows of a person come as often as the person does.

    Parameters
    ----------
    people : Tally
        Of the rows, perhaps in bins.
    event, person : ndarray of bool and int [n_rows]
        Outcome of each row, and whose it is; in the order of the scores, lowest first.
    n_boot, seed, label
        As for `draw`.

    Returns
    -------
    yes, no : ndarray of float64 [n_boot, k]

    Notes
    -----
    The cluster bootstrap: Field CA, Welsh AH (2007) J R Stat Soc B 69:369-390. Rows of one person go
    together; drawn one by one, they would count as so many people.
    """
    from scipy.sparse import csr_array

    cells = np.repeat(np.arange(len(people.score)), (people.yes + people.no).astype(np.intp))
    whose = np.unique(person, return_inverse=True)[1]
    generator = np.random.default_rng([seed, zlib.crc32(label.encode())])
    times = generator.poisson(1.0, (n_boot, int(whose.max(initial=-1)) + 1)).astype(np.float64)
    shape = (times.shape[1], len(people.score))
    yes, no = (
        times @ csr_array((kept.astype(np.float64), (whose, cells)), shape) for kept in (event, ~event)
    )
    return yes, no


def percentiles(values: NDArray[np.float64], level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Percentiles of the bootstrap distribution, along the last axis; undefined draws are left out."""
    limits = np.full((2, *values.shape[:-1]), np.nan)
    for place in np.ndindex(values.shape[:-1]):
        known = values[place][~np.isnan(values[place])]
        if len(known):
            # With 200 draws the usual rule gives 94%, since the value itself is one more of them.
            ends = [(1 - level) / 2, (1 + level) / 2]
            limits[:, *place] = np.quantile(known, ends, method="weibull")
    return limits[0], limits[1]


def check_risks(
    frame: pd.DataFrame, outcome: str, risks: Mapping[str, ArrayLike], ranks: Collection[str] = ()
) -> tuple[NDArray[np.bool_], dict[str, NDArray[np.float64]]]:
    """Return the outcome and the scores as arrays, checked.

    Raises
    ------
    KeyError
        If the outcome is absent.
    ValueError
        If the outcome is not known for everybody; or scores are too few or many, not known, or, where they
        are not `ranks`, no probabilities.
    """
    check_columns(frame, [outcome], "Performance")
    if frame[outcome].dtype != bool:
        raise ValueError(
            f"{outcome} must be True or False for everybody: leave out, and count, people not followed up."
        )
    scores = {model: np.asarray(risk, np.float64) for model, risk in risks.items()}
    for model, score in scores.items():
        if score.shape != (len(frame),):
            raise ValueError(f"{model} needs one risk for each of the {len(frame):,} rows, in their order.")
        if not np.isfinite(score).all():
            raise ValueError(f"{model} is missing or infinite for some people: predict it for everybody.")
        if model not in ranks and len(score) and not (score.min() >= 0 and score.max() <= 1):
            raise ValueError(
                f"{model} is not between 0 and 1, so it is no probability: name it in `ranks` to have its "
                "discrimination alone."
            )
    return frame[outcome].to_numpy(), scores


def people_of(frame: pd.DataFrame, person: str = "person_id") -> NDArray[np.intp] | None:
    """Return whose each row is, as numbers; None where nobody has several rows, or the frame does not say."""
    if person not in frame or not frame[person].duplicated().any():
        return None
    return pd.factorize(frame[person], use_na_sentinel=False)[0]


def refuse_repeats(frame: pd.DataFrame, what: str) -> None:
    """Refuse rows of one person: where rows are taken as people, intervals would be too narrow.

    Raises
    ------
    ValueError
        If a ``person_id`` stands in several rows.
    """
    if (person := people_of(frame)) is not None:
        raise ValueError(
            f"{what} takes one row a person, and {len(person) - len(np.unique(person)):,} rows here are of "
            "people who have another: keep one row of each."
        )


def levels_of(frame: pd.DataFrame, group: str) -> tuple[NDArray[np.intp], list[str]]:
    """Return the level of each row as a number, and the levels as text in a reader's order."""
    codes, found = pd.factorize(frame[group], use_na_sentinel=False)
    names = [NOT_RECORDED if pd.isna(x) else f"{x:g}" if isinstance(x, float) else str(x) for x in found]
    levels = sorted(set(names), key=level_key)
    place = np.array([levels.index(name) for name in names], np.intp)
    return place[codes], levels


def split_levels(
    levels: Mapping[str, tuple[NDArray[np.intp], list[str]]], order: NDArray[np.intp]
) -> Iterator[tuple[str, str, NDArray[np.intp]]]:
    """Yield group, level and the people of the level in the given order; everybody ("all") first."""
    yield "all", "all", order
    for group, (codes, names) in levels.items():
        codes = codes[order]
        for number, name in enumerate(names):
            yield group, name, order[codes == number]
