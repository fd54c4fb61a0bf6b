"""Which scripts the pages may hold: those that the built-in renderer writes, told by their text."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from functools import cache
from pathlib import Path

_RENDERER = Path(__file__).resolve().parents[1] / "render" / "static"
_REVEAL = ("dist/reveal.js", "plugin/notes/notes.js")
_INDEX = re.compile(r"window\.searchIndex=(\[.*\]);\s*", re.S)


def _digest(text: str) -> str:
    """Hash of a script, whether it stands in a file or, escaped, in a page."""
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.M)
    text = re.sub(r"<\\/(script)", r"</\1", text, flags=re.I).replace("\\x3c!--", "<!--")
    return hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()


@cache
def known_scripts() -> frozenset[str]:
    """Hashes of the renderer's own scripts and of reveal.js, read from where they are installed."""
    files = list(_RENDERER.glob("*.js"))
    spec = importlib.util.find_spec("sphinx_revealjs")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        files += [Path(folder, "_static", "revealjs", name) for name in _REVEAL]
    return frozenset(_digest(path.read_text(encoding="utf-8")) for path in files if path.is_file())


def is_known(text: str) -> bool:
    """Whether this script is one of the renderer's."""
    return not text.strip() or _digest(text) in known_scripts()


def search_index(text: str) -> str | None:
    """The JSON of a search index, if the script is nothing but that."""
    match = _INDEX.fullmatch(text)
    return match[1] if match else None
