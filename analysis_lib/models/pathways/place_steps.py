"""Put the steps of generated people on days: by a step of another setting, or on any day alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis_lib.models.pathways.kernel import N_WAITS, WAITS, classify_numbers

if TYPE_CHECKING:
    from analysis_lib.models.pathways.generate import PathwayModel

TRIES = 5  # at a weekday on which the setting is open, and at a day on which nothing else stands
_FAR = np.int64(2**20)  # more days than any window has
Whole = NDArray[np.int64]


def place_steps(
    model: PathwayModel,
    rng: np.random.Generator,
    counts: Whole,
    level: Whole,
    end: Whole,
    died: NDArray[np.bool_],
) -> tuple[Whole, Whole, Whole, Whole]:
    """Return person, day, until and setting of steps, in order of person, day and setting.

    Parameters
    ----------
    counts : ndarray of int64, shape (people, settings)
        Steps that each person is to have.
    level, end, died : ndarray, shape (people,)
        As of `Pathways`.

    Notes
    -----
    Settings are taken in `PathwayModel.order`. Each step is placed by one of those already taken, or of its
    own setting, with the chance that the kernel gives, and each of these serves as few steps of one setting
    as it can. The others are placed by weekday (and days before death). Stays of a person neither overlap nor
    touch, other steps stand outside stays, and one setting stands once on a day: what does not fit is placed
    anew, and left out after some tries.
    """
    place = model.order
    size = counts[:, place].T.ravel()  # steps in order of setting, then person
    person = np.repeat(np.tile(np.arange(len(counts)), len(place)), size)
    setting = np.repeat(np.repeat(place, len(counts)), size)
    begin = np.zeros(counts.T.shape, "int64")  # first step of each setting and person
    begin[place] = (np.cumsum(size) - size).reshape(begin.shape)
    kth = np.arange(len(person)) - begin[setting, person]
    parent, wait = _choose_parents(model, rng, counts, person, setting, kth, begin)
    nights = np.zeros(len(person), "int64")
    stay = model.stays[setting]
    nights[stay] = model.nights.draw(rng, model.nights_of[level[person[stay]], setting[stay]])
    day = _draw_days(model, rng, person, setting, end, died)
    kept = np.ones(len(person), bool)
    for some in (stay, ~stay):
        chosen = np.flatnonzero(some)
        _follow(model, rng, chosen, day, nights, parent, wait, end, person, setting)
        for turn in range(TRIES + 1):
            bad = chosen[_clashing(chosen, person, day, nights, setting, stay & kept)]
            if turn == TRIES or not len(bad):
                break
            day[bad] = _draw_days(model, rng, person[bad], setting[bad], end, died)
        kept[bad] = False
    order = np.lexsort((setting, day, person))
    order = order[kept[order]]
    return person[order], day[order], (day + nights)[order], setting[order]


def _choose_parents(
    model: PathwayModel,
    rng: np.random.Generator,
    counts: Whole,
    person: Whole,
    setting: Whole,
    kth: Whole,
    begin: Whole,
) -> tuple[Whole, Whole]:
    """Return the step that each is placed by (-1 for none), and the class of the wait, after or before."""
    number = classify_numbers(counts)
    parent, cell = np.full(len(person), -1), np.zeros(len(person), "int64")
    begun = (rng.random(counts.shape) * counts).astype("int64")  # the first to serve differs by person
    for k, placed in enumerate(model.order):
        steps = np.flatnonzero(setting == placed)
        by = model.order[: k + 1]
        # The setting that places most comes first: others only place what it leaves.
        by = by[np.argsort(-model.rate[placed, by].mean(axis=(1, 2)), kind="stable")]
        chance = model.rate[placed, by, number[:, [placed]], number[:, by]] * (counts[:, by] > (by == placed))
        reach = np.cumsum(chance, axis=1)
        pick = (rng.random(len(steps))[:, None] >= reach[person[steps]]).sum(axis=1)
        steps, other = steps[pick <= k], by[pick[pick <= k]]
        linked = (other != placed) | (kth[steps] > 0)
        steps, other = steps[linked], other[linked]
        who, nth = person[steps], kth[steps]
        # Those that serve none yet come first: an A&E attendance is of an ambulance, or of a call to 111.
        key = who * len(counts.T) + other
        sort = np.argsort(key, kind="stable")
        rank = np.empty(len(key), "int64")
        rank[sort] = np.arange(len(key)) - np.searchsorted(key[sort], key[sort])
        turn = begun[who, other] + rank
        np.add.at(begun, (who, other), 1)
        which = turn % np.maximum(counts[who, other], 1)
        which = np.where(other == placed, (rng.random(len(steps)) * nth).astype("int64"), which)
        parent[steps] = begin[other, who] + which
        reach = np.cumsum(model.waits[placed], axis=1)
        reach /= np.maximum(reach[:, -1:], 1e-300)
        cell[steps] = (rng.random(len(steps))[:, None] >= reach[other]).sum(axis=1)
    return parent, np.minimum(cell, 2 * N_WAITS - 1)


def _draw_days(
    model: PathwayModel,
    rng: np.random.Generator,
    person: Whole,
    setting: Whole,
    end: Whole,
    died: NDArray[np.bool_],
) -> Whole:
    """Return a day before the end for each step, by weekday, or by days before death."""
    reach = np.cumsum(model.weights, axis=1)
    before = np.concatenate([np.zeros((len(reach), 1)), reach], axis=1)
    last = end[person]
    # One search for all settings: each setting's cumulative weights follow those of the one before.
    shift = setting * (before.max() + 1)
    flat = (reach + np.arange(len(reach))[:, None] * (before.max() + 1)).ravel()
    sought = rng.random(len(person)) * before[setting, last] + shift
    day = np.searchsorted(flat, sought, side="right") - setting * model.n_days
    some = np.flatnonzero(died[person])
    reach = np.concatenate([[0.0], np.cumsum(model.last_days)])
    back = np.searchsorted(reach, rng.random(len(some)) * reach[last[some]], side="right") - 1
    day[some] = last[some] - 1 - back
    return np.clip(day, 0, last - 1)


def _follow(
    model: PathwayModel,
    rng: np.random.Generator,
    chosen: Whole,
    day: Whole,
    nights: Whole,
    parent: Whole,
    cell: Whole,
    end: Whole,
    person: Whole,
    setting: Whole,
) -> None:
    """Place the chosen steps by their parents, once those are placed; a day out of the window is no place."""
    waiting = np.zeros(len(day), bool)
    waiting[chosen] = parent[chosen] >= 0
    first, width = np.array(WAITS[:-1]), np.diff(WAITS)
    while waiting.any():
        now = np.flatnonzero(waiting)
        now = now[~waiting[parent[now]]]
        waiting[now] = False
        by = parent[now]
        after, c = cell[now] < N_WAITS, cell[now] % N_WAITS
        placed = np.zeros(len(now), bool)
        for _ in range(TRIES):
            wait = first[c] + (rng.random(len(now)) * width[c]).astype("int64")
            new = np.where(after, day[by] + nights[by] + wait, day[by] - nights[now] - wait)
            fits = ~placed & (new >= 0) & (new < end[person[now]])
            fits &= rng.random(len(now)) < model.weights[setting[now], np.clip(new, 0, model.n_days - 1)]
            day[now[fits]] = new[fits]
            placed |= fits
            if placed.all():
                break


def _clashing(
    chosen: Whole, person: Whole, day: Whole, nights: Whole, setting: Whole, stay: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which of the chosen steps stand where another does, or within or against a stay."""
    bad = np.zeros(len(chosen), bool)
    if not len(chosen):
        return bad
    key = person[chosen] * _FAR + day[chosen]
    if stay[chosen].all():
        order = np.argsort(key, kind="stable")
        reach = np.maximum.accumulate((key + nights[chosen])[order])
        bad[order[1:]] = key[order][1:] <= reach[:-1]
        return bad
    order = np.lexsort((setting[chosen], key))
    again = (key[order][1:] == key[order][:-1]) & (setting[chosen][order][1:] == setting[chosen][order][:-1])
    bad[order[1:]] = again
    stays = np.flatnonzero(stay)
    if len(stays):
        starts = person[stays] * _FAR + day[stays]
        sort = np.argsort(starts)
        at = np.searchsorted(starts[sort], key) - 1
        last = stays[sort][np.maximum(at, 0)]
        bad |= (at >= 0) & (person[last] == person[chosen]) & (day[chosen] < day[last] + nights[last])
    return bad
