"""Columns drawn each for itself: the control that every other generator must beat."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.models.synthetic.generator import Generator, Pools


class Independent(Generator):
    """Draws each column from its own distribution, whatever the others are.

    Margins are kept, all that holds between columns is lost but for the schema's rules. Values that a rule
    sets take no part in a column's distribution.
    """

    def _learn(
        self,
        frame: pd.DataFrame,
        codes: dict[str, NDArray[np.int64]],
        free: dict[str, NDArray[np.bool_]],
        rng: np.random.Generator,
    ) -> None:
        self._pools = {}
        for name, code in codes.items():
            values = code[free[name]] if free[name].any() else code
            self._pools[name] = Pools(np.zeros(len(values), np.int64), values, 1)

    def _draw(self, n: int, rng: np.random.Generator, given: dict[str, NDArray[np.int64]]) -> pd.DataFrame:
        one = np.zeros(n, np.int64)
        if not n:
            return self._decode(dict.fromkeys(self._levels, one))
        return self._decode({k: given[k] if k in given else p.draw(one, rng) for k, p in self._pools.items()})
