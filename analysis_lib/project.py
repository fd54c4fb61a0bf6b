"""Where things stand: the project's root and the folders a run reads and writes."""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.metadata import version
from pathlib import Path

from analysis_lib import __version__

DATA_VARIABLE = "REPORT_DATA"
PEOPLE_VARIABLE = "REPORT_PEOPLE"
PEOPLE = 880_000  # simulated where no number and no folder is given: a whole city
RESULTS_VARIABLE = "REPORT_RESULTS"
STEP_VARIABLE = "REPORT_STEP"  # set for a notebook that a run executes: its name, which its results belong to


def find_root(start: Path | None = None) -> Path:
    """Return the project's root: the nearest folder at or above `start` that holds ``_quarto.yml``.

    Parameters
    ----------
    start : Path, optional
        Where to begin; the working directory if not given.

    Raises
    ------
    FileNotFoundError
        If neither `start` nor any folder above it, nor the library's own parent, is the root.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if (folder / "_quarto.yml").is_file() and (folder / "analysis_lib").is_dir():
            return folder
    raise FileNotFoundError(
        f"No project root at or above {here.name!r}: run from the folder that holds _quarto.yml."
    )


def data_folder() -> Path:
    """Return the input folder: ``REPORT_DATA`` if set (relative to the root), else data/simulated."""
    named = os.environ.get(DATA_VARIABLE, "").strip()
    root = find_root()
    return (root / Path(named).expanduser()).resolve() if named else root / "data" / "simulated"


def population_folder() -> Path:
    """Return where a linked population would lie: ``REPORT_DATA`` if set, else data/simulated_population."""
    named = os.environ.get(DATA_VARIABLE, "").strip()
    return data_folder() if named else find_root() / "data" / "simulated_population"


def n_people() -> int:
    """Return how many people are simulated: ``REPORT_PEOPLE`` if set, else `PEOPLE`.

    Raises
    ------
    ValueError
        If it is no whole number.
    """
    named = os.environ.get(PEOPLE_VARIABLE, "").strip().replace(",", "").replace("_", "")
    if named and not named.isdecimal():
        raise ValueError(f"PEOPLE={named} is no number of people: give one such as PEOPLE=880000.")
    return int(named) if named else PEOPLE


def results_folder() -> Path:
    """Return the folder of facts and tables: ``REPORT_RESULTS`` if set, else results/ at the root."""
    named = os.environ.get(RESULTS_VARIABLE, "").strip()
    root = find_root()
    return (root / Path(named).expanduser()).resolve() if named else root / "results"


def describe_versions() -> str:
    """Return the versions that a notebook ran with, in one line."""
    names = ("pandas", "numpy", "pyarrow", "scipy", "statsmodels", "scikit-learn", "matplotlib")
    python = ".".join(map(str, sys.version_info[:3]))
    return ", ".join(
        [f"analysis_lib {__version__}", f"Python {python}", *(f"{n} {version(n)}" for n in names)]
    )


def models_folder() -> Path:
    """Return where models fitted to the inputs are kept: not published, nor read with other inputs."""
    people = population_folder()
    named = os.environ.get(DATA_VARIABLE, "").strip()
    of = f"{people.name}-{hashlib.sha256(str(people).encode()).hexdigest()[:8]}" if named else people.name
    if os.environ.get(RESULTS_VARIABLE, "").strip():
        return results_folder().with_name("models") / of
    return find_root() / "data" / "models" / of
