"""What the numbers of tables of people are: of any cohort's rates, and of notebook 04's tables.

People and contacts are counts: small ones are protected. Rates rest on both, and go with either. They are of
the rounded counts, and as wide: a rate, its interval or its person-years would else give them back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis_lib.measures import PER, poisson_interval
from analysis_lib.release.columns import (
    Amount,
    Count,
    Derived,
    Dimension,
    Estimate,
    Kind,
    Limit,
    Plain,
    Rate,
    Ratio,
)

_BOTH = ("n_people", "events")
_ENDS = {"low": 0, "high": 1}


def _estimates(tables: str, columns: str, of: tuple[str, ...]) -> dict[str, Kind]:
    """Return an Estimate resting on `of` for each column of each table."""
    return {f"{table}.{column}": Estimate(of) for table in tables.split() for column in columns.split()}


def _counts(tables: str, columns: str) -> dict[str, Kind]:
    return {f"{table}.{column}": Count() for table in tables.split() for column in columns.split()}


def _crude(events: NDArray, years: NDArray) -> NDArray:
    return PER * np.divide(events, years, out=np.full(len(years), np.nan), where=years > 0)


def _from_rate(rate: NDArray, events: NDArray, end: int) -> NDArray:
    """How far a limit of independent events stands from their rate."""
    return rate * (poisson_interval(events)[end] / events - 1)


def _apart(with_events: NDArray, without_events: NDArray) -> NDArray:
    return np.sqrt(1 / with_events + 1 / without_events)


def _apart_by(with_rate: NDArray, with_events: NDArray, rate: NDArray, events: NDArray) -> NDArray:
    return np.hypot(with_rate / np.sqrt(with_events), rate / np.sqrt(events))


def _limits(of: str, events: str) -> dict[str, Kind]:
    """Return the two limits of a rate, by whether they are the low or the high one."""
    return {
        end: Limit(of, lambda rate, events, at=at: _from_rate(rate, events, at), (of, events))
        for end, at in _ENDS.items()
    }


_COMPARED = ("events_with", "events_without")
_RATES = ("rate_with", "events_with", "rate_without", "events_without")
# Of a person, as `queries.features_at` has it: whole numbers that are labels.
_PERSON: dict[str, Kind] = {name: Dimension() for name in ("imd_decile", "imd_quintile")}
# What `measures.rate_standardised`, `count_use` and `compare_rates` return, whatever the table is called.
_ANY_COHORT: dict[str, Kind] = {
    "n_people": Count(),
    "events": Count(of="n_people"),
    "n_users": Count(),
    "users_share": Ratio("n_users", "n_people"),
    "person_years": Amount("n_people", stepped=True),
    "crude_per_1000": Derived(_crude, ("events", "person_years")),
    "rate_per_1000": Rate("events", "n_people"),
    "se": Limit(None, lambda rate, events: rate / np.sqrt(events), ("rate_per_1000", "events")),
    "weight_absent": Estimate(("n_people",)),
    **{f"people_{side}": Count() for side in ("with", "without")},
    **{f"events_{side}": Count(of=f"people_{side}") for side in ("with", "without")},
    **{f"rate_{side}": Rate(f"events_{side}", f"people_{side}") for side in ("with", "without")},
    "rate_ratio": Derived(np.divide, ("rate_with", "rate_without")),
    "ratio_low": Limit("rate_ratio", lambda a, b: -1.96 * _apart(a, b), _COMPARED, times=True),
    "ratio_high": Limit("rate_ratio", lambda a, b: 1.96 * _apart(a, b), _COMPARED, times=True),
    "difference_low": Limit("difference", lambda *of: -1.96 * _apart_by(*of), _RATES),
    "difference_high": Limit("difference", lambda *of: 1.96 * _apart_by(*of), _RATES),
}
# Columns whose names say too little: what they are where these others are beside them.
BESIDE: list[tuple[frozenset[str], dict[str, Kind]]] = [
    (
        frozenset({"rate_per_1000", "events"}),
        {**_limits("rate_per_1000", "events"), "cost_gbp": Amount("events")},
    ),
    (
        frozenset({"rate_with", "rate_without"}),
        {"difference": Derived(np.subtract, ("rate_with", "rate_without"))},
    ),
    (
        frozenset({"observed", "expected", "oe"}),
        {
            "observed": Count(),
            "n_rows": Count(),
            "expected": Estimate(("observed",)),
            "oe": Derived(np.divide, ("observed", "expected")),
            "low": Derived(lambda seen, due: poisson_interval(seen)[0] / due, ("observed", "expected")),
            "high": Derived(lambda seen, due: poisson_interval(seen)[1] / due, ("observed", "expected")),
        },
    ),
]
_USE: dict[str, Kind] = {
    "cost_top.n_top": Count(),
    **_counts("cost_recorded", "n_contacts n_without_cost"),
    "cost_top.top": Dimension(),
    **_estimates("cost_top", "share low high", ("n_top",)),
    "cost_curve.share_people": Dimension(),
    "cost_curve.share_amount": Estimate(("n_people",)),
}
_INEQUALITY: dict[str, Kind] = {
    **_estimates(
        "inequality",
        "rate_most rate_least sii sii_low sii_high rii rii_low rii_high "
        "need_sii need_sii_low need_sii_high need_rii need_rii_low need_rii_high",
        _BOTH,
    ),
}
_DRIVERS: dict[str, Kind] = {
    **_counts("drivers interactions truth_recovered_demand", "n_people n_events"),
    **_estimates(
        "drivers interactions truth_recovered_demand", "rate_ratio low high", ("n_people", "n_events")
    ),
    **{f"{table}.planted": Plain() for table in ("drivers", "interactions", "truth_recovered_demand")},
    **_counts("drivers_blocks", "n_train n_test events_test"),
    **_estimates("drivers_blocks", "alone so_far added", ("n_test", "events_test")),
    **_counts("drivers_fit", "n_people n_events zeros_observed"),
    "drivers_fit.zero_share": Ratio("zeros_observed", "n_people"),
    **_estimates(
        "drivers_fit",
        "zeros_expected zero_share_expected zero_ratio pearson_per_df alpha alpha_low alpha_high",
        ("n_people", "n_events"),
    ),
}
_PLACE: dict[str, Kind] = {
    "place.expected": Estimate(("n_people", "observed")),
    # Computed from the released table alone.
    **{
        f"place_funnel.{column}": Plain()
        for column in ("expected", "oe", "target", "z", "phi", "z_adjusted", "low", "high")
        + ("low95", "high95", "low998", "high998")
    },
    **_counts("place_funnel", "n_people observed"),
    **{f"place_limits.{column}": Plain() for column in ("expected", "low95", "high95", "low998", "high998")},
    **{f"place_moran.{column}": Plain() for column in ("n_areas", "moran_i", "expected_i", "p_value")},
}
_NEXT: dict[str, Kind] = {
    **_counts("next_year next_year_scores", "observed"),
    **_estimates("next_year", "expected low high", ("n_people", "observed")),
    "next_year_scores.n_cohorts": Plain(),
    "next_year_scores.n_covered": Plain(),
    **_estimates("next_year_scores", "expected mape weighted_error covered", ("observed",)),
}
_CHECKED: dict[str, Kind] = {
    **_counts("population_quality population_checks", "rows rows_found"),
    "population_checks.n_checks": Plain(),
    "population_checks.n_broken": Plain(),
    "population_quality.share": Ratio("rows_found", "rows"),
    "population_quality.tolerance": Plain(),
}
POPULATION: dict[str, Kind] = {
    **_PERSON,
    **_ANY_COHORT,
    **_USE,
    **_INEQUALITY,
    **_DRIVERS,
    **_PLACE,
    **_NEXT,
    **_CHECKED,
}
