"""Source pages as lines that remember where they came from.

Includes, embeds and notebook cells move lines about; every line keeps its file and number, so
that an error found later, by pandoc or in the finished page, can still be placed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from website.render.errors import RenderError

FENCE = re.compile(r"^\s*(`{3,}|~{3,})(.*)$")


class Line(NamedTuple):
    """One line of Markdown, with the file and line it was written in."""

    text: str
    file: str
    line: int
    verbatim: bool = False  # code and cell output: no shortcodes, no labels in it


@dataclass
class Page:
    """One page on its way to HTML.

    ``path`` is the source and ``href`` the finished page, both from the project root with
    forward slashes; ``meta`` is the front matter; ``assets`` are images made from cell outputs.
    """

    path: str
    href: str
    meta: dict[str, Any]
    lines: list[Line]
    assets: dict[str, bytes] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The Markdown that goes to pandoc."""
        return "\n".join(line.text for line in self.lines) + "\n"

    def locate(self, token: str) -> tuple[str, int]:
        """Find the first line that holds `token`; file and 0 when none does."""
        before = r"(?<![\w-])" if re.match(r"[\w-]", token) else ""
        after = r"(?![\w-])" if re.search(r"[\w-]$", token) else ""
        pattern = re.compile(before + re.escape(token) + after)
        for line in self.lines:
            if not line.verbatim and pattern.search(line.text):
                return line.file, line.line
        return self.path, 0

    def error(self, message: str, token: str = "", construct: str = "") -> RenderError:
        """Make a RenderError placed at the first line that holds `token`."""
        file, number = self.locate(token) if token else (self.path, 0)
        return RenderError(message, file=file, line=number, construct=construct or token)


def read_front_matter(text: str, file: str) -> tuple[dict[str, Any], list[Line]]:
    """Split a page into its YAML front matter and its body lines.

    Raises
    ------
    RenderError
        If the front matter is not closed or is not a YAML mapping.
    """
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        return {}, [Line(item, file, number) for number, item in enumerate(lines, 1)]
    end = next((i for i, item in enumerate(lines[1:], 1) if item.strip() in ("---", "...")), None)
    if end is None:
        raise RenderError(
            "front matter is not closed: add a line with ---", file=file, line=1, construct="---"
        )
    try:
        meta = yaml.safe_load("\n".join(lines[1:end])) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        number = mark.line + 2 if mark else 1
        raise RenderError(
            f"front matter is not valid YAML ({getattr(error, 'problem', error)}): quote the value",
            file=file,
            line=number,
        ) from error
    if not isinstance(meta, dict):
        raise RenderError("front matter must be `key: value` lines", file=file, line=1)
    return meta, [Line(item, file, number) for number, item in enumerate(lines[end + 1 :], end + 2)]


def mark_code(lines: Iterable[Line]) -> Iterator[Line]:
    """Mark the lines inside fenced code as verbatim."""
    fence = ""
    for line in lines:
        match = FENCE.match(line.text)
        if fence:
            closing = match and match[1].startswith(fence) and not match[2].strip()
            yield line._replace(verbatim=not closing or line.verbatim)
            fence = "" if closing else fence
        else:
            fence = match[1] if match and not line.verbatim else ""
            yield line
