"""Make the area reports that are out of date, each in a process of its own, and put them in place."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from analysis_lib import project
from website import steps
from website.areas.errors import NoReport
from website.areas.places import ALL, Area, Workplace, choose_places, list_places
from website.areas.processes import run_jobs, warm_up

if TYPE_CHECKING:
    from analysis_lib.inputs import Appointments
    from website.areas.page import Job

MOST_PROCESSES = 4
LEFT_BEHIND_S = 3600  # seconds after which a folder that nothing was put into belongs to no run
MADE_FROM = (
    "analysis_lib/*.py",
    "analysis_lib/charts/**/*.py",
    "analysis_lib/inputs/**/*.py",
    "analysis_lib/measures/**/*.py",
    "analysis_lib/reference/*.*",
    "analysis_lib/release/**/*.py",
    "website/**/*",
    "notebooks/areas/*.ipynb",
    "report/area/**/*",
    "report/sentences/area.txt",
    "report/sentences/words.txt",
    "report/theme/**/*",
    "_quarto.yml",
    "disclosure.toml",
    "_brand.yml",
)
Say = Callable[[str], None]


def fingerprint(root: Path) -> str:
    """Return one hash over what area reports are made from: inputs (by their hashes), library, templates."""
    checked = project.results_folder() / "facts" / "run.json"
    return steps.hash_files(root, [checked, *(p for pattern in MADE_FROM for p in root.glob(pattern))])


def read_done(place: Workplace, state: str, published: Path | None = None) -> list[dict[str, Any]]:
    """Return the records of the reports that are there, whole and up to date, by code."""
    published = published or place.published
    found = []
    for path in sorted((place.folder / "done").glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        pages = [published / path.stem / page for page in ("index.html", "slides.html")]
        if record["state"] == state and all(page.is_file() for page in pages):
            found.append(record)
    return found


def make_areas(
    words: Sequence[str], *, processes: int | None = None, say: Say = lambda text: None
) -> list[Area]:
    """Make the reports of the areas asked for that are not up to date, and the list of all that are there.

    Parameters
    ----------
    words : sequence of str
        Codes, or ``all`` or ``sub-icb``; see `choose_places`.
    processes : int, optional
        Areas made at the same time; as many as there are cores, four at most, if not given.
    say : callable
        Gets a line for each area done, with the time left.

    Returns
    -------
    list of Area
        Those asked for. A run that is cut off goes on where it was: what was done stays.

    Raises
    ------
    NoReport
        If the main report is absent, or was made from other inputs.
    UnknownArea, AbsentInput, AreaError
        See `choose_places`, `compare_areas` and `make_area`. The reports made before it stay.
    """
    from website.areas.index import publish_list

    place = Workplace(project.find_root())
    _check_report(place)
    place.folder.mkdir(parents=True, exist_ok=True)
    state = fingerprint(place.root)
    done = {record["area"]["code"] for record in read_done(place, state)}
    chosen = _remembered(place, state, words)
    appointments = None
    if chosen is None or not {area.code for area in chosen} <= done:
        warm_up()
        appointments = _load(place)
        places = list_places(appointments.need("attendance", "icb_name"))
        chosen = choose_places(words, places)
        _write_json(place.folder / "places.json", {"state": state, "places": [p.to_record() for p in places]})
    todo = [area for area in chosen if area.code not in done]
    try:
        for record in _made(place, state, appointments, todo, processes, say) if todo else ():
            _write_json(place.stamp(record["folder"]), record)
    finally:  # what was made is there, whatever came after it
        forget_stale(place, state)
        publish_list(place, read_done(place, state))
    if not todo:
        say("  every area asked for is up to date")
    return chosen


def _remembered(place: Workplace, state: str, words: Sequence[str]) -> list[Area] | None:
    """Return the areas asked for from the last list of these inputs, without reading them again."""
    path = place.folder / "places.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if known.get("state") != state:
        return None
    return choose_places(words, [Area.from_record(record) for record in known["places"]])


def _check_report(place: Workplace) -> None:
    if not (place.root / "_site" / "index.html").is_file() or not (place.root / "_variables.yml").is_file():
        raise NoReport(
            "Area reports stand beside the main report, and there is none: run `make report` first."
        )


def _load(place: Workplace) -> Appointments:
    """Load the inputs, and make sure that the main report was made from them."""
    from analysis_lib.inputs import load_appointments, summarise_quality

    appointments = load_appointments()
    facts = json.loads((project.results_folder() / "facts" / "run.json").read_text(encoding="utf-8"))["facts"]
    hashes = summarise_quality(appointments)["sha256"].astype(str)
    if not all(sha[:12] in facts["provenance"]["text"] for sha in hashes):
        raise NoReport(
            "The main report was made from other inputs: run `make report` first, with the same DATA= if any."
        )
    return appointments


def _made(
    place: Workplace,
    state: str,
    appointments: Appointments,
    todo: Sequence[Area],
    processes: int | None,
    say: Say,
) -> Iterator[dict[str, Any]]:
    """Make and publish each area's report; yield its record once it is in place."""
    for leftover in place.folder.glob("making-*"):  # of a run that was killed, not of one under way
        if time.time() - leftover.stat().st_mtime > LEFT_BEHIND_S:
            shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=place.folder, prefix="making-") as scratch:
        jobs = list(_jobs(place, appointments, todo, Path(scratch)))
        at_once = min(processes or min(os.cpu_count() or 1, MOST_PROCESSES), len(jobs))
        start = time.monotonic()
        for n, (job, said) in enumerate(run_jobs(jobs, at_once), 1):
            _put(job.work / "site", place.published / job.area.folder)
            yield {"state": state, "folder": job.area.folder, "area": job.area.to_record(), **said}
            left = (time.monotonic() - start) / (n + at_once - 1) * (len(jobs) - n)  # others are under way
            more = f", about {left:.0f} s left" if n < len(jobs) else ""
            say(f"  ok {job.area.code} {job.area.name}  {n} of {len(jobs)}{more}")


def _jobs(place: Workplace, appointments: Appointments, todo: Sequence[Area], scratch: Path) -> Iterator[Job]:
    from analysis_lib.areas import compare_areas
    from website.areas.page import PAGES, Job
    from website.areas.small_site import AREA_LINKS, small_site

    variables = yaml.safe_load((place.root / "_variables.yml").read_text(encoding="utf-8"))
    run = {name: variables["run"][name] for name in ("banner", "data_label", "provenance")}
    run["commit"] = variables["report"]["commit"]
    for level in dict.fromkeys(ALL.values()):
        of_level = [area for area in todo if area.level == level]
        if not of_level:
            continue
        compared = compare_areas(appointments, level, place.folder / "results" / level)
        for area in of_level:
            work = scratch / area.folder
            work.mkdir()
            yield Job(
                area=area,
                compared=compared.of(area.code),
                settings=small_site(place.root, PAGES, AREA_LINKS),
                run=run,
                root=place.root,
                work=work,
                inputs=project.data_folder(),
            )


def forget_stale(place: Workplace, state: str) -> None:
    """Remove reports that were made from something else than the main report is now."""
    current = {record["folder"] for record in read_done(place, state)}
    for path in (place.folder / "done").glob("*.json"):
        if path.stem not in current:
            shutil.rmtree(place.published / path.stem, ignore_errors=True)
            path.unlink()


def list_known(root: Path) -> set[tuple[str, ...]]:
    """Return what of a site's folder area reports and their list take up: places as parts of a path."""
    known = [record["folder"] for record in read_done(Workplace(root), fingerprint(root))]
    return {("areas", name) for name in (*known, "index.html", "site_libs")} if known else set()


def keep_areas(root: Path, published: Path, made: Path) -> None:
    """Copy the area reports that are up to date, and their list, from one site's folder to a new one's."""
    place = Workplace(root)
    if not (place.folder / "done").is_dir():
        return
    records = read_done(place, fingerprint(root), published)
    for record in records:
        shutil.copytree(published / record["folder"], made / record["folder"])
    if records:
        from website.areas.index import publish_list

        publish_list(place, records, made)


def _put(made: Path, published: Path) -> None:
    """Put a finished folder in its place; a reader sees the old one or the new one, never a part."""
    published.parent.mkdir(parents=True, exist_ok=True)
    project.make_readable(made)
    old = made.with_name("old")
    if published.exists():
        published.replace(old)
    made.replace(published)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    partial.replace(path)
