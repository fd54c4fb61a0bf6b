"""The environment is made anew when it has to be, says why, and else stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="make and bash")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an environment that holds nothing, made with this Python; its lock is empty, too."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("requirements.lock", "pyproject.toml"):
        (folder / name).write_text("")
    subprocess.run([sys._base_executable, "-m", "venv", "--without-pip", ".venv"], cwd=folder, check=True)
    (folder / ".venv" / "installed").write_text(f"{folder.resolve()}\n")
    return folder


def run(folder: Path, *words: str, python: str = "") -> subprocess.CompletedProcess:
    kept = {k: v for k, v in os.environ.items() if k != "PYTHON" and not k.startswith("MAKE")}
    return subprocess.run(
        words,
        cwd=folder,
        env=kept | ({"PYTHON": python} if python else {}),
        capture_output=True,
        text=True,
        check=False,
    )


def stale(folder: Path, python: str = "") -> str:
    return run(folder, "bash", ".ci/setup", "--stale", python=python).stdout.strip()


def other_python(folder: Path, version: str) -> Path:
    """A program that answers like a Python of this version elsewhere."""
    path = folder.parent / f"python{version}"
    path.write_text(f"#!/bin/sh\necho Python {version} in /elsewhere\nexit 1\n")
    path.chmod(0o755)
    return path


def test_an_environment_in_its_place_stays(project):
    assert stale(project) == ""
    assert stale(project, sys._base_executable) == ""
    assert "Nothing to be done" in run(project, "make", "setup").stdout


def test_another_python_is_noticed(project):
    told = stale(project, "python0.0")
    assert told.startswith(".venv was made with Python 3.")
    assert told.endswith(", and PYTHON names python0.0")
    made = run(project, "make", "setup", "PYTHON=python0.0")
    assert made.returncode != 0
    assert "No python0.0: install Python 3.11" in made.stderr
    assert (project / ".venv").exists(), "what works is not removed for what does not"


def test_a_python_that_does_not_fit_is_refused(project):
    made = run(project, "make", "setup", python=str(other_python(project, "3.9.1")))
    assert made.returncode != 0
    assert "Python 3.9.1 in /elsewhere does not fit: the pinned packages are for" in made.stderr
    assert (project / ".venv").exists()


def test_a_python_that_is_gone_is_noticed(project):
    (project / ".venv" / "bin" / "python").unlink()
    (project / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    assert stale(project) == "the Python that .venv was made with is gone"


def test_a_folder_that_was_moved_is_noticed(project):
    moved = project.rename(project.with_name("moved"))
    assert stale(moved) == f"this folder was moved or copied, and .venv belongs to {project.resolve()}"


def test_packages_that_are_there_are_not_installed_again(project):
    """As in a container, or with uv: only the project itself is left to install."""
    (project / ".ci" / "install").write_text("echo installing $@\n")
    site = next((project / ".venv" / "lib").glob("python*/site-packages"))
    here = Path(pytest.__file__).parents[1]
    (site / "here.pth").write_text(f"{here}\n")
    (project / "requirements.lock").write_text(
        f"pytest=={pytest.__version__} \\\n    --hash=sha256:0\nnone==1 ; sys_platform == 'none' \\\n"
    )
    os.utime(project / "requirements.lock", (2**31, 2**31))  # newer than the environment
    made = run(project, "make", "setup")
    assert (made.returncode, made.stdout) == (0, "installing --no-deps --no-build-isolation -e .\n")
    assert (site / "here.pth").exists()


@pytest.mark.parametrize(("pinned", "installs"), [(pytest.__version__, False), ("0.1", True)])
def test_what_tests_need_is_added_once(project, pinned, installs):
    """By `make test`, and not by `make report`, whose packages stay as they are."""
    (project / ".ci" / "install").write_text("echo installing $@\n")
    site = next((project / ".venv" / "lib").glob("python*/site-packages"))
    (site / "here.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n")
    (project / "requirements-test.lock").write_text(f"pytest=={pinned} \\\n    --hash=sha256:0\n")
    made = run(project, "make", "setup-test")
    wanted = "installing --no-deps --require-hashes -r requirements-test.lock"
    assert (made.returncode, wanted in made.stdout) == (0, installs), made.stderr
    assert "up to date" in run(project, "make", ".venv/installed-test").stdout


def test_uv_installs_where_it_made_the_environment_without_pip(project):
    (project / "bin").mkdir()
    (project / "bin" / "uv").write_text("#!/bin/sh\necho uv $@\n")
    (project / "bin" / "uv").chmod(0o755)
    path = f"{project / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = run(project, "env", f"PATH={path}", "bash", ".ci/install", "-e", ".")
    assert done.stdout == "uv pip install --quiet --python .venv/bin/python -e .\n"
