"""The gate on tables small enough to work by hand."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from analysis_lib.kinds import (
    Amount,
    Count,
    Derived,
    Dimension,
    Estimate,
    Plain,
    Proportion,
    Quantile,
    Ratio,
    Share,
)
from analysis_lib.release.gate.release import release_table
from analysis_lib.release.profiles import PATIENT, PUBLISHED, SIMULATED


def release(frame, kinds, profile=PATIENT, **more):
    kinds = {c: kinds.get(c, Dimension()) for c in frame}
    return release_table(more.pop("name", "t"), frame, profile, kinds, **more)


def shown(released, column="n"):
    return [None if pd.isna(v) else v for v in released.frame[column]]


@pytest.mark.parametrize("profile", [PATIENT, SIMULATED])
def test_small_counts_are_hidden_zero_stays_and_others_go_to_the_nearest_five(profile):
    frame = pd.DataFrame({"group": list("abcdefgh"), "n": [0, 1, 7, 8, 12, 13, 17, 1003]})
    assert shown(release(frame, {"n": Count()}, profile)) == [0, None, None, 10, 10, 15, 15, 1005]


def test_published_numbers_pass_with_six_decimals():
    frame = pd.DataFrame({"group": ["a"], "n": [3], "rate": [1 / 3]}, index=[9])
    released = release_table("t", frame, PUBLISHED, {})
    assert released.frame.to_dict("list") == {"group": ["a"], "n": [3], "rate": [0.333333]}
    assert released.record.empty
    assert not released.hidden.to_numpy().any()


DTYPES = {
    "text": ["F", "M", "X"],
    "integer": [1, 2, 3],
    "boolean": [True, False],
    "category": pd.Categorical(["F", "M", "X"]),
    "date": pd.to_datetime(["2021-01-01", "2021-02-01", "2021-03-01"]),
}


@pytest.mark.parametrize("labels", DTYPES.values(), ids=DTYPES)
def test_without_totals_only_the_small_cell_is_hidden(labels):
    frame = pd.DataFrame({"group": labels, "n": [3, 21, 48][: len(labels)]})
    assert shown(release(frame, {"n": Count()})) == [None, 20, 50][: len(labels)]


@pytest.mark.parametrize("total", ["All", "Total", None, pd.NA])
@pytest.mark.parametrize("labels", DTYPES.values(), ids=DTYPES)
def test_a_total_gives_no_hidden_cell_back_whatever_the_dtype(labels, total):
    counts = [3, 21, 48][: len(labels)]
    group = pd.Series([*labels, total], dtype=object)
    if total is None and not isinstance(labels[0], str):
        group = (
            pd.Series([*labels, total]).convert_dtypes()
            if isinstance(labels[0], bool)
            else pd.Series([*labels, None])
        )
    released = release(pd.DataFrame({"group": group, "n": [*counts, sum(counts)]}), {"n": Count()})
    # 21 goes with 3, as the smallest cell left; the total is 72, or 24
    assert shown(released) == ([None, None, 50, 70] if len(labels) == 3 else [None, None, 25])


def test_a_total_of_small_counts_does_not_drift():
    """60 groups of one person are 60 people, not 60 times what a small count would be rounded to."""
    frame = pd.DataFrame({"group": [*map(str, range(60)), "z", "All"], "n": [*[1] * 60, 20, 80]})
    assert shown(release(frame, {"n": Count()})) == [None] * 61 + [80]


def test_a_total_of_ones_alone_is_hidden():
    """Twelve groups, none empty, and twelve people: each is 1. With a larger one hidden, any may be more."""
    ones = pd.DataFrame({"group": [*map(str, range(12)), "All"], "n": [*[1] * 12, 12]})
    assert shown(release(ones, {"n": Count()})) == [None] * 13
    more = pd.DataFrame({"group": [*map(str, range(12)), "z", "All"], "n": [*[1] * 12, 20, 32]})
    assert shown(release(more, {"n": Count()})) == [None] * 13 + [30]


def test_a_group_not_stated_is_no_total():
    frame = pd.DataFrame({"group": ["a", "b", None], "n": [30, 40, 12]})
    assert shown(release(frame, {"n": Count()})) == [30, 40, 10]


def test_two_way_table_hides_a_rectangle():
    rows = [("F", 1, 3), ("F", 2, 40), ("M", 1, 50), ("M", 2, 60)]
    rows += [("F", "All", 43), ("M", "All", 110), ("All", 1, 53), ("All", 2, 100), ("All", "All", 153)]
    released = release(pd.DataFrame(rows, columns=["sex", "band", "n"]), {"n": Count()})
    assert shown(released) == [None, None, None, None, 45, 110, 55, 100, 155]


def test_a_total_with_labels_of_its_own():
    frame = pd.DataFrame(
        {"code": ["E1", "E2", "All"], "name": ["North", "South", "England"], "n": [4, 31, 35]}
    )
    assert shown(release(frame, {"n": Count()})) == [None, None, 35]


def test_a_row_left_out_counts_too():
    """The total less the rows shown leaves 2 people: one row must go."""
    frame = pd.DataFrame({"group": ["a", "b", "All"], "n": [30, 41, 73]})
    assert shown(release(frame, {"n": Count()})) == [None, 40, 75]


def test_people_counted_in_several_rows_do_not_add_up():
    frame = pd.DataFrame({"condition": ["a", "b", "All"], "n": [30, 4, 32]})
    assert shown(release(frame, {"n": Count()})) == [30, None, 30]


@pytest.mark.parametrize("parts", [(), ("n_attended", "n_dna")])
def test_columns_that_add_up_are_totals_declared_or_not(parts):
    frame = pd.DataFrame(
        {"group": list("ab"), "n_known": [100, 63], "n_attended": [97, 48], "n_dna": [3, 15]}
    )
    released = release(frame, {"n_known": Count(parts), "n_attended": Count(), "n_dna": Count()})
    assert shown(released, "n_dna") == [None, 15]
    assert shown(released, "n_attended") == [None, 50]
    assert shown(released, "n_known") == [100, 65]


def test_parts_that_do_not_add_up_are_a_mistake():
    frame = pd.DataFrame({"n": [10], "a": [4], "b": [5]})
    with pytest.raises(ValueError, match="'n' is not the sum of its parts"):
        release(frame, {"n": Count(("a", "b")), "a": Count(), "b": Count()})


def test_a_rate_does_not_reveal_what_is_left():
    """20 of 22 attended: the 2 who did not are as small as if they were printed."""
    frame = pd.DataFrame({"group": list("ab"), "n": [22, 100], "n_yes": [20, 50], "rate": [20 / 22, 0.5]})
    kinds = {"n": Count(), "n_yes": Count()}
    released = release(frame, {**kinds, "rate": Ratio("n_yes", "n")})
    assert shown(released, "n_yes") == [None, 50]
    assert shown(released, "rate") == [None, 0.5]
    assert shown(released, "n") == [20, 100]
    visits = release(frame, {**kinds, "rate": Ratio("n_yes", "n", part=False)})
    assert shown(visits, "n_yes") == [20, 50]


def test_a_rate_that_rounding_brings_near_one_is_hidden():
    """22 of 30: 30 less 8 is safe. 14 of 22 is released as 15 of 20, and would seem to leave 5."""
    frame = pd.DataFrame({"group": list("ab"), "n": [30, 22], "n_yes": [22, 14], "rate": [22 / 30, 14 / 22]})
    released = release(frame, {"n": Count(), "n_yes": Count(), "rate": Ratio("n_yes", "n")})
    assert shown(released, "n_yes") == [20, None]
    assert shown(released, "rate") == [round(20 / 30, 6), None]


def test_rates_come_from_rounded_counts():
    frame = pd.DataFrame({"group": list("abc"), "d": [41, 0, 12], "n": [12, 0, 3], "per_1000": [0.0, 0, 0]})
    released = release(frame, {"d": Count(), "n": Count(), "per_1000": Ratio("n", "d", per=1000)})
    assert shown(released, "per_1000") == [250.0, None, None]  # 10 of 40; nobody; hidden


def test_shares_give_no_hidden_cell_back():
    """One hidden cell in a group is one less the other shares: a second goes, and counts in the sum."""
    frame = pd.DataFrame(
        {"year": [1, 1, 1, 2, 2], "group": list("abcab"), "n": [3, 21, 48, 10, 30], "share": [0.0] * 5}
    )
    released = release(frame, {"year": Dimension(), "n": Count(), "share": Share("n", ("year",))})
    assert shown(released) == [None, None, 50, 10, 30]
    assert shown(released, "share") == [None, None, round(50 / 70, 6), 0.25, 0.75]


def test_everything_else_rests_on_counts():
    frame = pd.DataFrame(
        {
            "group": list("abc"),
            "n": [4, 9, 41],
            "m": [20, 20, 20],
            "age_standardised": [0.5, 0.5, 0.1234],
            "mean": [1.23456, 1.23456, 1.23456],
            "median": [123.4, 123.4, 123.4],
            "cost_gbp": [98765.0, 98765.0, 98765.0],
            "ratio": [0.0, 0.0, 0.0],
            "rank": [3, 2, 1],
        }
    )
    kinds = {
        "n": Count(),
        "m": Count(),
        "age_standardised": Proportion("n"),
        "mean": Estimate(("n",)),
        "median": Quantile("n"),
        "cost_gbp": Amount("n"),
        "ratio": Derived(lambda n, m: n / m, ("n", "m")),
        "rank": Plain(),
    }
    released = release(frame, kinds)
    assert shown(released) == [None, 10, 40]
    assert shown(released, "age_standardised") == [None, None, 0.125]  # 5 of 40
    assert shown(released, "mean") == [None, None, 1.266]  # in steps of an eighth: 5 of 40
    assert shown(released, "median") == [None, None, 123.0]
    # 10 × 10,000 (11,000 in steps of half of it) and 40 × 2,500 (2,410 in steps of an eighth)
    assert shown(released, "cost_gbp") == [None, 100_000.0, 100_000.0]
    assert shown(released, "ratio") == [None, 0.5, 2.0]
    assert shown(released, "rank") == [3, 2, 1]
    record = released.record.set_index(["column", "reason"])["n_cells"]
    assert record["n", "small, or beside a small one"] == 1
    assert record["median", "rests on too few"] == 1
    assert record["ratio", "rests on a hidden count"] == 1


@pytest.mark.parametrize(
    ("given", "expected"), [(0.0, 0.0), (0.01, 0.05), (0.03, 0.05), (0.98, 0.95), (1.0, 1.0)]
)
def test_a_proportion_does_not_tell_one_from_seven(given, expected):
    frame = pd.DataFrame({"n": [100], "adjusted": [given]})
    released = release(frame, {"n": Count(), "adjusted": Proportion("n")})
    assert released.frame["adjusted"].tolist() == [pytest.approx(expected)]


@pytest.mark.filterwarnings("error")
def test_a_sum_of_nothing_is_nothing_without_a_warning():
    frame = pd.DataFrame({"group": list("abc"), "n": [40.0, 20.0, 0.0], "cost_gbp": [0.0, None, 0.0]})
    released = release(frame, {"n": Count(), "cost_gbp": Amount("n")})
    assert shown(released, "cost_gbp")[0] == 0


def test_missing_counts_stay_missing_and_are_not_called_hidden():
    released = release(pd.DataFrame({"group": list("ab"), "n": [None, 20.0]}), {"n": Count()})
    assert shown(released) == [None, 20]
    assert released.record.to_dict("list") == {"column": ["n"], "reason": ["missing"], "n_cells": [1]}
    assert not released.hidden.to_numpy().any()


def test_a_table_without_rows():
    frame = pd.DataFrame(
        {"group": pd.Series([], dtype=str), "n": pd.Series([], dtype=int), "rate": [], "share": []}
    )
    kinds = {"n": Count(), "rate": Ratio("n", "n"), "share": Share("n")}
    assert len(release(frame, kinds).frame) == 0
    earlier = release(pd.DataFrame({"group": ["a", "b"], "n": [20, 3]}), {"n": Count()}, name="earlier")
    bare = pd.DataFrame(columns=["group", "n"])  # of no type at all
    assert len(release(bare, {"n": Count()}, earlier=[earlier]).frame) == 0


@pytest.mark.parametrize("numbers", [[-1, 2], [1.5, 2], [np.inf, 2]])
def test_what_is_no_count_is_refused(numbers):
    with pytest.raises(ValueError, match="'n' is declared Count"):
        release(pd.DataFrame({"group": list("ab"), "n": numbers}), {"n": Count()})


def test_rows_with_the_same_dimensions_are_refused():
    with pytest.raises(ValueError, match="same dimensions"):
        release(pd.DataFrame({"group": ["a", "a"], "n": [1, 2]}), {"n": Count()})


def test_a_numerator_above_its_denominator_is_refused():
    frame = pd.DataFrame({"n": [5], "visits": [9], "rate": [1.8]})
    with pytest.raises(ValueError, match="part=False"):
        release(frame, {"n": Count(), "visits": Count(), "rate": Ratio("visits", "n")})


def test_released_again_nothing_changes():
    frame = pd.DataFrame(
        {"year": [1, 1, 1, 2, 2], "group": list("abcab"), "n": [3, 21, 48, 10, 31], "share": [0.0] * 5}
    )
    kinds = {"year": Dimension(), "n": Count(), "share": Share("n", ("year",))}
    once = release(frame, kinds).frame
    pd.testing.assert_frame_equal(release(once, kinds).frame, once)


def test_true_numbers_stay_in_memory():
    released = release(pd.DataFrame({"group": list("ab"), "n": [3, 21]}), {"n": Count()})
    assert copy.deepcopy(released) is released
    with pytest.raises(TypeError, match="never written"):
        pickle.dumps(released)
    assert released.frame.attrs["released"].name == "t"
    assert b"linked" not in pickle.dumps(released.frame)
    assert released.frame.attrs["released"].is_hidden(0, "n")
    assert not released.frame.attrs["released"].is_hidden(1, "n")


def test_the_given_frame_is_not_changed():
    frame = pd.DataFrame({"group": list("ab"), "n": [3, 21]}, index=[5, 6])
    before = frame.copy()
    release(frame, {"n": Count()})
    pd.testing.assert_frame_equal(frame, before)
