"""A page shows released data only: pictures and tables of anything else stop the build."""

from __future__ import annotations

import copy
import re

import nbformat
import pandas as pd
import pytest

from analysis_lib import charts
from analysis_lib.charts.released import drawn_from
from analysis_lib.release import open_store
from analysis_lib.tables import show_table
from website import notebooks
from website.drawings import take_drawings
from website.notebooks import NotebookError, execute_notebook
from website.shown import drop_returned, find_unreleased, read_written

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


# Where people are protected: n is a small count that nobody may see
GUARDED = (
    SET_UP.replace("published", "patient").replace("[30, 12]", "[41, 98]")
    + """
import sys
import warnings
import numpy as np
from IPython.display import HTML, JSON, Audio, Image, Latex, Markdown, Video, display, update_display
from analysis_lib import measures
from analysis_lib.release import of_nobody
raw = pd.DataFrame({"mode": ["Telephone", "Video"], "n_appointments": [41, 3]})
original = released
n = int(raw["n_appointments"].min())
mark = {"text/markdown": {"released": ["modes"]}}
picture = {"image/png": {"released": ["modes"]}}

class Shown:
    def __init__(self, data, about):
        self.data, self.about = data, about
    def _repr_mimebundle_(self, **kwargs):
        return self.data, self.about

def show(frame, columns="mode n_appointments", **how):
    return show_table(frame, columns, **how)

def draw(frame=released, value="n_appointments", **how):
    return charts.plot_dots(frame, "mode", value, **how)
def save(name, figure):
    import io
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
"""
)
PRINTED, FORM, SEALED = "printed text with numbers", "an output of type", "the library did not make"
ADDED, WORDS = "was added or changed", r"with a number \("
ATTACKS = {
    "print(raw)": PRINTED,
    "print('three of them')": PRINTED,
    "raw['n_appointments']": PRINTED,
    "n": PRINTED,
    "[n]": PRINTED,
    "{'n': 'seven'}": PRINTED,
    "display(n)": PRINTED,
    "sys.stderr.write(f'{n} people\\n');": "a warning with numbers",
    "warnings.warn(f'{n} people')": "a warning with numbers",
    "raise measures.TooFewPoints(f'Only {n} people.')": r"a message with a number \(3\)",
    "raise type('NothingToDraw', (ValueError,), {})(f'{n} people.')": "a message",
    "display(raw)": FORM,
    "raw.style": FORM,
    "display(HTML(f'<p>{n}</p>'))": FORM,
    "display(Latex(f'{n}'))": FORM,
    "display(JSON({'n': n}))": FORM,
    "display(Video(data=b'3', mimetype='video/mp4', embed=True))": FORM,
    "display(Audio(data=np.arange(9), rate=8000))": FORM,
    "Shown({'application/vnd.jupyter.widget-view+json': {'model_id': 'x'}, 'text/plain': 'x'}, {})": FORM,
    "display(Markdown(f'| n |\\n|---|\\n| {n} |'))": "a table of data that were not released",
    "display(Markdown(f'**{n}**'), metadata=mark)": SEALED,
    "Shown({'text/markdown': f'{n}'}, mark)": SEALED,
    "Shown({'text/markdown': f'{n}'}, {'text/markdown': show(released)._repr_markdown_()[1]})": SEALED,
    "h = display(show(released), display_id=True); h.update(Markdown(f'{n}'))": "a table of data",
    "h = display(show(released), display_id=True); h.update(Markdown(f'{n}'), metadata=mark)": SEALED,
    "display(Image(data=save('x', draw(raw).figure))); plt.close('all')": "a picture of data",
    "display(Image(data=save('x', draw(raw).figure)), metadata=picture); plt.close('all')": SEALED,
    "show(raw)": "a table of data that were not released",
    "show(released.assign(n_appointments=raw['n_appointments']))": f"column n_appointments {ADDED}",
    "show(released.assign(true=raw['n_appointments']), 'mode true', true='True')": f"column true {ADDED}",
    "show(released.assign(true=[45, 100]), 'mode true', true='True')": f"column true {ADDED}",
    "released.loc[1, 'n_appointments'] = n; show(released)": f"column n_appointments {ADDED}",
    "show(released.assign(mode=released['mode'] + f' ({n})'))": f"column mode {ADDED}",
    "show(released.assign(mode=['one', 'three']))": f"column mode {ADDED}",
    "show(released.merge(raw, on='mode', suffixes=('', '_true')))": "a table of data that were not released",
    "show(released, n_appointments=f'{n} people')": WORDS,
    "show(released, caption=f'Of {n} people')": WORDS,
    "draw(raw);": "another frame",
    "draw(released.assign(true=raw['n_appointments']), 'true');": f"column true {ADDED}",
    "draw(released.assign(true=raw['n_appointments']), ['n_appointments', 'true']);": f"column true {ADDED}",
    "draw(xlabel=f'of {n}');": WORDS,
    "draw(value={'n_appointments': f'{n} people'});": WORDS,
    "draw(reference=float(n), reference_label='true');": WORDS,
    "draw().set_title(f'{n} people');": WORDS,
    "draw().set_xlabel({3: 'thr' + 'ee'}[n]);": WORDS,
    "draw().annotate(f'{n}', (0, 0));": WORDS,
    "ax = draw(); ax.text(40, 0, f'{n} of them');": WORDS,
    "ax = draw(); ax.figure.suptitle(f'n = {n}');": WORDS,
    "ax = draw(); ax.set_xticks([40], [f'{n}']);": WORDS,
    "ax = draw(); ax.axvline(n);": "a vertical line that stands in no released table",
    "ax = draw(); ax.collections[-1].set_offsets([[n, 0]] * 2);": "stands in no released table",
    "plt.bar(raw['mode'], raw['n_appointments']);": "a bar that stands in no released table",
}
SHOWN = [
    "print('nothing to see')",
    "show(released)",
    "show(released.sort_values('mode').head(1), n_appointments='Of 7 days')",
    "show(released, n_appointments=f'Of {released.n_appointments.max()}', caption='In 95% of 3 months')",
    "draw();",
    "draw(released.rename(columns={'n_appointments': 'people'}), 'people', xlabel='1 = one person');",
    "draw(reference=50, reference_label='50');",
    "k = 3; draw(reference=of_nobody(k), reference_label=f'{k} days');",
    "ax = draw(); ax.text(40, 0, f'{released.n_appointments.min()} by telephone');",
    "plt.bar(released['mode'], released['n_appointments']);",
    "measures.check_areas(pd.DataFrame({'icb_name': ['a', 'b']}), 'icb_name', 5)",
]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """All cells, run in one kernel; each as it was left, with those before that it needs."""
    folder = tmp_path_factory.mktemp("guarded")
    left = []

    def keep(notebook, *_):
        left.append(copy.deepcopy(notebook))
        return {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notebooks, "finish_notebook", keep)
        patch.setattr(notebooks, "write_drawings", lambda *_: None)
        patch.setenv("REPORT_RESULTS", str(folder / "results"))
        code = [GUARDED, *(f"released = original.copy()\n{each}" for each in (*SHOWN, *ATTACKS))]
        cells = [nbformat.v4.new_code_cell(each) for each in code]
        source = folder / "09_tiny.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), source)
        execute_notebook(source, folder / "out.ipynb", folder / "results")
    take_drawings(left[0])
    drop_returned(left[0], protects=True)
    first, *others = left[0].cells
    cells = dict(zip([*SHOWN, *ATTACKS], others, strict=True))

    def find(code):
        cell = cells[code]
        return find_unreleased(cell, folder / "results", read_written([first, cell], protects=True))

    return find


@pytest.mark.parametrize("code", SHOWN)
def test_what_was_released_is_shown_where_people_are_protected(guarded, code):
    assert guarded(code) is None


@pytest.mark.parametrize("code", ATTACKS)
def test_no_small_count_is_shown_where_people_are_protected(guarded, code):
    assert re.search(ATTACKS[code], guarded(code) or "nothing was refused")
