"""Sums over groups, and what of a characteristic is recorded: the first steps of every measure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd

COUNT = "n_appointments"
UNKNOWN = "Unknown"
STATUS_COLUMNS = {"Attended": "n_attended", "DNA": "n_dna", UNKNOWN: "n_unknown"}
NOT_RECORDED = "not recorded"  # the group of those whose characteristic is missing
LEAST_RECORDED = 0.5  # share of people that a comparison of known values must rest on


class TooFewPoints(ValueError):
    """Fewer months, people, areas or groups than a method needs; the message is a sentence for the page."""


def label_missing(column: pd.Series) -> pd.Series:
    """Return a column as it is; where values are missing, as text with a group `NOT_RECORDED` of its own."""
    missing = column.isna()
    if not missing.any():
        return column
    return column.astype(object).map(str).mask(missing, NOT_RECORDED)


def where_recorded(frame: pd.DataFrame, column: str, what: str) -> pd.DataFrame:
    """Return the people whose characteristic is known, for a comparison that needs its value.

    Parameters
    ----------
    frame : DataFrame
        One row a person.
    column : str
        The characteristic.
    what : str
        Its name as the first word of a sentence: "Deprivation".

    Raises
    ------
    TooFewPoints
        If it is known for fewer than half of the people, or is the same for all of them.
    """
    known = frame[frame[column].notna()]
    if len(known) < LEAST_RECORDED * len(frame) or known.empty:
        raise TooFewPoints(f"{what} is not recorded for enough people here to compare them by it.")
    if known[column].nunique() < 2:
        raise TooFewPoints(f"{what} is the same for all of these people, so they are not compared by it.")
    return known


def as_columns(by: str | Sequence[str]) -> list[str]:
    """Return `by` as a list of column names: a single name, several, or none."""
    return [by] if isinstance(by, str) else list(by)


def check_columns(frame: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Check that `frame` has `columns`.

    Raises
    ------
    KeyError
        Naming the absent columns and those the frame has.
    """
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        there = [str(name) for name in frame.columns]
        near = " and ".join(n for name in absent for n in get_close_matches(name, there, n=1))
        raise KeyError(
            f"{what} needs the column{'s' if absent[1:] else ''} {', '.join(absent)}, which this table lacks."
            f"{f' Did you mean {near}?' if near else ''} It has: {', '.join(there)}. Choose one of those."
        )


def sum_appointments(frame: pd.DataFrame, by: Sequence[str], count: str = COUNT) -> pd.DataFrame:
    """Sum appointments over the groups that occur.

    Parameters
    ----------
    frame : DataFrame
        Any tidy frame with the columns `by` and `count`.
    by : sequence of str
        Grouping columns; may be empty (one row).
    count : str
        The column to sum, in appointments.

    Returns
    -------
    DataFrame
        `by` and `count` (int64), sorted by group. Rows without a label form a group of their own, so that
        the total is always that of `frame`; combinations of labels that do not occur have no row.
    """
    by = as_columns(by)
    check_columns(frame, [*by, count], "Counting")
    if not by:
        return pd.DataFrame({count: [frame[count].sum()]})
    grouped = frame.groupby(by, observed=True, dropna=False, sort=True)[count]
    return grouped.sum().reset_index()


def known_status(attendance: pd.DataFrame, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return the rows whose status is known and whose `columns` are known too (not "Unknown")."""
    check_columns(attendance, ["status", *columns], "Selecting known appointments")
    keep = (attendance["status"] != UNKNOWN).to_numpy()
    for column in columns:
        keep = keep & (attendance[column] != UNKNOWN).to_numpy()
    return attendance[keep]


def known_cells(attendance: pd.DataFrame, by: Sequence[str], known: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row per cell with its appointments of known status and its DNAs.

    Parameters
    ----------
    attendance : DataFrame
        The attendance frame.
    by : sequence of str
        Columns that define a cell.
    known : sequence of str
        Columns whose "Unknown" rows are left out.

    Returns
    -------
    DataFrame
        `by`, n_known and n_dna (int64); cells that do not occur have no row.
    """
    kept = known_status(attendance, known)
    counts = pd.DataFrame(
        {
            **{column: kept[column] for column in by},
            "n_known": kept[COUNT].to_numpy(),
            "n_dna": np.where(kept["status"] == "DNA", kept[COUNT], 0),
        }
    )
    if not list(by):
        return counts.sum().to_frame().T
    return counts.groupby(list(by), observed=True, dropna=False, sort=True).sum().reset_index()
