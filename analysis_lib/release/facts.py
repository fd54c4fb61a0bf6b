"""Facts: single numbers and words that pages quote, each with its value, unit and display text."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.dates import as_day, as_month
from analysis_lib.release.frames import (
    NUMBER,
    as_frame,
    find_added,
    is_small,
    is_told,
    list_released,
    released_name,
)
from analysis_lib.release.profiles import Profile

MINUS = "\N{MINUS SIGN}"
NOT_KNOWN = "not known"  # of a fact whose value these inputs do not say
NO_FACT = "not available from these inputs"  # stands for a fact that was not saved; on no page


@dataclass(frozen=True)
class Fact:
    """One quotable value.

    Attributes
    ----------
    value : float, int or str
        The value as computed; a rate is 0 to 1, money is pounds, a month is ``YYYY-MM``.
    unit : str
        A key of `UNITS`.
    text : str
        What a page shows.
    of_nobody : bool
        Whether it was declared to count no people.
    """

    value: float | int | str
    unit: str
    text: str
    of_nobody: bool = False

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class OfNobody:
    """What was declared to count no people; made by `of_nobody`."""

    value: Any


def of_nobody(value: Any) -> OfNobody:
    """Say of a number, or of a list or dict of numbers, that it counts no people.

    So are settings, areas, months, files, and official statistics. Where people are protected, sentences and
    facts take no other number but from what ``report.table`` returned.
    """
    return OfNobody(value)


def _signed(text: str, value: float) -> str:
    return ("+" if value > 0 else MINUS if value < 0 else "") + text


def _scaled(value: float, digits: int) -> str:
    """Format in words from a million up, as a reader would say it."""
    size = abs(value)
    for limit, word in ((1e9, "billion"), (1e6, "million")):
        if size >= limit:
            return f"{size / limit:,.{digits}f} {word}"
    return f"{size:,.0f}"


def _month(value: Any, digits: int) -> str:
    return as_month(value).strftime("%B %Y")


def _date(value: Any, digits: int) -> str:
    day = as_day(value)
    return f"{day.day} {day:%B %Y}"


UNITS: dict[str, Callable[[Any, int], str]] = {
    "count": lambda v, d: f"{v:,.0f}",  # people or events
    "things": lambda v, d: f"{v:,.0f}",  # areas, months, files: nobody's
    "scaled": lambda v, d: (MINUS if v < 0 else "") + _scaled(v, d),
    "number": lambda v, d: f"{v:,.{d}f}".replace("-", MINUS),
    "rate": lambda v, d: f"{100 * v:.{d}f}%".replace("-", MINUS),
    "points": lambda v, d: _signed(f"{abs(100 * v):.{d}f} percentage points", round(100 * v, d)),
    "gbp": lambda v, d: (MINUS if v < 0 else "") + "£" + _scaled(v, d),
    "month": _month,
    "date": _date,
    "text": lambda v, d: str(v),
}
DEFAULT_DIGITS = {"scaled": 1, "number": 2, "rate": 1, "points": 1, "gbp": 1}


def fact(value: Any, unit: str = "text", digits: int | None = None) -> Fact:
    """Make a fact from a computed value.

    Parameters
    ----------
    value : float, int, str or date
        A rate is 0 to 1; money is pounds. A number of no people is ``of_nobody(n)``.
    unit : str
        One of ``count, things, scaled, number, rate, points, gbp, month, date, text``.
    digits : int, optional
        Decimals shown; the unit's usual number if not given.

    Raises
    ------
    ValueError
        If the unit is unknown, or a number is missing or infinite: a page must never show "nan".
    """
    if isinstance(value, OfNobody):
        made = value.value if isinstance(value.value, Fact) else fact(value.value, unit, digits)
        return replace(made, of_nobody=True)
    if unit not in UNITS:
        raise ValueError(f"Unknown unit {unit!r}: use one of {', '.join(UNITS)}.")
    if unit in ("month", "date"):
        plain: Any = f"{as_month(value):%Y-%m}" if unit == "month" else as_day(value).isoformat()
    elif unit == "text":
        plain = str(value)
    else:
        plain = value.item() if hasattr(value, "item") else value
        if not math.isfinite(plain):
            raise ValueError(f"A fact must be a finite number, not {plain!r}: say in words what is absent.")
    shown = UNITS[unit](value, DEFAULT_DIGITS.get(unit, 0) if digits is None else digits)
    return Fact(plain, unit, shown)


def check_fact(name: str, made: Fact, profile: Profile) -> None:
    """Refuse a count that could not stand in a released table.

    Raises
    ------
    ValueError
        If the profile protects people, and the fact is a count below its threshold or not rounded.
    """
    if not profile.protects or made.of_nobody or made.unit not in ("count", "scaled"):
        return
    value = abs(float(made.value))  # a mean or a forecast is no count
    if value.is_integer() and (0 < value < profile.suppress_below or value % profile.round_to):
        raise ValueError(
            f"Fact {name!r} is a count that was not released: compute it from what report.table returned, "
            'or give it the unit "things" (areas, months, files) or "number" (a mean).'
        )


def check_own_fact(name: str, made: Fact, profile: Profile) -> None:
    """Refuse a number that may be a small count, in a fact that no sentence made of released numbers.

    Raises
    ------
    ValueError
        If the profile protects people, and a number or text is, or holds, a whole number below its threshold,
        or things are counted that were not declared to be nobody's.
    """
    if not profile.protects or made.of_nobody or made.unit in ("month", "date"):
        return
    if made.unit == "text":
        small = any(map(is_small, NUMBER.findall(made.text)))
    else:
        value = abs(float(made.value))
        small = made.unit == "things" or (value.is_integer() and 0 < value < profile.suppress_below)
    if small:
        raise ValueError(
            f"Fact {name!r} has a number that may be a small count of people. Let a sentence say it of what "
            "report.table returned (report.say), or, if it counts nobody (areas, months, files), declare it: "
            "fact(of_nobody(n), unit)."
        )


def check_values(section: str, values: Mapping[str, Any], profile: Profile, source: str) -> dict[str, Any]:
    """Return what sentences are filled with; where people are protected, released numbers alone.

    Parameters
    ----------
    section : str
        The section of the sentences.
    values : mapping
        Frames, rows and columns of what was released, text without numbers, dates, yes and no, lists and
        dicts of them, and what was declared ``of_nobody``.
    profile : Profile
        What may leave.
    source : str
        Where the inputs come from, which may be quoted.

    Raises
    ------
    ValueError
        If there is anything else; the message names the value, the column and the remedy.
    """
    if profile.protects:
        for name, value in values.items():
            if why := _not_released(value, source):
                raise ValueError(f"Sentences [{section}]: {name} {why}")
    return {name: value.value if isinstance(value, OfNobody) else value for name, value in values.items()}


_TABLE_FIRST = "save it with report.table, and give what that returns."


def _not_released(value: Any, source: str) -> str:
    """Say why a value of sentences is not known to be released; "" if it is."""
    if value is None or isinstance(value, OfNobody | bool | np.bool_ | dt.date):
        return ""
    if isinstance(value, pd.DataFrame | pd.Series):
        if released_name(value) is None:
            return f"is a {type(value).__name__} that was not released: {_TABLE_FIRST}"
        added = find_added(as_frame(value), always=True)
        return f"has numbers that were not released, in {', '.join(added)}: {_TABLE_FIRST}" if added else ""
    if isinstance(value, str):
        plain = value in source or not NUMBER.search(value) or _is_label(value)
        return "" if plain else f"is a text with a number: {_TABLE_FIRST}"
    if isinstance(value, Mapping):
        return _not_released([*value, *value.values()], source)
    if isinstance(value, list | tuple | set | frozenset):
        return next(filter(None, (_not_released(each, source) for each in value)), "")
    if isinstance(value, int | float | np.number):
        if np.isnan(value) or is_told(value):
            return ""
        return (
            f"is a number, which may be of people: {_TABLE_FIRST} If it counts nobody (areas, months, "
            "settings), declare it: of_nobody(n)."
        )
    return f"is a {type(value).__name__}, whose numbers are not known: give a frame, or declare it of_nobody."


def _is_label(text: str) -> bool:
    """Whether a text is a label or a column of a released table, and more than a number."""
    if NUMBER.fullmatch(text):
        return False
    frames = list_released().values()
    return any(text in f.columns for f in frames) or any(
        text in set(f[c]) for f in frames for c in f if not pd.api.types.is_numeric_dtype(f[c])
    )


def say(value: Any, unit: str = "text", digits: int | None = None) -> str:
    """Return the display text of a value, as `fact` would, for use in a sentence."""
    return fact(value, unit, digits).text


def say_list(words: Iterable[str]) -> str:
    """Join words as in a sentence: "a", "a and b", "a, b and c"; "none" if there are none."""
    *first, last = list(words) or ["none"]
    return f"{', '.join(first)} and {last}" if first else last
