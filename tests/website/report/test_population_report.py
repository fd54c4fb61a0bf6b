"""From a folder of linked people alone to published pages: what is released, hidden, said and absent."""

import re

import pandas as pd
import pytest

from website.scan import scan_site

TABLES = (
    "demand_by_group",
    "demand_by_setting",
    "inequality",
    "core20",
    "drivers",
    "drivers_blocks",
    "drivers_fit",
    "place",
    "next_year",
    "next_year_scores",
    "cost_top",
    "cost_curve",
    "cohort_example",
    "population_checks",
)
COUNTS = re.compile(
    r"rows|n_(?:people|events|users|top|train|test)|events(?:_.*)?|people_.*|observed|zeros_observed"
)


@pytest.fixture(scope="module")
def people(small_people):
    return small_people


@pytest.fixture(scope="module")
def report(built_people):
    return built_people


@pytest.mark.parametrize("name", TABLES)
def test_no_released_count_is_small_or_unrounded(report, name):
    if name == "core20" and not report.table(name).is_file():  # of few people it may be too much to show
        assert "These numbers are not shown" in report.page("report/notebooks/04_demand_drivers.html")
        return
    table = pd.read_csv(report.table(name))
    counts = [c for c in table if COUNTS.fullmatch(c)]
    assert counts
    for column in counts:
        shown = pd.to_numeric(table[column].replace("[c]", None)).dropna()
        assert not shown.between(1, 7).any(), column
        assert (shown % 5 == 0).all(), column
        assert set(table[column].astype(str)[pd.to_numeric(table[column], errors="coerce").isna()]) <= {"[c]"}


def test_the_tables_have_the_columns_that_are_promised(report):
    promised = {
        "demand_by_group": [
            "setting",
            "group",
            "level",
            "n_people",
            "events",
            "rate_per_1000",
            "low",
            "high",
        ],
        "inequality": ["setting", "sii", "sii_low", "sii_high", "rii", "rii_low", "rii_high", "need_rii"],
        "drivers": ["setting", "block", "term", "level", "rate_ratio", "low", "high", "planted"],
        "place": ["msoa", "observed", "expected", "oe", "low", "high"],
    }
    for name, columns in promised.items():
        assert set(columns) <= set(pd.read_csv(report.table(name)).columns), name


def test_every_person_is_in_one_group_of_each_kind(report):
    table = pd.read_csv(report.table("demand_by_group")).query("setting == 'gp'")
    everybody = pd.read_csv(report.table("demand_by_setting"))["n_people"].iloc[0]
    known = pd.to_numeric(table["n_people"], errors="coerce").groupby(table["group"])
    whole = known.sum()[known.count() == known.size()]  # nothing hidden
    assert len(whole) >= 2
    assert (whole - everybody).abs().max() <= 25  # rounding of ten levels
    assert set(table.loc[table["group"] == "imd_decile", "level"]) == {str(d) for d in range(1, 11)}


def test_nothing_of_a_person_is_in_what_was_built(report, people):
    words = (report.root / "report" / "takeaway").glob("*.typ")  # of the PDF
    assert scan_site(report.root / "_site", report.root / "results", *words, inputs=people) == []


def test_the_page_says_what_it_was_made_from(report):
    page = report.page("report/notebooks/04_demand_drivers.html")
    assert "The linked population is simulated: none of its people exists" in page
    assert re.search(
        r"simulated linked population \(5,000 rows of table person, [\d,]+ rows of table contact", page
    )
    assert "not available from these inputs" not in page


def test_a_second_run_does_nothing(report):
    assert "nothing had changed" in report.report().printed
