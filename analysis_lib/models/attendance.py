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
WITHIN_CLUSTER = dict.fromkeys(("icb_code", "icb_name", "sub_icb_code", "sub_icb_name"), "quasi")


def fit_dna(attendance: pd.DataFrame, terms: Sequence[str] = TERMS, interval: str = "auto") -> Fit:
    """Fit a binomial GLM (logit link) of DNA on kinds of appointment, months and areas.

    Parameters
    ----------
    attendance : DataFrame
        The attendance frame. Left out: Unknown status and Unknown lead time (`excluded` counts them), and
        levels in which none or all were missed, which have no finite logit (`notes` names them). Unknown mode
        and Unknown HCP type stay, as levels of their own.
    terms : sequence of str
        Categorical columns, all main effects.
    interval : str
        "cluster" (robust to any dependence within an ICB), "quasi" (binomial variance times over-dispersion),
        or "auto": cluster where there are at least 20 ICBs.

    Returns
    -------
    Fit
        Use `coefficients`, `marginal_rates` and `compare_truth` on it.

    Raises
    ------
    ModelDidNotFit
        If no term varies, nothing was missed, or the estimates do not settle.
    ValueError
        If `interval` is unknown, or "cluster" is asked for where it is not to be had.

    Notes
    -----
    The clusters are the ICBs, so the robust covariance says nothing of the ICB effects themselves: with an
    effect for each ICB their scores sum to zero within each cluster. Their intervals are always "quasi".
    """
    if interval not in ("auto", "cluster", "quasi"):
        raise ValueError(f"interval is auto, cluster or quasi, not {interval}.")
    check_columns(attendance, [*terms, "status", "lead_time", COUNT], "The regression")
    clusters = [CLUSTER] if CLUSTER in attendance and CLUSTER not in terms else []
    cells = known_cells(attendance, [*terms, *clusters], known=["lead_time"])
    cluster = CLUSTER if CLUSTER in cells else None
    fit = fit_regression(cells, "n_dna", "n_known", terms, "binomial", cluster=cluster)
    unknown = (attendance["status"] == UNKNOWN).to_numpy()
    lead_unknown = ~unknown & (attendance["lead_time"] == UNKNOWN).to_numpy()
    fit.excluded["status Unknown"] = int(attendance.loc[unknown, COUNT].sum())
    fit.excluded["lead time Unknown"] = int(attendance.loc[lead_unknown, COUNT].sum())
    if interval == "cluster" and fit.n_clusters < 2:
        raise ValueError("Cluster-robust intervals need several ICBs: use interval='quasi'.")
    if interval == "auto":
        interval = "cluster" if fit.n_clusters >= MIN_CLUSTERS else "quasi"
        if interval == "quasi":
            fit.notes.append(
                f"Quasi-binomial intervals: {fit.n_clusters} ICBs are too few for cluster-robust ones."
            )
    return replace(fit, interval=interval)


def marginal_rates(fit: Fit, term: str, level: float = 0.95, interval: str | None = None) -> pd.DataFrame:
    """Average adjusted DNA rates of the levels of one term: `marginal_effects`, named for the page.

    Returns
    -------
    DataFrame
        `term`, n_known (appointments in the model), dna_rate (as observed), rate, low, high, interval
        ("cluster" or "quasi"; for areas always the latter). An adjusted rate describes appointments as they
        were booked; it is no forecast of what a change of booking would do.
    """
    kind = WITHIN_CLUSTER.get(term, interval or fit.interval)
    table = marginal_effects(fit, term, level, kind).assign(interval=kind)
    names = fit.design.levels[term]
    if not isinstance(names[0], pd.Timestamp):
        names = pd.Categorical(names, categories=names, ordered=True)
    table["level"] = names
    return table.rename(columns={"level": term, "trials": "n_known", "share": "dna_rate"})


def compare_truth(
    fit: Fit,
    truth: Mapping[str, Any],
    level: float = 0.95,
    interval: str | None = None,
    terms: Sequence[str] = PLANTED,
) -> pd.DataFrame:
    """Compare estimated logits with those planted in simulated input.

    Parameters
    ----------
    fit : Fit
        Result of `fit_dna`.
    truth : mapping
        Holds, at the top or under a key that starts with "dna" (such as dna_logit), a mapping of level to
        logit for each planted term, as `planted_effects` takes it.
    level : float
        Confidence level.
    interval : str, optional
        "cluster" or "quasi"; the fit's own if not given. Effects of areas always get "quasi".
    terms : sequence of str
        Terms to compare, of those in the model.

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
    kinds = dict.fromkeys(fit.terms, interval or fit.interval) | WITHIN_CLUSTER
    table = coefficients(fit, level, kinds)
    under = [v for name, v in truth.items() if str(name).startswith("dna") and isinstance(v, Mapping)]
    planted = {}
    for term in set(terms) & set(fit.terms):
        stated = [place[term] for place in (truth, *under) if isinstance(place.get(term), Mapping)]
        planted |= {term: stated[0]} if stated else {}
    if not planted:
        raise KeyError(f"The truth has no logits for any of {', '.join(fit.terms)}.")
    rows = table.assign(planted=planted_effects(fit, table, planted))
    rows = rows[rows["se"].notna() & rows["planted"].notna()].reset_index(drop=True)
    rows["covered"] = (rows["low"] <= rows["planted"]) & (rows["planted"] <= rows["high"])
    return rows[["term", "level", "planted", "estimate", "low", "high", "covered"]]
