"""All files of what was built, each read as what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from website.scan.counts import scan_counts, small_counts
from website.scan.finding import Finding, Hit, Hits, line_at
from website.scan.hidden import Canaries, read_canaries
from website.scan.markup import REMOTE, REMOTE_STYLE, SCRIPT
from website.scan.notebook import scan_notebook
from website.scan.page import find_encoded, look_into_png, scan_bytes, scan_font, scan_page, scan_style
from website.scan.parts import scan_slides, scan_workbook
from website.scan.pdf import digest_source, scan_pdf
from website.scan.said import SMALL_SAID
from website.scan.scripts import is_known, search_index
from website.scan.tables import scan_csv, scan_json
from website.scan.values import CANARY, find_anywhere, find_in_words, find_nhs_numbers

UNPUBLISHED = "file of a kind that is not published"
MISNAMED = "file that is not what its name says"
_PAGES = {".html", ".htm"}
_CODE = {".js", ".mjs", ".css", ".map"}
_SET = ".typ"  # what a PDF was set from
_PLAIN = {".txt", ".log", ".xml", ".md", _SET, ""}
_TEXT = _PAGES | _CODE | _PLAIN | {".csv", ".json", ".svg", ".ipynb"}
_BINARY = {".png", ".xlsx", ".pptx", ".pdf", ".woff", ".woff2", ".ttf", ".eot", ".ico"}
_COPIED = {".csv", ".svg", ".png"}  # of which the same may stand in more than one folder
_NAMES = {"", ".nojekyll", "LICENSE", "CNAME"}  # files without a suffix that a site may hold


@dataclass
class _Folder:
    """One folder to look through."""

    root: Path
    canaries: Canaries
    files: list[Path]
    shown_below: str = ""
    whole: bool = True
    sources: frozenset[str] = frozenset()  # marks of the texts that PDFs were set from
    known: dict[tuple[str, bytes], list[Hit]] = field(default_factory=dict)
    quarto: bool = field(default=False, init=False)

    @property
    def is_site(self) -> bool:
        return any(path.suffix.lower() in _PAGES for path in self.files)

    def has(self, name: str) -> bool:
        return (self.root / name).is_file() and not name.startswith("../")


def scan_site(folder: Path, *also: Path, inputs: Path | None = None) -> list[Finding]:
    """Look through what was built for anything that may not be published.

    Identifiers (column names, canaries, NHS numbers, postcodes, handles), scripts and links that
    data brought in, remote requests, formulas in cells, paths of the machine, tracebacks, missing
    numbers, small or unrounded counts, in words too where the results in these folders are of people
    (as they are unless a store says otherwise). Dots of a picture are not read, only the text it carries.

    Parameters
    ----------
    folder : Path
        The built site, or any folder of results, notebooks or logs.
    *also : Path
        Further folders, or single files, looked through in the same way. Their findings are named
        from the folder's or file's own name.
    inputs : Path, optional
        Folder of the inputs; further canaries are read from its ``manifest.json``.

    Returns
    -------
    list of Finding
        Empty if all of it may be published. Notebooks, and the texts that PDFs were set from, are accepted
        in a folder without pages only.
    """
    canaries = read_canaries(inputs, small_counts([folder, *also]))
    sources = frozenset(
        digest_source(path.read_text(encoding="utf-8", errors="replace"))
        for path in (*_files(folder), *also)
        if path.suffix == _SET and path.is_file()
    )
    known: dict[tuple[str, bytes], list[Hit]] = {}  # of one scan: results are copied into the site
    findings = _scan_folder(_Folder(folder, canaries, _files(folder), sources=sources, known=known))
    for path in also:
        if path.is_dir():
            findings += _scan_folder(_Folder(path, canaries, _files(path), f"{path.name}/", known=known))
        elif path.is_file():
            findings += _scan_folder(_Folder(path.parent, canaries, [path], whole=False))
    return findings


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())


def _scan_folder(folder: _Folder) -> list[Finding]:
    """Pages first: they say who made the site."""
    found: list[Finding] = []
    for path in sorted(folder.files, key=lambda path: (path.suffix.lower() not in _PAGES, len(path.parts))):
        name = path.relative_to(folder.root).as_posix()
        hits = list(dict.fromkeys(_scan_file(path, name, folder)))
        if _tells(name, folder.canaries):
            hits.append(("identifier in a file's name", 0, ""))
            name = f"…{path.suffix}"
        found += [Finding(kind, folder.shown_below + name, line, part) for kind, line, part in hits]
    if folder.whole and (folder.root / "facts").is_dir():
        found += [
            Finding(f.kind, folder.shown_below + f.file, f.line, f.part) for f in scan_counts(folder.root)
        ]
    return sorted(dict.fromkeys(found), key=lambda f: (f.file, f.part, f.line))


def _tells(name: str, canaries: Canaries) -> bool:
    words = name.replace("_", " ").replace("/", " ").replace(".", " ")
    return bool([*canaries.find(name), *find_nhs_numbers(words)])


def _scan_file(path: Path, name: str, folder: _Folder) -> Hits:
    suffix = path.suffix.lower()
    library = folder.quarto and name.startswith("site_libs/")
    if path.is_symlink() or not (_expected(path, folder) or (library and suffix == ".yml")):
        yield UNPUBLISHED, 0, ""
        return
    data = path.read_bytes()
    if suffix in _COPIED and b"<script" not in data.lower():
        if (suffix, data) not in folder.known:
            folder.known[suffix, data] = list(_scan_content(suffix, data, name, folder))
        yield from folder.known[suffix, data]
    else:
        yield from _scan_content(suffix, data, name, folder)


def _scan_content(suffix: str, data: bytes, name: str, folder: _Folder) -> Hits:
    library = folder.quarto and name.startswith("site_libs/")
    if suffix in _BINARY:
        yield from _scan_binary(suffix, data, folder)
        return
    text = _decode(data)
    if text is None:
        yield MISNAMED, 0, ""
        if folder.canaries.inside(data):
            yield CANARY, 0, ""
    elif library and suffix in _PAGES | {".yml"}:
        yield from _scan_text(".js", text, name, folder)
    elif suffix in _PAGES | {".svg"}:
        folder.quarto = folder.quarto or '<meta name="generator" content="quarto-' in text[:2000]
        yield from scan_page(text, folder.canaries, name=name, has=folder.has)
    elif suffix == ".ipynb":
        yield from scan_notebook(text, folder.canaries)
    else:
        yield from _scan_text(suffix, text, name, folder)


def _expected(path: Path, folder: _Folder) -> bool:
    suffix = path.suffix.lower()
    if suffix in (".ipynb", _SET):
        return not folder.is_site
    return suffix in _TEXT | _BINARY if suffix else path.name in _NAMES


def _decode(data: bytes) -> str | None:
    """Text of a file; None if it is none."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data or data[:4] in (b"PK\x03\x04", b"PAR1", b"%PDF"):
        return None
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n")


def _scan_binary(suffix: str, data: bytes, folder: _Folder) -> Hits:
    canaries = folder.canaries
    if canaries.inside(data):
        yield CANARY, 0, ""
    if suffix == ".png":
        yield from look_into_png(data, canaries)
    elif suffix == ".xlsx":
        yield from scan_workbook(data, canaries)
    elif suffix == ".pptx":
        yield from scan_slides(data, canaries)
    elif suffix == ".pdf":
        yield from scan_pdf(data, canaries, folder.sources)
    else:
        yield from scan_bytes(data, canaries) if suffix == ".ico" else scan_font(data, canaries)
        if suffix == ".ico" and not data.startswith((b"\0\0\1\0", b"\x89PNG")):
            yield MISNAMED, 0, ""


def _scan_text(suffix: str, text: str, name: str, folder: _Folder) -> Hits:
    code = suffix in _CODE
    left_out = ("traceback", "unresolved shortcode") if code else ()
    yield from _at_lines(text, lambda: find_anywhere(text, left_out))
    yield from _at_lines(text, lambda: ((CANARY, offset) for offset in folder.canaries.find(text)))
    yield from find_encoded(text, folder.canaries)
    if suffix == ".csv":
        yield from scan_csv(text, folder.canaries)
    elif suffix == ".json":
        yield from scan_json(text, missing=folder.is_site is False, small=folder.canaries.small)
    elif suffix in (".js", ".mjs"):
        yield from _scan_script(text, name, folder)
    elif suffix == ".css":
        yield from ((REMOTE, line_at(text, match.start()), "") for match in REMOTE_STYLE.finditer(text))
        yield from scan_style(text, folder.canaries)
    elif not code:
        yield from _at_lines(text, lambda: find_in_words(text))
        if suffix != ".log":  # which stays on the machine
            yield from _at_lines(text, lambda: ((SMALL_SAID, at) for at in folder.canaries.small.find(text)))


def _at_lines(text: str, find: Callable[[], Iterable[tuple[str, int]]]) -> Hits:
    yield from ((kind, line_at(text, offset), "") for kind, offset in find())


def _scan_script(text: str, name: str, folder: _Folder) -> Hits:
    """A script of the renderer or of Quarto's library is no data; a search index is nothing else."""
    index = search_index(text)
    if index is not None:
        yield from scan_json(index, missing=False)
    elif not is_known(text) and not (folder.quarto and name.startswith("site_libs/")):
        yield SCRIPT, 0, ""
