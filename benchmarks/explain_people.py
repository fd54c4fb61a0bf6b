"""Time SHAP values of a sample and of everybody in the evaluation year, and how far their means are apart.

``python -m benchmarks.explain_people [people] [folder]``. Without a folder of a linked population, one is
simulated. Trees of this project's default parameters for emergency admission, fitted on the training fold of
the earlier year. Processor time.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from analysis_lib.inputs.population import load_population
from analysis_lib.models.classify import assign_folds, choose_predictors, fit_classifier
from analysis_lib.models.explain import SAMPLE, explain_importance, explain_people
from analysis_lib.queries import feature_windows, features_at, outcomes_after, to_frame
from analysis_lib.simulate.population import simulate_population

EARLIER, LATER = "2023-04-01", "2024-04-01"
OUTCOME = "next_emergency"
TOP = 15  # features that the report shows


def measure(folder: Path) -> str:
    """Return the table for benchmarks/README.md."""
    population = load_population(folder)
    known = features_at(population, EARLIER, lookback_months=(12,))
    earlier = to_frame(known.join(outcomes_after(population, EARLIER), "person_id"))
    train = earlier[(assign_folds(earlier["person_id"]) == "train").to_numpy()]
    later = to_frame(features_at(population, LATER, lookback_months=(12,)))
    trees = fit_classifier("trees", train, OUTCOME, choose_predictors(train, feature_windows((12,))))
    explain_people(trees, later, n=10)  # shap is loaded and compiled
    seconds, tables = [], []
    for n in (len(later), SAMPLE):
        start = time.process_time()
        tables.append(explain_importance(explain_people(trees, later, n)).set_index("feature"))
        seconds.append(time.process_time() - start)
    whole, sample = (table["mean_abs_shap"].head(TOP) for table in tables)
    held = tables[1].loc[whole.index]
    held = (held["low"] <= whole) & (whole <= held["high"])
    given = trees.params
    apart = (sample / whole - 1).abs().max()
    order = "the same" if list(sample.index) == list(whole.index) else "another"
    return f"""\
| SHAP values, {len(trees.features)} features, {given["max_iter"]} trees of {given["max_leaf_nodes"]} leaves \
| processor seconds | times as fast |
| --- | ---: | ---: |
| everybody, {len(later):,} people | {seconds[0]:.1f} | 1 |
| {SAMPLE:,} drawn at random | {seconds[1]:.1f} | {seconds[0] / seconds[1]:.0f} |

Means of the {TOP} strongest features differ by {apart:.1%} at most; their order is {order};
{held.sum()} of the {TOP} lie in the 95% interval of the sample."""


if __name__ == "__main__":
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 880_000
    with tempfile.TemporaryDirectory() as scratch:
        city = Path(sys.argv[2]) if len(sys.argv) > 2 else simulate_population(Path(scratch) / "city", people)
        print(measure(city))
