"""Download official releases: known addresses, checksums pinned or recorded, retry, all of a file or none."""

from __future__ import annotations

import json
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pooch
import requests

from analysis_lib.inputs.errors import InputError, Rejection
from analysis_lib.project import find_root

SOURCES = "data/sources.toml"
RECORD = "data/fetched.toml"
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
        if self.pinned:
            return f"{text} (as pinned)"
        return (
            f"{text}\n  nobody has pinned it yet: it is recorded in {RECORD}, and the next fetch compares.\n"
            f"  To pin it for all, compare it with a download by somebody else, and write in {SOURCES}:\n"
            f'  sha256 = "{self.sha256}"'
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
    record: Path | None = None,
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
    record : Path, optional
        TOML file of the checksums seen of files that nobody has pinned; data/fetched.toml if not given.
    accept_new : bool
        Whether to download a file whose checksum is neither pinned nor recorded; it is then recorded.
    retries : int
        How often a failed or incomplete download is tried again, with growing pauses.

    Raises
    ------
    FetchError
        For a name not listed, a checksum not known without `accept_new`, a checksum that differs, another
        file of that name, a web page in place of the file, or a download that fails every time. No part of
        the file is left in the folder then, nor where the run is killed.
    """
    releases = load_sources(sources)
    if name not in releases:
        expected = f"one of {', '.join(sorted(releases))}"
        raise _error(f"no release named {name!r}", expected, "Choose one of them.", SOURCES)
    folder = target or find_root() / "data" / "raw" / name
    record = record or find_root() / RECORD
    seen = _read_record(record)
    files = releases[name].files
    unknown = [file.name for file in files if not (file.sha256 or file.url in seen)]
    if unknown and not accept_new:
        problem = f"release {name} has no pinned checksum for {', '.join(unknown)}"
        remedy = f"Run again with --accept-new: the checksum is then recorded in {RECORD}. Check the file."
        raise _error(problem, "sha256 of every file", remedy, SOURCES)
    fetched = []
    for file in files:
        fetched.append(_fetch_file(file, seen.get(file.url), folder, retries))
        if not file.sha256 and file.url not in seen:
            _write_record(record, file, fetched[-1].sha256)
    return fetched


def _read_record(record: Path) -> dict[str, dict[str, str]]:
    """Return what earlier downloads of files without a pinned checksum were, by address."""
    if not record.is_file():
        return {}
    try:
        return tomllib.loads(record.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        problem = f"cannot be read ({type(error).__name__})"
        raise _error(problem, "a record of downloads", "Mend it, or remove it.", record.name) from None


def _write_record(record: Path, file: ReleaseFile, sha256: str) -> None:
    lines = [
        f"[{json.dumps(file.url)}]",
        f'sha256 = "{sha256}"',
        f'first_seen = "{date.today().isoformat()}"',
    ]
    record.parent.mkdir(parents=True, exist_ok=True)
    with record.open("a", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n\n")


def _fetch_file(file: ReleaseFile, seen: Mapping[str, str] | None, folder: Path, retries: int) -> Fetched:
    """Download one file, unless it is there: a file of that name that is another one stays as it is."""
    path = folder / file.name
    known = file.sha256 or (seen or {}).get("sha256", "")
    there = pooch.file_hash(str(path)) if path.is_file() else ""
    if there and there == known:
        return Fetched(path, there, bool(file.sha256))
    if path.exists() and (known or not there):
        raise _another(path)
    # Outside the folder of inputs: what a killed run leaves is never taken for one of them.
    with tempfile.TemporaryDirectory(prefix="analysis-lib-fetch-") as place:
        got = _download(file, Path(place), retries)
        sha256 = pooch.file_hash(str(got))
        _check_content(file, got)
        if known and sha256 != known:
            raise _differs(file, sha256, seen)
        if there and there != sha256:
            raise _another(path)
        if not there:
            folder.mkdir(parents=True, exist_ok=True)
            partial = folder / f".{file.name}.part"
            shutil.copyfile(got, partial)
            partial.replace(path)
    return Fetched(path, sha256, bool(file.sha256))


def _download(file: ReleaseFile, place: Path, retries: int) -> Path:
    """Return the file as the server sent it, complete; requests reads HTTPS_PROXY and REQUESTS_CA_BUNDLE."""
    pooch.get_logger().setLevel("WARNING")
    store = pooch.create(
        path=place,
        base_url="",
        registry={file.name: None},
        urls={file.name: file.url},
        retry_if_failed=retries,
    )
    try:
        return Path(store.fetch(file.name, downloader=pooch.HTTPDownloader(timeout=TIMEOUT_S)))
    except (requests.RequestException, OSError) as error:
        problem, remedy = _why(error)
        raise _error(f"download failed: {problem}", f"the file at {file.url}", remedy, file.name) from None


def _why(error: OSError) -> tuple[str, str]:
    """Return what went wrong, and what helps; none of the error's text, which may hold a password."""
    proxy = "If your network needs a proxy, set HTTPS_PROXY=http://host:port and run again."
    if isinstance(error, requests.HTTPError) and error.response is not None:
        code, reason = error.response.status_code, error.response.reason
        moved = (
            f"The release may have moved: find its address on the publisher's page, and put it in {SOURCES}."
        )
        wait = "Wait and run again; behind a proxy, ask who runs it whether the address is allowed."
        return f"the server answers {code} {reason}", moved if code in (404, 410) else wait
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy cannot be used", "Check HTTPS_PROXY (or HTTP_PROXY): http://host:port."
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate is not trusted", (
            "Where a proxy looks into connections, set REQUESTS_CA_BUNDLE to the file of your organisation's "
            "certificates (PEM), and run again."
        )
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_S} seconds", f"Try again later. {proxy}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off, and nothing was kept", "Run again."
    if isinstance(error, requests.RequestException):
        return "there is no connection to the server", f"Check the network. {proxy}"
    return (
        f"it cannot be written here ({error.strerror or type(error).__name__})",
        "Free space, or check rights.",
    )


def _check_content(file: ReleaseFile, got: Path) -> None:
    """Refuse a page that came in place of the file, and a zip that is none."""
    with got.open("rb") as content:
        start = content.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        problem = "a web page came in place of the file"
        remedy = (
            "A proxy or a sign-in page may stand between, or the release has moved: open the address in a "
            f"browser, and put the right one in {SOURCES}."
        )
    elif file.name.lower().endswith(".zip") and not zipfile.is_zipfile(got):
        problem, remedy = "what came is no zip file", "Open the address in a browser to see what it is."
    else:
        return
    raise _error(problem, f"the file at {file.url}", remedy, file.name)


def _differs(file: ReleaseFile, sha256: str, seen: Mapping[str, str] | None) -> FetchError:
    if file.sha256:
        problem = f"the checksum differs from the pinned one (it is {sha256})"
        remedy = "The release may have been revised: check it, then pin the new checksum."
        return _error(problem, f"sha256 {file.sha256}", remedy, file.name)
    seen = seen or {}
    problem = f"the checksum differs from that of {seen.get('first_seen', 'an earlier day')} (it is {sha256})"
    remedy = f"The release may have been revised: to take the new one, remove its lines from {RECORD}."
    return _error(problem, f"sha256 {seen.get('sha256')}", remedy, file.name)


def _another(path: Path) -> FetchError:
    problem = "a file of this name is there, and is another one; it was left as it is"
    return _error(problem, "the file of the release, or none", "Move it away, or give --out.", path.name)
