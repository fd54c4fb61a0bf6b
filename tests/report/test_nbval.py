"""Every notebook runs top to bottom on small inputs, in a kernel of its own (nbval)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebook_runs(notebook, small_inputs, tmp_path):
    environment = {**os.environ, "REPORT_DATA": str(small_inputs), "REPORT_RESULTS": str(tmp_path)}
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
