"""Counts, rates, intervals, standardisation and control limits: pure functions on tidy frames."""

from analysis_lib.measures.attendance import attendance_table, share_within, unknown_shares
from analysis_lib.measures.change import (
    pairs_of_months,
    split_change,
    split_changes,
    year_on_year,
)
from analysis_lib.measures.concentration import share_curve, share_top
from analysis_lib.measures.control import TooFewPoints, assurance_icon, variation_icon, xmr_limits
from analysis_lib.measures.cost import cost_dna
from analysis_lib.measures.counts import (
    busiest_months,
    count_appointments,
    count_distribution,
    count_status,
    top_areas,
)
from analysis_lib.measures.days import (
    add_day_counts,
    add_day_kind,
    bank_holidays,
    count_by_day,
    season_table,
    weekday_profile,
    weekend_share,
)
from analysis_lib.measures.england import NotEngland, check_england, covers_england
from analysis_lib.measures.funnel import funnel_curve, funnel_limits, over_dispersion
from analysis_lib.measures.groups import compare_rates, rate_standardised, rates_by_group
from analysis_lib.measures.inequality import concentration_index, slope_index
from analysis_lib.measures.intervals import dsr_interval, poisson_interval, wilson_interval
from analysis_lib.measures.place import (
    funnel_ratio,
    moran_i,
    nearest_areas,
    observed_expected,
    touching_areas,
)
from analysis_lib.measures.rates import rate_dna
from analysis_lib.measures.reconcile import reconcile_subjects
from analysis_lib.measures.standard_population import ESP2013, dobson_limits, standard_weights
from analysis_lib.measures.standardise import STRATA, standardise_dna, stratum_weights
from analysis_lib.measures.utilisation import (
    PLANNING_PER_DAY,
    add_utilisation,
    count_exceedance,
    rate_per_day,
)

__all__ = [
    "ESP2013",
    "PLANNING_PER_DAY",
    "NotEngland",
    "STRATA",
    "TooFewPoints",
    "add_day_counts",
    "add_day_kind",
    "add_utilisation",
    "assurance_icon",
    "attendance_table",
    "bank_holidays",
    "busiest_months",
    "check_england",
    "compare_rates",
    "concentration_index",
    "cost_dna",
    "count_appointments",
    "count_by_day",
    "count_distribution",
    "count_exceedance",
    "count_status",
    "covers_england",
    "dobson_limits",
    "dsr_interval",
    "funnel_curve",
    "funnel_limits",
    "funnel_ratio",
    "moran_i",
    "nearest_areas",
    "observed_expected",
    "over_dispersion",
    "pairs_of_months",
    "poisson_interval",
    "rate_dna",
    "rate_per_day",
    "rate_standardised",
    "rates_by_group",
    "season_table",
    "share_curve",
    "share_top",
    "share_within",
    "reconcile_subjects",
    "slope_index",
    "split_change",
    "split_changes",
    "standardise_dna",
    "standard_weights",
    "stratum_weights",
    "top_areas",
    "touching_areas",
    "unknown_shares",
    "variation_icon",
    "weekday_profile",
    "weekend_share",
    "wilson_interval",
    "xmr_limits",
    "year_on_year",
]
