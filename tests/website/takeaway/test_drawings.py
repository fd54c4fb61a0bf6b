"""Every figure comes as a drawing too: named, described, of released data, the same on any day."""

from __future__ import annotations

import json

import nbformat
import pytest
from cells import make_project
from lxml import etree

from website.drawings import take_drawings
from website.notebooks import NotebookError, execute_notebook
from website.render.markup import check_svg
from website.scan.hidden import Canaries
from website.scan.page import scan_page
from website.takeaway.figures import list_figures

SET_UP = """\
from types import SimpleNamespace
import pandas as pd
from analysis_lib import charts
from analysis_lib.release import fact, open_store
charts.use_style()
store = open_store("tiny", SimpleNamespace(profile="published"))
counts = pd.DataFrame({"mode": ["Telephone", "Video & <b>"], "n_appointments": [30, 12]})
store.save_facts({"best": "Telephone < 50 & more"})
released = store.save_table("modes", counts)"""
FIGURE = """\
#| label: fig-modes
#| fig-cap: "{{< var tiny.best >}}. Source: made-up."
#| fig-alt: "Two bars. {{< var tiny.best >}}"
charts.plot_bars(released, "mode", "n_appointments");"""


def execute(folder, *sources):
    folder.mkdir(exist_ok=True)
    cells = [nbformat.v4.new_code_cell(source) for source in (SET_UP, *sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(notebook, folder / "09_tiny.ipynb")
    execute_notebook(folder / "09_tiny.ipynb", folder / "out.ipynb", folder / "results")
    return nbformat.read(folder / "out.ipynb", as_version=4)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORT_RESULTS", str(folder / "results"))
        (folder / "results" / "figures").mkdir(parents=True)
        (folder / "results" / "figures" / "09_tiny-fig-gone.svg").write_text("<svg/>")
        first = execute(folder, FIGURE)
        drawing = (folder / "results" / "figures" / "09_tiny-fig-modes.svg").read_text()
        execute(folder, FIGURE)
    return folder, first, drawing


def test_the_notebook_keeps_the_picture_only(ran):
    _, notebook, _ = ran
    (output,) = [cell for cell in notebook.cells if cell.cell_type == "code"][1].outputs
    assert set(output.data) == {"image/png", "text/plain"}
    assert output.metadata["image/png"]["released"] == ["modes"]
    assert "image/svg+xml" not in output.metadata


def test_a_drawing_has_a_title_and_a_description(ran):
    root = etree.fromstring(ran[2].encode())
    (title,), (description,) = root.findall("{*}title"), root.findall("{*}desc")
    assert title.text == "Telephone < 50 & more. Source: made-up."
    assert description.text == "Two bars. Telephone < 50 & more"
    assert root.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
    assert (root.get("role"), root.get("lang")) == ("img", "en-GB")


def test_it_says_nothing_of_when_and_is_the_same_twice(ran):
    folder, _, drawing = ran
    assert (folder / "results" / "figures" / "09_tiny-fig-modes.svg").read_text() == drawing
    assert "<metadata" not in drawing and "DOCTYPE" not in drawing and "20" + "26-" not in drawing


def test_it_passes_the_checks_of_pages(ran):
    assert check_svg(ran[2].encode()) == ""
    assert list(scan_page(ran[2], Canaries())) == []
    assert "<text" not in ran[2]  # letters are paths: no font is needed


def test_drawings_of_figures_that_are_gone_go_too(ran):
    assert [p.name for p in (ran[0] / "results" / "figures").iterdir()] == ["09_tiny-fig-modes.svg"]


def test_a_drawing_that_stands_alone_stops_the_build(tmp_path, monkeypatch):
    monkeypatch.setenv("REPORT_RESULTS", str(tmp_path / "results"))
    alone = "from IPython.display import SVG\nSVG(\"<svg xmlns='http://www.w3.org/2000/svg'/>\")"
    with pytest.raises(NotebookError, match="image/svg"):
        execute(tmp_path, alone)


def test_a_drawing_without_its_mark_is_not_written():
    data = {"image/png": "x", "image/svg+xml": "<svg/>"}
    output = nbformat.v4.new_output("display_data", data)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output])])
    assert take_drawings(notebook) == {}
    assert set(notebook.cells[0].outputs[0].data) == {"image/png"}


def test_the_list_leads_to_each_drawing_and_to_its_place(tmp_path):
    root = make_project(tmp_path / "project")
    (root / "results" / "figures").mkdir()
    (root / "results" / "figures" / "01_small-fig-mode.svg").write_text("<svg/>" * 2000)
    notebook = root / "report" / "notebooks" / "01_small.ipynb"
    notebook.write_text(
        json.dumps(json.loads(notebook.read_text())).replace('overall\\"', 'overall. Source: x.\\"')
    )
    assert list_figures(root, ["report/notebooks/01_small.ipynb"]) == (
        "- **A small notebook**\n    - Face-to-face appointments are missed most, "
        "{{< var dna.rate >}} overall. [SVG, 12 KB](/results/figures/01_small-fig-mode.svg) · "
        "[in the report](/report/notebooks/01_small.ipynb#fig-mode)\n"
    )
