"""Charts of the report: each takes a tidy frame and returns matplotlib Axes.

They draw the columns they are given: no aggregation, no statistics, no title (the caption is the
headline), and nothing is shown, saved or closed. Call :func:`use_style` once before drawing.
"""

from analysis_lib.charts.band import plot_band
from analysis_lib.charts.bars import plot_bars, plot_cost, plot_distribution
from analysis_lib.charts.checks import plot_reconciliation
from analysis_lib.charts.concentration import plot_concentration
from analysis_lib.charts.control import plot_change, plot_xmr
from analysis_lib.charts.curves import plot_calibration, plot_lines
from analysis_lib.charts.daily import (
    plot_exceedance,
    plot_heatmap,
    plot_weekday,
)
from analysis_lib.charts.dependence import plot_dependence
from analysis_lib.charts.forecast import plot_forecast
from analysis_lib.charts.funnel import plot_funnel
from analysis_lib.charts.importance import plot_importance, plot_stability, plot_waterfall
from analysis_lib.charts.lists import plot_list
from analysis_lib.charts.maps import load_boundaries, plot_map
from analysis_lib.charts.monthly import plot_monthly, plot_shares
from analysis_lib.charts.note import plot_note
from analysis_lib.charts.panels import plot_panels, plot_recovery
from analysis_lib.charts.ranks import plot_rank_change
from analysis_lib.charts.rates import plot_rates
from analysis_lib.charts.ratios import plot_ratios
from analysis_lib.charts.stacked import plot_stacked
from analysis_lib.charts.style import use_style
from analysis_lib.charts.tags import plot_ties, plot_travel
from analysis_lib.charts.truth import plot_truth
from analysis_lib.charts.utilisation import plot_utilisation

__all__ = [
    "load_boundaries",
    "plot_band",
    "plot_bars",
    "plot_calibration",
    "plot_change",
    "plot_concentration",
    "plot_cost",
    "plot_dependence",
    "plot_distribution",
    "plot_exceedance",
    "plot_forecast",
    "plot_funnel",
    "plot_heatmap",
    "plot_importance",
    "plot_lines",
    "plot_list",
    "plot_map",
    "plot_monthly",
    "plot_note",
    "plot_panels",
    "plot_rank_change",
    "plot_rates",
    "plot_ratios",
    "plot_reconciliation",
    "plot_recovery",
    "plot_shares",
    "plot_stability",
    "plot_stacked",
    "plot_ties",
    "plot_travel",
    "plot_truth",
    "plot_utilisation",
    "plot_waterfall",
    "plot_weekday",
    "plot_xmr",
    "use_style",
]
