"""The report as a tagged PDF: pandoc writes Typst from the finished chapters, Typst sets it."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from html import unescape
from pathlib import Path
from string import Template

import matplotlib
import typst

from analysis_lib.charts import theme
from website.render.compose import plain
from website.render.errors import RenderError
from website.render.pandoc import find_pandoc
from website.scan import digest_source
from website.takeaway.pages import Gathered, Joined

HERE = Path(__file__).parent
_TEMPLATE = Template((HERE / "report.typ").read_text(encoding="utf-8"))
_CODE = re.compile(r'<details class="code-fold".*?</details>', re.DOTALL)
_WIDTHS = re.compile(r"<colgroup>.*?</colgroup>", re.DOTALL)  # Typst knows better how wide its letters are
_FOLDED = {"<details": "<div", "</details>": "</div>", "<summary": "<div", "</summary>": "</div>"}
_SIGNS = re.compile(r"([\\`*_\[\]<>#$@~=+\-/])")


def write_typst(joined: Joined) -> str:
    """Return the report as Typst; the code of the notebooks is left out.

    Raises
    ------
    RenderError
        If pandoc cannot write a chapter.
    """
    parts = joined.around
    html = "\n".join(
        f'<h1 id="{chapter.key}">{chapter.title}</h1>\n{_CODE.sub("", chapter.html)}'
        for chapter in joined.chapters
    )
    html = _WIDTHS.sub("", html)
    for folded, open_ in _FOLDED.items():  # paper does not unfold
        html = html.replace(folded, open_)
    opening = _TEMPLATE.substitute(
        charcoal=theme.CHARCOAL,
        orange=theme.ORANGE,
        page=theme.PAGE,
        link=theme.BLUE_DARK,
        quiet=theme.MUTED,
        fonts=_listed(theme.FONTS),
        monospace=_listed(theme.MONOSPACE),
        title=_quoted(parts["title"]),
        description=_quoted(parts["description"]),
        subtitle=_literal(parts["description"]),
        banner=_literal(parts["header"]),
        provenance=_literal(parts["footer"]),
    )
    return f"{opening}\n{_run_pandoc(html)}"


def _run_pandoc(html: str) -> str:
    command = [find_pandoc(), "--from=html", "--to=typst", "--wrap=none", "--eol=lf"]
    done = subprocess.run(
        [*command, f"--lua-filter={HERE / 'typst.lua'}"],
        input=html.encode(),
        capture_output=True,
        env={**os.environ, "GHCRTS": "", "LC_ALL": "C.UTF-8"},
        check=False,
    )
    if done.returncode:
        raise RenderError(f"pandoc stopped at the PDF: {done.stderr.decode(errors='replace')[-400:]}")
    return done.stdout.decode().replace("align(center)[#table(", "align(left)[#table(")


def set_pdf(source: str, gathered: Gathered) -> bytes:
    """Return the PDF of a Typst source: tagged (PDF/UA-1), with bookmarks, and without a date.

    Raises
    ------
    RenderError
        If Typst refuses the source, for instance a picture without alternative text.
    """
    with tempfile.TemporaryDirectory(prefix="report-pdf-") as folder:
        main = Path(folder, "report.typ")
        main.write_text(source, encoding="utf-8")
        for name in set(re.findall(r'image\("/([^"]+)"', source)):
            picture = Path(folder, name)
            picture.parent.mkdir(parents=True, exist_ok=True)
            picture.write_bytes(gathered.read(name))
        fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")  # DejaVu Sans, if the machine has none
        try:
            made = typst.compile(
                main,
                root=folder,
                font_paths=[fonts],
                pdf_standards=["ua-1"],
                sys_inputs={"mark": digest_source(source)},  # the scan reads the words in the source
            )
        except RuntimeError as error:
            said = str(error).replace(folder, "")
            raise RenderError(f"the PDF cannot be set: {said[-400:]}", file="report.typ") from error
    return bytes(made)


def _listed(names: tuple[str, ...]) -> str:
    """Return an array as Typst writes it."""
    return "(" + "".join(f'"{name}", ' for name in names) + ")"


def _quoted(html: str) -> str:
    text = unescape(plain(html)).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _literal(html: str) -> str:
    """Text of a piece of HTML, every sign of which stands for itself in Typst."""
    return _SIGNS.sub(r"\\\1", unescape(plain(html)))
