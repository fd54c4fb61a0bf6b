"""Reading one page: front matter, includes, embeds, notebook cells, shortcodes."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from website.render.config import Site, as_list
from website.render.errors import RenderError
from website.render.notebook import Notebook, embed_lines, notebook_lines, read_notebook
from website.render.shortcodes import Shortcodes
from website.render.source import FENCE, Line, Page, mark_code, read_front_matter

#: Front matter that a page may have.
FRONT = {
    "title", "subtitle", "author", "date", "description", "lang", "bibliography", "csl", "format", "toc",
    "toc-depth", "number-sections", "execute", "jupyter", "nocite", "pagetitle", "code-fold", "code-summary",
    "needs",  # facts of which one must be there: website.shape
}  # fmt: skip
_HEADING = re.compile(r"^#{1,6} \S")
EXECUTE = {"echo", "enabled"}
REVEALJS = {
    "theme", "slide-number", "footer", "embed-resources", "transition", "background-transition", "width",
    "height", "incremental", "title-slide-attributes", "center", "center-title-slide", "navigation-mode",
    "controls", "progress", "hash", "history", "margin", "preview-links", "slide-level", "html-math-method",
    "auto-stretch", "toc", "notebook-links", "link-external-newwindow", "hash-type", "menu", "code-fold",
    "min-scale", "max-scale", "fig-cap-location",
}  # fmt: skip


class Loader:
    """Loads the pages of one site; notebooks are read once, however often they are embedded."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.notebooks: dict[str, Notebook] = {}

    def notebook(self, path: str) -> Notebook:
        """The executed notebook at a path from the project root."""
        if path not in self.notebooks:
            self.notebooks[path] = read_notebook(self.site.root, path)
        return self.notebooks[path]

    def load(self, path: str) -> Page:
        """Read one page up to the Markdown that pandoc gets.

        Raises
        ------
        RenderError
            For a broken shortcode, an unknown front-matter key, an executable cell in a .qmd.
        """
        page = Page(path, posixpath.splitext(path)[0] + ".html", {}, [])
        if path.endswith(".ipynb"):
            notebook = self.notebook(path)
            meta, lines = (
                notebook.meta,
                notebook_lines(notebook, self._defaults(notebook.meta), page.assets),
            )
        else:
            meta, lines = read_front_matter((self.site.root / path).read_text(encoding="utf-8"), path)
        self._check_front(meta, path)

        def embed(target: str, label: str, asked: Line) -> list[Line]:
            base = "" if target.startswith("/") else posixpath.dirname(asked.file.split(", cell ")[0])
            found = posixpath.normpath(posixpath.join(base, target.lstrip("/")))
            if not (self.site.root / found).is_file():
                raise RenderError(
                    "no such notebook: mend the name, or put it into notebooks/ and run make report",
                    file=asked.file,
                    line=asked.line,
                    construct=f"{target}#{label}",
                )
            return embed_lines(self.notebook(found), label, asked, page.assets)

        codes = Shortcodes(self.site.root, self.site.variables, {**meta, "has": self.site.has}, embed)
        page.meta = codes.expand_meta(meta, Line("", path, 1))
        page.lines = list(codes.expand(lines, (path,)))
        check_fences(page.lines)
        return page

    def _defaults(self, meta: dict[str, Any]) -> dict[str, Any]:
        execute = meta.get("execute") or {}
        html = (meta.get("format") or {}).get("html") or {} if isinstance(meta.get("format"), dict) else {}
        found = {key: self.site.html[key] for key in ("code-fold", "code-summary") if key in self.site.html}
        for source in (meta, html):
            found |= {key: source[key] for key in ("code-fold", "code-summary") if key in source}
        return found | {key: execute[key] for key in ("echo",) if key in execute}

    @staticmethod
    def _check_front(meta: dict[str, Any], path: str) -> None:
        allowed = [(meta, FRONT, ""), (meta.get("execute"), EXECUTE, "execute.")]
        formats = meta.get("format")
        if isinstance(formats, dict):
            allowed += [
                (formats, {"html", "revealjs"}, "format."),
                (formats.get("revealjs"), REVEALJS, "format.revealjs."),
            ]
        for values, known, place in allowed:
            for key in values if isinstance(values, dict) else ():
                if key not in known:
                    raise RenderError(
                        "front matter is not in the dialect", file=path, line=1, construct=f"{place}{key}"
                    )
        if not meta.get("title"):
            raise RenderError("page needs a title in its front matter", file=path, line=1, construct="title")


def is_deck(meta: dict[str, Any]) -> bool:
    """Whether a page is slides rather than a page of the site."""
    formats = meta.get("format")
    return "revealjs" in (formats if isinstance(formats, dict) else as_list(formats))


def check_fences(lines: list[Line]) -> None:
    """Refuse executable cells, raw blocks and diagrams in pages: they would not run or show."""
    above = ""
    for line in mark_code(lines):
        if not line.verbatim and _HEADING.match(line.text) and above and not above.startswith((":::", "#")):
            raise RenderError(
                "a heading needs an empty line above it",
                file=line.file,
                line=line.line,
                construct=line.text.strip(),
            )
        above = line.text.strip()
        match = None if line.verbatim else FENCE.match(line.text)
        if match and match[2].strip().startswith("{") and not match[2].strip().startswith("{."):
            raise RenderError(
                "not in the dialect: execution is off, so put code in a notebook and embed its output",
                file=line.file,
                line=line.line,
                construct=line.text.strip(),
            )
        if not line.verbatim and "{{{<" in line.text:
            raise RenderError("escaped shortcode is not in the dialect", file=line.file, line=line.line)
