"""All the files in one go: pages are read and converted once, and every file is made of the same words."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

from analysis_lib import project
from analysis_lib.identifiers import CANARIES
from analysis_lib.release import merge_facts
from website.render.compose import plain
from website.render.deck import deck_settings
from website.takeaway.dictionary import write_dictionary
from website.takeaway.figures import MEASURED, PERSON, list_figures, list_files
from website.takeaway.pages import FOLDER, Gathered, gather, join
from website.takeaway.pdf import set_pdf, write_typst
from website.takeaway.single import compose_single
from website.takeaway.slides import read_slides, write_slides
from website.takeaway.titles import Described, describe_tables
from website.takeaway.workbook import write_workbook

LISTS = (
    "lists.ipynb"  # a notebook, since Quarto reads what a page embeds after pre-render, and includes before
)
LISTED = ("files", "figures", "columns")
SOURCE = "report.typ"  # what the PDF says, for the scan: it is not published


def prepare_lists(root: Path) -> None:
    """Make the lists that pages embed, as not made yet if they never were: a page cannot be read without."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    known = (folder / LISTS).read_text(encoding="utf-8") if (folder / LISTS).is_file() else ""
    measured = _list_measured()
    if not all(json.dumps(text, ensure_ascii=False) in known for text in measured.values()):
        _write_lists(folder, **dict.fromkeys(LISTED, "Not made yet."), **measured)


def _list_measured() -> dict[str, str]:
    return {name: listed() for name, listed in MEASURED.items()}


def _write_lists(folder: Path, **lists: str) -> None:
    """Write each list as the output of the cell with its name."""
    cells = [{"cell_type": "raw", "metadata": {}, "source": "---\ntitle: Files to take away\n---"}]
    for name, text in lists.items():
        output = {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": text}}
        cells.append(
            {
                "cell_type": "code",
                "execution_count": 1,
                "metadata": {},
                "source": f"#| label: {name}\n...",
                "outputs": [output],
            }
        )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    (folder / LISTS).write_text(text, encoding="utf-8", newline="\n")


def make_takeaway(root: Path, results: Path) -> None:
    """Make ``report/takeaway/``: every deck as .pptx, tables.xlsx, report.html, report.pdf, and lists.ipynb.

    The page of one simulated person is taken along where there is one.

    The PDF's source is written beside it: a scan reads the words there.

    Parameters
    ----------
    root : Path
        The project, with executed notebooks and ``_variables.yml``.
    results : Path
        The results folder.

    Raises
    ------
    website.render.RenderError
        If any of them cannot be made. What an earlier run made is then gone: nothing stale is published.
    """
    folder = root / FOLDER
    prepare_lists(root)
    for old in folder.glob("*.*"):
        if old.name != LISTS:
            old.unlink()
    carry_person(folder, results)
    gathered = gather(root)
    joined = join(gathered)
    notebooks = [path for path in gathered.texts if path.endswith(".ipynb")]
    tables = describe_tables(root, results, notebooks)
    with ThreadPoolExecutor(max_workers=1) as pool:
        source = write_typst(joined)
        setting = pool.submit(set_pdf, source, gathered)  # Typst works beside Python
        (folder / SOURCE).write_text(source, encoding="utf-8", newline="\n")
        (folder / "report.html").write_text(compose_single(gathered, joined), encoding="utf-8", newline="\n")
        decks = {path: f"{Path(path).stem}.pptx" for path in gathered.decks}
        for path, file in decks.items():
            (folder / file).write_bytes(_make_slides(gathered, path))
        (folder / "tables.xlsx").write_bytes(_make_workbook(gathered, tables))
        (folder / "report.pdf").write_bytes(setting.result())
    _write_lists(
        folder,
        files=list_files(folder, FOLDER, {decks[path]: name for path, name in gathered.decks.items()}),
        figures=list_figures(root, notebooks),
        columns=write_dictionary(tables),
        **_list_measured(),
    )


def carry_person(folder: Path, results: Path) -> None:
    """Take along the page of one simulated person, if a notebook made one; never that of a real person.

    Parameters
    ----------
    folder, results : Path
        The files to take away, and the results folder, which knows whether the people are simulated.
    """
    made = project.models_folder() / PERSON.name
    simulated = merge_facts(results).get("linked", {}).get("banner")
    if simulated and made.is_file() and CANARIES[0] not in made.read_text(encoding="utf-8"):
        shutil.copyfile(made, folder / PERSON.name)


def _make_slides(gathered: Gathered, path: str) -> bytes:
    parts, page = gathered.parts[path], gathered.pages[path]
    return write_slides(
        _text(parts["title"]),
        [_text(parts[name]) for name in ("subtitle", "author", "date") if parts[name]],
        read_slides(parts["body"]),
        gathered.read,
        footer=_text(parts["foot"]) if deck_settings(page).get("footer") else "",
        lang=gathered.site.lang,
    )


def _make_workbook(gathered: Gathered, tables: list[Described]) -> bytes:
    parts = gathered.parts[gathered.texts[0]]
    return write_workbook(
        tables,
        title=_text(parts["title"]),
        banner=_text(parts["header"]),
        provenance=_text(parts["footer"]),
    )


def _text(html: str) -> str:
    return unescape(plain(html))
