"""Tell a released frame from any other: only released ones are shown or drawn."""

from __future__ import annotations

import re

import pandas as pd

MARK = "released"
IDENTIFIERS = re.compile(
    r"nhs_?(?:number|no)|person_?id|patient_?id|postcode|user_?(?:name|id)|handle", re.IGNORECASE
)


def released_name(frame: pd.DataFrame | pd.Series) -> str | None:
    """Return the name under which a frame was released, or None if it was not.

    Rows and columns taken from a released frame, sorted, renamed or summed, still count as it: they hold
    nothing else. What was joined with another frame does not, and is released in its turn.
    """
    token = frame.attrs.get(MARK)
    return None if token is None else token.name


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
    return [str(column) for column in frame.columns if IDENTIFIERS.search(str(column))]
