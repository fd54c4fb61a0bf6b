"""One area's report: its notebook run with the area put in, rendered and looked through."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from PIL import Image

from analysis_lib.areas import Compared
from analysis_lib.charts.style import METADATA
from analysis_lib.project import STEP_VARIABLE
from analysis_lib.release import merge_facts
from website.areas.errors import AreaError
from website.areas.places import Area
from website.areas.small_site import AREA_LINKS, lay_out
from website.notebooks import NotebookError, finish_notebook, read_clean, run_here
from website.render import render_site
from website.scan import scan_site
from website.shape import list_shown, read_facts

NOTEBOOK = Path("notebooks") / "areas" / "area.ipynb"
PAGES = ("index.ipynb", "slides.qmd")
BESIDE = tuple(href for _, href in AREA_LINKS if href.startswith("../"))


@dataclass(frozen=True)
class Job:
    """All that the process of one area is given.

    `compared` is released, and holds no other area's rows but on the funnel; `settings` are those of the
    small site; `run` are the facts of the run (banner, source, provenance), as text.
    """

    area: Area
    compared: Compared
    settings: dict[str, Any]
    run: dict[str, str]
    root: Path
    work: Path
    inputs: Path
    workers: int = 1


def make_area(job: Job) -> dict[str, str]:
    """Make the report of one area under ``job.work``: ``site/`` may then be published.

    Returns
    -------
    dict
        What the list of areas says of it: name, rate, rank, place, place_class.

    Raises
    ------
    AreaError
        If a cell fails, the scan finds anything, or a page, chart or fact is not this area's.
    """
    has = run_notebook(job)
    facts = merge_facts(job.work / "results")["area"]
    settings = job.settings | {"has": {"area": has}}
    lay_out(job.root / "report", "area", job.work, settings, {"run": job.run, "area": facts})
    made = job.work / "site"
    render_site(job.work, made, workers=job.workers, beside=BESIDE)
    findings = scan_site(made, job.work / "results", inputs=job.inputs)
    if findings:
        lines = "\n".join(f"  {f.file}, line {f.line}: {f.kind}" for f in findings[:20])
        raise AreaError(f"{job.area.code}: {len(findings)} finding(s) in the built pages:\n{lines}")
    check_area(made, facts, job.area)
    return {name: facts[name] for name in ("name", "rate", "rank", "place", "place_class")}


def run_notebook(job: Job) -> dict[str, bool]:
    """Run the notebook with the area in the place of its own; return the facts and figures that there are."""
    source, results = job.root / NOTEBOOK, job.work / "results"
    os.environ[STEP_VARIABLE] = source.stem
    notebook = read_clean(source)
    given = {"AREA": job.area.code, "LEVEL": job.area.level, "RESULTS": results, "compared": job.compared}
    run_here(notebook, given, {**METADATA["png"], "Title": chart_title(job.area)})
    try:
        finish_notebook(notebook, source, results, "results/tables")
    except NotebookError as error:
        raise AreaError(f"{job.area.code}: {error}") from None
    nbformat.write(notebook, job.work / PAGES[0])
    facts = (name.removeprefix("area.") for name in read_facts(results))
    return dict.fromkeys([*facts, *list_shown(notebook.cells)], True)


def chart_title(area: Area) -> str:
    """Return the title that the file of an area's chart carries."""
    return f"{area.name} ({area.code})"


def check_area(made: Path, facts: Mapping[str, str], area: Area) -> None:
    """Hold facts, charts, page and deck against the area that they are meant to be of.

    Raises
    ------
    AreaError
        Naming the first that is another's.
    """
    if (facts["code"], facts["name"]) != (area.code, area.name):
        raise AreaError(f"{area.code}: the facts are of {facts['code']}.")
    for path in made.rglob("fig-*.png"):
        with Image.open(path) as picture:
            title = picture.info.get("Title")
        if title != chart_title(area):
            raise AreaError(f"{area.code}: {path.name} is not this area's chart.")
    for page in ("index.html", "slides.html"):
        if escape(area.code) not in (made / page).read_text(encoding="utf-8"):
            raise AreaError(f"{area.code}: {page} does not name the area's code.")
