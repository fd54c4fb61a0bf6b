"""Show a released frame as an accessible HTML table, with units and headings for people."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import pandas as pd

from analysis_lib.release import say

MOST_ROWS = 50


@dataclass(frozen=True)
class Table:
    """A small table ready to show; notebooks and both renderers use its HTML."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]

    def _repr_html_(self) -> str:
        align = ['style="text-align: right"' if n else 'style="text-align: left"' for n in self.numeric]
        head = "".join(
            f'<th scope="col" {a}>{escape(h)}</th>' for h, a in zip(self.headings, align, strict=True)
        )
        body = "\n".join(
            "<tr>"
            + "".join(f"<td {a}>{escape(cell)}</td>" for cell, a in zip(row, align, strict=True))
            + "</tr>"
            for row in self.rows
        )
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def show_table(frame: pd.DataFrame, columns: dict[str, str | tuple[str, str]]) -> Table:
    """Return the named columns of a released frame as a table to show.

    Parameters
    ----------
    frame : DataFrame
        At most 50 rows, as released.
    columns : dict
        Column → heading, or column → (heading, unit), a unit as in `release.fact`. Without a unit,
        whole numbers get thousands separators and text stays as it is. Missing values show as "–".

    Raises
    ------
    ValueError
        If the frame has over 50 rows: show the head, and link to the released table.
    """
    if len(frame) > MOST_ROWS:
        raise ValueError(f"{len(frame)} rows are too many to show: take the first {MOST_ROWS} at most.")
    named = {c: (h, "") if isinstance(h, str) else h for c, h in columns.items()}
    rows = [
        tuple(_show(value, named[column][1]) for column, value in zip(named, row, strict=True))
        for row in frame[list(named)].itertuples(index=False, name=None)
    ]
    numeric = [
        pd.api.types.is_numeric_dtype(frame[c]) and not pd.api.types.is_bool_dtype(frame[c]) for c in named
    ]
    return Table(tuple(heading for heading, _ in named.values()), tuple(rows), tuple(numeric))


def _show(value: object, unit: str) -> str:
    if pd.isna(value):
        return "\N{EN DASH}"
    if unit:
        return say(value, unit)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return say(value, "date")
    if pd.api.types.is_integer(value):
        return say(value, "count")
    return str(value)
