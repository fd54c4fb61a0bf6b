"""What was drawn with plain matplotlib, pandas or seaborn: is every number of it that of a released table?

The chart is looked through as it is shown. Every mark must be at columns of one released table, row by row;
places that only tell bars or lines apart (first, second, …) and a line at nought are free. What was computed
while drawing (a histogram, a mean, a smoothed line) is in no table, and so not drawn: it is computed first,
saved with ``report.table``, and drawn then. This keeps from mistakes; it is no lock against its owner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.category import StrCategoryFormatter, UnitData
from matplotlib.collections import Collection, LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.container import BarContainer
from matplotlib.dates import AutoDateFormatter, ConciseDateFormatter, DateFormatter
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.spines import Spine
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, LogFormatter, NullFormatter, PercentFormatter, ScalarFormatter

from analysis_lib.release import MARK, NOBODYS, NUMBER, find_untold, protects, rounds_to

SMALL = 8  # whole numbers below it may be counts that must not be shown
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_FREE = re.compile(r"10*|(?:19|20)\d\d")  # of a text: per 1,000, a year
_FROM_PLACE = (ScalarFormatter, LogFormatter, PercentFormatter, DateFormatter, ConciseDateFormatter)
_FROM_PLACE = (*_FROM_PLACE, AutoDateFormatter, NullFormatter, StrCategoryFormatter)
_FRAME = (Axis, Spine, Axes)  # what every chart has
Columns = Mapping[str, np.ndarray]
Tables = Mapping[str, pd.DataFrame]


class _NotReleased(Exception):
    """Some of what is drawn stands in no released table; its text says what."""


def find_tables(
    figure: Figure, tables: Tables, known: Iterable[Artist] = (), said: list[str] | None = None
) -> list[str] | str:
    """Return the released tables that a figure was drawn from, or what of it stands in none.

    Parameters
    ----------
    figure : matplotlib Figure
        As it is shown.
    tables : mapping of str to DataFrame
        All released tables, by name.
    known : iterable of matplotlib Artist
        What is not looked at: a chart of the library drew it from what was released.
    said : list of str, optional
        Gets the numbers in texts that no table tells, where people are protected.
    """
    seen = {id(artist) for artist in known}
    said = [] if said is None else said
    try:
        found = {name for ax in _all_axes(figure) for name in _check_axes(ax, tables, seen, said)}
        rest = [a for a in figure.get_children() if id(a) not in seen and a is not figure.patch]
        for artist in rest:
            if isinstance(artist, Text | Legend):
                _check_texts(artist.findobj(Text), tables, said)
            elif not isinstance(artist, Axes):
                raise _NotReleased("a shape of the whole figure")
    except _NotReleased as what:
        return f"{what} that stands in no released table"
    return sorted(found)


def _all_axes(figure: Figure) -> Iterator[Axes]:
    for ax in figure.axes:
        if not hasattr(ax, "_colorbar"):  # which shows the range of what is looked at elsewhere
            yield from (ax, *ax.child_axes)


def _check_axes(ax: Axes, tables: Tables, seen: set[int], said: list[str]) -> Iterator[str]:
    """Yield the tables that the marks of one chart come from."""
    across = {name: _convert(ax.xaxis, frame) for name, frame in tables.items()}
    along = {name: _convert(ax.yaxis, frame) for name, frame in tables.items()}
    bars = [c for c in ax.containers if isinstance(c, BarContainer) and id(c.patches[0]) not in seen]
    in_bars = {id(patch) for container in bars for patch in container.patches}
    _check_stacks(bars)
    for container in bars:
        upright = container.orientation == "vertical"
        middles = [_middle(patch, upright) for patch in container.patches]
        lengths = [p.get_height() if upright else p.get_width() for p in container.patches]
        points = np.column_stack([middles, lengths])
        both = (across, along) if upright else (along, across)
        yield _find(points, *both, "a bar", tables, near=0.5)
    for artist in ax.get_children():
        if id(artist) in seen or id(artist) in in_bars or artist is ax.patch or isinstance(artist, _FRAME):
            continue
        if isinstance(artist, Line2D):
            yield from _check_line(artist, ax, across, along, tables)
        elif isinstance(artist, Collection | AxesImage):
            yield from _check_collection(artist, ax, across, along, tables)
        elif isinstance(artist, Text | Legend):
            _check_texts(artist.findobj(Text), tables, said)
        elif not (isinstance(artist, Rectangle) and artist.get_bbox().bounds == (0, 0, 0, 0)):
            raise _NotReleased("a shape")  # seaborn leaves empty ones for the legend
    for axis in (ax.xaxis, ax.yaxis):
        if id(axis) not in seen:
            formatter = axis.get_major_formatter()
            func = getattr(getattr(formatter, "func", None), "func", None)
            fixed = isinstance(formatter, FixedFormatter) or func is Axis._format_with_dict
            _check_texts([axis.label, *(axis.get_ticklabels() if fixed else [])], tables, said)
            by_place = isinstance(formatter, _FROM_PLACE) or type(formatter).__module__.startswith("pandas.")
            if not (fixed or by_place) and any(map(protects, tables.values())):
                said += _list_unlike(axis)


def _list_unlike(axis: Axis) -> list[str]:
    """Return the numbers at the ticks of an axis that are not those of the place where they stand."""
    places = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=False)
    return [
        found[0]
        for place, label in places
        for found in NUMBER.finditer(label.get_text())
        if not rounds_to(found[0], label.get_text()[found.end() :], [float(place)], small=True)
    ]


def _convert(axis: Axis, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Columns of a released table as the axis would place them; those that it cannot place are left out."""
    placed = {}
    for name, column in frame.items():
        if isinstance(axis.units, UnitData):  # words, which have a place each: asking would give them one
            known = axis.units._mapping
            placed[name] = np.array([known.get(str(v), np.nan) for v in column], float)
        elif pd.api.types.is_numeric_dtype(column):
            placed[name] = pd.to_numeric(column).to_numpy(float, na_value=np.nan)
        elif pd.api.types.is_datetime64_any_dtype(column) and axis.have_units():
            freq = getattr(axis.axes, "freq", None)  # where pandas drew months or days by their number
            dates = pd.PeriodIndex(column, freq=freq).asi8 if freq else axis.convert_units(column.to_numpy())
            placed[name] = np.asarray(dates, float)
    return placed


def _check_line(line: Line2D, ax: Axes, across: Mapping, along: Mapping, tables: Tables) -> Iterator[str]:
    points = np.column_stack([np.asarray(line.get_xdata(orig=False), float), line.get_ydata(orig=False)])
    transform = line.get_transform()
    if transform == ax.get_yaxis_transform(which="grid"):
        yield from _find_values(points[:, 1], along, "a horizontal line", tables)
    elif transform == ax.get_xaxis_transform(which="grid"):
        yield from _find_values(points[:, 0], across, "a vertical line", tables)
    elif np.isfinite(points.astype(float)).all(axis=1).any():
        yield _find(points, across, along, "a line", tables)


def _check_collection(
    artist: Collection | AxesImage, ax: Axes, across: Mapping, along: Mapping, tables: Tables
) -> Iterator[str]:
    if isinstance(artist, QuadMesh | AxesImage):
        shown = np.ma.asarray(artist.get_array(), float).filled(np.nan).ravel()
        numbers = {name: _numbers(frame) for name, frame in tables.items()}
        yield from _find_values(shown, numbers, "a coloured cell", tables)
    elif isinstance(artist, PathCollection):
        yield _find(np.asarray(artist.get_offsets(), float), across, along, "a point", tables)
        if artist.get_array() is not None:
            numbers = {name: _numbers(frame) for name, frame in tables.items()}
            yield from _find_values(
                np.asarray(artist.get_array(), float), numbers, "a point's colour", tables
            )
    elif isinstance(artist, LineCollection | PolyCollection):
        what = "an interval" if isinstance(artist, LineCollection) else "a filled area"
        points = np.vstack([path.vertices for path in artist.get_paths()] or [np.empty((0, 2))])
        if len(points):
            yield _find(points, across, along, what, tables, any_column=True)
    else:
        raise _NotReleased("a shape")


def _numbers(frame: pd.DataFrame) -> Columns:
    return {n: frame[n].to_numpy(float, na_value=np.nan) for n in frame.select_dtypes("number")}


def _find(
    points: np.ndarray,
    first: Mapping[str, Columns],
    second: Mapping[str, Columns],
    what: str,
    tables: Tables,
    *,
    near: float = 0,
    any_column: bool = False,
) -> str:
    """Return the table of which every point is a row, in two of its columns.

    Places one after another need be in no column; with `near`, nor need they be whole. With `any_column`,
    the second value may come from any column, or be nought.
    """
    points = points[np.isfinite(points.astype(float)).all(axis=1)].astype(float)
    wanted = {tuple(map(_key, point)) for point in points}
    anywhere = not _counts_nobody(points[:, 1], tables)
    for name, columns in first.items():
        rows: list[set[tuple[str, str]]] = []
        for column, place in columns.items():
            if not anywhere and pd.api.types.is_numeric_dtype(tables[name][column]):
                continue  # two numbers of a row say little: the label of the row is needed
            pairs = [
                {(_key(a), _key(b)) for a, b in zip(place, v, strict=True)} for v in second[name].values()
            ]
            nought = {(_key(a), _key(0.0)) for a in place}
            rows += [set().union(*pairs, nought)] if any_column else pairs
        if near:  # bars stand beside each other
            middles = {(_key(round(a)), b) for a, b in points}
            rounded = {(a, _key(b)) for a, b in middles}
            if any(rounded <= pairs for pairs in rows):
                return name
        if any(wanted <= pairs for pairs in rows):
            return name
        values = [{_key(v) for v in column} for column in second[name].values()]
        allowed = [set().union(*values, {_key(0.0)})] if any_column else values
        if anywhere and _are_places(points[:, 0], near) and any({b for _, b in wanted} <= v for v in allowed):
            return name
    raise _NotReleased(what)


def _find_values(values: np.ndarray, placed: Mapping[str, Columns], what: str, tables: Tables) -> list[str]:
    """Return the table that has all values in one column; none if all are nought."""
    wanted = {_key(v) for v in np.asarray(values, float) if np.isfinite(v)}
    if wanted <= {_key(0.0)}:
        return []
    for name, columns in placed.items() if not _counts_nobody(np.asarray(values), tables) else ():
        if any(wanted <= {_key(v) for v in column} for column in columns.values()):
            return [name]
    raise _NotReleased(what)


def _counts_nobody(values: np.ndarray, tables: Tables) -> bool:
    """Whether a small whole number of these stands in released tables as a rank or label only."""
    small = {_key(v) for v in values if np.isfinite(v) and v in range(1, SMALL)}
    guarded = [frame for frame in tables.values() if protects(frame)]
    if not small or not guarded:
        return False
    told = set[str]()
    for frame in guarded:
        kinds = frame.attrs[MARK].kinds
        numbers = _numbers(frame).items()
        told |= {_key(v) for n, column in numbers if kinds.get(n) not in NOBODYS for v in column}
    return not small <= told


def _are_places(values: np.ndarray, near: float) -> bool:
    """Whether values only tell marks apart: 0, 1, 2, …; with `near`, each within it of such a number."""
    whole = np.round(values)
    return bool(np.all(np.abs(values - whole) <= near) and set(whole) <= set(range(-1, len(values) + 1)))


def _middle(bar: Rectangle, upright: bool) -> float:
    return bar.get_x() + bar.get_width() / 2 if upright else bar.get_y() + bar.get_height() / 2


def _check_stacks(bars: Iterable[BarContainer]) -> None:
    """Bars begin at nought, or where the one below ends."""
    tops: dict[str, set[str]] = {}
    for container in bars:
        upright = container.orientation == "vertical"
        for bar in container.patches:
            place = tops.setdefault(_key(_middle(bar, upright)), {_key(0.0)})
            base, length = (bar.get_y(), bar.get_height()) if upright else (bar.get_x(), bar.get_width())
            if np.isfinite(base) and _key(base) not in place:
                raise _NotReleased("a bar's beginning")
            place.add(_key(base + length))


def _key(value: float) -> str:
    """A number to nine digits: what is drawn and what is released may differ by a rounding."""
    return f"{value + 0.0:.9g}"


def _check_texts(texts: Iterable[Text], tables: Tables, said: list[str]) -> None:
    """Refuse a text with a number that no released value gives when it is rounded as the text is.

    Where people are protected, the notebook itself may say such a number: it is noted.
    """
    if any(map(protects, tables.values())):
        said += find_untold([text.get_text() for text in texts], tables.values())
        return
    told = {n for frame in tables.values() for n in _words(frame)}
    numbers = [v for frame in tables.values() for column in _numbers(frame).values() for v in column]
    values = np.unique(np.array([v for v in numbers if np.isfinite(v)], float))
    for text in texts:
        for found in _NUMBER.finditer(text.get_text()):
            plain = found[0].replace(",", "").rstrip(".")
            if plain in told or _FREE.fullmatch(plain):
                continue
            decimals = len(plain.partition(".")[2])
            sizes = [np.abs(values) * scale for scale in (1, 100, 1e-3, 1e-6)]
            if not any((np.abs(size - float(plain)) <= 0.5 * 10.0**-decimals + 1e-9).any() for size in sizes):
                raise _NotReleased("a text with a number")


def _words(frame: pd.DataFrame) -> Iterator[str]:
    for name, column in frame.items():
        yield from _NUMBER.findall(str(name))
        if not pd.api.types.is_numeric_dtype(column):
            for value in column.dropna().unique():
                yield from (word.replace(",", "") for word in _NUMBER.findall(_say(value)))


def _say(value: Any) -> str:
    return f"{value:%Y %m %d %y} {value.day}" if isinstance(value, pd.Timestamp) else str(value)
