"""Words, numbers, control charts: sentences that every chapter shares."""

from __future__ import annotations

import pandas as pd
import pytest
from sentences import months, texts

from analysis_lib import headlines
from analysis_lib.headlines import common

# --- words and numbers ---


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
    assert common.say_share(value, digits) == shown


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [(0.0420, 0.0424, "stayed"), (0.0424, 0.0426, "rose"), (0.0426, 0.0424, "fell"), (0.1, 0.1, "stayed")],
)
def test_a_change_counts_if_a_reader_can_see_it(before, after, word):
    assert common.change_word(before, after) == word


def test_names_in_a_sentence():
    assert common.name_groups([]) == "none"
    assert common.name_groups(["A", "B", "C", "D"]) == "A, B, C and D"
    assert common.name_groups(["A", "B", "C", "D", "E"]) == "A, B, C and 2 others"
    assert common.name_groups(["A, B and C", "D"]) == "A, B and C; and D"
    assert common.name_groups(list(months("2024-03", "2024-04"))) == "March 2024 and April 2024"


def test_values_shown_as_equal_get_more_decimals_until_they_differ():
    assert common.say_pair(0.0421, 0.0424) == ("4.21%", "4.24%")
    assert common.say_pair(0.042, 0.042) == ("4.2%", "4.2%")
    assert common.say_pair(1_200_001, 1_200_000, "scaled") == ("1,200,001", "1,200,000")


# --- XmR ---


def xmr(values: list[float | None], signals: list[str], low: float, high: float) -> pd.DataFrame:
    return pd.DataFrame({"value": pd.Series(values, dtype=float), "signal": signals}).assign(
        month=pd.date_range("2024-01-01", periods=len(values), freq="MS"),
        mean=(low + high) / 2,
        lower=low,
        upper=high,
    )


@pytest.mark.parametrize(
    ("signals", "sentence", "state"),
    [
        (
            ["none", "none"],
            "The DNA rate stayed within the usual month-to-month movement (3.9% to 4.5%)",
            "within the usual movement",
        ),
        (
            ["none", "outside"],
            "The DNA rate was highest in February 2024 (4.3%) and lowest in January 2024 (4.0%); the usual "
            "range is 3.9% to 4.5%",
            "outside the limits",
        ),
        (
            ["run", "run"],
            "The DNA rate was highest in February 2024 (4.3%) and lowest in January 2024 (4.0%); the usual "
            "range is 3.9% to 4.5%, but most months signal: the level has changed",
            "in a run of seven or more on one side of the mean",
        ),
        (
            ["none", "trend"],
            "The DNA rate was highest in February 2024 (4.3%) and lowest in January 2024 (4.0%); the usual "
            "range is 3.9% to 4.5%",
            "in a trend of seven or more",
        ),
        (
            ["near_limit", "near_limit"],
            "The DNA rate was highest in February 2024 (4.3%) and lowest in January 2024 (4.0%); the usual "
            "range is 3.9% to 4.5%, but most months signal: the level has changed",
            "one of two in three months near the same limit",
        ),
    ],
)
def test_xmr(signals, sentence, state):
    facts = texts(headlines.say_xmr(xmr([0.04, 0.043], signals, 0.039, 0.045), "xmr", "The DNA rate", "rate"))
    assert facts["xmr"] == sentence
    assert facts["xmr_last"] == f"February 2024, at 4.3%, is {state}"
    assert facts["xmr_signals"] == str(sum(s != "none" for s in signals))


def test_xmr_names_every_month_at_an_end_and_tells_values_apart():
    signals = ["outside", "none", "none", "none", "none"]
    chart = xmr([0.05, 0.02, 0.02, 0.02, 0.03], signals, 0.021, 0.04)
    assert headlines.say_xmr(chart, "x", "The DNA rate", "rate")["x"] == (
        "The DNA rate was highest in January 2024 (5.0%) and lowest in February 2024, March 2024 and April "
        "2024 (2.0%); the usual range is 2.1% to 4.0%"
    )
    close = headlines.say_xmr(xmr([0.0421, 0.0424], ["none", "run"], 0.03, 0.05), "x", "The DNA rate", "rate")
    assert close["x"] == (  # half of the months are not most
        "The DNA rate was highest in February 2024 (4.24%) and lowest in January 2024 (4.21%); the usual "
        "range is 3.0% to 5.0%"
    )


def test_xmr_with_new_limits_and_signals():
    chart = xmr([0.04, 0.06, 0.065], ["outside", "none", "none"], 0.03, 0.05)
    chart.loc[1:, ["mean", "lower", "upper"]] = [0.06, 0.05, 0.07]
    assert headlines.say_xmr(chart, "x", "The DNA rate", "rate")["x"] == (
        "The DNA rate was highest in March 2024 (6.5%) and lowest in January 2024 (4.0%); the usual range "
        "is now 5.0% to 7.0%"
    )


def test_xmr_limits_below_nothing_are_not_shown():
    facts = headlines.say_xmr(xmr([0.01, 0.02], ["none"] * 2, -0.01, 0.04), "x", "The DNA rate", "rate")
    assert facts["x"] == "The DNA rate stayed within the usual month-to-month movement (up to 4.0%)"


def test_xmr_of_a_constant_and_of_a_last_month_without_value():
    flat = headlines.say_xmr(xmr([5, 5, 5], ["none"] * 3, 5, 5), "x", "Appointments", "count")
    assert flat["x"] == "Appointments stayed at 5 in all 3 months"
    gap = headlines.say_xmr(xmr([0.04, None], ["none"] * 2, 0.03, 0.05), "x", "The DNA rate", "rate")
    assert gap["x_last"] == "January 2024, at 4.0%, is within the usual movement"


def test_xmr_with_new_limits_says_so():
    chart = xmr([0.04, 0.06], ["none"] * 2, 0.03, 0.05)
    chart.loc[1, ["mean", "lower", "upper"]] = [0.06, 0.05, 0.07]
    assert headlines.say_xmr(chart, "x", "The DNA rate", "rate")["x"] == (
        "The DNA rate stayed within the usual month-to-month movement (now 5.0% to 7.0%)"
    )
