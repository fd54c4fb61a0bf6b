"""The few commands a person types: ``python -m analysis_lib <command>``."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis_lib import __version__, project, settings

#: Set for everything that a run begins: it is part of that run.
PIPELINE_RUNNING = "REPORT_PIPELINE_RUNNING"
#: Set where only failures and the report's address are wanted.
QUIET = "REPORT_QUIET"


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status (0 well, 1 a finding or rejection, 2 wrong usage)."""
    for stream in (sys.stdout, sys.stderr):  # what a terminal or a pipe cannot show stops nothing
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        status = options.run(options)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # of `… | head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _root() -> Path:
    """Return the project's root, or leave with status 2 and what to do."""
    try:
        return project.find_root()
    except (FileNotFoundError, project.ForeignLibrary) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis_lib", description="Demand for NHS care: helpers."
    )
    parser.add_argument("--version", action="version", version=f"analysis_lib {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    for add in (
        _add_report,
        _add_check_data,
        _add_doctor,
        _add_simulate,
        _add_fetch,
        _add_scan,
        _add_pipeline,
        _add_areas,
        _add_notebook,
    ):
        add(commands)
    return parser


def _add_report(commands: argparse._SubParsersAction) -> None:
    report = commands.add_parser(
        "report",
        help="make the report in _site/ (make report); what is given here is remembered in report.toml",
    )
    report.add_argument("--data", metavar="FOLDER", help=f"folder of your files; {settings.SIMULATED}: none")
    report.add_argument("--people", metavar="N", help="people to simulate, where there is no folder")
    report.add_argument(
        "--area",
        nargs="*",
        metavar="CODE",
        help="reports of these areas too; all: every ICB; sub-icb; nothing: none",
    )
    report.add_argument("--capacity", metavar="N", help="appointments a day to hold the figures against")
    report.add_argument("--engine", metavar="NAME", help="reads a linked population: duckdb or spark")
    report.add_argument(
        "--quiet", action="store_true", help="print failures and the address of the report only"
    )
    report.set_defaults(run=_report)


def _add_check_data(commands: argparse._SubParsersAction) -> None:
    check = commands.add_parser(
        "check-data", help="say what is in a folder of files, and what is wrong with it"
    )
    check.add_argument("folder", type=Path)
    check.add_argument("--json", action="store_true", help="print the same as JSON")
    check.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="LINE",
        help="try a line such as 'add 3f2a1c', which settles a doubt; in accept.txt it holds for good",
    )
    check.set_defaults(run=_check_data)


def _add_doctor(commands: argparse._SubParsersAction) -> None:
    doctor = commands.add_parser("doctor", help="check Python, packages, Quarto, kernel and write access")
    doctor.set_defaults(run=_doctor)


def _add_simulate(commands: argparse._SubParsersAction) -> None:
    simulate = commands.add_parser(
        "simulate", help="write simulated appointment files, or a linked population, and their truth"
    )
    simulate.add_argument("--out", type=Path, default=None, help="folder; under data/ if not given")
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument("--months", type=int, default=None)
    simulate.add_argument("--areas", type=int, default=None, help="only so many sub-ICB locations")
    simulate.add_argument("--people", type=int, default=None, help="a linked population of so many people")
    simulate.add_argument("--processes", type=int, default=None, help="with --people; all cores if not given")
    simulate.set_defaults(run=_simulate)


def _add_fetch(commands: argparse._SubParsersAction) -> None:
    fetch = commands.add_parser("fetch", help="download an official release named in data/sources.toml")
    fetch.add_argument("name", nargs="?", help="the release; without it, the known ones are listed")
    fetch.add_argument("--out", type=Path, default=None, help="folder; data/raw/<name> if not given")
    fetch.add_argument(
        "--accept-new", action="store_true", help="take a file whose sha256 is not yet recorded"
    )
    fetch.set_defaults(run=_fetch)


def _add_pipeline(commands: argparse._SubParsersAction) -> None:
    pipeline = commands.add_parser(
        "pipeline",
        help="inputs, notebooks, facts and files to take away, without rendering (Quarto's pre-render)",
    )
    pipeline.set_defaults(run=_pipeline)
    finish = commands.add_parser(
        "finish", help="look through what Quarto made; a finding takes it out of its place (post-render)"
    )
    finish.set_defaults(run=_finish)


def _add_areas(commands: argparse._SubParsersAction) -> None:
    areas = commands.add_parser(
        "areas", help="make the reports of single areas beside the main report (make report AREA=…)"
    )
    areas.add_argument(
        "words", nargs="+", metavar="CODE", help="codes; all: every ICB; sub-icb: every location"
    )
    areas.add_argument("--processes", type=int, default=None, help="made at the same time; four at most")
    areas.set_defaults(run=_areas)


def _add_notebook(commands: argparse._SubParsersAction) -> None:
    notebook = commands.add_parser(
        "notebook", help="begin a notebook of your own, which the next run shows (make notebook NAME=…)"
    )
    notebook.add_argument("name", help="lower-case letters, digits and underscores, such as my_question")
    notebook.set_defaults(run=_notebook)


def _add_scan(commands: argparse._SubParsersAction) -> None:
    scan = commands.add_parser(
        "scan", help="look for identifiers, scripts, paths and small counts in what was built, or in sources"
    )
    scan.add_argument("paths", nargs="*", type=Path, metavar="FOLDER", help="or files, with --sources")
    scan.add_argument(
        "--sources",
        action="store_true",
        help="what may be committed: the files given, or all that git tracks",
    )
    scan.add_argument(
        "--inputs", type=Path, default=None, help="folder whose manifest.json lists more canaries"
    )
    scan.add_argument("--json", action="store_true", help="print the same as JSON")
    scan.set_defaults(run=_scan)


def _areas(options: argparse.Namespace) -> int:
    return _make_areas(options.words, options.processes)


def _make_areas(words: Sequence[str], processes: int | None = None) -> int:
    from analysis_lib.area import AreaError, NoReport, UnknownArea, make_areas
    from analysis_lib.inputs import AbsentInput, InputError
    from analysis_lib.runs import end_together, take_lock

    def say(text: str) -> None:
        if not os.environ.get(QUIET):
            print(text, flush=True)

    try:
        with take_lock(_root()):
            end_together()
            chosen = make_areas(words, processes=processes, say=say)
    except (NoReport, UnknownArea) as error:
        print(error, file=sys.stderr)
        return 2
    except (AbsentInput, AreaError, InputError) as error:
        print(error, file=sys.stderr)
        return 1
    first = f"{chosen[0].folder}/index.html" if len(chosen) == 1 else "index.html"
    print(f"Open {(_root() / '_site' / 'areas' / first).as_uri()}")
    return 0


def _report(options: argparse.Namespace) -> int:
    """Make the main report, then those of the areas that the settings name."""
    from analysis_lib.runs import take_lock

    root = _root()
    lock = take_lock(root)
    os.environ[PIPELINE_RUNNING] = "1"  # what follows is part of this run
    given = {name: getattr(options, name) for name in settings.NAMES if getattr(options, name) is not None}
    try:
        if given.get("data", "").strip() not in ("", settings.SIMULATED):
            settings.find_data(root, given["data"])
        now = settings.remember(root, given)
        if now.data:
            settings.find_data(root, now.data, settings.where_data_stands())
    except settings.SettingError as error:
        print(f"{error} Nothing was touched.", file=sys.stderr)
        return 2
    if options.quiet:
        os.environ[QUIET] = "1"
    os.chdir(root)
    with lock:
        return _run_steps("site") or (_make_areas(now.area) if now.area else 0)


def _run_steps(name: str) -> int:
    """Run the pipeline up to this step, in this process: an interrupt reaches it."""
    from doit.doit_cmd import DoitMain

    return DoitMain().run(["-n", "2", name])


def _notebook(options: argparse.Namespace) -> int:
    from analysis_lib.publish.shape import PageError
    from analysis_lib.publish.stub import write_stub

    try:
        path = write_stub(_root(), options.name)
    except PageError as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"Wrote notebooks/{path.name}. Open it in Jupyter (make lab). The next run of the report executes it "
        "and lists it beside the others; to take it out again, delete it."
    )
    return 0


def _check_data(options: argparse.Namespace) -> int:
    from analysis_lib.inputs import check_folder

    _root()  # area names stand there
    if not options.folder.is_dir():
        what = "is a file" if options.folder.is_file() else "no such folder"
        print(f"{options.folder}: {what}. Give the folder that holds the files.", file=sys.stderr)
        return 2
    report = check_folder(options.folder, accept=options.accept)
    print(json.dumps(report.to_dict(), indent=1, ensure_ascii=False) if options.json else report.to_text())
    return 0 if report.ok else 1


def _scan(options: argparse.Namespace) -> int:
    """Print every finding with its file and place, never its value."""
    from analysis_lib.release.scan import scan_site, scan_sources

    absent = [path for path in options.paths if not (path.exists() if options.sources else path.is_dir())]
    if absent or not (options.paths or options.sources):
        named = f"{absent[0]}: no such {'file' if options.sources else 'folder'}. " if absent else ""
        print(f"{named}Give a folder of what was built, such as _site, or --sources.", file=sys.stderr)
        return 2
    if options.sources:
        found = scan_sources(_root(), [path.resolve() for path in options.paths] or None)
    else:
        try:
            found = scan_site(*options.paths, inputs=options.inputs)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
    if options.json:
        findings = [{"kind": f.kind, "file": f.file, "line": f.line, "place": f.place} for f in found]
        print(json.dumps({"ok": not found, "findings": findings}, indent=1, ensure_ascii=False))
    else:
        print("\n".join([*map(str, found), f"{len(found)} finding(s)." if found else "OK: nothing found."]))
    return 1 if found else 0


def _doctor(options: argparse.Namespace) -> int:
    from analysis_lib.doctor import check_machine

    checks = check_machine(_root())
    for check in checks:
        state = "ok" if check.ok else "problem" if check.needed else "note"
        print(f"{state:<8} {check.name}: {check.text}")
    return 0 if all(check.ok for check in checks if check.needed) else 1


def _simulate(options: argparse.Namespace) -> int:
    from analysis_lib.simulate import simulate_appointments

    if options.people is not None:
        return _simulate_people(options)
    given = {"months": options.months, "areas": options.areas}
    root = _root()
    folder = options.out or root / "data" / "simulated"
    try:
        simulate_appointments(folder, seed=options.seed, **{k: v for k, v in given.items() if v is not None})
    except (FileExistsError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, FileExistsError) else 2
    print(f"Simulated appointments in {folder}")
    return 0


def _simulate_people(options: argparse.Namespace) -> int:
    from analysis_lib.simulate import simulate_population

    if options.months is not None or options.areas is not None:
        print("--months and --areas are for appointments; leave them out with --people.", file=sys.stderr)
        return 2
    folder = options.out or _root() / "data" / "simulated_population"
    try:
        simulate_population(folder, options.people, options.seed, options.processes, progress=_say_progress)
    except (FileExistsError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, FileExistsError) else 2
    print(f"Simulated population in {folder}")
    return 0


def _say_progress(n_done: int, n_people: int, seconds: float) -> None:
    left = seconds * (n_people - n_done) / n_done
    print(f"{n_done:,} of {n_people:,} people; {seconds:.0f} s, about {left:.0f} s left", file=sys.stderr)


def _fetch(options: argparse.Namespace) -> int:
    from analysis_lib.inputs import InputError, fetch_release, list_releases

    root = _root()
    try:
        if not options.name:
            for name, about in list_releases().items():
                print(f"{name}: {about}")
            return 0
        folder = options.out or root / "data" / "raw" / options.name
        files = fetch_release(options.name, folder, accept_new=options.accept_new)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    for file in files:
        print(file)
    return 0


def _pipeline(options: argparse.Namespace) -> int:
    """Run doit up to the files to take away, unless doit itself called the renderer that called this.

    Where Quarto renders one page, in a preview too, the files to take away stay as they are.
    """
    if os.environ.get(PIPELINE_RUNNING):
        return 0
    root, project_of_quarto = _root(), os.environ.get("QUARTO_PROJECT_DIR")
    if project_of_quarto and Path(project_of_quarto).resolve() != root:
        print(
            "A notebook is stored without outputs, and cannot be rendered by itself. Render the whole report "
            "(quarto render, in the project's own folder), or open the notebook with make lab.",
            file=sys.stderr,
        )
        return 2
    one_page = project_of_quarto and not os.environ.get("QUARTO_PROJECT_RENDER_ALL")
    step = "facts" if one_page and (root / "report" / "takeaway" / "lists.ipynb").is_file() else "takeaway"
    os.chdir(root)
    return _run_steps(step)


def _finish(options: argparse.Namespace) -> int:
    """Look through what Quarto made, unless doit called Quarto: then its step does."""
    from analysis_lib.pipeline import PublicationError, finish_quarto

    if os.environ.get(PIPELINE_RUNNING):
        return 0
    root = _root()
    try:
        finish_quarto(root, Path(os.environ.get("QUARTO_PROJECT_OUTPUT_DIR") or root / "_site"))
    except PublicationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
