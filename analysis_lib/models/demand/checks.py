"""Whether a regression of demand fits: zeros, dispersion, and what each block of terms explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.special import xlogy

from analysis_lib.measures.intervals import z_value
from analysis_lib.models.attendance import ModelDidNotFit
from analysis_lib.models.demand.design import PRODUCT
from analysis_lib.models.demand.fit import DemandFit, fit_demand
from analysis_lib.models.demand.patterns import find_references, group_patterns
from analysis_lib.models.demand.rows import expected_counts, rows_of

BLOCK_COLUMNS = ["setting", "block", "alone", "so_far", "added", "n_train", "n_test", "events_test"]


def check_fit(
    fit: DemandFit, frame: pd.DataFrame, exposure: str = "years_at_risk", level: float = 0.95
) -> pd.DataFrame:
    """Zeros and dispersion of a fit, on the people it was fitted on or on others.

    Parameters
    ----------
    fit : DemandFit
    frame : DataFrame
        One row a person; those whose levels are not in the model are left out.
    exposure : str
        Column of person-years.
    level : float
        Confidence level of alpha.

    Returns
    -------
    DataFrame
        One row: setting, family, n_people, n_events, zeros_observed, zeros_expected (people), zero_share,
        zero_share_expected, zero_ratio (observed to expected: above 1 hints at zero inflation),
        pearson_per_df (near 1 if the variance is right), alpha, alpha_low, alpha_high.
    """
    rows = rows_of(fit, frame, exposure)
    counts, mean = frame[fit.setting].to_numpy(float)[rows.where], rows.mean
    zeros, wanted = int((counts == 0).sum()), float(_chance(fit, mean, 0).sum())
    pearson = np.sum((counts - mean) ** 2 / (mean + fit.alpha * mean**2))
    spread = np.exp(z_value(level) * fit.alpha_se_log)
    return pd.DataFrame(
        {
            "setting": [fit.setting],
            "family": fit.family,
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


def evaluate_blocks(
    frame: pd.DataFrame,
    setting: str,
    blocks: Mapping[str, Sequence[str]],
    family: str = "nb2",
    exposure: str = "years_at_risk",
    reference: Mapping[str, Any] | None = None,
    person: str | None = None,
    test_share: float = 0.3,
    seed: int = 1,
) -> pd.DataFrame:
    """Deviance that blocks of terms explain in people the model has not seen.

    Parameters
    ----------
    frame : DataFrame
        One row a person (or a person-year, with `person`).
    setting : str
        Column of counts.
    blocks : mapping
        Name of a block to its terms, in the order in which they are added. An interaction stands in the last
        block it needs.
    family, exposure, reference
        As for `fit_demand`.
    person : str, optional
        Column that identifies people where a person has several rows, all of which go to one side.
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

    Raises
    ------
    ValueError
        If `test_share` is not between 0 and 1, and as for `fit_demand`.
    ModelDidNotFit
        If nobody held out can be scored, and as for `fit_demand`.

    Notes
    -----
    Deviance of NB2 at the alpha of the full model (fitted on the others), so that all models are held to the
    same measure; Cameron AC, Windmeijer FAG (1996) J Bus Econ Stat 14:209-220. Held-out people with a level
    that the full model lacks are left out.
    """
    test = _held_out(frame, person, test_share, seed)
    seen, unseen = frame[~test], frame[test]
    every = [term for terms in blocks.values() for term in terms]
    patterns = group_patterns(seen, every, exposure, find_references(seen, every, reference))

    def fit(terms: list[str]) -> DemandFit:
        return fit_demand(seen, setting, terms, family, exposure, patterns=patterns)

    full = fit(every)
    unseen = unseen[np.isfinite(expected_counts(full, unseen, exposure))]
    if unseen.empty:
        raise ModelDidNotFit("Nobody held out has levels that the model knows: take fewer or wider levels.")
    y = unseen[setting].to_numpy(float)
    around_rate = _deviance(
        y, full.n_events / full.person_years * unseen[exposure].to_numpy(float), full.alpha
    )

    def explained(model: DemandFit) -> float:
        return 1 - _deviance(y, expected_counts(model, unseen, exposure), full.alpha) / around_rate

    rows, so_far, before = [], [], 0.0
    for name, terms in blocks.items():
        so_far = [*so_far, *terms]
        total = explained(full if len(so_far) == len(every) else fit(so_far))
        own = all(part in terms for term in terms for part in term.split(PRODUCT))
        alone = total if so_far == list(terms) else explained(fit(list(terms))) if own else np.nan
        rows.append((setting, name, alone, total, total - before, len(seen), len(unseen), int(y.sum())))
        before = total
    return pd.DataFrame(rows, columns=BLOCK_COLUMNS)


def _held_out(frame: pd.DataFrame, person: str | None, share: float, seed: int) -> NDArray[np.bool_]:
    if not 0 < share < 1:
        raise ValueError(f"test_share is a proportion such as 0.3, not {share}.")
    rng = np.random.default_rng(seed)
    if person is None:
        return rng.random(len(frame)) < share
    code, names = pd.factorize(frame[person])
    return (rng.random(len(names)) < share)[code]


def _chance(fit: DemandFit, mean: NDArray[np.float64], value: int) -> NDArray[np.float64]:
    if fit.alpha == 0:
        return stats.poisson.pmf(value, mean)
    return stats.nbinom.pmf(value, 1 / fit.alpha, 1 / (1 + fit.alpha * mean))


def _deviance(y: NDArray[np.float64], mean: NDArray[np.float64], alpha: float) -> float:
    if alpha == 0:
        return float(2 * np.sum(xlogy(y, y / mean) - (y - mean)))
    grown = (y + 1 / alpha) * np.log((1 + alpha * y) / (1 + alpha * mean))
    return float(2 * np.sum(xlogy(y, y / mean) - grown))
