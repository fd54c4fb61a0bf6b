"""What the data say is shown, never obeyed: labels in every place of a page, and cells that display more."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml
from matplotlib.figure import Figure

from analysis_lib.inputs import check_folder
from website.literal import literal
from website.notebooks import execute_notebook
from website.render import RenderError, render_site
from website.render.deck import read_reveal
from website.render.markup import check_markup, check_svg
from website.render.policy import script_hash, speaker_script

sys.path.insert(0, str(Path(__file__).parent))
from cells import PIXEL, TITLE, code_cell, prose, shown  # noqa: E402

Build = Callable[..., str]
LABELS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1)) [y](https://evil.example)",
    "![x](https://evil.example/a.png) ![y](page.qmd)",
    "{{< include page.qmd >}} {{< var a.n >}} {{{< x >}}}",
    "`<b>x</b>`{=html}",
    "$x^2$ $$y$$",
    "^[a note] [^1]",
    "@evil [@evil; @fig-a]",
    "*a* _b_ ~~c~~ **d** H~2~O",
    "# Head {#id .class onclick=x}",
    "::: {.notes}",
    "1. one",
    "(a) one",
    "- item",
    "> quoted",
    "---",
    "===",
    "% title",
    "a | b || c",
    "ends with \\",
    "&lt;script&gt; &amp; &#60;",
    "<!-- <script>1</script> -->",
    "[a]{.fragment}",
    "<https://evil.example>",
]
BROKEN_UP = [x.replace("{{<", "{ {<").replace(">}}", "> }}") for x in LABELS]  # shortcodes in values
#: Places of a page, with what they look like around the value, and where to find it in the HTML.
PLACES = {
    "alone": ("{{< var a.x >}}", r"(?<=\n)<p>(.*?)</p>"),
    "sentence": ("Most are\n{{< var a.x >}}", r"<p>Most are\s(.*?)</p>"),
    "item": ("z\n\n- {{< var a.x >}}", r"<li>(.*?)</li>"),
    "heading": ("## {{< var a.x >}}", r"<h2[^>]*>(.*?)</h2>"),
    "cell": ("| h |\n|---|\n| {{< var a.x >}} |", r"<td[^>]*>(.*?)</td>"),
    "caption": ('![C: {{< var a.x >}}](i.svg){#fig-q fig-alt="z"}', r"</span> ?C: (.*?) ?</figcaption>"),
    "alt": ('![C](i.svg){#fig-q fig-alt="z {{< var a.x >}}"}', r'alt="z (.*?)"'),
    "callout": ('::: {.callout-note title="z {{< var a.x >}}"}\nx\n:::', r'-container">\s*z (.*?)\s*</span>'),
}
HEADER = ["icb_ons_code", "appointment_month", "appointment_status", "hcp_type", "appointment_mode"]
HEADER += ["time_between_book_and_appointment", "count_of_appointments"]
SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'


def as_read(html: str) -> str:
    """Text as a reader sees it, whatever the typesetting of quotation marks and dashes."""
    text = unescape(html).replace("\u201c", '"').replace("\u201d", '"').replace("\u2019", "'")
    return " ".join(text.split())


def render(root: Path, values: list[str], body: str, front: str = "title: A page") -> Path:
    """Render `body` once for every value, named a.x in it; the folder of the site."""
    (root / "_quarto.yml").write_text("project:\n  render: [page.qmd]\nwebsite:\n  title: Site\n")
    named = {f"x{i}": value for i, value in enumerate(values)}
    (root / "_variables.yml").write_text(
        yaml.safe_dump({"a": named}, allow_unicode=True, width=10_000), encoding="utf-8"
    )
    (root / "i.svg").write_text(SVG.format(""))
    bodies = [body.replace("a.x", f"a.{name}").replace("fig-q", f"fig-{name}") for name in named]
    (root / "page.qmd").write_text(f"---\n{front}\n---\n\n" + "\n\n".join(bodies) + "\n")
    return render_site(root, root / "_site", workers=1).output


def main_part(site: Path) -> str:
    return (site / "page.html").read_text(encoding="utf-8").split("<main")[1].split("</main>")[0]


@pytest.mark.parametrize("place", PLACES)
def test_a_value_is_shown_sign_by_sign_in_every_place(tmp_path: Path, place: str) -> None:
    body, pattern = PLACES[place]
    html = main_part(render(tmp_path, LABELS, body))
    found = re.findall(pattern, html, re.DOTALL)
    assert [as_read(part) for part in found] == BROKEN_UP
    assert not any("<" in part for part in found)


def test_a_value_that_was_made_literal_before_is_not_escaped_twice(tmp_path: Path) -> None:
    made = [literal(label) for label in LABELS]
    assert [literal(text) for text in made] == made
    html = main_part(render(tmp_path, made, "{{< var a.x >}}"))
    assert [as_read(part) for part in re.findall(PLACES["alone"][1], html)] == BROKEN_UP


@pytest.mark.parametrize("label", [LABELS[0], LABELS[3], LABELS[8], LABELS[21]])
def test_values_in_title_and_search(tmp_path: Path, label: str) -> None:
    site = render(tmp_path, [label], "x", 'title: "z {{< var a.x0 >}}"')
    html = (site / "page.html").read_text(encoding="utf-8")
    assert as_read(re.search(r'<h1 class="title">z (.*?)</h1>', html)[1]) == label
    assert as_read(re.search(r"<title>z (.*?) – Site</title>", html)[1]) == label
    index = (site / "site_libs" / "search-index.js").read_text(encoding="utf-8")
    (entry, *_) = json.loads(index.removeprefix("window.searchIndex=").rstrip(";\n"))
    assert " ".join(entry[1].split()) == f"z {label}"


def test_values_in_a_deck(tmp_path: Path) -> None:
    deck = 'title: "z {{< var a.x0 >}}"\nformat:\n  revealjs:\n    footer: "f {{< var a.x0 >}}"'
    body = "## {{< var a.x >}}\n\n- {{< var a.x >}}\n\n::: {.notes}\n{{< var a.x >}}\n:::"
    html = (render(tmp_path, LABELS[1:4], body, deck) / "page.html").read_text(encoding="utf-8")
    slides = html.split('<div class="reveal" role="main">')[1].split("<script>")[0]
    assert slides.count("&lt;img src=x onerror=alert(1)&gt;") == 5
    assert slides.count("[x](javascript:alert(1))") == 3
    assert not re.search(r"<img|<a |onerror=(?!alert\(1\)&gt;)", slides)
    assert "<title>z &lt;img" in html


def test_what_does_not_show_is_marked(tmp_path: Path) -> None:
    html = main_part(render(tmp_path, ["Tele\u202ephone\u200b\x1b[31m\n\nx"], "{{< var a.x >}}"))
    assert "<p>Tele\ufffdphone\ufffd\ufffd[31m x</p>" in html


def test_settings_inside_a_page_are_text(tiny: Build) -> None:
    html = tiny(
        "x\n\n---\ntitle: evil\ncsl: https://evil.example/x.csl\n---\n\n@nobody-not\n".replace("@", "at ")
    )
    assert '<h1 class="title">A page</h1>' in html
    assert "title: evil" in html


def test_markup_in_the_title_of_a_callout_is_refused(tiny: Build) -> None:
    html = tiny('::: {.callout-note title="a <b>b</b>"}\nx\n:::')
    assert "a &lt;b&gt;b&lt;/b&gt;" in html
    with pytest.raises(RenderError, match="raw HTML"):
        tiny('::: {.callout-note title="`<i>`{=html}"}\nx\n:::')


# --- cells


@pytest.mark.parametrize(
    "mime",
    [
        "text/html",
        "text/latex",
        "application/javascript",
        "application/vnd.jupyter.widget-view+json",
        "application/vnd.plotly.v1+json",
        "application/x-python-pickle",
        "application/octet-stream",
        "image/jpeg",
        "text/x-anything",
    ],
)
@pytest.mark.parametrize("beside", [True, False])
def test_a_cell_displays_markdown_pictures_and_text_only(tiny: Build, mime: str, beside: bool) -> None:
    data = {mime: "gASVAAAA"} | ({"text/plain": "x", "text/markdown": "x"} if beside else {})
    cell = code_cell("x", {"output_type": "display_data", "data": data, "metadata": {}})
    with pytest.raises(RenderError) as caught:
        tiny("x", notebook=[TITLE, cell], render="[page.qmd, nb.ipynb]")
    assert (caught.value.file, caught.value.construct) == ("nb.ipynb, cell 2", mime)


def test_widgets_attachments_and_raw_cells_do_nothing(tiny: Build, tmp_path: Path) -> None:
    raw = {"cell_type": "raw", "metadata": {"format": "text/html"}, "source": "<script>alert(1)</script>"}
    html = tiny("x", notebook=[TITLE, raw, prose("y")], render="[page.qmd, nb.ipynb]", want="nb.html")
    assert "alert(1)" not in html
    attached = prose("![x](attachment:a.png)") | {"attachments": {"a.png": {"image/png": PIXEL}}}
    with pytest.raises(RenderError, match="no request"):
        tiny("x", notebook=[TITLE, attached], render="[page.qmd, nb.ipynb]")
    notebook = tmp_path / "nb.ipynb"
    for content, said in (
        (
            {"cells": [], "metadata": {"widgets": {"application/vnd.jupyter.widget-state+json": {}}}},
            "widgets",
        ),
        ([], "no cells"),
        ({"cells": 1}, "no cells"),
    ):
        notebook.write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(RenderError, match=said):
            render_site(tmp_path, tmp_path / "_site")
    notebook.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(RenderError, match="not readable JSON"):
        render_site(tmp_path, tmp_path / "_site")


@pytest.mark.parametrize("label", ["fig-../../../../up", "fig-a b", "fig-a/b", "/etc/x", 'fig-a" onload="x'])
def test_a_label_is_no_path_and_no_markup(tiny: Build, tmp_path: Path, label: str) -> None:
    options = f"#| label: '{label}'\n#| fig-cap: c\n#| fig-alt: d\nx"
    with pytest.raises(RenderError, match="letters, digits and hyphens"):
        tiny("x", notebook=[TITLE, code_cell(options, shown(png=PIXEL))], render="[page.qmd, nb.ipynb]")


def test_a_picture_is_a_picture(tiny: Build) -> None:
    figure = "#| label: fig-a\n#| fig-cap: c\n#| fig-alt: d\nx"
    for data in (base64.b64encode(b"<script>").decode(), "!!", ""):
        with pytest.raises(RenderError, match="no PNG image"):
            tiny("x", notebook=[TITLE, code_cell(figure, shown(png=data))], render="[page.qmd, nb.ipynb]")
    hostile = SVG.format("<script>1</script>")
    with pytest.raises(RenderError, match="<script>"):
        tiny("x", notebook=[TITLE, code_cell(figure, shown(svg=hostile))], render="[page.qmd, nb.ipynb]")
    with pytest.raises(RenderError, match=r"i\.svg: holds a <script>"):
        tiny('![c](i.svg){#fig-a fig-alt="d"}', files={"i.svg": hostile})
    with pytest.raises(RenderError, match="not an image"):
        tiny("![c](page.qmd)")


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        "<g onload='x()'/>",
        "<s:script xmlns:s='http://www.w3.org/2000/svg'>1</s:script>",
        "<foreignObject><p>x</p></foreignObject>",
        "<a href='https://evil.example'><rect/></a>",
        "<a xlink:href='java&#10;script:x()'><rect/></a>",
        "<image href='https://evil.example/x.png'/>",
        "<use href='other.svg#x'/>",
        "<rect style='fill: url(//evil.example/x)'/>",
        "<style>@import '//evil.example/x.css';</style>",
        "<![CDATA[<x]]>",
    ],
)
def test_a_drawing_holds_nothing_that_runs_or_loads(inside: str) -> None:
    assert check_svg(SVG.format(inside).encode())
    assert check_svg(b"\xff\xfe<svg/>")
    assert check_svg(b'<!DOCTYPE svg [<!ENTITY x "y">]>' + SVG.format("").encode())


def test_a_drawing_of_our_own_is_taken() -> None:
    figure, target = Figure(), io.BytesIO()
    axes = figure.subplots()
    axes.scatter([1, 2], [1, 2], label="<script> & $x$")
    axes.imshow([[1, 2]])
    axes.legend()
    figure.savefig(target, format="svg")
    assert check_svg(target.getvalue()) == ""
    assert b"<script" not in target.getvalue()


@pytest.mark.parametrize(
    "html",
    [
        "<a href='java&#10;script:x()'>y</a>",
        "<a href='\x01javascript:x()'>y</a>",
        "<a href='file:///etc/passwd'>y</a>",
        "<svg:script>1</svg:script>",
        "<img src='//evil.example/x'>",
        "<p style='background: url(\"x.png\")'>y</p>",
        "<button formaction='javascript:x()'>y</button>",
    ],
)
def test_markup_that_hides_what_it_is(html: str) -> None:
    assert check_markup(html)
    assert check_markup('<a href="a.html#b" style="width: 3%">y</a>') == ""


# --- from a folder to a page


NOTEBOOK = """
from analysis_lib.inputs import load_appointments
from analysis_lib.tables import show_table
from analysis_lib.release import open_store

data = load_appointments("{folder}", cache=False)
store = open_store("hostile", data)
rows = data.attendance.groupby(["icb_name", "mode"], observed=True)["n_appointments"].sum().reset_index()
modes = store.save_table("modes", rows.assign(file=data.quality["file"].iloc[0]))
show_table(modes, {{"icb_name": "A", "mode": "M", "file": "F"}})
"""
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("https://evil.example","x")']


def test_from_the_input_folder_to_table_and_page(tmp_path: Path, monkeypatch) -> None:
    """Labels, codes and a file name through reading, the gate, a notebook that ran, and the page."""
    folder = tmp_path / "in"
    folder.mkdir()
    labels = [*LABELS, *FORMULAS]
    rows = [
        ("=<i>1", "2022-01", status, staff, label, lead, 1000 + i)
        for i, label in enumerate(labels)
        for status in ("Attended", "DNA", "Unknown")
        for staff in ("GP", "Other Practice staff")
        for lead in ("Same Day", "1 Day")
    ]
    name = "<img src=x> {{< var a >}}.csv"
    pd.DataFrame(rows, columns=HEADER).to_csv(folder / name, index=False)
    (doubt,) = check_folder(folder, cache=False).rejections  # of files without the usual modes
    (folder / "accept.txt").write_text(re.search(r"'(all \w+)'", doubt.remedy)[1])
    monkeypatch.setenv("REPORT_RESULTS", str(tmp_path / "results"))
    cells = [
        nbformat.v4.new_raw_cell("---\ntitle: N\n---"),
        nbformat.v4.new_code_cell("#| echo: false\n" + NOTEBOOK.format(folder=folder)),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "source.ipynb")
    execute_notebook(tmp_path / "source.ipynb", tmp_path / "nb.ipynb", tmp_path / "results")
    (tmp_path / "_quarto.yml").write_text("project:\n  render: [nb.ipynb]\n", encoding="utf-8")
    html = render_site(tmp_path, tmp_path / "_site").output.joinpath("nb.html").read_text(encoding="utf-8")
    shown = [as_read(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", html, re.DOTALL)]
    assert set(shown[0::3]) == {"=<I>1"}
    assert sorted(shown[1::3]) == sorted(labels)
    assert set(shown[2::3]) == {name}
    with (tmp_path / "results" / "tables" / "modes.csv").open(encoding="utf-8", newline="") as file:
        written = [cell for row in csv.reader(file) for cell in row]
    assert {f"'{text}" for text in [*FORMULAS, "- item", "=<I>1"]} <= set(written)
    assert not [cell for cell in written if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


# --- the policy


@pytest.mark.parametrize("name", ["index.html", "slides.html"])
def test_every_page_has_one_policy_first_in_its_head(small_site: Path, name: str) -> None:
    html = (small_site / name).read_text(encoding="utf-8")
    assert html.count("Content-Security-Policy") == 1
    (policy,) = re.findall(r'<head>\n<meta http-equiv="Content-Security-Policy" content="([^"]*)">\n', html)
    rules = {words[0]: words[1:] for words in (rule.split() for rule in policy.split("; "))}
    for closed in ("default-src", "object-src", "base-uri", "form-action"):
        assert rules[closed] == ["'none'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "file:", "data:"} & set(rules["script-src"])
    assert not re.search(r"https?:|\*|unsafe-eval|connect-src", policy)
    assert '<meta name="referrer" content="no-referrer">' in html
    assert html.index("charset") < 1024
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert {script_hash(text) for text in scripts} <= set(rules["script-src"])
    assert ("'self'" in rules["script-src"]) is (name == "index.html")


def test_the_script_of_the_speakers_view_is_read_as_the_browser_reads_it() -> None:
    text = speaker_script(read_reveal("plugin/notes/notes.js"))
    assert text.strip().startswith("(function() {")
    assert text.strip().endswith("})();")
    assert "\\n\\t" not in text
    with pytest.raises(RenderError, match="speaker view"):
        speaker_script("nothing")
