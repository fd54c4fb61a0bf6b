"""Tables for the New Hospital Programme's demand model: their layout, its check, and how they are written.

`write_hospital` derives, checks and writes them; `check_hospital` reports on a folder before a model is run;
`read_admissions` reads a hospital's admissions, of these tables or of a file of its own.
"""

from analysis_lib.inputs.hospital.admissions import read_admissions
from analysis_lib.inputs.hospital.derive import age_group, derive, specialty_group
from analysis_lib.inputs.hospital.faults import check_hospital, check_tables
from analysis_lib.inputs.hospital.find import (
    Admissions,
    find_admissions,
    hash_admissions,
    load_admissions,
    read_hospital,
)
from analysis_lib.inputs.hospital.layout import TABLES, Column, Table, folder_of
from analysis_lib.inputs.hospital.record import HospitalReport
from analysis_lib.inputs.hospital.wide import narrow, number_rows, strategy_rates, widen
from analysis_lib.inputs.hospital.write import add_derived, write_hospital

__all__ = [
    "TABLES",
    "Admissions",
    "Column",
    "HospitalReport",
    "Table",
    "add_derived",
    "age_group",
    "check_hospital",
    "check_tables",
    "derive",
    "find_admissions",
    "hash_admissions",
    "folder_of",
    "load_admissions",
    "narrow",
    "number_rows",
    "read_admissions",
    "read_hospital",
    "specialty_group",
    "strategy_rates",
    "widen",
    "write_hospital",
]
