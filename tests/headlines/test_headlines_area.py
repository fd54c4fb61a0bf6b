"""Sentences of an area's report, word for word."""

import numpy as np
import pandas as pd
import pytest

from analysis_lib import headlines
from analysis_lib.headlines.area import ordinal


def rates(dna, known, unknown):
    total = known + unknown
    return pd.Series(
        {
            "n_attended": known - dna,
            "n_dna": dna,
            "n_unknown": unknown,
            "dna_rate": dna / known if known else np.nan,
            "dna_rate_standardised": 0.05 if known else np.nan,
            "unknown_share": unknown / total,
            "bound_low": dna / total,
            "bound_high": (dna + unknown) / total,
        }
    )


def texts(facts):
    return {name: value if isinstance(value, str) else value.text for name, value in facts.items()}


def test_rate_beside_england():
    said = texts(headlines.say_area_rate(rates(60, 1000, 1000), rates(400, 10_000, 0), "Leeds"))
    assert (
        said["headline"]
        == "6.0% of appointments of known status were missed in Leeds, more than in England (4.0%)"
    )
    assert said["rate"] == "6.0%"
    assert said["rate_beside"] == "missed, of known status; England 4.0%"
    assert said["bounds"] == (
        "The status of 50.0% of appointments is unknown (England 0.0%), "
        "so the true rate lies between 3.0% and 53.0%"
    )


def test_rates_that_look_alike_take_more_digits_or_are_as_many():
    said = texts(headlines.say_area_rate(rates(4001, 100_000, 5), rates(4049, 100_000, 5), "Leeds"))
    assert said["headline"].endswith("were missed in Leeds, fewer than in England (4.05%)")
    said = texts(headlines.say_area_rate(rates(40, 1000, 5), rates(400, 10_000, 5), "Leeds", "all areas"))
    assert said["headline"].endswith("were missed in Leeds, as many as in all areas (4.0%)")


def test_a_rate_that_nobody_knows():
    said = texts(headlines.say_area_rate(rates(0, 0, 50), rates(400, 10_000, 50), "Leeds"))
    assert said["headline"].startswith("The final status of every appointment in Leeds is unknown")
    assert said["rate"] == "not known"
    assert said["bounds"].endswith("the true rate lies between 0.0% and 100.0%")


def test_a_known_status_of_all():
    said = texts(headlines.say_area_rate(rates(60, 1000, 0), rates(60, 1000, 0), "Leeds"))
    assert said["bounds"] == "The status of every appointment is known"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((2, 2, 2), "2nd highest DNA rate of 42 ICBs (the same in 95 of 100 simulations)"),
        ((1, 1, 2), "highest DNA rate of 42 ICBs (95% interval 1 to 2)"),
        ((42, 39, 42), "lowest DNA rate of 42 ICBs (95% interval 39 to 42)"),
        ((12, 11, 13), "12th highest DNA rate of 42 ICBs (95% interval 11 to 13)"),
    ],
)
def test_rank_with_its_interval(row, expected):
    own = pd.Series(dict(zip(("rank", "rank_low", "rank_high"), row, strict=True)))
    said = texts(headlines.say_area_rank(own, 42, "Leeds", "ICBs"))
    assert said["rank_sentence"] == f"At the same mix of appointments Leeds has the {expected}"
    assert said["rank"] == f"{row[0]} of 42"


def test_no_rank():
    own = pd.Series({"rank": pd.NA, "rank_low": pd.NA, "rank_high": pd.NA})
    assert texts(headlines.say_area_rank(own, 42, "Leeds", "ICBs"))["rank"] == "No rank"


def test_ordinals():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 42, 103, 111)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "42nd", "103rd", "111th"]
    )


@pytest.mark.parametrize(
    ("outlier", "direction", "word", "mark"),
    [
        ("99.8", "high", "Above the limits", "high"),
        ("99.8", "low", "Below the limits", "low"),
        ("95", "high", "Above 95%", "high95"),
        ("95", "low", "Below 95%", "low95"),
        ("none", "none", "Within limits", "none"),
    ],
)
def test_place_on_the_funnel(outlier, direction, word, mark):
    funnel = pd.DataFrame(
        {"icb_name": ["Leeds", "Hull"], "outlier": [outlier, "none"], "direction": [direction, "none"]}
    )
    said = texts(headlines.say_area_place(funnel, "icb_name", "Leeds", "ICBs"))
    assert (said["place"], said["place_class"]) == (word, mark)
    assert said["place_beside"] == "place on the funnel of 2 ICBs"
    assert texts(headlines.say_area_place(funnel, "icb_name", "York", "ICBs"))["place"] == "No funnel"


def test_mix_names_the_largest_difference_and_the_unknown():
    mix = pd.DataFrame(
        {
            "mode": ["Face-to-Face", "Telephone", "Unknown"],
            "share": [0.5, 0.3, 0.2],
            "share_england": [0.55, 0.42, 0.03],
        }
    )
    said = headlines.say_area_mix(mix, "mode", "mode", "Leeds")
    assert said["mode"] == "Telephone makes up less in Leeds than in England: 30.0%, against 42.0%"
    assert said["mode_unknown"] == "20.0% (England 3.0%)"
    same = mix.assign(share=mix["share_england"])
    assert headlines.say_area_mix(same, "mode", "mode", "Leeds")["mode"].startswith("Leeds has the same mix")


def test_size_says_which_months_are_absent_or_hidden():
    months = pd.date_range("2022-01-01", periods=3, freq="MS")
    england = pd.DataFrame({"month": months, "n_appointments": [100, 100, 200]})
    own = pd.DataFrame({"month": months[:2], "n_appointments": [40.0, np.nan]})
    said = texts(headlines.say_area_size(own, england, "Leeds"))
    assert said["of_england"] == "10.0%"
    assert said["gaps"] == "1 month of England absent here; 1 month too small to show"
    assert texts(headlines.say_area_size(england, england, "X"))["gaps"] == "none: the same months as England"
