import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from analysis_lib.release import fact


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        (30405070, "count", None, "30,405,070"),
        (np.int64(7), "count", None, "7"),
        (742804525, "scaled", None, "742.8 million"),
        (1234567890, "scaled", 2, "1.23 billion"),
        (999999, "scaled", None, "999,999"),
        (0.0436157, "rate", None, "4.4%"),
        (0.0436157, "rate", 3, "4.362%"),
        (0.0123, "points", None, "+1.2 percentage points"),
        (-0.0123, "points", None, "\N{MINUS SIGN}1.2 percentage points"),
        (0.0001, "points", None, "0.0 percentage points"),
        (927336990, "gbp", None, "£927.3 million"),
        (-2.5, "number", 1, "\N{MINUS SIGN}2.5"),
        (pd.Timestamp("2021-11-01"), "month", None, "November 2021"),
        ("2021-11", "month", None, "November 2021"),
        (dt.date(2021, 12, 1), "date", None, "1 December 2021"),
        ("Telephone", "text", None, "Telephone"),
    ],
)
def test_display_text(value, unit, digits, text):
    assert fact(value, unit, digits).text == text


def test_value_is_kept_unrounded_and_plain():
    kept = fact(np.float64(0.04361571), "rate")
    assert kept.value == 0.04361571
    assert type(kept.value) is float
    assert fact(pd.Timestamp("2021-11-01"), "month").value == "2021-11"


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float64("nan")])
def test_a_missing_number_is_refused(value):
    with pytest.raises(ValueError, match="finite"):
        fact(value, "rate")


def test_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="percent"):
        fact(4.4, "percent")
