"""The public site is made of simulated data and of what is committed, whatever lies around."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from website import public

from .conftest import contents

PAGE = "<p>Simulated data. None of it is real.</p>"


def git(root: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def clone(root, monkeypatch):
    """A project, with what a run of real data left, and a build that copies all it sees."""
    monkeypatch.delenv("DATA", raising=False)
    (root / ".gitignore").write_text("/results/\n/.build/\n/_site/\n/report/notebooks/\n/data/raw/*\n")
    (root / "data" / "raw").mkdir(parents=True)
    (root / "index.qmd").write_text("a page")
    (root / "results" / "tables" / "leak.csv").write_text("of real people")
    (root / "report" / "notebooks" / "06_leak.ipynb").write_text("of real people")

    def build(copy: Path) -> int:
        for path in contents(copy):
            (copy / "_site" / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(copy / path, copy / "_site" / path)
        (copy / "_site" / "index.html").write_text(build.page)
        (copy / "results" / "facts").mkdir(parents=True)
        (copy / "results" / "facts" / "own.json").write_text(json.dumps(build.store))
        for name in build.made:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).touch()
        return build.status

    build.page, build.store, build.made, build.status = PAGE, {"profile": "simulated", "tables": {}}, (), 0
    monkeypatch.setattr(public, "run_pipeline", build)
    return build


@pytest.fixture
def committed(root, clone):
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "all")


@pytest.mark.parametrize("with_git", [True, False])
def test_only_what_is_committed_is_in_the_public_site(root, clone, with_git, request):
    if with_git:
        request.getfixturevalue("committed")
    public.build_public(root)
    made = contents(root / "_site")
    assert {"index.html", "index.qmd", ".nojekyll"} <= made.keys()
    assert not any(b"of real people" in data for data in made.values())
    assert not (root / public.FOLDER).exists()
    assert (root / "results" / "tables" / "leak.csv").exists(), "what lies around is its owner's"


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("name", ["index.qmd", "notebooks/06_own.ipynb", "report/own.qmd"])
def test_what_is_changed_or_not_committed_is_named_and_refused(root, name):
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("mine")
    with pytest.raises(public.NotPublic, match=f"not committed: {name}. Commit"):
        public.build_public(root)
    assert not (root / "_site").exists()


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"page": "<p>Appointments</p>"}, "index.html does not say that its data are simulated"),
        ({"store": {"profile": "patient", "tables": {}}}, "own.json are of patient data"),
        ({"store": {"profile": "published", "tables": {}}}, "own.json are of published data"),
        ({"made": ["results/tables/a.csv"]}, "nobody knows of what data these tables are: a"),
        ({"made": ["data/models/mine-1234/a.skops"]}, "models of other data: mine-1234"),
        ({"status": 2}, "the build failed"),
    ],
)
def test_a_report_that_is_not_of_simulated_data_is_refused(root, clone, change, message):
    for name, value in change.items():
        setattr(clone, name, value)
    with pytest.raises(public.NotPublic, match=message):
        public.build_public(root)
    assert not (root / "_site").exists()


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("name", ["REPORT_DATA", "DATA"])
def test_a_folder_of_data_is_refused_before_anything_is_built(root, monkeypatch, name):
    monkeypatch.setenv(name, "data/raw/mine")
    with pytest.raises(public.NotPublic, match="simulated data only"):
        public.build_public(root)


@pytest.mark.usefixtures("committed")
def test_files_of_the_reader_are_refused(root):
    (root / "data" / "raw" / "mine").mkdir(parents=True)
    with pytest.raises(public.NotPublic, match="data/raw holds files"):
        public.build_public(root)


def test_the_script_ends_with_what_is_refused():
    text = (Path(public.__file__).resolve().parents[1] / ".ci" / "pages").read_text()
    assert text.splitlines()[-1] == ".venv/bin/python -m website.public"
    assert "set -euo pipefail" in text
