"""Training: exercises by role, on simulated people, whose answers are computed and never stored.

`open_training` makes the people and returns what a notebook in ``notebooks/training/`` works with; its
`Training.check` says whether an answer is right, or hints at the mistake behind it.
"""

from analysis_lib.training.checker import NOT_ANSWERED, Exercise, Mistake
from analysis_lib.training.classroom import Classroom, make_classroom
from analysis_lib.training.open import EXERCISES, Training, open_training

__all__ = [
    "EXERCISES",
    "NOT_ANSWERED",
    "Classroom",
    "Exercise",
    "Mistake",
    "Training",
    "make_classroom",
    "open_training",
]
