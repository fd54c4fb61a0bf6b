"""The gate: what of a table may leave.

Under the profiles that protect people, small counts are hidden and all others rounded (``disclosure.toml``),
as NHS England does in tables from Hospital Episode Statistics and the Emergency Care Data Set: each count by
itself, totals after they were summed. Rates come from the rounded counts. Where a total, a sum of columns, a
rate or another table would give a hidden cell back, further cells are hidden (`protect`).

What is guaranteed: no released count is between 1 and 7, or further from the true one than rounding takes it;
no small cell can be worked out from all released cells, totals, sums of columns, groups that divide the same
people, rates and the linked earlier tables, even by someone who knows every released number without its
rounding, and that no hidden cell is 0: four values stay possible (`room`; in very large tables as far as
single sums say). What is not: against someone who knows some of the people, or other figures about them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
import pandas as pd

from analysis_lib.kinds import Kind
from analysis_lib.release.frames import MARK, is_released, mark_computed, named_like_identifiers
from analysis_lib.release.gate.cells import Cells, make_cells
from analysis_lib.release.gate.held import hide_held
from analysis_lib.release.gate.linked import Linked, link, make_linked
from analysis_lib.release.gate.nesting import Nesting
from analysis_lib.release.gate.protect import NotReleasable, protect
from analysis_lib.release.gate.rates import Reasons, dependent
from analysis_lib.release.lookup import kinds_for, refuse_unknown
from analysis_lib.release.profiles import Profile

__all__ = ["NotReleasable", "Released", "kinds_for", "release_table"]
DECIMALS = 6
SMALL = "small, or beside a small one"


@dataclass(frozen=True, eq=False)
class Token:
    """The mark of a released frame, in its `attrs`: what was released and what hidden, and no true number."""

    name: str
    profile: str
    hidden: pd.DataFrame
    frame: pd.DataFrame
    kinds: Mapping[str, str]

    def is_hidden(self, row: object, column: str) -> bool:
        """Whether the gate hid the cell with this index label and column; no for any that it never saw."""
        known = column in self.hidden.columns and row in self.hidden.index
        return known and bool(self.hidden.at[row, column])

    def mark(self, made: pd.DataFrame, given: Sequence[pd.DataFrame | pd.Series]) -> pd.DataFrame:
        """Mark what a measure computed of released frames alone (`measures.released`)."""
        return mark_computed(made, given)

    def __copy__(self) -> Token:
        return self

    def __deepcopy__(self, memo: dict) -> Token:
        return self


@dataclass(frozen=True, eq=False)
class Released:
    """A released table.

    Attributes
    ----------
    name : str
        Its name.
    profile : Profile
        The rules that it was released under.
    frame : DataFrame
        What may leave: index 0 to n-1, hidden cells NA, ``attrs["released"]`` a `Token`.
    record : DataFrame
        One row per column and reason: ``column, reason, n_cells`` (number of cells withheld). No values.
    hidden : DataFrame
        True where a cell was withheld; same rows and columns as `frame`.
    kinds : mapping of str to Kind
        What each column is.
    population, within : str
        Whom it counts, and whom they are part of.
    linked : Linked or None
        True counts, which later tables are checked against; never written with it (see `release.audit`).
    """

    name: str
    profile: Profile
    frame: pd.DataFrame
    record: pd.DataFrame
    hidden: pd.DataFrame
    kinds: Mapping[str, Kind]
    population: str
    within: str | None
    linked: Linked | None = field(default=None, repr=False)

    def __copy__(self) -> Released:
        return self

    def __deepcopy__(self, memo: dict) -> Released:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Released table holds true counts and is never written: save its frame instead.")


def release_table(
    name: str,
    frame: pd.DataFrame,
    profile: Profile,
    kinds: Mapping[str, Kind],
    *,
    population: str = "all",
    within: str | None = None,
    earlier: Sequence[Released] = (),
    nested: Sequence[Nesting] = (),
    total: str = "All",
) -> Released:
    """Release a table under a profile.

    Parameters
    ----------
    name : str
        Its name; an earlier table of the same name is taken as replaced.
    frame : DataFrame
        One row per combination of its dimensions, with or without total rows. The index is dropped. If its
        counts are those of a released frame, row by row, they are not hidden or compared once more.
    profile : Profile
        A profile that does not protect changes nothing but the decimals.
    kinds : mapping of str to Kind
        What each column is, as from `kinds_for`.
    population : str
        Whom the counts are about; tables of the same population that count the same are checked together.
    within : str, optional
        The population that this one is part of, where tables of both are released.
    earlier : sequence of Released
        What has left already.
    nested : sequence of mappings
        Which labels follow from which: ``{"lsoa": {"msoa": {"E01000001": "E02000001"}}}``.
    total : str
        Label of total rows. "All" and "Total", and a missing label where the numbers add up, count as well.

    Returns
    -------
    Released

    Raises
    ------
    ValueError
        If a column is named like an identifier or has no kind, or a count is no count (see `make_cells`).
    NotReleasable
        If the table gives back a hidden cell whatever is hidden in it.
    """
    if named := named_like_identifiers(frame):
        raise ValueError(f"Table {name!r} has person identifiers ({', '.join(named)}): leave them out.")
    given = frame.reset_index(drop=True).copy()
    if not profile.protects:
        floats = given.select_dtypes("float").columns
        given[floats] = given[floats].round(DECIMALS)
        nothing = pd.DataFrame(False, index=given.index, columns=given.columns)
        given.attrs = {}
        given.attrs = {MARK: Token(name, profile.name, nothing, given.copy(), _names(kinds))}
        return Released(name, profile, given, Reasons().record(), nothing, kinds, population, within)
    given = refuse_unknown(name, given, kinds)
    cells = make_cells(name, given, kinds, profile, total)
    linked, before = None, _left_before(frame, cells.counts)
    if not before:
        linked = make_linked(cells, kinds, profile, population, within)
        others = [r.linked for r in earlier if r.linked is not None and r.name != name]
        link(linked, others, profile, nested)
        hide_held(name, linked)
        protect([cells.variables], [other.cells.variables for other in others])
    reasons = Reasons()
    released = _counts(given, cells, reasons)
    released = dependent(released, given, cells, kinds, profile, reasons)
    if before:
        _hidden_before(frame, released, reasons)
    hidden = reasons.mask(released)
    released.attrs = {}
    released.attrs = {MARK: Token(name, profile.name, hidden, released.copy(), _names(kinds))}
    return Released(name, profile, released, reasons.record(), hidden, kinds, population, within, linked)


def _names(kinds: Mapping[str, Kind]) -> dict[str, str]:
    """Kinds by name alone: a mark goes to other processes, and functions cannot."""
    return {column: type(kind).__name__ for column, kind in kinds.items()}


def _left_before(frame: pd.DataFrame, counts: Sequence[str]) -> bool:
    """Whether a table's counts are rows of released ones: they tell no more."""
    return MARK in frame.attrs and all(is_released(frame, column) for column in counts)


def _hidden_before(frame: pd.DataFrame, released: pd.DataFrame, reasons: Reasons) -> None:
    """Mark what an earlier release hid and is missing here as hidden, not as absent."""
    earlier = frame.attrs[MARK].hidden
    if not (frame.index.is_unique and frame.index.isin(earlier.index).all()):
        return
    for column in released.columns.intersection(earlier.columns):
        hidden = earlier.loc[frame.index, column].to_numpy() & released[column].isna().to_numpy()
        reasons.add(column, "hidden before", hidden)


def _counts(given: pd.DataFrame, cells: Cells, reasons: Reasons) -> pd.DataFrame:
    """Put in the rounded counts, NA where hidden or missing."""
    released = given.copy()
    hidden = cells.variables.hidden[: cells.true.size].reshape(cells.true.shape)
    for position, column in enumerate(cells.counts):
        missing = np.isnan(cells.true[:, position])
        away = hidden[:, position]
        # Which of the two is not said: of a column without any of the second, all would be known to be small
        reasons.add(column, SMALL, away)
        reasons.add(column, "missing", missing, withheld=False)
        numbers = np.where(missing | away, 0, cells.shown[:, position]).astype(np.int64)
        released[column] = pd.array(numbers, dtype="Int64")
        released.loc[missing | away, column] = pd.NA
    return released
