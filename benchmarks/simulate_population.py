"""Time and memory of the simulated population: ``python benchmarks/simulate_population.py [people]``."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from analysis_lib.simulate import simulate_population

PEOPLE = 880_000


def _run(folder: Path, n_people: int, processes: int, answer: multiprocessing.Queue) -> None:
    """Simulate; answer with seconds and the peak MB of this process and of its largest worker."""
    start = time.perf_counter()
    simulate_population(folder, n_people, 1, processes)
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    answer.put((time.perf_counter() - start, *(peak / 1024 for peak in peaks)))


def measure(n_people: int = PEOPLE, processes: int | None = None) -> pd.DataFrame:
    """Return what was measured of one run in a process of its own, with its value and unit.

    Memory is an upper bound: the peak of the parent plus the largest worker's peak for every worker.
    """
    processes = processes or os.cpu_count() or 1
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as scratch:
        folder, answer = Path(scratch) / "population", spawn.Queue()
        child = spawn.Process(target=_run, args=(folder, n_people, processes, answer))
        child.start()
        seconds, parent, worker = answer.get()
        child.join()
        rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["n_rows"]
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    memory = parent + (processes * worker if processes > 1 else 0)
    values = [
        ("people", n_people, ""),
        ("contacts", rows["contact"], ""),
        ("processes", processes, ""),
        ("time", round(seconds, 1), "s"),
        ("peak memory, all processes (upper bound)", round(memory), "MB"),
        ("files", round(size / 1e6, 1), "MB"),
    ]
    return pd.DataFrame(values, columns=["what", "value", "unit"], dtype=object)


def to_markdown(frame: pd.DataFrame) -> str:
    """Return the measurements as a markdown table."""
    lines = ["| simulated population | |", "| --- | ---: |"]
    return "\n".join(lines + [f"| {row.what} | {row.value:,} {row.unit} |" for row in frame.itertuples()])


if __name__ == "__main__":
    print(to_markdown(measure(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)))
