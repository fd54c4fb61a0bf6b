"""Fit, evaluate and explain: pure functions on tidy frames."""

from analysis_lib.models.attendance import compare_truth, fit_dna, marginal_rates
from analysis_lib.models.demand import (
    INTERACTIONS,
    add_flags,
    add_interactions,
    count_patterns,
    eligible,
    expected_counts,
    fit_demand,
    fit_settings,
    list_drivers,
    planted_drivers,
    planted_flags,
    reference_levels,
    terms_for,
)
from analysis_lib.models.demand_checks import adjust_for_need, check_fits, evaluate_blocks
from analysis_lib.models.forecast import (
    ForecastChoice,
    SeriesTooShort,
    backtest_forecast,
    choose_forecast,
    forecast_months,
    score_backtest,
)
from analysis_lib.models.next_year import (
    carry_forward,
    predict_demand,
    predict_next_year,
    score_demand,
    year_change,
)
from analysis_lib.models.regression import Fit, ModelDidNotFit, coefficients, fit_regression, marginal_effects

__all__ = [
    "INTERACTIONS",
    "Fit",
    "ForecastChoice",
    "ModelDidNotFit",
    "SeriesTooShort",
    "add_flags",
    "add_interactions",
    "adjust_for_need",
    "backtest_forecast",
    "carry_forward",
    "check_fits",
    "choose_forecast",
    "coefficients",
    "compare_truth",
    "count_patterns",
    "eligible",
    "evaluate_blocks",
    "expected_counts",
    "fit_demand",
    "fit_dna",
    "fit_regression",
    "fit_settings",
    "forecast_months",
    "list_drivers",
    "marginal_effects",
    "marginal_rates",
    "planted_drivers",
    "planted_flags",
    "predict_demand",
    "predict_next_year",
    "reference_levels",
    "score_backtest",
    "score_demand",
    "terms_for",
    "year_change",
]
