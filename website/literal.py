"""Text from the data as Markdown in which every sign stands for itself."""

from __future__ import annotations

import re
import unicodedata

# What may begin markup anywhere; quotation marks and full stops in a sentence stay as they are.
_SIGNS = re.compile(r"([\\`*_{}\[\]<>#+\-!|~^$@&:=])")
# What may begin a list where the text stands alone in its paragraph: "1. ", "(a) ".
_LIST = re.compile(r"^(\(?)(\w{1,9})([.)])(?=\s|$)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def literal(text: str) -> str:
    """Return one line of Markdown that shows `text`: no markup, link, HTML, formula, citation or shortcode.

    Text that is literal already stays as it is, so that nothing is escaped twice. A shortcode is broken
    up by a space: Quarto finds one in a variable whatever its signs are escaped with.
    """
    marked = _SIGNS.sub(r"\\\1", unmarked(text))
    return _LIST.sub(lambda m: ("\\(" if m[1] else "") + m[2] + "\\" + m[3], marked)


def one_line(text: str) -> str:
    """Return text without line breaks, and with "\N{REPLACEMENT CHARACTER}" for what does not show.

    Controls and marks of text direction can make a page say something else than the text does.
    """
    text = re.sub(r"[ \t\n\v\f\r\x85\u2028\u2029]+", " ", text).strip(" ")
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else "\ufffd" for c in text)


def unmarked(text: str) -> str:
    """Return text for a place that takes no Markdown (an alternative text): only a shortcode is broken up."""
    return one_line(unescape(text)).replace("{{<", "{ {<").replace(">}}", "> }}")


def unescape(text: str) -> str:
    """Return what Markdown with backslashes before signs shows, for places that take plain text."""
    return _ESCAPED.sub(r"\1", text)
