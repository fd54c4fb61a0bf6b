"""Outcomes by month after an index date, by hand on three people."""

from __future__ import annotations

import pytest

from analysis_lib.inputs.population import load_population
from analysis_lib.queries import outcomes_by_month, to_frame
from tests.population_tables import A, B, C, changed, contact, write

INDEX = "2024-04-01"


def by_month(folder, edit=lambda tables: None, **options):
    population = load_population(write(folder, changed(edit)))
    return to_frame(outcomes_by_month(population, INDEX, **options)).set_index("person_id")


def test_each_contact_falls_into_its_month(tmp_path):
    def edit(tables):
        tables["contact"] += [
            contact(B, "2024-04-30", "ae", cost_gbp=0.10),
            contact(B, "2024-05-01", "emergency", cost_gbp=0.20),
            contact(C, "2024-03-31", "emergency", cost_gbp=5.0),  # the day before: not seen
        ]

    frame = by_month(tmp_path, edit, months=3)
    assert frame[["emergency_1", "emergency_2", "emergency_3"]].loc[A].tolist() == [True, False, False]
    assert frame[["emergency_1", "emergency_2", "emergency_3"]].loc[B].tolist() == [False, True, False]
    assert frame[["cost_gbp_1", "cost_gbp_2", "cost_gbp_3"]].loc[A].tolist() == [1000.10, 0, 0]
    assert frame[["cost_gbp_1", "cost_gbp_2", "cost_gbp_3"]].loc[B].tolist() == [0.10, 0.20, 0]
    assert not frame.filter(like="emergency").loc[C].any()


def test_who_has_left_is_no_longer_at_risk(tmp_path):
    frame = by_month(tmp_path)
    assert frame.filter(like="at_risk").loc[A].all()
    # B is registered up to 30 June; C dies in September, taken as the 15th: gone from October on.
    assert frame.filter(like="at_risk").loc[B].tolist() == [True] * 3 + [False] * 9
    assert frame.filter(like="at_risk").loc[C].tolist() == [True] * 6 + [False] * 6


def test_months_beyond_the_contacts_are_refused(tmp_path):
    with pytest.raises(ValueError, match="so outcomes of the 13 months .* an earlier day"):
        by_month(tmp_path, months=13)
