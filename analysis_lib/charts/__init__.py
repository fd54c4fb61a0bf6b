"""Charts of the report: each takes a tidy frame and the names of its columns, and returns matplotlib Axes.

They draw the columns they are given: no aggregation, no statistics, no title (the caption is the
headline), and nothing is shown, saved or closed. Call :func:`use_style` once before drawing; looks are in
``report.mplstyle``, colours in ``theme.py``. What one notebook alone needs it draws on what is returned.
"""

from analysis_lib.charts.bars import plot_bars, plot_waterfall
from analysis_lib.charts.control import plot_control
from analysis_lib.charts.dots import plot_dots
from analysis_lib.charts.funnel import plot_funnel
from analysis_lib.charts.heatmap import plot_heatmap
from analysis_lib.charts.lines import plot_lines
from analysis_lib.charts.maps import load_boundaries, plot_map
from analysis_lib.charts.shares import plot_shares
from analysis_lib.charts.style import use_style
from analysis_lib.charts.ties import plot_ties

__all__ = [
    "load_boundaries",
    "plot_bars",
    "plot_control",
    "plot_dots",
    "plot_funnel",
    "plot_heatmap",
    "plot_lines",
    "plot_map",
    "plot_shares",
    "plot_ties",
    "plot_waterfall",
    "use_style",
]
