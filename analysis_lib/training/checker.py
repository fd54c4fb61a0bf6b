"""An exercise: its right answer, the answers of common mistakes, and what a learner is told of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.training.classroom import Classroom

NOT_ANSWERED = "not answered yet"

Answer = float | frozenset[str]


@dataclass(frozen=True)
class Mistake:
    """A common mistake: the answer that it leads to, and a hint that does not give the right one.

    Attributes
    ----------
    hint : str
    answer : callable
        Of a `Classroom`: a number, or a set of str.
    """

    hint: str
    answer: Callable[[Classroom], Any] = field(repr=False)


@dataclass(frozen=True)
class Exercise:
    """A question whose answer is a number or a set of texts.

    Attributes
    ----------
    name : str
        As a learner gives it to ``check``: "ex3".
    right : callable
        Of a `Classroom`: the right answer.
    mistakes : tuple of Mistake
        The one that is told of first comes first.
    tolerance : float
        How far a number may lie from the right one, in its own unit. It covers rounding as the question
        asks for it.
    share : bool
        Whether the answer is between 0 and 1.
    """

    name: str
    right: Callable[[Classroom], Any] = field(repr=False)
    mistakes: tuple[Mistake, ...]
    tolerance: float = 0.0
    share: bool = False

    def check(self, classroom: Classroom, answer: Any) -> str:
        """Return what a learner is told of an answer.

        Parameters
        ----------
        classroom : Classroom
        answer : number, or set, list, Series or Index of str
            ``...`` and None stand for no answer yet.

        Returns
        -------
        str
            In one or two sentences. The right answer is not among them.
        """
        if answer is None or answer is Ellipsis:
            return f"{self.name}: {NOT_ANSWERED}."
        right = as_answer(self.right(classroom))
        try:
            given = as_answer(answer)
        except TypeError as error:
            return f"{self.name}: {error}"
        if isinstance(given, frozenset) != isinstance(right, frozenset):
            wanted = "a set of texts" if isinstance(right, frozenset) else "a number"
            return f"{self.name}: the answer is {wanted}, and yours is {_kind(given)}."
        if self.same(given, right):
            alike = [m.hint for m in self.mistakes if self.same(as_answer(m.answer(classroom)), right)]
            warned = [
                f" With these people a common mistake leads to the same answer: {hint}" for hint in alike
            ]
            return f"{self.name}: right.{''.join(warned[:1])}"
        for mistake in self.mistakes:
            if self.same(given, as_answer(mistake.answer(classroom))):
                return f"{self.name}: not yet. {mistake.hint}"
        return f"{self.name}: not yet. {self._distance(given, right)}"

    def same(self, one: Answer, other: Answer) -> bool:
        """Return whether two answers count as one: sets are equal, numbers within the tolerance."""
        if isinstance(one, frozenset) or isinstance(other, frozenset):
            return one == other
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=self.tolerance)

    def clashes(self, classroom: Classroom) -> list[str]:
        """Return the hints of mistakes that cannot be told from the right answer, or from an earlier mistake.

        Parameters
        ----------
        classroom : Classroom
            Other people may give other clashes.
        """
        known, found = [as_answer(self.right(classroom))], []
        for mistake in self.mistakes:
            wrong = as_answer(mistake.answer(classroom))
            if any(self.same(wrong, answer) for answer in known):
                found.append(mistake.hint)
            known.append(wrong)
        return found

    def _distance(self, given: Answer, right: Answer) -> str:
        if isinstance(given, frozenset) and isinstance(right, frozenset):
            if given < right:
                return "All that you name belongs to the answer, but something is missing."
            if given > right:
                return "Nothing is missing, but you name something that does not belong to the answer."
            return "Something is missing, and something does not belong to the answer."
        if self.share and not 0 <= float(given) <= 1:  # type: ignore[arg-type]
            return (
                "The answer is a share, from 0 to 1: divide a percentage by 100, and a count by the people."
            )
        return "Read the question once more: whom does it count, on which day, and of how many?"


def as_answer(answer: Any) -> Answer:
    """Return an answer as a float or a frozenset of str.

    Raises
    ------
    TypeError
        If it is neither a number nor a collection of texts; the message tells a learner what to do.
    """
    if isinstance(answer, str):
        raise TypeError(
            "your answer is text. Write a number without quotation marks, or texts in curly brackets: {'A'}."
        )
    if isinstance(answer, pd.DataFrame | dict) or callable(answer):
        raise TypeError(f"your answer is {_kind(answer)}. Take the number, or the set of texts, out of it.")
    if isinstance(answer, Collection) and len(getattr(answer, "shape", (1,))) == 1:
        if all(isinstance(part, str) for part in answer):
            return frozenset(answer)
        raise TypeError("your answer holds more than one value, and these are not texts.")
    if isinstance(answer, bool | np.bool_):
        raise TypeError("your answer is true or false. The question asks for a number or a set.")
    try:
        number = float(answer)
    except (TypeError, ValueError):
        raise TypeError(f"your answer is {_kind(answer)}. Give a number or a set of texts.") from None
    if math.isnan(number):
        raise TypeError("your answer is a missing value. Look for where it went missing.")
    return number


def _kind(answer: Any) -> str:
    names = {
        "frozenset": "a set of texts",
        "float": "a number",
        "DataFrame": "a table",
        "dict": "a dictionary",
    }
    name = "a function" if callable(answer) else type(answer).__name__
    return names.get(name, name if name.startswith("a ") else f"of type {name}")
