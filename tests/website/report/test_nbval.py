"""Every notebook runs top to bottom on small inputs, in a kernel of its own (nbval)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis_lib.simulate import simulate_population
from website.shape import list_inputs, list_notebooks

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def linked_inputs(tmp_path_factory):
    """A simulated town of 20,000 people."""
    return simulate_population(tmp_path_factory.mktemp("inputs") / "people", 20_000, seed=3, processes=1)


@pytest.mark.slow  # as each of them does in the reports that are built
@pytest.mark.parametrize("notebook", list_notebooks(ROOT), ids=lambda p: p.stem)
def test_notebook_runs(notebook, request, tmp_path):
    inputs = "linked_inputs" if list_inputs(notebook) == {"linked"} else "small_inputs"
    data = request.getfixturevalue(inputs)
    environment = {**os.environ, "REPORT_DATA": str(data), "REPORT_RESULTS": str(tmp_path)}
    answer = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:xdist",
            "-p",
            "no:cacheprovider",
            "--nbval-lax",
            notebook,
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout[-3000:]
    assert list((tmp_path / "tables").glob("*.csv"))
