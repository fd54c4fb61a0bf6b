"""What dodo.py needs of a step: whether it is up to date, and what a person is told when it fails."""

from __future__ import annotations

import re
from collections.abc import Callable


def same_as_last_time(describe: Callable[[], str]) -> Callable[..., bool]:
    """Return a doit ``uptodate`` check: is what `describe` says the same as when the step last ran?"""

    def unchanged(task: object, values: dict[str, str]) -> bool:
        now = describe()
        task.value_savers.append(lambda: {"state": now})
        return values.get("state") == now

    return unchanged


def shorten_failure(text: str, fail: object) -> str:
    """Return what a person needs of a failure: the last line of a traceback, or all of a plain message."""
    trace = "".join(getattr(fail, "traceback", None) or [])
    lines = (trace or text).strip().splitlines()
    marks = [n for n, line in enumerate(lines) if line and not line.startswith((" ", "Traceback", "During"))]
    if not (trace and marks):
        return text
    # An error of the project says what to do; which class it is helps nobody who reads it here.
    return re.sub(r"^analysis_lib\.[\w.]+: ", "", "\n".join(lines[marks[-1] :]))
