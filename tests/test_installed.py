"""The library as a wheel, used in an empty folder: what it needs travels with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis_lib.simulate import simulate_appointments, simulate_population

ROOT = Path(__file__).resolve().parent.parent
CARRIED = ("disclosure.toml", "_brand.yml")
USE = """
import sys
from pathlib import Path

import analysis_lib
from analysis_lib import measures
from analysis_lib.inputs import load_appointments, load_linked, load_tweets
from analysis_lib.queries import cohort, features_at, outcomes_after, to_frame
from analysis_lib.release import open_store

installed, appointments, people = map(Path, sys.argv[1:])
assert Path(analysis_lib.__file__).is_relative_to(installed)
loaded = load_appointments(appointments)
store = open_store("missed", loaded)
missed = measures.attendance_table(loaded.need("attendance", "icb_name"), "icb_name")
print(store.save_table("missed", missed))
load_tweets(appointments)
linked = load_linked(people)
older = cohort(features_at(linked.need(), "2024-04-01"), min_age=65)
frame = to_frame(older.join(outcomes_after(linked.need(), "2024-04-01"), "person_id"))
rates = measures.rate_standardised(frame, "core20", "next_n_emergency")
print(open_store("older", linked).save_table("older", rates))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which the wheel was installed, and the environment that uses it."""
    place, source = tmp_path_factory.mktemp("installed"), tmp_path_factory.mktemp("source")
    shutil.copytree(
        ROOT / "analysis_lib", source / "analysis_lib", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", *CARRIED):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    words = [*pip, "--no-build-isolation", "--no-index", "--target", str(place), str(source)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    kept = {k: v for k, v in os.environ.items() if not k.startswith("REPORT_")}
    return place, {**kept, "PYTHONPATH": str(place)}


def test_the_library_is_used_from_any_folder(installed, tmp_path):
    place, environment = installed
    simulate_appointments(tmp_path / "appointments", months=2, areas=2)
    simulate_population(tmp_path / "people", 2000, processes=1)
    empty = tmp_path / "empty"
    empty.mkdir()
    words = [sys.executable, "-c", USE, place, tmp_path / "appointments", tmp_path / "people"]
    done = subprocess.run(words, cwd=empty, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (empty / "results" / "tables").iterdir()) == ["missed.csv", "older.csv"]
    words = [sys.executable, "-m", "analysis_lib", "check-data", tmp_path / "appointments"]
    checked = subprocess.run(words, cwd=empty, env=environment, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_wheel_holds_the_library_and_nothing_else(installed):
    place, _ = installed
    names = {p.name for p in place.iterdir()} - {"bin", "Scripts"}
    assert {n for n in names if not n.startswith("analysis_lib-")} == {"analysis_lib"}
    assert (place / "analysis_lib" / "reference" / "areas.csv").is_file()
    for name in CARRIED:
        assert (place / "analysis_lib" / name).read_bytes() == (ROOT / name).read_bytes()
