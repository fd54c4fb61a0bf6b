"""Admissions with a bool column for each strategy, and back to the tables of the demand model's layout."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis_lib.inputs.hospital.layout import STRATEGY_TABLES, TABLES

ROW = "rn"


def widen(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of ip with a bool column for each strategy that any of them has.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        ip and both tables of strategies.

    Returns
    -------
    pandas.DataFrame
        The rows of ip in their order, strategies by name after its columns.

    Raises
    ------
    ValueError
        If a strategy is of no row of ip, is of both tables, or is named like a column.
    """
    ip, strategies = tables["ip"], {name: tables[name] for name in STRATEGY_TABLES}
    rows = pd.concat(strategies.values(), ignore_index=True)
    named = [set(frame["strategy"].dropna()) for frame in strategies.values()]
    if twice := sorted((named[0] & named[1]) | ((named[0] | named[1]) & set(ip.columns))):
        raise ValueError(f"{twice[0]!r} names more than one thing: strategies are columns of the wide form.")
    place = pd.Index(ip[ROW]).get_indexer(pd.Index(rows[ROW]))
    if (place < 0).any():
        raise ValueError(f"{(place < 0).sum():,} rows of strategies are of no admission: leave them out.")
    names = sorted(named[0] | named[1])
    flags = np.zeros((len(ip), len(names)), bool)
    flags[place, pd.Index(names).get_indexer(pd.Index(rows["strategy"]))] = True
    return pd.concat([ip, pd.DataFrame(flags, columns=names, index=ip.index)], axis=1)


def strategy_rates(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return table and mean sample rate of each strategy: what the wide form does not hold.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Both tables of strategies.

    Returns
    -------
    pandas.DataFrame
        Indexed by strategy: table, sample_rate.
    """
    found = pd.concat({name: tables[name] for name in STRATEGY_TABLES}, names=["table"]).reset_index("table")
    return found.groupby("strategy", sort=True).agg(
        table=("table", "first"), sample_rate=("sample_rate", "mean")
    )


def narrow(wide: pd.DataFrame, rates: pd.DataFrame, prefix: str = "s") -> dict[str, pd.DataFrame]:
    """Return the tables of the layout that a wide frame stands for, its rows numbered.

    Parameters
    ----------
    wide : pandas.DataFrame
        Generated rows; columns that are neither of ip nor a strategy (ethnic group, outcome) are left out.
    rates : pandas.DataFrame
        Of `strategy_rates`; all strategies get their mean sample rate.
    prefix : str
        Begins the name of every row.

    Returns
    -------
    dict of str to pandas.DataFrame
        ip and both tables of strategies.
    """
    rn = number_rows(prefix, len(wide))
    columns = [column.name for column in TABLES["ip"].columns if column.name in wide and column.name != ROW]
    ip = wide[columns].reset_index(drop=True)
    ip.insert(0, ROW, rn)
    tables = {"ip": ip}
    for table in STRATEGY_TABLES:
        names = [name for name in rates.index[rates["table"] == table] if name in wide]
        row, place = np.nonzero(wide[names].to_numpy(bool))
        chosen = np.array(names, dtype=object)[place]
        rate = rates["sample_rate"].reindex(chosen).to_numpy()
        tables[table] = pd.DataFrame({ROW: rn[row], "strategy": chosen, "sample_rate": rate})
    return tables


def number_rows(prefix: str, n: int) -> np.ndarray:
    """Return names of n generated rows: they are numbered, never learnt."""
    return np.array([f"{prefix}{number:07d}" for number in range(1, n + 1)], dtype=object)
