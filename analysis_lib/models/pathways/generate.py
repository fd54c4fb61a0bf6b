"""Generated pathways: numbers of steps by type of person, placed on days by a kernel that all types share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis_lib.measures.cells import TooFewPoints
from analysis_lib.models.pathways.collect import N_LOTS, Pathways
from analysis_lib.models.pathways.histograms import Histograms, fit_histograms, pool_neighbours
from analysis_lib.models.pathways.kernel import (
    N_NUMBERS,
    N_WAITS,
    WAITS,
    classify_numbers,
    count_pairs,
    count_people,
)
from analysis_lib.models.pathways.person_types import PersonTypes, fit_types
from analysis_lib.models.pathways.place_steps import place_steps

FEWEST = 10  # people in any cell that is fitted
NOISE = 2.0  # variance of pairs over their number: people have several
MOST_PAIRS = 100  # of two settings a person, of people whose pairs show their order
ROUNDS = 10  # of generating and correcting the kernel
STAYED, DIED, LEFT = range(3)
WEEK = 7
CLOSE, MOST_CLOSE = 0.05, 4
SHUT = 0.6  # of a mean day: settings with less on some weekday are closed then
#: First night of each class of lengths of stay; first day of each class of days before death.
NIGHTS = np.array([0, 1, 2, 3, 4, 5, 7, 10, 14, 21, 28, 42, 60, 90])
BEFORE_DEATH = np.array([0, 7, 15, 30, 60, 90, 120, 180])


@dataclass(frozen=True)
class PathwayModel:
    """What `fit_pathways` keeps: no number is of fewer than ten people.

    Attributes
    ----------
    settings, levels, n_days
        As of `Pathways`.
    n_people : ndarray of int64, shape (levels,)
        People fitted on.
    types : PersonTypes
        Numbers of steps; nested in level and how following ended.
    group, share : ndarray, shape (levels, 3)
        Group of the types, and share of the level's people, who stayed, died or left.
    rate : ndarray of float64, shape (settings, settings, classes, classes)
        The kernel: share of the steps of a setting (first index) that are placed by one of another (second),
        by the classes of the person's numbers of steps of the two (`kernel.NUMBERS`).
    waits : ndarray of float64, shape (settings, settings, 2 x waits)
        At which wait: share of each class of `kernel.WAITS` after the other step, then before it.
    weights : ndarray of float64, shape (settings, n_days)
        Relative chance of each day: weekdays, holidays, season.
    last_days : ndarray of float64, shape (n_days,)
        Relative chance of each number of days before death, for those who die.
    stays : ndarray of bool, shape (settings,)
        Whether a step can last for nights.
    nights : Histograms
        Lengths of stays.
    nights_of : ndarray of int64, shape (levels, settings)
        Which of them a level and setting has.
    """

    settings: tuple[str, ...]
    levels: tuple[str, ...]
    n_days: int
    n_people: NDArray[np.int64]
    types: PersonTypes
    group: NDArray[np.int64]
    share: NDArray[np.float64]
    rate: NDArray[np.float64]
    waits: NDArray[np.float64]
    weights: NDArray[np.float64]
    last_days: NDArray[np.float64]
    stays: NDArray[np.bool_]
    nights: Histograms
    nights_of: NDArray[np.int64]

    @property
    def order(self) -> NDArray[np.int64]:
        """Settings in the order in which their steps are placed: stays first, then the most acute."""
        rank = np.arange(len(self.settings)) + len(self.settings) * self.stays
        return np.argsort(-rank)


def fit_pathways(
    pathways: Pathways, n_types: int = 1000, fewest: int = FEWEST, seed: int = 0
) -> PathwayModel:
    """Fit person rates and a transition kernel.

    Parameters
    ----------
    pathways : Pathways
        The half of the people to fit on (`Pathways.halves`).
    n_types : int
        How many types of people, at most.
    fewest : int
        People that every cell has: smaller ones are pooled with their neighbours before anything is fitted.
    seed : int
        Of the pathways that are generated while fitting.

    Raises
    ------
    TooFewPoints
        If there are fewer than `fewest` people, or no steps.

    Notes
    -----
    Numbers of steps come from types of people (`fit_types`). The kernel says how many steps stand a certain
    wait from one of another setting beyond what those numbers and the weekdays make by chance. Chance is what
    the model itself generates: the kernel starts at nothing and is corrected by the pairs of real less those
    of generated people, `ROUNDS` times. Differences are shrunk by their sampling noise (positive part of
    James and Stein), and pairs of fewer than `fewest` people left out. One kernel serves all levels. People
    leave, and die, on any day alike.
    """
    if len(pathways) < fewest:
        raise TooFewPoints("These people are too few to make up pathways like theirs.")
    if len(pathways.day) == 0:
        raise TooFewPoints("These people have no contacts in the year, so there are no pathways to make up.")
    own, group, share = _pool_endings(pathways, fewest)
    stays, nights, nights_of = _fit_nights(pathways, fewest)
    counts, n = pathways.counts(), len(pathways.settings)
    model = PathwayModel(
        settings=pathways.settings,
        levels=pathways.levels,
        n_days=pathways.n_days,
        n_people=np.bincount(pathways.level, minlength=len(pathways.levels)),
        types=fit_types(counts, own, _tell_kinds(pathways, counts), n_types, fewest, seed),
        group=group,
        share=share,
        rate=np.zeros((n, n, N_NUMBERS, N_NUMBERS)),
        waits=np.zeros((n, n, 2 * N_WAITS)),
        weights=_weigh_days(pathways, fewest),
        last_days=_weigh_last_days(pathways, fewest),
        stays=stays,
        nights=nights,
        nights_of=nights_of,
    )
    return fit_kernel(model, pathways, fewest, seed)


def generate_pathways(
    model: PathwayModel, people: int | Mapping[str, int] | NDArray[np.int64], seed: int = 0
) -> Pathways:
    """Generate people and their steps.

    Parameters
    ----------
    model : PathwayModel
    people : int, mapping of str to int, or ndarray of int64
        How many: in all, with levels as among those fitted on; by level; or in the order of the levels.
    seed : int
        The same seed gives the same bytes.

    Returns
    -------
    Pathways
        In order of level; the days are those of the window fitted on.

    Raises
    ------
    ValueError
        If a level is unknown or nobody was fitted in it, or a number is below 0.
    """
    rng = np.random.default_rng(seed)
    level = np.repeat(np.arange(len(model.levels)), _numbers(model, people))
    status, types = _draw_types(model, rng, level)
    end = np.full(len(level), model.n_days)
    gone = status != STAYED
    end[gone] = rng.integers(1, max(model.n_days, 2), gone.sum())
    died = status == DIED
    counts = model.types.draw(rng, types)
    person, day, until, setting = place_steps(model, rng, counts, level, end, died)
    return Pathways(
        settings=model.settings,
        levels=model.levels,
        n_days=model.n_days,
        level=level.astype("int16"),
        lot=(np.arange(len(level)) % N_LOTS).astype("int16"),
        end=end.astype("int32"),
        died=died,
        person=person.astype("int32"),
        day=day.astype("int32"),
        until=until.astype("int32"),
        setting=setting.astype("int8"),
    )


def _numbers(model: PathwayModel, people: int | Mapping[str, int] | NDArray[np.int64]) -> NDArray[np.int64]:
    if isinstance(people, Mapping):
        unknown = sorted(set(people) - set(model.levels))
        if unknown:
            raise ValueError(f"No level is called {unknown[0]!r}: there are {', '.join(model.levels)}.")
        numbers = np.array([people.get(name, 0) for name in model.levels])
    elif isinstance(people, np.ndarray):
        numbers = people
    else:
        reach = np.round(np.cumsum(model.n_people) / model.n_people.sum() * people).astype("int64")
        numbers = np.diff(reach, prepend=0)
    if numbers.min() < 0 or (numbers[model.n_people == 0] > 0).any():
        raise ValueError("People can be generated in levels that had some, 0 or more of them.")
    return numbers.astype("int64")


def _draw_types(
    model: PathwayModel, rng: np.random.Generator, level: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how following ends for each person, and a type. Systematic, so that shares are kept."""
    status, types = np.zeros(len(level), "int64"), np.zeros(len(level), "int64")
    for k in range(len(model.levels)):
        own = np.flatnonzero(level == k)
        if not len(own):
            continue
        chance, endings, members = [], [], []
        for ending in range(3):
            nested = np.flatnonzero(model.types.group == model.group[k, ending])
            if model.share[k, ending] > 0:
                size = model.types.n_people[nested]
                chance.append(model.share[k, ending] * size / size.sum())
                endings.append(np.full(len(nested), ending))
                members.append(nested)
        reach = np.cumsum(np.concatenate(chance))
        place = np.searchsorted(reach, (np.arange(len(own)) + rng.random()) / len(own) * reach[-1])
        status[own] = np.concatenate(endings)[place]
        types[own] = np.concatenate(members)[place]
    return status, types


def _pool_endings(
    pathways: Pathways, fewest: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return each person's group, and the group and share of level x stayed, died, left.

    Levels with too few people who ended alike are taken with the next; an ending that has too few people in
    all counts as staying.
    """
    n = len(pathways.levels)
    status = np.where(pathways.died, DIED, np.where(pathways.end < pathways.n_days, LEFT, STAYED))
    for ending in (DIED, LEFT):
        if (status == ending).sum() < fewest:
            status = np.where(status == ending, STAYED, status)
    group, share = np.zeros((n, 3), "int64"), np.zeros((n, 3))
    people = np.bincount(pathways.level, minlength=n)
    for ending in range(3):
        held = np.bincount(pathways.level[status == ending], minlength=n)
        for number, run in enumerate(pool_neighbours(held.tolist(), fewest)):
            group[run, ending] = ending * n + number
            share[run, ending] = held[run].sum() / max(people[run].sum(), 1)
    share /= share.sum(axis=1, keepdims=True)
    return group[pathways.level, status], group, share


def _tell_kinds(pathways: Pathways, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a number for which of some settings a person has: those that follow each other at once.

    Up to `MOST_CLOSE` settings of which `CLOSE` of the steps or more have one of another of them on the same
    day or the next, beyond the usual (days 8 to 14): who has one mostly has the other.
    """
    pairs = count_pairs(pathways, counts).sum((2, 3))
    beyond = pairs[..., 0] + pairs[..., 1] - 2 / 7 * pairs[..., WAITS.index(8)]
    steps = np.maximum(counts.sum(axis=0), 1)
    share = (beyond + beyond.T) / np.minimum(steps, steps[:, None])
    np.fill_diagonal(share, 0)
    strength = share.max(axis=1)
    close = np.argsort(-strength, kind="stable")[:MOST_CLOSE]
    close = close[strength[close] >= CLOSE]
    return ((counts[:, close] > 0) * 2 ** np.arange(len(close))).sum(axis=1)


def _fit_nights(pathways: Pathways, fewest: int) -> tuple[NDArray[np.bool_], Histograms, NDArray[np.int64]]:
    """Return which settings have stays, their lengths, and which lengths each level and setting has."""
    nights = (pathways.until - pathways.day).astype("int64")
    level = pathways.level[pathways.person]
    n = len(pathways.settings)
    stays = np.zeros(n, bool)
    which = np.zeros((len(pathways.levels), n), "int64")
    groups = [(np.zeros(1, "int64"), np.zeros(1, "int64"))]  # of nobody: no nights
    for s in range(n):
        here = pathways.setting == s
        if len(np.unique(pathways.person[here & (nights > 0)])) < fewest:
            continue
        stays[s] = True
        held = [len(np.unique(pathways.person[here & (level == k)])) for k in range(len(pathways.levels))]
        for run in pool_neighbours(held, fewest):
            which[run, s] = len(groups)
            chosen = here & np.isin(level, run)
            groups.append((nights[chosen], pathways.person[chosen].astype("int64")))
    return stays, fit_histograms(groups, NIGHTS, fewest), which


def _weigh_days(pathways: Pathways, fewest: int) -> NDArray[np.float64]:
    """Return the weight of each day by setting: weekday, times that of the day among settings alike.

    Alike are those closed at weekends (below `SHUT`), and the others. A setting of which
    too few people say more has level weights; a day's own part is drawn to 1 by its noise.
    """
    n = len(pathways.settings)
    cell = pathways.setting.astype("int64") * WEEK + pathways.day % WEEK
    steps = np.bincount(cell, minlength=n * WEEK).reshape(n, WEEK)
    each = np.unique(pathways.person.astype("int64") * n * WEEK + cell) % (n * WEEK)
    held = np.bincount(each, minlength=n * WEEK).reshape(n, WEEK)
    days = np.bincount(np.arange(pathways.n_days) % WEEK, minlength=WEEK)
    enough = ((held == 0) | (held >= fewest)).all(axis=1) & (days > 0).all()
    weight = np.where(enough[:, None], steps / np.maximum(days, 1), 1.0)
    weight = np.tile(weight, (1, -(-pathways.n_days // WEEK)))[:, : pathways.n_days]
    weight /= weight.mean(axis=1, keepdims=True)
    at = pathways.setting.astype("int64") * pathways.n_days + pathways.day
    daily = np.bincount(at, minlength=weight.size).reshape(weight.shape)
    followed = np.bincount(pathways.end, minlength=pathways.n_days + 1)[::-1].cumsum()[::-1][1:]
    expected = weight * followed / np.maximum((weight * followed).sum(axis=1, keepdims=True), 1e-300)
    expected *= daily.sum(axis=1, keepdims=True)
    shut = weight[:, :WEEK].min(axis=1) < SHUT
    for alike in (shut, ~shut):
        here, wanted = daily[alike].sum(axis=0), expected[alike].sum(axis=0)
        if here.sum() >= fewest * pathways.n_days:
            weight[alike] *= 1 + _rate(_shrink(here - wanted, NOISE * wanted), wanted)
    return weight / weight.max(axis=1, keepdims=True)


def _weigh_last_days(pathways: Pathways, fewest: int) -> NDArray[np.float64]:
    """Return the weight of each number of days before death; of too few people, as of fewer days."""
    weight = np.ones(pathways.n_days)
    dead = np.flatnonzero(pathways.died)
    if len(dead) < fewest:
        return weight
    step = pathways.died[pathways.person]
    before = pathways.end[pathways.person[step]] - 1 - pathways.day[step]
    last = 1.0
    for low, high in zip(BEFORE_DEATH, [*BEFORE_DEATH[1:], pathways.n_days], strict=True):
        here = (before >= low) & (before < high)
        days = np.clip(pathways.end[dead] - low, 0, high - low)
        if len(np.unique(pathways.person[step][here])) >= fewest and (days > 0).sum() >= fewest:
            last = here.sum() / days.sum()
        weight[low:high] = last
    return weight / weight.max()


def fit_kernel(model: PathwayModel, pathways: Pathways, fewest: int, seed: int) -> PathwayModel:
    """Correct the kernel by pairs of real less those of generated people, `ROUNDS` times."""
    real = _count_kernel(pathways)
    known = (count_people(pathways) >= fewest)[:, :, None, None]
    # Where people have so many pairs by chance, a little more or less of them hides any order.
    known = known & (real.possible <= MOST_PAIRS * real.both)[..., None]
    chance = None
    for turn in range(ROUNDS):
        made = _count_kernel(generate_pathways(model, model.n_people, seed + turn))
        if chance is None:
            chance = _rate(made.pairs.sum((2, 3)), made.possible.sum((2, 3))[..., None])
        # Who has many of both is a matter of types: the kernel makes up for what goes beyond their chance.
        beyond = (real.possible - made.possible)[..., None] * chance[:, :, None, None]
        missing = (real.pairs - made.pairs - beyond) * known
        noise = NOISE * (real.pairs + made.pairs) * known
        model = _correct(model, missing, noise, made, (real.both >= fewest) & known.any(axis=-1))
    return model


@dataclass(frozen=True)
class _Counts:
    """What the kernel is corrected by, by setting, setting and the classes of their numbers."""

    pairs: NDArray[np.float64]  # and wait: pairs of steps, in their order
    possible: NDArray[np.float64]  # pairs of steps, whatever their order
    both: NDArray[np.int64]  # people with steps of both
    steps: NDArray[np.float64]  # of the first of the two settings, of people with both
    fewer: NDArray[np.float64]  # the smaller of the two numbers


def _count_kernel(pathways: Pathways) -> _Counts:
    counts = pathways.counts()
    number = classify_numbers(counts)
    n = len(pathways.settings)
    tables = np.zeros((4, n, n, N_NUMBERS**2))
    for a in range(n):
        who = np.flatnonzero(counts[:, a])
        for b in range(n):
            own = who[counts[who, b] > (a == b)]
            x, y = counts[own, a], counts[own, b] - (a == b)
            cell = number[own, a] * N_NUMBERS + number[own, b]
            for table, value in zip(tables, (x * y, None, x, np.minimum(x, y)), strict=True):
                table[a, b] = np.bincount(cell, value, minlength=N_NUMBERS**2)
    possible, both, steps, fewer = tables.reshape(4, n, n, N_NUMBERS, N_NUMBERS)
    return _Counts(count_pairs(pathways, counts), possible, both, steps, fewer)


def _correct(
    model: PathwayModel,
    missing: NDArray[np.float64],
    noise: NDArray[np.float64],
    made: _Counts,
    enough: NDArray[np.bool_],
) -> PathwayModel:
    """Return the model with the missing pairs added to what its kernel makes."""
    rate, waits = model.rate.copy(), model.waits.copy()
    for k, placed in enumerate(model.order):
        gains = {by: _both_ways(missing, noise, placed, by) for by in model.order[: k + 1]}
        new = {
            by: np.maximum(_shrink(lost.sum((0, 1)), doubt.sum((0, 1))), 0).sum()
            for by, (lost, doubt) in gains.items()
            if not rate[placed, by].any()
        }
        # The strongest first: what comes of it, as ambulances before admissions, is then not missing.
        first = max(new, key=new.__getitem__, default=None)
        for by, (lost, doubt) in gains.items():
            steps, fewer = made.steps[placed, by], made.fewer[placed, by]
            if not fewer.any() or (by in new and by != first):
                continue
            so_far = (rate[placed, by] * steps).sum() * waits[placed, by]
            total = np.maximum(so_far + _shrink(lost.sum((0, 1)), doubt.sum((0, 1))), 0)
            total *= min(1.0, steps.sum() / max(total.sum(), 1e-300))
            if not total.any():
                rate[placed, by], waits[placed, by] = 0, 0
                continue
            waits[placed, by] = total / total.sum()
            prior = total.sum() * fewer / fewer.sum()
            now = rate[placed, by] * steps + (lost * (total > 0)).sum(axis=-1)
            own = prior + _shrink(now - prior, (doubt * (total > 0)).sum(axis=-1))
            own = np.clip(np.where(enough[placed, by], own, prior), 0, steps)
            own *= min(1.0, total.sum() / max(own.sum(), 1e-300)) if own.sum() > 0 else 0
            rate[placed, by] = _rate(own, steps)
    return replace(model, rate=np.clip(rate, 0, 1), waits=waits)


def _both_ways(
    missing: NDArray[np.float64], noise: NDArray[np.float64], placed: int, by: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what is missing, and its variance, by class of the one placed, of the other, and wait."""
    both = []
    for table in (missing, noise):
        after = table[by, placed].transpose(1, 0, 2)
        both.append(np.concatenate([after, table[placed, by] * (by != placed)], axis=-1))
    return both[0], both[1]


def _shrink(missing: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what is missing, drawn to 0 by its variance (positive part of James and Stein)."""
    return missing * np.clip(1 - variance / np.maximum(missing**2, 1e-300), 0, 1)


def _rate(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)
