"""Tell a released frame from any other: only released ones are shown or drawn."""

from __future__ import annotations

import pandas as pd

from analysis_lib.identifiers import is_identifier

MARK = "released"
_RELEASED: dict[str, pd.DataFrame] = {}


def released_name(frame: pd.DataFrame | pd.Series) -> str | None:
    """Return the name under which a frame was released, or None if it was not.

    Rows and columns taken from a released frame, sorted, renamed or summed, still count as it: they hold
    nothing else. What was joined with another frame does not, and is released in its turn.
    """
    token = frame.attrs.get(MARK)
    return None if token is None else token.name


def remember(name: str, released: pd.DataFrame) -> None:
    """Keep what was released under a name in this process, for charts to be held against."""
    _RELEASED[name] = released


def list_released() -> dict[str, pd.DataFrame]:
    """Return the tables released in this process, by name."""
    return dict(_RELEASED)


def is_hidden(frame: pd.DataFrame, row: object, column: str) -> bool:
    """Return whether the gate hid this cell of a released frame; a value that was never there was not hidden.

    Parameters
    ----------
    frame : DataFrame
        A released frame, or rows of it with their index.
    row : object
        The row's index label.
    column : str
        Its column, named as released.
    """
    token = frame.attrs.get(MARK)
    return token is not None and token.is_hidden(row, column)


def named_like_identifiers(frame: pd.DataFrame) -> list[str]:
    """Return the columns that are named like an identifier of a person."""
    return [str(column) for column in frame.columns if is_identifier(str(column))]
