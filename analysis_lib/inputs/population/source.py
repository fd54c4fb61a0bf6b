"""Open an extract: a folder of Parquet or CSV files, a DuckDB file, a Spark session, any Ibis connection."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
import uuid
import warnings
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import ibis
import psutil
from ibis.common.exceptions import TableNotFound

from analysis_lib.inputs.errors import InputError, reject
from analysis_lib.inputs.find_population import find_delimiter_of, read_header
from analysis_lib.inputs.population.convert import clean

DUCKDB_SUFFIXES = (".duckdb", ".db")
MEMORY_LIMIT = "4GB"
SPILL = "linked-people"
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

    def table(self, name: str, codes: frozenset[str] = frozenset()) -> ibis.Table:
        """Return a table as it stands there; of a CSV file, text without the words for a missing value.

        Parameters
        ----------
        name : str
        codes : frozenset of str
            Words such as NA that are codes here, in capitals.

        Raises
        ------
        InputError
            If there is none of that name, or its files cannot be read.
        """
        if self.folder is not None and "" not in self.files:
            return self._read_files(name, codes)
        try:
            return self.connection.table(name)
        except TableNotFound:
            raise _no_table(name, f"a table named {name!r} in the database") from None

    def headers(self) -> list[Sequence[str]]:
        """Return the column names of every table of a folder, or of those that may be the people's."""
        if self.folder is not None and "" not in self.files:
            return [read_header(paths[0]) for paths in self.files.values()]
        return [columns for name in ("person", "patients") if (columns := self.columns(name))]

    def columns(self, name: str) -> Sequence[str]:
        """Return the column names of a table; none where it is not there."""
        if self.folder is not None and "" not in self.files:
            paths = self.files.get(name.casefold())
            return read_header(paths[0]) if paths else ()
        with suppress(InputError):
            return self.table(name).columns
        return ()

    def _read_files(self, name: str, codes: frozenset[str]) -> ibis.Table:
        paths = self.files.get(name.casefold())
        if not paths:
            raise _no_table(name, f"{name}.parquet, {name}.csv, or a folder {name}/ of such files")
        _check_parts(name, paths)
        # A name of its own: on Spark a query follows a view that is replaced after it was written.
        alias, files = f"source_{uuid.uuid4().hex}", [str(path) for path in paths]
        if paths[0].name.casefold().endswith(PARQUET):
            return self._read_parquet(alias, files)
        table = self._read_csv(alias, files, find_delimiter_of(paths[0]))
        return table.select(**{column: clean(table[column], codes) for column in table.columns})

    def _read_parquet(self, alias: str, files: list[str]) -> ibis.Table:
        if self.connection.name != "pyspark":
            return self.connection.read_parquet(files, table_name=alias, union_by_name=True)
        return self._view(alias, _spark_reader().parquet(*files, mergeSchema=True))

    def _read_csv(self, alias: str, files: list[str], delimiter: str) -> ibis.Table:
        # Text stays text until our own types are asked for: no guess turns a code into a number. Nothing else
        # is guessed either, so that no row is taken for a title or a remark, and a bad one is named.
        if self.connection.name != "pyspark":
            names = [name or f"column_{n}" for n, name in enumerate(read_header(Path(files[0])))]
            return self.connection.read_csv(
                files, table_name=alias, auto_detect=False, columns=dict.fromkeys(names, "VARCHAR"),
                header=True, delim=delimiter, quote='"', escape='"', comment="", null_padding=False,
                ignore_errors=False,
            )  # fmt: skip
        options = {"header": True, "inferSchema": False, "sep": delimiter, "quote": '"', "escape": '"'}
        options |= {"multiLine": True, "enforceSchema": False, "mode": "FAILFAST"}
        return self._view(alias, _spark_reader().csv(files, **options))

    def _view(self, alias: str, frame: Any) -> ibis.Table:
        frame.createOrReplaceTempView(alias)
        return self.connection.table(alias)


def _spark_reader() -> Any:
    from pyspark.sql import SparkSession  # noqa: PLC0415, an optional extra

    return SparkSession.active().read


def _check_parts(name: str, paths: list[Path]) -> None:
    """Refuse files of a table that cannot be read, differ in their columns, or hold the same rows twice."""
    headers = {path: [column.casefold() for column in read_header(path)] for path in paths}
    first = paths[0]
    for path, header in headers.items():
        if not header:
            problem = "the file is empty" if path.stat().st_size == 0 else "the file cannot be read"
            kind = "a Parquet file" if path.name.casefold().endswith(PARQUET) else "CSV as UTF-8 text"
            raise reject(problem, f"{kind} with column names", "Extract or copy it again.", file=path.name)
        twice = sorted({column for column in header if header.count(column) > 1})
        if twice:
            raise reject(
                "a column name that stands twice", "every column name once",
                "Rename or remove one of them.", file=path.name, column=twice[0],
            )  # fmt: skip
        same_kind = path.name.casefold().endswith(PARQUET) == first.name.casefold().endswith(PARQUET)
        stems = [_stem(other) for other in paths[: paths.index(path)]]
        if path.parent != first.parent or not same_kind or _stem(path) in stems:
            raise reject(
                f"the table {name} is there twice, beside {first.name}", "one file, or one folder of parts",
                "Leave one of them in the folder.", file=path.name,
            )  # fmt: skip
        ordered = path.name.casefold().endswith(CSV)
        if (header if ordered else set(header)) != (headers[first] if ordered else set(headers[first])):
            raise reject(
                f"its columns are not those of {first.name}", "the same columns in every part of a table",
                "Extract the parts in one way.", file=path.name,
            )  # fmt: skip
    _check_copies(paths)


def _check_copies(paths: list[Path]) -> None:
    sizes: dict[int, list[Path]] = {}
    for path in paths:
        sizes.setdefault(path.stat().st_size, []).append(path)
    held: dict[str, Path] = {}
    for path in (path for same in sizes.values() if len(same) > 1 for path in same):
        with path.open("rb") as file:
            other = held.setdefault(hashlib.file_digest(file, "sha256").hexdigest(), path)
        if other is not path:
            raise reject(
                f"the same content as {other.name}: its rows would count twice", "every part once",
                "Remove one of them.", file=path.name,
            )  # fmt: skip


def _stem(path: Path) -> str:
    named = path.name.casefold()
    return next(named.removesuffix(end) for end in (*PARQUET, *CSV) if named.endswith(end))


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
    if path.is_file() and path.suffix.casefold() in DUCKDB_SUFFIXES and engine == "duckdb":
        return Source(_duckdb(path, memory_limit, threads), {"": [path]}, path.parent)
    is_database = path.suffix.casefold() in DUCKDB_SUFFIXES
    problem = "a file that Spark does not read" if is_database else "a file of another kind"
    raise reject(
        problem if path.is_file() else "no such folder or file",
        "a folder of Parquet or CSV files, or a DuckDB file (.duckdb)",
        "Name the folder that holds person, condition, medicine and contact.",
        file=path.name,
    )


def _duckdb(path: Path | None, memory_limit: str, threads: int | None) -> Any:
    """Connect within stated memory; what does not fit is spilled to a private folder."""
    spill = private_folder()
    try:
        connection = ibis.duckdb.connect(
            ":memory:" if path is None else str(path),
            read_only=path is not None,
            memory_limit=memory_limit,
            threads=threads or os.cpu_count() or 1,
            temp_directory=str(spill),
            autoinstall_known_extensions=False,
            preserve_insertion_order=False,
        )
    except duckdb.Error as error:
        shutil.rmtree(spill, ignore_errors=True)
        if path is None:
            raise
        raise _cannot_open(path, str(error)) from None
    weakref.finalize(connection, shutil.rmtree, spill, ignore_errors=True)
    # A day does not depend on where the machine stands.
    connection.con.execute("set timezone = 'UTC'")
    return connection


def _cannot_open(path: Path, said: str) -> InputError:
    """Return the error of a database that does not open; the engine's own words may hold paths."""
    if path.stat().st_size == 0:
        problem, remedy = "the file is empty", "Extract or copy it again."
    elif "lock" in said.casefold():
        problem, remedy = (
            "another program has the database open for writing",
            "Close it there (a notebook, a database tool), or copy the file and name the copy.",
        )
    elif "permission denied" in said.casefold():
        problem, remedy = "the file may not be read", "Ask for the right to read it."
    else:
        problem = "not a DuckDB database that this version reads, or a damaged one"
        remedy = f"Copy it again, or write it with DuckDB {duckdb.__version__}."
    return reject(problem, "a DuckDB file that no other program writes to", remedy, file=path.name)


def private_folder() -> Path:
    """Make a folder that no other user may open, for what an engine spills of people.

    It is removed with its connection or when Python ends, also after a failure. What a killed run left behind
    is removed by the next one.
    """
    for old in Path(tempfile.gettempdir()).glob(f"{SPILL}-*"):
        number = old.name.split("-")[2]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{SPILL}-{os.getpid()}-"))


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
            "Run `make spark` (or pip install -r requirements-spark.lock), or leave out the engine.",
            file="engine",
        )
    home = os.environ.get("JAVA_HOME", "")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        raise reject(
            "Spark was asked for, and there is no Java on this machine",
            "Java 17 or later on the PATH, or JAVA_HOME",
            "Install a Java runtime (for instance openjdk-17-jre), or leave out the engine.",
            file="engine",
        )
    from pyspark.sql import SparkSession  # noqa: PLC0415, an optional extra

    # It names pandas 3 at each table that it hands over; what we ask of it is tested with the pinned pair
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    spill = private_folder()
    weakref.finalize(SparkSession, shutil.rmtree, spill, ignore_errors=True)
    builder = (
        SparkSession.builder.master(f"local[{os.cpu_count() or 1}]")
        .config("spark.driver.memory", memory)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        .config("spark.local.dir", str(spill))
        .config("spark.sql.warehouse.dir", str(spill / "warehouse"))
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.sql.session.timeZone", "UTC")
    )
    with _java_says_into(spill / "java.log"):
        session = builder.getOrCreate()
    return ibis.pyspark.connect(session)


@contextmanager
def _java_says_into(log: Path) -> Iterator[None]:
    """Let what Java prints go into a file: in a notebook it would stand on the page, with paths."""
    kept, file = os.dup(2), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.dup2(file, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(file)


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
    # Spark and some desktops leave files of their own that begin so.
    return (
        not path.name.startswith((".", "_"))
        and path.is_file()
        and path.name.casefold().endswith(PARQUET + CSV)
    )
