"""What stands in the place of a chart that the inputs do not allow."""

from __future__ import annotations

from matplotlib.axes import Axes

from analysis_lib.charts import theme
from analysis_lib.charts.marks import wrap
from analysis_lib.charts.released import from_released
from analysis_lib.charts.style import new_axes


@from_released
def plot_note(text: str, *, ax: Axes | None = None) -> Axes:
    """Draw a note in a box, where a chart would be.

    Parameters
    ----------
    text : str
        What is absent, in a sentence.
    ax : matplotlib Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib Axes
        Without axis lines, holding the text.
    """
    ax = new_axes(ax, height=1.6)
    ax.set_axis_off()
    box = {"boxstyle": "square,pad=1", "facecolor": "white", "edgecolor": theme.SLATE}
    ax.text(0.5, 0.5, wrap(text, 60), ha="center", va="center", color=theme.CHARCOAL, bbox=box)
    return ax
