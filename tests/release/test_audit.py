"""Tables of two notebooks, each good alone: what one hides, the other does not give back."""

import stat

import pandas as pd
import pytest

from analysis_lib.kinds import Dimension
from analysis_lib.project import STEP_VARIABLE
from analysis_lib.release import open_store
from analysis_lib.release.audit import counts_file, find_held
from analysis_lib.release.gate.held import HELD_VARIABLE
from analysis_lib.release.gate.nesting import learn
from website import pipeline

BANDS = {"band": Dimension(("a", "b"))}
BY_SEX = pd.DataFrame({"sex": ["F", "M"], "n_people": [3, 50]})
BY_BAND = pd.DataFrame({"band": ["a", "b"], "n_people": [21, 32]})


class People:
    """Loaded inputs about people, as far as a store asks."""

    profile = "patient"

    @staticmethod
    def list_areas():
        return pd.DataFrame({"msoa": ["x", "x", "y"], "lsoa": ["a", "b", "c"]})


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "_quarto.yml").write_text("")
    (tmp_path / "notebooks").mkdir()
    for module in ("analysis_lib.release.audit", "analysis_lib.project"):
        monkeypatch.setattr(f"{module}.find_root", lambda: tmp_path)
    monkeypatch.setenv("REPORT_RESULTS", str(tmp_path / "results"))
    return tmp_path


def run(root, monkeypatch, step, *tables):
    """Run a notebook that saves tables; return what was shown of each."""
    monkeypatch.setenv(STEP_VARIABLE, step)
    store = open_store(step, People(), folder=root / "results")
    shown = [store.save_table(name, frame, kinds)["n_people"] for name, frame, kinds in tables]
    monkeypatch.delenv(STEP_VARIABLE)
    return [[None if pd.isna(v) else int(v) for v in column] for column in shown]


def run_both(root, monkeypatch):
    first = run(root, monkeypatch, "first", ("by_sex", BY_SEX, None))
    second = run(root, monkeypatch, "second", ("by_band", BY_BAND, BANDS))
    return first + second


def test_the_total_of_another_notebook_gives_nothing_back(root, monkeypatch, capsys):
    """3 of 53 are hidden by sex; by band 21 and 32 are shown, in a notebook that ran at the same time."""
    assert run_both(root, monkeypatch) == [[None, 50], [20, 30]]
    runs = []

    def run_again(source, target):
        runs.append(source.stem)
        return run_both(root, monkeypatch)

    monkeypatch.setattr(pipeline, "run_notebook", run_again)
    monkeypatch.setattr(pipeline.project, "find_root", lambda: root)
    sources = [root / "notebooks" / f"{name}.ipynb" for name in ("first", "second")]
    pipeline.audit_counts(sources, root)
    assert len(runs) == 1
    assert "hides more" in capsys.readouterr().err
    monkeypatch.setenv(HELD_VARIABLE, str(root / ".build" / "counts" / "held.json"))
    first, second = run_both(root, monkeypatch)
    hidden = first + second
    assert hidden[0] is None
    assert hidden.count(None) == 2, "one more is hidden, whichever"


def test_what_would_never_end_is_refused(root, monkeypatch):
    run_both(root, monkeypatch)
    monkeypatch.setattr(pipeline, "run_notebook", lambda source, target: None)
    monkeypatch.setattr(pipeline.project, "find_root", lambda: root)
    sources = [root / "notebooks" / f"{name}.ipynb" for name in ("first", "second")]
    with pytest.raises(pipeline.PublicationError, match="Tables of several notebooks"):
        pipeline.audit_counts(sources, root)


def test_true_counts_are_kept_beside_the_inputs_for_this_user_alone(root, monkeypatch):
    assert counts_file("first") is None, "outside of a run nothing is kept"
    run_both(root, monkeypatch)
    kept = sorted((root / ".build" / "counts").iterdir())
    assert [path.name for path in kept] == ["first.npz", "second.npz"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)


def test_stores_of_other_people_leave_each_other_alone(root, monkeypatch):
    run(root, monkeypatch, "first", ("by_sex", BY_SEX, None))
    larger = BY_BAND.assign(n_people=[210, 320])
    run(root, monkeypatch, "second", ("by_band", larger, BANDS))
    kept = [root / ".build" / "counts" / f"{name}.npz" for name in ("first", "second")]
    assert find_held(kept) == {}


def test_inputs_say_which_areas_lie_in_which(root):
    store = open_store("mine", People(), folder=root / "results")
    small = pd.DataFrame({"lsoa": list("abc"), "n_people": [3, 41, 60]})
    store.save_table("small", small, {"lsoa": Dimension(tuple("abc"))})
    large = store.save_table("large", pd.DataFrame({"msoa": ["x", "y"], "n_people": [44, 60]}), MSOA)
    assert large["n_people"].isna().tolist() == [True, False]


MSOA = {"msoa": Dimension(("x", "y"))}


def test_what_rows_say_of_labels():
    rows = pd.DataFrame({"lsoa": list("abca"), "msoa": list("xxyx"), "sex": list("FFMM")})
    assert learn(rows) == {"lsoa": {"msoa": {"a": "x", "b": "x", "c": "y"}}}
