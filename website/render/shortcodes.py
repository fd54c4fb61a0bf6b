"""The four shortcodes (``var``, ``meta``, ``include``, ``embed``; any other is an error), and hidden text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from website.literal import literal, unmarked
from website.render.errors import RenderError
from website.render.source import Line, mark_code, read_front_matter

SHORTCODE = re.compile(r"\{\{<\s*(.*?)\s*>\}\}")
INLINE_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
#: Quarto's conditions, on a division around blocks or a span in one line
_CONDITION = re.compile(
    r"\{\s*\.content-(?P<what>visible|hidden)\s+(?P<if>when|unless)-meta=\"(?P<key>[\w.-]+)\"\s*\}"
)
_DIVISION = re.compile(r"^\s*:{3,}\s*(?P<about>\S.*)?$")
_SPAN = re.compile(r"\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]" + _CONDITION.pattern)
_EMPTY_ITEM = re.compile(r"^\s*(?:\d+\.|[-*])\s*$")
#: Called with the path, the label and the line that asks; returns the output of the cell.
Embed = Callable[[str, str, Line], list[Line]]


def look_up(values: Mapping[str, Any], key: str) -> str | None:
    """Value at a dotted key as text; None when absent or not a single value."""
    found: Any = values
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    if isinstance(found, Mapping | list):
        return None
    if isinstance(found, bool):
        return str(found).lower()
    return "" if found is None else str(found)


def escape_value(text: str, *, attribute: bool = False) -> str:
    """Make a value from the data stand for itself in Markdown, or in a quoted attribute of it."""
    return escape_attribute(unmarked(text)) if attribute else literal(text)


def escape_attribute(text: str) -> str:
    """Make text stand for itself between the double quotes of an attribute."""
    for sign, written in (("&", "&amp;"), ('"', "&quot;"), ("<", "&lt;"), ("\\", "\\\\")):
        text = text.replace(sign, written)
    return text


class Shortcodes:
    """Expands the shortcodes of one page.

    Parameters
    ----------
    root
        Project root; includes are resolved against the including file, or the root for ``/x``.
    variables, meta
        Contents of ``_variables.yml`` and of the page's front matter.
    embed
        Gives the output of a notebook cell.
    """

    def __init__(
        self, root: Path, variables: Mapping[str, Any], meta: Mapping[str, Any], embed: Embed
    ) -> None:
        self.root, self.variables, self.meta, self.embed = root, variables, meta, embed

    def expand(self, lines: Iterable[Line], seen: tuple[str, ...] = ()) -> Iterator[Line]:
        """Expand every shortcode outside code; raises RenderError at the first broken one."""
        for line in self._without_hidden(mark_code(lines)):
            if line.verbatim or "{{<" not in line.text:
                yield line
                continue
            whole = SHORTCODE.fullmatch(line.text.strip())
            name = whole[1].split()[0] if whole and whole[1] else ""
            if whole and name == "include":
                yield from self._include(whole, line, seen)
            elif whole and name == "embed":
                yield from self._embed(whole, line)
            else:
                yield line._replace(text=self.expand_inline(line.text, line))

    def _without_hidden(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Leave out the divisions and spans whose condition does not hold, and the marks of those that do."""
        opened: list[bool | None] = []  # whether each open division shows; None if it has no condition
        for line in lines:
            division = None if line.verbatim else _DIVISION.match(line.text)
            if division and division["about"]:
                condition = _CONDITION.search(division["about"])
                if "content-" in division["about"] and not condition:
                    raise RenderError(
                        'write {.content-visible when-meta="…"} or unless-meta, with no other options',
                        file=line.file,
                        line=line.line,
                        construct=line.text.strip(),
                    )
                shown = self._holds(condition) if condition else None
                if shown is None and False not in opened:
                    yield line
                opened.append(shown)
            elif division and opened:
                if opened.pop() is None and False not in opened:
                    yield line
            elif False not in opened:
                if line.verbatim or ".content-" not in line.text:
                    yield line
                    continue
                text = _SPAN.sub(lambda m: m["text"] if self._holds(m) else "", line.text)
                if text.strip() and not _EMPTY_ITEM.match(text):
                    yield line._replace(text=text)

    def _holds(self, condition: re.Match[str]) -> bool:
        found = look_up(self.meta, condition["key"])
        there = found not in (None, "", "false")
        return (there == (condition["if"] == "when")) == (condition["what"] == "visible")

    def expand_inline(self, text: str, line: Line) -> str:
        """Expand ``var`` and ``meta`` in one line of text, also inside attributes."""
        code = [m.span() for m in INLINE_CODE.finditer(text)]

        def replace(match: re.Match[str]) -> str:
            if any(start < match.start() < end for start, end in code):
                raise self._error("stands inside code, where Quarto and this renderer differ", match, line)
            # Attribute values are quoted: {fig-alt="… {{< var x >}} …"}
            before = SHORTCODE.sub("", text[: match.start()])
            opened = before.rfind("{")
            attribute = opened >= 0 and before.count('"', opened) % 2 == 1
            if attribute and re.search(r'\btitle="[^"]*$', before):  # of a callout, which is Markdown
                return escape_attribute(literal(self._value(match, line)))
            return escape_value(self._value(match, line), attribute=attribute)

        return SHORTCODE.sub(replace, text)

    def expand_meta(self, value: Any, line: Line) -> Any:
        """Expand ``var`` and ``meta`` in every string of a metadata value."""
        if isinstance(value, str):
            return self.expand_inline(value, line)
        if isinstance(value, list):
            return [self.expand_meta(item, line) for item in value]
        if isinstance(value, dict):
            return {key: self.expand_meta(item, line) for key, item in value.items()}
        return value

    def _value(self, match: re.Match[str], line: Line) -> str:
        words = match[1].split()
        if len(words) == 2 and words[0] in ("var", "meta"):
            source = self.variables if words[0] == "var" else self.meta
            value = look_up(source, words[1].strip("\"'"))
            if value is not None:
                return value
            where = "_variables.yml" if words[0] == "var" else "the front matter"
            raise self._error(
                f"no single value of that name in {where}: save the fact, or mend the name", match, line
            )
        if words and words[0] in ("include", "embed"):
            raise self._error("must stand alone on its line", match, line)
        raise self._error("unknown shortcode: use var, meta, include or embed", match, line)

    def _include(self, match: re.Match[str], line: Line, seen: tuple[str, ...]) -> Iterator[Line]:
        words = match[1].split()
        if len(words) != 2:
            raise self._error("needs one path: {{< include file.md >}}", match, line)
        path = words[1].strip("\"'")
        base = self.root if path.startswith("/") else (self.root / line.file).parent
        target = (base / path.lstrip("/")).resolve()
        if not target.is_relative_to(self.root.resolve()) or not target.is_file():
            raise self._error("no such file in the project", match, line)
        name = target.relative_to(self.root.resolve()).as_posix()
        if name in seen:
            raise self._error("includes itself", match, line)
        _, lines = read_front_matter(target.read_text(encoding="utf-8"), name)
        yield from self.expand(lines, (*seen, name))

    def _embed(self, match: re.Match[str], line: Line) -> Iterator[Line]:
        words = match[1].split()
        path, _, label = words[1].strip("\"'").partition("#") if len(words) == 2 else ("", "", "")
        if not label or not path.endswith(".ipynb"):
            raise self._error("write {{< embed path.ipynb#label >}}, with no other options", match, line)
        # Captions and alternative texts of the cell may hold variables of their own
        yield from self.expand(self.embed(path, label, line))

    @staticmethod
    def _error(message: str, match: re.Match[str], line: Line) -> RenderError:
        return RenderError(message, file=line.file, line=line.line, construct=match[0])
