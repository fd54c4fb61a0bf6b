"""Draw a simulated hospital's outpatients and A&E, and count them in rows that are alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.simulate.hospital.admissions import (
    DEPRIVATION_MISSING,
    MAIN_BOARD,
    MIDWIFERY_SHARE,
    OLDEST,
    PLANNED_SITES,
    SITES,
    pick,
)
from analysis_lib.simulate.hospital.source import NEVER, Ints, Marks, Source
from analysis_lib.simulate.hospital.specialties import (
    CODES,
    HRG_SHARE,
    MIDWIFERY,
    OBSTETRICS,
    SPECIALTIES,
    draw_specialty,
)

FIRST_SHARE = 0.30  # of attendances with outpatients
GP_SHARE, CONSULTANT_SHARE = 0.60, 0.25  # of first attendances: referred by a GP, by another consultant
TELE_SHARE = {"first": 0.15, "followup": 0.28}  # by telephone or video, where there is no procedure
FIRST_HRG, FOLLOW_UP_HRG = "XQ01", "XQ02"  # of attendances without a procedure
URGENT_CARE_SHARE = 0.30  # of those who come by themselves, to the urgent treatment centre
PLANNED_RETURN_SHARE = 0.03
FREQUENT_FROM = 4  # attendances in a year
ACUITY = ("non-urgent", "standard", "urgent", "very-urgent", "immediate-resuscitation")
ACUITY_SHARE = {True: (0.02, 0.28, 0.45, 0.20, 0.05), False: (0.20, 0.55, 0.20, 0.045, 0.005)}
ACUITY_MISSING = 0.02
LOW_COST_SHARE, LEFT_SHARE, NO_TREATMENT_SHARE = 0.35, 0.05, 0.15
DAYS_PER_YEAR = 365


def draw_outpatients(
    rng: np.random.Generator, source: Source, board: np.ndarray, admitted: Marks
) -> pd.DataFrame:
    """Return attendances with outpatients and midwives, alike ones counted in one row.

    Parameters
    ----------
    rng : numpy.random.Generator
    source : Source
    board : ndarray of str, shape (people,)
    admitted : ndarray of bool
        Which contacts of maternity care brought an admission, and so are none here.

    Returns
    -------
    pandas.DataFrame
        The columns of op that are not derived.
    """
    clinic, midwife = source.rows("outpatient"), source.rows("maternity")[~admitted]
    rows = np.concatenate([clinic, midwife])
    person, day, n = source.person[rows], source.day[rows], len(rows)
    age = source.age(person, day)
    place = draw_specialty(
        rng, source, person[: len(clinic)], day[: len(clinic)], age[: len(clinic)], "clinic"
    )
    maternity = np.where(rng.random(len(midwife)) < MIDWIFERY_SHARE, len(CODES) + 1, len(CODES))
    place = np.concatenate([place, maternity])
    codes = np.array([*CODES, OBSTETRICS, MIDWIFERY], dtype=object)
    share = np.array([*(s.procedure[2] for s in SPECIALTIES.values()), 0.0, 0.0])
    first = rng.random(n) < FIRST_SHARE
    procedure = rng.random(n) < share[place]
    by = rng.random(n)
    chance = np.where(first, TELE_SHARE["first"], TELE_SHARE["followup"])
    tele = ~procedure & (rng.random(n) < chance)
    frame = pd.DataFrame(
        {
            "age": np.minimum(age, OLDEST),
            "sex": source.sex[person],
            "imd_quintile": _quintile(rng, source, person),
            "tretspef": codes[place],
            "sitetret": pick(rng, PLANNED_SITES, n),
            "has_procedures": procedure,
            "sushrg_trimmed": _hrg(rng, place, procedure, first),
            "icb": board[person],
            "is_main_icb": board[person] == MAIN_BOARD,
            "is_gp_ref": first & (by < GP_SHARE),
            "is_cons_cons_ref": first & (by >= GP_SHARE) & (by < GP_SHARE + CONSULTANT_SHARE),
            "is_first": first,
        }
    )
    return count_alike(frame, {"attendances": ~tele, "tele_attendances": tele})


def draw_arrivals(rng: np.random.Generator, source: Source, board: np.ndarray) -> pd.DataFrame:
    """Return arrivals in A&E, alike ones counted in one row: the columns of aae that are not derived."""
    rows = source.rows("ae")
    person, day, n = source.person[rows], source.day[rows], len(rows)
    calls = source.rows("ambulance")
    ambulance = np.isin(person * NEVER + day, source.person[calls] * NEVER + source.day[calls])
    admitted = source.rows("emergency")
    stays = source.person[admitted] * NEVER + source.day[admitted]
    stayed = np.isin(person * NEVER + day, stays) | np.isin(person * NEVER + day + 1, stays)
    shares = np.cumsum(np.where(ambulance[:, None], ACUITY_SHARE[True], ACUITY_SHARE[False]), axis=1)
    nth = np.minimum((rng.random(n)[:, None] >= shares).sum(axis=1), len(ACUITY) - 1)
    left = ~stayed & ~ambulance & (rng.random(n) < LEFT_SHARE)
    frame = pd.DataFrame(
        {
            "age": np.minimum(source.age(person, day), OLDEST),
            "sex": source.sex[person],
            "sitetret": pick(rng, SITES, n),
            "aedepttype": np.where(
                ~ambulance & ~stayed & (rng.random(n) < URGENT_CARE_SHARE), "03", "01"
            ).astype(object),
            "attendance_category": np.where(rng.random(n) < PLANNED_RETURN_SHARE, "2", "1").astype(object),
            "acuity": np.where(rng.random(n) < ACUITY_MISSING, None, np.array(ACUITY, dtype=object)[nth]),
            "icb": board[person],
            "is_main_icb": board[person] == MAIN_BOARD,
            "is_ambulance": ambulance,
            "is_frequent_attender": nth_in_a_year(person, day) >= FREQUENT_FROM,
            "is_low_cost_referred_or_discharged": ~stayed & (nth <= 1) & (rng.random(n) < LOW_COST_SHARE),
            "is_left_before_treatment": left,
            "is_discharged_no_treatment": ~stayed & ~left & (rng.random(n) < NO_TREATMENT_SHARE),
        }
    )
    return count_alike(frame, {"arrivals": np.ones(n, bool)})


def nth_in_a_year(person: Ints, day: NDArray[np.int64]) -> Ints:
    """Return how many times each person had come in the year up to a row, this one counted.

    Parameters
    ----------
    person, day : ndarray of int, shape (n,)
        In order of person and day.
    """
    key = person * NEVER + day
    first = np.searchsorted(key, key - DAYS_PER_YEAR + 1)
    return np.arange(len(key)) - first + 1


def count_alike(frame: pd.DataFrame, counts: dict[str, Marks]) -> pd.DataFrame:
    """Return the rows of a frame that differ, in their order, and how many of each kind they stand for."""
    key = np.zeros(len(frame), np.int64)
    for name in frame:
        code, levels = pd.factorize(frame[name], sort=True, use_na_sentinel=True)
        key = key * (len(levels) + 1) + code + 1
    _, first, kind = np.unique(key, return_index=True, return_inverse=True)
    alike = frame.iloc[first].reset_index(drop=True)
    sums = {name: np.bincount(kind, marks, len(first)).astype(np.int64) for name, marks in counts.items()}
    return alike.assign(**sums)


def _quintile(rng: np.random.Generator, source: Source, person: Ints) -> np.ndarray:
    quintile = source.quintile[person].astype(float)
    quintile[rng.random(len(person)) < DEPRIVATION_MISSING] = np.nan
    return quintile


def _hrg(rng: np.random.Generator, place: Ints, procedure: Marks, first: Marks) -> np.ndarray:
    """Return the HRG of each attendance: of its specialty with a procedure, else of its kind."""
    chapters = np.array([*(s.chapter for s in SPECIALTIES.values()), "", ""], dtype=object)
    nth = np.searchsorted(np.cumsum(HRG_SHARE), rng.random(len(place)), side="right")
    number = np.array(["31", "32", "33", "34", "35"], dtype=object)[np.minimum(nth, len(HRG_SHARE) - 1)]
    return np.where(procedure, chapters[place] + number, np.where(first, FIRST_HRG, FOLLOW_UP_HRG))
