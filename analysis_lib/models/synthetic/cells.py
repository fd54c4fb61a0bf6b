"""Real rows of cells that are large enough, as the New Hospital Programme's public script draws them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.models.synthetic.generator import Generator


class CellSampling(Generator):
    """Draws real rows of cells with enough of them, and replaces day counts by Poisson numbers.

    Parameters
    ----------
    cells : sequence of str
        Columns whose combinations make the cells; derived columns too.
    fewest : int
        Rows that a cell must have; rows of smaller cells are never drawn.

    Notes
    -----
    Here to be compared, not to be used. Every column outside the day counts is that of one real row, so rows
    are copies of people's records, however large the cell; and a Poisson number with the mean of the cell has
    no long stays. Numbers outside a column's range are set to its ends. Rows are drawn without replacement
    while there are enough, else with. What a rule sets counts in the mean of a cell, as it does there, so the
    columns that the rule is about belong among the cells.

    References
    ----------
    The Strategy Unit, nhp_data, `SynthData._ip` (MIT): cells of age group, sex, patient classification,
    treatment specialty, activity group and type of admission, of at least ten rows.
    """

    def __init__(self, cells: Sequence[str], fewest: int = 10) -> None:
        self.cells = tuple(cells)
        self.fewest = fewest

    def _learn(
        self,
        frame: pd.DataFrame,
        codes: dict[str, NDArray[np.int64]],
        free: dict[str, NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> None:
        keys = self.schema.derive(frame)
        if unknown := sorted(set(self.cells) - set(keys)):
            raise ValueError(f"Cells are asked for by {', '.join(unknown)}, which the schema does not have.")
        grouped = keys.groupby(list(self.cells), dropna=False, observed=True, sort=False)
        large = (grouped[keys.columns[0]].transform("size") >= self.fewest).to_numpy()
        self._rows = frame[large].reset_index(drop=True)
        self._codes = {name: code[large] for name, code in codes.items()}
        days = [name for name, column in self.schema.columns.items() if column.days]
        numbers = keys[days].apply(pd.to_numeric, errors="coerce").astype(float)
        means = numbers.groupby(grouped.ngroup().to_numpy()).transform("mean")
        self._means = means[large].reset_index(drop=True)

    def _draw(self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]) -> pd.DataFrame:
        if not n:
            return self._decode(dict.fromkeys(self._levels, np.zeros(0, np.int64)))
        chosen = np.empty(n, np.int64)
        wanted = np.column_stack([*given.values(), np.zeros(n, np.int64)])
        combinations, which = np.unique(wanted, axis=0, return_inverse=True)
        which = which.reshape(-1)
        for place, combination in enumerate(combinations):
            fits = np.ones(len(self._rows), bool)
            for name, code in zip(given, combination[:-1], strict=True):
                fits &= self._codes[name] == code
            rows, places = np.flatnonzero(fits), np.flatnonzero(which == place)
            if not len(rows):
                raise ValueError(
                    f"No row with the values given is in a cell of {self.fewest} rows: ask for wider cells."
                )
            chosen[places] = rng.choice(rows, len(places), replace=len(places) > len(rows))
        drawn = self._rows.iloc[chosen].reset_index(drop=True)
        for name in self._means.columns.difference(given, sort=False):
            column = self.schema.columns[name]
            days = rng.poisson(self._means[name].fillna(0).to_numpy()[chosen]).clip(column.low, column.high)
            days = pd.Series(days).astype(drawn[name].dtype)
            drawn[name] = drawn[name].where(drawn[name].isna(), days)
        return drawn
