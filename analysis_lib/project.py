"""Where things stand: the project's root and the folders a run reads and writes."""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.metadata import version
from pathlib import Path

from analysis_lib import __version__
from analysis_lib.settings import read_settings

LIBRARY = Path(__file__).resolve().parent
REFERENCE = LIBRARY / "reference"  # official names, codes and boundaries, and lists of ours
RESULTS_VARIABLE = "REPORT_RESULTS"
STEP_VARIABLE = "REPORT_STEP"  # set for a notebook that a run executes: its name, which its results belong to


class ForeignLibrary(RuntimeError):
    """The library in use is that of another project folder; its text says what to do."""


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
    ForeignLibrary
        If the root has a library of its own, and this is another one.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, LIBRARY.parent):
        if (folder / "_quarto.yml").is_file() and (folder / "analysis_lib").is_dir():
            own = folder / "analysis_lib" / "__init__.py"
            if own.is_file() and not own.samefile(LIBRARY / "__init__.py"):
                raise ForeignLibrary(
                    f"This is the project in {folder}, but analysis_lib comes from {LIBRARY.parent}: the "
                    "folder was moved or copied after it was installed. In this folder, remove .venv and "
                    "run `make setup`; with conda, run `pip install --no-deps -e .`."
                )
            return folder
    raise FileNotFoundError(
        f"No project root at or above {here.name!r}: run from the folder that holds _quarto.yml."
    )


def home() -> Path:
    """Return the project's root, or the working directory where the library is used outside the project."""
    try:
        return find_root()
    except FileNotFoundError:
        return Path.cwd()


def find_shipped(name: str) -> Path:
    """Return the file of that name at the project's root, or outside of a project the wheel's copy of it."""
    try:
        return find_root() / name
    except FileNotFoundError:
        return LIBRARY / name


def data_folder() -> Path:
    """Return the input folder: the one that `settings` name (relative to the root), else data/simulated."""
    root = home()
    named = read_settings(root).data
    return (root / Path(named).expanduser()).resolve() if named else root / "data" / "simulated"


def population_folder() -> Path:
    """Return where a linked population would lie: the input folder, else data/simulated_population."""
    root = home()
    return data_folder() if read_settings(root).data else root / "data" / "simulated_population"


def planning_per_day() -> int | None:
    """Return the appointments a day that `settings` name, for these inputs; None if they name none."""
    return read_settings(home()).capacity


def engine() -> str:
    """Return what reads a linked population: duckdb, or spark where `settings` say so."""
    return read_settings(home()).engine


def results_folder() -> Path:
    """Return the folder of facts and tables: ``REPORT_RESULTS`` if set, else results/ at the root."""
    named = os.environ.get(RESULTS_VARIABLE, "").strip()
    root = home()
    return (root / Path(named).expanduser()).resolve() if named else root / "results"


def make_readable(folder: Path) -> None:
    """Let everybody read a folder that is published, such as on a shared drive, whatever the umask."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o644))


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
    own = read_settings(home()).data
    of = f"{people.name}-{hashlib.sha256(str(people).encode()).hexdigest()[:8]}" if own else people.name
    if os.environ.get(RESULTS_VARIABLE, "").strip():
        return results_folder().with_name("models") / of
    return home() / "data" / "models" / of
