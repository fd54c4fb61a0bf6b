"""Show a released frame as a table, with units and headings for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis_lib.columns import heading
from analysis_lib.release import (
    HIDDEN,
    find_added,
    find_untold,
    is_hidden,
    named_like_identifiers,
    protects,
    released_name,
    say,
    seal,
)

Heading = str | tuple[str, str] | tuple[str, str, int | None]
MOST_ROWS = 50
WIDEST = 40  # a column's share of the width is no more than that of so many characters
PLAIN = set(",.;%/()=?")  # punctuation that means nothing inside a cell
EXPLORE = ("funnel", "series")
_EXPLORE_TITLE = "Look closer: explore these numbers"


@dataclass(frozen=True)
class Table:
    """A small table ready to show, as Markdown: Jupyter and both renderers read it alike.

    It is no HTML, since Quarto adds scripts from the network to any page whose cells give HTML.
    `released` is the name of the released table that it shows, or None; `explore` and `caption` are
    as in `show_table`. `refused` says what of it was not released, and `said` are numbers in its headings
    that no released table tells: the page holds them against what the notebook's text says.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    released: str | None = None
    explore: str | None = None
    caption: str = ""
    refused: str | None = None
    said: tuple[str, ...] = ()

    def _repr_markdown_(self) -> tuple[str, dict[str, Any]]:
        shown = self.to_markdown()
        if self.refused is not None:
            return shown, {"refused": self.refused}
        if self.released is None:
            return shown, {}
        about = {"released": [self.released], "seal": seal(shown)}
        return shown, about | ({"said": list(self.said)} if self.said else {})

    def to_markdown(self) -> str:
        """Return the table as a Markdown pipe table, in a box that is folded where it is to be explored."""
        lines = [self.headings, *self.rows]
        widths = [min(max(map(len, column)), WIDEST) for column in zip(*lines, strict=True)]
        rules = ["-" * (w + 1) + (":" if n else "-") for w, n in zip(widths, self.numeric, strict=True)]
        head, *body = ["| " + " | ".join(_literal(cell) for cell in line) + " |" for line in lines]
        table = "\n".join([head, "|" + "|".join(rules) + "|", *body])
        if self.caption:
            table += f"\n\n: {_literal(self.caption)}"
        if self.explore is None:
            return table
        kind = f".callout-note .explore .explore-{self.explore}"
        return f'::: {{{kind} collapse="true" title="{_EXPLORE_TITLE}"}}\n\n{table}\n\n:::'


def _literal(text: str) -> str:
    """Make every sign stand for itself: no markup, link, HTML, shortcode or cell border."""
    return re.sub(
        r"([!-/:-@\[-`{-~])", lambda m: m[1] if m[1] in PLAIN else "\\" + m[1], " ".join(text.split())
    )


def show_table(
    frame: pd.DataFrame,
    columns: str | Iterable[str] | Mapping[str, Heading],
    *,
    explore: str | None = None,
    caption: str = "",
    **words: Heading,
) -> Table:
    """Return the named columns of a released frame as a table to show.

    Parameters
    ----------
    frame : DataFrame
        At most 50 rows, as released (a page refuses any other, and where people are protected a column
        that was added or changed: save it with ``report.table`` first). Hidden cells show as [c].
    columns : str, list of str or dict
        Names of columns, in a text with spaces between them or in a list: `analysis_lib.columns` has their
        headings, units and decimals. In a dict, each column has its own: heading, (heading, unit) or
        (heading, unit, decimals), a unit as in `release.fact`. Without a unit, numbers get thousands
        separators, and two decimals unless they are whole; True and False are "yes" and "no"; text stays
        as it is. Missing values show as "–".
    explore : {"funnel", "series"}, optional
        Fold the table into a box below a figure, where the built-in renderer's pages draw it as a chart
        to walk through; Quarto's pages, and those without scripts, show the table. The first column
        names the marks. A series has a row a month, and one column of numbers or more to choose from.
        A funnel has a row an area, and as columns of numbers the rate, its denominator, and limits in
        pairs; a column of text gives the shape of the marks.
    caption : str
        Heading of the table; one to be explored needs it.
    **words
        For single columns other headings, or (heading, unit), (heading, unit, decimals), in this table.

    Raises
    ------
    ValueError
        If the frame has over 50 rows: show the head, and link to the released table. Also if a number
        is infinite, a column is named like an identifier of a person, words are given for a column that
        is not shown, or a table to be explored is of no known kind, has no caption, or is of a frame that
        was not released.
    KeyError
        If a column is not in the frame.
    """
    headings = _read_headings(columns, words, released_name(frame))
    if len(frame) > MOST_ROWS:
        raise ValueError(f"{len(frame)} rows are too many to show: take the first {MOST_ROWS} at most.")
    if named := named_like_identifiers(frame[list(headings)]):
        raise ValueError(f"{', '.join(named)}: identifiers of people are never shown.")
    if explore is not None:
        _check_explored(frame, explore, caption)
    rows = [
        tuple(
            HIDDEN if pd.isna(value) and is_hidden(frame, row[0], column) else _show(value, *how)
            for (column, (_, *how)), value in zip(headings.items(), row[1:], strict=True)
        )
        for row in frame[list(headings)].itertuples(name=None)
    ]
    numeric = [
        pd.api.types.is_numeric_dtype(frame[c]) and not pd.api.types.is_bool_dtype(frame[c]) for c in headings
    ]
    shown = tuple(heading for heading, *_ in headings.values())
    added = [column for column in find_added(frame) if column in headings]
    refused = f"column {', '.join(added)} was added or changed" if added else None
    own = {heading(column, released_name(frame))[0] for column in headings}
    said = find_untold(sorted({*shown, caption} - own), [frame]) if protects(frame) else ()
    name = released_name(frame)
    return Table(shown, tuple(rows), tuple(numeric), name, explore, caption, refused, tuple(said))


def _read_headings(
    columns: str | Iterable[str] | Mapping[str, Heading], words: Mapping[str, Heading], table: str | None
) -> dict[str, tuple[str, ...]]:
    """Heading, unit and decimals of each column: the given ones, else those of `analysis_lib.columns`."""
    names = columns.split() if isinstance(columns, str) else list(columns)
    if strange := sorted(set(words) - set(names)):
        raise ValueError(f"{', '.join(strange)}: words for a column that is not shown.")
    own = (
        {c: (h, "") if isinstance(h, str) else h for c, h in columns.items()}
        if isinstance(columns, Mapping)
        else {}
    )
    headings = {name: own.get(name) or heading(name, table) for name in names}
    for name, said in words.items():
        headings[name] = (said, *headings[name][1:]) if isinstance(said, str) else said
    return headings


def _check_explored(frame: pd.DataFrame, explore: str, caption: str) -> None:
    if explore not in EXPLORE:
        raise ValueError(f"{explore!r} is no way to explore a table: use one of {', '.join(EXPLORE)}.")
    if not caption:
        raise ValueError("A table to be explored needs a caption: say what its numbers are.")
    if released_name(frame) is None:
        raise ValueError("Only released numbers are explored: show what report.table returned.")


def _show(value: object, unit: str = "", digits: int | None = None) -> str:
    if pd.isna(value):
        return "\N{EN DASH}"
    if unit:
        return say(value, unit, digits)
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return say(value, "date")
    if pd.api.types.is_number(value):
        # A column of whole numbers with a missing one is a column of floats.
        return say(value, "count" if float(value).is_integer() else "number")
    return str(value)
