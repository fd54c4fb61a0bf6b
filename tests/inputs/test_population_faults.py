"""Faults in the rows of a linked population, one at a time: each is refused, counted, and never shown."""

from __future__ import annotations

import pytest

from analysis_lib.inputs.population import check_population
from tests.population_tables import A, B, changed, condition, contact, medicine, person, write


def put(table, row=0, **values):
    """Return an edit that puts values into a row of a table."""
    return lambda tables: tables[table][row].update(values)


def add(table, *rows):
    return lambda tables: tables[table].extend(rows)


# table, edit, column, what is said; the value put in is never in the message.
FAULTS = {
    "duplicate person": ("person", add("person", person(A)), "person_id", "1 of 4 rows"),
    "person without id": ("person", put("person", 2, person_id=None), "person_id", "no value in 1 of 3"),
    "unknown sex": ("person", put("person", sex="Q7"), "sex", "codes that are not known in 1 of 3 rows"),
    "unknown ethnic group": (
        "person",
        put("person", ethnic_group="Q7"),
        "ethnic_group",
        "not known in 1 of 3",
    ),
    "decile 11": ("person", put("person", 2, imd_decile=11), "imd_decile", "not known in 1 of 3"),
    "not a setting": ("contact", put("contact", setting="Q7"), "setting", "not known in 1 of 4"),
    "not an attendance": ("contact", put("contact", attended="Q7"), "attended", "not known in 1 of 4"),
    "not of the 20": ("condition", put("condition", condition="Q7"), "condition", "not known in 1 of 2"),
    "contact before birth": (
        "contact",
        add("contact", contact(B, "2000-03-31")),
        "date",
        "before birth in 1 of 5",
    ),
    "onset before birth": (
        "condition",
        add("condition", condition(A, "asthma", "1949-12-31")),
        "onset_date",
        "1 of 3",
    ),
    "contact of nobody": (
        "contact",
        add("contact", contact("d" * 16, "2024-01-01")),
        "person_id",
        "nobody in person",
    ),
    "future contact": (
        "contact",
        add("contact", contact(A, "2025-04-01")),
        "date",
        "in the future of the extract",
    ),
    "future birth": ("person", add("person", person("d" * 16, "2026-01-01")), "birth_month", "in the future"),
    "far past": (
        "condition",
        add("condition", condition(A, "asthma", "1800-01-01")),
        "onset_date",
        "before 1890",
    ),
    "end before start": (
        "person",
        put("person", 1, registered_to="2009-01-01"),
        "registered_to",
        "end before they begin",
    ),
    "stop before start": (
        "medicine",
        add("medicine", medicine(A, "2024-01-01", "2023-01-01")),
        "stop_date",
        "1 of 3",
    ),
    "death before birth": (
        "person",
        put("person", 2, death_month="1989-12-01"),
        "death_month",
        "deaths before birth",
    ),
    "negative cost": ("contact", put("contact", cost_gbp=-7.25), "cost_gbp", "below 0 in 1 of 4"),
    "negative length": ("contact", put("contact", length_days=-9), "length_days", "below 0 in 1 of 4"),
    "no contact date": ("contact", put("contact", date=None), "date", "no value in 1 of 4 rows"),
    "text for a number": (
        "contact",
        put("contact", cost_gbp="dear"),
        "cost_gbp",
        "not of the type in 1 of 4",
    ),
}
SECONDARY = {
    "contact before birth",
    "onset before birth",
    "far past",
    "future birth",
    "end before start",
    "death before birth",
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults(tmp_path, name):
    table, edit, column, said = FAULTS[name]
    report = check_population(write(tmp_path, changed(edit)))
    texts = [r.to_text() for r in report.rejections]
    hits = [r for r in report.rejections if (r.file, r.column) == (table, column) and said in r.problem]
    assert len(hits) == 1, texts
    # Some faults are two at once (a birth in the future is also after the registration began).
    assert len(texts) == 1 or name in SECONDARY, texts
    assert hits[0].remedy
    assert not any(value in text for text in texts for value in ("Q7", "-7.25", "dear", A, B, "1800"))
    quality = report.quality.query("table == @table and column == @column and verdict == 'refused'")
    assert quality["rows_found"].tolist() == [1] * len(quality)
    assert len(quality) >= 1
