"""The papers on synthetic data as they are, on facts and charts that are made up: a site of its own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import yaml
from cells import ROOT, TITLE, bars, code_cell, make_project, shown

PAPERS = ("synthetic-slides.qmd", "report/scoping.qmd")
NOTEBOOK = "07_synthetic_data.ipynb"
#: As long as a sentence of the notebook may be: slides hold no more.
LONGEST = "Sequential trees come as close to the records as other real people do, and today's script does not"
RUN = {
    "made_from": "simulated linked population",
    "banner": "Simulated data. Nobody in these numbers exists.",
    "provenance": "files",
    "commit": "Commit",
}


def quoted(kind: str, *papers: str) -> set[str]:
    """What these papers, or all, want of the notebook: names of ``facts``, or labels of ``cells``."""
    pattern = {"facts": r"var synthetic\.([\w-]+)", "cells": rf"{NOTEBOOK}#([\w-]+)"}[kind]
    return {name for path in papers or PAPERS for name in re.findall(pattern, (ROOT / path).read_text())}


def make_papers(folder: Path, say: Callable[[str], str] = lambda _: LONGEST) -> Path:
    """Write the fixture project with the papers and a notebook that has what they embed.

    Parameters
    ----------
    folder : Path
        Not there yet.
    say : callable
        Text of each fact, by its name.
    """
    make_project(folder)
    for path in [*PAPERS, *(p.relative_to(ROOT) for p in (ROOT / "report").glob("_synthetic-*.md"))]:
        shutil.copy(ROOT / path, folder / path)
    facts = yaml.safe_load((folder / "_variables.yml").read_text())
    facts |= {"report": RUN, "synthetic": {name: say(name) for name in quoted("facts")}}
    (folder / "_variables.yml").write_text(yaml.safe_dump(facts, allow_unicode=True))
    cells = [TITLE, *(_cell(label) for label in sorted(quoted("cells")))]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "report" / "notebooks" / NOTEBOOK).write_text(json.dumps(content))
    layout = folder / "_quarto.yml"
    render = "".join(f"    - {path}\n" for path in PAPERS)
    listed = "".join(f"      - {path}\n" for path in PAPERS)
    text = layout.read_text().replace("    - slides.qmd\n", f"    - slides.qmd\n{render}")
    text = text.replace("    contents:\n", f"    contents:\n{listed}", 1)
    text += "    fig-cap-location: top\n"  # as the real pages have it
    layout.write_text(text + "has: {synthetic: {tbl-synthetic-which: true}}\n")
    return folder


def _cell(label: str) -> dict:
    if label.startswith("tbl-"):
        rows = "| Method | For tests |\n|:--|:--|\n| Sequential trees | Yes |"
        return code_cell(f'#| label: {label}\n#| tbl-cap: "{LONGEST}"\nshow()', shown(markdown=rows))
    says = (
        f'#| fig-cap: "{LONGEST}. Source: made-up."\n#| fig-alt: "Bars of {label[4:]}, one for each method."'
    )
    return code_cell(f"#| label: {label}\n{says}\ndraw()", shown(png=bars(960, 540, (0.9, 0.35, 0.6))))
