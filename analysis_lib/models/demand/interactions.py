"""Demand of every setting at once: its own people, and the interactions that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis_lib.models.demand.fit import DemandFit, fit_demand
from analysis_lib.models.demand.patterns import group_patterns
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
ELIGIBLE: dict[str, dict[str, Sequence]] = {"maternity": {"sex": ["F"], "age_band": _CHILDBEARING}}


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
    """Return the terms of a setting: those that differ between its people, and its own interactions."""
    own = [name for name, of, _ in INTERACTIONS if of == setting and name in frame]
    fixed = [c for c, values in ELIGIBLE.get(setting, {}).items() if len(values) == 1]
    return [*(term for term in terms if term not in fixed), *own]


def fit_settings(
    frame: pd.DataFrame,
    settings: Sequence[str],
    terms: Sequence[str],
    reference: Mapping[str, Any] | None = None,
) -> dict[str, DemandFit]:
    """Fit NB2 models of demand for every setting, each with its own people and interactions.

    Parameters
    ----------
    frame : DataFrame
        One row a person, from `add_interactions`.
    settings : sequence of str
        Columns of counts.
    terms : sequence of str
        Terms of all settings.
    reference : mapping, optional
        Reference level by term.

    Returns
    -------
    dict
        Setting to DemandFit; see `fit_demand` for what is left out and refused.
    """
    every = list(dict.fromkeys(t for s in settings for t in terms_for(frame, s, terms)))
    whole = group_patterns(frame, every, reference=reference)
    fits = {}
    for setting in settings:
        people = eligible(frame, setting)
        patterns = whole if len(people) == len(frame) else None
        own = terms_for(frame, setting, terms)
        fits[setting] = fit_demand(people, setting, own, reference=reference, patterns=patterns)
    return fits
