"""Demand of every setting at once: its own people, and the interactions that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis_lib.measures.cells import LEAST_RECORDED
from analysis_lib.measures.intervals import EXACT_BELOW
from analysis_lib.models.attendance import ModelDidNotFit
from analysis_lib.models.demand.fit import DemandFit, fit_demand
from analysis_lib.models.demand.patterns import find_references, group_patterns
from analysis_lib.models.demand.tables import add_flags

_UNDER_35 = ("0-4", "5-14", "15-24", "25-34")
_CHILDBEARING = ("15-24", "25-34", "35-44")

# Stated before any data were seen: name, the setting that it is asked of, and who it is about.
INTERACTIONS: tuple[tuple[str, str, dict[str, Sequence]], ...] = (
    ("male_15_44", "gp", {"sex": ["M"], "age_band": _CHILDBEARING}),
    ("copd_core20", "emergency", {"has_copd": [True], "imd_decile": [1, 2]}),
    ("anxiety_depression_under_35", "ae", {"has_anxiety_depression": [True], "age_band": _UNDER_35}),
    ("heart_failure_75_and_over", "emergency", {"has_heart_failure": [True], "age_band": ["75-84", "85+"]}),
    (
        "diabetes_and_kidney_disease",
        "outpatient",
        {"has_diabetes": [True], "has_chronic_kidney_disease": [True]},
    ),
)
# Fewer leave rate ratios that say more of chance than of people: Vittinghoff E, McCulloch CE (2007) Am J
# Epidemiol 165:710-718.
PER_COEFFICIENT = 5  # contacts, and people
TOO_FEW = "These people are too few, or have too few contacts of this kind, for a model of them."
ELIGIBLE: dict[str, dict[str, Sequence]] = {"maternity": {"sex": ["F"], "age_band": _CHILDBEARING}}


class Fits(dict[str, DemandFit]):
    """Models by setting; asked for one that could not be fitted, it says so."""

    def __missing__(self, setting: str) -> DemandFit:
        raise ModelDidNotFit(TOO_FEW)


def add_interactions(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with a flag for each of `INTERACTIONS` whose columns the frame has."""
    flags = {name: when for name, _, when in INTERACTIONS if set(when) <= set(frame.columns)}
    return add_flags(frame, flags)


def eligible(frame: pd.DataFrame, setting: str) -> pd.DataFrame:
    """Return the people who can use a setting: maternity care is counted of women of 15 to 44 years."""
    for column, values in ELIGIBLE.get(setting, {}).items():
        frame = frame[frame[column].isin(list(values))]
    return frame


def terms_for(frame: pd.DataFrame, setting: str, terms: Sequence[str]) -> list[str]:
    """Return the terms of a setting: those that differ between its people, and its interactions of them."""
    own = [n for n, of, when in INTERACTIONS if of == setting and n in frame and set(when) <= set(terms)]
    fixed = [c for c, values in ELIGIBLE.get(setting, {}).items() if len(values) == 1]
    return [*(term for term in terms if term not in fixed), *own]


def keep_recorded(frame: pd.DataFrame, terms: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return the people whose terms are all recorded, and those terms that half of the people have."""
    kept = [term for term in terms if frame[term].notna().mean() >= LEAST_RECORDED]
    return frame.dropna(subset=kept), kept


def choose_terms(frame: pd.DataFrame, setting: str, terms: Sequence[str]) -> list[str]:
    """Return the terms that the contacts of a setting can carry.

    Parameters
    ----------
    frame : DataFrame
        One row a person who can use the setting; nothing missing.
    setting : str
        Column of counts.
    terms : sequence of str
        From `terms_for`. A flag goes if those who have it have fewer than 10 contacts: its ratio would not be
        shown.

    Raises
    ------
    ModelDidNotFit
        If there are fewer than 10 contacts, or fewer than 5 contacts or people a coefficient.
    """
    counts = frame[setting].to_numpy()
    kept = [
        term
        for term in terms
        if frame[term].dtype != bool or counts[frame[term].to_numpy()].sum() >= EXACT_BELOW
    ]
    n_coef = 1 + sum(frame[term].nunique() - 1 for term in kept)
    if counts.sum() < EXACT_BELOW or min(counts.sum(), len(counts)) < PER_COEFFICIENT * n_coef:
        raise ModelDidNotFit(TOO_FEW)
    return kept


def fit_settings(
    frame: pd.DataFrame,
    settings: Sequence[str],
    terms: Sequence[str],
    reference: Mapping[str, Any] | None = None,
) -> Fits:
    """Fit NB2 models of demand for every setting, each with its own people and interactions.

    Parameters
    ----------
    frame : DataFrame
        One row a person, from `add_interactions`.
    settings : sequence of str
        Columns of counts.
    terms : sequence of str
        Terms of all settings. One recorded for fewer than half of the people is left out; else the people are
        for whom it is not recorded.
    reference : mapping, optional
        Reference level by term; where nobody has it, the commonest.

    Returns
    -------
    Fits
        Setting to DemandFit, without settings of too few contacts; see `choose_terms` and `fit_demand` for
        what else is left out.

    Raises
    ------
    ModelDidNotFit
        If no setting has contacts enough.
    """
    frame, terms = keep_recorded(frame, terms)
    every = list(dict.fromkeys(t for s in settings for t in terms_for(frame, s, terms)))
    whole, fits = None, Fits()
    for setting in settings:
        people = eligible(frame, setting)
        try:
            own = choose_terms(people, setting, terms_for(frame, setting, terms))
            if len(people) == len(frame) and whole is None:
                whole = group_patterns(frame, every, reference=find_references(frame, every, reference))
            patterns = whole if len(people) == len(frame) else None
            known = find_references(people, own, reference)
            fits[setting] = fit_demand(people, setting, own, reference=known, patterns=patterns)
        except ModelDidNotFit:
            continue
    if not fits:
        raise ModelDidNotFit("There are too few people and contacts here for a model of any setting.")
    return fits
