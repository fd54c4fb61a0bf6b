"""What a folder leaves open, so that a total may be wrong: it stops the run until the user has answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analysis_lib.inputs.errors import Rejection, reject, visible

ANSWERS_FILE = "accept.txt"
SHOWN = 4
NAME_SHOWN = 60


@dataclass
class Answers:
    """What the user accepts: lines such as ``add 3f2a1c``, of accept.txt or of the command line.

    The code stands for the content of the files that a doubt is about: another file asks again.
    """

    given: Mapping[str, str] = field(default_factory=dict)  # line → where it stands
    used: set[str] = field(default_factory=set)

    def find(self, code: str, words: Iterable[str]) -> str | None:
        """Return which of the words was answered to a doubt, None if it was not."""
        for word in words:
            if f"{word} {code}" in self.given:
                self.used.add(f"{word} {code}")
                return word
        return None

    def unused(self) -> list[str]:
        """Return a remark on every line that answers no doubt of these files."""
        return [
            f"{place}: {visible(line)[:NAME_SHOWN]!r} answers no question about these files"
            for line, place in self.given.items()
            if line not in self.used
        ]


@dataclass(frozen=True)
class Doubt:
    """A question about files: `answers` are the words that settle it, each with what it means."""

    files: tuple[str, ...]
    problem: str
    expected: str
    remedy: str
    code: str
    answers: Mapping[str, str]

    def to_rejection(self) -> Rejection:
        """Return the doubt as what stops the run, with the lines that settle it."""
        ways = "; ".join(f"'{word} {self.code}' {meaning}" for word, meaning in self.answers.items())
        remedy = f"{self.remedy} Or settle it by a line in {ANSWERS_FILE} in the folder: {ways}."
        return Rejection(name_files(self.files), self.problem, self.expected, remedy)

    def to_note(self, answer: str) -> str:
        """Return the doubt as a note, once it was answered."""
        said = f"accepted by the user: {answer} {self.code} ({self.answers[answer]})"
        return f"{name_files(self.files)}: {self.problem}; {said}."


def name_files(files: Iterable[str]) -> str:
    """Return file names for a sentence, a few of many."""
    names = [n if len(n) <= NAME_SHOWN else f"{n[:NAME_SHOWN]}…" for n in dict.fromkeys(files)]
    shown, more = names[:SHOWN], len(names) - SHOWN
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def code_of(*contents: str) -> str:
    """Return the code by which a doubt about these contents is answered."""
    return hashlib.blake2b("\0".join(sorted(set(contents))).encode(), digest_size=3).hexdigest()


def read_answers(folder: Path, lines: Iterable[str] = ()) -> Answers:
    """Return what the folder's accept.txt and the given lines accept; # begins a remark.

    Raises
    ------
    InputError
        If the file cannot be read as text.
    """
    given = {" ".join(line.split()).casefold(): "--accept" for line in lines}
    path = folder / ANSWERS_FILE
    if path.is_file():
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            raise reject(
                "no readable text", "lines such as 'add 3f2a1c'", "Mend it.", file=path.name
            ) from None
        for number, line in enumerate(text.splitlines(), 1):
            words = " ".join(line.split("#")[0].split()).casefold()
            given |= {words: f"{ANSWERS_FILE}, line {number}"} if words else {}
    return Answers(given)
