"""Risks from patients as temporal graphs: what is recorded, what follows what, and how soon.

`analysis_lib.models` does not import this room: it brings scikit-learn with it.
"""

from analysis_lib.models.temporal.edge_model import EdgeModel, edge_recovery

__all__ = ["EdgeModel", "edge_recovery"]
