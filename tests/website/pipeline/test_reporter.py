"""What a run says while it works, and keeps of itself."""

from __future__ import annotations

import hashlib
import io
import time
from types import SimpleNamespace

import pytest

from analysis_lib import settings
from website import reporter, runs, steps
from website.reporter import Reporter

PINNED = b"pandas==3\n"


def task(name: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, actions=[1])


@pytest.fixture
def run(root, monkeypatch):
    """Return a function that goes through a run of these steps and returns what was printed."""
    (root / ".build").mkdir()
    (root / "requirements.lock").write_bytes(PINNED)
    monkeypatch.delenv(runs.QUIET, raising=False)
    monkeypatch.setattr(reporter, "SAY_EVERY_S", 0.05)

    def go(*done, failed: str = "") -> str:
        out = io.StringIO()
        said = Reporter(out, {"show_out": False})
        said.initialize({}, ["site"])
        for name, work in done:
            said.execute_task(task(name))
            work()
            if name == failed:
                said.add_failure(task(name), SimpleNamespace(exception=None, message="June is missing"))
            else:
                said.add_success(task(name))
        said.complete_run()
        return out.getvalue()

    return go


def nothing() -> None:
    """A step that takes no time."""


def test_each_step_is_said_and_the_address_last(run, root):
    lines = run(("check", nothing), ("site", nothing)).splitlines()
    assert lines == [
        "Settings: simulated inputs, 880,000 people",
        "  …  check",
        "  ok check  0.0 s",
        "  …  site",
        "  ok site  0.0 s",
        f"Open {root.as_uri()}/_site/index.html",
    ]
    assert run().splitlines()[1:] == [f"{lines[-1]} (nothing had changed)"]


def test_a_long_step_says_how_far_it_is_and_then_how_long_is_left(run, root):
    def work() -> None:
        steps.tell(root, "population", 250, 1000, "people", even=True)
        time.sleep(0.3)

    first = run(("population", work))
    assert "     population: 0 s, 250 of 1,000 people, about " in first
    assert "last time" not in first
    again = run(("population", work))
    assert "  …  population  (took 0 s last time)" in again
    settings.remember(root, {"people": 500})  # other inputs take another time
    assert "last time" not in run(("population", work))


def test_parts_of_unequal_size_give_no_guess_of_the_time_left(run, root):
    def work() -> None:
        steps.tell(root, "notebook:01", 3, 9, "cells")
        time.sleep(0.3)

    said = run(("notebook:01", work))
    assert "     notebook:01: 0 s, 3 of 9 cells\n" in said


def test_a_quiet_run_prints_failures_and_the_address_only(run, root, monkeypatch):
    monkeypatch.setenv(runs.QUIET, "1")
    assert run(("check", nothing)) == f"Open {root.as_uri()}/_site/index.html\n"
    said = run(("check", nothing), failed="check")
    assert said.startswith("  !! check: June is missing\nNothing was published")


def test_each_run_leaves_a_log_with_versions_hashes_and_no_path_of_this_machine(run, root):
    (root / "results" / "facts" / "run.json").write_text(
        '{"facts": {"provenance": {"text": "june.csv (2 rows, sha256 0123456789ab)"}}, "tables": {}}'
    )
    run(("check", nothing), failed="check")
    (log,) = (root / ".build" / "logs").glob("*.log")
    text = log.read_text(encoding="utf-8")
    assert "pandas " in text
    assert f"sha256 {hashlib.sha256(PINNED).hexdigest()}" in text
    assert "inputs: june.csv (2 rows, sha256 0123456789ab)" in text
    assert "!! check: June is missing" in text
    assert str(root) not in text


def test_only_the_latest_logs_are_kept(run, root, monkeypatch):
    folder = root / ".build" / "logs"
    folder.mkdir(parents=True)
    for day in range(1, 4):
        (folder / f"2020-01-0{day}T00-00-00.log").write_text("old")
    monkeypatch.setattr(reporter, "LOGS_KEPT", 2)
    run()
    assert [p.name[:10] for p in sorted(folder.iterdir())][0] == "2020-01-03"
    assert len(list(folder.iterdir())) == 2
