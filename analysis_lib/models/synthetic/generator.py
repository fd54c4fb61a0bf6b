"""The contract of every generator of rows: fit, sample, schema, seed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.models.synthetic.schema import Schema

ROUNDS = 100  # of drawing rows anew that break a rule


class Levels:
    """The different values of a column in their order, each known by its place; missing comes last.

    Values go back as they came: type, categories and kind of missing value are the column's own.
    """

    def __init__(self, values: pd.Series, is_number: bool) -> None:
        different = values.dropna().drop_duplicates()
        self._values = different.sort_values(key=None if is_number else lambda v: v.astype(str))
        self._index = pd.Index(self._values.astype(object))
        self.has_missing = bool(values.isna().any())

    def __len__(self) -> int:
        return len(self._values) + self.has_missing

    @property
    def numbers(self) -> NDArray[np.float64]:
        """The values of a column of numbers, without missing."""
        return self._values.to_numpy(float)

    def encode(self, values: pd.Series) -> NDArray[np.int64]:
        """Return the place of each value, shape (n,); -1 of a value that is not among them."""
        missing = values.isna().to_numpy(bool)
        places = np.where(missing, -1, self._index.get_indexer(values.astype(object)))
        return np.where(missing & self.has_missing, len(self._values), places).astype(np.int64)

    def decode(self, places: NDArray[np.int64]) -> pd.Series:
        """Return the values at these places."""
        if not self.has_missing:
            return pd.Series(self._values.array.take(places))
        inner = np.where(places == len(self._values), -1, places)
        return pd.Series(self._values.array.take(inner, allow_fill=True))


class Pools:
    """Values in pools, to draw from at random.

    Parameters
    ----------
    pool : ndarray of int, shape (n,)
        Which pool each value is in.
    values : ndarray, shape (n,)
    n_pools : int
    """

    def __init__(self, pool: NDArray[np.int64], values: NDArray[np.int64], n_pools: int) -> None:
        self._values = values[np.argsort(pool, kind="stable")]
        self._size = np.bincount(pool, minlength=n_pools)
        self._start = np.cumsum(self._size) - self._size

    def draw(self, pool: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw a value, with equal chances, of each of these pools; none of them may be empty."""
        return self._values[self._start[pool] + (rng.random(len(pool)) * self._size[pool]).astype(np.int64)]


class Generator(ABC):
    """Learns the rows of a table and draws new ones: the common part of all generators.

    A value that was missing is a value like any other. Numbers that are drawn are numbers that were seen: a
    column in which nearly every number is somebody's own must be rounded first. A fitted generator may hold
    real rows and stays where the real data are.
    """

    schema: Schema

    def fit(self, frame: pd.DataFrame, schema: Schema, rng: np.random.Generator) -> Self:
        """Learn from real rows.

        Parameters
        ----------
        frame : DataFrame, shape (n, columns)
            Rows of the schema; columns it does not know are ignored, derived ones too.
        schema : Schema
        rng : numpy.random.Generator

        Returns
        -------
        Generator
            Itself.

        Raises
        ------
        ValueError
            If the frame is not of the schema (`Schema.check`).
        """
        schema.check(frame)
        self.schema = schema
        self._n_fitted = len(frame)
        frame = frame[list(schema.columns)].reset_index(drop=True)
        self._levels = self._find_levels(frame)
        codes = {name: levels.encode(frame[name]) for name, levels in self._levels.items()}
        if len(frame):
            self._learn(frame, codes, schema.find_free(frame), rng)
        return self

    def _find_levels(self, frame: pd.DataFrame) -> dict[str, Levels]:
        """Find the values that columns may have: those of the rows."""
        return {n: Levels(frame[n], c.is_number) for n, c in self.schema.columns.items()}

    def sample(
        self, n: int, rng: np.random.Generator, given: Mapping[str, object] | None = None
    ) -> pd.DataFrame:
        """Draw new rows.

        Parameters
        ----------
        n : int
        rng : numpy.random.Generator
            The same state gives the same rows.
        given : mapping of str to value, optional
            Columns with a fixed value, or with one for each row (list, array or Series of length n): the
            others are drawn conditional on them.

        Returns
        -------
        DataFrame, shape (n, columns and derived columns)
            Columns have the types they had. `attrs["rules"]` says by rule how many rows that were drawn broke
            it, and were set right or drawn anew.

        Raises
        ------
        ValueError
            If nothing was fitted on, a given value was not among the rows fitted on, or rows that keep the
            rules are too rare to draw.
        """
        if n and not self._n_fitted:
            raise ValueError("The generator was fitted on no rows: it can draw none.")
        given_codes = self._encode_given(n, given or {})
        broken = {rule.name: 0 for rule in self.schema.rules}
        kept, waiting = [], np.arange(n)
        for _ in range(ROUNDS):
            drawn = self._draw(len(waiting), rng, {k: v[waiting] for k, v in given_codes.items()})
            right, changed = self.schema.force(drawn)
            right = self.schema.derive(right)
            bad = np.zeros(len(waiting), bool)
            for name, code in given_codes.items():  # a rule set another value: another row is drawn
                bad |= self._levels[name].encode(right[name]) != code[waiting]
            for rule in self.schema.rules:
                if rule.then is None:
                    faulty = rule.find_faults(right)
                    changed[rule.name] = int(faulty.sum())
                    bad |= faulty
            broken = {name: broken[name] + changed[name] for name in broken}
            kept.append(right.set_axis(waiting)[~bad])
            waiting = waiting[bad]
            if not len(waiting):
                break
        else:
            raise ValueError(
                f"{len(waiting):,} of {n:,} rows broke a rule {ROUNDS} times over ({broken}): "
                "the rules, or the values given, leave too little to draw from."
            )
        rows = pd.concat(kept).sort_index() if len(kept) > 1 else kept[0]
        rows.attrs["rules"] = broken
        return rows

    def _encode_given(self, n: int, given: Mapping[str, object]) -> dict[str, NDArray[np.int64]]:
        codes = {}
        for name, value in given.items():
            if name not in self._levels:
                raise ValueError(
                    f"{name} is no column that is generated: give one of {', '.join(self._levels)}."
                )
            several = isinstance(
                value, list | tuple | np.ndarray | pd.Series | pd.api.extensions.ExtensionArray
            )
            values = pd.Series(list(value) if several else [value] * n, dtype=object)
            if len(values) != n:
                raise ValueError(f"{len(values):,} values of {name} are given for {n:,} rows.")
            codes[name] = self._levels[name].encode(values)
            if (codes[name] < 0).any():
                unseen = values[codes[name] < 0].iloc[0]
                raise ValueError(f"No row fitted on has {name} = {unseen!r}: give a value that was seen.")
        return codes

    def _decode(self, codes: Mapping[str, NDArray[np.int64]]) -> pd.DataFrame:
        return pd.DataFrame({name: levels.decode(codes[name]) for name, levels in self._levels.items()})

    @abstractmethod
    def _learn(
        self,
        frame: pd.DataFrame,
        codes: dict[str, NDArray[np.int64]],
        free: dict[str, NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> None:
        """Learn from at least one row: values, their places among the levels, and where no rule sets them."""

    @abstractmethod
    def _draw(self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]) -> pd.DataFrame:
        """Draw n rows of the schema's columns; n can be 0, also where nothing was learnt."""
