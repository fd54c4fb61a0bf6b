"""Pathways of care generated from people's rates and the order of their steps, judged, and changed.

`analysis_lib.models` does not import this room: the judge brings scikit-learn with it.
"""

from analysis_lib.models.pathways.collect import Pathways, collect_steps
from analysis_lib.models.pathways.generate import PathwayModel, fit_pathways, generate_pathways
from analysis_lib.models.pathways.judge import judge_pathways
from analysis_lib.models.pathways.what_if import what_if

__all__ = [
    "PathwayModel",
    "Pathways",
    "collect_steps",
    "fit_pathways",
    "generate_pathways",
    "judge_pathways",
    "what_if",
]
