"""Composite profiles: what the model says of a kind of people on average, never of one person."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis_lib.models.explain.groups import Groups, find_source, sum_groups
from analysis_lib.models.explain.importance import groups_of
from analysis_lib.models.explain.values import Explanation

BASE, OTHERS, TOTAL = "base", "all others", "total"
FEWEST = 100
_FEW = 7  # people whose number a share may not give away
_ROUND = 5  # people; shares are of counts rounded to this


def typical_profiles(frame: pd.DataFrame, lookback_months: int = 12) -> dict[str, pd.Series]:
    """Return three kinds of people for whom care is organised apart, by age, conditions and use.

    Parameters
    ----------
    frame : DataFrame
        One row a person, with the columns of `features_at`.
    lookback_months : int
        Of the columns of use.

    Returns
    -------
    dict of str to Series of bool
        Aged 65 and over with heart failure in the most deprived fifth; aged 18 to 34 with asthma; two or more
        emergency admissions in the look-back.
    """
    age = frame["age"]
    return {
        "Aged 65 and over with heart failure, most deprived fifth": (age >= 65)
        & frame["has_heart_failure"]
        & (frame["imd_decile"] <= 2).fillna(False),
        "Aged 18 to 34 with asthma": age.between(18, 34) & frame["has_asthma"],
        "Two or more emergency admissions before": frame[f"n_emergency_{lookback_months}m"] >= 2,
    }


def explain_profiles(
    explanation: Explanation,
    profiles: Mapping[str, pd.Series],
    groups: Groups | None = None,
    n_features: int = 6,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Mean contributions over the people of each profile, as the steps of a waterfall.

    Parameters
    ----------
    explanation : Explanation
    profiles : mapping of str to Series of bool
        Name to who belongs, in the order of the explanation's data.
    groups : mapping of str to sequence of str, optional
        As for `explain_importance`.
    n_features : int
        Steps shown, largest first; the rest is one step.
    fewest : int
        A profile with fewer people is left out; ``attrs["left_out"]`` names it.

    Returns
    -------
    DataFrame
        outcome, profile, n, place (0, 1, …), feature ("base", groups, "all others", "total"), value (text:
        mean, share of people, or commonest level with its share; empty for base, others and total),
        contribution (log-odds; of base and total the level). Base and steps sum to total.
    """
    groups = groups or groups_of(explanation)
    values = sum_groups(explanation, groups)
    by_length = sorted(explanation.data.columns, key=len, reverse=True)
    firsts = [find_source(members[0], by_length) for members in groups.values()]
    tables, left_out = [], []
    for profile, belongs in profiles.items():
        mask = np.asarray(belongs, bool)
        if mask.sum() < fewest:
            left_out.append(profile)
            continue
        mean = values[mask].mean(axis=0)
        top = np.argsort(-np.abs(mean), kind="stable")[:n_features]
        people = explanation.data.loc[mask, firsts]
        steps = [(BASE, "", explanation.base)]
        steps += [(list(groups)[g], _typical(people[firsts[g]]), mean[g]) for g in top]
        steps += [(OTHERS, "", np.delete(mean, top).sum()), (TOTAL, "", explanation.base + mean.sum())]
        table = pd.DataFrame(steps, columns=["feature", "value", "contribution"])
        tables.append(
            table.assign(outcome=explanation.outcome, profile=profile, n=int(mask.sum()), place=table.index)
        )
    columns = ["outcome", "profile", "n", "place", "feature", "value", "contribution"]
    out = pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)
    out = out.astype({"n": "int64", "place": "int64", "contribution": "float64"})
    out.attrs["left_out"] = left_out
    return out


def _typical(column: pd.Series) -> str:
    """Say what the people have of a feature; no share that gives a small number away."""
    known = column.dropna()
    if known.empty:
        return "not known"
    if pd.api.types.is_bool_dtype(known):
        return _share(int(known.sum()), len(known))
    if pd.api.types.is_numeric_dtype(known):
        mean = float(known.mean())
        return f"mean {mean:,.0f}" if abs(mean) >= 20 else f"mean {mean:.1f}"
    counts = known.value_counts()
    return f"{counts.index[0]}, {_share(int(counts.iloc[0]), len(known))}"


def _share(k: int, n: int) -> str:
    if k <= _FEW:
        return "few or none"
    if n - k <= _FEW:
        return "all or nearly all"
    return f"{_ROUND * round(k / _ROUND) / (_ROUND * round(n / _ROUND)):.0%}"
