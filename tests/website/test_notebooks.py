"""Notebooks are run from clean, quote the facts they saved, and never hide a failure."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import nbformat
import pytest
import yaml

from website import notebooks
from website.notebooks import NotebookError, execute_notebook, leave_out_notebook

ABSENT = "class AbsentInput(LookupError): pass\nclass TooFewPoints(ValueError): pass"
AWKWARD = 'He said "5% \\ 6%"'
LITERAL = 'He said "5% \\\\ 6%"'  # Markdown in which every sign stands for itself


def write_notebook(folder: Path, *cells: tuple[str, str]) -> Path:
    """Write a notebook of (type, source) cells with fixed ids."""
    book = nbformat.v4.new_notebook()
    for number, (kind, source) in enumerate(cells):
        cell = getattr(nbformat.v4, f"new_{kind}_cell")(source)
        cell.id = f"cell-{number}"
        book.cells.append(cell)
    path = folder / "notebooks" / "09_tiny.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(book, path)
    return path


def save_facts(folder: Path, store: str, **facts: str) -> Path:
    """Write a store of facts as `release` does; return the results folder."""
    path = folder / "results" / "facts" / f"{store}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = {name: {"value": text, "unit": "text", "text": text} for name, text in facts.items()}
    path.write_text(json.dumps({"facts": entries, "tables": {}}), encoding="utf-8")
    return folder / "results"


def run(folder: Path, *cells: tuple[str, str]) -> nbformat.NotebookNode:
    source, target = write_notebook(folder, *cells), folder / "report" / "notebooks" / "09_tiny.ipynb"
    execute_notebook(source, target, folder / "results")
    return nbformat.read(target, as_version=4)


def outputs_text(cell: nbformat.NotebookNode) -> str:
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)


def options(cell: nbformat.NotebookNode) -> dict:
    lines = [line[2:] for line in cell.source.splitlines() if line.startswith("#|")]
    return yaml.safe_load("\n".join(lines))


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A notebook that runs, executed twice: stored source, both copies as bytes, the second as a notebook."""
    folder = tmp_path_factory.mktemp("good")
    save_facts(folder, "demo", rate="4.4%", awkward=AWKWARD, long="two\nlines", amp="R&D <5%")
    save_facts(folder, "run", label="made of two files")
    source = write_notebook(
        folder,
        ("raw", '---\ntitle: "About {{< var demo.awkward >}}"\n---'),
        (
            "markdown",
            "A rate of {{< var demo.rate >}}, {{<var run.label>}}; {{< var demo.amp >}}. {{< meta x >}}",
        ),
        (
            "code",
            '#| label: fig-a\n#| fig-cap: "{{< var demo.awkward >}}. Rate {{< var demo.rate >}}."\n'
            '#| fig-alt: "{{< var demo.long >}}"\nimport os\nfrom pathlib import Path\n'
            "print(Path.cwd().name, {'1': 'alone'}[os.environ['OMP_NUM_THREADS']])",
        ),
        ("code", "{'b': 'alone', 'a': ['half']}"),
        ("code", "data = 'a' * 3"),
        ("code", "data"),
    )
    stored = source.read_bytes()
    target = folder / "report" / "notebooks" / "09_tiny.ipynb"
    execute_notebook(source, target, folder / "results")
    first = target.read_bytes()
    # What an earlier run left in the stored notebook must not come through.
    left = nbformat.read(source, as_version=4)
    left.cells[2].outputs = [nbformat.v4.new_output("stream", text="from an earlier run")]
    left.cells[2].execution_count = 99
    left.cells[2].metadata["execution"] = {"iopub.status.busy": "2020-01-01T00:00:00Z"}
    nbformat.write(left, source)
    execute_notebook(source, target, folder / "results")
    second = target.read_bytes()
    source.write_bytes(stored)
    return source, first, second, nbformat.reads(second.decode(), as_version=4)


def test_facts_stand_in_prose_with_every_sign_as_itself(good):
    assert good[3].cells[1].source == "A rate of 4.4%, made of two files; R\\&D \\<5%. {{< meta x >}}"


def test_facts_in_options_are_escaped_so_that_the_options_still_read(good):
    assert options(good[3].cells[2]) == {
        "label": "fig-a",
        "fig-cap": f"{LITERAL}. Rate 4.4%.",
        "fig-alt": "two lines",
    }


def test_facts_in_the_title_are_escaped_too(good):
    front = good[3].cells[0].source.strip("-\n")
    assert yaml.safe_load(front) == {"title": f"About {LITERAL}"}


def test_cells_run_in_order_in_the_notebooks_own_folder_on_one_thread(good):
    cells = good[3].cells
    assert outputs_text(cells[2]) == "notebooks alone\n"
    assert outputs_text(cells[5]) == "'aaa'"
    assert [c.execution_count for c in cells if c.cell_type == "code"] == [1, 2, 3, 4]


def test_two_runs_write_the_same_bytes_without_times_or_leavings(good):
    _, first, second, executed = good
    assert first == second
    assert all("execution" not in cell.metadata for cell in executed.cells)
    assert b"iopub" not in second
    assert b"earlier run" not in second


def test_the_stored_notebook_is_not_touched(good):
    stored = nbformat.read(good[0], as_version=4)
    assert all(not c.outputs and c.execution_count is None for c in stored.cells if c.cell_type == "code")
    assert "{{< var demo.rate >}}" in stored.cells[1].source


@pytest.fixture(scope="module")
def pruned(tmp_path_factory):
    """A notebook that lacks an input in one section, and has too few months for others."""
    folder = tmp_path_factory.mktemp("pruned")
    save_facts(folder, "demo", rate="4.4%")
    (folder / "index.qmd").write_text("{{< embed report/notebooks/09_tiny.ipynb#fig-a >}}\n")
    return run(
        folder,
        ("code", ABSENT),
        ("code", "def need(): raise AbsentInput('No duration file.')"),
        ("markdown", "The rate is {{< var demo.rate >}}. The length is {{< var demo.gone >}}."),
        ("markdown", "## How long?\n\nLengths are logged."),
        (
            "code",
            '#| label: fig-a\n#| fig-cap: "{{< var demo.gone >}}."\n#| fig-alt: "Columns."\n'
            "%config Completer.use_jedi = False\nframe = need()\ndef helper(): pass\n"
            "import json as parser",
        ),
        ("markdown", "Half took {{< var demo.gone >}}. Practices differ.\n\n## What is usual?\n\nLimits."),
        ("code", "#| label: fig-x\nchart = 1 + frame"),
        ("code", "#| label: fig-y\nraise TooFewPoints('Twelve months are needed.')"),
        ("markdown", "Outside them is special.\n\n## How many?"),
        ("code", "#| label: fig-b\nprint('a picture')"),
        ("markdown", "See @fig-b. See @fig-a.\n\nThe same by kind:"),
        ("code", "helper(); parser.dumps(1)"),
        (
            "markdown",
            "## What to do\n\n1. Ask why (@fig-a).\n2. Count (@fig-a, @fig-b).\n3. Say\n   so.\n\n"
            "## What follows\n\n| A | B |\n|:--|:--|\n| one | {{< var demo.gone >}} |\n| two | more |\n\n"
            ": Ideas {#tbl-ideas}\n\n## Where?\n\n"
            "| A |\n|:--|\n| {{< var demo.gone >}} |\n\n: None {#tbl-none}",
        ),
    ).cells


def test_a_section_whose_input_is_absent_is_left_out(pruned):
    text = "\n\n".join(c.source for c in pruned if c.cell_type == "markdown")
    assert "How long?" not in text and "Lengths" not in text and "Practices differ" not in text
    assert not any("No duration file" in outputs_text(c) for c in pruned if c.cell_type == "code")


def test_what_cannot_be_computed_says_why_once_and_nothing_else(pruned):
    place = next(n for n, c in enumerate(pruned) if c.source.startswith("## What is usual?"))
    assert pruned[place].source == "## What is usual?"
    (output,) = pruned[place + 1].outputs
    assert output.data["text/markdown"] == "::: {.callout-note}\nTwelve months are needed.\n:::"
    assert pruned[place + 2].source == "## How many?"


def test_sentences_items_and_rows_that_speak_of_what_is_not_there_go(pruned):
    text = "\n\n".join(c.source for c in pruned if c.cell_type == "markdown")
    assert "The rate is 4.4%." in text and "The length is" not in text
    assert "See @fig-b.\n\n## What to do" in text  # the last line led to a cell that is gone
    assert "1. Count (@fig-b).\n2. Say\n   so." in text
    assert "| two | more |\n\n: Ideas {#tbl-ideas}" in text and "| one |" not in text
    assert "Where?" not in text and "tbl-none" not in text


def test_a_cell_that_pages_embed_is_there_for_quarto_and_seen_by_nobody(pruned):
    stub = pruned[-1]
    assert (stub.id, stub.source) == ("fig-a", "#| echo: false")
    assert stub.outputs[0].data["text/markdown"].startswith('::: {.content-visible when-meta="has.nothing"}')


def test_a_notebook_without_its_inputs_leaves_no_results(tmp_path):
    save_facts(tmp_path, "other", rate="4.4%")  # not its own: it stays
    results = save_facts(tmp_path, "demo", rate="4.4%")
    path = results / "facts" / "demo.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"made_by": "09_tiny"}))
    source = write_notebook(tmp_path, ("raw", "---\ntitle: A\n---"))
    target = tmp_path / "report" / "notebooks" / "09_tiny.ipynb"
    leave_out_notebook(source, target, results)
    assert [c.source for c in nbformat.read(target, as_version=4).cells] == ["---\ntitle: A\n---"]
    assert [p.name for p in (results / "facts").iterdir()] == ["other.json"]


def test_a_failing_cell_is_named_and_the_executed_copy_stays_as_it_was(tmp_path):
    save_facts(tmp_path, "demo", rate="4.4%")
    target = tmp_path / "report" / "notebooks" / "09_tiny.ipynb"
    target.parent.mkdir(parents=True)
    target.write_text("as it was")
    with pytest.raises(NotebookError) as caught:
        run(
            tmp_path,
            ("code", ABSENT),
            ("markdown", "A cell that is no code counts too."),
            ("code", "#| label: fig-early\nraise AbsentInput('No duration file.')"),
            ("code", "#| label: fig-late\n1 / 0"),
            ("code", "raise AbsentInput('never reached')"),
        )
    assert str(caught.value) == "09_tiny.ipynb, cell 4 (fig-late): ZeroDivisionError: division by zero"
    assert target.read_text() == "as it was"
    assert [p.name for p in target.parent.iterdir()] == ["09_tiny.ipynb"]


def test_a_name_that_nobody_would_have_made_is_a_failure(tmp_path):
    save_facts(tmp_path, "demo", rate="4.4%")
    with pytest.raises(NotebookError) as caught:
        run(
            tmp_path,
            ("code", ABSENT),
            # `row` is a variable of the comprehension: the cell would not have left it behind.
            ("code", "def need(): raise AbsentInput('No duration file.')\nframe = [row for row in need()]"),
            ("code", "\n\nprint(row)"),
            ("code", "#| label: fig-later\nraise AbsentInput('No category file.')"),
        )
    assert str(caught.value) == "09_tiny.ipynb, cell 3 (print(row)): NameError: name 'row' is not defined"


def test_a_fact_that_nobody_saved_is_named(tmp_path):
    save_facts(tmp_path, "demo", rate="4.4%")
    with pytest.raises(NotebookError) as caught:
        run(tmp_path, ("markdown", "{{< var demo.rate >}}, {{< var demo.raet >}}"), ("code", "pass"))
    assert str(caught.value) == (
        "09_tiny.ipynb: this notebook saved no fact named demo.raet, nor did a check of the inputs."
    )
    assert not (tmp_path / "report" / "notebooks" / "09_tiny.ipynb").exists()


def test_a_cell_without_end_is_named(tmp_path, monkeypatch):
    client = partial(notebooks.NotebookClient, timeout_func=lambda cell: 9 if "slow" in cell.source else None)
    monkeypatch.setattr(notebooks, "NotebookClient", client)
    monkeypatch.setattr(notebooks, "SECONDS_PER_CELL", 9)
    with pytest.raises(NotebookError) as caught:
        run(
            tmp_path,
            ("code", "class AbsentInput(LookupError): pass\nraise AbsentInput('No duration file.')"),
            ("code", "#| label: fig-slow\nimport time\ntime.sleep(3600)"),
            ("code", "2"),
        )
    assert str(caught.value) == "09_tiny.ipynb, cell 2 (fig-slow): no end after 9 s"


def test_a_number_that_may_not_be_told_takes_its_sentence_along(tmp_path):
    save_facts(tmp_path, "demo", rate="4.4%", share="not known")
    text = "A {{< var demo.rate >}}. B {{< var demo.share >}}. C."
    cells = run(tmp_path, ("markdown", text), ("code", "pass"))
    assert cells.cells[0].source == "A 4.4%. C."


def test_a_figure_with_nothing_to_draw_says_what_it_would_have_shown(tmp_path):
    save_facts(tmp_path, "demo", said="No two agree")
    nothing = "class NothingToDraw(ValueError): pass\nraise NothingToDraw('Nothing.')"
    caption = '#| label: fig-a\n#| fig-cap: "{{< var demo.said >}}. Source: x."\n#| fig-alt: "A"\n'
    cells = run(tmp_path, ("markdown", "## Which?"), ("code", caption + nothing)).cells
    assert outputs_text(cells[1]) == "No two agree."
