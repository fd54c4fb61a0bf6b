"""The doctor finds what is missing, says how to mend it, and never falls over what it looks for."""

from __future__ import annotations

import builtins
import os
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from analysis_lib import doctor
from analysis_lib.doctor import Check, check_machine


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    return tmp_path


def named(checks: list[Check], name: str) -> Check:
    (found,) = [check for check in checks if check.name == name]
    return found


def program(folder: Path, name: str, script: str) -> Path:
    """Put a small shell program on the PATH."""
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_this_machine_can_make_a_report(root):
    checks = check_machine(root)
    assert [c.text for c in checks if c.needed and not c.ok] == []
    assert [c.name for c in checks] == [
        "Python",
        "analysis_lib",
        "packages",
        "Jupyter kernel",
        "Quarto",
        "Chromium",
        "write access to .",
        "write access to results",
        "write access to data/simulated",
        "write access to report/notebooks",
    ]


def test_nothing_is_made_by_looking(root):
    check_machine(root)
    assert [p.name for p in root.iterdir()] == ["results"]


def test_an_old_python_is_a_problem(root, monkeypatch):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 4))
    check = named(check_machine(root), "Python")
    assert not check.ok
    assert check.needed
    assert check.text == "3.10.4 (wanted: 3.11 or newer)"


def test_missing_and_old_packages_are_named_with_the_remedy(root, monkeypatch):
    lines = ["pandas>=2.2", "absent-package>=1", "numpy>=9999", 'ruff>=0.6; extra == "test"', "pyyaml>=6"]
    monkeypatch.setattr(doctor, "requires", lambda name: lines)
    check = named(check_machine(root), "packages")
    assert not check.ok
    assert check.text.startswith("absent-package is missing; numpy ")
    assert "(wanted >=9999); run `make setup`, or `conda env update -f environment.yml`" in check.text
    assert "pandas" not in check.text
    assert "ruff" not in check.text


def test_a_library_that_is_not_installed_is_a_finding_not_a_crash(root, monkeypatch):
    def requires(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "requires", requires)
    check = named(check_machine(root), "packages")
    assert not check.ok
    assert check.text.startswith("analysis_lib is not installed in this environment; run `make setup`")


def test_an_environment_without_jupyter_is_a_finding_not_a_crash(root, monkeypatch):
    real = builtins.__import__

    def without_jupyter(name: str, *rest: object) -> object:
        if name.startswith("jupyter_client"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_jupyter)
    check = named(check_machine(root), "Jupyter kernel")
    assert not check.ok
    assert check.text.startswith("Jupyter is not installed; run `make setup`")


def test_a_machine_without_the_kernel_is_told_how_to_get_it(root, monkeypatch):
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    def get_kernel_spec(self: object, name: str) -> None:
        raise NoSuchKernel(name)

    monkeypatch.setattr(KernelSpecManager, "get_kernel_spec", get_kernel_spec)
    check = named(check_machine(root), "Jupyter kernel")
    assert not check.ok
    assert "python -m ipykernel install --user" in check.text


def test_quarto_is_not_needed_but_if_it_is_there_it_must_work(root, monkeypatch):
    monkeypatch.setenv("PATH", str(root / "bin"))
    absent = named(check_machine(root), "Quarto")
    assert (absent.ok, absent.needed) == (False, False)
    for version, ok in (("1.6.43", False), ("1.7.0", True), ("1.10.18", True), ("2.0.1", True)):
        program(root, "quarto", f"echo {version}")
        expected = Check("Quarto", ok, f"{version} (wanted: 1.7 or newer)")
        assert named(check_machine(root), "Quarto") == expected
    program(root, "quarto", "echo no deno >&2; exit 1")
    assert named(check_machine(root), "Quarto") == Check("Quarto", False, "no deno")
    (root / "bin" / "quarto").write_text("#!/no/such/interpreter\n")
    broken = named(check_machine(root), "Quarto")
    assert (broken.ok, broken.needed) == (False, True)
    assert broken.text == "does not start (FileNotFoundError): install it again"


def test_no_browser_is_a_note(root, monkeypatch):
    monkeypatch.setenv("PATH", str(root))
    check = named(check_machine(root), "Chromium")
    assert (check.ok, check.needed) == (False, False)
    assert check.text == "no Chromium: the browser tests will be skipped"


def test_a_folder_that_cannot_be_written_to_is_a_problem(root, monkeypatch):
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: real(path, mode) and Path(path).name != "results")
    checks = check_machine(root)
    assert not named(checks, "write access to results").ok
    assert named(checks, "write access to results").needed
    # A folder that is not there yet can be made in the nearest one above it.
    assert named(checks, "write access to report/notebooks").ok
