"""Open the exercises of a role."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from analysis_lib.training import analyst, maintainer, reader
from analysis_lib.training.checker import Exercise
from analysis_lib.training.classroom import Classroom, make_classroom

SEED_VARIABLE = "TRAINING_SEED"
EXERCISES: dict[str, tuple[Exercise, ...]] = {
    "reader": reader.EXERCISES,
    "analyst": analyst.EXERCISES,
    "maintainer": maintainer.EXERCISES,
}


@dataclass(frozen=True)
class Training:
    """The exercises of a role, and the people that they are about.

    Attributes
    ----------
    role : {"reader", "analyst", "maintainer"}
    classroom : Classroom
    """

    role: str
    classroom: Classroom

    def check(self, name: str, answer: Any = None) -> None:
        """Print whether an answer is right, or a hint.

        Parameters
        ----------
        name : str
            Of the exercise: "ex1".
        answer : number, or set of str
            ``...`` where there is none yet.

        Raises
        ------
        KeyError
            If there is no such exercise.
        """
        print(self.find(name).check(self.classroom, answer))

    def find(self, name: str) -> Exercise:
        """Return an exercise by its name."""
        for exercise in EXERCISES[self.role]:
            if exercise.name == name:
                return exercise
        known = ", ".join(exercise.name for exercise in EXERCISES[self.role])
        raise KeyError(f"There is no exercise {name!r} for the {self.role}: there are {known}.")


def open_training(role: str, seed: int | None = None) -> Training:
    """Make the people of a training, and return its exercises. Nothing is downloaded.

    Parameters
    ----------
    role : {"reader", "analyst", "maintainer"}
    seed : int, optional
        Other seeds give other people, and other answers; the environment's TRAINING_SEED, or 1, if not given.

    Raises
    ------
    ValueError
        If there is no such role, or the seed is no whole number.
    """
    if role not in EXERCISES:
        raise ValueError(f"A training is for one of {', '.join(EXERCISES)}: {role!r} given.")
    stated = os.environ.get(SEED_VARIABLE, "1")
    if seed is None:
        if not stated.isdecimal():
            raise ValueError(f"{SEED_VARIABLE} must be a whole number, such as 1: it is {stated!r}.")
        seed = int(stated)
    return Training(role, make_classroom(seed))
