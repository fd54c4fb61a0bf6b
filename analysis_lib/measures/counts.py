"""How many appointments, and how they are distributed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis_lib.measures.cells import (
    COUNT,
    STATUS_COLUMNS,
    UNKNOWN,
    as_columns,
    check_columns,
    sum_appointments,
)
from analysis_lib.measures.control import TooFewPoints


def count_appointments(frame: pd.DataFrame, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """Count appointments by group.

    Parameters
    ----------
    frame : DataFrame
        Any tidy frame with n_appointments (attendance, duration, category, ...).
    by : str or sequence of str
        Grouping columns; none gives one row.

    Returns
    -------
    DataFrame
        `by`, n_appointments (int64), share (0 to 1, of all appointments in `frame`). Nothing is left out:
        "Unknown" is a group like any other.
    """
    counts = sum_appointments(frame, as_columns(by))
    total = counts[COUNT].sum()
    return counts.assign(share=counts[COUNT] / total if total else np.nan)


def count_status(attendance: pd.DataFrame, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """Count attended, missed and unknown appointments by group.

    Returns
    -------
    DataFrame
        `by`, n_attended, n_dna, n_unknown (int64). A status that is none of the three raises.

    Raises
    ------
    ValueError
        If a status other than Attended, DNA or Unknown has appointments: the reader must map it first.
    """
    by = as_columns(by)
    check_columns(attendance, [*by, "status"], "Counting by status")
    if "status" in by:
        raise ValueError("Do not group by status here: use count_appointments(frame, 'status') instead.")
    counts = attendance[[*by]].copy()
    left_over = attendance[COUNT].sum()
    for status, column in STATUS_COLUMNS.items():
        counts[column] = np.where(attendance["status"] == status, attendance[COUNT], 0)
        left_over -= counts[column].sum()
    if left_over:
        raise ValueError(
            f"{left_over:,} appointments have a status other than {', '.join(STATUS_COLUMNS)}: "
            "map it when the file is read."
        )
    columns = list(STATUS_COLUMNS.values())
    if not by:
        return counts[columns].sum().to_frame().T.astype("int64")
    return counts.groupby(by, observed=True, dropna=False, sort=True)[columns].sum().reset_index()


def count_distribution(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Distribution of appointments over an ordered label such as lead time or duration.

    Parameters
    ----------
    frame : DataFrame
        A tidy frame with `column` and n_appointments.
    column : str
        Ordered categorical: lead_time or duration.

    Returns
    -------
    DataFrame
        `column`, n_appointments, share (of all), share_known and cumulative_share_known (of those not
        Unknown; missing in the Unknown row, which has no place in the order). All 0 to 1.
    """
    counts = count_appointments(frame, column)
    known = (counts[column] != UNKNOWN).to_numpy()
    n_known = counts.loc[known, COUNT].sum()
    share = (counts[COUNT] / n_known).where(known) if n_known else np.nan
    counts["share_known"] = share
    counts["cumulative_share_known"] = counts["share_known"].cumsum()
    return counts


def busiest_months(frame: pd.DataFrame, top: int = 5) -> pd.DataFrame:
    """Return the `top` months by appointments, busiest first.

    Returns
    -------
    DataFrame
        month, n_appointments, share (of the whole period), rank (1 = busiest; ties share the best rank).

    Raises
    ------
    TooFewPoints
        If there is one month.
    """
    months = count_appointments(frame, "month")
    if len(months) < 2:
        raise TooFewPoints("These files hold one month, so months are not compared.")
    months["rank"] = months[COUNT].rank(ascending=False, method="min").astype("int64")
    return months.sort_values(["rank", "month"]).head(top).reset_index(drop=True)


def count_months(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count the months that each area has, and those that others have and it lacks.

    Sums and rates over different months are not of the same time: who compares areas says so.

    Parameters
    ----------
    frame : DataFrame
        Rows with month and `by`.
    by : str
        The area.

    Returns
    -------
    DataFrame
        `by`, n_months, n_months_missing, in order of areas.
    """
    check_columns(frame, [by, "month"], "Months by area")
    months = frame.groupby(by, observed=True)["month"].nunique().rename("n_months").reset_index()
    return months.assign(n_months_missing=frame["month"].nunique() - months["n_months"])


def top_areas(
    frame: pd.DataFrame,
    area: str | Sequence[str] = ("icb_code", "icb_name"),
    coverage: pd.DataFrame | None = None,
    top: int | None = None,
) -> pd.DataFrame:
    """Rank areas by appointments and, where coverage is given, by rate per 1,000 registered patients.

    Parameters
    ----------
    frame : DataFrame
        A tidy frame with month, the area columns and n_appointments.
    area : str or sequence of str
        Area columns; the first is the key that joins to `coverage`.
    coverage : DataFrame, optional
        month, the area key and n_patients_included (patients registered at the practices in the data).
    top : int, optional
        Keep the first so many by appointments; all if not given.

    Returns
    -------
    DataFrame
        area columns, n_appointments, share, rank, and with coverage also per_1000_patients and
        rank_per_1000. The rate is a month's appointments per 1,000 patients, averaged over the months that
        both frames have (appointments over patient-months); it is missing for an area without patients.
    """
    columns = as_columns(area)
    areas = count_appointments(frame, columns)
    areas["rank"] = areas[COUNT].rank(ascending=False, method="min").astype("int64")
    if coverage is not None and not coverage.empty:
        rate = _rate_per_1000(frame, coverage, columns[0])
        areas["per_1000_patients"] = areas[columns[0]].astype(object).map(rate).astype(float)
        ranks = areas["per_1000_patients"].rank(ascending=False, method="min")
        areas["rank_per_1000"] = ranks.astype("Int64")
    areas = areas.sort_values(["rank", columns[0]]).reset_index(drop=True)
    return areas if top is None else areas.head(top)


def _rate_per_1000(frame: pd.DataFrame, coverage: pd.DataFrame, key: str) -> dict[str, float]:
    check_columns(coverage, ["month", key, "n_patients_included"], "A rate per 1,000 patients")
    left = sum_appointments(frame, ["month", key])
    right = sum_appointments(coverage, ["month", key], "n_patients_included")
    # Labels as plain text: two frames need not share their categories.
    left, right = (part.astype({key: object}) for part in (left, right))
    both = left.merge(right, on=["month", key]).groupby(key)[[COUNT, "n_patients_included"]].sum()
    patients = both["n_patients_included"].where(both["n_patients_included"] > 0)
    return (both[COUNT] / patients * 1000).to_dict()
