"""Bins with round edges, so that a table says nothing finer about anybody."""

from __future__ import annotations

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


def bin_column(column: pd.Series) -> pd.Categorical:
    """Put the values of a column into bins with round edges.

    Parameters
    ----------
    column : Series
        Flags become no and yes, text its levels; whole numbers of few values stay. Ages, counts (``n_``),
        costs (``cost_``, GBP), months and shares have stated edges; other numbers have their eighths,
        rounded to one digit that counts.

    Returns
    -------
    Categorical
        Ordered, with the index's order of rows; missing values are "not known", the last bin.
    """
    name, missing = str(column.name), column.isna().to_numpy()
    if pd.api.types.is_bool_dtype(column):
        names, code = ["no", "yes"], column.to_numpy(int)
    elif not pd.api.types.is_numeric_dtype(column):
        code, levels = pd.factorize(column, sort=True)
        names = [str(level) for level in levels]
    else:
        values = column.to_numpy(float)
        edges, names = _edges(name, values[~missing])
        code = np.searchsorted(edges, values, side="right") - 1
    code = np.where(missing, len(names), code)
    return pd.Categorical.from_codes(code, [*names, NOT_KNOWN], ordered=True)


def _edges(name: str, values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return the lower edges of the bins, and their names."""
    whole = bool((values == np.round(values)).all()) and not name.startswith("cost_")
    levels = np.unique(values)
    stated = next((edges for start, edges in STATED.items() if name.startswith(start)), None)
    if stated is not None:
        edges = np.array([edge for edge in stated if edge <= levels.max(initial=0)], float)
        return edges, _names(edges, whole)
    if whole and len(levels) <= MOST_LEVELS:
        return levels, [f"{level:,g}" for level in levels]
    eighths = np.quantile(values, np.linspace(0, 1, N_BINS + 1)[1:-1])
    scale = 10.0 ** np.floor(np.log10(np.maximum(np.abs(eighths), 1e-12)))
    edges = np.unique([-np.inf, *np.round(eighths / scale) * scale])
    return edges, _names(edges, whole)


def _names(edges: np.ndarray, whole: bool) -> list[str]:
    """Name the bins: "0", "1", "3-4", "85+"; "250 to under 500"."""
    names = []
    for low, high in zip(edges, [*edges[1:], np.inf], strict=True):
        if not np.isfinite(low):
            names.append(f"under {high:,g}" if np.isfinite(high) else "any")
        elif not np.isfinite(high):
            names.append(f"{low:,g}+")
        elif whole:
            names.append(f"{low:,g}" if high == low + 1 else f"{low:,g}-{high - 1:,g}")
        else:
            names.append("under 1" if (low, high) == (0, 1) else f"{low:,g} to under {high:,g}")
    return names
