"""The manifest of an extract: what it is, how old, whether simulated, and the hashes of its files."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from analysis_lib.dates import as_day
from analysis_lib.inputs.errors import reject
from analysis_lib.inputs.population.source import Source

MANIFEST = "manifest.json"
TRUTH = "truth.json"
LATEST_DATE = "latest date"


def read_manifest(source: Source, given: dict[str, Any] | None) -> dict[str, Any]:
    """Return what is stated of the extract: `given` (from the mapping file), else its manifest.json.

    Raises
    ------
    InputError
        If there is none, it is not readable, it lacks ``source`` or ``last_date``, or a file that it
        lists is not as it was written.
    """
    manifest = given or _manifest_file(source)
    file = "[manifest] of the mapping file" if given else MANIFEST
    missing = [key for key in ("source", "last_date") if not manifest.get(key)]
    if missing:
        raise reject(
            f"does not state {' and '.join(missing)}",
            'for instance {"source": "…", "last_date": "2025-03-31", "simulated": false}',
            "Add it; see data/mapping.md.",
            file=file,
        )
    manifest = manifest | {
        key: _as_date(manifest[key], key, file)
        for key in ("last_date", "first_date")
        if manifest.get(key) and manifest[key] != LATEST_DATE
    }
    _check_shapes(manifest, file)
    if manifest.get("simulated") is True and not _hashes(manifest):
        raise reject(
            "says that the tables are simulated, and lists no files",
            "the sha256 of every file, as the simulation writes it",
            "Simulate again; a real extract says simulated: false.",
            file=MANIFEST,
        )
    _check_hashes(source, manifest)
    return manifest


def _manifest_file(source: Source) -> dict[str, Any]:
    path = source.folder / MANIFEST if source.folder is not None else None
    if path is None or not path.is_file():
        raise reject(
            "there is no manifest",
            "a file manifest.json beside the tables, or [manifest] in the mapping file",
            "Write one that states source, last_date, and the vintages of LSOAs and deprivation.",
            file=MANIFEST,
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        raise reject("not readable JSON", "an object with names", "Write it again.", file=MANIFEST)
    return content


def _as_date(value: Any, key: str, file: str) -> date:
    try:
        return as_day(value)  # TOML may hold a time with it
    except ValueError:
        raise reject(f"{key} is no date", "YYYY-MM-DD, such as 2025-03-31", "Mend it.", file=file) from None


def _check_shapes(manifest: dict[str, Any], file: str) -> None:
    """Refuse what has not the form that it is read in later."""
    rows, listed = manifest.get("n_rows") or {}, manifest.get("files") or []
    files = [{"name": k, "sha256": v} for k, v in listed.items()] if isinstance(listed, dict) else listed
    checks = {
        "n_rows": isinstance(rows, dict) and all(type(n) is int for n in rows.values()),
        "files": isinstance(files, list)
        and all(isinstance(f, dict) and isinstance(f.get("name"), str) and "sha256" in f for f in files),
        "pseudonyms": isinstance(given := manifest.get("pseudonyms", []), list)
        and all(isinstance(column, str) for column in given),
    }
    shapes = {
        "n_rows": '{"contact": 5722}', "files": '[{"name": "contact.csv", "sha256": "…"}]',
        "pseudonyms": '["person_id"]',
    }  # fmt: skip
    for key, fits in checks.items():
        if not fits:
            raise reject(f"{key} is not as it should be", shapes[key], "Mend it, or leave it out.", file=file)


def _hashes(manifest: dict[str, Any]) -> dict[str, str]:
    listed = manifest.get("files") or []
    pairs = listed.items() if isinstance(listed, dict) else ((f.get("name"), f) for f in listed)
    return {str(name): f["sha256"] if isinstance(f, dict) else str(f) for name, f in pairs}


def _check_hashes(source: Source, manifest: dict[str, Any]) -> None:
    """Compare files with the manifest that lists them; a simulated folder holds no table beside those."""
    hashes = _hashes(manifest)
    folder = source.folder
    if not hashes or folder is None:
        return
    for name, digest in hashes.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise reject(
                "not the file that manifest.json lists",
                "the files as they were written",
                "Copy or simulate them again; keep real tables in a folder of their own.",
                file=name,
            )
    held = {p.relative_to(folder).as_posix() for paths in source.files.values() for p in paths}
    strangers = sorted(held - set(hashes))
    if strangers and manifest.get("simulated") is True:
        raise reject(
            "beside the simulated files, and not listed in manifest.json",
            "simulated files alone",
            "Keep real tables in a folder of their own.",
            file=strangers[0],
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read_truth(source: Source, manifest: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the simulation planted, where the extract is simulated and the file is there."""
    path = source.folder / TRUTH if source.folder is not None else None
    if manifest.get("simulated") is not True or path is None or not path.is_file():
        return None
    return json.loads(path.read_text(encoding="utf-8"))
