"""Shared by all tests: a copy of the project to build reports in, and small simulated inputs."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Before any library begins its threads: as many processes as cores run beside each other, and threads that
# spin while they wait take the time of others, several times over
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import hypothesis
import pytest

from analysis_lib.inputs import load_areas
from analysis_lib.simulate import simulate_appointments, simulate_population
from benchmarks.run_pipeline import copy_project

ROOT = Path(__file__).resolve().parent.parent
SLOW = bool(os.environ.get("RUN_SLOW"))
#: Tests that make whole reports, again and again: CI runs them, and whoever asks for them.
BUILDS = SLOW or bool(os.environ.get("RUN_BUILDS"))

# A time limit fails on a busy machine, and says nothing of the code: none on an example, nor on drawing it.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")


#: Fixtures that are made once and read by many tests: all of these run in one process, which makes it.
SHARED = {"built": "report", "built_people": "report", "two": "areas"}


@pytest.hookimpl(tryfirst=True)  # before xdist looks for groups
def pytest_collection_modifyitems(items):
    for item in items:
        for name in SHARED.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group(SHARED[name]))
        if item.get_closest_marker("slow") and not SLOW:
            item.add_marker(pytest.mark.skip(reason="slow: runs under make test-all"))
        if item.get_closest_marker("build") and not BUILDS:
            item.add_marker(pytest.mark.skip(reason="makes reports: runs in CI and under make test-all"))


@dataclass
class Run:
    """A run of the pipeline: exit status and what it printed."""

    status: int
    printed: str


@dataclass
class Project:
    """A copy of the project in a folder of its own, and the inputs it reports on."""

    root: Path
    data: Path

    def report(self, **variables):
        """Run the pipeline as ``make report DATA=…`` does, with these variables in its environment."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("REPORT_")}
        answer = subprocess.run(
            [sys.executable, "-m", "website", "report"],
            cwd=self.root,
            env={**environment, "REPORT_DATA": str(self.data), "PYTHONPATH": str(self.root), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(answer.returncode, answer.stdout + answer.stderr)

    def copy(self, root):
        """Copy the project with all that was made, to change it there; its steps are up to date too."""
        shutil.copytree(self.root, root)
        known = root / ".build" / "doit.json"
        known.write_text(known.read_text().replace(str(self.root), str(root)))
        return Project(root, self.data)

    def digest(self):
        """Hash of each published file."""
        site = self.root / "_site"
        files = sorted(p for p in site.rglob("*") if p.is_file())
        return {str(p.relative_to(site)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    def page(self, name):
        return (self.root / "_site" / name).read_text(encoding="utf-8")

    def table(self, name):
        return self.root / "_site" / "results" / "tables" / f"{name}.csv"


@pytest.fixture(scope="session")
def new_project(tmp_path_factory):
    """Return a function that makes a fresh copy of the project for a folder of inputs."""

    def make(data):
        root = tmp_path_factory.mktemp("project")
        copy_project(root)
        return Project(root, data)

    return make


@pytest.fixture(scope="session")
def small_inputs(tmp_path_factory):
    """Simulated appointments: 27 months, one sub-ICB location of each of England's 42 boards."""
    areas = load_areas().drop_duplicates("icb_code")["sub_icb_code"].tolist()
    return simulate_appointments(tmp_path_factory.mktemp("inputs") / "small", seed=7, months=27, areas=areas)


def publish_once(project, **variables):
    run = project.report(**variables)
    assert run.status == 0, run.printed
    made = project.digest()
    yield project
    assert project.digest() == made, "a test changed what others read: let it change a copy of its own"


@pytest.fixture(scope="session")
def built(new_project, small_inputs):
    """The report on the small simulated inputs, published once for all tests that read it."""
    yield from publish_once(new_project(small_inputs))


@pytest.fixture(scope="session")
def small_people(tmp_path_factory):
    """A simulated linked population of 5,000 people."""
    return simulate_population(tmp_path_factory.mktemp("people") / "small", 5_000, seed=3, processes=1)


@pytest.fixture(scope="session")
def built_people(new_project, small_people):
    """The report on the small linked population alone, published once for all tests that read it."""
    # As on a machine that has no other program: neither bash nor make, git or Quarto
    yield from publish_once(new_project(small_people), PATH="")
