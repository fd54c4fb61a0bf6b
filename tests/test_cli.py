"""The commands that a person types: what they print, what they leave behind, and their exit status."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from analysis_lib import __version__, cli, project, settings
from analysis_lib.identifiers import CANARIES
from analysis_lib.inputs.hospital import check_hospital
from website import cli as site_cli
from website import runs

HEADER = (
    "icb_ons_code,appointment_month,appointment_status,hcp_type,appointment_mode,"
    "time_between_book_and_appointment,count_of_appointments"
)


def attendance(*rows: str) -> str:
    return "\n".join([HEADER, *rows, ""])


def row(month: str, count: object, status: str = "Attended") -> str:
    return f"E54000054,{month},{status},GP,Telephone,Same Day,{count}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one small attendance file: 12 attended in March, 3 missed in April 2022."""
    made = tmp_path / "my_area"
    made.mkdir()
    (made / "attendance.csv").write_text(attendance(row("2022-03", 12), row("2022-04", 3, "DNA")))
    return made


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project to stand in."""
    made = tmp_path / "project"
    for folder in ("analysis_lib", "report/notebooks", "results"):
        (made / folder).mkdir(parents=True)
    (made / "_quarto.yml").write_text("project:\n  type: website\n")
    monkeypatch.chdir(made)
    monkeypatch.delenv(settings.variable("data"), raising=False)
    monkeypatch.delenv(project.RESULTS_VARIABLE, raising=False)
    return made


@pytest.fixture
def no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with no project at or above it, and a library that is in none either."""
    lonely = tmp_path / "lonely"
    lonely.mkdir()
    monkeypatch.chdir(lonely)
    monkeypatch.setattr(project, "LIBRARY", tmp_path / "site-packages" / "analysis_lib")
    return lonely


#: Commands of ``python -m website``.
SITE = ("report", "areas", "notebook", "scan", "pipeline", "finish")


def status(*words: object) -> int:
    """Run a command; its exit status also where argparse leaves by itself."""
    try:
        main = site_cli.main if words and words[0] in SITE else cli.main
        return main([str(word) for word in words])
    except SystemExit as left:
        return int(left.code or 0)


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


# --- check-data ---


def test_check_data_says_what_is_there(folder, capsys):
    assert status("check-data", folder) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("Folder my_area\n")
    plain = " ".join(said.out.split())
    wanted = "attendance.csv [attendance, teaching] 2 rows 15 appointments 2022-03 to 2022-04 1 area"
    assert wanted in plain
    assert said.out.endswith("OK: every file can be read.\n")


def test_check_data_as_json(folder, capsys):
    assert status("check-data", folder, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert report["rejections"] == []
    (file,) = report["files"]
    wanted = {"file": "attendance.csv", "subject": "attendance", "rows": 2, "n_appointments": 15, "areas": 1}
    wanted |= {"first_date": "2022-03", "last_date": "2022-04", "rows_rejected": 0}
    assert {name: file[name] for name in wanted} == wanted


def test_check_data_names_what_is_rejected_and_fails(folder, capsys):
    (folder / "broken.csv").write_text(attendance(row("2022-03", 12), row("2022-04", "many")))
    assert status("check-data", folder) == 1
    said = capsys.readouterr().out
    assert "broken.csv, line 3, column count_of_appointments" in said
    assert "attendance.csv" in said  # the good file is still reported
    assert said.endswith("NOT OK: 1 rejected.\n")


def test_check_data_rejections_as_json(folder, capsys):
    (folder / "broken.csv").write_text(attendance(row("2022-04", "many")))
    assert status("check-data", folder, "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    (rejection,) = report["rejections"]
    assert (rejection["file"], rejection["line"], rejection["column"]) == (
        "broken.csv",
        2,
        "count_of_appointments",
    )
    assert rejection["remedy"]


def test_check_data_of_an_empty_folder_fails_with_what_to_do(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert status("check-data", tmp_path / "empty") == 1
    said = capsys.readouterr().out
    assert "no appointment file in the folder" in said
    assert "python -m analysis_lib simulate" in said


@pytest.mark.parametrize(("name", "what"), [("absent", "no such folder"), ("file.csv", "is a file")])
def test_check_data_of_what_is_no_folder_is_wrong_usage(tmp_path, capsys, name, what):
    (tmp_path / "file.csv").write_text("")
    assert status("check-data", tmp_path / name) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{what}. Give the folder that holds the files." in said.err


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_check_data_runs_nothing_and_writes_nothing_among_the_files(folder, monkeypatch, words):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("check-data started a program")

    monkeypatch.setattr("subprocess.Popen", refuse)
    (folder / "broken.csv").write_text(attendance(row("2022-04", "many")))
    before = snapshot(folder.parent)
    status("check-data", folder, *words)
    status("check-data", folder, *words)  # the second reads the cache
    assert snapshot(folder.parent) == before


# --- scan ---


def test_scan_of_what_may_be_published(tmp_path, capsys):
    (tmp_path / "index.html").write_text("<p>One in 23 was missed.</p>")
    assert status("scan", tmp_path) == 0
    assert capsys.readouterr().out == "OK: nothing found.\n"


def test_scan_says_file_and_place_and_never_the_value(tmp_path, capsys):
    canary = CANARIES[0]
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a.html").write_text(f"<p>\n{canary}</p>")
    assert status("scan", tmp_path / "site") == 1
    said = capsys.readouterr()
    assert said.out == "a.html, line 2: canary identifier\n1 finding(s).\n"
    assert status("scan", "--json", tmp_path / "site") == 1
    wanted = {"kind": "canary identifier", "file": "a.html", "line": 2, "place": "line 2"}
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"ok": False, "findings": [wanted]}
    assert canary not in printed + said.out + said.err


def test_scan_takes_more_canaries_and_folders(tmp_path, capsys):
    for name in ("site", "results", "inputs"):
        (tmp_path / name).mkdir()
    (tmp_path / "inputs" / "manifest.json").write_text('{"canaries": ["made-up-1"]}')
    (tmp_path / "results" / "a.csv").write_text("a\nmade-up-1\n")
    words = ["scan", tmp_path / "site", tmp_path / "results"]
    assert status(*words) == 0
    assert status(*words, "--inputs", tmp_path / "inputs") == 1
    assert "results/a.csv, line 2: canary identifier" in capsys.readouterr().out
    (tmp_path / "inputs" / "manifest.json").write_text("{")
    assert status(*words, "--inputs", tmp_path / "inputs") == 2
    assert "make the inputs anew" in capsys.readouterr().err


def test_scan_of_sources(tmp_path, capsys):
    (tmp_path / "good.py").write_text("a = 1\n")
    (tmp_path / "bad.parquet").write_text("PAR1")
    assert status("scan", "--sources", tmp_path / "good.py") == 0
    assert status("scan", "--sources", tmp_path / "good.py", tmp_path / "bad.parquet") == 1
    assert capsys.readouterr().out.endswith("bad.parquet, the file: data file\n1 finding(s).\n")


@pytest.mark.parametrize("words", [[], ["absent"], ["--sources", "absent"], ["tests/test_cli.py"]])
def test_scan_of_nothing_is_wrong_usage(words, capsys):
    assert status("scan", *words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Give a folder of what was built, such as _site, or --sources." in said.err


# --- usage ---


def test_version(capsys):
    assert status("--version") == 0
    assert capsys.readouterr().out == f"analysis_lib {__version__}\n"


def test_help_names_every_command(capsys):
    assert status("--help") == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: python -m analysis_lib")
    assert all(name in said for name in ("check-data", "doctor", "simulate", "fetch"))
    with pytest.raises(SystemExit, match="0"):
        site_cli.main(["--help"])
    said = capsys.readouterr().out
    assert said.startswith("usage: python -m website")
    assert all(name in said for name in SITE)


@pytest.mark.parametrize("words", [[], ["bogus"], ["check-data"], ["simulate", "--months", "two"]])
def test_wrong_usage(words, capsys):
    assert status(*words) == 2
    assert "usage:" in capsys.readouterr().err


# --- simulate ---


def test_simulate_writes_what_check_data_reads(tmp_path, capsys):
    made = tmp_path / "made"
    assert status("simulate", "--areas", 2, "--months", 2, "--out", made) == 0
    assert capsys.readouterr().out == f"Simulated appointments in {made}\n"
    assert status("check-data", made, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["simulated"] is True
    attendance_files = [f for f in report["files"] if f["subject"] == "attendance"]
    assert {(f["first_date"], f["last_date"]) for f in attendance_files} == {("2022-07", "2022-08")}
    manifest = json.loads((made / "manifest.json").read_text())
    assert manifest["n_areas"] == 2
    stated = {f["subject"]: f.get("n_appointments") for f in manifest["files"]}
    assert sum(f["n_appointments"] for f in attendance_files) == stated["attendance"]


def test_simulate_never_writes_among_other_files(folder, capsys):
    before = snapshot(folder)
    assert status("simulate", "--areas", 2, "--months", 2, "--out", folder) == 1
    assert "Give an empty or new folder." in capsys.readouterr().err
    assert snapshot(folder) == before


def test_simulate_with_a_number_out_of_range_is_wrong_usage(tmp_path, capsys):
    assert status("simulate", "--months", 0, "--out", tmp_path / "made") == 2
    assert capsys.readouterr().err == "months must be 1 or more.\n"


def test_simulate_a_hospital_that_the_demand_model_reads(tmp_path, capsys):
    made = tmp_path / "made"
    words = ["simulate", "--hospital", "--people", 1_000, "--seed", 2, "--processes", 1, "--out", made]
    assert status(*words) == 0
    assert capsys.readouterr().out == f"Simulated hospital in {made}\n"
    assert check_hospital(made).ok
    truth = json.loads((made / "truth.json").read_text())
    assert (truth["n_people"], truth["seed"], truth["readmitted"]["days"]) == (1_000, 2, 30)
    before = {path: content for path, (content, _) in snapshot(made).items()}
    assert status(*words) == 0  # what an earlier run wrote is replaced, by the same
    assert {path: content for path, (content, _) in snapshot(made).items()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_simulate_a_hospital_never_among_other_files(folder, capsys):
    before = snapshot(folder)
    assert status("simulate", "--hospital", "--people", 1_000, "--out", folder) == 1
    assert "Give an empty or new folder." in capsys.readouterr().err
    assert snapshot(folder) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--people", 999], "people must be 1,000 or more for a hospital: 999 given."),
        (["--months", 2], "--months and --areas are for appointments; leave them out with --hospital."),
        (["--areas", 2], "--months and --areas are for appointments; leave them out with --hospital."),
        (["--scenario", "none"], "none"),
    ],
)
def test_simulate_a_hospital_with_wrong_words(tmp_path, capsys, words, said):
    assert status("simulate", "--hospital", *words, "--out", tmp_path / "made") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


# --- doctor, fetch, pipeline ---


def test_doctor_exit_status_is_that_of_what_is_needed(monkeypatch, capsys):
    from analysis_lib import doctor

    checks = [doctor.Check("Python", True, "3.12.1"), doctor.Check("Quarto", False, "absent", needed=False)]
    monkeypatch.setattr(doctor, "check_machine", lambda root: checks)
    assert status("doctor") == 0
    assert capsys.readouterr().out == "ok       Python: 3.12.1\nnote     Quarto: absent\n"
    checks.append(doctor.Check("packages", False, "pandas is missing"))
    assert status("doctor") == 1
    assert capsys.readouterr().out.endswith("problem  packages: pandas is missing\n")


def test_fetch_without_a_name_lists_the_releases(capsys):
    assert status("fetch") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(": Appointments in General Practice" in line for line in lines)


def test_fetch_of_an_unknown_release_names_the_known_ones(tmp_path, capsys):
    assert status("fetch", "nope", "--out", tmp_path / "raw") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "no release named 'nope'; expected one of " in said.err
    assert not (tmp_path / "raw").exists()


def test_fetch_hands_on_its_arguments_and_says_what_came(tmp_path, monkeypatch, capsys):
    asked = []

    def fetch_release(name: str, target: Path, *, accept_new: bool) -> list[str]:
        asked.append((name, target, accept_new))
        return ["one.zip, as pinned", "two.zip, as pinned"]

    monkeypatch.setattr("analysis_lib.inputs.fetch_release", fetch_release)
    assert status("fetch", "some-release", "--accept-new") == 0
    assert asked == [("some-release", project.find_root() / "data" / "raw" / "some-release", True)]
    assert capsys.readouterr().out == "one.zip, as pinned\ntwo.zip, as pinned\n"


def test_pipeline_runs_the_steps_up_to_the_files_to_take_away_in_the_root(monkeypatch):
    called = []

    def run(_: object, words: list[str]) -> int:
        called.append((words, Path.cwd()))
        return 3

    monkeypatch.chdir(project.find_root() / "notebooks")
    monkeypatch.setattr("doit.doit_cmd.DoitMain.run", run)
    monkeypatch.delenv(runs.PIPELINE_RUNNING, raising=False)
    assert status("pipeline") == 3
    assert called == [(["-n", "2", "takeaway"], project.find_root())]
    monkeypatch.setenv(runs.PIPELINE_RUNNING, "1")  # Quarto, called by the pipeline, calls it again
    assert status("pipeline") == 0
    assert len(called) == 1


@pytest.fixture
def quarto(root, monkeypatch):
    """A project in which Quarto calls the pipeline; gives the steps that doit was asked for."""
    called = []

    def run(_, words):
        called.append((words[-1], Path.cwd()))
        return 0

    monkeypatch.chdir(root)
    monkeypatch.setattr("doit.doit_cmd.DoitMain.run", run)
    monkeypatch.delenv(runs.PIPELINE_RUNNING, raising=False)
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(root))
    monkeypatch.delenv("QUARTO_PROJECT_RENDER_ALL", raising=False)
    return called


def test_one_page_leaves_the_files_to_take_away_as_they_are(root, quarto, monkeypatch):
    assert status("pipeline") == 0  # the first time they are made: pages embed what is listed of them
    (root / "report" / "takeaway").mkdir()
    (root / "report" / "takeaway" / "lists.ipynb").touch()
    assert status("pipeline") == 0
    monkeypatch.setenv("QUARTO_PROJECT_RENDER_ALL", "1")
    assert status("pipeline") == 0
    assert quarto == [("takeaway", root), ("facts", root), ("takeaway", root)]


def test_a_notebook_by_itself_is_refused_with_the_way_out():
    folder = Path(__file__).resolve().parent.parent / "notebooks"
    script = yaml.safe_load((folder / "_quarto.yml").read_text(encoding="utf-8"))["project"]["pre-render"]
    done = subprocess.run([sys.executable, folder / script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "quarto render, in the project's own folder" in done.stderr


def test_what_quarto_made_is_looked_through_by_one_of_the_two(root, monkeypatch, capsys):
    site = root / "_site"
    site.mkdir()
    (site / "index.html").write_text("<p>/home/someone/data.csv</p>")
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_DIR", str(site))
    monkeypatch.setenv(runs.PIPELINE_RUNNING, "1")  # doit called Quarto, and looks for itself
    assert status("finish") == 0
    monkeypatch.delenv(runs.PIPELINE_RUNNING)
    assert status("finish") == 1
    assert "index.html, line 1: absolute path" in capsys.readouterr().err
    assert not site.exists()


@pytest.mark.parametrize(
    "words",
    [["doctor"], ["simulate", "--out", "made"], ["pipeline"], ["finish"], ["fetch"]],
)
def test_outside_a_project_the_way_out_is_said(no_project, monkeypatch, capsys, words):
    monkeypatch.delenv(runs.PIPELINE_RUNNING, raising=False)
    assert status(*words) == 2
    assert capsys.readouterr().err == (
        "No project root at or above 'lonely': run from the folder that holds _quarto.yml.\n"
    )
    assert list(no_project.iterdir()) == []


def test_a_reader_that_leaves_early_ends_in_no_traceback(tmp_path):
    """As of ``check-data FOLDER | head -1``."""
    (tmp_path / "a.csv").write_text("x,y\n" * 3)
    words = [sys.executable, "-m", "analysis_lib", "check-data", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        run.stdout.close()
        said = run.stderr.read()
    assert said == ""
    assert run.returncode == 1


def test_check_data_tries_an_answer(tmp_path, capsys):
    for name, count in (("a.csv", 5), ("b.csv", 6)):
        (tmp_path / name).write_text(attendance(row("2022-01", count)))
    assert cli.main(["check-data", str(tmp_path)]) == 1
    code = re.search(r"'add (\w{6})'", " ".join(capsys.readouterr().out.split()))[1]
    assert cli.main(["check-data", str(tmp_path), "--accept", f"add {code}"]) == 0
    assert "attendance: 11 appointments go into the report" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "The notebook needs a name: .* such as my_question"),
        ("Waiting-times", "'Waiting-times' cannot be used .* such as waiting_times"),
        ("../2024 q", "such as q"),
    ],
)
def test_a_name_of_a_notebook_that_cannot_be_used_is_said_with_one_that_can(capsys, name, sentence):
    assert status("notebook", name) == 2
    assert re.search(sentence, capsys.readouterr().err)


def test_a_new_notebook_never_takes_the_place_of_sentences(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("website.cli.root_or_leave", lambda: tmp_path)
    (tmp_path / "notebooks").mkdir()
    assert status("notebook", "weekends") == 0
    sentences = tmp_path / "report" / "sentences" / "weekends.txt"
    assert "[fig-months]" in sentences.read_text()
    said = "notebooks/01_weekends.ipynb, and its sentences in report/sentences/weekends.txt."
    assert said in capsys.readouterr().out
    (tmp_path / "notebooks" / "01_weekends.ipynb").unlink()
    sentences.write_text("[fig-mine]\nanswer: My own words\n")
    assert status("notebook", "weekends") == 0
    assert "report/sentences/weekends.txt was there already and is as it was" in capsys.readouterr().out
    assert sentences.read_text() == "[fig-mine]\nanswer: My own words\n"
    assert status("notebook", "words") == 2  # its sentences would be those of all notebooks
