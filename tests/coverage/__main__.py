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


def list_modules() -> list[str]:
    """Return the modules that have cases."""
    names = sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return [name for name in names if name not in ("__main__", "case") and _load(name)]


def _load(module: str) -> list[Case]:
    return list(getattr(importlib.import_module(f"tests.coverage.{module}"), "CASES", []))


def draw(module: str, places: list[int], seed: int) -> dict[int, tuple[int, int, float]]:
    """Draw one seed of some cases of a module, which may keep what they share.

    Returns
    -------
    dict
        By the place of the case: how many intervals held, how many there were, and processor seconds.
    """
    found = {}
    with threadpool_limits(1):
        for place in places:
            began = time.process_time()
            held, n = _load(module)[place].draw(seed)
            found[place] = (int(held), int(n), time.process_time() - began)
    return found


def main(words: list[str]) -> int:
    """Measure, print, and write what the page shows."""
    wanted = " ".join(words).lower()
    chosen = {
        name: [n for n, c in enumerate(cases) if wanted in f"{name} {c.interval} {c.scenario}".lower()]
        for name, cases in ((name, _load(name)) for name in list_modules())
    }
    rows = []
    with ProcessPoolExecutor(PROCESSES) as pool:
        asked = {}
        for name, places in chosen.items():
            seeds = {n: _load(name)[n].seeds for n in places}
            asked[name] = [
                pool.submit(draw, name, [n for n in places if seed < seeds[n]], seed)
                for seed in range(max(seeds.values(), default=0))
            ]
        for name, worlds in asked.items():
            found = [world.result() for world in worlds]
            for place in chosen[name]:
                drawn = [world[place] for world in found if place in world]
                rows.append(summarise(_load(name)[place], [(held, n) for held, n, _ in drawn]))
                _print(rows[-1], sum(seconds for *_, seconds in drawn))
    table = pd.DataFrame(rows)
    table.insert(0, "made", date.today().isoformat())
    if not wanted:
        table = table.sort_values(["notebook", "interval", "scenario"], kind="stable")
        table.to_csv(REFERENCE / "coverage.csv", index=False, lineterminator="\n")
    return 0


def _print(row: dict[str, object], seconds: float) -> None:
    print(
        f"{row['held']:.1%} ({row['held_low']:.1%} to {row['held_high']:.1%}) of {row['intervals']}: "
        f"{row['notebook']} {row['interval']}, {row['scenario']} [{seconds:.0f} s]",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
