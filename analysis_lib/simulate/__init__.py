"""Make inputs of the same shape as the published ones, with known truth.

Writes files that ``inputs`` reads like any other; imports no other room.
"""

from analysis_lib.simulate.appointments import simulate_appointments
from analysis_lib.simulate.hospital import Hospital, simulate_hospital
from analysis_lib.simulate.population import simulate_population
from analysis_lib.simulate.prescribing import Prescribing, simulate_prescribing, write_prescribing

__all__ = [
    "Hospital",
    "Prescribing",
    "simulate_appointments",
    "simulate_hospital",
    "simulate_population",
    "simulate_prescribing",
    "write_prescribing",
]
