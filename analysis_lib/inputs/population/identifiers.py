"""Find NHS numbers and full postcodes among the text of a table, inside the engine."""

from __future__ import annotations

from typing import Any

import ibis

from analysis_lib.inputs.privacy import PERSONAL_NAMES

# As in inputs.privacy, in the words that DuckDB's and Spark's expressions share.
_NHS = "^[0-9]{10}$"
_POSTCODE = "^([A-Z]{1,2}[0-9][A-Z0-9]?|GIR) *[0-9][ABD-HJLNP-UW-Z]{2}$"


def is_nhs_number(text: Any) -> Any:
    """Return an expression: whether a text column holds ten digits with the modulus 11 check digit.

    Source of the method: NHS Data Dictionary; see `analysis_lib.inputs.privacy.is_nhs_number`.
    """
    plain = _plain(text)
    digits = [plain.substr(n, 1).try_cast("int32") for n in range(10)]
    total = sum((digit * (10 - n) for n, digit in enumerate(digits[1:9], start=1)), digits[0] * 10)
    return plain.re_search(_NHS) & (digits[9] == (11 - total % 11) % 11)


def has_ten_digits(text: Any) -> Any:
    """Return an expression: whether a text column holds ten digits, spaced or not."""
    return _plain(text).re_search(_NHS)


def _plain(text: Any) -> Any:
    return text.strip().re_replace("[ -]", "")


def is_postcode(text: Any) -> Any:
    """Return an expression: whether a text column holds a full postcode of the United Kingdom."""
    return text.strip().upper().re_search(_POSTCODE)


def identifier_faults(
    table: ibis.Table, skip: set[str], pseudonyms: frozenset[str] = frozenset()
) -> dict[tuple[str, str], tuple[Any, Any]]:
    """Return, by column and kind of identifier, an expression that is true where a row holds one, and among
    which rows chance lets some look so (None where it does not).

    Columns in `skip` are left alone: their values are compared with a list of codes instead. Those in
    `pseudonyms` are declared to hold no NHS numbers.
    """
    faults: dict[tuple[str, str], tuple[Any, Any]] = {}
    for name, kind in table.schema().items():
        if name in skip or not (kind.is_string() or kind.is_integer()):
            continue
        text = table[name] if kind.is_string() else table[name].cast("string")
        if name.casefold() in PERSONAL_NAMES:
            what = "NHS numbers" if "nhs" in name.casefold() else "full postcodes"
            faults[name, what] = text.notnull(), None
            continue
        if name not in pseudonyms and (kind.is_string() or kind.nbytes == 8):
            faults[name, "NHS numbers"] = is_nhs_number(text), has_ten_digits(text)
        if kind.is_string():
            faults[name, "full postcodes"] = is_postcode(text), None
    return faults
