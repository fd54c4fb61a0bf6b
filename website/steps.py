"""What dodo.py needs of a step: what it made, whether it is up to date, how far it is, what is said of it.

Everything that a page may be made from belongs to one step, and to one folder of inputs. A step notes the
files that it made, with their hashes; what no present step has noted is a left-over: of a notebook that is
gone, of other inputs, or changed by hand. It is removed before anything is published.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_lib import project

#: Folders of the project that only steps write to, beside those of the results.
MADE = ("report/notebooks", "report/takeaway")
#: Folders of the results.
RESULTS = ("facts", "tables", "figures")


def same_as_last_time(describe: Callable[[], str], *, changes: bool = False) -> Callable[..., bool]:
    """Return a doit ``uptodate`` check: is what `describe` says the same as when the step last ran?

    With `changes`, the step changes what is described, and is compared with how it left it; otherwise
    with how it found it, so that what somebody changes while the step runs is not missed.
    """

    def unchanged(task: object, values: dict[str, str]) -> bool:
        now = describe()
        task.value_savers.append(lambda: {"state": describe() if changes else now})
        return values.get("state") == now

    return unchanged


def note_made(step: str, files: Iterable[Path], source: Path | None = None) -> None:
    """Note what a step made, with the inputs and the notebook (`source`) that it made it from."""
    root = project.find_root()
    made = {os.path.relpath(path, root): hash_file(path) for path in sorted(files)}
    note = _note(root, step)
    note.parent.mkdir(parents=True, exist_ok=True)
    partial = note.with_suffix(".part")
    partial.write_text(json.dumps({"of": _describe(source), "files": made}, indent=1), encoding="utf-8")
    partial.replace(note)


def made_is_whole(
    step: str, source: Path | None = None, listed: Callable[[], Iterable[Path]] | None = None
) -> Callable[..., bool]:
    """Return a doit ``uptodate`` check: is all that a step made there as it made it, from these inputs?

    With `listed`, nothing else may be there.
    """

    def whole() -> bool:
        root = project.find_root()
        made = _read_note(root, step, source)
        if made is None or (listed and {os.path.relpath(p, root) for p in listed()} != made.keys()):
            return False
        return all(_is_as_made(root / name, digest) for name, digest in made.items())

    return whole


def remove_left_overs(present: Mapping[str, Path | None]) -> list[str]:
    """Remove every file in the folders of the steps that none of the present ones made, as it is.

    Parameters
    ----------
    present : mapping
        Each step there is, with its notebook if it runs one.

    Returns
    -------
    list of str
        What was removed, as paths from the root.
    """
    root = project.find_root()
    made: dict[str, set[str]] = {}  # two steps may have made a file: the later stands
    for note in _note(root, "any").parent.glob("*.json"):
        known = _read_note(root, note.stem, present[note.stem]) if note.stem in present else None
        if known is None:
            note.unlink()
        else:
            for name, digest in known.items():
                made.setdefault(name, set()).add(digest)
    removed = []
    for path in list_made(root):
        name = os.path.relpath(path, root)
        if not any(_is_as_made(path, digest) for digest in made.get(name, ())):
            path.unlink()
            removed.append(name)
    return removed


def list_made(root: Path) -> Iterator[Path]:
    """Return every file in the folders that only steps write to; a link to a folder counts as a file."""
    results = project.results_folder()
    for folder in [*(results / name for name in RESULTS), *(root / name for name in MADE)]:
        for place, folders, files in os.walk(folder):
            links = [name for name in folders if Path(place, name).is_symlink()]
            yield from (Path(place, name) for name in sorted([*files, *links]))


def _note(root: Path, step: str) -> Path:
    return root / ".build" / "made" / f"{step}.json"


def _read_note(root: Path, step: str, source: Path | None) -> dict[str, str] | None:
    """Return the files that a step made and their hashes; None if it made none of these inputs."""
    try:
        note: dict[str, Any] = json.loads(_note(root, step).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return note["files"] if note["of"] == _describe(source) else None


def _describe(source: Path | None) -> str:
    """Name what results belong to: the folders of inputs, and the notebook as it is."""
    root = project.find_root()
    folders = [project.data_folder(), project.population_folder()]
    named = [
        str(f.relative_to(root) if f.is_relative_to(root) else f) for f in folders
    ]  # a clone may be moved
    return " ".join([*named, hash_file(source) if source else ""]).strip()


def _is_as_made(path: Path, digest: str) -> bool:
    return path.is_file() and not path.is_symlink() and hash_file(path) == digest


def shorten_failure(text: str, fail: object) -> str:
    """Return what a person needs of a failure: the last line of a traceback, or all of a plain message."""
    trace = "".join(getattr(fail, "traceback", None) or [])
    lines = (trace or text).strip().splitlines()
    marks = [n for n, line in enumerate(lines) if line and not line.startswith((" ", "Traceback", "During"))]
    if not (trace and marks):
        return text
    # An error of the project says what to do; which class it is helps nobody who reads it here.
    return re.sub(r"^(?:analysis_lib|website)\.[\w.]+: ", "", "\n".join(lines[marks[-1] :]))


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


def hash_files(root: Path, files: Iterable[Path], also: str = "") -> str:
    """Return one sha256 over the names of files, from the project's root on, and what is in them."""
    digest = hashlib.sha256(also.encode())
    for path in sorted(p for p in set(files) if p.is_file() and "__pycache__" not in p.parts):
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        digest.update(f"{name}\0{hash_file(path)}".encode())
    return digest.hexdigest()


def hash_file(path: Path) -> str:
    """Return the sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def describe_inputs(results: Path) -> list[str]:
    """Return what the checks said of the inputs: each file with its rows, hash and period."""
    found = []
    for name in ("run", "linked"):
        path = results / "facts" / f"{name}.json"
        facts = json.loads(path.read_text(encoding="utf-8"))["facts"] if path.is_file() else {}
        if "provenance" in facts:
            found.append(f"inputs: {facts['provenance']['text']}")
    return found
