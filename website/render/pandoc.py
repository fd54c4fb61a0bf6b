"""Calling pandoc: one process for one page, its complaints turned into placed errors."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypandoc

from website.render.errors import RenderError
from website.render.source import Page

HERE = Path(__file__).parent
#: Raw HTML divisions are left raw, so that check.lua sees and refuses them.
READER = (
    "markdown-native_divs-native_spans-markdown_in_html_blocks-raw_tex-latex_macros"
    # Front matter is read before: settings further down would be no page's, but a cell's or the data's
    "-yaml_metadata_block-pandoc_title_block-mmd_title_block"
)
PARTS = ("title", "subtitle", "author", "date", "description", "header", "footer", "foot", "toc", "body")
_RAISED = re.compile(r"RENDER\|(?P<kind>[^|]*)\|(?P<construct>.*?)\|(?P<message>[^|]*)\|END", re.DOTALL)
_PART = re.compile(r"<!--part:(\w+)-->\n(.*?)(?=<!--part:\w+-->\n|\Z)", re.DOTALL)
_MISSING = re.compile(r"citation (\S+) not found")
#: A citation, or what may be one: never a cross-reference.
_CITES = re.compile(r"(?<![A-Za-z0-9.])@\{?(?!(?:fig|tbl|sec|eq)-)[A-Za-z0-9_]")
_DIVISION = re.compile(r"Div at (?:.*? )?line (\d+) column \d+ unclosed")


@dataclass(frozen=True)
class Options:
    """What pandoc is told about one page, beside its text."""

    slides: bool = False
    toc: bool = True
    toc_depth: int = 3
    incremental: bool = False
    bibliography: tuple[str, ...] = ()
    csl: str = ""


@functools.cache
def find_pandoc() -> str:
    """Path of the pandoc binary: the one that pypandoc-binary brings, else the one on the PATH."""
    try:
        return str(pypandoc.get_pandoc_path())
    except OSError as error:
        raise RenderError("pandoc not found: pip install pypandoc-binary") from error


def _command(options: Options, log: str, meta: str, cites: bool) -> list[str]:
    command = [
        find_pandoc(),
        f"--from={READER}",
        f"--to={'revealjs' if options.slides else 'html5'}",
        "--wrap=none",
        "--mathml",
        "--eol=lf",
        f"--template={HERE / 'parts.html'}",
        f"--lua-filter={HERE / 'check.lua'}",
        f"--lua-filter={HERE / 'filter.lua'}",
        f"--metadata-file={meta}",
        f"--log={log}",
        "--quiet",
    ]
    if options.toc:
        command += ["--toc", f"--toc-depth={options.toc_depth}"]
    if options.slides:
        command += ["--slide-level=2"]
    if options.incremental:
        command += ["--incremental"]
    if cites:
        command += ["--citeproc", *(f"--bibliography={item}" for item in options.bibliography)]
    if options.csl:
        command += [f"--csl={options.csl}"]
    return command


def run_pandoc(page: Page, meta: dict[str, Any], options: Options) -> dict[str, str]:
    """Turn one page into HTML.

    Parameters
    ----------
    page
        Source lines, shortcodes already expanded.
    meta
        Metadata; strings are read as Markdown by pandoc.

    Returns
    -------
    dict[str, str]
        HTML of each of PARTS.

    Raises
    ------
    RenderError
        For anything outside the dialect, a broken cross-reference or citation, and every
        other warning of pandoc's: nothing passes in silence.
    """
    with tempfile.TemporaryDirectory(prefix="render-") as folder:
        log, given = Path(folder, "log.json"), Path(folder, "meta.json")
        given.write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
        done = subprocess.run(
            _command(options, str(log), str(given), "nocite" in meta or bool(_CITES.search(page.text))),
            input=page.text.encode(),
            capture_output=True,
            # One Haskell thread a process: two processes share the two cores better
            env={**os.environ, "GHCRTS": "", "LC_ALL": "C.UTF-8"},
            check=False,
        )
        messages = json.loads(log.read_text(encoding="utf-8") or "[]") if log.exists() else []
    if done.returncode:
        raise _placed(page, done.stderr.decode(errors="replace"))
    warnings = [item for item in messages if item.get("verbosity") == "WARNING"]
    if warnings:
        raise _warned(page, warnings[0])
    found = _PART.findall(done.stdout.decode())
    return {name: part.strip() for name, part in found}


def _placed(page: Page, stderr: str) -> RenderError:
    match = _RAISED.search(stderr)
    if not match:
        return RenderError(f"pandoc stopped: {stderr.strip()[-400:]}", file=page.path)
    construct = " ".join(match["construct"].split())
    if match["kind"] == "duplicate":
        return _repeated(page, construct)
    return page.error(match["message"], construct)


def _repeated(page: Page, label: str) -> RenderError:
    """Error for a label given twice, naming both places where they can be found."""
    pattern = re.compile(rf"#{re.escape(label)}(?![\w-])")
    places = [(x.file, x.line) for x in page.lines if not x.verbatim and pattern.search(x.text)]
    if len(places) < 2:
        return page.error("duplicate label", label)
    (first, at), (file, line) = places[:2]
    return RenderError(f"duplicate label, first in {first}:{at}", file=file, line=line, construct=label)


def _warned(page: Page, warning: dict[str, Any]) -> RenderError:
    text = str(warning.get("message") or warning.get("pretty") or warning.get("type"))
    missing = _MISSING.search(text)
    if missing:
        return page.error("no such entry in the bibliography", f"@{missing[1]}")
    if warning.get("type") == "DuplicateIdentifier":
        return _repeated(page, str(warning.get("contents")))
    number = int(warning.get("line") or (_DIVISION.search(text) or [0, 0])[1] or 0)
    detail = {k: v for k, v in warning.items() if k not in ("verbosity", "pretty", "type")}
    message = f"pandoc warns: {warning.get('type')} {json.dumps(detail, ensure_ascii=False)}"
    if 0 < number <= len(page.lines):
        line = page.lines[number - 1]
        return RenderError(message, file=line.file, line=line.line, construct=line.text.strip()[:60])
    return RenderError(message, file=page.path)
