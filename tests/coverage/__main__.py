"""Measure coverage: ``python -m tests.coverage``, or ``… TEXT`` for the cases whose words hold that text.

All cases together are written for the page (``analysis_lib/reference/coverage.csv``); some go to standard
output only. Each module here with a list ``CASES`` takes part. Begun by ``make coverage``.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from analysis_lib.project import REFERENCE
from tests.coverage.case import Case, summarise

PROCESSES = 2


def list_cases() -> list[tuple[str, int]]:
    """Return each case as its module and its place in the list there."""
    modules = sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return [
        (name, place)
        for name in modules
        if name not in ("__main__", "case")
        for place in range(len(_load(name)))
    ]


def _load(module: str) -> list[Case]:
    return list(getattr(importlib.import_module(f"tests.coverage.{module}"), "CASES", []))


def draw(module: str, place: int, seed: int) -> tuple[int, int, float]:
    """Make one world of a case; return how many intervals held, how many there were, and the seconds."""
    began = time.process_time()
    with threadpool_limits(1):
        held, n = _load(module)[place].draw(seed)
    return held, n, time.process_time() - began


def main(words: list[str]) -> int:
    """Measure, print, and write what the page shows."""
    wanted = " ".join(words).lower()
    cases = {at: _load(at[0])[at[1]] for at in list_cases()}
    cases = {at: c for at, c in cases.items() if wanted in f"{at[0]} {c.interval} {c.scenario}".lower()}
    rows = []
    with ProcessPoolExecutor(PROCESSES) as pool:
        asked = {at: [pool.submit(draw, *at, seed) for seed in range(c.seeds)] for at, c in cases.items()}
        for at, worlds in asked.items():
            found = [w.result() for w in worlds]
            rows.append(summarise(cases[at], [(held, n) for held, n, _ in found]))
            seconds = sum(s for *_, s in found)
            row = rows[-1]
            print(
                f"{row['held']:.1%} ({row['held_low']:.1%} to {row['held_high']:.1%}) of {row['intervals']}: "
                f"{row['notebook']} {row['interval']}, {row['scenario']} [{seconds:.0f} s]",
                flush=True,
            )
    table = pd.DataFrame(rows)
    table.insert(0, "made", date.today().isoformat())
    if not wanted:
        table = table.sort_values(["notebook", "interval", "scenario"], kind="stable")
        table.to_csv(REFERENCE / "coverage.csv", index=False, lineterminator="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
