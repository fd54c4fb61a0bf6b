"""Run the real demand model and its tests on a folder of tables, and keep what came of it.

Runs in the environment that `make nhp-model` makes, never in the project's:

    .venv-nhp/bin/python nhp_model/run.py SOURCE TABLES RECORD.json
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

os.environ["JAX_PLATFORMS"] = "cpu"  # as the model's own tests do
import pandas as pd

REPOSITORY = "The-Strategy-Unit/nhp_model"
COMMIT = "0daacc3edbc1775e741e15927aba1f339b220956"  # 22 July 2026
# Of src/nhp/model at that commit, as `hash_files` gives it: an archive has no commit to ask for
SOURCE_HASH = "0e0bb8a7cd92686e913731cfa37be521df55a9efd5e0b8c9af000953e58eaebd"
SOURCE_FILES = ("*.py", "*.json", "*.csv")
ITERATIONS = 3
UNIT = ("tests/unit", "--ignore=tests/unit/nhp/docker")  # those need the packages of a cloud
INTEGRATION = ("tests/integration",)


def hash_files(folder: Path, patterns: tuple[str, ...]) -> str:
    """Return the sha256 of these files' names and contents, in the order of their names."""
    total = hashlib.sha256()
    files = {path.relative_to(folder).as_posix(): path for p in patterns for path in folder.rglob(p)}
    for name in sorted(files):
        if Path(name).name != "_version.py":  # written by an installation
            total.update(name.encode() + b"\0" + hashlib.sha256(files[name].read_bytes()).digest())
    return total.hexdigest()


def check_source(source: Path) -> None:
    """Leave with what to do if this is not the model's source at the pinned commit."""
    model = source / "src" / "nhp" / "model"
    if not model.is_dir():
        sys.exit(f"{source} does not hold src/nhp/model: give a folder of {REPOSITORY} at commit {COMMIT}.")
    if hash_files(model, SOURCE_FILES) != SOURCE_HASH:
        sys.exit(f"{source} is not {REPOSITORY} at commit {COMMIT}: check out that commit, without changes.")


def run_parts(source: Path, tables: Path) -> tuple[list[dict], list[dict]]:
    """Run inpatients, outpatients and A&E with the model's sample parameters; return activity and steps."""
    sys.path.insert(0, str(source / "src"))
    from nhp.model import AaEModel, InpatientsModel, ModelIteration, OutpatientsModel, load_sample_params
    from nhp.model.data import Local

    activity, steps = [], []
    for part in (InpatientsModel, OutpatientsModel, AaEModel):
        model = part(load_sample_params(), Local.create(str(tables)))
        for run in range(1, ITERATIONS + 1):
            results = ModelIteration(model, run).get_aggregate_results()
            steps.append(results["step_counts"].reset_index())
            default = results["default"].reset_index()
            default["measure"] = default["measure"].replace({"walk-in": "arrivals", "ambulance": "arrivals"})
            activity.append(default[default["measure"] != "procedures"])
    steps = pd.concat(steps)
    keys = ["pod", "measure"]
    before = steps[steps["change_factor"] == "baseline"].groupby(keys)["value"].sum() / ITERATIONS
    after = pd.concat(activity).groupby(keys)["value"].sum() / ITERATIONS
    both = pd.DataFrame({"baseline": before, "projected": after}).fillna(0.0).round(1).reset_index()
    by_step = steps.groupby(["change_factor", "measure"])["value"].sum().div(ITERATIONS).round(1)
    by_step = by_step.rename_axis(index={"change_factor": "step"}).reset_index()
    return both.to_dict("records"), by_step.to_dict("records")


def run_tests(source: Path, tables: Path) -> dict[str, dict[str, int]]:
    """Run the model's own tests on a copy of its source.

    The snapshots that come with the source are of data that are not public, so tests of values fail against
    them on any other data. The tests therefore write snapshots of these tables first (by which they fail
    once, as their tool has it), and are then run again, in a new process, against those.
    """
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "source"
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".git", "_version.py"))
        found["unit"] = _test(copy, *UNIT)
        data = f"--data-dir={tables}"
        found["integration, snapshots of the source"] = _test(copy, *INTEGRATION, data)
        _test(copy, *INTEGRATION, data, "--force-regen")
        found["integration, snapshots of these tables"] = _test(copy, *INTEGRATION, data)
    return found


def _test(source: Path, *words: str) -> dict[str, int]:
    """Run tests; return how many passed and failed (errors among them)."""
    report = source.parent / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *words]
    environment = os.environ | {"PYTHONPATH": str(source / "src")}
    subprocess.run(command, cwd=source, env=environment, stdout=subprocess.DEVNULL, check=False)
    suite = next(ElementTree.parse(report).iter("testsuite")).attrib
    failed = int(suite["failures"]) + int(suite["errors"])
    return {"passed": int(suite["tests"]) - failed - int(suite["skipped"]), "failed": failed}


def main(source: Path, tables: Path, record: Path) -> None:
    """Run everything and write the record."""
    check_source(source)
    if not tables.is_dir():
        sys.exit(f"There is no folder {tables}: `make synthetic` writes one.")
    print("Running inpatients, outpatients and A&E …", flush=True)
    activity, steps = run_parts(source, tables)
    print("Running the model's own tests …", flush=True)
    tests = run_tests(source, tables)
    packages = ("numpy", "pandas", "scipy", "jax", "metalog-jax")
    said = {
        "ran_on": datetime.now(UTC).date().isoformat(),
        "repository": REPOSITORY,
        "commit": COMMIT,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
        "tables_sha256": hash_files(tables, ("*.parquet",)),
        "parameters": "the model's sample, params-sample.json",
        "iterations": ITERATIONS,
        "tests": tests,
        "activity": activity,
        "steps": steps,
    }
    record.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    print("\n".join(f"{name}: {n['passed']} passed, {n['failed']} failed" for name, n in tests.items()))
    print(f"Kept in {record.name}.")


if __name__ == "__main__":
    main(*(Path(word).resolve() for word in sys.argv[1:]))
