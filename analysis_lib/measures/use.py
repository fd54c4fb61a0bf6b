"""Who uses what, setting by setting; and inequality as it is beside that at equal need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.groups import rate_standardised

#: What of a table of rates is shown; person-years would give counts back without their rounding.
RATE_COLUMNS = ["setting", "group", "level", "n_people", "events", "rate_per_1000", "low", "high"]
FEW = 7  # people; so many are never shown
_SLOPES = ("sii", "sii_low", "sii_high", "rii", "rii_low", "rii_high")


def count_use(
    frame: pd.DataFrame,
    settings: Sequence[str],
    exposure: str = "years_at_risk",
    cost: str = "next_cost_gbp_",
) -> pd.DataFrame:
    """People, contacts, rates and cost of each setting.

    Parameters
    ----------
    frame : DataFrame
        One row a person: a column of counts for each setting, person-years, age_band.
    settings : sequence of str
        Columns of counts.
    exposure : str
        Column of person-years.
    cost : str
        What the columns of cost begin with, before the setting.

    Returns
    -------
    DataFrame
        setting, n_people, events, n_users (people with any), users_share, rate_per_1000, low, high (per 1,000
        person-years, standardised by age; missing under 10 events or without enough ages), cost_gbp (missing
        where none is recorded).

    Raises
    ------
    KeyError
        If a column is absent.
    """
    check_columns(frame, [*settings, *(f"{cost}{s}" for s in settings)], "Use by setting")
    rates = rate_standardised(frame, [], list(settings), exposure)
    kept = rates[["setting", "n_people", "events", "rate_per_1000", "low", "high"]]
    users = [int((frame[setting] > 0).sum()) for setting in kept["setting"]]
    spent = [float(frame[f"{cost}{setting}"].sum()) or np.nan for setting in kept["setting"]]
    out = kept.assign(n_users=users, cost_gbp=spent)
    return out.assign(users_share=out["n_users"] / out["n_people"])


def settle_counts(
    table: pd.DataFrame,
    everybody: pd.DataFrame,
    keys: Sequence[str],
    counts: Sequence[str] = ("n_people",),
) -> pd.DataFrame:
    """Give everybody's count where that of those recorded is smaller by a few.

    Who is left out of a comparison because a characteristic is not recorded would else be a small number that
    two tables give away together; the gate would hide the comparison.

    Parameters
    ----------
    table : DataFrame
        With `keys` and `counts`: of those recorded.
    everybody : DataFrame
        The same, of everybody.
    keys, counts : sequence of str
        Columns that name a row, and columns of counts. Rows that `everybody` lacks keep their counts.

    Returns
    -------
    DataFrame
        A copy; counts are replaced where they are less by 1 to 7.
    """
    both = table[list(keys)].merge(everybody[[*keys, *counts]], on=list(keys), how="left")
    settled = {}
    for count in counts:
        every, own = both[count].to_numpy(), table[count].to_numpy()
        few = (every > own) & (every - own <= FEW)
        settled[count] = np.where(few, every, own).astype("int64")
    return table.assign(**settled)


def compare_slopes(crude: pd.DataFrame, at_need: pd.DataFrame) -> pd.DataFrame:
    """Put the indices of inequality at equal need beside those of rates as they are.

    Parameters
    ----------
    crude, at_need : DataFrame
        From `slope_index`, one row a setting; the second of need-adjusted rates (`models.adjust_for_need`).

    Returns
    -------
    DataFrame
        setting, n_people, events, rate_most, rate_least, sii, rii with their limits, and the same as need_sii
        … need_rii_high. A setting that is not in the second has them missing.
    """
    second = at_need[["setting", *_SLOPES]].rename(columns={name: f"need_{name}" for name in _SLOPES})
    return crude.drop(columns="n_groups").merge(second, on="setting", how="left")
