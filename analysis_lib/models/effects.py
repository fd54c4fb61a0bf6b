"""What a fitted regression of DNA says: coefficients, marginal rates, comparison with planted effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit

from analysis_lib.models.attendance import DnaFit, ModelDidNotFit, term_columns

PLANTED = ("lead_time", "mode", "hcp_type")
# Effects of single areas: clustering by ICB says nothing of them.
WITHIN_CLUSTER = ("icb_code", "icb_name", "sub_icb_code", "sub_icb_name")


def coefficients(fit: DnaFit, level: float = 0.95, interval: str | None = None) -> pd.DataFrame:
    """Logit coefficients and odds ratios of a regression of DNA, against each term's reference.

    Parameters
    ----------
    fit : DnaFit
        Result of `fit_dna`.
    level : float
        Confidence level.
    interval : str, optional
        "cluster" or "quasi"; the fit's own if not given. Effects of areas always get "quasi".

    Returns
    -------
    DataFrame
        term, level, estimate, low, high (logits), odds_ratio, odds_ratio_low, odds_ratio_high, interval. The
        reference level of a term has estimate 0 and missing limits. Odds ratios are for checking; use
        `marginal_rates` in text.
    """
    rows = []
    for term, place in term_columns(fit.levels).items():
        kind, cov, quantile = _covariance(fit, term, level, interval)
        estimate = np.concatenate([[0.0], fit.coef[place]])
        se = np.concatenate([[np.nan], np.sqrt(np.diag(cov)[place])])
        rows.append(
            pd.DataFrame(
                {
                    "term": term,
                    "level": pd.Series(fit.levels[term], dtype=object),
                    "estimate": estimate,
                    "low": estimate - quantile * se,
                    "high": estimate + quantile * se,
                    "interval": kind,
                }
            )
        )
    table = pd.concat(rows, ignore_index=True)
    for name, column in (("", "estimate"), ("_low", "low"), ("_high", "high")):
        table[f"odds_ratio{name}"] = np.exp(table[column])
    return table[[*table.columns.drop("interval"), "interval"]]


def marginal_rates(fit: DnaFit, term: str, level: float = 0.95, interval: str | None = None) -> pd.DataFrame:
    """Average adjusted DNA rates of the levels of one term.

    Parameters
    ----------
    fit : DnaFit
        Result of `fit_dna`.
    term : str
        A term of the model.
    level : float
        Confidence level.
    interval : str, optional
        "cluster" or "quasi"; the fit's own if not given. For areas always "quasi" (see `fit_dna`).

    Returns
    -------
    DataFrame
        `term`, n_known (appointments in the model), dna_rate (as observed), rate, low, high, interval. `rate`
        is the mean predicted rate if every appointment in the model had that level and all else were as it
        is. Rates 0 to 1.

    Raises
    ------
    KeyError
        If `term` is not in the model.
    ModelDidNotFit
        If it was left out of the model, since these inputs have one level of it only.

    Notes
    -----
    Delta method on the logit of the rate, so that limits stay within 0 and 1. Average adjusted predictions:
    Williams R (2012) Stata Journal 12:308-331; Graubard BI, Korn EL (1999) Biometrics 55:652-659. An adjusted
    rate describes appointments as they were booked; it is no forecast of what a change of booking would do.
    """
    if term not in fit.terms:
        left_out = next((note for note in fit.notes if note.startswith(f"{term} is not in the model")), None)
        if left_out:
            raise ModelDidNotFit(left_out)
        raise KeyError(f"{term} is not in the model; its terms are {', '.join(fit.terms)}.")
    kind, cov, quantile = _covariance(fit, term, level, interval)
    rate, gradient = _predict(fit, term)
    se = np.sqrt(np.einsum("ij,jk,ik->i", gradient, cov, gradient).clip(0)) / (rate * (1 - rate))
    n_levels = len(fit.levels[term])
    known = np.bincount(fit.codes[term], fit.n, n_levels)
    return pd.DataFrame(
        {
            term: _labels(fit, term),
            "n_known": known.astype("int64"),
            "dna_rate": np.bincount(fit.codes[term], fit.y, n_levels) / known,
            "rate": rate,
            "low": expit(logit(rate) - quantile * se),
            "high": expit(logit(rate) + quantile * se),
            "interval": kind,
        }
    )


def compare_truth(
    fit: DnaFit,
    truth: Mapping[str, Any],
    level: float = 0.95,
    interval: str | None = None,
    terms: Sequence[str] = PLANTED,
) -> pd.DataFrame:
    """Compare estimated logits with those planted in simulated input.

    Parameters
    ----------
    fit : DnaFit
        Result of `fit_dna`.
    truth : mapping
        Holds, at the top or under a key that starts with "dna" (such as dna_logit), a mapping of level to
        logit for each planted term. Any constant added to all levels of a term makes no difference.
    level : float
        Confidence level.
    interval : str, optional
        As in `coefficients`.
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
    table = coefficients(fit, level, interval)
    planted = {term: _planted(truth, term) if term in terms else {} for term in fit.terms}
    if not any(planted.values()):
        raise KeyError(f"The truth has no logits for any of {', '.join(fit.terms)}.")
    rows = table[table["low"].notna()].copy()
    rows["planted"] = [
        _contrast(planted[term], name, fit.levels[term][0])
        for term, name in zip(rows["term"], rows["level"], strict=True)
    ]
    rows = rows[rows["planted"].notna()].reset_index(drop=True)
    rows["covered"] = (rows["low"] <= rows["planted"]) & (rows["planted"] <= rows["high"])
    return rows[["term", "level", "planted", "estimate", "low", "high", "covered"]]


def _covariance(
    fit: DnaFit, term: str, level: float, interval: str | None
) -> tuple[str, NDArray[np.float64], float]:
    kind = "quasi" if term in WITHIN_CLUSTER else interval or fit.interval
    cov = {"cluster": fit.cov_cluster, "quasi": fit.cov_quasi}.get(kind)
    if cov is None:
        raise ValueError(f"{kind} intervals are not to be had for this fit: use interval='quasi'.")
    freedom = fit.n_clusters - 1 if kind == "cluster" else max(fit.degrees_of_freedom, 1)
    return kind, cov, float(stats.t.ppf(0.5 + level / 2, freedom))


def _predict(fit: DnaFit, term: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean predictions with all rows at each level, and their gradients (levels x coefficients)."""
    places = term_columns(fit.levels)
    effects = {name: np.concatenate([[0.0], fit.coef[place]]) for name, place in places.items()}
    others = [name for name in fit.terms if name != term]
    base = fit.coef[0] + sum((effects[name][fit.codes[name]] for name in others), np.zeros(len(fit.n)))
    share = fit.n / fit.n.sum()
    n_levels = len(fit.levels[term])
    rate, gradient = np.empty(n_levels), np.zeros((n_levels, len(fit.coef)))
    for position, effect in enumerate(effects[term]):
        p = expit(base + effect)
        rate[position] = share @ p
        slope = share * p * (1 - p)
        gradient[position, 0] = slope.sum()
        for name in others:
            gradient[position, places[name]] = np.bincount(fit.codes[name], slope, len(fit.levels[name]))[1:]
        if position:
            gradient[position, places[term].start + position - 1] = slope.sum()
    return rate, gradient


def _labels(fit: DnaFit, term: str) -> Any:
    names = fit.levels[term]
    if isinstance(names[0], pd.Timestamp):
        return pd.DatetimeIndex(names)
    return pd.Categorical(names, categories=names, ordered=True)


def _planted(truth: Mapping[str, Any], term: str) -> dict[str, float]:
    under = [
        value for name, value in truth.items() if str(name).startswith("dna") and isinstance(value, Mapping)
    ]
    for place in [truth, *under]:
        values = place.get(term)
        if isinstance(values, Mapping):
            return {str(name): float(value) for name, value in values.items()}
    return {}


def _contrast(planted: dict[str, float], name: Any, reference: Any) -> float:
    if not planted:
        return np.nan
    # A reference that the truth does not list is one with no effect.
    return planted.get(str(name), np.nan) - planted.get(str(reference), 0.0)
