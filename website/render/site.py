"""The whole site: every page read, converted in parallel, checked together, then put in place."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path

from website.render.compose import compose_page, convert, plain
from website.render.config import Site, load_site
from website.render.deck import compose_deck
from website.render.errors import RenderError
from website.render.links import Links
from website.render.load import Loader, is_deck
from website.render.markup import Outline, check_svg
from website.render.nav import Navigation
from website.render.source import Page
from website.render.theme_css import compile_theme

STATIC = Path(__file__).parent / "static"


@dataclass
class Rendered:
    """What a build made.

    ``pages`` are finished paths in render order, decks included; ``files`` counts everything
    written; ``seconds`` is wall time by step (read, convert, finish, write).
    """

    output: Path
    pages: list[str]
    files: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def render_site(root: Path, output: Path, *, workers: int = 2, beside: Collection[str] = ()) -> Rendered:
    """Render a Quarto website project without Quarto.

    Reads ``_quarto.yml`` and ``_variables.yml`` in `root`, and makes the same pages and decks
    that Quarto would, for the dialect that the project allows itself. Nothing is executed: run
    the pipeline first. `output` is replaced only once every page is made, so a failed build
    leaves the previous site whole; two builds of the same input are byte-identical.

    Parameters
    ----------
    root
        Project root.
    output
        Folder of the finished site. It is replaced as a whole: give it to the renderer alone.
    workers
        Pages converted at the same time.
    beside
        Addresses outside `output` that pages may link to, such as ``../index.html``: those of a larger site
        that this one will stand in.

    Raises
    ------
    RenderError
        At the first thing outside the dialect, broken, or missing, by file, line and construct.
    """
    root, output = Path(root).resolve(), Path(output).resolve()
    if output == root or root.is_relative_to(output):
        raise RenderError("output would replace the project: give a folder of its own", file=output.name)
    clock = _Clock()
    site = replace(load_site(root), beside=frozenset(beside))
    loader = Loader(site)
    pages = {path: loader.load(path) for path in site.pages}
    clock.lap("read")
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        parts = dict(zip(pages, pool.map(lambda page: convert(site, page), pages.values()), strict=True))
    clock.lap("convert")
    files = _compose(site, pages, parts)
    clock.lap("finish")
    _replace(output, files)
    clock.lap("write")
    return Rendered(output, [page.href for page in pages.values()], len(files), clock.seconds)


class _Clock:
    """Wall time by step."""

    def __init__(self) -> None:
        self.last = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name], self.last = now - self.last, now


def _compose(site: Site, pages: Mapping[str, Page], parts: Mapping[str, dict[str, str]]) -> dict[str, bytes]:
    """Everything that the finished site holds, by path, with all links checked."""
    navigation = Navigation(site, pages)
    files = {name: data for page in pages.values() for name, data in page.assets.items()}
    links = Links(site.root, {path: page.href for path, page in pages.items()}, set(files), site.beside)
    outlines: dict[str, Outline] = {}

    def read(name: str) -> bytes:
        return files[name] if name in files else (site.root / name).read_bytes()

    for path, page in pages.items():
        page.meta["plain-title"] = unescape(plain(parts[path]["title"]))
    for path, page in pages.items():
        if is_deck(page.meta):
            html = compose_deck(site, page, parts[path], links, read)
        else:
            html, outlines[page.href] = compose_page(site, page, parts[path], links, navigation)
        files[page.href] = html.encode()
    always = {"quarto-document-content"}
    links.check_anchors({href: always.union(outline.anchors) for href, outline in outlines.items()})
    logo = {site.logo} if site.logo else set()
    for name in _resources(site) | links.files | logo:
        files[name] = (site.root / name).read_bytes()
        problem = check_svg(files[name]) if name.lower().endswith(".svg") else ""
        if problem:
            raise RenderError(f"holds {problem}", file=name)
    return files | _libraries(site, pages, outlines)


def _resources(site: Site) -> set[str]:
    """Project files named by ``project.resources``."""
    found: set[str] = set()
    for pattern in site.resources:
        found |= {p.relative_to(site.root).as_posix() for p in site.root.glob(pattern) if p.is_file()}
    return found


def _libraries(site: Site, pages: Mapping[str, Page], outlines: Mapping[str, Outline]) -> dict[str, bytes]:
    """Scripts, style sheets and the search index that every page shares."""
    files = {
        f"site_libs/{name}": (STATIC / name).read_bytes()
        for name in ("site.css", "site.js", "scheme.js", "explore.css", "explore.js")
    }
    for scheme in ("light", "dark"):
        files[f"site_libs/theme-{scheme}.css"] = compile_theme(
            site.root, site.themes.get(scheme, [])
        ).encode()
    entries = []
    for page in pages.values():
        for section in outlines[page.href].sections if page.href in outlines else ():
            href = page.href + (f"#{section.anchor}" if section.anchor else "")
            entries.append([href, page.meta["plain-title"], section.title, section.text])
    # Loaded by a script element, because a page opened from a drive may not fetch
    index = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    files["site_libs/search-index.js"] = f"window.searchIndex={index};\n".encode()
    return files


def _replace(output: Path, files: Mapping[str, bytes]) -> None:
    """Write a new folder beside `output`, then put it in its place."""
    fresh = output.with_name(output.name + ".new")
    old = output.with_name(output.name + ".old")
    for stale in (fresh, old):
        if stale.exists():
            shutil.rmtree(stale)
    for name in sorted(files):
        path = fresh / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    if output.exists():
        output.rename(old)
    fresh.rename(output)
    shutil.rmtree(old, ignore_errors=True)
