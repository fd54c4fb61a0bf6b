"""A copy of the project with a stand-in for the main report, and area reports made in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis_lib.simulate import simulate_appointments
from benchmarks.run_pipeline import copy_project

# Two locations of West Yorkshire, one of North East and North Cumbria, one of Cheshire and Merseyside.
LOCATIONS = ["15F", "36J", "00L", "27D"]
PREPARE = """
from pathlib import Path
from analysis_lib import project
from website import pipeline
pipeline.check_inputs(project.data_folder())
pipeline.write_variables(Path("_variables.yml"))
Path("_site").mkdir(exist_ok=True)
Path("_site/index.html").write_text("the main report")
"""


@dataclass
class Copy:
    """A copy of the project and its inputs."""

    root: Path
    data: Path

    @property
    def areas(self) -> Path:
        return self.root / "_site" / "areas"

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("REPORT_")}
        return kept | {
            "REPORT_DATA": str(self.data),
            "PYTHONPATH": str(self.root),
            "OMP_NUM_THREADS": "1",
        }

    def run(self, *words):
        answer = subprocess.run(
            [sys.executable, *words],
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return answer.returncode, answer.stdout + answer.stderr

    def make(self, *words):
        """Make area reports as ``make report AREA=…`` does."""
        return self.run("-m", "website", "areas", *words)

    def prepare(self):
        """Check the inputs, and put a page in the place of the main report."""
        status, printed = self.run("-c", PREPARE)
        assert status == 0, printed

    def facts(self):
        """What the list of areas says of each report, by code."""
        done = (self.root / ".build" / "areas" / "done").glob("*.json")
        records = [json.loads(path.read_text(encoding="utf-8")) for path in done]
        return {record["area"]["code"]: record for record in records}

    def page(self, name):
        return (self.areas / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def new_copy(tmp_path_factory):
    """Return a function that makes a copy for a folder of inputs."""

    def make(data):
        copy = Copy(tmp_path_factory.mktemp("areas"), data)
        copy_project(copy.root)
        copy.prepare()
        return copy

    return make


@pytest.fixture(scope="session")
def few_areas(tmp_path_factory):
    """Simulated appointments of three boards: 14 months."""
    folder = tmp_path_factory.mktemp("inputs") / "few"
    return simulate_appointments(folder, seed=3, months=14, areas=LOCATIONS)


@pytest.fixture(scope="session")
def two(new_copy, few_areas):
    """Reports of a board and of a location in it, made once for all tests that read them."""
    copy = new_copy(few_areas)
    status, printed = copy.make("E54000054", "15F")
    assert status == 0, printed
    return copy
