"""Area reports of the real files: totals that were summed from the files by other means."""

import os
import re
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real")]


def make(project, *codes):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("REPORT_")}
    answer = subprocess.run(
        [sys.executable, "-m", "website", "areas", *codes],
        cwd=project.root,
        env={**kept, "REPORT_DATA": str(project.data), "PYTHONPATH": str(project.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return [" ".join(re.sub(r"<[^>]+>", " ", project.page(f"areas/{c}/index.html")).split()) for c in codes]


def test_a_board_of_the_teaching_files(teaching):
    (page,) = make(teaching, "E54000040")
    assert "13,639,181 appointments in 30 months: 12,528,475 attended, 404,831 missed (DNA)" in page
    assert "705,875 of unknown status" in page
    assert "Simulated" not in page


def test_leeds_in_the_official_files(official):
    (page,) = make(official, "15F")
    assert "12,877,669 appointments in 30 months: 11,641,596 attended, 565,391 missed (DNA)" in page
    assert "of 106" in page
