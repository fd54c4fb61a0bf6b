"""The checks and forecasts of demand, for every setting at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis_lib.models.attendance import ModelDidNotFit
from analysis_lib.models.demand.checks import check_fit, evaluate_blocks
from analysis_lib.models.demand.fit import DemandFit
from analysis_lib.models.demand.interactions import (
    choose_terms,
    eligible,
    fit_settings,
    keep_recorded,
    terms_for,
)
from analysis_lib.models.demand.need import adjust_for_need
from analysis_lib.models.demand.next_year import carry_forward, predict_demand, year_change
from analysis_lib.models.demand.tables import compare_truth_drivers, rate_ratios

DRIVER_COLUMNS = ["setting", "block", "term", "level", "n_people", "n_events", "rate_ratio", "low", "high"]
NAIVE = "rate of last year"


def list_drivers(
    fits: Mapping[str, DemandFit],
    blocks: Mapping[str, Sequence[str]],
    truth: Mapping[str, Mapping[str, Any]] | None = None,
) -> pd.DataFrame:
    """Rate ratios of every level against its reference, with the planted ones where they are known.

    Returns
    -------
    DataFrame
        setting, block ("interaction" for terms of none), term, level, n_people, n_events, rate_ratio, low,
        high, planted (rate ratio; missing where it is not known). References have no row.
    """
    ratios = rate_ratios(fits, blocks)
    ratios = ratios[ratios["se"].notna()]
    ratios = ratios.assign(block=ratios["block"].fillna("interaction"))[DRIVER_COLUMNS]
    if truth is None:
        return ratios.reset_index(drop=True).assign(planted=float("nan"))
    keys = ["setting", "term", "level"]
    known = compare_truth_drivers(fits, truth)[[*keys, "planted"]]
    return ratios.merge(known, on=keys, how="left")


def reference_levels(fits: Mapping[str, DemandFit]) -> dict[str, Any]:
    """Return the level that others are compared with, by term: that of the first model that has the term."""
    levels = [(term, fit.levels[term][0]) for fit in fits.values() for term in fit.terms]
    return dict(reversed(levels))


def evaluate_settings(
    frame: pd.DataFrame,
    settings: Sequence[str],
    blocks: Mapping[str, Sequence[str]],
    reference: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """`evaluate_blocks` of every setting among its own people, with the terms of its model.

    Settings too rare to hold people out, and blocks of which nothing is in the model, have no row.

    Raises
    ------
    ModelDidNotFit
        If no setting has a row.
    """
    frame, every = keep_recorded(frame, [term for block in blocks.values() for term in block])
    tables = []
    for setting in settings:
        people = eligible(frame, setting)
        try:
            chosen = choose_terms(people, setting, terms_for(frame, setting, every))
            own = {name: [term for term in block if term in chosen] for name, block in blocks.items()}
            own = {name: block for name, block in own.items() if block}
            tables.append(evaluate_blocks(people, setting, own, reference=reference))
        except ModelDidNotFit:
            continue
    if not tables:
        raise ModelDidNotFit("There are too few contacts to hold people out and say what drivers explain.")
    return pd.concat(tables, ignore_index=True)


def check_settings(fits: Mapping[str, DemandFit], frame: pd.DataFrame) -> pd.DataFrame:
    """`check_fit` of every fit among its own people, without the family."""
    tables = [check_fit(fit, eligible(frame, setting)) for setting, fit in fits.items()]
    return pd.concat(tables, ignore_index=True).drop(columns="family")


def adjust_settings(
    fits: Mapping[str, DemandFit], frame: pd.DataFrame, need: Sequence[str], by: str = "imd_decile"
) -> pd.DataFrame:
    """`adjust_for_need` of every fit among its own people; terms of need that a fit lacks are left out."""
    return pd.concat(
        [
            adjust_for_need(fit, eligible(frame, setting), [t for t in need if t in fit.terms], by)
            for setting, fit in fits.items()
        ],
        ignore_index=True,
    )


def predict_settings(
    earliest: pd.DataFrame,
    before: pd.DataFrame,
    frame: pd.DataFrame,
    settings: Sequence[str],
    terms: Sequence[str],
    by: str,
    reference: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Predict a year from the one before, by model and by last year's rate, each with the change before that.

    Parameters
    ----------
    earliest : DataFrame
        Two years before `frame`: person-years and counts alone.
    before, frame : DataFrame
        The year before, and the year to predict, from `add_interactions`.
    settings, terms, by, reference
        As for `fit_settings` and `predict_demand`.

    Returns
    -------
    DataFrame
        As `predict_demand`, with method "model" or `NAIVE`, of the people whose terms are recorded. The
        change is that of everybody's rate. Settings without a model, or without contacts in one of the years
        before, have no row.

    Raises
    ------
    ModelDidNotFit
        If no setting has a row.
    """
    fits = fit_settings(before, settings, terms, reference)
    (before, kept), tables = keep_recorded(before, terms), []
    frame = frame.dropna(subset=kept)
    for setting, fit in fits.items():
        try:
            change, spread = year_change(earliest, before, setting)
        except ModelDidNotFit:
            continue
        now, then = eligible(frame, setting), eligible(before, setting)
        tables.append(predict_demand(fit, now, by, change=change, change_se=spread))
        tables.append(carry_forward(then, now, setting, by, change=change, change_se=spread, method=NAIVE))
    if not tables:
        raise ModelDidNotFit("There are too few contacts in these years to say what the next would bring.")
    return pd.concat(tables, ignore_index=True)
