"""What happened to each person after an index date, month by month."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import Population
from analysis_lib.queries.people import check_window, day_literal, registered_at, shift


def outcomes_by_month(population: Population, index_date: date | str, months: int = 12) -> ibis.Table:
    """Return the outcomes of everybody registered and alive at an index date, for each month from it on.

    Months are half open and begin on the day of the month of the index date. Contacts in a month count
    even if the person left in the middle of it.

    Returns
    -------
    ibis.Table
        person_id; and for each month m from 1: at_risk_<m> (still registered and alive on its first day),
        emergency_<m> (at least one emergency admission), cost_gbp_<m>.

    Raises
    ------
    ValueError
        If the contacts do not cover the months (see `list_days`), or the day is not ISO.
    """
    index = as_day(index_date, "index_date")
    starts = [shift(index, n) for n in range(months + 1)]
    check_window(population, index, starts[-1], f"outcomes of the {months} months from {index}")
    people = registered_at(population.person, index)
    contact = population.contact
    after = contact.filter(contact.date >= day_literal(index), contact.date < day_literal(starts[-1]))
    sums: dict[str, Any] = {}
    for month, (first, end) in enumerate(zip(starts, starts[1:], strict=False), start=1):
        within = (after.date >= day_literal(first)) & (after.date < day_literal(end))
        sums[f"emergency_{month}"] = (within & (after.setting == "emergency")).any()
        sums[f"cost_gbp_{month}"] = ibis.ifelse(within, after.cost_gbp.fill_null(0.0), 0.0).sum()
    joined = people.left_join(after.group_by("person_id").agg(**sums), "person_id").drop("person_id_right")
    fields: dict[str, Any] = {"person_id": joined.person_id}
    for month, first in enumerate(starts[:-1], start=1):
        fields[f"at_risk_{month}"] = joined.leaves_on > day_literal(first)
        fields[f"emergency_{month}"] = joined[f"emergency_{month}"].fill_null(False)
        fields[f"cost_gbp_{month}"] = joined[f"cost_gbp_{month}"].fill_null(0.0).round(2)
    return joined.select(**fields)
