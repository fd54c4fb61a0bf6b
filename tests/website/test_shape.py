# ruff: noqa: E501
"""Pages, navigation and conditions follow from what there is; text with a hole in it is refused."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from pathlib import Path

import nbformat
import pytest
import yaml

import analysis_lib
from analysis_lib.release.facts import NO_FACT
from website import notebooks, shape
from website.render.errors import RenderError
from website.render.shortcodes import Shortcodes
from website.render.source import Line
from website.scan import scan_site
from website.shape import There, keep_what_is_there, split_blocks

FAILURES = {
    "LeakageError",
    "UntrustedModel",
    "NotAdditive",
    "NotReleasable",
    "_NotReleased",
}  # faults of code, not of inputs
HAS = {"has": {"missed": {"rate": True, "fig-lead": True}}}


def expand(text: str) -> str:
    codes = Shortcodes(Path(), {"missed": {"rate": "4%"}}, HAS, lambda *_: [])
    lines = [Line(line, "page.qmd", n) for n, line in enumerate(text.split("\n"), 1)]
    return "\n".join(line.text for line in codes.expand(lines))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('::: {.content-visible when-meta="has.missed.rate"}\na\n:::', "a"),
        ('::: {.content-visible when-meta="has.missed.gone"}\na\n:::', ""),
        ('::: {.content-visible unless-meta="has.missed.gone"}\na\n:::', "a"),
        ('::: {.content-hidden when-meta="has.missed.rate"}\na\n:::', ""),
        ('::: {.content-hidden unless-meta="has.missed.rate"}\na\n:::', "a"),
        ('::: {.content-visible when-meta="has.tweets.any"}\n:::: {.note}\na\n::::\n{{< var no.fact >}}\n:::\nb', "b"),
        (':::: {.note}\n::: {.content-visible when-meta="has.missed.fig-lead"}\na\n:::\n::::', ":::: {.note}\na\n::::"),
        ('- [{{< var missed.rate >}}]{.content-visible when-meta="has.missed.rate"}\n- [x]{.content-visible when-meta="has.a.b"}', "- 4%"),
        ('1. [a [b](c.md)]{.content-visible when-meta="has.missed.rate"}', "1. a [b](c.md)"),
        ('```\n::: {.content-visible when-meta="has.a.b"}\n```', '```\n::: {.content-visible when-meta="has.a.b"}\n```'),
    ],
)  # fmt: skip
def test_conditions_hide_and_show(text, shown):
    assert expand(text) == shown


def test_a_condition_that_quarto_would_read_otherwise_is_refused():
    with pytest.raises(RenderError, match="content-visible"):
        expand('::: {.content-visible when-format="html"}\na\n:::')


@pytest.mark.parametrize(
    ("block", "kept"),
    [
        ("A is {{< var s.a >}}. B is {{< var s.b >}}. C.", "A is {{< var s.a >}}. C."),
        ("**Lead.** {{< var s.b >}}.", ""),
        ("{{< var s.b >}}\n[No. Not so.]{.content-visible unless-meta=\"has.s.b\"}", "[No. Not so.]{.content-visible unless-meta=\"has.s.b\"}"),
        ("See [x](../results/tables/x.csv). See [y](../results/tables/y.csv).", "See [x](../results/tables/x.csv)."),
        ("- a\n- {{< var s.b >}}\n  and more\n- c", "- a\n- c"),
    ],
)  # fmt: skip
def test_only_what_is_there_is_spoken_of(block, kept):
    assert keep_what_is_there(block, There(frozenset({"s.a"}), frozenset({"x"}))) == kept


def test_blocks_are_split_at_empty_lines_outside_fences():
    assert split_blocks("a\nb\n\n```\nc\n\nd\n```\n\n\ne") == ["a\nb", "```\nc\n\nd\n```", "e"]


@pytest.fixture
def project(tmp_path):
    """A project of three pages and a notebook, with the facts of one store."""
    for name, needs in {
        "index": "",
        "report/card": "needs: all\n",
        "report/more": "needs: card.qmd\n",
    }.items():
        page = tmp_path / f"{name}.qmd"
        page.parent.mkdir(exist_ok=True)
        page.write_text(f"---\ntitle: A\n{needs}---\n{{{{< var demo.rate >}}}} {{{{< var demo.gone >}}}}\n")
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_raw_cell("---\ntitle: B\nneeds: [demo.gone]\n---")]
    )
    (tmp_path / "notebooks").mkdir()
    nbformat.write(book, tmp_path / "notebooks" / "01_b.ipynb")
    links = [{"href": "index.qmd"}, {"section": "S", "contents": [{"href": "report/notebooks/01_b.ipynb"}]}]
    settings = {"report-navigation": {"navbar": [{"href": "report/card.qmd"}], "sidebar": links}}
    (tmp_path / "_quarto.yml").write_text(yaml.safe_dump(settings))
    return tmp_path


def save(project, **facts):
    path = project / "results" / "facts" / "demo.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = {name: {"text": text} for name, text in facts.items()}
    path.write_text(json.dumps({"facts": entries, "tables": {}}))
    return shape.describe(project, project / "results")


def test_pages_without_what_they_need_are_in_no_list(project):
    settings = save(project, rate="4%", empty=" ", unknown="not known")
    assert settings["has"]["demo"] == {"rate": True}
    assert settings["project"]["render"] == [
        "!report/card.qmd", "!report/more.qmd", "!report/notebooks/01_b.ipynb",
    ]  # fmt: skip
    assert settings["website"] == {
        "navbar": {"left": []},
        "sidebar": {"contents": [{"href": "index.qmd"}]},
    }


def test_pages_with_what_they_need_are_listed(project):
    settings = save(project, rate="4%", gone="not known")  # told, if not known: the card says so
    assert settings["project"]["render"] == ["!report/notebooks/01_b.ipynb"]
    assert settings["website"]["navbar"]["left"] == [{"href": "report/card.qmd"}]


def test_a_fact_that_no_inputs_would_give_is_named_with_its_page_and_the_nearest(project):
    (project / "report" / "sentences").mkdir()
    sentences = project / "report" / "sentences" / "demo.txt"
    sentences.write_text("[a]\ncaption: {{ rate }}\nrate: 4%\n\n[b]\ngone: not said of these inputs\n")
    saved = {"demo": {"rate": "4%", "of_code": "x"}, "run": {}}
    page = project / "report" / "_part.md"
    page.write_text("{{< var demo.of_code >}} {{< var run.tweets >}}\n")
    shape.refuse_misspelt(project, saved)
    page.write_text("{{< var run.tweets >}}\n")
    shape.refuse_misspelt(project, {"demo": {}})  # its sections were left out
    page.write_text("One.\n{{< var demo.rat >}}, {{< var demo.zzz >}}\n")
    shape.refuse_misspelt(project, {"run": {}})  # and so was the notebook
    with pytest.raises(shape.PageError) as caught:
        shape.refuse_misspelt(project, saved)
    assert str(caught.value).splitlines() == [
        "report/_part.md, line 2: no notebook saves demo.rat; perhaps demo.rate is meant.",
        "report/_part.md, line 2: no notebook saves demo.zzz.",
    ]
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell('report = open_report("demo", x)\nreport.store.save_facts(of_inputs)')
        ]
    )
    nbformat.write(book, project / "notebooks" / "02_c.ipynb")
    shape.refuse_misspelt(project, saved)  # what code saves hangs on the inputs
    (project / "notebooks" / "02_c.ipynb").unlink()
    sentences.unlink()
    shape.refuse_misspelt(project, saved)


def test_a_page_with_a_hole_is_not_published(tmp_path):
    (tmp_path / "index.html").write_text(
        f"<!doctype html><html lang='en'><p>The rate is {NO_FACT}.</p></html>"
    )
    assert [f.kind for f in scan_site(tmp_path)] == ["sentence with a number that these inputs do not have"]


def test_every_reason_of_the_analyses_is_known_to_the_notebooks():
    """An exception that is forgotten here would stop the whole report for one section."""
    raised = set()
    for room in ("measures", "models", "queries", "charts"):
        package = importlib.import_module(f"analysis_lib.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            found = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
            raised |= {
                name
                for name, kind in found
                if issubclass(kind, Exception) and kind.__module__.startswith(analysis_lib.__name__)
            }
    assert raised - FAILURES - {"InputError"} <= {notebooks.ABSENT, *notebooks.CANNOT}
