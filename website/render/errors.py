"""The one error of the renderer: it names file, line and construct."""

from __future__ import annotations


class RenderError(Exception):
    """A page that cannot be published as it stands.

    Parameters
    ----------
    message
        What is wrong and how to put it right.
    file, line
        Where: path from the project root and line (1-based; 0 when unknown). A notebook
        is given as ``path.ipynb, cell 4`` and the line within that cell.
    construct
        The piece of the source that stopped the build.
    """

    def __init__(self, message: str, *, file: str = "", line: int = 0, construct: str = "") -> None:
        self.message, self.file, self.line, self.construct = message, file, line, construct
        place = f"{file}:{line}" if file and line else file
        quoted = f" `{construct}`" if construct else ""
        super().__init__(f"{place}:{quoted} {message}" if place else f"{quoted} {message}".strip())
