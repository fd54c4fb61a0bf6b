"""The fixture project of the renderer's tests, with released tables, and its files to take away."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from website.takeaway import make_takeaway, prepare_lists
from website.takeaway.pages import Gathered, gather

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]
from cells import make_project  # noqa: E402
from released_tables import TABLES, plant  # noqa: E402


@dataclass
class Taken:
    """A project, and the files made of it."""

    root: Path
    gathered: Gathered

    def read(self, name: str) -> bytes:
        return (self.root / "report" / "takeaway" / name).read_bytes()


@pytest.fixture(scope="session")
def taken(tmp_path_factory) -> Taken:
    root = make_project(tmp_path_factory.mktemp("takeaway") / "project")
    plant(
        root,
        TABLES,
        by_month=[{"column": "n_appointments", "reason": "small, or beside a small one", "n_cells": 3}],
    )
    prepare_lists(root)
    make_takeaway(root, root / "results")
    return Taken(root, gather(root))
