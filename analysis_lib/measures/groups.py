"""Who uses what: rates per 1,000 person-years by group, standardised by age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import TooFewPoints, as_columns, check_columns, label_missing
from analysis_lib.measures.intervals import EXACT_BELOW, z_value
from analysis_lib.measures.released import of_released
from analysis_lib.measures.standard_population import dobson_limits, sort_levels, standard_weights

PER = 1_000  # person-years
BORROWED = 100  # people of the same age, beside its own, whose variance each stratum has
LONGEST = 5.0  # person-years; more than this in one row is no single person's follow-up
SHORTEST_COVER = 0.9  # share of the standard population that a group must have to be given a rate


def rate_standardised(
    frame: pd.DataFrame,
    by: str | Sequence[str],
    counts: str | Sequence[str],
    exposure: str = "years_at_risk",
    age: str | None = "age_band",
    weights: Mapping[str, float] | None = None,
    people: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Directly standardised rates per 1,000 person-years by group and setting.

    Parameters
    ----------
    frame : DataFrame
        One row a person; or, with `people`, one row a cell of any kind.
    by : str or sequence of str
        What is compared, such as imd_decile; may be empty.
    counts : str or sequence of str
        Columns of counts, one a setting.
    exposure : str
        Column of person-years.
    age : str or None
        Column of age bands to standardise for; None gives crude rates (as for rates by age itself).
    weights : mapping, optional
        Weight by age band; the European Standard Population 2013 if not given.
    people : str, optional
        Column with the number of people in a row. Events are then taken as independent (Dobson as
        published). Without it, rows are people, and the interval allows for people with many events, who
        make it wider: contacts are not independent.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        setting, `by`, n_people, person_years, events, crude_per_1000, rate_per_1000, low, high, se (per 1,000
        person-years), weight_absent (share of the standard population in age bands that the group lacks; the
        other weights are scaled up). The rate, its limits and se are missing under 10 events, and where more
        than a tenth of the weight is absent. Groups that do not occur have no row.

    Raises
    ------
    KeyError
        If a column or an age band's weight is absent.
    ValueError
        If labels are missing, exposure is negative, missing, 0 for all or with events, or a row of a person
        has more than five years.

    Notes
    -----
    Dobson AJ and others (1991) Stat Med 10:457-462; none under 10 events: Morris JK and others (2018) Popul
    Health Metr 16:19. Without `people`, an age band of a group in which few people are, or nobody had an
    event, shows no variance, or little: its people are counted with 100 more who vary like all of that age,
    in proportion to the group's rate (a weighted mean, as in small-area estimation). IMD describes areas,
    not people.
    """
    by, counts = as_columns(by), as_columns(counts)
    strata = [*by, *([age] if age else [])]
    check_columns(frame, [*strata, *counts, exposure, *([people] if people else [])], "A standardised rate")
    _check_rows(frame, strata, counts, exposure, people)
    weight = _weights(frame, age, weights)
    tables = []
    for count, sums in zip(counts, _sum_strata(frame, strata, counts, exposure, people), strict=True):
        if people is None and age is not None:
            sums = _borrow_variance(sums, by, age)
        table = _standardise(sums, by, age, weight, level)
        table.insert(0, "setting", count)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


@of_released
def compare_levels(rates: pd.DataFrame, group: str, level: str, other: str) -> pd.DataFrame:
    """Compare the rates of two levels of a group, setting by setting.

    Parameters
    ----------
    rates : DataFrame
        As `rates_by_group` returns it.
    group, level, other : str
        The group, and its two levels.

    Returns
    -------
    DataFrame
        setting, ratio (of the rate of `level` to that of `other`), low, high (of the ratio), highest first;
        without settings in which one of them is missing.

    Notes
    -----
    Standard errors of the logarithms are taken from the limits of the two rates.
    """
    own = rates[(rates["group"] == group) & rates["level"].isin([level, other])].set_index("setting")
    first, second = (own[own["level"] == name] for name in (level, other))
    ratio = (first["rate_per_1000"] / second["rate_per_1000"]).dropna().sort_values(ascending=False)
    half = np.hypot(*(np.log(side["high"] / side["low"]) / 2 for side in (first, second)))
    spread = np.exp(half.reindex(ratio.index))
    table = pd.DataFrame({"ratio": ratio, "low": ratio / spread, "high": ratio * spread})
    return table.rename_axis("setting").reset_index()


def rates_by_group(
    frame: pd.DataFrame,
    groups: Sequence[str],
    counts: str | Sequence[str],
    age: str = "age_band",
    **options: object,
) -> pd.DataFrame:
    """Standardised rates for one grouping after another, in one long table; who has no label is a group too.

    Parameters
    ----------
    frame, counts, age
        As for `rate_standardised`.
    groups : sequence of str
        Columns, each compared on its own. The age column among them gets crude (age-specific) rates.
    **options
        Passed to `rate_standardised`: exposure, weights, people, level.

    Returns
    -------
    DataFrame
        setting, group (name of the column), level (text; "not recorded" of those without), and the other
        columns of `rate_standardised`.
    """
    parts = []
    for group in groups:
        check_columns(frame, [group], "Rates by group")
        labelled = frame.assign(**{group: label_missing(frame[group])})
        table = rate_standardised(labelled, group, counts, age=None if group == age else age, **options)
        table.insert(1, "group", group)
        parts.append(table.rename(columns={group: "level"}).astype({"level": str}))
    return pd.concat(parts, ignore_index=True)


def compare_rates(
    frame: pd.DataFrame,
    flag: str,
    counts: str | Sequence[str],
    level: float = 0.95,
    **options: object,
) -> pd.DataFrame:
    """Standardised rates of those with a flag against those without: ratio and difference.

    Parameters
    ----------
    frame, counts, level
        As for `rate_standardised`.
    flag : str
        A boolean column, such as core20 (the most deprived national quintile: IMD deciles 1 and 2). People
        for whom it is missing are left out.
    **options
        Passed to `rate_standardised`: exposure, age, weights, people.

    Returns
    -------
    DataFrame
        setting; people_with, events_with, rate_with, people_without, events_without, rate_without;
        rate_ratio, ratio_low, ratio_high; difference, difference_low, difference_high. Rates and
        differences per 1,000 person-years, missing where a side has fewer than 10 events.

    Raises
    ------
    ValueError
        If the flag is not boolean.
    TooFewPoints
        If all people are on one side.

    Notes
    -----
    Ratio: normal on the log scale; difference: normal; standard errors as in `rate_standardised`.
    """
    check_columns(frame, [flag], "A comparison")
    if not pd.api.types.is_bool_dtype(frame[flag]):
        raise ValueError(f"{flag} must be True for some people and False for others.")
    frame = frame[frame[flag].notna()].astype({flag: bool})
    if frame[flag].nunique() != 2:
        name = flag.replace("_", " ").capitalize()
        raise TooFewPoints(f"The group {name} holds all of these people or none, so there is no comparison.")
    rates = rate_standardised(frame, flag, counts, level=level, **options).set_index("setting")
    yes, no = rates[rates[flag]], rates[~rates[flag]]
    a, b, z = yes["rate_per_1000"], no["rate_per_1000"], z_value(level)
    spread = np.exp(z * np.hypot(yes["se"] / a, no["se"] / b))
    half = z * np.hypot(yes["se"], no["se"])
    return pd.DataFrame(
        {
            "people_with": yes["n_people"],
            "events_with": yes["events"],
            "rate_with": a,
            "people_without": no["n_people"],
            "events_without": no["events"],
            "rate_without": b,
            "rate_ratio": a / b,
            "ratio_low": a / b / spread,
            "ratio_high": a / b * spread,
            "difference": a - b,
            "difference_low": a - b - half,
            "difference_high": a - b + half,
        }
    ).reset_index()


def _check_rows(
    frame: pd.DataFrame, strata: list[str], counts: list[str], exposure: str, people: str | None
) -> None:
    if frame.empty:
        raise TooFewPoints("None of these people belongs to this group, so there is nothing to count.")
    for column in strata:
        if missing := int(frame[column].isna().sum()):
            raise ValueError(
                f"{column} has no label in {missing:,} rows: give them a level ('not stated'), or compare by "
                "measures.rates_by_group, which does."
            )
    years = frame[exposure].to_numpy(float)
    if not np.all(years >= 0):
        raise ValueError(f"{exposure} is missing or negative in some rows: compute person-years first.")
    if not years.sum() > 0:
        raise ValueError(f"{exposure} is 0 in every row: nobody was at risk, so there is no rate.")
    for count in counts:
        events = frame[count].to_numpy(float)
        if not np.all(events >= 0):
            raise ValueError(f"{count} is missing or negative in some rows.")
        if np.any((years == 0) & (events > 0)):
            raise ValueError(f"{count} has events in rows without person-time: check the exposure.")
    if people is None and years.max() > LONGEST:
        raise ValueError(
            f"A row has more than {LONGEST:g} person-years, so it is no person: name the column of people."
        )


def _weights(frame: pd.DataFrame, age: str | None, weights: Mapping[str, float] | None) -> pd.Series | None:
    if age is None:
        return None
    if weights is None:
        bands = frame[age].cat.categories if isinstance(frame[age].dtype, pd.CategoricalDtype) else None
        return standard_weights(frame[age].unique().tolist() if bands is None else list(bands))
    given = pd.Series(weights, dtype=float)
    absent = set(frame[age].unique()) - set(given.index)
    if absent:
        raise KeyError(f"No weight is given for the age band(s) {sorted(map(str, absent))}.")
    return given


def _sum_strata(
    frame: pd.DataFrame, strata: list[str], counts: list[str], exposure: str, people: str | None
) -> Iterator[pd.DataFrame]:
    """Yield people, person-years, events and the variance of events by stratum, for each column of counts."""
    if strata:
        grouped = frame.groupby(strata, observed=True, sort=True)
        code, table = grouped.ngroup().to_numpy(), grouped.size().reset_index()[strata]
    else:
        code, table = np.zeros(len(frame), "int64"), pd.DataFrame(index=[0])
    years = frame[exposure].to_numpy(float)

    def total(values: NDArray | None) -> NDArray[np.float64]:
        return np.bincount(code, values, len(table)).astype(float)

    at_risk = total(years)
    table["n_people"] = total(None if people is None else frame[people].to_numpy(float))
    table["person_years"] = at_risk
    for count in counts:
        events = frame[count].to_numpy(float)
        sums = total(events)
        variance = sums
        if people is None:  # sum over people of (events - rate x years)^2
            rate = np.divide(sums, at_risk, out=np.zeros_like(sums), where=at_risk > 0)
            variance = total((events - rate[code] * years) ** 2)
        yield table.assign(events=sums, variance=variance)


def _borrow_variance(strata: pd.DataFrame, by: list[str], age: str) -> pd.DataFrame:
    """Give each stratum's variance as if more people of its age were in it, at the group's rate ratio."""
    sums = ["person_years", "events", "variance"]
    years, events, variance = strata.groupby(age, observed=True)[sums].transform("sum").to_numpy(float).T
    of_age = np.divide(strata["person_years"], years, out=np.zeros_like(years), where=years > 0)
    both = strata.assign(due=of_age * events)
    if by:
        seen, due = both.groupby(by, observed=True)[["events", "due"]].transform("sum").to_numpy(float).T
    else:
        seen, due = np.full((2, len(both)), both["events"].sum())
    ratio = np.divide(seen, due, out=np.zeros_like(due), where=due > 0)
    borrowed = of_age * variance * ratio
    own = strata["n_people"] / (strata["n_people"] + BORROWED)
    return strata.assign(variance=own * strata["variance"] + (1 - own) * borrowed)


def _standardise(
    strata: pd.DataFrame, by: list[str], age: str | None, weight: pd.Series | None, level: float
) -> pd.DataFrame:
    group = np.zeros(len(strata), "int64")
    if by:
        group = strata.groupby(by, observed=True, sort=True).ngroup().to_numpy()
    years, events = strata["person_years"].to_numpy(), strata["events"].to_numpy()
    at_risk = years > 0
    per_year = np.divide(1.0, years, out=np.zeros_like(years), where=at_risk)

    def total(values: NDArray) -> NDArray[np.float64]:
        return np.bincount(group, values)

    share, absent = np.ones(len(strata)), 0.0
    if weight is not None:
        share = np.where(at_risk, strata[age].astype(object).map(weight).to_numpy(float), 0.0)
        have = total(share)
        share, absent = share / np.where(have > 0, have, 1.0)[group], 1 - have / weight.sum()
    rate = total(share * events * per_year)
    variance = total(share**2 * strata["variance"].to_numpy() * per_year**2)
    n_events, n_years = total(events), total(years)
    low, high = dobson_limits(rate, variance, n_events, level)
    low = np.maximum(low, 0.0)  # where few people have most of the contacts; no rate is below
    shown = (n_events >= EXACT_BELOW) & (absent <= 1 - SHORTEST_COVER)
    numbers = pd.DataFrame(
        {
            "n_people": total(strata["n_people"].to_numpy()).astype("int64"),
            "person_years": n_years,
            "events": n_events.astype("int64"),
            "crude_per_1000": PER * n_events / np.where(n_years > 0, n_years, np.nan),
            "rate_per_1000": np.where(shown, PER * rate, np.nan),
            "low": np.where(shown, PER * low, np.nan),
            "high": np.where(shown, PER * high, np.nan),
            "se": np.where(shown, PER * np.sqrt(variance), np.nan),
            "weight_absent": np.clip(np.round(absent, 9), 0, 1),
        }
    )
    names = strata[by].iloc[np.unique(group, return_index=True)[1]].reset_index(drop=True)
    return sort_levels(pd.concat([names, numbers], axis=1), by)
