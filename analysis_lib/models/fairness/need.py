"""Cost as a label: whether people at equal predicted risk of high cost are in equal need."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.intervals import z_value
from analysis_lib.measures.performance.rules import RULES
from analysis_lib.measures.performance.tally import FEWEST, check_risks, refuse_repeats

NEEDS = {
    "emergency_rate": "next_emergency",
    "mean_conditions": "n_conditions",
    "mean_cost_gbp": "next_cost_gbp",
}
FINE_BINS = 100


def cost_need(
    frame: pd.DataFrame, risks: Mapping[str, ArrayLike], n_bins: int = 10, fewest: int = FEWEST
) -> pd.DataFrame:
    """Need by predicted risk of high cost, for people in the most deprived national quintile and others.

    Parameters
    ----------
    frame : DataFrame, n rows
        One row a person: core20 (bool; IMD deciles 1 and 2), next_emergency (bool), n_conditions (at the
        index), next_cost_gbp.
    risks : mapping of str to array [n]
        Risk of high cost, or any score that a list would go by.
    n_bins : int
        Bins of equally many people by risk, core20 or not; equal scores stay together, and may leave bins
        empty: these have no row.
    fewest : int
        The emergency rate is missing where fewer had an emergency admission, or had none; means, where there
        are fewer people.

    Returns
    -------
    DataFrame
        model, risk_bin (1 = lowest risk), core20 (bool), n, n_events (people with an emergency admission in
        the 12 months after; int64), emergency_rate, mean_conditions, mean_cost_gbp (of those 12 months).

    Raises
    ------
    KeyError
        If a column is absent.
    ValueError
        If a flag is not known for everybody, or a score is missing.

    Notes
    -----
    After Obermeyer Z, Powers B, Vogeli C, Mullainathan S (2019) Science 366:447-453: cost is a label that
    leaves out need which did not become care. Need seen in records is itself need that met care.
    """
    core, scores = _check(frame, risks)
    tables = []
    for model, score in scores.items():
        cell = _bins(score, n_bins) * 2 + core
        n, sums = _sum_cells(frame, cell, n_bins)
        table = pd.DataFrame({"model": model, "risk_bin": np.repeat(np.arange(1, n_bins + 1), 2)})
        table["core20"], table["n"] = np.tile([False, True], n_bins), n
        table["n_events"] = sums["emergency_rate"][0].astype("int64")
        people = np.maximum(n, 1)
        for name, (total, _) in sums.items():
            table[name] = np.where(n >= fewest, total / people, np.nan)
        enough = np.minimum(table["n_events"], table["n"] - table["n_events"]) >= fewest
        table["emergency_rate"] = table["emergency_rate"].where(enough)
        tables.append(table[table["n"] > 0])
    return pd.concat(tables, ignore_index=True)


def need_at_equal_risk(
    frame: pd.DataFrame,
    risks: Mapping[str, ArrayLike],
    n_bins: int = FINE_BINS,
    level: float = 0.95,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Need of people in the most deprived national quintile, over that of others at the same risk.

    Parameters
    ----------
    frame, risks
        As for `cost_need`.
    n_bins : int
        Bins of risk; people are compared within each.
    level : float
        Level of the intervals.
    fewest : int
        Values are missing with fewer people with an emergency admission on either side.

    Returns
    -------
    DataFrame
        model; measure (emergency_rate, mean_conditions, mean_cost_gbp); n, n_events (people in Core20, and
        those of them with an emergency admission; int64); core20 (their rate or mean), others (that of the
        others, with weights that give them the risks of Core20); ratio, low, high. People whose bin has
        nobody of the other side are left out.

    Raises
    ------
    KeyError, ValueError
        As for `cost_need`.

    Notes
    -----
    Indirect standardisation by bin of risk; limits are normal on the log scale, from the variance between
    people within bins on both sides.
    """
    core, scores = _check(frame, risks)
    z, rows = z_value(level), []
    for model, score in scores.items():
        n, sums = _sum_cells(frame, _bins(score, n_bins) * 2 + core, n_bins)
        others, ours = n.reshape(-1, 2).T
        both = (others > 0) & (ours > 0)
        weight = ours[both] / others[both]
        events = sums["emergency_rate"][0].reshape(-1, 2)[both].sum(0)
        for name, (total, squares) in sums.items():
            seen = total.reshape(-1, 2)[both]
            spread = (squares - total**2 / np.maximum(n, 1)).reshape(-1, 2)[both]  # within bins
            observed, expected = seen[:, 1].sum(), (weight * seen[:, 0]).sum()
            row = {"model": model, "measure": name, "n": int(ours[both].sum()), "n_events": int(events[1])}
            if events.min() >= fewest and min(observed, expected) > 0:
                variance = spread[:, 1].sum() / observed**2 + (weight**2 * spread[:, 0]).sum() / expected**2
                ratio, factor = observed / expected, np.exp(z * np.sqrt(variance))
                row |= {"core20": observed / row["n"], "others": expected / row["n"], "ratio": ratio}
                row |= {"low": ratio / factor, "high": ratio * factor}
            rows.append(row)
    columns = ["model", "measure", "n", "n_events", "core20", "others", "ratio", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _check(
    frame: pd.DataFrame, risks: Mapping[str, ArrayLike]
) -> tuple[NDArray[np.bool_], dict[str, NDArray[np.float64]]]:
    check_columns(frame, ["core20", *NEEDS.values()], "Cost against need")
    check_risks(frame, NEEDS["emergency_rate"], {})
    refuse_repeats(frame, "Cost against need")
    return check_risks(frame, "core20", risks, ranks=(*RULES, *risks))


def _bins(score: NDArray[np.float64], n_bins: int) -> NDArray[np.intp]:
    """Return the bin of each person, from 0; those with equal scores share that of the lowest of them."""
    ordered = np.sort(score)
    return np.searchsorted(ordered, score, side="left") * n_bins // max(len(score), 1)


def _sum_cells(
    frame: pd.DataFrame, cell: NDArray[np.intp], n_bins: int
) -> tuple[NDArray[np.intp], dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Return people of each cell, and the sum and sum of squares of each measure of need."""
    size = 2 * n_bins
    sums = {}
    for name, column in NEEDS.items():
        values = frame[column].to_numpy(np.float64)
        sums[name] = (np.bincount(cell, values, size), np.bincount(cell, values**2, size))
    return np.bincount(cell, minlength=size), sums
