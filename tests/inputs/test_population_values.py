"""What a value means, by one rule for every engine: whole numbers, amounts, dates, codes, and blanks."""

from __future__ import annotations

import importlib.util
import json
import shutil
from datetime import UTC, date, datetime
from decimal import Decimal

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from analysis_lib.inputs.population import check_population, load_population
from analysis_lib.inputs.population.convert import as_date, check_pattern, to_iso
from analysis_lib.queries import features_at, to_frame
from tests.population_tables import changed, contact, person, small_population, write

ENGINES = [
    "duckdb",
    pytest.param(
        "spark",
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(
                importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed: extra 'spark'"
            ),
            pytest.mark.skipif(shutil.which("java") is None, reason="no Java here: Spark needs Java 17"),
        ],
    ),
]
WHOLE = {"5": 5, "5.0": 5, " 05 ": 5, "-1": -1, "": None, "NA": None}
NOT_WHOLE = ("3.7", "0.6", "1e1", "inf", "NaN", "five", "3,000", "99999999999")
AMOUNTS = {"42": 42.0, "42.5": 42.5, ".5": 0.5, "1e3": 1000.0, "": None, "N/A": None, "null": None}
NOT_AMOUNTS = ("NaN", "inf", "-inf", "1e400", "£4", "1,000", "1_0", "0x10")
DAYS = ("2024-03-31", "2024-03-31T23:30:00Z", " 2024-03-31 01:02 ", "2024-03-31T12:00:00.5+01:00")
NOT_DAYS = (
    "2024-03", "2024/03/31", "2024-3", "1711843200", "infinity", "31/03/2024", "03/31/2024", "20240331",
    "2024-02-30", "12024-03-31", "2024-03-31 soon", "March 2024",
)  # fmt: skip


def write_csv(folder, tables):
    """Write tables as CSV text just as it is given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        if name == "manifest":
            (folder / "manifest.json").write_text(json.dumps(rows))
            continue
        frame = pd.DataFrame(rows).astype(object)
        frame.where(frame.notna(), None).to_csv(folder / f"{name}.csv", index=False)
    return folder


def found(report, table, column, check):
    """Return how many rows broke a rule."""
    quality = report.quality
    row = quality[(quality.table == table) & (quality.column == column) & (quality.check == check)]
    return row["rows_found"].tolist()


def with_contacts(column, values):
    """Return the small population with a contact for each value, which its provider numbers."""
    tables = small_population()
    tables["contact"] = [
        contact(tables["person"][0]["person_id"], "2024-01-05", provider=f"{n:03}") | {column: value}
        for n, value in enumerate(values)
    ]
    return tables


def read(folder, column, engine):
    contacts = load_population(folder, engine=engine).contact
    return [row[column] for row in contacts.order_by("provider").to_pyarrow().to_pylist()]


@pytest.mark.parametrize("engine", ENGINES)
def test_whole_numbers_in_text(tmp_path, engine):
    tables = small_population()
    tables["person"] = [person(f"{n:04}", imd_decile=value) for n, value in enumerate([*WHOLE, *NOT_WHOLE])]
    tables["condition"][0]["person_id"] = "0000"
    report = check_population(write_csv(tmp_path / "odd", tables), engine=engine)
    assert found(report, "person", "imd_decile", "wrong type") == [len(NOT_WHOLE)]
    said = next(r for r in report.rejections if (r.file, r.column) == ("person", "imd_decile"))
    assert said.problem == "values that are not of the type in 8 of 14 rows"
    assert said.expected == "whole numbers (5 and 5.0 are; 3.7 is none)"
    good = with_contacts("length_days", [v for v in WHOLE if v != "-1"])
    assert read(write_csv(tmp_path / "good", good), "length_days", engine) == [5, 5, 5, None, None]


@pytest.mark.parametrize("engine", ENGINES)
def test_amounts_in_text(tmp_path, engine):
    report = check_population(
        write_csv(tmp_path / "odd", with_contacts("cost_gbp", [*AMOUNTS, *NOT_AMOUNTS])), engine=engine
    )
    assert found(report, "contact", "cost_gbp", "wrong type") == [len(NOT_AMOUNTS)]
    assert found(report, "contact", "cost_gbp", "may be missing") == [3]
    good = write_csv(tmp_path / "good", with_contacts("cost_gbp", AMOUNTS))
    assert read(good, "cost_gbp", engine) == list(AMOUNTS.values())


@pytest.mark.parametrize("engine", ENGINES)
def test_dates_in_text(tmp_path, engine):
    report = check_population(
        write_csv(tmp_path / "odd", with_contacts("date", [*DAYS, *NOT_DAYS, "", "NULL"])), engine=engine
    )
    assert found(report, "contact", "date", "wrong type") == [len(NOT_DAYS)]
    assert found(report, "contact", "date", "missing values") == [len(NOT_DAYS) + 2]
    said = next(r for r in report.rejections if (r.file, r.column) == ("contact", "date"))
    assert 'formats.date = "DD/MM/YYYY"' in said.remedy
    good = write_csv(tmp_path / "good", with_contacts("date", DAYS))
    assert read(good, "date", engine) == [date(2024, 3, 31)] * len(DAYS)


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_and_dates_that_come_in_types_of_their_own(tmp_path, engine):
    cases = {
        "length_days": (pa.array([3.0, None, 3.7, float("nan")]), 2),
        "cost_gbp": (pa.array([Decimal("1.50"), None, Decimal("2.25"), Decimal("0.00")]), 0),
        "provider": (pa.array([44054006.0, 1.5, None, float("inf")]), 2),
        "attended": (pa.array([True, None, False, True]), 0),
    }
    for column, (values, n_wrong) in cases.items():
        folder = write(tmp_path / column, small_population())
        table = pyarrow.parquet.read_table(folder / "contact.parquet")
        table = table.drop_columns([column] if column in table.column_names else []).append_column(
            column, values
        )
        pyarrow.parquet.write_table(table, folder / "contact.parquet")
        report = check_population(folder, engine=engine)
        assert sum(found(report, "contact", column, "wrong type")) == n_wrong, column
    assert "codes that are not known in 3 of 4 rows" in report.rejections[0].problem  # true, false


@pytest.mark.parametrize("engine", ENGINES)
def test_the_day_does_not_depend_on_where_the_machine_stands(tmp_path, engine, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    folder = write(tmp_path, small_population())
    table = pyarrow.parquet.read_table(folder / "contact.parquet")
    moments = pa.array([datetime(2024, 3, 31, 23, 30, tzinfo=UTC)] * 4, pa.timestamp("us", "UTC"))
    table = table.drop_columns(["date"]).append_column("date", moments)
    pyarrow.parquet.write_table(table, folder / "contact.parquet")
    contacts = load_population(folder, engine=engine).contact
    assert set(contacts.date.to_pyarrow().to_pylist()) == {date(2024, 3, 31)}


@pytest.mark.parametrize("engine", ENGINES)
def test_csv_is_read_alike_by_every_engine(tmp_path, engine):
    """A byte order mark, semicolons, quoted line breaks and separators, and no row taken for a title."""
    tables = small_population()
    for row in tables["contact"]:
        row["provider"] = 'one; "two"\nthree'
    folder = write_csv(tmp_path, tables)
    frame = pd.DataFrame(tables["contact"])
    frame.to_csv(folder / "contact.csv", sep=";", index=False, encoding="utf-8-sig")
    assert read(folder, "provider", engine) == ['one; "two"\nthree'] * 4
    with (folder / "medicine.csv").open("a") as file:
        file.write("too,few\n")
    report = check_population(folder, engine=engine)
    assert [r.file for r in report.rejections] == ["medicine"]
    assert "cannot read the table" in report.rejections[0].problem


@pytest.mark.parametrize("engine", ENGINES)
def test_two_populations_at_once_stay_apart(tmp_path, engine):
    one = load_population(write(tmp_path / "one", small_population()), engine=engine)
    more = write(tmp_path / "two", changed(lambda tables: tables["person"].append(person("d" * 16))))
    two = load_population(more, engine=engine)
    assert (one.person.count().execute(), two.person.count().execute()) == (3, 4)


# --- dates that are declared


@pytest.mark.parametrize(
    ("text", "pattern", "day"),
    [
        ("31/03/2024", "DD/MM/YYYY", "2024-03-31"),
        ("31-3-2024 10:30", "DD/MM/YYYY", "2024-03-31"),
        ("03/31/2024", "MM/DD/YYYY", "2024-03-31"),
        ("2024/03/31", "YYYY/MM/DD", "2024-03-31"),
        ("31-Mar-2024", "DD-MON-YYYY", "2024-03-31"),
        ("20240331", "YYYYMMDD", "2024-03-31"),
        ("2024-03", "YYYY-MM", "2024-03-01"),
        ("31/02/2024", "DD/MM/YYYY", "None"),
        ("2024331", "YYYYMMDD", "None"),
        ("31-Mai-2024", "DD-MON-YYYY", "None"),
        ("13/13/2024", "DD/MM/YYYY", "None"),
    ],
)
def test_a_declared_order_of_a_date(text, pattern, day):
    column = ibis.memtable({"text": [text]}, schema={"text": "string"}).text
    assert check_pattern(pattern)
    assert str(as_date(to_iso(column, pattern)).to_pyarrow().to_pylist()[0]) == day


@pytest.mark.parametrize(
    "pattern", ["%d/%m/%Y", "DD/MM", "DDMMYY", "YYYY", "DD/MM/YYYY hh", 7, "MM/MON/YYYY"]
)
def test_an_order_that_is_none(pattern):
    assert not check_pattern(pattern)


def test_formats_in_a_mapping_file(tmp_path):
    def edit(tables):
        for row in tables["contact"]:
            row["date"] = int(row["date"].replace("-", ""))

    folder = write(tmp_path, changed(edit))
    (folder / "mapping.toml").write_text('[contact]\ntable = "contact"\nformats.date = "YYYYMMDD"\n')
    assert not check_population(folder).ok
    population = load_population(folder, mapping=folder / "mapping.toml")
    assert population.contact.date.min().execute() == pd.Timestamp("2023-03-31")
    (folder / "mapping.toml").write_text('[contact]\ntable = "contact"\nformats.date = "%Y%m%d"\n')
    report = check_population(folder, mapping=folder / "mapping.toml")
    assert "[contact] formats of ['date']" in report.rejections[0].problem


def test_days_between_dates_that_cannot_be_read_are_counted(tmp_path):
    tables = with_contacts("left", ["2024-01-07", "", "07/01/2024", "soon"])
    for row in tables["contact"]:
        del row["length_days"]
    folder = write_csv(tmp_path, tables)
    (folder / "mapping.toml").write_text(
        '[contact]\ntable = "contact"\ndays_between.length_days = ["date", "left"]\n'
    )
    report = check_population(folder, mapping=folder / "mapping.toml")
    assert found(report, "contact", "length_days", "wrong type") == [2]


# --- what an amount may be


def test_a_cost_never_changes_a_count(tmp_path):
    """Ten million pounds in one contact, the most that is let pass, in a person with two of that setting."""
    tables = small_population()
    who = tables["person"][0]["person_id"]
    tables["contact"] = [
        contact(who, "2024-01-05", "gp", cost_gbp=10_000_000.0),
        contact(who, "2024-01-06", "gp", cost_gbp=0.01),
        contact(who, "2024-01-07", "ae", attended="yes"), contact(who, "2024-01-07", "ae", attended="DNA"),
    ] + [contact(who, "2024-01-08", "elective", cost_gbp=9_999_999.99) for _ in range(30)]  # fmt: skip
    population = load_population(write(tmp_path, tables))
    row = to_frame(features_at(population, "2024-04-01")).set_index("person_id").loc[who]
    assert (row["n_gp_12m"], row["n_ae_12m"], row["n_elective_12m"], row["n_contacts_12m"]) == (2, 2, 30, 34)
    assert row["cost_gbp_gp_12m"] == 10_000_000.01
    assert row["cost_gbp_elective_12m"] == 299_999_999.70
    assert row["dna_share_12m"] == 0.5


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("cost_gbp", 1e9, "values too large for one contact in 1 of 4 rows"),
        ("cost_gbp", 1e300, "values too large for one contact in 1 of 4 rows"),
        ("cost_gbp", float("inf"), "values that are not of the type in 1 of 4 rows"),
        ("cost_gbp", float("nan"), "values that are not of the type in 1 of 4 rows"),
        ("cost_gbp", -0.01, "values below 0 in 1 of 4 rows"),
        ("length_days", 36_526, "values too large for one contact in 1 of 4 rows"),
    ],
)
def test_amounts_that_cannot_be_are_refused(tmp_path, column, value, said):
    folder = write(tmp_path, small_population())
    table = pyarrow.parquet.read_table(folder / "contact.parquet")
    values = pa.array([value, None, None, None])
    table = table.set_column(table.column_names.index(column), column, values)
    pyarrow.parquet.write_table(table, folder / "contact.parquet")
    report = check_population(folder)
    assert [(r.column, r.problem) for r in report.rejections] == [(column, said)]
