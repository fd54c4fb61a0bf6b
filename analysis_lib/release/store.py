"""The results store: facts and tables that the pages quote, written under results/."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from analysis_lib.project import results_folder
from analysis_lib.release.facts import Fact, fact

DECIMALS = 6
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_IDENTIFIERS = re.compile(
    r"nhs_?(?:number|no)|person_?id|patient_?id|postcode|user_?(?:name|id)|handle", re.I
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Store:
    """Facts and tables of one notebook; made by `open_store`.

    Attributes
    ----------
    name : str
        First part of the variables (``{{< var name.fact >}}``).
    folder : Path
        The results folder, with ``facts/`` and ``tables/``.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = _checked_name(name)
        self.folder = folder
        self._facts: dict[str, Fact] = {}
        self._tables: dict[str, int] = {}

    @property
    def path(self) -> Path:
        """The JSON file of this store's facts."""
        return self.folder / "facts" / f"{self.name}.json"

    def save_facts(self, facts: dict[str, Fact | str]) -> None:
        """Add facts to the store; a plain string is a text.

        Raises
        ------
        ValueError
            If a name is not lower_snake_case, or was already given another value.
        """
        for name, value in facts.items():
            made = value if isinstance(value, Fact) else fact(value)
            known = self._facts.get(_checked_name(name))
            if known is not None and known != made:
                raise ValueError(f"Fact {name!r} was saved before with another value: give it its own name.")
            self._facts[name] = made
        self._write()

    def save_table(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Release a table as ``results/tables/<name>.csv`` and return what was released.

        Parameters
        ----------
        name : str
            File name without ending, lower_snake_case.
        frame : DataFrame
            Columns of numbers, text, categories or months. Months are written YYYY-MM, other
            dates YYYY-MM-DD, floats with 6 decimals, missing values as empty cells.

        Returns
        -------
        DataFrame
            The released frame, rounded as in the file; dates and categories keep their dtype.

        Raises
        ------
        ValueError
            If a column is named like a person identifier.
        """
        _checked_name(name)
        named = [str(column) for column in frame.columns if _IDENTIFIERS.search(str(column))]
        if named:
            raise ValueError(f"Table {name!r} has person identifiers ({', '.join(named)}): leave them out.")
        released = frame.reset_index(drop=True).copy()
        floats = released.select_dtypes("float").columns
        released[floats] = released[floats].round(DECIMALS)
        target = self.folder / "tables" / f"{name}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        written = released.apply(_as_text)
        written.to_csv(target, index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n")
        self._tables[name] = len(released)
        self._write()
        return released

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content: dict[str, Any] = {
            "facts": {n: {"value": f.value, "unit": f.unit, "text": f.text} for n, f in self._facts.items()},
            "tables": self._tables,
        }
        partial = self.path.with_suffix(".part")
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(self.path)


def open_store(name: str, folder: Path | None = None) -> Store:
    """Open an empty store, removing the facts and tables that an earlier run of `name` left.

    Parameters
    ----------
    name : str
        One per notebook, lower_snake_case: the first part of its variables.
    folder : Path, optional
        The results folder; `project.results_folder()` if not given.
    """
    store = Store(name, folder or results_folder())
    if store.path.is_file():
        for table in json.loads(store.path.read_text(encoding="utf-8"))["tables"]:
            (store.folder / "tables" / f"{table}.csv").unlink(missing_ok=True)
        store.path.unlink()
    return store


def merge_facts(folder: Path | None = None) -> dict[str, dict[str, str]]:
    """Return every store's display texts, as ``{store: {fact: text}}``, sorted by name."""
    facts = (folder or results_folder()) / "facts"
    return {
        path.stem: {
            name: entry["text"]
            for name, entry in sorted(json.loads(path.read_text(encoding="utf-8"))["facts"].items())
        }
        for path in sorted(facts.glob("*.json"))
    }


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a usable name: lower-case letters, digits and underscores only.")
    return name


def _as_text(column: pd.Series) -> pd.Series:
    """Months as YYYY-MM, other dates in full, and text that no spreadsheet takes for a formula."""
    if pd.api.types.is_datetime64_any_dtype(column):
        monthly = (column.dropna().dt.day == 1).all() and str(column.name).split("_")[0] in (
            "month",
            "period",
        )
        return column.dt.strftime("%Y-%m" if monthly else "%Y-%m-%d")
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column
    text = column.astype(object).where(column.notna(), None)
    return text.map(lambda v: f"'{v}" if isinstance(v, str) and v.startswith(_FORMULA) else v)
