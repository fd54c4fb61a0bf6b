"""The results store: facts and tables that the pages quote, each through the gate, written under results/."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from analysis_lib.kinds import Dimension, Kind
from analysis_lib.project import STEP_VARIABLE, results_folder
from analysis_lib.release.facts import Fact, OfNobody, check_fact, check_own_fact, fact
from analysis_lib.release.frames import remember
from analysis_lib.release.profiles import Profile, profile_named, strictest

if TYPE_CHECKING:
    from analysis_lib.release.gate.nesting import Nesting
    from analysis_lib.release.gate.release import Released

DECIMALS = 6
HIDDEN = "[c]"  # the sign of official statistics for a confidential value
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # full-width signs too, where a spreadsheet takes them for these


class Source(Protocol):
    """Loaded inputs: they know their disclosure profile."""

    @property
    def profile(self) -> str:
        """published, patient or simulated."""


class Store:
    """Facts and tables of one notebook; made by `open_store`.

    Attributes
    ----------
    name : str
        First part of the variables (``{{< var name.fact >}}``).
    folder : Path
        The results folder, with ``facts/`` and ``tables/``.
    profile : Profile
        What may leave; the inputs say so.
    source : str
        Where the inputs come from, as captions say it.
    nested : list of mappings
        Which labels of the inputs follow from which, as of `gate.release_table`.
    """

    def __init__(self, name: str, folder: Path, profile: Profile) -> None:
        self.name = _checked_name(name)
        self.folder = folder
        self.profile = profile
        self.source = ""
        self._facts: dict[str, Fact] = {}
        self._labels: dict[str, dict[str, str]] = {}
        self._tables: dict[str, Released] = {}
        self.nested: list[Nesting] = []
        self._areas: list[Callable[[], pd.DataFrame]] = []

    @property
    def path(self) -> Path:
        """The JSON file of this store's facts."""
        return self.folder / "facts" / f"{self.name}.json"

    def save_facts(self, facts: dict[str, Fact | OfNobody | str]) -> None:
        """Add facts to the store; a plain string is a text.

        Where people are protected, a number that may be a small count is refused: sentences say it of what
        was released (`report.say`), or it is declared `of_nobody`.

        Raises
        ------
        ValueError
            If a name is not lower_snake_case, or was already given another value, or the value is a
            number that the profile does not let out.
        """
        made = {name: value if isinstance(value, Fact) else fact(value) for name, value in facts.items()}
        for name, each in made.items():
            check_own_fact(name, each, self.profile)
        self.keep_facts(made)

    def keep_facts(self, facts: Mapping[str, Fact | str], *, instead_of: Collection[str] = ()) -> None:
        """Add what sentences made of released numbers; those that they stand `instead_of` go."""
        kept = {name: made for name, made in self._facts.items() if name not in instead_of}
        for name, value in facts.items():
            made = value if isinstance(value, Fact) else fact(value)
            check_fact(name, made, self.profile)
            known = kept.get(_checked_name(name))
            if known is not None and known != made:
                raise ValueError(f"Fact {name!r} was saved before with another value: give it its own name.")
            kept[name] = made
        self._facts = kept
        self._write()

    @property
    def texts(self) -> dict[str, str]:
        """The text of every fact so far, by name."""
        return {name: made.text for name, made in self._facts.items()}

    def save_label(self, label: str, words: Mapping[str, str]) -> None:
        """Keep the ``caption`` and ``alt`` of a figure or table, which a run writes beside it.

        The caption ends in the store's source, unless it names its own ("… Source: …"). They stand instead of
        those that the label had before.
        """
        had = self._labels.pop(label, None)
        if words:
            figure = label.startswith("fig-")
            own = " Source: " in words.get("caption", " Source: ")
            source = f" Source: {self.source}." if self.source and figure and not own else ""
            ended = {name: text.rstrip(".") + "." * figure for name, text in words.items()}
            self._labels[label] = {n: text + source * (n == "caption") for n, text in ended.items()}
        if words or had:
            self._write()

    def save_table(
        self,
        name: str,
        frame: pd.DataFrame,
        columns: Mapping[str, Kind] | None = None,
        *,
        population: str = "all",
        within: str | None = None,
    ) -> pd.DataFrame:
        """Release a table as ``results/tables/<name>.csv`` and return what was released.

        Parameters
        ----------
        name : str
            File name without ending, lower_snake_case.
        frame : DataFrame
            Columns of numbers, text, categories or months. Months are written YYYY-MM, other
            dates YYYY-MM-DD, floats with 6 decimals, missing values as empty cells, hidden ones as [c].
            An index that has a name, as after ``groupby``, is the first columns; any other is left out.
        columns : mapping, optional
            What numbers are, where they differ from the usual: ``{"n_seen": Count()}``, a kind of
            `analysis_lib.kinds`.
        population, within : str
            Whom the table counts, and the larger population, released before, that they are part of:
            the difference of two such tables is protected too.

        Returns
        -------
        DataFrame
            The released frame: small counts and what would give them back are missing, others rounded
            as the profile says, rates computed again. Show and draw this one only.

        Raises
        ------
        ValueError
            If a column is named like a person identifier, or (where people are protected) a number is
            of no known kind; in a run, also if another notebook of it has saved a table of this name.
        TypeError
            If `frame` is no DataFrame, or `columns` holds anything but kinds.
        """
        from analysis_lib.release.gate.release import (
            kinds_for,
            release_table,
        )  # a run with nothing to do loads nothing

        _checked_name(name)
        self._refuse_taken(name)
        frame = _with_named_index(name, frame)
        released = release_table(
            name,
            frame,
            self.profile,
            kinds_for(name, frame, columns, protects=self.profile.protects),
            population=population,
            within=within,
            earlier=[table for other, table in self._tables.items() if other != name],
            nested=self._learn_nested(),
        )
        target = self.folder / "tables" / f"{name}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        _as_written(released).to_csv(target, index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n")
        self._tables[name] = released
        self._keep_counts()
        self._write()
        shown = _for_charts(released.frame)
        remember(name, shown.copy())
        return shown

    def _learn_nested(self) -> list[Nesting]:
        """Return which areas lie in which, as the inputs say; asked once, of inputs about people."""
        from analysis_lib.release.gate.nesting import learn

        if self.profile.protects:
            self.nested += [learn(areas().fillna("").astype(str)) for areas in self._areas]
            self._areas = []
        return self.nested

    def _keep_counts(self) -> None:
        """In a run, keep the true counts for the audit of all notebooks together."""
        from analysis_lib.release.audit import counts_file, keep_counts

        path = counts_file(self.name)
        counts = {name: table.linked for name, table in self._tables.items() if table.linked is not None}
        if path and counts:
            keep_counts(path, counts, self.profile, self.nested)

    def _refuse_taken(self, table: str) -> None:
        """In a run, one table is one notebook's: the later would take the place of the earlier unseen."""
        for path in (self.folder / "facts").glob("*.json") if _step() else ():
            if path != self.path and table in (_read(path) or {}).get("tables", ()):
                raise ValueError(
                    f"A table named {table!r} is saved in store {path.stem!r} already: give this one "
                    "another name."
                )

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content: dict[str, Any] = {
            "profile": self.profile.name,
            "made_by": _step(),
            "source": self.source,
            "facts": {n: {"value": f.value, "unit": f.unit, "text": f.text} for n, f in self._facts.items()},
            "tables": {name: _log(table) for name, table in self._tables.items()},
            "labels": self._labels,
        }
        partial = self.path.with_suffix(".part")
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(self.path)


def open_store(name: str, *sources: Source, folder: Path | None = None) -> Store:
    """Open an empty store, removing the facts and tables that an earlier run of `name` left.

    Parameters
    ----------
    name : str
        One per notebook, lower_snake_case: the first part of its variables.
    *sources : Appointments, Tweets, Population …
        The loaded inputs that the results come from. They say what may leave; of several profiles the
        strictest holds.
    folder : Path, optional
        The results folder; `project.results_folder()` if not given.

    Raises
    ------
    ValueError
        If no source is given, or, in a run, if the name is that of another step's store.
    """
    store = Store(name, folder or results_folder(), strictest(source.profile for source in sources))
    store._areas = [source.list_areas for source in sources if hasattr(source, "list_areas")]
    named = filter(None, (getattr(source, "source", "") for source in sources))
    store.source = " and ".join(dict.fromkeys(named))
    owner = (_read(store.path) or {}).get("made_by", "")
    if _step() and store.path.is_file() and owner != _step():
        whose = f"notebook {owner}" if owner else "the check of the inputs"
        raise ValueError(f"A store named {name!r} is that of {whose}: give this one another name.")
    empty_store(name, store.folder)
    return store


def empty_store(name: str, folder: Path | None = None) -> None:
    """Remove the facts and tables that an earlier run left under this name."""
    for path in list_store(name, folder or results_folder()):
        path.unlink(missing_ok=True)


def list_store(name: str, folder: Path) -> list[Path]:
    """Return the files of a store that are there: its tables, then its facts."""
    path = folder / "facts" / f"{name}.json"
    tables = (_read(path) or {}).get("tables", ())
    return [p for p in (*(folder / "tables" / f"{table}.csv" for table in tables), path) if p.is_file()]


def list_stores(step: str, folder: Path) -> list[str]:
    """Return the names of the stores that a notebook wrote in a run."""
    facts = sorted((folder / "facts").glob("*.json"))
    return [path.stem for path in facts if (_read(path) or {}).get("made_by") == step]


def read_tables(name: str, folder: Path) -> list[str]:
    """Return the names of the tables that a store holds."""
    return list((_read(folder / "facts" / f"{name}.json") or {}).get("tables", ()))


def protecting(step: str, folder: Path) -> bool:
    """Return whether a notebook's inputs are of people: a store of it protects them, or it has none."""
    profiles = [
        (_read(folder / "facts" / f"{name}.json") or {}).get("profile") for name in list_stores(step, folder)
    ]
    return not profiles or any(profile_named(name).protects for name in profiles)


def _read(path: Path) -> dict[str, Any] | None:
    """Read a store's file; None if there is none, or (at this moment) no longer."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _step() -> str:
    """Name of the notebook that a run executes here; empty in Jupyter and in tests."""
    return os.environ.get(STEP_VARIABLE, "")


def merge_facts(folder: Path | None = None, *, step: str | None = None) -> dict[str, dict[str, str]]:
    """Return every store's display texts, as ``{store: {fact: text}}``, sorted by name.

    With `step`, those that this notebook may quote: its own, and what the checks said of the inputs. What
    another notebook wrote is not among them, since it may run at the same time.
    """
    paths = sorted(((folder or results_folder()) / "facts").glob("*.json"))
    stores = {path.stem: _read(path) for path in paths}
    return {
        name: {fact: entry["text"] for fact, entry in sorted(store["facts"].items())}
        for name, store in stores.items()
        if store and (step is None or store.get("made_by", "") in ("", step))
    }


def read_labels(step: str, folder: Path) -> dict[str, dict[str, str]]:
    """Return the captions and alternative texts that a notebook's run saved, by label."""
    stores = [_read(folder / "facts" / f"{name}.json") or {} for name in list_stores(step, folder)]
    return {label: words for store in stores for label, words in store.get("labels", {}).items()}


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a usable name: lower-case letters, digits and underscores only.")
    return name


def _with_named_index(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with each level of its index that has a name as a column."""
    if not isinstance(frame, pd.DataFrame):
        series = ": save .reset_index() of it" if isinstance(frame, pd.Series) else ""
        raise TypeError(f"Table {name!r} is a {type(frame).__name__}, and a table is a DataFrame{series}.")
    if frame.columns.nlevels > 1:
        raise ValueError(f"Table {name!r} has headings of several levels: give each column one name.")
    levels = [level for level in frame.index.names if level is not None and level not in frame.columns]
    return frame.reset_index(level=levels) if levels else frame


def _log(table: Released) -> dict[str, Any]:
    """What the release log says of a table: how much of what was hidden and why, without any value."""
    numbers = [c for c, kind in table.kinds.items() if not isinstance(kind, Dimension)]
    return {
        "rows": len(table.frame),
        "n_cells": len(table.frame) * len(numbers),
        "population": table.population,
        "within": table.within,
        "kinds": {c: type(kind).__name__ for c, kind in table.kinds.items()},
        "hidden": table.record.to_dict("records"),
    }


def _as_written(table: Released) -> pd.DataFrame:
    """Return a released frame as the file has it."""
    written = table.frame.apply(_as_text)
    for column in table.hidden.columns[table.hidden.any()]:
        values = written[column]
        if pd.api.types.is_float_dtype(values):
            values = values.map(lambda v: f"{v:.{DECIMALS}f}", na_action="ignore")
        written[column] = values.astype(object).mask(table.hidden[column], HIDDEN)
    return written


def _for_charts(released: pd.DataFrame) -> pd.DataFrame:
    """Return counts with hidden ones as floats, since charts know no missing whole number."""
    counts = [c for c in released if isinstance(released[c].dtype, pd.Int64Dtype)]
    return released.astype({c: "float64" if released[c].hasnans else "int64" for c in counts})


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
