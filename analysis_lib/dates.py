"""Dates as a person gives them: ISO, or a date object; 06/04/2023 has two meanings, and is refused."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


def as_day(value: Any, name: str = "a day") -> date:
    """Return a day given as YYYY-MM-DD or as a date object.

    Parameters
    ----------
    value : str, date, datetime, Timestamp or datetime64
        Of a moment, the day that is written: no time zone is applied.
    name : str
        What it is, for the message: an argument's name.

    Raises
    ------
    ValueError
        If it is anything else: in 06/04/2023, day and month could be either.
    """
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, date) and value is not pd.NaT:
        return date(value.year, value.month, value.day)
    if isinstance(value, str) and DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass  # no such day: said below
    raise ValueError(
        f"{name} must be written as YYYY-MM-DD, for instance 2023-04-06 for 6 April, or be a date object: "
        f"{_shown(value)} is neither. Day and month of 06/04/2023 could be either, so it is not guessed."
    )


def as_month(value: Any, name: str = "a month") -> pd.Timestamp:
    """Return the start of a month given as YYYY-MM, as a day in it (see `as_day`), or as a Period.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if isinstance(value, pd.Period) and value is not pd.NaT:
        value = value.start_time
    text = f"{value}-01" if isinstance(value, str) and MONTH.fullmatch(value) else value
    try:
        return pd.Timestamp(as_day(text, name).replace(day=1))
    except ValueError:
        raise ValueError(
            f"{name} must be written as YYYY-MM, for instance 2023-04, or be a date object: "
            f"{_shown(value)} is neither."
        ) from None


def _shown(value: object) -> str:
    """Return what was given, without more of it than a date has room for."""
    return repr(value)[:40] if isinstance(value, str | int | float) else type(value).__name__
