"""What happened to each person after an index date, and for how long they could be seen."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from analysis_lib.inputs.population import Population
from analysis_lib.queries.contacts import contact_columns, sum_contacts
from analysis_lib.queries.people import as_day, day_literal, registered_at, shift

HIGH_COST_SHARE = 0.05
DAYS_PER_YEAR = 365.25


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
        If the window ends after the last date.
    """
    index = as_day(index_date)
    end = shift(index, months)
    last = population.manifest["last_date"]
    if end > last + timedelta(days=1):
        raise ValueError(
            f"{months} months from {index} end after the last date, {last}: choose an earlier index date."
        )
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
    """
    index = as_day(index_date)
    contact = population.contact
    after = contact.filter(
        contact.date >= day_literal(index), contact.date < day_literal(shift(index, months))
    )
    return after.agg(n_contacts=after.count(), n_without_cost=after.cost_gbp.isnull().sum().fill_null(0))


def _complete(table: ibis.Table, index: date, end: date) -> ibis.Table:
    stop = ibis.least(table.leaves_on, day_literal(end))
    left = table.leaves_on < day_literal(end)
    # Who died in the window: a death month from the index month on, and gone by the end of the window.
    died = left & (table.leaves_on >= table.death_month).fill_null(False)
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
