"""One run at a time in a clone, and what a stopped one leaves: no process, no lock, the site as it was."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from benchmarks.run_pipeline import copy_project
from website import pipeline, runs

pytestmark = pytest.mark.build

HOLD = """
import sys
from pathlib import Path
from website import runs
lock = runs.take_lock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""
#: A notebook that says which process it runs in, and has no end.
ENDLESS = "import os, time\nfrom pathlib import Path\n" + (
    "Path({name!r}).write_text(str(os.getpid()))\nwhile True:\n    time.sleep(1)"
)
#: Begins doit's workers as this Python does by itself on another system, or in another version.
BEGUN_BY = """
import multiprocessing, sys
from doit.doit_cmd import DoitMain
multiprocessing.set_start_method(sys.argv[1])
sys.exit(DoitMain().run(sys.argv[2:]))
"""
WAYS = multiprocessing.get_all_start_methods()
ROWS = (
    "icb_ons_code,appointment_month,appointment_status,hcp_type,appointment_mode,"
    "time_between_book_and_appointment,count_of_appointments\n"
    "E54000054,2022-03,Attended,GP,Telephone,Same Day,12\n"
)


@pytest.fixture(autouse=True)
def no_run(monkeypatch):
    monkeypatch.delenv(runs.PIPELINE_RUNNING, raising=False)


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("REPORT_")}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", **more}


@pytest.fixture
def holder():
    """Return a function that gives a process which has the lock of a folder."""
    begun = []

    def hold(root):
        words = [sys.executable, "-c", HOLD, root]
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
        )
        begun.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in begun:
        process.kill()
        process.communicate()


def test_a_second_run_is_told_who_has_the_lock_and_a_killed_one_leaves_none(holder, tmp_path, monkeypatch):
    first = holder(tmp_path)
    for _ in range(2):
        with pytest.raises(
            SystemExit, match=rf"process {first.pid}, since \d\d:\d\d on .*nothing was touched"
        ):
            runs.take_lock(tmp_path)
    monkeypatch.setenv(runs.PIPELINE_RUNNING, "1")  # what a run begins is part of it
    with runs.take_lock(tmp_path):
        pass
    monkeypatch.delenv(runs.PIPELINE_RUNNING)
    first.kill()
    first.wait()
    with runs.take_lock(tmp_path):
        text = (tmp_path / ".build" / "run.lock").read_text()
    assert text.startswith(f"process {os.getpid()}, since ")
    holder(tmp_path)  # which a lock that was given back does not keep away


def contents(root: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    "words",
    [
        ["doit", "-n", "2"],
        ["website", "pipeline"],
        ["website", "areas", "all"],
        ["website", "report", "--people", "3000"],
    ],
)
def test_every_way_to_run_gives_way_and_touches_nothing(holder, tmp_path, words):
    copy_project(tmp_path)
    first = holder(tmp_path)
    before = contents(tmp_path)
    answer = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"Another run is under way in this folder (process {first.pid}, since ")
    assert len(answer.stderr.splitlines()) == 1
    assert contents(tmp_path) == before


def write_notebook(path: Path, code: str) -> None:
    raw = nbformat.v4.new_raw_cell("---\ntitle: tiny\n---")
    nbformat.write(nbformat.v4.new_notebook(cells=[raw, nbformat.v4.new_code_cell(code)]), path)


class Slow:
    """A copy of the project whose notebooks have no end, and a site of an earlier run."""

    def __init__(self, root: Path) -> None:
        self.root = root / "project"
        copy_project(self.root)
        (root / "inputs").mkdir()
        (root / "inputs" / "attendance.csv").write_text(ROWS)
        for path in (self.root / "notebooks").glob("*.ipynb"):
            path.unlink()
        self.names = ("04_demand_drivers", "05_high_need")
        self.marks = [root / f"{name}.pid" for name in self.names]
        for name, mark in zip(self.names, self.marks, strict=True):
            write_notebook(self.root / "notebooks" / f"{name}.ipynb", ENDLESS.format(name=str(mark)))
        (self.root / "_site").mkdir()
        (self.root / "_site" / "index.html").write_text("the earlier report")
        self.environment = environment(PYTHONPATH=str(self.root), REPORT_DATA=str(root / "inputs"))

    def begin(self, *words: str, n: int = 2, way: str = WAYS[0]) -> subprocess.Popen:
        """Begin a run, in a session of its own as in a terminal, and wait until `n` notebooks run."""
        run = subprocess.Popen(
            [sys.executable, "-c", BEGUN_BY, way, *words],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        while sum(mark.is_file() and mark.read_text() != "" for mark in self.marks) < n:
            assert run.poll() is None, run.stdout.read()
            time.sleep(0.1)
        return run

    def finish(self) -> str:
        """Run the steps again, now that the notebooks have an end."""
        for name in self.names:
            write_notebook(self.root / "notebooks" / f"{name}.ipynb", "done = True")
        words = [sys.executable, "-m", "doit", "-n", "2", "notebook"]
        answer = subprocess.run(
            words, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout


@pytest.fixture
def slow(tmp_path):
    return Slow(tmp_path)


def family(run: subprocess.Popen) -> list[psutil.Process]:
    """All that a run began: doit's workers and their kernels."""
    return psutil.Process(run.pid).children(recursive=True)


def goes_on(process: psutil.Process) -> bool:
    """False also of one that has ended, and whose new parent has not yet looked."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def usual_first(*values):
    """A case with its way of beginning processes last: ways other than the usual one are slow."""
    return pytest.param(*values, marks=() if values[-1] == WAYS[0] else pytest.mark.slow)


posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")


@posix
@pytest.mark.parametrize(
    ("words", "n", "to", "way"),
    [
        *(usual_first(["-n", "2"], 2, "all", way) for way in WAYS),
        (["-n", "2"], 2, "first", WAYS[0]),
        ([], 1, "first", WAYS[0]),
    ],
    ids=[*(f"ctrl-c {way}" for way in WAYS), "kill -INT", "one process"],
)
def test_one_interrupt_ends_all_and_the_next_run_goes_on(slow, words, n, to, way):
    run = slow.begin(*words, n=n, way=way)
    begun = family(run)
    assert len(begun) >= n
    (os.killpg if to == "all" else os.kill)(run.pid, signal.SIGINT)
    printed = run.communicate()[0]
    assert run.returncode == 128 + signal.SIGINT
    assert [child for child in begun if goes_on(child)] == []
    assert (
        "Nothing was published; the previous _site/ is as it was. The next run goes on from here." in printed
    )
    assert "Traceback" not in printed
    assert (slow.root / "_site" / "index.html").read_text() == "the earlier report"
    again = slow.finish()
    assert "ok notebook:05_high_need" in again
    assert "ok check " not in again, "what had been done is not done again"


@posix
@pytest.mark.parametrize("way", [usual_first(way) for way in WAYS])
def test_nothing_goes_on_without_a_run_that_was_killed(slow, way):
    run = slow.begin("-n", "2", way=way)
    begun = family(run)
    run.kill()
    run.communicate()  # which waits for all who could still print
    until = time.monotonic() + 30
    while any(map(goes_on, begun)) and time.monotonic() < until:
        time.sleep(0.1)
    assert [child for child in begun if goes_on(child)] == []
    slow.finish()


def test_a_site_between_two_renames_is_put_back(tmp_path):
    old = tmp_path / "_site.old"
    old.mkdir()
    (old / "index.html").write_text("the earlier report")
    pipeline.restore_site(tmp_path / "_site")
    assert (tmp_path / "_site" / "index.html").read_text() == "the earlier report"
    old.mkdir()  # not yet removed when the new one was in its place
    pipeline.restore_site(tmp_path / "_site")
    assert (tmp_path / "_site" / "index.html").read_text() == "the earlier report"
