"""Does the model lean on what was planted? Contributions against a simulated population's known effects.

Planted are logarithms of rate ratios of contacts; the trees speak of log-odds of an outcome. The two differ
in size (people's rates vary, so a rate says less of having any contact): signs and ranks are compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis_lib.models.demand import planted_drivers
from analysis_lib.models.explain.groups import Groups, name_concept, sum_groups
from analysis_lib.models.explain.importance import groups_of
from analysis_lib.models.explain.values import Explanation

DRIVERS = ("age_band", "sex", "ethnic_group", "imd_decile")  # and the conditions
REFERENCE = {"age_band": "35-44", "sex": "F", "ethnic_group": "White", "imd_decile": "10"}
FEWEST = 50  # people with and without, for a mean to be compared
CLEAR = 0.1  # log rate ratio from which on a sign is asked for: smaller ones are noise to trees

Planted = Mapping[str, Mapping[str, float]]


def weigh_settings(truth: Mapping[str, Any], weights: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return what was planted for an outcome that rests on several settings.

    Parameters
    ----------
    truth : mapping
        A simulated population's truth.json.
    weights : mapping of str to float
        Setting to weight: {"emergency": 1} for an emergency admission; for cost, each setting's cost. They
        are divided by their sum. No number is planted for cost: the sum of the settings' log rate ratios,
        weighted by their share of it, is what all of them together do to it to the first order.

    Returns
    -------
    dict
        Column (age_band, sex, ethnic_group, imd_decile, has_<condition>) to level (text) to log rate ratio.
        Interactions and areas are left out.
    """
    planted = planted_drivers(truth)
    total = math.fsum(weights.values())
    out: dict[str, dict[str, float]] = {}
    for setting, weight in weights.items():
        for column, effects in planted[setting].items():
            if column in DRIVERS or column.startswith("has_"):
                levels = effects if isinstance(effects, Mapping) else {"True": effects}
                into = out.setdefault(column, {})
                for level, effect in levels.items():
                    into[str(level)] = into.get(str(level), 0.0) + weight / total * float(effect)
    return out


def weigh_cost(
    frame: pd.DataFrame, settings: Sequence[str], prefix: str = "next_cost_gbp_"
) -> dict[str, float]:
    """Return each setting's share of all cost, for `weigh_settings`; of no cost at all, 0."""
    cost = {setting: float(frame[f"{prefix}{setting}"].sum()) for setting in settings}
    total = math.fsum(cost.values())
    return {setting: amount / max(total, 1e-9) for setting, amount in cost.items()}


def weigh_planted(frame: pd.DataFrame, planted: Planted) -> dict[str, float]:
    """Return how much each group of features moves people in the truth, for `explain_importance`.

    Mean absolute deviation of the planted effect over the people: what the mean absolute SHAP value of a
    feature would be in a model of these effects and no others.
    """
    out = {}
    for column, effects in planted.items():
        if column in frame:
            code, levels = _levels(frame[column])
            effect = np.array([effects.get(level, 0.0) for level in levels])[code]
            out[name_concept(column)] = float(np.abs(effect - effect.mean()).mean())
    return out


def compare_truth_shap(
    explanation: Explanation,
    planted: Planted,
    groups: Groups | None = None,
    model: str = "drivers alone",
) -> pd.DataFrame:
    """Compare how contributions differ between levels of a driver with the planted log rate ratios.

    Parameters
    ----------
    explanation : Explanation
        Of trees that know the drivers and nothing else, for a fair comparison; with last year's use among
        the features, that takes over a part of what the drivers do.
    planted : mapping
        As `weigh_settings` returns.
    groups : mapping of str to sequence of str, optional
        As for `explain_importance`.
    model : str
        Written into the table.

    Returns
    -------
    DataFrame
        outcome, model, driver (text), planted (log rate ratio), mean_shap_difference (mean contribution of
        the driver's group among people with the level, less that among those of the reference), agrees
        (bool, same sign), planted_rank and shap_rank (1 = most: size of the effect times 2p(1 - p), which is
        the mean absolute deviation that it makes, p the share of people with the level), n (people with the
        level). Levels with fewer than 50 people, or as few in the reference, have no row.
    """
    groups = groups or groups_of(explanation)
    values = dict(zip(groups, sum_groups(explanation, groups).T, strict=True))
    rows = []
    for column, effects in planted.items():
        concept = name_concept(column)
        if concept not in values or column not in explanation.data:
            continue
        code, levels = _levels(explanation.data[column])
        reference = REFERENCE.get(column, "False")
        people = {level: code == place for place, level in enumerate(levels)}
        against = people.get(reference, np.zeros(len(code), bool))
        for name, effect in effects.items():
            has = people.get(name, np.zeros(len(code), bool))
            if name != reference and min(has.sum(), against.sum()) >= FEWEST:
                difference = values[concept][has].mean() - values[concept][against].mean()
                driver = concept if column.startswith("has_") else f"{concept}: {name}, against {reference}"
                rows.append((driver, effect - effects.get(reference, 0.0), difference, int(has.sum())))
    table = pd.DataFrame(rows, columns=["driver", "planted", "mean_shap_difference", "n"])
    share = table["n"] / len(explanation.data)
    for column, rank in (("planted", "planted_rank"), ("mean_shap_difference", "shap_rank")):
        weighed = table[column].abs() * 2 * share * (1 - share)
        table[rank] = weighed.rank(ascending=False, method="min")
    table["agrees"] = np.sign(table["planted"]) == np.sign(table["mean_shap_difference"])
    columns = ["driver", "planted", "mean_shap_difference", "agrees", "planted_rank", "shap_rank", "n"]
    return table.assign(outcome=explanation.outcome, model=model)[["outcome", "model", *columns]]


def score_truth(table: pd.DataFrame, clear: float = CLEAR) -> pd.DataFrame:
    """Say in three numbers how well contributions agree with what was planted.

    Parameters
    ----------
    table : DataFrame
        As `compare_truth_shap` returns, of one or more outcomes and models.
    clear : float
        Log rate ratio, of either sign, from which on the sign is counted.

    Returns
    -------
    DataFrame
        outcome, model, n_drivers, effects (Spearman's correlation of the planted log rate ratio and the mean
        difference, with their signs), ranks (Spearman's correlation of the two ranks, which share how common
        a level is), n_clear, signs (share of those with the planted sign).
    """
    rows = []
    for (outcome, model), part in table.groupby(["outcome", "model"], sort=False):
        plain = part[part["planted"].abs() >= clear]
        effects = stats.spearmanr(part["planted"], part["mean_shap_difference"]).statistic
        ranks = stats.spearmanr(part["planted_rank"], part["shap_rank"]).statistic
        rows.append((outcome, model, len(part), effects, ranks, len(plain), plain["agrees"].mean()))
    return pd.DataFrame(
        rows, columns=["outcome", "model", "n_drivers", "effects", "ranks", "n_clear", "signs"]
    )


def _levels(column: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    code, levels = pd.factorize(column, use_na_sentinel=False)
    return code, [str(level) for level in levels]
