"""Sentences as text: one file of templates for each notebook, filled from what was released.

``report/sentences/<store>.txt`` has a section for each group of sentences, named by the figure or table that
they stand beside, and an entry for each fact::

    [fig-lead]
    {% set longest, same_day = rates | at("lead_time", "More than 28 Days", "Same Day") %}
    caption: {{ lead_times }}
    alt: For each lead time a dot, the DNA rate. {{ lead_times }}
    lead_times: {{ longest.dna_rate | rate }} of appointments booked more than 28 days ahead are missed

Lines that begin with ``{%`` stand for all entries of their section. An entry goes on in indented lines, and
may use those before it and the facts that were saved before. ``caption`` and ``alt`` are the figure's. An
entry that is one value, as ``{{ total | count }}``, is saved with its number. One that is empty has nothing
to say, and pages leave out what quotes it. Macros for all notebooks stand in ``words.txt``: ``say.name(…)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2

from analysis_lib import words
from analysis_lib.project import home
from analysis_lib.release import UNITS, Fact

SHARED = "words.txt"
_SECTION = re.compile(r"\[([a-z][\w-]*)\]\s*")
_ENTRY = re.compile(r"([a-z]\w*): ?(.*)")
_ONE_VALUE = re.compile(r"\{\{((?:(?!\}\}|\{\{).)*)\}\}", re.DOTALL)


class SentenceError(ValueError):
    """A file of sentences cannot be read or filled; the message names file, section and remedy."""


@dataclass
class Section:
    """What stands under one ``[name]``: statements for all entries, and the template of each entry."""

    statements: str = ""
    entries: dict[str, str] = field(default_factory=dict)


def find_sentences(store: str) -> Path:
    """Return where the sentences of a store are kept: in the project, else below the working directory."""
    return home() / "report" / "sentences" / f"{store}.txt"


def read_sections(path: Path) -> dict[str, Section]:
    """Read a file of sentences.

    Raises
    ------
    SentenceError
        If the file is not there, or a line is neither a section, a statement, an entry nor part of one.
    """
    if not path.is_file():
        raise SentenceError(
            f"There is no report/sentences/{path.name}: write the notebook's sentences there."
        )
    sections: dict[str, Section] = {}
    section, entry = None, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        head, named = _SECTION.fullmatch(line), _ENTRY.fullmatch(line)
        if not line.strip() or line.startswith("#"):
            continue
        if head and head[1] not in sections:
            section, entry = sections.setdefault(head[1], Section()), None
        elif section and line[0].isspace():
            text = "\n" + line.strip()
            if entry:
                section.entries[entry] += text
            else:
                section.statements += text
        elif section and line.startswith(("{%", "{#")) and not section.entries:
            section.statements += line
        elif section and named and named[1] not in section.entries:
            entry = named[1]
            section.entries[entry] = named[2]
        else:
            raise SentenceError(
                f"{path.name}, line {number}: {line[:40]!r} is no new [section], no `name: sentence` of a "
                "new name, and no {% statement %} before the first of them; what goes on is indented."
            )
    return sections


def make_environment(kind: type[jinja2.Environment] = jinja2.Environment) -> jinja2.Environment:
    """Return where templates are compiled: units and the functions of `analysis_lib.words` are filters."""
    environment = kind(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_one_line
    )
    units = {unit: partial(words.known_fact, unit=unit) for unit in UNITS}
    units["rate"] = words.rate_fact
    environment.filters |= {name: _of_number(unit) for name, unit in units.items()} | words.FILTERS
    environment.globals |= words.FUNCTIONS
    return environment


def _one_line(value: Any) -> Any:
    """What a macro returns, without the lines that its template is written in."""
    return " ".join(value.split()) if isinstance(value, str) and "\n" in value else value


def _of_number(show: Callable) -> Callable:
    """Take an entry that was filled before by its number."""

    def of_number(value: Any, *digits: int) -> Fact | str:
        # By name: what a unit is stands between the two
        more = {"digits": digits[0]} if digits else {}
        return show(value.value if isinstance(value, Fact) else value, **more)

    return of_number


@cache
def _prepare(shared: Path, changed: float) -> jinja2.Environment:
    """Compile the macros once, and anew where a person changed them since."""
    environment = make_environment()
    load_shared(environment, shared)
    return environment


def load_shared(environment: jinja2.Environment, shared: Path) -> None:
    """Make the macros of all notebooks known to the templates of each."""
    if shared.is_file():
        macros = environment.from_string(shared.read_text(encoding="utf-8")).make_module()
        environment.globals["say"] = _exported(macros)


def fill_section(
    path: Path,
    name: str,
    values: Mapping[str, Any],
    known: Mapping[str, str],
    environment: jinja2.Environment | None = None,
) -> dict[str, Fact | str]:
    """Fill the sentences of one section.

    Parameters
    ----------
    path : Path
        The file of sentences.
    name : str
        The section.
    values : mapping
        Released frames, rows and numbers, by the names that the section uses.
    known : mapping of str to str
        Texts of facts that were saved before.
    environment : jinja2.Environment, optional
        Another than the usual one, for tests.

    Returns
    -------
    dict
        By entry, in the order of the file: a `Fact` of an entry that is one number, else its text.

    Raises
    ------
    SentenceError
        If there is no such section, a template does not fit the values, or an entry has the name of a
        value or of a statement. An error of this library is no fault of the sentences, and stays as it is.
    """
    sections = read_sections(path)
    if name not in sections:
        raise SentenceError(f"{path.name} has no section [{name}]: write its sentences there.")
    shared = path.parent / SHARED
    environment = environment or _prepare(shared, shared.stat().st_mtime if shared.is_file() else 0.0)
    section = sections[name]
    entry = "its statements"
    try:
        made = _exported(environment.from_string(section.statements).make_module({**known, **values}))
        own = {**values, **made}
        context = {**known, **own}
        filled: dict[str, Fact | str] = {}
        for entry in sorted(section.entries, key=lambda e: e in ("caption", "alt")):  # these quote the others
            template = section.entries[entry]
            _refuse_taken(entry, template, {**environment.globals, **own})
            filled[entry] = _fill(environment, template, context)
            if entry not in own:
                context[entry] = filled[entry]
    except Exception as error:
        if type(error).__module__.partition(".")[0] == __package__:  # it says itself what cannot be computed
            raise
        raise SentenceError(f"{path.name}, [{name}], {entry}: {_in_words(error)}") from error
    return {entry: filled[entry] for entry in section.entries}


def _refuse_taken(entry: str, template: str, taken: Mapping[str, Any]) -> None:
    """Refuse an entry that hides a value from those after it, unless it is that value, as it stands."""
    single = _ONE_VALUE.fullmatch(template.strip())
    if entry in taken and not (single and single[1].strip() == entry):
        raise jinja2.TemplateError(
            f"{entry!r} is also a value that was given, that a statement sets, or a function, and what "
            "quotes it could mean either: give the entry or the value another name."
        )


def _in_words(error: Exception) -> str:
    """Say what went wrong in a template."""
    if isinstance(error, jinja2.TemplateError):
        return str(error)
    if isinstance(error, KeyError) and error.args:
        missing = error.args[0] if isinstance(error.args[0], list) else [error.args[0]]
        return f"there is no {', '.join(map(str, missing))} in what was given."
    shown = "; an entry is what is shown: compute with the value that it was made of"
    hint = shown if "Fact" in str(error) else ""
    return f"{error}{hint} ({type(error).__name__})."


def _fill(environment: jinja2.Environment, template: str, context: dict[str, Any]) -> Fact | str:
    single = _ONE_VALUE.fullmatch(template.strip())
    if single:
        value = environment.compile_expression(single[1].strip(), undefined_to_none=False)(**context)
        if isinstance(value, Fact):
            return value
        if isinstance(value, jinja2.Undefined):
            str(value)  # says which name is not known
        return " ".join(str(value).split())
    return " ".join(environment.from_string(template).render(context).split())


def _exported(module: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}
