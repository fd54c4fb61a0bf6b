"""The kind of each column of a table, and the columns that no table may have."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from analysis_lib.release.columns import Count, Derived, Dimension, Kind, Plain, Ratio, Share
from analysis_lib.release.columns.known import COLUMNS

_EXTREME = re.compile(r"(?:^|_)(?:minimum|maximum)(?:_|$)|^(?:min|max)(?:_|$)|_(?:min|max)$", re.I)
COUNTED = ("numerator", "denominator", "count", "of", "parts")


def kinds_for(table_name: str, frame: pd.DataFrame, overrides: Mapping[str, Kind] | None) -> dict[str, Kind]:
    """Return the kind of every column that has one.

    Looked up in this order: `overrides`, `COLUMNS["table.column"]`, `COLUMNS["column"]`, then the dtype:
    text, category, boolean and date columns are dimensions. A numeric column of no known name is left
    out, for `release_table` to refuse where people must be protected.

    Parameters
    ----------
    table_name : str
        Name under which the table is released.
    frame : DataFrame
        The table.
    overrides : mapping of str to Kind, optional
        Kinds given by the notebook.

    Raises
    ------
    ValueError
        If a kind is given for a column that the table lacks.
    """
    overrides = dict(overrides or {})
    absent = sorted(set(overrides) - set(frame.columns))
    if absent:
        raise ValueError(f"Table {table_name!r} lacks {', '.join(absent)}: correct the names in columns=.")
    kinds: dict[str, Kind] = {}
    for column in frame.columns:
        known = overrides.get(column) or COLUMNS.get(f"{table_name}.{column}") or COLUMNS.get(column)
        if known is not None:
            kinds[column] = known
        elif is_label(frame[column]):
            kinds[column] = Dimension()
    return kinds


def is_label(column: pd.Series) -> bool:
    """Whether a column is a dimension by its dtype: anything but numbers, booleans included."""
    return pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column)


def refuse_unknown(name: str, frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> None:
    """Raise ValueError if a protected table has a column that the gate cannot judge.

    That is a repeated name, a number of no kind, a smallest or largest value, or a kind that rests on a
    column which is not there or is no count.
    """
    if not frame.columns.is_unique:
        raise ValueError(f"Table {name!r} has a column name twice: give each its own.")
    for column in frame.columns:
        kind = kinds.get(column)
        if kind is None:
            raise ValueError(
                f"Table {name!r}: the gate does not know what the numbers in {column!r} are. Give its kind "
                f"(Count, Ratio, Plain, …) in columns= or in COLUMNS."
            )
        if _EXTREME.search(str(column)) and not isinstance(kind, Plain | Dimension):
            raise ValueError(
                f"Table {name!r}: {column!r} is named like a smallest or largest value, which may belong to "
                f"one person. Give a quantile instead; write minutes in full; declare it Plain if it is "
                f"about no people."
            )
        for needed in rests_on(kind):
            counted = isinstance(kinds.get(needed), Count)
            if needed not in frame.columns or not (counted or isinstance(kind, Derived)):
                raise ValueError(
                    f"Table {name!r}: {column!r} rests on {needed!r}, which is no Count column of the table: "
                    f"add it, or declare it Count."
                )
        for within in kind.within if isinstance(kind, Share) else ():
            if not isinstance(kinds.get(within), Dimension):
                raise ValueError(f"Table {name!r}: {column!r} is a share within {within!r}, no Dimension.")


def rests_on(kind: Kind) -> tuple[str, ...]:
    """Return the columns that a kind names."""
    names: list[str] = []
    for field in COUNTED:
        value = getattr(kind, field, ())
        names += [value] if isinstance(value, str) else list(value)
    return tuple(names)


def ratios_of_parts(kinds: Mapping[str, Kind]) -> list[tuple[str, str]]:
    """Return each (numerator, denominator) whose difference is a count of people too."""
    pairs = [(k.numerator, k.denominator) for k in kinds.values() if isinstance(k, Ratio) and k.part]
    return list(dict.fromkeys(pairs))
