"""Each broken construct stops the build with file, line and construct."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from website.render import RenderError

sys.path.insert(0, str(Path(__file__).parent))
from cells import PIXEL, TITLE, code_cell, shown  # noqa: E402

Build = Callable[..., str]
DECK = "title: A deck\nformat:\n  revealjs:\n    slide-number: true"


# The body starts on line 5 of the page: three lines of front matter and an empty one
@pytest.mark.parametrize(
    ("body", "line", "construct", "says"),
    [
        ("{{< var a.none >}}", 5, "{{< var a.none >}}", "_variables.yml"),
        ("x\n\n{{< var a >}}", 7, "{{< var a >}}", "_variables.yml"),
        ("{{< meta nothing >}}", 5, "{{< meta nothing >}}", "front matter"),
        ("{{< video x.mp4 >}}", 5, "{{< video x.mp4 >}}", "unknown shortcode"),
        ("text {{< include x.md >}}", 5, "{{< include x.md >}}", "alone"),
        ("{{< include none.md >}}", 5, "{{< include none.md >}}", "no such file"),
        ("{{< embed none.ipynb#fig-a >}}", 5, "none.ipynb#fig-a", "no such notebook"),
        ("{{< embed nb.ipynb#fig-none >}}", 5, "{{< embed nb.ipynb#fig-none >}}", "no cell"),
        (
            "{{< embed nb.ipynb#fig-a echo=true >}}",
            5,
            "{{< embed nb.ipynb#fig-a echo=true >}}",
            "no other options",
        ),
        ("`{{< var a.n >}}`", 5, "{{< var a.n >}}", "inside code"),
        ("x\n\nSee @fig-none.", 7, "@fig-none", "no such label"),
        ("See @tbl-none.", 5, "@tbl-none", "no such label"),
        ("See @sec-none.", 5, "@sec-none", "no such label"),
        ("See @eq-none.", 5, "@eq-none", "no such label"),
        ("## A {#sec-a}\n\n## B {#sec-a}", 7, "sec-a", "duplicate"),
        ("## A {#same}\n\n## B {#same}", 7, "same", "duplicate label, first in page.qmd:5"),
        ("```{python}\n1 + 1\n```", 5, "```{python}", "execution is off"),
        ("```{mermaid}\nx\n```", 5, "```{mermaid}", "not in the dialect"),
        ("```{=html}\n<b>x</b>\n```", 5, "```{=html}", "not in the dialect"),
        ('x\n\n<div class="z">\ny\n</div>', 7, '<div class="z">', "raw HTML"),
        ("a <b>bold</b> word", 5, "<b>", "raw HTML"),
        ("::: {.grid}\nx\n:::", 5, "grid", "not in the dialect"),
        ('::: {.callout-note layout="x"}\nx\n:::', 5, "layout", "not in the dialect"),
        ('::: {.callout-note collapse="maybe"}\nx\n:::', 5, "collapse", "true or false"),
        ("[x]{.mystery}", 5, "mystery", "not in the dialect"),
        ("## Head {.unknown}", 5, "unknown", "not in the dialect"),
        ('## Head {background-color="red"}', 5, "background-color", "not in the dialect"),
        (
            "::: {.panel-tabset}\n## A\n::: {.panel-tabset}\n### B\nx\n:::\n:::",
            5,
            "panel-tabset",
            "one level",
        ),
        ("::: {.panel-tabset}\n## A\n{{< embed nb.ipynb#fig-a >}}\n:::", 0, "embed", "lost by Quarto"),
        ("![Cap](i.svg){#fig-a}", 5, "fig-a", "fig-alt"),
        ("::: {#tbl-t}\n| x |\n|---|\n| 1 |\n:::", 5, "tbl-t", "caption"),
        ("[x](none.qmd)", 5, "none.qmd", "broken link"),
        ("[x](#nowhere)", 5, "#nowhere", "no such anchor"),
        ("[x](javascript:alert(1))", 5, "javascript:alert(1)", "not an address"),
        ("[x](../outside.csv)", 5, "../outside.csv", "outside the project"),
        ("![x](https://example.org/a.png)", 5, "https://example.org/a.png", "no request"),
        ("# Second title", 5, "Second title", "##"),
        ("## Two\n\n#### Four", 7, "Four", "jumps"),
        ("text\n## Head", 6, "## Head", "empty line above"),
        ("::: {.callout-note}\nnever closed", 5, "::: {.callout-note}", "unclosed"),
    ],
)
def test_broken_page(tiny: Build, body: str, line: int, construct: str, says: str) -> None:
    figure = code_cell("#| label: fig-a\n#| fig-cap: A cap\n#| fig-alt: An alt\nplot()", shown(png=PIXEL))
    files = {"i.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"}
    with pytest.raises(RenderError) as caught:
        tiny(body, notebook=[TITLE, figure], files=files)
    error = caught.value
    assert says.lower() in str(error).lower()
    assert error.file == "page.qmd"
    assert error.construct == construct
    if line:
        assert error.line == line


@pytest.mark.parametrize(
    ("cell", "construct", "says"),
    [
        (code_cell("x = 1", run=None), "", "not been run"),
        (code_cell("#| eval: false\nx = 1"), "eval", "unknown cell option"),
        (code_cell("#| label: 'x\nx = 1"), "label: 'x", "not valid YAML"),
        (
            code_cell("x", {"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}),
            "",
            "failed",
        ),
        (code_cell("x", shown(js="alert(1)")), "application/javascript", "do not take"),
        (code_cell("x", shown(html="<p>y</p>", text="y")), "text/html", "do not take"),
        (code_cell("x", shown(png=PIXEL)), "", "fig-alt"),
        (code_cell("#| label: fig-a\n#| fig-cap: c\nx", shown(png=PIXEL)), "fig-a", "fig-alt"),
        (code_cell("#| label: fig-a\n#| fig-alt: c\nx", shown(png=PIXEL)), "fig-a", "fig-cap"),
        (
            code_cell("#| label: fig-a\n#| fig-cap: c\n#| fig-alt: d\nx", shown(text="no image")),
            "fig-a",
            "one image",
        ),
        (code_cell("x", shown(markdown="## A heading")), "A heading", "heading printed"),
        (code_cell("#| output: maybe\nx"), "output: maybe", "true, false or asis"),
        (code_cell("#| code-fold: maybe\nx"), "code-fold: maybe", "true, false or show"),
    ],
)
def test_broken_cell(tiny: Build, cell: dict, construct: str, says: str) -> None:
    with pytest.raises(RenderError) as caught:
        tiny("x", notebook=[TITLE, cell], render="[page.qmd, nb.ipynb]")
    assert says in str(caught.value)
    assert caught.value.file.startswith("nb.ipynb")
    assert caught.value.construct == construct


def test_duplicate_label_in_a_notebook_names_both_cells(tiny: Build) -> None:
    cells = [TITLE, code_cell("#| label: a\n1"), code_cell("#| label: a\n2")]
    with pytest.raises(
        RenderError, match=r"nb\.ipynb, cell 3: `a` duplicate label, first in nb\.ipynb, cell 2"
    ):
        tiny("x", notebook=cells, render="[page.qmd, nb.ipynb]")


def test_missing_citation_names_the_key(tiny: Build) -> None:
    with pytest.raises(RenderError, match=r"page\.qmd:6: `@nobody` no such entry"):
        tiny("As in [@nobody].", front="title: A page\nbibliography: r.bib", files={"r.bib": ""})


def test_citation_without_a_bibliography_is_an_error(tiny: Build) -> None:
    with pytest.raises(RenderError, match="nobody"):
        tiny("As in [@nobody].")


def test_missing_page_of_the_render_list(tiny: Build) -> None:
    with pytest.raises(RenderError, match=r"gone\.qmd: page is missing"):
        tiny("x", render="[page.qmd, gone.qmd]")


def test_missing_page_of_the_navigation(tmp_path: Path) -> None:
    from website.render import render_site

    (tmp_path / "_quarto.yml").write_text(
        "project:\n  render: [a.qmd]\nwebsite:\n  navbar:\n    left: [gone.qmd]\n", encoding="utf-8"
    )
    (tmp_path / "a.qmd").write_text("---\ntitle: A\n---\n", encoding="utf-8")
    with pytest.raises(RenderError, match=r"_quarto\.yml: `gone\.qmd` page is missing"):
        render_site(tmp_path, tmp_path / "_site")


@pytest.mark.parametrize(
    ("front", "construct"),
    [
        ("title: A\nlisting: x", "listing"),
        ("title: A\nexecute:\n  cache: true", "execute.cache"),
        ("subtitle: x", "title"),
    ],
)
def test_front_matter_outside_the_dialect(tiny: Build, front: str, construct: str) -> None:
    with pytest.raises(RenderError) as caught:
        tiny("x", front=front)
    assert caught.value.construct == construct


def test_unknown_project_setting(tmp_path: Path) -> None:
    from website.render import render_site

    (tmp_path / "_quarto.yml").write_text(
        "project:\n  render: [a.qmd]\nwebsite:\n  comments: yes\n", encoding="utf-8"
    )
    with pytest.raises(RenderError, match=r"website\.comments"):
        render_site(tmp_path, tmp_path / "_site")


def test_callout_in_slides_is_an_error(tiny: Build) -> None:
    with pytest.raises(RenderError, match="callout-note"):
        tiny("## S\n\n::: {.callout-note}\nx\n:::", front=DECK)


def test_error_in_an_included_file_names_that_file(tiny: Build) -> None:
    with pytest.raises(RenderError) as caught:
        tiny("{{< include _part.md >}}", files={"_part.md": "one\n\nSee @fig-none.\n"})
    assert (caught.value.file, caught.value.line) == ("_part.md", 3)


def test_a_failed_build_leaves_the_previous_site_whole(tiny: Build, tmp_path: Path) -> None:
    before = tiny("Good.")
    with pytest.raises(RenderError):
        tiny("See @fig-none.")
    assert (tmp_path / "_site" / "page.html").read_text(encoding="utf-8") == before


def test_the_project_itself_is_never_replaced(tmp_path: Path) -> None:
    from website.render import render_site

    with pytest.raises(RenderError, match="replace the project"):
        render_site(tmp_path, tmp_path)
