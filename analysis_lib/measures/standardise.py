"""Direct standardisation of DNA rates to the national mix of appointments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis_lib.measures.cells import as_columns, known_cells
from analysis_lib.measures.intervals import wilson_interval

KNOWN_REQUIRED = ("lead_time",)  # "Unknown" lead times are left out of every standardised rate
CASE_MIX = ("hcp_type", "mode", "lead_time")
STRATA: dict[str, tuple[str, ...]] = {
    "mode": ("hcp_type", "lead_time"),
    "hcp_type": ("mode", "lead_time"),
    "lead_time": ("hcp_type", "mode"),
    "month": CASE_MIX,
    "region_code": CASE_MIX,
    "region_name": CASE_MIX,
    "icb_code": CASE_MIX,
    "icb_name": CASE_MIX,
    "sub_icb_code": CASE_MIX,
    "sub_icb_name": CASE_MIX,
}


def stratum_weights(attendance: pd.DataFrame, strata: Sequence[str]) -> pd.DataFrame:
    """National share of appointments by stratum (known status and known lead time).

    Returns
    -------
    DataFrame
        `strata` and weight (sums to 1); strata without appointments have no row.
    """
    cells = known_cells(attendance, list(strata), known=KNOWN_REQUIRED)
    return cells[list(strata)].assign(weight=cells["n_known"] / cells["n_known"].sum())


def standardise_dna(
    attendance: pd.DataFrame,
    by: str | Sequence[str],
    strata: Sequence[str] | None = None,
    weights: pd.DataFrame | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Crude and directly standardised DNA rates by group, with rank changes.

    Parameters
    ----------
    attendance : DataFrame
        The attendance frame. Unless `weights` are given it must be the whole national frame, since the
        weights are taken from it.
    by : str or sequence of str
        What is compared: mode, hcp_type, lead_time, month or area columns.
    strata : sequence of str, optional
        Columns standardised for; STRATA[by] if not given.
    weights : DataFrame, optional
        `strata` and weight, from `stratum_weights` of the national frame, where `attendance` is a part of it.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        `by`, n_known, dna_rate, dna_rate_standardised, std_low, std_high, weight_missing (share of the
        national weight in strata the group lacks), rank_crude, rank_standardised (1 = highest rate) and
        rank_change (standardised minus crude rank: positive means less high once standardised).

    Raises
    ------
    ValueError
        If a column is in both `by` and `strata`, or no default strata are known for `by`.

    Notes
    -----
    Both rates use the same appointments, those of known status and known lead time, so that they differ by
    the weights alone; the crude rate can therefore differ slightly from `rate_dna`. Unknown mode and Unknown
    HCP type are strata of their own. Weights are renormalised over the strata a group has.

    The variance is the sum of squared weights times the binomial variance of each stratum. A stratum in
    which all or none were missed would have variance 0 by that formula, so its variance uses the group's
    crude rate. The interval is Wilson's at the effective sample size rate x (1 - rate) / variance: it stays
    within 0 and 1, and with one stratum it is Wilson's interval of the crude rate. It holds for chance only,
    not for over-dispersion between areas or months.
    """
    by = as_columns(by)
    strata = _default_strata(by) if strata is None else list(strata)
    shared = set(by) & set(strata)
    if shared:
        raise ValueError(f"{', '.join(sorted(shared))} cannot be both compared and standardised for.")
    weights = stratum_weights(attendance, strata) if weights is None else weights
    cells = known_cells(attendance, [*by, *strata], known=KNOWN_REQUIRED)
    cells = _add_weights(cells[cells["n_known"] > 0], weights, strata)  # a row of none is no stratum
    return _add_ranks(_rates_of_groups(cells, by, level))


def _default_strata(by: list[str]) -> list[str]:
    for column in by:
        if column in STRATA:
            return list(STRATA[column])
    raise ValueError(f"No default strata for {', '.join(by)}: name them, for example {list(CASE_MIX)}.")


def _add_weights(cells: pd.DataFrame, weights: pd.DataFrame, strata: list[str]) -> pd.DataFrame:
    lookup = weights.set_index(strata)["weight"] / weights["weight"].sum()
    if len(strata) == 1:
        lookup.index = lookup.index.astype(object)
        found = cells[strata[0]].astype(object).map(lookup)
    else:
        index = pd.MultiIndex.from_frame(cells[strata].astype(object))
        lookup.index = pd.MultiIndex.from_tuples(lookup.index.to_list())
        found = lookup.reindex(index).to_numpy()
    # A stratum that the standard lacks has no weight: it counts in the crude rate only.
    return cells.assign(weight=pd.Series(found, index=cells.index, dtype=float).fillna(0.0))


def _rates_of_groups(cells: pd.DataFrame, by: list[str], level: float) -> pd.DataFrame:
    groups = cells.groupby(by, observed=True, dropna=False, sort=True)
    out = groups[["n_known", "n_dna", "weight"]].sum()
    index = groups.ngroup().to_numpy()
    n, dna = cells["n_known"].to_numpy(float), cells["n_dna"].to_numpy(float)
    covered = out["weight"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        crude = (out["n_dna"] / out["n_known"]).to_numpy()
        weight = cells["weight"].to_numpy() / covered[index]
        p = dna / n
        p_variance = np.where((dna == 0) | (dna == n), crude[index], p)
        size = len(out)
        rate = np.bincount(index, weight * p, size)
        variance = np.bincount(index, weight**2 * p_variance * (1 - p_variance) / n, size)
        spread = np.bincount(index, weight**2 / n, size)
        effective = np.where(variance > 0, rate * (1 - rate) / variance, 1 / spread)
    rate = np.where(covered > 0, rate, np.nan).clip(0, 1)
    effective = np.where(np.isfinite(rate) & (effective > 0), effective, 0.0)
    low, high = wilson_interval(np.nan_to_num(rate) * effective, effective, level)
    return out.reset_index()[[*by, "n_known"]].assign(
        dna_rate=crude,
        dna_rate_standardised=rate,
        std_low=low,
        std_high=high,
        weight_missing=np.where(covered > 1 - 1e-9, 0.0, 1 - covered),  # not the rounding of a sum
    )


def _add_ranks(rates: pd.DataFrame) -> pd.DataFrame:
    crude = rates["dna_rate"].rank(ascending=False, method="min").astype("Int64")
    standardised = rates["dna_rate_standardised"].rank(ascending=False, method="min").astype("Int64")
    return rates.assign(rank_crude=crude, rank_standardised=standardised, rank_change=standardised - crude)
