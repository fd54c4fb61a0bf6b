"""Each element of the dialect gives the right HTML."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from cells import PIXEL, TITLE, code_cell, shown  # noqa: E402

Build = Callable[..., str]
FIGURE = code_cell("#| label: fig-a\n#| fig-cap: A cap\n#| fig-alt: An alt\nplot()", shown(png=PIXEL))


def body(html: str) -> str:
    """Main part of a page."""
    return html.split('id="quarto-document-content"', 1)[1].split("</main>")[0]


def flat(html: str) -> str:
    return re.sub(r"\s+", " ", html)


def test_variables_in_text_attributes_and_titles(tiny: Build) -> None:
    html = tiny(
        '::: {#fig-x fig-alt="n is {{< var a.n >}}"}\n![](i.svg)\n\nCap {{< var a.n >}}\n:::\n\n'
        "Text {{< var a.n >}}.",
        front="title: Of {{< var a.n >}}",
        files={"i.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"},
    )
    assert "<p>Text 1,234.</p>" in html
    assert 'alt="n is 1,234"' in html
    assert "Cap 1,234" in html
    assert '<h1 class="title">Of 1,234</h1>' in html
    assert "<title>Of 1,234 – Site</title>" in html


def test_a_value_from_data_is_escaped(tiny: Build) -> None:
    html = tiny("Text {{< var a.bad >}}.")
    assert "&lt;script&gt;x&lt;/script&gt;" in body(html)
    assert "<script>x" not in html


def test_meta_and_include(tiny: Build) -> None:
    html = tiny("{{< include _part.md >}}", files={"_part.md": "From {{< meta title >}}."})
    assert "<p>From A page.</p>" in html


@pytest.mark.parametrize("kind", ["note", "tip", "warning", "important", "caution"])
def test_callout(tiny: Build, kind: str) -> None:
    html = flat(tiny(f"::: {{.callout-{kind}}}\n## The head\nThe *body*.\n:::"))
    assert f'<div class="callout callout-{kind}" role="note">' in html
    assert re.search(r'class="callout-title-container"> ?The head ?</span>', html)
    assert "The <em>body</em>." in html
    assert "<h2" not in body(html)  # its title is no heading of the page


def test_callout_without_title_is_named_by_its_kind(tiny: Build) -> None:
    assert "Important" in body(tiny("::: {.callout-important}\nx\n:::"))


@pytest.mark.parametrize(("value", "opened"), [("true", False), ("false", True)])
def test_callout_collapses(tiny: Build, value: str, opened: bool) -> None:
    html = tiny(f'::: {{.callout-note collapse="{value}" title="More"}}\nx\n:::')
    assert ('<details class="callout callout-note" open>' in html) is opened
    assert ('<details class="callout callout-note">' in html) is not opened
    assert '<summary class="callout-header">' in html


def test_tabset(tiny: Build) -> None:
    html = tiny("::: {.panel-tabset}\n### One\nfirst\n\n### Two\nsecond\n:::")
    assert html.count('role="tab"') == 2
    assert html.count('role="tabpanel"') == 2
    assert 'id="tabset-1-1-tab" aria-controls="tabset-1-1" aria-selected="true"' in html
    assert 'aria-controls="tabset-1-2" aria-selected="false" tabindex="-1"' in html
    assert 'class="tab-pane active" role="tabpanel" id="tabset-1-1" aria-labelledby="tabset-1-1-tab"' in html


def test_columns_margin_and_footnotes(tiny: Build) -> None:
    html = tiny(
        ':::: {.columns}\n::: {.column width="40%"}\nleft\n:::\n::::\n\n'
        "::: {.column-margin}\naside\n:::\n\nText.[^1]\n\n[^1]: The note."
    )
    assert '<div class="column" style="width:40%;">' in html
    assert '<div class="column-margin" role="note">' in html
    assert 'id="fnref1"' in html
    assert 'id="fn1"><p>The note.' in html


def test_cross_references_count_by_kind_in_order(tiny: Build) -> None:
    html = flat(
        tiny(
            "See @fig-b, [@tbl-t], @sec-s, @eq-e, @sec-sub and -@fig-a; [@fig-a; @fig-b].\n\n"
            '## One {#sec-s}\n\n![A](i.svg){#fig-a fig-alt="a"}\n\n![B](i.svg){#fig-b fig-alt="b"}\n\n'
            "### Sub {#sec-sub}\n\n| x |\n|---|\n| 1 |\n\n: Cap {#tbl-t}\n\n$$ a = b $$ {#eq-e}\n",
            files={"i.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"},
        )
    )
    nbsp = "\u00a0"
    for anchor, text in [
        ("fig-b", f"Figure{nbsp}2"),
        ("tbl-t", f"Table{nbsp}1"),
        ("sec-s", f"Section{nbsp}1"),
        ("eq-e", f"Equation{nbsp}1"),
        ("sec-sub", f"Section{nbsp}1.1"),
        ("fig-a", "1"),
    ]:
        assert f'<a href="#{anchor}" class="quarto-xref">{text}</a>' in html.replace("&nbsp;", nbsp).replace(
            " ", " "
        ) or f'<a href="#{anchor}" class="quarto-xref">{text}</a>'.replace(nbsp, " ") in html.replace(
            nbsp, " "
        )
    assert html.replace(nbsp, " ").count("Figure 1") == 2  # the group and the caption
    assert 'id="eq-e"' in html
    assert '<span class="eq-number">(1)</span>' in html
    assert "<math" in html


def test_figure_has_alt_and_caption_below(tiny: Build) -> None:
    html = flat(
        tiny(
            '![Cap](i.svg){#fig-a fig-alt="Seen"}',
            files={"i.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>"},
        )
    )
    assert re.search(
        r'<figure class="quarto-float figure" id="fig-a"> ?<img src="i.svg" alt="Seen" /> ?<figcaption', html
    )


def test_table_has_caption_inside_and_scopes(tiny: Build) -> None:
    html = flat(tiny("| x | y |\n|---|--:|\n| 1 | 2 |\n\n: Cap {#tbl-t}")).replace("\u00a0", " ")
    assert re.search(r'<div class="table-scroll"><table [^>]*id="tbl-t"', html) or re.search(
        r'<div class="table-scroll"><table id="tbl-t"', html
    )
    assert re.search(
        r"<caption><p><span class=\"float-number\">Table 1:</span> Cap</p></caption>", html
    ) or re.search(r"<caption><span class=\"float-number\">Table 1:</span> Cap</caption>", html)
    assert html.count('<th scope="col"') == 2


def test_citation_and_references(tiny: Build) -> None:
    bib = "@book{k1, author={Ann Author}, title={A Book}, year={2001}, publisher={P}}"
    html = tiny("As shown [@k1, p. 3].", front="title: A page\nbibliography: r.bib", files={"r.bib": bib})
    assert 'href="#ref-k1"' in html
    assert 'id="ref-k1"' in html
    assert '<h2 id="references"' in html


def test_code_is_coloured_when_built(tiny: Build) -> None:
    html = tiny("```python\nimport this  # why\n```")
    assert '<span class="im">import</span>' in html
    assert '<span class="co"># why</span>' in html


def test_notebook_cells(tiny: Build) -> None:
    html = flat(
        tiny(
            "x",
            notebook=[
                TITLE,
                code_cell("#| include: false\nsecret()"),
                code_cell("#| echo: false\nhidden_code()", shown(text="shown result")),
                code_cell("#| output: false\nshown_code()", shown(text="hidden result")),
                code_cell("#| code-fold: true\n#| code-summary: Look\nfolded()"),
                code_cell("#| code-fold: show\nopened()"),
                code_cell(
                    "stream()",
                    {"output_type": "stream", "name": "stderr", "text": "a <b> \x1b[31mred\x1b[0m"},
                ),
                code_cell("md()", shown(markdown="**bold**", text="no")),
            ],
            render="[page.qmd, nb.ipynb]",
            want="nb.html",
        )
    )
    assert "secret" not in html
    assert "hidden_code" not in html
    assert "shown result" in html
    assert "shown_code" in html
    assert "hidden result" not in html
    assert '<details class="code-fold"><summary>Look</summary>' in html
    assert '<details class="code-fold" open><summary>Code</summary>' in html
    assert "a &lt;b&gt; red</code>" in html
    assert "<strong>bold</strong>" in html
    assert ">no<" not in html


def test_embed_shows_the_output_and_not_the_code(tiny: Build, tmp_path: Path) -> None:
    html = flat(tiny("See @fig-a.\n\n{{< embed nb.ipynb#fig-a >}}", notebook=[TITLE, FIGURE]))
    assert '<figure class="quarto-float figure" id="fig-a">' in html
    assert 'src="nb_files/figure-html/fig-a-1.png" alt="An alt" width="1" height="1"' in html
    assert "plot()" not in html
    assert (tmp_path / "_site" / "nb_files" / "figure-html" / "fig-a-1.png").is_file()


def test_markdown_table_of_a_cell_is_numbered(tiny: Build) -> None:
    # The only form: HTML output would make Quarto load two scripts from the web
    table = "| Mode | n |\n|:--|--:|\n| Telephone | 5 |"
    cell = code_cell("#| label: tbl-a\n#| tbl-cap: By mode\nshow()", shown(markdown=table))
    html = flat(tiny("{{< embed nb.ipynb#tbl-a >}}\n\nSee @tbl-a.", notebook=[TITLE, cell]))
    assert 'class="quarto-float table-figure" id="tbl-a"' in html
    assert re.search(r"<caption> ?<span class=\"float-number\">Table.1:</span> By mode ?</caption>", html)
    assert '<th scope="col" style="text-align: left;">Mode</th>' in html


def test_links_to_pages_become_links_to_html(tiny: Build) -> None:
    html = tiny(
        "[b](b.qmd#sec-x) [root](/b.qmd) [file](t.csv)",
        files={"b.qmd": "---\ntitle: B\n---\n\n## X {#sec-x}\n", "t.csv": "a\n1\n"},
        render="[page.qmd, b.qmd]",
    )
    assert '<a href="b.html#sec-x">b</a>' in html
    assert '<a href="b.html">root</a>' in html
    assert '<a href="t.csv">file</a>' in html
