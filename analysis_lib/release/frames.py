"""Tell a released frame from any other: only released ones are shown, drawn or put into sentences.

The mark of a released frame outlives what is done to it, also a column added or overwritten. So where people
are protected its numbers are held against what was released, row by row: see `is_released`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.identifiers import is_identifier
from analysis_lib.levels import NAMES
from analysis_lib.release.profiles import profile_named

MARK = "released"
NOBODYS = ("Plain", "Dimension", "Rank")  # kinds of numbers that count nobody: a count like one is none
SMALL_WORDS = ("one", "two", "three", "four", "five", "six", "seven")
#: A number in a text, small ones in words as well.
NUMBER = re.compile(
    rf"\d+(?:,\d{{3}})*(?:\.\d+)?|(?<![a-z])(?:{'|'.join(SMALL_WORDS)})(?![a-z])", re.IGNORECASE
)
_UNITS = {"%": 100.0, "k": 1e-3, "million": 1e-6, "billion": 1e-9}
_NAMES = {name for names in NAMES.values() for name in names.values()}
_RELEASED: dict[str, pd.DataFrame] = {}


def released_name(frame: pd.DataFrame | pd.Series) -> str | None:
    """Return the name under which a frame was released, or None if it was not.

    What is taken from a released frame, sorted, renamed or computed, keeps the name; whether its numbers are
    released ones says `find_added`. What was joined with another frame has none, and is released in its turn.
    """
    token = frame.attrs.get(MARK)
    return None if token is None else token.name


def is_released(frame: pd.DataFrame, column: str) -> bool:
    """Return whether a column holds what was released, row by row.

    True of rows of a released frame, sorted or renamed, of a pivot or melt of them, and of their logarithms;
    hidden or missing cells aside. False where a column was added, computed or overwritten, in one cell even.
    Rows are known by their index, or by their labels where the index is another.

    Parameters
    ----------
    frame : DataFrame
        With the mark of a released frame; any other has no released column.
    column : str
        Its column.
    """
    token = frame.attrs.get(MARK)
    if token is None or not frame.columns.is_unique:
        return False
    values, source = frame[column], token.frame
    if not _is_number(values):
        if column not in source or _is_number(source[column]):
            return False
        return any(
            _same_text(values, source[column].iloc[at])
            for at in _find_rows(frame, column, token, itself=True)
        )
    numbers = _floats(values)
    if np.isnan(numbers).all():
        return True
    itself = column in _labels(token)
    found = _find_rows(frame, column, token, itself=itself)
    return any(_holds(numbers, column, source, at, token.kinds) for at in found)


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _floats(values: pd.Series) -> NDArray:
    return values.to_numpy(float, na_value=np.nan)


def _same_text(values: pd.Series, released: pd.Series) -> bool:
    return bool((values.isna().to_numpy() | (_as_text(values) == _as_text(released))).all())


def _as_text(values: pd.Series) -> NDArray:
    return values.astype(object).map(str).to_numpy(object)


def _find_rows(frame: pd.DataFrame, column: str, token: Any, *, itself: bool = False) -> Iterator[NDArray]:
    """Yield for each row of a frame its row in the released table, in each way in which it can be told.

    Where there is no other, a label may tell it `itself`, as one of the labels of a melt does.
    """
    source, told = token.frame, False
    if frame.index.nlevels == 1 and len(frame) and frame.index.isin(source.index).all():
        told = True
        yield source.index.get_indexer(frame.index)
    own = {name: values for name, values in _own_labels(frame, token).items() if name != column}
    if rows := _by_labels(own, source):
        told = True
        yield from rows
    if itself and not told:
        yield from _by_labels(_own_labels(frame, token), source)
    for label in _labels(token):  # a pivot has the levels of one label as columns
        if str(column) in set(_as_text(source[label])):
            levels = own | {label: pd.Series([column] * len(frame))}
            yield from _by_labels(levels, source)


def _labels(token: Any) -> list[str]:
    """Return the columns that tell the rows of a released table apart."""
    return [c for c in token.frame if not _is_number(token.frame[c]) or token.kinds.get(c) == "Dimension"]


def _own_labels(frame: pd.DataFrame, token: Any) -> dict[str, pd.Series]:
    """Return the labels that a frame still has, in its index or its columns."""
    labels = _labels(token)
    levels = {n: frame.index.get_level_values(n).to_series() for n in frame.index.names if n in labels}
    return levels | {c: frame[c] for c in frame.columns.intersection(labels)}


def _by_labels(labels: dict[str, pd.Series], source: pd.DataFrame) -> list[NDArray]:
    """Return the row of the source that has these labels; nothing if there is none, or more than one."""
    if not labels:
        return []
    known = pd.MultiIndex.from_arrays([_as_text(source[name]) for name in labels])
    wanted = pd.MultiIndex.from_arrays([_as_text(values) for values in labels.values()])
    if not known.is_unique:
        return []
    at = known.get_indexer(wanted)
    return [at] if (at >= 0).all() else []


def _holds(numbers: NDArray, column: str, source: pd.DataFrame, at: NDArray, kinds: dict[str, Any]) -> bool:
    """Whether numbers are those of one column at these rows; of a melt, of any that counts or computes."""
    released = {c: _floats(source[c].iloc[at]) for c in source if _is_number(source[c])}
    if column in released:
        return _equal(numbers, released[column])
    melted = [v for c, v in released.items() if kinds.get(c) not in NOBODYS]
    if any(_equal(numbers, values) for values in released.values()):
        return True
    matched = np.array([_close(numbers, values) for values in melted] or [np.zeros(len(numbers), bool)])
    return bool((matched.any(axis=0) | np.isnan(numbers)).all())


def _equal(numbers: NDArray, released: NDArray) -> bool:
    """Whether numbers are the released ones, or the logarithms of them all."""
    missing = np.isnan(numbers)
    with np.errstate(over="ignore"):
        return any((missing | _close(v, released)).all() for v in (numbers, np.exp(numbers)))


def _close(numbers: NDArray, released: NDArray) -> NDArray:
    return np.isclose(numbers, released, rtol=1e-9, atol=1e-9)


def as_frame(values: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Return a column, or a row, of a released frame as a frame with its mark."""
    if isinstance(values, pd.DataFrame):
        return values
    if not values.index.isin(values.attrs[MARK].frame.columns).any():
        return values.to_frame("value" if values.name is None else values.name)
    row = pd.DataFrame({name: [value] for name, value in values.items()}, index=[values.name])
    row.attrs = dict(values.attrs)
    return row


def find_added(frame: pd.DataFrame, *, always: bool = False) -> list[str]:
    """Return the columns that hold more than was released, where people are protected, or `always`.

    A number must be a released one (`is_released`), and a date one of the table. A text may hold no number
    but those in the labels and numbers of its row, rounded or not.
    """
    if not (protects(frame) or always):
        return []
    token = frame.attrs[MARK]
    named = [n for n in frame.index.names if n is not None and n not in frame.columns]
    frame = frame.reset_index(level=named) if named else frame
    if not frame.columns.is_unique:
        return [str(c) for c in frame.columns[frame.columns.duplicated()]]
    return [str(c) for c in frame if not (is_released(frame, c) or _tells_nothing(frame, c, token))]


def _tells_nothing(frame: pd.DataFrame, column: str, token: Any) -> bool:
    """Whether a column that was not released has no number of its own."""
    values = frame[column]
    if _is_number(values):
        return False
    if pd.api.types.is_bool_dtype(values):
        return True
    if pd.api.types.is_datetime64_any_dtype(values):
        known = pd.Index([v for c in _labels(token) for v in token.frame[c].dropna().unique()]).map(str)
        dates = pd.to_datetime(known, errors="coerce", format="ISO8601")
        return bool(values.dropna().isin(dates).all())
    texts = [text if pd.notna(value) else "" for text, value in zip(_as_text(values), values, strict=True)]
    if not any(NUMBER.search(text) for text in set(texts) - _NAMES):
        return True
    told = {word for c in token.frame for word in _read_words(token.frame[c])}
    for at in _find_rows(frame, column, token):
        rows = token.frame.iloc[at]
        if all(_told(text, told, row) for text, (_, row) in zip(texts, rows.iterrows(), strict=True)):
            return True
    return False


def _read_words(values: pd.Series) -> set[str]:
    """Return the numbers in the labels of a column, small ones in words as well."""
    if _is_number(values):
        return set()
    texts = {str(value).lower() for value in values.dropna().unique()}
    return {word for text in texts for word in NUMBER.findall(text)}


def _told(text: str, told: set[str], row: pd.Series) -> bool:
    """Whether a row says every number of a text; labels of other rows say those that are no small count."""
    if text in _NAMES:
        return True
    own = _read_words(pd.Series([str(v) for v in row if not isinstance(v, int | float | np.number)]))
    numbers = [float(v) for v in row if isinstance(v, int | float | np.number) and not isinstance(v, bool)]
    return all(
        found[0].lower() in own
        or (found[0] in told and not is_small(found[0]))
        or rounds_to(found[0], text[found.end() :], numbers)
        for found in NUMBER.finditer(text)
    )


def is_small(number: str) -> bool:
    """Whether a number in a text, or a word for one, could be a small count."""
    return number.lower() in SMALL_WORDS or number in {str(n) for n in range(1, len(SMALL_WORDS) + 1)}


def rounds_to(number: str, after: str, numbers: Iterable[float], *, small: bool = False) -> bool:
    """Whether a number in a text is one of these numbers, rounded as the text is; `after` says its unit.

    A small whole number must be the very number, unless `small` ones may be rounded too.
    """
    if number.lower() in SMALL_WORDS:
        number = str(SMALL_WORDS.index(number.lower()) + 1)
    scale = next((size for unit, size in _UNITS.items() if after.lstrip().startswith(unit)), 1.0)
    digits = len(number.partition(".")[2])
    exact = is_small(number) and scale == 1.0 and not small
    within = 1e-9 if exact else 0.5 * 10.0**-digits + 1e-9
    return any(abs(abs(v) * scale - float(number.replace(",", ""))) <= within for v in numbers)


def mark_computed(made: pd.DataFrame, given: Iterable[pd.DataFrame | pd.Series]) -> pd.DataFrame:
    """Give what was computed of released frames alone their mark, unless something was added to one."""
    given = list(given)
    if not any(find_added(as_frame(each)) for each in given):
        token = given[0].attrs[MARK]
        same = made.index.isin(token.hidden.index).all()
        hidden = token.hidden if same else token.hidden.iloc[:0]
        made.attrs[MARK] = replace(token, frame=made.copy(), hidden=hidden)
    return made


def protects(frame: pd.DataFrame | pd.Series) -> bool:
    """Return whether a frame was released under a profile that protects people."""
    token = frame.attrs.get(MARK)
    return token is not None and profile_named(token.profile).protects


def find_untold(texts: Iterable[str], frames: Iterable[pd.DataFrame]) -> list[str]:
    """Return the numbers in texts that none of these released frames tells: by a label, or by a number.

    A number may be rounded as the text is. A small whole one, or a word for it, must stand in a label that
    the text quotes, or be the very number of a column that counts or computes. What quotes a whole label of
    another released table (the name of an area, "Leeds - 15F") tells nothing more.
    """
    frames = list(frames)
    elsewhere = {v for f in _RELEASED.values() for c in f if not _is_number(f[c]) for v in map(str, f[c])}
    quotes = sorted((v for v in elsewhere if _is_name(v)), key=len, reverse=True)
    labels = {str(v) for f in frames for c in f if not _is_number(f[c]) for v in f[c].dropna().unique()}
    labels |= {str(c) for f in frames for c in f}
    words = {word for label in labels for word in NUMBER.findall(label.lower())}
    told = [label for label in labels | _NAMES if NUMBER.search(label)]
    every = [v for f in frames for c in f if _is_number(f[c]) for v in _floats(f[c])]
    counted = [
        v for f in frames for c in f if _is_number(f[c]) and not _is_label(f, c) for v in _floats(f[c])
    ]
    found: list[str] = []
    for text in texts:
        text = " ".join(text.split())  # a name may be on two lines
        for quote in filter(text.__contains__, quotes):
            text = re.sub(rf"(?<!\w){re.escape(quote)}(?!\w)", "", text)
        for match in NUMBER.finditer(text):
            number, after = match[0], text[match.end() :]
            if is_small(number):
                quoted = text.strip() in labels or any(
                    len(label) > len(number) and label in text and number in label for label in told
                )
                plain = not after.lstrip().startswith(tuple(_UNITS))
                fine = quoted or rounds_to(number, after, counted if plain else every)
            else:
                fine = number in words or rounds_to(number, after, every)
            found += [] if fine else [number]
    return list(dict.fromkeys(found))


def _is_name(label: str) -> bool:
    """Whether a label with a number begins with a word, as names do and counts with a unit do not."""
    return label[:1].isalpha() and NUMBER.search(label) is not None and not NUMBER.match(label)


def is_told(value: float) -> bool:
    """Return whether a single number is one of those released in this process, of a rate, mean or the like.

    Of a whole number no one can say where it comes from: it may be a count.
    """
    for frame in _RELEASED.values():
        kinds = frame.attrs[MARK].kinds
        for column in filter(lambda c: _is_number(frame[c]), frame):
            counts = kinds.get(column) in (*NOBODYS, "Count")
            if not (counts and float(value).is_integer()) and _close(_floats(frame[column]), value).any():
                return True
    return False


def _is_label(frame: pd.DataFrame, column: str) -> bool:
    """Whether numbers of a column are labels, ranks and the like, which count nobody."""
    token = frame.attrs.get(MARK)
    return token is not None and token.kinds.get(column) in NOBODYS


def seal(shown: str) -> str:
    """Return what a table or picture of released numbers bears: no other output of a cell has it."""
    digest = hashlib.sha256(f"released {''.join(shown.split())}".encode()).hexdigest()[:16]
    return digest.translate(str.maketrans("0123456789", "ghijklmnop"))  # no digits: the scan reads numbers


def remember(name: str, released: pd.DataFrame) -> None:
    """Keep what was released under a name in this process, for charts to be held against."""
    _RELEASED[name] = released


def list_released() -> dict[str, pd.DataFrame]:
    """Return the tables released in this process, by name."""
    return dict(_RELEASED)


def is_hidden(frame: pd.DataFrame, row: object, column: str) -> bool:
    """Return whether the gate hid this cell of a released frame; a value that was never there was not hidden.

    Parameters
    ----------
    frame : DataFrame
        A released frame, or rows of it with their index.
    row : object
        The row's index label.
    column : str
        Its column, named as released.
    """
    token = frame.attrs.get(MARK)
    return token is not None and token.is_hidden(row, column)


def named_like_identifiers(frame: pd.DataFrame) -> list[str]:
    """Return the columns that are named like an identifier of a person."""
    return [str(column) for column in frame.columns if is_identifier(str(column))]
