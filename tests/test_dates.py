"""Wherever a date is taken it is ISO or a date object; 06/04/2023 is never read as the 4th of June."""

from __future__ import annotations

import ast
import importlib
import re
from datetime import UTC, date, datetime
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

from analysis_lib import measures, queries
from analysis_lib.dates import as_day, as_month
from analysis_lib.inputs import InputError
from analysis_lib.inputs.population import check_population, load_population
from analysis_lib.measures.change import pairs_of_months, split_change, split_changes
from analysis_lib.queries.flows import as_window
from analysis_lib.queries.people import day_literal, registered_at, shift
from analysis_lib.release import fact, say
from analysis_lib.review import list_current, write_person_page
from analysis_lib.review.record import read_record
from analysis_lib.simulate import simulate_appointments
from analysis_lib.simulate.days import make_calendar
from analysis_lib.training.maintainer import make_columns
from tests.population_tables import changed, small_population, write

LIBRARY = Path(__file__).resolve().parent.parent / "analysis_lib"
UNCLEAR = ["06/04/2023", "6.4.2023", "06-04-2023", "6 April 2023", "20230406", "2023-4-6", "2023-W14-4"]
UNCLEAR += ["2023-02-30", "2023-04-06T00:00", " 2023-04-06", "٢٠٢٣-٠٤-٠٦", "now", "", 20230406, 45022.0, True]
UNCLEAR += [None, pd.NaT, np.datetime64("NaT")]
DAYS = [
    "2023-04-06",
    date(2023, 4, 6),
    datetime(2023, 4, 6, 23, 30, tzinfo=UTC),
    pd.Timestamp("2023-04-06 12:00"),
    np.datetime64("2023-04-06"),
]


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_iso_and_date_objects_are_read(day):
    assert as_day(day) == date(2023, 4, 6)
    assert type(as_day(day)) is date
    assert as_month(day) == pd.Timestamp("2023-04-01")


@pytest.mark.parametrize("day", UNCLEAR, ids=repr)
def test_anything_else_is_refused_with_a_sentence(day):
    with pytest.raises(ValueError, match="^index_date must be written as YYYY-MM-DD"):
        as_day(day, "index_date")
    with pytest.raises(ValueError, match="^rebase must be written as YYYY-MM"):
        as_month(day, "rebase")


def test_months_are_read_as_year_and_month():
    assert as_month("2023-04") == as_month(pd.Period("2023-04", "M")) == pd.Timestamp("2023-04-01")
    with pytest.raises(ValueError, match="must be written as YYYY-MM-DD"):
        as_day("2023-04")


# Every entry point ----------------------------------------------------------------------------------------

DAILY = pd.DataFrame(
    {"month": pd.to_datetime(["2023-04-01", "2023-06-01"]), "status": ["DNA", "Attended"]}
).assign(n_appointments=1, hcp_type="GP", mode="Telephone", lead_time="Same Day")
CHART = pd.DataFrame({"month": pd.date_range("2022-06-01", periods=24, freq="MS"), "value": range(24)})
END = "2024-04-01"
CALLS = {
    "measures.change.pairs_of_months": lambda day, _: pairs_of_months([day]),
    "measures.change.split_change": lambda day, _: split_change(DAILY, "2023-04", day),
    "measures.change.split_changes": lambda day, _: split_changes(DAILY, [(day, "2023-04")]),
    "measures.control.xmr_limits": lambda day, _: measures.xmr_limits(CHART, rebase=day),
    "queries.features.features_at": lambda day, _: queries.features_at(None, day),
    "queries.flows.as_window": lambda day, _: as_window("2023-04-01", day),
    "queries.flows.frequent_sequences": lambda day, _: queries.frequent_sequences(None, None, day, END),
    "queries.flows.lags": lambda day, _: queries.lags(None, None, "gp", "ae", 7, day, END),
    "queries.flows.orders": lambda day, _: queries.orders(None, None, day, END),
    "queries.flows.transitions": lambda day, _: queries.transitions(None, None, day, END),
    "queries.flows.windows": lambda day, _: queries.windows(None, None, "gp", "ae", (0, 1), (7, 8), day, END),
    "queries.stays.index_stays": lambda day, _: queries.index_stays(None, None, day, END),
    "queries.stays.routes_in": lambda day, _: queries.routes_in(None, None, day, END),
    "queries.edges.list_events": lambda day, _: queries.list_events(None, day),
    "queries.landmarks.landmark_days": lambda day, _: queries.landmark_days(day),
    "queries.landmarks.landmark_features": lambda day, _: queries.landmark_features(None, [day], None),
    "queries.landmarks.landmark_outcomes": lambda day, _: queries.landmark_outcomes(None, [day]),
    "queries.prescribing_rules.count_by_rule": lambda day, _: queries.count_by_rule(None, day),
    "queries.prescribing_rules.list_at_risk": lambda day, _: queries.list_at_risk(None, day),
    "queries.steps.levels_at": lambda day, _: queries.levels_at(None, day),
    "queries.months.outcomes_by_month": lambda day, _: queries.outcomes_by_month(None, day),
    "queries.outcomes.count_costed": lambda day, _: queries.count_costed(None, day),
    "queries.outcomes.outcomes_after": lambda day, _: queries.outcomes_after(None, day),
    "queries.people.day_literal": lambda day, _: day_literal(day),
    "queries.people.registered_at": lambda day, place: registered_at(
        load_population(write(place, small_population())).person, day
    ),
    "queries.people.shift": lambda day, _: shift(day, 1),
    "review.page.write_person_page": lambda day, place: write_person_page(None, "a", day, place),
    "review.priorities.list_current": lambda day, _: list_current(None, day),
    "review.record.read_record": lambda day, _: read_record(None, "a", day),
    "simulate.appointments.simulate_appointments": lambda day, place: simulate_appointments(
        place, first_month=day
    ),
    "simulate.days.make_calendar": lambda day, _: make_calendar(day, 1),
    "training.maintainer.make_columns": lambda day, _: make_columns(None, None, day),
}
# These take what one of the above has read: text has no year, and so is an error in them.
OBJECTS = {
    "queries.features.count_conditions",
    "queries.features.describe_people",
    "queries.people.check_window",
    "queries.people.months_between",
    "simulate.days.add_months",
    "simulate.layout.published_date",
    "inputs.population.checks.rules_for",
}
# Names of parameters that hold a date, and annotations of one; those of columns, frames and flags are none.
NAMED = re.compile(r"(?:^|(?<!per)_)(?:day|date|month|rebase|period_from|period_to|since|until)$")
TYPED = re.compile(r"\b(?:date|datetime|Timestamp|Month)\b")
NO_DATE = re.compile(r"bool|Series|DataFrame|ndarray|NDArray|^int$")
COLUMNS = {"measures.days.add_day_counts", "measures.days.add_day_kind", "charts.marks.with_gaps"}


def takers() -> set[str]:
    """Every public function of the library that takes a date, by its signature."""
    found = set()
    for path in LIBRARY.rglob("*.py"):
        module = ".".join(path.relative_to(LIBRARY).with_suffix("").parts)
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                kind = ast.unparse(argument.annotation) if argument.annotation else ""
                if (NAMED.search(argument.arg) or TYPED.search(kind)) and not NO_DATE.search(kind):
                    found.add(f"{module}.{node.name}")
    return found - {"dates.as_day", "dates.as_month"} - COLUMNS


def test_no_function_that_takes_a_date_is_forgotten():
    assert takers() == {*CALLS, *OBJECTS}
    for name in sorted(takers()):
        module, _, function = name.rpartition(".")
        assert callable(getattr(importlib.import_module(f"analysis_lib.{module}"), function))


@pytest.mark.parametrize("day", ["06/04/2023", "20230406", "2023-4-6"])
@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_one_refuses_what_could_be_two_days(name, day, tmp_path):
    with pytest.raises(ValueError, match=r"must be written as YYYY-MM"):
        CALLS[name](day, tmp_path)


def test_nothing_else_in_the_library_guesses_dates():
    """pd.Timestamp and to_datetime read 06/04/2023 month first: they are given no text of a person's."""
    guess = re.compile(r"dateutil|dayfirst|infer_datetime|fromisoformat|strptime\(")
    using = {p.relative_to(LIBRARY).as_posix() for p in LIBRARY.rglob("*.py") if guess.search(p.read_text())}
    assert using == {"dates.py"}
    stamps = {
        (p.relative_to(LIBRARY).as_posix(), call)
        for p in LIBRARY.rglob("*.py")
        for call in re.findall(r"pd\.(?:Timestamp|to_datetime|Period)\([^()]*", p.read_text())
    }
    assert stamps == {
        ("columns.py", "pd.to_datetime(pd.Series"),  # labels of months, of which the gate has seen the levels
        ("dates.py", "pd.Timestamp(value"),
        ("dates.py", "pd.Timestamp(as_day"),
        ("inputs/linked.py", 'pd.Timestamp(people.manifest["last_date"]'),  # dates, read by read_manifest
        ("inputs/linked.py", "pd.Timestamp(stated or people.contact.date.min"),
        ("inputs/linked.py", "pd.Timestamp(days[-1]"),
        ("inputs/needs.py", 'pd.to_datetime(quality[column], format="ISO8601"'),  # written by the library
        ("inputs/tweet_text.py", 'pd.to_datetime(ms, unit="ms"'),
        ("queries/people.py", "pd.Timestamp(as_day"),
        ("release/frames.py", 'pd.to_datetime(known, errors="coerce", format="ISO8601"'),  # released labels
        ("release/labels.py", "pd.Timestamp(value"),  # a date, no text
    }


@pytest.mark.parametrize("unit", ["date", "month"])
def test_facts_refuse_what_could_be_two_days(unit):
    for make in (fact, say):
        with pytest.raises(ValueError, match="must be written as YYYY-MM"):
            make("06/04/2023", unit)
    assert say("2023-04-06", unit) == ("6 April 2023" if unit == "date" else "April 2023")


@pytest.mark.parametrize("key", ["last_date", "first_date"])
@pytest.mark.parametrize("day", ["06/04/2025", "20250406", "2025-W14-4", "2025-04-06 or later"])
def test_a_manifest_and_a_mapping_file_refuse_it_too(tmp_path, key, day):
    folder = write(tmp_path / "plain", changed(lambda tables: tables["manifest"].update({key: day})))
    with pytest.raises(InputError, match=f"{key} is no date.*YYYY-MM-DD"):
        load_population(folder)
    mapping = tmp_path / "mapping.toml"
    stated = {"source": "Ours", "last_date": "2025-03-31"} | {key: day}
    mapping.write_text("[manifest]\n" + "".join(f'{k} = "{v}"\n' for k, v in stated.items()))
    report = check_population(write(tmp_path / "mapped", small_population()), mapping=mapping)
    assert [r.problem for r in report.rejections] == [f"{key} is no date"]


def test_a_constant_of_a_mapping_file_is_iso(tmp_path):
    def with_constant(day):
        mapping = tmp_path / "mapping.toml"
        mapping.write_text(
            '[manifest]\nsource = "Ours"\nlast_date = 2025-03-31\n[condition]\ntable = "condition"\n'
            f"constants = {{ onset_date = {day} }}\n"
        )
        return check_population(write(tmp_path / "tables", small_population()), mapping=mapping)

    assert with_constant('"2020-04-06"').ok
    assert with_constant("2020-04-06").ok
    (found,) = with_constant('"06/04/2020"').rejections
    assert (found.file, found.column) == ("condition", "onset_date")


def test_a_cohort_by_a_date_column():
    table = ibis.memtable({"person_id": ["a", "b"], "since": [date(2023, 4, 6), date(2023, 6, 4)]})
    assert queries.to_frame(queries.cohort(table, since="2023-04-06"))["person_id"].tolist() == ["a"]
    with pytest.raises(ValueError, match="since must be written as YYYY-MM-DD"):
        queries.cohort(table, since="06/04/2023")
