"""Regression of missed appointments: a binomial model of grouped counts with honest intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis_lib.measures.cells import COUNT, UNKNOWN, check_columns, known_cells
from analysis_lib.models.regression import (
    Fit,
    coefficients,
    fit_regression,
    marginal_effects,
    planted_effects,
)

TERMS = ("lead_time", "mode", "hcp_type", "month", "icb_code")
PLANTED = ("lead_time", "mode", "hcp_type")
CLUSTER = "icb_code"
MIN_CLUSTERS = 20  # fewer clusters make cluster-robust intervals too narrow
# Effects of single areas: clustering by ICB says nothing of them.
WITHIN_CLUSTER = ("icb_code", "icb_name", "sub_icb_code", "sub_icb_name")


def fit_dna(attendance: pd.DataFrame, terms: Sequence[str] = TERMS) -> Fit:
    """Fit a binomial GLM (logit link) of DNA on kinds of appointment, months and areas.

    Left out are Unknown status and Unknown lead time (`excluded` counts them), and levels in which none or
    all were missed, which have no finite logit (`notes` names them). Unknown mode and Unknown HCP type stay,
    as levels of their own. Intervals are "cluster" (robust to any dependence within an ICB) where there are
    at least 20 ICBs, else "quasi" (binomial variance times over-dispersion).

    Notes
    -----
    The clusters are the ICBs, so the robust covariance says nothing of the ICB effects themselves: with an
    effect for each ICB their scores sum to zero within each cluster. `marginal_rates` gives them "quasi", and
    adds to all rates the error that an ICB's months have.
    """
    check_columns(attendance, [*terms, "status", "lead_time", COUNT], "The regression")
    clusters = [CLUSTER] if CLUSTER in attendance and CLUSTER not in terms else []
    cells = known_cells(attendance, [*terms, *clusters], known=["lead_time"])
    cluster = CLUSTER if CLUSTER in cells else None
    period = "month" if {"month", CLUSTER} <= {*terms} else None
    fit = fit_regression(cells, "n_dna", "n_known", terms, "binomial", cluster=cluster, period=period)
    unknown = (attendance["status"] == UNKNOWN).to_numpy()
    lead_unknown = ~unknown & (attendance["lead_time"] == UNKNOWN).to_numpy()
    fit.excluded["status Unknown"] = int(attendance.loc[unknown, COUNT].sum())
    fit.excluded["lead time Unknown"] = int(attendance.loc[lead_unknown, COUNT].sum())
    if fit.n_clusters >= MIN_CLUSTERS:
        return replace(fit, interval="cluster")
    fit.notes.append(f"Quasi-binomial intervals: {fit.n_clusters} ICBs are too few for cluster-robust ones.")
    return fit


def marginal_rates(fit: Fit, term: str, interval: str | None = None) -> pd.DataFrame:
    """Average adjusted DNA rates of the levels of one term: `marginal_effects`, named for the page.

    Returns
    -------
    DataFrame
        `term`, n_known (appointments in the model), dna_rate (as observed), rate, low, high, interval
        ("cluster" or "quasi"; for areas always the latter). An adjusted rate describes appointments as they
        were booked, among these areas in these months; it is no forecast of what a change of booking would
        do.
    """
    kind = "quasi" if term in WITHIN_CLUSTER else interval or fit.interval
    table = marginal_effects(fit, term, interval=kind).assign(interval=kind)
    names = fit.design.levels[term]
    is_time = isinstance(names[0], pd.Timestamp)
    table["level"] = names if is_time else pd.Categorical(names, categories=names, ordered=True)
    return table.rename(columns={"level": term, "trials": "n_known", "share": "dna_rate"})


def compare_truth(fit: Fit, truth: Mapping[str, Any], interval: str | None = None) -> pd.DataFrame:
    """Compare estimated logits of lead time, mode and staff with those planted in simulated input.

    `truth` holds, at the top or under a key that starts with "dna" (such as dna_logit), a mapping of level to
    logit for each planted term, as `planted_effects` takes it.

    Returns
    -------
    DataFrame
        term, level, planted, estimate, low, high (logits against the reference), covered (bool). Reference
        levels and levels without a planted value have no row.

    Raises
    ------
    KeyError
        If nothing is planted for any term of the model.
    """
    under = [v for name, v in truth.items() if str(name).startswith("dna") and isinstance(v, Mapping)]
    planted = {}
    for term in set(PLANTED) & set(fit.terms):
        stated = [place[term] for place in (truth, *under) if isinstance(place.get(term), Mapping)]
        planted |= {term: stated[0]} if stated else {}
    if not planted:
        raise KeyError(f"The truth has no logits for any of {', '.join(fit.terms)}.")
    table = coefficients(fit, interval=interval).dropna(subset="se")
    table["planted"] = planted_effects(fit, table, planted)
    table["covered"] = table["planted"].between(table["low"], table["high"])
    columns = ["term", "level", "planted", "estimate", "low", "high", "covered"]
    return table.dropna(subset="planted")[columns].reset_index(drop=True)
