"""Which further cells are hidden, on systems and tables small enough to see."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib.kinds import Count, Dimension
from analysis_lib.release.gate.protect import NotReleasable, Variables, protect
from analysis_lib.release.gate.release import release_table
from analysis_lib.release.profiles import PATIENT


def variables(values, hidden, free=True):
    values = np.array(values, dtype=float)
    away = np.array(hidden, dtype=bool)
    return Variables(
        values, values.copy(), away, away.copy(), np.full(len(values), free), np.zeros(len(values), int)
    )


def test_the_smallest_other_cell_goes_and_a_zero_never():
    row = variables([3, 0, 40, 20, 63], [1, 0, 0, 0, 0])
    row.equate(1, (row, np.zeros(4, int), np.arange(4), 1), (row, np.zeros(1, int), np.array([4]), -1))
    protect([row])
    assert row.hidden.tolist() == [True, False, False, True, False]


def test_two_hidden_cells_that_two_equations_give_away_need_a_third():
    """x + y and x - y both known: each equation has two hidden cells, and still both can be worked out."""
    pair = variables([3, 4, 50, 60], [1, 1, 0, 0])
    pair.equate(
        2,
        (pair, np.array([0, 1]), np.array([0, 0]), 1),
        (pair, np.array([0]), np.array([1]), 1),
        (pair, np.array([1]), np.array([1]), -1),
        (pair, np.array([0, 1]), np.array([2, 3]), 1),
    )
    protect([pair])
    assert pair.hidden.tolist() == [True, True, True, False]


def test_nothing_left_to_hide_is_said():
    earlier = variables([20], [0])
    new = variables([3], [1], free=False)
    new.equate(1, (new, np.array([0]), np.array([0]), 1), (earlier, np.array([0]), np.array([0]), -1))
    with pytest.raises(NotReleasable, match="Coarser groups"):
        protect([new], [earlier])


def table(name, rows, columns, earlier=(), counts=("n",), **more):
    frame = pd.DataFrame(rows, columns=[*columns, *counts])
    kinds = {c: Dimension() for c in columns} | {c: Count() for c in counts}
    return release_table(name, frame, PATIENT, kinds, earlier=earlier, **more)


def shown(released, column="n"):
    return [None if pd.isna(v) else v for v in released.frame[column]]


def test_the_total_in_another_table_gives_nothing_back():
    """Women are 3 of 53 people, and another table says 53: the men go too, in the later table."""
    by_age = table("by_age", [(1, 21), (2, 32)], ["age"])
    assert shown(by_age) == [20, 30]
    alone = table("by_sex", [("F", 3), ("M", 50)], ["sex"])
    assert shown(alone) == [None, 50]
    assert shown(table("by_sex", [("F", 3), ("M", 50)], ["sex"], [by_age])) == [None, None]


def test_the_later_table_hides_what_would_undo_the_earlier():
    by_sex = table("by_sex", [("F", 3), ("M", 50)], ["sex"])
    assert shown(table("by_age", [(1, 21), (2, 32)], ["age"], [by_sex])) == [None, 30]


def test_a_finer_table_gives_no_row_of_a_coarser_one_back():
    """F is hidden in the coarse table, so no full set of its cells may be shown in the fine one."""
    coarse = table("coarse", [("F", 6), ("M", 50), ("All", 56)], ["sex"])
    assert shown(coarse) == [None, None, 55]
    fine = table("fine", [("F", 1, 0), ("F", 2, 6), ("M", 1, 20), ("M", 2, 30)], ["sex", "age"], [coarse])
    assert shown(fine) == [0, None, None, 30]


def test_the_same_cell_is_hidden_in_both_tables_or_in_neither():
    first = table("first", [("F", 3), ("M", 21), ("X", 80), ("All", 104)], ["sex"])
    assert shown(first) == [None, None, 80, 105]
    assert shown(table("second", [("F", 3), ("M", 21), ("X", 80)], ["sex"], [first])) == [None, None, 80]


@pytest.mark.parametrize("labels", [(1, 2), ("1", "2"), (1.0, 2.0)])
def test_tables_match_by_label_as_text(labels):
    first = table("first", [(1, 3), (2, 21), ("All", 24)], ["band"])
    assert shown(table("second", list(zip(labels, (3, 21), strict=True)), ["band"], [first])) == [None, None]


def test_other_people_are_not_compared():
    first = table("first", [("F", 3), ("M", 21), ("All", 24)], ["sex"])
    other = table("second", [("F", 30), ("M", 21)], ["sex"], [first], population="staff")
    assert shown(other) == [30, 20]


def test_a_nested_population_leaves_no_small_difference():
    """50 women, 47 of them registered: 3 are not. 40 men, 20 registered: nothing small is left."""
    everyone = table("everyone", [("F", 50), ("M", 40)], ["sex"])
    rows = [("F", 47), ("M", 20)]
    assert shown(table("inside", rows, ["sex"], [everyone], population="registered", within="all")) == [
        None,
        20,
    ]


def test_the_larger_population_may_come_later():
    inside = table("inside", [("F", 47), ("M", 20)], ["sex"], population="registered", within="all")
    assert shown(inside) == [45, 20]
    assert shown(table("everyone", [("F", 50), ("M", 40)], ["sex"], [inside])) == [None, 40]


def test_populations_nested_twice_are_compared():
    everyone = table("everyone", [("F", 50)], ["sex"])
    adults = table("adults", [("F", 30)], ["sex"], [everyone], population="adults", within="all")
    carers = table("carers", [("F", 28)], ["sex"], [everyone, adults], population="carers", within="adults")
    assert [shown(t) for t in (everyone, adults, carers)] == [[50], [30], [None]]
    far = table("old", [("F", 47)], ["sex"], [everyone, adults], population="old", within="adults")
    assert shown(far) == [None], "3 of everyone are left, two populations up"


def test_rounding_alone_may_leave_five_between_nested_tables():
    """22 and 14 leave 8, but 20 and 15 would seem to leave 5."""
    everyone = table("everyone", [("F", 22)], ["sex"])
    assert shown(table("inside", [("F", 14)], ["sex"], [everyone], population="x", within="all")) == [None]


def test_a_small_undeclared_difference_is_protected_too():
    """The second table leaves out 3 people of unknown sex: its total is not the first one's."""
    first = table("first", [(1, 60), (2, 43)], ["age"])
    second = table("second", [("F", 60), ("M", 40)], ["sex"], [first])
    assert shown(second) == [60, None]


def test_a_table_made_again_is_not_compared_with_itself():
    first = table("t", [("F", 30), ("M", 40)], ["sex"])
    assert shown(table("t", [("F", 27), ("M", 40)], ["sex"], [first])) == [25, 40]


def test_three_ways_with_all_totals():
    """A lone small cell in a cube with totals on every side: no line through a hidden cell gives it back."""
    cube = np.full((3, 3, 3), 40)
    cube[1, 1, 1] = 2
    for axis in range(3):
        cube = np.concatenate([cube, cube.sum(axis=axis, keepdims=True)], axis=axis)
    labels = [1, 2, 3, "All"]
    rows = [(labels[i], labels[j], labels[k], cube[i, j, k]) for i, j, k in np.ndindex(4, 4, 4)]
    released = table("cube", rows, ["a", "b", "c"])
    away = released.hidden["n"].to_numpy().reshape(4, 4, 4)
    assert away[1, 1, 1]
    for axis in range(3):
        assert not (away.sum(axis=axis) == 1).any()
    assert 8 <= away.sum() <= 16
