"""Attack a report: ``python -m tests.attack RESULTS``, or ``… people N …`` to make those of N people first.

``… page N …`` writes what it finds for the page on protection (``analysis_lib/reference/attack.csv``). Else
figures go to standard output as JSON. With the truth (``people``), they say how much of it was found.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd

from analysis_lib.project import REFERENCE
from tests.attack.record import record, true_numbers
from tests.attack.score import attack

SEED = 3
SHOWN = [
    "made",
    "seed",
    "people",
    "n_hidden_small",
    "n_small_pinned",
    "n_small_narrowed",
    "n_shown",
    "n_shown_exact",
]
# What each attacker uses, besides that a hidden count is at least 1
KNOWS = {
    "counts": {"counts_only": True},
    "all numbers": {},
    "all numbers and the release log": {"use_log": True},
}


def main(words: list[str]) -> int:
    """Attack and print."""
    if len(words) >= 2 and words[0] == "people":
        print(json.dumps([of_people(int(n)) for n in words[1:]], indent=1))
    elif len(words) >= 2 and words[0] == "page":
        rows = [of_people(int(n)) for n in words[1:]]
        figures = pd.DataFrame([{"people": row["n_people"], **row["all numbers"]} for row in rows])
        figures.insert(0, "seed", SEED)
        figures.insert(0, "made", date.today().isoformat())
        figures[SHOWN].to_csv(REFERENCE / "attack.csv", index=False, lineterminator="\n")
    elif len(words) == 1:
        folder = Path(words[0])
        found = attack(folder, true_numbers(folder) or None)
        cells = found.table()
        print(cells[cells["n_left"] == 1].query("hidden or low > 0").to_string(max_rows=200), file=sys.stderr)
        print(json.dumps(found.figures(), indent=1))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


def of_people(n: int, seed: int = SEED) -> dict[str, object]:
    """Return the figures of an attack on the report of so many simulated people."""
    from analysis_lib.simulate import simulate_population

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record(simulate_population(folder / "people", n, seed=seed, processes=1), folder / "results")
        true = true_numbers(folder / "results")
        return {"n_people": n} | {
            name: attack(folder / "results", true, **knows).figures() for name, knows in KNOWS.items()
        }


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
