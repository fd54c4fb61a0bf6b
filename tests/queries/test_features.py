"""Features at an index date and outcomes after it, by hand on three people; and what they cannot see."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest

from analysis_lib.inputs.population import CONDITIONS, SETTINGS, load_population
from analysis_lib.queries import (
    CAMBRIDGE_WEIGHTS,
    OUTCOMES,
    count_costed,
    feature_windows,
    features_at,
    list_days,
    outcomes_after,
    to_frame,
)
from tests.population_tables import (
    A,
    B,
    C,
    changed,
    condition,
    contact,
    medicine,
    person,
    small_population,
    write,
)

INDEX = "2024-04-01"


def load(folder, edit=lambda tables: None):
    return load_population(write(folder, changed(edit)))


def features(folder, edit=lambda tables: None, index=INDEX, **options):
    return to_frame(features_at(load(folder, edit), index, **options)).set_index("person_id")


def outcomes(folder, edit=lambda tables: None, index=INDEX, **options):
    return to_frame(outcomes_after(load(folder, edit), index, **options)).set_index("person_id")


def extend(table, *rows):
    return lambda tables: tables[table].extend(rows)


@pytest.mark.parametrize("months", [(), (12,), (12, 24)])
def test_every_feature_states_its_window(tmp_path, months):
    """In months from the index date, and none ends after it: what a guard against leaks goes by."""
    frame, windows = features(tmp_path, lookback_months=months), feature_windows(months)
    assert set(windows) == set(frame.columns) - {"lsoa", "msoa", "practice"}
    assert {end for _, end in windows.values()} == {0}
    assert windows["age"] == (None, 0)
    if months:
        assert windows["cost_gbp_ae_12m"] == (-12, 0)
        assert windows["continuity"] == (-max(months), 0)


def test_who_people_are(tmp_path):
    frame = features(tmp_path)
    assert frame.index.tolist() == [A, B, C]
    assert frame["age"].tolist() == [74, 24, 34]
    assert frame["age_band"].tolist() == ["65-74", "15-24", "25-34"]
    assert frame["imd_quintile"].tolist() == [3, 1, 5]
    assert frame["core20"].tolist() == [False, True, False]
    # Registered on 15 January 2010: 14 years, 2 months and 17 days before.
    assert frame["months_registered"].tolist() == [170] * 3


def test_conditions_and_the_cambridge_score(tmp_path):
    def edit(tables):
        tables["condition"] += [condition(B, name, "2024-03-31") for name in CONDITIONS]
        tables["condition"] += [condition(B, "dementia", "2021-01-01")]

    frame = features(tmp_path, edit)
    assert frame.loc[A, ["has_heart_failure", "has_copd"]].tolist() == [
        True,
        False,
    ]  # COPD from the index date
    assert frame["n_conditions"].tolist() == [1, 20, 0]
    # All twenty weights of Payne and others (2020) add up to 16.33; heart failure alone is 1.18.
    assert frame["cambridge_score"].tolist() == [1.18, 16.33, 0.0]
    assert set(CAMBRIDGE_WEIGHTS) == set(CONDITIONS)


def test_courses_that_are_active(tmp_path):
    def edit(tables):
        tables["medicine"] = [
            *[medicine(A, "2024-03-31", section=f"02{n:02}") for n in range(5)],
            *[medicine(B, "2020-01-01", "2024-04-01") for _ in range(10)],  # had not stopped before it
            medicine(C, "2024-04-01"),
            medicine(C, "2024-01-01", "2024-03-31"),
        ]

    frame = features(tmp_path, edit)
    assert frame["n_medicines"].tolist() == [5, 10, 0]
    assert frame["polypharmacy_5"].tolist() == [True, True, False]
    assert frame["polypharmacy_10"].tolist() == [False, True, False]


def test_contacts_cost_and_dna_by_look_back(tmp_path):
    frame = features(tmp_path)
    # A: attended on 31 March 2023 (24 months only), missed on 1 April 2023 (both); not the index date.
    assert frame.loc[A, ["n_gp_12m", "n_gp_24m", "n_contacts_24m", "n_emergency_24m"]].tolist() == [
        1,
        2,
        2,
        0,
    ]
    assert frame.loc[A, ["cost_gbp_gp_12m", "cost_gbp_24m"]].tolist() == [42.0, 84.0]
    assert frame.loc[A, ["dna_share_12m", "dna_share_24m"]].tolist() == [1.0, 0.5]
    assert frame.loc[B, ["n_ae_12m", "cost_gbp_ae_12m"]].tolist() == [1, 220.0]
    assert math.isnan(frame.loc[B, "dna_share_12m"])
    assert frame.loc[C, "n_contacts_24m"] == 0
    assert frame.loc[C, "cost_gbp_24m"] == 0.0


def test_cost_is_exact_to_the_penny(tmp_path):
    rows = [contact(A, "2024-01-01", "outpatient", cost_gbp=0.1) for _ in range(90)]
    assert np.cumsum(np.full(90, 0.1))[-1] != 9.0  # added as floats
    assert features(tmp_path, extend("contact", *rows)).loc[A, "cost_gbp_outpatient_12m"] == 9.0


def test_settings_add_up(tmp_path):
    rows = [
        contact(A, "2024-01-01", s, cost_gbp=n + 0.01) for n, s in enumerate(SETTINGS) for _ in range(n + 1)
    ]
    found = features(tmp_path, extend("contact", *rows)).loc[A]
    assert [found[f"n_{s}_12m"] for s in SETTINGS] == [2, *range(2, 12)]  # one GP contact was there before
    assert found["n_contacts_12m"] == 1 + 66
    assert found["cost_gbp_12m"] == pytest.approx(42 + sum((n + 1) * (n + 0.01) for n in range(11)), abs=1e-9)


def test_continuity_is_the_share_of_the_usual_provider(tmp_path):
    def edit(tables):
        seen = [(A, p) for p in "xxyz"] + [(B, p) for p in "xy"]
        tables["contact"] = [contact(p, "2024-01-01", attended="yes", provider=who) for p, who in seen]
        tables["contact"] += [contact(A, "2024-01-02", attended="DNA", provider="q")]

    frame = features(tmp_path, edit)
    assert frame.loc[A, "continuity"] == 0.5
    assert math.isnan(frame.loc[B, "continuity"])  # two contacts are too few
    assert features(tmp_path / "none")["continuity"].isna().all()


def test_people_not_registered_or_not_alive_are_not_there(tmp_path):
    rows = [
        person("1" * 16, registered_to="2024-03-31"),
        person("2" * 16, registered_to="2024-04-01"),
        person("3" * 16, registered_from="2024-04-02"),
        person("4" * 16, death_month="2024-03-01"),
        person("5" * 16, death_month="2024-04-01"),
        person("6" * 16, "2024-04-01", registered_from="2024-04-01"),
    ]
    frame = features(tmp_path, extend("person", *rows))
    assert [p[0] for p in frame.index] == ["2", "5", "6", "a", "b", "c"]
    assert frame.loc["6" * 16, "age"] == 0


def test_a_look_back_before_the_first_date_is_refused(tmp_path):
    def edit(tables):
        tables["manifest"]["first_date"] = "2022-04-01"

    assert len(features(tmp_path, edit)) == 3
    with pytest.raises(ValueError, match="from 2022-04-01 to .*, so contacts of the 24 months before"):
        features(tmp_path, edit, index="2024-03-31")
    assert "n_gp_12m" in features(tmp_path, edit, index="2024-03-31", lookback_months=[12])


# --- outcomes


def test_outcomes_by_hand(tmp_path):
    frame = outcomes(tmp_path)
    assert frame.loc[A, ["next_n_emergency", "next_n_contacts", "next_cost_gbp"]].tolist() == [1, 1, 1000.1]
    assert frame["next_emergency"].tolist() == [True, False, False]
    assert frame["next_high_cost"].tolist() == [True, False, False]
    # B leaves after 30 June (91 days); C dies in September, read as ending on the 16th (168 days).
    assert frame["days_at_risk"].tolist() == [365, 91, 168]
    assert frame["died"].tolist() == [False, False, True]
    assert frame["moved"].tolist() == [False, True, False]
    assert frame.loc[B, "years_at_risk"] == pytest.approx(91 / 365.25)


@pytest.mark.parametrize(
    ("registered_to", "death_month", "days", "died"),
    [
        ("2024-09-20", "2024-09-01", 173, True),  # the registration says the day
        ("2024-10-05", "2024-09-01", 168, True),  # taken off the list weeks later
        ("2024-06-30", "2024-09-01", 91, False),  # moved away, died elsewhere
        ("2025-03-31", None, 365, False),
        ("2026-01-01", "2025-06-01", 365, False),
    ],
)
def test_time_at_risk_of_deaths_and_movers(tmp_path, registered_to, death_month, days, died):
    def edit(tables):
        tables["manifest"]["last_date"] = "2026-03-31"
        tables["person"][2] |= {"registered_to": registered_to, "death_month": death_month}

    found = outcomes(tmp_path, edit).loc[C]
    assert found["days_at_risk"] == days
    assert found["died"] == died


def test_the_highest_five_in_a_hundred(tmp_path):
    def edit(tables):
        ids = [f"{n:016x}" for n in range(97)]
        tables["person"] += [person(p) for p in ids]
        tables["contact"] = [contact(p, "2024-05-01", cost_gbp=float(n)) for n, p in enumerate(ids)]
        tables["contact"] += [contact(A, "2024-05-01", cost_gbp=92.0)]  # ties with the fifth

    frame = outcomes(tmp_path, edit)
    assert len(frame) == 100
    marked = frame[frame["next_high_cost"]]
    assert sorted(marked["next_cost_gbp"]) == [92.0, 92.0, 93.0, 94.0, 95.0, 96.0]


def test_an_outcome_beyond_the_extract_is_refused(tmp_path):
    assert len(outcomes(tmp_path, index="2024-04-01")) == 3
    with pytest.raises(ValueError, match="to 2025-03-31, so outcomes of the 12 months from"):
        outcomes(tmp_path, index="2024-04-02")


# --- leakage


def moved_by(*days):
    """Return an edit that adds one of everything, so many days after the index date."""

    def edit(tables):
        for n in days:
            day = (date.fromisoformat(INDEX) + timedelta(n)).isoformat()
            tables["condition"].append(condition(C, "dementia", day))
            tables["medicine"].append(medicine(C, day))
            tables["contact"] += [contact(C, day, s, "yes", 10.0) for s in SETTINGS]

    return edit


def test_no_feature_sees_the_future(tmp_path):
    without = features(tmp_path / "without")
    assert features(tmp_path / "with", moved_by(0, 1, 30, 167)).equals(without)


def test_nor_does_a_stop_or_an_end_after_the_index_date_change_a_feature(tmp_path):
    def later(tables):
        tables["medicine"][0]["stop_date"] = "2024-04-01"
        tables["person"][0] |= {"registered_to": "2024-04-01", "death_month": None}
        tables["contact"] = tables["contact"][:2] + tables["contact"][3:]

    assert features(tmp_path / "later", later).equals(features(tmp_path / "without"))


def test_no_outcome_sees_the_past(tmp_path):
    without = outcomes(tmp_path / "without")
    assert outcomes(tmp_path / "with", moved_by(-1, -30, -366, -731)).equals(without)


@pytest.mark.parametrize("days", [-1, 0])
def test_the_same_events_are_seen_on_their_own_side(tmp_path, days):
    past, future = (ask(tmp_path / ask.__name__, moved_by(days)).loc[C] for ask in (features, outcomes))
    assert (past["n_contacts_12m"], past["n_conditions"], past["n_medicines"]) == (
        (11, 1, 1) if days else (0,) * 3
    )
    assert future["next_n_contacts"] == (0 if days else 11)


def test_every_event_is_in_one_window_or_the_other(tmp_path):
    """Contacts on each of the days around the index date: each is past or future, none both, none lost."""
    days = [date.fromisoformat(INDEX) + timedelta(n) for n in range(-3, 4)]
    edit = extend("contact", *[contact(A, d.isoformat(), "community") for d in days])
    past = features(tmp_path / "past", edit).loc[A, "n_community_12m"]
    future = outcomes(tmp_path / "future", edit).loc[A, "next_n_community"]
    assert (past, future) == (3, 4)


def test_windows_of_months_end_with_the_calendar(tmp_path):
    rows = [contact(A, day, "community") for day in ("2023-02-28", "2023-03-01", "2024-02-28", "2024-02-29")]
    frame = features(tmp_path, extend("contact", *rows), index="2024-02-29")
    assert frame.loc[A, ["n_community_12m", "n_community_24m"]].tolist() == [3, 3]


# --- which days


def test_the_days_that_can_be_asked_for(tmp_path):
    def edit(tables):
        tables["manifest"]["first_date"] = "2022-04-01"

    population = load_population(write(tmp_path, changed(edit)))
    assert list_days(population) == (date(2024, 4, 1), date(2024, 4, 1))
    assert list_days(population, (12,)) == (date(2023, 4, 1), date(2024, 4, 1))
    assert list_days(population, (), 0) == (date(2022, 4, 1), date(2025, 4, 1))
    with pytest.raises(ValueError, match="no day has 24 months before it and 13 after it"):
        list_days(population, months=13)
    first, last = list_days(population, (12,))
    for day in (first, date(2023, 10, 15), last):  # any day between, not the 1st of April alone
        assert to_frame(
            features_at(population, day, (12,)).join(outcomes_after(population, day), "person_id")
        ).shape[0]
    for ask in (lambda d: features_at(population, d, (12,)), lambda d: features_at(population, d, ())):
        with pytest.raises(ValueError, match="from 2022-04-01 to 2025-03-31, so .* are not complete"):
            ask(date(2025, 4, 2))
    with pytest.raises(ValueError, match="so contacts of the 12 months from 2024-04-02 are not complete"):
        count_costed(population, "2024-04-02")
    with pytest.raises(ValueError, match="not complete. Ask for a later day"):
        outcomes_after(population, "2022-03-31")


def test_days_before_any_contact_are_refused_where_the_first_date_is_not_stated(tmp_path):
    population = load_population(write(tmp_path, small_population()))
    assert list_days(population, (12,)) == (date(2024, 3, 31), date(2024, 4, 1))
    with pytest.raises(ValueError, match="The contacts run from 2023-03-31"):
        features_at(population, "2023-03-31")
    with pytest.raises(ValueError, match="The contacts run from 2023-03-31"):
        outcomes_after(population, "2022-03-31")


def test_every_outcome_is_a_column_and_every_column_an_outcome(tmp_path):
    columns = set(outcomes_after(load_population(write(tmp_path, small_population())), "2024-04-01").columns)
    assert columns - {"person_id", "days_at_risk", "years_at_risk"} == set(OUTCOMES)
