"""Is this machine ready? Python, packages, renderer, kernel, write access."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from analysis_lib import __version__
from analysis_lib.project import LIBRARY, find_root

OLDEST_PYTHON = (3, 11)
OLDEST_QUARTO = (1, 7)
REMEDY = "run `make setup`, or `conda env update -f environment.yml`"


@dataclass(frozen=True)
class Check:
    """One thing looked at: its name, whether it is well, what was found, and whether a report needs it."""

    name: str
    ok: bool
    text: str
    needed: bool = True


def check_machine(root: Path | None = None) -> list[Check]:
    """Look at everything that ``make report`` needs, and return one `Check` for each.

    Parameters
    ----------
    root : Path, optional
        The project's root; found if not given.
    """
    root = root or find_root()
    return [_python(), _library(), _packages(), _kernel(), _quarto(), _browser(), *_writable(root)]


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, OLDEST_PYTHON))
    return Check("Python", sys.version_info >= OLDEST_PYTHON, f"{found} (wanted: {wanted} or newer)")


def _library() -> Check:
    # That of another folder is refused by `find_root`, for every command
    return Check("analysis_lib", True, f"version {__version__}, from {LIBRARY}")


def _packages() -> Check:
    # Not at the top of the file: what is missing on this machine is what the doctor is asked about.
    try:
        from packaging.requirements import Requirement

        lines = requires("analysis-lib") or []
    except (ImportError, PackageNotFoundError):
        return Check("packages", False, f"analysis_lib is not installed in this environment; {REMEDY}")
    wrong = []
    for line in lines:
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if not wanted.specifier.contains(found, prereleases=True):
            wrong.append(f"{wanted.name} {found} (wanted {wanted.specifier})")
    return Check("packages", not wrong, f"{'; '.join(wrong)}; {REMEDY}" if wrong else "all there")


def _kernel() -> Check:
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return Check("Jupyter kernel", False, f"Jupyter is not installed; {REMEDY}")
    try:
        KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Check(
            "Jupyter kernel", False, "no kernel named python3; run `python -m ipykernel install --user`"
        )
    return Check("Jupyter kernel", True, "python3")


def _quarto() -> Check:
    found = shutil.which("quarto")
    if not found:
        return Check("Quarto", False, "not on the PATH: the built-in renderer makes the pages", needed=False)
    try:
        answer = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("Quarto", False, f"does not start ({type(error).__name__}): install it again")
    text = answer.stdout.strip() or answer.stderr.strip()[:200]
    told = re.match(r"(\d+)\.(\d+)", text)
    if answer.returncode or not told:
        return Check("Quarto", False, text or "does not say its version: install it again")
    wanted = ".".join(map(str, OLDEST_QUARTO))
    return Check(
        "Quarto", (int(told[1]), int(told[2])) >= OLDEST_QUARTO, f"{text} (wanted: {wanted} or newer)"
    )


def _browser() -> Check:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    text = found and "found" or "no Chromium: the browser tests will be skipped"
    return Check("Chromium", bool(found), text, needed=False)


def _writable(root: Path) -> list[Check]:
    checks = []
    for name in (".", "results", "data/simulated", "report/notebooks"):
        folder = root / name
        while not folder.exists():
            folder = folder.parent
        ok = os.access(folder, os.W_OK)
        checks.append(Check(f"write access to {name}", ok, "yes" if ok else "no: change its permissions"))
    return checks
