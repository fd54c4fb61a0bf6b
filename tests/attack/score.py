"""How much an attack found: what is left of hidden counts, and which shown ones are known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from tests.attack.reading import LEFT_OVER, SMALLEST, Cell, Reading

NARROW = 2  # values left of a hidden count, at most, where it counts as narrowed down
AS_SHOWN = 5  # … and where it is known as well as a shown one


@dataclass
class Attack:
    """What an attack on a results folder found.

    Attributes
    ----------
    ranges : dict
        Of each cell, the lowest and highest value that is possible (wide ones may be wider), and how many.
    """

    cells: list[Cell]
    ranges: dict[int, tuple[int, int, int]]
    truth: dict[int, float] = field(default_factory=dict)
    drifted: list[tuple[str, int, str]] = field(default_factory=list)
    unread: set[tuple[str, str]] = field(default_factory=set)
    n_wrong_guesses: int = 0
    chosen: set[int] = field(default_factory=set)

    def table(self) -> pd.DataFrame:
        """Return one row a cell: table, row, column, hidden, chosen, true (if known), low, high, n_left.

        What is chosen follows from a setting and a number that is shown, such as the room on a list.
        """
        rows = [
            (
                *(c.table, c.row, c.column, c.hidden, c.place in self.chosen),
                *(self.truth.get(c.place, np.nan), *self.ranges[c.place]),
            )
            for c in self.cells
        ]
        return pd.DataFrame(
            rows, columns=["table", "row", "column", "hidden", "chosen", "true", "low", "high", "n_left"]
        )

    def figures(self) -> dict[str, int]:
        """Return the figures that a page quotes; without the truth, every hidden cell counts as small."""
        cells = self.table()
        left, cells = cells[cells["table"] == LEFT_OVER], cells[cells["table"] != LEFT_OVER]
        hidden, shown = cells[cells["hidden"]], cells[~cells["hidden"]]
        small = hidden[~(hidden["true"] >= SMALLEST)]
        large = hidden[hidden["true"] >= SMALLEST]
        shown = shown[(shown["low"] != 0) & ~shown["chosen"]]  # nought is shown as it is
        return {
            "n_shown": len(shown),
            "n_shown_exact": int((shown["n_left"] == 1).sum()),
            "n_hidden_small": len(small),
            "n_small_pinned": int((small["n_left"] == 1).sum()),
            "n_small_narrowed": int((small["n_left"] <= NARROW).sum()),
            "n_small_as_shown": int((small["n_left"] <= AS_SHOWN).sum()),
            "n_hidden_beside": len(large),
            "n_beside_pinned": int((large["n_left"] == 1).sum()),
            "n_beside_as_shown": int((large["n_left"] <= AS_SHOWN).sum()),
            "n_left_over": len(left),
            "n_left_over_pinned": int((left["n_left"] == 1).sum()),
            "n_drifted": len(self.drifted),
        }


def attack(
    folder: Path,
    true: Mapping[str, pd.DataFrame] | None = None,
    *,
    use_log: bool = False,
    counts_only: bool = False,
) -> Attack:
    """Attack the tables of a results folder, all at once.

    Parameters
    ----------
    folder : Path
        With ``tables/`` and ``facts/``.
    true : mapping, optional
        True numbers by table. They take the attacker's wrong guesses away, and say what was small.
    use_log, counts_only : bool
        As for `Reading`.
    """

    def oracle(table: str, row: int, column: str) -> float | None:
        value = true[table][column].iloc[row] if column in true[table] else None
        return None if value is None or pd.isna(value) else float(value)

    assert any((folder / "tables").glob("*.csv")), "no released tables to attack"
    reading = Reading(folder, oracle if true is not None else None, use_log, counts_only).read()
    system = reading.system
    wrong = system.drop_untrue(reading.truth)
    for place, value in reading.truth.items():
        assert system.low[place] <= value <= system.high[place]
    wanted = {c.place: 1 for c in reading.cells} | {c.place: AS_SHOWN for c in reading.cells if c.hidden}
    ranges = system.ranges(wanted)
    left = {place: (*ends, system.left(place, ends)) for place, ends in ranges.items()}
    for place, value in reading.truth.items():
        assert left[place][2] > 1 or left[place][0] == value, (
            "an attack that finds a wrong number proves nothing"
        )
    return Attack(reading.cells, left, reading.truth, reading.drifted, reading.unread, wrong, reading.chosen)
