"""Run the notebooks on the linked population, and keep the tables as they were given to the gate.

``python -m tests.attack.record POPULATION RESULTS`` runs their code cells in this process and
writes the true tables to ``RESULTS/true/``, one Parquet file a table. Only the scorer reads them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ("04_demand_drivers", "05_high_need", "06_care_pathways")
# What a cell may say where people are too few, as the pipeline allows; all else is a failure
ALLOWED = {"TooFewPoints", "TooFewYears", "ModelDidNotFit", "NothingToDraw", "NotReleasable", "NameError"}


def record(population: Path, results: Path) -> None:
    """Run the notebooks in a process of their own."""
    command = [sys.executable, "-m", "tests.attack.record", str(population), str(results)]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("REPORT_")}
    environment |= {**threads, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


def true_numbers(results: Path) -> dict[str, pd.DataFrame]:
    """Return the tables as they were given to the gate, by name; rows as in what was released."""
    return {path.stem: pd.read_parquet(path) for path in sorted((results / "true").glob("*.parquet"))}


def _run(population: Path, results: Path) -> None:
    os.environ.update(REPORT_DATA=str(population), REPORT_RESULTS=str(results))
    from analysis_lib.project import STEP_VARIABLE
    from analysis_lib.release import audit
    from analysis_lib.release.gate.held import HELD_VARIABLE, Held, add_held
    from analysis_lib.release.store import Store
    from tests.attack.scenarios import AUDITS

    kept = results / "true"
    kept.mkdir(parents=True, exist_ok=True)
    release = Store.save_table

    def save_table(
        store: Store, name: str, frame: pd.DataFrame, *args: object, **more: object
    ) -> pd.DataFrame:
        released = release(store, name, frame, *args, **more)
        numbers = frame.select_dtypes("number").reset_index(drop=True)
        numbers.attrs = {}
        numbers.to_parquet(kept / f"{name}.parquet")
        return released

    Store.save_table = save_table
    # As a build: tables of all notebooks held against each other, and run again where more must be hidden
    audit.counts_file = lambda store: results / "counts" / f"{store}.npz"
    held: Held = {}
    for _ in range(AUDITS):
        _run_notebooks(STEP_VARIABLE)
        more = audit.find_held(sorted((results / "counts").glob("*.npz")))
        if not more:
            return
        add_held(held, more)
        (results / "held.json").write_text(json.dumps(held), encoding="utf-8")
        os.environ[HELD_VARIABLE] = str(results / "held.json")
    raise AssertionError("a build would stop: hiding more does not end what tables give back")


def _run_notebooks(step_variable: str) -> None:
    for name in NOTEBOOKS:
        os.environ[step_variable] = name
        cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        here: dict[str, object] = {"__name__": "__main__", "display": lambda *_: None}
        for cell in cells:
            source = "".join(cell["source"])
            if cell["cell_type"] != "code":
                continue
            try:
                exec(compile(source, name, "exec"), here)  # noqa: S102
            except Exception as error:
                if type(error).__name__ not in ALLOWED:
                    raise


if __name__ == "__main__":
    _run(*(Path(p).resolve() for p in sys.argv[1:3]))
