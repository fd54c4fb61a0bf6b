"""Download official releases: known addresses, a checksum for each, retry, temporary file then rename."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pooch
import requests

from analysis_lib.inputs.errors import InputError, Rejection
from analysis_lib.project import find_root

SOURCES = "data/sources.toml"
TIMEOUT_S = 60


class FetchError(InputError):
    """Raised when a release cannot be downloaded, or is not the file that was pinned."""


@dataclass(frozen=True)
class ReleaseFile:
    """A file of a release: its address, and its SHA-256, "" where nobody has pinned it yet."""

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """File name, from the address."""
        return PurePosixPath(urlsplit(self.url).path).name or "download"


@dataclass(frozen=True)
class Release:
    """An official release: its name here, title, licence and files."""

    name: str
    title: str
    licence: str
    files: tuple[ReleaseFile, ...]


@dataclass(frozen=True)
class Fetched:
    """A downloaded file: where it is, its SHA-256, and whether that was pinned before."""

    path: Path
    sha256: str
    pinned: bool

    def __str__(self) -> str:
        text = f"{self.path}\n  sha256 {self.sha256}"
        return (
            f"{text} (as pinned)"
            if self.pinned
            else f'{text}\n  pin it in {SOURCES}: sha256 = "{self.sha256}"'
        )


def _error(problem: str, expected: str, remedy: str, file: str) -> FetchError:
    return FetchError(Rejection(file, problem, expected, remedy))


def load_sources(sources: Path | None = None) -> dict[str, Release]:
    """Return the releases that can be fetched, by name.

    Parameters
    ----------
    sources : Path, optional
        TOML file with a table ``[releases.NAME]`` (title, licence) and ``[[releases.NAME.files]]`` (url,
        sha256) for each; data/sources.toml if not given.

    Raises
    ------
    FetchError
        If the file is absent or cannot be parsed, or an entry is incomplete.
    """
    path = sources or find_root() / SOURCES
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("releases", {})
        return {
            name: Release(
                name,
                entry["title"],
                entry["licence"],
                tuple(ReleaseFile(file["url"], file["sha256"]) for file in entry["files"]),
            )
            for name, entry in entries.items()
        }
    except (OSError, tomllib.TOMLDecodeError) as error:
        problem = f"cannot be read ({type(error).__name__})"
        raise _error(problem, "the list of releases", "Restore it from the repository.", path.name) from None
    except KeyError as error:
        raise _error(
            f"an entry lacks {error}", "title, licence and files (url, sha256)", "Complete it.", path.name
        ) from None


def list_releases(sources: Path | None = None) -> dict[str, str]:
    """Return the title of every release that can be fetched, by name."""
    return {name: release.title for name, release in load_sources(sources).items()}


def fetch_release(
    name: str,
    target: Path | None = None,
    *,
    sources: Path | None = None,
    accept_new: bool = False,
    retries: int = 3,
) -> list[Fetched]:
    """Download a release into a folder; a file that is already there with its checksum is kept.

    Parameters
    ----------
    name : str
        Name of the release in `sources`.
    target : Path, optional
        Folder to write to; data/raw/NAME if not given.
    sources : Path, optional
        TOML file of releases; data/sources.toml if not given.
    accept_new : bool
        Whether to download a file whose checksum is not pinned; the result then says which to pin.
    retries : int
        How often a failed or incomplete download is tried again, with growing pauses.

    Raises
    ------
    FetchError
        For a name not listed, a checksum not pinned without `accept_new`, a checksum that differs, or a
        download that fails every time. No part of the file is left in the folder then.
    """
    releases = load_sources(sources)
    if name not in releases:
        expected = f"one of {', '.join(sorted(releases))}"
        raise _error(f"no release named {name!r}", expected, "Choose one of them.", SOURCES)
    folder = target or find_root() / "data" / "raw" / name
    unpinned = [file.name for file in releases[name].files if not file.sha256]
    if unpinned and not accept_new:
        problem = f"release {name} has no pinned checksum for {', '.join(unpinned)}"
        remedy = "Run again with --accept-new, check the file, and pin the checksum that is printed."
        raise _error(problem, "sha256 of every file", remedy, SOURCES)
    return [_fetch_file(file, folder, retries) for file in releases[name].files]


def _fetch_file(file: ReleaseFile, folder: Path, retries: int) -> Fetched:
    """Download one file. pooch writes to a temporary file, checks it, then renames it."""
    pooch.get_logger().setLevel("WARNING")
    store = pooch.create(
        path=folder,
        base_url="",
        registry={file.name: f"sha256:{file.sha256}" if file.sha256 else None},
        urls={file.name: file.url},
        retry_if_failed=retries,
    )
    try:
        path = Path(store.fetch(file.name, downloader=pooch.HTTPDownloader(timeout=TIMEOUT_S)))
    except ValueError:
        problem = "the checksum differs from the pinned one"
        remedy = "The release may have been revised: check it, then pin the new checksum."
        raise _error(problem, f"sha256 {file.sha256}", remedy, file.name) from None
    except (requests.RequestException, OSError) as error:
        problem = f"download failed ({type(error).__name__})"
        remedy = "Check the network and the address, then run again."
        raise _error(problem, f"the file at {file.url}", remedy, file.name) from None
    return Fetched(path, pooch.file_hash(str(path)), bool(file.sha256))
