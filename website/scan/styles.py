"""Words of a style sheet: what it writes on a page (``content``), and its comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STRING = r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'"
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_DECLARATION = re.compile(rf"(?:[^;{{}}\"']++|{_STRING})+", re.S)
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})[ \t\n]?|\\(.)", re.S)


def read_style(text: str) -> Iterator[tuple[str, int]]:
    """Return each comment, and what the strings of each declaration say together, with where it begins."""
    yield from ((match[0][2:-2], match.start()) for match in _COMMENT.finditer(text))
    text = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    if '"' in text or "'" in text:
        for match in _DECLARATION.finditer(text):
            said = "".join(
                _ESCAPE.sub(_unescape, string[1:-1]) for string in re.findall(_STRING, match[0], re.S)
            )
            if said and not said.startswith("data:"):  # which is looked into as what it holds
                yield said, match.start()


def _unescape(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else 0
    return match[2] if match[1] is None else chr(code) if 0 < code < 0x110000 else ""
