"""The commit, and the variables that pages quote."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from analysis_lib import __version__
from website import pipeline


def git(folder: Path, *words: str) -> str:
    names = {f"GIT_{who}_{what}": "someone" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, text=True, env={**os.environ, **names}
    )
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commit_is_named_and_local_changes_are_admitted(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_text("one")
    assert pipeline.describe_commit(tmp_path) == f"version {__version__}"  # no commit yet
    git(tmp_path, "add", "a.txt")
    git(tmp_path, "commit", "-q", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")[:10]
    assert pipeline.describe_commit(tmp_path) == f"commit {commit}"
    (tmp_path / "a.txt").write_text("two")
    assert pipeline.describe_commit(tmp_path) == f"commit {commit} with local changes"


def test_outside_a_checkout_the_version_stands_for_the_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert pipeline.describe_commit(tmp_path) == f"version {__version__}"
    monkeypatch.setenv("PATH", "")
    assert pipeline.describe_commit(tmp_path) == f"version {__version__}"


def save_facts(root: Path, store: str, **texts: str) -> None:
    entries = {name: {"value": text, "unit": "text", "text": text} for name, text in texts.items()}
    path = root / "results" / "facts" / f"{store}.json"
    path.write_text(json.dumps({"facts": entries, "tables": {}}), encoding="utf-8")


def test_variables_are_the_facts_of_all_stores_as_literal_text_and_the_commit(root, monkeypatch):
    monkeypatch.setattr(pipeline, "describe_commit", lambda folder: f"commit of {folder.name}")
    awkward = 'He said: "5% – £3", {{< x >}} # no\nmore'
    save_facts(root, "run", source="NHS England")
    save_facts(root, "missed", rate="4.4%", awkward=awkward, number="0123")
    pipeline.write_variables(root / "_variables.yml")
    written = yaml.safe_load((root / "_variables.yml").read_text(encoding="utf-8"))
    assert written.pop("release")["n_tables"] == "0"
    assert written["missed"].pop("awkward") == r'He said\: "5% – £3", \{ \{\< x \> \}\} \# no more'
    assert written == {
        "missed": {"number": "0123", "rate": "4.4%"},
        "run": {"source": "NHS England"},
        "report": {
            "banner": "",
            "commit": "commit of project",
            "made_from": "none",
            "plan": "None is used in this report",
            "provenance": "",
        },
    }


def test_what_a_report_was_made_from_is_one_sentence_of_all_inputs(root):
    save_facts(root, "run", data_label="files (mine)", provenance="a.csv", banner="")
    save_facts(root, "linked", label="a linked population (ours)", provenance="ours (5 rows)")
    pipeline.write_variables(root / "_variables.yml")
    report = yaml.safe_load((root / "_variables.yml").read_text(encoding="utf-8"))["report"]
    assert report["made_from"] == "files (mine) and a linked population (ours)"
    assert report["provenance"] == r"a.csv; ours (5 rows)"


def test_a_report_says_all_that_it_was_made_from(root):
    save_facts(root, "run")
    names = {"label": "admissions of a.csv", "provenance": "a.csv (20 rows)", "banner": "Nobody is real."}
    save_facts(root, "linked", **{f"admissions_{name}": text for name, text in names.items()})
    pipeline.write_variables(root / "_variables.yml")
    report = yaml.safe_load((root / "_variables.yml").read_text(encoding="utf-8"))["report"]
    assert [report[n] for n in ("made_from", "provenance", "banner")] == [
        names["label"], names["provenance"], names["banner"]
    ]  # fmt: skip
    save_facts(root, "run", data_label="files", provenance="f (2 rows)")
    pipeline.write_variables(root / "_variables.yml")
    report = yaml.safe_load((root / "_variables.yml").read_text(encoding="utf-8"))["report"]
    assert report["made_from"] == "files and admissions of a.csv"
    assert report["provenance"] == "f (2 rows); a.csv (20 rows)"


def test_unchanged_variables_are_not_written_again(root, monkeypatch):
    monkeypatch.setattr(pipeline, "describe_commit", lambda folder: "commit 1")
    save_facts(root, "missed", rate="4.4%")
    target = root / "_variables.yml"
    pipeline.write_variables(target)
    os.utime(target, ns=(10**18, 10**18))
    pipeline.write_variables(target)
    assert target.stat().st_mtime_ns == 10**18
    save_facts(root, "missed", rate="4.5%")
    pipeline.write_variables(target)
    assert target.stat().st_mtime_ns != 10**18
    assert "4.5%" in target.read_text()
