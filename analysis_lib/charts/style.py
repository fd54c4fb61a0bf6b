"""Looks of the charts: the style file with the report's colours and fonts, and how numbers are written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis_lib.charts import theme
from analysis_lib.charts.released import mark_pictures

#: Inches of a page figure, and the smallest text in points.
WIDTH, HEIGHT, SMALL = 6.4, 4.3, 12
#: Pass to ``savefig(metadata=...)`` so that the same figure gives the same bytes on any day.
METADATA: dict[str, dict[str, None]] = {
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None},
}
MILLIONS_FROM = 2_000_000  # on an axis
TALL = 8.0  # inches; a higher figure has fewer dots, to keep the page light


def installed_fonts(wanted: Sequence[str] = theme.FONTS) -> list[str]:
    """Return the wanted font families that this machine has: matplotlib warns of each that is missing."""
    present = set(font_manager.fontManager.get_font_names())
    return [name for name in wanted if name in present] or ["DejaVu Sans"]


def use_style() -> None:
    """Set the house style for every figure made from here on; call it once in a notebook's set-up cell.

    Sets ``matplotlib.rcParams``, and makes Jupyter note beside each picture what it was drawn from.
    """
    plt.style.use(Path(__file__).with_name("report.mplstyle"))
    ink = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    page = ("figure.facecolor", "savefig.facecolor", "axes.facecolor")
    lines = [theme.CHARCOAL, theme.BLUE, theme.ORANGE_DARK, theme.RED_DARK]
    mpl.rcParams.update(dict.fromkeys(ink, theme.CHARCOAL) | dict.fromkeys(page, theme.PAGE))
    mpl.rcParams.update({"hatch.color": theme.SLATE, "font.family": installed_fonts()})
    mpl.rcParams["axes.prop_cycle"] = mpl.cycler(color=lines)
    mark_pictures()


def new_axes(ax: Axes | None, *, height: float = HEIGHT) -> Axes:
    """Return the axes to draw on: the given one, or one on a new figure of page width."""
    if ax is None:
        dpi = {"dpi": 110} if height > TALL else {}
        _, ax = plt.subplots(figsize=(WIDTH, height), layout="constrained", **dpi)
    ax.grid(visible=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def format_value(value: float, unit: str, digits: int | None = None) -> str:
    """Write a value for a label; a missing one gives an empty text.

    Parameters
    ----------
    value : float
        A percentage is of a rate of 0 to 1, points are percentage points of a difference of rates.
    unit : {"count", "pounds", "percent", "points", "ratio", "decimal"}
        ``12,345`` and ``30.4m`` · ``£216.0m`` · ``4.6%`` · ``+0.60`` · ``1.37`` and ``13.7`` · ``3.0``.
    digits : int, optional
        Decimals, of a million where it is written in millions.
    """
    if value is None or math.isnan(value):
        return ""
    minus, size = "−" if value < 0 else "", abs(value)

    def write(number: float, usual: int) -> str:
        return f"{number:,.{usual if digits is None else digits}f}"

    if unit in ("count", "pounds"):
        number = f"{write(size / 1e6, 1 if size >= 1e7 else 2)}m" if size >= 1e6 else f"{size:,.0f}"
        return f"{minus}{'£' * (unit == 'pounds')}{number}"
    if unit == "percent":
        return f"{minus}{write(100 * size, 1)}%"
    if unit == "points":
        return f"{minus or '+'}{write(100 * size, 2)}"
    if unit in ("ratio", "decimal"):
        return f"{minus}{write(size, 1 if unit == 'decimal' or size >= 10 else 2)}"
    raise ValueError(f"unit={unit!r} is not known: use one of count, pounds, percent, points, ratio, decimal")


def format_values(values: Iterable[float], unit: str) -> list[str]:
    """Write values that stand in one column; all in millions if they are all of that order."""
    values = list(values)
    real = [value for value in values if not math.isnan(value)]
    if unit == "count" and real and max(real) >= 1e6 and min(real) >= 1e5:
        digits = 1 if max(real) >= 1e7 else 2
        return ["" if math.isnan(value) else f"{value / 1e6:,.{digits}f}m" for value in values]
    return [format_value(value, unit) for value in values]


def format_apart(values: Iterable[float], unit: str) -> list[str]:
    """Write the levels of one chart (mean, limits) with the digits, up to three, that tell them apart."""
    values = list(values)
    least = 2 if unit in ("count", "pounds") else 1
    for digits in range(least, least + 3):
        texts = [format_value(value, unit, digits) for value in values]
        if len(set(texts)) == len(set(values)):
            break
    return texts


def decimals_of(ticks: Iterable[float]) -> int:
    """Return how many decimals (0 to 3) tell the ticks of an axis apart without rounding any."""
    ticks = list(ticks)
    return next((d for d in range(3) if all(abs(tick - round(tick, d)) < 1e-6 for tick in ticks)), 3)


def _write_tick(value: float, ticks: Sequence[float], unit: str) -> str:
    """Write a tick as its neighbours: in millions where the largest is, and with the decimals they need."""
    if unit in ("count", "pounds"):
        millions = max(map(abs, ticks), default=0) >= MILLIONS_FROM
        if millions and value:
            text = f"{abs(value) / 1e6:,.{decimals_of(t / 1e6 for t in ticks)}f}m"
            return f"{'−' if value < 0 else ''}{'£' * (unit == 'pounds')}{text}"
        return f"{'−' if value < 0 else ''}{'£' * (unit == 'pounds')}{abs(value):,.0f}"
    scale = 100 if unit in ("percent", "points") else 1
    text = format_value(value, unit, decimals_of(scale * t for t in ticks))
    return text.removeprefix("+") if not value else text


def format_axis(axis: Axis, unit: str, *, bins: int = 6) -> None:
    """Write at most so many ticks of an axis in a unit of `format_value`."""
    axis.set_major_locator(MaxNLocator(nbins=bins, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: _write_tick(value, list(axis.get_majorticklocs()), unit))
    )
