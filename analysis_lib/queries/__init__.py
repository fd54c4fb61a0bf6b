"""Ask a linked population: features at an index date, outcomes after it, cohorts. Ibis, on any engine.

Every function returns an Ibis expression; `to_frame` brings one into pandas, in a fixed order and with
fixed types. ``features_at(...).cache()`` keeps the answer in the engine where it is asked more than once.
"""

from analysis_lib.inputs.population import CONDITIONS
from analysis_lib.queries.cohort import add_age_band, cohort, count_by
from analysis_lib.queries.features import feature_windows, features_at
from analysis_lib.queries.frame import to_frame
from analysis_lib.queries.months import outcomes_by_month
from analysis_lib.queries.outcomes import OUTCOMES, count_costed, outcomes_after
from analysis_lib.queries.people import list_days
from analysis_lib.queries.scores import CAMBRIDGE_WEIGHTS

__all__ = [
    "CAMBRIDGE_WEIGHTS",
    "CONDITIONS",
    "OUTCOMES",
    "add_age_band",
    "cohort",
    "count_by",
    "count_costed",
    "feature_windows",
    "features_at",
    "list_days",
    "outcomes_after",
    "outcomes_by_month",
    "to_frame",
]
