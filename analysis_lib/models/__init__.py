"""Fit, evaluate and explain: pure functions on tidy frames."""

from analysis_lib.models.attendance import DnaFit, ModelDidNotFit, fit_dna
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
    "DnaFit",
    "ForecastChoice",
    "ModelDidNotFit",
    "SeriesTooShort",
    "backtest_forecast",
    "choose_forecast",
    "coefficients",
    "compare_truth",
    "fit_dna",
    "forecast_months",
    "marginal_rates",
    "score_backtest",
]
