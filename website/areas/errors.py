"""What stops an area's report; each message says what to do, or where to look."""

from __future__ import annotations


class UnknownArea(ValueError):
    """A code that no area of these inputs has; the message says which are near, and which there are."""


class NoReport(RuntimeError):
    """There is no main report of these inputs for area reports to stand beside."""


class AreaError(RuntimeError):
    """An area's pages were made but may not be published; the message names area, file and line."""
