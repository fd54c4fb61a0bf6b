"""What the steps of the pipeline do; which step reads and writes what stands in dodo.py.

Each step imports what it needs when it runs: a run with nothing to do should load nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import yaml

from analysis_lib import __version__, project
from analysis_lib.release import (
    fact,
    list_releases,
    list_store,
    list_stores,
    merge_facts,
    of_nobody,
    open_store,
    read_tables,
    save_releases,
    say_list,
    summarise_releases,
)
from website import shape, steps
from website.literal import literal
from website.scan import scan_site

if TYPE_CHECKING:
    from analysis_lib.inputs import Admissions, Appointments, Linked

PAGE_SOURCES = (
    "*.qmd",
    "areas/*.qmd",
    "report/*.qmd",
    "report/*.md",
    "report/*.bib",
    "report/theme/**/*",
    "_quarto.yml",
    "_variables.yml",
    shape.SETTINGS,
)
PAGE_INPUTS = (
    *PAGE_SOURCES,
    "report/notebooks/*.ipynb",
    "website/**/*",
    "analysis_lib/charts/*.py",
    "analysis_lib/columns.py",
    "analysis_lib/tables.py",
    "_brand.yml",
)
AUDITS = 4  # notebooks run again so often, at most, to hide what others' tables would give back
MADE_OF_PAGES = ("report/takeaway/*",)
SIMULATED_BANNER = (
    "Simulated data. Every number here comes from made-up appointments and tweets with known effects, "
    "and says nothing about the NHS."
)
HOSPITAL_BANNER = "The admissions are simulated: none of the patients exists."
POPULATION_BANNER = "The linked population is simulated: none of its people exists."


_EMPTY_ITEM = re.compile(r"<li[^>]*>(?:\s|<p>\s*</p>)*</li>\s*")


class PublicationError(RuntimeError):
    """The pages were made but may not be published; the message names file and line."""


def simulate_inputs(folder: Path) -> None:
    """Write the default simulated inputs into `folder`, replacing what was there as a whole."""
    from analysis_lib.simulate import simulate_appointments

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".simulating-") as half_made:
        made = Path(half_made) / "new"
        simulate_appointments(made)
        shutil.rmtree(folder, ignore_errors=True)
        made.replace(folder)


def simulate_people(folder: Path, n_people: int) -> None:
    """Write the default linked population into `folder`, replacing what was there as a whole."""
    from analysis_lib.simulate import simulate_population

    def tell(n_done: int, n_all: int, _: float) -> None:
        steps.tell(project.find_root(), "population", n_done, n_all, "people", even=True)

    simulate_population(folder, n_people, progress=tell)


def check_population(folder: Path) -> None:
    """Check the linked population and the admissions, as far as there are any; save the facts ``linked.…``.

    Raises
    ------
    analysis_lib.inputs.InputError
        If it is rejected.
    """
    from analysis_lib.inputs import load_admissions, load_linked

    # First: if one is rejected, all stays as it was
    linked, admissions = load_linked(folder), load_admissions(folder)
    store = open_store("linked", linked, admissions)
    said = _describe_people(linked, folder) | _describe_admissions(admissions, folder)
    if admissions.rows is None and linked.profile == "simulated":
        said["admissions"] = "a simulated hospital"  # behind these people: a notebook makes it
    store.save_facts({name: of_nobody(text) for name, text in said.items()})  # rounded rows, and names


def _describe_people(linked: Linked, folder: Path) -> dict[str, str]:
    from analysis_lib.inputs.find_population import hash_population

    people = linked.population
    if people is None:
        return {}
    rows = {name: int(getattr(people, name).count().execute()) for name in ("person", "contact")}
    told = ", ".join(f"{5 * round(n / 5):,} rows of table {name}" for name, n in rows.items())
    return {
        "source": linked.source,
        "label": f"a {linked.source}" if people.simulated else f"a linked population ({linked.source})",
        "banner": POPULATION_BANNER if people.simulated else "",
        "provenance": f"{linked.source} ({told}, sha256 {hash_population(folder)[:12]}, "
        f"up to {people.manifest['last_date']:%b %Y})",
    }


def _describe_admissions(admissions: Admissions, folder: Path) -> dict[str, str]:
    from analysis_lib.inputs.hospital import hash_admissions

    if admissions.rows is None:
        return {}
    told = f"{5 * round(len(admissions.rows) / 5):,} rows, sha256 {hash_admissions(folder)[:12]}"
    return {
        "admissions": admissions.source,
        "admissions_label": admissions.source,
        "admissions_banner": HOSPITAL_BANNER if admissions.profile == "simulated" else "",
        "admissions_provenance": f"{admissions.source} ({told})",
    }


def check_inputs(folder: Path, areas: Sequence[str] = ()) -> None:
    """Read every input and save what was found: the quality tables and the facts named ``run.…``.

    Parameters
    ----------
    folder : Path
        The inputs.
    areas : sequence of str
        Areas that are to have a report of their own: better refused now than when the report is made.

    Raises
    ------
    analysis_lib.inputs.InputError
        If any file of the folder is rejected.
    website.areas.UnknownArea, analysis_lib.inputs.AbsentInput
        If one of `areas` is not in them, or no areas are.
    """
    from analysis_lib.inputs import AbsentInput, load_appointments
    from analysis_lib.inputs.errors import visible
    from website.areas.places import choose_places, list_places

    appointments = load_appointments(folder)  # first: if it is rejected, all stays as it was
    for name in appointments.not_read:
        print(f"     not read: {name}", file=sys.stderr)  # of stdout a run shows nothing
    if areas:
        try:
            choose_places(areas, list_places(appointments.need("attendance", "icb_name")))
        except AbsentInput as error:
            raise AbsentInput(
                f"Reports of areas ({', '.join(areas)}) cannot be made of these inputs; AREA= alone asks for "
                f"none. {str(error).replace('This section needs', 'They need', 1)}"
            ) from None
    store = open_store("run", appointments)
    if appointments.quality.empty:  # a linked population alone
        store.save_facts({})
        return
    quality = store.save_table("data_quality", appointments.quality)
    store.save_table("raw_labels", appointments.raw_labels)
    used = quality[quality["rows"] > 0]
    subjects = _describe_subjects(appointments)
    real = "NHS England's appointment files" if subjects.keys() - {"tweets"} else "a file of tweets"
    said = subjects | {
        "data_label": "simulated appointments"
        if appointments.simulated
        else f"{real} ({visible(folder.resolve().name)})",
        "source": appointments.source,
        "banner": SIMULATED_BANNER if appointments.simulated else "",
        "provenance": _describe_sources(appointments),
        "plan": _describe_plan(),
        "n_files": fact(len(used), "things"),
        "n_rows": fact(used["rows"].sum(), "things"),
        "n_warnings": fact(len(appointments.warnings), "things"),
        "warned": "yes" if appointments.warnings else "",
    }
    store.save_facts({name: of_nobody(each) for name, each in said.items()})  # of files, not of people


def _describe_plan() -> str:
    """Say where the planning figure comes from: the settings of this report, or the background papers."""
    from analysis_lib.measures import PLANNING_PER_DAY

    own = project.planning_per_day()
    if own:
        return f"This report compares with {own:,} appointments a day, a figure that was set for these files"
    day = f"{PLANNING_PER_DAY:,} appointments a day"
    return f"The background papers of this report plan with {day} in England"


def _describe_subjects(appointments: Appointments) -> dict[str, str]:
    """Each subject that the folder holds, with its period: what pages ask for to know what is there."""
    from analysis_lib.words import say_period

    subjects = {}
    for name in ("attendance", "duration", "category", "category_margins", "coverage"):
        frame = getattr(appointments, name)
        if frame is not None:
            subjects[name] = say_period(frame["month"])
    if (appointments.quality["subject"] == "tweets").any():
        subjects["tweets"] = "tweets"
    return subjects


def _describe_sources(appointments: Appointments) -> str:
    """Name, rows, hash and period of each input file; then what was not read."""
    from analysis_lib.inputs import summarise_quality
    from analysis_lib.inputs.doubts import name_files

    parts = []
    for file in summarise_quality(appointments).itertuples():
        rows = f"{file.rows:,} row{'' if file.rows == 1 else 's'}"
        months = [] if pd.isna(file.first_date) else [f"{file.first_date:%b %Y}", f"{file.last_date:%b %Y}"]
        dated = " to ".join(dict.fromkeys(months))  # one month is named once
        parts.append(f"{file.file} ({', '.join(filter(None, [rows, f'sha256 {file.sha256}', dated]))})")
    if appointments.not_read:
        parts.append(f"not read: {name_files(appointments.not_read)}")
    return "; ".join(parts)


def note_store(step: str, store: str) -> None:
    """Note that a step made this store."""
    steps.note_made(step, list_store(store, project.results_folder()))


def remove_left_overs(root: Path, others: Sequence[str]) -> None:
    """Remove what neither a notebook that there is made, nor one of the `others` among the steps; say so.

    It runs when the inputs are known to be good: results of others stay until then.
    """
    notebooks = shape.list_notebooks(root)
    removed = steps.remove_left_overs(dict.fromkeys(others) | {path.stem: path for path in notebooks})
    if removed:
        from website.takeaway import prepare_lists

        prepare_lists(root)  # without which no page can be read
        steps.note_made("left_overs", list_takeaway(root))
    for sentence in (*_say_removed(removed), *shape.find_strangers(root, project.results_folder())):
        print(f"     {sentence}", file=sys.stderr)  # of stdout a run shows nothing


def _say_removed(removed: Sequence[str]) -> Iterator[str]:
    if removed:
        named = f"{say_list(removed[:3])}{' …' if len(removed) > 3 else ''} ({len(removed)} in all)"
        yield f"removed earlier results of other inputs or notebooks, or changed by hand: {named}"


def run_notebook(source: Path, target: Path) -> None:
    """Execute one notebook into `target`, or leave it out if its inputs are absent."""
    from website.notebooks import execute_notebook, leave_out_notebook, list_results

    results = project.results_folder()
    if shape.is_wanted(source, results):
        tell = partial(steps.tell, project.find_root(), f"notebook:{source.stem}", unit="cells")
        execute_notebook(source, target, results, tell)
    else:
        leave_out_notebook(source, target, results)
    steps.note_made(source.stem, [target, *list_results(source, results)], source)


def audit_counts(sources: Sequence[Path], executed: Path) -> None:
    """Hold the tables of all notebooks against each other; run those again that must hide more.

    Raises
    ------
    PublicationError
        If a hidden count could be worked out from tables of several notebooks, whatever is hidden.
    """
    from analysis_lib.release.audit import find_held
    from analysis_lib.release.gate.held import HELD_VARIABLE, Held, add_held
    from analysis_lib.release.gate.protect import NotReleasable

    root, results = project.find_root(), project.results_folder()
    held: Held = {}
    for _ in range(AUDITS):
        stores = {s: name for s in sources for name in list_stores(s.stem, results)}
        counts = {s: root / ".build" / "counts" / f"{name}.npz" for s, name in stores.items()}
        try:
            more = find_held(path for path in counts.values() if path.is_file())
        except NotReleasable as error:
            raise PublicationError(f"Tables of several notebooks, held against each other: {error}") from None
        if not more:
            return
        add_held(held, more)
        file = root / ".build" / "counts" / "held.json"
        file.write_text(json.dumps(held, indent=1), encoding="utf-8")
        os.environ[HELD_VARIABLE] = str(file)
        for source in sources:
            tables = {t for name in list_stores(source.stem, results) for t in read_tables(name, results)}
            if tables & more.keys():
                print(f"     {source.name} runs again: with others' tables it hides more", file=sys.stderr)
                run_notebook(source, executed / source.name)
        del os.environ[HELD_VARIABLE]
    raise PublicationError(
        "Tables of several notebooks, held against each other, give small counts back, and hiding more did "
        "not end it. Coarser groups, or fewer tables of the same people, could be shown."
    )


def describe_counts() -> str:
    """Say which counts were kept for `audit_counts`, so that it need not be done twice."""
    folder = project.find_root() / ".build" / "counts"
    return steps.hash_files(folder, folder.glob("*.npz"))


def write_variables(target: Path) -> None:
    """Write what pages quote to `target`, and what shapes them to ``_report.yml``, each if it changed."""
    root = target.parent
    variables = merge_facts()
    shape.refuse_misspelt(root, variables)
    releases = list_releases()
    save_releases(releases)
    stubs, absent = [], shape.list_absent(root, project.results_folder())
    if absent:  # a run with nothing to do loads nothing
        from website.notebooks import write_stubs

        stubs = write_stubs(root, absent)
    variables["release"] = summarise_releases(releases)
    run, linked = variables.get("run", {}), variables.get("linked", {})
    read = [(run, "data_label", ""), (linked, "label", ""), (linked, "admissions_label", "admissions_")]
    variables["report"] = {
        "made_from": say_list(filter(None, (facts.get(label) for facts, label, _ in read))),
        "provenance": "; ".join(filter(None, (facts.get(f"{of}provenance") for facts, _, of in read))),
        "banner": " ".join(filter(None, (facts.get(f"{of}banner") for facts, _, of in read))),
        "plan": run.get("plan", "None is used in this report"),
        "commit": describe_commit(root),
    }
    shape.write_settings(root, project.results_folder())
    if stubs:
        variables["report"]["absent"] = say_list([path.name for path in stubs])
    shape.fill_hidden(root, variables)
    steps.note_made("facts", [project.results_folder() / "tables" / "release_log.csv", *stubs])
    shown = {s: {name: literal(text) for name, text in facts.items()} for s, facts in variables.items()}
    text = yaml.safe_dump(shown, allow_unicode=True, sort_keys=True, width=10_000)
    if not target.is_file() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def describe_commit(root: Path) -> str:
    """Return the short commit, marked if files differ from it, or the version outside a git checkout."""

    def git(*words: str) -> str:
        answer = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
        return answer.stdout.strip() if answer.returncode == 0 else ""

    commit = git("rev-parse", "--short=10", "HEAD") if shutil.which("git") else ""
    if not commit:
        return f"version {__version__}"
    return f"commit {commit}" + (" with local changes" if git("status", "--porcelain") else "")


def make_files(root: Path) -> None:
    """Make the files to take away, and what the pages say of them."""
    from website.takeaway import make_takeaway

    make_takeaway(root, project.results_folder())
    steps.note_made("takeaway", list_takeaway(root))


def list_takeaway(root: Path) -> list[Path]:
    """Return the files to take away that are there."""
    return [path for path in (root / "report" / "takeaway").glob("*") if path.is_file()]


def list_published(published: Path) -> list[Path]:
    """Return the files of a published site, without the area reports that are known to stand in it."""
    known: set[tuple[str, ...]] = set()
    if (published.parent / ".build" / "areas" / "done").is_dir():
        from website.areas import list_known

        known = list_known(published.parent)
    files = [path for path in published.rglob("*") if path.is_file()]
    return [p for p in files if p.relative_to(published).parts[:2] not in known]


def publish_site(made: Path, published: Path) -> None:
    """Render into `made`, look through it, and only then put it in the place of `published`.

    Area reports that are still true (same inputs, library and templates) are kept, and others go: none may
    stand beside a report of other inputs.

    Raises
    ------
    PublicationError
        If the scan finds anything that must not be published – in the pages, or in the results and
        notebooks that they were made from – or Quarto fails.
    """
    from website.areas import keep_areas

    root = published.parent
    shutil.rmtree(made, ignore_errors=True)
    if shutil.which("quarto"):
        _render_with_quarto(root, made)
    else:
        from website.render import render_site

        render_site(root, made)
    _look_through(root, made)
    keep_areas(root, published / "areas", made / "areas")
    project.make_readable(made)
    replace_folder(published, made)
    steps.note_made("site", list_published(published))


def _look_through(root: Path, made: Path) -> None:
    """Refuse the pages in `made` if the scan finds anything in them, or in what they were made from."""
    words = (root / "report" / "takeaway").glob("*.typ")  # of the PDF
    built = (project.results_folder(), root / "report" / "notebooks", *words)
    findings = scan_site(made, *built, inputs=project.data_folder())
    logs = scan_site(root / ".build" / "logs", inputs=project.data_folder())
    # They stay on this machine, and so may name its folders
    findings += [f for f in logs if f.file.endswith(".log") and f.kind != "absolute path"]
    if findings:
        lines = "\n".join(f"  {finding}" for finding in findings[:20])
        raise PublicationError(f"{len(findings)} finding(s) in the built pages:\n{lines}")


def finish_quarto(root: Path, made: Path) -> None:
    """Look through the pages that Quarto put in their place by itself; refused ones do not stay there.

    Raises
    ------
    PublicationError
        If the scan finds anything; the pages are then in ``.build/refused``.
    """
    refused = root / ".build" / "refused"
    shutil.rmtree(refused, ignore_errors=True)  # of an earlier run
    if not made.is_dir():
        return
    _tidy_quarto(root, made)
    project.make_readable(made)
    try:
        _look_through(root, made)
    except PublicationError as error:
        refused.parent.mkdir(exist_ok=True)
        shutil.move(made, refused)
        raise PublicationError(
            f"{error}\nNothing was published: the pages were moved to .build/refused. "
            "Mend what is named, and render again."
        ) from None


def replace_folder(published: Path, made: Path) -> None:
    """Put `made` in the place of `published`; if that fails, `published` is as it was."""
    old = published.with_name("_site.old")
    restore_site(published)
    shutil.rmtree(old, ignore_errors=True)
    if published.exists():
        published.replace(old)
    try:
        made.replace(published)
    except OSError:
        if old.exists():
            old.replace(published)
        raise
    shutil.rmtree(old, ignore_errors=True)


def restore_site(published: Path) -> None:
    """Put the previous site back where a run was killed in the moment between two renames."""
    old = published.with_name("_site.old")
    if old.exists() and not published.exists():
        old.replace(published)


def _render_with_quarto(root: Path, made: Path) -> None:
    ours = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    answer = subprocess.run(
        ["quarto", "render", "--output-dir", os.path.relpath(made, root)],
        cwd=root,
        env={**os.environ, "PATH": ours},  # its steps before and after call `python`: this one
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise PublicationError("quarto render failed:\n" + (answer.stderr or answer.stdout)[-3000:])
    _tidy_quarto(root, made)


def _tidy_quarto(root: Path, made: Path) -> None:
    """Take this machine's folders and empty items of lists out of the pages.

    Quarto writes the full path of an embedded notebook, and leaves an item whose text is hidden.
    """
    folders = {f"{root.as_posix()}/", f"{root}{os.sep}"}  # of two forms on Windows
    for page in made.rglob("*.html"):
        text = stripped = page.read_text(encoding="utf-8")
        for folder in folders:
            stripped = stripped.replace(folder, "")
        stripped = _EMPTY_ITEM.sub("", stripped)
        if stripped != text:
            page.write_text(stripped, encoding="utf-8")


def digest_of_pages(also: tuple[str, ...] = MADE_OF_PAGES) -> str:
    """Return one hash over everything that the site is made from; `also` names what is made of pages."""
    root, results = project.find_root(), project.results_folder()
    files = [p for pattern in (*PAGE_INPUTS, *also) for p in root.glob(pattern)]
    files += [p for pattern in ("tables/*.csv", "figures/*.svg") for p in results.glob(pattern)]
    files.append(project.models_folder() / "person.html")  # of a simulated person
    return steps.hash_files(root, files, shutil.which("quarto") or "built-in")
