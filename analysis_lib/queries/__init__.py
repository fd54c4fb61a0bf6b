"""Ask a linked population: features at an index date, outcomes after it, cohorts. Ibis, on any engine.

Every function returns an Ibis expression; `to_frame` brings one into pandas, in a fixed order and with
fixed types. ``features_at(...).cache()`` keeps the answer in the engine where it is asked more than once.
"""

from analysis_lib.inputs.population import CONDITIONS
from analysis_lib.queries.cohort import add_age_band, cohort, count_by
from analysis_lib.queries.edges import (
    BINS,
    graph_features,
    list_events,
    present_features,
    to_meds,
    visit_steps,
    windowed_edges,
)
from analysis_lib.queries.features import feature_windows, features_at
from analysis_lib.queries.flows import frequent_sequences, lags, orders, transitions, windows
from analysis_lib.queries.frame import to_frame
from analysis_lib.queries.landmarks import (
    ENDINGS,
    landmark_days,
    landmark_features,
    landmark_outcomes,
)
from analysis_lib.queries.months import outcomes_by_month
from analysis_lib.queries.outcomes import OUTCOMES, count_costed, outcomes_after
from analysis_lib.queries.people import list_days
from analysis_lib.queries.prescribing_rules import MEDICINES, PINCER, count_by_rule, list_at_risk
from analysis_lib.queries.scores import CAMBRIDGE_WEIGHTS
from analysis_lib.queries.stays import ROUTES, first_after, follow_ups, index_stays, prefixes, routes_in
from analysis_lib.queries.steps import ACUITY, BREADTHS, KINDS, LEVELS, levels_at, list_steps

__all__ = [
    "BINS",
    "ACUITY",
    "BREADTHS",
    "CAMBRIDGE_WEIGHTS",
    "CONDITIONS",
    "ENDINGS",
    "KINDS",
    "LEVELS",
    "MEDICINES",
    "OUTCOMES",
    "PINCER",
    "ROUTES",
    "add_age_band",
    "cohort",
    "count_by",
    "count_by_rule",
    "count_costed",
    "feature_windows",
    "features_at",
    "first_after",
    "follow_ups",
    "frequent_sequences",
    "graph_features",
    "index_stays",
    "lags",
    "landmark_days",
    "landmark_features",
    "landmark_outcomes",
    "levels_at",
    "list_at_risk",
    "list_days",
    "list_events",
    "list_steps",
    "orders",
    "outcomes_after",
    "outcomes_by_month",
    "prefixes",
    "present_features",
    "routes_in",
    "to_frame",
    "to_meds",
    "transitions",
    "visit_steps",
    "windowed_edges",
    "windows",
]
