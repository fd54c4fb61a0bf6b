"""Numbers that need more care than one decimal: tiny shares, and levels close together."""

from __future__ import annotations

import math
from collections.abc import Iterable

from analysis_lib.charts.style import FORMATS, format_percent, format_values


def format_share(value: float) -> str:
    """Write a share of 0 to 1 as a percentage; under 0.05%, which would read 0.0%, as ``under 0.1%``.

    Parameters
    ----------
    value : float
        Share, 0 to 1; not-a-number gives an empty text, none at all ``0.0%``.

    Returns
    -------
    str
    """
    return "under 0.1%" if 0 < value < 0.0005 else format_percent(value)


def format_apart(values: Iterable[float], unit: str) -> list[str]:
    """Write the levels of one chart (mean, limits) with the digits that tell them apart.

    Parameters
    ----------
    values : iterable of float
        The levels.
    unit : {"count", "percent", "pounds"}
        How to write them.

    Returns
    -------
    list of str
        Counts from a million up with two decimals of a million (``1.43m``), percentages with one, and
        up to two more where two different levels would read the same.
    """
    values = list(values)
    real = {value for value in values if not math.isnan(value)}
    if unit == "percent":
        write, least = format_percent, 1
    elif unit in FORMATS and real and min(map(abs, real)) >= 1e6:
        pounds = "£" if unit == "pounds" else ""
        write, least = (lambda value, digits: f"{pounds}{value / 1e6:,.{digits}f}m"), 2
    else:
        return format_values(values, unit)
    for digits in range(least, least + 3):
        texts = ["" if math.isnan(value) else write(value, digits) for value in values]
        if len(set(texts) - {""}) == len(real):
            break
    return texts
