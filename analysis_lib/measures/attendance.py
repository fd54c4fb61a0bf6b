"""The table of attendance that is released for each grouping."""

from __future__ import annotations

import pandas as pd

from analysis_lib.measures.rates import rate_dna
from analysis_lib.measures.standardise import standardise_dna


def attendance_table(attendance: pd.DataFrame, by: str) -> pd.DataFrame:
    """DNA rates of each group: as counted with interval and bounds, and standardised with ranks.

    Parameters
    ----------
    attendance : DataFrame
        The attendance frame.
    by : str
        mode, lead_time, hcp_type, month, or a column of areas.

    Returns
    -------
    DataFrame
        The columns of `rate_dna`, then dna_rate_standardised, std_low, std_high, weight_missing,
        rank_crude, rank_standardised and rank_change of `standardise_dna` (missing for the lead time
        Unknown, which has no strata). Rates 0 to 1.
    """
    standardised = standardise_dna(attendance, by).drop(columns=["n_known", "dna_rate"])
    return rate_dna(attendance, by).merge(standardised, on=by, how="left", validate="one_to_one")


def share_within(counts: pd.DataFrame, within: str) -> pd.DataFrame:
    """Replace `share` by the share within each group of the column `within` (0 to 1)."""
    total = counts.groupby(within, observed=True)["n_appointments"].transform("sum")
    return counts.assign(share=counts["n_appointments"] / total)


UNKNOWN_COLUMNS = {"status": "Final status", "hcp_type": "Staff", "mode": "Mode", "lead_time": "Lead time"}


def unknown_shares(attendance: pd.DataFrame) -> pd.DataFrame:
    """Count the appointments whose status, staff, mode or lead time is Unknown, and where most are.

    Returns
    -------
    DataFrame
        column (in words; one that the frame lacks has no row), n_unknown, share (of all, 0 to 1),
        highest_icb and highest_share (the ICB with the highest share; missing where nothing is unknown,
        or the frame has no ICB).
    """
    rows = []
    total = attendance["n_appointments"].sum()
    for column in (c for c in UNKNOWN_COLUMNS if c in attendance):
        unknown = attendance[attendance[column] == "Unknown"]
        row = {"column": UNKNOWN_COLUMNS[column], "n_unknown": unknown["n_appointments"].sum()}
        row["share"] = row["n_unknown"] / total if total else float("nan")
        if "icb_name" in attendance and row["n_unknown"]:
            by = attendance.groupby("icb_name", observed=True)["n_appointments"].sum()
            share = unknown.groupby("icb_name", observed=True)["n_appointments"].sum().reindex(by.index) / by
            row |= {"highest_icb": str(share.fillna(0).idxmax()), "highest_share": share.fillna(0).max()}
        rows.append(row)
    return pd.DataFrame(rows, columns=["column", "n_unknown", "share", "highest_icb", "highest_share"])
