"""A last look at what was built: nothing of the machine or of a failure may be published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_TEXT = {".html", ".csv", ".json", ".js", ".css", ".xml", ".txt"}
_PATTERNS = {
    "absolute path": re.compile(r"(?<![\w.:/~-])/(?:home|root|Users|tmp|work|mnt/data)/[\w.-]+/"),
    "traceback": re.compile(r"Traceback \(most recent call last\)"),
    "unresolved shortcode": re.compile(r"\{\{(?:<|&lt;)\s*(?:var|embed|include|meta)\b"),
    "missing number": re.compile(
        r"(?<![\w-])(?:nan|NaN|NaT|inf)%?(?![\w-])(?=[^<>]*</(?:p|td|li|h\d|figcaption))"
    ),
    "remote request": re.compile(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=[\"'](?:https?:)?//"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that must not be published: its kind, file and line, never the value."""

    kind: str
    file: str
    line: int


def scan_site(folder: Path) -> list[Finding]:
    """Look through a built site for absolute paths, tracebacks, broken shortcodes and remote requests.

    Parameters
    ----------
    folder : Path
        The built site.

    Returns
    -------
    list of Finding
        Empty if the site may be published.
    """
    findings = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix in _TEXT and p.is_file()):
        text = path.read_text(encoding="utf-8", errors="replace")
        for kind, pattern in _PATTERNS.items():
            if path.suffix == ".js" and kind in ("missing number", "remote request"):
                continue  # library code
            findings += [
                Finding(kind, path.relative_to(folder).as_posix(), text.count("\n", 0, match.start()) + 1)
                for match in pattern.finditer(text)
            ]
    return findings
