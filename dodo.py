"""The pipeline: inputs → check → notebooks → facts → files to take away → site. Run by ``make report``.

Each step names what it reads and writes; doit hashes those files, and runs a step again only if one
of them changed. A failing step leaves the published ``_site/`` as it was.
"""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

from analysis_lib import brand, disclosure, project, settings
from website import pipeline, runs, shape, steps
from website.reporter import Reporter
from website.runs import PIPELINE_RUNNING

ROOT = Path(__file__).resolve().parent
BUILD = ROOT / ".build"
LOCK = runs.take_lock(ROOT)  # until this process ends
runs.end_together()
pipeline.restore_site(ROOT / "_site")
os.chdir(ROOT)
os.environ[PIPELINE_RUNNING] = "1"
# Notebooks run beside each other: threads that spin while they wait would take each other's time
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

try:
    SETTINGS = settings.read_settings(ROOT)
    if SETTINGS.data:
        settings.find_data(ROOT, SETTINGS.data, settings.where_data_stands())
except settings.SettingError as error:
    sys.exit(f"{error} Nothing was touched.")
# Notebooks and renderers that a step begins use this folder's library, wherever another is installed.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))

DATA = project.data_folder()
SIMULATED = not SETTINGS.data
MANIFEST = ROOT / "data" / "simulated" / "manifest.json"
PEOPLE = project.population_folder()
PEOPLE_MANIFEST = PEOPLE / "manifest.json"
PEOPLE_CHECKED = project.results_folder() / "facts" / "linked.json"
CHECKED = project.results_folder() / "facts" / "run.json"
VARIABLES = ROOT / "_variables.yml"
NOTEBOOKS = shape.list_notebooks(ROOT)
EXECUTED = ROOT / "report" / "notebooks"
TAKEAWAY = ROOT / "report" / "takeaway"


DOIT_CONFIG = {
    "default_tasks": ["site"],
    "backend": "json",
    "dep_file": str(BUILD / "doit.json"),
    "reporter": Reporter,
    "verbosity": 1,
}


def library(*rooms: str) -> list[str]:
    """The Python files of these rooms, or single files, of analysis_lib."""
    places = [ROOT / "analysis_lib" / room for room in rooms]
    return [str(p) for place in places for p in (sorted(place.rglob("*.py")) if place.is_dir() else [place])]


def input_files() -> list[str]:
    """What a run reads: the simulated manifest (it holds each file's hash), or the given folder's files."""
    if SIMULATED:
        return [str(MANIFEST)]
    # Folders inside it are not read. What is no folder, or has nothing in it, is the check's to say.
    return [str(p) for p in sorted(DATA.glob("*")) if p.is_file() and not p.name.startswith(".")]


def population_inputs() -> list[str]:
    """What is read of the linked population: the simulated manifest, or all files of the given folder."""
    if SIMULATED:
        return [str(PEOPLE_MANIFEST)]
    # A table may be a folder of its parts; those of the demand model are folders of years and data sets
    found = sorted(path for depth in ("*", "*/*", "*/*/*/*") for path in PEOPLE.glob(depth))
    return [str(p) for p in found if p.is_file() and not p.name.startswith(".")]


CHECKS = str(ROOT / "website" / "pipeline.py")
DISCLOSURE = str(ROOT / disclosure.FILE)  # what may leave
BRAND = str(ROOT / brand.FILE)  # colours and fonts
REFERENCE = [str(p) for p in sorted(project.REFERENCE.glob("*.*"))]


def task_inputs() -> dict:
    """Simulate the inputs, if no folder was given."""
    if not SIMULATED:
        return {"actions": None}
    return {
        "actions": [(pipeline.simulate_inputs, [MANIFEST.parent])],
        "file_dep": library("simulate") + REFERENCE,
        "targets": [str(MANIFEST)],
    }


def task_population() -> dict:
    """Simulate the linked population, if no folder was given."""
    if not SIMULATED:
        return {"actions": None}
    return {
        "actions": [(pipeline.simulate_people, [PEOPLE, SETTINGS.people])],
        "file_dep": library("simulate/population", "simulate/scenario.py") + REFERENCE,
        "targets": [str(PEOPLE_MANIFEST)],
        "uptodate": [steps.same_as_last_time(lambda: str(SETTINGS.people))],
    }


def task_check_population() -> dict:
    """Read and check the linked population, if there is one; a rejected table stops the run here."""
    return {
        "actions": [
            (pipeline.check_population, [PEOPLE]),
            (pipeline.note_store, ["check_population", "linked"]),
        ],
        "file_dep": population_inputs() + library("inputs", "release", "columns.py") + [CHECKS, DISCLOSURE],
        "task_dep": ["population"],
        "targets": [str(PEOPLE_CHECKED)],
        "uptodate": [
            steps.same_as_last_time(lambda: SETTINGS.engine),
            steps.made_is_whole("check_population"),
        ],
    }


def task_check() -> dict:
    """Read and check every input; a rejected file stops the run here."""
    return {
        "actions": [
            (pipeline.check_inputs, [DATA, SETTINGS.area]),
            (pipeline.note_store, ["check", "run"]),
        ],
        "file_dep": input_files()
        + library("inputs", "release", "columns.py")
        + [CHECKS, DISCLOSURE, *REFERENCE],
        "task_dep": ["inputs"],
        "targets": [str(CHECKED)],
        # By name also what is not read, such as folders inside it: the run says so.
        "uptodate": [
            steps.same_as_last_time(
                lambda: f"{sorted(p.name for p in DATA.glob('*'))} {SETTINGS.area} {SETTINGS.capacity}"
            ),
            steps.made_is_whole("check"),
        ],
    }


def task_left_overs() -> dict:
    """Remove results of other inputs, and of notebooks that are gone, once these inputs are good."""
    return {
        "actions": [
            (
                pipeline.remove_left_overs,
                [ROOT, ("check", "check_population", "left_overs", "facts", "takeaway", "site")],
            )
        ],
        "task_dep": ["check", "check_population"],
        "uptodate": [False],
    }


def task_notebook() -> object:
    """Execute each notebook from clean."""
    rooms = ("inputs", "measures", "models", "release", "charts")
    words = [path.name for path in sorted((ROOT / "analysis_lib").glob("*.py"))]
    making = [str(ROOT / "website" / f"{n}.py") for n in ("notebooks", "drawings", "shown", "literal")]
    sentences = [str(p) for p in sorted((ROOT / "report" / "sentences").glob("*.txt"))]
    shared = [*library(*rooms, *words), *making, *sentences, *REFERENCE, DISCLOSURE, BRAND]
    reads = {
        "run": [str(CHECKED), *input_files()],
        "linked": [str(PEOPLE_CHECKED), *population_inputs(), *library("queries")],
    }
    inputs = {source: shape.list_inputs(source) for source in NOTEBOOKS}
    longest = next((f"notebook:{s.stem}" for s in NOTEBOOKS if "linked" in inputs[s]), "left_overs")
    for source in NOTEBOOKS:
        target = EXECUTED / source.name
        yield {
            "name": source.stem,
            "actions": [(pipeline.run_notebook, [source, target])],
            "file_dep": [str(source), *(path for kind in inputs[source] for path in reads[kind]), *shared],
            # What takes longest is begun first
            "task_dep": ["left_overs", *([] if "linked" in inputs[source] else [longest])],
            "targets": [str(target)],
            "uptodate": [
                steps.made_is_whole(source.stem, source),
                steps.same_as_last_time(functools.partial(describe_asked, source, inputs[source])),
            ],
        }


def describe_asked(source: Path, inputs: set[str]) -> str:
    """Say which settings a notebook reads, and to which notebooks that are there it links."""
    asked = {"run": SETTINGS.capacity, "linked": SETTINGS.engine}
    return f"{shape.list_linked(source)} {[asked[kind] for kind in sorted(inputs)]}"


def task_audit() -> dict:
    """Hold the counts of all notebooks against each other, before any is published."""
    return {
        "actions": [(pipeline.audit_counts, [NOTEBOOKS, EXECUTED])],
        "task_dep": ["left_overs", "notebook"],
        "uptodate": [steps.same_as_last_time(pipeline.describe_counts, changes=True)],
    }


def task_facts() -> dict:
    """Merge the facts of all notebooks into _variables.yml, for the pages to quote."""
    return {
        "actions": [(pipeline.write_variables, [VARIABLES])],
        "task_dep": ["left_overs", "audit"],  # also where there is no notebook
        "uptodate": [False],  # takes no time, and the commit is no file
    }


def task_takeaway() -> dict:
    """Make the files to take away: slides as PowerPoint, workbook, report in one page and as PDF."""
    return {
        "actions": [(pipeline.make_files, [ROOT])],
        "task_dep": ["facts"],
        "uptodate": [
            steps.same_as_last_time(lambda: pipeline.digest_of_pages(also=())),
            steps.made_is_whole("takeaway", listed=lambda: pipeline.list_takeaway(ROOT)),
        ],
        "targets": [str(TAKEAWAY / name) for name in ("report.html", "report.pdf", "lists.ipynb")],
    }


def task_site() -> dict:
    """Render the site and the deck, look through them, and put them in the place of the old ones."""
    return {
        "actions": [(pipeline.publish_site, [BUILD / "site", ROOT / "_site"])],
        "task_dep": ["takeaway"],
        "uptodate": [
            steps.same_as_last_time(pipeline.digest_of_pages),
            steps.made_is_whole("site", listed=lambda: pipeline.list_published(ROOT / "_site")),
        ],
        "targets": [str(ROOT / "_site" / "index.html")],
    }


if __name__ == "__main__":
    from doit.doit_cmd import DoitMain

    sys.exit(DoitMain().run(sys.argv[1:]))
