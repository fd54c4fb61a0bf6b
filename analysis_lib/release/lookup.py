"""The kind of each column of a table, and the columns that no table may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
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
    Rank,
    Ratio,
    Score,
    Share,
)
from analysis_lib.release.labels import guess_levels, is_flags, numbers_of, wrong_levels
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

    Looked up in this order: `overrides`, then the row of `analysis_lib.columns`. A column without either is
    left out, for `release_table` to refuse where people must be protected. Elsewhere text, dates and yes or
    no are dimensions.

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
    if protects and not frame.columns.is_unique:
        raise ValueError(f"Table {table_name!r} has a column name twice: give each its own.")
    frame = frame.loc[:, ~frame.columns.duplicated()]
    for column in frame.columns:
        usual = _usual(table_name, column, frame)
        known = _completed(overrides[column], usual) if column in overrides else usual
        if known is not None:
            kinds[column] = known
        elif not protects and numbers_of(frame[column]) is None:
            kinds[column] = Dimension()
    for column in overrides if protects else ():
        _refuse_guess(table_name, column, frame, kinds)
    return kinds


def _completed(kind: Kind, usual: Kind | None) -> Kind:
    """Return a kind given for a column, with what the usual one of that name says of it besides."""
    if isinstance(kind, Count) and isinstance(usual, Count) and kind.what is None:
        return replace(usual, parts=kind.parts or usual.parts, of=kind.of or usual.of)
    if isinstance(kind, Dimension) and isinstance(usual, Dimension) and kind.levels is None:
        return usual
    return kind


def _usual(table_name: str, column: str, frame: pd.DataFrame) -> Kind | None:
    """Return the kind that a column of this name has, beside the others of its table."""
    known = describe(str(column), table_name)
    if known is None:
        return None
    if table_name in PUBLIC:
        return Dimension("texts") if numbers_of(frame[column]) is None else Plain("a public file")
    return known.kind_in(table_name, set(frame.columns))


def refuse_unknown(name: str, frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """Raise ValueError if a protected table has a column that the gate cannot judge.

    That is a repeated name, a column of no kind, a label that is none of its levels, a number that is none,
    a smallest or largest value, or a kind that rests on a column which is not there or is no count.

    Returns
    -------
    DataFrame
        The table, with its numbers as such whatever their dtype was: counts from a database may be Decimal.
    """
    if not frame.columns.is_unique:
        raise ValueError(f"Table {name!r} has a column name twice: give each its own.")
    made = frame.copy()
    for column in frame.columns:
        kind = kinds.get(column)
        if kind is None:
            raise ValueError(
                f"Table {name!r}: the gate does not know what {column!r} is, and what it does not know does "
                f"not leave. {_line_to_add(column, frame, kinds)}"
            )
        if isinstance(kind, Dimension):
            _refuse_levels(name, column, frame, kinds)
        else:
            made[column] = _as_numbers(name, column, frame[column], kind)
        if _EXTREME.search(str(column)) and not isinstance(kind, Plain | Dimension):
            raise ValueError(
                f"Table {name!r}: {column!r} is named like a smallest or largest value, which may belong to "
                f"one person. Give a quantile instead; write minutes in full; declare it Plain if it is "
                f"about no people."
            )
        for needed in rests_on(kind):
            counted = isinstance(kinds.get(needed), Count)
            counted |= isinstance(kind, Derived | Limit | Rank) or needed == getattr(kind, "scale", None)
            if needed not in frame.columns or not counted:
                raise ValueError(
                    f"Table {name!r}: {column!r} rests on {needed!r}, which is no Count column of the table: "
                    f"add it, or declare it Count."
                )
        for within in kind.within if isinstance(kind, Share | Rank) else ():
            if not isinstance(kinds.get(within), Dimension):
                said = type(kind).__name__.lower()
                raise ValueError(f"Table {name!r}: {column!r} is a {said} within {within!r}, no Dimension.")
    return made


def _as_numbers(name: str, column: str, given: pd.Series, kind: Kind) -> pd.Series:
    """Return what is declared a number as numpy has it; a Derived column may be True and False too."""
    if isinstance(kind, Derived) and is_flags(given):
        return given.astype("boolean" if given.isna().any() else bool)
    numbers = numbers_of(given)
    if numbers is None:
        raise ValueError(
            f"Table {name!r}: {column!r} is declared {type(kind).__name__} but holds no numbers: give "
            "numbers, not text, durations, dates, or yes and no."
        )
    if isinstance(given.dtype, np.dtype) and given.dtype.kind in "iu":
        return given
    if isinstance(given.dtype, pd.Int64Dtype) or given.dtype == np.float64:
        return given
    whole = bool(len(numbers)) and bool((numbers % 1 == 0).all())
    return pd.Series(numbers.astype(np.int64) if whole else numbers, index=given.index)


def _refuse_levels(name: str, column: str, frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> None:
    """Raise ValueError if a label has a value that is none of its levels, or may be a count."""
    kind = kinds[column]
    if wrong := wrong_levels(column, frame, kind, name):
        numbers = numbers_of(frame[column])
        remedy = (
            "If it counts people or events, give it a name of its own and "
            'columns={"its_name": Count(what="…")}; write a label in words.'
        )
        if numbers is None and (guess := guess_levels(frame[column])):
            remedy = f'If it is a label all the same, add columns={{"{column}": Dimension("{guess}")}}.'
        raise ValueError(f"Table {name!r}: a value of {column!r} is none of its levels ({wrong}). {remedy}")
    if isinstance(kind.levels, range):
        others = [c for c in frame if c != column and _tells_apart(kinds.get(c))]
        if others and len(frame) > 1 and not frame.duplicated(others).any():
            raise ValueError(
                f"Table {name!r}: rows are told apart without the numbers in {column!r}, so they may be "
                'counts and not labels. Declare them Count if they are; write a label in words ("decile 3").'
            )


def _tells_apart(kind: Kind | None) -> bool:
    """Whether a label is one by which rows are told apart: an area may carry the decile that it is in."""
    return isinstance(kind, Dimension) and not (
        isinstance(kind.levels, range) or kind.levels in ("codes", "settings")
    )


def _line_to_add(column: str, frame: pd.DataFrame, kinds: Mapping[str, Kind]) -> str:
    """Say the one line that lets a column of no known name leave as what it seems to be."""
    numbers = numbers_of(frame[column])
    count = next((c for c, kind in kinds.items() if isinstance(kind, Count)), "n_people")
    if numbers is not None:
        whole = (numbers[np.isfinite(numbers)] % 1 == 0).all()
        line = f'Count(what="{str(column).removeprefix("n_")}")' if whole else f'Estimate(("{count}",))'
        said = (
            "If it counts people or events" if whole else "If it is a mean or a model's value of these people"
        )
    elif guess := guess_levels(frame[column]):
        line, said = f'Dimension("{guess}")', "If it is a label"
    else:
        return (
            "It is neither numbers nor words: give numbers as numbers, with "
            f'columns={{"{column}": Count(what="…")}}, and labels in words.'
        )
    return f'{said}, add columns={{"{column}": {line}}} to the call (of analysis_lib.kinds).'


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
    if isinstance(kind, Dimension) and (kind.levels is None or kind.levels == "texts"):
        guess = guess_levels(frame[column])
        levels = f'"{guess}"' if guess else "range(1, 11)"
        raise ValueError(
            f"Table {name!r}: say which levels the label {column!r} has, such as "
            f'columns={{"{column}": Dimension({levels})}}, or counts written as labels would leave. If they '
            "are numbers of people or events, declare them Count."
        )
    numbers = numbers_of(frame[column])
    if numbers is None and isinstance(kind, Dimension) and not isinstance(kind.levels, str):
        numbers = numbers_of(pd.to_numeric(frame[column].astype(object), errors="coerce").dropna())
        numbers = numbers if numbers is not None and len(numbers) else None
    if usual is not None or numbers is None or _strictness(kind) > _strictness(Amount("")):
        return
    numbers = numbers[np.isfinite(numbers)]
    whole = len(numbers) and (numbers >= 0).all() and (numbers % 1 == 0).all()
    few = ((numbers > 0) & (numbers < SMALL) & (numbers % 1 == 0)).any()
    few = few and (whole or isinstance(kind, Plain))
    if isinstance(kind, Dimension):
        others = [c for c in frame if c != column and isinstance(kinds.get(c), Dimension)]
        if others and not frame.duplicated(others).any() or len(frame) < 2:
            raise ValueError(
                f"Table {name!r}: rows are told apart without the numbers in {column!r}, so they are no "
                "label (Dimension). Declare them Count if they count people or events; write a label in "
                "words."
            )
    elif _COUNTED.search(str(column)) or (few and not isinstance(kind, Quantile)):
        raise ValueError(
            f"Table {name!r}: the numbers in {column!r} look like counts of people or events, and "
            f"{type(kind).__name__} would leave small ones as they are: declare them Count. If they count "
            f"nobody, write them in words."
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
    if isinstance(kind, Estimate | Score | Quantile | Amount | Proportion):
        return 3 if getattr(kind, "stepped", False) else 2
    return 5 if isinstance(kind, Count) else 4


def _quotient(frame: pd.DataFrame, column: str, counts: list[str]) -> tuple[str, str, float] | None:
    """Return the two counts that a column is the quotient of in all its rows, and per how many."""
    values = numbers_of(frame[column])
    told = {c: numbers for c in counts if (numbers := numbers_of(frame[c])) is not None}
    for above, below in permutations(told, 2):
        parts = [told[above], told[below]]
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
