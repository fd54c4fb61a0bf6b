"""Observed against expected by area, funnel limits of the ratio, and whether what is left lies together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis_lib.measures.cells import TooFewPoints, check_columns
from analysis_lib.measures.funnel import LEVELS, WINSORISE, judge_areas, spread_between
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
    within: float = 1.0,
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
    within : float
        How many times as much events vary as by chance alone, from person to person (variance_ratio of
        `models.check_fits`).

    Returns
    -------
    DataFrame
        `by`, n_rows (people, where rows are people), observed (int64), expected (float), variance_ratio
        (`within`), oe, low, high.

    Raises
    ------
    ValueError
        If nothing is expected of an area.
    TooFewPoints
        If no row has an area and an expected number.

    Notes
    -----
    Limits are those of a Poisson count, exact under 10 events and Byar's from there on, of observed / within
    events: contacts of one person are not independent. Expected numbers are taken as known. To call an area
    out, use `funnel_ratio`: areas differ by more than this.
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
    low, high = (end * within / out["expected"] for end in poisson_interval(out["observed"] / within, level))
    return out.assign(variance_ratio=within, oe=out["observed"] / out["expected"], low=low, high=high)


@of_released
def funnel_ratio(
    table: pd.DataFrame,
    observed: str = "observed",
    expected: str = "expected",
    within: float = 1.0,
    share: float = WINSORISE,
) -> pd.DataFrame:
    """Compare areas' observed-to-expected ratios with 1, allowing for over-dispersion in two ways.

    Parameters
    ----------
    table : DataFrame
        One row an area.
    observed, expected : str
        Columns of events; expected above 0.
    within : float
        How many times as much events vary as by chance alone, from person to person (variance_ratio of
        `models.check_fits`).
    share : float
        Share winsorised at each end.

    Returns
    -------
    DataFrame
        A copy with target (1), within, the columns of `judge_areas` (tau is that of ratios), low95, high95,
        low998, high998 (multiplicative limits of the ratio at the area's expected number) and tau_low95 …
        tau_high998 (additive ones).

    Raises
    ------
    ValueError
        If nothing is expected of an area.
    TooFewPoints
        If there are fewer than 3 areas.

    Notes
    -----
    z = 2 (sqrt(observed) - sqrt(expected)) / sqrt(within): Spiegelhalter DJ (2005) Stat Med 24:1185-1202
    (square-root transformed ratio). On this scale the standard error of an area is sqrt(within / expected) /
    2, and a spread of tau between true ratios one of tau / 2. The limits are squares of 1 ± z times the
    spread of each kind, as in `funnel_limits`.
    """
    events, wanted = _counted(table, observed, expected)
    if not within > 0:
        raise TooFewPoints(
            "How much contacts differ from person to person is not known, nor so how areas do."
        )
    error = np.sqrt(within / wanted) / 2
    judged = judge_areas(np.sqrt(events / wanted) - 1, error, share)
    judged["tau"] = 2 * judged["tau"]
    out = table.assign(target=1.0, within=within, **judged)
    return out.assign(**_ratio_limits(wanted, within, judged["phi"], judged["tau"]))


def _counted(table: pd.DataFrame, observed: str, expected: str) -> tuple[NDArray, NDArray]:
    check_columns(table, [observed, expected], "A funnel plot")
    if len(table) < FEWEST_IN_FUNNEL:
        raise TooFewPoints(f"Fewer than {FEWEST_IN_FUNNEL} areas can be shown, so areas are not compared.")
    events, wanted = table[observed].to_numpy(float), table[expected].to_numpy(float)
    if not np.all(wanted > 0):
        raise ValueError("Nothing is expected of some areas: leave them out.")
    return events, wanted


def _ratio_limits(expected: NDArray, within: float, phi: float, tau: float) -> dict[str, NDArray]:
    error = within / (4 * expected)
    spreads = {"": np.sqrt(phi * error), "tau_": np.sqrt(error + tau**2 / 4)}
    return {
        f"{kind}{side}{name}": (1 + sign * z_value(level) * spread).clip(0) ** 2
        for kind, spread in spreads.items()
        for name, level in LEVELS.items()
        for side, sign in (("low", -1), ("high", 1))
    }


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
        expected, target (1), and the limits of both kinds; released if `limits` is.
    """
    grid = np.geomspace(limits["expected"].min(), limits["expected"].max(), points)
    within, phi, tau = (float(limits[name].iloc[0]) for name in ("within", "phi", "tau"))
    curve = pd.DataFrame({"expected": grid, "target": 1.0})
    return curve.assign(**_ratio_limits(grid, within, phi, tau))


@of_released
def ratio_spread(
    table: pd.DataFrame,
    observed: str = "observed",
    expected: str = "expected",
    within: float = 1.0,
    far: float = 0.10,
) -> pd.DataFrame:
    """How far areas' true ratios differ from each other, whether or not one stands out.

    Parameters
    ----------
    table : DataFrame
        One row an area.
    observed, expected, within
        As in `funnel_ratio`.
    far : float
        Distance from 1 beyond which ratios are counted.

    Returns
    -------
    DataFrame
        One row: n_areas, tau (standard deviation of the true ratios), tau_low, tau_high (95% interval),
        far, share_far (share of areas whose true ratio is expected to lie at least `far` from 1), far_low,
        far_high; released if `table` is.

    Notes
    -----
    `spread_between` of the square-root ratios, twice. True ratios are taken to be normal round 1.
    """
    events, wanted = _counted(table, observed, expected)
    found = 2 * np.array(spread_between(np.sqrt(events / wanted), np.sqrt(within / wanted) / 2))
    with np.errstate(divide="ignore"):
        beyond = 2 * stats.norm.sf(far / found)
    names = ("tau", "tau_low", "tau_high", "share_far", "far_low", "far_high")
    return pd.DataFrame(
        [{"n_areas": len(table), "far": far} | dict(zip(names, [*found, *beyond], strict=True))]
    )


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
