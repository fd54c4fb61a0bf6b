"""Which of two steps comes first within the same people, and how long those linked by it wait.

All three compare a person with himself, so that who has many contacts of both kinds does not make a link.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from analysis_lib.measures.cells import as_columns, check_columns
from analysis_lib.measures.incidence import LOT, jackknife, t_value
from analysis_lib.measures.intervals import z_value

Vector = NDArray[np.float64]
PEOPLE = "n_people"


def order_ratio(patterns: pd.DataFrame, by: str | Sequence[str] = (), level: float = 0.95) -> pd.DataFrame:
    """How much more often one step comes before another than after it, within people.

    Parameters
    ----------
    patterns : DataFrame
        One row for people who are alike: `by`, first, then (two settings), n_forward and n_backward (pairs of
        steps of each of these people in that order and in the other), n_people.
    by : str or sequence of str
        Groups, each on its own; may be empty.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        `by`, first, then, n_people, n_forward, n_backward (pairs), ratio (forward ÷ backward; 1 if the order
        is chance), low, high. The ratio and its limits are missing where one of the orders does not occur.

    Raises
    ------
    KeyError
        If a column is absent.

    Notes
    -----
    The idea of sequence symmetry: Hallas J (1996) Epidemiology 7:478-484, of all pairs. Normal on the log
    scale; the variance is clustered by person and never less than that of independent pairs, since of few
    people who are alike no variance is seen.
    """
    by = [*as_columns(by), "first", "then"]
    counts = ["n_forward", "n_backward"]
    sums, parts = _sum_patterns(patterns, by, counts, "The order of steps")
    forward, backward = sums[counts].to_numpy(float).T
    with np.errstate(divide="ignore", invalid="ignore"):
        known = (forward > 0) & (backward > 0)
        ratio = np.where(known, forward / backward, np.nan)
        of_person = parts["n_forward"] / forward[parts.code] - parts["n_backward"] / backward[parts.code]
        variance = _clustered(of_person, parts, len(sums), sums[PEOPLE])
        spread = z_value(level) * np.sqrt(np.maximum(variance, 1 / forward + 1 / backward))
    return sums.assign(ratio=ratio, low=ratio * np.exp(-spread), high=ratio * np.exp(spread))


def window_share(patterns: pd.DataFrame, by: str | Sequence[str] = (), level: float = 0.95) -> pd.DataFrame:
    """Share of first steps that lead to the second soon after, beyond what those people's own level gives.

    Parameters
    ----------
    patterns : DataFrame
        One row for people who are alike: `by`, n_first (first steps of each), n_near (of these, with the
        second step in the window just after), n_far (with one in the mirrored windows further off, before and
        after, added up), n_people.
    by : str or sequence of str
        Groups, each on its own; may be empty.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        `by`, n_people, n_first, n_near, n_far, share ((near - far ÷ 2) ÷ first; 0 if there is no link, and
        below it by chance), low, high. The share is missing without a first step, its limits also where no
        second step is near or far: then nothing is seen of how it varies.

    Raises
    ------
    KeyError
        If a column is absent.

    Notes
    -----
    A self-controlled comparison: Maclure M (1991) Am J Epidemiol 133:144-153, with control windows on both
    sides, which takes away a trend. Normal; the variance is that of a ratio of sums, clustered by person, and
    never less than that of independent steps.
    """
    by, counts = as_columns(by), ["n_first", "n_near", "n_far"]
    sums, parts = _sum_patterns(patterns, by, counts, "The share of a window")
    first, near, far = sums[counts].to_numpy(float).T
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (near - far / 2) / first
        own = parts["n_near"] - parts["n_far"] / 2 - share[parts.code] * parts["n_first"]
        variance = _clustered(own / first[parts.code], parts, len(sums), sums[PEOPLE])
        independent = (near * (1 - near / first) + far * (1 - far / first / 2) / 4) / first**2
        spread = z_value(level) * np.sqrt(np.maximum(variance, independent))
        spread = np.where(near + far > 0, spread, np.nan)
    return sums.assign(share=share, low=share - spread, high=share + spread)


def linked_waits(
    lags: pd.DataFrame,
    span: int,
    by: str | Sequence[str] = (),
    quantiles: Sequence[float] = (0.5,),
    against: object = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """How long people wait from one step to another that it led to, chance taken away.

    Parameters
    ----------
    lags : DataFrame
        `by`, lot (parts by person, for the jackknife), lag (whole days from the first step to the second,
        below 0 where the second came before), n (pairs). Lags should reach well beyond -span and span.
    span : int
        Longest wait in days that is looked for. Waits beyond it are not seen: quantiles are of linked waits
        within `span`, below those of all waits if some are longer.
    by : str or sequence of str
        Groups, each on its own; may be empty.
    quantiles : sequence of float
        Shares of the linked waits, between 0 and 1.
    against : object, optional
        Group (a level of the one column of `by`) that all are compared with.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        `by`, quantile, n_pairs (of both signs, within `span`), linked (those of them that the first step led
        to), days, low, high, ratio, ratio_low, ratio_high (of days to those of the group `against`; missing
        if none is named). All days are missing where linked pairs are not beyond chance, limits also with one
        lot only.

    Raises
    ------
    KeyError
        If a column is absent.
    ValueError
        If a quantile is not between 0 and 1, or no group is the one compared with.

    Notes
    -----
    By chance a second step is as likely so many days before the first as after it, but for what changes over
    the years (people grow older and iller, and leave), which makes a difference that grows straight with the
    lag: its slope is that of the lags beyond `span` (0 if there are none), through 0. Forward less backward
    pairs by lag, less this, are therefore those linked, whose cumulative number, made to rise only (isotonic
    regression), gives the quantile. First steps should be those of whole years, or seasons differ before and
    after. Limits are the lags at which the number does not differ from the quantile's share
    (Woodruff RS (1952) J Am Stat Assoc 47:635-646) by its error from the delete-a-group jackknife, so that
    they lie between 0 and `span`. Ratio: limits from those of both groups on the log scale (Zou GY, Donner A
    (2008) Stat Med 27:1693-1702).
    """
    by, wanted = as_columns(by), np.asarray(quantiles, float)
    check_columns(lags, [*by, LOT, "lag", "n"], "Waits")
    if not np.all((wanted > 0) & (wanted < 1)):
        raise ValueError(f"Quantiles lie between 0 and 1, such as 0.5: {list(quantiles)}.")
    lags = lags[lags["lag"] != 0]
    rows = []
    groups = lags.groupby(by, observed=True, sort=True) if by else [((), lags)]
    for key, group in groups:
        for quantile, found in zip(wanted, _find_waits(group, span, wanted, level), strict=True):
            rows.append((*(key if isinstance(key, tuple) else (key,)), quantile, *found))
    table = pd.DataFrame(rows, columns=[*by, "quantile", "n_pairs", "linked", "days", "low", "high"])
    return _compare_waits(table, by, against)


class _Parts:
    """Patterns with the number of their group: what of each person enters a sum."""

    def __init__(self, rows: pd.DataFrame, code: NDArray[np.int64]) -> None:
        self.rows, self.code = rows, code
        self.people = rows[PEOPLE].to_numpy(float)

    def __getitem__(self, column: str) -> Vector:
        return self.rows[column].to_numpy(float)


def _sum_patterns(
    patterns: pd.DataFrame, by: list[str], counts: list[str], what: str
) -> tuple[pd.DataFrame, _Parts]:
    """Return people and the sums of their counts by group, and the patterns."""
    check_columns(patterns, [*by, *counts, PEOPLE], what)
    people = patterns[PEOPLE]
    totals = patterns[counts].mul(people, axis=0).assign(**{PEOPLE: people})[[PEOPLE, *counts]]
    if not by:
        return totals.sum().to_frame().T.astype("int64"), _Parts(patterns, np.zeros(len(patterns), "int64"))
    keys = [patterns[column] for column in by]
    grouped = totals.groupby(keys, observed=True, dropna=False, sort=True)
    sums = grouped.sum().reset_index().astype(dict.fromkeys([PEOPLE, *counts], "int64"))
    return sums, _Parts(patterns, grouped.ngroup().to_numpy())


def _clustered(of_person: Vector, parts: _Parts, size: int, people: pd.Series) -> Vector:
    """Variance of a sum over people whose mean is 0, one cluster a person."""
    n = people.to_numpy(float)
    return np.bincount(parts.code, parts.people * of_person**2, size) * n / np.maximum(n - 1, 1)


def _find_waits(group: pd.DataFrame, span: int, wanted: Vector, level: float) -> list[tuple]:
    """Return pairs, linked pairs, and each quantile in days with its limits."""
    lot, lag, n = group[LOT].to_numpy(), group["lag"].to_numpy("int64"), group["n"].to_numpy(float)
    far = np.abs(lag) > span
    each = np.arange(max(span, np.abs(lag).max(initial=0)) + 1)
    squares = (each[span + 1 :] ** 2).sum()
    # By how much a pair beyond the span changes the sum within it, for each day of its lag
    lever = each[: span + 1].sum() / squares if squares else 0.0

    def linked_by_lag(keep: NDArray[np.bool_]) -> Vector:
        signed = np.bincount(np.abs(lag), np.sign(lag) * n * keep, len(each))
        slope = (signed * each)[span + 1 :].sum() / squares if squares else 0.0
        return (signed - slope * each)[: span + 1].cumsum()

    def estimate(keep: NDArray[np.bool_]) -> Vector:
        reached = linked_by_lag(keep)
        return np.vstack([reached, reached - wanted[:, None] * reached[-1]])

    (reached, *beyond), (of_reached, *errors) = jackknife(estimate, lot)
    pairs, linked, times = int(n[~far].sum()), round(reached[-1]), t_value(len(set(lot)), level)
    by_chance = np.sqrt(pairs + (n * (lever * lag) ** 2)[far].sum())
    if linked <= np.nanmax([z_value(level) * by_chance, times * of_reached[-1]]):
        return [(pairs, linked, np.nan, np.nan, np.nan)] * len(wanted)
    rising, found = isotonic_regression(reached).x, []
    for quantile, past, error in zip(wanted, beyond, errors, strict=True):
        days = _cross(rising - quantile * reached[-1])
        reach = times * error
        low, high = np.nan, np.nan
        if np.isfinite(reach).all():
            # Between the first lag that may be past the quantile and the last that may be short of it.
            low = min(_cross(past + reach), days)
            high = max(span - _cross((reach - past)[::-1]), days)
        found.append((pairs, linked, days, low, high))
    return found


def _cross(values: Vector) -> float:
    """Return where a line through values at 0, 1, 2, … first comes to 0 from below."""
    above = np.flatnonzero(values >= 0)
    if not len(above):
        return float(len(values) - 1)
    at = int(above[0])
    if at == 0 or values[at] == 0:
        return float(at)
    return at - 1 + values[at - 1] / (values[at - 1] - values[at])


def _compare_waits(table: pd.DataFrame, by: list[str], against: object) -> pd.DataFrame:
    if against is None:
        return table.assign(ratio=np.nan, ratio_low=np.nan, ratio_high=np.nan)
    if len(by) != 1 or not (table[by[0]] == against).any():
        raise ValueError(
            f"No group is {against!r}: name a level of the one column that waits are grouped by."
        )
    base = table[table[by[0]] == against].set_index("quantile")
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.log(table[["days", "low", "high"]])
        other = np.log(base.loc[table["quantile"], ["days", "low", "high"]]).set_index(table.index)
        ratio = own["days"] - other["days"]
        down = np.hypot(own["days"] - own["low"], other["high"] - other["days"])
        up = np.hypot(own["high"] - own["days"], other["days"] - other["low"])
        ratios = np.exp(ratio), np.exp(ratio - down), np.exp(ratio + up)
    itself = table[by[0]] == against
    ratios = [part.mask(itself, 1.0) if at == 0 else part.mask(itself) for at, part in enumerate(ratios)]
    return table.assign(ratio=ratios[0], ratio_low=ratios[1], ratio_high=ratios[2])
