"""What a regression of demand says: rate ratios, comparison with planted effects, intervals by area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.intervals import z_value
from analysis_lib.models.demand.design import design_columns
from analysis_lib.models.demand.fit import DemandFit

Fits = DemandFit | Mapping[str, DemandFit]


def rate_ratios(
    fits: Fits, blocks: Mapping[str, Sequence[str]] | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Rate ratios of every level of every term, with the counts they rest on.

    Parameters
    ----------
    fits : DemandFit or mapping of setting to DemandFit
    blocks : mapping, optional
        Name of a block (demographics, health need, place) to its terms.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        setting, block (missing without `blocks`), term, level (text), n_people, person_years, n_events,
        rate_ratio, low, high, log_rate_ratio, se. The reference level has ratio 1 and missing limits. The
        ratio of an interaction is what its two levels have beyond the product of their own ratios.
    """
    block_of = {term: name for name, terms in (blocks or {}).items() for term in terms}
    tables = []
    for fit in _as_list(fits):
        table = fit.level_counts.copy()
        places = {key: place + 1 for place, key in enumerate(design_columns(fit.terms, fit.levels))}
        place = np.array([places.get(key, 0) for key in zip(table["term"], table["level"], strict=True)])
        table["log_rate_ratio"] = np.where(place > 0, fit.coef[place], 0.0)
        table["se"] = np.where(place > 0, np.sqrt(np.diag(fit.cov))[place], np.nan)
        table.insert(0, "setting", fit.setting)
        table.insert(1, "block", table["term"].map(block_of))
        tables.append(table)
    out = pd.concat(tables, ignore_index=True)
    out["level"] = [" & ".join(map(str, n)) if isinstance(n, tuple) else str(n) for n in out["level"]]
    half = z_value(level) * out["se"]
    out["rate_ratio"] = np.exp(out["log_rate_ratio"])
    out["low"], out["high"] = np.exp(out["log_rate_ratio"] - half), np.exp(out["log_rate_ratio"] + half)
    last = ["rate_ratio", "low", "high", "log_rate_ratio", "se"]
    return out[[*out.columns.drop(last), *last]]


def compare_truth_drivers(
    fits: Fits,
    truth: Mapping[str, Mapping[str, Any]],
    blocks: Mapping[str, Sequence[str]] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare estimated rate ratios with those planted in a simulated population.

    Parameters
    ----------
    fits : DemandFit or mapping of setting to DemandFit
    truth : mapping
        Setting to term to level (as text) to log rate ratio. Any constant added to all levels of a term makes
        no difference; a reference that is not listed has 0. A term that is a flag may have a bare number:
        the log rate ratio of those with the flag.
    blocks : mapping, optional
        As for `rate_ratios`.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        The columns of `rate_ratios` for levels with a planted effect, without references, and planted (rate
        ratio) and covered (bool: the interval holds it).

    Raises
    ------
    KeyError
        If nothing is planted for any term of any of the settings.
    """
    table = rate_ratios(fits, blocks, level)
    reference = {(f.setting, term): f.levels[term][0] for f in _as_list(fits) for term in f.levels}
    planted = [
        _planted(truth.get(setting, {}).get(term), name, reference.get((setting, term)))
        for setting, term, name in zip(table["setting"], table["term"], table["level"], strict=True)
    ]
    table["planted"] = np.exp(np.array(planted, float))
    out = table[table["se"].notna() & table["planted"].notna()].reset_index(drop=True)
    if out.empty:
        raise KeyError("The truth has no log rate ratios for these settings and terms.")
    out["covered"] = (out["low"] <= out["planted"]) & (out["planted"] <= out["high"])
    return out


def add_flags(frame: pd.DataFrame, flags: Mapping[str, Mapping[str, Sequence]]) -> pd.DataFrame:
    """Return a copy with boolean columns for people who fit several conditions at once.

    Parameters
    ----------
    frame : DataFrame
        One row a person.
    flags : mapping
        Name of the new column to what must hold: column to the values it may have. A flag whose parts are
        terms of a model as well is an interaction of them.

    Returns
    -------
    DataFrame

    Raises
    ------
    KeyError
        If a column is absent.
    """
    columns = {}
    for name, when in flags.items():
        check_columns(frame, list(when), f"The flag {name}")
        columns[name] = np.logical_and.reduce([frame[c].isin(list(values)) for c, values in when.items()])
    return frame.assign(**columns)


def planted_flags(truth: Mapping[str, Any]) -> dict[str, dict[str, list]]:
    """Interactions that a simulated population's truth.json states, in the form `add_flags` takes."""
    found = {}
    for term in truth["interactions"]:
        when = {column: list(values) for column, values in term["when"].items() if column != "conditions"}
        when |= {f"has_{name}": [True] for name in term["when"].get("conditions", ())}
        found[term["name"]] = when
    return found


def planted_drivers(truth: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Log rate ratios that a simulated population's truth.json states, for `compare_truth_drivers`.

    Returns
    -------
    dict
        Setting to term (age_band, sex, ethnic_group, imd_decile, msoa, has_<condition>, and the flags of
        `planted_flags` in their own setting) to level to log rate ratio.
    """
    found: dict[str, dict[str, Any]] = {}
    for setting, stated in truth["contacts"]["settings"].items():
        terms = {name: effects for name, effects in stated.items() if isinstance(effects, Mapping)}
        terms |= {f"has_{name}": float(effect) for name, effect in terms.pop("condition").items()}
        areas = truth.get("area", {}).get("effect", {})
        terms["msoa"] = {area: effects[setting] for area, effects in areas.items()}
        found[setting] = terms
    for term in truth["interactions"]:
        found[term["setting"]][term["name"]] = float(term["log_rate"])
    return found


def _as_list(fits: Fits) -> list[DemandFit]:
    return [fits] if isinstance(fits, DemandFit) else list(fits.values())


def _planted(values: Any, name: str, reference: Any) -> float:
    if values is None:
        return np.nan
    if not isinstance(values, Mapping):
        return float(values) if name in ("True", "1", "yes") else np.nan
    listed = {str(level): float(effect) for level, effect in values.items()}
    return listed.get(name, np.nan) - listed.get(str(reference), 0.0)
