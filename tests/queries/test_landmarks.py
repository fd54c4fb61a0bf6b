"""Landmarks: what came first after each, by hand; and what was known before each, the same as one by one."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from datetime import date, timedelta

import ibis
import pandas as pd
import pytest

from analysis_lib.inputs.population import load_population
from analysis_lib.queries import (
    ENDINGS,
    graph_features,
    landmark_days,
    landmark_features,
    landmark_outcomes,
    list_events,
    outcomes_after,
    present_features,
    to_frame,
    windowed_edges,
)
from analysis_lib.simulate.population import simulate_population
from tests.population_tables import A, B, C, condition, contact, medicine, person, write

FIRST, SECOND = "2024-04-01", "2024-05-01"
DAYS = 90


def load(folder, people, contacts, last="2025-03-31", **other):
    tables = {
        "person": people,
        "condition": [condition(A, "copd", "2010-05-01")],
        "medicine": [medicine(A, "2024-01-01")],
        "contact": contacts,
        "manifest": {"source": "made", "first_date": "2022-04-01", "last_date": last, "simulated": False},
    }
    return load_population(write(folder, tables | other))


def outcomes(population, landmarks, days=DAYS):
    frame = to_frame(landmark_outcomes(population, landmarks, days))
    frame = frame.sort_values(["person_id", "landmark"])
    return [
        (row.person_id, f"{row.landmark:%Y-%m-%d}", row.ended, row.followed, row.admitted)
        for row in frame.itertuples()
    ]


def test_what_came_first_by_hand(tmp_path):
    people = [person(A), person(B, registered_to="2024-06-30"), person(C, death_month="2024-06-01")]
    contacts = [
        contact(A, "2024-03-31", "emergency"),  # the day before: what is known, no outcome
        contact(A, "2024-04-01", "emergency"),  # on the landmark
        contact(A, "2024-06-20", "emergency"),  # the second of two counts for the later landmark
        contact(A, "2024-05-05", "ae"),
        contact(A, "2024-05-06", "elective"),
    ]
    found = outcomes(load(tmp_path, people, contacts), [FIRST, SECOND])
    assert found == [
        (A, FIRST, "admitted", 0, True),
        (A, SECOND, "admitted", 50, True),
        (B, FIRST, "followed", 90, False),  # leaves on 1 July, 91 days later
        (B, SECOND, "left", 61, False),
        (C, FIRST, "died", 76, False),  # in June, taken as the 16th
        (C, SECOND, "died", 46, False),
    ]


def test_the_edges_of_time(tmp_path):
    ids = [letter * 16 for letter in "bcdef"]
    days = {
        ids[0]: ("2024-06-29", (89, True)),  # the last of 90 days
        ids[1]: ("2024-06-30", (90, False)),  # the first that is not looked at
        ids[2]: ("2024-05-15", (44, True)),  # the last day registered
        ids[3]: ("2024-05-16", (45, False)),  # no longer registered
        ids[4]: ("2024-06-28", (88, True)),  # in the month of death, after its 16th: death comes after it
    }
    until = {ids[2]: {"registered_to": "2024-05-15"}, ids[3]: {"registered_to": "2024-05-15"}}
    until[ids[4]] = {"death_month": "2024-06-01"}
    people = [person(A), *(person(who, **until.get(who, {})) for who in ids)]
    contacts = [contact(who, day, "emergency") for who, (day, _) in days.items()]
    contacts += [contact(A, f"2023-05-{day}") for day in range(10, 31)]  # few may lie outside registration
    found = {row[0]: row[3:] for row in outcomes(load(tmp_path, people, contacts), [FIRST])}
    assert {who: found[who] for who in ids} == {who: expected for who, (_, expected) in days.items()}


def test_who_is_not_there_has_no_row(tmp_path):
    people = [person(A), person(B, registered_from="2024-04-15"), person(C, death_month="2024-03-01")]
    found = outcomes(load(tmp_path, people, [contact(A, "2024-01-01")]), [FIRST, SECOND])
    assert [row[:2] for row in found] == [(A, FIRST), (A, SECOND), (B, SECOND)]


def test_the_records_may_end_first(tmp_path):
    people = [person(A), person(B, registered_to="2024-04-20"), person(C)]
    contacts = [contact(C, "2024-04-30", "emergency")]
    population = load(tmp_path, people, contacts, last="2024-04-30")
    assert outcomes(population, [FIRST]) == [
        (A, FIRST, "records end", 30, False),
        (B, FIRST, "left", 20, False),
        (C, FIRST, "admitted", 29, True),
    ]
    assert [row[2] for row in outcomes(population, [FIRST], days=19)] == ["followed"] * 3


def test_age_and_types(tmp_path):
    people = [person(A, birth_month="1950-05-01"), person(B), person(C)]
    frame = to_frame(landmark_outcomes(load(tmp_path, people, [contact(A, "2024-01-01")]), [FIRST, SECOND]))
    ages = frame[frame["person_id"] == A].sort_values("landmark")["age"]
    assert ages.tolist() == [73, 74]
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "person_id": "str",
        "landmark": "datetime64[ms]",
        "age": "int32",
        "sex": "str",
        "ended": "str",
        "followed": "int32",
        "admitted": "bool",
    }


@pytest.mark.parametrize(
    ("landmarks", "said"),
    [
        ([], "at least one"),
        ([FIRST, FIRST], "different days"),
        (["2025-04-02"], "not complete"),
        (["2022-03-31", FIRST], "not complete"),
    ],
)
def test_landmarks_that_make_no_sense(tmp_path, landmarks, said):
    population = load(tmp_path, [person(A)], [contact(A, "2024-01-01")])
    with pytest.raises(ValueError, match=said):
        landmark_outcomes(population, landmarks)
    nothing = ibis.memtable({"feature": [0], "first": ["gp"], "then": [None], "bin": [None]})
    with pytest.raises(ValueError, match=said):
        landmark_features(population, landmarks, nothing)


def test_landmarks_about_an_index_date():
    days = landmark_days(FIRST)
    assert (len(days), days[0], days[-1]) == (13, date(2023, 4, 7), date(2024, 4, 1))
    assert landmark_days(FIRST, -60, 35) == [date(2024, 4, 1) + timedelta(days=n) for n in (-60, -30, 0, 30)]
    with pytest.raises(ValueError, match="1 day or more"):
        landmark_days(FIRST, every=0)


# On some hundred simulated people -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return simulate_population(tmp_path_factory.mktemp("people") / "some", 500, seed=4, processes=1)


@pytest.fixture(scope="module")
def population(folder):
    return load_population(folder, threads=1)


LANDMARKS = landmark_days(FIRST, every=120)


@pytest.fixture(scope="module")
def features(population):
    events = list_events(population, FIRST, 200).cache()
    return ibis.memtable(to_frame(graph_features(events, windowed_edges(events), 20)))


def as_lists(query):
    frame = query if isinstance(query, pd.DataFrame) else to_frame(query)
    return {(row.person_id, f"{row.landmark:%Y-%m-%d}"): list(row.present) for row in frame.itertuples()}


def test_outcomes_of_a_year_are_those_of_the_other_query(population):
    ours = to_frame(landmark_outcomes(population, [FIRST], 365)).set_index("person_id")
    theirs = to_frame(outcomes_after(population, FIRST)).set_index("person_id")
    assert ours.index.equals(theirs.index)
    assert ours["admitted"].equals(theirs["next_emergency"].rename("admitted"))
    assert ours["admitted"].sum() > 20
    free = ~ours["admitted"]
    assert (ours["followed"] == theirs["days_at_risk"])[free].all()
    assert ((ours["ended"] == "died") == theirs["died"])[free].all()
    assert ((ours["ended"] == "left") == theirs["moved"])[free].all()
    assert set(ours["ended"]) <= set(ENDINGS)


def test_features_are_those_of_each_landmark_alone(population, features):
    found = as_lists(landmark_features(population, LANDMARKS, features, 200))
    one_by_one = {}
    for day in LANDMARKS:
        events = list_events(population, day, 200).cache()
        present = to_frame(present_features(events, windowed_edges(events), features))
        one_by_one |= as_lists(present.assign(landmark=pd.Timestamp(day)))
    assert found == one_by_one
    assert len(found) > 1_500
    few = ibis.memtable({"person_id": sorted({person_id for person_id, _ in found})[:7]})
    some = as_lists(landmark_features(population, LANDMARKS, features, 200, few))
    ids = set(few.execute()["person_id"])
    assert some == {key: value for key, value in found.items() if key[0] in ids}


def test_records_of_a_landmark_and_later_change_nothing_before_it(population, features):
    """Shuffled, doubled, with other codes and in other numbers: the features to that day are the same."""
    expected = as_lists(landmark_features(population, LANDMARKS[:3], features, 200))
    cut = LANDMARKS[2]
    tables, days = {}, {"contact": "date", "condition": "onset_date", "medicine": "start_date"}
    for name, day in days.items():
        frame = getattr(population, name).execute()
        when = pd.to_datetime(frame[day]).dt.date
        past, later = frame[when < cut], frame[when >= cut].sample(frac=0.7, random_state=1)
        moved = later.assign(person_id=later["person_id"].sample(frac=1, random_state=2).to_numpy())
        rows = pd.concat([moved, past.sample(frac=1, random_state=3), later], ignore_index=True)
        if name == "medicine":  # an end that is still to come may be another one
            stops = pd.to_datetime(rows["stop_date"])
            rows["stop_date"] = stops.where(~(stops >= pd.Timestamp(cut)), pd.NaT).dt.date.astype(object)
            rows["stop_date"] = rows["stop_date"].where(rows["stop_date"].notna(), None)
        tables[name] = ibis.memtable(rows).cast(getattr(population, name).schema())
    assert tables["contact"].count().execute() > 2_000
    changed = replace(population, **tables)
    assert as_lists(landmark_features(changed, LANDMARKS[:3], features, 200)) == expected
    # And the landmark after it does see them
    assert as_lists(landmark_features(changed, LANDMARKS, features, 200)) != as_lists(
        landmark_features(population, LANDMARKS, features, 200)
    )


def test_a_shift_of_all_dates_changes_nothing(population, features):
    days = timedelta(days=400)

    def shift(table, *columns):
        moved = {name: (table[name] + ibis.interval(days=400)).cast("date") for name in columns}
        return table.mutate(**moved)

    later = replace(
        population,
        condition=shift(population.condition, "onset_date"),
        medicine=shift(population.medicine, "start_date", "stop_date"),
        contact=shift(population.contact, "date"),
        manifest={name: population.manifest[name] + days for name in ("first_date", "last_date")},
    )
    shifted = as_lists(landmark_features(later, [day + days for day in LANDMARKS], features, 200))
    moved = {(who, str(date.fromisoformat(day) - days)): present for (who, day), present in shifted.items()}
    assert moved == as_lists(landmark_features(population, LANDMARKS, features, 200))


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed: extra 'spark'"
)
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this machine: Spark needs Java 17")
def test_duckdb_and_spark_give_the_same_landmarks(folder):
    answers = []
    for engine in ("duckdb", "spark"):
        population = load_population(folder, engine=engine)
        events = list_events(population, FIRST, 200).cache()
        listed = to_frame(graph_features(events, windowed_edges(events).cache(), 20))
        found = to_frame(landmark_features(population, LANDMARKS, ibis.memtable(listed), 200))
        answers.append((sorted(outcomes(population, LANDMARKS)), as_lists(found)))
    assert answers[0] == answers[1]
    assert len(answers[0][1]) > 1_500
