"""Open an extract: a folder of Parquet or CSV files, a DuckDB file, a Spark session, any Ibis connection."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
from ibis.common.exceptions import TableNotFound

from analysis_lib.inputs.errors import InputError, reject

DUCKDB_SUFFIXES = (".duckdb", ".db")
MEMORY_LIMIT = "4GB"
PARQUET = (".parquet", ".pq")
CSV = (".csv", ".csv.gz")


@dataclass
class Source:
    """An opened extract.

    Attributes
    ----------
    connection : ibis backend
    files : dict of str to list of Path
        Files of each table by its lower-case name; the database file under "" where it is one.
    folder : Path or None
        Where its manifest lies.
    """

    connection: Any
    files: dict[str, list[Path]] = field(default_factory=dict)
    folder: Path | None = None

    def table(self, name: str) -> ibis.Table:
        """Return a table as it stands there.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if self.folder is not None and "" not in self.files:
            return self._read_files(name)
        try:
            return self.connection.table(name)
        except TableNotFound:
            raise _no_table(name, f"a table named {name!r} in the database") from None

    def _read_files(self, name: str) -> ibis.Table:
        paths = self.files.get(name.casefold())
        if not paths:
            raise _no_table(name, f"{name}.parquet, {name}.csv, or a folder {name}/ of such files")
        alias, files = f"source_{name.casefold()}", [str(path) for path in paths]
        is_parquet = paths[0].name.casefold().endswith(PARQUET)
        if self.connection.name == "pyspark":
            return self._read_with_spark(alias, files, is_parquet)
        if is_parquet:
            return self.connection.read_parquet(files, table_name=alias)
        # Text stays text until our own types are asked for: no guess turns a code into a number.
        return self.connection.read_csv(files, table_name=alias, all_varchar=True)

    def _read_with_spark(self, alias: str, files: list[str], is_parquet: bool) -> ibis.Table:
        from pyspark.sql import SparkSession  # noqa: PLC0415, an optional extra

        reader = SparkSession.active().read
        frame = reader.parquet(*files) if is_parquet else reader.csv(files, header=True, inferSchema=False)
        frame.createOrReplaceTempView(alias)
        return self.connection.table(alias)


def _no_table(name: str, expected: str) -> InputError:
    return reject(
        "no such table",
        expected,
        "Add it, or name your own table in a mapping file (data/mapping.md).",
        file=name,
    )


def open_source(
    source: Any, engine: str = "duckdb", memory_limit: str = MEMORY_LIMIT, threads: int | None = None
) -> Source:
    """Open what the analyst named; nothing is read yet.

    Raises
    ------
    InputError
        If there is no such folder or file, or the engine asked for cannot start.
    """
    if type(source).__module__.startswith("pyspark."):
        return Source(ibis.pyspark.connect(source))
    if isinstance(source, ibis.BaseBackend):
        return Source(source)
    path = Path(source)
    if path.is_dir():
        connection = open_spark() if engine == "spark" else _duckdb(None, memory_limit, threads)
        return Source(connection, _list_files(path), path)
    if path.is_file() and path.suffix.casefold() in DUCKDB_SUFFIXES:
        return Source(_duckdb(path, memory_limit, threads), {"": [path]}, path.parent)
    raise reject(
        "a file of another kind" if path.is_file() else "no such folder or file",
        "a folder of Parquet or CSV files, or a DuckDB file (.duckdb)",
        "Name the folder that holds person, condition, medicine and contact.",
        file=path.name,
    )


def _duckdb(path: Path | None, memory_limit: str, threads: int | None) -> Any:
    """Connect within stated memory; what does not fit is spilled to the system's temporary folder."""
    return ibis.duckdb.connect(
        ":memory:" if path is None else str(path),
        read_only=path is not None,
        memory_limit=memory_limit,
        threads=threads or os.cpu_count() or 1,
        temp_directory=str(Path(tempfile.gettempdir()) / f"duckdb-{os.getpid()}"),
        autoinstall_known_extensions=False,
        preserve_insertion_order=False,
    )


def open_spark(memory: str = "2g") -> Any:
    """Return an Ibis connection to a Spark of this machine.

    Raises
    ------
    InputError
        If pyspark or Java is not there.
    """
    if importlib.util.find_spec("pyspark") is None:
        raise reject(
            "Spark was asked for, and pyspark is not installed",
            "the optional extra 'spark'",
            "Run: pip install 'analysis-lib[spark]', or leave out engine='spark'.",
            file="engine",
        )
    home = os.environ.get("JAVA_HOME", "")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        raise reject(
            "Spark was asked for, and there is no Java on this machine",
            "Java 17 or later on the PATH, or JAVA_HOME",
            "Install a Java runtime (for instance openjdk-17-jre), or leave out engine='spark'.",
            file="engine",
        )
    from pyspark.sql import SparkSession  # noqa: PLC0415, an optional extra

    session = (
        SparkSession.builder.master(f"local[{os.cpu_count() or 1}]")
        .config("spark.driver.memory", memory)
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    return ibis.pyspark.connect(session)


def _list_files(folder: Path) -> dict[str, list[Path]]:
    """Return the data files of a folder by table; a folder inside holds the parts of one table."""
    found: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        parts = sorted(p for p in entry.iterdir() if _is_data(p)) if entry.is_dir() else [entry]
        name = entry.name if entry.is_dir() else entry.name.split(".")[0]
        if parts and _is_data(parts[0]):
            found.setdefault(name.casefold(), []).extend(parts)
    return found


def _is_data(path: Path) -> bool:
    return path.is_file() and path.name.casefold().endswith(PARQUET + CSV)
