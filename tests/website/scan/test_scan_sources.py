"""What may not be committed is refused, and today's tree is clean."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from analysis_lib.identifiers import CANARIES
from tests.release.planted import NUMBER
from website.scan import scan_sources

ROOT = Path(__file__).resolve().parents[3]
KEY = "PRIVATE KEY"
OUTPUTS = "notebook is stored with outputs: run `nbstripout a.ipynb`"
HOME = "/home/" + "ann/"


def save(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def notebook(**cell):
    return json.dumps({"cells": [{"cell_type": "code", "source": ""} | cell]})


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("private key", "a.md", f"\n-----BEGIN RSA {KEY}-----\n"),
        ("private key", "a.md", f"\n-----BEGIN {KEY}-----\n"),
        ("access key", "a.py", "\nkey = 'AKIA" + "ABCDEFGH" * 2 + "'"),
        ("access key", "a.py", "\nkey = 'ghp" + "_" + "a1" * 18 + "'"),
        ("access key", "a.py", "\nkey = 'github" + "_pat_" + "a1" * 41 + "'"),
        ("password in an address", "a.toml", "\nurl = 'postgresql://me" + ":secret@db.example/x'"),
        ("password in an address", "a.toml", "\nurl = 'https://x.example/?a=1&pass" + "word=abcd1'"),
        ("path of a home folder", "a.py", f"\npath = '{HOME}x.csv'"),
        ("path of a home folder", "a.py", "\npath = r'C:\\Us" + "ers\\ann\\x.csv'"),
        ("path of a home folder", "a.py", "\npath = '/ro" + "ot/x.csv'"),
        ("NHS number", "a.md", f"\nsee {NUMBER}"),
        ("canary identifier", "a.py", f"{CANARIES[2].upper()}"),
        ("canary identifier", "a.bin", b"\0" + CANARIES[2].encode()),
        ("data file", "data/a.csv", "a,b\n"),
        ("data file", "tests/a.csv", "a,b\n"),
        ("data file", "analysis_lib/reference/deep/a.csv", "a,b\n"),
        ("data file", "a.parquet", b"PAR1"),
        ("data file", "models/a.PKL", b"\x80"),
        ("file larger than 1 MB", "a.md", "a" * 1_000_001),
        (OUTPUTS, "a.ipynb", notebook(outputs=[{"text": "1"}])),
        (OUTPUTS, "a.ipynb", notebook(outputs=[], execution_count=1)),
        ("notebook with a picture", "a.ipynb", notebook(attachments={"a.png": {"image/png": ""}})),
        ("cannot be read", "a.ipynb", "no notebook"),
    ],
)
def test_what_may_not_be_committed_is_found(tmp_path, kind, name, content):
    path = save(tmp_path, name, content)
    (found,) = scan_sources(tmp_path, [path])
    assert (found.kind, found.file) == (kind, name)
    assert found.line == (2 if isinstance(content, str) and content.startswith("\n") else 0)
    assert NUMBER not in str(found)
    assert CANARIES[2] not in str(found).lower()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("analysis_lib/reference/a.csv", "a,b\n"),
        ("tests/website/fixtures/site/results/a.csv", "a,b\n"),
        ("a.py", "path = '/home/someone/x.csv', r'C:\\Users\\someone\\x', '~/home/x/'"),
        ("a.md", "-----BEGIN PUBLIC KEY-----\nhttps://x.example/a:b?c=d\nme@x.example\nAKIA1234"),
        ("a.md", "sha256:" + "01234567890" * 6 + " 0.1234567881 9991234567 943 476 5919"),
        ("a.ipynb", notebook(outputs=[], execution_count=None)),
        ("a.png", b"\x89PNG\0"),
    ],
)
def test_what_may_be_committed_is_not(tmp_path, name, content):
    assert scan_sources(tmp_path, [save(tmp_path, name, content)]) == []


@pytest.fixture
def clone(tmp_path):
    """A folder with one file that is ignored, one that git tracks, both bad, and one that is new."""
    save(
        tmp_path, ".gitignore", "# made by a run\n/results/\n__pycache__/\n/data/raw/*\n!/data/raw/.gitkeep\n"
    )
    for name in (
        "results/a.csv",
        "deep/__pycache__/a.db",
        "data/raw/a.csv",
        ".cache/a.db",
        "deep/tracked.csv",
    ):
        save(tmp_path, name, "a,b\n")
    return tmp_path


@pytest.mark.skipif(not shutil.which("git"), reason="no git")
def test_without_files_all_that_git_tracks_is_looked_at(clone):
    for words in (["init", "-q"], ["add", "deep/tracked.csv", ".gitignore"]):
        subprocess.run(["git", *words], cwd=clone, check=True)
    save(clone, "new.csv", "a,b\n")
    assert [f.file for f in scan_sources(clone)] == ["deep/tracked.csv"]
    (clone / "deep" / "tracked.csv").unlink()
    assert scan_sources(clone) == []


def test_where_git_does_not_answer_all_that_is_not_ignored_is_looked_at(clone, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    save(clone, "new.csv", "a,b\n")
    assert [f.file for f in scan_sources(clone)] == ["deep/tracked.csv", "new.csv"]


def test_the_tree_of_today_is_clean():
    assert scan_sources(ROOT) == []


def test_the_scan_runs_before_each_commit_and_in_ci():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    (hook,) = [hook for repo in config["repos"] for hook in repo["hooks"] if hook["id"] == "scan-sources"]
    assert "-m website scan --sources" in hook["entry"]
    assert re.search(r"^lint:.*\n\t.*-m website scan --sources$", (ROOT / "Makefile").read_text(), re.M)
    assert "make lint" in (ROOT / ".ci" / "run").read_text()
