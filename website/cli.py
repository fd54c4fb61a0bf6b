"""Commands that make, check and carry away the report: ``python -m website <command>``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis_lib import __version__, disclosure, settings
from analysis_lib.cli import root_or_leave, run_command
from website.runs import PIPELINE_RUNNING, QUIET


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status (0 well, 1 a finding or rejection, 2 wrong usage)."""
    return run_command(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m website", description="Demand for NHS care: the report.")
    parser.add_argument("--version", action="version", version=f"analysis_lib {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (_add_report, _add_areas, _add_notebook, _add_scan, _add_pipeline):
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


def _add_notebook(commands: argparse._SubParsersAction) -> None:
    notebook = commands.add_parser(
        "notebook", help="begin a notebook of your own, which the next run shows (make notebook NAME=…)"
    )
    notebook.add_argument("name", help="lower-case letters, digits and underscores, such as my_question")
    notebook.set_defaults(run=_notebook)


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
    from analysis_lib.inputs import AbsentInput, InputError
    from website.areas import AreaError, NoReport, UnknownArea, make_areas
    from website.runs import end_together, take_lock

    def say(text: str) -> None:
        if not os.environ.get(QUIET):
            print(text, flush=True)

    try:
        with take_lock(root_or_leave()):
            end_together()
            chosen = make_areas(words, processes=processes, say=say)
    except (NoReport, UnknownArea) as error:
        print(error, file=sys.stderr)
        return 2
    except (AbsentInput, AreaError, InputError) as error:
        print(error, file=sys.stderr)
        return 1
    first = f"{chosen[0].folder}/index.html" if len(chosen) == 1 else "index.html"
    print(f"Open {(root_or_leave() / '_site' / 'areas' / first).as_uri()}")
    return 0


def _report(options: argparse.Namespace) -> int:
    """Make the main report, then those of the areas that the settings name."""
    from website.runs import take_lock

    root = root_or_leave()
    lock = take_lock(root)
    os.environ[PIPELINE_RUNNING] = "1"  # what follows is part of this run
    given = {name: getattr(options, name) for name in settings.NAMES if getattr(options, name) is not None}
    try:
        if given.get("data", "").strip() not in ("", settings.SIMULATED):
            settings.find_data(root, given["data"])
        disclosure.read_thresholds()
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
    from website.shape import PageError
    from website.stub import write_stub

    try:
        path, sentences, kept = write_stub(root_or_leave(), options.name)
    except PageError as error:
        print(error, file=sys.stderr)
        return 2
    named = f"notebooks/{path.name}", f"report/sentences/{sentences.name}"
    wrote = (
        f"Wrote {named[0]}. {named[1]} was there already and is as it was: the stub needs a section "
        "[fig-months] in it, with an entry `answer` and an entry `n_appointments`."
        if kept
        else f"Wrote {named[0]}, and its sentences in {named[1]}."
    )
    print(
        f"{wrote} Open it in Jupyter (make lab). The next run of the report executes it and lists it beside "
        "the others; to take it out again, delete both files."
    )
    return 0


def _scan(options: argparse.Namespace) -> int:
    """Print every finding with its file and place, never its value."""
    from website.scan import scan_site, scan_sources

    absent = [path for path in options.paths if not (path.exists() if options.sources else path.is_dir())]
    if absent or not (options.paths or options.sources):
        named = f"{absent[0]}: no such {'file' if options.sources else 'folder'}. " if absent else ""
        print(f"{named}Give a folder of what was built, such as _site, or --sources.", file=sys.stderr)
        return 2
    if options.sources:
        found = scan_sources(root_or_leave(), [path.resolve() for path in options.paths] or None)
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


def _pipeline(options: argparse.Namespace) -> int:
    """Run doit up to the files to take away, unless doit itself called the renderer that called this.

    Where Quarto renders one page, in a preview too, the files to take away stay as they are.
    """
    if os.environ.get(PIPELINE_RUNNING):
        return 0
    root = root_or_leave()
    disclosure.read_thresholds()  # what is wrong with it is said before anything runs
    one_page = os.environ.get("QUARTO_PROJECT_DIR") and not os.environ.get("QUARTO_PROJECT_RENDER_ALL")
    step = "facts" if one_page and (root / "report" / "takeaway" / "lists.ipynb").is_file() else "takeaway"
    os.chdir(root)
    return _run_steps(step)


def _finish(options: argparse.Namespace) -> int:
    """Look through what Quarto made, unless doit called Quarto: then its step does."""
    from website.pipeline import PublicationError, finish_quarto

    if os.environ.get(PIPELINE_RUNNING):
        return 0
    root = root_or_leave()
    try:
        finish_quarto(root, Path(os.environ.get("QUARTO_PROJECT_OUTPUT_DIR") or root / "_site"))
    except PublicationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
