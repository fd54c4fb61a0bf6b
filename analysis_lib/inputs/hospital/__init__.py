"""Tables for the New Hospital Programme's demand model: their layout, its check, and how they are written.

`write_hospital` derives, checks and writes them; `check_hospital` reports on a folder before a model is run.
"""

from analysis_lib.inputs.hospital.derive import age_group, derive, specialty_group
from analysis_lib.inputs.hospital.faults import check_hospital, check_tables
from analysis_lib.inputs.hospital.layout import TABLES, Column, Table, folder_of
from analysis_lib.inputs.hospital.record import HospitalReport
from analysis_lib.inputs.hospital.write import add_derived, write_hospital

__all__ = [
    "TABLES",
    "Column",
    "HospitalReport",
    "Table",
    "add_derived",
    "age_group",
    "check_hospital",
    "check_tables",
    "derive",
    "folder_of",
    "specialty_group",
    "write_hospital",
]
