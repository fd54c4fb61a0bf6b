"""Events, edges and features of graphs: by hand on a few people, against loops, and from two engines."""

from __future__ import annotations

import importlib.util
import random
import shutil
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from analysis_lib.inputs.population import load_population
from analysis_lib.queries import (
    graph_features,
    list_events,
    present_features,
    to_frame,
    to_meds,
    visit_steps,
    windowed_edges,
)
from analysis_lib.simulate.population import simulate_population
from tests.population_tables import A, B, C, condition, contact, medicine, person, write

LANDMARK = "2024-04-01"
CONTACTS = [
    contact(A, "2024-03-31", attended="yes"),
    contact(A, "2024-03-31", attended="unknown"),  # twice on a day: one event
    contact(A, "2024-03-30", attended="DNA"),
    contact(A, "2024-04-01"),  # the landmark itself
    contact(A, "2024-03-01", "emergency", length_days=4),
    contact(A, "2024-03-05", "emergency", length_days=3),  # touches it: one stay, one discharge
    contact(A, "2024-03-30", "emergency", length_days=2),  # discharged on the landmark
    contact(B, "2023-06-01", "emergency"),  # of unknown length
    contact(B, "2023-07-01", "elective", length_days=2),
]


def load(folder, contacts=CONTACTS, conditions=(), medicines=(), first="2022-04-01", last="2025-03-31"):
    tables = {
        "person": [person(A), person(B), person(C)],
        "condition": [condition(A, "copd", "2010-05-01"), condition(B, "diabetes", LANDMARK), *conditions],
        "medicine": [
            medicine(A, "2024-01-01", "2024-02-01"),
            medicine(B, "2024-03-31", LANDMARK),
            *medicines,
        ],
        "contact": contacts,
        "manifest": {"source": "made", "first_date": first, "last_date": last, "simulated": False},
    }
    return load_population(write(folder, tables))


def rows(query):
    """Return rows as sorted tuples; dates as text, missing values as None."""
    frame = query if isinstance(query, pd.DataFrame) else to_frame(query)
    for name in frame.select_dtypes("datetime"):
        frame[name] = frame[name].dt.strftime("%Y-%m-%d")
    frame = frame.astype(object).where(frame.notna(), None)
    return sorted(frame.itertuples(index=False, name=None), key=str)


def events_of(*events):
    """Return events written as (person, days before the landmark, code)."""
    person_id, days, code = (list(column) for column in zip(*events, strict=True)) if events else ([], [], [])
    columns = {
        "person_id": pa.array(person_id, pa.string()),
        "date": pa.array([date(2024, 4, 1) - timedelta(days=n) for n in days], pa.date32()),
        "code": pa.array(code, pa.string()),
        "days_before": pa.array(days, pa.int32()),
    }
    return ibis.memtable(pa.table(columns))


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    return load(tmp_path_factory.mktemp("three"))


def test_events_before_a_landmark(population):
    events = list_events(population, LANDMARK)
    assert rows(events) == [
        (A, "2010-05-01", "condition:copd", 5084),
        (A, "2024-01-01", "start:0205", 91),
        (A, "2024-02-01", "stop:0205", 60),
        (A, "2024-03-01", "emergency", 31),
        (A, "2024-03-05", "emergency", 27),
        (A, "2024-03-08", "discharge:emergency", 24),
        (A, "2024-03-30", "emergency", 2),
        (A, "2024-03-31", "gp", 1),
        (B, "2023-06-01", "emergency", 305),
        (B, "2023-07-01", "elective", 275),
        (B, "2024-03-31", "start:0205", 1),
    ]
    assert {name: str(kind) for name, kind in to_frame(events).dtypes.items()} == {
        "person_id": "str",
        "date": "datetime64[ms]",
        "code": "str",
        "days_before": "int32",
    }


def test_contacts_of_some_days_and_all_conditions(population):
    codes = [row[2:] for row in rows(list_events(population, LANDMARK, contact_days=27))]
    assert codes == [
        ("condition:copd", 5084),
        ("start:0205", 91),
        ("stop:0205", 60),
        ("emergency", 27),
        ("discharge:emergency", 24),
        ("emergency", 2),
        ("gp", 1),
        ("start:0205", 1),
    ]


def test_medicines_by_chemical_where_there_is_one(tmp_path):
    unknown = medicine(C, "2024-01-01") | {"bnf_section": None}
    population = load(tmp_path, medicines=[medicine(C, "2024-01-05", section="0212"), unknown])
    assert [row[2] for row in rows(list_events(population, LANDMARK)) if row[0] == C] == ["start:0212"]
    section = population.medicine.bnf_section
    chemical = ibis.ifelse(section == "0205", "0205051R0", ibis.null("string"))
    chemicals = replace(population, medicine=population.medicine.mutate(bnf_code=chemical))
    found = [row[2] for row in rows(list_events(chemicals, LANDMARK)) if row[2][:2] == "st"]
    assert found == ["start:0205051R0", "stop:0205051R0", "start:0205051R0", "start:0212"]


def test_a_landmark_for_each_person(population):
    chosen = ibis.memtable({"person_id": [B, A], "landmark": [date(2023, 6, 2), date(2024, 2, 1)]})
    assert rows(list_events(population, chosen)) == [
        (A, "2010-05-01", "condition:copd", 5024),
        (A, "2024-01-01", "start:0205", 31),
        (B, "2023-06-01", "emergency", 1),
    ]
    everybody = ibis.memtable({"person_id": [A, B, C], "landmark": [date(2024, 4, 1)] * 3})
    assert rows(list_events(population, everybody)) == rows(list_events(population, LANDMARK))
    twice = ibis.memtable({"person_id": [A, A], "landmark": [date(2024, 2, 1), date(2024, 3, 1)]})
    with pytest.raises(ValueError, match="2 landmarks of 1 people"):
        list_events(population, twice)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("1 April 2024",), "landmark must be written"),
        (("2025-04-02",), "not complete"),
        (("2022-03-31",), "not complete"),
        (("2022-05-01", 31), "not complete"),
        ((ibis.memtable({"person_id": [A], "landmark": [date(2025, 4, 2)]}),), "not complete"),
    ],
)
def test_landmarks_that_the_contacts_do_not_cover(population, asked, said):
    with pytest.raises(ValueError, match=said):
        list_events(population, *asked)


def test_what_is_recorded_later_changes_nothing(population, tmp_path):
    """Records of the landmark and after it, in any order and number: the same events."""
    later = [contact(A, f"2024-0{month}-05", "ae") for month in range(4, 10)]
    stays = [contact(A, "2024-04-01", "emergency", length_days=9), contact(B, "2024-05-01", "emergency")]
    more = {
        "conditions": [condition(A, "stroke_tia", "2024-04-02"), condition(C, "copd", LANDMARK)],
        "medicines": [medicine(A, LANDMARK, "2024-05-01")],
    }
    as_it_was = rows(list_events(population, LANDMARK))
    changed = load(tmp_path, [*later[::-1], *stays, *CONTACTS[::-1]], **more)
    assert rows(list_events(changed, LANDMARK)) == as_it_was


def test_edges_by_hand():
    events = events_of(
        ("a", 100, "x"),
        ("a", 90, "y"),  # x → y after 10 days
        ("a", 80, "x"),  # y → x after 10 days, x → x after 20
        ("a", 50, "y"),  # x → y after 50 and 30 days, y → x never, y → y after 40
        ("b", 91, "x"),
        ("b", 1, "y"),  # 90 days
        ("c", 92, "x"),
        ("c", 1, "y"),  # 91 days: no edge
        ("d", 200, "y"),
        ("d", 195, "x"),  # the other way round
    )
    answer = windowed_edges(events)
    assert rows(answer) == [
        ("a", "x", "x", "15-30", 1, 80),
        ("a", "x", "y", "0-14", 1, 90),
        ("a", "x", "y", "15-30", 1, 50),
        ("a", "x", "y", "31-90", 1, 50),
        ("a", "y", "x", "0-14", 1, 80),
        ("a", "y", "y", "31-90", 1, 50),
        ("b", "x", "y", "31-90", 1, 1),
        ("d", "y", "x", "0-14", 1, 195),
    ]
    kinds = {name: str(to_frame(answer)[name].dtype) for name in ("bin", "n", "days_since_last")}
    assert kinds == {"bin": "str", "n": "int64", "days_since_last": "int32"}
    near = rows(windowed_edges(events, window=30))
    assert [row[3] for row in near] == ["15-30", "0-14", "15-30", "0-14", "0-14"]


def test_events_of_one_day_go_both_ways_unless_order_is_asked_for():
    events = events_of(("a", 7, "x"), ("a", 7, "y"), ("a", 5, "z"), ("a", 5, "x"))
    # After two days; x → z is then there twice, y → x too
    expected = sorted(
        [
            ("x", "x", 1, 5),
            ("x", "y", 1, 7),
            ("x", "z", 2, 5),
            ("y", "x", 2, 5),
            ("y", "z", 1, 5),
            ("z", "x", 1, 5),
        ]
    )
    assert [(*row[1:3], *row[4:]) for row in rows(windowed_edges(events))] == expected
    in_order = windowed_edges(events, bins=((1, 14),))
    assert [(*row[1:3], *row[4:]) for row in rows(in_order)] == [
        ("x", "x", 1, 5),
        ("x", "z", 1, 5),
        ("y", "x", 1, 5),
        ("y", "z", 1, 5),
    ]
    assert [row[1:] for row in rows(windowed_edges(events, window=0))] == [
        ("x", "y", "0-14", 1, 7),
        ("x", "z", "0-14", 1, 5),
        ("y", "x", "0-14", 1, 7),
        ("z", "x", "0-14", 1, 5),
    ]


@pytest.mark.parametrize("window", [1, 7, 90])
def test_edges_against_loops(window):
    chance = random.Random(window)
    events = {(str(chance.randrange(5)), chance.randint(1, 400), chance.choice("wxyz")) for _ in range(400)}
    bins = ((0, 0), (1, 6), (7, 20), (40, 90))
    n, last = Counter(), {}
    for one, day, first in events:
        for other, then_day, then in events:
            gap = day - then_day
            band = next((f"{low}-{high}" for low, high in bins if low <= gap <= high), None)
            if one == other and 0 <= gap <= window and (gap, first) != (0, then) and band:
                edge = (one, first, then, band)
                n[edge] += 1
                last[edge] = min(last.get(edge, 999), then_day)
    found = rows(windowed_edges(events_of(*events), window, bins))
    assert len(found) > 50
    assert found == sorted((*edge, n[edge], last[edge]) for edge in n)


def test_bands_in_order():
    for bins in (((0, 14), (14, 30)), ((15, 30), (0, 14)), ((9, 3),)):
        with pytest.raises(ValueError, match="Gap bands"):
            windowed_edges(events_of(("a", 1, "x")), bins=bins)


def test_one_event_and_none():
    for events in (events_of(), events_of(("a", 1, "x")), events_of(("a", 1, "x"), ("b", 1, "y"))):
        edges = windowed_edges(events)
        assert rows(edges) == []
        assert len(rows(graph_features(events, edges, 1))) == events.code.nunique().execute()


def test_a_shift_of_all_dates_changes_no_edge(tmp_path):
    population = load_population(simulate_population(tmp_path / "people", 600, seed=4, processes=1))
    index, days = date.fromisoformat(LANDMARK), timedelta(days=400)

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
    made = [list_events(population, index).cache(), list_events(later, index + days).cache()]
    for one, other in ([events.drop("date") for events in made], map(windowed_edges, made)):
        frames = [
            to_frame(query).sort_values(list(query.columns), ignore_index=True) for query in (one, other)
        ]
        assert len(frames[0]) > 5_000
        pd.testing.assert_frame_equal(*frames)


def test_features_by_hand():
    events = events_of(
        ("a", 9, "x"), ("a", 5, "y"), ("b", 9, "x"), ("b", 9, "z"), ("c", 40, "y"), ("c", 9, "x")
    )
    events = events.union(events_of(("c", 8, "x")))
    edges = windowed_edges(events)
    listed = graph_features(events, edges, fewest=1)
    assert rows(listed) == [
        (0, "x", None, None, 3),
        (1, "y", None, None, 2),
        (2, "z", None, None, 1),
        (3, "x", "x", "0-14", 1),
        (4, "y", "x", "31-90", 1),
        (5, "z", "x", "0-14", 1),
        (6, "x", "y", "0-14", 1),
        (7, "x", "z", "0-14", 1),
    ]
    few = to_frame(graph_features(events, edges, fewest=2))
    assert few["first"].tolist() == ["x", "y"]
    numbers = {row[1:4]: row[0] for row in rows(listed)}
    present = to_frame(present_features(events, edges, listed)).set_index("person_id")["present"]
    assert {person: set(found) for person, found in present.items()} == {
        "a": {numbers[key] for key in (("x", None, None), ("y", None, None), ("x", "y", "0-14"))},
        "b": {
            numbers[k] for k in (("x", None, None), ("z", None, None), ("x", "z", "0-14"), ("z", "x", "0-14"))
        },
        "c": {
            numbers[k]
            for k in (("x", None, None), ("y", None, None), ("x", "x", "0-14"), ("y", "x", "31-90"))
        },
    }
    assert all(list(found) == sorted(found) and found.dtype == "int32" for found in present)


def test_features_that_were_kept_number_other_people():
    events = events_of(("a", 9, "x"), ("a", 5, "y"))
    kept = to_frame(graph_features(events, windowed_edges(events), 1))
    others = events_of(("b", 30, "w"), ("b", 9, "x"), ("b", 5, "y"), ("c", 3, "w"))
    found = to_frame(present_features(others, windowed_edges(others), ibis.memtable(kept)))
    assert found["person_id"].tolist() == ["b"]  # c has nothing that was known
    assert found["present"][0].tolist() == [0, 1, 2]


def test_meds(tmp_path):
    events = events_of(
        ("b", 1, "gp"), ("b", 400, "condition:copd"), ("a", 3, "start:0205051R0"), ("b", 1, "ae")
    )
    to_meds(events).to_parquet(tmp_path / "0.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "0.parquet")
    schema = {"subject_id": pa.int64(), "time": pa.timestamp("us"), "code": pa.string()}
    assert table.schema.equals(pa.schema(schema | {"numeric_value": pa.float32()}))
    assert [(row["subject_id"], str(row["time"]), row["code"]) for row in table.to_pylist()] == [
        (0, "2024-03-29 00:00:00", "start:0205051R0"),
        (1, "2023-02-26 00:00:00", "condition:copd"),
        (1, "2024-03-31 00:00:00", "ae"),
        (1, "2024-03-31 00:00:00", "gp"),
    ]
    assert table["numeric_value"].null_count == 4


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed: extra 'spark'"
)
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this machine: Spark needs Java 17")
def test_duckdb_and_spark_give_the_same_graphs(tmp_path):
    folder = simulate_population(tmp_path / "population", 400, seed=5, processes=1)
    tables = []
    for engine in ("duckdb", "spark"):
        population = load_population(folder, engine=engine)
        events = list_events(population, LANDMARK, contact_days=730).cache()
        edges = windowed_edges(events).cache()
        listed = to_frame(graph_features(events, edges, 10))
        present = to_frame(present_features(events, edges, ibis.memtable(listed)))
        people = population.person.select("person_id", landmark=ibis.date(2024, 1, 15))
        meds = to_meds(list_events(population, people)).to_pyarrow().to_pandas()
        tables.append([rows(events), rows(edges), rows(listed), rows(meds)])
        tables[-1].append([(person, list(found)) for person, found in present.itertuples(index=False)])
    for one, other in zip(*tables, strict=True):
        assert len(one) > 30
        assert one == other


def test_steps_of_consecutive_visits_by_hand():
    events = events_of(
        ("A", 50, "x"), ("A", 50, "y"), ("A", 40, "z"), ("A", 40, "rare"), ("A", 30, "rare"), ("A", 10, "x"),
        ("B", 5, "x"),
        ("C", 9, "y"), ("C", 2, "y"),
    ).cache()  # fmt: skip
    codes = pd.DataFrame({"first": ["x", "y", "z"], "then": None, "bin": None, "feature": [0, 1, 2]})
    edge = pd.DataFrame({"first": ["x"], "then": ["y"], "bin": ["0-14"], "feature": [3]})
    features = ibis.memtable(
        pd.concat([codes, edge]),
        schema={"first": "string", "then": "string", "bin": "string", "feature": "int32"},
    )
    found = to_frame(visit_steps(events, features))
    rows_ = found.set_index("person_id")
    assert sorted(rows_.index) == ["A", "C"]  # one visit is no step
    # The day of the code that is not listed is no visit: from 40 days before to 10 is one step, the last
    of_a = {name: list(rows_.loc["A", name]) for name in ("step", "first", "then", "gap")}
    assert of_a == {"step": [0, 1, 1], "first": [2, 0, 1], "then": [0, 2, 2], "gap": [30, 10, 10]}
    assert rows_["n_steps"].to_dict() == {"A": 2, "C": 1}
    assert list(rows_.loc["C", "gap"]) == [7]
    latest = to_frame(visit_steps(events, features, most=1)).set_index("person_id")
    assert list(latest.loc["A", "step"]) == [0]
    assert latest["n_steps"].tolist() == [1, 1]
