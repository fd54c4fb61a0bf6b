"""What a classifier may look at: columns whose window is stated, and ends by the index date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

# Months from the index date: begins, ends (None: any time back). What ends after 0 has seen the outcome.
Window = tuple[float | None, float]

RESTATED = ("age_band", "imd_quintile", "core20")  # known, but only another wording of age and decile
IDENTIFIERS = ("person_id", "lsoa", "msoa", "practice", "fold")
# What the house's queries say happened afterwards: no stated window can allow it.
AFTERWARDS = ("died", "moved")
AFTERWARDS_BEGINNINGS, AFTERWARDS_ENDING = ("next_",), "_at_risk"


class LeakageError(ValueError):
    """A predictor is not known to come from before the index date."""


@dataclass(frozen=True)
class Predictors:
    """The columns that a classifier looks at, by how they are encoded, and the window of each."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    flags: tuple[str, ...]
    windows: Mapping[str, Window] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """All of them: numeric, flags, categorical."""
        return [*self.numeric, *self.flags, *self.categorical]

    def in_words(self) -> dict[str, str]:
        """Return the window of each column in words."""
        found = {name: find_window(name, self.windows) for name in self.columns}
        return {name: "not known" if window is None else _words(window) for name, window in found.items()}


def check_predictors(columns: Iterable[str], windows: Mapping[str, Window]) -> None:
    """Refuse predictors that are not known to come from before the index date.

    Parameters
    ----------
    columns : iterable of str
        Names of predictors.
    windows : mapping of str to (begin, end)
        When what each says was recorded, in months from the index date; begin None: any time before. Of the
        house's features as the query states them: ``queries.feature_windows((12,))``. Others are added:
        ``windows | {"n_falls": (-12, 0)}``. An identifier, and what the queries say happened afterwards,
        cannot be allowed so.

    Raises
    ------
    LeakageError
        Naming each refused column with its window.
    """
    refused = [f"{name} ({reason})" for name in columns if (reason := _why_refused(name, windows))]
    if refused:
        raise LeakageError(
            f"These are no predictors: {', '.join(refused)}. Leave them out, or state when what they say was "
            'recorded, in months from the index date and ending by it: windows | {"name": (-12, 0)}.'
        )


def choose_predictors(frame: pd.DataFrame, windows: Mapping[str, Window]) -> Predictors:
    """Return every column of a frame that may be a predictor and says something.

    Parameters
    ----------
    frame : DataFrame
        Training rows: features at the index date, and whatever stands beside them.
    windows
        As for `check_predictors`. A column without one is no predictor, whatever its name.

    Returns
    -------
    Predictors
        In the order of the frame. Left out: what `check_predictors` refuses, columns with one value or none,
        and age_band, imd_quintile and core20, which restate others.

    Raises
    ------
    LeakageError
        If a column of the frame has a window that ends after the index date.
    KeyError
        If no column is left.
    """
    stated = [name for name in windows if name in frame and name not in IDENTIFIERS]
    check_predictors(stated, windows)
    names = [
        name
        for name in frame.columns
        if not _why_refused(name, windows) and name not in RESTATED and _varies(frame[name])
    ]
    if not names:
        raise KeyError("No column of this frame has a window: state them, as queries.feature_windows does.")
    kinds = {name: _kind(frame[name]) for name in names}
    numeric, categorical, flags = (
        tuple(name for name in names if kinds[name] == kind) for kind in ("numeric", "categorical", "flags")
    )
    return Predictors(numeric, categorical, flags, {name: windows[name] for name in names})


def find_window(name: str, windows: Mapping[str, Window]) -> Window | None:
    """Return the window of a column in months from the index date; None if it is not known."""
    if name in AFTERWARDS or name.startswith(AFTERWARDS_BEGINNINGS) or name.endswith(AFTERWARDS_ENDING):
        return (0, 12)
    return windows.get(name)


def _why_refused(name: str, windows: Mapping[str, Window]) -> str | None:
    if name in IDENTIFIERS:
        return "a person or a place, not a property"
    window = find_window(name, windows)
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
