"""Tables, JSON, workbooks, notebooks and logs; counts under a protecting profile."""

import json
import zipfile

import openpyxl
import pytest

from tests.release.planted import NUMBER
from website.scan import scan_site

HEAD = "area,n_dna,rate\n"


def kinds(folder):
    return [(f.kind, f.line) for f in scan_site(folder)]


# --- CSV ---


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("formula in a cell", "=1+1,10,0.1"),
        ("formula in a cell", "+cmd|' /C calc'!A0,10,0.1"),
        ("formula in a cell", "-2+3,10,0.1"),
        ("formula in a cell", '"@ SUM(A1)",10,0.1'),
        ("formula in a cell", '"\t=1",10,0.1'),
        ("formula in a cell", '"\r=1",10,0.1'),
        ("missing number", "Kent,10,nan"),
        ("missing number", "Kent,,-inf"),
        ("NHS number", f"{NUMBER},10,0.1"),
        ("postcode", "LS1 4AP,10,0.1"),
        ("@handle", "as @some_body said,10,0.1"),
        ("absolute path", "/home/someone/x.csv,10,0.1"),
        ("text that changes its direction", "Ke\u202ent,10,0.1"),
        pytest.param("cannot be read", f"{'x' * 200_000},10,0.1", id="a very long cell"),
    ],
)
def test_a_bad_cell_is_found(tmp_path, kind, row):
    (tmp_path / "a.csv").write_text(f"{HEAD}Devon,20,0.2\n{row}\n", newline="")
    found = scan_site(tmp_path)
    assert {(f.kind, f.file) for f in found} == {(kind, "a.csv")}
    assert found[0].line in (3, 4)  # a return within the cell is a line of its own
    assert NUMBER not in str(found)


def test_good_cells_are_not_found(tmp_path):
    rows = '\'=1+1,-5,-0.1\n-,+5,1e-5\n−3,,-3.2%\n"Kent, Nan",1234567890,0.1234567890\nE54000054,10,-1e+06\n'
    (tmp_path / "a.csv").write_text(HEAD + rows + f"total,{NUMBER},{NUMBER}.000000\n")
    assert kinds(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["person_id", "NHS Number", "nhs_no", "patientId", "Post code", "user-name", "handle", "dob"]
)
def test_a_column_of_identifiers_is_found(tmp_path, name):
    (tmp_path / "a.csv").write_text(f"area;{name}\nKent;x\n")
    assert kinds(tmp_path) == [("identifier column", 1)]


def test_a_column_that_only_sounds_like_one_is_not(tmp_path):
    (tmp_path / "a.csv").write_text(
        "n_persons,nhs_region,handled_by,n_handles,icb_code,hcp_type\n1,2,3,4,5,6\n"
    )
    assert kinds(tmp_path) == []


# --- JSON ---


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("identifier column", '"person_id": 3'),
        ("NHS number", f'"a": "{NUMBER}"'),
        ("NHS number", f'"a": {NUMBER}'),
        ("NHS number", f'"a": [1, {NUMBER}]'),
        ("@handle", r'"a": "\u0040some_body"'),
        ("missing number", '"text": "nan%"'),
        ("missing number", '"value": NaN'),
        ("absolute path", r'"a": "\/home\/someone\/x"'),
        ("absolute path", r'"a": "C:\\Users\\someone\\x"'),
    ],
)
def test_a_bad_entry_is_found(tmp_path, kind, line):
    (tmp_path / "a.json").write_text(f'{{"b": 1,\n{line}}}\n')
    assert set(kinds(tmp_path)) == {(kind, 2)}


def test_good_entries_are_not_found(tmp_path):
    content = {
        "value": int(NUMBER),
        "n_dna": int(NUMBER),
        "a": 0.123456789,
        "text": "1,234,567,890",
        "NaN": "Nan",
    }
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert kinds(tmp_path) == []


@pytest.mark.parametrize("text", ["{", "[" * 100_000])
def test_json_that_cannot_be_read_is_a_finding(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    assert kinds(tmp_path) == [("cannot be read", 0)]


# --- workbooks ---


def save_workbook(folder, *rows):
    book = openpyxl.Workbook()
    book.active.title = "first"
    sheet = book.create_sheet("second")
    for row in rows:
        sheet.append(row)
    for cell in (cell for row in sheet for cell in row if isinstance(cell.value, str)):
        cell.data_type = "f" if cell.value == "=1+1" else "s"
    book.save(folder / "a.xlsx")


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("identifier column", ("person_id", "n_dna")),
        ("NHS number", ("Kent", int(NUMBER))),
        ("postcode", ("LS1 4AP", 10)),
        ("formula in a cell", ("=cmd|'x'", 10)),
    ],
)
def test_a_bad_sheet_is_found(tmp_path, kind, row):
    save_workbook(tmp_path, row if kind == "identifier column" else ("area", "rate"), row)
    found = scan_site(tmp_path)
    line = 1 if kind == "identifier column" else 2
    assert (kind, f"sheet 2, line {line}") in {(f.kind, f.place) for f in found}
    assert {f.kind for f in found} == {kind}


def test_a_formula_in_a_workbook_is_found(tmp_path):
    save_workbook(tmp_path, ("area", "rate"), ("Kent", "=1+1"))
    assert {f.kind for f in scan_site(tmp_path)} == {"formula in a cell"}


def test_a_good_workbook_passes_and_a_broken_one_does_not(tmp_path):
    save_workbook(tmp_path, ("area", "n_dna"), ("Kent", int(NUMBER)), ("Devon", -0.5))
    assert kinds(tmp_path) == []
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 broken")
    assert kinds(tmp_path) == [("cannot be read", 0)]


def test_a_sum_of_ten_digits_below_a_title_is_no_nhs_number(tmp_path):
    """Names of columns stand below a title in our workbook; one total in eleven passes the check digit."""
    rows = [("Appointments by month", None), ("From the files", None), ("area", "n_dna")]
    save_workbook(tmp_path, *rows, ("Kent", int(NUMBER)))
    assert kinds(tmp_path) == []
    save_workbook(tmp_path, *rows, (int(NUMBER), 5))
    assert kinds(tmp_path) == [("NHS number", 4)]


def test_a_workbook_that_unpacks_to_too_much_is_not_read(tmp_path):
    save_workbook(tmp_path, ("area", "n_dna"), ("Kent", 10))  # good but for what is added
    with zipfile.ZipFile(tmp_path / "a.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.bin", bytes(60_000_000))
    assert kinds(tmp_path) == [("cannot be read", 0)]


# --- notebooks and logs ---


def output(kind, text):
    return {"output_type": "display_data", "metadata": {}, "data": {kind: text}}


@pytest.mark.parametrize(
    ("kind", "place", "cell"),
    [
        ("NHS number", "cell 2", {"source": ["a = 1\n", f"find('{NUMBER}')"]}),
        ("@handle", "cell 2", {"source": "who = '@some_body'"}),
        ("traceback", "output of cell 2", {"outputs": [{"output_type": "error", "traceback": []}]}),
        ("absolute path", "output of cell 2", {"outputs": [{"text": ["/home/someone/x/y.py: warning"]}]}),
        ("@handle", "output of cell 2", {"outputs": [output("text/plain", "  text\n0  @some_body")]}),
        (
            "identifier column",
            "output of cell 2",
            {"outputs": [output("text/plain", "  person_id  n\n0  a  1")]},
        ),
        (
            "identifier column",
            "output of cell 2",
            {"outputs": [output("text/markdown", "| user_name | n |")]},
        ),
        ("identifier column", "output of cell 2", {"outputs": [output("text/html", "<th>person_id</th>")]}),
        (
            "identifier column",
            "output of cell 2",
            {"outputs": [output("application/json", {"person_id": 1})]},
        ),
        ("script", "output of cell 2", {"outputs": [output("text/html", "<script>alert(1)</script>")]}),
        ("script", "output of cell 2", {"outputs": [output("application/javascript", "alert(1)")]}),
        (
            "event attribute",
            "output of cell 2",
            {"outputs": [output("image/svg+xml", "<svg onload='a()'/>")]},
        ),
        ("cannot be read", "output of cell 2", {"outputs": [output("image/png", "AAAA")]}),
        ("absolute path", "metadata of cell 2", {"metadata": {"path": "/home/someone/x/y"}}),
        ("NHS number", "metadata of cell 2", {"metadata": {"tags": [NUMBER]}}),
        ("identifier column", "metadata of cell 2", {"metadata": {"person_id": 1}}),
    ],
)
def test_a_bad_cell_of_a_notebook_is_found(tmp_path, kind, place, cell):
    write_notebook(
        tmp_path / "01.ipynb", {"cell_type": "code", "metadata": {}, "source": "", "outputs": []} | cell
    )
    found = scan_site(tmp_path)
    assert {(f.kind, f.part) for f in found} == {(kind, place)}
    assert NUMBER not in str(found)


def write_notebook(path, *cells, **metadata):
    first = {
        "cell_type": "markdown",
        "source": "See @fig-a, [@key2020] and {{< var missed.rate >}}",
        "metadata": {},
    }
    path.write_text(json.dumps({"cells": [first, *cells], "metadata": metadata, "nbformat": 4}))


def test_a_good_notebook_passes_and_a_broken_one_does_not(tmp_path):
    good = {
        "source": "@cache\ndef f():\n    return df.groupby('person_id')",
        "outputs": [{"text": "a  b\n1  NaN"}],
    }
    write_notebook(
        tmp_path / "01.ipynb", {"cell_type": "code", "metadata": {}} | good, kernelspec={"name": "x"}
    )
    assert scan_site(tmp_path) == []
    (tmp_path / "01.ipynb").write_text('{"cells": 3}')
    assert kinds(tmp_path) == [("cannot be read", 0)]


def test_a_log_is_read_and_named_from_its_own_folder(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "release.txt").write_text(f"ok\nread {NUMBER}\n")
    (tmp_path / "run.log").write_text("Traceback (most recent call last):\n")
    found = scan_site(tmp_path / "site", tmp_path / "results", tmp_path / "run.log", tmp_path / "absent.log")
    assert [str(f) for f in found] == [
        "results/release.txt, line 2: NHS number",
        "run.log, line 1: traceback",
    ]


# --- counts ---


def save_results(folder, profile="patient", facts=(), **tables):
    (folder / "facts").mkdir(parents=True)
    (folder / "tables").mkdir()
    about = {}
    for name, (text, counts) in tables.items():
        (folder / "tables" / f"{name}.csv").write_text(text)
        about[name] = 1 if counts is None else {"rows": 1, "kinds": dict.fromkeys(counts, "Count")}
    content = {"facts": dict(facts), "tables": about} | ({"profile": profile} if profile else {})
    (folder / "facts" / "missed.json").write_text(json.dumps(content))


ONE = "area,n_dna,rank\nKent,7,1\nDevon,12,2\nEssex,0,3\nYork,,4\nHull,10,5\n"


@pytest.mark.parametrize("counts", [None, ["n_dna"]])
@pytest.mark.parametrize("profile", ["patient", "simulated", "some other"])
def test_small_and_unrounded_counts_are_found(tmp_path, profile, counts):
    save_results(tmp_path, profile, one=(ONE, counts))
    assert [(f.kind, f.file, f.line) for f in scan_site(tmp_path)] == [
        ("small count", "tables/one.csv", 2),
        ("count that is not rounded", "tables/one.csv", 3),
    ]


@pytest.mark.parametrize(("profile", "counts"), [("published", None), (None, None), ("patient", [])])
def test_what_is_no_protected_count_is_not_found(tmp_path, profile, counts):
    save_results(tmp_path, profile, one=(ONE, counts))
    assert scan_site(tmp_path) == []


def test_facts_that_are_counts_are_checked(tmp_path):
    facts = {
        "n_small": {"value": 5, "unit": "count", "text": "5"},
        "n_areas": {"value": 5, "unit": "things", "text": "5"},
        "n_good": {"value": 10, "unit": "count", "text": "10"},
        "n_odd": {"value": 11, "unit": "count", "text": "11"},
    }
    save_results(tmp_path, facts=facts)
    assert [(f.kind, f.place) for f in scan_site(tmp_path)] == [
        ("count that is not rounded", "fact n_odd"),
        ("small count", "fact n_small"),
    ]


@pytest.mark.parametrize(
    ("other", "lines"),
    [
        ("area,n_dna\nDevon,20\nKent,15\n", [2]),  # 10 and 15
        ("area,n_dna\nDevon,20\nKent,20\n", []),
        ("area,n_dna\nDevon,20\nKent,\n", []),
        ("area,n_dna,rate\nDevon,20,0.1\nKent,15,[c]\n", [2]),  # a hidden rate is no label
        ("area,n_dna\nEssex,15\n", []),
        ("area,n_attended\nKent,15\n", []),
        ("area,mode,n_dna\nKent,GP,15\n", []),
        ("area,n_dna,decile\nKent,15,1\nKent,15,2\nDevon,20,1\n", []),
        ("area,n_dna,of_area\nKent,15,True\nDevon,20,False\n", [2]),
    ],
)
def test_small_differences_between_tables_are_found(tmp_path, other, lines):
    save_results(tmp_path, one=("area,n_dna\nKent,10\nDevon,20\n", None), two=(other, None))
    found = scan_site(tmp_path)
    assert [(f.kind, f.line) for f in found] == [("small difference between two tables", n) for n in lines]
    assert all(f.place == "against two.csv, line 2" for f in found)


@pytest.mark.parametrize(
    ("store", "people", "found"),
    [
        ("other", {"population": "registered"}, 1),
        ("other", {"population": "diabetes", "within": "registered"}, 1),
        ("other", {"population": "asthma"}, 0),  # other people
        ("missed", {"population": "registered"}, 0),  # which the gate compared
        ("other", {}, 1),
    ],
)
def test_tables_of_other_people_are_not_compared(tmp_path, store, people, found):
    (tmp_path / "facts").mkdir()
    (tmp_path / "tables").mkdir()
    stores = {"missed": {}, "other": {}}
    for name, count, said, place in (
        ("one", 10, {"population": "registered"}, "missed"),
        ("two", 15, people, store),
    ):
        (tmp_path / "tables" / f"{name}.csv").write_text(f"area,n_people\nKent,{count}\n")
        stores[place][name] = {"rows": 1, "kinds": {"n_people": "Count"}, **said}
    for name, tables in stores.items():
        content = {"profile": "patient", "facts": {}, "tables": tables}
        (tmp_path / "facts" / f"{name}.json").write_text(json.dumps(content))
    assert len(scan_site(tmp_path)) == found


def test_a_table_that_is_not_there_is_a_finding(tmp_path):
    save_results(tmp_path, one=(ONE, None))
    (tmp_path / "tables" / "one.csv").unlink()
    assert [(f.kind, f.file) for f in scan_site(tmp_path)] == [("cannot be read", "facts/missed.json")]
