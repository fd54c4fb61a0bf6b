"""A notebook to begin a question of one's own with: it runs, and has each part that a notebook needs."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

from website.shape import PageError, list_notebooks, stores_of

TAKEN = {
    "run",
    "linked",
    "release",
    "report",
    "notebook",
}  # what a run itself saves or says under these names
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

from analysis_lib.inputs import load_appointments
from analysis_lib import charts
from analysis_lib.release import fact, open_store, say

charts.use_style()"""
_BEFORE = """\
## How many appointments are there in each month?

Say before a chart how it was counted. Nothing leaves but through the store: what it returns is
drawn and quoted."""
_FIGURE = """\
#| label: fig-months
#| fig-cap: "{{{{< var {name}.answer >}}}}. Source: {{{{< var run.source >}}}}."
#| fig-alt: "Line of the number of appointments in each month. {{{{< var {name}.answer >}}}}"
appointments = load_appointments()
store = open_store("{name}", appointments)
counted = appointments.need("attendance").groupby("month", as_index=False)["n_appointments"].sum()
months = store.save_table("{name}_by_month", counted)
total = months["n_appointments"].sum()
answer = f"{{say(total, 'count')}} appointments in {{say(len(months), 'things')}} months"
store.save_facts({{"n_appointments": fact(total, "count"), "answer": answer}})
figure, ax = plt.subplots()
ax.plot(months["month"], months["n_appointments"], marker="o")
ax.set(ylabel="Appointments", ylim=(0, None))
ax.yaxis.set_major_formatter("{{x:,.0f}}")
figure.autofmt_xdate()"""
_AFTER = """\
In all, {{{{< var {name}.n_appointments >}}}} appointments. Table:
[{name}_by_month.csv](../../results/tables/{name}_by_month.csv)."""


def write_stub(root: Path, name: str) -> Path:
    """Write a notebook with the next number into notebooks/, and return its path.

    Parameters
    ----------
    root : Path
        The project.
    name : str
        lower_snake_case; it names the notebook, its store and the first part of its facts.

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
            text.format(name=name, title=title) if "{{{{" in text or kind == "raw" else text,
            id=f"cell-{place:02}",
        )
        for place, (kind, text) in enumerate(parts)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    path = root / "notebooks" / f"{number:02}_{name}.ipynb"
    nbformat.write(notebook, path)
    return path
