"""Use against need: what is left of an inequality when need is held equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis_lib.measures.cells import as_columns, check_columns
from analysis_lib.measures.groups import PER
from analysis_lib.measures.standard_population import dobson_limits, sort_levels
from analysis_lib.models.demand.design import PRODUCT, design_columns
from analysis_lib.models.demand.fit import DemandFit
from analysis_lib.models.demand.rows import rows_of


def adjust_for_need(
    fit: DemandFit,
    frame: pd.DataFrame,
    need: Sequence[str],
    by: str | Sequence[str] = "imd_decile",
    exposure: str = "years_at_risk",
    level: float = 0.95,
) -> pd.DataFrame:
    """Observed events against those that need alone would lead one to expect, by group.

    Parameters
    ----------
    fit : DemandFit
        A model with the terms of need and, best, with those compared too (deprivation, ethnic group):
        otherwise need takes over a part of their effect, since they go together.
    frame : DataFrame
        One row a person.
    need : sequence of str
        Terms that stand for need: age, sex, conditions.
    by : str or sequence of str
        What is compared.
    exposure : str
        Column of person-years.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        setting, `by`, n_people, person_years, events, expected (from need; sums to all events), oe, low, high
        (of oe), rate_per_1000 (need-adjusted: oe times the rate of all), se. Limits, rate and se are missing
        under 10 events. Pass it to `slope_index` for the inequality that is left.

    Raises
    ------
    KeyError
        If a term of need is not in the model, or an interaction mixes need with the rest.

    Notes
    -----
    Indirect standardisation for need: O'Donnell O and others (2008) Analyzing Health Equity Using Household
    Survey Data, World Bank, chapter 15 (effects of what is not need are held at one value for all). Intervals
    allow for several events of one person, and take expected numbers as known.
    """
    by = as_columns(by)
    check_columns(frame, [*by, fit.setting], "Use against need")
    absent = [term for term in need if term not in fit.terms]
    mixed = [t for t in fit.terms if PRODUCT in t and len({part in need for part in t.split(PRODUCT)}) > 1]
    if absent or mixed:
        raise KeyError(
            f"Terms of need that are not in the model: {absent or 'none'}; interactions of need with others, "
            f"which belong to neither: {mixed or 'none'}."
        )
    rows = rows_of(_need_only(fit, need), frame, exposure)
    people = frame.iloc[rows.where]
    counts = people[fit.setting].to_numpy(float)
    expected = rows.mean * counts.sum() / rows.mean.sum()
    grouped = people.groupby(by, observed=True, sort=True)
    group = grouped.ngroup().to_numpy()
    out = grouped.size().rename("n_people").reset_index()

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, values, len(out))

    out["person_years"], out["events"] = total(rows.exposure), total(counts).astype("int64")
    out["expected"] = total(expected)
    out["oe"] = out["events"] / out["expected"]
    left = counts - out["oe"].to_numpy()[group] * expected
    variance = total(left**2) / out["expected"].to_numpy() ** 2
    out["low"], out["high"] = dobson_limits(out["oe"], variance, out["events"], level)
    overall = PER * counts.sum() / rows.exposure.sum()
    out["rate_per_1000"] = np.where(out["low"].notna(), overall * out["oe"], np.nan)
    out["se"] = np.where(out["low"].notna(), overall * np.sqrt(variance), np.nan)
    out.insert(0, "setting", fit.setting)
    return sort_levels(out, by)


def _need_only(fit: DemandFit, need: Sequence[str]) -> DemandFit:
    """Return the fit with the effects of what is not need set to 0."""
    names = design_columns(fit.terms, fit.levels)
    of_need = [all(part in need for part in term.split(PRODUCT)) for term, _ in names]
    return replace(fit, coef=np.where([True, *of_need], fit.coef, 0.0))
