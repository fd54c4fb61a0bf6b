"""A folder's admissions, if it holds any: in a file of its own, or in the demand model's layout."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pandas as pd

from analysis_lib.inputs import archive
from analysis_lib.inputs.archive import DAMAGE
from analysis_lib.inputs.errors import InputError, Rejection, reject
from analysis_lib.inputs.find_population import MAX_HEADER_BYTES, hash_files, read_header
from analysis_lib.inputs.header import normalise_name
from analysis_lib.inputs.hospital.admissions import ALIASES, NEEDED, read_admissions
from analysis_lib.inputs.hospital.layout import TABLES
from analysis_lib.inputs.hospital.write import TRUTH
from analysis_lib.inputs.remarks import AbsentInput
from analysis_lib.project import population_folder

ABSENT = (
    "This section needs admissions to hospital (a row for each, with age, sex and length of stay), as "
    "data/README.md describes, which are not among these inputs."
)


@dataclass(frozen=True)
class Admissions:
    """Admissions to a hospital, a row for each, or none.

    Attributes
    ----------
    source : str
        Where they come from, for a caption; empty if there are none.
    profile : {"published", "simulated", "patient"}
        Published where there are none, and so nothing to protect.
    rows : DataFrame or None
        The wide form: columns of the demand model's layout that are not derived and what stands beside them,
        and a bool column for each strategy.
    people : Series
        The number of each row's person, with the rows' index.
    tables : mapping of str to DataFrame, optional
        All tables of the demand model's layout, where they are known.
    happened : Series of bool, optional
        Of simulated rows, whether the outcome came about, whatever the record says; with the rows' index.
    """

    source: str = ""
    profile: Literal["published", "simulated", "patient"] = "published"
    rows: pd.DataFrame | None = None
    people: pd.Series = field(default_factory=lambda: pd.Series(dtype=int))
    tables: Mapping[str, pd.DataFrame] | None = None
    happened: pd.Series | None = None

    def need(self) -> pd.DataFrame:
        """Return the rows.

        Raises
        ------
        AbsentInput
            If the inputs hold none.
        """
        if self.rows is None:
            raise AbsentInput(ABSENT)
        return self.rows


def load_admissions(folder: str | Path | None = None) -> Admissions:
    """Load the admissions of a folder, if it holds any.

    Parameters
    ----------
    folder : path, optional
        `analysis_lib.project.population_folder` if not given.

    Returns
    -------
    Admissions

    Raises
    ------
    InputError
        If it holds several files of admissions, or one that `read_admissions` rejects.
    """
    folder = Path(folder) if folder is not None else population_folder()
    found = find_admissions(folder)
    if not found:
        return Admissions()
    if len(found) > 1:
        raise reject(
            "several files of admissions: " + ", ".join(path.name for path in found),
            "one, with all admissions",
            "Put them into one file, or leave one in the folder.",
            file=found[1].name,
        )
    rows, people = read_admissions(found[0])
    if found[0] != folder:
        return Admissions(f"admissions of {found[0].name}", "patient", rows, people)
    simulated = (folder / TRUTH).is_file()
    source = f"{'simulated' if simulated else ''} tables of the demand model".strip()
    return Admissions(source, "simulated" if simulated else "patient", rows, people, read_hospital(folder))


def hash_admissions(folder: Path) -> str:
    """Return one sha256 over the names and contents of the files of a folder's admissions."""
    found = find_admissions(folder)
    layout = [path for name in TABLES for path in sorted((folder / name).rglob("*.parquet"))]
    return hash_files(folder, layout if found == [folder] else found)


def check_admissions(folder: Path) -> tuple[dict[str, int], list[Rejection]]:
    """Return how many rows and people a folder's admissions have, and why they are rejected if they are."""
    try:
        found = load_admissions(folder)
    except InputError as error:
        return {}, error.rejections
    if found.rows is None:
        return {}, []
    return {"rows": len(found.rows), "people": found.people.nunique()}, []


def read_hospital(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Read every table of a folder in the demand model's layout, of whatever year and data set.

    Raises
    ------
    InputError
        If a table is not there; names all that are not.
    """
    folder = Path(folder)
    files = {name: sorted((folder / name).glob("fyear=*/dataset=*/*.parquet")) for name in TABLES}
    if lacking := [name for name, found in files.items() if not found]:
        raise reject(
            f"no Parquet file of {', '.join(lacking)}",
            f"{lacking[0]}/fyear=…/dataset=…/0.parquet and so on",
            "Write all tables of the layout, as `python -m analysis_lib simulate --hospital` does.",
            file=folder.name,
        )
    return {
        name: pd.concat([pd.read_parquet(path, partitioning=None) for path in found], ignore_index=True)
        for name, found in files.items()
    }


def find_admissions(folder: Path) -> list[Path]:
    """Return what in a folder holds admissions: files by their header, or the folder itself by its layout."""
    if not folder.is_dir():
        return []
    if any(folder.glob("ip/fyear=*/dataset=*")):
        return [folder]
    return [path for path in sorted(folder.iterdir()) if path.is_file() and _holds_admissions(path)]


def _holds_admissions(path: Path) -> bool:
    named = path.name.casefold()
    if named.endswith(".zip"):
        return any(_are_admissions(header) for header in _headers_of(path))
    return named.endswith(".csv") and _are_admissions(read_header(path))


def _headers_of(path: Path) -> list[list[str]]:
    """Return the column names of each CSV file in a zip; none of what cannot be read: the check says so."""
    try:
        with zipfile.ZipFile(path) as opened:
            names = [name for name in opened.namelist() if name.casefold().endswith(".csv")]
            lines = []
            for name in names:
                with opened.open(name) as file:
                    first = file.read(archive.PIECE_BYTES).split(b"\n", 1)[0][:MAX_HEADER_BYTES]
                    lines.append(first.decode("utf-8-sig").strip())
    except (OSError, *DAMAGE):
        return []
    return [line.split(max(",;\t|", key=line.count)) for line in lines]


def _are_admissions(header: list[str]) -> bool:
    names = {normalise_name(name) for name in header}
    return set(NEEDED) <= {ALIASES[name][0] for name in names & set(ALIASES)}
