"""What inputs do not allow is said in words, and only then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis_lib.publish.absent import MARK, NO_FACT, fill_absent

TABLE = "month,n\n2022-01,5\n"
PAGE = (
    "{{< var missed.rate >}} of [rates](results/tables/rates.csv), {{<var missed.gone>}} and "
    "{{< var other.gone >}}: [gone](../results/tables/gone.csv)\n"
)


class Project:
    """A project with one page, and notebooks of one cell."""

    def __init__(self, root: Path) -> None:
        self.root, self.results = root, root / "results"
        self.tables = self.results / "tables"
        self.tables.mkdir(parents=True)
        (root / "report" / "notebooks").mkdir(parents=True)
        self.page("index.qmd", PAGE)
        self.table("rates", TABLE)

    def page(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def table(self, name: str, text: str) -> Path:
        path = self.tables / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        return path

    def notebook(self, name: str, *, marked: bool, text: str = "", kind: str = "markdown") -> None:
        """Write an executed notebook; `marked` if it lacked an input."""
        metadata = {MARK: ["fig-a"]} if marked else {}
        cell = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
        content = {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        path = self.root / "report" / "notebooks" / name
        path.write_text(json.dumps(content), encoding="utf-8")

    def fill(self) -> dict[str, dict[str, str]]:
        """Fill; return what the pages quote after it."""
        variables = {"missed": {"rate": "4.2%", "unquoted": "7"}}
        fill_absent(self.root, self.results, variables)
        return variables

    def names(self) -> list[str]:
        return sorted(path.name for path in self.tables.iterdir())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize("notebooks", [0, 2])
def test_nothing_is_filled_without_a_mark(project, notebooks):
    for n in range(notebooks):
        project.notebook(f"{n}.ipynb", marked=False)
    assert project.fill() == {"missed": {"rate": "4.2%", "unquoted": "7"}}
    assert project.names() == ["rates.csv"]


def test_an_empty_mark_is_none(project):
    project.notebook("a.ipynb", marked=True)
    path = project.root / "report" / "notebooks" / "a.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["metadata"][MARK] = []
    path.write_text(json.dumps(content), encoding="utf-8")
    assert project.fill() == {"missed": {"rate": "4.2%", "unquoted": "7"}}


def test_facts_and_tables_that_a_page_quotes_are_filled(project):
    project.notebook("a.ipynb", marked=False)
    project.notebook("b.ipynb", marked=True)
    assert project.fill() == {
        "missed": {"rate": "4.2%", "unquoted": "7", "gone": "not available from these inputs"},
        "other": {"gone": "not available from these inputs"},
    }
    assert project.names() == ["gone.csv", "rates.csv"]
    assert (project.tables / "gone.csv").read_text(encoding="utf-8") == (
        "note\nnot available from these inputs\n"
    )


def test_pages_of_the_report_and_the_prose_of_notebooks_count(project):
    project.page("report/methods.qmd", "{{< var methods.a >}} [x](../results/tables/x.csv)")
    project.notebook("a.ipynb", marked=True, text="One\n{{< var book.b >}} [y](../../results/tables/y.csv)")
    project.notebook("b.ipynb", marked=False, text='"{{< var code.c >}} results/tables/z.csv"', kind="code")
    variables = project.fill()
    assert variables["methods"] == {"a": NO_FACT}
    assert variables["book"] == {"b": NO_FACT}
    assert "code" not in variables
    assert project.names() == ["gone.csv", "rates.csv", "x.csv", "y.csv"]


def test_placeholders_go_when_the_inputs_are_there_again(project):
    project.notebook("a.ipynb", marked=True)
    project.fill()
    assert "gone.csv" in project.names()
    project.notebook("a.ipynb", marked=False)
    assert project.fill() == {"missed": {"rate": "4.2%", "unquoted": "7"}}
    assert project.names() == ["rates.csv"]


def test_placeholders_that_no_page_quotes_any_more_go_too(project):
    project.notebook("a.ipynb", marked=True)
    project.fill()
    project.page("index.qmd", "[rates](results/tables/rates.csv)")
    project.fill()
    assert project.names() == ["rates.csv"]


@pytest.mark.parametrize("marked", [True, False])
def test_a_real_table_is_never_touched(project, marked):
    project.notebook("a.ipynb", marked=marked)
    placeholder = f"note\n{NO_FACT}\n"
    texts = {
        "rates": TABLE,
        "gone": f"{placeholder}5\n",  # begins like one
        "alike": placeholder.replace("note", "NOTE"),  # as long as one
        "empty": "",
    }
    for name, text in texts.items():
        project.table(name, text)
    project.fill()
    assert project.names() == ["alike.csv", "empty.csv", "gone.csv", "rates.csv"]
    for name, text in texts.items():
        assert (project.tables / f"{name}.csv").read_text(encoding="utf-8") == text


def test_a_project_without_tables_or_notebooks(tmp_path):
    variables: dict[str, dict[str, str]] = {}
    fill_absent(tmp_path, tmp_path / "results", variables)
    assert variables == {}
