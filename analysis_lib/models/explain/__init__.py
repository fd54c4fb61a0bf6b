"""What the trees lean on: exact SHAP values, as tables that may leave. Never a cause, never one person.

Contributions are to the log-odds of the trees before calibration.
"""

from analysis_lib.models.explain.groups import check_groups, group_features, name_concept
from analysis_lib.models.explain.importance import explain_dependence, explain_importance, explain_stability
from analysis_lib.models.explain.pairs import explain_interactions
from analysis_lib.models.explain.profiles import explain_profiles, typical_profiles
from analysis_lib.models.explain.truth import (
    compare_truth_shap,
    score_truth,
    weigh_cost,
    weigh_planted,
    weigh_settings,
)
from analysis_lib.models.explain.values import Explanation, NotAdditive, explain_pairs, explain_trees

__all__ = [
    "Explanation",
    "NotAdditive",
    "check_groups",
    "compare_truth_shap",
    "explain_dependence",
    "explain_importance",
    "explain_interactions",
    "explain_pairs",
    "explain_profiles",
    "explain_stability",
    "explain_trees",
    "group_features",
    "name_concept",
    "score_truth",
    "typical_profiles",
    "weigh_cost",
    "weigh_planted",
    "weigh_settings",
]
