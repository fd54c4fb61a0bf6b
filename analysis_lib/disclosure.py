"""The data owner's thresholds, as ``disclosure.toml`` states them.

The project's own file holds; used outside of a project, the library reads the copy that its wheel carries.
"""

from __future__ import annotations

import functools
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from analysis_lib import project
from analysis_lib.settings import SettingError

FILE = "disclosure.toml"
PROFILES = ("published", "simulated", "patient")  # the last is strictest
#: NHS England's rule for statistics of hospital and emergency care: who goes below it signs for it.
NATIONAL = {"suppress_below": 8, "round_to": 5, "fewest": 10}
_MOST = 10_000
_SIGNATURE = ("owner", "signed", "date")


class DisclosureError(SettingError):
    """A rule that cannot be meant, or that nobody signed; the text says file, line and remedy."""


@functools.cache
def read_thresholds(path: Path | None = None) -> dict[str, dict[str, int]]:
    """Return suppress_below, round_to and fewest of each profile.

    Parameters
    ----------
    path : Path, optional
        The file; the project's, or the wheel's copy, if not given.

    Raises
    ------
    DisclosureError
        If it cannot be read, a value makes no sense, or one below `NATIONAL` is not signed for.
    """
    path = path or project.find_shipped(FILE)
    try:
        text = path.read_text(encoding="utf-8-sig")
        said = tomllib.loads(text)
    except FileNotFoundError:
        raise DisclosureError(f"{FILE} is missing: without it nothing may leave. Restore it.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DisclosureError(f"{FILE} cannot be read ({error}). Mend the line.") from None
    refuse = functools.partial(_refuse, text)
    for section in said:
        if section not in ("signature", *PROFILES):
            refuse(section, "", f"[{section}] is no profile. There are {', '.join(PROFILES)} and signature.")
    found = {name: _read_profile(said, name, refuse) for name in reversed(PROFILES)}
    _check_signature(said.get("signature", {}), found, refuse)
    return found


def as_rounded(n: Any) -> Any:
    """Round a number of people (or an array of them) to the step of released counts, such as 5.

    Whoever decides by the number of people how long a list is, or how many steps a curve has, takes it from
    this: else the list or the curve would tell what rounding hides.
    """
    step = read_thresholds()["patient"]["round_to"]
    return (2 * n + step) // (2 * step) * step


def at_least(n: int) -> int:
    """Return the fewest people that a number of them, once released, can stand for."""
    return as_rounded(n) - read_thresholds()["patient"]["round_to"] // 2


def _read_profile(said: dict[str, Any], name: str, refuse: Any) -> dict[str, int]:
    table = said.get(name)
    if not isinstance(table, dict):
        refuse(name, "", f"[{name}] is missing. Write it with {', '.join(NATIONAL)}.")
    if table == {"like": "patient"} and name != "patient":
        return _read_profile(said, "patient", refuse)
    for key in [*table, *NATIONAL]:
        if key not in NATIONAL:
            refuse(name, key, f"{key} is no threshold. There are {', '.join(NATIONAL)}.")
        if key not in table:
            refuse(name, "", f"{key} is missing in [{name}]. Write it, such as {key} = {NATIONAL[key]}.")
        value, least = table[key], 0 if name == "published" and key == "suppress_below" else 1
        if type(value) is not int or not least <= value <= _MOST:
            example = f"such as {NATIONAL[key]}"
            refuse(name, key, f"{key} is a whole number from {least} to {_MOST:,}, {example}.")
    small, step, fewest = (table[key] for key in NATIONAL)
    if (2 * small + step) // (2 * step) * step < small:
        up = next(n for n in range(small, small + step + 1) if (2 * n + step) // (2 * step) * step >= n)
        fits = f"suppress_below = {up}, or a round_to that divides {small}"
        refuse(
            name, "suppress_below", f"a count of {small} would be rounded down to a hidden one. Write {fits}."
        )
    if fewest < small:
        refuse(name, "fewest", f"an estimate may not rest on a hidden count. Write {small} or more.")
    return table


def _check_signature(signature: Any, found: dict[str, dict[str, int]], refuse: Any) -> None:
    """Refuse a signature that is none, and thresholds below the national ones without one."""
    if not isinstance(signature, dict) or not all(isinstance(v, str | date) for v in signature.values()):
        refuse("signature", "", f"a signature is {', '.join(_SIGNATURE)}, as text.")
    for key, value in signature.items():
        if key not in _SIGNATURE:
            refuse("signature", key, f"a signature has {', '.join(_SIGNATURE)}, and no {key}.")
        if key == "date" and value:
            from analysis_lib.dates import as_day  # loads pandas: a command that reads no day need not wait

            try:
                as_day(value)
            except ValueError:
                refuse("signature", key, "a date is wanted, such as 2024-04-01.")
    absent = [key for key in _SIGNATURE if not str(signature.get(key, "")).strip()]
    for name in ("patient", "simulated"):
        for key, least in NATIONAL.items():
            if found[name][key] < least and absent:
                refuse(
                    name,
                    key,
                    f"{key} is below NHS England's {least}, and nobody has signed for it. Write {least}, "
                    f"or let the owner of the data fill {', '.join(absent)} in [signature].",
                )


def _refuse(text: str, section: str, key: str, why: str) -> None:
    """Raise with the line that `key` of `section` stands in, or the section's where it has none."""
    line, here = 0, ""
    for number, row in enumerate(text.splitlines(), 1):
        head = re.match(r"\s*\[\s*([\w.-]+)\s*\]", row)
        here = head[1] if head else here
        if here == section and (head or re.match(rf"\s*{re.escape(key)}\s*=", row)):
            line = number
            if not head:
                break
    raise DisclosureError(f"{FILE}{f', line {line}' if line else ''}: {why}")
