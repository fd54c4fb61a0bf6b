"""What may not be committed: data, outputs, secrets, identifiers, paths of a home folder, large files."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from website.scan.finding import Finding, Hits, line_at
from website.scan.hidden import UNREADABLE, Canaries
from website.scan.values import CANARY, find_nhs_numbers

LARGEST_SOURCE = 1_000_000  # bytes
#: Folders whose small tables are committed: each is described in its README, or is a test's.
DATA_FOLDERS = ("analysis_lib/reference/*", "tests/*/fixtures/**")
_DATA = frozenset(
    str.split(
        ".7z .accdb .arrow .avro .bz2 .csv .db .dta .duckdb .feather .gz .h5 .hdf5 .joblib .jsonl .mdb "
        ".ndjson .npy .npz .ods .orc .parquet .pickle .pkl .rar .rda .rds .sas7bdat .sav .sqlite "
        ".sqlite3 .tar .tgz .tsv .xls .xlsb .xlsm .xlsx .xpt .xz .zip .zst .geojson"
    )
)
# The NHS's own example, and its range for tests, which nobody is given.
_EXAMPLES = re.compile(r"9434765919|999\d{7}")
#: Whose home an example may name.
_NOBODY = "someone|user|you|name"
_PATTERNS = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "access key": re.compile(
        r"(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{60,}"
        r"|xox[abprs]-[A-Za-z0-9-]{20,})(?![A-Za-z0-9])"
    ),
    "password in an address": re.compile(
        r"://[^\s/:@\"'{}<>]+:[^\s/@\"'{}<>]+@"
        r"|[?&](?:password|passwd|pwd|token|api_key)=[^\s&\"'{}<>]{4,}"
    ),
    "path of a home folder": re.compile(
        rf"(?<![\w.:~-])/(?:home|Users)/(?!(?:{_NOBODY})/)[A-Za-z][\w.-]*/|(?<![\w.:/~-])/(?:root)/[\w.-]"
        rf"|[A-Za-z]:(?:\\{{1,2}}|/)Users(?:\\{{1,2}}|/)(?!(?:{_NOBODY})\b)[A-Za-z]"
    ),
}


def scan_sources(root: Path, files: Iterable[Path] | None = None) -> list[Finding]:
    """Look through files before they are committed.

    Parameters
    ----------
    root : Path
        The project's root; findings are named from here.
    files : iterable of Path, optional
        Which ones; all that git tracks if not given, or all that are not ignored where git does
        not answer.

    Returns
    -------
    list of Finding
        Empty if all may be committed.
    """
    canaries = Canaries()
    findings: list[Finding] = []
    for path in sorted(files if files is not None else list_sources(root)):
        full = path if path.is_absolute() else root / path
        if full.is_file() and not full.is_symlink():
            name = full.relative_to(root).as_posix() if full.is_relative_to(root) else full.name
            hits = dict.fromkeys(_scan_source(full, PurePosixPath(name), canaries))
            findings += [Finding(kind, name, line, part) for kind, line, part in hits]
    return findings


def list_sources(root: Path) -> list[Path]:
    """Return all that git tracks, or all that .gitignore does not name where git does not answer."""
    if shutil.which("git"):
        words = ["git", "ls-files", "-z", "--cached"]
        answer = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            return [root / name for name in answer.stdout.split("\0") if name]
    ignored = _ignored(root)
    return [path for path in root.rglob("*") if not ignored.intersection(_ways(path.relative_to(root)))]


def _ignored(root: Path) -> set[str]:
    """Names and folders that .gitignore lists, without its patterns."""
    file = root / ".gitignore"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return {"hidden", *(line.strip().strip("/*") for line in lines if line[:1] not in ("#", "!", ""))}


def _ways(path: Path) -> set[str]:
    """Every name on the way to a file, alone and with those before it; what tools keep is hidden."""
    kept = any(part.endswith("egg-info") or part[:1] == "." for part in path.parts[:-1])
    hidden = kept and path.parts[0] not in (".ci", ".devcontainer", ".github")
    return {*path.parts, *(p.as_posix() for p in path.parents), path.as_posix(), "hidden" if hidden else ""}


def _scan_source(path: Path, name: PurePosixPath, canaries: Canaries) -> Hits:
    if path.stat().st_size > LARGEST_SOURCE:
        yield "file larger than 1 MB", 0, ""
        return
    if name.suffix.lower() in _DATA and not any(_in_folder(name, pattern) for pattern in DATA_FOLDERS):
        yield "data file", 0, ""
    data = path.read_bytes()
    if canaries.inside(data):
        yield CANARY, 0, ""
    if b"\0" in data:
        return
    text = data.decode("utf-8", "replace")
    for kind, pattern in _PATTERNS.items():
        yield from ((kind, line_at(text, match.start()), "") for match in pattern.finditer(text))
    for kind, offset in find_nhs_numbers(text):
        if not _EXAMPLES.fullmatch(re.sub(r"\D", "", text[offset : offset + 12])[:10]):
            yield kind, line_at(text, offset), ""
    if name.suffix == ".ipynb":
        yield from _scan_notebook(text, name)


def _in_folder(name: PurePosixPath, pattern: str) -> bool:
    folder, _, rest = pattern.rpartition("/")
    parents = name.parents if rest == "**" else [name.parent]
    return any(parent.match(folder) and len(parent.parts) == folder.count("/") + 1 for parent in parents)


def _scan_notebook(text: str, name: PurePosixPath) -> Hits:
    try:
        cells = json.loads(text)["cells"]
        ran = [n for n, c in enumerate(cells, 1) if c.get("outputs") or c.get("execution_count") is not None]
        if ran:
            yield f"notebook is stored with outputs: run `nbstripout {name}`", 0, f"cell {ran[0]}"
        for number, cell in enumerate(cells, 1):
            if cell.get("attachments"):
                yield "notebook with a picture", 0, f"cell {number}"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield UNREADABLE, 0, ""
