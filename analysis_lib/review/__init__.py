"""Medication reviews: whom to see first and why, and one person's record on a page.

The list names people and is never released; counts of it may be, through the gate. `analysis_lib` does not
import this room by itself.
"""

from analysis_lib.review.page import Risk, describe_risk, write_person_page
from analysis_lib.review.place import UnsafePlace, refuse_place
from analysis_lib.review.priorities import (
    count_reasons,
    evaluate_capacity,
    list_by_capacity,
    list_current,
    list_priorities,
)

__all__ = [
    "Risk",
    "UnsafePlace",
    "count_reasons",
    "describe_risk",
    "evaluate_capacity",
    "list_by_capacity",
    "list_current",
    "list_priorities",
    "refuse_place",
    "write_person_page",
]
