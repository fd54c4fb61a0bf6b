"""A small site inside the report's, in the same look; the built-in renderer makes it, Quarto or not."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from website.literal import literal

AREA_LINKS = (
    ("This area", "index.ipynb"),
    ("Slides", "slides.qmd"),
    ("All areas", "../index.html"),
    ("The whole report", "../../index.html"),
    ("Methods", "../../report/methods.html"),
    ("Limits", "../../report/limits.html"),
    ("Glossary", "../../report/glossary.html"),
)
LIST_LINKS = (
    ("All areas", "index.qmd"),
    ("The whole report", "../index.html"),
    *((text, href.removeprefix("../")) for text, href in AREA_LINKS if "/report/" in href),
)
IN_NAVBAR = 4


def small_site(root: Path, pages: Sequence[str], links: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the settings of a site of a few pages: those of the main one, with its own pages and links."""
    settings = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))
    entries = [{"text": text, "href": href} for text, href in links]
    website = settings["website"] | {"search": False, "page-navigation": False}
    website["sidebar"] = {"style": "docked", "contents": entries}
    website["navbar"] = website["navbar"] | {"left": entries[:IN_NAVBAR]}
    website["body-header"] = "::: {.run-banner}\n{{< var run.banner >}}\n:::\n"
    website["body-footer"] = (
        "::: {.run-provenance}\nMade from {{< var run.provenance >}}. {{< var run.commit >}}.\n:::\n"
    )
    kept = {key: settings[key] for key in ("lang", "format") if key in settings}
    there = {"type": "website", "render": list(pages), "resources": ["/results/tables/*.csv"]}
    return {"project": there, "website": website, **kept}


def lay_out(
    report: Path,
    templates: str,
    work: Path,
    settings: dict[str, Any],
    variables: Mapping[str, Mapping[str, str]],
) -> None:
    """Write what the renderer reads – pages, theme, settings, variables – into a folder of its own.

    Parameters
    ----------
    report : Path
        The project's folder report/.
    templates : str
        Where in it the pages are.
    work : Path
        An empty folder.
    settings, variables
        Contents of ``_quarto.yml`` (of `small_site`) and ``_variables.yml``.
    """
    for page in settings["project"]["render"]:
        if page.endswith(".qmd"):  # a notebook is there, executed
            shutil.copyfile(report / templates / page, work / page)
    shutil.copytree(report / "theme", work / "report" / "theme")
    shown = {store: {n: literal(text) for n, text in facts.items()} for store, facts in variables.items()}
    for name, content in (("_quarto.yml", settings), ("_variables.yml", shown)):
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000)
        (work / name).write_text(text, encoding="utf-8")
