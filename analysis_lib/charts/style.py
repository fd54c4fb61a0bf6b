"""House style of every chart: sizes, fonts, axes and number formats.

Call :func:`use_style` once in a notebook's set-up cell; every ``plot_`` function then draws on the
``ax`` it is given, or on a new figure of page width.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis_lib.charts import theme
from analysis_lib.charts.released import mark_pictures

#: Width of a page figure in inches. On a phone a chart is about 350 px wide: 12 pt is then 9 px high.
WIDTH = 6.4
#: Size in points of the smallest text that every phone reader can be expected to read.
SMALL = 12
#: Height of a page figure in inches.
HEIGHT = 4.3
#: Dots per inch: 1,088 px across, crisp on a page 800 px wide on a dense screen.
DPI = 170
#: Pass to ``savefig(metadata=...)`` so that the same figure gives the same bytes on any day.
METADATA: dict[str, dict[str, None]] = {
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None},
}
#: Counts from here up are shown in millions on an axis.
MILLIONS_FROM = 5_000_000
#: A figure higher than this many inches is drawn with fewer dots, to keep the page light.
TALL = 8.0


def installed_fonts(wanted: Sequence[str] = theme.FONTS) -> list[str]:
    """Return the wanted font families that this machine has, in order.

    Matplotlib logs a warning per missing family, so only those present are named.

    Parameters
    ----------
    wanted : sequence of str
        Families, best first.

    Returns
    -------
    list of str
        Never empty: ``DejaVu Sans`` ships with matplotlib.
    """
    present = set(font_manager.fontManager.get_font_names())
    return [name for name in wanted if name in present] or ["DejaVu Sans"]


def style_settings() -> dict[str, object]:
    """Return the settings of the house style, as matplotlib names them.

    Returns
    -------
    dict
        rcParams name to value.
    """
    ink = theme.CHARCOAL
    return {
        "figure.figsize": (WIDTH, HEIGHT),
        "figure.dpi": DPI,
        "savefig.dpi": "figure",
        "figure.constrained_layout.use": True,
        "figure.facecolor": theme.PAGE,
        "savefig.facecolor": theme.PAGE,
        "axes.facecolor": theme.PAGE,
        "font.family": installed_fonts(),
        "font.size": 13,
        "axes.labelsize": 13,
        "xtick.labelsize": 12,
        "ytick.labelsize": 12,
        "text.color": ink,
        "axes.labelcolor": ink,
        "axes.edgecolor": ink,
        "xtick.color": ink,
        "ytick.color": ink,
        "axes.linewidth": 1.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": False,
        "axes.axisbelow": True,
        "axes.prop_cycle": mpl.cycler(color=[theme.CHARCOAL, theme.BLUE, theme.ORANGE_DARK, theme.RED_DARK]),
        "axes.unicode_minus": True,
        "lines.linewidth": 2.0,
        "lines.markersize": 6.0,
        "hatch.linewidth": 0.8,
        "hatch.color": theme.SLATE,
        "legend.frameon": False,
        "legend.fontsize": 12,
        "svg.hashsalt": "analysis-lib",
        "svg.fonttype": "path",
        "path.simplify": True,
        "text.parse_math": False,  # a label from the data may hold two dollar signs
    }


def use_style() -> None:
    """Set the house style for every figure made from here on; call it once in a notebook's set-up cell.

    Sets ``matplotlib.rcParams``, and makes Jupyter note beside each picture what it was drawn from.
    """
    mpl.rcParams.update(style_settings())
    mark_pictures()


def new_axes(ax: Axes | None, *, height: float = HEIGHT, width: float = WIDTH) -> Axes:
    """Return the axes to draw on: the given one, or one on a new figure.

    Parameters
    ----------
    ax : matplotlib Axes, optional
        Returned as it is, with the house spines.
    height, width : float
        Inches, used for a new figure only.

    Returns
    -------
    matplotlib Axes
    """
    if ax is None:
        dpi = min(DPI, 110) if height > TALL else DPI
        _, ax = plt.subplots(figsize=(width, height), dpi=dpi, layout="constrained", facecolor=theme.PAGE)
    ax.grid(visible=False)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(theme.CHARCOAL)
    return ax


def format_count(value: float) -> str:
    """Write a count for a label: ``30.4m`` from a million up, ``12,345`` below.

    Parameters
    ----------
    value : float
        A count; not-a-number gives an empty text.

    Returns
    -------
    str
    """
    if value is None or math.isnan(value):
        return ""
    return f"{value / 1e6:,.1f}m" if abs(value) >= 1e6 else f"{value:,.0f}"


def format_percent(value: float, decimals: int = 1) -> str:
    """Write a rate of 0 to 1 as a percentage for a label.

    Parameters
    ----------
    value : float
        Rate, 0 to 1; not-a-number gives an empty text.
    decimals : int
        Digits after the point.

    Returns
    -------
    str
    """
    return "" if value is None or math.isnan(value) else f"{100 * value:.{decimals}f}%"


def format_pounds(value: float) -> str:
    """Write an amount in pounds for a label: ``£216.0m`` from a million up, ``£12,345`` below.

    Parameters
    ----------
    value : float
        Pounds.

    Returns
    -------
    str
    """
    return f"£{format_count(value)}" if value is not None and not math.isnan(value) else ""


def format_ratio(value: float) -> str:
    """Write a ratio for a label: ``1.37``, and ``13.7`` from ten up; not-a-number gives an empty text."""
    if value is None or math.isnan(value):
        return ""
    return f"{value:.{1 if value >= 10 else 2}f}".replace("-", "−")


FORMATS = {"count": format_count, "percent": format_percent, "pounds": format_pounds, "ratio": format_ratio}


def format_value(value: float, unit: str) -> str:
    """Write a value in its unit.

    Parameters
    ----------
    value : float
        The number.
    unit : {"count", "percent", "pounds", "ratio"}
        How to write it.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        For any other unit.
    """
    if unit not in FORMATS:
        raise ValueError(f"unit={unit!r} is not known: use one of {', '.join(FORMATS)}")
    return FORMATS[unit](value)


def format_values(values: Iterable[float], unit: str) -> list[str]:
    """Write values that stand in one column; all in millions if they are all of that order.

    Parameters
    ----------
    values : iterable of float
        The numbers.
    unit : {"count", "percent", "pounds", "ratio"}
        How to write them.

    Returns
    -------
    list of str
    """
    values = list(values)
    real = [value for value in values if not math.isnan(value)]
    if unit == "count" and real and max(real) >= 1e6 and min(real) >= 1e5:
        digits = 1 if max(real) >= 1e7 else 2
        return ["" if math.isnan(value) else f"{value / 1e6:,.{digits}f}m" for value in values]
    return [format_value(value, unit) for value in values]


def decimals_of(ticks: Iterable[float]) -> int:
    """Return how many decimals (0 to 3) tell the ticks of an axis apart without rounding any."""
    ticks = list(ticks)
    return next((d for d in range(3) if all(abs(tick - round(tick, d)) < 1e-6 for tick in ticks)), 3)


def _write_tick(value: float, ticks: Sequence[float], unit: str, millions_from: float) -> str:
    minus = "−" if value < 0 else ""
    size = abs(value)
    if unit in ("percent", "points"):
        sign = "+" if unit == "points" and value > 0 else minus
        text = f"{sign}{100 * size:.{decimals_of(100 * t for t in ticks)}f}"
        return text + ("%" if unit == "percent" else "")
    if unit == "ratio":
        return f"{minus}{size:.{decimals_of(ticks)}f}"
    pounds = "£" if unit == "pounds" else ""
    if max(map(abs, ticks), default=0) < millions_from or not size:
        return f"{minus}{pounds}{size:,.0f}"
    return f"{minus}{pounds}{size / 1e6:,.{decimals_of(t / 1e6 for t in ticks)}f}m"


def format_axis(axis: Axis, unit: str, *, bins: int = 6, millions_from: float = MILLIONS_FROM) -> None:
    """Write an axis's ticks as counts, percentages or pounds.

    Parameters
    ----------
    axis : matplotlib Axis
        ``ax.xaxis`` or ``ax.yaxis``.
    unit : {"count", "percent", "pounds", "points", "ratio"}
        What the axis measures; a percentage is of a rate of 0 to 1, points are percentage points of a
        difference of rates, with their sign.
    bins : int
        Most ticks wanted.
    millions_from : float
        From this largest tick up, counts and pounds are written in millions.
    """
    axis.set_major_locator(MaxNLocator(nbins=bins, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(
        FuncFormatter(
            lambda value, _: _write_tick(value, list(axis.get_majorticklocs()), unit, millions_from)
        )
    )
