"""Plant what follows what: contacts that bring others, waits, readmissions, order, the last days of life.

Numbers keep their distribution. A contact that brings one of another setting is a binomial thinning of a
Poisson number, so Poisson itself, and the other setting's own number is Poisson with what is left of its
mean: their sum is Poisson with the planted mean. Waits, readmissions, order and the rise before death only
say on which day of its year a contact falls.

A cell is a person's year: `person * years + year`. Days are counted from the first day of the study.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate.population.codes import DAYS, DECILES, N_DAYS, SETTINGS, YEAR_STARTS
from analysis_lib.simulate.population.people import People, State
from analysis_lib.simulate.scenario import Order

N_YEARS = len(YEAR_STARTS)
SPAN = 4 * N_DAYS  # more than any day on which a stay ends: keeps the keys of two persons apart
TRIES = 4  # at a day outside hospital, before the last resort
AE, AMBULANCE, EMERGENCY, NHS111 = (SETTINGS.index(s) for s in ("ae", "ambulance", "emergency", "nhs111"))
SATURDAY = 5
# What is planted is weakened a little, by a part that was found by trial: the other attendances of a person
# see a moved contact too, and the days that a readmission is compared with have readmissions of their own.
ALSO_MOVED = 1.13
ALSO_EXCITED = 1.12
WEEKDAY = np.array([day.weekday() for day in DAYS])
TO_OFFICE_DAY = np.array([0, 0, 0, 0, 0, -1, 1])  # from Saturday to Friday, from Sunday to Monday


# --- numbers --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Brought:
    """How many contacts of a year were brought by another one, of each person.

    Attributes
    ----------
    ambulance, nhs111 : ndarray of int
        A&E attendances that an ambulance, or a call to NHS 111, brought.
    admitted : ndarray of int, shape (people, 3)
        Emergency admissions that A&E attendances brought: those that came by ambulance, by NHS 111, and the
        others.
    """

    ambulance: np.ndarray
    nhs111: np.ndarray
    admitted: np.ndarray


def share_out(mean: np.ndarray, most: np.ndarray, share: float) -> np.ndarray:
    """Return how many contacts each person's are to bring, so that all together bring a share.

    Each brings alike, but never more than `most`: those with room bring for those without. If there is too
    little room, all of it is used.
    """
    brought = np.zeros(len(mean))
    at = np.flatnonzero(mean > 0)
    if len(at) == 0 or share == 0:
        return brought
    limit = most[at] / mean[at]
    order = np.argsort(limit, kind="stable")
    limit, weight = limit[order], mean[at][order]
    # What all bring if each brings `limit` per contact at most: straight between these points.
    total = np.cumsum(limit * weight) + limit * (weight.sum() - np.cumsum(weight))
    each = np.interp(share * weight.sum(), np.append(0, total), np.append(0, limit))
    brought[at] = np.minimum(each * mean[at], most[at])
    return brought


def draw_brought(
    rng: np.random.Generator, mean: np.ndarray, decile: np.ndarray, order: Order
) -> tuple[np.ndarray, Brought]:
    """Return a year's numbers, shape (people, settings), each Poisson with `mean`, and who brought whom."""
    to_ae = np.zeros((len(mean), 2))
    most = np.minimum(mean[:, AMBULANCE], mean[:, AE])
    to_ae[:, 0] = share_out(mean[:, AMBULANCE], most, order.ambulance_to_ae)
    for d, share in zip(DECILES, order.nhs111_to_ae, strict=True):
        here = decile == d
        most = np.minimum(mean[here, NHS111], mean[here, AE] - to_ae[here, 0])
        to_ae[here, 1] = share_out(mean[here, NHS111], most, share)
    most = np.minimum(mean[:, EMERGENCY], mean[:, AE])
    admits = share_out(mean[:, EMERGENCY], most, order.ae_before_emergency)

    own = mean.copy()
    own[:, AE] -= to_ae.sum(axis=1)
    own[:, EMERGENCY] -= admits
    number = rng.poisson(np.maximum(own, 0))
    ae = np.empty((len(mean), 3), dtype=np.int64)
    ae[:, 2] = number[:, AE]
    for n, s in enumerate((AMBULANCE, NHS111)):
        ae[:, n] = rng.binomial(number[:, s], _ratio(to_ae[:, n], mean[:, s]))
    admitted = rng.binomial(ae, _ratio(admits, mean[:, AE])[:, None])
    number[:, AE] = ae.sum(axis=1)
    number[:, EMERGENCY] += admitted.sum(axis=1)
    return number, Brought(ae[:, 0], ae[:, 1], admitted)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.clip(np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0), 0, 1)


# --- days -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Calendar:
    """On which days the contacts of a cell can fall.

    Attributes
    ----------
    before : ndarray of float, shape (settings, days + 1)
        Cumulative weight of the days before each.
    start, stop, late : ndarray of int
        Of each cell: first day at risk, the day after the last, and from which day on contacts are `rise`
        times as likely (`stop` if on none).
    until : ndarray of int
        Of each person: the first day no longer registered, or studied.
    rise : float
    """

    before: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    late: np.ndarray
    until: np.ndarray
    rise: float

    @classmethod
    def of(cls, people: People, states: list[State], weights: np.ndarray, order: Order) -> Calendar:
        """Return the calendar of a block; `weights` of days are of shape (settings, days)."""
        start, stop = (
            np.column_stack([getattr(state, name) for state in states]) for name in ("start", "stop")
        )
        late = np.where(people.died, people.until - order.end_of_life_days, N_DAYS)[:, None]
        before = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(weights, axis=1)], axis=1)
        late = np.clip(late, start, np.maximum(stop, start))
        until = np.minimum(people.until, N_DAYS)
        return cls(before, start.ravel(), stop.ravel(), late.ravel(), until, order.end_of_life)

    def draw(self, rng: np.random.Generator, s: int, cell: np.ndarray) -> np.ndarray:
        """Return a day at risk for each contact of setting `s`."""
        before = self.before[s]
        low, late, high = (before[days[cell]] for days in (self.start, self.late, self.stop))
        at = low + (late - low + self.rise * (high - late)) * rng.random(len(cell))
        at = np.where(at > late, late + (at - late) / self.rise, at)
        return np.clip(np.searchsorted(before, at, side="right") - 1, self.start[cell], self.stop[cell] - 1)

    def open_to(self, cell: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return which days are at risk in their cell."""
        return (day >= self.start[cell]) & (day < self.stop[cell])

    def room(self, cell: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return the most nights that fit between a day and the last day registered or studied."""
        return self.until[cell // N_YEARS] - 1 - day


@dataclass(frozen=True)
class Stays:
    """Stays in hospital in order of person and day; a stay that runs on over a later one ends with it."""

    key: np.ndarray
    end: np.ndarray
    nights: np.ndarray

    @classmethod
    def none(cls) -> Stays:
        """Return no stays at all."""
        return cls.of(*(np.zeros(0, dtype=np.int64) for _ in range(3)))

    @classmethod
    def of(cls, person: np.ndarray, day: np.ndarray, nights: np.ndarray) -> Stays:
        """Return the stays that begin on `day`."""
        order = np.lexsort((day, person))
        key = (person * SPAN + day)[order]
        end = np.maximum.accumulate(key + nights[order])
        # Nights before each stay, each counted once: only differences within a person mean anything.
        apart = end - np.maximum(key, np.append(-1, end[:-1]))
        return cls(key, end, np.append(0, np.cumsum(np.maximum(apart, 0))))

    def inside(self, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return which days lie within a stay, after the day of admission and before that of discharge."""
        return (self.end_of(person, day) > day) if len(self.key) else np.zeros(len(day), dtype=bool)

    def end_of(self, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return the last day of the latest stay that began before each day; -1 if there is none."""
        at = np.searchsorted(self.key, person * SPAN + day, side="left") - 1
        end = self.end[at] - person * SPAN
        return np.where((at >= 0) & (end >= 0), end, -1)

    def touch(self, person: np.ndarray, day: np.ndarray, nights: np.ndarray) -> np.ndarray:
        """Return which further stays would share a day with one of these."""
        if not len(self.key):
            return np.zeros(len(day), dtype=bool)
        first = person * SPAN + day
        at = np.searchsorted(self.key, first + nights, side="right") - 1
        return (at >= 0) & (self.end[at] >= first)

    def plain(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return person, day and end of each stay."""
        person, day = np.divmod(self.key, SPAN)
        return person, day, self.end - person * SPAN

    def clock(self, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return days without the nights in hospital before them; only differences within a person count."""
        return day - self.nights[np.searchsorted(self.key, person * SPAN + day, side="left")]


def draw_outside(
    rng: np.random.Generator, calendar: Calendar, s: int, cell: np.ndarray, day: np.ndarray, stays: Stays
) -> np.ndarray:
    """Return days with those inside a stay drawn again; who never gets out is seen as the stay ends."""
    day, person = day.copy(), cell // N_YEARS
    at = np.flatnonzero(stays.inside(person, day))
    for _ in range(TRIES):
        day[at] = calendar.draw(rng, s, cell[at])
        at = at[stays.inside(person[at], day[at])]
    day[at] = np.minimum(stays.end_of(person[at], day[at]), calendar.stop[cell[at]] - 1)
    return day


def draw_apart(
    rng: np.random.Generator,
    calendar: Calendar,
    s: int,
    cell: np.ndarray,
    day: np.ndarray,
    nights: np.ndarray,
    stays: Stays,
) -> tuple[np.ndarray, np.ndarray]:
    """Return day and nights of stays, drawn again where they would share a day with one of `stays`."""
    day, person = day.copy(), cell // N_YEARS
    most = np.minimum(nights, calendar.room(cell, day))
    at = np.flatnonzero(stays.touch(person, day, most))
    for _ in range(TRIES):
        day[at] = calendar.draw(rng, s, cell[at])
        most[at] = np.minimum(nights[at], calendar.room(cell[at], day[at]))
        at = at[stays.touch(person[at], day[at], most[at])]
    return day, most


def draw_admissions(
    rng: np.random.Generator, calendar: Calendar, cell: np.ndarray, nights: np.ndarray, order: Order
) -> tuple[np.ndarray, np.ndarray]:
    """Return day and nights of emergency admissions, which excite each other and never share a day.

    One after another, a person's admission falls on a day at random, or near an earlier drawn one: so many
    days after that ended, or before it began. Two of them then have the density of their days that a hazard
    has which is `order.emergency_again` times as high on the day after a discharge and falls back by half
    every `order.emergency_half_life` days.
    """
    day, nights = np.zeros(len(cell), dtype=np.int64), nights.copy()
    if not len(cell):
        return day, nights
    person = cell // N_YEARS
    who = np.cumsum(np.diff(person, prepend=-1) != 0) - 1
    rank = np.arange(len(cell)) - np.searchsorted(person, person)
    begins = np.zeros((who[-1] + 1, rank.max() + 1), dtype=np.int64)
    ends = begins.copy()
    excess = ALSO_EXCITED * (order.emergency_again - 1)
    fades = 1 - 0.5 ** (1 / order.emergency_half_life)
    for k in range(rank.max() + 1):
        row = np.flatnonzero(rank == k)
        for again in range(2 * TRIES):
            at, first, last = cell[row], begins[who[row], :k], ends[who[row], :k]
            if again == TRIES:
                nights[row] = 0  # who is in hospital for most of a year
            drawn = calendar.draw(rng, EMERGENCY, at)
            if k:
                # Each earlier one draws as many days' worth of hazard to its sides.
                pull = 2 * k * excess / fades / (calendar.stop[at] - calendar.start[at])
                near = rng.random(len(row)) < pull / (1 + pull)
                other = np.arange(len(row)), rng.integers(0, k, len(row))
                lag = rng.geometric(fades, len(row))
                by = np.where(rng.random(len(row)) < 0.5, last[other] + lag, first[other] - lag - nights[row])
                drawn = np.where(near, by, drawn)
            fits = calendar.open_to(at, drawn)
            drawn = np.clip(drawn, calendar.start[at], calendar.stop[at] - 1)
            stay = np.minimum(nights[row], calendar.room(at, drawn))
            fits &= ~((drawn[:, None] <= last) & ((drawn + stay)[:, None] >= first)).any(axis=1)
            day[row], nights[row] = drawn, np.where(fits, stay, nights[row])
            begins[who[row], k], ends[who[row], k] = drawn, drawn + stay
            row = row[~fits]
            if not len(row):
                break
        # What found no room: a stay without a night, on a day of another one.
        nights[row] = 0
        ends[who[row], k] = day[row]
    return day, nights


# --- contacts that bring others -------------------------------------------------------------------
@dataclass(frozen=True)
class Links:
    """Which contact brought which, as positions among the contacts of a setting (in order of cell).

    Attributes
    ----------
    ae, emergency : ndarray of int
        A&E attendances, and the emergency admissions that they brought.
    ambulance, by_ambulance, nhs111, by_nhs111 : ndarray of int
        Ambulances and calls, and the A&E attendances that they brought.
    """

    ae: np.ndarray
    emergency: np.ndarray
    ambulance: np.ndarray
    by_ambulance: np.ndarray
    nhs111: np.ndarray
    by_nhs111: np.ndarray

    @classmethod
    def of(cls, number: np.ndarray, brought: list[Brought]) -> Links:
        """Return the links of all cells; `number` is of shape (cells, settings).

        Within a cell the first contacts are the linked ones: A&E attendances by ambulance, then those by
        NHS 111, then the others, and of each of these first those that brought an admission.
        """
        by_ambulance, by_call = (
            np.column_stack([getattr(year, name) for year in brought]).ravel()
            for name in ("ambulance", "nhs111")
        )
        admitted = np.stack([year.admitted for year in brought], axis=1).reshape(-1, 3)
        first = np.cumsum(number, axis=0) - number
        ae, emergency, before = [], [], np.zeros(len(number), dtype=np.int64)
        for way, start in enumerate((np.zeros_like(by_call), by_ambulance, by_ambulance + by_call)):
            ae.append(_some(first[:, AE] + start, admitted[:, way]))
            emergency.append(_some(first[:, EMERGENCY] + before, admitted[:, way]))
            before = before + admitted[:, way]
        return cls(
            ae=np.concatenate(ae),
            emergency=np.concatenate(emergency),
            ambulance=_some(first[:, AMBULANCE], by_ambulance),
            by_ambulance=_some(first[:, AE], by_ambulance),
            nhs111=_some(first[:, NHS111], by_call),
            by_nhs111=_some(first[:, AE] + by_ambulance, by_call),
        )


def _some(first: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return `n` positions from `first` on, of one cell after another."""
    before = np.cumsum(n) - n
    return np.repeat(first - before, n) + np.arange(n.sum())


def days_before(
    rng: np.random.Generator,
    calendar: Calendar,
    cell: np.ndarray,
    day: np.ndarray,
    share: float,
    stays: Stays,
) -> np.ndarray:
    """Return the same day, or for a share the day before, if that is at risk and not in a stay."""
    day_before = day - (rng.random(len(day)) < share)
    return np.where(
        calendar.open_to(cell, day_before) & ~stays.inside(cell // N_YEARS, day_before), day_before, day
    )


# --- waits ----------------------------------------------------------------------------------------
def lead_on(
    rng: np.random.Generator,
    calendar: Calendar,
    cell: np.ndarray,
    day: np.ndarray,
    wait: np.ndarray,
    number: np.ndarray,
    stays: Stays,
    log_sd: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return which contacts of another setting follow the given ones, and when.

    Parameters
    ----------
    cell, day, wait : ndarray
        Of the contacts that lead on, with their median wait in days.
    number : ndarray of int
        How many contacts of the other setting each cell has.

    Returns
    -------
    tuple of ndarray of int
        Positions among the other setting's contacts, and days. A contact whose wait ends in a year in which
        the person has none left, in a stay, or after leaving, leads to nothing: its wait has no part in that.
    """
    # Who led on before the study is unseen: the contacts of its first year stand for them.
    early = np.flatnonzero((cell % N_YEARS == 0) & (calendar.start[cell] == 0))
    cell, wait = (np.append(of, of[early]) for of in (cell, wait))
    day = np.append(day, day[early] - YEAR_STARTS[1])
    person = cell // N_YEARS
    days = np.maximum(np.rint(wait * np.exp(rng.normal(0, log_sd, len(cell)))), 1).astype(np.int64)
    then = day + days
    inside = np.clip(then, 0, N_DAYS - 1)
    then = inside + np.where(days > 2, TO_OFFICE_DAY[WEEKDAY[inside]], 0) + (then - inside)
    target = person * N_YEARS + np.searchsorted(YEAR_STARTS, np.clip(then, 0, N_DAYS - 1), side="right") - 1
    keep = rng.permutation(np.flatnonzero(calendar.open_to(target, then) & ~stays.inside(person, then)))
    keep = keep[np.argsort(target[keep], kind="stable")]
    rank = np.arange(len(keep)) - np.searchsorted(target[keep], target[keep])
    there = rank < number[target[keep]]
    first = np.cumsum(number) - number
    return (first[target[keep]] + rank)[there], then[keep[there]]


# --- order ----------------------------------------------------------------------------------------
def put_before(
    rng: np.random.Generator,
    calendar: Calendar,
    cell: np.ndarray,
    day: np.ndarray,
    other: tuple[np.ndarray, np.ndarray],
    stays: Stays,
    order: Order,
) -> np.ndarray:
    """Return days with some contacts in the week after another setting's put into the week before it.

    Of pairs in the one order a share goes over to the other, so that the ratio of their numbers is
    `order.mental_health_to_ae`. Nights in hospital between the two do not count.

    Parameters
    ----------
    cell, day : ndarray of int
        Of the contacts that may move.
    other : tuple of ndarray of int
        Cell and day of the other setting's contacts, of the people who are to have that order.
    """
    day = day.copy()
    if not len(day) or not len(other[0]):
        return day
    person = cell // N_YEARS
    key = person * SPAN + stays.clock(person, day)
    by = np.argsort(key, kind="stable")
    whose = other[0] // N_YEARS
    at = whose * SPAN + stays.clock(whose, other[1])
    low = np.searchsorted(key[by], at, side="right")
    n = np.searchsorted(key[by], at + order.mental_health_days, side="right") - low
    row, near = by[_some(low, n)], np.repeat(other[1], n)
    share = ALSO_MOVED * (order.mental_health_to_ae - 1) / (order.mental_health_to_ae + 1)
    moves = np.flatnonzero(rng.random(len(row)) < share)
    row, near = row[moves], near[moves]
    for _ in range(2 * TRIES):
        to = near - rng.integers(1, order.mental_health_days + 1, len(row))
        fits = calendar.open_to(cell[row], to) & (WEEKDAY[np.maximum(to, 0)] < SATURDAY)
        fits &= ~stays.inside(person[row], to)
        day[row[fits]] = to[fits]
        row, near = row[~fits], near[~fits]
    return day


# --- missed follow-up -----------------------------------------------------------------------------
def miss_follow_ups(
    rng: np.random.Generator,
    cell: np.ndarray,
    day: np.ndarray,
    attended: np.ndarray,
    chance: np.ndarray,
    stays: tuple[np.ndarray, np.ndarray, np.ndarray],
    order: Order,
) -> np.ndarray:
    """Return attendance with more follow-ups missed before a readmission, as many missed as before.

    Where a readmission comes, the odds that a booked contact after discharge was missed are
    `order.missed_follow_up` times as high: it takes the place of one that the same person missed in the same
    year at another time.

    Parameters
    ----------
    cell, day, attended : ndarray of int
        Of GP contacts: 0 yes, 1 missed, 2 unknown.
    chance : ndarray of float
        Of each cell: that a contact of known outcome is missed.
    stays : tuple of ndarray of int
        Person, day and end of emergency admissions, in order of person and day.
    """
    who, begins, ends = stays
    attended = attended.copy()
    if order.missed_follow_up == 1 or not len(who):
        return attended
    first, last = order.readmission_days
    coming = np.searchsorted(who * SPAN + begins, who * SPAN + ends + last, side="right")
    soon = np.searchsorted(who * SPAN + begins, who * SPAN + ends + first, side="left")
    early = np.searchsorted(who * SPAN + begins, who * SPAN + ends, side="right")
    readmitted = (coming > soon) & (soon == early)
    key = cell // N_YEARS * SPAN + day
    by = np.argsort(key, kind="stable")

    def after(stay: np.ndarray) -> np.ndarray:
        """Return the contacts in the days after these stays, each once."""
        low = np.searchsorted(key[by], who[stay] * SPAN + ends[stay], side="right")
        high = np.searchsorted(key[by], who[stay] * SPAN + ends[stay] + order.follow_up_days, side="right")
        return np.unique(by[_some(low, high - low)])

    free = np.ones(len(cell), dtype=bool)
    free[after(np.arange(len(who)))] = False
    n_cells = len(chance)
    known = np.bincount(cell[free & (attended < 2)], minlength=n_cells)
    missed = np.flatnonzero(free & (attended == 1))
    n_missed = np.bincount(cell[missed], minlength=n_cells)
    row = after(np.flatnonzero(readmitted))
    row = row[(attended[row] == 0) & (n_missed[cell[row]] > 0)]
    p, ratio = chance[cell[row]], order.missed_follow_up
    wanted = p * (ratio - 1) / (1 - p + ratio * p)  # of those seen, to be missed instead
    swaps = rng.permutation(row[rng.random(len(row)) < wanted / (1 - (1 - p) ** known[cell[row]])])
    # One missed contact gives way to one follow-up.
    swaps = swaps[np.argsort(cell[swaps], kind="stable")]
    rank = np.arange(len(swaps)) - np.searchsorted(cell[swaps], cell[swaps])
    swaps, rank = (part[rank < n_missed[cell[swaps]]] for part in (swaps, rank))
    gives = missed[(np.cumsum(n_missed) - n_missed)[cell[swaps]] + rank]
    attended[swaps], attended[gives] = 1, 0
    return attended
