"""Do these counts cover what a figure needs: all of England, or several areas to compare?"""

from __future__ import annotations

import pandas as pd

REGIONS = 7
# There were 42 boards from July 2022; mergers make fewer. A folder of one area or region has far fewer.
FEWEST_ICBS = 20
# Limits are widened for the variation that all n areas share; the furthest of them then lies at most the
# square root of n from the mean, and the 99.8% limit is at 3.09.
FUNNEL_AREAS = 10


AREA_WORDS = {
    "region_name": "region",
    "icb_name": "integrated care board",
    "sub_icb_name": "sub-ICB location",
}


class TooFewAreas(ValueError):
    """Areas were to be compared and there are too few; fit to be shown on a page."""


class NotEngland(ValueError):
    """Counts of part of England were to be held against a figure for England; fit to be shown on a page."""


def covers_england(frame: pd.DataFrame) -> bool:
    """Say whether a frame holds all seven regions and so many boards that it can be all of England.

    A frame without areas (a national overview) is England.
    """
    if "icb_code" not in frame:
        return True
    regions = frame["region_code"].nunique() if "region_code" in frame else REGIONS
    return regions >= REGIONS and frame["icb_code"].nunique() >= FEWEST_ICBS


def check_england(frame: pd.DataFrame, own_plan: float | None = None) -> pd.DataFrame:
    """Return `frame` if it covers England, or is held against a planning figure of its own.

    Raises
    ------
    NotEngland
        If it does not.
    """
    if not own_plan and not covers_england(frame):
        raise NotEngland(
            "The planning figure is for the whole of England, and these files hold a part of it, "
            "so they are not compared with it."
        )
    return frame


def check_areas(frame: pd.DataFrame, area: str, fewest: int = 2) -> pd.DataFrame:
    """Return `frame` if it holds at least so many areas.

    Parameters
    ----------
    frame : DataFrame
        With the column `area`.
    area : {"region_name", "icb_name", "sub_icb_name"}
    fewest : int
        Two can be compared; limits that one of them could lie outside need `FUNNEL_AREAS`.

    Raises
    ------
    TooFewAreas
        If it holds fewer.
    """
    n, word = frame[area].nunique(), AREA_WORDS[area]
    if n < 2:
        raise TooFewAreas(f"These files hold one {word}, so {word}s are not compared.")
    if n < fewest:
        raise TooFewAreas(
            f"These files hold {n} {word}s, too few to say which of them stands out: that takes {fewest}."
        )
    return frame
