"""A hospital behind the simulated population, in the layout of the New Hospital Programme's demand model."""

from analysis_lib.simulate.hospital.run import Hospital, simulate_hospital

__all__ = ["Hospital", "simulate_hospital"]
