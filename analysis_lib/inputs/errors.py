"""What a rejection says: file, line, column, what was expected, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

CELL_LIMIT = 40


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
