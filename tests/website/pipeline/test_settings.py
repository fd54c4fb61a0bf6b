"""What a run was asked for: remembered, overridden, said, and refused where it cannot be meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from analysis_lib import project, settings
from analysis_lib.settings import SettingError, Settings

ROOT = Path(__file__).resolve().parents[3]
DOCTOR = "import sys; sys.path.pop(0); from analysis_lib.cli import main; main(['doctor'])"


def test_what_was_given_is_remembered_until_something_else_is_given(root):
    assert settings.read_settings(root) == Settings()
    (root / "mine").mkdir()
    settings.remember(root, {"data": "mine", "area": ["15F QWO", "NHS Kent"], "capacity": "45,000"})
    settings.remember(root, {"people": "3_000"})
    known = Settings("mine", 3000, ("15F QWO", "NHS Kent"), 45_000, "duckdb")
    assert settings.read_settings(root) == known
    assert project.data_folder() == project.population_folder() == root / "mine"
    assert project.planning_per_day() == 45_000
    settings.remember(root, {"data": "simulated", "area": [""], "capacity": ""})
    assert settings.read_settings(root) == Settings(people=3000)
    assert project.data_folder() == root / "data" / "simulated"
    assert project.population_folder() == root / "data" / "simulated_population"
    settings.remember(root, {"people": ""})
    assert not (root / settings.FILE).exists()


def test_the_environment_overrides_and_is_not_remembered(root, monkeypatch):
    settings.remember(root, {"data": "mine", "people": "3000"})
    monkeypatch.setenv("REPORT_DATA", "theirs")
    monkeypatch.setenv("REPORT_PEOPLE", " ")  # says nothing
    assert settings.read_settings(root) == Settings("theirs", 3000)
    monkeypatch.setenv("REPORT_DATA", "simulated")
    assert settings.read_settings(root) == Settings(people=3000)
    assert 'data = "mine"' in (root / settings.FILE).read_text()


def test_what_is_typed_now_goes_before_the_environment(root, monkeypatch):
    monkeypatch.setenv("REPORT_DATA", "theirs")
    assert settings.remember(root, {"data": "mine"}).data == "mine"


def test_a_run_says_what_it_uses_and_where_that_stands(root, monkeypatch):
    assert settings.say_settings(root) == "Settings: simulated inputs, 880,000 people"
    settings.remember(root, {"people": "3000"})
    assert settings.say_settings(root) == "Settings: simulated inputs, 3,000 people (report.toml)"
    settings.remember(root, {"data": "mine", "engine": "spark", "area": ["15F", "QWO"]})
    monkeypatch.setenv("REPORT_DATA", "theirs")
    said = settings.say_settings(root)
    assert said == "Settings: theirs (REPORT_DATA), areas 15F, QWO (report.toml), spark (report.toml)"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("people", "1e3", "PEOPLE=1e3 is no whole number of people: write it in digits"),
        ("people", "40k", "PEOPLE=40k is no whole number"),
        ("people", "-5", "PEOPLE=-5 is no whole number"),
        ("people", "99", "PEOPLE=99: 100 to 10,000,000 people are possible"),
        ("people", "٣٠٠", "is no whole number"),
        ("capacity", "0", "CAPACITY=0: 1 to 100,000,000 appointments a day are possible"),
        ("capacity", "1.5", "CAPACITY=1.5 is no whole number of appointments a day"),
        ("engine", "polars", "ENGINE=polars: duckdb or spark is wanted"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_remembered(root, name, value, sentence):
    with pytest.raises(SettingError, match=sentence):
        settings.remember(root, {name: value})
    assert not (root / settings.FILE).exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("data = 3\n", "report.toml: data: a folder is wanted"),
        ("area = [3]\n", "report.toml: area: codes of areas are wanted"),
        ("people = true\n", "report.toml: people=True is no whole number"),
        (
            "poeple = 3000\n",
            "report.toml: poeple is no setting. There are data, people, area",
        ),
        ("data = mine\n", "report.toml cannot be read .*line 1"),
        ("data = '\udcff'", "report.toml is not saved as UTF-8"),
        ('data = "D:\\data\\mine"', r"report.toml cannot be read .*in single quotes"),
    ],
)
def test_a_file_changed_by_hand_is_read_with_care(root, text, sentence):
    (root / settings.FILE).write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(SettingError, match=sentence):
        settings.read_settings(root)


def test_a_file_that_windows_saved_is_read(root):
    (root / settings.FILE).write_text("people = 3000\r\n", encoding="utf-8-sig", newline="")
    assert settings.read_settings(root) == Settings(people=3000)
    (root / settings.FILE).write_text('data = "data\\raw"\n', encoding="utf-8")  # a line break within
    with pytest.raises(SettingError, match=r"report.toml: data holds 'data\\raw'.*in single quotes"):
        settings.find_data(root, settings.read_settings(root).data, settings.where_data_stands())


def test_a_folder_that_is_not_there_is_said_with_the_place_that_names_it(root, monkeypatch):
    settings.remember(root, {"data": "mine"})
    assert settings.where_data_stands() == "report.toml: data"
    monkeypatch.setenv("REPORT_DATA", "theirs")
    assert settings.where_data_stands() == "REPORT_DATA"
    with pytest.raises(SettingError, match="^REPORT_DATA=theirs: there is no such folder"):
        settings.find_data(root, "theirs", settings.where_data_stands())


@pytest.mark.parametrize("name", ['it\'s "mine" # 2', "a\\b", "données", "tab\tin"])
def test_any_name_of_a_folder_is_written_so_that_it_is_read_again(root, name):
    settings.remember(root, {"data": name})
    assert settings.read_settings(root).data == name.strip()


def test_a_folder_is_looked_at_before_anything_is_touched(root):
    (root / "data" / "raw" / "mine").mkdir(parents=True)
    with pytest.raises(SettingError, match="there is no such folder; beside it are data/raw/mine"):
        settings.find_data(root, "data/raw/mien")
    with pytest.raises(SettingError, match="DATA=data/raw/mine is an empty folder"):
        settings.find_data(root, "data/raw/mine")
    file = root / "data" / "raw" / "mine" / "june.csv"
    file.write_text("x")
    assert settings.find_data(root, "data/raw/mine") == file.parent
    with pytest.raises(SettingError, match="is a file. Give the folder that it lies in: data/raw/mine"):
        settings.find_data(root, "data/raw/mine/june.csv")


def test_a_folder_that_may_not_be_read_is_said(root, monkeypatch):
    (root / "mine").mkdir()

    def refuse(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(SettingError, match=r"cannot be read \(Permission denied\). Change its permissions"):
        settings.find_data(root, "mine")


def test_the_library_of_another_folder_is_refused(tmp_path, root):
    (root / "analysis_lib" / "__init__.py").write_text("")
    with pytest.raises(project.ForeignLibrary, match="but analysis_lib comes from .*: the folder was moved"):
        project.find_root(root)
    answer = subprocess.run(
        [sys.executable, "-c", DOCTOR],
        cwd=root,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert f"analysis_lib comes from {ROOT}: the folder was moved" in answer.stderr
