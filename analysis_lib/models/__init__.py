"""Fit, evaluate and explain: pure functions on tidy frames."""

from analysis_lib.models.attendance import DnaFit, ModelDidNotFit, fit_dna
from analysis_lib.models.demand.checks import check_fit, evaluate_blocks
from analysis_lib.models.demand.fit import DemandFit, fit_demand
from analysis_lib.models.demand.interactions import (
    INTERACTIONS,
    add_interactions,
    eligible,
    fit_settings,
    terms_for,
)
from analysis_lib.models.demand.need import adjust_for_need
from analysis_lib.models.demand.next_year import carry_forward, predict_demand, score_demand, year_change
from analysis_lib.models.demand.patterns import Patterns, group_patterns
from analysis_lib.models.demand.rows import expected_counts
from analysis_lib.models.demand.settings import (
    adjust_settings,
    check_settings,
    evaluate_settings,
    list_drivers,
    predict_settings,
    reference_levels,
)
from analysis_lib.models.demand.tables import (
    add_flags,
    compare_truth_drivers,
    planted_drivers,
    planted_flags,
    rate_ratios,
)
from analysis_lib.models.effects import coefficients, compare_truth, marginal_rates
from analysis_lib.models.forecast import (
    ForecastChoice,
    SeriesTooShort,
    backtest_forecast,
    choose_forecast,
    forecast_months,
    score_backtest,
)

__all__ = [
    "INTERACTIONS",
    "DemandFit",
    "DnaFit",
    "ForecastChoice",
    "ModelDidNotFit",
    "Patterns",
    "SeriesTooShort",
    "add_flags",
    "add_interactions",
    "adjust_for_need",
    "adjust_settings",
    "backtest_forecast",
    "carry_forward",
    "check_fit",
    "check_settings",
    "choose_forecast",
    "coefficients",
    "compare_truth",
    "compare_truth_drivers",
    "eligible",
    "evaluate_blocks",
    "evaluate_settings",
    "expected_counts",
    "fit_demand",
    "fit_dna",
    "fit_settings",
    "forecast_months",
    "group_patterns",
    "list_drivers",
    "marginal_rates",
    "planted_drivers",
    "planted_flags",
    "predict_demand",
    "predict_settings",
    "rate_ratios",
    "reference_levels",
    "score_backtest",
    "score_demand",
    "terms_for",
    "year_change",
]
