"""Observed against expected by area, funnel limits of the ratio, and whether what is left lies together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis_lib.measures.cells import TooFewPoints, check_columns
from analysis_lib.measures.funnel import LEVELS, WINSORISE, over_dispersion
from analysis_lib.measures.intervals import poisson_interval, z_value
from analysis_lib.measures.released import of_released

Neighbours = dict[str, list[str]]
FEWEST_IN_FUNNEL = 3  # areas
FEWEST_WITH_NEIGHBOURS = 10


def observed_expected(
    frame: pd.DataFrame,
    by: str = "msoa",
    observed: str = "observed",
    expected: str = "expected",
    level: float = 0.95,
) -> pd.DataFrame:
    """Observed and expected events by area, with the interval of their ratio.

    Parameters
    ----------
    frame : DataFrame
        Rows of any kind (people, or cells) with the columns below. Rows without an area or an expected number
        are left out, with their events.
    by : str
        The area.
    observed, expected : str
        Columns of events.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        `by`, n_rows (people, where rows are people), observed (int64), expected (float), oe, low, high.

    Raises
    ------
    ValueError
        If nothing is expected of an area.
    TooFewPoints
        If no row has an area and an expected number.

    Notes
    -----
    Exact Poisson limits under 10 events, Byar's from there on; expected numbers are taken as known. Contacts
    of one person are not independent, so these limits are narrow: use `funnel_ratio` to call an area out.
    """
    check_columns(frame, [by, observed, expected], "Observed against expected")
    kept = frame[frame[expected].notna() & frame[by].notna()]
    if kept.empty:
        raise TooFewPoints("No area is recorded for these people, so areas are not compared.")
    grouped = kept.groupby(by, observed=True, sort=True)
    out = grouped[[observed, expected]].sum().set_axis(["observed", "expected"], axis=1)
    out.insert(0, "n_rows", grouped.size())
    out = out.reset_index().astype({"observed": "int64", "expected": float})
    if not (out["expected"] > 0).all():
        raise ValueError(f"Nothing is expected of some {by}: leave it out.")
    low, high = poisson_interval(out["observed"], level)
    return out.assign(
        oe=out["observed"] / out["expected"], low=low / out["expected"], high=high / out["expected"]
    )


@of_released
def funnel_ratio(
    table: pd.DataFrame, observed: str = "observed", expected: str = "expected", share: float = WINSORISE
) -> pd.DataFrame:
    """Compare areas' observed-to-expected ratios with 1, allowing for over-dispersion.

    Parameters
    ----------
    table : DataFrame
        One row an area.
    observed, expected : str
        Columns of events; expected above 0.
    share : float
        Share winsorised at each end.

    Returns
    -------
    DataFrame
        A copy with target (1), z, phi, z_adjusted, low95, high95, low998, high998 (limits of the ratio at
        the area's expected number), outlier (none, 95 or 99.8) and direction (none, high, low).

    Raises
    ------
    ValueError
        If nothing is expected of an area.
    TooFewPoints
        If there are fewer than 3 areas.

    Notes
    -----
    z = 2 (sqrt(observed) - sqrt(expected)), phi the mean of its winsorised squares, at least 1:
    Spiegelhalter DJ (2005) Stat Med 24:1185-1202 (square-root transformed ratio; multiplicative
    over-dispersion). The limits of the ratio are (1 ± z x sqrt(phi) / (2 sqrt(expected)))^2.
    """
    check_columns(table, [observed, expected], "A funnel plot")
    if len(table) < FEWEST_IN_FUNNEL:
        raise TooFewPoints(f"Fewer than {FEWEST_IN_FUNNEL} areas can be shown, so areas are not compared.")
    events, wanted = table[observed].to_numpy(float), table[expected].to_numpy(float)
    if not np.all(wanted > 0):
        raise ValueError("Nothing is expected of some areas: leave them out.")
    z = 2 * (np.sqrt(events) - np.sqrt(wanted))
    phi = over_dispersion(z, share)
    adjusted = z / np.sqrt(phi)
    out = table.assign(target=1.0, z=z, phi=phi, z_adjusted=adjusted)
    for name, level in LEVELS.items():
        half = z_value(level) * np.sqrt(phi) / (2 * np.sqrt(wanted))
        out[f"low{name}"] = (1 - half).clip(0) ** 2
        out[f"high{name}"] = (1 + half) ** 2
    size = np.abs(adjusted)
    out["outlier"] = np.select([size > z_value(0.998), size > z_value(0.95)], ["99.8", "95"], "none")
    sides = [(out["outlier"] != "none") & (z > 0), (out["outlier"] != "none") & (z < 0)]
    return out.assign(direction=np.select(sides, ["high", "low"], "none"))


@of_released
def ratio_curve(limits: pd.DataFrame, points: int = 200) -> pd.DataFrame:
    """Limits of the ratio at any expected number, to be drawn.

    Parameters
    ----------
    limits : DataFrame
        From `funnel_ratio`.
    points : int
        Number of points, evenly spaced on a log scale from the smallest expected number to the largest.

    Returns
    -------
    DataFrame
        expected, target (1), low95, high95, low998, high998; released if `limits` is.
    """
    grid = np.geomspace(limits["expected"].min(), limits["expected"].max(), points)
    curve = pd.DataFrame({"expected": grid, "target": 1.0})
    for name, level in LEVELS.items():
        half = z_value(level) * np.sqrt(float(limits["phi"].iloc[0])) / (2 * np.sqrt(grid))
        curve[f"low{name}"], curve[f"high{name}"] = (1 - half).clip(0) ** 2, (1 + half) ** 2
    return curve


def touching_areas(boundaries: Mapping[str, Any], code: str) -> Neighbours:
    """Areas whose boundaries share a point.

    Parameters
    ----------
    boundaries : mapping
        GeoJSON feature collection of polygons whose common borders have the same points (as they have when
        they were simplified together).
    code : str
        Property that holds the area's code.

    Returns
    -------
    dict
        Area code to the sorted codes of its neighbours; empty for an island.
    """
    at_point: dict[tuple[float, ...], set[str]] = defaultdict(set)
    areas = [feature["properties"][code] for feature in boundaries["features"]]
    for area, feature in zip(areas, boundaries["features"], strict=True):
        shape = feature["geometry"]
        polygons = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
        for ring in (ring for polygon in polygons for ring in polygon):
            for point in ring:
                at_point[tuple(point)].add(area)
    found: dict[str, set[str]] = {area: set() for area in areas}
    for together in at_point.values():
        for area in together:
            found[area] |= together - {area}
    return {area: sorted(others) for area, others in found.items()}


def moran_i(
    values: pd.Series, neighbours: Neighbours, permutations: int = 999, seed: int = 1
) -> dict[str, float]:
    """Moran's I: whether areas next to each other are alike, with a permutation test.

    Parameters
    ----------
    values : Series
        One value an area, by area code, such as z of `funnel_ratio`.
    neighbours : dict
        From `touching_areas`. Neighbours without a value are left out, and so are areas
        without any neighbour.
    permutations, seed : int
        Number of shuffles, and the seed.

    Returns
    -------
    dict
        n_areas, moran_i (above 0 where neighbours are alike), expected_i = -1 / (n - 1) if place did not
        matter, p_value: share of shuffles, this one included, with at least as high an I.

    Raises
    ------
    ValueError
        If values are missing.
    TooFewPoints
        If they are all alike, or fewer than 10 areas have neighbours.

    Notes
    -----
    Weights are row-standardised. Cliff AD, Ord JK (1981) Spatial Processes, chapters 1 and 2. Equal to
    esda.Moran with the same weights, which a test asserts; esda itself brings geopandas and its binaries.
    """
    if values.isna().any():
        raise ValueError("Some areas have no value: leave them out.")
    near = {area: [n for n in neighbours.get(area, []) if n in values.index] for area in values.index}
    areas = [area for area in values.index if near[area]]
    if len(areas) < FEWEST_WITH_NEIGHBOURS:
        raise TooFewPoints(
            f"Fewer than {FEWEST_WITH_NEIGHBOURS} areas that can be shown lie beside another, so whether "
            "neighbours are alike is not tested."
        )
    place = {area: position for position, area in enumerate(areas)}
    weights = np.zeros((len(areas), len(areas)))
    for area in areas:
        linked = [place[n] for n in near[area] if n in place]
        weights[place[area], linked] = 1 / max(len(linked), 1)
    deviation = values.loc[areas].to_numpy(float)
    deviation = deviation - deviation.mean()
    if not deviation.any():
        raise TooFewPoints("All areas have the same value, so there is nothing to compare.")
    rng = np.random.default_rng(seed)
    shuffled = np.array([rng.permutation(deviation) for _ in range(permutations)])
    both = np.vstack([deviation, shuffled])
    index = np.einsum("ij,ij->i", both @ weights.T, both) / (deviation @ deviation)
    reached = int(np.sum(index[1:] >= index[0] - 1e-12))
    return {
        "n_areas": len(areas),
        "moran_i": float(index[0]),
        "expected_i": -1 / (len(areas) - 1),
        "p_value": (reached + 1) / (permutations + 1),
    }
