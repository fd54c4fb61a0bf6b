"""The table of coverage: its arithmetic by hand, and what it must say of intervals that hold too little."""

import importlib

import pandas as pd
import pytest

from analysis_lib.project import REFERENCE
from tests.coverage.__main__ import list_modules
from tests.coverage.case import SEEDS, Case, summarise
from website.takeaway.figures import list_coverage

LEAST = 0.92


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(REFERENCE / "coverage.csv", dtype={"notebook": str}, keep_default_na=False)


def case(**other):
    return Case("04", "Rate ratio", "null", lambda seed: (0, 0), **other)


def test_share_and_its_limits_by_hand():
    row = summarise(case(), [(9, 10), (10, 10), (8, 10), (9, 10)])
    assert row["held"] == 0.9
    # deviations 0, 1, -1, 0 of 40: sqrt(2 x 4/3) / 40 = 0.0408, and t of 3 degrees of freedom is 3.182
    assert (row["held_low"], row["held_high"]) == (pytest.approx(0.7701, abs=2e-4), 1.0)
    assert (row["worlds"], row["intervals"]) == (4, 40)


def test_where_every_interval_held_the_limit_is_that_of_as_many_worlds():
    row = summarise(case(), [(5, 5)] * 20)
    assert (row["held"], row["held_low"], row["held_high"]) == (
        1.0,
        pytest.approx(0.025 ** (1 / 20), abs=1e-4),
        1.0,
    )


def test_a_case_without_any_interval_is_refused():
    with pytest.raises(ValueError, match="no world has such an interval"):
        summarise(case(), [(0, 0)] * 3)


def test_every_case_is_in_the_table_and_no_other(table):
    modules = [importlib.import_module(f"tests.coverage.{name}") for name in list_modules()]
    cases = [c for module in modules for c in module.CASES]
    known = {(c.notebook, c.interval, c.scenario, c.says) for c in cases}
    assert len(known) == len(cases)
    assert known == set(
        table[["notebook", "interval", "scenario", "says"]].itertuples(index=False, name=None)
    )
    assert {c.notebook for c in cases} >= {"01", "02", "03", "04", "05"}
    assert min(c.seeds for c in cases) >= SEEDS
    assert (table["worlds"] >= SEEDS).all()


def test_an_interval_that_holds_too_little_says_what_it_does_not_cover(table):
    short = table[(table["nominal"] == 0.95) & (table["held"] < LEAST) & (table["says"] == "")]
    # fewer than that by chance: what the worlds leave open
    sure = short[short["held_high"] < 0.95]
    assert sure[["interval", "scenario", "held"]].to_numpy().tolist() == []


def test_the_page_shows_every_row(table):
    text = list_coverage()
    assert text.count("\n| ") == len(table)
    first = table.iloc[0]
    assert f"| {first['interval']} | {first['worlds']} {first['scenario']} |" in text
