"""Time the pipeline: notebooks in parallel or in turn, one area's report, nothing to do, the render."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from analysis_lib.project import find_root
from website.render import render_site

MADE = (
    "_site",
    ".build",
    ".cache",
    "results",
    "data/simulated",
    "data/simulated_population",
    "data/raw",
    "report/notebooks",
    "report/takeaway",
    "_variables.yml",
    "_report.yml",
    "report.toml",
)
TOOLS = (
    ".git",
    ".venv",
    ".quarto",
    "__pycache__",
    "*.egg-info",
    ".*_cache",
    ".hypothesis",
    ".ipynb_checkpoints",
)


def copy_project(target: Path) -> None:
    """Copy the project without what runs and tools made, so that the real folder stays as it is."""
    root = find_root()
    tools = shutil.ignore_patterns(*TOOLS)

    def left_out(folder: str, names: list[str]) -> set[str]:
        inside = Path(folder).relative_to(root)
        return set(tools(folder, names)) | {n for n in names if (inside / n).as_posix() in MADE}

    shutil.copytree(root, target, ignore=left_out, dirs_exist_ok=True)


def run_doit(folder: Path, *words: str) -> tuple[float, str]:
    """Run doit in `folder`; return its seconds and what it printed."""
    return run_module(folder, "doit", *words)


def run_module(folder: Path, *words: str) -> tuple[float, str]:
    """Run a Python module in `folder`; return its seconds and what it printed."""
    start = time.perf_counter()
    answer = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise RuntimeError(answer.stdout + answer.stderr)
    return time.perf_counter() - start, answer.stdout


def forget_notebooks(folder: Path) -> None:
    """Make every notebook run again."""
    shutil.rmtree(folder / "report" / "notebooks", ignore_errors=True)


def measure(repeats: int = 3) -> pd.DataFrame:
    """Return what was timed and its seconds, on the default simulated input."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        copy_project(folder)
        rows = [("first run, everything (2 processes)", run_doit(folder, "-n", "2")[0])]
        area = run_module(folder, "website", "areas", "E54000054")[0]
        rows.append(("one area's report, after it (wanted: a tenth at most)", area))
        for processes, name in (("1", "notebooks, one after another"), ("2", "notebooks, in parallel")):
            forget_notebooks(folder)
            rows.append((name, run_doit(folder, "-n", processes, "notebook")[0]))
        run_doit(folder, "-n", "2")
        rows.append(("second run, nothing changed", run_doit(folder, "-n", "2")[0]))
        edited = folder / "notebooks" / "02_missed_appointments.ipynb"
        edited.write_text(edited.read_text().replace("**The question.**", "**Our question.**"))
        seconds, printed = run_doit(folder, "-n", "2")
        ran = re.findall(r"ok notebook:(\w+)", printed)
        rows.append((f"after editing one notebook (ran: {', '.join(ran)})", seconds))
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            render_site(folder, folder / ".build" / "bench")
            times.append(time.perf_counter() - start)
        pages = len(list((folder / ".build" / "bench").rglob("*.html")))
        rows.append((f"built-in render, {pages} pages", statistics.median(times)))
    return pd.DataFrame(rows, columns=["what", "seconds"])


def to_markdown(frame: pd.DataFrame) -> str:
    """Return the measurements as a markdown table."""
    lines = ["| pipeline, default simulated input | seconds |", "| --- | ---: |"]
    return "\n".join(lines + [f"| {row.what} | {row.seconds:.1f} |" for row in frame.itertuples()])
