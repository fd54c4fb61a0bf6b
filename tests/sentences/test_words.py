"""Words and numbers in sentences."""

import pandas as pd
import pytest

from analysis_lib import words


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0.0, 1, "0.0%"),
        (0.0004, 1, "under 0.1%"),
        (0.0005, 1, "0.1%"),
        (0.9996, 1, "over 99.9%"),
        (1.0, 1, "100.0%"),
        (0.003, 0, "under 1%"),
        (0.997, 0, "over 99%"),
        (0.436, 0, "44%"),
        (1.2, 0, "120%"),
    ],
)
def test_some_is_never_shown_as_none_nor_nearly_all_as_all(value, digits, shown):
    assert words.say_share(value, digits) == shown


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "none"),
        (["A", "B", "C", "D"], "A, B, C and D"),
        (["A", "B", "C", "D", "E"], "A, B, C and 2 others"),
        (["A, B and C", "D"], "A, B and C; and D"),
        ([pd.Timestamp(2024, 3, 1), pd.Timestamp(2024, 4, 1)], "March 2024 and April 2024"),
    ],
)
def test_names_in_a_sentence(names, said):
    assert words.name_groups(names) == said


def test_values_shown_as_equal_get_more_decimals_until_they_differ():
    assert words.say_pair(0.0421, 0.0424) == ("4.21%", "4.24%")
    assert words.say_pair(0.042, 0.042) == ("4.2%", "4.2%")
    assert words.say_pair(1_200_001, 1_200_000, "scaled") == ("1,200,001", "1,200,000")
    assert words.say_pair(0.042, float("nan")) == ("4.2%", "not known")


def test_ordinals():
    assert [words.ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 42, 103, 111)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "42nd", "103rd", "111th"]
    )


def test_a_value_that_is_missing_is_not_known():
    assert words.say_known(None, "count") == "not known"
    assert words.say_known(0.0004, "rate") == "under 0.1%"
    assert words.say_known(0.0456, "rate", 0) == "5%"
    assert words.say_range(0.039, 0.045) == "3.9% to 4.5%"
    assert words.say_range(float("nan"), 0.045) == "not known"


def test_the_furthest_of_many_is_named_only_beyond_what_chance_makes_of_as_many():
    # 0.5 ± 0.1 misses 0.39 alone (at 1.96); as one of 5 its interval is 2.576 ÷ 1.960 as wide, ± 0.131.
    rows = pd.DataFrame({"value": [0.5] * 5, "low": [0.4] * 5, "high": [0.6] * 5})
    beyond = words.beyond
    assert len(beyond(rows.head(1), "value", 0.39)) == 1
    assert beyond(rows, "value", 0.39).empty
    assert len(beyond(rows, "value", 0.36)) == 5
    assert beyond(rows, "value", 0.61).empty
    assert len(beyond(rows, "value", 0.64)) == 5
    assert beyond(rows.assign(low=float("nan")), "value", 0.1).empty
    # 0.5 (0.3 to 0.5² ÷ 0.3 = 0.833) and its inverse: as one of 5, 0.5 x (5 ÷ 3) ^ (2.576 ÷ 1.960) = 0.978.
    halves = pd.DataFrame({"value": [0.5] * 5, "low": [0.3] * 5, "high": [0.25 / 0.3] * 5})
    doubles = (1 / halves).rename(columns={"low": "high", "high": "low"})
    for limit, n in ((0.97, 0), (0.99, 5)):
        assert len(beyond(halves, "value", limit, ratio=True)) == n
        assert len(beyond(doubles, "value", 1 / limit, ratio=True)) == n
    assert beyond(halves.assign(low=0.0), "value", 0.1, ratio=True).empty
