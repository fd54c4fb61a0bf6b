"""What happened to each person after an index date, and for how long they could be seen."""

from __future__ import annotations

from datetime import date

import ibis

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import SETTINGS, Population
from analysis_lib.queries.contacts import contact_columns, sum_contacts
from analysis_lib.queries.people import check_window, day_literal, died_on_leaving, registered_at, shift

HIGH_COST_SHARE = 0.05
DAYS_PER_YEAR = 365.25
#: What can be asked for of the time after an index date: each a column of `outcomes_after`, and what it is.
OUTCOMES = {
    **{f"next_n_{setting}": f"contacts: {setting}" for setting in SETTINGS},
    "next_n_contacts": "contacts of all settings",
    **{f"next_cost_gbp_{setting}": f"cost in pounds: {setting}" for setting in SETTINGS},
    "next_cost_gbp": "cost in pounds of all settings",
    "next_dna_share": "share missed of the contacts of known attendance",
    "next_emergency": "whether there was an emergency admission",
    "next_high_cost": "whether the cost was among the highest 5%",
    "died": "whether the person died",
    "moved": "whether the person left the list alive",
}


def outcomes_after(population: Population, index_date: date | str, months: int = 12) -> ibis.Table:
    """Return the outcomes of everybody registered and alive at an index date, over the months from it on.

    The window is half open: the index date is in it, the same day `months` later is not. Deaths and movers
    are kept, with their time at risk; a death known by its month alone ends it on the 16th.

    Returns
    -------
    ibis.Table
        person_id; next_n_<setting>, next_n_contacts, next_cost_gbp_<setting>, next_cost_gbp,
        next_dna_share; next_emergency (at least one emergency admission),
        next_high_cost (cost among the highest 5%, all who tie with the last of them, and none without cost);
        days_at_risk, years_at_risk (days ÷ 365.25),
        died, moved (left the list alive) within the window.

    Raises
    ------
    ValueError
        If the contacts do not cover the window (see `list_days`), or the day is not ISO.
    """
    index = as_day(index_date, "index_date")
    end = shift(index, months)
    check_window(population, index, end, f"outcomes of the {months} months from {index}")
    people = registered_at(population.person, index)
    contact = population.contact
    after = contact.filter(contact.date >= day_literal(index), contact.date < day_literal(end))
    counts = sum_contacts(after, {"": ibis.literal(True)})
    joined = people.left_join(counts, "person_id").drop("person_id_right")
    return _add_high_cost(_complete(joined, index, end))


def count_costed(population: Population, index_date: date | str, months: int = 12) -> ibis.Table:
    """Count the contacts of the months from an index date on, and those of them without a cost.

    Returns
    -------
    ibis.Table
        One row: n_contacts, n_without_cost. In all sums of cost the latter count as none.

    Raises
    ------
    ValueError
        As `outcomes_after`.
    """
    index = as_day(index_date, "index_date")
    end = shift(index, months)
    check_window(population, index, end, f"contacts of the {months} months from {index}")
    contact = population.contact
    after = contact.filter(contact.date >= day_literal(index), contact.date < day_literal(end))
    return after.agg(n_contacts=after.count(), n_without_cost=after.cost_gbp.isnull().sum().fill_null(0))


def _complete(table: ibis.Table, index: date, end: date) -> ibis.Table:
    stop = ibis.least(table.leaves_on, day_literal(end))
    left = table.leaves_on < day_literal(end)
    # Who died in the window: a death month from the index month on, and gone by the end of the window.
    died = left & died_on_leaving(table)
    contacts = contact_columns(table, prefix="next_")
    days = stop.delta(day_literal(index), unit="day").cast("int32")
    return table.select(
        "person_id",
        **contacts,
        next_emergency=contacts["next_n_emergency"] > 0,
        days_at_risk=days,
        years_at_risk=days.cast("float64") / DAYS_PER_YEAR,
        died=died,
        moved=left & ~died,
    )


def _add_high_cost(table: ibis.Table) -> ibis.Table:
    """Mark the highest 5% by cost: fewer than 5% of all people cost more."""
    everybody = ibis.window()
    dearer = ibis.rank().over(ibis.window(order_by=table.next_cost_gbp.desc()))
    among = dearer < HIGH_COST_SHARE * table.person_id.count().over(everybody)
    marked = table.mutate(next_high_cost=among & (table.next_cost_gbp > 0))
    order = [c for c in marked.columns if c != "next_high_cost"]
    order.insert(order.index("next_emergency") + 1, "next_high_cost")
    return marked.select(order)
