"""What a run was asked for: the command line is remembered in report.toml, and the environment overrides it.

This file needs the standard library only: every command reads it, and none should load much for it.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

FILE = "report.toml"
SIMULATED = "simulated"  # as DATA: no folder, whatever was remembered
PEOPLE = 880_000  # a whole city
FEWEST_PEOPLE, MOST_PEOPLE = 100, 10_000_000
ENGINES = ("duckdb", "spark")
_HEAD = """\
# What `make report` and `quarto render` use: what was last given on the command line, such as
# `make report DATA=data/raw/mine PEOPLE=40000`. Change it here or there; without this file all is simulated.
"""
_MEANING = {
    "data": "folder of your files; absent: simulated",
    "people": "how many people are simulated, where there is no folder",
    "area": "codes or names of the areas that get a report of their own; all, sub-icb",
    "capacity": "appointments a day that the figures are held against; absent: England's planning figure",
    "engine": "what reads a linked population: duckdb or spark",
}
_BACKSLASHES = "Write a folder with /, or in single quotes: data = 'C:\\data\\mine'."


class SettingError(ValueError):
    """A setting that cannot be meant; the text says which, where it stands and what to write instead."""


@dataclass(frozen=True)
class Settings:
    """What a run uses.

    Attributes
    ----------
    data : str
        Folder of inputs, relative to the project's root or absolute; empty where they are simulated.
    people : int
        Simulated people, where `data` is empty.
    area : tuple of str
        Areas that get a report of their own.
    capacity : int or None
        Appointments a day; None for England's planning figure.
    engine : {"duckdb", "spark"}
        What reads a linked population.
    """

    data: str = ""
    people: int = PEOPLE
    area: tuple[str, ...] = ()
    capacity: int | None = None
    engine: str = "duckdb"


NAMES = tuple(field.name for field in fields(Settings))


def variable(name: str) -> str:
    """Return the environment variable of a setting, such as REPORT_DATA."""
    return f"REPORT_{name.upper()}"


def read_settings(root: Path) -> Settings:
    """Return what holds in this project now: the environment's variables before report.toml.

    Raises
    ------
    SettingError
        If one of them, or report.toml itself, cannot be read.
    """
    given = _read_file(root) | _read_environment()
    known = {name: value for name, value in given.items() if value is not None}
    return Settings(**known | {"area": tuple(known.get("area", ()))})


def remember(root: Path, given: Mapping[str, Any]) -> Settings:
    """Write what was given on the command line into report.toml, and return what holds now.

    Parameters
    ----------
    root : Path
        The project's root.
    given : mapping
        Values by name, as text or numbers; an empty one brings the default back. Those not named stay.

    Raises
    ------
    SettingError
        If a value cannot be meant; report.toml is then as it was.
    """
    checked = {name: check(name, value, name.upper()) for name, value in given.items()}
    kept = _read_file(root) | checked
    plain = asdict(Settings())
    lines = [
        f"{name} = {json.dumps(kept[name], ensure_ascii=False)}  # {_MEANING[name]}\n"
        for name in NAMES
        if kept.get(name) is not None and kept[name] != plain[name]
    ]
    path = root / FILE
    text = _HEAD + "".join(lines)
    if not lines:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_text(encoding="utf-8") != text:
        partial = path.with_suffix(".part")
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    for name in checked:
        os.environ.pop(variable(name), None)  # what is typed now is meant, not what was set before
    return read_settings(root)


def say_settings(root: Path) -> str:
    """Return one line on what a run uses, and where each setting stands."""
    now, file, environment = read_settings(root), _read_file(root), _read_environment()

    def told(name: str, text: str) -> str:
        where = variable(name) if name in environment else FILE if name in file else ""
        return f"{text} ({where})" if where else text

    parts = (
        [told("data", now.data)]
        if now.data
        else ["simulated inputs", told("people", f"{now.people:,} people")]
    )
    parts += [told("area", f"areas {', '.join(now.area)}")] if now.area else []
    parts += [told("capacity", f"{now.capacity:,} appointments a day")] if now.capacity else []
    parts += [told("engine", now.engine)] if now.engine != Settings.engine else []
    return f"Settings: {', '.join(parts)}"


def where_data_stands() -> str:
    """Name the place that the folder of inputs is read from: a variable, or a line of report.toml."""
    return variable("data") if "data" in _read_environment() else f"{FILE}: data"


def find_data(root: Path, named: str, said: str = "DATA") -> Path:
    """Return the folder that `named` means from the project's root; `said` is where that stands.

    Raises
    ------
    SettingError
        If it is no folder that can be read, or holds nothing.
    """
    folder = (root / Path(named).expanduser()).resolve()
    name, said = said, f"{said}={named}"
    if not named.isprintable():  # "\r" within double quotes is a line break
        raise SettingError(f"{name} holds {ascii(named)}, which is no folder. {_BACKSLASHES}")
    if folder.is_file():
        raise SettingError(f"{said} is a file. Give the folder that it lies in: {Path(named).parent}")
    if not folder.is_dir():
        raise SettingError(
            f"{said}: there is no such folder{_near(root, folder)}. Give a path from the project's folder."
        )
    try:
        empty = not any(p for p in folder.iterdir() if not p.name.startswith("."))
    except OSError as error:
        raise SettingError(f"{said} cannot be read ({error.strerror}). Change its permissions.") from None
    if empty:
        raise SettingError(f"{said} is an empty folder. Put your files into it.")
    return folder


def check(name: str, value: Any, said: str) -> Any:
    """Return a setting as it is used: None for what is empty, else text, whole number or tuple of texts.

    Raises
    ------
    SettingError
        With `said`, which names where it stands.
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "" or value == []:
        return None
    if name == "data":
        if not isinstance(value, str):
            raise SettingError(f'{said}: a folder is wanted, such as "data/raw/mine".')
        return None if value == SIMULATED else value
    if name == "area":
        words = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(word, str) for word in words):
            raise SettingError(f'{said}: codes of areas are wanted, such as ["15F", "QWO"].')
        return [word.strip() for word in words if word.strip()] or None
    if name == "engine":
        if value not in ENGINES:
            raise SettingError(f"{said}={value}: {' or '.join(ENGINES)} is wanted.")
        return value
    return _whole(name, value, said)


def _whole(name: str, value: Any, said: str) -> int:
    what, example = ("people", 40_000) if name == "people" else ("appointments a day", 45_000)
    plain = re.sub(r"[,_ ]", "", value) if isinstance(value, str) else value
    if isinstance(plain, str) and re.fullmatch(r"[0-9]+", plain):
        plain = int(plain)
    if not isinstance(plain, int) or isinstance(plain, bool):
        raise SettingError(
            f"{said}={value} is no whole number of {what}: write it in digits, such as {said}={example}."
        )
    low, high = (FEWEST_PEOPLE, MOST_PEOPLE) if name == "people" else (1, 100_000_000)
    if not low <= plain <= high:
        raise SettingError(f"{said}={value}: {low:,} to {high:,} {what} are possible.")
    return plain


def _read_file(root: Path) -> dict[str, Any]:
    """Return what report.toml says, checked; the default of a setting is None."""
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8-sig")  # Notepad and PowerShell put a mark before the text
        said = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise SettingError(f"{FILE} is not saved as UTF-8. Save it so, or remove the file.") from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        hint = f" {_BACKSLASHES}" if isinstance(error, ValueError) and "\\" in text else ""
        raise SettingError(
            f"{FILE} cannot be read ({error}). Mend the line, or remove the file.{hint}"
        ) from None
    for name in said:
        if name not in NAMES:
            raise SettingError(f"{FILE}: {name} is no setting. There are {', '.join(NAMES)}.")
    return {name: check(name, value, f"{FILE}: {name}") for name, value in said.items()}


def _read_environment() -> dict[str, Any]:
    """Return what the environment says, checked; a variable that is empty says nothing."""
    found = {name: os.environ.get(variable(name), "").strip() for name in NAMES}
    return {name: check(name, text, variable(name)) for name, text in found.items() if text}


def _near(root: Path, folder: Path) -> str:
    """Say which folders there are in its place, if there are any."""
    import difflib

    parent = folder.parent
    there = (
        sorted(p.name for p in parent.iterdir() if p.is_dir() and not p.name.startswith("."))
        if parent.is_dir()
        else []
    )
    near = difflib.get_close_matches(folder.name, there, n=3, cutoff=0.5) or there[:5]
    if not near:
        return ""
    names = [(parent / n).relative_to(root).as_posix() if parent.is_relative_to(root) else n for n in near]
    return f"; beside it are {', '.join(names)}"
