"""Every sentence word for word, in every branch of its template; and the files of sentences themselves."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pandas as pd
import pytest
from case import FOLDER, Case, find_branches_not_taken

from analysis_lib import sentences
from analysis_lib.inputs import AbsentInput

ROOT = FOLDER.parents[1]
FILES = sorted(FOLDER.glob("*.txt"))
#: A file without a branch needs none.
MODULES = [f"cases_{file.stem}" for file in FILES if importlib.util.find_spec(f"cases_{file.stem}")]
CASES: list[Case] = [case for module in MODULES for case in importlib.import_module(module).CASES]
OF_FIGURES = {"caption", "alt"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.place)
def test_what_is_said(case):
    assert case.fill(sentences._prepare(FOLDER / sentences.SHARED, 0.0)) == case.expected


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_branch_has_a_case(file):
    assert find_branches_not_taken(file, CASES) == [], f"Write them into cases_{file.stem}.py."


def quoting() -> str:
    """Everything that may quote a fact: pages, notebooks, the website, and the navigation."""
    patterns = ("*.qmd", "_quarto.yml", "notebooks/**/*.ipynb", "report/**/*.qmd", "report/**/*.md")
    patterns += ("areas/**/*.qmd", "website/**/*.py")
    return "\n".join(path.read_text(encoding="utf-8") for p in patterns for path in ROOT.glob(p))


@pytest.mark.parametrize("file", [f for f in FILES if f.name != sentences.SHARED], ids=lambda f: f.name)
def test_every_fact_is_quoted(file):
    text, sections = quoting(), sentences.read_sections(file)
    templates = "\n".join(t for s in sections.values() for t in [s.statements, *s.entries.values()])
    facts = {name for section in sections.values() for name in section.entries} - OF_FIGURES
    assert {
        name
        for name in facts
        if not re.search(rf"\b{file.stem}\.{name}\b", text) and not re.search(rf"\b{name}\b", templates)
    } == set()


def test_every_macro_is_used():
    text = "\n".join(file.read_text(encoding="utf-8") for file in FILES)
    macros = re.findall(r"\{% macro (\w+)", (FOLDER / sentences.SHARED).read_text(encoding="utf-8"))
    assert [name for name in macros if len(re.findall(rf"\b{name}\(", text)) < 2] == []


def test_the_case_of_contributing_holds(tmp_path, monkeypatch):
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^```\n(\[fig-.*?)^```", text, re.S | re.M)
    (code,) = re.findall(r"^```python\n(Case\(.*?)^```", text, re.S | re.M)
    (tmp_path / "missed.txt").write_text(section)
    monkeypatch.setattr("case.FOLDER", tmp_path)
    case = eval(code, {"Case": Case, "pd": pd})
    assert case.fill(sentences._prepare(FOLDER / sentences.SHARED, 0.0)) == case.expected


def test_a_branch_without_a_case_would_be_found(tmp_path: Path):
    file = tmp_path / "mine.txt"
    file.write_text(
        "[a]\nn_is:\n  {% if n %}\n  a\n  {% elif m %}\n  b\n  {% endif %}\nwho: {{ 'a' if n else 'b' }}\n"
    )
    assert len(find_branches_not_taken(file, [])) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("answer: too early\n", "line 1"),
        ("[a]\nanswer: one\nanswer: two\n", "line 3"),
        ("[a]\nanswer: one\n{% set late = 1 %}\n", "line 3"),
        ("[a]\n[a]\n", "line 2"),
        ("[b]\nanswer: one\n", r"no section \[a\]"),
        ("[a]\nanswer: {{ n | rat }}\n", "a.*answer.*rat"),
        ("[a]\nanswer: {{ total }}\n", "a.*answer.*total"),
        ("[a]\nanswer: {% if n %}\n", "a.*answer"),
        ("[a]\nanswer: {{ 1 / 0 }}\n", r"\[a\], answer: division by zero \(ZeroDivisionError\)"),
        (
            "[a]\nrate: {{ 0.04 | rate }}\nanswer: {{ 1 / rate }}\n",
            "answer: unsupported .*compute with the value",
        ),
        ("[a]\nanswer: {{ rows.dropna(subset=['dna']) }}\n", r"answer: there is no dna in what was given"),
        ("[a]\n{% set m = 'x' | number %}\nanswer: {{ m }}\n", r"its statements: .*Error"),
        ("[a]\nn: {{ n + 1 }} things\n", "n: 'n' is also a value that was given"),
        ("[a]\n{% set m = n %}\nm: About {{ m }}\n", "m: 'm' is also a value"),
        ("[a]\npair: {{ n | count }}\n", "pair: .* a function"),
    ],
)
def test_a_file_that_cannot_be_read_or_filled_says_where(tmp_path, text, said):
    file = tmp_path / "mine.txt"
    file.write_text(text)
    with pytest.raises(sentences.SentenceError, match=rf"mine.txt.*{said}"):
        sentences.fill_section(file, "a", {"n": 1, "rows": pd.DataFrame({"x": [1]})}, {})


def test_what_cannot_be_computed_says_so_itself(tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("[a]\nanswer: {{ need() }}\n")

    def need():
        raise AbsentInput("No duration file.")

    with pytest.raises(AbsentInput, match=r"^No duration file\.$"):
        sentences.fill_section(file, "a", {"need": need}, {})


def test_a_value_that_is_saved_as_it_stands_keeps_its_name_and_its_number(tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text("[a]\nn: {{ n }}\ndouble: {{ 2 * n }}\n")
    assert sentences.fill_section(file, "a", {"n": 3}, {}) == {"n": "3", "double": "6"}


def test_one_value_is_saved_with_its_number(tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text(
        "# said of nobody\n[a]\nshare: {{ x | rate }}\nwords: About {{ x | rate }}\n  of {{ n | count }}\n"
    )
    filled = sentences.fill_section(file, "a", {"x": 0.0436, "n": 1200}, {})
    assert (filled["share"].value, filled["share"].unit, filled["share"].text) == (0.0436, "rate", "4.4%")
    assert filled["words"] == "About 4.4% of 1,200"
