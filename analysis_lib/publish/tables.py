"""Show a released frame as a table, with units and headings for people."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from analysis_lib.release import HIDDEN, is_hidden, named_like_identifiers, released_name, say

MOST_ROWS = 50
WIDEST = 40  # a column's share of the width is no more than that of so many characters
PLAIN = set(",.;%/()=?")  # punctuation that means nothing inside a cell


@dataclass(frozen=True)
class Table:
    """A small table ready to show, as Markdown: Jupyter and both renderers read it alike.

    It is no HTML, since Quarto adds scripts from the network to any page whose cells give HTML.
    `released` is the name of the released table that it shows, or None.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    released: str | None = None

    def _repr_markdown_(self) -> tuple[str, dict[str, list[str]]]:
        return self.to_markdown(), {} if self.released is None else {"released": [self.released]}

    def to_markdown(self) -> str:
        """Return the table as a Markdown pipe table."""
        lines = [self.headings, *self.rows]
        widths = [min(max(map(len, column)), WIDEST) for column in zip(*lines, strict=True)]
        rules = ["-" * (w + 1) + (":" if n else "-") for w, n in zip(widths, self.numeric, strict=True)]
        head, *body = ["| " + " | ".join(_literal(cell) for cell in line) + " |" for line in lines]
        return "\n".join([head, "|" + "|".join(rules) + "|", *body])


def _literal(text: str) -> str:
    """Make every sign stand for itself: no markup, link, HTML, shortcode or cell border."""
    return re.sub(
        r"([!-/:-@\[-`{-~])", lambda m: m[1] if m[1] in PLAIN else "\\" + m[1], " ".join(text.split())
    )


def show_table(frame: pd.DataFrame, columns: dict[str, str | tuple[str, str]]) -> Table:
    """Return the named columns of a released frame as a table to show.

    Parameters
    ----------
    frame : DataFrame
        At most 50 rows, as released (a page refuses any other). Hidden cells show as [c].
    columns : dict
        Column → heading, or column → (heading, unit), a unit as in `release.fact`. Without a unit,
        numbers get thousands separators, and two decimals unless they are whole; True and False are
        "yes" and "no"; text stays as it is. Missing values show as "–".

    Raises
    ------
    ValueError
        If the frame has over 50 rows: show the head, and link to the released table. Also if a number
        is infinite, or a column is named like an identifier of a person.
    KeyError
        If a column is not in the frame.
    """
    if len(frame) > MOST_ROWS:
        raise ValueError(f"{len(frame)} rows are too many to show: take the first {MOST_ROWS} at most.")
    if named := named_like_identifiers(frame[list(columns)]):
        raise ValueError(f"{', '.join(named)}: identifiers of people are never shown.")
    headings = {c: (h, "") if isinstance(h, str) else h for c, h in columns.items()}
    rows = [
        tuple(
            HIDDEN if pd.isna(value) and is_hidden(frame, row[0], column) else _show(value, unit)
            for (column, (_, unit)), value in zip(headings.items(), row[1:], strict=True)
        )
        for row in frame[list(headings)].itertuples(name=None)
    ]
    numeric = [
        pd.api.types.is_numeric_dtype(frame[c]) and not pd.api.types.is_bool_dtype(frame[c]) for c in headings
    ]
    shown = tuple(heading for heading, _ in headings.values())
    return Table(shown, tuple(rows), tuple(numeric), released_name(frame))


def _show(value: object, unit: str) -> str:
    if pd.isna(value):
        return "\N{EN DASH}"
    if unit:
        return say(value, unit)
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return say(value, "date")
    if pd.api.types.is_number(value):
        # A column of whole numbers with a missing one is a column of floats.
        return say(value, "count" if float(value).is_integer() else "number")
    return str(value)
