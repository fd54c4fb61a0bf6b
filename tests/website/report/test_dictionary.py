"""Every column of every released table is described, and stands on the page that says what it is."""

import csv

from analysis_lib.columns import describe


def check(report):
    page = report.page("report/dictionary.html")
    tables = sorted((report.root / "results" / "tables").glob("*.csv"))
    assert tables
    for path in tables:
        with path.open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
        unknown = [column for column in columns if describe(column, path.stem) is None]
        assert not unknown, f"{path.stem}: give {unknown} a row in analysis_lib/columns.py"
        assert f'results/tables/{path.name}"' in page, path.name
        assert all(f">{column}<" in page for column in columns)
    return page


def test_of_appointments(built):
    page = check(built)
    assert "Missed appointments ÷ appointments of known status." in page
    assert "small ones hidden, others rounded" in page


def test_of_people(built_people):
    assert "label" in check(built_people)
