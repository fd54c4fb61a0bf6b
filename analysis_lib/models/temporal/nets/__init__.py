"""Networks that learn risks from patients as temporal graphs. Only this room imports JAX to do so."""

from analysis_lib.models.temporal.nets.graph_cnn import TemporalGraphCNN
from analysis_lib.models.temporal.nets.temporal_net import TemporalNet

__all__ = ["TemporalGraphCNN", "TemporalNet"]
