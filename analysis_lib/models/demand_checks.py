"""Whether regressions of demand fit, what blocks of terms explain, and use against need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import xlogy

from analysis_lib.measures.cells import as_columns, check_columns
from analysis_lib.measures.groups import PER
from analysis_lib.measures.intervals import z_value
from analysis_lib.measures.standard_population import dobson_limits, sort_levels
from analysis_lib.models.demand import (
    choose_terms,
    count_patterns,
    eligible,
    expected_counts,
    find_references,
    fit_demand,
    keep_recorded,
    terms_for,
)
from analysis_lib.models.regression import PRODUCT, Fit, ModelDidNotFit


def check_fits(
    fits: Mapping[str, Fit], frame: pd.DataFrame, exposure: str = "years_at_risk", level: float = 0.95
) -> pd.DataFrame:
    """Zeros and dispersion of each fit, among its own people.

    Parameters
    ----------
    fits : mapping
        Setting to Fit.
    frame : DataFrame
        One row a person; those whose levels are not in the model are left out.
    exposure : str
        Column of person-years.
    level : float
        Confidence level of alpha.

    Returns
    -------
    DataFrame
        setting, n_people, n_events, zeros_observed, zeros_expected (people), zero_share, zero_share_expected,
        zero_ratio (observed to expected: above 1 hints at zero inflation), pearson_per_df (near 1 if the
        variance is right), alpha, alpha_low, alpha_high.
    """
    rows = []
    for setting, fit in fits.items():
        people = eligible(frame, setting)
        mean = expected_counts(fit, people, exposure)
        known = np.isfinite(mean)
        counts, mean = people[setting].to_numpy(float)[known], mean[known]
        zeros, wanted = int((counts == 0).sum()), float(_chance_of_none(fit, mean).sum())
        pearson = np.sum((counts - mean) ** 2 / (mean + fit.alpha * mean**2))
        spread = np.exp(z_value(level) * fit.alpha_se_log)
        rows.append(
            {
                "setting": setting,
                "n_people": len(counts),
                "n_events": int(counts.sum()),
                "zeros_observed": zeros,
                "zeros_expected": wanted,
                "zero_share": zeros / len(counts),
                "zero_share_expected": wanted / len(counts),
                "zero_ratio": zeros / wanted,
                "pearson_per_df": pearson / (len(counts) - len(fit.coef)),
                "alpha": fit.alpha,
                "alpha_low": fit.alpha / spread,
                "alpha_high": fit.alpha * spread,
            }
        )
    return pd.DataFrame(rows)


def evaluate_blocks(
    frame: pd.DataFrame,
    settings: Sequence[str],
    blocks: Mapping[str, Sequence[str]],
    reference: Mapping[str, Any] | None = None,
    family: str = "nb2",
    test_share: float = 0.3,
    seed: int = 1,
) -> pd.DataFrame:
    """Deviance of each setting that blocks of terms explain in people the models have not seen.

    Parameters
    ----------
    frame : DataFrame
        One row a person.
    settings : sequence of str
        Columns of counts.
    blocks : mapping
        Name of a block to its terms, in the order in which they are added. An interaction stands in the last
        block it needs.
    reference, family
        As for `fit_demand`.
    test_share : float
        Share of people held out.
    seed : int
        Seed of the split.

    Returns
    -------
    DataFrame
        setting, block, alone (deviance explained by the block alone; missing if it has interactions with
        others), so_far (with the blocks before it), added (what it adds to those), n_train, n_test (people),
        events_test. Shares of the deviance of the held-out people around one rate for all; can be below 0.
        Settings too rare to hold people out, and blocks of which nothing is in the model, have no row.

    Raises
    ------
    ValueError
        If `test_share` is not between 0 and 1, and as for `fit_demand`.
    ModelDidNotFit
        If no setting has a row.

    Notes
    -----
    Deviance of NB2 at the alpha of the full model (fitted on the others), so that all models are held to the
    same measure; Cameron AC, Windmeijer FAG (1996) J Bus Econ Stat 14:209-220. Held-out people with a level
    that the full model lacks are left out.
    """
    if not 0 < test_share < 1:
        raise ValueError(f"test_share is a proportion such as 0.3, not {test_share}.")
    frame, every = keep_recorded(frame, [term for block in blocks.values() for term in block])
    tables = []
    for setting in settings:
        people = eligible(frame, setting)
        try:
            chosen = choose_terms(people, setting, terms_for(frame, setting, every))
            own = {name: [term for term in block if term in chosen] for name, block in blocks.items()}
            own = {name: block for name, block in own.items() if block}
            test = np.random.default_rng(seed).random(len(people)) < test_share
            tables.append(_evaluate(people[~test], people[test], setting, own, family, reference))
        except ModelDidNotFit:
            continue
    if not tables:
        raise ModelDidNotFit("There are too few contacts to hold people out and say what drivers explain.")
    return pd.concat(tables, ignore_index=True)


def _evaluate(
    seen: pd.DataFrame,
    unseen: pd.DataFrame,
    setting: str,
    blocks: Mapping[str, Sequence[str]],
    family: str,
    reference: Mapping[str, Any] | None,
) -> pd.DataFrame:
    every = [term for terms in blocks.values() for term in terms]
    patterns, known = count_patterns(seen, every, [setting]), find_references(seen, every, reference)

    def fit(terms: Sequence[str]) -> Fit:
        return fit_demand(seen, setting, terms, family, reference=known, patterns=patterns)

    full = fit(every)
    unseen = unseen[np.isfinite(expected_counts(full, unseen))]
    if unseen.empty:
        raise ModelDidNotFit("Nobody held out has levels that the model knows: take fewer or wider levels.")
    y, years = unseen[setting].to_numpy(float), unseen["years_at_risk"].to_numpy(float)
    one_rate = full.n_events / np.sum(full.cells.trials * full.cells.exposure)
    around_rate = _deviance(y, one_rate * years, full.alpha)

    def explained(model: Fit) -> float:
        return 1 - _deviance(y, expected_counts(model, unseen), full.alpha) / around_rate

    rows, so_far, before = [], [], 0.0
    for name, terms in blocks.items():
        so_far = [*so_far, *terms]
        total = explained(full if so_far == every else fit(so_far))
        own = all(part in terms for term in terms for part in term.split(PRODUCT))
        alone = total if so_far == list(terms) else explained(fit(terms)) if own else np.nan
        rows.append(
            {"setting": setting, "block": name, "alone": alone, "so_far": total, "added": total - before}
        )
        before = total
    return pd.DataFrame(rows).assign(n_train=len(seen), n_test=len(unseen), events_test=int(y.sum()))


def adjust_for_need(
    fits: Mapping[str, Fit],
    frame: pd.DataFrame,
    need: Sequence[str],
    by: str | Sequence[str] = "imd_decile",
    exposure: str = "years_at_risk",
    level: float = 0.95,
) -> pd.DataFrame:
    """Observed events against those that need alone would lead one to expect, by setting and group.

    Parameters
    ----------
    fits : mapping
        Setting to a model with the terms of need and, best, with those compared too (deprivation, ethnic
        group): otherwise need takes over a part of their effect, since they go together.
    frame : DataFrame
        One row a person.
    need : sequence of str
        Columns that stand for need: age, sex, conditions. Those that a model lacks are left out.
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
        If a column is absent, or an interaction in a model mixes need with the rest.

    Notes
    -----
    Indirect standardisation for need: O'Donnell O and others (2008) Analyzing Health Equity Using Household
    Survey Data, World Bank, chapter 15 (effects of what is not need are held at one value for all). Intervals
    allow for several events of one person, and take expected numbers as known.
    """
    by, tables = as_columns(by), []
    check_columns(frame, [*by, *need, *fits], "Use against need")
    for setting, fit in fits.items():
        mixed = [
            t for t in fit.terms if PRODUCT in t and len({part in need for part in t.split(PRODUCT)}) > 1
        ]
        if mixed:
            raise KeyError(f"Interactions of need with others, which belong to neither: {mixed}.")
        people = eligible(frame, setting)
        mean = expected_counts(fit, people, exposure, of=need)
        people, mean = people[np.isfinite(mean)], mean[np.isfinite(mean)]
        counts, years = people[setting].to_numpy(float), people[exposure].to_numpy(float)
        people = people[by].assign(
            person_years=years, events=counts.astype("int64"), expected=mean * counts.sum() / mean.sum()
        )
        grouped = people.groupby(by, observed=True, sort=True)
        group = grouped.ngroup().to_numpy()
        out = grouped.sum().assign(n_people=grouped.size()).reset_index()
        out["oe"] = out["events"] / out["expected"]
        left = counts - out["oe"].to_numpy()[group] * people["expected"].to_numpy()
        variance = np.bincount(group, left**2, len(out)) / out["expected"].to_numpy() ** 2
        out["low"], out["high"] = dobson_limits(out["oe"], variance, out["events"], level)
        overall = PER * counts.sum() / years.sum()
        out["rate_per_1000"] = np.where(out["low"].notna(), overall * out["oe"], np.nan)
        out["se"] = np.where(out["low"].notna(), overall * np.sqrt(variance), np.nan)
        tables.append(sort_levels(out.assign(setting=setting), by))
    columns = ["setting", *by, "n_people", "person_years", "events", "expected", "oe", "low", "high"]
    return pd.concat(tables, ignore_index=True)[[*columns, "rate_per_1000", "se"]]


def _chance_of_none(fit: Fit, mean: NDArray[np.float64]) -> NDArray[np.float64]:
    if fit.alpha == 0:
        return np.exp(-mean)
    return stats.nbinom.pmf(0, 1 / fit.alpha, 1 / (1 + fit.alpha * mean))


def _deviance(y: NDArray[np.float64], mean: NDArray[np.float64], alpha: float) -> float:
    if alpha == 0:
        return float(2 * np.sum(xlogy(y, y / mean) - (y - mean)))
    grown = (y + 1 / alpha) * np.log((1 + alpha * y) / (1 + alpha * mean))
    return float(2 * np.sum(xlogy(y, y / mean) - grown))
