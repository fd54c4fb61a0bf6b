"""A notebook to begin a question of one's own with: it runs, and has each part that a notebook needs."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

from website.shape import PageError, list_notebooks, stores_of

# What a run itself saves or says under these names, and the sentences of all notebooks
TAKEN = {"run", "linked", "release", "report", "notebook", "words"}
_FRONT = """\
---
title: "{title}"
description: "One sentence for the list of pages: what is asked here."
needs: [run.attendance]
---"""
_QUESTION = """\
**The question.** What would you like to know, and who needs the answer?

**The data.** {{{{< var run.data_label >}}}}.

**The answer in a sentence.** {{{{< var {name}.answer >}}}}.

**What this cannot tell you.** What is not in the data, and what a reader could take it for."""
_SET_UP = """\
#| include: false
import matplotlib.pyplot as plt

from analysis_lib import charts
from analysis_lib.inputs import load_appointments
from analysis_lib.report import open_report

charts.use_style()"""
_BEFORE = """\
## How many appointments are there in each month?

Say before a chart how it was counted. Nothing leaves but through the report: what `report.table` returns is
drawn, and sentences are filled with it."""
_FIGURE = """\
#| label: fig-months
appointments = load_appointments()
report = open_report("{name}", appointments)
counted = appointments.need("attendance").groupby("month", as_index=False)["n_appointments"].sum()
months = report.table("{name}_by_month", counted)
report.say("fig-months", months=months)
figure, ax = plt.subplots()
ax.plot(months["month"], months["n_appointments"], marker="o")
ax.set(ylabel="Appointments", ylim=(0, None))
ax.yaxis.set_major_formatter("{{x:,.0f}}")
figure.autofmt_xdate()"""
_AFTER = """\
In all, {{{{< var {name}.n_appointments >}}}} appointments."""
_SENTENCES = """\
# Sentences of notebook {number:02}: analysis_lib/sentences.py says how they are written.

[fig-months]
{{% set total = months.n_appointments.sum() %}}
caption: {{{{ answer }}}}
alt: Line of the number of appointments in each month. {{{{ answer }}}}
n_appointments: {{{{ total | count }}}}
answer: {{{{ total | count }}}} appointments in {{{{ count_of(months | length, "month") }}}}
"""


def write_stub(root: Path, name: str) -> tuple[Path, Path, bool]:
    """Write a notebook with the next number into notebooks/, with its sentences if there are none.

    Parameters
    ----------
    root : Path
        The project.
    name : str
        lower_snake_case; it names the notebook, its store and the first part of its facts.

    Returns
    -------
    tuple
        The notebook, its file of sentences, and whether that was there before, and is as it was.

    Raises
    ------
    PageError
        If the name cannot be used, or is another notebook's or store's.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        near = re.sub(r"^[\d_]+|_+$", "", re.sub(r"[^a-z0-9]+", "_", name.lower()))
        said = f"{name!r} cannot be used as a name" if name else "The notebook needs a name"
        raise PageError(
            f"{said}: lower-case letters, digits and underscores, a letter first, "
            f"such as {near or 'my_question'}."
        )
    notebooks = list_notebooks(root)
    names = {re.sub(r"^\d+_", "", path.stem) for path in notebooks}
    if name in TAKEN.union(names, *(stores_of(path) for path in notebooks)):
        raise PageError(f"{name!r} is the name of a notebook, or of its store, already: choose another.")
    number = max((int(re.match(r"\d+", path.name)[0]) for path in notebooks), default=0) + 1
    parts = [
        ("raw", _FRONT),
        ("markdown", _QUESTION),
        ("code", _SET_UP),
        ("markdown", _BEFORE),
        ("code", _FIGURE),
        ("markdown", _AFTER),
    ]
    title = name.replace("_", " ").capitalize()
    cells = [
        getattr(nbformat.v4, f"new_{kind}_cell")(
            text.format(name=name, title=title),
            id=f"cell-{place:02}",
        )
        for place, (kind, text) in enumerate(parts)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    path = root / "notebooks" / f"{number:02}_{name}.ipynb"
    sentences = root / "report" / "sentences" / f"{name}.txt"
    sentences.parent.mkdir(parents=True, exist_ok=True)
    kept = sentences.exists()
    if not kept:
        sentences.write_text(_SENTENCES.format(name=name, number=number), encoding="utf-8")
    nbformat.write(notebook, path)
    return path, sentences, kept
