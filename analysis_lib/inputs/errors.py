"""What a rejection says: file, line, column, what was expected, and what to do about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

CELL_LIMIT = 40
TEXT_LIMIT = 500


def visible(text: str) -> str:
    """Return text with every character that does not show written out, such as ``\\u202e``.

    These are controls (which a terminal obeys), marks of text direction and zero width (with which one
    word passes for another), and halves of a pair, as in file names that are no Unicode.
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or unicodedata.category(c) == "Zs" else c.encode("unicode_escape").decode()
        for c in text
    )


def without_invisible(text: str) -> str:
    """Return text as a reader sees it: single spaces, and no character that does not show."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isprintable() or c.isspace())
    return " ".join(text.split())


def quote_cell(cell: str) -> str:
    """Return a cell of a schema column for a message, cut to 40 characters."""
    return repr(cell if len(cell) <= CELL_LIMIT else cell[: CELL_LIMIT - 1] + "…")


@dataclass(frozen=True)
class Rejection:
    """One reason why a file is not read.

    Attributes
    ----------
    file : str
        File in the folder; ``archive.zip/member.csv`` for a zip's member.
    problem, expected, remedy : str
        What is wrong, what was expected there, and what to do about it.
    line : int or None
        Line of the text file (row of the sheet), counted from 1 with the header.
    column : str or None
        Column by its name in the file.
    """

    file: str
    problem: str
    expected: str
    remedy: str
    line: int | None = None
    column: str | None = None

    def __post_init__(self) -> None:
        for name in ("file", "problem", "expected", "remedy", "column"):
            text = getattr(self, name)
            if text and not (text.isprintable() and len(text) <= TEXT_LIMIT):
                shown = visible(text[: TEXT_LIMIT + 1])
                cut = shown[: TEXT_LIMIT - 1] + "…" if len(shown) > TEXT_LIMIT else shown
                object.__setattr__(self, name, cut)

    @property
    def place(self) -> str:
        """File, line and column, as far as they are known."""
        place = self.file
        place += f", line {self.line}" if self.line is not None else ""
        return place + (f", column {self.column}" if self.column else "")

    def to_text(self) -> str:
        """Return the rejection as one line."""
        return f"{self.place}: {self.problem}; expected {self.expected}. {self.remedy}"

    def to_dict(self) -> dict[str, object]:
        """Return the rejection as a dictionary ready for JSON."""
        return asdict(self)

    def within(self, file: str) -> Rejection:
        """Return the rejection as that of `file`."""
        return replace(self, file=file)


class LeftAside(Exception):
    """A file that is not to be read: known and not needed, or plainly no appointment file; says which."""


class InputError(ValueError):
    """Raised when inputs cannot be read; carries every rejection, not only the first.

    Attributes
    ----------
    rejections : list of Rejection
    """

    def __init__(self, rejections: Sequence[Rejection] | Rejection) -> None:
        self.rejections = [rejections] if isinstance(rejections, Rejection) else list(rejections)
        lines = [rejection.to_text() for rejection in self.rejections]
        if len(lines) > 1:
            lines = [f"{len(lines)} inputs were rejected; nothing was loaded:", *(f"- {x}" for x in lines)]
        super().__init__("\n".join(lines))

    def within_sheet(self, sheet: str) -> InputError:
        """Return the error with the sheet of a workbook named in every rejection."""
        return InputError([replace(r, problem=f"sheet {sheet!r}: {r.problem}") for r in self.rejections])


def reject(
    problem: str,
    expected: str,
    remedy: str,
    *,
    file: str = "",
    line: int | None = None,
    column: str | None = None,
) -> InputError:
    """Return an `InputError` with one rejection, to be raised by the caller."""
    return InputError(Rejection(file, problem, expected, remedy, line, column))
