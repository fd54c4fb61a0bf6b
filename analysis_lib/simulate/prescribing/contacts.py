"""Contacts of a layer: emergency admissions drawn anew from planted risks, and what goes with them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis_lib.simulate.population.codes import AGE_STARTS, ATTENDED, EPOCH, N_DAYS, SETTINGS
from analysis_lib.simulate.population.contacts import AE, GP, cost_gbp, draw_length
from analysis_lib.simulate.population.read import NEVER, Ints, Marks, days_since_1970, find_places, plain
from analysis_lib.simulate.prescribing.patterns import PATTERNS, SPAN, Pairs, find_pairs, match_rows
from analysis_lib.simulate.prescribing.people import EMERGENCY, INDEX_DAY, People

PERIOD, N_PERIODS = 30, 12  # days from one landmark to the next; landmarks before the index date
YEAR = 365
AE_BEFORE = 0.72  # of emergency admissions, by way of A&E on the same day
FOLLOWED = PATTERNS["P6"]
# Of any seven days the five that are no Saturday or Sunday, by the weekday of the first.
OFFICE_DAYS = np.array([[d for d in range(7) if (first + d) % 7 < 5] for first in range(7)])
THURSDAY = 3  # 1 January 1970


@dataclass(frozen=True)
class Contacts:
    """Contacts: person, day, places among the settings and `ATTENDED`, nights, pounds; -1 is none."""

    person: Ints
    day: Ints
    setting: Ints
    attended: Ints
    length: Ints
    cost: np.ndarray

    def take(self, rows: Ints | Marks) -> Contacts:
        """Return some contacts."""
        return Contacts(*(getattr(self, f.name)[rows] for f in fields(self)))

    def of(self, setting: int) -> Contacts:
        """Return the contacts of a setting."""
        return self.take(self.setting == setting)

    @classmethod
    def join(cls, *parts: Contacts) -> Contacts:
        """Return contacts in order of person, day and setting."""
        all_ = cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))
        return all_.take(np.lexsort((all_.setting, all_.day, all_.person)))


def read_contacts(people: People, contact: pa.Table) -> Contacts:
    """Return the population's contacts."""
    attended = plain(contact["attended"]).to_pandas()
    length = plain(contact["length_days"]).cast(pa.int64()).fill_null(-1)
    return Contacts(
        find_places(pd.Index(people.ids), contact["person_id"], "contact"),
        days_since_1970(contact["date"]),
        find_places(pd.Index(SETTINGS), contact["setting"], "contact"),
        pd.Index(ATTENDED).get_indexer(attended).astype(np.int64),
        length.to_numpy(zero_copy_only=False),
        contact["cost_gbp"].to_numpy(),
    )


def begins(people: People) -> Ints:
    """Return from which day each person's emergency admissions are drawn anew; `NEVER` if never.

    The first landmark on which somebody was registered who is an adult on the index date.
    """
    first = np.full(len(people), NEVER)
    for day in reversed(landmarks()):
        first[people.adults(day)] = day
    return first


def landmarks() -> list[int]:
    """Return the landmarks up to the index date, which is the last."""
    return [INDEX_DAY - PERIOD * n for n in range(N_PERIODS, -1, -1)]


def leave_out(contacts: Contacts, people: People) -> Contacts:
    """Leave out the admissions that are drawn anew, and the A&E attendances of that day or the day before."""
    gone = (contacts.setting == EMERGENCY) & (contacts.day >= begins(people)[contacts.person])
    key = contacts.person * SPAN + contacts.day
    brought = np.isin(key, key[gone]) | np.isin(key + 1, key[gone])
    return contacts.take(~gone & ~((contacts.setting == AE) & brought))


def yearly_hazard(logit: np.ndarray) -> np.ndarray:
    """Return the cumulative hazard of a year whose probability of an admission has these log odds."""
    return np.logaddexp(0, logit)


def draw_admissions(
    rng: np.random.Generator, people: People, person: Ints, start: int, days: int, hazard: np.ndarray
) -> Contacts:
    """Draw emergency admissions, and the A&E attendances that bring them.

    Parameters
    ----------
    rng : numpy.random.Generator
    people : People
    person : ndarray of int
        Who is registered on the day `start`.
    start, days : int
        Of these days; whoever leaves or dies in them has all of the hazard in the days that are left.
    hazard : ndarray of float
        Cumulative, of each of these people.
    """
    who = np.repeat(person, rng.poisson(hazard))
    at_risk = np.minimum(people.until[who] + 1 - start, days)
    key = np.unique(who * SPAN + start + np.floor(rng.random(len(who)) * at_risk).astype(np.int64))
    who, day = key // SPAN, key % SPAN
    band = np.maximum(np.searchsorted(AGE_STARTS, people.age(start)[who], side="right") - 1, 0)
    admitted = _make(who, day, EMERGENCY, draw_length(rng, EMERGENCY, band))
    by_ae = rng.random(len(who)) < AE_BEFORE
    return Contacts.join(admitted, _make(who[by_ae], day[by_ae], AE))


def _make(person: Ints, day: Ints, setting: int, length: Ints | None = None, attended: int = -1) -> Contacts:
    length = np.full(len(person), -1) if length is None else length
    attended_ = np.full(len(person), attended)
    cost = cost_gbp(setting, attended_, length)
    return Contacts(person, day, np.full(len(person), setting), attended_, length, cost)


def set_apart(contacts: Contacts, people: People, since: int) -> Contacts:
    """Let nobody be in two places: what admissions from a day on make impossible gives way to them.

    A stay ends at the latest on the day of the next emergency admission, or on the last of the record. Other
    contacts on the days within the stay of an emergency admission are left out.
    """
    person, day, urgent = contacts.person, contacts.day, contacts.setting == EMERGENCY
    coming = np.append((person * SPAN + day)[urgent], NEVER * SPAN)
    stays = np.flatnonzero(contacts.length > 0)
    own = person[stays] * SPAN + day[stays] + urgent[stays]  # not before itself
    following = coming[np.searchsorted(coming, own)] - person[stays] * SPAN
    last = np.minimum(people.until, EPOCH + N_DAYS - 1)[person[stays]]
    latest = np.maximum(np.minimum(following, last), day[stays])
    length, cost = contacts.length.copy(), contacts.cost.copy()
    length[stays] = np.minimum(length[stays], latest - day[stays])
    for setting in np.unique(contacts.setting[stays]):
        rows = stays[contacts.setting[stays] == setting]
        cost[rows] = cost_gbp(setting, contacts.attended[rows], length[rows])
    cut = Contacts(person, day, contacts.setting, contacts.attended, length, cost)

    new = cut.take(urgent & (day >= since))
    stay, row = match_rows((new.person, new.day), (person, day), (1, int(new.length.max(initial=0))))
    outside = np.ones(len(day), bool)
    outside[row[day[row] < (new.day + new.length)[stay]]] = False
    return cut.take(outside)


def discharges(contacts: Contacts) -> tuple[Ints, Ints]:
    """Return person and day of discharge of emergency admissions."""
    of = contacts.of(EMERGENCY)
    return of.person, of.day + of.length


def seen_by_gp(contacts: Contacts) -> tuple[Ints, Ints]:
    """Return person and day of contacts with a GP that were not missed."""
    of = contacts.of(GP)
    of = of.take(of.attended != ATTENDED.index("DNA"))
    return of.person, of.day


def follow_up(rng: np.random.Generator, people: People, contacts: Contacts, new: Contacts) -> Contacts:
    """Give everybody who was admitted a contact with a GP after discharge, soon or after a long gap.

    The contacts of the seven days after a discharge, and of that day, are left out first. Soon has as large
    a share as those who saw a GP in the week before admission: the pair reversed is as frequent.

    Parameters
    ----------
    rng : numpy.random.Generator
    people : People
    contacts : Contacts
        All, with the new admissions.
    new : Contacts
        The new admissions alone.
    """
    stay, _ = match_rows((new.person, new.day), seen_by_gp(contacts), (-FOLLOWED.days[1], -FOLLOWED.days[0]))
    share = len(np.unique(new.person[stay])) / max(len(np.unique(new.person)), 1)
    urgent = contacts.of(EMERGENCY)
    kept = np.isin(urgent.person * SPAN + urgent.day, new.person * SPAN + new.day)
    person, out = (column[kept] for column in discharges(contacts))
    _, row = match_rows((person, out), (contacts.person, contacts.day), (0, FOLLOWED.days[1]))
    gone = np.zeros(len(contacts.day), bool)
    gone[row] = True
    left = contacts.take(~(gone & (contacts.setting == GP)))

    soon = (rng.random(len(people)) < share)[person]  # a person's: how often somebody came says nothing of it
    weeks = rng.integers(FOLLOWED.other_gap[0] // 7, FOLLOWED.other_gap[1] // 7, len(person))
    first = out + np.where(soon, 0, weeks * 7) + 1
    day = first + OFFICE_DAYS[(first + THURSDAY) % 7, rng.integers(0, 5, len(first))]
    fits = day <= np.minimum(people.until[person], INDEX_DAY + YEAR - 1)
    seen = np.unique((person * SPAN + day)[fits])
    return Contacts.join(left, _make(seen // SPAN, seen % SPAN, GP, attended=ATTENDED.index("yes")))


def follow_up_pairs(contacts: Contacts, days: tuple[int, int], backwards: bool = False) -> Pairs:
    """Return discharges that a contact with a GP followed or, backwards, admissions that it came before."""
    if backwards:
        of = contacts.of(EMERGENCY)
        return find_pairs(seen_by_gp(contacts), (of.person, of.day), days)
    return find_pairs(discharges(contacts), seen_by_gp(contacts), days)
