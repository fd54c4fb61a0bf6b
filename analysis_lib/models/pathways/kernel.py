"""Pairs of steps of one person by setting and wait: what order the steps of people have."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis_lib.models.pathways.collect import Pathways

#: First day of each class of waits, and the day after the last: same day, 1, 2-3, 4-7, 8-14 days and on.
WAITS = (0, 1, 2, 4, 8, 15, 31, 61, 121, 241)
N_WAITS = len(WAITS) - 1
#: Fewest steps of each class of people, by how many steps of a setting they have.
NUMBERS = np.array([1, 2, 4, 8, 16])
N_NUMBERS = len(NUMBERS)
_CLASS = np.repeat(np.arange(N_WAITS), np.diff(WAITS)).astype("int64")


def iterate_pairs(
    pathways: Pathways, within: int = WAITS[-1]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Yield positions of the earlier and the later step of pairs of one person, and the days between them.

    All pairs that begin less than `within` days after each other, those that are neighbours first. A stay
    ends on its last day; a wait is never below 0.
    """
    person, day, until = pathways.person, pathways.day, pathways.until
    first = np.arange(len(person), dtype="int64")
    apart = 0
    while len(first):
        apart += 1
        first = first[first + apart < len(person)]
        then = first + apart
        near = (person[first] == person[then]) & (day[then] - day[first] < within)
        first, then = first[near], then[near]
        yield first, then, np.maximum(day[then] - until[first], 0).astype("int64")


def classify_numbers(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the class, of `NUMBERS`, of each person's number of steps by setting; none are as one."""
    return np.searchsorted(NUMBERS[1:], counts, side="right")


def count_pairs(pathways: Pathways, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return pairs of steps, shape (settings, settings, classes, classes, waits).

    First the setting of the earlier step, then of the later, the classes of how many steps of each the person
    has (`counts`, shape (people, settings)), and the class of the wait.
    """
    n = len(pathways.settings)
    found = np.zeros(n * n * N_NUMBERS**2 * N_WAITS)
    setting = pathways.setting.astype("int64")
    number = classify_numbers(counts)[pathways.person, setting]
    for first, then, wait in iterate_pairs(pathways):
        cell = (setting[first] * n + setting[then]) * N_NUMBERS + number[first]
        cell = (cell * N_NUMBERS + number[then]) * N_WAITS + _CLASS[wait]
        found += np.bincount(cell, minlength=len(found))
    return found.reshape(n, n, N_NUMBERS, N_NUMBERS, N_WAITS)


def count_people(pathways: Pathways) -> NDArray[np.int64]:
    """Return of how many people there are pairs at least, shape (settings, settings, waits)."""
    n = len(pathways.settings)
    found = np.zeros(n * n * N_WAITS, "int64")
    setting = pathways.setting.astype("int64")
    for first, then, wait in iterate_pairs(pathways):
        cell = (setting[first] * n + setting[then]) * N_WAITS + _CLASS[wait]
        each = np.unique(pathways.person[first] * np.int64(len(found)) + cell) % len(found)
        # Those found among neighbours and among others may be the same people.
        found = np.maximum(found, np.bincount(each, minlength=len(found)))
    return found.reshape(n, n, N_WAITS)
