"""Prescribing behind the simulated population: chemicals, tests, and patterns that do harm or protect."""

from analysis_lib.simulate.prescribing.run import Prescribing, simulate_prescribing
from analysis_lib.simulate.prescribing.write import write_prescribing

__all__ = ["Prescribing", "simulate_prescribing", "write_prescribing"]
