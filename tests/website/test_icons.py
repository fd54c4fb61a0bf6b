import pandas as pd
import pytest

from analysis_lib.headlines import say_icons
from analysis_lib.measures import assurance_icon, variation_icon


def chart(signal, direction):
    months = pd.date_range("2024-01-01", periods=12, freq="MS")
    limits = {"value": 0.05, "mean": 0.05, "lower": 0.04, "upper": 0.06}
    return pd.DataFrame({"month": months, **limits, "signal": signal, "direction": direction})


@pytest.mark.parametrize(
    ("signal", "direction", "better", "target", "variation", "assurance"),
    [
        (
            "none",
            "none",
            False,
            None,
            "common cause: no more than the usual movement",
            "none, since no target is set",
        ),
        (
            "outside",
            "high",
            False,
            0.05,
            "special cause, of concern",
            "the target is hit and missed by the usual movement alone",
        ),
        ("outside", "low", False, 0.03, "special cause, improving", "the target is missed consistently"),
        ("outside", "low", False, 0.07, "special cause, improving", "the target is met consistently"),
    ],
)
def test_icons_in_words(signal, direction, better, target, variation, assurance):
    frame = chart(signal, direction)
    icons = variation_icon(frame, better), assurance_icon(frame, target, higher_is_better=better)
    sentence = f"Variation: {variation}. Assurance: {assurance}"
    assert say_icons(*icons, "xmr") == {"xmr_icons": sentence}


def test_neither_direction_is_good_in_itself():
    said = say_icons(variation_icon(chart("outside", "high")), "no_target", "x")["x_icons"]
    assert said.startswith("Variation: special cause, high (neither good nor bad in itself).")
