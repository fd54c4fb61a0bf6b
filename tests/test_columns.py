"""Every column is described once, in words that a reader understands, and is in use."""

import ast
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from analysis_lib import columns
from analysis_lib.columns import COLUMNS, PUBLIC, Column, describe, heading, rests_on
from analysis_lib.inputs.values import ORDERED_LABELS
from analysis_lib.kinds import Count, Dimension, Estimate, Plain
from analysis_lib.measures import compare_rates
from analysis_lib.release.facts import UNITS
from analysis_lib.release.gate.sums import labels_of
from analysis_lib.release.lookup import kinds_for
from website.scan.said import SmallCounts

ROOT = Path(__file__).parents[1]
SOURCES = [
    path
    for room in ("analysis_lib", "notebooks", "website")
    for path in (ROOT / room).rglob("*")
    if path.suffix in (".py", ".ipynb") and path.name != "columns.py"
]
WORDS = {word for path in SOURCES for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
FREE = ("texts", "settings")  # levels that numbers have, or numbers written as text


def test_a_column_has_a_heading_a_sentence_and_a_unit():
    assert all(column.heading and not column.heading[0].isspace() for column in COLUMNS.values())
    assert [name for name, column in COLUMNS.items() if not column.meaning.endswith(".")] == []
    assert {column.unit for column in COLUMNS.values()} <= {"", *UNITS}


def test_no_row_takes_the_place_of_another():
    """A name that is written twice would silently mean the second only, in every table."""
    (made,) = (
        node.value
        for node in ast.parse(Path(columns.__file__).read_text(encoding="utf-8")).body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "COLUMNS"
    )
    rows = zip(made.keys, made.values, strict=True)
    read = [ast.unparse(value) if key is None else f"[{ast.unparse(key)}]" for key, value in rows]
    names = [name for part in read for name in eval(part, vars(columns))]  # noqa: S307
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_every_column_is_in_use():
    names = [name.rpartition(".")[2] for name in COLUMNS]
    stems = {name: {name, re.sub(r"^n_|_(low|high)$", "", name)} for name in names}  # as f-strings make them
    idle = [name for name, known in stems.items() if not known & WORDS]
    assert not idle, f"nothing makes {idle}: take them out of analysis_lib/columns.py"


def test_a_table_with_a_kind_of_its_own_is_saved_somewhere():
    tables = {table for column in COLUMNS.values() for names in column.at for table in names.split()}
    tables |= {name.partition(".")[0] for name in COLUMNS if "." in name} | PUBLIC
    assert {t for t in tables if not re.match("(sub_)?icb_|england_", t)} <= WORDS  # as f-strings make them


def test_what_leaves_as_it_is_counts_nobody_whatever_the_table():
    """Where a kind that hides nothing holds in any table, the name can mean nothing else."""
    always = {
        name
        for name, column in COLUMNS.items()
        if "." not in name
        and (
            isinstance(column.kind, Plain)
            or column.kind == Estimate()
            or isinstance(column.kind, Dimension)
            and column.kind.levels in FREE
        )
    }
    assert always == set()


def test_every_label_says_its_levels_and_every_plain_number_of_what_it_is():
    kinds = [(name, kind) for name, column in COLUMNS.items() for kind in kinds_of(column)]
    assert [name for name, kind in kinds if isinstance(kind, Dimension) and kind.levels is None] == []
    assert [name for name, kind in kinds if isinstance(kind, Plain) and not kind.what] == []


def kinds_of(column):
    kinds = column.kind if isinstance(column.kind, tuple) else (column.kind,)
    return [kind for kind in (*kinds, *column.at.values()) if kind is not None]


def test_every_count_says_what_it_counts():
    unsaid = [name for name, c in COLUMNS.items() for k in kinds_of(c) if isinstance(k, Count) and not k.what]
    assert unsaid == []


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("people", "demand_by_group.n_people shap_importance.n x.n_rows"),
        ("contacts", "demand_by_group.events drivers.n_events next_year.observed cost_recorded.n_contacts"),
        ("people with the outcome", "shap_dependence.n_events"),
        ("people with the outcome, fold evaluate", "fairness.n_events performance.n_events"),
        ("people, fold evaluate", "fairness.n performance.n"),
        ("people, fold train", "model_search.n_people cohort_rules.n_train"),
        ("people, core20 True", "core20.people_with"),
        ("contacts, core20 False", "core20.events_without"),
        ("appointments", "mode_by_month.n_appointments"),
        ("appointments, status DNA", "attendance_by_mode.n_dna funnel_icb.n_dna cost.n_dna"),
        ("appointments, status Attended", "attendance_by_mode.n_attended durations.n_appointments"),
        ("people with the outcome, outcome next_high_cost", "risk_folds.n_next_high_cost"),
        ("texts, found True", "hashtag_travel.n_found"),
    ],
)
def test_names_for_one_thing_agree(what, names):
    """By what is counted, tables of the same people are held against each other, whatever the names."""
    for table, _, column in (name.partition(".") for name in names.split()):
        kind = describe(column, table).kind_in(table, {column, "n_people"})
        assert ", ".join([kind.what, *map(" ".join, kind.where)]) == what, (table, column)


def test_the_flags_of_a_comparison_are_labels_as_the_gate_writes_them():
    people = pd.DataFrame({"age_band": "65-74", "years_at_risk": 1.0, "visits": 1}, index=range(40))
    made = compare_rates(people.assign(core20=people.index < 15), "core20", "visits")
    assert made[["people_with", "events_with", "people_without"]].iloc[0].tolist() == [15, 15, 25]
    with_it = describe("people_with").kind.where
    texts, _ = labels_of(pd.DataFrame({"core20": [True, False]}), ["core20"], "All")
    assert with_it == (("core20", texts["core20"][0]),)
    statuses = {describe(f"n_{name}").kind.where[0][1] for name in ("attended", "dna", "unknown")}
    assert statuses == set(ORDERED_LABELS["status"])


def test_the_first_kind_holds_whose_columns_are_there():
    either = Column(
        "X", "X.", kind=(Estimate(("n", "n_events")), Estimate(("n",)), None), at={"a b": Count()}
    )
    assert either.kind_in("t", {"x", "n", "n_events"}) == Estimate(("n", "n_events"))
    assert either.kind_in("t", {"x", "n"}) == Estimate(("n",))
    assert either.kind_in("t", {"x"}) is None
    assert either.kind_in("b", {"x"}) == Count()
    last = Column("X", "X.", kind=(Estimate(("n",)), Estimate(("n_people",))))
    assert last.kind_in("t", {"x"}) == Estimate(("n_people",))
    assert rests_on(Count(parts=("a",), of="n_people")) == ("n_people", "a")


def test_a_table_has_its_own_row_where_a_name_means_something_else():
    assert describe("n").heading == "People"
    assert describe("n", "tweet_parsing").heading == "How often"
    assert heading("beds_open") == ("Beds open", "", None)
    assert describe("beds_open") is None


def test_numbers_of_a_public_file_leave_as_they_are():
    frame = pd.DataFrame({"model": ["a"], "n_test": [3], "auroc": [0.71]})
    assert kinds_for("outside_check", frame, None) == {
        "model": Dimension("texts"),
        "n_test": Plain("a public file"),
        "auroc": Plain("a public file"),
    }


def test_no_meaning_reads_like_a_small_count_of_people():
    """The dictionary and the workbook hold them, and the scan would stop the report."""
    texts = [f"{column.heading}. {column.meaning}" for column in COLUMNS.values()]
    assert [text for text in texts if list(SmallCounts(8).find(text))] == []
