"""What the numbers of notebook 05's tables are. Performance rests on people and events, and goes with either.

A prevalence, declared the ratio of both, protects those without the event as well. A lift is the share of
events that stand at the top, and a net benefit the share of people found, less some: both are `Proportion`,
no finer than the rounded count that they stand for, since each would give the number found back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis_lib.measures import wilson_interval
from analysis_lib.release.columns import (
    Count,
    Derived,
    Dimension,
    Estimate,
    Kind,
    Plain,
    Proportion,
    Ratio,
    Share,
)

_BOTH = Estimate(("n", "n_events"))
_OF_PEOPLE = Estimate(("n",))
_LIST = ("outcome", "model")
_WRONG = ("n_listed", "n_found", "n", "n_events")
_MEASURES = (
    "auroc low high auprc auprc_low auprc_high brier brier_low brier_high brier_skill calibration_slope "
    "slope_low slope_high calibration_in_large large_low large_high oe"
)
ENDS = ("", "_low", "_high")
LIFT_SHARES = (1, 5, 10)  # percent of people: performance.lift_1, lift_5, lift_10


def _all(kind: Kind, tables: str, columns: str) -> dict[str, Kind]:
    """Return one kind for each of these columns of each of these tables."""
    return {f"{table}.{column}": kind for table in tables.split() for column in columns.split()}


def _wilson_low(part: NDArray, whole: NDArray) -> NDArray:
    return wilson_interval(part, whole)[0]


def _wilson_high(part: NDArray, whole: NDArray) -> NDArray:
    return wilson_interval(part, whole)[1]


def _false(listed: NDArray, found: NDArray, n: NDArray, events: NDArray) -> NDArray:
    """Of those without the outcome, the share that is listed."""
    return np.divide(listed - found, n - events, out=np.full(len(n), np.nan), where=n > events)


_PERFORMANCE: dict[str, Kind] = {
    **_all(Count(), "performance calibration performance_by_month", "n n_events"),
    "performance.prevalence": Ratio("n_events", "n"),
    **_all(_BOTH, "performance performance_by_month", _MEASURES),
    # The top 1% hold `lift` × 1% of all events.
    **{
        f"performance.lift_{share}{end}": Proportion("n_events", per=100 / share)
        for share in LIFT_SHARES
        for end in ENDS
    },
    # A public file of other people: nothing of it is protected here.
    **_all(Plain(), "outside_check", f"n_train n_test prevalence {_MEASURES}"),
    **_all(Plain(), "outside_check", " ".join(f"lift_{share}{end}" for share in LIFT_SHARES for end in ENDS)),
    **_all(Dimension(), "performance_by_month", "month"),
    **_all(Dimension(), "calibration", "bin"),
    "calibration.mean_risk": _OF_PEOPLE,
    "calibration.observed": Ratio("n_events", "n"),
    "calibration.low": Derived(_wilson_low, ("n_events", "n")),
    "calibration.high": Derived(_wilson_high, ("n_events", "n")),
    **_all(Count(), "decision_curve", "n n_events n_listed"),
    "decision_curve.threshold": Dimension(),
    **_all(Proportion("n"), "decision_curve", "net_benefit low high"),
}
_CHOSEN: dict[str, Kind] = {
    **_all(Count(), "risk_folds", "n n_next_high_cost n_next_emergency"),
    "model_search.n_people": Count(),
    **_all(Dimension(), "model_search", "round learning_rate max_leaf_nodes min_samples_leaf l2"),
    "model_search.log_loss": Estimate(("n_people",)),
    "thresholds.share": Dimension(),
    "thresholds.threshold": Estimate(),
}
_LISTS: dict[str, Kind] = {
    **_all(Count(), "fairness mitigation list_by_deprivation", "n n_events n_listed"),
    **_all(Count(), "fairness mitigation", "n_found"),
    **_all(Ratio("n_listed", "n"), "fairness mitigation list_by_deprivation", "selection_rate"),
    **_all(Ratio("n_found", "n_events"), "fairness mitigation", "recall"),
    **_all(Ratio("n_found", "n_listed"), "fairness mitigation", "precision"),
    **_all(Derived(_wilson_low, ("n_found", "n_events")), "fairness mitigation", "recall_low"),
    **_all(Derived(_wilson_high, ("n_found", "n_events")), "fairness mitigation", "recall_high"),
    **_all(Derived(_false, _WRONG), "fairness mitigation", "false_positive_rate"),
    **_all(Estimate(("n_found",)), "mitigation", "recall_gap gap_low gap_high"),
    "fairness.oe": _BOTH,
    **_all(Dimension(), "fairness", "threshold_share"),
    **_all(Dimension(), "list_by_deprivation", "imd_quintile"),
    "list_by_deprivation.share_of_list": Share("n_listed", _LIST),
    "list_by_deprivation.share_of_people": Share("n", _LIST),
    "list_by_deprivation.share_of_events": Share("n_events", _LIST),
    **_all(Count(), "cost_need", "n n_events"),
    **_all(Dimension(), "cost_need", "risk_bin core20"),
    "cost_need.emergency_rate": Ratio("n_events", "n"),
    **_all(_OF_PEOPLE, "cost_need", "mean_risk mean_conditions mean_cost_gbp mean_age"),
    **_all(Count(), "need_at_equal_risk", "n n_events"),
    **_all(_BOTH, "need_at_equal_risk", "core20 others ratio low high"),
}
_EXPLAINED: dict[str, Kind] = {
    **_all(Count(), "shap_importance shap_stability shap_dependence shap_interactions", "n"),
    **_all(Count(), "shap_profiles shap_truth cohort_rules", "n"),
    **_all(_OF_PEOPLE, "shap_importance", "mean_abs_shap low high"),
    "shap_together.n": Count(),
    "shap_together.spearman": _OF_PEOPLE,
    "shap_together.cluster": Dimension(),
    **_all(Plain(), "shap_importance shap_truth", "planted_rank"),
    **_all(Dimension(), "shap_stability", "seed"),
    **_all(Plain(), "shap_stability", "rank"),
    **_all(_OF_PEOPLE, "shap_stability", "mean_abs_shap"),
    **_all(Count(), "shap_dependence cohort_rules", "n_events"),
    **_all(Dimension(), "shap_dependence shap_profiles", "place"),
    **_all(_OF_PEOPLE, "shap_dependence", "mean_shap low high"),
    **_all(_OF_PEOPLE, "shap_interactions", "mean_abs_interaction low high"),
    **_all(_OF_PEOPLE, "shap_profiles", "contribution low high"),
    **_all(_OF_PEOPLE, "shap_truth", "mean_shap_difference"),
    **_all(Plain(), "shap_truth", "planted shap_rank"),
    **_all(Plain(), "shap_truth_scores", "n_drivers n_clear"),
    **_all(Estimate(), "shap_truth_scores", "effects ranks signs"),
    "cohort_rules.n_features": Plain(),
    "cohort_rules.prevalence": Ratio("n_events", "n"),
    **_all(_BOTH, "cohort_rules", "lift low high"),
    "cohort_rules.n_train": Count(),
    "cohort_rules.lift_train": Estimate(("n_train",)),
}
RISK: dict[str, Kind] = {**_PERFORMANCE, **_CHOSEN, **_LISTS, **_EXPLAINED}
