"""Real files: a folder that NHS_DATA names holds lse_nhs and gp_appointments_official."""

import os
from pathlib import Path

import pytest

from analysis_lib.project import find_root


def real_folder(name):
    named = os.environ.get("NHS_DATA", "").strip()
    if not named:
        pytest.skip("real files: set NHS_DATA to the folder that holds them")
    folder = (find_root() / Path(named).expanduser()).resolve() / name
    if not folder.is_dir():
        pytest.fail(f"NHS_DATA has no folder {name}")
    return folder


@pytest.fixture(scope="session")
def teaching(new_project):
    return _built(new_project(real_folder("lse_nhs")))


@pytest.fixture(scope="session")
def official(new_project):
    return _built(new_project(real_folder("gp_appointments_official")))


def _built(project):
    run = project.report()
    assert run.status == 0, run.printed
    return project
