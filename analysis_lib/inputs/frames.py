"""Tidy frames of the subjects: selected rows of every source, with areas named and labels ordered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis_lib.inputs.areas import AreaLookup
from analysis_lib.inputs.describe import AREA_LEVELS, ENGLAND, month_offsets, used_codes
from analysis_lib.inputs.layouts import AREA_ORDER, list_columns
from analysis_lib.inputs.values import ORDERED_LABELS, UNKNOWN, ordered_values

DIMENSIONS = ("service_setting", "context_type", "national_category")
MarginKey = tuple[str, np.datetime64, str]
_ABSENT = -1


@dataclass
class Coded:
    """A column of labels: integer codes into distinct values; -1 where the source has no such column."""

    codes: np.ndarray
    labels: list[str]
    used: np.ndarray | None = None


Columns = dict[str, Coded | np.ndarray]


def select_rows(
    table: pa.Table, level: str, chosen: dict[int, set[tuple[str, str]] | None], lookup: AreaLookup
) -> Columns:
    """Return a source's columns with the rows of the chosen (area, month) of each of its parts.

    `chosen` maps a part's number to its pairs, None for all of them; parts not named are left out.
    """
    columns = _columns_of(table)
    part = columns.pop("part", None)
    parts = part if isinstance(part, np.ndarray) else np.full(table.num_rows, next(iter(chosen), 0))
    present = set(np.unique(parts).tolist()) if part is not None else set(chosen)
    if any(value is not None for value in chosen.values()) or present - set(chosen):
        mask = np.zeros(table.num_rows, bool)
        for number, pairs in chosen.items():
            mine = parts == number
            mask |= mine if pairs is None else mine & _in_pairs(columns, level, pairs, lookup)
        columns = {name: _take(column, mask) for name, column in columns.items()}
    return columns


def sum_days(subject: str, rows: Columns) -> Columns:
    """Return the rows of a file of status by day summed for its subject; of any other file as they are.

    They are kept apart until here: two parts of a file are told from two releases by their days.
    """
    if "date" not in rows or not subject.startswith("attendance"):
        return rows
    wanted = set(list_columns(subject)) - {"n_appointments"}
    keys = [name for name in rows if name in wanted]
    codes = {name: rows[name].codes if isinstance(rows[name], Coded) else rows[name] for name in keys}
    summed = pd.DataFrame(codes | {"n": rows["n_appointments"]}).groupby(keys, sort=False)["n"].sum()
    summed = summed.reset_index()
    columns: Columns = {
        name: Coded(summed[name].to_numpy(), rows[name].labels)
        if isinstance(rows[name], Coded)
        else summed[name].to_numpy()
        for name in keys
    }
    return columns | {"n_appointments": summed["n"].to_numpy()}


def _columns_of(table: pa.Table) -> Columns:
    columns: Columns = {}
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            unified = column.unify_dictionaries().combine_chunks()
            array = unified.chunk(0) if isinstance(unified, pa.ChunkedArray) else unified
            # Null where a member of an archive lacks the column
            codes = array.indices.fill_null(_ABSENT).to_numpy(zero_copy_only=False)
            columns[name] = Coded(codes, array.dictionary.to_pylist())
        else:
            columns[name] = column.to_numpy()
    return columns


def _take(column: Coded | np.ndarray, mask: np.ndarray) -> Coded | np.ndarray:
    return Coded(column.codes[mask], column.labels) if isinstance(column, Coded) else column[mask]


def _in_pairs(columns: Columns, level: str, pairs: set[tuple[str, str]], lookup: AreaLookup) -> np.ndarray:
    """Return which rows belong to one of the (area, month) pairs."""
    offset, base, n_months = month_offsets(np.asarray(columns["month"]))
    area = columns.get(AREA_LEVELS.get(level, ""))
    if not isinstance(area, Coded):
        area = Coded(np.zeros(len(offset), np.int64), [ENGLAND])
    names = [lookup.icb_of_ods.get(v, v) if level == "icb" else v for v in area.labels]
    wanted = np.zeros((len(names), n_months), bool)
    for name, month in pairs:
        at = int((np.datetime64(month, "M") - base).astype(np.int64))
        if 0 <= at < n_months:
            wanted[[i for i, other in enumerate(names) if other == name], at] = True
    return wanted[area.codes, offset]


def fill_areas(columns: Columns, lookup: AreaLookup) -> Columns:
    """Add the ICB and region codes that a layout leaves out, from the reference table; else "Unknown"."""
    if isinstance(columns.get("icb_code"), Coded):
        columns["icb_code"] = _map(columns["icb_code"], lookup.icb_of_ods, keep=True)
    if "sub_icb_code" in columns and "icb_code" not in columns:
        columns["icb_code"] = _map(columns["sub_icb_code"], lookup.icb_of)
    if "icb_code" in columns and "region_code" not in columns:
        columns["region_code"] = _map(columns["icb_code"], lookup.region_of)
    return columns


def _map(column: Coded | np.ndarray, mapping: dict[str, str], *, keep: bool = False) -> Coded:
    if not isinstance(column, Coded):
        raise TypeError("an area column must hold labels")
    mapped = [mapping.get(value, value if keep else UNKNOWN) for value in column.labels]
    values = list(dict.fromkeys(mapped))
    lut = np.array([values.index(value) for value in mapped] + [_ABSENT], np.int32)
    return Coded(lut[column.codes], values)


def build_frame(subject: str, pieces: Sequence[Columns], lookup: AreaLookup) -> pd.DataFrame:
    """Return one tidy frame of a subject from the selected rows of its sources.

    A column that no source has is absent. One that some lack is "Unknown" in their rows, as blank cells are:
    pandas leaves missing labels out of a group-by. Areas and counts are missing (NaN) there.
    """
    pieces = [fill_areas(dict(piece), lookup) for piece in pieces]
    lengths = [len(np.asarray(piece["month"])) for piece in pieces]
    data: dict[str, object] = {}
    joined: dict[str, Coded] = {}
    for name in list_columns(subject):
        code_name = name.replace("_name", "_code") if name in AREA_ORDER else name
        present = [piece.get(code_name) for piece in pieces]
        if all(column is None for column in present):
            continue
        if any(isinstance(column, Coded) for column in present):
            if code_name not in joined:
                joined[code_name] = _join(present, lengths)
                if name not in AREA_ORDER:
                    joined[code_name] = _fill_unknown(joined[code_name])
            names = lookup.names[code_name] if name != code_name else {}
            data[name] = _categorical(name, joined[code_name], names)
        else:
            data[name] = np.concatenate(
                [np.full(n, np.nan) if c is None else c for c, n in zip(present, lengths, strict=True)]
            )
    return pd.DataFrame(data, copy=False)


def _join(columns: Sequence[Coded | np.ndarray | None], lengths: Iterable[int]) -> Coded:
    if len(columns) == 1 and isinstance(columns[0], Coded):
        return columns[0]
    place: dict[str, int] = {}
    codes = []
    for column, n in zip(columns, lengths, strict=True):
        if not isinstance(column, Coded):
            codes.append(np.full(n, _ABSENT, np.int32))
            continue
        lut = [place.setdefault(label, len(place)) for label in column.labels]
        codes.append(np.array([*lut, _ABSENT], np.int32)[column.codes])
    return Coded(np.concatenate(codes), list(place))


def _fill_unknown(column: Coded) -> Coded:
    absent = column.codes == _ABSENT
    if not absent.any():
        return column
    labels = list(dict.fromkeys([*column.labels, UNKNOWN]))
    return Coded(np.where(absent, labels.index(UNKNOWN), column.codes).astype(np.int32), labels)


def _categorical(name: str, column: Coded, names: Mapping[str, str]) -> pd.Categorical:
    """Return labels as a Categorical in their order; of labels without a fixed order, those that occur."""
    labels = [names.get(label, label) for label in column.labels]
    fixed = ORDERED_LABELS.get(name, ())
    if set(labels) <= set(fixed):
        categories = list(fixed)
    else:
        if column.used is None:
            column.used = used_codes(column.codes)
        categories, _ = ordered_values(name, [labels[i] for i in column.used])
    place = {label: i for i, label in enumerate(categories)}
    small = np.int8 if len(categories) < 128 else np.int16 if len(categories) < 32768 else np.int32
    lut = np.array([*(place.get(label, _ABSENT) for label in labels), _ABSENT], small)
    dtype = pd.CategoricalDtype(categories, ordered=bool(fixed))
    return pd.Categorical.from_codes(lut.take(column.codes), dtype=dtype, validate=False)


def count_margins(pieces: Sequence[Columns]) -> pd.DataFrame:
    """Return appointments by month and by each of setting, context and category.

    Returns
    -------
    pandas.DataFrame
        month, dimension, value (both Categorical), n_appointments (int64).
    """
    totals: Counter[MarginKey] = Counter()
    for piece in pieces:
        offset, base, n_months = month_offsets(np.asarray(piece["month"]))
        weights = np.asarray(piece["n_appointments"])
        for dimension in DIMENSIONS:
            column = piece[dimension]
            if not isinstance(column, Coded):
                raise TypeError(f"{dimension} must hold labels")
            key = column.codes.astype(np.int64) * n_months + offset
            # Weights are summed as float64: exact below 2**53.
            sums = np.bincount(key, weights=weights).astype(np.int64)
            for at in np.flatnonzero(np.bincount(key)).tolist():
                month = base + at % n_months
                totals[dimension, month, column.labels[at // n_months]] += int(sums[at])
    return margin_frame(totals)


def margin_frame(totals: Mapping[MarginKey, int]) -> pd.DataFrame:
    """Return totals by (dimension, month, value) as a frame, by dimension, month and value in order."""
    place = {dimension: i for i, dimension in enumerate(DIMENSIONS)}
    keys = sorted(totals, key=lambda key: (place[key[0]], key[1], key[2]))
    values = sorted({value for _, _, value in keys})
    return pd.DataFrame(
        {
            "month": np.array([month for _, month, _ in keys], "datetime64[M]").astype("datetime64[ns]"),
            "dimension": pd.Categorical([dimension for dimension, _, _ in keys], categories=DIMENSIONS),
            "value": pd.Categorical([value for _, _, value in keys], categories=values),
            "n_appointments": np.array([totals[key] for key in keys], np.int64),
        }
    )
