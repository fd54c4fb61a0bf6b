"""When a step runs again, and what a person is told when it fails."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from website import pipeline, steps


@pytest.mark.parametrize(
    "name",
    [
        "index.qmd",
        "slides.qmd",
        "report/limits.qmd",
        "report/_shared.md",
        "report/references.bib",
        "report/theme/light.scss",
        "report/theme/fonts/deep.css",
        "report/notebooks/01_explore.ipynb",
        "results/tables/monthly.csv",
        "_quarto.yml",
        "_variables.yml",
        "website/render/filter.lua",
        "website/scan/page.py",
        "analysis_lib/charts/theme.py",
    ],
)
def test_the_digest_changes_with_everything_that_a_page_is_made_from(root, name):
    (root / "website").mkdir(exist_ok=True)
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("one")
    first = pipeline.digest_of_pages()
    os.utime(path, (0, 0))  # touched only
    assert pipeline.digest_of_pages() == first
    path.write_text("two")
    assert pipeline.digest_of_pages() != first
    path.unlink()
    if name != "_quarto.yml":
        assert pipeline.digest_of_pages() != first


def test_the_digest_does_not_change_with_what_no_page_is_made_from(root, monkeypatch):
    first = pipeline.digest_of_pages()
    for name in (
        "README.md",
        "analysis_lib/inputs.py",
        "_site/index.html",
        "website/__pycache__/a.pyc",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("new")
    assert pipeline.digest_of_pages() == first
    monkeypatch.setattr(pipeline.shutil, "which", lambda name: "quarto")
    assert pipeline.digest_of_pages() != first  # the other renderer


def test_a_step_is_up_to_date_if_its_state_is_that_of_the_last_run():
    state = ["one"]
    unchanged = steps.same_as_last_time(lambda: state[0])
    saved: dict[str, str] = {}

    def ask() -> bool:
        task = SimpleNamespace(value_savers=[])
        answer = unchanged(task, dict(saved))
        for save in task.value_savers:
            saved.update(save())
        return answer

    assert [ask(), ask()] == [False, True]
    state[0] = "two"
    assert [ask(), ask()] == [False, True]


def test_a_step_that_changes_its_state_is_compared_with_how_it_left_it():
    state, saved = ["found"], {}
    for unchanged, wanted in (
        (steps.same_as_last_time(lambda: state[0], changes=True), "left"),
        (steps.same_as_last_time(lambda: state[0]), "found"),
    ):
        state[0] = "found"
        task = SimpleNamespace(value_savers=[])
        assert not unchanged(task, {})
        state[0] = "left"  # the step runs
        for save in task.value_savers:
            saved.update(save())
        assert saved == {"state": wanted}


def test_a_failure_is_shortened_to_what_a_person_needs():
    trace = [
        "Traceback (most recent call last):\n",
        '  File "a.py", line 1\n',
        "ValueError: bad file\n",
        "  mend it\n",
    ]
    fail = SimpleNamespace(traceback=trace)
    assert steps.shorten_failure("ignored", fail) == "ValueError: bad file\n  mend it"
    for package in ("analysis_lib.inputs", "website.shape"):
        fail = SimpleNamespace(
            traceback=["Traceback …\n", f"{package}.OwnError: index.qmd, line 3: mend it\n"]
        )
        assert steps.shorten_failure("ignored", fail) == "index.qmd, line 3: mend it"
    assert steps.shorten_failure("plain message", SimpleNamespace()) == "plain message"
