"""Go through a folder: read every file of it, and say what each of them is not."""

from __future__ import annotations

import json
import math
import os
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from analysis_lib.inputs.archive import find_sources
from analysis_lib.inputs.cache import Source, open_source_cached
from analysis_lib.inputs.doubts import ANSWERS_FILE, Answers, read_answers
from analysis_lib.inputs.errors import InputError, Rejection, reject, visible
from analysis_lib.inputs.find_population import MAPPING, holds_population, population_files, unused_tables
from analysis_lib.inputs.hospital.find import find_admissions
from analysis_lib.inputs.hospital.layout import TABLES
from analysis_lib.inputs.labels import LABEL_FILE, OwnLabels, read_own_labels
from analysis_lib.inputs.read import join_name

SETTINGS = "inputs.toml"
IGNORE_FILE = "ignore.txt"
MANIFEST = "manifest.json"
TRUTH = "truth.json"
MAX_READERS = 4
MAX_JSON_BYTES = 1 << 24


@dataclass
class Scan:
    """What a folder holds: sources read, names ignored, everything rejected, and whether it is simulated."""

    folder: Path
    sources: list[Source] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    simulated: bool = False
    truth: dict[str, Any] | None = None
    answers: Answers = field(default_factory=Answers)
    beside: bool = False  # a linked population or admissions lie there too, which are not read here


def nothing_found(folder: Path, ignored: Sequence[str] = ()) -> Rejection:
    """Return the rejection of a folder that gives nothing: absent, a file, empty, or nothing that is read."""
    name = folder.resolve().name or str(folder)
    expected = "CSV, xlsx, Parquet or zip files of 'Appointments in General Practice'"
    remedy = "Set REPORT_DATA to the folder of your files, or run: python -m analysis_lib simulate."
    if not folder.is_dir():
        problem = "a file, not a folder" if folder.is_file() else "no such folder"
        return Rejection(name, problem, expected, remedy)
    problem = "no appointment file in the folder"
    if ignored:
        problem += f"; there are {', '.join(ignored[:3])}{' …' if len(ignored) > 3 else ''}"
        remedy = "Name the folder that holds the files themselves, saved as CSV, xlsx, Parquet or zip."
    return Rejection(name, problem, expected, remedy)


def scan_folder(folder: Path, place: Path | None, accept: Iterable[str] = ()) -> Scan:
    """Read every file of a folder, cached in `place` if given; one that cannot be read is a rejection.

    `accept` are answers to doubts, beside those in the folder's accept.txt.
    """
    scan = Scan(folder)
    if not folder.is_dir():
        scan.rejections.append(nothing_found(folder))
        return scan
    try:
        paths, scan.ignored = find_sources(folder)
    except OSError as error:
        scan.rejections.append(_cannot_open(folder, error))
        return scan
    linked, hospital = holds_population(folder), find_admissions(folder)
    scan.beside = linked or bool(hospital)
    of_people = population_files(folder)
    people = {path.name for path in of_people} | {path.parent.name for path in of_people} - {folder.name}
    people |= {MAPPING, MANIFEST} if linked else set()
    people |= {*TABLES, TRUTH} if folder in hospital else {path.name for path in hospital}
    unused = {path.name for path in unused_tables(folder)} if linked else set()
    paths = [path for path in paths if path.name not in people | unused]
    scan.ignored = [name for name in scan.ignored if _name_of(name) not in people | unused]
    why = f"not used: {MAPPING} does not name it" if (folder / MAPPING).is_file() else f"waits for {MAPPING}"
    scan.ignored += [f"{visible(name)} ({why})" for name in sorted(unused)]
    paths = _leave_out(folder, paths, scan)
    day_first = _read_settings(folder, scan)
    own_labels = _read_labels(folder, scan)
    try:
        scan.answers = read_answers(folder, accept)
        scan.ignored = [name for name in scan.ignored if _name_of(name) != ANSWERS_FILE]
    except InputError as error:
        scan.rejections += error.rejections
    workers = min(MAX_READERS, os.cpu_count() or 1, max(len(paths), 1))
    with ThreadPoolExecutor(workers) as pool:
        jobs = [pool.submit(_open, path, place, path.name in day_first, own_labels) for path in paths]
        opened = [job.result() for job in jobs]
    scan.sources = [source for source in opened if isinstance(source, Source)]
    scan.rejections += [rejection for rejection in opened if isinstance(rejection, Rejection)]
    for source in scan.sources:
        scan.rejections += source.read.rejections
        name = visible(source.path.name)
        scan.ignored += [join_name(name, member) for member in source.read.ignored]
        scan.ignored += [f"{join_name(name, member)}: {why}, not read" for member, why in source.read.aside]
    _read_manifest(folder, scan)
    return scan


def _name_of(ignored: str) -> str:
    """Return the name of a file or folder without the reason why it is not read."""
    return ignored.split(" (")[0].removesuffix("/")


def _open(path: Path, place: Path | None, day_first: bool, own_labels: OwnLabels) -> Source | Rejection:
    try:
        if path.exists() and not path.is_file():
            raise OSError("it is a device or a pipe")
        return open_source_cached(path, place, day_first=day_first, own_labels=own_labels)
    except OSError as error:
        return _cannot_open(path, error)


def _cannot_open(path: Path, error: OSError) -> Rejection:
    if path.is_symlink() and not path.exists():
        return Rejection(path.name, "a link to a file that is gone", "the file", "Remove or renew the link.")
    reason = (error.strerror or str(error)).casefold()
    return Rejection(
        path.name, f"cannot be opened ({reason})", "a file that may be read", "Check its rights."
    )


def _leave_out(folder: Path, paths: list[Path], scan: Scan) -> list[Path]:
    """Return the files without those that the folder's ignore.txt names, a name or pattern a line."""
    path = folder / IGNORE_FILE
    if not path.is_file():
        return paths
    scan.ignored = [name for name in scan.ignored if _name_of(name) != IGNORE_FILE]
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        error = reject("not readable text", "a file name or pattern a line", "Mend it.", file=IGNORE_FILE)
        scan.rejections += error.rejections
        return paths
    patterns = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    left = {
        file for file in paths for pattern in patterns if fnmatch(file.name.casefold(), pattern.casefold())
    }
    scan.ignored += [f"{visible(file.name)}: named in {IGNORE_FILE}, not read" for file in sorted(left)]
    for pattern in patterns:
        if not any(fnmatch(file.name.casefold(), pattern.casefold()) for file in paths):
            scan.ignored.append(f"{IGNORE_FILE}: {visible(pattern)!r} names no data file of the folder")
    return [file for file in paths if file not in left]


def _read_labels(folder: Path, scan: Scan) -> OwnLabels:
    """Return the labels that the folder's labels.toml declares."""
    path = folder / LABEL_FILE
    if not path.is_file():
        return {}
    scan.ignored = [name for name in scan.ignored if _name_of(name) != LABEL_FILE]
    try:
        return read_own_labels(path)
    except InputError as error:
        scan.rejections += error.rejections
        return {}


def _read_settings(folder: Path, scan: Scan) -> set[str]:
    """Return the files whose dates are declared day first, from the folder's inputs.toml."""
    path = folder / SETTINGS
    if not path.is_file():
        return set()
    scan.ignored = [name for name in scan.ignored if _name_of(name) != SETTINGS]
    try:
        names = tomllib.loads(path.read_text(encoding="utf-8")).get("dates", {}).get("day_first", [])
    except (OSError, ValueError, AttributeError, RecursionError):
        names = None
    known = {entry.name for entry in folder.iterdir()}
    if isinstance(names, list) and known.issuperset(map(str, names)):
        return set(map(str, names))
    absent = sorted(set(map(str, names)) - known) if isinstance(names, list) else []
    problem = f"names files that are not there: {', '.join(absent)}" if absent else "not readable settings"
    error = reject(problem, '[dates] day_first = ["file.csv"]', "Mend it.", file=SETTINGS)
    scan.rejections += error.rejections
    return set()


def _read_manifest(folder: Path, scan: Scan) -> None:
    """Recognise a simulated folder by its manifest, and load the truth that goes with it."""
    for name in (MANIFEST, TRUTH):
        path = folder / name
        if not path.is_file() or (name == TRUTH and not scan.simulated):
            continue
        try:
            content = _read_json(path)
        except (OSError, ValueError, RecursionError):
            error = reject("not readable JSON", "the file the simulation wrote", "Simulate again.", file=name)
            scan.rejections += error.rejections
            continue
        if name == TRUTH:
            scan.truth = content if isinstance(content, dict) else None
        elif isinstance(content, dict) and content.get("simulated") is True:
            scan.simulated = True
            scan.rejections += _strangers(content.get("files"), scan)
        if scan.simulated:
            scan.ignored = [ignored for ignored in scan.ignored if _name_of(ignored) != name]


def _read_json(path: Path) -> Any:
    """Return the content of a JSON file of a size that the simulation writes, all its numbers finite."""

    def finite(text: str) -> float:
        number = float(text)
        if not math.isfinite(number):
            raise ValueError("a number that is none")
        return number

    with path.open("rb") as file:
        data = file.read(MAX_JSON_BYTES + 1)
    if len(data) > MAX_JSON_BYTES:
        raise ValueError("too large")
    return json.loads(data.decode("utf-8"), parse_constant=finite, parse_float=finite)


def _strangers(listed: object, scan: Scan) -> list[Rejection]:
    """Return a rejection for every file that the simulation did not write: real rows among simulated ones."""
    files = listed if isinstance(listed, list) else []
    made = {str(file.get("sha256")) for file in files if isinstance(file, dict)}
    return [
        Rejection(
            source.path.name,
            "not one of the simulated files that manifest.json lists",
            "simulated files alone, as they were written",
            "Keep real files in a folder of their own; if you changed this one, simulate again.",
        )
        for source in scan.sources
        if source.read.sha256 not in made
    ]
