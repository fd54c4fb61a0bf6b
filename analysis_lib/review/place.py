"""Where a page of a real person may be written: nowhere that is published, released or committed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from analysis_lib import project

PUBLISHED = ("_site", "_site.old", ".build", "report", "results")


class UnsafePlace(ValueError):
    """A folder in which no person's record may be written; the message says why and what to do."""


def refuse_place(folder: str | Path) -> None:
    """Refuse a folder that is part of a site, of the report or its results, or that git may commit.

    Parameters
    ----------
    folder : path
        It need not be there yet. Links are followed first.

    Raises
    ------
    UnsafePlace
        With the reason, and what to do.
    """
    place = Path(folder).expanduser().resolve()
    root = project.home().resolve()
    released = [*(root / name for name in PUBLISHED), project.results_folder().resolve()]
    around = (place, *place.parents)
    if any(part in around for part in released):
        reason = "it belongs to the report, its results or the site"
    elif any((part / "index.html").is_file() for part in around):
        reason = "it is part of a website (index.html is there or above it)"
    elif any((part / ".git").exists() for part in around) and not _is_ignored(place):
        reason = "it is in a git repository, which could commit the page"
    else:
        return
    raise UnsafePlace(
        f"The page would hold a person's record, and {place.name or place} is no place for it: {reason}. "
        "Choose a folder outside, which only those may open who may see the record."
    )


def _is_ignored(place: Path) -> bool:
    """Whether git is there and would leave out whatever is written in this folder."""
    start = next(part for part in (place, *place.parents) if part.is_dir())
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(start), "check-ignore", "--quiet", str(place / "person.html")]
    try:
        return subprocess.run(command, env=clean, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False
