"""What the numbers of notebook 04's tables are. People and contacts are counts: small ones are protected.

Rates rest on people and on contacts, and go with either. Person-years are left out of the tables: a rate
and its person-years would give the contacts back without their rounding.
"""

from __future__ import annotations

import numpy as np

from analysis_lib.release.columns import Amount, Count, Derived, Dimension, Estimate, Kind, Plain, Ratio

_BOTH = ("n_people", "events")
_SIDES = ("people_with", "events_with", "people_without", "events_without")


def _estimates(tables: str, columns: str, of: tuple[str, ...]) -> dict[str, Kind]:
    """Return an Estimate resting on `of` for each column of each table."""
    return {f"{table}.{column}": Estimate(of) for table in tables.split() for column in columns.split()}


def _counts(tables: str, columns: str) -> dict[str, Kind]:
    return {f"{table}.{column}": Count() for table in tables.split() for column in columns.split()}


_USE: dict[str, Kind] = {
    **_counts("demand_by_setting demand_by_group inequality", "n_people events"),
    **_counts("demand_by_setting cohort_example", "n_users"),
    **{
        f"{table}.users_share": Ratio("n_users", "n_people")
        for table in ("demand_by_setting", "cohort_example")
    },
    **{f"{table}.cost_gbp": Amount("events") for table in ("demand_by_setting", "cohort_example")},
    **_estimates("demand_by_setting demand_by_group", "rate_per_1000 low high", _BOTH),
    **_counts("cost_top cost_curve", "n_people"),
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
    **_counts("core20", " ".join(_SIDES)),
    **_estimates("core20", "rate_with", ("people_with", "events_with")),
    **_estimates("core20", "rate_without", ("people_without", "events_without")),
    **_estimates(
        "core20", "rate_ratio ratio_low ratio_high difference difference_low difference_high", _SIDES
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
    **_counts("place", "n_people observed"),
    **_estimates("place", "expected low high", ("n_people", "observed")),
    "place.oe": Derived(np.divide, ("observed", "expected")),
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
    **_counts("next_year next_year_scores cohort_example", "n_people observed"),
    **_estimates("next_year", "expected low high", ("n_people", "observed")),
    "next_year_scores.n_cohorts": Plain(),
    "next_year_scores.n_covered": Plain(),
    **_estimates("next_year_scores", "expected mape weighted_error covered", ("observed",)),
    "cohort_example.events": Count(),
    **_estimates("cohort_example", "rate_per_1000 low high", _BOTH),
}
_CHECKED: dict[str, Kind] = {
    **_counts("population_quality population_checks", "rows rows_found"),
    "population_checks.n_checks": Plain(),
    "population_checks.n_broken": Plain(),
    "population_quality.share": Ratio("rows_found", "rows"),
    "population_quality.tolerance": Plain(),
}
POPULATION: dict[str, Kind] = {**_USE, **_INEQUALITY, **_DRIVERS, **_PLACE, **_NEXT, **_CHECKED}
