"""What a column is about, in plain words, and bins with round edges: nothing finer is said of anybody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

NOT_KNOWN = "not known"
AGES = (0, 5, 15, 25, 35, 45, 55, 65, 75, 85)
COUNTS = (0, 1, 2, 3, 5, 10, 20, 50)
MONEY = (0, 1, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000)
MONTHS = (0, 12, 24, 60, 120, 240)
SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75)
STATED = {"age": AGES, "n_": COUNTS, "cost_": MONEY, "months_registered": MONTHS, "dna_share": SHARES}
MOST_LEVELS = 12
N_BINS = 8

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
    "polypharmacy_5": "Medicines, how many",
    "polypharmacy_10": "Medicines, how many",
    "continuity": "Continuity of GP care",
    "has_copd": "COPD",
    "has_stroke_tia": "Stroke or TIA",
    "has_psychosis_bipolar": "Psychosis or bipolar",
    "has_anxiety_depression": "Anxiety or depression",
}
_USES = {
    **dict.fromkeys(("n", "cost_gbp", "n_contacts", "cost_gbp_contacts"), "All care"),
    "dna_share": "Missed appointments",
}
_SETTINGS = {
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
_USES |= {f"{what}_{setting}": name for what in ("n", "cost_gbp") for setting, name in _SETTINGS.items()}


def name_concept(column: str) -> str:
    """Return what a column is about: Age, a condition each, use and cost of a setting in a look-back.

    "GP use, last year" is their number and cost. A column of another source has its own name.
    """
    use = re.match(r"^(.+)_(\d+)m$", column)
    if use and use[1] in _USES:
        return f"{_USES[use[1]]}, {'last year' if use[2] == '12' else f'last {use[2]} months'}"
    words = column.removeprefix("has_").replace("_", " ")
    return _NAMED.get(column, words[:1].upper() + words[1:])


def group_features(features: Iterable[str], columns: Sequence[str]) -> dict[str, list[str]]:
    """Group encoded features (a column's own name, or ``<column>_<level>``) by what their column is about."""
    groups: dict[str, list[str]] = {}
    for feature in features:
        groups.setdefault(name_concept(find_column(feature, columns)), []).append(feature)
    return groups


def find_column(feature: str, columns: Iterable[str]) -> str:
    """Return the column that an encoded feature was made of; the feature itself if none is."""
    made_of = [c for c in columns if feature == c or feature.startswith(f"{c}_")]
    return max(made_of, key=len, default=feature)


def bin_column(column: pd.Series) -> pd.Series:
    """Put the values of a column into ordered bins; missing ones into "not known", the last.

    Flags become no and yes, text its levels; whole numbers of few values stay. Ages, counts (``n_``), costs
    (``cost_``, GBP), months and shares have stated edges; others their eighths, rounded to one digit.
    """
    if pd.api.types.is_bool_dtype(column):
        bins = column.map({False: "no", True: "yes"}).astype(pd.CategoricalDtype(["no", "yes"]))
    elif pd.api.types.is_numeric_dtype(column):
        edges, names = _edges(str(column.name), column.dropna().to_numpy(float))
        bins = pd.cut(column.astype(float), [*edges, np.inf], right=False, labels=names)
    else:
        bins = column.astype("category").cat.rename_categories(str)
    return bins.cat.add_categories(NOT_KNOWN).fillna(NOT_KNOWN).cat.as_ordered()


def _edges(name: str, values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return the lower edges of the bins and their names: "0", "3-4", "85+", "250 to under 500"."""
    whole = bool((values == np.round(values)).all()) and not name.startswith("cost_")
    levels = np.unique(values)
    stated = next((edges for start, edges in STATED.items() if name.startswith(start)), None)
    if stated is not None:
        edges = np.array([edge for edge in stated if edge <= levels.max(initial=0)], float)
    elif whole and len(levels) <= MOST_LEVELS:
        return levels, [f"{level:,g}" for level in levels]
    else:
        eighths = np.quantile(values, np.linspace(0, 1, N_BINS + 1)[1:-1])
        scale = 10.0 ** np.floor(np.log10(np.maximum(np.abs(eighths), 1e-12)))
        edges = np.unique([-np.inf, *np.round(eighths / scale) * scale])
    return edges, [
        _name(low, high, whole=whole) for low, high in zip(edges, [*edges[1:], np.inf], strict=True)
    ]


def _name(low: float, high: float, *, whole: bool) -> str:
    if np.isinf(high):
        return f"{low:,g}+" if np.isfinite(low) else "any"
    if whole and np.isfinite(low):
        return f"{low:,g}" if high == low + 1 else f"{low:,g}-{high - 1:,g}"
    return f"under {high:,g}" if np.isinf(low) or (low, high) == (0, 1) else f"{low:,g} to under {high:,g}"
