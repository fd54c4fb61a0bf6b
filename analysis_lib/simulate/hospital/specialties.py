"""The specialties of a simulated hospital, and the numbers that say who comes to them.

Chosen, not estimated from anybody's records. HRG codes are made up in the form of the national ones: a code
that looks like one of a grouper means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis_lib.simulate.hospital.source import FEMALE, Ints, Source

ADULT, CHILD = (16, 120), (0, 17)
ANYBODY = (0, 120)


@dataclass(frozen=True)
class Specialty:
    """A treatment specialty.

    Attributes
    ----------
    planned, urgent, clinic : float
        How often it is chosen for planned and emergency admissions and outpatients, against the others.
    per_decade : float
        Change of the logarithm of that with ten years of age, from 50.
    ages : tuple of int
        Youngest and oldest age.
    conditions : dict of str to float
        Factors on how often, for people with a condition.
    stay, stay_per_decade : float
        Nights against those of general medicine at 65; change of their logarithm with ten years of age,
        beyond that of general medicine.
    procedure : tuple of float
        Share of planned and of emergency admissions, and of outpatients, with a procedure.
    chapter : str
        Letters of its HRGs.
    general : bool
        Whether a share of its patients is under a consultant of general medicine.
    women : bool
        Whether it is for women alone.
    """

    planned: float
    urgent: float
    clinic: float
    per_decade: float
    ages: tuple[int, int]
    stay: float
    stay_per_decade: float
    procedure: tuple[float, float, float]
    chapter: str
    conditions: dict[str, float] = field(default_factory=dict)
    general: bool = False
    women: bool = False


REFERENCE, REFERENCE_AGE = "300", 65
SPECIALTIES: dict[str, Specialty] = {
    "100": Specialty(1.6, 1.6, 1.0, 0.0, ADULT, 0.9, 0.0, (0.95, 0.35, 0.08), "FQ"),
    "101": Specialty(1.1, 0.45, 0.8, 0.15, ADULT, 0.7, 0.05, (0.95, 0.30, 0.25), "LQ"),
    "110": Specialty(1.2, 1.0, 1.6, 0.05, (3, 120), 1.3, 0.12, (0.95, 0.70, 0.10), "HQ",
                     {"painful_condition": 1.8, "connective_tissue_disorder": 1.5}),
    "120": Specialty(0.5, 0.25, 0.9, -0.1, ANYBODY, 0.5, 0.0, (0.90, 0.20, 0.30), "CQ",
                     {"hearing_loss": 3.0}),
    "130": Specialty(1.3, 0.05, 1.6, 0.35, ANYBODY, 0.4, 0.0, (0.95, 0.30, 0.30), "BQ", {"diabetes": 1.5}),
    "140": Specialty(0.4, 0.10, 0.5, -0.1, ANYBODY, 0.4, 0.0, (0.95, 0.40, 0.35), "CR"),
    "150": Specialty(0.12, 0.12, 0.15, 0.0, ADULT, 1.8, 0.05, (0.90, 0.50, 0.02), "AQ"),
    "160": Specialty(0.35, 0.15, 0.35, 0.0, ANYBODY, 0.7, 0.0, (0.95, 0.60, 0.15), "JQ"),
    "170": Specialty(0.10, 0.08, 0.10, 0.2, ADULT, 1.6, 0.05, (0.90, 0.50, 0.02), "DQ",
                     {"coronary_heart_disease": 3.0}),
    "171": Specialty(0.6, 0.5, 0.3, 0.0, CHILD, 0.7, 0.0, (0.95, 0.40, 0.05), "PQ"),
    "180": Specialty(0.0, 1.0, 0.0, -0.1, ANYBODY, 0.3, 0.0, (0.0, 0.10, 0.0), "VQ"),
    "300": Specialty(0.5, 5.0, 0.4, 0.1, ADULT, 1.0, 0.0, (0.30, 0.15, 0.02), "WQ"),
    "301": Specialty(1.5, 0.5, 0.7, 0.1, ADULT, 0.9, 0.03, (0.90, 0.30, 0.05), "GQ",
                     {"irritable_bowel_syndrome": 2.0, "alcohol_problems": 2.0}, general=True),
    "320": Specialty(0.5, 0.6, 0.9, 0.25, ADULT, 0.9, 0.04, (0.80, 0.30, 0.20), "EQ",
                     {"coronary_heart_disease": 3.0, "atrial_fibrillation": 2.5, "heart_failure": 2.5},
                     general=True),
    "330": Specialty(0.3, 0.03, 0.9, 0.1, ANYBODY, 0.8, 0.0, (0.80, 0.10, 0.25), "JR"),
    "340": Specialty(0.2, 0.6, 0.6, 0.2, ADULT, 1.1, 0.03, (0.50, 0.15, 0.15), "DR",
                     {"copd": 5.0, "asthma": 2.0}, general=True),
    "361": Specialty(0.4, 0.15, 0.4, 0.1, ADULT, 1.2, 0.05, (0.60, 0.20, 0.02), "LR",
                     {"chronic_kidney_disease": 8.0}),
    "370": Specialty(0.5, 0.15, 0.5, 0.1, ADULT, 1.1, 0.0, (0.60, 0.20, 0.02), "SQ", {"cancer": 15.0}),
    "400": Specialty(0.15, 0.25, 0.6, 0.05, ADULT, 1.4, 0.03, (0.50, 0.15, 0.05), "AR",
                     {"epilepsy": 5.0, "stroke_tia": 2.0}),
    "410": Specialty(0.3, 0.05, 0.7, 0.1, ADULT, 0.7, 0.0, (0.60, 0.10, 0.05), "HR",
                     {"connective_tissue_disorder": 8.0}),
    "420": Specialty(0.8, 5.0, 1.6, 0.0, CHILD, 0.7, 0.0, (0.40, 0.10, 0.02), "PR", {"asthma": 1.5}),
    "430": Specialty(0.05, 1.6, 0.3, 0.0, (70, 120), 1.5, 0.10, (0.20, 0.10, 0.01), "WR",
                     {"dementia": 2.5}, general=True),
    "502": Specialty(0.9, 0.35, 0.9, -0.1, ADULT, 0.6, 0.03, (0.90, 0.30, 0.20), "MQ", women=True),
}  # fmt: skip
CODES = tuple(SPECIALTIES)
OBSTETRICS, MIDWIFERY, WELL_BABIES = "501", "560", "424"
MATERNITY_CHAPTER, BIRTH_CHAPTER = "NQ", "PS"
HRG_SHARE = (0.40, 0.25, 0.18, 0.10, 0.07)  # of the five HRGs with a procedure, and of the five without
CHUNK = 200_000
NO_PROCEDURE = 11  # number of the first HRG without a procedure; those with one begin at 1
HRG_MISSING = 0.005


def draw_specialty(
    rng: np.random.Generator, source: Source, person: Ints, day: NDArray[np.int64], age: Ints, use: str
) -> Ints:
    """Return the place among `CODES` of each contact's specialty.

    Parameters
    ----------
    rng : numpy.random.Generator
    source : Source
    person, day, age : ndarray of int, shape (n,)
    use : {"planned", "urgent", "clinic"}
        Which of the weights of a specialty hold.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    chosen = np.zeros(len(person), dtype=np.int64)
    for start in range(0, len(person), CHUNK):  # a weight for each specialty and contact would fill memory
        part = slice(start, start + CHUNK)
        total = np.cumsum(_weights(source, person[part], day[part], age[part], use), axis=0)
        chosen[part] = (rng.random(total.shape[1]) * total[-1] >= total).sum(axis=0)
    return chosen


def _weights(source: Source, person: Ints, day: Ints, age: Ints, use: str) -> np.ndarray:
    """Return how often each specialty is chosen, shape (specialties, n)."""
    weight = np.zeros((len(CODES), len(person)))
    women = source.sex[person] == FEMALE
    for row, specialty in zip(weight, SPECIALTIES.values(), strict=True):
        inside = (age >= specialty.ages[0]) & (age <= specialty.ages[1])
        if specialty.women:
            inside &= women
        row[:] = inside * getattr(specialty, use) * np.exp(specialty.per_decade * (age - 50) / 10)
        for condition, factor in specialty.conditions.items():
            row[source.has(person, day, condition)] *= factor
    return weight


def stay_factor(place: Ints, age: Ints) -> np.ndarray:
    """Return the factor on nights of each admission: 1 in general medicine."""
    level, slope = (
        np.array([getattr(s, name) for s in SPECIALTIES.values()]) for name in ("stay", "stay_per_decade")
    )
    return level[place] * np.exp(slope[place] * (age - REFERENCE_AGE) / 10)


def draw_hrg(rng: np.random.Generator, chapter: np.ndarray, procedure: np.ndarray) -> np.ndarray:
    """Return an HRG of four characters for each row, None of a few."""
    nth = np.searchsorted(np.cumsum(HRG_SHARE), rng.random(len(chapter)), side="right")
    number = np.minimum(nth, len(HRG_SHARE) - 1) + np.where(procedure, 1, NO_PROCEDURE)
    words = np.array([f"{n:02d}" for n in range(100)], dtype=object)
    missing = rng.random(len(chapter)) < HRG_MISSING
    return np.where(missing, None, chapter.astype(object) + words[number])
