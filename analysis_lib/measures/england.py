"""Do these counts cover England, to which the planning figure and the published totals belong?"""

from __future__ import annotations

import pandas as pd

REGIONS = 7
# There were 42 boards from July 2022; mergers make fewer. A folder of one area or region has far fewer.
FEWEST_ICBS = 20


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


def check_england(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` if it covers England.

    Raises
    ------
    NotEngland
        If it does not.
    """
    if not covers_england(frame):
        raise NotEngland(
            "The planning figure is for England, and these inputs hold a part of it "
            f"(integrated care boards: {frame['icb_code'].nunique()}), so they are not compared with it."
        )
    return frame
