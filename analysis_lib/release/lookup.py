"""The kind of each column of a table, and the columns that no table may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import permutations

import numpy as np
import pandas as pd

from analysis_lib.columns import PUBLIC, describe, rests_on
from analysis_lib.kinds import (
    Amount,
    Count,
    Derived,
    Dimension,
    Estimate,
    Kind,
    Limit,
    Plain,
    Proportion,
    Quantile,
    Ratio,
    Share,
)
from analysis_lib.release.profiles import PATIENT, SIMULATED

_EXTREME = re.compile(r"(?:^|_)(?:minimum|maximum)(?:_|$)|^(?:min|max)(?:_|$)|_(?:min|max)$", re.I)
_COUNTED = re.compile(
    r"^(?:n|number|count|total|sum)_|_(?:n|count|people|patients|events|contacts)$"
    r"|^(?:n|count|total|people|patients|persons|events|contacts|visits|admissions|cases|deaths)$"
)
SMALL = max(profile.suppress_below for profile in (PATIENT, SIMULATED))


def kinds_for(
    table_name: str, frame: pd.DataFrame, overrides: Mapping[str, Kind] | None, *, protects: bool = False
) -> dict[str, Kind]:
    """Return the kind of every column that has one.

    Looked up in this order: `overrides`, the row of `analysis_lib.columns`, then the dtype: text, category,
    boolean and date columns are dimensions. A numeric column of no known name is left out, for
    `release_table` to refuse where people must be protected.

    Parameters
    ----------
    table_name : str
        Name under which the table is released.
    frame : DataFrame
        The table.
    overrides : mapping of str to Kind, optional
        Kinds given by the notebook.
    protects : bool
        Whether people must be protected: then no kind may be given that lets out more than the usual one.

    Raises
    ------
    ValueError
        If a kind is given for a column that the table lacks, or lets out too much.
    TypeError
        If what is given for a column is no kind.
    """
    overrides = dict(overrides or {})
    for column, kind in overrides.items():
        if not isinstance(kind, Kind):
            raise TypeError(
                f"Table {table_name!r}: {kind!r} is no kind of numbers. In columns=, give {column!r} a kind "
                "such as Count(), from analysis_lib.kinds."
            )
    absent = sorted(set(overrides) - set(frame.columns))
    if absent:
        raise ValueError(f"Table {table_name!r} lacks {', '.join(absent)}: correct the names in columns=.")
    kinds: dict[str, Kind] = {}
    for column in frame.columns:
        known = overrides.get(column) or _usual(table_name, column, frame)
        if known is not None:
            kinds[column] = known
        elif is_label(frame[column]):
            kinds[column] = Dimension()
    for column in overrides if protects else ():
        _refuse_guess(table_name, column, frame, kinds)
    return kinds


def _usual(table_name: str, column: str, frame: pd.DataFrame) -> Kind | None:
    """Return the kind that a column of this name has, beside the others of its table."""
    known = describe(column, table_name)
    if known is None:
        return None
    if table_name in PUBLIC and not is_label(frame[column]):
        return Plain()
    return known.kind_in(table_name, set(frame.columns))


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
                f"(Count, Ratio, Plain, …) in columns= or in analysis_lib/columns.py."
            )
        if _EXTREME.search(str(column)) and not isinstance(kind, Plain | Dimension):
            raise ValueError(
                f"Table {name!r}: {column!r} is named like a smallest or largest value, which may belong to "
                f"one person. Give a quantile instead; write minutes in full; declare it Plain if it is "
                f"about no people."
            )
        for needed in rests_on(kind):
            counted = isinstance(kinds.get(needed), Count)
            if needed not in frame.columns or not (counted or isinstance(kind, Derived | Limit)):
                raise ValueError(
                    f"Table {name!r}: {column!r} rests on {needed!r}, which is no Count column of the table: "
                    f"add it, or declare it Count."
                )
        for within in kind.within if isinstance(kind, Share) else ():
            if not isinstance(kinds.get(within), Dimension):
                raise ValueError(f"Table {name!r}: {column!r} is a share within {within!r}, no Dimension.")


def _refuse_guess(name: str, column: str, frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> None:
    """Raise ValueError if a kind given for a column would let counts out that the gate should protect.

    That is one that lets out more than the usual kind of that name; and, of a name that is not known, one
    that leaves small whole numbers, quotients of two counts, or numbers that are no label, as they are.
    """
    kind, usual = kinds[column], _usual(name, column, frame)
    if usual is not None and _strictness(kind) < _strictness(usual):
        raise ValueError(
            f"Table {name!r}: {column!r} is {type(usual).__name__} wherever it stands, and "
            f"{type(kind).__name__} would let out more of it: leave it out of columns=, or rename the column "
            "if it is something else."
        )
    if usual is not None or is_label(frame[column]) or _strictness(kind) > _strictness(Amount("")):
        return
    numbers = frame[column].to_numpy(dtype=float, na_value=np.nan)
    numbers = numbers[np.isfinite(numbers)]
    whole = len(numbers) and (numbers >= 0).all() and (numbers % 1 == 0).all()
    few = whole and ((numbers > 0) & (numbers < SMALL)).any()
    if isinstance(kind, Dimension):
        others = [c for c in frame if c != column and isinstance(kinds.get(c), Dimension)]
        if others and not frame.duplicated(others).any() or len(frame) < 2:
            raise ValueError(
                f"Table {name!r}: rows are told apart without the numbers in {column!r}, so they are no "
                "label (Dimension). Declare them Count if they count people or events; write a label as text."
            )
    elif _COUNTED.search(column) or (few and not isinstance(kind, Quantile)):
        raise ValueError(
            f"Table {name!r}: the numbers in {column!r} look like counts of people or events, and "
            f"{type(kind).__name__} would leave small ones as they are: declare them Count. If they count "
            f"nobody, write them as text."
        )
    elif ratio := _quotient(frame, column, [c for c, k in kinds.items() if isinstance(k, Count)]):
        raise ValueError(
            f"Table {name!r}: {column!r} is {ratio[0]!r} ÷ {ratio[1]!r}, and would give them back: declare "
            f"it Ratio{ratio!r}, which is computed again from the released counts."
        )


def _strictness(kind: Kind) -> int:
    """Return how little of a column its kind lets out."""
    if isinstance(kind, Plain | Dimension) or kind == Estimate():
        return 0 if isinstance(kind, Plain | Dimension) else 1
    if isinstance(kind, Estimate | Quantile | Amount | Proportion):
        return 3 if getattr(kind, "stepped", False) else 2
    return 5 if isinstance(kind, Count) else 4


def _quotient(frame: pd.DataFrame, column: str, counts: list[str]) -> tuple[str, str, float] | None:
    """Return the two counts that a column is the quotient of in all its rows, and per how many."""
    values = frame[column].to_numpy(dtype=float, na_value=np.nan)
    for above, below in permutations(counts, 2):
        parts = [frame[c].to_numpy(dtype=float, na_value=np.nan) for c in (above, below)]
        with np.errstate(divide="ignore", invalid="ignore"):
            plain = parts[0] / parts[1]
        there = np.isfinite(values) & np.isfinite(plain)
        for per in (1.0, 100.0, 1e3, 1e4, 1e5):
            if there.any() and np.allclose(values[there], per * plain[there], rtol=1e-4, atol=0):
                return above, below, per
    return None


def ratios_of_parts(kinds: Mapping[str, Kind]) -> list[tuple[str, str]]:
    """Return each (numerator, denominator) whose difference is a count of people too."""
    pairs = [(k.numerator, k.denominator) for k in kinds.values() if isinstance(k, Ratio) and k.part]
    return list(dict.fromkeys(pairs))
