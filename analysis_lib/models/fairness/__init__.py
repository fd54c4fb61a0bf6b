"""Whom a list made by risk would reach and miss, by group; what the label leaves out; what evening out costs.

fairlearn is imported when a table is computed, not before.
"""

from analysis_lib.models.fairness.lists import evaluate_fairness, list_by_deprivation, list_top
from analysis_lib.models.fairness.mitigation import choose_group_thresholds, evaluate_mitigation
from analysis_lib.models.fairness.need import cost_need, need_at_equal_risk

__all__ = [
    "choose_group_thresholds",
    "cost_need",
    "evaluate_fairness",
    "evaluate_mitigation",
    "list_by_deprivation",
    "list_top",
    "need_at_equal_risk",
]
