"""Generators of made-up rows with one contract, from a control that keeps nothing to trees that keep most.

`analysis_lib.models` does not import this room: nobody needs it but those who make synthetic data.
"""

from analysis_lib.models.synthetic.cells import CellSampling
from analysis_lib.models.synthetic.copula import GaussianCopula
from analysis_lib.models.synthetic.forest import AdversarialForest
from analysis_lib.models.synthetic.gan import TabularGAN
from analysis_lib.models.synthetic.generator import Generator
from analysis_lib.models.synthetic.independent import Independent
from analysis_lib.models.synthetic.pairs import TreeOfPairs
from analysis_lib.models.synthetic.private_pairs import PrivatePairs
from analysis_lib.models.synthetic.schema import Column, Rule, Schema
from analysis_lib.models.synthetic.trees import SequentialTrees

__all__ = [
    "AdversarialForest",
    "CellSampling",
    "Column",
    "GaussianCopula",
    "Generator",
    "Independent",
    "PrivatePairs",
    "Rule",
    "Schema",
    "SequentialTrees",
    "TabularGAN",
    "TreeOfPairs",
]
