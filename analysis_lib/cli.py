"""The few commands a person types: ``python -m analysis_lib <command>``."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
from pathlib import Path

from analysis_lib import __version__, project
from analysis_lib.disclosure import DisclosureError

HOSPITAL_PEOPLE, FEWEST_HOSPITAL_PEOPLE = 40_000, 1_000  # with fewer some strategy has no row


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status (0 well, 1 a finding or rejection, 2 wrong usage)."""
    return run_command(_parser(), arguments)


def run_command(parser: argparse.ArgumentParser, arguments: list[str] | None = None) -> int:
    """Run the command that a parser finds in `arguments`, and return its exit status."""
    for stream in (sys.stdout, sys.stderr):  # what a terminal or a pipe cannot show stops nothing
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    options = parser.parse_args(arguments)
    try:
        status = options.run(options)
        sys.stdout.flush()
        return status
    except (project.ForeignLibrary, DisclosureError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # of `… | head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def root_or_leave() -> Path:
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
        _add_check_data,
        _add_doctor,
        _add_simulate,
        _add_synthesise,
        _add_fetch,
        _add_person,
    ):
        add(commands)
    return parser


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
        "simulate",
        help="write simulated appointment files, a linked population or its hospital, and their truth",
    )
    simulate.add_argument("--out", type=Path, default=None, help="folder; under data/ if not given")
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument("--months", type=int, default=None)
    simulate.add_argument("--areas", type=int, default=None, help="only so many sub-ICB locations")
    simulate.add_argument("--people", type=int, default=None, help="a linked population of so many people")
    simulate.add_argument(
        "--hospital",
        action="store_true",
        help="a hospital in the layout of the demand model; its patients are --people (40,000 if not given)",
    )
    simulate.add_argument("--processes", type=int, default=None, help="with --people; all cores if not given")
    simulate.add_argument(
        "--scenario",
        default=None,
        help="unfavourable (the default: area effects go with deprivation, figures drift), favourable, "
        "or null (areas and tags are alike, drivers add up)",
    )
    simulate.set_defaults(run=_simulate)


def _add_synthesise(commands: argparse._SubParsersAction) -> None:
    synthesise = commands.add_parser(
        "synthesise", help="learn a hospital's tables, and write synthetic ones for release with a card"
    )
    synthesise.add_argument(
        "folder",
        type=Path,
        nargs="?",
        help="in the demand model's layout; a hospital is simulated without it",
    )
    synthesise.add_argument("--out", type=Path, default=None, help="data/synthetic_hospital if not given")
    synthesise.add_argument("--seed", type=int, default=1)
    synthesise.add_argument("--leaf", type=int, default=20, help="rows that each leaf of a tree has at least")
    synthesise.add_argument("--people", type=int, default=None, help="of the simulated hospital; 40,000")
    synthesise.set_defaults(run=_synthesise)


def _add_fetch(commands: argparse._SubParsersAction) -> None:
    fetch = commands.add_parser("fetch", help="download an official release named in data/sources.toml")
    fetch.add_argument("name", nargs="?", help="the release; without it, the known ones are listed")
    fetch.add_argument("--out", type=Path, default=None, help="folder; data/raw/<name> if not given")
    fetch.add_argument(
        "--accept-new", action="store_true", help="take a file whose sha256 is not yet recorded"
    )
    fetch.set_defaults(run=_fetch)


def _add_person(commands: argparse._SubParsersAction) -> None:
    person = commands.add_parser(
        "person", help="write one person's record as a page for a review of medicines; it stays inside"
    )
    person.add_argument("person_id")
    person.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where only you may read it")
    person.add_argument(
        "--data", type=Path, default=None, help="a linked population; as in a report if not given"
    )
    person.add_argument("--day", default=None, help="YYYY-MM-DD; the last of the records if not given")
    person.set_defaults(run=_person)


def _check_data(options: argparse.Namespace) -> int:
    from analysis_lib.inputs import check_folder

    if not options.folder.is_dir():
        what = "is a file" if options.folder.is_file() else "no such folder"
        print(f"{options.folder}: {what}. Give the folder that holds the files.", file=sys.stderr)
        return 2
    report = check_folder(options.folder, accept=options.accept)
    print(json.dumps(report.to_dict(), indent=1, ensure_ascii=False) if options.json else report.to_text())
    return 0 if report.ok else 1


def _doctor(options: argparse.Namespace) -> int:
    from analysis_lib.doctor import check_machine

    checks = check_machine(root_or_leave())
    for check in checks:
        state = "ok" if check.ok else "problem" if check.needed else "note"
        print(f"{state:<8} {check.name}: {check.text}")
    return 0 if all(check.ok for check in checks if check.needed) else 1


def _simulate(options: argparse.Namespace) -> int:
    from analysis_lib.simulate import simulate_appointments

    if options.hospital:
        return _simulate_hospital(options)
    if options.people is not None:
        return _simulate_people(options)
    given = {"months": options.months, "areas": options.areas, "scenario": options.scenario}
    root = root_or_leave()
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
    folder = options.out or root_or_leave() / "data" / "simulated_population"
    try:
        simulate_population(
            folder,
            options.people,
            options.seed,
            options.processes,
            progress=_say_progress,
            **({"scenario": options.scenario} if options.scenario else {}),
        )
    except (FileExistsError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, FileExistsError) else 2
    print(f"Simulated population in {folder}")
    return 0


def _simulate_hospital(options: argparse.Namespace) -> int:
    from analysis_lib.inputs import InputError
    from analysis_lib.inputs.hospital import write_hospital
    from analysis_lib.inputs.hospital.write import check_target
    from analysis_lib.simulate import simulate_hospital, simulate_population

    if options.months is not None or options.areas is not None:
        print("--months and --areas are for appointments; leave them out with --hospital.", file=sys.stderr)
        return 2
    n_people = HOSPITAL_PEOPLE if options.people is None else options.people
    if n_people < FEWEST_HOSPITAL_PEOPLE:
        print(
            f"people must be {FEWEST_HOSPITAL_PEOPLE:,} or more for a hospital: {n_people:,} given.",
            file=sys.stderr,
        )
        return 2
    folder = options.out or root_or_leave() / "data" / "simulated_hospital"
    scenario = {"scenario": options.scenario} if options.scenario else {}
    with tempfile.TemporaryDirectory() as place:
        try:
            check_target(folder.resolve())  # before the minutes that follow
            population = simulate_population(
                Path(place) / "population", n_people, options.seed, options.processes,
                progress=_say_progress, **scenario,
            )  # fmt: skip
            hospital = simulate_hospital(population, options.seed)
            write_hospital(
                hospital.tables, folder, truth={"n_people": n_people, **scenario, **hospital.truth}
            )
        except (FileExistsError, ValueError) as error:
            print(error, file=sys.stderr)
            return 1 if isinstance(error, FileExistsError | InputError) else 2
    print(f"Simulated hospital in {folder}")
    return 0


def _synthesise(options: argparse.Namespace) -> int:
    from analysis_lib.inputs.hospital import read_hospital
    from analysis_lib.simulate import simulate_hospital, simulate_population
    from analysis_lib.synthesise import release_hospital, synthesise

    folder = options.out or root_or_leave() / "data" / "synthetic_hospital"
    n_people = HOSPITAL_PEOPLE if options.people is None else options.people
    if options.folder and options.people is not None:
        print("--people is for a simulated hospital; leave it out with a folder.", file=sys.stderr)
        return 2
    try:
        if options.folder:
            tables, people = read_hospital(options.folder), None
            made_from = "the tables of a folder that was given; each admission counts as one person's"
        else:
            with tempfile.TemporaryDirectory() as place:
                population = simulate_population(
                    Path(place) / "population", n_people, options.seed, progress=_say_progress
                )
                hospital = simulate_hospital(population, options.seed)
            tables, people = hospital.tables, hospital.people
            made_from = f"a simulated hospital of {n_people:,} simulated people, seed {options.seed}"
        made = synthesise(tables, people, seed=options.seed, leaf=options.leaf)
        release_hospital(made, folder, made_from, options.seed, options.leaf)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Synthetic hospital in {folder}; card.md says what it is.")
    return 0


def _say_progress(n_done: int, n_people: int, seconds: float) -> None:
    left = seconds * (n_people - n_done) / n_done
    print(f"{n_done:,} of {n_people:,} people; {seconds:.0f} s, about {left:.0f} s left", file=sys.stderr)


def _fetch(options: argparse.Namespace) -> int:
    from analysis_lib.inputs import InputError, fetch_release, list_releases

    root = root_or_leave()
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


def _person(options: argparse.Namespace) -> int:
    from analysis_lib.inputs import AbsentInput, InputError, load_linked
    from analysis_lib.review import write_person_page

    try:
        people = load_linked(options.data).need()
        day = options.day or people.manifest["last_date"]
        page = write_person_page(people, options.person_id, day, options.to)
    except (AbsentInput, InputError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(page)
    if not people.simulated:
        print(
            "It holds a real person's record: keep it where only those who care for this person may read it."
        )
    return 0
