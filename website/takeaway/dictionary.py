"""The data dictionary: every released table with its columns, for the page and for the workbook."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from itertools import groupby

from analysis_lib.columns import describe, heading
from website.literal import literal, unmarked
from website.takeaway.titles import Described

HEADINGS = ("Column", "Heading", "Unit", "What it is", "Protection")
UNITS = {
    "count": "number",
    "things": "number",
    "scaled": "number",
    "number": "number",
    "rate": "share, 0 to 1",
    "points": "difference of shares",
    "gbp": "pounds",
    "month": "month",
    "date": "date",
}
PROTECTION = {
    "Count": "small ones hidden, others rounded",
    "Ratio": "from rounded counts",
    "Share": "from rounded counts",
    "Derived": "from released numbers",
    "Rank": "from released numbers",
    "Proportion": "no finer than rounded counts",
    "Rate": "no finer than rounded counts",
    "Limit": "no finer than rounded counts",
    "Estimate": "no finer than rounded counts, hidden where few",
    "Score": "no finer than rounded counts, hidden where few",
    "Quantile": "few digits, hidden where few",
    "Amount": "from rounded counts, hidden with its count",
    "Plain": "none: about nobody",
    "Dimension": "label",
}


@dataclass(frozen=True)
class Entry:
    """One column of one table, in words."""

    column: str
    heading: str
    unit: str
    meaning: str
    protection: str


def list_entries(table: Described) -> list[Entry]:
    """Describe each column of a released table; one without a row in `analysis_lib.columns` by its name."""
    with table.path.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file), [])
    return [_entry(name, table) for name in names]


def _entry(name: str, table: Described) -> Entry:
    known = describe(name, table.name)
    shown, unit, _ = heading(name, table.name)
    kind = table.kinds.get(name, "")
    protection = PROTECTION.get(kind, "")
    if table.profile == "published" and kind != "Dimension":
        protection = "none: published"
    return Entry(name, shown, UNITS.get(unit, ""), known.meaning if known else "", protection)


def write_dictionary(tables: Iterable[Described]) -> str:
    """Return the page's lists as Markdown: a box for each page of the report, and in it its tables."""
    blocks = []
    for page, its in groupby(tables, key=lambda table: table.page):
        listed = list(its)
        title = unmarked(f"{page}: {len(listed)} table{'s' if len(listed) > 1 else ''}").replace('"', "'")
        blocks.append(f'::: {{.callout-note collapse="true" title="{title}"}}\n')
        blocks += [line for table in listed for line in _write_table(table)]
        blocks.append(":::\n")
    return "\n".join(blocks)


def _write_table(table: Described) -> Iterator[str]:
    file = f"[{literal(table.path.name)}](/results/tables/{table.path.name})"
    yield f"{literal(table.hidden)} {file}\n"
    yield "| " + " | ".join(HEADINGS) + " |"
    yield "|:----------|:---------|:------|:--------------------|:----------|"
    for entry in list_entries(table):
        yield "| " + " | ".join(literal(cell) for cell in astuple(entry)) + " |"
    yield f"\n: {literal(table.title)}\n"
