"""The doors of the linked population: `load_population` and `check_population`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import ibis
import pandas as pd

from analysis_lib.inputs.errors import InputError, Rejection
from analysis_lib.inputs.find_population import export_without_mapping, match_export
from analysis_lib.inputs.population.checks import TOLERANCES
from analysis_lib.inputs.population.inspection import Inspection, inspect
from analysis_lib.inputs.population.manifest import read_manifest, read_truth
from analysis_lib.inputs.population.mapping import add_optional, read_mapping
from analysis_lib.inputs.population.source import MEMORY_LIMIT, Source, open_source
from analysis_lib.inputs.remarks import Remarks


@dataclass
class Population(Remarks):
    """A linked population: tables of an engine, not yet read, and the record of how good they are.

    Columns are those of data/mapping.md. Nothing about single people is in the memory of Python.

    Attributes
    ----------
    person, condition, medicine, contact : ibis.Table
    measurement : ibis.Table or None
        Results of tests (person_id, date, measure, value), where the extract has them.
    manifest : dict
        Source, last_date, vintages; index_dates where it states them.
    simulated : bool
    profile : {"simulated", "patient"}
    truth : dict or None
        What the simulation planted.
    quality : pandas.DataFrame
        One row per rule: table, column, check, rows, rows_found, share, tolerance, verdict.
    warnings, notes : list of str
    folder : Path or None
    """

    person: ibis.Table
    condition: ibis.Table
    medicine: ibis.Table
    contact: ibis.Table
    manifest: dict[str, Any]
    simulated: bool
    profile: Literal["simulated", "patient"]
    truth: dict[str, Any] | None
    quality: pd.DataFrame
    warnings: list[str]
    notes: list[str]
    folder: Path | None
    measurement: ibis.Table | None = None


@dataclass(frozen=True)
class PopulationReport:
    """What `check_population` found: nothing is raised, everything is listed."""

    quality: pd.DataFrame = field(default_factory=lambda: Inspection().quality())
    rejections: list[Rejection] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the extract can be loaded."""
        return not self.rejections

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each table that could be read."""
        return {name: int(n) for name, n in self.quality.groupby("table", sort=False)["rows"].max().items()}

    def broken(self) -> list[dict[str, Any]]:
        """Return the rules that some row breaks, or of which some value is missing."""
        return self.quality[self.quality["rows_found"] > 0].to_dict("records")


def load_population(
    source: Any,
    *,
    mapping: str | Path | None = None,
    engine: Literal["duckdb", "spark"] = "duckdb",
    tolerances: dict[str, float] | None = None,
    memory_limit: str = MEMORY_LIMIT,
    threads: int | None = None,
) -> Population:
    """Load a linked population, checked; its tables stay in the engine.

    Parameters
    ----------
    source : path, Ibis connection or SparkSession
        A folder of Parquet or CSV files, a DuckDB file (opened read-only), or a connection whose tables are
        named in the mapping.
    mapping : path, optional
        TOML file that brings your tables to ours; see data/mapping.md. A connection needs one: it has no
        manifest.json.
    engine : {"duckdb", "spark"}
        What reads a folder.
    tolerances : dict, optional
        Shares of rows let pass with a warning, by rule; the others are those of the mapping file, or else of
        `TOLERANCES`.
    memory_limit, threads
        Of DuckDB. What does not fit is spilled to the system's temporary folder.

    Returns
    -------
    Population

    Raises
    ------
    InputError
        With every rejection: table, column, what was expected, how many rows, and what to do about it.
    """
    opened = open_source(source, engine, memory_limit, threads)
    found = _inspect(opened, mapping, tolerances)
    if found.rejections:
        raise InputError(found.rejections)
    simulated = found.manifest.get("simulated") is True and bool(opened.files)
    return Population(
        **found.tables,
        manifest=found.manifest,
        simulated=simulated,
        profile="simulated" if simulated else "patient",
        truth=read_truth(opened, found.manifest) if simulated else None,
        quality=found.quality(),
        warnings=found.warnings,
        notes=found.notes,
        folder=opened.folder,
    )


def check_population(
    source: Any,
    *,
    mapping: str | Path | None = None,
    engine: Literal["duckdb", "spark"] = "duckdb",
    tolerances: dict[str, float] | None = None,
) -> PopulationReport:
    """Check a linked population, and report; never raises on bad content.

    Parameters are those of `load_population`.
    """
    try:
        found = _inspect(open_source(source, engine), mapping, tolerances)
    except InputError as error:
        return PopulationReport(rejections=error.rejections)
    return PopulationReport(found.quality(), found.rejections, found.warnings, found.notes)


def _inspect(opened: Any, mapping: str | Path | None, tolerances: dict[str, float] | None) -> Inspection:
    chosen = read_mapping(mapping)
    unknown = set(tolerances or ()) - set(TOLERANCES)
    if unknown:
        raise ValueError(
            f"No tolerance is kept for {sorted(unknown)}: there is one for {sorted(TOLERANCES)}."
        )
    if mapping is None:
        _refuse_export(opened)
    manifest = read_manifest(opened, chosen.manifest)
    chosen = add_optional(chosen, opened)
    return inspect(opened, chosen, manifest, TOLERANCES | chosen.tolerances | (tolerances or {}))


def _refuse_export(opened: Source) -> None:
    """Refuse tables that somebody else's software wrote and that have no mapping file, by their name."""
    export = match_export(opened.headers())
    if export:
        raise export_without_mapping(export, opened.folder)
