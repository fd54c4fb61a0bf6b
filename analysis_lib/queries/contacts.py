"""Add up contacts and cost by person, setting and window."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import Any

import ibis

from analysis_lib.inputs.population import SETTINGS

NOTHING = ibis.literal(0.0, type="float64")


def sum_contacts(contact: ibis.Table, windows: Mapping[str, Any]) -> ibis.Table:
    """Return sums by person: first by setting, in one pass over the contacts, then side by side.

    Pence are whole numbers in float64, so that their sums do not depend on the order of the rows.

    Parameters
    ----------
    contact : ibis.Table
        Only rows that some window holds.
    windows : mapping of str to ibis boolean column
        Ending of the column names, and which rows of `contact` the window holds.

    Returns
    -------
    ibis.Table
        person_id; per window n_<setting>, pence_<setting>, known (contacts of known attendance) and missed;
        read by `contact_columns`.
    """
    rows = contact.select(
        "person_id",
        "setting",
        pence=(contact.cost_gbp.fill_null(0.0) * 100).round().cast("float64"),
        missed=(contact.attended == "DNA").fill_null(False),
        known=contact.attended.isin(["yes", "DNA"]).fill_null(False),
        **{f"within{ending}": within for ending, within in windows.items()},
    )
    sums: dict[str, Any] = {}
    for ending in windows:
        within = rows[f"within{ending}"]
        sums[f"n{ending}"] = within.sum()
        sums[f"pence{ending}"] = ibis.ifelse(within, rows.pence, NOTHING).sum()
        sums[f"known{ending}"] = (within & rows.known).sum()
        sums[f"missed{ending}"] = (within & rows.missed).sum()
    by_setting = rows.group_by("person_id", "setting").agg(**sums)
    wide: dict[str, Any] = {}
    for ending in windows:
        for setting in SETTINGS:
            here = by_setting.setting == setting
            wide[f"n_{setting}{ending}"] = by_setting[f"n{ending}"].max(where=here)
            wide[f"pence_{setting}{ending}"] = by_setting[f"pence{ending}"].max(where=here)
        wide[f"known{ending}"] = by_setting[f"known{ending}"].sum()
        wide[f"missed{ending}"] = by_setting[f"missed{ending}"].sum()
    return by_setting.group_by("person_id").agg(**wide)


def contact_columns(table: ibis.Table, ending: str = "", prefix: str = "") -> dict[str, Any]:
    """Return n_<setting>, n_contacts, cost_gbp_<setting>, cost_gbp and dna_share of a window.

    Parameters
    ----------
    table : ibis.Table
        With the columns of `sum_contacts`; missing where somebody had no contact.
    ending, prefix : str
        The window's ending, kept in the names; and what the names begin with.
    """
    n = {s: table[f"n_{s}{ending}"].fill_null(0).cast("int32") for s in SETTINGS}
    pence = {s: table[f"pence_{s}{ending}"].fill_null(0.0) for s in SETTINGS}
    known = table[f"known{ending}"].cast("float64").nullif(0.0)
    return {
        **{f"{prefix}n_{s}{ending}": n[s] for s in SETTINGS},
        f"{prefix}n_contacts{ending}": reduce(add, n.values()).cast("int32"),
        **{f"{prefix}cost_gbp_{s}{ending}": pence[s] / 100 for s in SETTINGS},
        f"{prefix}cost_gbp{ending}": reduce(add, pence.values()) / 100,
        f"{prefix}dna_share{ending}": table[f"missed{ending}"].cast("float64") / known,
    }


def contact_names(ending: str = "", prefix: str = "") -> list[str]:
    """Return the names of the columns of `contact_columns`, in their order."""
    each = [*SETTINGS, "contacts"]
    costs = [f"cost_gbp_{s}" for s in SETTINGS]
    return [
        f"{prefix}{name}{ending}" for name in (*(f"n_{s}" for s in each), *costs, "cost_gbp", "dna_share")
    ]
