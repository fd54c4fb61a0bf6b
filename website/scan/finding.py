"""What the scan says of one thing that it found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: Kind, line, and part of the file (a cell of a notebook, a sheet; empty where the line says enough).
Hit = tuple[str, int, str]
Hits = Iterator[Hit]


@dataclass(frozen=True)
class Finding:
    """One thing that must not be published: its kind, file and place, never the value.

    Attributes
    ----------
    kind : str
        What it is, in a few words.
    file : str
        Path below the scanned folder.
    line : int
        Line of the file, or row of the sheet, from 1; 0 if the file as a whole is meant.
    part : str
        Cell of a notebook, sheet of a workbook, or other table of a pair; often empty.
    """

    kind: str
    file: str
    line: int
    part: str = ""

    @property
    def place(self) -> str:
        """Where in the file, in words."""
        words = [self.part, f"line {self.line}" if self.line else ""]
        return ", ".join(word for word in words if word) or "the file"

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.kind}"


def line_at(text: str, offset: int) -> int:
    """Line of `text`, from 1, that holds the character at `offset`."""
    return text.count("\n", 0, offset) + 1
