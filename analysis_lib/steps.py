"""What is known of a step: if it is up to date, how far it is, and what a person is told when it fails."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def same_as_last_time(describe: Callable[[], str]) -> Callable[..., bool]:
    """Return a doit ``uptodate`` check: is what `describe` says the same as when the step last ran?"""

    def unchanged(task: object, values: dict[str, str]) -> bool:
        now = describe()
        task.value_savers.append(lambda: {"state": now})
        return values.get("state") == now

    return unchanged


def shorten_failure(text: str, fail: object) -> str:
    """Return what a person needs of a failure: the last line of a traceback, or all of a plain message."""
    trace = "".join(getattr(fail, "traceback", None) or [])
    lines = (trace or text).strip().splitlines()
    marks = [n for n, line in enumerate(lines) if line and not line.startswith((" ", "Traceback", "During"))]
    if not (trace and marks):
        return text
    # An error of the project says what to do; which class it is helps nobody who reads it here.
    return re.sub(r"^analysis_lib\.[\w.]+: ", "", "\n".join(lines[marks[-1] :]))


@dataclass(frozen=True)
class Told:
    """How far a step is: so many of so many, and whether each takes about the same time."""

    done: int
    total: int
    unit: str
    even: bool


def tell(root: Path, name: str, done: int, total: int, unit: str, *, even: bool = False) -> None:
    """Say how far the step `name` is; it may run in a process of its own."""
    path = _told_path(root, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps([done, total, unit, even]), encoding="utf-8")
    partial.replace(path)


def read_told(root: Path, name: str) -> Told | None:
    """Return how far the step `name` last said it is, if it did."""
    path = _told_path(root, name)
    return Told(*json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def forget_told(root: Path) -> None:
    """Remove what steps of an earlier run said."""
    shutil.rmtree(root / ".build" / "progress", ignore_errors=True)


def _told_path(root: Path, name: str) -> Path:
    return root / ".build" / "progress" / f"{name.replace(':', '-')}.json"


def hash_file(path: Path) -> str:
    """Return the sha256 of a file, or "absent"."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "absent"


def describe_inputs(results: Path) -> list[str]:
    """Return what the checks said of the inputs: each file with its rows, hash and period."""
    found = []
    for name in ("run", "linked"):
        path = results / "facts" / f"{name}.json"
        facts = json.loads(path.read_text(encoding="utf-8"))["facts"] if path.is_file() else {}
        if "provenance" in facts:
            found.append(f"inputs: {facts['provenance']['text']}")
    return found
