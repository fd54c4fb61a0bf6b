"""Which files of a folder are a linked population: our tables, a database, or an export with a mapping."""

from __future__ import annotations

import csv
import gzip
import hashlib
import tomllib
import zlib
from collections.abc import Iterable
from pathlib import Path

import pyarrow
import pyarrow.parquet

from analysis_lib.inputs.errors import InputError, reject
from analysis_lib.inputs.header import normalise_name, recognise

TABLE_NAMES = ("person", "condition", "medicine", "contact")
# Beside them, where a table of this name has these columns; others' tables of that name have others.
OPTIONAL_TABLE, OPTIONAL_COLUMNS = "measurement", frozenset({"person_id", "date", "measure"})
TABLE_ENDINGS = (".parquet", ".pq", ".csv", ".csv.gz")
DATABASES = (".duckdb",)
MAPPING = "mapping.toml"
MAX_HEADER_BYTES = 1 << 16
# What others call their person table, by some of its columns, and the mapping file that is shipped for it.
EXPORTS = {
    "Synthea CSV export": (frozenset({"id", "birthdate", "deathdate", "race", "gender"}), "synthea.toml"),
    "OMOP CDM 5.4": (frozenset({"person_id", "gender_concept_id", "year_of_birth"}), "omop.toml"),
}


def holds_population(folder: Path) -> bool:
    """Whether a folder has two or more of our tables, the person table, a DuckDB file, a mapping file that
    says which its tables are, or an export of `EXPORTS`.
    """
    if not folder.is_dir():
        return False
    entries = list(folder.iterdir())
    tables = {name for entry in entries if (name := _table_of(entry)) in TABLE_NAMES}
    if "person" in tables or len(tables) > 1 or any(p.name.casefold() == MAPPING for p in entries):
        return True
    return any(p.name.casefold().endswith(DATABASES) for p in entries) or find_export(folder) is not None


def _table_of(entry: Path) -> str:
    """Return the table that a file, or a folder of parts, is by its name: in lower case, or empty."""
    named = entry.name.casefold()
    return named.split(".")[0] if entry.is_dir() or named.endswith(TABLE_ENDINGS) else ""


def find_export(folder: Path) -> str | None:
    """Return which of `EXPORTS` a folder without a mapping file holds, by the headers of its tables."""
    if (folder / MAPPING).is_file():
        return None
    headers = [header for path in sorted(folder.iterdir()) if (header := read_header(path))]
    return match_export(headers)


def match_export(headers: Iterable[Iterable[str]]) -> str | None:
    """Return which of `EXPORTS` some table's columns are those of."""
    for header in headers:
        names = {name.casefold() for name in header}
        for export, (columns, _) in EXPORTS.items():
            if columns <= names:
                return export
    return None


def export_without_mapping(export: str, folder: Path | None) -> InputError:
    """Return the error of an export that comes without a mapping file: what it is, and what it needs."""
    mapping = f"data/mappings/{EXPORTS[export][1]}"
    return reject(
        f"these are tables of {export}, without a mapping file",
        f"{MAPPING} beside them, which says how they become our tables",
        f"Copy {mapping} into the folder as {MAPPING}, and read it; data/mapping.md explains each key.",
        file=MAPPING if folder is None else folder.resolve().name,
    )


def read_header(path: Path) -> list[str]:
    """Return the column names of a CSV or Parquet file, or of the first part in a folder of them; none if it
    has none, or cannot be read.
    """
    if path.is_dir():
        parts = sorted(p for p in path.iterdir() if p.name.casefold().endswith(TABLE_ENDINGS))
        return read_header(parts[0]) if parts and parts[0].is_file() else []
    named = path.name.casefold()
    try:
        if named.endswith((".parquet", ".pq")):
            return pyarrow.parquet.read_schema(path).names
        if named.endswith(TABLE_ENDINGS):
            return next(csv.reader([_first_line(path)], delimiter=find_delimiter_of(path)), [])
    except (OSError, ValueError, EOFError, zlib.error, csv.Error, pyarrow.ArrowException):
        return []
    return []


def find_delimiter_of(path: Path) -> str:
    """Return what separates the columns of a CSV file: the most frequent of , ; tab | in its first line."""
    first = _first_line(path)
    return max(",;\t|", key=first.count)


def _first_line(path: Path) -> str:
    with (gzip.open if path.name.casefold().endswith(".gz") else open)(path, "rb") as file:
        return file.readline(MAX_HEADER_BYTES).decode("utf-8-sig")


def unused_tables(folder: Path) -> list[Path]:
    """Return the tables that stand beside a mapped population and are in no layout of other inputs.

    A header that nearly is one of those stays with them, so that what it lacks is said.
    """
    if not (folder / MAPPING).is_file() and find_export(folder) is None:
        return []
    used, unused = set(population_files(folder)), []
    for path in sorted(folder.iterdir()):
        if path in used or path.is_dir() or not path.name.casefold().endswith(TABLE_ENDINGS):
            continue
        try:
            recognise([normalise_name(name) for name in read_header(path)])
        except InputError as error:
            if not error.rejections[0].problem.startswith("required column absent"):
                unused.append(path)
    return unused


def population_files(folder: Path) -> list[Path]:
    """Return the files of a folder's linked population in name order; none where it holds none."""
    if not holds_population(folder):
        return []
    tables = _table_names(folder)
    found = []
    for entry in sorted(folder.iterdir()):
        named = entry.name.casefold()
        if entry.is_dir() and named in tables:
            found += sorted(p for p in entry.iterdir() if p.name.casefold().endswith(TABLE_ENDINGS))
        elif named.endswith(DATABASES) or (named.split(".")[0] in tables and named.endswith(TABLE_ENDINGS)):
            found.append(entry)
    return found


def hash_population(folder: Path) -> str:
    """Return one sha256 over the names and contents of a population's files and its manifest."""
    return hash_files(folder, [*population_files(folder), folder / "manifest.json", folder / MAPPING])


def hash_files(folder: Path, paths: Iterable[Path]) -> str:
    """Return one sha256 over the names, as seen from a folder, and contents of those files that are there."""
    digest = hashlib.sha256()
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                each = hashlib.file_digest(file, "sha256").digest()
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + each)
    return digest.hexdigest()


def _table_names(folder: Path) -> set[str]:
    """Return our names of the tables, or those that the folder's mapping file gives, in lower case."""
    names = set(TABLE_NAMES)
    for entry in folder.iterdir():
        if _table_of(entry) == OPTIONAL_TABLE:
            header = {name.casefold() for name in read_header(entry)}
            names |= {OPTIONAL_TABLE} if header >= OPTIONAL_COLUMNS else set()
    path = folder / MAPPING
    if path.is_file():
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # load_linked says what is wrong with it
            return names
        for table in (*TABLE_NAMES, OPTIONAL_TABLE):
            given = content.get(table, [])
            entries = given if isinstance(given, list) else [given]
            for entry in (e for e in entries if isinstance(e, dict)):
                joined = entry.get("join", {})
                joined = list(joined) if isinstance(joined, dict) else []
                names |= {str(name).casefold() for name in [entry.get("table", table), *joined]}
    return names
