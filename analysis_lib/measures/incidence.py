"""How many have had a first event by a day, where death comes before it for some: cumulative incidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from analysis_lib.measures.cells import TooFewPoints, as_columns, check_columns
from analysis_lib.measures.intervals import z_value

Vector = NDArray[np.float64]
CENSORED, EVENT, COMPETING = 0, 1, 2
LOT = "lot"  # column of the parts that a jackknife leaves out in turn


def cumulative_incidence(
    frame: pd.DataFrame,
    time: str,
    event: str,
    at: Sequence[int],
    by: str | Sequence[str] = (),
    weight: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share of people with the event by each day, where others have a competing event first.

    Parameters
    ----------
    frame : DataFrame
        One row a person, or with `weight` one row for people who are alike.
    time : str
        Column of whole days from the start, 0 or more, to what ended it.
    event : str
        Column of what ended it: 0 the end of follow-up (censored), 1 the event of interest, 2 a competing
        event such as death.
    at : sequence of int
        Days at which the incidence is wanted.
    by : str or sequence of str
        Groups, each on its own; may be empty.
    weight : str, optional
        Column of how many people a row stands for.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        `by`, day, at_risk (people still without either event on that day), n_events (of interest, to that
        day), incidence, low, high, competing (cumulative incidence of the competing event); shares of 0 to 1.
        Groups that do not occur have no row. The limits are missing where the incidence is 0 or 1, and all
        shares are missing from the day after everybody left has been censored: nothing is known of it.

    Raises
    ------
    KeyError
        If a column is absent.
    ValueError
        If a time is missing, negative or no whole day, or an event is none of 0, 1 and 2.

    Notes
    -----
    Aalen O, Johansen S (1978) Scand J Stat 5:141-150. Events of both kinds on one day share that day's risk
    set, and who is censored on a day is at risk on it. Variance: Dinse GE, Larson MG (1986) Biometrika
    73:379-386. Limits on the scale of log(-log(incidence)), so that they stay within 0 and 1: Pintilie M
    (2006) Competing Risks, Wiley.
    """
    by, days = as_columns(by), _as_days(at)
    check_columns(frame, [time, event, *by, *([weight] if weight else [])], "Cumulative incidence")
    times, events = _check_times(frame, time, event)
    people = frame[weight].to_numpy(float) if weight else np.ones(len(frame))
    group, groups = _code(frame, by)
    at_risk, ended = _count(group, times, events, people, len(groups), int(days.max()))
    incidence, competing, se = _aalen_johansen(at_risk, ended)
    low, high = _limits(incidence, se, z_value(level))
    found = {
        "at_risk": _whole(at_risk),
        "n_events": _whole(np.cumsum(ended[0], axis=-1)),
        "incidence": incidence,
        "low": low,
        "high": high,
        "competing": competing,
    }
    return _lay_out(groups, days, {name: values[:, days] for name, values in found.items()})


def standardise_incidence(
    frame: pd.DataFrame,
    time: str,
    event: str,
    at: Sequence[int],
    by: str | Sequence[str],
    strata: str | Sequence[str],
    standard: pd.DataFrame | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Cumulative incidence of groups as if all had the same mix of people.

    Parameters
    ----------
    frame, time, event, at, by, level
        As for `cumulative_incidence`, one row a person; and a column ``lot``, the parts (by person, such as
        the number of a person modulo 50) that the jackknife leaves out in turn.
    strata : str or sequence of str
        Columns standardised for, such as age band, sex and deprivation fifth.
    standard : DataFrame, optional
        `strata` and weight; all people of `frame` if not given.

    Returns
    -------
    DataFrame
        `by`, day, n_people (of the group, in strata that are compared), at_risk, n_events (of these),
        incidence, low, high, competing (standardised), crude (the incidence of these people as they are),
        standard_left (share of the standard in strata that one of the groups lacks, which are left out for
        all). Limits are missing as in `cumulative_incidence`, and where there is one lot only.

    Raises
    ------
    KeyError, ValueError
        As for `cumulative_incidence`; the latter also if a column is both compared and standardised for.
    TooFewPoints
        If no stratum has people of every group.

    Notes
    -----
    People are weighted so that each group has the strata of the standard: Cole SR, Hernan MA (2004) Comput
    Methods Programs Biomed 75:45-49. Without censoring this is direct standardisation; with it, moving away
    must not depend on the strata. Errors by the delete-a-group `jackknife`, weights taken anew each time.
    """
    by, strata, days = as_columns(by), as_columns(strata), _as_days(at)
    check_columns(frame, [time, event, *by, *strata, LOT], "Standardised incidence")
    if shared := set(by) & set(strata):
        raise ValueError(f"{', '.join(sorted(shared))} cannot be both compared and standardised for.")
    times, events = _check_times(frame, time, event)
    group, groups = _code(frame, by)
    stratum, names = _code(frame, strata)
    size, n_strata, last = len(groups), len(names), int(days.max())
    given = None if standard is None else _read_standard(standard, names, strata)
    cell = group * n_strata + stratum
    people = np.bincount(cell, minlength=size * n_strata).reshape(size, n_strata)
    everywhere = (people > 0).all(axis=0)
    share = np.bincount(stratum, minlength=n_strata) if given is None else given
    whole = share.sum() if standard is None else standard["weight"].sum()
    if not share[everywhere].sum() > 0:
        raise TooFewPoints("These groups have no people who are alike, so that they cannot be compared.")

    def estimate(keep: NDArray[np.bool_]) -> Vector:
        wanted = np.bincount(stratum, keep, n_strata) if given is None else given
        n = np.bincount(cell, keep, size * n_strata).reshape(size, n_strata)
        weight = np.divide(wanted * everywhere, n, out=np.zeros_like(n), where=n > 0)
        counts = _count(group, times, events, weight.ravel()[cell] * keep, size, last)
        incidence, competing, _ = _aalen_johansen(*counts)
        return np.stack([incidence[:, days], competing[:, days]])

    (incidence, competing), (se, _) = jackknife(estimate, frame[LOT])
    low, high = _limits(incidence, se, t_value(frame[LOT].nunique(), level))
    at_risk, ended = _count(group, times, events, everywhere[stratum].astype(float), size, last)
    crude, *_ = _aalen_johansen(at_risk, ended)
    found = {
        "n_people": np.repeat(people[:, everywhere].sum(axis=1), len(days)).reshape(size, -1),
        "at_risk": _whole(at_risk[:, days]),
        "n_events": _whole(np.cumsum(ended[0], axis=-1)[:, days]),
        "incidence": incidence,
        "low": low,
        "high": high,
        "competing": competing,
        "crude": crude[:, days],
    }
    left = 1 - share[everywhere].sum() / whole
    return _lay_out(groups, days, found).assign(standard_left=0.0 if abs(left) < 1e-12 else left)


def jackknife(
    estimate: Callable[[NDArray[np.bool_]], ArrayLike], lots: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Estimate from all rows, with its standard error by leaving out one lot after another.

    Parameters
    ----------
    estimate : callable
        Takes which rows are kept (bool, one a row) and returns a number or an array of any shape.
    lots : array-like, shape (n_rows,)
        The lot of each row; all rows of a person are in one lot.

    Returns
    -------
    value, se : ndarray of float
        In the shape of the estimate. Errors are missing with one lot only, and where a lot cannot be done
        without. For an interval, take Student's t with one less than the number of lots (`t_value`).

    Notes
    -----
    Delete-a-group jackknife: Kott PS (2001) J Off Stat 17:521-526.
    """
    code, names = pd.factorize(np.asarray(lots))
    value = np.asarray(estimate(np.ones(len(code), bool)), float)
    n = len(names)
    if n < 2:
        return value, np.full_like(value, np.nan)
    without = np.stack([np.asarray(estimate(code != lot), float) for lot in range(n)])
    return value, np.sqrt((n - 1) / n * ((without - value) ** 2).sum(axis=0))


def t_value(n_lots: int, level: float = 0.95) -> float:
    """Return Student's quantile for a two-sided interval of so many lots; missing for fewer than two."""
    z_value(level)  # refuses a level such as 95
    return float(stats.t.ppf(0.5 + level / 2, n_lots - 1)) if n_lots > 1 else np.nan


def _as_days(at: Sequence[int]) -> NDArray[np.int64]:
    days = np.asarray(at)
    if not days.size or days.min() < 0 or np.any(days != np.floor(days)):
        raise ValueError(f"The days wanted are whole numbers from 0 on, such as (30, 90), not {list(at)}.")
    return days.astype("int64")


def _check_times(frame: pd.DataFrame, time: str, event: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    times = frame[time].to_numpy(float, na_value=np.nan)
    events = frame[event].to_numpy(float, na_value=np.nan)
    if not np.all((times >= 0) & (times == np.floor(times))):
        raise ValueError(f"{time} must be whole days from 0 on: some are missing, negative or parts of days.")
    if not np.isin(events, (CENSORED, EVENT, COMPETING)).all():
        raise ValueError(f"{event} must be 0 (followed to the end), 1 (the event) or 2 (one that competes).")
    return times.astype("int64"), events.astype("int64")


def _code(frame: pd.DataFrame, by: list[str]) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Return the group of each row and the groups, in order; without columns, one group."""
    if not by:
        return np.zeros(len(frame), "int64"), pd.DataFrame(index=[0])
    grouped = frame.groupby(by, observed=True, dropna=False, sort=True)
    return grouped.ngroup().to_numpy(), grouped.size().reset_index()[by]


def _read_standard(standard: pd.DataFrame, names: pd.DataFrame, strata: list[str]) -> Vector:
    check_columns(standard, [*strata, "weight"], "The standard")
    found = names.merge(standard[[*strata, "weight"]], on=strata, how="left")
    return found["weight"].fillna(0.0).to_numpy(float)


def _count(
    group: NDArray[np.int64],
    times: NDArray[np.int64],
    events: NDArray[np.int64],
    people: Vector,
    size: int,
    last: int,
) -> tuple[Vector, Vector]:
    """Return who is at risk, shape (groups, days), and who ends by either event, (2, groups, days)."""
    length = last + 2  # one more day, for those who stay beyond the last
    place = group * length + np.minimum(times, last + 1)

    def by_day(of: Vector) -> Vector:
        return np.bincount(place, of, size * length).astype(float).reshape(size, length)

    left = by_day(people)
    at_risk = left[:, ::-1].cumsum(axis=1)[:, ::-1]
    return at_risk, np.stack([by_day(people * (events == kind)) for kind in (EVENT, COMPETING)])


def _aalen_johansen(at_risk: Vector, ended: Vector) -> tuple[Vector, Vector, Vector]:
    """Return incidence of both events by day, and the standard error of the first.

    Ours, since statsmodels' CumIncidenceRight takes one group at a time, gives no errors with weights and
    none once everybody has had an event; where it has them they are the same (tested).
    """
    first, other = ended
    both = first + other

    def per(top: Vector, bottom: Vector) -> Vector:
        return np.divide(top, bottom, out=np.zeros_like(bottom), where=bottom > 1e-12)

    free = np.cumprod(1 - per(both, at_risk), axis=-1)
    before = np.concatenate([np.ones((len(free), 1)), free[:, :-1]], axis=1)
    step = before * per(first, at_risk)
    incidence, competing = step.cumsum(axis=-1), (before * per(other, at_risk)).cumsum(axis=-1)
    all_ended = per(both, at_risk * (at_risk - both))  # 0 where nobody is left: it no longer moves anything
    share = per(step, at_risk)
    variance = (
        incidence**2 * all_ended.cumsum(axis=-1)
        - 2 * incidence * (incidence * all_ended).cumsum(axis=-1)
        + (incidence**2 * all_ended).cumsum(axis=-1)
        + (before * share * per(at_risk - first, at_risk)).cumsum(axis=-1)
        - 2 * incidence * share.cumsum(axis=-1)
        + 2 * (incidence * share).cumsum(axis=-1)
    )
    unknown = (at_risk <= 1e-12) & (free > 1e-12)
    parts = (incidence, competing, np.sqrt(np.maximum(variance, 0.0)))
    incidence, competing, se = (np.where(unknown, np.nan, part) for part in parts)
    return incidence, competing, se


def _limits(incidence: Vector, se: Vector, times: float) -> tuple[Vector, Vector]:
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = times * se / np.abs(incidence * np.log(incidence))
        inside = (incidence > 0) & (incidence < 1) & (se > 0)
        limits = incidence ** np.exp(spread), incidence ** np.exp(-spread)
    low, high = (np.where(inside, limit, np.nan) for limit in limits)
    return low, high


def _whole(counts: Vector) -> NDArray[np.int64]:
    return np.rint(counts).astype("int64")


def _lay_out(groups: pd.DataFrame, days: NDArray[np.int64], found: dict[str, NDArray]) -> pd.DataFrame:
    table = groups.loc[groups.index.repeat(len(days))].reset_index(drop=True)
    table["day"] = np.tile(days, len(groups))
    return table.assign(**{name: values.ravel() for name, values in found.items()})
