"""A project to stand in, and small inputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis_lib import project, settings
from analysis_lib.simulate import simulate_appointments
from tests.conftest import ROOT


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project to stand in."""
    made = tmp_path / "project"
    for folder in ("analysis_lib", "report/notebooks", "report/theme", "results/tables", "results/facts"):
        (made / folder).mkdir(parents=True)
    (made / "_quarto.yml").write_text("project:\n  type: website\n")
    shutil.copy(ROOT / "disclosure.toml", made)
    monkeypatch.chdir(made)
    for name in settings.NAMES:
        monkeypatch.delenv(settings.variable(name), raising=False)
    monkeypatch.delenv(project.RESULTS_VARIABLE, raising=False)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


@pytest.fixture
def small(monkeypatch):
    """Simulate two areas and two months instead of all."""

    def simulate(folder: Path, seed: int = 1) -> Path:
        return simulate_appointments(folder, seed=seed, months=2, areas=2)

    monkeypatch.setattr("analysis_lib.simulate.simulate_appointments", simulate)
    return simulate


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setenv(project.RESULTS_VARIABLE, str(tmp_path / "results"))
    return tmp_path
