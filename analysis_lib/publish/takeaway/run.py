"""All the files in one go: pages are read and converted once, and every file is made of the same words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

from analysis_lib.publish.render.compose import plain
from analysis_lib.publish.render.deck import deck_settings
from analysis_lib.publish.takeaway.figures import list_figures, list_files
from analysis_lib.publish.takeaway.pages import FOLDER, Gathered, gather, join
from analysis_lib.publish.takeaway.pdf import set_pdf, write_typst
from analysis_lib.publish.takeaway.single import compose_single
from analysis_lib.publish.takeaway.slides import read_slides, write_slides
from analysis_lib.publish.takeaway.titles import describe_tables
from analysis_lib.publish.takeaway.workbook import write_workbook

LISTS = ("files.md", "figures.md")
SOURCE = "report.typ"  # what the PDF says, for the scan: it is not published


def prepare_lists(root: Path) -> None:
    """Make the lists that pages include, empty if they were never made: a page cannot be read without."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in LISTS:
        (folder / name).touch()


def make_takeaway(root: Path, results: Path) -> None:
    """Make ``report/takeaway/``: slides.pptx, tables.xlsx, report.html, report.pdf, and the two lists.

    The PDF's source is written beside it: a scan reads the words there.

    Parameters
    ----------
    root : Path
        The project, with executed notebooks and ``_variables.yml``.
    results : Path
        The results folder.

    Raises
    ------
    analysis_lib.publish.render.RenderError
        If any of them cannot be made. What an earlier run made is then gone: nothing stale is published.
    """
    folder = root / FOLDER
    prepare_lists(root)
    for old in folder.glob("*.*"):
        if old.name not in LISTS:
            old.unlink()
    gathered = gather(root)
    joined = join(gathered)
    notebooks = [path for path in gathered.texts if path.endswith(".ipynb")]
    with ThreadPoolExecutor(max_workers=1) as pool:
        source = write_typst(joined)
        setting = pool.submit(set_pdf, source, gathered)  # Typst works beside Python
        (folder / SOURCE).write_text(source, encoding="utf-8", newline="\n")
        (folder / "report.html").write_text(compose_single(gathered, joined), encoding="utf-8", newline="\n")
        for path in gathered.decks:
            (folder / f"{Path(path).stem}.pptx").write_bytes(_make_slides(gathered, path))
        (folder / "tables.xlsx").write_bytes(_make_workbook(gathered, root, results, notebooks))
        (folder / "report.pdf").write_bytes(setting.result())
    (folder / "files.md").write_text(list_files(folder, FOLDER), encoding="utf-8", newline="\n")
    (folder / "figures.md").write_text(list_figures(root, notebooks), encoding="utf-8", newline="\n")


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


def _make_workbook(gathered: Gathered, root: Path, results: Path, notebooks: list[str]) -> bytes:
    parts = gathered.parts[gathered.texts[0]]
    return write_workbook(
        describe_tables(root, results, notebooks),
        title=_text(parts["title"]),
        banner=_text(parts["header"]),
        provenance=_text(parts["footer"]),
    )


def _text(html: str) -> str:
    return unescape(plain(html))
