"""Repeats are rows equal in every cell; large columns must not wrap around to the same key."""

from __future__ import annotations

import pyarrow as pa

from analysis_lib.inputs.describe import find_repeats
from analysis_lib.inputs.text import TextTable


def table(columns: dict[str, list[int]], n_values: int) -> TextTable:
    values = pa.array([str(i) for i in range(n_values)])
    arrays = {
        name: pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), values)
        for name, codes in columns.items()
    }
    n_rows = len(next(iter(columns.values())))
    return TextTable(list(arrays), {}, arrays, n_rows, lambda row: row + 2)


def test_first_of_equal_rows_is_no_repeat():
    found = find_repeats(table({"a": [0, 1, 0, 0], "b": [1, 1, 1, 0]}, 2))
    assert found.tolist() == [False, False, True, False]


def test_rows_that_differ_in_one_of_many_large_columns_are_no_repeats():
    # Five columns of 65,536 values make 2**80 combinations, more than an integer of 64 bits can tell apart.
    same = {name: [0, 0] for name in "bcde"}
    for differing in "abcde":
        columns = {"a": [0, 0], **same, differing: [0, 1]}
        assert find_repeats(table(columns, 65_536)).tolist() == [False, False]
