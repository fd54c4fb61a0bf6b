"""What drives demand: negative binomial regressions of contacts, one a setting, with its own people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import LEAST_RECORDED, check_columns
from analysis_lib.measures.intervals import EXACT_BELOW
from analysis_lib.models.regression import Fit, ModelDidNotFit, coefficients, fit_regression, planted_effects

YEARS = "years_at_risk"  # person-years of a person: the exposure
PEOPLE = "n_people"
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


class Fits(dict[str, Fit]):
    """Models by setting; asked for one that could not be fitted, it says so."""

    @property
    def n_areas(self) -> int:
        """How many areas errors are clustered by; 0 where people are taken as independent."""
        return max((fit.n_clusters for fit in self.values() if fit.interval == "cluster"), default=0)

    def __missing__(self, setting: str) -> Fit:
        raise ModelDidNotFit(TOO_FEW)


def count_patterns(frame: pd.DataFrame, terms: Sequence[str], settings: Sequence[str]) -> pd.DataFrame:
    """Count people who are alike in every term and in person-years, and sum their contacts.

    Returns
    -------
    DataFrame
        The terms, years_at_risk, the sums of the settings, and n_people.

    Raises
    ------
    KeyError, ValueError
        If a column is absent, there is no term, or person-years are missing, negative, or 0 for everybody.
    """
    if not terms:
        raise ValueError("A model of demand needs at least one term.")
    check_columns(frame, [*terms, *settings, YEARS], "The model of demand")
    check_exposure(frame[YEARS])
    # In pandas: DuckDB takes as much processor time for these people, there and back.
    grouped = frame.groupby([*terms, YEARS], observed=True, dropna=False)[list(settings)]
    return grouped.sum().assign(**{PEOPLE: grouped.size()}).reset_index()


def fit_demand(
    frame: pd.DataFrame,
    setting: str,
    terms: Sequence[str],
    family: str = "nb2",
    reference: Mapping[str, Any] | None = None,
    patterns: pd.DataFrame | None = None,
    cluster: str | None = None,
) -> Fit:
    """Fit a regression of contacts by person ("nb2" or "poisson"), with log person-time as offset.

    `frame` has one row a person; those without person-time are left out. `patterns` are its `count_patterns`,
    of these terms or more of them (and of `cluster`, within which people may be alike beyond the terms):
    counted once for several models. The rest is as for `fit_regression`.

    Raises
    ------
    ModelDidNotFit
        If there are fewer than 10 events, and as for `fit_regression`.
    ValueError
        If counts are negative, missing or not whole, or events have no person-time.
    """
    if family not in ("nb2", "poisson"):
        raise ValueError(f"family is nb2 or poisson, not {family}.")
    if patterns is None:
        patterns = count_patterns(frame, [*terms, *([cluster] if cluster else [])], [setting])
    counts, at_risk = frame[setting].to_numpy(float), frame[YEARS].to_numpy() > 0
    bad = int((~np.isfinite(counts) | (counts < 0) | (counts != np.floor(counts))).sum())
    if bad:
        raise ValueError(f"{setting} is missing, negative or not whole in {bad:,} rows.")
    idle = int((~at_risk & (counts > 0)).sum())
    if idle:
        raise ValueError(f"{setting} counts events of {idle:,} rows without person-time: check {YEARS}.")
    if counts.sum() < EXACT_BELOW:
        raise ModelDidNotFit(f"Fewer than {EXACT_BELOW} events: take a larger group or a longer time.")
    often = np.bincount(counts[at_risk].astype("int64"))
    fit = fit_regression(patterns, setting, PEOPLE, terms, family, YEARS, often, reference, cluster)
    if not at_risk.all():
        fit.excluded["no person-time"] = int((~at_risk).sum())
    return fit


def fit_settings(
    frame: pd.DataFrame,
    settings: Sequence[str],
    terms: Sequence[str],
    reference: Mapping[str, Any] | None = None,
    cluster: str | None = None,
) -> Fits:
    """Fit NB2 models of demand for every setting, each with its own people and interactions.

    Parameters
    ----------
    frame : DataFrame
        One row a person, from `add_interactions`.
    settings : sequence of str
        Columns of counts. Those of too few contacts get no model.
    terms : sequence of str
        Terms of all settings; `keep_recorded`, `terms_for` and `choose_terms` say which of them are taken.
    reference : mapping, optional
        Reference level by term; where nobody has it, the commonest.
    cluster : str, optional
        Column of areas, which may differ beyond the terms. Errors are clustered by it where half of the
        people have one (those without are an area together) and there are 20 of them.

    Raises
    ------
    ModelDidNotFit
        If no setting has contacts enough.
    """
    frame, terms = keep_recorded(frame, terms)
    if cluster and not frame[cluster].notna().mean() >= LEAST_RECORDED:  # as well as for a term
        cluster = None
    every = list(dict.fromkeys(t for s in settings for t in terms_for(frame, s, terms)))
    whole, fits = None, Fits()
    for setting in settings:
        people = eligible(frame, setting)
        try:
            own = choose_terms(people, setting, terms_for(frame, setting, terms))
            if len(people) == len(frame) and whole is None:
                whole = count_patterns(frame, [*every, *([cluster] if cluster else [])], settings)
            patterns = whole if len(people) == len(frame) else None
            known = find_references(people, own, reference)
            fits[setting] = fit_demand(
                people, setting, own, reference=known, patterns=patterns, cluster=cluster
            )
        except ModelDidNotFit:
            continue
    if not fits:
        raise ModelDidNotFit("There are too few people and contacts here for a model of any setting.")
    return fits


def list_drivers(
    fits: Mapping[str, Fit],
    blocks: Mapping[str, Sequence[str]],
    truth: Mapping[str, Mapping[str, Any]] | None = None,
) -> pd.DataFrame:
    """Rate ratios of every level against its reference, with the planted ones where they are known.

    `blocks` holds the name of a block (demographics, health need, place) to its terms; `truth` holds setting
    to planted log rate ratios, as `planted_effects` takes them.

    Returns
    -------
    DataFrame
        setting, block ("interaction" for terms of none), term, level (text), n_people, n_events, rate_ratio,
        low, high, planted (rate ratio; missing where it is not known). References have no row.

    Raises
    ------
    KeyError
        If a truth is given that has nothing of these settings and terms.
    """
    block_of = {term: name for name, terms in blocks.items() for term in terms}
    tables = []
    for setting, fit in fits.items():
        table = coefficients(fit).dropna(subset="se")
        planted = np.exp(planted_effects(fit, table, (truth or {}).get(setting, {})))
        block = [block_of.get(term, "interaction") for term in table["term"]]
        tables.append(
            table.assign(setting=setting, block=block, level=table["level"].map(str), planted=planted)
        )
    out = pd.concat(tables, ignore_index=True)
    if truth is not None and out["planted"].isna().all():
        raise KeyError("The truth has no log rate ratios for these settings and terms.")
    columns = {name: name for name in ("setting", "block", "term", "level")}
    columns |= {"trials": "n_people", "events": "n_events", "ratio": "rate_ratio"}
    columns |= {"ratio_low": "low", "ratio_high": "high", "planted": "planted"}
    return out[list(columns)].rename(columns=columns)


def reference_levels(fits: Mapping[str, Fit]) -> dict[str, Any]:
    """Return the level that others are compared with, by term: that of the first model that has the term."""
    levels = [(term, fit.design.levels[term][0]) for fit in fits.values() for term in fit.terms]
    return dict(reversed(levels))


def expected_counts(fit: Fit, frame: pd.DataFrame, of: Sequence[str] | None = None) -> NDArray[np.float64]:
    """Expected count of each row of a frame of people.

    Missing where a level was not in the model (left out there, or new) or there is no person-time. With `of`,
    the effects of all other terms are taken as 0.
    """
    check_columns(frame, [*fit.design.levels, YEARS], "Expected demand")
    years = check_exposure(frame[YEARS])
    linear = np.where(years > 0, fit.coef[0], np.nan)
    for term, code in fit.design.code(frame).items():
        effect = fit.coef[fit.design.places[term]] * (of is None or term in of)
        linear += np.concatenate([[0.0], effect, [np.nan]])[code]  # the last place is of unknown levels: -1
    return years * np.exp(linear)


def add_flags(frame: pd.DataFrame, flags: Mapping[str, Mapping[str, Sequence]]) -> pd.DataFrame:
    """Return a copy with boolean columns for people who fit several conditions at once.

    `flags` holds the name of the new column to what must hold: column to the values it may have. A flag whose
    parts are terms of a model as well is an interaction of them.
    """
    columns = {}
    for name, when in flags.items():
        check_columns(frame, list(when), f"The flag {name}")
        columns[name] = np.logical_and.reduce([frame[c].isin(list(values)) for c, values in when.items()])
    return frame.assign(**columns)


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
    """Return the terms that the contacts of a setting can carry, of people who can use it.

    A flag goes if those who have it have fewer than 10 contacts: its ratio would not be shown.

    Raises
    ------
    ModelDidNotFit
        If there are fewer than 10 contacts, or fewer than 5 contacts or people a coefficient.
    """
    counts = frame[setting].to_numpy()
    flags = [term for term in terms if frame[term].dtype == bool]
    rare = [term for term in flags if counts[frame[term].to_numpy()].sum() < EXACT_BELOW]
    kept = [term for term in terms if term not in rare]
    n_coef = 1 + sum(frame[term].nunique() - 1 for term in kept)
    if counts.sum() < EXACT_BELOW or min(counts.sum(), len(counts)) < PER_COEFFICIENT * n_coef:
        raise ModelDidNotFit(TOO_FEW)
    return kept


def find_references(
    frame: pd.DataFrame, terms: Sequence[str], reference: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the reference level of each term: the one asked for, or where nobody has it, the commonest."""
    asked = {term: level for term, level in (reference or {}).items() if term in terms}
    return {
        term: level if (frame[term] == level).any() else frame[term].mode().iloc[0]
        for term, level in asked.items()
    }


def check_exposure(column: pd.Series) -> NDArray[np.float64]:
    """Return person-years as floats, none of them missing or negative, and some above 0."""
    years = column.to_numpy(float)
    bad = int((~np.isfinite(years) | (years < 0)).sum())
    if bad:
        raise ValueError(f"{column.name} is missing or negative in {bad:,} rows: compute person-years first.")
    if not (years > 0).any():
        raise ValueError(f"{column.name} is 0 in every row: nobody was at risk, so there is no rate.")
    return years


def planted_flags(truth: Mapping[str, Any]) -> dict[str, dict[str, list]]:
    """Interactions that a simulated population's truth.json states, in the form `add_flags` takes."""
    found = {}
    for term in truth["interactions"]:
        when = {column: list(values) for column, values in term["when"].items() if column != "conditions"}
        when |= {f"has_{name}": [True] for name in term["when"].get("conditions", ())}
        found[term["name"]] = when
    return found


def planted_drivers(truth: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Log rate ratios that a simulated population's truth.json states, by setting, term and level.

    Terms are age_band, sex, ethnic_group, imd_decile, msoa, has_<condition>, and the flags of `planted_flags`
    in their own setting. Where the truth says what a model without areas estimates (`across_areas`), it is
    that: a part of what areas do goes with deprivation, and such a model cannot tell it from deprivation.
    """
    found: dict[str, dict[str, Any]] = {}
    across = truth.get("across_areas", {}).get("settings", {})
    for setting, within in truth["contacts"]["settings"].items():
        stated = {**within, **across.get(setting, {})}
        own = stated.pop("interactions", {})
        terms = {name: effects for name, effects in stated.items() if isinstance(effects, Mapping)}
        terms |= {f"has_{name}": float(effect) for name, effect in terms.pop("condition").items()}
        areas = truth.get("area", {}).get("effect", {})
        terms["msoa"] = {area: effects[setting] for area, effects in areas.items()}
        found[setting] = terms | {name: float(effect) for name, effect in own.items()}
    for term in truth["interactions"]:
        found[term["setting"]].setdefault(term["name"], float(term["log_rate"]))
    return found
