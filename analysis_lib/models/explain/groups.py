"""Features that say the same thing, taken as one: which belong together, and a check of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from analysis_lib.models.explain.values import Explanation, Floats

Groups = Mapping[str, Sequence[str]]

_NAMED = {
    "age": "Age",
    "age_band": "Age",
    "sex": "Sex",
    "ethnic_group": "Ethnic group",
    "imd_decile": "Deprivation of the area",
    "imd_quintile": "Deprivation of the area",
    "core20": "Deprivation of the area",
    "months_registered": "Time registered",
    "n_conditions": "Long-term conditions, how many",
    "cambridge_score": "Long-term conditions, how many",
    "n_medicines": "Medicines, how many",
    "continuity": "Continuity of GP care",
    "has_copd": "COPD",
    "has_stroke_tia": "Stroke or TIA",
    "has_psychosis_bipolar": "Psychosis or bipolar",
    "has_anxiety_depression": "Anxiety or depression",
}
_SETTINGS = {
    "": "All care",
    "contacts": "All care",
    "gp": "GP use",
    "nhs111": "NHS 111 calls",
    "ambulance": "Ambulance use",
    "ae": "A&E use",
    "outpatient": "Outpatient use",
    "elective": "Elective admissions",
    "emergency": "Emergency admissions",
    "community": "Community care",
    "mental_health": "Mental health care",
    "maternity": "Maternity care",
    "social_care": "Social care",
}
_USE = re.compile(r"^(?:n|cost_gbp)(?:_([a-z0-9_]+?))?_(\d+)m$")
_DNA = re.compile(r"^dna_share_(\d+)m$")


def name_concept(column: str) -> str:
    """Return what a column is about, in plain words: the group it stands in.

    Age, Sex, Ethnic group, Deprivation of the area, a condition each, "Long-term conditions, how many"
    (count and score), "Medicines, how many" (count and polypharmacy), use and cost of each setting in a
    look-back ("GP use, last year"). A column of another source has its own name.
    """
    if column in _NAMED:
        return _NAMED[column]
    if column.startswith("polypharmacy_"):
        return _NAMED["n_medicines"]
    use, missed = _USE.match(column), _DNA.match(column)
    if use and (use[1] or "") in _SETTINGS:
        return f"{_SETTINGS[use[1] or '']}, {_span(use[2])}"
    if missed:
        return f"Missed appointments, {_span(missed[1])}"
    words = column.removeprefix("has_").replace("_", " ")
    return words[:1].upper() + words[1:]


def group_features(features: Iterable[str], columns: Iterable[str]) -> dict[str, list[str]]:
    """Group encoded features by what they are about.

    Parameters
    ----------
    features : iterable of str
        Names after encoding: a column's own name, or ``<column>_<level>``, after ``<step>__`` or not.
    columns : iterable of str
        Columns before encoding.

    Returns
    -------
    dict of str to list of str
        Name of the group (`name_concept`) to its features, in their order.
    """
    by_length = sorted(columns, key=len, reverse=True)
    groups: dict[str, list[str]] = {}
    for feature in features:
        groups.setdefault(name_concept(find_source(feature, by_length)), []).append(feature)
    return groups


def find_source(feature: str, columns: Sequence[str]) -> str:
    """Return the column that an encoded feature was made of; the feature itself if none is."""
    name = feature.split("__", 1)[-1]
    if name in columns:
        return name
    return next((column for column in columns if name.startswith(f"{column}_")), name)


def sum_groups(explanation: Explanation, groups: Groups) -> Floats:
    """Return the contribution of each group, the sum of its members', shape (n, n_groups).

    Raises
    ------
    KeyError
        If a feature stands in no group, or in two: contributions would not sum to the prediction.
    """
    listed = [feature for members in groups.values() for feature in members]
    if sorted(listed) != sorted(explanation.features):
        wrong = sorted(set(explanation.features) ^ set(listed)) or ["one that is listed twice"]
        raise KeyError(f"Each feature belongs to one group: look at {', '.join(wrong)}.")
    given = dict(zip(explanation.features, explanation.values.T, strict=True))  # noqa: PD011
    out = np.zeros((len(groups), len(explanation.values)))
    for row, members in zip(out, groups.values(), strict=True):
        for feature in members:
            row += given[feature]
    return out.T


def check_groups(
    frame: pd.DataFrame, columns: Sequence[str], least: float = 0.7, most_people: int = 20_000
) -> pd.DataFrame:
    """List columns that go together strongly and yet stand in different groups.

    Parameters
    ----------
    frame : DataFrame
        One row a person.
    columns : sequence of str
        Columns before encoding; those that are no numbers or flags are left out.
    least : float
        Spearman's rank correlation, of either sign, from which on two columns are strongly correlated.
    most_people : int
        More than these are thinned evenly.

    Returns
    -------
    DataFrame
        feature_a, feature_b, group_a, group_b, spearman, cluster (columns that such pairs link, numbered from
        1), n (people). Strongest first; empty if the groups hold all strong correlations. Importance is
        shared between these groups in a way that the model chose: read them together.
    """
    people = frame.iloc[:: max(1, -(-len(frame) // most_people))]
    numbers = people[[c for c in columns if pd.api.types.is_numeric_dtype(people[c])]].astype(float)
    numbers = numbers.loc[:, numbers.std() > 0]
    rho = numbers.corr(method="spearman").fillna(0.0).to_numpy()
    names = list(numbers)
    if len(names) < 2:
        clusters = np.ones(len(names), int)
    else:
        apart = squareform((1 - np.abs(rho)).clip(0) * (1 - np.eye(len(names))), checks=False)
        clusters = hierarchy.fcluster(hierarchy.single(apart), 1 - least, criterion="distance")
    rows = [
        (names[i], names[j], name_concept(names[i]), name_concept(names[j]), rho[i, j], clusters[i])
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if abs(rho[i, j]) >= least and name_concept(names[i]) != name_concept(names[j])
    ]
    header = ["feature_a", "feature_b", "group_a", "group_b", "spearman", "cluster"]
    table = pd.DataFrame(rows, columns=header).sort_values(
        "spearman", key=abs, ascending=False, kind="stable"
    )
    table["cluster"] = pd.factorize(table["cluster"])[0] + 1
    return table.assign(n=len(people)).reset_index(drop=True)


def _span(months: str) -> str:
    return "last year" if months == "12" else f"last {months} months"
