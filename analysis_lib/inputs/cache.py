"""Parquet cache of every source, keyed by its content: a warm read equals a cold one, warnings included."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zlib
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis_lib.inputs.archive import sha256
from analysis_lib.inputs.convert import Part
from analysis_lib.inputs.labels import OwnLabels
from analysis_lib.inputs.layouts import all_layouts
from analysis_lib.inputs.read import FileRead, read_source
from analysis_lib.inputs.values import LABELS, SYNONYMS
from analysis_lib.project import home

# This room's source when it was imported: later it may be changed on disk, and not in this process.
_SOURCE = b"".join(
    file.read_bytes()
    for file in sorted(resources.files(__package__).iterdir(), key=lambda file: file.name)
    if file.name.endswith(".py")
)
RECORD = "record.json"


def default_cache() -> Path:
    """Return the cache folder, inside the project (or the working directory), never among the input files."""
    return home() / ".cache" / "inputs"


def reader_digest() -> str:
    """Return a hash of what reading depends on: what was cached before one of it changed is read again."""
    return sha256(_SOURCE + repr((all_layouts(), LABELS, SYNONYMS)).encode())[:12]


@dataclass
class Source:
    """A file of the folder after reading: its record at once, its tables when they are asked for."""

    path: Path
    declared: dict[str, Any]
    read: FileRead
    entry: Path | None
    checksums: dict[str, int] = field(default_factory=dict)
    tables: dict[str, pa.Table] = field(default_factory=dict)

    def table(self, layout: str) -> pa.Table:
        """Return the table of one layout: rows of every part, with column `part` where there are several."""
        if layout not in self.tables:
            try:
                self.tables[layout] = self._load(layout)
            except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
                # Damaged after its record was read: read the source again and mend the entry.
                fresh = _read_cold(self.path, self.path.read_bytes(), self.read.sha256, self.declared)
                _store(fresh, self.entry)
                self.tables = fresh.tables
        return self.tables[layout]

    def part_table(self, number: int) -> pa.Table:
        """Return the rows of one part."""
        table = self.table(self.read.parts[number].layout)
        if "part" not in table.column_names:
            return table
        rows = table.filter(pc.equal(table.column("part"), number))
        # Another part of the archive may have columns that this one lacks
        return rows.select([name for name in rows.column_names if rows[name].null_count < len(rows)])

    def _load(self, layout: str) -> pa.Table:
        if self.entry is None:
            raise KeyError(layout)
        data = (self.entry / _table_name(self.read.parts, layout)).read_bytes()
        if zlib.crc32(data) != self.checksums[layout]:
            raise ValueError(f"cached table of {layout} is damaged")
        return pq.ParquetFile(pa.BufferReader(data)).read()


def open_source_cached(
    path: Path, cache: Path | None, *, day_first: bool = False, own_labels: OwnLabels | None = None
) -> Source:
    """Return a source from the cache, or read it and store it there.

    Parameters
    ----------
    path : Path
        The file.
    cache : Path or None
        Cache folder; None reads without one. A folder that cannot be written to is done without.
    day_first : bool
        Whether dates such as 01/12/2021 are declared as day first.
    own_labels : mapping, optional
        Labels that the user declares (see `read_own_labels`).

    Notes
    -----
    An entry is a folder named by the source's SHA-256 and `reader_digest`, written beside its place and
    renamed into it; those that other readers made of the source go. A damaged entry is made again. Rejected
    files are not cached.
    """
    data = path.read_bytes()
    digest = sha256(data)
    declared = {"day_first": day_first, "own_labels": own_labels or {}}
    mark = ("d" if day_first else "") + (sha256(json.dumps(own_labels).encode())[:16] if own_labels else "")
    entry = cache / f"{digest[:32]}{mark}-{reader_digest()}" if cache else None
    warm = _restore(path, digest, declared, entry)
    if warm is not None:
        return warm
    source = _read_cold(path, data, digest, declared)
    if not source.read.rejections:
        _store(source, entry)
    return source


def _read_cold(path: Path, data: bytes, digest: str, declared: dict[str, Any]) -> Source:
    read = read_source(path.name, data, digest=digest, **declared)
    source = Source(path, declared, read, None)
    for layout in dict.fromkeys(part.layout for part in read.parts):
        parts = [(i, part) for i, part in enumerate(read.parts) if part.layout == layout]
        tables = [_with_part(part.table, i, len(parts) > 1) for i, part in parts]
        source.tables[layout] = pa.concat_tables(tables, promote_options="default").unify_dictionaries()
    read.parts = [part.without_table() for part in read.parts]
    return source


def _with_part(table: pa.Table | None, number: int, several: bool) -> pa.Table:
    if table is None:
        raise ValueError("a part without its table")
    if not several:
        return table
    return table.append_column("part", pa.repeat(pa.scalar(number, pa.int16()), table.num_rows))


def _table_name(parts: list[Part], layout: str) -> str:
    return f"{list(dict.fromkeys(part.layout for part in parts)).index(layout)}.parquet"


def _restore(path: Path, digest: str, declared: dict[str, Any], entry: Path | None) -> Source | None:
    if entry is None or not entry.is_dir():
        return None
    try:
        text = (entry / RECORD).read_text(encoding="utf-8")
        seal, body = text.split("\n", 1)
        record: dict[str, Any] = json.loads(body) if sha256(body.encode()) == seal else {}
        parts = [Part(**{**p, "cells": [tuple(cell) for cell in p["cells"]]}) for p in record["parts"]]
        aside = [(str(member), str(reason)) for member, reason in record["aside"]]
        read = FileRead(path.name, digest, parts, [], record["ignored"], aside)
        return Source(path, declared, read, entry, record["checksums"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _store(source: Source, entry: Path | None) -> None:
    """Write an entry beside its place and rename it; a cache that cannot be written is done without."""
    if entry is None:
        return
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=entry.parent, prefix=".new-") as scratch:
            fresh = Path(scratch) / "entry"
            fresh.mkdir()
            for layout, table in source.tables.items():
                data = _parquet(table)
                source.checksums[layout] = zlib.crc32(data)
                (fresh / _table_name(source.read.parts, layout)).write_bytes(data)
            record = {
                "parts": [part.to_record() for part in source.read.parts],
                "ignored": source.read.ignored,
                "aside": source.read.aside,
                "checksums": source.checksums,
            }
            body = json.dumps(record, ensure_ascii=False)
            (fresh / RECORD).write_text(f"{sha256(body.encode())}\n{body}", encoding="utf-8")
            if entry.exists():
                shutil.rmtree(entry)
            fresh.rename(entry)
        for old in entry.parent.glob(f"{entry.name.rpartition('-')[0]}-*"):
            if old != entry:
                shutil.rmtree(old, ignore_errors=True)
        source.entry = entry
    except OSError:
        source.entry = None


def _parquet(table: pa.Table) -> bytes:
    # Counts are nearly all different: plain, they are read in half the time that a dictionary takes.
    repetitive = [name for name in table.column_names if not name.startswith("n_")]
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="lz4", use_dictionary=repetitive, row_group_size=1 << 20)
    return sink.getvalue()
