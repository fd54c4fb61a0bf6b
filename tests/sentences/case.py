"""What the cases of sentences are made of, and which branches of the templates they take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes

from analysis_lib.sentences import SHARED, fill_section, load_shared, make_environment, read_sections

FOLDER = Path(__file__).resolve().parents[2] / "report" / "sentences"


@dataclass(frozen=True)
class Case:
    """What a section of a file of sentences says of some values; or a macro of words.txt of its arguments.

    Parameters
    ----------
    place : str
        ``store.section``, or ``say.macro``.
    values : dict or tuple
        What `Report.say` is given; of a macro, its arguments.
    expected : dict or str
        The entries that are looked at, word for word; of a macro, what it says.
    known : dict
        Facts that were saved before.
    """

    place: str
    values: Any
    expected: Any
    known: dict[str, str] | None = None

    def fill(self, environment: jinja2.Environment) -> Any:
        store, _, section = self.place.partition(".")
        if store == "say":
            return " ".join(str(environment.globals["say"][section](*self.values)).split())
        filled = fill_section(FOLDER / f"{store}.txt", section, self.values, self.known or {}, environment)
        return {name: str(filled[name]) for name in self.expected}


class Recorder(jinja2.Environment):
    """Templates that note which branch of each ``if`` they take."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.branches: dict[tuple, str] = {}
        self.taken: set[tuple] = set()
        self.compiled: dict[str, Any] = {}  # many cases fill the same templates
        self.globals["branch_taken"] = self._take

    def _take(self, source: str, number: int, branch: str, value: Any = "") -> Any:
        self.taken.add((source, number, branch))
        return value

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)

        def mark(number: int, branch: str, line: int, *value: nodes.Expr) -> nodes.Call:
            self.branches[source, number, branch] = f"{source.splitlines()[line - 1].strip()} → {branch}"
            where = [nodes.Const(source), nodes.Const(number), nodes.Const(branch)]
            return nodes.Call(nodes.Name("branch_taken", "load"), [*where, *value], [], None, None)

        found = [*tree.find_all((nodes.If, nodes.CondExpr))]
        elifs = {id(part) for node in found if isinstance(node, nodes.If) for part in node.elif_}
        for number, node in enumerate(found):
            if isinstance(node, nodes.If):
                node.body.insert(0, nodes.Output([mark(number, "yes", node.lineno)]))
                if id(node) not in elifs:  # these share the else of their if
                    node.else_.insert(0, nodes.Output([mark(number, "no", node.lineno)]))
            elif node.expr2 is not None:
                node.expr1 = mark(number, "yes", node.lineno, node.expr1)
                node.expr2 = mark(number, "no", node.lineno, node.expr2)
        return tree.set_environment(self)

    def from_string(self, source: str, *rest: Any) -> Any:
        if source not in self.compiled:
            self.compiled[source] = super().from_string(source, *rest)
        return self.compiled[source]

    def compile_expression(self, source: str, undefined_to_none: bool = True) -> Any:
        template = self.from_string("{{ " + source + " }}")
        if f"={source}" not in self.compiled:
            self.compiled[f"={source}"] = super().compile_expression(source, undefined_to_none)

        def evaluate(**context: Any) -> Any:
            template.render(context)
            return self.compiled[f"={source}"](**context)

        return evaluate


def find_branches_not_taken(file: Path, cases: list[Case]) -> list[str]:
    """Return the branches of a file of sentences that no case takes."""
    environment = make_environment(Recorder)
    load_shared(environment, FOLDER / SHARED)
    if file.name != SHARED:
        environment.branches.clear()
        for section in read_sections(file).values():
            for template in [section.statements, *section.entries.values()]:
                environment.from_string(template)
    branches = dict(environment.branches)
    for case in cases:
        if file.name == SHARED or case.place.startswith(f"{file.stem}."):
            case.fill(environment)
    return sorted(text for key, text in branches.items() if key not in environment.taken)
