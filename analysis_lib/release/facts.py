"""Facts: single numbers and words that pages quote, each with its value, unit and display text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from analysis_lib.dates import as_day, as_month
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
    """

    value: float | int | str
    unit: str
    text: str

    def __str__(self) -> str:
        return self.text


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
        A rate is 0 to 1; money is pounds.
    unit : str
        One of ``count, things, scaled, number, rate, points, gbp, month, date, text``.
    digits : int, optional
        Decimals shown; the unit's usual number if not given.

    Raises
    ------
    ValueError
        If the unit is unknown, or a number is missing or infinite: a page must never show "nan".
    """
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
    if not profile.protects or made.unit not in ("count", "scaled"):
        return
    value = abs(float(made.value))  # a mean or a forecast is no count
    if value.is_integer() and (0 < value < profile.suppress_below or value % profile.round_to):
        raise ValueError(
            f"Fact {name!r} is a count that was not released: compute it from what report.table returned, "
            'or give it the unit "things" (areas, months, files) or "number" (a mean).'
        )


def say(value: Any, unit: str = "text", digits: int | None = None) -> str:
    """Return the display text of a value, as `fact` would, for use in a sentence."""
    return fact(value, unit, digits).text


def say_list(words: Iterable[str]) -> str:
    """Join words as in a sentence: "a", "a and b", "a, b and c"; "none" if there are none."""
    *first, last = list(words) or ["none"]
    return f"{', '.join(first)} and {last}" if first else last
