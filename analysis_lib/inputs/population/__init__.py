"""Linked populations: person, condition, medicine, contact and perhaps measurement, in an engine and never in
memory.

`load_population` opens and checks an extract; `check_population` reports on one.
"""

from analysis_lib.codes import MEASURES
from analysis_lib.inputs.population.checks import TOLERANCES
from analysis_lib.inputs.population.load import (
    Population,
    PopulationReport,
    check_population,
    load_population,
)
from analysis_lib.inputs.population.schema import (
    ATTENDED,
    CONDITIONS,
    DECILES,
    ETHNIC_GROUPS,
    OTHER_CONDITIONS,
    SETTINGS,
    SEXES,
    TABLES,
)

__all__ = [
    "ATTENDED",
    "CONDITIONS",
    "DECILES",
    "ETHNIC_GROUPS",
    "MEASURES",
    "OTHER_CONDITIONS",
    "SETTINGS",
    "SEXES",
    "TABLES",
    "TOLERANCES",
    "Population",
    "PopulationReport",
    "check_population",
    "load_population",
]
