"""What the numbers in a released table are, and so what the gate does with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LEVELS = ("words", "names", "codes", "bands", "dates", "months", "flags", "settings", "grouped", "texts")


@dataclass(frozen=True)
class Dimension:
    """A label of the row. `levels` are the values that it may have, or what such values look like.

    ``words`` (text that is no number, and begins with no small one), ``names`` (text with a letter in it, of
    areas, files, hashtags, rules), ``codes`` (such as E54000027), ``bands`` (0-4, 85+), ``dates``,
    ``months``, ``flags`` (yes or no), ``settings`` (numbers that an analyst chose), ``grouped`` (levels of
    the column that `group`, `term` or `dimension` names); else a tuple of the values themselves, or a range
    of whole numbers. ``texts``, which may be anything, is for tables of files and of released text alone.
    Without levels it may not leave where people are protected: counts written as text would leave with it.
    """

    levels: str | range | tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.levels, str) and self.levels not in LEVELS:
            raise ValueError(
                f"A Dimension has no levels called {self.levels!r}: say one of {', '.join(LEVELS)}, a range "
                'of whole numbers, or the values themselves, such as ("urban", "rural").'
            )


@dataclass(frozen=True)
class Plain:
    """A number about no people; `what` says of what: days, areas, files, parameters, released tables."""

    what: str = ""


@dataclass(frozen=True)
class Count:
    """People or events: small ones are hidden, others rounded. With `parts`, the sum of those columns.

    With `of`, a count of people: what so few have, one of them may have alone, and so it is hidden too.
    `what` says what is counted, the same in every table (people, contacts, appointments): by it, tables of
    the same people are held against each other, whatever their columns are called. `where` says which of
    them, as pairs of a label's column and its value: missed appointments are appointments where the status
    is DNA. A count of nothing named is held against every other.
    """

    parts: tuple[str, ...] = ()
    of: str | None = None
    what: str | None = None
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Ratio:
    """`numerator` ÷ `denominator` × `per`, computed again from the released counts; hidden with either.

    Where the numerator is counted in the denominator (`part`, the usual case), what is left of the
    denominator is protected like a count of its own.
    """

    numerator: str
    denominator: str
    per: float = 1.0
    part: bool = True


@dataclass(frozen=True)
class Share:
    """`count` ÷ its sum over the rows of the table with the same values of `within`."""

    count: str
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rank:
    """The place of the released column `of`, among rows of the same `within`; 1 is the highest.

    With `ascending`, 1 is the lowest. Ties share the best place, and what is missing or hidden has none.
    """

    of: str
    ascending: bool = False
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Derived:
    """`function` of released columns and labels (arrays in, an array out), hidden with any of them."""

    function: Callable
    of: tuple[str, ...]


@dataclass(frozen=True)
class Proportion:
    """A rate that cannot be computed again from the row (standardised, adjusted, a limit).

    Hidden where the count `of` is hidden or fewer than the profile's `fewest`; no finer than the
    rounded count allows: a multiple of `round_to` ÷ `of`, times `per`. A mean of a number of things that
    people have (conditions, retweets) is one too: its sum is rounded like a count.
    """

    of: str
    per: float = 1.0


@dataclass(frozen=True)
class Rate:
    """Events per `per` people, or person-years of them, standardised or not.

    Hidden with either count, and below the profile's `fewest`. It is the quotient of the rounded counts,
    times what standardising does to it, rounded to a step of events: it gives no count back unrounded.
    """

    events: str
    people: str
    per: float = 1_000


@dataclass(frozen=True)
class Limit:
    """A limit of a released rate (a column), or of a comparison of rates; or its standard error.

    `distance` says, of the columns `of` (counts, and rates from them), how far it would stand from `centre`
    if events were independent. How many times as far it stands is kept, to one decimal and never less than
    once: an exact width would give the counts back. With `times`, distances are those of logarithms.
    """

    centre: str | None
    distance: Callable
    of: tuple[str, ...]
    times: bool = False


@dataclass(frozen=True)
class Estimate:
    """A ratio, mean or other size of a model, in steps of its own size; at most `digits` significant digits.

    Hidden where a count it rests on is hidden or below the profile's `fewest`. A step is `per` × `round_to` ÷
    the smallest of these counts, as a part of the value. `moves` says how it would move with these counts if
    all else stayed, as a factor: by it, it is taken to the released counts first. A step alone would now
    and then part the counts that round alike. Ends of intervals (`end` -1 or 1) are rounded outwards.
    """

    of: tuple[str, ...] = ()
    per: float = 1
    moves: Callable | None = None
    digits: int = 4
    end: int = 0


@dataclass(frozen=True)
class Score:
    """A score, difference or mean that may be 0 or below (AUROC, log odds): a multiple of a step.

    As `Estimate`, but steps are alike everywhere, counted from `around`, and `moves` is what to add. With
    `part`, the last of the counts is a part of the first, and what is left is a count too. With `by`, the
    step is of that count alone; with `scale`, a part of that released column, and `moves` a factor.
    """

    of: tuple[str, ...]
    per: float = 1
    moves: Callable | None = None
    around: float = 0
    part: bool = False
    by: str | None = None
    scale: str | None = None
    end: int = 0


@dataclass(frozen=True)
class Quantile:
    """A median or other quantile of `of` people or events; hidden below `fewest`; 3 significant digits.

    A point of a curve of concentration is one, and so is an end of the interval of a rank.
    """

    of: str
    digits: int = 3


@dataclass(frozen=True)
class Amount:
    """A sum over people or events (money, days), hidden with the count `of`.

    It is the rounded count times the mean of one, to 3 significant digits and no finer than the count
    (in steps of `round_to` ÷ the count, as a part of the mean): of a known price it would else tell how many
    had it. A total, which may be of many
    cheap and a few dear ones, is the sum of its parts, or if one is hidden, a multiple of `round_to` times
    the dearest mean of the table. With `stepped`, a multiple of `round_to`: for what is nearly a number of
    people or events (person-years, contacts expected).
    """

    of: str
    stepped: bool = False


Kind = (
    Dimension
    | Plain
    | Count
    | Ratio
    | Share
    | Rank
    | Derived
    | Proportion
    | Rate
    | Limit
    | Estimate
    | Score
    | Quantile
    | Amount
)
