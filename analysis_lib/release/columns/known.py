"""What the usual columns of the released tables are; a notebook names only what differs.

A table's own entry, ``table.column``, goes before the column's.
"""

from __future__ import annotations

from numpy.typing import NDArray

from analysis_lib.measures import wilson_interval
from analysis_lib.release.columns import Count, Derived, Estimate, Kind, Plain, Proportion, Ratio, Share
from analysis_lib.release.columns.areas import AREAS
from analysis_lib.release.columns.population import POPULATION
from analysis_lib.release.columns.risk import RISK
from analysis_lib.release.columns.tweets import TWEETS

STATUS = ("n_attended", "n_dna", "n_unknown")


def _of_all(part: NDArray, *others: NDArray) -> NDArray:
    return part / (part + sum(others))


def _bound_high(attended: NDArray, dna: NDArray, unknown: NDArray) -> NDArray:
    return (dna + unknown) / (attended + dna + unknown)


def _per(count: NDArray, days: NDArray) -> NDArray:
    return count / days


def _per_year(value: NDArray, n_months: NDArray) -> NDArray:
    return value * 12 / n_months


_ATTENDANCE: dict[str, Kind] = {
    "n_attended": Count(),
    "n_dna": Count(),
    "n_unknown": Count(),
    "n_known": Count(),
    "dna_rate": Ratio("n_dna", "n_known"),
    "dna_low": Derived(lambda dna, known: wilson_interval(dna, known)[0], ("n_dna", "n_known")),
    "dna_high": Derived(lambda dna, known: wilson_interval(dna, known)[1], ("n_dna", "n_known")),
    "unknown_share": Derived(_of_all, ("n_unknown", "n_attended", "n_dna")),
    "bound_low": Derived(_of_all, ("n_dna", "n_attended", "n_unknown")),
    "bound_high": Derived(_bound_high, STATUS),
    "unknown_exceeds_dna": Derived(lambda unknown, dna: unknown > dna, ("n_unknown", "n_dna")),
    "dna_rate_standardised": Proportion("n_known"),
    "std_low": Proportion("n_known"),
    "std_high": Proportion("n_known"),
    "weight_missing": Proportion("n_known"),
    "rank_crude": Estimate(("n_known",)),
    "rank_standardised": Estimate(("n_known",)),
    "rank_change": Estimate(("n_known",)),
}
# Of the whole of the inputs, or of a month of it: too many appointments to say anything of a person.
_LARGE = Estimate()
_CHANGES: dict[str, Kind] = {
    f"{table}.{column}": _LARGE
    for table in ("dna_change", "dna_change_chosen")
    for column in ("rate_from", "rate_to", "mix", "rate")
}
_ADJUSTED: dict[str, Kind] = {
    f"{table}.{column}": Proportion("n_known")
    for table in ("adjusted_lead_time", "adjusted_mode_hcp")
    for column in ("dna_rate", "rate", "low", "high")
}
# Computed from released tables alone: funnels, control charts, seasons, utilisation, forecasts.
_FROM_RELEASED: dict[str, Kind] = {
    f"{table}.{column}": Plain()
    for tables, columns in (
        (
            ("funnel_icb", "funnel_sub_icb"),
            ("target", "se", "z", "phi", "z_adjusted", "low95", "high95", "low998", "high998"),
        ),
        (("xmr_dna", "xmr_appointments"), ("value", "moving_range", "mean", "lower", "upper")),
        (("seasons",), ("year", "per_day_working", "ratio")),
        (("utilisation",), ("utilisation_30", "utilisation_calendar", "utilisation_working")),
        (
            ("forecast",),
            ("per_day_working", "n_appointments", "low80", "high80", "low95", "high95", "n_low80")
            + ("n_high80", "n_low95", "n_high95"),
        ),
        (
            ("forecast_scores",),
            ("n_forecasts", "mape", "bias", "coverage80", "coverage95", "ratio_to_baseline"),
        ),
    )
    for table in tables
    for column in columns
}
_APPOINTMENTS: dict[str, Kind] = {
    "n_appointments": Count(),
    "days_calendar": Plain(),
    "days_working": Plain(),
    "per_day_30": Derived(lambda n: n / 30, ("n_appointments",)),
    "per_day_calendar": Derived(_per, ("n_appointments", "days_calendar")),
    "per_day_working": Derived(_per, ("n_appointments", "days_working")),
    "rank": Plain(),
    "share": Proportion("n_appointments"),
    "share_known": Proportion("n_appointments"),
    "cumulative_share_known": Proportion("n_appointments"),
    "mode_by_month.share": Share("n_appointments", ("month",)),
    "hcp_by_month.share": Share("n_appointments", ("month",)),
    "categories.share": Share("n_appointments", ("dimension",)),
    "top_areas.per_1000_patients": Proportion("n_appointments", per=1000),
    "rank_per_1000": Plain(),
    "weekdays.per_day": Derived(_per, ("n_appointments", "n_days")),
    "weekdays.n_days": Plain(),
    **{
        f"exceedance.{column}": Plain()
        for column in ("n_days", "n_days_over", "n_days_working", "n_days_working_over")
        + ("share", "share_working")
    },
    "busiest_day": Count(),
    "unknown.share": Proportion("n_unknown"),
    "highest_share": Estimate(("n_unknown",)),
    "unit_cost_gbp": Plain(),
    "n_months": Plain(),
    "cost_gbp": Derived(lambda n, unit: n * unit, ("n_dna", "unit_cost_gbp")),
    "n_dna_per_year": Derived(_per_year, ("n_dna", "n_months")),
    "cost_gbp_per_year": Derived(
        lambda n, unit, months: _per_year(n * unit, months), ("n_dna", "unit_cost_gbp", "n_months")
    ),
    "n_left": Count(),
    "n_right": Count(),
    "difference": Derived(lambda left, right: left - right, ("n_left", "n_right")),
    "n_areas": Plain(),
    "n_areas_differ": Plain(),
    "planted": Plain(),
    **{f"truth_recovered.{column}": Estimate() for column in ("estimate", "low", "high")},
    "funnel_icb.rate": Ratio("n_dna", "n_known"),
    "funnel_sub_icb.rate": Ratio("n_dna", "n_known"),
}
# Of files: rows and marks are no people, as they may be under these names in a table of people.
_FILES: dict[str, Kind] = {
    **{
        f"{table}.{name}": Plain()
        for table in ("files_read", "data_quality", "raw_labels")
        for name in ("rows", "n_members", "areas", "rows_repeated", "rows_warned", "rows_rejected")
        + ("n_suppressed", "n_missing")
    },
    "n_repeated": Count(),
}
COLUMNS: dict[str, Kind] = {
    **_ATTENDANCE,
    **_CHANGES,
    **_ADJUSTED,
    **_FROM_RELEASED,
    **_APPOINTMENTS,
    **_FILES,
    **AREAS,
    **TWEETS,
    **POPULATION,
    **RISK,
}
