"""Brand tokens: the one place in Python where the report's colours and fonts are named.

Charts take them from here; the same names and values stand in ``report/theme/_tokens.scss``
for the pages and the deck, and a test keeps the two in step.
"""

from __future__ import annotations

ORANGE = "#f9bf07"
ORANGE_LIGHT = "#fcdf83"
ORANGE_DARK = "#7c5f03"
CHARCOAL = "#2c2825"
CHARCOAL_LIGHT = "#9d928a"
CHARCOAL_DARK = "#151412"
SLATE = "#686f73"
SLATE_LIGHT = "#b2b7b9"
SLATE_DARK = "#343739"
BLUE = "#5881c1"
BLUE_LIGHT = "#abc0e0"
BLUE_DARK = "#263f66"
RED = "#ec6555"
RED_LIGHT = "#f5b2aa"
RED_DARK = "#901d10"
PAGE = "#f5f4f3"

#: Every colour by its name.
PALETTE: dict[str, str] = {
    "ORANGE": ORANGE,
    "ORANGE_LIGHT": ORANGE_LIGHT,
    "ORANGE_DARK": ORANGE_DARK,
    "CHARCOAL": CHARCOAL,
    "CHARCOAL_LIGHT": CHARCOAL_LIGHT,
    "CHARCOAL_DARK": CHARCOAL_DARK,
    "SLATE": SLATE,
    "SLATE_LIGHT": SLATE_LIGHT,
    "SLATE_DARK": SLATE_DARK,
    "BLUE": BLUE,
    "BLUE_LIGHT": BLUE_LIGHT,
    "BLUE_DARK": BLUE_DARK,
    "RED": RED,
    "RED_LIGHT": RED_LIGHT,
    "RED_DARK": RED_DARK,
    "PAGE": PAGE,
}

#: Local fonts only, first found wins.
FONTS: tuple[str, ...] = (
    "Segoe UI",
    "Noto Sans",
    "Helvetica Neue",
    "Arial",
    "Liberation Sans",
    "DejaVu Sans",
)
