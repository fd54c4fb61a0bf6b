"""The tidy table that every measure adds to, and small things that the measures share."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


class Rows:
    """Collects rows of the table of measures."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, float, float, float, int]] = []

    def add(
        self,
        measure: str,
        value: float,
        low: float = np.nan,
        high: float = np.nan,
        *,
        n: int,
        group: str = "",
    ) -> None:
        """Add a value with its limits, and what number of rows or people it rests on."""
        self._rows.append((measure, group, float(value), float(low), float(high), int(n)))

    def frame(self) -> pd.DataFrame:
        """Return the table: measure, group, value, low, high, n."""
        return pd.DataFrame(self._rows, columns=["measure", "group", "value", "low", "high", "n"])


def sample_rows(n: int, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the places of at most so many of n rows, drawn without replacement."""
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))


def level_names(frame: pd.DataFrame, group: str) -> pd.Series:
    """Return the level of a group of people that each row is of, as text: "sex: 1"."""
    code, values = pd.factorize(frame[group])
    names = [*(f"{group}: {_plain(value)}" for value in values.astype(object)), f"{group}: missing"]
    return pd.Series(np.array(names, object)[code])  # -1, of a missing value, takes the last


def _plain(value: object) -> str:
    """Write 1.0 as 1: a column with a missing value holds floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
