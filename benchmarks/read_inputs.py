"""Time reading the three subjects: pandas' defaults, cold (no cache), and warm (Parquet cache).

Set NHS_DATA to a folder that holds lse_nhs and gp_appointments_official, then run
``python benchmarks/read_inputs.py [repeats]``. Medians of one run; the ratios are what to compare.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analysis_lib.inputs import load_appointments
from analysis_lib.project import find_root

FILES = (
    "lse_nhs/appointments_regional.csv.zip",
    "lse_nhs/actual_duration.csv.zip",
    "gp_appointments_official/national_categories_2024-06_lse_layout.xlsx",
)


def read_with_pandas(folder: Path) -> list[pd.DataFrame]:
    """Read the files as a newcomer would: read_csv, and read_excel with openpyxl."""
    return [
        pd.read_excel(path, engine="openpyxl") if path.suffix == ".xlsx" else pd.read_csv(path)
        for path in sorted(folder.iterdir())
    ]


def time_call(call: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(source: Path, repeats: int) -> pd.DataFrame:
    """Return seconds and ratio of each way of reading the three files, medians of rounds.

    Every round times all ways one after another, so that a machine busy with something else slows them
    alike; ratios are taken within a round.
    """
    rounds = []
    with tempfile.TemporaryDirectory() as scratch:
        folder, cache = Path(scratch, "inputs"), Path(scratch, "cache")
        folder.mkdir()
        for name in FILES:
            shutil.copy(source / name, folder)
        ways: dict[str, Callable[[], object]] = {
            "pandas' defaults": lambda: read_with_pandas(folder),
            "cold, no cache": lambda: load_appointments(folder, cache=False),
            "cold, cache written": lambda: load_appointments(folder, cache=cache),
        }
        for _ in range(repeats):
            shutil.rmtree(cache, ignore_errors=True)
            seconds = {way: time_call(call) for way, call in ways.items()}
            warm = [time_call(lambda: load_appointments(folder, cache=cache)) for _ in range(5)]
            rounds.append(seconds | {"warm": statistics.median(warm)})
    frame = pd.DataFrame(rounds)
    ratios = frame.rdiv(frame["pandas' defaults"], axis="index")
    return pd.DataFrame({"way": frame.columns, "seconds": frame.median(), "ratio": ratios.median()})


def to_markdown(frame: pd.DataFrame) -> str:
    """Return the measurements as a markdown table."""
    lines = ["| reading all three subjects | seconds (median) | times as fast |", "| --- | ---: | ---: |"]
    lines += [f"| {row.way} | {row.seconds:.3f} | {row.ratio:.1f} |" for row in frame.itertuples()]
    return "\n".join(lines)


def main() -> int:
    """Measure and print; return 0, or 2 where the files are not there."""
    named = os.environ.get("NHS_DATA", "").strip()
    source = (find_root() / Path(named).expanduser()).resolve() if named else None
    if source is None or not all((source / name).is_file() for name in FILES):
        print("Set NHS_DATA to the folder that holds lse_nhs and gp_appointments_official.", file=sys.stderr)
        return 2
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(to_markdown(measure(source, repeats)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
