"""Sentences computed from released frames: captions, findings, and the facts they quote.

A sentence whose direction depends on the data ("rose", "most") is made here, from the same frame that
the chart beside it draws, so that it stays true on other inputs.
"""

from analysis_lib.headlines.adjusted import say_funnel, say_regression, say_standardised
from analysis_lib.headlines.appointments import (
    say_areas,
    say_categories,
    say_durations,
    say_lead_times,
    say_map,
    say_months,
    say_reconciliation,
    say_shift,
)
from analysis_lib.headlines.area import (
    compare_area,
    say_area_mix,
    say_area_place,
    say_area_rank,
    say_area_rate,
    say_area_size,
)
from analysis_lib.headlines.campaign import say_candidates, say_trial
from analysis_lib.headlines.capacity import (
    say_answers,
    say_exceedance,
    say_forecast,
    say_seasons,
    say_utilisation,
    say_weekdays,
)
from analysis_lib.headlines.hashtags import (
    name_sample_rows,
    say_counting,
    say_pairs,
    say_sample,
    say_tags,
    say_themes,
    say_travel,
    say_tweet_truth,
    say_tweets,
)
from analysis_lib.headlines.missed import (
    say_bounds,
    say_change,
    say_cost,
    say_groups,
    say_lead_contrast,
    say_overall,
    say_truth,
)
from analysis_lib.words import say_icons, say_period, say_xmr

# How the comparisons of `measures.reconcile_subjects` are named on a chart.
COMPARISONS = {
    "attended = duration": "attended = durations",
    "all = category": "all = categories, by area",
    "all = service_setting totals": "all = settings, England",
    "all = context_type totals": "all = contexts, England",
    "all = national_category totals": "all = categories, England",
    "all = published totals": "all = published totals",
}

__all__ = [
    "COMPARISONS",
    "compare_area",
    "name_sample_rows",
    "say_answers",
    "say_area_mix",
    "say_area_place",
    "say_area_rank",
    "say_area_rate",
    "say_area_size",
    "say_areas",
    "say_bounds",
    "say_candidates",
    "say_categories",
    "say_change",
    "say_cost",
    "say_counting",
    "say_durations",
    "say_exceedance",
    "say_forecast",
    "say_funnel",
    "say_groups",
    "say_icons",
    "say_lead_contrast",
    "say_lead_times",
    "say_map",
    "say_months",
    "say_overall",
    "say_pairs",
    "say_period",
    "say_reconciliation",
    "say_regression",
    "say_sample",
    "say_seasons",
    "say_shift",
    "say_standardised",
    "say_tags",
    "say_themes",
    "say_travel",
    "say_trial",
    "say_truth",
    "say_tweet_truth",
    "say_tweets",
    "say_utilisation",
    "say_weekdays",
    "say_xmr",
]
