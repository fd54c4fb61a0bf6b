"""Simulate a linked population: block by block, in parallel, into a folder that is whole or not there."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis_lib.identifiers import CANARIES
from analysis_lib.simulate.population import codes, tables
from analysis_lib.simulate.population.contacts import draw_contacts
from analysis_lib.simulate.population.medicines import draw_courses
from analysis_lib.simulate.population.people import draw_people
from analysis_lib.simulate.population.truth import state_truth
from analysis_lib.simulate.population.world import World, draw_world
from analysis_lib.simulate.scenario import DEFAULT, Scenario, find_scenario

POPULATION_VERSION = "3"
BLOCK = 10_000  # people drawn together from one random stream
BLOCKS_PER_PART = 2  # blocks in one file
FEWEST_PEOPLE = 100
MANIFEST, TRUTH = "manifest.json", "truth.json"
WHOLE_TABLES = ("person", "condition")  # one file each
PART_TABLES = ("medicine", "contact")  # a folder of files each
PARTS = "_parts"
Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Task:
    """What one process needs to draw and write one part."""

    seed: int
    part: int
    n_people: int
    world: World
    folder: Path

    def blocks(self) -> Iterator[tuple[int, int, int]]:
        """Yield number, first person and size of each block of the part."""
        for block in range(self.part * BLOCKS_PER_PART, (self.part + 1) * BLOCKS_PER_PART):
            first = block * BLOCK
            if first < self.n_people:
                yield block, first, min(BLOCK, self.n_people - first)


def simulate_population(
    folder: str | Path,
    n_people: int,
    seed: int = 1,
    processes: int | None = None,
    progress: Progress | None = None,
    scenario: str | Scenario = DEFAULT,
) -> Path:
    """Write a simulated linked population, its planted truth and its manifest.

    Files: ``person.parquet``, ``condition.parquet``, ``medicine/part-0001.parquet`` and on,
    ``contact/part-0001.parquet`` and on (20,000 people a file, 10,000 a row group, in order of person and
    date), ``truth.json`` and ``manifest.json``. Three years from 1 April 2022. The same seed and number of
    people give the same bytes, whatever the number of processes. Written into a folder beside and renamed
    when all is done: a folder of that name is whole, or an earlier one, or not there.

    Parameters
    ----------
    folder : path
        Where to write. An earlier simulated population there is replaced.
    n_people : int
        People who are registered at some time in the three years (about 87% on any one day); 100 or more.
    seed : int
        Seed of every random stream.
    processes : int, optional
        How many to run at once; as many as the machine has cores if not given.
    progress : callable, optional
        Called as ``progress(n_done, n_people, seconds)`` after each part.
    scenario : str or Scenario
        "unfavourable" (area effects go with deprivation, rates drift), "favourable", or "null" (areas alike,
        no interactions).

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileExistsError
        If the folder holds anything but an earlier simulated population.
    ValueError
        If there are too few people or processes, or no such scenario.
    """
    if n_people < FEWEST_PEOPLE:
        raise ValueError(f"people must be {FEWEST_PEOPLE} or more: {n_people} given.")
    if processes is not None and processes < 1:
        raise ValueError("processes must be 1 or more.")
    world = draw_world(seed, find_scenario(scenario))
    with whole_folder(folder) as partial:
        _write_everything(partial, n_people, seed, world, processes or os.cpu_count() or 1, progress)
    return Path(folder).resolve()


@contextmanager
def whole_folder(folder: str | Path) -> Iterator[Path]:
    """Give a folder to write into, which takes the place of another when all is done, or is gone.

    Raises
    ------
    FileExistsError
        If the folder to be replaced holds anything but an earlier simulated population.
    """
    target = Path(folder).resolve()
    _check_target(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".{target.name}.partial-{os.getpid()}"
    partial.mkdir()
    try:
        yield partial
        _put_in_place(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check_target(target: Path) -> list[Path]:
    """Return what is in the folder; refuse anything that an earlier run did not write."""
    if not target.exists():
        return []
    if not target.is_dir():
        raise FileExistsError(f"{target.name!r} is a file: give an empty or new folder.")
    present = sorted(path for path in target.iterdir() if not path.name.startswith("."))
    manifest = target / MANIFEST
    ours: set[str] = set()
    if manifest.is_file():
        said = json.loads(manifest.read_text(encoding="utf-8"))
        if said.get("simulated") is True and "population_version" in said:
            ours = {MANIFEST, *(entry["name"].split("/")[0] for entry in said["files"])}
    others = [path.name for path in present if path.name not in ours]
    if others:
        raise FileExistsError(
            f"A simulated population is never put among other files: the folder {target.name!r} holds "
            f"{others[:3]}. Give an empty or new folder."
        )
    return present


def _put_in_place(partial: Path, target: Path) -> None:
    """Replace the folder by the finished one, its old manifest going first."""
    for path in sorted(_check_target(target), key=lambda path: path.name != MANIFEST):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if target.exists():
        target.rmdir()
    partial.rename(target)


def _write_everything(
    folder: Path, n_people: int, seed: int, world: World, processes: int, progress: Progress | None
) -> None:
    """Write all tables, then truth, then the manifest."""
    per_part = BLOCK * BLOCKS_PER_PART
    tasks = [Task(seed, part, n_people, world, folder) for part in range(-(-n_people // per_part))]
    for name in (PARTS, *PART_TABLES):
        (folder / name).mkdir()
    started, entries = time.monotonic(), []
    for part, written in enumerate(_run(tasks, min(processes, len(tasks)))):
        entries += written
        if progress:
            progress(min((part + 1) * per_part, n_people), n_people, time.monotonic() - started)
    whole = [_join_parts(folder, name) for name in WHOLE_TABLES]
    shutil.rmtree(folder / PARTS)
    write_json(folder / TRUTH, state_truth(seed, n_people, world))
    truth = {"name": TRUTH, "table": "truth", "sha256": hash_file(folder / TRUTH)}
    files = [*whole, *sorted(entries, key=lambda entry: entry["name"]), truth]
    write_json(folder / MANIFEST, _manifest(n_people, seed, world, files))


def _run(tasks: list[Task], processes: int) -> Iterable[list[dict[str, Any]]]:
    """Yield what each part wrote, in order."""
    if processes == 1:
        yield from map(write_part, tasks)
        return
    # Spawned, not forked: the same on every system, and safe beside threads.
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(write_part, tasks)


def write_part(task: Task) -> list[dict[str, Any]]:
    """Draw and write one part; return the manifest's entries of its finished files."""
    paths = {name: task.folder / PARTS / f"{name}-{task.part + 1:04d}.parquet" for name in WHOLE_TABLES}
    paths |= {name: task.folder / name / f"part-{task.part + 1:04d}.parquet" for name in PART_TABLES}
    writers = {name: _open(path, tables.SCHEMAS[name]) for name, path in paths.items()}
    rows = dict.fromkeys(paths, 0)
    for block, first, n in task.blocks():
        rng = np.random.default_rng(np.random.SeedSequence(task.seed, spawn_key=(1, block)))
        people = draw_people(rng, n, task.world.places)
        ids = tables.make_ids(task.seed, first, n, task.n_people)
        made = {
            "person": tables.person_table(ids, people, task.world.places),
            "condition": tables.condition_table(ids, people),
            "contact": tables.contact_table(ids, draw_contacts(rng, people, task.world)),
            "medicine": tables.medicine_table(ids, draw_courses(rng, people)),
        }
        for name, table in made.items():
            writers[name].write_table(table.cast(tables.SCHEMAS[name]), row_group_size=max(len(table), 1))
            rows[name] += len(table)
    for writer in writers.values():
        writer.close()
    return [file_entry(task.folder, paths[name], name, rows[name]) for name in PART_TABLES]


def _open(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression="zstd", store_schema=False)


def _join_parts(folder: Path, name: str) -> dict[str, Any]:
    """Join the parts of a table into one file, a row group for each block."""
    path, n_rows = folder / f"{name}.parquet", 0
    writer = _open(path, tables.SCHEMAS[name])
    for part in sorted((folder / PARTS).glob(f"{name}-*.parquet")):
        source = pq.ParquetFile(part)
        for group in range(source.num_row_groups):
            table = source.read_row_group(group).cast(tables.SCHEMAS[name])
            writer.write_table(table, row_group_size=max(len(table), 1))
            n_rows += len(table)
    writer.close()
    return file_entry(folder, path, name, n_rows)


def file_entry(folder: Path, path: Path, table: str, n_rows: int) -> dict[str, Any]:
    """Return what a manifest says of a file."""
    name = path.relative_to(folder).as_posix()
    return {"name": name, "table": table, "n_rows": n_rows, "sha256": hash_file(path)}


def hash_file(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _manifest(n_people: int, seed: int, world: World, files: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the run was and what it wrote."""
    rows: dict[str, int] = {}
    for entry in files:
        if "n_rows" in entry:
            rows[entry["table"]] = rows.get(entry["table"], 0) + entry["n_rows"]
    return {
        "simulated": True,
        "source": "Simulated linked population; no row derives from a real person.",
        "population_version": POPULATION_VERSION,
        "seed": seed,
        "scenario": world.scenario.name,
        "n_people": n_people,
        "first_date": codes.FIRST_DAY.isoformat(),
        "last_date": codes.LAST_DAY.isoformat(),
        "index_dates": [day.isoformat() for day in codes.INDEX_DATES],
        "registered_to_is": "last day registered; empty if still registered",
        "lsoa_vintage": "2011",
        "msoa_vintage": "2011",
        "imd_vintage": "2019",
        "imd_decile_1_is": "most deprived",
        "n_rows": rows,
        "canaries": list(CANARIES),
        "files": files,
    }


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON, alike on every system."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
