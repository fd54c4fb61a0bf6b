"""Rates at the same mix, funnels and regression: every sentence, in every branch."""

from __future__ import annotations

import pandas as pd
import pytest
from sentences import texts

from analysis_lib import headlines


def standardised(rows: dict[str, tuple], column: str = "icb_name") -> pd.DataFrame:
    """Groups with crude rate, standardised rate, rank change."""
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["dna_rate", "dna_rate_standardised", "rank_change"]
    )
    frame = frame.rename_axis(column).reset_index().astype({"rank_change": "Int64"})
    return frame.assign(weight_missing=0.0)


@pytest.mark.parametrize(
    ("rows", "sentence", "finding"),
    [
        (
            {"A": (0.06, 0.05, 0), "B": (0.02, 0.03, 0), "Unknown": (0.9, 0.9, 0)},
            "With the same mix of appointments, the gap between highest and lowest narrows from 4.0 to 2.0 "
            "percentage points",
            "Differences between areas are narrower once their mix of appointments is allowed for",
        ),
        (
            {"A": (0.06, 0.07, 0), "B": (0.02, 0.01, 0)},
            "With the same mix of appointments, the gap between highest and lowest widens from 4.0 to 6.0 "
            "percentage points",
            "Differences between areas are wider once their mix of appointments is allowed for",
        ),
        (
            {"A": (0.06, 0.0601, 0), "B": (0.02, 0.0199, 0)},
            "With the same mix of appointments, the gap between highest and lowest stays at 4.0 percentage "
            "points",
            "Differences between areas are about as wide once their mix of appointments is allowed for",
        ),
        (  # no gap at all must not lose its first digit
            {"A": (0.02, 0.02, 0), "B": (0.02, 0.02, 0)},
            "With the same mix of appointments, the gap between highest and lowest stays at 0.0 percentage "
            "points",
            "Differences between areas are about as wide once their mix of appointments is allowed for",
        ),
        (  # a group that has no standardised rate takes no part in the crude gap either
            {"A": (0.06, 0.05, 0), "B": (0.02, 0.03, 0), "C": (0.50, None, None)},
            "With the same mix of appointments, the gap between highest and lowest narrows from 4.0 to 2.0 "
            "percentage points",
            "Differences between areas are narrower once their mix of appointments is allowed for",
        ),
        (
            {"A": (0.06, 0.05, 0)},
            "There are no two areas to compare at the same mix of appointments",
            "There are no two areas to compare",
        ),
        (
            {"A": (0.06, None, None), "B": (0.05, None, None)},
            "There are no two areas to compare at the same mix of appointments",
            "There are no two areas to compare",
        ),
    ],
)
def test_standardised(rows, sentence, finding):
    facts = headlines.say_standardised(standardised(rows), "icb_name", "std")
    assert facts["std"] == sentence
    assert facts["std_finding"] == finding


def test_standardised_speaks_of_what_it_compares():
    frame = standardised({"GP": (0.06, 0.05, 0), "Other": (0.02, 0.03, 0)}, "hcp_type")
    assert headlines.say_standardised(frame, "hcp_type", "s")["s_finding"] == (
        "Differences between staff groups are narrower once their mix of appointments is allowed for"
    )


@pytest.mark.parametrize(
    ("moves", "n", "names", "note"),
    [
        ((0, 4, -4), "0", "none", "No area moves by five ranks or more once the mix is allowed for"),
        ((5, 0, 0), "1", "A", "1 area moves by five ranks or more once the mix is allowed for: A"),
        (
            (5, None, -9),
            "2",
            "C and A",
            "2 areas move by five ranks or more once the mix is allowed for: C and A",
        ),
    ],
)
def test_areas_that_move_many_ranks(moves, n, names, note):
    frame = standardised({g: (0.05, 0.04, move) for g, move in zip("ABC", moves, strict=True)})
    facts = texts(headlines.say_standardised(frame, "icb_name", "s"))
    assert (facts["s_moved"], facts["s_moved_names"], facts["s_moved_note"]) == (n, names, note)


def funnel(*rows: tuple[str, float | None, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["icb_name", "rate", "outlier", "direction", "z_adjusted"])
    return frame.assign(phi=25_765.66)


MID = ("Mid", 0.05, "none", "none", 0.0)
NEAR = ("Near", 0.06, "95", "high", 2.0)
UP = ("Up", 0.09, "99.8", "high", 3.5)
TOP = ("Top", 0.10, "99.8", "high", 4.0)
DOWN = ("Down", 0.01, "99.8", "low", -5.0)
EMPTY = ("Empty", None, "none", "none", float("nan"))


FIRST = "Compare ICBs only at the same mix of appointments, and start with those outside the funnel: "
NO_TWO = "There are no two ICBs to compare"


@pytest.mark.parametrize(
    ("rows", "sentence", "high", "low", "advice"),
    [
        (
            [MID, NEAR],
            "No ICB lies beyond the 99.8% limits: differences are of the size that areas usually show",
            "none",
            "none",
            "Compare ICBs only at the same mix of appointments; none is outside the funnel",
        ),
        ([MID, UP, EMPTY], "1 of 2 ICBs lies above the upper 99.8% limit", "Up", "none", f"{FIRST}Up"),
        (
            [MID, UP, TOP, DOWN],
            "2 of 4 ICBs lie above the upper 99.8% limit, and 1 lies below the lower",
            "Top and Up",
            "Down",
            f"{FIRST}Down, Top and Up",
        ),
        ([MID, DOWN], "1 of 2 ICBs lies below the lower 99.8% limit", "none", "Down", f"{FIRST}Down"),
        ([MID], NO_TWO, "none", "none", NO_TWO),
    ],
)
def test_funnel(rows, sentence, high, low, advice):
    facts = texts(headlines.say_funnel(funnel(*rows), "icb_name", "funnel", "ICB"))
    assert facts["funnel"] == sentence
    assert (facts["funnel_high"], facts["funnel_low"]) == (high, low)
    assert facts["funnel_advice"] == advice
    assert facts["funnel_phi"] == "25,766"


@pytest.mark.parametrize(
    ("rows", "finding", "outside"),
    [
        ([MID, UP, EMPTY], "1 of 2 ICBs stands out", "Above: Up. Below: none"),
        ([MID, UP, TOP, DOWN], "3 of 4 ICBs stand out", "Above: Top and Up. Below: Down"),
        (
            [MID, NEAR],
            "No ICB stands out beyond what is usual",
            "All lie within the limits, though one ICB comes near",
        ),
        (
            [MID, NEAR, NEAR],
            "No ICB stands out beyond what is usual",
            "All lie within the limits, though some ICBs come near",
        ),
        ([MID, MID], "No ICB stands out beyond what is usual", "All lie within the limits"),
        ([MID], NO_TWO, NO_TWO),
        ([EMPTY], NO_TWO, NO_TWO),
        ([], NO_TWO, NO_TWO),
    ],
)
def test_funnel_finding_and_who_is_outside(rows, finding, outside):
    facts = texts(headlines.say_funnel(funnel(*rows), "icb_name", "funnel", "ICB"))
    assert facts["funnel_finding"] == finding
    assert facts["funnel_outside"] == outside


def test_funnel_without_an_area_that_has_a_rate_has_no_phi():
    facts = texts(headlines.say_funnel(funnel(EMPTY), "icb_name", "funnel", "ICB"))
    assert facts["funnel_phi"] == "not known"


def adjusted(rows: dict[str, tuple]) -> pd.DataFrame:
    return (
        pd.DataFrame.from_dict(rows, orient="index", columns=["rate", "low", "high"])
        .rename_axis("mode")
        .reset_index()
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            {"A": (0.021, 0.020, 0.022), "B": (0.089, 0.086, 0.093), "Unknown": (0.5, 0.4, 0.6)},
            "runs from 2.1% for A (95% interval 2.0% to 2.2%) to 8.9% for B (95% interval 8.6% to 9.3%)",
        ),
        ({"A": (0.02, None, None), "B": (0.08, None, None)}, "runs from 2.0% for A to 8.0% for B"),
        ({"A": (0.02, 0.01, 0.03)}, "is 2.0% for A (95% interval 1.0% to 3.0%), the only known group"),
        (
            {"A": (0.02, None, None), "B": (0.02, None, None)},
            "is 2.0% for A, and the same for every other group",
        ),
    ],
)
def test_regression(rows, sentence):
    facts = headlines.say_regression(adjusted(rows), "mode", "adj")
    assert facts["adj"] == f"With all else as it is, the adjusted DNA rate {sentence}"


def test_regression_without_a_known_group():
    facts = texts(headlines.say_regression(adjusted({"Unknown": (0.5, 0.4, 0.6)}), "mode", "adj"))
    assert facts["adj"] == "There is no adjusted DNA rate of a known group"
    assert facts["adj_highest_rate"] == "not known"
