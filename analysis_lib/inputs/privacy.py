"""A stop for columns that hold NHS numbers or full postcodes: nothing here needs them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analysis_lib.identifiers import is_nhs_number
from analysis_lib.inputs.errors import reject
from analysis_lib.inputs.header import PERSON_NAMES
from analysis_lib.inputs.text import TextTable

NHS_NUMBER = r"^\s*\d{3}[ -]?\d{3}[ -]?\d{4}\s*$"
POSTCODE = r"(?i)^\s*([A-Z]{1,2}\d[A-Z\d]?|GIR)\s*\d[ABD-HJLNP-UW-Z]{2}\s*$"
PERSONAL_NAMES = PERSON_NAMES | {"postcode", "post_code"}


def check_privacy(table: TextTable) -> None:
    """Stop at a column that holds NHS numbers or full postcodes; the value is never shown.

    Raises
    ------
    InputError
        With the column, and the line of the first such value.
    """
    for name, column in table.columns.items():
        found = _first_personal(name, column.dictionary)
        if found is None:
            continue
        what, code = found
        row = pc.index(column.indices, pa.scalar(code, column.indices.type)).as_py()
        raise reject(
            f"the column holds {what}",
            "counts of appointments, nothing about single people",
            "Identifiers of people are not needed here: remove the column at its source first.",
            line=table.line_of(row),
            column=table.raw_names.get(name, name).strip(),
        )


def _first_personal(name: str, values: pa.StringArray) -> tuple[str, int] | None:
    if name in PERSONAL_NAMES and len(values):
        return ("NHS numbers" if "nhs" in name else "full postcodes"), 0
    candidates = pc.indices_nonzero(pc.match_substring_regex(values, NHS_NUMBER)).to_pylist()
    for code in candidates:
        if is_nhs_number(values[code].as_py()):
            return "NHS numbers (ten digits with the check digit of one)", code
    postcodes = pc.indices_nonzero(pc.match_substring_regex(values, POSTCODE)).to_pylist()
    return ("full postcodes", postcodes[0]) if postcodes else None
