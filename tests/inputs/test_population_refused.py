"""Every refusal of a linked population: table, column, number of rows and remedy, never a value."""

from __future__ import annotations

import json

import ibis
import pytest

from analysis_lib.inputs import InputError
from analysis_lib.inputs.population import check_population, load_population
from analysis_lib.inputs.population import source as opening
from analysis_lib.inputs.population.identifiers import is_nhs_number, is_postcode
from tests.population_tables import (
    A,
    B,
    changed,
    contact,
    small_population,
    write,
)

from .test_bad_inputs import valid_nhs_number


def refused(folder, edit, kind="parquet", **options):
    """Return the only rejection of the small population after an edit; it says what to do."""
    report = check_population(write(folder, changed(edit), kind=kind), **options)
    assert len(report.rejections) == 1, [r.to_text() for r in report.rejections]
    assert report.rejections[0].remedy
    return report.rejections[0]


def put(table, row=0, **values):
    """Return an edit that puts values into a row of a table."""
    return lambda tables: tables[table][row].update(values)


def add(table, *rows):
    return lambda tables: tables[table].extend(rows)


def test_contacts_after_death_are_refused_and_counted(tmp_path):
    found = refused(
        tmp_path, add("contact", contact("c" * 16, "2024-10-01"), contact("c" * 16, "2024-09-30"))
    )
    assert (found.file, found.column) == ("contact", "date")
    assert found.problem == "contacts after the month of death in 1 of 6 rows"
    assert "1.0% of rows are let pass" in found.expected


def test_contacts_outside_registration_are_refused_and_counted(tmp_path):
    outside = [
        contact(B, "2024-07-01"),
        contact(B, "2009-12-31"),
        contact(B, "2024-06-30"),
        contact(B, "2010-01-01"),
    ]
    found = refused(tmp_path, add("contact", *outside))
    assert found.problem == "contacts outside registration in 2 of 8 rows"
    assert "up to 5.0% of rows are let pass" in found.expected


def test_a_tolerance_lets_rows_pass_with_a_warning_and_keeps_them(tmp_path):
    folder = write(tmp_path, changed(add("contact", contact(B, "2024-07-01"))))
    population = load_population(folder, tolerances={"outside registration": 0.2})
    assert population.warnings == [
        "contact.date: contacts outside registration in 1 of 5 rows; kept, as up to 20.0% may be."
    ]
    assert population.contact.count().execute() == 5
    assert population.quality.query("verdict == 'within tolerance'")["share"].tolist() == [0.2]
    with pytest.raises(ValueError, match="No tolerance is kept"):
        load_population(folder, tolerances={"duplicates": 0.5})


# --- deprivation


def turn(tables):
    for row in tables["person"]:
        row["imd_rank"] = {1: 3_000, 5: 16_000, 10: 32_000}[row["imd_decile"]]


def test_deciles_that_run_the_wrong_way(tmp_path):
    assert check_population(write(tmp_path / "right", changed(turn))).ok

    def wrong(tables):
        turn(tables)
        for row in tables["person"]:
            row["imd_decile"] = 11 - row["imd_decile"]

    found = refused(tmp_path / "wrong", wrong)
    assert (found.file, found.column) == ("person", "imd_decile")
    assert "11 minus the decile" in found.remedy


def test_deciles_are_compared_with_the_reference_areas_where_there_is_no_rank(tmp_path):
    # E01011264 has rank 13,915 (decile 5) and E01011265 rank 20,368 (decile 7) in analysis_lib/reference.
    def areas(first, second):
        def edit(tables):
            tables["person"][0] |= {"lsoa": "E01011264", "imd_decile": first}
            tables["person"][1] |= {"lsoa": "E01011265", "imd_decile": second}
            tables["person"][2] |= {"lsoa": None, "imd_decile": None}

        return edit

    assert check_population(write(tmp_path / "right", changed(areas(5, 7)))).ok
    assert refused(tmp_path / "wrong", areas(6, 4)).column == "imd_decile"


# --- identifiers


@pytest.mark.parametrize("spaced", [False, True])
def test_nhs_numbers_as_pseudonyms(tmp_path, spaced):
    number = valid_nhs_number()
    number = f"{number[:3]} {number[3:6]} {number[6:]}" if spaced else number

    def edit(tables):
        for rows in (tables["person"], tables["condition"], tables["medicine"], tables["contact"]):
            for row in rows:
                row["person_id"] = number if row["person_id"] == A else row["person_id"]

    found = refused(tmp_path, edit)
    assert (found.file, found.column) == ("person", "person_id")
    assert found.problem == "values that look like NHS numbers in 1 of 3 rows"
    assert number not in found.to_text()


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("reference", int(valid_nhs_number()), "NHS numbers"),
        ("nhs_number", "withheld", "NHS numbers"),
        ("place", "ls1 4ap", "full postcodes"),
    ],
)
def test_identifiers_in_columns_that_are_not_ours(tmp_path, column, value, what):
    def edit(tables):
        for number, row in enumerate(tables["contact"]):
            row[column] = value if number == 0 else None

    found = refused(tmp_path, edit)
    assert (found.file, found.column) == ("contact", column)
    assert what in found.problem


def test_what_looks_like_an_identifier_and_what_does_not():
    good = valid_nhs_number()
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    texts = [good, wrong, "0" * 9, A, "LS1 4AP", "LS1", "E01011264", None]
    table = ibis.memtable({"text": texts}, schema={"text": "string"})
    asked = (
        table.select("text", n=is_nhs_number(table.text), p=is_postcode(table.text)).to_pyarrow().to_pylist()
    )
    assert [row["text"] for row in asked if row["n"]] == [good]
    assert [row["text"] for row in asked if row["p"]] == ["LS1 4AP"]


# --- tables, columns, manifest


@pytest.mark.parametrize("table", ["person", "condition", "medicine", "contact"])
def test_a_missing_table(tmp_path, table):
    found = refused(tmp_path, lambda tables: tables.pop(table))
    assert (found.file, found.problem) == (table, "no such table")


@pytest.mark.parametrize("table", ["person", "condition", "medicine", "contact"])
def test_an_empty_table(tmp_path, table):
    report = check_population(write(tmp_path, changed(lambda tables: tables[table].clear())))
    assert "the table is empty" in [r.problem for r in report.rejections if r.file == table]


def test_a_missing_column(tmp_path):
    found = refused(tmp_path, lambda tables: [row.pop("setting") for row in tables["contact"]])
    assert (found.file, found.column, found.problem) == ("contact", "setting", "required column absent")


def test_a_column_of_the_wrong_type(tmp_path):
    found = refused(tmp_path, lambda tables: [row.update(date=20240401) for row in tables["contact"]])
    assert (found.file, found.column) == ("contact", "date")
    assert "of type int64" in found.problem
    assert found.expected == "dates written YYYY-MM-DD"


def test_a_date_that_is_none_in_text(tmp_path):
    found = refused(tmp_path, put("contact", date="31/03/2024"))
    assert (found.column, found.problem) == ("date", "values that are not of the type in 1 of 4 rows")


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (None, "there is no manifest"),
        ("{", "not readable JSON"),
        ({"source": "x"}, "does not state last_date"),
        ({"source": "x", "last_date": "soon"}, "last_date is no date"),
        (
            {"source": "x", "last_date": "2025-03-31", "n_rows": {"contact": 5}},
            "4 rows, where the manifest counts 5",
        ),
    ],
)
def test_the_manifest(tmp_path, manifest, said):
    write(tmp_path, small_population())
    path = tmp_path / "manifest.json"
    if manifest is None:
        path.unlink()
    else:
        path.write_text(manifest if isinstance(manifest, str) else json.dumps(manifest))
    with pytest.raises(InputError, match=said):
        load_population(tmp_path)


def test_no_folder_and_a_file_of_another_kind(tmp_path):
    with pytest.raises(InputError, match="no such folder or file"):
        load_population(tmp_path / "absent")
    (tmp_path / "people.xlsx").write_bytes(b"")
    with pytest.raises(InputError, match="a file of another kind"):
        load_population(tmp_path / "people.xlsx")


def test_everything_wrong_is_listed_at_once(tmp_path):
    def edit(tables):
        tables["person"][0]["sex"] = "Q7"
        tables["contact"][0]["setting"] = "Q7"

    report = check_population(write(tmp_path, changed(edit)))
    assert [(r.file, r.column) for r in report.rejections] == [("person", "sex"), ("contact", "setting")]


def test_spark_without_java_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(opening.importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(opening.shutil, "which", lambda name: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(InputError, match="no Java on this machine; expected Java 17"):
        load_population(write(tmp_path, small_population()), engine="spark")
    monkeypatch.setattr(opening.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="Run `make spark`"):
        load_population(tmp_path, engine="spark")
