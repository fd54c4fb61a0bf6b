"""Counts, rates, intervals, standardisation and control limits: pure functions on tidy frames."""

from analysis_lib.measures.attendance import attendance_table, share_within, unknown_shares
from analysis_lib.measures.candidates import weigh_candidates
from analysis_lib.measures.cells import NOT_RECORDED, TooFewPoints, label_missing, where_recorded
from analysis_lib.measures.change import (
    pairs_of_months,
    split_change,
    split_changes,
    year_on_year,
)
from analysis_lib.measures.concentration import share_curve, share_top
from analysis_lib.measures.control import adjust_season, assurance_icon, variation_icon, xmr_limits
from analysis_lib.measures.cooccurrence import count_pairs, group_themes
from analysis_lib.measures.cost import cost_dna
from analysis_lib.measures.counts import (
    busiest_months,
    count_appointments,
    count_distribution,
    count_months,
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
from analysis_lib.measures.england import (
    FUNNEL_AREAS,
    NotEngland,
    TooFewAreas,
    check_areas,
    check_england,
    covers_england,
)
from analysis_lib.measures.funnel import (
    between_area_sd,
    funnel_curve,
    funnel_limits,
    over_dispersion,
    spread_between,
    winsorised_variance,
)
from analysis_lib.measures.groups import PER, compare_levels, compare_rates, rate_standardised, rates_by_group
from analysis_lib.measures.hashtags import (
    compare_counting,
    count_tags,
    describe_sample,
    find_search_tag,
    mark_topics,
    sample_period,
)
from analysis_lib.measures.incidence import cumulative_incidence, jackknife, standardise_incidence, t_value
from analysis_lib.measures.inequality import slope_index
from analysis_lib.measures.intervals import dsr_interval, poisson_interval, wilson_interval
from analysis_lib.measures.order import linked_waits, order_ratio, window_share
from analysis_lib.measures.paths import prune_paths
from analysis_lib.measures.place import (
    funnel_ratio,
    moran_i,
    observed_expected,
    ratio_curve,
    ratio_spread,
    touching_areas,
)
from analysis_lib.measures.ranks import rank_interval
from analysis_lib.measures.rates import check_status, rate_dna
from analysis_lib.measures.reconcile import reconcile_subjects
from analysis_lib.measures.standard_population import ESP2013, dobson_limits, standard_weights
from analysis_lib.measures.standardise import STRATA, standardise_dna, stratum_weights
from analysis_lib.measures.travel import list_messages, measure_travel
from analysis_lib.measures.trial import compare_designs, split_variance
from analysis_lib.measures.tweet_truth import compare_tweet_truth
from analysis_lib.measures.use import RATE_COLUMNS, compare_slopes, count_use, settle_counts
from analysis_lib.measures.utilisation import (
    PLANNING_PER_DAY,
    add_utilisation,
    count_exceedance,
    rate_per_day,
)

__all__ = [
    "FUNNEL_AREAS",
    "ESP2013",
    "NOT_RECORDED",
    "PER",
    "PLANNING_PER_DAY",
    "RATE_COLUMNS",
    "STRATA",
    "NotEngland",
    "TooFewAreas",
    "TooFewPoints",
    "add_day_counts",
    "add_day_kind",
    "add_utilisation",
    "adjust_season",
    "assurance_icon",
    "attendance_table",
    "bank_holidays",
    "between_area_sd",
    "busiest_months",
    "check_areas",
    "check_england",
    "check_status",
    "compare_levels",
    "compare_rates",
    "compare_slopes",
    "count_use",
    "compare_counting",
    "compare_designs",
    "compare_tweet_truth",
    "cost_dna",
    "count_appointments",
    "count_by_day",
    "count_distribution",
    "count_months",
    "count_exceedance",
    "count_pairs",
    "count_status",
    "count_tags",
    "covers_england",
    "cumulative_incidence",
    "dobson_limits",
    "describe_sample",
    "dsr_interval",
    "find_search_tag",
    "funnel_curve",
    "funnel_limits",
    "funnel_ratio",
    "moran_i",
    "observed_expected",
    "group_themes",
    "jackknife",
    "label_missing",
    "linked_waits",
    "list_messages",
    "mark_topics",
    "measure_travel",
    "order_ratio",
    "over_dispersion",
    "pairs_of_months",
    "poisson_interval",
    "prune_paths",
    "rank_interval",
    "rate_dna",
    "rate_per_day",
    "rate_standardised",
    "rates_by_group",
    "ratio_curve",
    "ratio_spread",
    "reconcile_subjects",
    "sample_period",
    "season_table",
    "share_curve",
    "spread_between",
    "share_top",
    "share_within",
    "reconcile_subjects",
    "settle_counts",
    "slope_index",
    "split_change",
    "split_changes",
    "split_variance",
    "standardise_dna",
    "standardise_incidence",
    "standard_weights",
    "stratum_weights",
    "t_value",
    "top_areas",
    "touching_areas",
    "unknown_shares",
    "variation_icon",
    "weekday_profile",
    "weekend_share",
    "weigh_candidates",
    "where_recorded",
    "window_share",
    "wilson_interval",
    "winsorised_variance",
    "xmr_limits",
    "year_on_year",
]
