"""The checks and forecasts of demand, for every setting at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis_lib.models.attendance import ModelDidNotFit
from analysis_lib.models.demand.checks import check_fit, evaluate_blocks
from analysis_lib.models.demand.fit import DemandFit
from analysis_lib.models.demand.interactions import eligible, fit_settings, terms_for
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


def evaluate_settings(
    frame: pd.DataFrame,
    settings: Sequence[str],
    blocks: Mapping[str, Sequence[str]],
    reference: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """`evaluate_blocks` of every setting among its own people; settings too rare to hold out are left out."""
    tables = []
    for setting in settings:
        own = {name: _without_flags(frame, setting, terms) for name, terms in blocks.items()}
        try:
            tables.append(evaluate_blocks(eligible(frame, setting), setting, own, reference=reference))
        except ModelDidNotFit:
            continue
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
        As `predict_demand`, with method "model" or `NAIVE`. The change is that of everybody's rate.
    """
    fits = fit_settings(before, settings, terms, reference)
    tables = []
    for setting, fit in fits.items():
        change, spread = year_change(earliest, before, setting)
        now, then = eligible(frame, setting), eligible(before, setting)
        tables.append(predict_demand(fit, now, by, change=change, change_se=spread))
        tables.append(carry_forward(then, now, setting, by, change=change, change_se=spread, method=NAIVE))
    return pd.concat(tables, ignore_index=True)


def _without_flags(frame: pd.DataFrame, setting: str, terms: Sequence[str]) -> list[str]:
    return [term for term in terms_for(frame, setting, terms) if term in terms]
