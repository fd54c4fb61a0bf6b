"""How well a risk of each person told who had the outcome: discrimination, calibration, use, over time."""

from analysis_lib.measures.performance.compare import compare_risks
from analysis_lib.measures.performance.decision import decision_curve
from analysis_lib.measures.performance.evaluate import evaluate_risk
from analysis_lib.measures.performance.landmarks import (
    compare_landmarks,
    cumulative_incidence,
    evaluate_landmarks,
    false_rises,
    follow_truth,
    gain_in_change,
    reaction_time,
)
from analysis_lib.measures.performance.months import flag_months, performance_by_month
from analysis_lib.measures.performance.reliability import calibration_bins
from analysis_lib.measures.performance.rules import RULES, simple_rules

__all__ = [
    "RULES",
    "calibration_bins",
    "compare_landmarks",
    "compare_risks",
    "cumulative_incidence",
    "decision_curve",
    "evaluate_landmarks",
    "evaluate_risk",
    "false_rises",
    "flag_months",
    "follow_truth",
    "gain_in_change",
    "performance_by_month",
    "reaction_time",
    "simple_rules",
]
