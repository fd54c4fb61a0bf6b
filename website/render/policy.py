"""The content security policy of a page: nothing from another place, no script that we did not write.

A policy in the page itself holds from a drive as from a server, and comes first in the head: it governs
only what stands after it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re

from website.render.errors import RenderError

_SPEAKER = re.compile(r"<script>(.*?)<\\/script>", re.DOTALL)
_COMMON = ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "form-action 'none'")


def script_hash(text: str) -> str:
    """Source expression that allows exactly this inline script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def page_policy() -> str:
    """Policy of a site page: our own files, and what a table's alignment needs.

    Chromium counts the files beside a page on the drive as 'self'; Firefox does not, and ``file:`` lets it
    show style and pictures there (the page reads without scripts). A served page gains nothing by it.
    """
    return _meta(
        "script-src 'self'",
        "style-src 'self' file:",
        "style-src-attr 'unsafe-inline'",  # pandoc writes widths and alignment of columns as style="…"
        "img-src 'self' file: data:",
        "font-src 'self' data:",
    )


def deck_policy(*scripts: str) -> str:
    """Policy of a deck, which is one file: these scripts, as they stand in it, and no other.

    reveal.js writes a style sheet of its own for print, and shows the deck in frames in the speaker's view.
    """
    return _meta(
        "script-src " + " ".join(script_hash(text) for text in scripts),
        "style-src 'unsafe-inline'",
        "img-src data:",
        "font-src data:",
        "frame-src 'self'",
    )


def single_policy() -> str:
    """Policy of a report in one file: its own style and pictures, and no script at all."""
    return _meta("style-src 'unsafe-inline'", "img-src data:", "font-src data:")


def speaker_script(notes: str) -> str:
    """Script of the speaker's view, which reveal.js's notes plugin writes into a window of its own."""
    found = _SPEAKER.search(notes)
    if found is None:
        raise RenderError("reveal.js's speaker view is not as it was: pip install 'sphinx-revealjs>=3.2,<4'")
    text = re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", found[1]).replace("\\'", "'")
    return str(json.loads(f'"{text}"'))


def _meta(*directives: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{"; ".join([*_COMMON, *directives])}">'
