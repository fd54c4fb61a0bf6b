"""Why a DNA rate changed: the mix of appointments, or the rates within each kind (Kitagawa)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias, TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.dates import as_month
from analysis_lib.measures.cells import TooFewPoints, known_cells

CELLS = ("hcp_type", "mode", "lead_time")
Month: TypeAlias = pd.Timestamp | str
Pair: TypeAlias = tuple[pd.Timestamp, pd.Timestamp]


class Change(TypedDict):
    """A change between two months: rate_to - rate_from = mix + rate."""

    period_from: str
    period_to: str
    rate_from: float
    rate_to: float
    mix: float
    rate: float


def pairs_of_months(months: Iterable[Month]) -> list[Pair]:
    """Pairs to compare: every month against the first, and against the same month a year before.

    Parameters
    ----------
    months : iterable of Timestamp or str
        Months in the data, any order; repeats count once.

    Returns
    -------
    list of (from, to)
        Month starts; each pair once (the first month a year on serves both purposes). A month whose
        counterpart a year before is not in the data has only its pair with the first.
    """
    present = sorted({as_month(month) for month in months})
    if not present:
        return []
    with_first = [(present[0], month) for month in present[1:]]
    year_ago = [(month - pd.DateOffset(years=1), month) for month in present]
    return with_first + [pair for pair in year_ago if pair[0] in present and pair not in with_first]


def split_change(
    attendance: pd.DataFrame, period_from: Month, period_to: Month, cells: Sequence[str] = CELLS
) -> Change:
    """Split the change of the DNA rate between two months into a mix part and a rate part.

    Parameters
    ----------
    attendance : DataFrame
        The attendance frame; appointments of Unknown status are left out.
    period_from, period_to : Timestamp or str
        Months, such as "2020-01".
    cells : sequence of str
        Columns whose combinations are the kinds of appointment. "Unknown" labels are kinds of their own, so
        that the rates are those of `rate_dna`.

    Returns
    -------
    dict
        period_from, period_to (YYYY-MM), rate_from, rate_to (0 to 1), mix (what the changed mix of kinds
        accounts for), rate (what changed rates within kinds account for); mix + rate = rate_to - rate_from.

    Raises
    ------
    KeyError
        If a month is not in the data.

    Notes
    -----
    Kitagawa EM (1955) J Am Stat Assoc 50:1168-1194, symmetric weights (averages of the two periods). A kind
    that is absent in one period takes the other period's rate, so that it counts as mix only.
    """
    return split_changes(attendance, [(period_from, period_to)], cells).iloc[0].to_dict()


def split_changes(
    attendance: pd.DataFrame,
    pairs: Iterable[tuple[Month, Month]] | None = None,
    cells: Sequence[str] = CELLS,
) -> pd.DataFrame:
    """Split the change of the DNA rate for many pairs of months at once; see `split_change`.

    Parameters
    ----------
    pairs : iterable of (from, to), optional
        `pairs_of_months` of the months with known status if not given.

    Returns
    -------
    DataFrame
        One row a pair: period_from, period_to, rate_from, rate_to, mix, rate.

    Raises
    ------
    TooFewPoints
        If there is no pair of months.
    """
    months, known, dna = _month_by_cell(attendance, cells)
    pairs = pairs_of_months(months) if pairs is None else list(pairs)
    pairs = [pair for pair in pairs if _position(months, pair[0]) != _position(months, pair[1])]
    if not pairs:
        raise TooFewPoints("A change needs two months, and these files hold one.")
    rows = []
    for pair in pairs:
        start, end = (_position(months, month) for month in pair)
        share, rate = _shares_and_rates(known[[start, end]], dna[[start, end]])
        rows.append(
            {
                "period_from": months[start].strftime("%Y-%m"),
                "period_to": months[end].strftime("%Y-%m"),
                "rate_from": float(dna[start].sum() / known[start].sum()),
                "rate_to": float(dna[end].sum() / known[end].sum()),
                "mix": float(np.sum((share[1] - share[0]) * rate.mean(axis=0))),
                "rate": float(np.sum((rate[1] - rate[0]) * share.mean(axis=0))),
            }
        )
    return pd.DataFrame(rows, columns=list(Change.__annotations__))


def year_on_year(changes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `split_changes` that compare a month with the same month a year before.

    Raises
    ------
    TooFewPoints
        If there is none: the files hold less than a year and a month.
    """
    start, end = (pd.PeriodIndex(changes[c], freq="M") for c in ("period_from", "period_to"))
    apart = changes[(end.year - start.year == 1) & (end.month == start.month)]
    if apart.empty:
        raise TooFewPoints("This comparison needs the same month of two years, and these files have none.")
    return apart.sort_values("period_to").reset_index(drop=True)


def _month_by_cell(
    attendance: pd.DataFrame, cells: Sequence[str]
) -> tuple[pd.DatetimeIndex, NDArray[np.float64], NDArray[np.float64]]:
    """Return months, two arrays (month x cell) of known appointments and DNAs."""
    counts = known_cells(attendance, ["month", *cells])
    months = pd.DatetimeIndex(np.sort(counts["month"].unique()))
    row = months.get_indexer(counts["month"])
    groups = counts.groupby(list(cells), observed=True, dropna=False, sort=True)
    column = groups.ngroup().to_numpy()
    known = np.zeros((len(months), groups.ngroups))
    dna = np.zeros_like(known)
    known[row, column] = counts["n_known"]
    dna[row, column] = counts["n_dna"]
    return months, known, dna


def _position(months: pd.DatetimeIndex, month: Month) -> int:
    wanted = as_month(month, "a period")
    if wanted not in months:
        raise KeyError(
            f"{wanted:%Y-%m} has no appointments of known status; the data run from "
            f"{months[0]:%Y-%m} to {months[-1]:%Y-%m}."
        )
    return int(months.get_loc(wanted))


def _shares_and_rates(
    known: NDArray[np.float64], dna: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shares and rates (2 x cells); a cell absent in one period takes the other's rate."""
    share = known / known.sum(axis=1, keepdims=True)
    rate = np.divide(dna, known, out=np.zeros_like(dna), where=known > 0)
    for this, other in ((0, 1), (1, 0)):
        absent = known[this] == 0
        rate[this, absent] = rate[other, absent]
    return share, rate
