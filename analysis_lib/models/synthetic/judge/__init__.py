"""How good synthetic rows are, what they give away, and whom they serve: every measure with its interval."""

from analysis_lib.models.synthetic.judge.measures import MEASURES, PRIVACY_CHECKS, Measure, measure_of
from analysis_lib.models.synthetic.judge.people import split_people
from analysis_lib.models.synthetic.judge.real import FAMILIES, Real, prepare
from analysis_lib.models.synthetic.judge.seeds import find_leaks, paired, summarise
from analysis_lib.models.synthetic.judge.table import ANCHORS, judge, judge_all

__all__ = [
    "ANCHORS",
    "FAMILIES",
    "MEASURES",
    "PRIVACY_CHECKS",
    "Measure",
    "Real",
    "find_leaks",
    "judge",
    "judge_all",
    "measure_of",
    "paired",
    "prepare",
    "split_people",
    "summarise",
]
