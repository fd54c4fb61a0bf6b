"""A report shaped by its inputs: what these do not allow is left out, and no sentence has a hole in it.

Two things can be wanting. An input that is **absent** takes its sections, pages and links away without a
word there; one box on the front page says what is not in the report. What **cannot be computed** from the
inputs (too few months, a part of England) says why, in one sentence in the section's place.

Notebooks are pruned when they have run. Pages say themselves what they need, in Quarto's own words:
``::: {.content-visible when-meta="has.missed.lead_times"}`` around blocks, or the same on a
``[span]{…}`` in a line. ``has`` is a tree of every fact and every shown cell that there is; `write_settings`
writes it to ``_report.yml``, which both renderers read, with the pages that are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from analysis_lib.release import merge_facts
from analysis_lib.release.facts import NO_FACT, NOT_KNOWN, say_list

if TYPE_CHECKING:  # a run with nothing to do loads nothing
    import nbformat

SETTINGS = "_report.yml"
NEEDS = "needs"  # front matter: facts of which one must be there for the page to be in the report
VARIABLE = re.compile(r"\{\{<\s*var\s+(\w+)\.([\w-]+)\s*>\}\}")
_TABLE = re.compile(r"results/tables/(\w+)\.csv")
_REFERENCE = re.compile(r"@((?:fig|tbl)-[\w-]+)")
_REFERENCES = re.compile(r"\s?\((@(?:fig|tbl)-[\w-]+(?:, @(?:fig|tbl)-[\w-]+)*)\)")
_SENTENCE = re.compile(r"(?<=[.!?\0])\s+(?=[A-Z*\[@{])|\s+(?=\0)")
_SPAN = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]\{\.content-[^}]*\}")
_ITEM = re.compile(r"^(?:\d+\.|[-*])\s+")
_HEADING = re.compile(r"^(#+) ")
_NOTEBOOK = re.compile(r"\b([\w.-]+\.ipynb)\b")
_IN_REPORT = "[0-9]*.ipynb"  # a name that begins with a number: its place in the report
_NUMBER = re.compile(r"^[\d_-]+")
_EMBED = re.compile(r"\{\{<\s*embed\s+(\S+?\.ipynb)#(\S+)\s*>\}\}")
SAVED_TABLE = re.compile(r"(?:save_table|report\.table)\(\s*f?[\"'](\w+)")
STUB = "absent"  # in the metadata of a cell that stands in for one that pages embed
STORE = re.compile(r"open_(?:store|report)\(\s*[\"'](\w+)")
_LABEL = re.compile(r"^#\|\s*label:\s*(\S+)", re.MULTILINE)


class PageError(ValueError):
    """A page names what is not there; the message says which, and what to do."""


@dataclass(frozen=True)
class Gap:
    """Why a cell has nothing to show, and whether the page says so (an absent input is left out instead)."""

    reason: str
    said: bool
    label: str = ""


@dataclass(frozen=True)
class There:
    """What text may speak of: facts as ``store.name``, tables, and all labels and notebooks but `gone`."""

    facts: frozenset[str]
    tables: frozenset[str]
    gone: frozenset[str] = frozenset()

    def allows(self, text: str) -> bool:
        """Whether all that `text` quotes, links to and refers to is there."""
        return (
            all(f"{store}.{name}" in self.facts for store, name in VARIABLE.findall(text))
            and all(name in self.tables for name in _TABLE.findall(text))
            and not self.gone.intersection([*_REFERENCE.findall(text), *_NOTEBOOK.findall(text)])
        )


@dataclass
class _Piece:
    """One cell that is no Markdown, or one block of a Markdown cell (`text`)."""

    cell: int
    text: str = ""
    gap: Gap | None = None
    shows: bool = False  # a cell with an output that a reader sees


@dataclass
class _Section:
    """A heading, if there is one, and what stands under it up to the next."""

    heading: _Piece | None = None
    pieces: list[_Piece] = field(default_factory=list)

    def __iter__(self) -> Any:
        return iter([self.heading, *self.pieces] if self.heading else self.pieces)


def prune_notebook(notebook: nbformat.NotebookNode, gaps: Mapping[int, Gap], there: There) -> None:
    """Take out of an executed notebook what its inputs did not allow. Changed in place.

    A section of which nothing could be shown goes as a whole, or keeps its heading and the reason. In any
    other, cells with a gap go (or say why), and so does each sentence, item of a list and row of a table that
    speaks of what is not there.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; facts are still quoted as variables.
    gaps : mapping
        By number of the cell. Cells that say their gap already show the reason as output.
    there : There
        What there is. Labels of cells with a gap are added to those that are gone.
    """
    sections = _split(notebook, gaps)
    gone = there.gone | {gap.label for gap in gaps.values() if gap.label}
    there = There(there.facts, there.tables, gone)
    kept: list[_Piece] = []
    said: set[str] = set()  # a section that could only repeat a reason goes as a whole
    for section in sections:
        kept += _prune_section(section, there, said)
    kept = _without_empty_headings(kept)
    blocks: dict[int, list[str]] = {}
    for piece in kept:
        blocks.setdefault(piece.cell, []).append(piece.text)
    cells = []
    for number, cell in enumerate(notebook.cells):
        if number in blocks:
            if cell.cell_type == "markdown":
                cell.source = "\n\n".join(blocks[number])
            cells.append(cell)
    notebook.cells = cells


def _split(notebook: nbformat.NotebookNode, gaps: Mapping[int, Gap]) -> list[_Section]:
    sections = [_Section()]
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            hidden = re.search(r"^#\|\s*include:\s*false", cell.source, re.MULTILINE)
            shows = cell.cell_type == "code" and bool(cell.outputs) and not hidden and number not in gaps
            sections[-1].pieces.append(_Piece(number, gap=gaps.get(number), shows=shows))
            continue
        for text in split_blocks(cell.source):
            if _HEADING.match(text):
                sections.append(_Section(_Piece(number, text)))
            else:
                sections[-1].pieces.append(_Piece(number, text))
    return sections


def split_blocks(text: str) -> list[str]:
    """Split Markdown at empty lines, but not within a fence."""
    blocks: list[list[str]] = [[]]
    fence = ""
    for line in text.strip("\n").split("\n"):
        mark = re.match(r"\s*(```+|~~~+|:::+)", line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and line.strip() == mark[1]:
            fence = ""
        if line.strip() or fence:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]


def _prune_section(section: _Section, there: There, said: set[str]) -> list[_Piece]:
    gaps = [piece for piece in section if piece.gap]
    if gaps and not any(piece.shows for piece in section):
        new = [piece for piece in gaps if piece.gap.said and piece.gap.reason not in said][:1]
        said |= {piece.gap.reason for piece in new}
        return [section.heading, *new] if new and section.heading else new
    kept: list[_Piece] = []
    for piece in section:
        if piece.gap:
            if piece.gap.said and piece.gap.reason not in said:
                said.add(piece.gap.reason)
                kept.append(piece)
            elif kept and kept[-1].text.endswith(":"):  # which introduced it
                kept.pop()
        elif not piece.text:
            kept.append(piece)
        else:
            text = keep_what_is_there(piece.text, there)
            after_table = piece.text.startswith(": ") and not (kept and kept[-1].text.startswith("|"))
            if text and not after_table:
                kept.append(_Piece(piece.cell, text))
    return kept


def keep_what_is_there(block: str, there: There) -> str:
    """Leave out each sentence, item or row of a block that speaks of what is not there."""
    if there.allows(block):
        return block
    block = _REFERENCES.sub(lambda found: _fewer(found, there), block)
    if block.startswith("|"):
        head, rule, *rows = block.split("\n")
        rows = [row for row in rows if there.allows(row)]
        return "\n".join([head, rule, *rows]) if rows else ""
    if _ITEM.match(block):
        return _keep_items(block, there)
    spans = _SPAN.findall(block)  # text with a condition of its own is one sentence
    parts = _SENTENCE.split(_SPAN.sub("\0", block))
    whole = iter(spans)
    parts = [re.sub("\0", lambda _: next(whole), part) for part in parts]
    return " ".join(part for part in parts if there.allows(part))


def _fewer(found: re.Match[str], there: There) -> str:
    """References in brackets without those that are gone; as they were if none would be left."""
    kept = [name for name in found[1].split(", ") if name[1:] not in there.gone]
    return found[0].replace(found[1], ", ".join(kept)) if kept else found[0]


def _keep_items(block: str, there: There) -> str:
    items: list[str] = []
    for line in block.split("\n"):
        if _ITEM.match(line) or not items:
            items.append(line)
        else:
            items[-1] += "\n" + line
    kept = [item for item in items if there.allows(item)]
    numbered = block[0].isdigit()
    return "\n".join(_ITEM.sub(f"{n}. ", item) if numbered else item for n, item in enumerate(kept, 1))


def _without_empty_headings(pieces: list[_Piece]) -> list[_Piece]:
    kept: list[_Piece] = []
    for piece in reversed(pieces):
        level = _HEADING.match(piece.text)
        below = _HEADING.match(kept[-1].text) if kept else None
        nothing = not kept or (below and len(below[1]) <= len(level[1])) if level else False
        if not nothing:
            kept.append(piece)
    return kept[::-1]


def label_of(source: str) -> str:
    found = _LABEL.search(source)
    return found[1] if found else ""


def read_needs(path: Path) -> list[str]:
    """Read what a page or notebook needs, of which one is enough; none if it says nothing.

    Parameters
    ----------
    path : Path
        A ``.qmd`` page, or a notebook whose first cell is its front matter.

    Returns
    -------
    list of str
        Facts as ``store.name``; ``all`` for every fact that the page quotes; another page by its file name.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        first = next(iter(json.loads(text)["cells"]), {"source": ""})
        text = "".join(first["source"])
    found = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
    needs = (yaml.safe_load(found[1]) or {}).get(NEEDS, []) if found else []
    return [needs] if isinstance(needs, str) else list(needs)


def find_there(notebook: nbformat.NotebookNode, source: Path, results: Path, *, complete: bool) -> There:
    """Return what the text of the notebook at `source` may speak of.

    Of a notebook without a gap (`complete`) that is all that it quotes, but for facts whose value is not
    known: what was never saved is a mistake there, and is to be found.
    """
    text = "\n".join(cell.source for cell in notebook.cells)
    out = {name for name in _NOTEBOOK.findall(text) if not _is_in_report(source.parent / name, results)}
    if not complete:
        tables = frozenset(p.stem for p in (results / "tables").glob("*.csv"))
        return There(read_facts(results, source.stem), tables, frozenset(out))
    quoted = {f"{store}.{name}" for store, name in VARIABLE.findall(text)}
    unknown = read_texts(results, source.stem).keys() - read_facts(results, source.stem)
    return There(frozenset(quoted - unknown), frozenset(_TABLE.findall(text)), frozenset(out))


def read_facts(results: Path, step: str | None = None) -> frozenset[str]:
    """Return the facts that there are, as ``store.name``: saved, and neither empty nor "not known"."""
    texts = read_texts(results, step)
    return frozenset(name for name, text in texts.items() if text.strip() and text != NOT_KNOWN)


def read_texts(results: Path, step: str | None = None) -> dict[str, str]:
    """Return the text of every fact that was saved, or that notebook `step` may quote, by ``store.name``."""
    stores = merge_facts(results, step=step)
    return {f"{store}.{name}": text for store, texts in stores.items() for name, text in texts.items()}


def is_wanted(path: Path, results: Path) -> bool:
    """Whether a page or notebook has what it needs."""
    facts = read_facts(results)

    def holds(need: str) -> bool:
        if need == "all":  # a number that may not be told is there, and says "not known"
            quoted = VARIABLE.findall(path.read_text(encoding="utf-8"))
            saved = read_texts(results)  # what every run says of itself comes after them
            return all(f"{store}.{name}" in saved for store, name in quoted if store != "report")
        if need.endswith(".qmd"):
            if not (path.parent / need).is_file():
                raise PageError(f"{path.name} needs {need}, and there is no such page: mend its `needs:`.")
            return is_wanted(path.parent / need, results)
        return need in facts

    needs = read_needs(path)
    return not needs or any(map(holds, needs))


def list_notebooks(root: Path) -> list[Path]:
    """Return the notebooks that the report is made of, in its order."""
    return sorted((root / "notebooks").glob(_IN_REPORT))


def _is_in_report(path: Path, results: Path) -> bool:
    return path.match(_IN_REPORT) and path.is_file() and is_wanted(path, results)


def list_absent(root: Path, results: Path) -> list[str]:
    """Return the names of notebooks that pages of the report embed or link to, and that are not there."""
    pages = [page for page in list_pages(root) if is_wanted(page, results)]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    named = set(re.findall(rf"notebooks/{_NOTEBOOK.pattern}", text))
    return sorted(named - {path.name for path in list_notebooks(root)})


def find_strangers(root: Path, results: Path) -> list[str]:
    """Say which notebooks and pages are no part of the report, and which its pages miss; a sentence each."""
    others = sorted({*(root / "notebooks").glob("*.ipynb")} - {*list_notebooks(root)})
    said = [
        f"notebooks/{path.name} is not in the report, since its name does not begin with a number: give it "
        "one, or begin with `make notebook NAME=my_question`"
        for path in others
    ]
    layout = root / "_quarto.yml"
    quarto = yaml.safe_load(layout.read_text(encoding="utf-8")) if layout.is_file() else {}
    named = quarto.get("project", {}).get("render", [])
    pages = [path.relative_to(root).as_posix() for path in list_pages(root)] if named else []
    said += [
        f"{page} is not in the report: name it in _quarto.yml, under render, and under report-navigation "
        "where readers are to find it"
        for page in pages
        if not any(fnmatchcase(page, pattern) for pattern in named)
    ]
    absent = list_absent(root, results)
    if absent:
        said.append(
            f"not in notebooks/: {say_list(absent)}. What pages would show of that is left out: put it "
            "back, or take what embeds or links to it out of the pages"
        )
    return said


def list_linked(notebook: Path) -> list[str]:
    """Return the names of the notebooks that a notebook links to, and that are there."""
    linked = set(_NOTEBOOK.findall(notebook.read_text(encoding="utf-8")))
    return sorted(name for name in linked if (notebook.parent / name).is_file())


def list_inputs(notebook: Path) -> set[str]:
    """Return which inputs a notebook reads, by its ``needs:`` and by what it loads: run, linked, or both.

    One that says neither may read everything.
    """
    needs = {need.split(".")[0] for need in read_needs(notebook)}
    loads = set(
        re.findall(r"\bload_(linked|admissions|appointments|tweets)\b", notebook.read_text(encoding="utf-8"))
    )
    found = {
        "linked" if name in ("linked", "admissions") else "run"
        for name in {*loads, *(needs & {"run", "linked"})}
    }
    return found or {"run", "linked"}


def stores_of(notebook: Path) -> list[str]:
    """Names of the stores that a notebook opens."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [name for cell in cells for name in STORE.findall("".join(cell["source"]))]


def describe(root: Path, results: Path) -> dict[str, Any]:
    """Return the settings that shape the report: ``has``, and the pages that are left out.

    Parameters
    ----------
    root : Path
        The project, with its executed notebooks.
    results : Path
        Its results folder.

    Returns
    -------
    dict
        ``has``: ``{store: {fact or label: True}}``; ``project``: ``{"render": ["!page", …]}``.
    """
    facts = read_facts(results)
    has: dict[str, dict[str, bool]] = {}
    for fact in sorted(facts):
        store, name = fact.split(".", 1)
        has.setdefault(store, {})[name] = True
    executed = root / "report" / "notebooks"
    wanted = [path for path in list_notebooks(root) if is_wanted(path, results)]
    has["notebook"] = {_NUMBER.sub("", path.stem): True for path in wanted}
    for source in wanted:
        stores = stores_of(source)
        if stores and (executed / source.name).is_file():
            cells = json.loads((executed / source.name).read_text(encoding="utf-8"))["cells"]
            has.setdefault(stores[0], {}).update(dict.fromkeys(list_shown(cells), True))
    out = [p.relative_to(root).as_posix() for p in list_pages(root) if not is_wanted(p, results)]
    absent = list_absent(root, results)
    left = [*absent, *(path.name for path in list_notebooks(root) if path not in wanted)]
    out = sorted([*out, *(f"report/notebooks/{name}" for name in left)])
    there = {f"{store}.{label}" for store, labels in has.items() for label in labels}
    choosy = [p for p in list_pages(root) if read_needs(p) and p.relative_to(root).as_posix() not in out]
    has["report"] = _summarise(frozenset(there), absent) | {_name(root, page): True for page in choosy}
    pages = [f"report/notebooks/{path.name}" for path in wanted]
    navigation = _navigate(root, set(out), pages)
    return {"has": has, "project": {"render": [f"!{page}" for page in out]}} | navigation


def _summarise(facts: frozenset[str], absent: Sequence[str]) -> dict[str, bool]:
    """What several facts say together, since a condition of Quarto's asks for one thing."""
    counted = {f"run.{subject}" for subject in ("attendance", "duration", "category_margins")}
    kinds = {"appointments": bool(counted & facts), "tweets": "run.tweets" in facts}
    kinds["people"] = "linked.source" in facts
    asked = {
        "appointments": kinds["appointments"],
        "absent": bool(absent),
        "findings": any(name.startswith(("appointments.fig-", "missed.fig-")) for name in facts),
        "tweets_alone": kinds["tweets"] and not kinds["appointments"],
        "people_alone": "demand.answer" in facts and not kinds["appointments"],
        "truth": bool({"missed.truth", "tweets.truth", "demand.recovered"} & facts),
        "volume_alone": "appointments.volume" in facts and "appointments.answer_capacity" not in facts,
        "demand_slides": bool(
            {"demand.fig-inequality", "demand.fig-concentration", "risk.fig-performance"} & facts
        ),
        "risk_absent": "notebook.high_need" in facts and "risk.fig-performance" not in facts,
        "sub_icb_alone": "missed.sub_icb" in facts and "missed.funnel" not in facts,
        "weekday_alone": "appointments.weekday" in facts and "appointments.exceedance" not in facts,
    }
    counts = {*counted, "run.coverage"} <= facts
    asked["inputs_complete"] = all(kinds.values()) and counts and not asked["risk_absent"]
    asked["complete"] = asked["inputs_complete"] and not absent
    asked["in_short"] = asked["appointments"] or asked["tweets_alone"] or asked["people_alone"]
    return {name: True for name, holds in asked.items() if holds}


def _name(root: Path, page: Path) -> str:
    """What a condition calls a page that not every report has: ``model_card``, ``areas_index``."""
    path = page.relative_to(root).with_suffix("").as_posix()
    return re.sub(r"\W", "_", path.removeprefix("report/"))


def list_shown(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the labels of the cells that have something to show."""
    shown = [cell for cell in cells if cell.get("outputs") and STUB not in cell["metadata"]]
    return list(filter(None, (label_of("".join(cell["source"])) for cell in shown)))


def list_pages(root: Path) -> list[Path]:
    """Return the report's pages that are no notebooks."""
    return sorted(p for folder in (".", "areas", "report") for p in root.glob(f"{folder}/*.qmd"))


def _navigate(root: Path, out: set[str], notebooks: Sequence[str]) -> dict[str, Any]:
    """Return navbar and sidebar: what ``report-navigation`` in _quarto.yml says, less the pages that are out.

    An entry with a ``*`` stands for all notebooks, in the order of their numbers. Quarto has
    no way to take an entry out of a list, so the lists stand here and not under ``website``.
    """
    given = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8")).get("report-navigation")
    if not given:
        return {}

    def keep(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = []
        for item in items:
            if "contents" in item:
                inner = keep(item["contents"])
                kept += [{**item, "contents": inner}] if inner else []
            elif "*" in str(item.get("href")):
                kept += [{"href": page} for page in notebooks if fnmatchcase(page, item["href"])]
            elif item.get("href") not in out:
                kept.append(item)
        return kept

    navbar, sidebar = keep(given["navbar"]), keep(given["sidebar"])
    return {"website": {"navbar": {"left": navbar}, "sidebar": {"contents": sidebar}}}


def list_embedded(root: Path, notebook: str) -> set[str]:
    """Return the labels of a notebook's cells that pages embed."""
    found = [m for page in list_pages(root) for m in _EMBED.findall(page.read_text(encoding="utf-8"))]
    return {label for path, label in found if Path(path).name == notebook}


def write_settings(root: Path, results: Path) -> None:
    """Write ``_report.yml``, if it changed."""
    text = yaml.safe_dump(describe(root, results), allow_unicode=True, sort_keys=True)
    target = root / SETTINGS
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def refuse_misspelt(root: Path, variables: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse a page that quotes a fact which no inputs would give: neither saved, nor among the sentences.

    Only stores that are there and made of sentences are looked at: what code saves hangs on the inputs.

    Raises
    ------
    PageError
        If there is one; it names each with its page, its line and the nearest name.
    """
    from analysis_lib.sentences import read_sections

    by_code = {
        store
        for path in list_notebooks(root)
        if "save_facts" in path.read_text(encoding="utf-8")
        for store in stores_of(path)
    }
    known = {}
    for store in variables.keys() - by_code:
        sentences = root / "report" / "sentences" / f"{store}.txt"
        if sentences.is_file():
            entries = (section.entries for section in read_sections(sentences).values())
            known[store] = {*variables[store], *chain.from_iterable(entries)}
    said = []
    for page, number, store, name in _list_quoted(root):
        if name not in known.get(store, {name}):
            near = get_close_matches(name, sorted(known[store]), 1)
            meant = f"; perhaps {store}.{near[0]} is meant" if near else ""
            said.append(f"{page}, line {number}: no notebook saves {store}.{name}{meant}.")
    if said:
        raise PageError("\n".join(said))


def _list_quoted(root: Path) -> Iterator[tuple[str, int, str, str]]:
    """Every fact that a page quotes: page, line, store and name."""
    for path in [*list_pages(root), *sorted((root / "report").glob("*.md"))]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for store, name in VARIABLE.findall(line):
                yield path.relative_to(root).as_posix(), number, store, name


def fill_hidden(root: Path, variables: dict[str, dict[str, str]]) -> None:
    """Give every fact that a page quotes and that is not there a text, changed in place.

    Only hidden text may quote it: the scan refuses a page that shows it.
    """
    for path in list_pages(root):
        for store, name in VARIABLE.findall(path.read_text(encoding="utf-8")):
            variables.setdefault(store, {}).setdefault(name, NO_FACT)
