"""The lists that the front page and the page of downloads embed: what there is, and how large."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis_lib.dates import as_day
from analysis_lib.project import REFERENCE
from website.render.notebook import read_notebook

FIGURES = "results/figures"
ATTACK = "attack.csv"
COVERAGE = "coverage.csv"


@dataclass(frozen=True)
class File:
    """One file to take away: its name in the folder, what it is, its kind, and what to know of it."""

    name: str
    what: str
    kind: str
    about: str


FILES = (
    File("report.pdf", "The report to print", "PDF", "all pages but the code, with bookmarks"),
    File(
        "report.html",
        "The report in one file",
        "HTML",
        "all pages in one; needs no internet",
    ),
    File("tables.xlsx", "The released tables", "Excel", "all of them in one workbook, with notes"),
)
# Only where a notebook made one of simulated people
PERSON = File(
    "person.html",
    "One simulated person",
    "HTML",
    "what a review of medicines would see on a page; nobody's record",
)


def say_size(n_bytes: int) -> str:
    """Write the size of a file: ``2.1 MB``, or ``45 KB`` under a tenth of a megabyte."""
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 100_000 else f"{max(round(n_bytes / 1e3), 1)} KB"


def list_files(folder: Path, address: str, decks: Mapping[str, str]) -> str:
    """Return the list of the files as Markdown, the decks first.

    Parameters
    ----------
    folder : Path
        Where they lie.
    address : str
        The same from the project's root, for the links.
    decks : mapping
        Name of each deck, by its file there.
    """
    about = "the same slides, to edit, with speaker notes"
    files = [*(File(name, what, "PowerPoint", about) for name, what in decks.items()), *FILES]
    files += [PERSON] if (folder / PERSON.name).is_file() else []
    sizes = {f: say_size((folder / f.name).stat().st_size) for f in files}
    lines = [f"- [{f.what}](/{address}/{f.name}) ({f.kind}, {sizes[f]}): {f.about}" for f in files]
    return "\n".join(lines) + "\n"


def list_figures(root: Path, notebooks: list[str]) -> str:
    """Return every figure that has a drawing as Markdown: headline, link and size, by notebook.

    Parameters
    ----------
    root : Path
        The project.
    notebooks : list of str
        Executed notebooks from the root, in order.
    """
    blocks = []
    for path in notebooks:
        notebook, lines = read_notebook(root, path), []
        for cell in notebook.cells:
            label = str(cell.options.get("label", ""))
            name = f"{FIGURES}/{Path(path).stem}-{label}.svg"
            if label.startswith("fig-") and (root / name).is_file():
                headline = " ".join(str(cell.options["fig-cap"]).split()).rpartition(" Source: ")[0]
                size = say_size((root / name).stat().st_size)
                lines.append(f"    - {headline} [SVG, {size}](/{name}) · [in the report](/{path}#{label})")
        if lines:
            blocks += [f"- **{notebook.meta['title']}**", *lines]
    return "\n".join(blocks) + "\n"


def list_attack() -> str:
    """Return what an attack on the released tables found (``reference/attack.csv``), as a Markdown table."""
    found = pd.read_csv(REFERENCE / ATTACK)
    lines = [
        "| People | Hidden counts of 1 to 7 | Of these worked out | Narrowed to two values "
        "| Other counts shown | Worked out to the unit |",
        "|-----:|------:|------:|------:|------:|------:|",
    ]
    lines += [
        f"| {row.people:,} | {row.n_hidden_small:,} | {row.n_small_pinned:,} | {row.n_small_narrowed:,} "
        f"| {row.n_shown:,} | {row.n_shown_exact:,} |"
        for row in found.itertuples()
    ]
    return "\n".join([*lines, "", f": What an attack finds, on {_say_day(found)} {{#tbl-attack}}"]) + "\n"


def list_coverage() -> str:
    """Return how often intervals held what was true (``reference/coverage.csv``), as a Markdown table."""
    found = pd.read_csv(REFERENCE / COVERAGE, dtype={"notebook": str}, keep_default_na=False)
    lines = [
        "| Notebook | Interval | Simulated worlds | Intervals | Should hold | Held (95% interval) "
        "| What to know |",
        "|:---|:------------|:-----------|------:|------:|-----------:|:----------------|",
    ]
    lines += [
        f"| {row.notebook} | {row.interval} | {row.worlds} {row.scenario} | {row.intervals:,} "
        f"| {row.nominal:.1%} | {row.held:.1%} ({row.held_low:.1%} to {row.held_high:.1%}) | {row.says} |"
        for row in found.itertuples()
    ]
    caption = f": How often intervals held, on {_say_day(found)} {{#tbl-coverage}}"
    return "\n".join([*lines, "", caption]) + "\n"


def _say_day(found: pd.DataFrame) -> str:
    day = as_day(found["made"].iloc[0])
    return f"{day.day} {day:%B %Y}"


#: Lists of what was measured when the project was made, not of this report.
MEASURED = {"attack": list_attack, "coverage": list_coverage}
