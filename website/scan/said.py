"""Counts of people in words and sentences, where the rule would have hidden the count: "three patients"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

SMALL_SAID = "small count of people in words"
_WORDS = str.split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_PEOPLE = (
    "people|persons?|(?:in|out)?patients?|individuals?|residents?|women|woman|men|man|females?|males?|children|child"
    "|girls?|boys?|babies|baby|adults?|pensioners?|adolescents?|cases|survivors?|attenders?"
)
_EVENTS = (
    "deaths?|(?:re-?)?admissions?|attendances?|discharges?|referrals?|visits?|contacts?|events?|strokes?"
    "|falls|arrests?|diagnos[ei]s|births?|suicides?|operations?|prescriptions?"
)
_OPEN = "appointments?|tweets?|users?"  # what open statistics count as well
_HAPPENED = (
    "died|attended|(?:was|were|had been) (?:(?:re)?admitted|diagnosed|discharged|referred)|did not attend"
)
_GAP = r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)"  # no more than one new line: more of them part two blocks
# Between number and noun stand at most two words that tell what kind of people; none begins another thing
_NO_KIND = "|".join(
    str.split(
        "in of to or and per for with by from that which who times than on at is are was were out million "
        "billion hundred thousand day week month year minute hour more fewer less other as if not january "
        "february march april may june july august september october november december"
    )
)
_KIND = rf"(?:(?!(?:{_NO_KIND}|[^\W\d_]+(?<!ou)(?<!s)s)\b)[^\W\d_][\w’'-]*{_GAP})"
_OF_THEM = rf"(?:of{_GAP}(?:the|these|those|our|all|its){_GAP}(?:[\d,]+{_GAP})?)?"
# What makes a number a part of another one, a bound or a name: "one in five people", "stage 3 patients"
_BEFORE = (
    "in|of every|out of|every|each|per|to|or|at least|at most|than|up to|under|over|above|below|first|last"
    "|next|top|between|hundred|thousand|hundred and|thousand and|twenty|thirty|forty|fifty|sixty|seventy"
    "|eighty|ninety|aged?|level|stage|grade|band|decile|quintile|types?|tier|figure|table|group|class|step"
    "|phase|chapter|notebook|part|category|day|week|month|year|wave|model|section|version|number"
)
_NO_COUNT = re.compile(rf"(?:\b(?:{_BEFORE}|no\.)|[×x*÷/+=<>≤≥–-])\s*$", re.I)


class SmallCounts:
    """What says a count of people or events that is under a threshold.

    Parameters
    ----------
    below : int or None
        The least count that may be said; None finds nothing.
    beside_open : bool
        Whether open statistics stand beside it: their appointments and tweets may be few.
    """

    def __init__(self, below: int | None, *, beside_open: bool = False) -> None:
        nouns = f"(?:{_PEOPLE}|{_EVENTS}{'' if beside_open else '|' + _OPEN})"
        self._count = re.compile(rf"(?:n|number of|count)\b|.*\b{nouns}$")
        words = _WORDS[2 : below or 0]  # "one" is an article more often than a count
        self._words = frozenset(_WORDS[1 : below or 0])
        digits = [str(n) for n in range(2, min(below or 0, len(_WORDS)))]
        several = "|".join([*words, *digits])
        one = rf"(?:only|just|exactly|was|were){_GAP}(?:one|1)|a{_GAP}single"
        pair = rf"a{_GAP}(?:couple|pair){_GAP}of" + (rf"|half{_GAP}a{_GAP}dozen" if len(words) > 4 else "")
        self._pattern = None
        if words:
            self._pattern = re.compile(
                rf"(?<![\w.,£$€%:/#-])(?:(?:{several}|{one}|{pair}){_GAP}{_OF_THEM}"
                rf"(?:{_KIND}{{0,2}}?{nouns}\b|(?:of{_GAP}them{_GAP})?(?:{_HAPPENED})\b)"
                rf"|{nouns}[^\S\n]*(?:[:=][^\S\n]*(?:{several}|one|1)|\([^\S\n]*(?:{'|'.join(_WORDS[1:below])}))\b"
                r"(?![^\S\n]*(?:in\b|of\b|out\b|to\b|per\b|or\b|and\b|[.,:/–-]\d|%|[^\W\d_])))",
                re.I,
            )

    def find(self, text: str) -> Iterator[int]:
        """Offsets of all in `text`."""
        for match in self._pattern.finditer(text) if self._pattern else ():
            if not _NO_COUNT.search(text, max(0, match.start() - 20), match.start()):
                yield match.start()

    def find_in_cells(self, rows: Iterator[tuple[int, Sequence[str]]]) -> Iterator[int]:
        """Lines of the rows of a table whose column of people or events holds a small number in words."""
        names: Sequence[str] = ()
        for number, (line, row) in enumerate(rows):
            names = names if number else row
            if any(self.is_small(name, cell) for name, cell in zip(names, row, strict=False)):
                yield line

    def is_small(self, name: str, cell: str) -> bool:
        """Whether a cell of the column `name` says a small count of people or events in words."""
        if cell.strip().lower() in self._words:
            return bool(self._count.match(re.sub(r"[\W_]+", " ", name.lower()).strip()))
        return len(cell) > 8 and next(self.find(cell), None) is not None
