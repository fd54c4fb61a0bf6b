"""Add up contacts and cost by person, setting and window."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any

import ibis

from analysis_lib.inputs.population import SETTINGS

# A contact and its pence travel as one number, so that one sum does the work of two: adding up is most of the
# time that features take, and this halves it. Whole numbers in float64 are exact below 2**53, whatever the
# order of the rows: 900,000 contacts of one person in a setting, and a hundred million pounds.
ONE_CONTACT = 1e10
ONE_MISSED = 1e6
NOTHING = ibis.literal(0.0, type="float64")


def sum_contacts(contact: ibis.Table, windows: Mapping[str, Any]) -> ibis.Table:
    """Return packed sums by person, in one pass over the contacts.

    Parameters
    ----------
    contact : ibis.Table
        Only rows that some window holds.
    windows : mapping of str to ibis boolean column
        Ending of the column names, and which rows of `contact` the window holds.

    Returns
    -------
    ibis.Table
        person_id; per window both_<setting> and attendance; read by `contact_columns`.
    """
    rows = contact.select(
        "person_id",
        "setting",
        both=(contact.cost_gbp.fill_null(0.0) * 100).round().cast("float64") + ONE_CONTACT,
        attendance=ibis.cases(
            (contact.attended == "yes", 1.0), (contact.attended == "DNA", ONE_MISSED + 1), else_=0.0
        ).cast("float64"),
        **{f"within{ending}": within for ending, within in windows.items()},
    )
    sums: dict[str, Any] = {}
    for ending in windows:
        within = rows[f"within{ending}"]
        for setting in SETTINGS:
            here = within & (rows.setting == setting)
            sums[f"both_{setting}{ending}"] = ibis.ifelse(here, rows.both, NOTHING).sum()
        sums[f"attendance{ending}"] = ibis.ifelse(within, rows.attendance, NOTHING).sum()
    return rows.group_by("person_id").agg(**sums)


def contact_columns(table: ibis.Table, ending: str = "", prefix: str = "") -> dict[str, Any]:
    """Return n_<setting>, n_contacts, cost_gbp_<setting>, cost_gbp and dna_share of a window.

    Parameters
    ----------
    table : ibis.Table
        With the columns of `sum_contacts`; missing where somebody had no contact.
    ending, prefix : str
        The window's ending, kept in the names; and what the names begin with.
    """
    both = {s: table[f"both_{s}{ending}"].fill_null(0.0) for s in SETTINGS}
    n = {s: (value / ONE_CONTACT).floor().cast("int32") for s, value in both.items()}
    pence = {s: value - n[s] * ONE_CONTACT for s, value in both.items()}
    attendance = table[f"attendance{ending}"]
    missed = (attendance / ONE_MISSED).floor().cast("float64")
    known = (attendance - missed * ONE_MISSED).nullif(0.0)
    return {
        **{f"{prefix}n_{s}{ending}": n[s] for s in SETTINGS},
        f"{prefix}n_contacts{ending}": reduce(add, n.values()).cast("int32"),
        **{f"{prefix}cost_gbp_{s}{ending}": pence[s] / 100 for s in SETTINGS},
        f"{prefix}cost_gbp{ending}": reduce(add, pence.values()) / 100,
        f"{prefix}dna_share{ending}": missed / known,
    }
