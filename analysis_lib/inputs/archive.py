"""Find the files of a folder and open them, zip archives included, without trusting them."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from analysis_lib.inputs.errors import InputError, reject, visible

UNREADABLE = {
    ".xls": "Save it as .xlsx or CSV.",
    ".xlsb": "Save it as .xlsx or CSV.",
    ".gz": "Unpack it, or pack it as .zip.",
    ".7z": "Unpack it, or pack it as .zip.",
}
DATA_SUFFIXES = frozenset({".csv", ".tsv", ".xlsx", ".xlsm", ".parquet", ".zip", *UNREADABLE})
# A release of daily files unpacks to some 1.5 GB, 30 members that are read one after the other.
MAX_UNPACKED_BYTES = 4 << 30
MAX_MEMBER_BYTES = 1 << 30
# What systems and tools leave in folders; nobody means it as data.
CLUTTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", ".gitignore", ".gitkeep", ".gitattributes"})
MAX_RATIO = 200
MAX_MEMBERS = 5_000
LONGEST_NAME = 250
PIECE_BYTES = 1 << 22
# What the zip module raises on damaged bytes, depending on where the damage is.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
    RuntimeError,
)


@dataclass(frozen=True)
class Member:
    """A data file inside a source, by name, with its bytes and what kind of file it is."""

    name: str
    data: bytes
    kind: str


def find_sources(folder: Path) -> tuple[list[Path], list[str]]:
    """Return a folder's data files in name order, and everything that is not read, each with the reason."""
    sources, ignored = [], []
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        name, suffix = visible(path.name), path.suffix.casefold()
        hidden = path.name.startswith((".", "~$"))
        if path.is_dir():
            n, first = _count_inside(path, data_only=hidden)
            inside = f": {n:,} file(s) in it, such as {visible(first)}" if n else ""
            if n or not hidden:
                ignored.append(f"{name}/ (folders inside the folder are not read{inside})")
        elif path.name in CLUTTER or path.name.startswith("._"):
            continue
        elif hidden:
            ignored.append(f"{name} (a hidden file)")
        elif suffix in DATA_SUFFIXES:
            sources.append(path)
        else:
            kind = f"files ending {visible(suffix)}" if suffix else "files without an ending"
            ignored.append(f"{name} ({kind} are not read)")
    return sources, ignored


def _count_inside(folder: Path, *, data_only: bool) -> tuple[int, str]:
    """Return how many files a folder holds, at any depth, up to a thousand, and the first by name."""
    found: list[str] = []
    for _, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        found += [
            f
            for f in sorted(files)
            if f not in CLUTTER and (PurePosixPath(f).suffix.casefold() in DATA_SUFFIXES or not data_only)
        ]
        if len(found) > 1_000:
            break
    return len(found), found[0] if found else ""


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def open_source(name: str, data: bytes, ignored: list[str]) -> Iterator[Member]:
    """Yield the data files in a source: itself, or a zip's members. Names of others go to `ignored`.

    Raises
    ------
    InputError
        For an unsafe, damaged, encrypted or empty archive, or a kind of file that is not read.
    """
    suffix = PurePosixPath(name).suffix.casefold()
    kind = _kind(data)
    if suffix in UNREADABLE and kind == "csv":
        raise reject(
            f"{suffix} files are not read", "a .csv, .xlsx, .parquet or .zip file", UNREADABLE[suffix]
        )
    if kind == "damaged zip" or (suffix in (".zip", ".xlsx", ".xlsm") and kind == "csv"):
        what, remedy = _what_instead(data)
        raise reject(f"the {suffix or 'zip'} file {what}", "a whole file", remedy)
    if kind == "zip":
        yield from _open_zip(data, ignored)
    else:
        yield Member("", data, kind)


def _what_instead(data: bytes) -> tuple[str, str]:
    """Return what a file is that is no workbook or archive in spite of its name, and what to do."""
    head, again = data[:200].lstrip(), "Download the file again."
    if head.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the file itself", "Run 'git lfs pull', or download the file."
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "is an old or password-protected workbook", "Save it as .xlsx without a password, or as CSV."
    if not head:
        return "is empty", again
    if head.startswith(b"<"):
        return "is a web page", again
    if head.isascii() and b"," in head:
        return "is damaged, or a CSV file under another name", "Rename it to .csv, or download it again."
    return "is damaged or cut off", again


def _kind(data: bytes) -> str:
    """Return csv, xlsx, parquet or zip by a file's first bytes."""
    if data[:4] == b"PAR1":
        return "parquet"
    if data[:2] != b"PK":
        return "csv"
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return "damaged zip"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
                _check_size(archive.infolist())
                return "xlsx"
    except InputError:
        raise
    except DAMAGE:
        return "damaged zip"
    return "zip"


def _open_zip(data: bytes, ignored: list[str]) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = [info for info in archive.infolist() if not _is_clutter(info)]
        _check_members(infos)
        n_data = 0
        for info in sorted(infos, key=lambda info: info.filename):
            suffix = PurePosixPath(info.filename).suffix.casefold()
            if suffix not in DATA_SUFFIXES:
                ignored.append(visible(info.filename))
                continue
            n_data += 1
            yield _read_member(archive, info, suffix)
    if not n_data:
        raise reject("the archive holds no data file", "CSV, xlsx or Parquet members", "Pack the data files.")


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, suffix: str) -> Member:
    content = read_whole(archive, info)
    kind = _kind(content)
    if kind in ("zip", "damaged zip") or suffix in UNREADABLE:
        raise reject(
            f"member {info.filename!r} is itself an archive or an old format",
            "CSV, xlsx or Parquet members",
            "Unpack the inner file and place it in the folder.",
        )
    return Member(info.filename, content, kind)


def read_whole(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a member's bytes, never more of them than the archive declares and `open_source` allowed.

    Raises
    ------
    InputError
        If it is damaged, or holds more than is declared.
    """
    pieces = []
    try:
        # In pieces: read at once, what a false size hides would be unpacked before it is counted.
        with archive.open(info) as member:
            while piece := member.read(PIECE_BYTES):
                pieces.append(piece)
    except DAMAGE as error:
        problem = f"member {info.filename!r} is damaged ({error})"
        raise reject(problem, "a whole archive", "Download the file again.") from None
    return b"".join(pieces)


def _is_clutter(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    return (
        info.is_dir()
        or not parts
        or "__MACOSX" in parts
        or parts[-1].startswith(("._", ".DS_Store", "Thumbs.db"))
    )


def _check_members(infos: list[zipfile.ZipInfo]) -> None:
    """Reject an archive with a path outside, a link, a password, or one that unpacks to too much."""
    seen: set[str] = set()
    for info in infos:
        name = info.filename.replace("\\", "/")
        shown = repr(info.filename[:LONGEST_NAME])
        # The module cuts a name at a NUL: what it was called is then not what it is read as.
        if "\0" in info.orig_filename or len(name) > LONGEST_NAME:
            problem = f"member {shown} has a name with a NUL byte, or of over {LONGEST_NAME} characters"
            raise reject(problem, "plain file names", "Do not use this archive.")
        if name in seen:
            raise reject(f"two members are named {shown}", "every name once", "Pack each file once.")
        seen.add(name)
        if name.startswith("/") or ".." in name.split("/") or re.match(r"[A-Za-z]:", name):
            problem = f"member {shown} points outside the archive"
            raise reject(problem, "plain file names", "Do not use this archive.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise reject(f"member {shown} is a link", "plain files", "Pack the file itself.")
        if info.flag_bits & 1:
            raise reject(f"member {shown} is encrypted", "an open archive", "Pack it without a password.")
    _check_size(infos)


def _check_size(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_MEMBERS:
        problem = f"the archive has {len(infos):,} members"
        raise reject(problem, f"at most {MAX_MEMBERS:,}", "Place the files themselves.")
    total = sum(info.file_size for info in infos)
    if total > MAX_UNPACKED_BYTES:
        problem = f"the archive unpacks to {total:,} bytes"
        raise reject(problem, "at most 4 GB", "Split it, or place the files themselves.")
    for info in infos:
        if info.file_size > MAX_MEMBER_BYTES:
            problem = f"member {info.filename!r} unpacks to {info.file_size:,} bytes"
            raise reject(problem, "at most 1 GB", "Split it by months.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            problem = f"member {info.filename!r} is packed in a way that is not read"
            raise reject(problem, "an ordinary zip", "Pack it again as .zip, with the usual compression.")
        if info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise reject(
                f"member {info.filename!r} unpacks to more than {MAX_RATIO} times its size",
                "ordinary data",
                "Do not use this archive; place the files themselves.",
            )
