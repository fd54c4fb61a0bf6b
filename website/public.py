"""Build the report for a public address, in a folder of its own: ``python -m website.public``.

It is made from a copy of what is committed (without git, of what no run and no tool made), so that no table,
fact, picture, model or parsed file that lies around can be in it, whatever it was made from.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from analysis_lib import project, settings
from analysis_lib.release.profiles import SIMULATED
from website.pipeline import replace_folder
from website.scan.sources import list_sources

FOLDER = ".build/public"
SAID = ("Simulated data.", "simulated appointments")  # of which every page has one


class NotPublic(RuntimeError):
    """The report may not be published; the message says why, and what to do."""


def build_public(root: Path) -> None:
    """Build the simulated report from a clean copy, and put it in the place of ``_site``.

    Raises
    ------
    NotPublic
        If a real folder is named, if a file is changed or not committed, if the build fails, or if any result
        or page of it is not of simulated data. ``_site`` is then as it was.
    """
    _check_root(root)
    copy = root / FOLDER
    shutil.rmtree(copy, ignore_errors=True)
    for path in list_sources(root):
        target = copy / path.relative_to(root)
        if path.is_file() and not path.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    if run_pipeline(copy):
        raise NotPublic("the build failed: see above.")
    check_simulated(copy)
    replace_folder(root / "_site", copy / "_site")
    (root / "_site" / ".nojekyll").touch()
    shutil.rmtree(copy, ignore_errors=True)
    print(f"For the public: {(root / '_site' / 'index.html').as_uri()}")


def run_pipeline(copy: Path) -> int:
    """Build the report of a copy of the project, with the library of that copy; return the exit status."""
    people = settings.variable("people")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("REPORT_") or k == people}
    words = [sys.executable, "-m", "doit", "-n", "2"]
    with subprocess.Popen(
        words, cwd=copy, env={**kept, "PYTHONPATH": str(copy)}, stdout=subprocess.PIPE, text=True
    ) as run:
        for line in run.stdout:
            if not line.startswith("Open "):  # it is put elsewhere
                print(line, end="", flush=True)
    return run.returncode


def check_simulated(root: Path) -> None:
    """Refuse a built report any of whose results or pages is not of simulated data.

    Raises
    ------
    NotPublic
        With the name of what is not.
    """
    tables = {"release_log"}
    for path in sorted((root / "results" / "facts").glob("*.json")):
        store = json.loads(path.read_text(encoding="utf-8"))
        if store["profile"] != SIMULATED.name:
            raise NotPublic(f"the results of {path.name} are of {store['profile']} data, not simulated.")
        tables |= store["tables"].keys()
    of_no_store = {path.stem for path in (root / "results" / "tables").glob("*")} - tables
    if of_no_store:
        raise NotPublic(f"nobody knows of what data these tables are: {', '.join(sorted(of_no_store))}.")
    models = {path.name for path in (root / "data" / "models").glob("*")} - {"simulated_population"}
    if models:
        raise NotPublic(f"data/models holds models of other data: {', '.join(sorted(models))}.")
    for page in sorted((root / "_site").rglob("*.html")):
        if not any(words in page.read_text(encoding="utf-8") for words in SAID):
            name = page.relative_to(root / "_site")
            raise NotPublic(f"{name} does not say that its data are simulated.")


def _check_root(root: Path) -> None:
    if os.environ.get("DATA", "").strip() or settings.read_settings(root).data:
        raise NotPublic(
            "DATA, REPORT_DATA or report.toml names a folder. A public site is made from simulated data only."
        )
    raw = [path for path in (root / "data" / "raw").rglob("*") if path.name != ".gitkeep"]
    if raw:
        raise NotPublic("data/raw holds files. Remove them first.")
    if shutil.which("git"):
        words = ["git", "status", "--porcelain", "--untracked-files=all"]
        answer = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
        changed = [line[3:] for line in answer.stdout.splitlines()]
        if answer.returncode == 0 and changed:
            named = ", ".join(changed[:5]) + (" …" if len(changed) > 5 else "")
            raise NotPublic(
                f"these files are changed or not committed: {named}. Commit them, or put them away."
            )


if __name__ == "__main__":
    try:
        build_public(project.find_root())
    except NotPublic as error:
        sys.exit(f"Not published: {error}")
