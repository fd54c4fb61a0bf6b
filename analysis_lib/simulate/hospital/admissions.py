"""Draw the admissions of a simulated hospital: planned, emergency, maternity and births."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis_lib.simulate.hospital.source import NEVER, Ints, Marks, Source, months
from analysis_lib.simulate.hospital.specialties import (
    BIRTH_CHAPTER,
    CODES,
    MATERNITY_CHAPTER,
    MIDWIFERY,
    OBSTETRICS,
    SPECIALTIES,
    WELL_BABIES,
    draw_hrg,
    draw_specialty,
    stay_factor,
)
from analysis_lib.simulate.population.codes import EPOCH

OLDEST = 90  # older people are stored as 90
DAY_CASE = {"110": 0.80, "320": 0.85}  # share of planned admissions without a night; others below
DAY_CASE_ELSEWHERE = 0.92
REGULAR_BY_DAY = {"361": 0.70, "370": 0.60, "410": 0.20}  # the same share of regular attenders
REGULAR_BY_NIGHT = {"361": 0.03}
PLANNED_METHOD = {"11": 0.75, "12": 0.17, "13": 0.08}
URGENT_METHOD = {"22": 0.40, "28": 0.35, "24": 0.20, "2A": 0.05}  # not by way of A&E
TRANSFER, TRANSFER_SHARE = "81", 0.02
MATERNITY_METHOD = {"31": 0.85, "32": 0.15}
BIRTH = "82"
ADMITTED_OF_MATERNITY = 0.10  # of contacts of maternity care of women of 13 to 55
DELIVERY_SHARE = 0.75  # of these
DELIVERY_NIGHTS = (0.25, 0.35, 0.20, 0.12, 0.08)  # none, one and so on; mothers and babies
OTHER_MATERNITY_NIGHTS = (0.70, 0.20, 0.10)
NEONATAL_SHARE, NEONATAL_LOG_MEAN, NEONATAL_LOG_SD = 0.05, 2.2, 0.8
MIDWIFERY_SHARE = 0.3
UNDER_A_PHYSICIAN = 0.15  # of those whose specialty has consultants of general medicine
DEPRIVATION_MISSING = 0.01
SITES = {"a": 0.62, "b": 0.38}  # of emergency and maternity care
PLANNED_SITES = {"a": 0.35, "b": 0.25, "c": 0.40}  # c is for planned care alone
MAIN_BOARD, OTHER_BOARD, MAIN_SHARE = "A", "B", 0.88
READMITTED_DAYS, AGAIN_DAYS = 30, 28
OBSTETRIC_OPERATION_SHARE, NEONATAL_PROCEDURE_SHARE = 0.6, 0.5
MATERNITY_AGES = (13, 55)


@dataclass(frozen=True)
class Admissions:
    """Admissions in the demand model's layout, and what stands beside them.

    Attributes
    ----------
    ip : pandas.DataFrame
        The columns that are not derived but rn, which a later step gives.
    person, day : ndarray of int, shape (rows,)
    readmitted, again, died : ndarray of bool, shape (rows,)
        Whether an emergency admission followed within 30 days of discharge; whether this one followed a
        discharge within 28 days; whether the person died in the month of discharge or the next.
    """

    ip: pd.DataFrame
    person: Ints
    day: Ints
    readmitted: Marks
    again: Marks
    died: Marks


def draw_boards(rng: np.random.Generator, source: Source) -> np.ndarray:
    """Return the integrated care board of each person, "A" of most."""
    main = rng.random(len(source.sex)) < MAIN_SHARE
    return np.where(main, MAIN_BOARD, OTHER_BOARD).astype(object)


def pick(rng: np.random.Generator, shares: dict[str, float], n: int) -> np.ndarray:
    """Return codes drawn by their shares."""
    return rng.choice(np.array(list(shares), dtype=object), n, p=list(shares.values()))


def draw_admissions(
    rng: np.random.Generator, source: Source, board: np.ndarray, admitted: Marks
) -> Admissions:
    """Draw all admissions, in order of kind, person and day.

    Parameters
    ----------
    rng : numpy.random.Generator
    source : Source
    board : ndarray of str, shape (people,)
        Of `draw_boards`.
    admitted : ndarray of bool
        Of `draw_admitted`.
    """
    parts = [
        _planned(rng, source),
        _urgent(rng, source),
        _maternity(rng, source, admitted),
        _births(rng, source),
    ]
    ip, person, day, nights = (
        pd.concat([part[0] for part in parts], ignore_index=True),
        *(np.concatenate([part[n] for part in parts]) for n in (1, 2, 3)),
    )
    quintile = source.quintile[person].astype(float)
    quintile[rng.random(len(ip)) < DEPRIVATION_MISSING] = np.nan
    ip = ip.assign(
        sex=source.sex[person],
        imd_quintile=quintile,
        icb=board[person],
        is_main_icb=board[person] == MAIN_BOARD,
    )
    out = day + nights
    urgent = ip["admimeth"].str.startswith("2").to_numpy(bool)
    readmitted, again = _follow(person, day, out, urgent)
    gone = months(out) >= source.died[person] - 1
    return Admissions(ip, person, day, readmitted, again, gone)


Part = tuple[pd.DataFrame, Ints, Ints, Ints]


def _planned(rng: np.random.Generator, source: Source) -> Part:
    rows = source.rows("elective")
    person, day, length, n = source.person[rows], source.day[rows], source.length[rows], len(rows)
    age = source.age(person, day)
    place = draw_specialty(rng, source, person, day, age, "planned")
    code = np.array(CODES, dtype=object)[place]
    nights = _stretch(rng, length, place, age)
    kind, u, stays = np.full(n, "1", dtype=object), rng.random(n), length > 0
    by_day, by_night = (_lookup(shares, code) for shares in (REGULAR_BY_DAY, REGULAR_BY_NIGHT))
    day_case = by_day + by_night + _lookup(DAY_CASE, code, DAY_CASE_ELSEWHERE) * (1 - by_day - by_night)
    kind[u < day_case] = "2"
    kind[u < by_day + by_night] = "4"
    kind[u < by_day] = "3"
    kind[stays] = "1"
    nights = np.where(kind == "1", nights, 0)
    procedure = _draw_procedure(rng, place, 0)
    frame = pd.DataFrame(
        {
            "age": np.minimum(age, OLDEST),
            "classpat": kind,
            "mainspef": _consultant(rng, place, code),
            "tretspef": code,
            "speldur": nights,
            "admimeth": pick(rng, PLANNED_METHOD, n),
            "sitetret": pick(rng, PLANNED_SITES, n),
            "sushrg_trimmed": draw_hrg(rng, _chapter(place), procedure),
            "has_procedure": procedure,
            "maternity_delivery_in_spell": False,
        }
    )
    return frame, person, day, length


def _urgent(rng: np.random.Generator, source: Source) -> Part:
    rows = source.rows("emergency")
    person, day, length, n = source.person[rows], source.day[rows], source.length[rows], len(rows)
    age = source.age(person, day)
    place = draw_specialty(rng, source, person, day, age, "urgent")
    code = np.array(CODES, dtype=object)[place]
    method = pick(rng, URGENT_METHOD, n)
    method[_by_way_of(source, person, day)] = "21"
    method[rng.random(n) < TRANSFER_SHARE] = TRANSFER
    procedure = _draw_procedure(rng, place, 1)
    frame = pd.DataFrame(
        {
            "age": np.minimum(age, OLDEST),
            "classpat": "1",
            "mainspef": _consultant(rng, place, code),
            "tretspef": code,
            "speldur": _stretch(rng, length, place, age),
            "admimeth": method,
            "sitetret": pick(rng, SITES, n),
            "sushrg_trimmed": draw_hrg(rng, _chapter(place), procedure),
            "has_procedure": procedure,
            "maternity_delivery_in_spell": False,
        }
    )
    return frame, person, day, length


def draw_admitted(rng: np.random.Generator, source: Source) -> Marks:
    """Return which contacts of maternity care that were not missed bring an admission."""
    rows = source.rows("maternity")
    age = source.age(source.person[rows], source.day[rows])
    fertile = (source.sex[source.person[rows]] == 2) & (age >= MATERNITY_AGES[0]) & (age <= MATERNITY_AGES[1])
    return fertile & (rng.random(len(rows)) < ADMITTED_OF_MATERNITY)


def _maternity(rng: np.random.Generator, source: Source, admitted: Marks) -> Part:
    rows = source.rows("maternity")[admitted]
    person, day, n = source.person[rows], source.day[rows], len(rows)
    delivery = rng.random(n) < DELIVERY_SHARE
    nights = np.where(delivery, _draw_nights(rng, DELIVERY_NIGHTS, n), 0)
    nights = np.where(delivery, nights, _draw_nights(rng, OTHER_MATERNITY_NIGHTS, n))
    procedure = delivery & (rng.random(n) < OBSTETRIC_OPERATION_SHARE)
    specialty = np.where(rng.random(n) < MIDWIFERY_SHARE, MIDWIFERY, OBSTETRICS).astype(object)
    frame = pd.DataFrame(
        {
            "age": source.age(person, day),
            "classpat": "1",
            "mainspef": specialty,
            "tretspef": specialty,
            "speldur": nights,
            "admimeth": pick(rng, MATERNITY_METHOD, n),
            "sitetret": pick(rng, SITES, n),
            "sushrg_trimmed": draw_hrg(rng, np.full(n, MATERNITY_CHAPTER, dtype=object), procedure),
            "has_procedure": procedure,
            "maternity_delivery_in_spell": delivery,
        }
    )
    return frame, person, day, nights


def _births(rng: np.random.Generator, source: Source) -> Part:
    """Draw an admission for everybody who was born here in the years of the population."""
    here = months(source.since) <= source.born + 1  # others moved in later
    person = np.flatnonzero(here & (source.born >= months(np.array([EPOCH]))))
    n = len(person)
    month = source.born[person].astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    ill = rng.random(n) < NEONATAL_SHARE
    long = np.ceil(np.exp(rng.normal(NEONATAL_LOG_MEAN, NEONATAL_LOG_SD, n))).astype(np.int64)
    nights = np.where(ill, long, _draw_nights(rng, DELIVERY_NIGHTS, n))
    frame = pd.DataFrame(
        {
            "age": np.zeros(n, np.int64),
            "classpat": "1",
            "mainspef": np.where(ill, "420", OBSTETRICS).astype(object),
            "tretspef": np.where(ill, "420", WELL_BABIES).astype(object),
            "speldur": nights,
            "admimeth": BIRTH,
            "sitetret": pick(rng, SITES, n),
            "sushrg_trimmed": draw_hrg(rng, np.full(n, BIRTH_CHAPTER, dtype=object), ill),
            "has_procedure": ill & (rng.random(n) < NEONATAL_PROCEDURE_SHARE),
            "maternity_delivery_in_spell": False,
        }
    )
    return frame, person, month + rng.integers(0, 28, n), nights


def _follow(person: Ints, day: Ints, out: Ints, urgent: Marks) -> tuple[Marks, Marks]:
    """Return which rows an emergency admission followed, and which are one that followed a discharge."""
    readmitted, again = np.zeros(len(person), bool), np.zeros(len(person), bool)
    if not urgent.any():
        return readmitted, again
    span = int(out.max()) + READMITTED_DAYS + 2
    come = np.sort((person * span + day)[urgent])
    leave = np.sort(person * span + out)
    start = person * span + out + 1
    at = np.searchsorted(come, start)
    nearest = come[np.minimum(at, len(come) - 1)]
    readmitted = (at < len(come)) & (nearest - start < READMITTED_DAYS)
    before = np.searchsorted(leave, person * span + day) - 1  # the last discharge on an earlier day
    last = leave[np.maximum(before, 0)]
    again = urgent & (before >= 0) & (person * span + day - last <= AGAIN_DAYS)
    return readmitted, again


def _by_way_of(source: Source, person: Ints, day: Ints) -> Marks:
    """Return who was in A&E on the day of admission or the day before."""
    rows = source.rows("ae")
    span = NEVER
    seen = source.person[rows] * span + source.day[rows]
    return np.isin(person * span + day, seen) | np.isin(person * span + day - 1, seen)


def _stretch(rng: np.random.Generator, length: Ints, place: Ints, age: Ints) -> Ints:
    """Return nights: those of the contact times the specialty's factor, rounded so that the mean is kept."""
    return np.floor(length * stay_factor(place, age) + rng.random(len(length))).astype(np.int64)


def _lookup(shares: dict[str, float], code: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
    found = np.full(len(code), otherwise)
    for name, share in shares.items():
        found[code == name] = share
    return found


def _draw_nights(rng: np.random.Generator, shares: tuple[float, ...], n: int) -> Ints:
    return rng.choice(len(shares), n, p=shares)


def _draw_procedure(rng: np.random.Generator, place: Ints, use: int) -> Marks:
    share = np.array([specialty.procedure[use] for specialty in SPECIALTIES.values()])
    return rng.random(len(place)) < share[place]


def _chapter(place: Ints) -> np.ndarray:
    return np.array([specialty.chapter for specialty in SPECIALTIES.values()], dtype=object)[place]


def _consultant(rng: np.random.Generator, place: Ints, code: np.ndarray) -> np.ndarray:
    general = np.array([specialty.general for specialty in SPECIALTIES.values()])[place]
    return np.where(general & (rng.random(len(place)) < UNDER_A_PHYSICIAN), "300", code)
