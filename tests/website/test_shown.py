"""A page shows released data only: pictures and tables of anything else stop the build."""

from __future__ import annotations

import nbformat
import pandas as pd
import pytest

from analysis_lib import charts
from analysis_lib.charts.released import drawn_from
from analysis_lib.release import open_store
from analysis_lib.tables import show_table
from website.notebooks import NotebookError, execute_notebook

SET_UP = """\
from types import SimpleNamespace
import matplotlib.pyplot as plt
import pandas as pd
from analysis_lib import charts
from analysis_lib.tables import show_table
from analysis_lib.release import open_store
charts.use_style()
store = open_store("tiny", SimpleNamespace(profile="published"))
counts = pd.DataFrame({"mode": ["Telephone", "Video"], "n_appointments": [30, 12]})
released = store.save_table("modes", counts)"""
BARS = 'charts.plot_bars({}, "mode", "n_appointments");'


class Source:
    profile = "published"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Execute a notebook of the set-up and one more cell; return that cell's outputs."""
    monkeypatch.setenv("REPORT_RESULTS", str(tmp_path / "results"))

    def execute(code):
        cells = [nbformat.v4.new_code_cell(source) for source in (SET_UP, code)]
        source, target = tmp_path / "09_tiny.ipynb", tmp_path / "out.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
        execute_notebook(source, target, tmp_path / "results")
        cells = nbformat.read(target, as_version=4).cells
        return [cell for cell in cells if cell.cell_type == "code"][1].outputs

    return execute


@pytest.mark.parametrize("rows", ["released", 'released.sort_values("mode").head(1)', "released[:1]"])
def test_a_chart_of_released_rows_is_shown_and_says_so(run, rows):
    (picture,) = run(BARS.format(rows))
    assert picture.metadata["image/png"]["released"] == ["modes"]


def test_a_table_of_released_rows_is_shown_and_says_so(run):
    (table,) = run('show_table(released, {"mode": "Mode"})')
    assert table.metadata["text/markdown"]["released"] == ["modes"]


def test_what_a_drawing_call_returns_is_not_shown(run):
    (picture,) = run('plt.plot(released["mode"], released["n_appointments"])')  # no semicolon
    assert picture.metadata["image/png"]["released"] == ["modes"]


def test_words_and_versions_are_shown(run):
    code = "from analysis_lib.project import describe_versions\nprint(describe_versions())\n'done'"
    assert [o.output_type for o in run(code)] == ["stream", "execute_result"]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (BARS.format("counts"), "picture"),
        (BARS.format("released.merge(counts)"), "picture"),
        ("plt.plot([1, 2]);", "picture"),
        (f"{BARS.format('released')}\n{BARS.format('counts')}", "picture"),
        ('show_table(counts, {"mode": "Mode"})', "table"),
        ("from IPython.display import Markdown\nMarkdown('| 3 |')", "table"),
        ("counts", "text/html"),
        ("print(counts)", "printed text with numbers"),
        ('counts["n_appointments"]', "printed text with numbers"),
        ("len(counts)", "printed text with numbers"),
        ("from IPython.display import Javascript\nJavascript('1')", "application/javascript"),
    ],
)
def test_anything_else_stops_the_build(run, tmp_path, code, what):
    with pytest.raises(NotebookError, match=f"09_tiny.ipynb, cell 2 .*{what}"):
        run(code)
    assert not (tmp_path / "out.ipynb").exists()


def test_a_picture_of_a_table_that_was_taken_back_stops_the_build(run):
    with pytest.raises(NotebookError, match="modes, which is not among the released tables"):
        run(f'{BARS.format("released")}\nstore = open_store("tiny", SimpleNamespace(profile="published"))')


def test_a_chart_of_two_frames_needs_both_released(tmp_path):
    store = open_store("tiny", Source(), folder=tmp_path)
    frame = pd.DataFrame({"mode": ["Telephone"], "n_appointments": [30]})
    released = store.save_table("modes", frame)
    ax = charts.plot_bars(released, "mode", "n_appointments")
    assert drawn_from(ax.figure) == ["modes"]
    charts.plot_bars(frame, "mode", "n_appointments", ax=ax)
    assert "another frame" in drawn_from(ax.figure)


@pytest.mark.parametrize("column", ["person_id", "NHS_Number", "postcode"])
def test_identifiers_are_never_shown(column):
    with pytest.raises(ValueError, match=column):
        show_table(pd.DataFrame({column: ["x"]}), {column: "Who"})
