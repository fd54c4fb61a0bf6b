"""Whether regressions of demand fit, what blocks of terms explain, and use against need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import xlogy

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.groups import PER
from analysis_lib.measures.intervals import z_value
from analysis_lib.measures.standard_population import dobson_limits, sort_levels
from analysis_lib.models.demand import (
    INTERACTIONS,
    YEARS,
    choose_terms,
    count_patterns,
    eligible,
    expected_counts,
    find_references,
    fit_demand,
    keep_recorded,
    terms_for,
)
from analysis_lib.models.regression import Fit, ModelDidNotFit

HELD_OUT = 0.3  # share of the people
#: Columns that say where people live: no need, and no part of one.
PLACE = ("imd_decile", "imd_quintile", "core20", "lsoa", "msoa", "practice")


def check_fits(fits: Mapping[str, Fit], frame: pd.DataFrame) -> pd.DataFrame:
    """Zeros and dispersion of each fit, among its own people whose levels are in the model.

    Returns
    -------
    DataFrame
        setting, n_people, n_events, zeros_observed, zeros_expected (people), zero_share, zero_share_expected,
        zero_ratio (observed to expected: above 1 hints at zero inflation), pearson_per_df (near 1 if the
        variance is right), alpha, alpha_low, alpha_high, variance_ratio (of all contacts together: their
        variance over their mean, by the model; how many times as much they vary as independent ones).
    """
    rows = []
    for setting, fit in fits.items():
        people = eligible(frame, setting)
        mean = expected_counts(fit, people)
        known = np.isfinite(mean)
        counts, mean = people[setting].to_numpy(float)[known], mean[known]
        # The chance of a count of 0, of Poisson where alpha is 0.
        none = np.exp(-np.log1p(fit.alpha * mean) / fit.alpha if fit.alpha else -mean)
        zeros, wanted = int((counts == 0).sum()), float(none.sum())
        pearson = np.sum((counts - mean) ** 2 / (mean + fit.alpha * mean**2))
        spread = np.exp(z_value(0.95) * fit.alpha_se_log)
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
                "variance_ratio": 1 + fit.alpha * float(np.sum(mean**2) / np.sum(mean)),
            }
        )
    return pd.DataFrame(rows)


def evaluate_blocks(
    frame: pd.DataFrame,
    settings: Sequence[str],
    blocks: Mapping[str, Sequence[str]],
    reference: Mapping[str, Any] | None = None,
    family: str = "nb2",
    seed: int = 1,
) -> pd.DataFrame:
    """Deviance of each setting that blocks of terms explain in people the models have not seen.

    Three in ten people are held out. `blocks` holds the name of a block to its terms, in the order in which
    they are added; the rest is as for `fit_demand`.

    Returns
    -------
    DataFrame
        setting, block, alone (deviance explained by the block alone), so_far (with the blocks before it),
        added (what it adds to those), n_train, n_test (people), events_test. Shares of the deviance of the
        held-out people around one rate for all; can be below 0. Settings too rare to hold people out, and
        blocks of which nothing is in the model, have no row.

    Raises
    ------
    ModelDidNotFit
        If no setting has a row.

    Notes
    -----
    Deviance of NB2 at the alpha of the full model (fitted on the others), so that all models are held to the
    same measure; Cameron AC, Windmeijer FAG (1996) J Bus Econ Stat 14:209-220. Held-out people with a level
    that the full model lacks are left out.
    """
    frame, every = keep_recorded(frame, [term for block in blocks.values() for term in block])
    tables = []
    for setting in settings:
        people = eligible(frame, setting)
        try:
            chosen = choose_terms(people, setting, terms_for(frame, setting, every))
            own = {name: [term for term in block if term in chosen] for name, block in blocks.items()}
            own = {name: block for name, block in own.items() if block}
            test = np.random.default_rng(seed).random(len(people)) < HELD_OUT
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
        return fit_demand(seen, setting, terms, family, known, patterns)

    full = fit(every)
    unseen = unseen[np.isfinite(expected_counts(full, unseen))]
    if unseen.empty:
        raise ModelDidNotFit("Nobody held out has levels that the model knows: take fewer or wider levels.")
    y = unseen[setting].to_numpy(float)
    one_rate = full.n_events / np.sum(full.cells.trials * full.cells.exposure)
    around_rate = _deviance(y, one_rate * unseen[YEARS].to_numpy(float), full.alpha)

    def explained(model: Fit) -> float:
        return 1 - _deviance(y, expected_counts(model, unseen), full.alpha) / around_rate

    rows, so_far, before = [], [], 0.0
    for name, terms in blocks.items():
        so_far = [*so_far, *terms]
        total = explained(full if so_far == every else fit(so_far))
        alone = total if so_far == terms else explained(fit(terms))
        rows.append({"block": name, "alone": alone, "so_far": total, "added": total - before})
        before = total
    table = pd.DataFrame(rows).assign(n_train=len(seen), n_test=len(unseen), events_test=int(y.sum()))
    table.insert(0, "setting", setting)
    return table


def _deviance(y: NDArray[np.float64], mean: NDArray[np.float64], alpha: float) -> float:
    if alpha == 0:
        return float(2 * np.sum(xlogy(y, y / mean) - (y - mean)))
    grown = (y + 1 / alpha) * np.log((1 + alpha * y) / (1 + alpha * mean))
    return float(2 * np.sum(xlogy(y, y / mean) - grown))


def adjust_for_need(
    fits: Mapping[str, Fit], frame: pd.DataFrame, need: Sequence[str], by: str = "imd_decile"
) -> pd.DataFrame:
    """Observed events against those that need alone would lead one to expect, by setting and group.

    Models hold the terms of need (age, sex, conditions; those that a model lacks are left out) and, best,
    those compared too (deprivation, ethnic group): otherwise need takes over a part of their effect, since
    they go together. An interaction in a model counts as need where all its parts are need; one of need and
    place is left in what is compared.

    Returns
    -------
    DataFrame
        setting, `by`, n_people, person_years, events, expected (from need; sums to all events), oe, low, high
        (of oe), rate_per_1000 (need-adjusted: oe times the rate of all), se. Limits, rate and se are missing
        under 10 events. Pass it to `slope_index` for the inequality that is left.

    Raises
    ------
    KeyError
        If the frame lacks a column.
    ValueError
        If a term of need is what is compared, a place, or an interaction with something that is no need: what
        is to be seen would be explained away.

    Notes
    -----
    Indirect standardisation for need: O'Donnell O and others (2008) Analyzing Health Equity Using Household
    Survey Data, World Bank, chapter 15 (effects of what is not need are held at one value for all). Intervals
    allow for several events of one person, and take expected numbers as known.
    """
    check_columns(frame, [by, *need, *fits], "Use against need")
    needs = _with_interactions(need, by)
    tables = []
    for setting, fit in fits.items():
        people = eligible(frame, setting)
        mean = expected_counts(fit, people, of=needs)
        people, mean = people[np.isfinite(mean)], mean[np.isfinite(mean)]
        people = people[[by]].assign(
            n_people=1,
            person_years=people[YEARS],
            events=people[setting].astype("int64"),
            expected=mean * people[setting].sum() / mean.sum(),
        )
        out = people.groupby(by, observed=True).sum()
        out["oe"] = out["events"] / out["expected"]
        left = people["events"] - people[by].map(out["oe"]).astype(float) * people["expected"]
        variance = (left**2).groupby(people[by], observed=True).sum() / out["expected"] ** 2
        out["low"], out["high"] = dobson_limits(out["oe"], variance, out["events"])
        overall = PER * people["events"].sum() / people["person_years"].sum()
        out["rate_per_1000"] = (overall * out["oe"]).where(out["low"].notna())
        out["se"] = (overall * np.sqrt(variance)).where(out["low"].notna())
        out = sort_levels(out.reset_index(), [by])
        out.insert(0, "setting", setting)
        tables.append(out)
    return pd.concat(tables, ignore_index=True)


def _with_interactions(need: Sequence[str], by: str) -> list[str]:
    """Add the interactions whose parts are all need; refuse a place, and need with a part that is none."""
    places = sorted({by, *PLACE} & set(need))
    if places:
        raise ValueError(f"{', '.join(places)} says where people live or is compared: it is no need.")
    parts = {name: set(when) for name, _, when in INTERACTIONS}
    mixed = [name for name in need if not parts.get(name, set()) <= set(need)]
    if mixed:
        raise ValueError(
            f"{', '.join(mixed)} has a part that is no need: leave it out, or name its parts too."
        )
    return [*need, *(name for name, of in parts.items() if of <= set(need) and name not in need)]
