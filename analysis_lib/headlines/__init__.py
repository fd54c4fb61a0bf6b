"""Sentences of the area reports, computed from released frames."""

from analysis_lib.headlines.area import (
    compare_area,
    say_area_mix,
    say_area_place,
    say_area_rank,
    say_area_rate,
    say_area_size,
)
from analysis_lib.words import say_icons, say_xmr

__all__ = [
    "compare_area",
    "say_area_mix",
    "say_area_place",
    "say_area_rank",
    "say_area_rate",
    "say_area_size",
    "say_icons",
    "say_xmr",
]
