"""Risks from patients as temporal graphs: what is recorded, what follows what, and how soon.

`analysis_lib.models` does not import this room: it brings scikit-learn with it.
"""

from analysis_lib.models.temporal.edge_model import EdgeModel, edge_recovery
from analysis_lib.models.temporal.planted import DECOY, match_planted
from analysis_lib.models.temporal.trajectories import fit_trajectories, predict_trajectories

__all__ = [
    "DECOY",
    "EdgeModel",
    "edge_recovery",
    "fit_trajectories",
    "match_planted",
    "predict_trajectories",
]
