"""What a table of rows about people may hold: types, codes, ranges, derived columns, and rules of logic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from analysis_lib.identifiers import is_identifier


@dataclass(frozen=True)
class Column:
    """What a column may hold. A missing value is a value, and always allowed.

    Parameters
    ----------
    kind : {"whole", "number", "label", "flag"}
        Whole numbers and numbers have an order and a distance; labels and flags have none. A code that is
        written as a number (sex 1 and 2) is a label.
    codes : tuple, optional
        The only values allowed.
    low, high : float, optional
        Of numbers: the least and the largest value allowed.
    days : bool
        Whether it counts days (a length of stay).
    """

    kind: Literal["whole", "number", "label", "flag"]
    codes: tuple | None = None
    low: float = -np.inf
    high: float = np.inf
    days: bool = False

    @property
    def is_number(self) -> bool:
        """Whether its values have an order and a distance."""
        return self.kind in ("whole", "number")

    def find_faults(self, values: pd.Series) -> NDArray[np.bool_]:
        """Mark the values that are not allowed.

        Parameters
        ----------
        values : Series

        Returns
        -------
        ndarray of bool, shape (n,)
        """
        faulty = np.zeros(len(values), bool)
        if self.is_number:
            numbers = pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)
            faulty = np.isnan(numbers) | (numbers < self.low) | (numbers > self.high) | np.isinf(numbers)
            if self.kind == "whole":
                faulty |= numbers != np.floor(numbers)
            if not is_numeric_dtype(values) or is_bool_dtype(values):  # text that looks like one is no number
                faulty |= values.map(lambda value: isinstance(value, str | bool | np.bool_)).to_numpy(bool)
        elif self.kind == "flag" and (values.dtype == object or not is_bool_dtype(values)):
            faulty = ~values.map(lambda value: isinstance(value, bool | np.bool_)).to_numpy(bool)
        if self.codes is not None:
            faulty |= ~values.isin(self.codes).to_numpy(bool)
        return faulty & values.notna().to_numpy(bool)


@dataclass(frozen=True)
class Rule:
    """A rule of logic between columns of a row.

    Parameters
    ----------
    name : str
        In words, for reports.
    when : callable
        Takes a frame, returns a bool for each row: the rows that the rule is about.
    then : mapping of str to value, optional
        The values that these rows must have: generators set them. Without it no such row may exist:
        generators draw it anew.
    """

    name: str
    when: Callable[[pd.DataFrame], pd.Series]
    then: Mapping[str, object] | None = None

    def marks(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return which rows the rule is about, shape (n,)."""
        return np.asarray(self.when(frame).fillna(False), bool)

    def find_faults(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return which rows break the rule, shape (n,)."""
        faulty = self.marks(frame)
        if self.then is not None:
            equal = [frame[name].eq(value).fillna(False).to_numpy(bool) for name, value in self.then.items()]
            faulty = faulty & ~np.logical_and.reduce(equal)
        return faulty


@dataclass(frozen=True)
class Schema:
    """The columns of a table, what follows from them, and what they may not say together.

    Parameters
    ----------
    columns : mapping of str to Column
        The columns that are generated, in the order in which a sequential generator draws them.
    derived : mapping of str to callable, optional
        Columns that are functions of the others: each takes the frame so far and returns its values. They are
        computed after generation and never learnt, so that they cannot contradict the others.
    rules : tuple of Rule
        Rules that set values are kept in their order; a later one may rest on an earlier one.
    groups : tuple of str
        Columns that say which group of people a row is of (sex, ethnic group). A sequential generator draws
        them first.

    Raises
    ------
    ValueError
        If a column is named like an identifier of a person, or groups or rules name one that is not there.
    """

    columns: Mapping[str, Column]
    derived: Mapping[str, Callable[[pd.DataFrame], pd.Series]] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        refuse_identifiers([*self.columns, *self.derived])
        set_by_rules = [name for rule in self.rules for name in rule.then or {}]
        if unknown := sorted({*self.groups, *set_by_rules} - set(self.columns)):
            raise ValueError(
                f"Groups and rules name {', '.join(unknown)}, which the schema has no column for."
            )

    def check(self, frame: pd.DataFrame) -> None:
        """Refuse a frame that is not of this schema; columns that the schema does not know are ignored.

        Raises
        ------
        ValueError
            If a column is missing, is named like an identifier of a person, or holds what is not allowed.
        """
        refuse_identifiers(list(frame.columns))
        if lacking := [name for name in self.columns if name not in frame]:
            raise ValueError(f"The frame lacks {', '.join(lacking)}.")
        for name, column in self.columns.items():
            faulty = column.find_faults(frame[name])
            if faulty.any():
                raise ValueError(
                    f"{faulty.sum():,} values of {name} are not allowed for a {column.kind}, for example "
                    f"{frame[name][faulty].iloc[0]!r}: correct them, or the schema's codes and range."
                )

    def force(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
        """Set what the rules say, and count the rows that this changed, by rule."""
        changed = {}
        for rule in self.rules:
            if rule.then is None:
                continue
            faulty = rule.find_faults(frame)
            changed[rule.name] = int(faulty.sum())
            if faulty.any():
                parts = {name: frame[name].mask(faulty, value) for name, value in rule.then.items()}
                frame = frame.assign(**{n: part.astype(frame[n].dtype) for n, part in parts.items()})
        return frame, changed

    def find_free(self, frame: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
        """Mark, for each column, the rows in which no rule sets it, shape (n,) each."""
        free = {name: np.ones(len(frame), bool) for name in self.columns}
        for rule in self.rules:
            for name in rule.then or {}:
                free[name] &= ~rule.marks(frame)
        return free

    def derive(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the generated columns of a frame with the derived ones computed anew."""
        frame = frame[list(self.columns)]
        for name, compute in self.derived.items():
            frame = frame.assign(**{name: compute(frame)})
        return frame

    def find_faults(self, frame: pd.DataFrame) -> dict[str, int]:
        """Count the rows of a frame that break each rule or hold a value that is not allowed.

        Parameters
        ----------
        frame : DataFrame
            Of real or of generated rows, with the columns that the rules ask for.

        Returns
        -------
        dict of str to int
            By name of column and of rule.
        """
        counts = {name: int(c.find_faults(frame[name]).sum()) for name, c in self.columns.items()}
        return counts | {rule.name: int(rule.find_faults(frame).sum()) for rule in self.rules}


def refuse_identifiers(names: list) -> None:
    """Raise ValueError if a column is named like an identifier of a person."""
    if named := [str(name) for name in names if is_identifier(str(name))]:
        raise ValueError(
            f"{', '.join(named)} identifies a person: leave it out, nothing about one person may be learnt."
        )
