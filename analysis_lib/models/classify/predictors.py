"""What a classifier may look at: columns whose window is known to end before the index date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

# Months from the index date: begins, ends (None: any time back). What ends after 0 has seen the outcome.
Window = tuple[float | None, float]

STATIC: tuple[str, ...] = (
    *("age", "sex", "ethnic_group", "imd_decile", "months_registered", "n_conditions"),
    *("cambridge_score", "n_medicines", "continuity"),
)
STATIC_BEGINNINGS = ("has_", "polypharmacy_")
RESTATED = ("age_band", "imd_quintile", "core20")  # known, but only another wording of age and decile
IDENTIFIERS = ("person_id", "lsoa", "msoa", "practice", "fold")
AFTERWARDS = ("died", "moved")
AFTERWARDS_BEGINNINGS, AFTERWARDS_ENDING = ("next_",), "_at_risk"
LOOK_BACK = re.compile(r"_(\d+)m$")


class LeakageError(ValueError):
    """A predictor is not known to come from before the index date."""


@dataclass(frozen=True)
class Predictors:
    """The columns that a classifier looks at, by how they are encoded, and where their windows come from."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    flags: tuple[str, ...]
    lookback_months: tuple[int, ...] = (12,)
    known: Mapping[str, Window] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """All of them: numeric, flags, categorical."""
        return [*self.numeric, *self.flags, *self.categorical]

    def windows(self) -> dict[str, str]:
        """Return the window of each column in words."""
        found = {name: find_window(name, self.lookback_months, self.known) for name in self.columns}
        return {name: "not known" if window is None else _words(window) for name, window in found.items()}


def check_predictors(
    columns: Iterable[str],
    lookback_months: Sequence[int] = (12,),
    known: Mapping[str, Window] | None = None,
) -> None:
    """Refuse predictors that are not known to come from before the index date.

    Parameters
    ----------
    columns : iterable of str
        Names of predictors.
    lookback_months : sequence of int
        Look-backs that the features were made with: names may end in ``_12m`` and so on.
    known : mapping of str to (begin, end), optional
        Windows of further columns, of other data, in months from the index date; begin None: any time
        before. It cannot allow an identifier or what the house's queries say happened afterwards.

    Raises
    ------
    LeakageError
        Naming each refused column with its window.
    """
    refused = [
        f"{name} ({reason})" for name in columns if (reason := _why_refused(name, lookback_months, known))
    ]
    if refused:
        raise LeakageError(
            f"These are no predictors: {', '.join(refused)}. Leave them out, or state a window that ends "
            "by the index date: known={name: (-12, 0)}, in months."
        )


def choose_predictors(
    frame: pd.DataFrame,
    lookback_months: Sequence[int] = (12,),
    known: Mapping[str, Window] | None = None,
) -> Predictors:
    """Return every column of a frame that may be a predictor and says something.

    Parameters
    ----------
    frame : DataFrame
        Training rows: features at the index date, and whatever stands beside them.
    lookback_months, known
        As for `check_predictors`.

    Returns
    -------
    Predictors
        In the order of the frame. Left out: what `check_predictors` refuses, columns with one value or none,
        and age_band, imd_quintile and core20, which restate others.

    Raises
    ------
    LeakageError
        If a window in `known` ends after the index date.
    KeyError
        If no column is left.
    """
    known = dict(known or {})
    check_predictors(known, lookback_months, known)
    names = [
        name
        for name in frame.columns
        if not _why_refused(name, lookback_months, known) and name not in RESTATED and _varies(frame[name])
    ]
    if not names:
        raise KeyError("No predictor in this frame: it takes the columns of `features_at`, or `known`.")
    kinds = {name: _kind(frame[name]) for name in names}
    numeric, categorical, flags = (
        tuple(name for name in names if kinds[name] == kind) for kind in ("numeric", "categorical", "flags")
    )
    return Predictors(numeric, categorical, flags, tuple(lookback_months), known)


def find_window(
    name: str, lookback_months: Sequence[int], known: Mapping[str, Window] | None = None
) -> Window | None:
    """Return the window of a column in months from the index date; None if it is not known."""
    if name in AFTERWARDS or name.startswith(AFTERWARDS_BEGINNINGS) or name.endswith(AFTERWARDS_ENDING):
        return (0, 12)
    if known and name in known:
        return known[name]
    if name in (*STATIC, *RESTATED) or name.startswith(STATIC_BEGINNINGS):
        return (None, 0)
    ending = LOOK_BACK.search(name)
    if ending and int(ending[1]) in lookback_months:
        return (-int(ending[1]), 0)
    return None


def _why_refused(name: str, lookback_months: Sequence[int], known: Mapping[str, Window] | None) -> str | None:
    if name in IDENTIFIERS:
        return "a person or a place, not a property"
    window = find_window(name, lookback_months, known)
    if window is None:
        return "window not known"
    return _words(window) if window[1] > 0 else None


def _words(window: Window) -> str:
    begin, end = window
    if end > 0:
        return f"{'any time' if begin is None else f'{begin:g}'} to {end:g} months after the index date"
    if begin is None:
        return "any time before the index date" if end == 0 else f"until {-end:g} months before it"
    return f"{-begin:g} to {-end:g} months before the index date"


def _varies(column: pd.Series) -> bool:
    present = column.dropna()
    return len(present) > 0 and (len(present) < len(column) or bool((present != present.iloc[0]).any()))


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "flags"
    return "numeric" if pd.api.types.is_numeric_dtype(column) else "categorical"
