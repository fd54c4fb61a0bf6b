"""The colours and fonts of ``_brand.yml`` under the names that charts and files to take away use."""

from __future__ import annotations

from analysis_lib import brand

#: Every colour by its name.
PALETTE: dict[str, str] = {name.upper().replace("-", "_"): value for name, value in brand.colours().items()}

ORANGE, ORANGE_LIGHT, ORANGE_DARK = (PALETTE[f"ORANGE{tone}"] for tone in ("", "_LIGHT", "_DARK"))
CHARCOAL, CHARCOAL_LIGHT, CHARCOAL_DARK = (PALETTE[f"CHARCOAL{tone}"] for tone in ("", "_LIGHT", "_DARK"))
SLATE, SLATE_LIGHT, SLATE_DARK = (PALETTE[f"SLATE{tone}"] for tone in ("", "_LIGHT", "_DARK"))
BLUE, BLUE_LIGHT, BLUE_DARK = (PALETTE[f"BLUE{tone}"] for tone in ("", "_LIGHT", "_DARK"))
RED, RED_LIGHT, RED_DARK = (PALETTE[f"RED{tone}"] for tone in ("", "_LIGHT", "_DARK"))
BLUE_FAINT, PAGE, PAPER, MUTED = (PALETTE[name] for name in ("BLUE_FAINT", "PAGE", "PAPER", "LIGHT_MUTED"))

#: Local fonts only, first found wins; the last comes with matplotlib.
FONTS: tuple[str, ...] = (*brand.fonts(), "DejaVu Sans")
MONOSPACE: tuple[str, ...] = brand.fonts("monospace")
