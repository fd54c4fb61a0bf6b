"""Keep the real model's own step counts, averaged over runs, of a hospital and a scenario of the demand core.

Runs in the environment that `make nhp-model` makes, never in the project's:

    .cache/nhp/bin/python nhp_model/record_steps.py SOURCE TABLES SCENARIO.json 400 STEPS.csv
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
import pandas as pd

KEYS = ["activity_type", "pod", "change_factor", "strategy", "measure"]
NO_CHANGE: dict[str, dict] = {"ip": {}, "op": {}, "aae": {}}


def to_parameters(scenario: dict, sample: dict, runs: int) -> dict:
    """Return the model's parameters of a scenario: intervals of no width, and all other steps left out."""
    parameters = {
        **sample,
        "model_runs": runs,
        "start_year": scenario["base"],
        "end_year": scenario["year"],
        "demographic_factors": {"variant_probabilities": {scenario["variant"]: 1.0}},
        "health_status_adjustment": False,
        "inequalities": {},
        **dict.fromkeys(("expat", "repat_local", "repat_nonlocal", "baseline_adjustment"), NO_CHANGE),
        "waiting_list_adjustment": {"ip": {}, "op": {}},
    }
    parameters["non-demographic_adjustment"] = {"value-type": "year-on-year-growth", "values": NO_CHANGE}
    for part in ("activity_avoidance", "efficiencies"):
        shares = scenario["avoidance" if part == "activity_avoidance" else part]
        parameters[part] = {
            kind: {
                name: entry | {"interval": [shares[name]] * 2}
                for name, entry in entries.items()
                if name in shares
            }
            for kind, entries in sample[part].items()
        }
    return parameters


def main(source: Path, tables: Path, scenario: Path, runs: int, out: Path) -> None:
    """Run each part of the model so many times; write means and standard errors of its step counts."""
    sys.path.insert(0, str(source / "src"))
    from nhp.model import AaEModel, InpatientsModel, ModelIteration, OutpatientsModel, load_sample_params
    from nhp.model.data import Local

    parameters = to_parameters(json.loads(scenario.read_text()), load_sample_params(), runs)
    found = []
    for kind in (InpatientsModel, OutpatientsModel, AaEModel):
        model = kind(json.loads(json.dumps(parameters)), Local.create(str(tables)))
        steps = [
            ModelIteration(model, run).get_step_counts().groupby(KEYS).sum() for run in range(1, runs + 1)
        ]
        each = pd.concat(steps, axis=1).fillna(0.0)  # a step that nobody took in a run is not listed
        error = each.std(axis=1) / runs**0.5
        found.append(pd.DataFrame({"mean": each.mean(axis=1), "standard_error": error}).reset_index())
    rows = pd.concat(found, ignore_index=True).rename(columns={"change_factor": "step"})
    rows.sort_values(list(rows.columns[:5])).to_csv(
        out, index=False, float_format="%.6g", lineterminator="\n"
    )


if __name__ == "__main__":
    place, folder, assumed, wanted, target = sys.argv[1:]
    main(Path(place), Path(folder), Path(assumed), int(wanted), Path(target))
